//! The user and password in an address: `https://user:password@example.com`. They are sent as `Authorization: Basic` (RFC
//! 7617), and stand in no message, report or recording.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use std::borrow::Cow;
use understudy_exchange::target::percent_decode;

/// Splits an address into the address without user and password and the value of the header field that has them.
pub(crate) fn split(url: &str) -> (Cow<'_, str>, Option<HeaderValue>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (Cow::Borrowed(url), None) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may hold an `@` that is not encoded.
    let Some((userinfo, host)) = rest[..end].rsplit_once('@') else { return (Cow::Borrowed(url), None) };
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let pair = format!("{}:{}", percent_decode(user), percent_decode(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).expect("base64 is plain text");
    value.set_sensitive(true);
    (Cow::Owned(format!("{scheme}://{host}{}", &rest[end..])), Some(value))
}

/// Returns an address without user and password.
pub(crate) fn without(url: &str) -> Cow<'_, str> {
    split(url).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_and_a_password_are_a_header_field_and_no_part_of_the_address() {
        for (url, address, value) in [
            ("http://127.0.0.1:80/a", "http://127.0.0.1:80/a", None),
            ("https://u:p@h/api", "https://h/api", Some("Basic dTpw")),
            ("https://u@h", "https://h", Some("Basic dTo=")),
            ("http://u%40x:p%3A%2Fq@h:1", "http://h:1", Some("Basic dUB4OnA6L3E=")),
            ("http://u:p@ss@h", "http://h", Some("Basic dTpwQHNz")),
            ("http://h/@a", "http://h/@a", None),
        ] {
            let (found, header) = split(url);
            assert_eq!((&*found, header.as_ref().and_then(|value| value.to_str().ok())), (address, value), "{url}");
        }
    }
}
