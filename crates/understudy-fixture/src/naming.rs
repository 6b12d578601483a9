//! Names of fixtures that a person would choose.

use crate::model::{PathTemplate, Segment, SegmentPart};
use http::{Method, StatusCode};

/// How long a file's name may be, without its ending.
const NAME_CHARS_MAX: usize = 60;

/// The folders of a service's folder that hold no fixtures.
const RESERVED_FOLDERS: [&str; 2] = ["bodies", "scripts"];

/// Whether a folder of a service's folder, by its name, holds no fixtures.
#[must_use]
pub fn is_reserved_folder(name: &str) -> bool {
    RESERVED_FOLDERS.contains(&name)
}

/// An id whose file is found as a fixture's: `bodies-/get` for `bodies/get`. Some file systems do not tell cases apart.
#[must_use]
pub fn outside_reserved(id: &str) -> String {
    match id.split_once('/') {
        Some((folder, rest)) if is_reserved_folder(&folder.to_ascii_lowercase()) => format!("{folder}-/{rest}"),
        _ => id.to_owned(),
    }
}

/// `users/get`, `users/list`, `auth/login`: the folder of what a path is about, and what is done with it.
#[must_use]
pub fn suggested_id(method: &Method, path: &PathTemplate, status: StatusCode, is_list: bool) -> String {
    let words: Vec<String> = path
        .segments
        .iter()
        .filter_map(|segment| match segment {
            Segment::Literal(text) => Some(word(text)),
            Segment::Mixed(parts) => parts.iter().find_map(|part| match part {
                SegmentPart::Text(text) => Some(word(text)),
                _ => None,
            }),
            Segment::Parameter(_) | Segment::Rest(_) => None,
        })
        .filter(|word| !word.is_empty() && word != "api" && !is_version(word))
        .collect();
    let ends_in_parameter = matches!(path.segments.last(), Some(Segment::Parameter(_) | Segment::Mixed(_)));
    let plain = method.as_str().to_ascii_lowercase();
    let verb = match *method {
        Method::GET if is_list && !ends_in_parameter => "list",
        Method::POST if status == StatusCode::CREATED => "create",
        Method::PUT if ends_in_parameter => "replace",
        Method::PATCH => "update",
        Method::DELETE => "delete",
        _ => &plain,
    };
    // What is sent to a place that only acts is called as the place: `auth/login`.
    let is_action = *method == Method::POST && verb == "post" && !ends_in_parameter;
    let stem = match (words.as_slice(), is_action) {
        ([], _) => verb.to_owned(),
        ([only], true) => only.clone(),
        ([first, .., last], true) => format!("{first}/{last}"),
        ([first], false) => format!("{first}/{verb}"),
        ([first, rest @ ..], false) => format!("{first}/{}-{verb}", rest.join("-")),
    };
    let ending = if status.is_client_error() || status.is_server_error() {
        format!("-{}", status.as_u16())
    } else {
        String::new()
    };
    let stem: String = outside_reserved(&stem).chars().take(NAME_CHARS_MAX).collect();
    format!("{}{ending}", stem.trim_end_matches(['-', '/']))
}

/// A name that is not taken: the one that is wanted, or with a number behind it and something between.
#[must_use]
pub fn free_name(wanted: &str, between: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{wanted}{between}{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    names.find(|name| !is_taken(name)).expect("numbers do not end")
}

/// Whether a part of a path says which version of an interface it is: `v1`.
#[must_use]
pub fn is_version(word: &str) -> bool {
    word.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A segment as part of a file's name on every system.
fn word(segment: &str) -> String {
    let plain: String = segment
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(NAME_CHARS_MAX)
        .collect();
    plain.trim_matches('-').to_owned()
}
