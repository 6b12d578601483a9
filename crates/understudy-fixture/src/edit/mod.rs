//! Changing one thing in a fixture's file, and nothing else: every other byte, comments and quotes included, stays.
//!
//! What is to be said is put together as a tree, and held against the tree of what is said now ([`rewrite`]). A file's
//! text is taken apart into ranges ([`ranges`]), and only those that differ are written anew ([`surgery`]). YAML has more
//! ways to write a value than anybody remembers, so no edit is trusted: the new text is read again and has to say exactly
//! what was meant, or nothing is changed.

mod merge;
mod places;
mod ranges;
mod rewrite;
mod surgery;

pub use merge::{Merged, merge_source};
pub use places::{Places, line_of};

use crate::model::{Capture, Fixture, Known};
use crate::read::{BodyFiles, fixture, tree};
use crate::source::Source;
use crate::write::{captured_from, known_difference};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ranges::Language;
use rewrite::rewrite;
use understudy_exchange::json::Step;
use understudy_exchange::{Json, JsonString};

/// One thing to change in a fixture.
#[derive(Debug, Clone)]
pub enum Edit<'e> {
    /// A value in the JSON body of the fixture's response; without a value, the member is removed.
    /// A response without a body gets this value as its body if the value is the whole body.
    Body(&'e [Step<'e>], Option<Json>),
    /// The whole body of the fixture's response, which is text already.
    Text(&'e str),
    /// The whole body of the fixture's response, which is XML already.
    Xml(&'e str),
    /// The whole body of the fixture's response, which is in base64 already.
    Base64(&'e [u8]),
    /// No body in the fixture's response, and no rules for a body.
    NoBody,
    /// The status of the response that it promises.
    Status(u16),
    /// The values of a header field of the fixture's response; without values, the field is
    /// removed.
    Header(&'e str, &'e [String]),
    /// A rule for what a JSONPath selects in the body of the response that it promises, instead of the one it has.
    Rule(&'e str, Json),
    /// The same in another of its responses than the one that it promises, by its place in the list.
    In(usize, &'e Edit<'e>),
    /// One more difference that is accepted for now.
    Known(Known),
    /// One more value of its answer, or another one under a name, for those that come after it.
    Capture(&'e Capture),
    /// What answering sets a name of the state to.
    Set(&'e str, &'e str),
}

/// Why a file was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// What is to be changed does not stand in the file: it comes from an alias, or by another way.
    NotThere,
    /// The change would have changed something else too.
    NotAlone,
}

impl std::fmt::Display for EditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotThere => "what is to be changed does not stand in the file as such",
            Self::NotAlone => "the file is written in a way that cannot be changed here without changing more",
        })
    }
}

impl std::error::Error for EditError {}

/// The text of a fixture's file with one thing changed, and what it says then.
///
/// # Errors
/// [`EditError`]; then nothing has to be undone.
pub fn edit_fixture(
    source: &Source,
    id: &str,
    files: &dyn BodyFiles,
    edit: &Edit<'_>,
) -> Result<(String, Fixture), EditError> {
    let before = fixture(source, id, files).0;
    let verified = before.and_then(|before| before.verified_response()).unwrap_or(0);
    let text = edit_source(source, |tree| apply(tree, edit, verified))?;
    let source = Source { file: source.file.clone(), text };
    match fixture(&source, id, files) {
        (Some(after), _) => Ok((source.text, after)),
        (None, _) => Err(EditError::NotAlone),
    }
}

/// The text of a file whose tree is changed by `change`, which gives `None` where what is to be changed is not there. What
/// the file then says is not looked at.
///
/// # Errors
/// As [`edit_fixture`].
pub fn edit_source(source: &Source, change: impl FnOnce(&mut Json) -> Option<()>) -> Result<String, EditError> {
    let before = tree(source).ok_or(EditError::NotThere)?;
    let mut wanted = before.clone();
    change(&mut wanted).ok_or(EditError::NotThere)?;
    let language = if source.is_json() { Language::Json } else { Language::Yaml };
    let text = rewrite(&source.text, language, &before, &wanted).ok_or(EditError::NotThere)?;
    let after = Source { file: source.file.clone(), text };
    if tree(&after).is_some_and(|tree| tree == wanted) { Ok(after.text) } else { Err(EditError::NotAlone) }
}

