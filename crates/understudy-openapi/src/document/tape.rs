//! A JSON text with a table of its values: a value costs 16 bytes beside its text, and knows its place.
//!
//! Descriptions have a million values, of which a run looks at a few thousand. So nothing is unpacked before it is asked
//! for; and a message can say the line of whatever it is about.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use understudy_exchange::json::{Build, JsonError, Scalar, Text, parse_with};
use understudy_exchange::{Json, JsonString};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    True,
    False,
    Number,
    /// A string or a member's name, as it is written.
    Plain,
    /// The same, with escapes.
    Escaped,
    Array,
    Object,
}

/// A value. Those below an array or object come before it, in order.
#[derive(Debug, Clone, Copy)]
struct Slot {
    kind: Kind,
    /// Where its text starts.
    start: u32,
    /// Where its text ends; of arrays and objects, the first of its children.
    end_or_first: u32,
    /// How many children.
    count: u32,
}

/// Objects with more members than this have a table of their names.
const MEMBERS_SEARCHED_MAX: usize = 24;

/// A text and its values.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    text: String,
    slots: Vec<Slot>,
    /// The children of all arrays and objects; of an object, each name before its value.
    children: Vec<u32>,
    tables: HashMap<u32, HashMap<Box<str>, u32>>,
    /// The values of members called `$ref` that are strings.
    references: Vec<u32>,
    /// The values of members called `pattern` that are strings.
    patterns: Vec<u32>,
    /// The values of members called `$id` that are strings.
    ids: Vec<u32>,
}

struct Builder<'t> {
    text: &'t str,
    tape: Tape,
}

impl Builder<'_> {
    fn push(&mut self, kind: Kind, start: usize, end_or_first: usize, count: usize) -> u32 {
        // Texts of more than 4 GiB are refused long before.
        let slot = Slot { kind, start: start as u32, end_or_first: end_or_first as u32, count: count as u32 };
        self.tape.slots.push(slot);
        self.tape.slots.len() as u32 - 1
    }

    fn string(&mut self, at: Range<usize>, is_escaped: bool) -> u32 {
        self.push(if is_escaped { Kind::Escaped } else { Kind::Plain }, at.start, at.end, 0)
    }
}

impl Build for Builder<'_> {
    type Value = u32;
    type Text = bool;
    type Member = [u32; 2];

    fn text(&mut self, text: Text<'_>) -> bool {
        matches!(text, Text::Escaped(_))
    }

    fn string(&mut self, at: Range<usize>, is_escaped: bool) -> u32 {
        Self::string(self, at, is_escaped)
    }

    fn scalar(&mut self, at: Range<usize>, scalar: Scalar<'_>) -> u32 {
        let kind = match scalar {
            Scalar::Null => Kind::Null,
            Scalar::Bool(true) => Kind::True,
            Scalar::Bool(false) => Kind::False,
            Scalar::Number(_) => Kind::Number,
        };
        self.push(kind, at.start, at.end, 0)
    }

    fn array(&mut self, at: Range<usize>, items: Vec<u32>) -> u32 {
        let first = self.tape.children.len();
        self.tape.children.extend_from_slice(&items);
        self.push(Kind::Array, at.start, first, items.len())
    }

    fn member(&mut self, at: Range<usize>, is_escaped: bool, value: u32) -> [u32; 2] {
        if matches!(self.tape.slots[value as usize].kind, Kind::Plain | Kind::Escaped) {
            match &self.text[at.clone()] {
                "\"$ref\"" => self.tape.references.push(value),
                "\"pattern\"" => self.tape.patterns.push(value),
                "\"$id\"" => self.tape.ids.push(value),
                _ => {}
            }
        }
        // A name stands behind its value here, and before it among the children.
        [self.string(at, is_escaped), value]
    }

    fn object(&mut self, at: Range<usize>, members: Vec<[u32; 2]>) -> u32 {
        let first = self.tape.children.len();
        self.tape.children.extend(members.iter().flatten());
        self.push(Kind::Object, at.start, first, members.len() * 2)
    }
}

