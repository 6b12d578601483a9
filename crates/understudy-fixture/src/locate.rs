//! The lines of a fixture's file in which its expectations stand.

use crate::source::{Entry, Node, Source, Value};
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Tail;
use understudy_exchange::{Json, JsonPath, JsonString};

/// Something that a fixture expects of a response.
#[derive(Debug, Clone, Copy)]
pub enum Expectation<'e> {
    /// The status.
    Status,
    /// A header field.
    Header(&'e str),
    /// A place in the body, as a JSONPath.
    Body(&'e str),
    /// A value that is captured, by its name.
    Capture(&'e str),
    /// That a response comes at all.
    Response,
}

/// A fixture's file, for finding lines in it.
#[derive(Debug)]
pub struct Lines {
    root: Node,
}

/// The highest index of an array up to which rules are compared with a place.
const INDEX_MAX: usize = 64;

impl Lines {
    /// Reads a file. Returns `None` if it is neither YAML nor JSON.
    #[must_use]
    pub fn read(source: &Source) -> Option<Self> {
        source.parse().ok().map(|root| Self { root })
    }

    /// Returns the line in which an expectation of the response with this number stands. That is the line of the response,
    /// or of the `request`, if the expectation is not written.
    #[must_use]
    pub fn line(&self, response: usize, expectation: Expectation<'_>) -> u32 {
        self.entry(response, expectation).unwrap_or_else(|| self.response(response).0)
    }

    /// The line of a response, and the response.
    fn response(&self, number: usize) -> (u32, Option<&Node>) {
        let Some(entry) = entry(&self.root, "response") else { return (self.root.span.line, None) };
        match &entry.value.value {
            Value::List(items) => match items.get(number) {
                Some(item) => (item.span.line, Some(item)),
                None => (entry.span.line, None),
            },
            _ => (entry.span.line, Some(&entry.value)),
        }
    }

    fn entry(&self, number: usize, expectation: Expectation<'_>) -> Option<u32> {
        let verify = || entry(&self.root, "verify").map(|verify| &verify.value);
        let response = self.response(number).1?;
        match expectation {
            Expectation::Response => None,
            Expectation::Status => {
                let several = verify().and_then(|verify| entry(verify, "status"));
                Some(several.or_else(|| entry(response, "status"))?.span.line)
            }
            Expectation::Header(name) => {
                let listed = entry(response, "headers").and_then(|headers| {
                    entries(&headers.value).iter().find(|entry| entry.name.as_str().eq_ignore_ascii_case(name))
                });
                // A body brings its media type.
                let body = || entry(response, "body").filter(|_| name.eq_ignore_ascii_case("content-type"));
                Some(listed.or_else(body)?.span.line)
            }
            Expectation::Capture(name) => Some(
                entry(&entry(verify()?, "capture")?.value, name).or_else(|| entry(verify()?, "capture"))?.span.line,
            ),
            Expectation::Body(path) => {
                let rules = entry(response, "match").map(|rules| entries(&rules.value)).unwrap_or_default();
                if let Some(rule) =
                    rules.iter().find(|rule| rule.name.as_str() == path && !is_about_example(&rule.value))
                {
                    return Some(rule.span.line);
                }
                let path = JsonPath::parse(path).ok()?;
                let (_, place) = path.split_singular_tail();
                let rule = rules.iter().find(|rule| speaks_of(rule, &place));
                rule.map(|rule| rule.span.line).or_else(|| written(response, &place))
            }
        }
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

/// The entry of a map; of several with one name the last, which counts.
fn entry<'n>(node: &'n Node, name: &str) -> Option<&'n Entry> {
    entries(node).iter().rev().find(|entry| entry.name.is(name))
}

/// Returns true if a rule sends the reader to the example: `exact` and `like` say nothing themselves.
fn is_about_example(rule: &Node) -> bool {
    matches!(rule.scalar().map(crate::source::Scalar::as_str), Some("exact" | "like"))
}

/// Returns true if a rule stands for a place in the body.
fn speaks_of(rule: &Entry, place: &[Tail<'_>]) -> bool {
    let Ok(path) = JsonPath::parse(rule.name.as_str()) else { return false };
    if is_about_example(&rule.value) {
        return false;
    }
    // These speak of what is below them too.
    let reaches = entries(&rule.value).iter().any(|key| matches!(key.name.as_str(), "each" | "keys" | "equals"));
    let (steps, only) = only(place);
    path.select(&only).iter().any(|node| {
        let selected = node.path.steps();
        selected == steps || (reaches && steps.starts_with(selected))
    })
}

/// A value that has nothing but a place.
fn only<'p>(place: &[Tail<'p>]) -> (Vec<Step<'p>>, Json) {
    let step = |step: &Tail<'p>| match step {
        Tail::Name(name) => Step::Name(name),
        Tail::Index(index) => Step::Index(usize::try_from(*index).unwrap_or(0).min(INDEX_MAX)),
    };
    let steps: Vec<Step<'p>> = place.iter().map(step).collect();
    let value = steps.iter().rev().fold(Json::Null, |inside, step| match step {
        Step::Name(name) => Json::Object(vec![(JsonString::new(*name), inside)]),
        Step::Index(index) => Json::Array((0..*index).map(|_| Json::Null).chain([inside]).collect()),
    });
    (steps, value)
}

