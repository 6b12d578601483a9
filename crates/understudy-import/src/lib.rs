//! Other people's formats.
//!
//! What goes out is what was there: nothing is made up where a format wants more than we know, and what is secret was taken
//! out before it comes here.
//!
//! What this crate does not know: files, sockets, projects.

mod har;
mod recording;

pub use har::{
    AttachedFiles, HarArchive, HarEntry, HarError, HarExchange, HarLeft, HarMessage, Origin, PagePart, parse_origin,
    parse_url, read_har, write_har,
};
pub use recording::{Draft, Recorded, WITHOUT_CONTENT, asked, drafts, merge, without_content};