/// A JSON text with one value changed, or with a member more; without a value, the member goes.
///
/// # Errors
/// As [`edit_fixture`].
pub fn edit_json(text: &str, path: &[Step<'_>], value: Option<&Json>) -> Result<String, EditError> {
    let before = Json::parse(text.as_bytes()).map_err(|_| EditError::NotThere)?;
    let mut wanted = before.clone();
    put(&mut wanted, path, value).ok_or(EditError::NotThere)?;
    let after = rewrite(text, Language::Json, &before, &wanted).ok_or(EditError::NotThere)?;
    if Json::parse(after.as_bytes()).is_ok_and(|after| after == wanted) { Ok(after) } else { Err(EditError::NotAlone) }
}

/// What a fixture has even where nothing is in it.
const NEEDED: [&str; 2] = ["request", "response"];

/// Puts a value at a path of a fixture's tree, with the maps on the way; without a value, takes it out, with the maps on the
/// way that then hold nothing. `None` where the path leads through something else.
pub fn set_value(root: &mut Json, path: &[Step<'_>], value: Option<Json>) -> Option<()> {
    set_below(root, path, value, &NEEDED)
}

fn set_below(outer: &mut Json, path: &[Step<'_>], value: Option<Json>, needed: &[&str]) -> Option<()> {
    match (path, value) {
        ([], Some(value)) => *outer = value,
        ([], None) => return None,
        ([Step::Name(name), inside @ ..], Some(value)) => set_below(entry(outer, name)?, inside, Some(value), &[])?,
        ([step, inside @ ..], Some(value)) => set_below(child(outer, *step)?, inside, Some(value), &[])?,
        ([step], None) => drop_member(outer, *step, needed),
        ([step, inside @ ..], None) => {
            let Some(next) = child(outer, *step) else { return Some(()) };
            set_below(next, inside, None, &[])?;
            if matches!(next, Json::Object(members) if members.is_empty()) {
                drop_member(outer, *step, needed);
            }
        }
    }
    Some(())
}

fn drop_member(outer: &mut Json, step: Step<'_>, needed: &[&str]) {
    if let (Json::Object(members), Step::Name(name)) = (outer, step)
        && !needed.contains(&name)
    {
        members.retain(|(known, _)| !known.is(name));
    }
}

/// Changes the tree of a fixture's file. `verified` is the place of the response that a backend is compared with.
fn apply(root: &mut Json, edit: &Edit<'_>, verified: usize) -> Option<()> {
    match edit {
        Edit::Known(known) => {
            match entry(entry(root, "verify")?, "known")? {
                Json::Array(items) => items.push(known_difference(known)),
                empty => *empty = Json::Array(vec![known_difference(known)]),
            }
            return Some(());
        }
        Edit::Capture(capture) => {
            *entry(entry(entry(root, "verify")?, "capture")?, &capture.name)? = captured_from(capture);
            return Some(());
        }
        Edit::Set(name, value) => {
            *entry(entry(root, "set")?, name)? = Json::string(*value);
            return Some(());
        }
        _ => {}
    }
    let (nth, edit) = match edit {
        Edit::In(nth, edit) => (*nth, *edit),
        edit => (verified, edit),
    };
    let response = match child(root, Step::Name("response"))? {
        Json::Array(responses) => responses.get_mut(nth)?,
        only => only,
    };
    match edit {
        // What is not about a response is done by now, and none is in two at once.
        Edit::Known(_) | Edit::Capture(_) | Edit::Set(..) | Edit::In(..) => {}
        Edit::Status(status) => *entry(response, "status")? = Json::Number(u64::from(*status).into()),
        Edit::Rule(path, rule) => *entry(entry(response, "match")?, path)? = rule.clone(),
        Edit::Header(name, values) => {
            header(response, name, values)?;
        }
        Edit::Body([], Some(value)) if child(response, Step::Name("body")).is_none() => {
            *entry(entry(response, "body")?, "json")? = value.clone();
        }
        Edit::Body(path, value) => {
            let body = child(child(response, Step::Name("body"))?, Step::Name("json"))?;
            put(body, path, value.as_ref())?;
        }
        Edit::Text(text) => *child(child(response, Step::Name("body"))?, Step::Name("text"))? = Json::string(*text),
        Edit::Xml(text) => *child(child(response, Step::Name("body"))?, Step::Name("xml"))? = Json::string(*text),
        Edit::Base64(bytes) => {
            let body = child(child(response, Step::Name("body"))?, Step::Name("base64"))?;
            *body = Json::string(STANDARD.encode(bytes));
        }
        Edit::NoBody => {
            child(response, Step::Name("body"))?;
            let Json::Object(members) = response else { return None };
            members.retain(|(name, _)| !name.is("body") && !name.is("match"));
        }
    }
    Some(())
}

/// Gives a header field other values. A field that has a rule keeps it.
fn header(response: &mut Json, name: &str, values: &[String]) -> Option<()> {
    let there = match child(response, Step::Name("headers")) {
        Some(Json::Object(headers)) => headers.iter().position(|(known, _)| known.as_str().eq_ignore_ascii_case(name)),
        _ => None,
    };
    let Some(at) = there else {
        let [only] = values else { return None };
        *entry(entry(response, "headers")?, name)? = Json::string(only);
        return Some(());
    };
    let Some(Json::Object(headers)) = child(response, Step::Name("headers")) else { return None };
    let is_list = match &headers[at].1 {
        Json::Object(_) => return None,
        value => matches!(value, Json::Array(_)),
    };
    match values {
        [] => drop(headers.remove(at)),
        [only] if !is_list => headers[at].1 = Json::string(only),
        several => headers[at].1 = Json::Array(several.iter().map(Json::string).collect()),
    }
    Some(())
}

/// The member of a map, made where it is not there yet; nothing is an empty map.
fn entry<'j>(outer: &'j mut Json, name: &str) -> Option<&'j mut Json> {
    if matches!(outer, Json::Null) {
        *outer = Json::Object(Vec::new());
    }
    let Json::Object(members) = outer else { return None };
    let at = members.iter().rposition(|(known, _)| known.is(name)).unwrap_or(members.len());
    if at == members.len() {
        members.push((JsonString::new(name), Json::Null));
    }
    Some(&mut members[at].1)
}

/// Puts a value at a path of a value, as a new member where there is none of that name, or takes the member or the element out.
fn put(root: &mut Json, path: &[Step<'_>], value: Option<&Json>) -> Option<()> {
    let Some((last, before)) = path.split_last() else {
        *root = value?.clone();
        return Some(());
    };
    let mut at = root;
    for step in before {
        at = child(at, *step)?;
    }
    match (value, at, *last) {
        (Some(value), at, Step::Name(name)) if matches!(at, Json::Object(_)) => *entry(at, name)? = value.clone(),
        (Some(value), at, step) => *child(at, step)? = value.clone(),
        (None, Json::Object(members), Step::Name(name)) => {
            let place = members.iter().rposition(|(known, _)| known.is(name))?;
            members.remove(place);
        }
        (None, Json::Array(items), Step::Index(at)) if at < items.len() => drop(items.remove(at)),
        _ => return None,
    }
    Some(())
}

fn child<'j>(value: &'j mut Json, step: Step<'_>) -> Option<&'j mut Json> {
    match (value, step) {
        (Json::Object(members), Step::Name(name)) => {
            members.iter_mut().rev().find(|(known, _)| known.is(name)).map(|(_, value)| value)
        }
        (Json::Array(items), Step::Index(at)) => items.get_mut(at),
        _ => None,
    }
}
