//! Redaction of secrets in exchanges. Secrets are found by the name of a value or by its look, and replaced by
//! stand-ins of the same form before anything is stored or shown.
//!
//! - `names` reads names by `name_table`, `value` judges a value under a name by its `form`, `shapes` finds what is in `shape_table`, `card` knows payment cards.
//! - `walk` goes through an exchange, whatever its bodies are, and reports each secret to a `Sink`.
//! - [`Redactor`] is the sink that replaces them and remembers them, [`QuickLook`] finds the exchanges that have none.
//!
//! `docs/redaction.md` explains the rules to users.

mod card;
mod charset;
mod form;
mod known;
mod name_table;
mod names;
mod quick;
mod redactor;
mod secret_names;
mod shape_table;
mod shapes;
mod shown;
mod stand_in;
mod value;
mod vendors;
mod walk;

pub use quick::QuickLook;
pub use redactor::{Redaction, Redactor};
pub use secret_names::SecretNames;
pub use shown::redacted;
pub use stand_in::is_stand_in;

/// The placeholder for a secret in output that is only read, such as logs and reports.
pub const REDACTED: &str = "«redacted»";

/// Returns true if a header field of this name carries a credential.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    matches!(name, "cookie" | "set-cookie") || SecretNames::default().has_header(name)
}

/// Returns true if a JSON member, a field of a form or a part of this name carries a credential.
#[must_use]
pub fn is_secret_member(name: &str) -> bool {
    SecretNames::default().has_member(name)
}

/// Returns true if a text contains a token, a private key or a service's key, or is a payment card's number.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    shapes::has_secrets(text) || card::is_card(text)
}
