//! Numbers of exchanges and groups, and tables that are indexed by them.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The number of a row in a [`Table`].
pub(super) trait Id: Copy {
    fn new(place: usize) -> Self;
    fn place(self) -> usize;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) struct $name(usize);

        impl Id for $name {
            fn new(place: usize) -> Self {
                Self(place)
            }

            fn place(self) -> usize {
                self.0
            }
        }
    };
}

id! {
    /// An exchange, by its position in the recording.
    ExchangeId
}

id! {
    /// A group of exchanges that become one fixture, in the order of the fixtures.
    GroupId
}

/// Rows that are found by typed numbers.
#[derive(Debug, Clone)]
pub(super) struct Table<K, V> {
    rows: Vec<V>,
    key: PhantomData<K>,
}

impl<K: Id, V> Table<K, V> {
    pub(super) fn push(&mut self, row: V) -> K {
        self.rows.push(row);
        K::new(self.rows.len() - 1)
    }

    pub(super) fn get(&self, id: K) -> Option<&V> {
        self.rows.get(id.place())
    }

    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = K> + use<K, V> {
        (0..self.rows.len()).map(K::new)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> {
        self.rows.iter().enumerate().map(|(place, row)| (K::new(place), row))
    }

    pub(super) fn values(&self) -> std::slice::Iter<'_, V> {
        self.rows.iter()
    }

    pub(super) fn map<U>(&self, row: impl FnMut((K, &V)) -> U) -> Table<K, U> {
        self.iter().map(row).collect()
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: Vec::new(), key: PhantomData }
    }
}

impl<K, V> FromIterator<V> for Table<K, V> {
    fn from_iter<I: IntoIterator<Item = V>>(rows: I) -> Self {
        Self { rows: rows.into_iter().collect(), key: PhantomData }
    }
}

impl<K: Id, V> Index<K> for Table<K, V> {
    type Output = V;

    fn index(&self, id: K) -> &V {
        &self.rows[id.place()]
    }
}

impl<K: Id, V> IndexMut<K> for Table<K, V> {
    fn index_mut(&mut self, id: K) -> &mut V {
        &mut self.rows[id.place()]
    }
}