impl Tape {
    /// Reads a text; gives it back where it is no JSON.
    pub(crate) fn new(text: String) -> Result<Self, (String, JsonError)> {
        let mut builder = Builder { text: &text, tape: Self::default() };
        // One value for about 20 bytes; growing is what costs.
        builder.tape.slots.reserve(text.len() / 20);
        let parsed = parse_with(text.as_bytes(), &mut builder);
        let mut tape = builder.tape;
        if let Err(error) = parsed {
            return Err((text, error));
        }
        tape.text = text;
        tape.slots.shrink_to_fit();
        tape.children.shrink_to_fit();
        let large = tape
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.kind == Kind::Object && slot.count as usize > 2 * MEMBERS_SEARCHED_MAX);
        let large: Vec<u32> = large.map(|(at, _)| at as u32).collect();
        for object in large {
            // The last one of a name that stands twice is looked up last, so that the first one stays.
            let table = tape.members(object).rev().map(|(name, value)| (tape.string(name).into(), value)).collect();
            tape.tables.insert(object, table);
        }
        Ok(tape)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The outermost value.
    pub(crate) fn root(&self) -> u32 {
        self.slots.len() as u32 - 1
    }

    pub(crate) fn references(&self) -> &[u32] {
        &self.references
    }

    pub(crate) fn patterns(&self) -> &[u32] {
        &self.patterns
    }

    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    fn slot(&self, at: u32) -> Slot {
        self.slots[at as usize]
    }

    pub(crate) fn kind(&self, at: u32) -> Kind {
        self.slot(at).kind
    }

    /// Where a value's text starts.
    pub(crate) fn start(&self, at: u32) -> usize {
        self.slot(at).start as usize
    }

    /// The text of a scalar as it is written.
    pub(crate) fn written(&self, at: u32) -> &str {
        let slot = self.slot(at);
        &self.text[slot.start as usize..slot.end_or_first as usize]
    }

