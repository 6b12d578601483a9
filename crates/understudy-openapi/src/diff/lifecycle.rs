//! Deprecation, and the day on which something ends (`deprecated`, `x-sunset`).

use super::rule::{self, PlainRule, SchemaRule};
use super::{Comparing, Here, Nodes};
use crate::document::At;

/// The key under which the last day of something stands.
const SUNSET: &str = "x-sunset";

/// The announced end of an operation, a parameter or a value in one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lifecycle {
    is_deprecated: bool,
    sunset: Option<String>,
}

impl Lifecycle {
    /// Returns the end that is announced at one place, or at several about the same value.
    pub(super) fn of<'d>(places: impl IntoIterator<Item = At<'d>>) -> Self {
        places.into_iter().fold(Self::default(), |known, at| Self {
            is_deprecated: known.is_deprecated || at.flag("deprecated"),
            sunset: known.sunset.or_else(|| at.get(SUNSET)?.scalar().map(std::borrow::Cow::into_owned)),
        })
    }

    /// Returns true if the announced day has passed. What is not deprecated has no such day.
    pub(super) fn has_ended(&self, today: &str) -> bool {
        self.is_deprecated && self.sunset.as_deref().and_then(day).is_some_and(|day| day < today)
    }

    /// Returns the changes, each with its message.
    pub(super) fn changes(&self, new: &Self) -> Vec<(Lifecycles, String)> {
        let mut all = Vec::new();
        match (self.is_deprecated, new.is_deprecated) {
            (false, true) => all.push((Lifecycles::Deprecated, "is deprecated now".to_owned())),
            (true, false) => all.push((Lifecycles::Reactivated, "is not deprecated any more".to_owned())),
            _ => {}
        }
        match (&self.sunset, &new.sunset) {
            (old, new) if old == new => {}
            (None, Some(new)) => all.push((Lifecycles::Added, format!("ends on {new}"))),
            (Some(old), None) if new.is_deprecated => {
                all.push((Lifecycles::Removed, format!("has no last day any more, and had {old}")));
            }
            (Some(old), Some(new)) => {
                // A day that nobody can read is no later one.
                let is_later = matches!((day(old), day(new)), (Some(old), Some(new)) if new > old);
                let kind = if is_later { Lifecycles::Later } else { Lifecycles::Sooner };
                all.push((kind, format!("ends on {new} now, and was to end on {old}")));
            }
            _ => {}
        }
        all
    }
}

/// The day that a date or a time begins with, as `YYYY-MM-DD`.
fn day(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let is_day = day.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    is_day.then_some(day)
}

/// The kinds of change in a [`Lifecycle`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Lifecycles {
    Deprecated,
    Reactivated,
    Added,
    Sooner,
    Later,
    Removed,
}

impl Lifecycles {
    pub(super) fn of_operations(self) -> &'static PlainRule {
        match self {
            Self::Deprecated => &rule::OPERATION_DEPRECATED,
            Self::Reactivated => &rule::OPERATION_REACTIVATED,
            Self::Added => &rule::OPERATION_SUNSET_ADDED,
            Self::Sooner => &rule::OPERATION_SUNSET_SOONER,
            Self::Later => &rule::OPERATION_SUNSET_LATER,
            Self::Removed => &rule::OPERATION_SUNSET_REMOVED,
        }
    }

    pub(super) fn of_parameters(self) -> &'static PlainRule {
        match self {
            Self::Deprecated => &rule::PARAMETER_DEPRECATED,
            Self::Reactivated => &rule::PARAMETER_REACTIVATED,
            Self::Added => &rule::PARAMETER_SUNSET_ADDED,
            Self::Sooner => &rule::PARAMETER_SUNSET_SOONER,
            Self::Later => &rule::PARAMETER_SUNSET_LATER,
            Self::Removed => &rule::PARAMETER_SUNSET_REMOVED,
        }
    }

    pub(super) fn of_members(self) -> &'static SchemaRule {
        match self {
            Self::Deprecated => &rule::MEMBER_DEPRECATED,
            Self::Reactivated => &rule::MEMBER_REACTIVATED,
            Self::Added => &rule::MEMBER_SUNSET_ADDED,
            Self::Sooner => &rule::MEMBER_SUNSET_SOONER,
            Self::Later => &rule::MEMBER_SUNSET_LATER,
            Self::Removed => &rule::MEMBER_SUNSET_REMOVED,
        }
    }
}

impl Comparing<'_> {
    /// Compares the announced end of an operation or a parameter.
    pub(super) fn lifecycle(&mut self, here: &Here, rules: fn(Lifecycles) -> &'static PlainRule, nodes: Nodes) {
        let (Some(old), Some(new)) = nodes else { return };
        let old = Lifecycle::of([self.old.documents.at(old)]);
        let new = Lifecycle::of([self.new.documents.at(new)]);
        for (kind, message) in old.changes(&new) {
            self.tell(here, rules(kind), message, nodes);
        }
    }
}
