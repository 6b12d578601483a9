//! The table of names: words that name a secret, and words that turn such a name into another one.

use super::names::Certainty;
use super::vendors::VENDORS;

/// Single words that name a secret as the last word of a name.
#[rustfmt::skip]
pub(super) const HEADS: &[(&str, &str, Certainty)] = &[
    ("password", "password", Certainty::Typed),
    ("passwd", "password", Certainty::Typed),
    ("pwd", "password", Certainty::Typed),
    ("pass", "password", Certainty::Typed),
    ("passphrase", "password", Certainty::Typed),
    ("passcode", "password", Certainty::Typed),
    ("passkey", "password", Certainty::Credential),
    ("mnemonic", "password", Certainty::Typed),
    ("pin", "pin", Certainty::Typed),
    ("otp", "code", Certainty::Typed),
    ("totp", "code", Certainty::Typed),
    ("cvv", "card", Certainty::Typed),
    ("cvc", "card", Certainty::Typed),
    ("csc", "card", Certainty::Typed),
    ("ssn", "secret", Certainty::Typed),
    ("token", "token", Certainty::Credential),
    ("jwt", "token", Certainty::Credential),
    ("bearer", "token", Certainty::Credential),
    ("authorization", "token", Certainty::Credential),
    ("csrf", "token", Certainty::Credential),
    ("xsrf", "token", Certainty::Credential),
    ("secret", "secret", Certainty::Credential),
    ("credential", "secret", Certainty::Credential),
    ("creds", "secret", Certainty::Credential),
    ("dsn", "secret", Certainty::Credential),
    ("verifier", "code", Certainty::Credential),
    ("assertion", "token", Certainty::Credential),
    ("pat", "token", Certainty::Suspicious),
    ("psk", "password", Certainty::Credential),
    ("pswd", "password", Certainty::Typed),
    ("pw", "password", Certainty::Typed),
    // German, French, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Danish and Norwegian, Swedish, Turkish.
    ("passwort", "password", Certainty::Typed),
    ("kennwort", "password", Certainty::Typed),
    ("motdepasse", "password", Certainty::Typed),
    ("passe", "password", Certainty::Typed),
    ("mdp", "password", Certainty::Typed),
    ("contrasena", "password", Certainty::Typed),
    ("contraseña", "password", Certainty::Typed),
    ("senha", "password", Certainty::Typed),
    ("wachtwoord", "password", Certainty::Typed),
    ("haslo", "password", Certainty::Typed),
    ("heslo", "password", Certainty::Typed),
    ("adgangskode", "password", Certainty::Typed),
    ("passord", "password", Certainty::Typed),
    ("losenord", "password", Certainty::Typed),
    ("sifre", "password", Certainty::Typed),
    ("puk", "pin", Certainty::Typed),
    ("mfa", "code", Certainty::Typed),
    ("pword", "password", Certainty::Typed),
    ("sid", "session", Certainty::Suspicious),
    ("sess", "session", Certainty::Suspicious),
    ("session", "session", Certainty::Suspicious),
    ("auth", "token", Certainty::Suspicious),
    ("authentication", "token", Certainty::Suspicious),
    ("oauth", "token", Certainty::Suspicious),
    ("access", "token", Certainty::Suspicious),
    ("key", "api-key", Certainty::Suspicious),
    ("api", "api-key", Certainty::Suspicious),
    ("login", "secret", Certainty::Suspicious),
];

