//! Words of paths: the collections that they lead to.

use super::look::Look;
use super::words::id_of;

/// Words of paths that say which interface it is, and nothing about resources.
const INTERFACES: &[&str] = &["api", "apis", "graphql", "rest", "rpc"];

/// The last word of a path that says what it is about: `todos` for `/todos/7`.
pub(super) fn collection(path: &[String]) -> Option<&str> {
    let is_word = |segment: &&String| !segment.is_empty() && Look::of(segment).is_none();
    path.iter().rev().find(is_word).map(String::as_str)
}

/// Returns true if a word says what a path is about, and not only which interface it is.
pub(super) fn is_about(word: &str) -> bool {
    !word.is_empty()
        && !INTERFACES.contains(&word.to_ascii_lowercase().as_str())
        && !understudy_fixture::is_version(word)
}

/// The name of a value that stands for one of what a word names.
pub(super) fn variable_of(subject: &str) -> String {
    id_of(Some(subject).filter(|subject| !subject.is_empty()))
}
