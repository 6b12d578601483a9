//! The quick looks: nearly all bodies have nothing in them that is secret, and those are not worth a tree.

use super::content::{json_begins, plain};
use super::{SECRET_ENDINGS, SECRET_MEMBERS, SecretNames, shape};
use crate::JsonString;
use crate::json::{Build, Scalar, Text, parse_with};
use regex::Regex;
use rustc_hash::FxBuildHasher;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// What has to stand in a text for it to hold a secret by a member's usual name or as a card's number. More than that is found;
/// where nothing is, there is no such secret, be the text JSON or not.
static LOUD: LazyLock<Regex> = LazyLock::new(|| {
    // Names are compared without `_`, `-` and `.`, and in any case.
    let spread = |name: &&str| name.chars().map(String::from).collect::<Vec<_>>().join("[_.-]*");
    let endings: Vec<String> = SECRET_ENDINGS.iter().map(spread).collect();
    let whole: Vec<String> = SECRET_MEMBERS.iter().map(spread).collect();
    // After a backslash anything may be meant.
    let text = format!(r#"\\|[0-9 -]{{13}}|(?i:{}|"[_.-]*(?:{}))[_.-]*"\s*:"#, endings.join("|"), whole.join("|"),);
    Regex::new(&text).expect("the expression is a good one")
});

/// The quickest look: for texts without escapes, whatever they are.
#[derive(Debug, Default)]
pub(super) struct Loud {
    /// The members that a project names, where it names any; an error where they are too many for an expression.
    added: Option<Result<Regex, regex::Error>>,
}

impl Loud {
    pub(super) fn new(names: &SecretNames) -> Self {
        let added: Vec<String> = names.added_members().iter().map(|name| regex::escape(name)).collect();
        let expression = || Regex::new(&format!(r#""(?:{})"\s*:"#, added.join("|")));
        Self { added: (!added.is_empty()).then(expression) }
    }

    /// Whether it is sure that a text has nothing in it that is a secret by its name or its looks.
    pub(super) fn is_quiet(&self, text: &str) -> bool {
        let has_no_added = || match &self.added {
            None => true,
            Some(added) => added.as_ref().is_ok_and(|added| !added.is_match(text)),
        };
        !LOUD.is_match(text) && !shape::has_secrets(text) && has_no_added()
    }
}

/// How many names of members are remembered.
const NAMES_MAX: usize = 4_096;

/// Whether members of these names are secrets: the same few hundred come again and again.
#[derive(Debug, Default)]
pub(super) struct KnownNames(HashMap<String, bool, FxBuildHasher>);

impl KnownNames {
    fn is_secret(&mut self, names: &SecretNames, name: &str) -> bool {
        if let Some(known) = self.0.get(name) {
            return *known;
        }
        let is_secret = names.has_member(name);
        if self.0.len() < NAMES_MAX {
            self.0.insert(name.to_owned(), is_secret);
        }
        is_secret
    }
}

/// A text of JSON with nothing in it that is a secret by its name or its looks.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// What is written with escapes, as it is meant: it may be a secret that is known, where the text does not show it.
    pub(super) escaped: Vec<JsonString>,
}

/// Looks at a text. Where it is not sure it is not quiet.
pub(super) fn quiet(text: &str, names: &SecretNames, known: &mut KnownNames) -> Option<Quiet> {
    if !json_begins(text) {
        return None;
    }
    let text = plain(text);
    let mut look = Look { text, names, known, quiet: Some(Quiet::default()) };
    parse_with(text.as_bytes(), &mut look).ok()?;
    // What is written without escapes is looked through at once.
    look.quiet.filter(|_| !shape::has_secrets(text))
}

/// Makes nothing of a text, and looks at its names and values.
struct Look<'q> {
    text: &'q str,
    names: &'q SecretNames,
    known: &'q mut KnownNames,
    /// `None` once something was found.
    quiet: Option<Quiet>,
}

impl Look<'_> {
    /// Looks at a text between quotes at these bytes.
    fn look(&mut self, at: Range<usize>, escaped: Option<JsonString>, is_loud: impl FnOnce(&mut Self, &str) -> bool) {
        let text = self.text;
        let plain = escaped.as_ref().map_or_else(|| &text[at.start + 1..at.end - 1], JsonString::as_str);
        if is_loud(self, plain) {
            self.quiet = None;
        }
        if let (Some(quiet), Some(escaped)) = (&mut self.quiet, escaped) {
            quiet.escaped.push(escaped);
        }
    }
}

impl Build for Look<'_> {
    type Value = ();
    /// What is written with escapes.
    type Text = Option<JsonString>;
    type Member = ();

    fn text(&mut self, text: Text<'_>) -> Option<JsonString> {
        match text {
            Text::Plain(_) => None,
            Text::Escaped(text) => Some(text),
        }
    }

    fn string(&mut self, at: Range<usize>, escaped: Option<JsonString>) {
        let is_escaped = escaped.is_some();
        self.look(at, escaped, |_, text| {
            shape::is_card(text) || json_begins(text) || (is_escaped && shape::has_secrets(text))
        });
    }

    fn scalar(&mut self, _: Range<usize>, _: Scalar<'_>) {}

    fn array(&mut self, _: Range<usize>, _: Vec<()>) {}

    fn member(&mut self, at: Range<usize>, escaped: Option<JsonString>, (): ()) {
        self.look(at, escaped, |look, name| look.known.is_secret(look.names, name));
    }

    fn object(&mut self, _: Range<usize>, _: Vec<()>) {}
}