/// Pairs of words that name a secret at the end of a name.
#[rustfmt::skip]
pub(super) const PAIRS: &[(&str, &[&str], &str, Certainty)] = &[
    ("key", &["access", "account", "admin", "aes", "api", "app", "application", "auth", "authentication",
        "authorization", "client", "consumer", "cookie", "crypto", "decryption", "deploy", "encryption", "function",
        "genie", "hapi", "hmac", "ingest", "jwt", "license", "licence", "master", "preshared", "private", "recovery", "rsa", "secret", "security",
        "server", "session", "shared", "sign", "signature", "signing", "ssh", "storage", "subscription", "symmetric", "webhook",
        "write"],
        "api-key", Certainty::Credential,),
    ("code", &["2fa", "auth", "factor", "mfa", "otp", "passcode", "security", "sms", "totp", "verification",
        "verify"], "code", Certainty::Typed,),
    ("code", &["access", "activation", "authorization", "backup", "device", "invitation", "invite", "recovery",
        "reset", "unlock", "user"], "code", Certainty::Credential,),
    ("id", &["sess", "session", "secret"], "session", Certainty::Credential),
    ("string", &["connection", "conn"], "secret", Certainty::Credential),
    ("str", &["connection", "conn"], "secret", Certainty::Credential),
    ("url", &["database", "redis", "mongo", "mongodb", "postgres", "amqp"], "secret", Certainty::Suspicious),
    ("phrase", &["recovery", "seed", "pass", "secret", "backup"], "password", Certainty::Typed),
    ("number", &["card", "cc"], "card", Certainty::Typed),
    ("card", &["credit", "debit"], "card", Certainty::Typed),
    ("word", &["pass"], "password", Certainty::Typed),
    ("hash", &["pass"], "password", Certainty::Credential),
    ("pair", &["key"], "api-key", Certainty::Suspicious),
    ("data", &["key"], "private-key", Certainty::Suspicious),
    ("response", &["saml"], "token", Certainty::Credential),
    ("request", &["saml"], "token", Certainty::Suspicious),
    ("header", &["auth", "authorization"], "token", Certainty::Credential),
    ("code", &["oauth"], "code", Certainty::Credential),
];

/// Words that may follow a secret's name without changing its meaning: `passwordConfirmation`, `tokenValue`.
#[rustfmt::skip]
pub(super) const QUALIFIERS: &[&str] = &[
    "again", "b", "base", "binary", "confirm", "confirmation", "confirmed", "current", "digest", "encoded",
    "encrypted", "field", "hash", "hashed", "new", "old", "plain", "plaintext", "raw", "repeat", "repeated",
    "retype", "string", "value", "verify",
];

/// Words before `token` that make it a position in a list, a count, or a piece of text.
#[rustfmt::skip]
pub(super) const TOKENS_OF_LISTS: &[&str] = &[
    "cached", "completion", "continuation", "cursor", "delta", "design", "input", "lexer", "max", "min", "next",
    "output", "page", "paging", "pagination", "prev", "previous", "prompt", "reasoning", "resume", "skip",
    "start", "starting", "stop", "sync", "syntax", "total", "watch", "pad", "mask", "eos", "bos", "unk", "cls",
    "sep", "special",
];

/// Words before `pass` with which it is a ticket, or a part of something done in several.
#[rustfmt::skip]
pub(super) const PASSES: &[&str] = &[
    "boarding", "bus", "bypass", "day", "event", "festival", "first", "guest", "hall", "lift", "mountain", "museum", "night", "rail", "render",
    "season", "second", "shadow", "ski", "test", "train", "travel", "visitor", "wallet", "week",
];

/// Words before `key` that make it something other than a credential.
#[rustfmt::skip]
pub(super) const KEYS_OF_TABLES: &[&str] = &[
    "cache", "composite", "correlation", "dedup", "deduplication", "foreign", "group", "i18n", "idempotency",
    "index", "item", "lookup", "map", "message", "natural", "object", "parent", "partition", "primary", "public",
    "publishable", "range", "row", "routing", "search", "site", "sort", "surrogate", "translation", "unique",
    "ws", "websocket", "accept", "locale", "label", "project", "issue", "epic", "setting", "column", "field",
];

/// Words that end in `key` and do not name a key.
#[rustfmt::skip]
pub(super) const ENDING_LIKE_KEYS: &[&str] = &[
    "chickey", "dickey", "donkey", "flunkey", "hockey", "hokey", "hotkey", "jockey", "lackey", "malarkey", "mickey", "monkey", "passkey",
    "pokey", "rickey", "smokey", "turkey", "turnkey", "whiskey",
];

