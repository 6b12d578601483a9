//! Plays a service: decides an answer, performs it, says what happened. Or stands before a backend and tells what passes
//! ([`Recorder`]); which of the two can change from one request to the next.
//!
//! [`decide`] does no IO: a [`Snapshot`], a request and chance in, a [`Plan`] out. [`Player`] carries plans out
//! over `understudy-net`. A snapshot is never changed: an edit makes a new one, which is swapped in whole, so
//! that a request sees either all of an edit or none of it, and no request waits for a lock.
//!
//! What this crate does not know: project files, where logs go, and that fixtures are also contract tests.

mod addressed;
mod admission;
mod conditional;
mod cors;
mod decide;
mod describe;
mod event;
mod forward;
mod miss;
mod own_name;
mod passed_on;
mod plain_http;
mod player;
mod prepared;
mod problem;
mod range;
mod record;
mod refused;
mod respond;
mod shared;
mod snapshot;
mod state;
mod surroundings;
mod withheld;

pub use admission::Admission;
pub use decide::{Otherwise, Plan, decide};
pub use event::{Answered, Exchanged, Observer, Wrong};
pub use forward::{FORWARD_TIMEOUT, Forwarding};
pub use player::Player;
pub use record::{BODY_KEPT_MAX, Passed, Recorder, Recording};
pub use shared::SharedPort;
pub use snapshot::{Backing, Described, Snapshot};
pub use state::LiveState;
pub use surroundings::{BrokenFile, Neighbour, SharedSurroundings, Surroundings};
pub use withheld::Withheld;
