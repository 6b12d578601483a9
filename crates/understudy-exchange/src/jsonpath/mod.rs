//! JSONPath (RFC 9535) over [`Json`].
//!
//! An own evaluator, because the values are our own: numbers compare as decimals of any size, and the
//! nodes come with their places, which rules and difference lists need. It passes the compliance suite
//! (`tests/jsonpath-compliance-suite`).

mod ast;
mod eval;
mod function;
mod parse;
mod path;
mod term;

pub use crate::json::Step;
pub use parse::{FILTER_DEPTH_MAX, JsonPathError};
pub use path::Path;

use crate::Json;
use ast::{Segment, Selector};
use std::cell::Cell;

/// A parsed JSONPath query that starts at the root, `$`.
#[derive(Debug, Clone)]
pub struct JsonPath {
    text: Box<str>,
    segments: Vec<Segment>,
}

/// A node that a query selected, with its place; `()` where nobody asks for that.
#[derive(Debug, Clone)]
pub struct Node<'a, P = Path<'a>> {
    /// From the root to the node.
    pub path: P,
    /// The node.
    pub value: &'a Json,
}

impl JsonPath {
    /// Reads a query such as `$.items[*].id`.
    ///
    /// # Errors
    /// [`JsonPathError`], with the byte offset of what is not well-formed or not well-typed (RFC 9535,
    /// section 2.1).
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        Ok(Self { text: text.into(), segments: parse::parse(text)? })
    }

    /// The query as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The nodes that the query selects in `root`, in the order of RFC 9535. Where there is too much to be looked at, only
    /// those that come first: [`Self::select_all`] says so.
    #[must_use]
    pub fn select<'a>(&self, root: &'a Json) -> Vec<Node<'a>> {
        eval::select(&self.segments, root, &mut eval::Budget::default())
    }

    /// All of those nodes; `None` where finding them would take too much time or memory, as where `$..a..b` selects the
    /// same nodes again and again.
    #[must_use]
    pub fn select_all<'a>(&self, root: &'a Json) -> Option<Vec<Node<'a>>> {
        let mut budget = eval::Budget::default();
        let nodes = eval::select(&self.segments, root, &mut budget);
        (!budget.is_spent).then_some(nodes)
    }

    /// The values of the nodes that [`Self::select`] gives, which costs less where nobody asks for their places.
    #[must_use]
    pub fn select_values<'a>(&self, root: &'a Json) -> Vec<&'a Json> {
        let nodes = eval::select::<()>(&self.segments, root, &mut eval::Budget::default());
        nodes.into_iter().map(|node| node.value).collect()
    }

    /// As [`Self::select_values`], for one of several queries that share the work.
    #[must_use]
    pub fn select_values_within<'a>(&self, root: &'a Json, work: &Work) -> Vec<&'a Json> {
        let nodes = work.spend(|budget| eval::select::<()>(&self.segments, root, budget));
        nodes.into_iter().map(|node| node.value).collect()
    }

    /// As [`Self::select_all`], for one of several queries that share the work.
    #[must_use]
    pub fn select_all_within<'a>(&self, root: &'a Json, work: &Work) -> Option<Vec<Node<'a>>> {
        work.spend(|budget| {
            let nodes = eval::select(&self.segments, root, budget);
            (!budget.is_spent).then_some(nodes)
        })
    }

    /// The names and indexes after the last segment that may select several nodes, with the query that
    /// selects their parents. For `$.items[*].owner.id` that is `$.items[*]` and `owner`, `id`; for a query
    /// of names and indexes only (a *singular* query), `$` and all of it.
    #[must_use]
    pub fn split_singular_tail(&self) -> (Self, Vec<Tail<'_>>) {
        let tail = self.segments.iter().rev().map_while(Segment::singular).count();
        let (head, rest) = self.segments.split_at(self.segments.len() - tail);
        let names = rest.iter().filter_map(Segment::singular).map(|selector| match selector {
            Selector::Name(name) => Tail::Name(name),
            Selector::Index(index) => Tail::Index(*index),
            _ => unreachable!("a singular segment has a name or an index"),
        });
        (Self { text: self.text.clone(), segments: head.to_vec() }, names.collect())
    }

    /// The number of steps from the root to what the query selects; `None` where `..` leads to several depths.
    #[must_use]
    pub fn depth(&self) -> Option<usize> {
        let is_fixed = self.segments.iter().all(|segment| !segment.descendant);
        is_fixed.then_some(self.segments.len())
    }

    /// Returns true if the query may select elements by their place in an array that `array` selects.
    #[must_use]
    pub fn goes_by_place_in(&self, array: &Self) -> bool {
        let (above, path) = (&array.segments, &self.segments);
        // For the segments of `array` from one on, from the last one: the places in `path` from which they may select
        // what `path` then selects elements of.
        let mut reached: Vec<bool> = path.iter().map(Segment::is_by_place).chain([false]).collect();
        for segment in above.iter().rev() {
            let mut next = vec![false; path.len() + 1];
            for at in (0..path.len()).rev() {
                next[at] = (segment.may_meet(&path[at]) && reached[at + 1])
                    || (segment.descendant && next[at + 1])
                    || (path[at].descendant && reached[at]);
            }
            reached = next;
        }
        reached[0]
    }

    /// Whether the query is `$`, the whole value.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }
}

