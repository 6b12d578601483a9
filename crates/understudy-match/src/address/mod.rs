//! Requests, responses and what fixtures say of them, where they name the service by one of its addresses: brought to one place before
//! they are compared or sent.

mod request;
mod response;

pub use request::{fixture_at, request_at};
pub use response::{promise_at, response_at};

use understudy_exchange::{Here, Json, JsonString, Origins};
use understudy_fixture::model::{Check, PathRule, Rule};

/// Writes one address; each part gives `None` where it stays as it is.
struct At<'a> {
    origins: &'a Origins,
    here: Here<'a>,
}

impl At<'_> {
    fn text(&self, text: &str) -> Option<String> {
        self.origins.rewrite(text.as_bytes(), self.here).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    fn field(&self, name: &str, value: &str) -> Option<String> {
        let bytes = self.origins.rewrite_field(name, value.as_bytes(), self.here)?;
        String::from_utf8(bytes).ok()
    }

    fn rule(&self, rule: &Rule) -> Option<Rule> {
        let checks = Self::all(&rule.checks, |check| self.check(check));
        let example = rule.example.as_ref().and_then(|example| self.json(example));
        if checks.is_none() && example.is_none() {
            return None;
        }
        let Rule { checks: old, example: old_example, fresh } = rule.clone();
        Some(Rule { checks: checks.unwrap_or(old), example: example.or(old_example), fresh })
    }

    /// Regular expressions stay: they say by themselves what they match.
    fn check(&self, check: &Check) -> Option<Check> {
        Some(match check {
            Check::Equals(value) => Check::Equals(self.json(value)?),
            Check::Contains(text) => Check::Contains(self.text(text)?),
            Check::StartsWith(text) => Check::StartsWith(self.text(text)?),
            Check::OneOf(values) => Check::OneOf(self.each(values)?),
            Check::Each(rule) => Check::Each(self.rule(rule)?.into()),
            Check::Keys(rule) => Check::Keys(self.rule(rule)?.into()),
            Check::Optional(rule) => Check::Optional(self.rule(rule)?.into()),
            Check::Nullable(rule) => Check::Nullable(self.rule(rule)?.into()),
            _ => return None,
        })
    }

    fn json(&self, value: &Json) -> Option<Json> {
        match value {
            Json::String(text) => self.text(text.as_str()).map(Json::string),
            Json::Array(items) => self.each(items).map(Json::Array),
            Json::Object(members) => {
                let member = |(name, value): &(JsonString, Json)| Some((name.clone(), self.json(value)?));
                Self::all(members, member).map(Json::Object)
            }
            _ => None,
        }
    }

    fn each(&self, values: &[Json]) -> Option<Vec<Json>> {
        Self::all(values, |value| self.json(value))
    }

    /// All of these, where one changes.
    fn all<T: Clone>(values: &[T], moved: impl Fn(&T) -> Option<T>) -> Option<Vec<T>> {
        let moved: Vec<Option<T>> = values.iter().map(moved).collect();
        let has_changed = moved.iter().any(Option::is_some);
        let all = values.iter().zip(moved).map(|(value, moved)| moved.unwrap_or_else(|| value.clone()));
        has_changed.then(|| all.collect())
    }

    fn path_rule(&self, rule: &PathRule) -> Option<PathRule> {
        Some(PathRule { path: rule.path.clone(), rule: self.rule(&rule.rule)? })
    }
}
