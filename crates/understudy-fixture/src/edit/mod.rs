//! Changing one thing in a fixture's file, and nothing else: every other byte, comments and quotes included, stays.
//!
//! A file's text is taken apart into ranges ([`ranges`]) and only the range that a change is about is written anew
//! ([`surgery`]). YAML has more ways to write a value than anybody remembers, so no edit is trusted: the new text is
//! read again and has to say exactly what was meant, or nothing is changed.

mod ranges;
mod surgery;

use crate::model::{Fixture, HeaderPromise, Known, ResponseBody};
use crate::read::{BodyFiles, fixture};
use crate::source::Source;
use crate::write::known_difference;
use ranges::Language;
use surgery::Surgery;
use understudy_exchange::json::Step;
use understudy_exchange::{Json, JsonString, JsonText};

/// One thing to change in a fixture.
#[derive(Debug, Clone)]
pub enum Edit<'e> {
    /// A value in the JSON body of its first response; without a value, the member goes.
    Body(&'e [Step<'e>], Option<Json>),
    /// The status of its first response.
    Status(u16),
    /// A header field of its first response that has one value; without a value, the field goes.
    Header(&'e str, Option<String>),
    /// One more difference that is accepted for now.
    Known(Known),
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

/// The text of a fixture's file with one thing changed, and what it says then. `before` is what the file says now.
///
/// # Errors
/// [`EditError`]; then nothing has to be undone.
pub fn edit_fixture(
    source: &Source,
    before: &Fixture,
    files: &dyn BodyFiles,
    edit: &Edit<'_>,
) -> Result<(String, Fixture), EditError> {
    let wanted = apply(before, edit).ok_or(EditError::NotThere)?;
    let language = if source.file.ends_with(".json") { Language::Json } else { Language::Yaml };
    let text = cut(source, language, before, edit).ok_or(EditError::NotThere)?;
    let source = Source { file: source.file.clone(), text };
    match fixture(&source, &before.id, files) {
        (Some(after), _) if is_same(&after, &wanted) => Ok((source.text, after)),
        _ => Err(EditError::NotAlone),
    }
}

/// A JSON text with one value changed; without a value, the member goes.
///
/// # Errors
/// As [`edit_fixture`].
pub fn edit_json(text: &str, path: &[Step<'_>], value: Option<&Json>) -> Result<String, EditError> {
    let read = |text: &str| Json::parse(text.as_bytes()).map_err(|_| EditError::NotThere);
    let mut wanted = read(text)?;
    put(&mut wanted, path, value).ok_or(EditError::NotThere)?;
    let surgery = Surgery::new(text, Language::Json).ok_or(EditError::NotThere)?;
    let after = match value {
        Some(value) => surgery.replace(path, value),
        None => surgery.remove(path),
    };
    let after = after.ok_or(EditError::NotThere)?;
    if read(&after)? == wanted { Ok(after) } else { Err(EditError::NotAlone) }
}

/// What the fixture says once it is changed.
fn apply(before: &Fixture, edit: &Edit<'_>) -> Option<Fixture> {
    let mut wanted = before.clone();
    let response = wanted.responses.first_mut()?;
    match edit {
        Edit::Status(status) => response.status = *status,
        Edit::Header(name, value) => {
            let at = response.headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
            match (&response.headers[at].1, value) {
                (HeaderPromise::Value(_), Some(value)) => response.headers[at].1 = HeaderPromise::Value(value.clone()),
                (_, None) => {
                    response.headers.remove(at);
                }
                _ => return None,
            }
        }
        Edit::Body(path, value) => {
            let Some(ResponseBody::Json(text)) = &response.body else { return None };
            let mut body = text.value();
            put(&mut body, path, value.as_ref())?;
            response.body = Some(ResponseBody::Json(JsonText::new(&body)));
        }
        Edit::Known(known) => wanted.verify.known.push(known.clone()),
    }
    Some(wanted)
}

/// Puts a value at a path of a value, or takes the member out.
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
        (Some(value), at, step) => *child(at, step)? = value.clone(),
        (None, Json::Object(members), Step::Name(name)) => {
            let place = members.iter().rposition(|(known, _)| known.is(name))?;
            members.remove(place);
        }
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

/// Fixtures are the same when they say the same; how a number or a string is written is none of this.
fn is_same(a: &Fixture, b: &Fixture) -> bool {
    let (mut a, mut b) = (a.clone(), b.clone());
    let bodies = a.responses.iter_mut().zip(&mut b.responses);
    for (a, b) in bodies {
        if let (Some(ResponseBody::Json(left)), Some(ResponseBody::Json(right))) = (&a.body, &b.body) {
            if left.value() != right.value() {
                return false;
            }
            (a.body, b.body) = (None, None);
        }
    }
    a == b
}

fn cut(source: &Source, language: Language, before: &Fixture, edit: &Edit<'_>) -> Option<String> {
    let surgery = Surgery::new(&source.text, language)?;
    let mut path = vec![Step::Name("response")];
    if surgery.is_list(&path) {
        path.push(Step::Index(0));
    }
    match edit {
        Edit::Status(status) => {
            let value = Json::Number(u64::from(*status).into());
            let parent = path.clone();
            path.push(Step::Name("status"));
            if surgery.is_there(&path) {
                surgery.replace(&path, &value)
            } else {
                surgery.add(&parent, "status", &value)
            }
        }
        Edit::Header(name, value) => {
            path.push(Step::Name("headers"));
            let written = surgery.names(&path)?.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
            path.push(Step::Name(&written));
            match value {
                Some(value) => surgery.replace(&path, &Json::string(value)),
                None => surgery.remove(&path),
            }
        }
        Edit::Body(inside, value) => {
            path.extend([Step::Name("body"), Step::Name("json")]);
            path.extend(inside.iter().copied());
            match value {
                Some(value) => surgery.replace(&path, value),
                None => surgery.remove(&path),
            }
        }
        Edit::Known(known) => {
            let item = known_difference(known);
            let verify = [Step::Name("verify")];
            let list = [Step::Name("verify"), Step::Name("known")];
            if !before.verify.known.is_empty() && surgery.is_list(&list) {
                surgery.append(&list, &item)
            } else if surgery.is_there(&verify) {
                surgery.add(&verify, "known", &Json::Array(vec![item]))
            } else {
                let known = Json::Object(vec![(JsonString::new("known"), Json::Array(vec![item]))]);
                surgery.add(&[], "verify", &known)
            }
        }
    }
}
