//! Range requests (RFC 9110, section 14): requests for parts of a body.

use bytes::Bytes;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use std::ops::Range;
use understudy_net::Piece;

/// Requests with more ranges get everything: many small ranges cost more than the whole body.
const RANGES_MAX: usize = 32;
/// Separates the parts of a `multipart/byteranges` body.
const BOUNDARY: &str = "understudy-7f3d1c0a9b5e4826";

/// The part of a body that is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    All,
    /// No byte: nothing has changed, or no range is within the body.
    Nothing,
    Range(Range<u64>),
    Ranges(Vec<Range<u64>>),
}

/// The meaning of a `Range` value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Ranges within the body, in the order of the request.
    Ranges(Vec<Range<u64>>),
    /// No byte of the body.
    Outside,
    /// Another unit, or ranges that cannot be understood or that overlap: all is sent, as section 14.2 allows.
    All,
}

/// Reads a `Range` value for a body of this length.
pub(crate) fn parse(text: &str, length: u64) -> Asked {
    let Some((unit, list)) = text.split_once('=') else { return Asked::All };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Asked::All;
    }
    let members: Vec<&str> = list.split(',').map(str::trim).filter(|member| !member.is_empty()).collect();
    let ranges: Option<Vec<Range<u64>>> = members.iter().map(|member| range(member, length)).collect();
    let Some(ranges) = ranges.filter(|ranges| !ranges.is_empty() && ranges.len() <= RANGES_MAX) else {
        return Asked::All;
    };
    let inside: Vec<Range<u64>> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
    let mut sorted = inside.clone();
    sorted.sort_unstable_by_key(|range| range.start);
    if sorted.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Asked::All;
    }
    if inside.is_empty() { Asked::Outside } else { Asked::Ranges(inside) }
}

/// Reads one range. The range is empty if no byte of it is within the body.
fn range(text: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (first.trim(), last.trim()) {
        ("", suffix) => number(suffix).map(|suffix| length.saturating_sub(suffix)..length),
        (first, "") => number(first).map(|first| first.min(length)..length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| first.min(length)..last.saturating_add(1).min(length))
        }
    }
}

/// `bytes 0-4/10`
pub(crate) fn content_range(range: &Range<u64>, length: u64) -> HeaderValue {
    header(&format!("bytes {}-{}/{length}", range.start, range.end - 1))
}

/// `bytes */10`
pub(crate) fn unsatisfied(length: u64) -> HeaderValue {
    header(&format!("bytes */{length}"))
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("it is plain text")
}

impl Kept {
    /// The pieces of a body of this length that are sent. Several ranges are parts of one body, whose type then goes
    /// into the header fields (section 14.6).
    pub(crate) fn pieces(self, length: u64, headers: &mut HeaderMap) -> Vec<Piece> {
        let ranges = match self {
            Self::All => return vec![Piece::OfFile(0..length)],
            Self::Nothing => return Vec::new(),
            Self::Range(range) => return vec![Piece::OfFile(range)],
            Self::Ranges(ranges) => ranges,
        };
        let own = headers.insert(CONTENT_TYPE, header(&format!("multipart/byteranges; boundary={BOUNDARY}")));
        headers.remove(CONTENT_RANGE);
        let mut pieces = Vec::with_capacity(ranges.len() * 2 + 1);
        for (at, range) in ranges.into_iter().enumerate() {
            let mut head = if at == 0 { Vec::new() } else { b"\r\n".to_vec() };
            head.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
            if let Some(own) = &own {
                head.extend_from_slice(&[b"content-type: ", own.as_bytes(), b"\r\n"].concat());
            }
            let place = content_range(&range, length);
            head.extend_from_slice(&[b"content-range: ", place.as_bytes(), b"\r\n\r\n"].concat());
            pieces.push(Piece::Bytes(head.into()));
            pieces.push(Piece::OfFile(range));
        }
        pieces.push(Piece::Bytes(Bytes::from(format!("\r\n--{BOUNDARY}--\r\n"))));
        pieces
    }
}

/// Cuts pieces out of a body in memory.
pub(crate) fn cut(pieces: Vec<Piece>, body: &Bytes) -> Bytes {
    let place = |range: &Range<u64>| usize::try_from(range.start).unwrap_or(0)..usize::try_from(range.end).unwrap_or(0);
    if let [Piece::OfFile(range)] = pieces.as_slice() {
        return body.slice(place(range));
    }
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => out.extend_from_slice(&bytes),
            Piece::OfFile(range) => out.extend_from_slice(&body[place(&range)]),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let one = |range: Range<u64>| Asked::Ranges(vec![range]);
        for (text, asked) in [
            ("bytes=0-4", one(0..5)),
            ("Bytes=5-", one(5..10)),
            ("bytes=-3", one(7..10)),
            ("bytes=-30", one(0..10)),
            ("bytes=9-99999999999999999999999", one(9..10)),
            ("bytes=0-1, 3-4", Asked::Ranges(vec![0..2, 3..5])),
            ("bytes=8-9,0-1", Asked::Ranges(vec![8..10, 0..2])),
            ("bytes=0-1,90-99", one(0..2)),
            ("bytes=10-", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=4-2", Asked::All),
            ("bytes=0-5,3-9", Asked::All),
            ("bytes=-", Asked::All),
            ("bytes=", Asked::All),
            ("lines=1-2", Asked::All),
            ("bytes=a-b", Asked::All),
        ] {
            assert_eq!(parse(text, 10), asked, "{text}");
        }
    }

    #[test]
    fn several_ranges_are_parts_of_one_body() {
        let body = Bytes::from_static(b"0123456789");
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
        let pieces = Kept::Ranges(vec![0..2, 8..10]).pieces(10, &mut headers);
        assert_eq!(headers[CONTENT_TYPE], format!("multipart/byteranges; boundary={BOUNDARY}"));
        let part = |place: &str, text: &str| {
            format!("--{BOUNDARY}\r\ncontent-type: text/plain\r\ncontent-range: bytes {place}/10\r\n\r\n{text}\r\n")
        };
        let expected = format!("{}{}--{BOUNDARY}--\r\n", part("0-1", "01"), part("8-9", "89"));
        assert_eq!(cut(pieces, &body), expected);
    }
}
