//! HTTP Archive 1.2 (the W3C's draft of 2012, which browsers write and read): exchanges in one JSON document.
//!
//! Reading is lenient, since each tool writes its own dialect. Each entry that cannot be read is reported.

mod asker;
mod body;
mod charset;
mod date;
mod entry;
mod fields;
mod read;
mod url;
mod write;

pub use asker::PagePart;
pub use read::read_har;
pub use url::{Origin, parse_origin, parse_url};
pub use write::{HarEntry, write_har};

use crate::recording::Recorded;
use bytes::Bytes;

/// The creator's name in archives that this program writes. All entries of such an archive were recorded from a
/// service.
pub(crate) const CREATOR: &str = "Understudy";

/// Member of an entry that only this program writes.
pub(crate) const OWN_MEMBER: &str = "_understudy";

/// The entries of an archive.
#[derive(Debug, Default)]
pub struct HarArchive {
    /// The exchanges, in the order in which they began.
    pub exchanges: Vec<HarExchange>,
    /// The entries that are not HTTP exchanges, or that have no response.
    pub left: Vec<HarLeft>,
}

/// One exchange of an archive.
#[derive(Debug, Clone)]
pub struct HarExchange {
    /// The time of the request in microseconds since 1970; 0 if the archive does not have it.
    pub began_micros: u64,
    /// The duration of the exchange in microseconds.
    pub micros: u64,
    /// The server.
    pub origin: Origin,
    /// The service, if this program wrote the archive.
    pub service: Option<String>,
    /// The address of the service in the messages of the exchange, if this program wrote the archive; else the address
    /// of the server.
    pub backend: String,
    /// True if this program wrote the exchange and replaced its secrets, which its list of redactions shows.
    pub is_redacted: bool,
    /// The part of a page that the exchange loads; `None` if a script, a form or a person's click called a service.
    pub page_part: Option<PagePart>,
    /// The exchange. Its bodies have no content coding, unless the header fields contain `content-encoding`.
    pub recorded: Recorded,
    /// The messages of the WebSocket, if the connection was upgraded to one.
    pub messages: Vec<HarMessage>,
    /// The reason why a body is missing.
    pub missing: Option<String>,
    /// The reason why the recording was incomplete, as this program wrote it into the archive.
    pub cut: Option<String>,
}

impl HarExchange {
    /// Returns the URL of the request.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.recorded.request.target)
    }
}

/// An entry that is not an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarLeft {
    /// The method, as it is written.
    pub method: String,
    /// The URL, as it is written. A `data:` URL is truncated.
    pub url: String,
    /// The reason.
    pub why: String,
}

/// A WebSocket message, in the form that Chromium writes.
#[derive(Debug, Clone)]
pub struct HarMessage {
    /// True if the client sent it.
    pub is_sent: bool,
    /// The time of the message in microseconds since 1970.
    pub unix_micros: u64,
    /// Its content.
    pub content: Bytes,
    /// True if the content is text.
    pub is_text: bool,
}

/// Bodies in files beside an archive, as Playwright writes them.
pub trait AttachedFiles {
    /// Returns the content of the file with this name.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    fn read(&self, name: &str) -> Result<Bytes, String>;
}

/// The reason why a text is not an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HarError {
    /// It is not JSON.
    NotJson(String),
    /// It has no `log.entries`.
    NoEntries,
}

impl std::fmt::Display for HarError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJson(why) => write!(f, "it is not JSON: {why}"),
            Self::NoEntries => f.write_str("it has no `log.entries`, as every HTTP archive has"),
        }
    }
}

impl std::error::Error for HarError {}
