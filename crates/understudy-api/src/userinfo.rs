//! The user and password in an address: `https://user:password@example.com`. They are sent as `Authorization: Basic` (RFC
//! 7617), and stand in no message, report or recording.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use std::borrow::Cow;
use std::fmt;
use understudy_exchange::target::percent_decode;

/// A password with a sign that ends the host of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotEncoded {
    /// `/`, `?` or `#`.
    sign: char,
}

impl NotEncoded {
    /// Returns the text to write instead.
    pub(crate) fn hint(self) -> String {
        format!("percent-encode it: `{}` as %{:02X}", self.sign, u32::from(self.sign))
    }
}

impl fmt::Display for NotEncoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the user or password in an address has a plain `{}`, which ends the host", self.sign)
    }
}

/// Splits an address into the address without user and password and the value of the header field that has them.
///
/// # Errors
/// The text before the last `@` looks like a user and a password with a character that ends a host.
pub(crate) fn split(url: &str) -> Result<(Cow<'_, str>, Option<HeaderValue>), NotEncoded> {
    let Some((scheme, rest)) = url.split_once("://") else { return Ok((Cow::Borrowed(url), None)) };
    let end = rest.find(ENDS_OF_HOST).unwrap_or(rest.len());
    // A password may hold an `@` that is not encoded.
    let Some((userinfo, host)) = rest[..end].rsplit_once('@') else {
        return match not_encoded(rest) {
            Some(error) => Err(error),
            None => Ok((Cow::Borrowed(url), None)),
        };
    };
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let pair = format!("{}:{}", percent_decode(user), percent_decode(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).expect("base64 is plain text");
    value.set_sensitive(true);
    Ok((Cow::Owned(format!("{scheme}://{host}{}", &rest[end..])), Some(value)))
}

/// Returns an address without user and password.
pub(crate) fn without(url: &str) -> Cow<'_, str> {
    split(url).map_or_else(|_| behind_last_at(url), |(address, _)| address)
}

const ENDS_OF_HOST: [char; 3] = ['/', '?', '#'];

/// Returns the sign that ends what looks like a user and the begin of a password, where an `@` comes later. In
/// `http://127.0.0.1:80/@a` a port stands there.
fn not_encoded(rest: &str) -> Option<NotEncoded> {
    let end = rest.find(ENDS_OF_HOST)?;
    let sign = rest[end..].chars().next()?;
    let (host, port) = rest[..end].rsplit_once(':')?;
    let is_in_brackets = host.starts_with('[') && !host.ends_with(']');
    let is_port = port.bytes().all(|b| b.is_ascii_digit());
    (!is_in_brackets && !is_port && rest[end..].contains('@')).then_some(NotEncoded { sign })
}

fn behind_last_at(url: &str) -> Cow<'_, str> {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => Cow::Owned(format!("{scheme}://{rest}")),
        _ => Cow::Borrowed(url),
    }
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
            ("http://h:80/@a", "http://h:80/@a", None),
            ("http://h:/@a", "http://h:/@a", None),
            ("http://[::1]/@a", "http://[::1]/@a", None),
            ("http://[::1]:80?a=@", "http://[::1]:80?a=@", None),
            ("http://u:p@h/@a", "http://h/@a", Some("Basic dTpw")),
        ] {
            let (found, header) = split(url).unwrap();
            assert_eq!((&*found, header.as_ref().and_then(|value| value.to_str().ok())), (address, value), "{url}");
        }
    }
    #[test]
    fn a_sign_in_a_password_that_ends_the_host_is_told_and_the_password_is_not_shown() {
        for (url, hint, shown) in [
            ("http://user:Geh/eim9@127.0.0.1:5113", "percent-encode it: `/` as %2F", "http://127.0.0.1:5113"),
            ("http://user:Geh?eim9@h/api", "percent-encode it: `?` as %3F", "http://h/api"),
            ("http://user:Geh#e@im9@h", "percent-encode it: `#` as %23", "http://h"),
        ] {
            assert_eq!(split(url).unwrap_err().hint(), hint, "{url}");
            assert_eq!(without(url), shown);
        }
    }
}