/// Words of names that describe a secret and do not hold it: `hasPassword`, `invalidToken`.
#[rustfmt::skip]
pub(super) const ABOUT: &[&str] = &[
    "allow", "allowed", "can", "disable", "disabled", "enable", "enabled", "expired", "forgot", "forgotten",
    "has", "hide", "invalid", "is", "missing", "must", "need", "needs", "no", "require", "required", "requires",
    "should", "show", "support", "supports", "toggle", "use", "uses", "with", "without", "wrong",
];

/// Last words of names that belong to a vendor and do not hold a credential.
#[rustfmt::skip]
pub(super) const PUBLIC_HEADS: &[&str] = &[
    "id", "ids", "uid", "uuid", "guid", "delivery", "url", "uri", "href", "link", "name", "user", "username", "email", "account", "region",
    "host", "domain", "org", "organization", "project", "team", "channel", "repo", "repository", "version",
    "sha", "commit", "hash", "ref", "branch", "etag", "digest", "checksum", "number", "customer", "event",
    "request", "trace", "type", "status", "image", "tag", "file", "path",
];

/// Words between a secret's name and a value that show that the value is not the secret: `the key's fingerprint is …`.
#[rustfmt::skip]
pub(super) const EXPLAINING: &[&str] = &[
    "address", "algorithm", "build", "bundle", "bytes", "chunk", "class", "count", "cursor", "css", "date", "device", "fingerprint", "font",
    "image", "integrity", "length", "license", "media", "message", "model", "node", "nonce", "order", "page", "product", "public", "publishable",
    "record", "revision", "serial", "sha", "sha1", "sha256", "sha384", "sha512", "md5", "size", "snapshot", "src", "thumbprint", "transaction",
    "time", "timestamp", "tracking", "vector", "video",
];

/// Words in the names of cookies that carry a session.
#[rustfmt::skip]
pub(super) const SESSION_COOKIES: &[&str] = &[
    "auth", "identity", "login", "remember", "sess", "session", "sid", "ticket",
];

/// Parameters that carry a one-time value or a signature.
#[rustfmt::skip]
pub(super) const PARAMETERS: &[&str] = &[
    "code", "confirmation", "hash", "hmac", "invite", "magic", "sig", "signature", "ticket", "x-amz-credential",
    "x-goog-credential",
];

/// The last words of all known names, and words that may stand anywhere in a name, list by list.
#[rustfmt::skip]
pub(super) const TELLING_WORDS: &[&[&str]] = &[VENDORS, SESSION_COOKIES, PARAMETERS, LAST_WORDS, &["saml"]];

/// Lists of the words with which known names end.
#[rustfmt::skip]
pub(super) const LAST_LETTERS: &[&[&str]] = &[VENDORS, SESSION_COOKIES, PARAMETERS, LAST_WORDS, QUALIFIERS, &["id", "str", "url", "authorization", "request", "response", "header", "data", "pw"]];

/// The last words of [`HEADS`] and [`PAIRS`], without duplicates. A word of two letters is replaced by the words before
/// it.
#[rustfmt::skip]
const LAST_WORDS: &[&str] = &[
    "passwort", "kennwort", "motdepasse", "mdp", "contrasena", "contraseña", "senha", "wachtwoord", "haslo", "heslo", "adgangskode",
    "passord", "losenord", "sifre", "puk", "mfa", "passe",
    "access", "api", "assertion", "auth", "authentication", "authorization", "bearer", "card", "code", "conn",
    "connection", "credential", "creds", "csc", "csrf", "cvc", "cvv", "dsn", "hash", "jwt", "key", "login",
    "mnemonic", "number", "oauth", "otp", "pair", "pass", "passcode", "passkey", "passphrase", "passwd",
    "password", "pat", "phrase", "pin", "psk", "pswd", "pwd", "pword", "secret", "sess", "session", "sid", "ssn", "str", "string", "token",
    "totp", "url", "verifier", "word", "xsrf",
];
