//! Secrets in phrases of natural and programming languages: `the password is "…"`, `connect("host", "ada", "…")`, a
//! line of `.netrc`, `.pgpass` or of a router's configuration.

use super::super::names::{Certainty, Named};
use super::super::{form, value};
use super::text::{Coding, Span, expression};
use super::{Found, Walk};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Functions whose last text arguments are a user's name and a password: of PHP, Perl, Ruby, .NET and Python.
static CALL: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?i)(?:(?:connect|directoryentry)\s*\(\s*(?:"[^"\n]*"|'[^'\n]*')\s*,\s*(?:"[^"\n]*"|'[^'\n]*')"#,
        r#"|(?:networkcredential|basic_?auth|login)\s*\(\s*(?:"[^"\n]*"|'[^'\n]*'))"#,
        r#"\s*,\s*(?:"(?P<double>[^"\n]+)"|'(?P<single>[^'\n]+)')"#
    ))
});

/// A sentence that contains a password.
static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?i)\b(?:password|passphrase|passcode|pin|(?P<word>secret|token|key))(?:\s+for\s+(?:the\s+)?user(?:name)?\s+["'][^"'\n]*["'])?"#,
        r#"\s+is:?\s*["'`](?P<value>[^"'`\s]+)["'`]"#
    ))
});

/// A name and its value with only a space between them: `.netrc`, and the configuration of routers and switches.
static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i)\b(?:password|passwd|passphrase|secret|community|pac key|key-string|pre-shared-key)\s+(?:level\s+\d+\s+)?(?:\d\s+)?["']?(?P<value>[^\s"'<>(){}\[\],;]+)"#,
    )
});

/// A name and its value as arguments or in a macro: `define('DB_PASSWORD', '…')`, `#define API_KEY "…"`.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r#"(?:["'](?P<quoted>[A-Za-z][A-Za-z0-9_.-]*)["'][ \t]*,[ \t]*["'\\]{1,3}|#define\s+(?P<macro>[A-Za-z_][A-Za-z0-9_]*)\s+")"#,
        r#"(?P<value>[^"'\\\s]+)["'\\]"#
    ))
});

/// The parameter of an authentication scheme that holds the proof (RFC 7616, RFC 5849, RFC 9421, AWS Signature Version
/// 4).
static PROOF: LazyLock<Regex> =
    LazyLock::new(|| expression(r#"(?i)\b(?:signature|response|oauth_signature|mac)="?(?P<value>[A-Za-z0-9+/=_%-]+)"#));

/// The authentication schemes with such a parameter.
static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(?i)\b(?:AWS4-[A-Z0-9-]+|digest|signature|oauth|hawk)[ \t]+[a-z_]+="));

/// Longer lines are not header fields.
const FIELD_BYTES_MAX: usize = 2_048;
/// The minimum length of a proof.
const PROOF_BYTES_MIN: usize = 20;
/// The maximum length of a password.
const PASSWORD_BYTES_MAX: usize = 128;

/// A line of `.pgpass` (PostgreSQL's documentation, 32.16), and the user and password of Oracle's driver.
static DATABASE: LazyLock<Regex> = LazyLock::new(|| {
    expression(concat!(
        r"(?m)(?:^[A-Za-z0-9*][A-Za-z0-9_.*-]*:(?:[0-9]{4,5}|\*):[^:\s]+:[^:\s]+:(?P<line>\S+)[ \t]*\r?$",
        r"|:thin:[^/\s:@]+/(?P<oracle>[^@\s/]+)@)"
    ))
});

/// The default value of a Terraform variable.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    expression(r#"variable[ \t]+"(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"\s*\{[^{}]*?\bdefault\s*=\s*"(?P<value>[^"\n]+)""#)
});

/// A YAML block scalar with one line (YAML 1.2, section 8.1).
static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?m)^[ \t-]*(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*:[ \t]*[|>][+-]?[0-9]?[ \t]*\r?\n[ \t]+(?P<value>\S+)[ \t]*\r?$",
    )
});

/// A header field with credentials of a nonstandard scheme: `Authorization: GenieKey …`.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?i)\bauthorization["']?[ \t]*[:=][ \t]*["']?[a-z][a-z0-9_-]*[ \t]+(?:token=)?["']?(?P<value>[^\s"',;<>(){}]+)"#,
    )
});

/// The command line option that passes a password to these programs.
static SHORT_OPTION: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"\b(?:mysql[a-z]*|sshpass|psexec[a-z0-9.]*|(?:docker|podman|helm|az|oras) [a-z ]*login)\b[^\n|;]*?[ \t]-p[ \t]*["']?(?P<value>[^\s"']+)"#,
    )
});

/// Words that describe a password in a sentence and are not the password.
const STATES: &[&str] = &[
    "correct",
    "empty",
    "expired",
    "incorrect",
    "invalid",
    "mandatory",
    "missing",
    "optional",
    "required",
    "short",
    "valid",
    "weak",
    "wrong",
];

