//! The settings of a project for changes: the levels of rules, and changes that are accepted for now.

use understudy_fixture::model::{AcceptedChange, ChangeLevel, Diff};
use understudy_fixture::{Code, Diagnostic, Source};
use understudy_match::{is_near, nearest};
use understudy_openapi::{Change, Level, Rule};

/// The level of a change; `None` where it is not reported.
pub(super) fn level(settings: &Diff, change: &Change) -> Option<Level> {
    let own = settings.rules.iter().find(|own| own.rule == change.rule);
    match own.map(|own| own.level) {
        None => Some(change.level),
        Some(ChangeLevel::Ignore) => None,
        Some(ChangeLevel::Warn) => Some(Level::Warn),
        Some(ChangeLevel::Break) => Some(Level::Break),
    }
}

/// Changes that are accepted on a day, with which of the entries were used.
pub(super) struct Accepted<'s> {
    entries: Vec<(&'s AcceptedChange, bool)>,
    today: &'s str,
}

impl<'s> Accepted<'s> {
    pub(super) fn new(settings: &'s Diff, today: &'s str) -> Self {
        Self { entries: settings.accepted.iter().map(|entry| (entry, false)).collect(), today }
    }

    /// The entry that accepts a change in all of its operations, or the first of several that do so together.
    pub(super) fn entry_for(&mut self, change: &Change) -> Option<&'s AcceptedChange> {
        let mut names: Vec<&str> = change.touched.iter().map(|touched| touched.name.as_str()).collect();
        names.dedup();
        let today = self.today;
        let accepts = |entry: &AcceptedChange, name: &str| {
            entry.rule == change.rule
                && entry.place.as_ref().is_none_or(|place| *place == change.place)
                && entry.operation.as_ref().is_none_or(|operation| operation == name)
                && !has_ended(entry, today)
        };
        let is_accepted = names.iter().all(|name| self.entries.iter().any(|(entry, _)| accepts(entry, name)));
        if !is_accepted {
            return None;
        }
        let mut first = None;
        for (entry, is_used) in &mut self.entries {
            if names.iter().any(|name| accepts(entry, name)) {
                *is_used = true;
                first = first.or(Some(*entry));
            }
        }
        first
    }

    /// The entries that accept nothing, with why, as fragments.
    pub(super) fn idle(&self) -> Vec<String> {
        let idle = self.entries.iter().filter(|(_, is_used)| !is_used);
        idle.map(|(entry, _)| {
            let what = [Some(entry.rule.as_str()), entry.operation.as_deref(), entry.place.as_deref()];
            let what = what.into_iter().flatten().collect::<Vec<_>>().join(", ");
            match entry.until.as_deref().filter(|_| has_ended(entry, self.today)) {
                Some(until) => format!("the accepted change `{what}` expired after {until}"),
                None => format!("the accepted change `{what}` matches no change"),
            }
        })
        .collect()
    }
}

fn has_ended(entry: &AcceptedChange, today: &str) -> bool {
    entry.until.as_deref().is_some_and(|until| until < today)
}

/// The ids in a project's file that no rule has.
pub(crate) fn unknown_rules(source: &Source, settings: &Diff) -> Vec<Diagnostic> {
    let levels = settings.rules.iter().map(|rule| (rule.rule.as_str(), rule.span));
    let accepted = settings.accepted.iter().map(|entry| (entry.rule.as_str(), entry.span));
    let unknown = levels.chain(accepted).filter(|(id, _)| Rule::find(id).is_none());
    unknown
        .map(|(id, span)| {
            let problem = source.diagnostic(Code::BadValue, span, format!("no rule of `diff` has the id `{id}`"));
            problem.with_hint(hint(id))
        })
        .collect()
}

/// Returns the ids to write instead of one that no rule has.
pub(super) fn hint(id: &str) -> String {
    let all: Vec<String> = Rule::all().map(|rule| rule.id).collect();
    // Without a direction it is one of two rules.
    let directed: Vec<&str> = ["request", "answer"]
        .iter()
        .filter_map(|side| all.iter().find(|known| **known == format!("{side}-{id}")))
        .map(String::as_str)
        .collect();
    let near = nearest(id, all.iter().map(String::as_str)).into_iter().next();
    match (directed.as_slice(), near.filter(|near| is_near(id, near))) {
        ([first, second], _) => format!("write `{first}` or `{second}`"),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        _ => "the report of `understudy diff` names the id of each change; docs/openapi.md lists all".to_owned(),
    }
}
