//! Words of paths: the collections that they lead to.

use super::look::Look;
use super::words::id_of;

/// Words of paths that name the interface, and not a resource.
const INTERFACES: &[&str] = &["api", "apis", "graphql", "rest", "rpc"];

/// The last word of a path that names a resource: `todos` for `/todos/7`.
pub(super) fn collection(path: &[String]) -> Option<&str> {
    let is_word = |segment: &&String| !segment.is_empty() && Look::of(segment).is_none();
    path.iter().rev().find(is_word).map(String::as_str)
}

/// Returns true if a word names a resource, and not only the interface.
pub(super) fn is_about(word: &str) -> bool {
    !word.is_empty()
        && !INTERFACES.contains(&word.to_ascii_lowercase().as_str())
        && !understudy_fixture::is_version(word)
}

/// The name of a variable for one of the resources that a word names.
pub(super) fn variable_of(subject: &str) -> String {
    id_of(Some(subject).filter(|subject| !subject.is_empty()))
}
