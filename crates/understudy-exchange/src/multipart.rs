//! `multipart/form-data` bodies (RFC 7578, RFC 2046, section 5.1).

use crate::media_type::parameter;
use crate::target::percent_decode_bytes;
use bytes::Bytes;
use std::borrow::Cow;

/// How many parts a body may have; the rest is not read.
pub const PARTS_MAX: usize = 1_000;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name, for a file.
    pub filename: Option<String>,
    /// The part's `Content-Type`.
    pub content_type: Option<String>,
    /// The content.
    pub content: Bytes,
}

/// The reason that a body cannot be read as a multipart form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The content type names no boundary, or one that is longer than RFC 2046 allows.
    NoBoundary,
    /// The body does not have the boundary of its content type.
    NotFound(String),
    /// The lines of the body end with a line feed alone.
    LineFeeds,
    /// The last part has no boundary behind it.
    Unfinished(String),
    /// A part has no `Content-Disposition` with a name.
    NoName,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoBoundary => {
                f.write_str("its content-type names no boundary: clients add one if the field is left to them")
            }
            Self::NotFound(boundary) => write!(f, "the boundary {boundary} of its content-type is not in it"),
            Self::LineFeeds => f.write_str(r"its lines end with \n, and not with \r\n"),
            Self::Unfinished(boundary) => write!(f, "it does not end with --{boundary}--"),
            Self::NoName => f.write_str("a part has no content-disposition with a name"),
        }
    }
}

/// Reads the parts of a body whose `Content-Type` is `content_type`.
///
/// # Errors
/// The first fault of the body.
pub fn parse(content_type: &str, body: &Bytes) -> Result<Vec<Part>, Fault> {
    // RFC 2046, section 5.1.1: at most 70 characters.
    let named = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty() && boundary.len() <= 70);
    let named = named.ok_or(Fault::NoBoundary)?;
    let boundary = format!("--{named}");
    let boundary = boundary.as_bytes();
    let mut at = find(body, boundary, 0).ok_or_else(|| Fault::NotFound(named.clone()))? + boundary.len();
    let mut parts = Vec::new();
    let delimiter = [b"\r\n", boundary].concat();
    while parts.len() < PARTS_MAX {
        if body[at..].starts_with(b"--") {
            return Ok(parts);
        }
        if body[at..].starts_with(b"\n") {
            return Err(Fault::LineFeeds);
        }
        let unfinished = || Fault::Unfinished(named.clone());
        // White space may follow a boundary (RFC 2046).
        let start = find(body, b"\r\n", at).ok_or_else(unfinished)? + 2;
        let end = find(body, &delimiter, start.saturating_sub(2)).ok_or_else(unfinished)?;
        parts.push(part(body, start, end.max(start)).ok_or(Fault::NoName)?);
        at = end + delimiter.len();
    }
    Ok(parts)
}

fn part(body: &Bytes, start: usize, end: usize) -> Option<Part> {
    let (headers, content) = if body[start..end].starts_with(b"\r\n") {
        (start, start + 2)
    } else {
        let head = find(&body[..end], b"\r\n\r\n", start)?;
        (head, head + 4)
    };
    let head = String::from_utf8_lossy(&body[start..headers]);
    let header = |name: &str| {
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let disposition = header("content-disposition")?;
    Some(Part {
        name: named(&disposition, "name")?,
        filename: named(&disposition, "filename"),
        content_type: header("content-type"),
        content: body.slice(content.min(end)..end),
    })
}

/// A name in a `Content-Disposition` field. Browsers write a quote as `%22` and a backslash as it is (WHATWG HTML,
/// "multipart/form-data encoding algorithm"). Other clients escape both with a backslash. A backslash is therefore an
/// escape only if the name also escapes its quotes with one.
fn named(disposition: &str, name: &str) -> Option<String> {
    if let Some(name) = extended(disposition, name) {
        return Some(name);
    }
    let (text, is_quoted) = raw(disposition, name)?;
    if !is_quoted {
        return Some(text.to_owned());
    }
    let is_escaped = text.contains("\\\"");
    let text = if is_escaped { text.replace("\\\"", "\"").replace("\\\\", "\\") } else { text.to_owned() };
    Some(plain_name(&text).into_owned())
}

/// The value of a parameter as it is written, without its quotes, and true if it had some.
fn raw<'d>(disposition: &'d str, name: &str) -> Option<(&'d str, bool)> {
    let mut rest = disposition;
    loop {
        rest = rest[rest.find(';')? + 1..].trim_start();
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let Some(quoted) = after.strip_prefix('"') else {
            let end = after.find(';').unwrap_or(after.len());
            if key.trim().eq_ignore_ascii_case(name) {
                return Some((after[..end].trim(), false));
            }
            rest = &after[end..];
            continue;
        };
        let end = closing_quote(quoted)?;
        if key.trim().eq_ignore_ascii_case(name) {
            return Some((&quoted[..end], true));
        }
        rest = &quoted[end + 1..];
    }
}

/// Returns the end of a quoted name: the first quote that is not escaped. Browsers do not escape a
/// backslash. So a quote behind a backslash ends the name too if nothing or the next parameter
/// follows.
fn closing_quote(quoted: &str) -> Option<usize> {
    let is_end = |at: &usize| !quoted[..*at].ends_with('\\') || ends_parameter(&quoted[at + 1..]);
    quoted.match_indices('"').map(|(at, _)| at).find(is_end)
}

/// Returns true if nothing or another parameter follows.
fn ends_parameter(rest: &str) -> bool {
    let Some(next) = rest.trim_start().strip_prefix(';') else { return rest.trim().is_empty() };
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*');
    next.trim_start().trim_start_matches(is_token).starts_with('=')
}

