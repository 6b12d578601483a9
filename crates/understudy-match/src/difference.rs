//! How a request differs from the one that a fixture answers.

/// Why a request is not the one that a fixture answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `method`, `path`, `query expand`, `body $.name`, `state cart`.
    pub place: String,
    /// What the fixture wants.
    pub expected: String,
    /// What the request has.
    pub received: String,
    /// The weight of the difference as a sign that another request is meant.
    pub(crate) cost: usize,
}

/// The costs of differences, by which near fixtures are ranked: whoever sends another document means another request,
/// and two other values in the right one are nearer than that.
pub(crate) mod cost {
    /// A value, a header field, a parameter.
    pub(crate) const VALUE: usize = 1;
    /// A field of a GraphQL document. Only the first one that differs is known.
    pub(crate) const FIELD: usize = 2;
    pub(crate) const METHOD: usize = 3;
    /// Another GraphQL operation, XML element or text, and a body of another kind.
    pub(crate) const DOCUMENT: usize = 6;
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: expected {}, received {}", self.place, self.expected, self.received)
    }
}

/// Takes differences: all of them for people, or just whether there is one for choosing.
pub(crate) struct Sink {
    list: Option<Vec<Difference>>,
    pub(crate) differs: bool,
}

impl Sink {
    /// Only whether there is a difference.
    pub(crate) fn any() -> Self {
        Self { list: None, differs: false }
    }

    /// Every difference.
    pub(crate) fn all() -> Self {
        Self { list: Some(Vec::new()), differs: false }
    }

    /// Adds a difference in one value.
    pub(crate) fn add(&mut self, difference: impl FnOnce() -> (String, String, String)) {
        self.add_at_cost(cost::VALUE, difference);
    }

    pub(crate) fn add_at_cost(&mut self, cost: usize, difference: impl FnOnce() -> (String, String, String)) {
        self.differs = true;
        if let Some(list) = &mut self.list {
            let (place, expected, received) = difference();
            list.push(Difference { place, expected, received, cost });
        }
    }

    /// Returns true if nobody reads the differences.
    pub(crate) fn is_any(&self) -> bool {
        self.list.is_none()
    }

    /// Whether looking further is of no use.
    pub(crate) fn is_done(&self) -> bool {
        self.differs && self.list.is_none()
    }

    pub(crate) fn into_list(self) -> Vec<Difference> {
        self.list.unwrap_or_default()
    }
}
