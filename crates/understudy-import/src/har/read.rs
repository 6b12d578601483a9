//! Reads the document and sorts its entries by their start times.

use super::date::unix_micros;
use super::entry::{Entry, read_entry};
use super::{AttachedFiles, CREATOR, HarArchive, HarError, HarLeft};
use std::borrow::Cow;
use understudy_exchange::Json;

/// The context in which the entries of an archive are read.
pub(super) struct Reading<'r> {
    /// True if this program wrote the archive, so that all entries were recorded from services, byte by byte.
    pub(super) is_own: bool,
    /// The files beside the archive.
    pub(super) files: &'r dyn AttachedFiles,
}

/// Reads an archive: the exchanges in the order of their start times, and the entries that are not exchanges.
///
/// # Errors
/// [`HarError`]
pub fn read_har(text: &[u8], files: &dyn AttachedFiles) -> Result<HarArchive, HarError> {
    let text = utf8(text);
    let document = Json::parse(&text).map_err(|error| HarError::NotJson(error.to_string()))?;
    let log = document.member("log");
    let Some(Json::Array(entries)) = log.and_then(|log| log.member("entries")) else {
        return Err(HarError::NoEntries);
    };
    let creator = log.and_then(|log| log.member("creator"));
    let is_own = creator.is_some_and(|creator| self::text(creator, "name") == CREATOR);
    let reading = Reading { is_own, files };
    let mut archive = HarArchive::default();
    for (began_micros, at, entry) in in_order(entries) {
        match read_entry(&reading, entry, began_micros) {
            Entry::Exchange(exchange) => archive.exchanges.push(*exchange),
            Entry::Left(why) => archive.left.push(left(entry, at, why)),
        }
    }
    Ok(archive)
}

/// Returns a text in UTF-8, without a byte order mark. Some programs on Windows write UTF-16.
fn utf8(text: &[u8]) -> Cow<'_, [u8]> {
    let units = |from: fn([u8; 2]) -> u16| text.as_chunks::<2>().0.iter().skip(1).map(move |two| from(*two));
    let in_utf16 = |units: Vec<u16>| Cow::Owned(String::from_utf16_lossy(&units).into_bytes());
    match text {
        [0xFF, 0xFE, ..] => in_utf16(units(u16::from_le_bytes).collect()),
        [0xFE, 0xFF, ..] => in_utf16(units(u16::from_be_bytes).collect()),
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        _ => Cow::Borrowed(text),
    }
}

/// Sorts entries by their times. An entry without a time stays behind the entry before it.
fn in_order(entries: &[Json]) -> Vec<(u64, usize, &Json)> {
    let mut last = 0;
    let mut ordered: Vec<(u64, usize, &Json)> = (1..)
        .zip(entries)
        .map(|(at, entry)| {
            last = unix_micros(text(entry, "startedDateTime")).unwrap_or(last);
            (last, at, entry)
        })
        .collect();
    ordered.sort_by_key(|(began, ..)| *began);
    ordered
}

/// The number of characters to which a `data:` URL is truncated.
const DATA_URL_CHARS: usize = 40;

/// Identifies an entry by its request, or by its position in the archive, from 1.
fn left(entry: &Json, at: usize, why: String) -> HarLeft {
    let request = entry.member("request");
    let written = |name: &str| request.map_or("", |request| text(request, name));
    let (method, mut url) = (written("method").to_owned(), written("url").to_owned());
    if url.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) {
        let end = url.find(',').unwrap_or(url.len());
        url = url[..end].chars().take(DATA_URL_CHARS).chain("…".chars()).collect();
    }
    if url.is_empty() {
        url = format!("entry {at}");
    }
    HarLeft { method, url, why }
}

/// Returns a string member, or an empty text.
pub(super) fn text<'j>(of: &'j Json, name: &str) -> &'j str {
    of.member(name).and_then(Json::as_str).unwrap_or("")
}

/// Returns a member that is an integer, or a text with an integer.
pub(super) fn number(of: &Json, name: &str) -> Option<i64> {
    let written = match of.member(name)? {
        Json::Number(number) => number.as_str(),
        Json::String(text) => text.as_str().trim(),
        _ => return None,
    };
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_utf16_is_read() {
        let text = "\u{feff}{\"n\":\"ü\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little.as_slice(), &big, text.as_bytes()] {
            assert_eq!(&*utf8(bytes), "{\"n\":\"ü\"}".as_bytes());
        }
        assert_eq!(&*utf8(b""), b"");
    }
}
