//! Responses that repeat header fields which the contract test does not send.

use super::super::Recorded;
use super::super::header_names::{REQUEST_FIELDS, is_left_out};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{Check, PathRule, Rule};

/// Shorter values are equal by chance.
const VALUE_CHARS_MIN: usize = 8;

/// The values of the header fields of a request that its fixture leaves out, by their names.
pub(super) struct Unsent<'r>(Vec<(&'r str, &'r str)>);

impl<'r> Unsent<'r> {
    /// Finds the header fields; `is_sent` returns true for the fields of the fixture.
    pub(super) fn of(recorded: &'r Recorded, is_sent: impl Fn(&str) -> bool) -> Self {
        let fields = recorded.request.headers.iter().filter(|(name, _)| !is_sent(name.as_str()));
        Self(fields.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect())
    }

    /// Returns true if a text contains one of the values.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.0.iter().any(|(_, value)| value.len() >= VALUE_CHARS_MIN && text.contains(value))
    }

    /// The rules for the members of a body that repeat one of the fields.
    pub(super) fn rules(&self, body: &Json) -> Vec<PathRule> {
        let mut rules = Vec::new();
        self.add_rules(body, &Path::default(), &mut rules);
        rules
    }

    fn add_rules<'j>(&self, value: &'j Json, path: &Path<'j>, rules: &mut Vec<PathRule>) {
        if let [.., Step::Name(name)] = path.steps()
            && self.is_repeated(path.steps(), name, value)
        {
            let path = JsonPath::parse(&path.to_string()).ok();
            rules.extend(path.map(|path| PathRule { path, rule: Rule::of(Check::Ignore) }));
            return;
        }
        value.children().for_each(|(step, child)| self.add_rules(child, &path.child(step), rules));
    }

    /// Returns true if a member repeats a field: it has the field's name and value, it has a long value of a field, or
    /// it is within a member named `headers`.
    fn is_repeated(&self, steps: &[Step<'_>], name: &str, value: &Json) -> bool {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let is_in_headers =
            matches!(steps, [.., Step::Name(around), _] if around.to_ascii_lowercase().contains("header"));
        let is_unsent = self.0.iter().any(|(own, _)| *own == name) || is_left_out(REQUEST_FIELDS, &name);
        let has_value = |(own, sent): &(&str, &str)| {
            value.as_str() == Some(sent) && (*own == name || sent.len() >= VALUE_CHARS_MIN)
        };
        (is_in_headers && is_unsent) || self.0.iter().any(has_value)
    }
}
