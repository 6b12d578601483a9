//! The places of values in a request, and the values that may be sent there.

use super::given::{Origin, Role};
use super::look::{Look, is_distinctive, is_long};
use super::paths::{collection, is_about};
use super::words::{
    identified, is_bare_id, is_id, is_person, is_reference, is_relation, is_version, is_wrapper, share_a_word,
    singular, words,
};

/// The place of a value in a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// A segment of the path, after these.
    Segment(&'a [String]),
    /// The value of this parameter, field or member; `owner` is the member around it.
    Named { name: &'a str, owner: Option<&'a str> },
    /// The value of this header field.
    Header(&'a str),
    /// Somewhere in a text.
    Text,
}

impl Place<'_> {
    /// Returns true if the value at this place is the equal value from `origin`. `path` is the path of the request.
    pub(super) fn takes(self, value: &str, origin: &Origin, path: &[String]) -> bool {
        if origin.is_secret {
            return true;
        }
        match origin.role {
            Role::Version => is_one_resource(&origin.path, path) && self.takes_version(origin),
            _ if is_distinctive(value) => self.takes_distinctive(value, origin),
            Role::Identifier => self.identifies(value, origin, path),
            Role::Other => false,
        }
    }

    /// Returns true if a distinctive value may stand here. A value that may be a word is accepted only where an id
    /// stands.
    fn takes_distinctive(self, value: &str, origin: &Origin) -> bool {
        let is_sure = is_long(value) || matches!(Look::of(value), Some(Look::Uuid | Look::Hash));
        let stands_as_id = match self {
            Self::Segment(_) => true,
            Self::Named { name, .. } | Self::Header(name) => is_id(name) || is_id(&origin.member),
            Self::Text => is_id(&origin.member),
        };
        is_sure || stands_as_id
    }

    /// Returns true if a version may stand here: in the member of its name, or in a condition.
    fn takes_version(self, origin: &Origin) -> bool {
        match self {
            Self::Named { name, .. } => words(name) == words(&origin.member),
            Self::Header(name) => matches!(name, "if-match" | "if-none-match") || is_version(name),
            Self::Segment(_) | Self::Text => false,
        }
    }

    /// Returns true if the value at this place identifies a resource of the kind that `origin` identifies.
    fn identifies(self, value: &str, origin: &Origin, path: &[String]) -> bool {
        let subject = origin.subject.as_str();
        let own = || collection(path).filter(|word| is_about(word)).unwrap_or("");
        match self {
            Self::Segment(before) => {
                let Some(word) = collection(before).filter(|word| is_about(word)) else { return false };
                let is_related = is_relation(word) && before.iter().any(|word| share_a_word(word, subject));
                share_a_word(word, subject)
                    || (is_related || subject.is_empty() && origin.is_created) && Look::of(value).is_some()
            }
            // Equal words are often not the same value.
            _ if Look::of(value).is_none() => false,
            Self::Named { name, owner } if is_bare_id(name) => {
                let owner = owner.filter(|owner| !is_wrapper(owner)).unwrap_or_else(own);
                share_a_word(owner, subject)
            }
            Self::Named { name, .. } | Self::Header(name) => match identified(name) {
                Some(what) => {
                    share_a_word(&what, subject)
                        || is_reference(name) && share_a_word(own(), subject)
                        || is_person(&what) && is_person(subject)
                }
                None => is_one_word(name, subject),
            },
            Self::Text => false,
        }
    }
}

/// Returns true if two names are the same noun. Single letters are not nouns.
fn is_one_word(one: &str, other: &str) -> bool {
    let noun = |name: &str| singular(&words(name).concat());
    noun(one).len() > 1 && noun(one) == noun(other)
}

/// Returns true if two paths lead to the same resource, or one of them to a resource that contains the other.
fn is_one_resource(one: &[String], other: &[String]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}
