//! Times and UUIDs in longer texts. They differ in the next request.

use super::words::escaped;
use understudy_fixture::model::Format;
use understudy_match::is_in_format;

/// The regular expressions of times and uuids.
const TIME: &str = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?";
const UUID: &str = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

/// The length of a uuid.
const UUID_BYTES: usize = 36;

/// Longer texts are not searched.
const TEXT_BYTES_MAX: usize = 8 << 10;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Time,
    Uuid,
}

/// Returns true if a whole text is a time: `2026-01-04 09:12:00`, `2026-01-04T09:12:00+0100`.
pub(super) fn is_time(text: &str) -> bool {
    time_at(text) == Some(text.len())
}

/// Returns true if times or uuids stand in a text.
pub(super) fn has_parts(text: &str) -> bool {
    pieces(text).iter().any(|piece| !matches!(piece, Piece::Text(_)))
}

/// The text with words in the place of times and uuids.
pub(super) fn masked(text: &str) -> String {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => (*text).to_owned(),
        other => format!("\u{0}{other:?}"),
    };
    pieces(text).iter().map(piece).collect()
}

/// The regular expression for such a text with any times and uuids.
pub(super) fn pattern(text: &str) -> String {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => escaped(text),
        Piece::Time => TIME.to_owned(),
        Piece::Uuid => UUID.to_owned(),
    };
    pieces(text).iter().map(piece).collect()
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < text.len() && text.len() <= TEXT_BYTES_MAX {
        let is_start = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let rest = &text[at..];
        let uuid = rest.get(..UUID_BYTES).filter(|uuid| is_in_format(Format::Uuid, uuid)).map(|_| UUID_BYTES);
        let found = match (uuid, time_at(rest)) {
            _ if !is_start => None,
            (Some(length), _) => Some((length, Piece::Uuid)),
            (None, time) => time.map(|length| (length, Piece::Time)),
        };
        match found {
            Some((length, piece)) => {
                if from < at {
                    pieces.push(Piece::Text(&text[from..at]));
                }
                pieces.push(piece);
                at += length;
                from = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if from < text.len() {
        pieces.push(Piece::Text(&text[from..]));
    }
    pieces
}

/// The length of the time that a text begins with.
fn time_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_like = |from: usize, like: &str| {
        like.bytes().enumerate().all(|(at, wanted)| match (bytes.get(from + at), wanted) {
            (Some(byte), b'0') => byte.is_ascii_digit(),
            (Some(byte), b'T') => matches!(byte, b'T' | b' '),
            (Some(byte), wanted) => *byte == wanted,
            (None, _) => false,
        })
    };
    if !is_like(0, "0000-00-00T00:00") {
        return None;
    }
    let mut end = "0000-00-00T00:00".len();
    if is_like(end, ":00") {
        end += 3;
        if matches!(bytes.get(end), Some(b'.' | b',')) {
            let digits = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            end += if digits > 0 { digits + 1 } else { 0 };
        }
    }
    let zone = end + usize::from(bytes.get(end) == Some(&b' '));
    let length = match bytes.get(zone) {
        Some(b'Z') => 1,
        Some(b'+' | b'-') if is_like(zone + 1, "00:00") => 6,
        Some(b'+' | b'-') if is_like(zone + 1, "0000") => 5,
        _ => return Some(end),
    };
    Some(zone + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use understudy_fixture::model::Expression;

    #[test]
    fn times_and_uuids_are_found_in_texts() {
        for time in
            ["2026-01-04 09:12", "2026-01-04T09:12:00", "2019-02-13T03:33:43.437-0600", "2026-01-04 09:12:00 +01:00"]
        {
            assert!(is_time(time), "{time}");
            assert!(Expression::parse(&pattern(time)).unwrap().matches("2027-02-05T10:13:01Z"), "{time}");
        }
        let text = "Facts.\nEvent Date: 2026-03-30T13:19:38Z\nOf: 9d7f1c1e-8a54-4f0e-9d1f-1d7a3f3c2b10 (blue)";
        let other = "Facts.\nEvent Date: 2026-04-01 08:00\nOf: 1d7f1c1e-8a54-4f0e-9d1f-1d7a3f3c2b11 (blue)";
        assert_eq!(masked(text), masked(other));
        let expression = Expression::parse(&pattern(text)).unwrap();
        assert!(expression.matches(other) && !expression.matches(&other.replace("blue", "red")));
        for text in ["", "2026-01-04", "x2026-01-04T09:12", "é", "no time"] {
            assert!(!has_parts(text), "{text}");
        }
    }
}
