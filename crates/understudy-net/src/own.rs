//! Handles to what all threads that answer requests have in hand.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A handle to something that is shared, whose clones are counted with it. A count that all threads change with each request is
/// memory for which they wait; one of a connection or a thread nearly nobody else wants.
#[derive(Debug)]
pub struct Own<T>(Arc<Line<T>>);

/// Alone in what processors fetch at once (two lines, since the next one is fetched with it).
#[derive(Debug)]
#[repr(align(128))]
struct Line<T>(Arc<T>);

impl<T> Own<T> {
    /// A handle that has nothing to do with others.
    #[must_use]
    pub fn new(shared: Arc<T>) -> Self {
        Self(Arc::new(Line(shared)))
    }

    /// What is shared.
    #[must_use]
    pub fn shared(this: &Self) -> &Arc<T> {
        &this.0.0
    }
}

impl<T> Clone for Own<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Own<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.0
    }
}

/// Threads that answer requests have a place each, as far as there are places.
const PLACES: usize = 16;

/// Something that is shared, with a handle for each thread.
#[derive(Debug)]
pub struct PerThread<T>([Own<T>; PLACES]);

impl<T> PerThread<T> {
    /// Handles to something.
    #[must_use]
    pub fn new(shared: T) -> Self {
        let shared = Arc::new(shared);
        Self(std::array::from_fn(|_| Own::new(Arc::clone(&shared))))
    }

    /// That of the thread which asks.
    #[must_use]
    pub fn own(&self) -> &Own<T> {
        &self.0[own_place() % PLACES]
    }
}

/// The number of the thread that asks: each that does gets the next one.
#[must_use]
pub fn own_place() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PLACE: usize = THREADS.fetch_add(1, Ordering::Relaxed);
    }
    PLACE.with(|place| *place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_count_for_themselves_and_the_last_one_lets_it_go() {
        let shared = Arc::new(());
        let all = PerThread::new(Arc::clone(&shared));
        let here = all.own().clone();
        let there = std::thread::scope(|scope| scope.spawn(|| all.own().clone()).join().unwrap());
        assert!(!Arc::ptr_eq(&here.0, &there.0) && Arc::ptr_eq(Own::shared(&here), Own::shared(&there)));
        drop((all, here));
        assert_eq!(Arc::strong_count(&shared), 2);
        drop(there);
        assert_eq!(Arc::strong_count(&shared), 1);
    }
}
