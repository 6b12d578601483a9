//! Responses by which a backend requests a retry: too many requests, or not available for a while.

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use std::time::{Duration, SystemTime};

/// The maximum number of times that one request is sent again.
pub(crate) const RETRIES_MAX: u32 = 10;

/// Returns the time to wait that the backend's response gives (RFC 9110, section 10.2.3). A write
/// is sent again only after 429, since nobody knows how far the write came before a 503.
pub(crate) fn asked_to_wait(status: StatusCode, headers: &HeaderMap, only_reads: bool) -> Option<Duration> {
    let is_refused = status == StatusCode::TOO_MANY_REQUESTS;
    let is_busy = status == StatusCode::SERVICE_UNAVAILABLE;
    if !is_refused && (!only_reads || !is_busy) {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // The date is one of the backend's clock.
    let now = headers.get(DATE).and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    let until = httpdate::parse_http_date(text).ok()?;
    Some(until.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_time_to_wait_is_a_number_of_seconds_or_a_date_of_the_backends_clock() {
        let wait = |status, after: &'static str, only_reads| {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(after))]);
            headers.insert(DATE, HeaderValue::from_static("Tue, 01 Dec 2026 12:00:00 GMT"));
            asked_to_wait(status, &headers, only_reads).map(|wait| wait.as_secs())
        };
        let (refused, away) = (StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(wait(refused, "2", false), Some(2));
        assert_eq!(wait(refused, "Tue, 01 Dec 2026 12:00:03 GMT", true), Some(3));
        assert_eq!(wait(refused, "Tue, 01 Dec 2026 11:00:00 GMT", true), Some(0));
        assert_eq!(wait(refused, "soon", true), None);
        assert_eq!(wait(away, "1", true), Some(1));
        assert_eq!(wait(away, "1", false), None);
        assert_eq!(wait(StatusCode::OK, "1", true), None);
    }
}