impl Walk<'_> {
    /// Adds the secrets of phrases.
    pub(super) fn find_phrases(&self, text: &str, spans: &mut Vec<Span>) {
        for found in CALL.captures_iter(text) {
            let Some(secret) = found.name("double").or(found.name("single")) else { continue };
            add(text, secret.range(), "argument of a call", spans, |secret| !secret.contains(' '));
        }
        for found in SENTENCE.captures_iter(text) {
            let Some(secret) = found.name("value") else { continue };
            add(text, secret.range(), "password in a sentence", spans, |secret| {
                (found.name("word").is_none() || is_no_name(secret) && form::is_unlike_words(secret))
                    && !STATES.contains(&&*secret.to_ascii_lowercase())
                    && !secret.ends_with(':')
            });
        }
        for found in SPACED.captures_iter(text) {
            let Some(secret) = found.name("value") else { continue };
            let has_digit = |secret: &str| secret.bytes().any(|byte| byte.is_ascii_digit());
            add(text, secret.range(), "password after its word", spans, |secret| {
                secret.len() >= 6 && has_digit(secret) && form::is_unlike_words(secret)
            });
        }
        for found in SHORT_OPTION.captures_iter(text).chain(FIELD.captures_iter(text)) {
            let Some(secret) = found.name("value") else { continue };
            add(text, secret.range(), "credentials", spans, |secret| secret.len() >= 6 && is_no_name(secret));
        }
        self.find_proofs(text, spans);
        for found in DATABASE.captures_iter(text) {
            let Some(secret) = found.name("line").or(found.name("oracle")) else { continue };
            add(text, secret.range(), "password of a database", spans, |_| true);
        }
        for found in PAIR.captures_iter(text) {
            let Some(name) = found.name("quoted").or(found.name("macro")) else { continue };
            let Some(secret) = found.name("value").filter(|secret| is_no_name(secret.as_str())) else { continue };
            self.assigned(text, name.range(), secret.range(), spans);
        }
        for found in VARIABLE.captures_iter(text).chain(BLOCK.captures_iter(text)) {
            let (Some(name), Some(secret)) = (found.name("name"), found.name("value")) else { continue };
            self.assigned(text, name.range(), secret.range(), spans);
        }
    }
}

impl Walk<'_> {
    fn find_proofs(&self, text: &str, spans: &mut Vec<Span>) {
        let mut from = 0;
        while let Some(scheme) = SCHEME.find_at(text, from) {
            let line = text[scheme.start()..].lines().next().unwrap_or("");
            let end = (0..=line.len().min(FIELD_BYTES_MAX)).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
            let proofs = PROOF.captures_iter(&line[..end]).filter_map(|found| found.name("value"));
            let proofs = proofs.filter(|proof| proof.len() >= PROOF_BYTES_MIN);
            let at = |proof: regex::Match<'_>| scheme.start() + proof.start()..scheme.start() + proof.end();
            spans.extend(proofs.map(|proof| span(at(proof), "token", "proof of an authentication scheme")));
            from = scheme.end().max(scheme.start() + end);
        }
    }
}

/// Returns true for a value that is neither words nor an identifier.
fn is_no_name(value: &str) -> bool {
    !form::is_words(value) && !form::is_identifier(value)
}

fn span(at: Range<usize>, kind: &'static str, name: &str) -> Span {
    Span { at, coding: Coding::Plain, found: Found::by_look(kind, name) }
}

/// Adds a password unless it is a placeholder or `is_one` rejects it.
fn add(text: &str, at: Range<usize>, name: &str, spans: &mut Vec<Span>, is_one: impl Fn(&str) -> bool) {
    let named = Named { kind: "password", certainty: Certainty::Always, words: "password".into() };
    let secret = &text[at.clone()];
    if !(4..=PASSWORD_BYTES_MAX).contains(&secret.len()) {
        return;
    }
    if value::is_secret(secret, &named, value::Side::Response) && !value::is_placed(secret) && is_one(secret) {
        spans.push(span(at, "password", name));
    }
}

/// Returns true if a text ends with a word of these phrases, so that a value may follow.
pub(in super::super) fn ends_with_telling_word(before: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "secret",
        "community",
        "key",
        "key-string",
        " is",
        " is:",
        "digest",
        "signature",
        "oauth",
        "hawk",
        "sha256",
        "sha512",
    ];
    let is_end = |word: &&str| {
        before.len() >= word.len() && before[before.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
    };
    before.last().is_some_and(|last| {
        matches!(last | 0x20, b'd' | b'e' | b't' | b'y' | b'g' | b's' | b'h' | b'k' | b':' | b'6' | b'2' | b'1')
    }) && WORDS.iter().any(is_end)
}

/// Returns true if a text ends with the name of a function whose arguments may hold a password.
pub(in super::super) fn ends_with_call(before: &[u8]) -> bool {
    ["connect", "entry", "credential", "auth", "login"].iter().any(|word| {
        let before = before.trim_ascii_end();
        before.len() >= word.len() && before[before.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
    })
}

/// Returns true if a text begins with a port or a driver's name between colons.
pub(in super::super) fn may_be_of_a_database(rest: &[u8]) -> bool {
    let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest.starts_with(b":thin:")
        || rest.starts_with(b":*:")
        || (matches!(digits, 4 | 5) && rest.get(digits + 1) == Some(&b':'))
}
