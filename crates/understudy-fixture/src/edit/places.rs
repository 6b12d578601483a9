//! Where the values of a JSON text stand.

use super::ranges::{Kind, Language, Ranged, ranges};
use crate::source::Source;
use std::ops::Range;
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;

/// A JSON text's values with their bytes.
#[derive(Debug)]
pub struct Places(Ranged);

impl Places {
    /// The places of a text; `None` where it is no JSON.
    #[must_use]
    pub fn of_json(text: &str) -> Option<Self> {
        ranges(text, Language::Json).map(Self)
    }

    /// The bytes of the value at a path.
    #[must_use]
    pub fn of(&self, path: &[Step<'_>]) -> Option<Range<usize>> {
        let found = path.iter().try_fold(&self.0, |at, step| match (&at.kind, step) {
            // Of members with one name the last counts.
            (Kind::Map(members, _), Step::Name(name)) => {
                members.iter().rev().find(|member| member.name == *name).map(|member| &member.value)
            }
            (Kind::List(items, _), Step::Index(index)) => items.get(*index),
            _ => None,
        });
        found.map(|found| found.range.clone())
    }

    /// The innermost value at a byte; of a member, its name counts too.
    #[must_use]
    pub fn at(&self, byte: usize) -> Path<'_> {
        let mut path = Path::default();
        let mut at = &self.0;
        loop {
            let next = match &at.kind {
                Kind::Map(members, _) => members.iter().find_map(|member| {
                    let whole = member.key.start..=member.value.range.end;
                    whole.contains(&byte).then_some((Step::Name(member.name.as_str()), &member.value))
                }),
                Kind::List(items, _) => items.iter().enumerate().find_map(|(index, item)| {
                    (item.range.start..=item.range.end).contains(&byte).then_some((Step::Index(index), item))
                }),
                Kind::Leaf | Kind::Alias => None,
            };
            let Some((step, value)) = next else { return path };
            path = path.child(step);
            at = value;
        }
    }
}

/// The line of a fixture's file, from 1, in which a value stands, or the nearest value around it that is there.
#[must_use]
pub fn line_of(source: &Source, path: &[Step<'_>]) -> usize {
    let language = if source.file.ends_with(".json") { Language::Json } else { Language::Yaml };
    let Some(root) = ranges(&source.text, language) else { return 1 };
    let (mut at, mut start) = (&root, root.range.start);
    for step in path {
        let next = match (&at.kind, step) {
            (Kind::Map(members, _), Step::Name(name)) => {
                let member = members.iter().rev().find(|member| member.name.eq_ignore_ascii_case(name));
                member.map(|member| (member.key.start, &member.value))
            }
            (Kind::List(items, _), Step::Index(index)) => items.get(*index).map(|item| (item.range.start, item)),
            _ => None,
        };
        let Some((begin, value)) = next else { break };
        (start, at) = (begin, value);
    }
    1 + source.text[..start].matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_belongs_to_the_innermost_value() {
        let text = "{\"a\": [1, {\"b\": \"x\"}], \"c\": null}";
        let places = Places::of_json(text).expect("JSON");
        let at = |needle: &str| places.at(text.find(needle).expect("it is there")).to_string();
        assert_eq!(at("\"a\""), "$.a");
        assert_eq!(at("1"), "$.a[0]");
        assert_eq!(at("\"b\""), "$.a[1].b");
        assert_eq!(at("x"), "$.a[1].b");
        assert_eq!(at("null"), "$.c");
        assert_eq!(places.at(0).to_string(), "$");
        assert_eq!(&text[places.of(&[Step::Name("a"), Step::Index(1)]).expect("there")], "{\"b\": \"x\"}");
        assert!(places.of(&[Step::Index(0)]).is_none() && Places::of_json("{").is_none());
    }

    #[test]
    fn a_line_is_that_of_the_nearest_value_around() {
        let text = "request: { path: /a }\nresponse:\n  headers:\n    X-A: 1\n  body:\n    json: { a: 1 }\n";
        let source = Source::new("f.yaml", text.as_bytes().to_vec()).expect("it is text");
        let line =
            |names: &[&'static str]| line_of(&source, &names.iter().map(|name| Step::Name(name)).collect::<Vec<_>>());
        assert_eq!(line(&["response", "headers", "x-a"]), 4);
        assert_eq!(line(&["response", "body", "json", "a"]), 6);
        assert_eq!(line(&["response", "match", "$.a"]), 2);
    }
}
