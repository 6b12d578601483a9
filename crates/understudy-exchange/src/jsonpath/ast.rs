//! What a query says.

use crate::Json;
use crate::Regexp;

/// `.name`, `[...]`, `..name`, `..[...]`
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) descendant: bool,
    pub(super) selectors: Vec<Selector>,
}

#[derive(Debug, Clone)]
pub(super) enum Selector {
    Name(Box<str>),
    Wildcard,
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Box<Test>),
}

/// A logical expression of a filter.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Or(Vec<Test>),
    And(Vec<Test>),
    Not(Box<Test>),
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    /// `match` (the whole value) and `search` (any part of it).
    Regex {
        whole: bool,
        subject: Operand,
        pattern: Pattern,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What has at most one value.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Literal(Json),
    Singular(Query),
    Length(Box<Operand>),
    Count(Query),
    Value(Query),
}

#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// Known when the query was read; `None` where it is no regular expression, which matches nothing.
    Fixed(Option<Regexp>),
    Computed(Operand),
}

#[derive(Debug, Clone)]
pub(super) struct Query {
    /// From `$`, not from `@`.
    pub(super) absolute: bool,
    pub(super) segments: Vec<Segment>,
}

impl Segment {
    /// Returns true if the segment selects elements by their place.
    pub(super) fn is_by_place(&self) -> bool {
        self.selectors.iter().any(|selector| matches!(selector, Selector::Index(_) | Selector::Slice { .. }))
    }

    /// Returns true if this segment and another one may select the same child.
    pub(super) fn may_meet(&self, other: &Self) -> bool {
        let meets = |a: &Selector, b: &Selector| match (a, b) {
            (Selector::Name(a), Selector::Name(b)) => a == b,
            (Selector::Index(a), Selector::Index(b)) => a == b || (*a < 0) != (*b < 0),
            (Selector::Name(_), Selector::Index(_) | Selector::Slice { .. })
            | (Selector::Index(_) | Selector::Slice { .. }, Selector::Name(_)) => false,
            _ => true,
        };
        self.selectors.iter().any(|a| other.selectors.iter().any(|b| meets(a, b)))
    }

    /// The one name or index of a segment that selects one node or none.
    pub(super) fn singular(&self) -> Option<&Selector> {
        match self.selectors.as_slice() {
            [selector @ (Selector::Name(_) | Selector::Index(_))] if !self.descendant => Some(selector),
            _ => None,
        }
    }
}

impl Query {
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| segment.singular().is_some())
    }
}
