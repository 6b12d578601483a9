//! The one place here that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};
use understudy_match::Moment;

/// Now. A clock that stands before 1970 is taken to stand there.
pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { unix_millis: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
}