/// The line of the written value that a place was compared with, or of the innermost one around it. An element beyond
/// those of the example is compared with them all; the last one stands for them.
fn written(response: &Node, place: &[Tail<'_>]) -> Option<u32> {
    let kind = entries(&entry(response, "body")?.value).first()?;
    let mut line = kind.span.line;
    let mut at = &kind.value;
    for step in place.iter().filter(|_| kind.name.is("json")) {
        match (step, &at.value) {
            (Tail::Name(name), Value::Map(_)) => {
                let Some(found) = entry(at, name) else { break };
                (line, at) = (found.span.line, &found.value);
            }
            (Tail::Index(index), Value::List(items)) if !items.is_empty() => {
                at = &items[usize::try_from(*index).unwrap_or(0).min(items.len() - 1)];
                line = at.span.line;
            }
            _ => break,
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURE: &str = r#"request: { path: /a }
response:
  status: 200
  headers:
    X-Page: "1"
  body:
    json:
      name: Rex
      tags:
        - { id: 1 }
        - id: 2
          label: x
      order: { "a":
        1 }
  match:
    $.born: date
    $.tags[*].id: integer
    $.order: exact
    $.free: { each: string }
verify:
  capture:
    pet: $.id
"#;

    fn lines(text: &str) -> Lines {
        Lines::read(&Source { file: "a.yaml".into(), text: text.to_owned() }).unwrap()
    }

    #[test]
    fn every_expectation_has_the_line_where_it_is_written() {
        let lines = lines(FIXTURE);
        for (expectation, line) in [
            (Expectation::Response, 2),
            (Expectation::Status, 3),
            (Expectation::Header("x-page"), 5),
            (Expectation::Header("x-other"), 2),
            (Expectation::Header("content-type"), 6),
            (Expectation::Body("$"), 7),
            (Expectation::Body("$.name"), 8),
            (Expectation::Body("$.other"), 7),
            (Expectation::Body("$.tags"), 9),
            (Expectation::Body("$.tags[1].label"), 12),
            (Expectation::Body("$.tags[7].label"), 12),
            (Expectation::Body("$.tags[0].label"), 10),
            (Expectation::Body("$.tags[70].id"), 17),
            (Expectation::Body("$.born"), 16),
            (Expectation::Body("$.order.a"), 13),
            (Expectation::Body("$.free.x"), 19),
            (Expectation::Body("$.tags[*].id"), 17),
            (Expectation::Capture("pet"), 22),
        ] {
            assert_eq!(lines.line(0, expectation), line, "{expectation:?}");
        }
    }

    #[test]
    fn one_of_several_responses_has_its_own_lines() {
        let lines =
            lines("request: { path: /a }\nresponse:\n  - status: 503\n  - status: 200\n    body: { text: x }\n");
        assert_eq!(lines.line(1, Expectation::Status), 4);
        assert_eq!(lines.line(1, Expectation::Response), 4);
        assert_eq!(lines.line(1, Expectation::Body("$")), 5);
        assert_eq!(lines.line(2, Expectation::Status), 2);
    }
}