/// The work that several queries may do together, for instance all that one request causes. One query
/// has a bound of its own, but a project has any number of queries.
#[derive(Debug)]
pub struct Work(Cell<usize>);

impl Default for Work {
    fn default() -> Self {
        Self::of_visits(2 * eval::VISITS_MAX)
    }
}

impl Work {
    fn of_visits(visits: usize) -> Self {
        Self(Cell::new(visits))
    }

    fn spend<T>(&self, select: impl FnOnce(&mut eval::Budget) -> T) -> T {
        let mut budget = eval::Budget::of_visits(self.0.get());
        let before = budget.visits;
        let selected = select(&mut budget);
        let spent = if budget.is_spent { before } else { before - budget.visits };
        self.0.set(self.0.get() - spent);
        selected
    }
}

/// One name or index of a query's singular tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail<'q> {
    /// A member's name.
    Name(&'q str),
    /// An element's index; from the end where negative.
    Index(i64),
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JsonPath {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names within names, `depth` of them, and as many numbers in a list at the end.
    fn nested(depth: usize, numbers: usize) -> Json {
        let list = vec!["{\"b\":1}"; numbers].join(",");
        let text = format!("{}[{list}]{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        Json::parse(text.as_bytes()).expect("JSON")
    }

    #[test]
    fn what_would_take_too_much_is_given_up_on() {
        let query = |text| JsonPath::parse(text).expect("a query");
        let small = nested(10, 10);
        assert_eq!(query("$..a..b").select_all(&small).map(|nodes| nodes.len()), Some(100));
        let hostile = nested(100, 20_000);
        assert_eq!(query("$..b").select_all(&hostile).map(|nodes| nodes.len()), Some(20_000));
        for text in ["$..a..b", "$..[?@..a..a..x]"] {
            assert!(query(text).select_all(&hostile).is_none(), "{text}");
        }
        assert!(query("$..a..b").select_values(&hostile).len() <= eval::VISITS_MAX);
    }

    #[test]
    fn queries_share_the_work_that_they_are_given() {
        let query = JsonPath::parse("$..b").expect("a query");
        let document = nested(10, 10);
        let once = Work::of_visits(1_000);
        assert_eq!(query.select_values_within(&document, &once).len(), 10);
        let spent = 1_000 - once.0.get();
        let work = Work::of_visits(3 * spent);
        for _ in 0..3 {
            assert_eq!(query.select_all_within(&document, &work).map(|nodes| nodes.len()), Some(10));
        }
        assert!(query.select_all_within(&document, &work).is_none());
        assert!(query.select_values_within(&document, &work).is_empty());
    }

    #[test]
    fn comparing_and_compiling_are_work_too() {
        let text = format!("{{\"big\":[{}],\"re\":\"a+\"}}", vec!["1"; 5_000].join(","));
        let document = Json::parse(text.as_bytes()).expect("JSON");
        for text in ["$.big[?$.big == $.big]", "$.big[?match('aa', $.re)]"] {
            assert!(JsonPath::parse(text).expect("a query").select_all(&document).is_none(), "{text}");
        }
        assert!(JsonPath::parse("$.big[?@ == 1]").expect("a query").select_all(&document).is_some());
    }
}
