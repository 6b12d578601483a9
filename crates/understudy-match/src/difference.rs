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

    pub(crate) fn add(&mut self, difference: impl FnOnce() -> (String, String, String)) {
        self.differs = true;
        if let Some(list) = &mut self.list {
            let (place, expected, received) = difference();
            list.push(Difference { place, expected, received });
        }
    }

    /// Whether looking further is of no use.
    pub(crate) fn is_done(&self) -> bool {
        self.differs && self.list.is_none()
    }

    pub(crate) fn into_list(self) -> Vec<Difference> {
        self.list.unwrap_or_default()
    }
}
