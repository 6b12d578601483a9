//! What survives the program: numbered records in a folder ([`Log`]), and a value that is replaced as a whole ([`Latest`]). The
//! only crate that knows sled.
//!
//! A record is *durable* once its number is at or below the durable mark: flushed by sled and synced by the system, in groups,
//! so that it stays fast. What is above the mark may be lost with the process; what is at or below it is not, whatever
//! happens. sled gives no disk back for what is removed, so a log is a row of generations, a folder each, and bounds are kept
//! by deleting the oldest whole.
//!
//! What this crate does not know: what records are about.

mod error;
mod folder;
mod generation;
mod latest;
mod log;
mod private;
mod values;

pub use error::StoreError;
pub use latest::Latest;
pub use log::{Limits, Log};
pub use private::{Privacy, make_private};
