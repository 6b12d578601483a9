//! `diff:` of a project: how much each kind of change between two descriptions matters.

use crate::diagnostic::Span;

/// The settings of a project for changes in its descriptions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// The rules whose level is not the usual one.
    pub rules: Vec<RuleLevel>,
    /// Changes that are accepted for now.
    pub accepted: Vec<AcceptedChange>,
}

/// The level of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLevel {
    /// The rule's id.
    pub rule: String,
    /// The level of changes of this kind.
    pub level: ChangeLevel,
    /// The place of the rule's id.
    pub span: Span,
}

/// The level of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeLevel {
    /// It is not reported.
    Ignore,
    /// It is reported, and no failure.
    Warn,
    /// It is reported, and a failure.
    Break,
}

/// A change that is accepted for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedChange {
    /// The id of its rule.
    pub rule: String,
    /// The place of the rule's id.
    pub span: Span,
    /// The operation that it is about: `GET /items`; any where there is none.
    pub operation: Option<String>,
    /// The place in the words of the report: `query page`. `None` means any place.
    pub place: Option<String>,
    /// Why it is accepted.
    pub why: Option<String>,
    /// The last day (UTC) on which it is accepted.
    pub until: Option<String>,
}
