//! The one place here that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};
use understudy_match::Moment;

/// Now. A clock that stands before 1970 is taken to stand there.
pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { unix_millis: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
}

/// A number that is greater than all that were given before, by this program and by those before it: counters begin with it,
/// so that whoever has followed another one does not take this one's for it.
pub(crate) fn unix_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
