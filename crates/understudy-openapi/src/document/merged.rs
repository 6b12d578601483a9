//! YAML's merge keys (`<<`), which the core of YAML 1.2 does not know and most readers of descriptions merge: the members of the
//! map, or of each map of a list, that the object does not have itself.

use super::tape::{Kind, Tape};
use std::collections::HashSet;
use understudy_fixture::Span;

/// The name of a merge key as JSON.
const KEY: &str = "\"<<\"";

/// A text without its merge keys, with the places of its values. `None` where it has none.
pub(super) fn merged(tape: &Tape, places: &[(u32, Span)]) -> Option<(String, Vec<(u32, Span)>)> {
    if !tape.text().contains(KEY) {
        return None;
    }
    let mut writer = Writer { tape, places, text: String::with_capacity(tape.text().len()), written: Vec::new() };
    writer.value(tape.root());
    Some((writer.text, writer.written))
}

struct Writer<'t> {
    tape: &'t Tape,
    places: &'t [(u32, Span)],
    text: String,
    written: Vec<(u32, Span)>,
}

impl Writer<'_> {
    /// Notes that what is written next stands where a value of the file does.
    fn place(&mut self, slot: u32) {
        let start = self.tape.start(slot);
        let at = self.places.partition_point(|(offset, _)| (*offset as usize) <= start);
        if let Some((_, span)) = self.places.get(at.saturating_sub(1)) {
            self.written.push((self.text.len() as u32, *span));
        }
    }

    fn value(&mut self, slot: u32) {
        self.place(slot);
        match self.tape.kind(slot) {
            Kind::Object => {
                self.text.push('{');
                for (nth, (name, value)) in members(self.tape, slot).into_iter().enumerate() {
                    if nth > 0 {
                        self.text.push(',');
                    }
                    self.place(name);
                    self.text.push_str(self.tape.written(name));
                    self.text.push(':');
                    self.value(value);
                }
                self.text.push('}');
            }
            Kind::Array => {
                self.text.push('[');
                for (nth, item) in self.tape.items(slot).iter().enumerate() {
                    if nth > 0 {
                        self.text.push(',');
                    }
                    self.value(*item);
                }
                self.text.push(']');
            }
            _ => self.text.push_str(self.tape.written(slot)),
        }
    }
}

/// The members of an object, with those that it merges in the place of their key.
fn members(tape: &Tape, object: u32) -> Vec<(u32, u32)> {
    let is_merge = |name: u32, value: u32| {
        tape.written(name) == KEY
            && match tape.kind(value) {
                Kind::Object => true,
                Kind::Array => tape.items(value).iter().all(|item| tape.kind(*item) == Kind::Object),
                _ => false,
            }
    };
    let own = tape.members(object).filter(|(name, value)| !is_merge(*name, *value));
    let mut known: HashSet<_> = own.map(|(name, _)| tape.string(name)).collect();
    let mut all = Vec::new();
    for (name, value) in tape.members(object) {
        if !is_merge(name, value) {
            all.push((name, value));
            continue;
        }
        let sources = if tape.kind(value) == Kind::Object { vec![value] } else { tape.items(value).to_vec() };
        for source in sources {
            all.extend(members(tape, source).into_iter().filter(|(name, _)| known.insert(tape.string(*name))));
        }
    }
    all
}
