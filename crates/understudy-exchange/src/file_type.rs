//! Media types of files, by the endings of their names.

use crate::MediaType;
use std::borrow::Cow;

/// The types that `new_mime_guess` lacks, or for which it has another one than browsers, their servers and the
/// registrations.
const PREFERRED: &[(&str, &str)] = &[
    ("br", "application/x-brotli"),
    ("exe", "application/octet-stream"),
    ("graphql", "application/graphql"),
    ("jsonl", "application/jsonl"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("mjs", "text/javascript"),
    ("ndjson", "application/x-ndjson"),
    ("rtf", "application/rtf"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
];

/// Returns the media type of a file, by the ending of its name.
#[must_use]
pub fn media_type_of_file(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    match PREFERRED.iter().find(|(known, _)| *known == ending) {
        Some((_, media_type)) => Some(media_type),
        None => new_mime_guess::from_ext(&ending).first_raw(),
    }
}

/// Returns the `Content-Type` of a file with this name and content. `text/*` in UTF-8 names its charset, since clients
/// take other ones for granted; text in another charset is sent without one.
#[must_use]
pub fn content_type_of_file(path: &str, content: &[u8]) -> Cow<'static, str> {
    let Some(media_type) = media_type_of_file(path) else { return "application/octet-stream".into() };
    let is_text = MediaType::parse(media_type).essence().starts_with("text/");
    if is_text && std::str::from_utf8(content).is_ok() {
        return format!("{media_type}; charset=utf-8").into();
    }
    media_type.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// anomalyco/sst #4406 (.webmanifest), cdnjs/cdnjs #13714 and tikonen/blog #6 (.wasm).
    #[test]
    fn files_have_the_types_that_browsers_ask_for() {
        for (ending, expected) in [
            ("html", "text/html"),
            ("css", "text/css"),
            ("js", "text/javascript"),
            ("mjs", "text/javascript"),
            ("json", "application/json"),
            ("svg", "image/svg+xml"),
            ("png", "image/png"),
            ("webp", "image/webp"),
            ("avif", "image/avif"),
            ("ico", "image/vnd.microsoft.icon"),
            ("bmp", "image/bmp"),
            ("jpg", "image/jpeg"),
            ("jpeg", "image/jpeg"),
            ("gif", "image/gif"),
            ("heic", "image/heic"),
            ("wasm", "application/wasm"),
            ("pdf", "application/pdf"),
            ("zip", "application/zip"),
            ("gz", "application/gzip"),
            ("tar", "application/x-tar"),
            ("7z", "application/x-7z-compressed"),
            ("woff", "font/woff"),
            ("woff2", "font/woff2"),
            ("ttf", "font/ttf"),
            ("otf", "font/otf"),
            ("mp3", "audio/mpeg"),
            ("wav", "audio/wav"),
            ("ogg", "audio/ogg"),
            ("mp4", "video/mp4"),
            ("webm", "video/webm"),
            ("mov", "video/quicktime"),
            ("ts", "video/mp2t"),
            ("m3u8", "application/vnd.apple.mpegurl"),
            ("mpd", "application/dash+xml"),
            ("vtt", "text/vtt"),
            ("webmanifest", "application/manifest+json"),
            ("map", "application/json"),
            ("geojson", "application/geo+json"),
            ("jsonld", "application/ld+json"),
            ("ndjson", "application/x-ndjson"),
            ("jsonl", "application/jsonl"),
            ("csv", "text/csv"),
            ("tsv", "text/tab-separated-values"),
            ("txt", "text/plain"),
            ("md", "text/markdown"),
            ("ics", "text/calendar"),
            ("vcf", "text/x-vcard"),
            ("xml", "application/xml"),
            ("yaml", "application/yaml"),
            ("rss", "application/rss+xml"),
            ("atom", "application/atom+xml"),
            ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("epub", "application/epub+zip"),
            ("glb", "model/gltf-binary"),
            ("bin", "application/octet-stream"),
            ("exe", "application/octet-stream"),
            ("rtf", "application/rtf"),
            ("flac", "audio/flac"),
            ("PNG", "image/png"),
        ] {
            assert_eq!(media_type_of_file(&format!("bodies/f.{ending}")), Some(expected), "{ending}");
        }
        assert_eq!(media_type_of_file("bodies/f"), None);
        assert_eq!(media_type_of_file("bodies.d/f"), None);
    }

    #[test]
    fn only_text_in_utf_8_is_called_so() {
        assert_eq!(content_type_of_file("a.csv", "é".as_bytes()), "text/csv; charset=utf-8");
        assert_eq!(content_type_of_file("a.csv", b"\xE9"), "text/csv");
        assert_eq!(content_type_of_file("a.json", b"1"), "application/json");
        assert_eq!(content_type_of_file("a", b"1"), "application/octet-stream");
    }
}
