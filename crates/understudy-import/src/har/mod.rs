//! HTTP Archive 1.2 (the W3C's draft of 2012, which browsers write and read): exchanges in one JSON document.

mod read;
mod write;

pub use read::{HarError, HarExchange, read_har};
pub use write::{HarEntry, HarMessage, write_har};
