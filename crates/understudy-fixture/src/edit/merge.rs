//! What a person made of a generated file, and what it would be generated as now, in one.

use super::{EditError, edit_source};
use crate::read::tree;
use crate::source::Source;
use std::fmt::Write;
use understudy_exchange::{Json, JsonString};

/// A file that was brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// What it holds now.
    pub text: String,
    /// The places that were brought up to date: `response.body.json.name`.
    pub changed: Vec<String>,
    /// The places that a person has changed, and that would be something else again by now: they stay as they are.
    pub kept: Vec<String>,
}

/// Brings a file up to date that was generated as `before`, was perhaps edited since, and would be generated as `now`. What a
/// person has written, changed or taken out stays so; comments and everything else that did not change stay as they are written.
///
/// # Errors
/// [`EditError`]; then the file is best left alone.
pub fn merge_source(source: &Source, before: &str, now: &str) -> Result<Merged, EditError> {
    let generated = |text: &str| tree(&Source { file: "generated.yaml".into(), text: text.to_owned() });
    let (before_tree, now_tree) = (generated(before), generated(now));
    let (Some(before_tree), Some(now_tree)) = (before_tree, now_tree) else { return Err(EditError::NotThere) };
    let hand = tree(source).ok_or(EditError::NotThere)?;
    let mut merging = Merging::default();
    let merged = merging.value(Some(&hand), Some(&before_tree), Some(&now_tree), &mut String::new());
    let Merging { changed, kept } = merging;
    let merged = merged.ok_or(EditError::NotThere)?;
    // As it was generated, it is generated anew.
    let text = if source.text == before {
        now.to_owned()
    } else if merged == hand {
        source.text.clone()
    } else {
        edit_source(source, |tree| {
            *tree = merged;
            Some(())
        })?
    };
    Ok(Merged { text, changed, kept })
}

/// Maps whose members are each their own.
const HOLDERS: [&str; 8] = ["params", "query", "headers", "cookies", "match", "form", "verify", "capture"];

/// The last part of a place.
fn last(place: &str) -> &str {
    place.rsplit('.').next().unwrap_or(place)
}

/// Whether two rules ask for the same, whatever example they show.
fn asks_the_same(one: &[(JsonString, Json)], other: &[(JsonString, Json)]) -> bool {
    let asked = |members: &[(JsonString, Json)]| {
        let asked = members.iter().filter(|(name, _)| !name.is("example") && !name.is("fresh"));
        Json::Object(asked.cloned().collect())
    };
    asked(one) == asked(other)
}

/// Whether a place holds one thing, whatever it is made of: a rule, or what a parameter has to be. A person who has changed
/// what it asks for means all of it.
fn is_one(place: &str) -> bool {
    place.contains(".match.$") || {
        let mut parts = place.rsplit('.');
        parts.next();
        parts.next().is_some_and(|holder| ["params", "query", "headers", "cookies", "form"].contains(&holder))
    }
}

#[derive(Default)]
struct Merging {
    changed: Vec<String>,
    kept: Vec<String>,
}

impl Merging {
    /// One value; `None` is one that is not there.
    fn value(
        &mut self,
        hand: Option<&Json>,
        before: Option<&Json>,
        now: Option<&Json>,
        place: &mut String,
    ) -> Option<Json> {
        if before == now || hand == now {
            return hand.cloned();
        }
        match (hand, before, now) {
            (Some(Json::Object(hand)), Some(Json::Object(before)), Some(Json::Object(now)))
                if !is_one(place) || asks_the_same(hand, before) =>
            {
                Some(self.members(hand, before, now, place))
            }
            // Both have made a place of several things that are each their own.
            (Some(Json::Object(hand)), None, Some(Json::Object(now))) if HOLDERS.contains(&last(place)) => {
                Some(self.members(hand, &[], now, place))
            }
            (Some(Json::Array(hand)), Some(Json::Array(before)), Some(Json::Array(now)))
                if hand.len() == now.len() && before.len() == now.len() =>
            {
                let mut items = Vec::with_capacity(now.len());
                for (nth, ((hand, before), now)) in hand.iter().zip(before).zip(now).enumerate() {
                    let length = place.len();
                    let _ = write!(place, "[{nth}]");
                    items.extend(self.value(Some(hand), Some(before), Some(now), place));
                    place.truncate(length);
                }
                Some(Json::Array(items))
            }
            (hand, before, now) if hand == before => {
                self.changed.push(place.clone());
                now.cloned()
            }
            (hand, ..) => {
                self.kept.push(place.clone());
                hand.cloned()
            }
        }
    }

    /// Members in the order of the hand's; new ones after those that they come after now.
    fn members(
        &mut self,
        hand: &[(JsonString, Json)],
        before: &[(JsonString, Json)],
        now: &[(JsonString, Json)],
        place: &mut String,
    ) -> Json {
        fn find<'m>(members: &'m [(JsonString, Json)], name: &JsonString) -> Option<&'m Json> {
            members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
        }
        let mut one = |name: &JsonString, place: &mut String| {
            let length = place.len();
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(name.as_str());
            let value = self.value(find(hand, name), find(before, name), find(now, name), place);
            place.truncate(length);
            value
        };
        let mut out: Vec<(JsonString, Json)> = Vec::with_capacity(now.len());
        for (name, _) in hand {
            out.extend(one(name, place).map(|value| (name.clone(), value)));
        }
        let mut at = 0;
        for (name, _) in now {
            match out.iter().position(|(known, _)| known == name) {
                Some(known) => at = known + 1,
                None if find(hand, name).is_some() => {}
                None => {
                    if let Some(value) = one(name, place) {
                        out.insert(at, (name.clone(), value));
                        at += 1;
                    }
                }
            }
        }
        Json::Object(out)
    }
}
