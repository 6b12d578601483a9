//! Cookies in fixtures: cookies that a stub can set, and cookies that a client had from elsewhere.

use http::HeaderMap;
use http::header::DATE;

/// Returns a `Set-Cookie` value that a client accepts from a stub on `http://localhost`, at any time.
///
/// `Domain` names the backend's host, and `Secure` requires HTTPS. Clients accept `SameSite=None` and `Partitioned`
/// only beside `Secure`. An absolute `Expires` would delete the cookie once it is in the past, so it becomes `Max-Age`.
/// Names that begin with `__Secure-` or `__Host-` need their attributes (RFC 6265bis, section 4.1.3).
pub(super) fn settable(value: &str, headers: &HeaderMap) -> String {
    let mut parts = value.split(';').map(str::trim);
    let pair = parts.next().unwrap_or("");
    let needs_secure = pair.starts_with("__Secure-") || pair.starts_with("__Host-");
    let attributes: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let is = |attribute: &str, name: &str| name_of(attribute).eq_ignore_ascii_case(name);
    let has_age = attributes.iter().any(|attribute| is(attribute, "max-age"));
    let mut out = pair.to_owned();
    for attribute in attributes {
        let is_of_https = is(attribute, "secure")
            || is(attribute, "partitioned")
            || attribute.replace(' ', "").eq_ignore_ascii_case("samesite=none");
        let kept = if is(attribute, "domain") || (is_of_https && !needs_secure) {
            None
        } else if is(attribute, "expires") && !pair.ends_with('=') {
            lifetime(attribute, headers).filter(|_| !has_age)
        } else {
            Some(attribute.to_owned())
        };
        if let Some(kept) = kept {
            out.push_str("; ");
            out.push_str(&kept);
        }
    }
    out
}

fn name_of(attribute: &str) -> &str {
    attribute.split_once('=').map_or(attribute, |(name, _)| name.trim_end())
}

/// Converts an `Expires` attribute to `Max-Age`, counted from the response. An attribute in the past deletes the cookie
/// and stays as it is.
fn lifetime(attribute: &str, headers: &HeaderMap) -> Option<String> {
    let (_, until) = attribute.split_once('=')?;
    let moment = |text: &str| httpdate::parse_http_date(&text.trim().replace('-', " ")).ok();
    let now = headers.get(DATE).and_then(|date| moment(date.to_str().ok()?));
    match (now, moment(until)) {
        (Some(now), Some(until)) => match until.duration_since(now) {
            Ok(left) if !left.is_zero() => Some(format!("Max-Age={}", left.as_secs())),
            _ => Some(attribute.to_owned()),
        },
        (None, Some(until)) if until <= std::time::SystemTime::UNIX_EPOCH + YEARS_PAST => Some(attribute.to_owned()),
        // If the time of the response is unknown, the cookie lasts for the client's session.
        _ => None,
    }
}

/// Thirty years after 1970. An earlier `Expires` always means that the cookie is deleted.
const YEARS_PAST: std::time::Duration = std::time::Duration::from_secs(30 * 365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn cookies_are_made_such_that_a_stub_can_set_them() {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Tue, 01 Dec 2026 08:00:00 GMT"));
        for (recorded, settable) in [
            ("sid=1; Path=/; Domain=.shop.example; Secure; HttpOnly; SameSite=None", "sid=1; Path=/; HttpOnly"),
            ("sid=1;Path=/;SameSite=Lax;Partitioned", "sid=1; Path=/; SameSite=Lax"),
            ("__Host-sid=1; Path=/; Secure", "__Host-sid=1; Path=/; Secure"),
            ("a=1; Expires=Tue, 01 Dec 2026 09:00:00 GMT", "a=1; Max-Age=3600"),
            ("a=1; expires=Tue, 01-Dec-2026 09:00:00 GMT; max-age=60", "a=1; max-age=60"),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
            ("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        ] {
            assert_eq!(super::settable(recorded, &headers), settable);
        }
        let later = "a=1; Expires=Tue, 01 Dec 2026 09:00:00 GMT";
        assert_eq!(super::settable(later, &HeaderMap::new()), "a=1");
    }
}