    /// What a string or name says.
    pub(crate) fn string(&self, at: u32) -> Cow<'_, str> {
        let written = self.written(at);
        if self.kind(at) == Kind::Plain {
            return Cow::Borrowed(&written[1..written.len() - 1]);
        }
        match Json::parse(written.as_bytes()) {
            Ok(Json::String(text)) => Cow::Owned(text.as_str().to_owned()),
            _ => Cow::Borrowed(""),
        }
    }

    fn children(&self, at: u32) -> &[u32] {
        let slot = self.slot(at);
        match slot.kind {
            Kind::Array | Kind::Object => {
                let first = slot.end_or_first as usize;
                &self.children[first..first + slot.count as usize]
            }
            _ => &[],
        }
    }

    /// The values of an array; none where it is something else.
    pub(crate) fn items(&self, at: u32) -> &[u32] {
        if self.kind(at) == Kind::Array { self.children(at) } else { &[] }
    }

    /// The names and values of an object; none where it is something else.
    pub(crate) fn members(&self, at: u32) -> impl DoubleEndedIterator<Item = (u32, u32)> + ExactSizeIterator + '_ {
        let children = if self.kind(at) == Kind::Object { self.children(at) } else { &[] };
        children.chunks_exact(2).map(|pair| (pair[0], pair[1]))
    }

    /// A member of an object.
    pub(crate) fn member(&self, at: u32, name: &str) -> Option<u32> {
        if let Some(table) = self.tables.get(&at) {
            return table.get(name).copied();
        }
        self.members(at).find(|(known, _)| self.is(*known, name)).map(|(_, value)| value)
    }

    fn is(&self, at: u32, text: &str) -> bool {
        match self.kind(at) {
            Kind::Plain => {
                let written = self.written(at);
                written.len() == text.len() + 2 && &written[1..written.len() - 1] == text
            }
            _ => self.string(at) == text,
        }
    }

    /// The steps from the outermost value down to one, as a JSON pointer (RFC 6901).
    pub(crate) fn pointer(&self, target: u32) -> String {
        let (mut pointer, mut at) = (String::new(), self.root());
        while let Some((step, next)) = self.toward(target, at) {
            pointer.push('/');
            match self.kind(at) {
                Kind::Object => pointer.push_str(&escaped(&self.string(self.children(at)[step * 2]))),
                _ => pointer.push_str(&step.to_string()),
            }
            at = next;
        }
        pointer
    }

    /// The array or object that a value is in; for the outermost value, itself.
    pub(crate) fn parent(&self, target: u32) -> u32 {
        let (mut parent, mut at) = (self.root(), self.root());
        while let Some((_, next)) = self.toward(target, at) {
            (parent, at) = (at, next);
        }
        parent
    }

    /// The first of all slots that are in a value; its own, where nothing is.
    pub(crate) fn first_inside(&self, value: u32) -> u32 {
        let mut at = value;
        while let Some(first) = match self.kind(at) {
            Kind::Object => self.children(at).get(1),
            Kind::Array => self.children(at).first(),
            _ => None,
        } {
            at = *first;
        }
        at
    }

    /// The child of an array or object that leads to a value: its number, and its place.
    fn toward(&self, target: u32, at: u32) -> Option<(usize, u32)> {
        if at == target {
            return None;
        }
        let children = self.children(at);
        let is_object = self.kind(at) == Kind::Object;
        // Whatever is below a value comes before it and behind the value before; a member's name comes last.
        let steps = if is_object { 2 } else { 1 };
        let count = children.len() / steps;
        let last_of = |step: usize| if is_object { children[step * 2] } else { children[step] };
        let step = partition_point(count, |step| last_of(step) < target);
        if step == count {
            return None;
        }
        let is_name = is_object && target == children[step * 2];
        let next = if is_object && !is_name { children[step * 2 + 1] } else { children[step * steps] };
        Some((step, next))
    }

    /// A value as text without white space, with its digits and the order of its members.
    pub(crate) fn write(&self, at: u32, out: &mut String) {
        match self.kind(at) {
            Kind::Array => {
                out.push('[');
                for (nth, item) in self.items(at).iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    self.write(*item, out);
                }
                out.push(']');
            }
            Kind::Object => {
                out.push('{');
                for (nth, (name, value)) in self.members(at).enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    out.push_str(self.written(name));
                    out.push(':');
                    self.write(value, out);
                }
                out.push('}');
            }
            _ => out.push_str(self.written(at)),
        }
    }
}

fn partition_point(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// A name as a step of a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    understudy_exchange::json::write_string(&JsonString::new(text), &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_by_its_pointer_and_says_it() {
        let large: Vec<String> = (0..40).map(|n| format!("\"m{n}\":{{\"n\":[{n},true]}}")).collect();
        let text = format!(r#"{{"a":{{"b/c":[1,"x",{{}}],"~":null}},"e\n":"\u0041","large":{{{}}}}}"#, large.join(","));
        let tape = Tape::new(text.clone()).unwrap();
        let mut open = vec![(tape.root(), String::new())];
        let mut seen = 0;
        while let Some((at, pointer)) = open.pop() {
            assert_eq!(tape.pointer(at), pointer);
            seen += 1;
            let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
            for (name, value) in tape.members(at) {
                let name = tape.string(name);
                assert_eq!(tape.member(at, &name), Some(value));
                open.push((value, format!("{pointer}/{}", escape(&name))));
            }
            open.extend(tape.items(at).iter().enumerate().map(|(nth, item)| (*item, format!("{pointer}/{nth}"))));
        }
        assert_eq!(seen, 9 + 40 * 4);
        let mut written = String::new();
        tape.write(tape.root(), &mut written);
        assert_eq!(written, text);
        assert_eq!(tape.string(tape.member(tape.root(), "e\n").unwrap()), "A");
    }
}
