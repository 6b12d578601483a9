//! Formats of text.

use std::net::{Ipv4Addr, Ipv6Addr};
use understudy_fixture::model::Format;

/// Whether a text is in a format; the sources are named at [`Format`]'s variants.
#[must_use]
pub fn is_in_format(format: Format, text: &str) -> bool {
    match format {
        Format::Uuid => is_uuid(text),
        Format::Date => is_date(text),
        Format::Time => is_time(text),
        Format::DateTime => is_date_time(text),
        Format::Email => is_email(text),
        Format::Uri => is_uri(text),
        Format::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
        Format::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        Format::Hostname => is_hostname(text),
        Format::Base64 => is_base64(text),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

/// Two or four digits at a place.
fn digits(text: &str, from: usize, count: usize) -> Option<u32> {
    let part = text.get(from..from + count)?;
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)) else {
        return false;
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// `partial-time time-offset`; a leap second is allowed, as section 5.6 does.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !text.is_ascii() || bytes.len() < 9 || bytes[2] != b':' || bytes[5] != b':' {
        return false;
    }
    let in_range = matches!(digits(text, 0, 2), Some(0..=23))
        && matches!(digits(text, 3, 2), Some(0..=59))
        && matches!(digits(text, 6, 2), Some(0..=60));
    let rest = &text[8..];
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                return false;
            }
            &fraction[length..]
        }
        None => rest,
    };
    in_range && is_zone(zone)
}

fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'Z' | b'z') => bytes.len() == 1,
        Some(b'+' | b'-') => {
            bytes.len() == 6
                && bytes[3] == b':'
                && matches!(digits(text, 1, 2), Some(0..=23))
                && matches!(digits(text, 4, 2), Some(0..=59))
        }
        _ => false,
    }
}

fn is_date_time(text: &str) -> bool {
    match (text.get(..10), text.get(10..11), text.get(11..)) {
        (Some(date), Some("T" | "t" | " "), Some(time)) => is_date(date) && is_time(time),
        _ => false,
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c));
    local.len() <= 64 && local.split('.').all(atom) && is_hostname(domain)
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let bytes = rest.as_bytes();
    let rest_ok = bytes.iter().enumerate().all(|(at, b)| match b {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)),
        b => b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(b),
    });
    scheme_ok && rest_ok && !rest.is_empty()
}

fn is_base64(text: &str) -> bool {
    let plain = text.trim_end_matches('=');
    let padding = text.len() - plain.len();
    text.len().is_multiple_of(4)
        && padding <= 2
        && plain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: Format, good: &[&str], bad: &[&str]) {
        good.iter().for_each(|text| assert!(is_in_format(format, text), "{text} is a {}", format.as_str()));
        bad.iter().for_each(|text| assert!(!is_in_format(format, text), "{text} is no {}", format.as_str()));
    }

    #[test]
    fn formats_are_told_apart() {
        check(
            Format::Uuid,
            &["f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"],
            &["", "f81d4fae7dec11d0a76500a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bfg"],
        );
        check(
            Format::Date,
            &["2020-02-29", "1985-04-12"],
            &["2021-02-29", "2020-13-01", "2020-00-01", "2020-1-1", "20200101", "2020-01-01T00:00:00Z", "２020-01-0"],
        );
        check(
            Format::Time,
            &["23:20:50.52Z", "00:00:00+01:00", "23:59:60Z"],
            &["23:20:50", "24:00:00Z", "23:20Z", "23:20:50.Z", "23:20:50+1:00", "23:20:5éZ"],
        );
        check(
            Format::DateTime,
            &["1985-04-12T23:20:50.52Z", "1996-12-19t16:39:57-08:00"],
            &["1985-04-12", "1985-04-12T23:20:50", "1985-04-12_23:20:50Z"],
        );
        check(Format::Email, &["a@b.example", "a.b+c@localhost"], &["a", "@b", "a@", "a b@c.d", ".a@b.c", "a@-b.c"]);
        check(
            Format::Uri,
            &["http://a.example/b?c#d", "urn:isbn:1", "mailto:a@b.c"],
            &["/a", "a b:c", "http://a b", "http://%zz", "1a:b", "a:"],
        );
        check(Format::Ipv4, &["127.0.0.1"], &["127.0.0", "256.0.0.1", "01.2.3.4"]);
        check(Format::Ipv6, &["::1", "2001:db8::ff00:42:8329", "::ffff:1.2.3.4"], &["1", ":::", "::g"]);
        check(Format::Hostname, &["a", "xn--bcher-kva.example", "1.2"], &["", "a..b", "-a", "a_b", "a."]);
        check(Format::Base64, &["", "aGk=", "aA==", "aGkh"], &["aGk", "aGk==", "a=Gk", "aG_-", "===="]);
    }
}