/// Returns a name in the extended form (RFC 8187): `utf-8''na%C3%AFve.txt`. RFC 7578 forbids this
/// form here, but Python's clients send the form for names that are not ASCII.
fn extended(disposition: &str, name: &str) -> Option<String> {
    let value = raw(disposition, &format!("{name}*"))?.0;
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes = percent_decode_bytes(encoded.as_bytes(), false);
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).ok(),
        "iso-8859-1" => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        _ => None,
    }
}

/// A name without the escapes of browsers.
#[must_use]
pub fn plain_name(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    Cow::Owned(ESCAPES.into_iter().fold(name.to_owned(), |name, (plain, escaped)| name.replace(escaped, plain)))
}

/// The characters that browsers escape in names, with their escapes.
const ESCAPES: [(&str, &str); 3] = [("\"", "%22"), ("\r", "%0D"), ("\n", "%0A")];

fn find(body: &[u8], what: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
}

/// Parts as a body with this boundary, which no content may hold; see [`boundary`].
#[must_use]
pub fn write(parts: &[Part], boundary: &str) -> Bytes {
    let mut out = Vec::new();
    let quoted =
        |text: &str| ESCAPES.into_iter().fold(text.to_owned(), |text, (plain, escaped)| text.replace(plain, escaped));
    for part in parts {
        out.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name)).as_bytes(),
        );
        if let Some(filename) = &part.filename {
            out.extend_from_slice(format!("; filename=\"{}\"", quoted(filename)).as_bytes());
        }
        if let Some(content_type) = &part.content_type {
            out.extend_from_slice(format!("\r\nContent-Type: {content_type}").as_bytes());
        }
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(&part.content);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out.into()
}

/// A boundary that occurs in none of the parts' contents. The same parts always get the same one.
#[must_use]
pub fn boundary(parts: &[Part]) -> String {
    (0u32..)
        .map(|n| format!("understudy-boundary-{n}"))
        .find(|candidate| parts.iter().all(|part| find(&part.content, candidate.as_bytes(), 0).is_none()))
        .expect("contents are finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let part = |name: &str, filename: Option<&str>, content: &'static [u8]| Part {
            name: name.to_owned(),
            filename: filename.map(str::to_owned),
            content_type: filename.map(|_| "image/png".to_owned()),
            content: Bytes::from_static(content),
        };
        let parts = vec![
            part("empty", None, b""),
            part("tricky", None, b"--understudy-boundary-0\r\n\r\n"),
            part("file", Some("a b.png"), b"\x00\xFF\r\n"),
            part("a\"b", Some("my \"best\" back\\slash\\\\.txt"), b"1"),
            part("at the end", Some("C:\\"), b"2"),
        ];
        let boundary = boundary(&parts);
        let body = write(&parts, &boundary);
        assert_eq!(parse(&format!("multipart/form-data; boundary={boundary}"), &body), Ok(parts));
    }

    #[test]
    fn a_name_is_read_as_it_is_written_by_others() {
        for (disposition, filename) in [
            (r#"form-data; name="f"; filename="a %22b%22\c.txt""#, r#"a "b"\c.txt"#),
            (r#"form-data; name="f"; filename="a \"b\".txt""#, r#"a "b".txt"#),
            (r#"form-data; name="f"; filename="a \"b\" \\c.txt""#, r#"a "b" \c.txt"#),
            (r#"form-data; filename=plain.txt; name="f""#, "plain.txt"),
            (r#"form-data; name="f;filename=x"; filename="y""#, "y"),
            // NancyFx/Nancy pull request 2545, playframework/playframework pull request 8783: Python's requests.
            ("form-data; name=\"f\"; filename*=utf-8''na%C3%AFve%20%22x%22.txt", "naïve \"x\".txt"),
            ("form-data; name=\"f\"; filename=\"n.txt\"; filename*=ISO-8859-1'de'%E4.txt", "ä.txt"),
            ("form-data; name=\"f\"; filename=\"n.txt\"; filename*=koi8-r''%C1.txt", "n.txt"),
            // pillarjs/multiparty pull request 215: a line separator in a name.
            ("form-data; name=\"f\"; filename=\"a\u{2028}b.txt\"", "a\u{2028}b.txt"),
            (r#"form-data; filename="C:\"; name="f""#, r"C:\"),
            (r#"form-data; name="a\"; filename="b\""#, r"b\"),
        ] {
            assert_eq!(named(disposition, "filename").as_deref(), Some(filename), "{disposition}");
        }
        assert_eq!(named("form-data; name=\"f\"", "filename"), None);
    }

    /// WireMock #1973, retrofit #3097, spring-framework #28067: nobody saw which boundary was looked for.
    #[test]
    fn a_body_that_does_not_keep_to_its_boundary_has_a_fault() {
        let body = |text: &'static str| Bytes::from_static(text.as_bytes());
        let unfinished = || Fault::Unfinished("x".to_owned());
        assert_eq!(parse("multipart/form-data", &body("--x--\r\n")), Err(Fault::NoBoundary));
        for (text, fault) in [
            ("", Fault::NotFound("x".to_owned())),
            ("--y\r\n", Fault::NotFound("x".to_owned())),
            ("--x", unfinished()),
            ("--x\r\n", unfinished()),
            ("--x\r\nContent-Disposition: form-data; name=a\r\n\r\nunfinished", unfinished()),
            ("--x\nContent-Disposition: form-data; name=a\n\n1\n--x--\n", Fault::LineFeeds),
            ("--x\r\nno header\r\n--x--", Fault::NoName),
        ] {
            assert_eq!(parse("multipart/form-data; boundary=x", &body(text)), Err(fault), "{text}");
        }
        assert_eq!(parse("multipart/form-data; boundary=x", &body("--x--\r\n")), Ok(vec![]));
    }
}
