//! Texts that are generated for each request: pages, feeds, calendars and metrics.

use understudy_exchange::MediaType;

/// Media types of texts that are generated for each request: pages, feeds, calendars and metrics.
const WRITTEN_ANEW: &[&str] = &[
    "application/atom+xml",
    "application/openmetrics-text",
    "application/rdf+xml",
    "application/rss+xml",
    "application/xhtml+xml",
    "text/calendar",
    "text/html",
];

/// The root elements of XML that is generated for each request, whatever its media type.
const ROOTS_WRITTEN_ANEW: &[&str] = &["RDF", "feed", "html", "rss", "sitemapindex", "urlset"];

/// The number of bytes that are searched for the root element.
const PROLOGUE_BYTES_MAX: usize = 4 << 10;

/// A word of at least this length with a digit in it is a time, a token or the like.
const TOKEN_CHARS_MIN: usize = 8;

/// Returns true if a text is a page, a feed, a calendar or a list of metrics.
pub(super) fn is_written_anew(content_type: &str, text: &str) -> bool {
    let media_type = MediaType::parse(content_type);
    let essence = media_type.essence();
    let is_xml = essence.ends_with("/xml") || essence.ends_with("+xml") || essence.is_empty();
    let has_root = || first_element(text).is_some_and(|name| ROOTS_WRITTEN_ANEW.contains(&name));
    WRITTEN_ANEW.contains(&essence) || is_metrics(content_type, text) || (is_xml && has_root())
}

/// The local name of a document's root element. Everything before it begins with `<?` or `<!`.
fn first_element(text: &str) -> Option<&str> {
    let end = (0..=text.len().min(PROLOGUE_BYTES_MAX)).rev().find(|at| text.is_char_boundary(*at))?;
    let opened = text[..end].split('<').find(|part| part.starts_with(|c: char| c.is_alphabetic()))?;
    let name = opened.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()?;
    Some(name.rsplit_once(':').map_or(name, |(_, local)| local))
}

/// Returns true for the text exposition format of Prometheus.
fn is_metrics(content_type: &str, text: &str) -> bool {
    let essence = MediaType::parse(content_type);
    essence.essence() == "application/openmetrics-text"
        || (essence.essence() == "text/plain"
            && (content_type.contains("version=0.0.4") || text.starts_with("# HELP ") || text.starts_with("# TYPE ")))
}

/// Returns a generated text without its times, durations and tokens; metrics also lose all numbers. Texts with the same
/// content are then equal. `None` for any other text.
pub(super) fn masked(content_type: &str, text: &str) -> Option<String> {
    if !is_written_anew(content_type, text) {
        return None;
    }
    let is_metrics = is_metrics(content_type, text);
    let is_in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '+');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_in_word) {
        let (before, word) = rest.split_at(start);
        let (word, after) = word.split_at(word.find(|c| !is_in_word(c)).unwrap_or(word.len()));
        let has_digit = word.contains(|c: char| c.is_ascii_digit());
        let is_fraction = word.parse::<f64>().is_ok() && word.contains('.');
        let is_new = has_digit && (is_metrics || is_fraction || word.chars().count() >= TOKEN_CHARS_MIN);
        out.push_str(before);
        out.push_str(if is_new { "#" } else { word });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_feeds_and_metrics_are_written_anew() {
        for (content_type, text, anew) in [
            ("text/html; charset=utf-8", "", true),
            ("application/xml", "<?xml version=\"1.0\"?><!-- a --><feed><updated/></feed>", true),
            ("text/xml", "<rdf:RDF xmlns:rdf=\"x\">", true),
            ("application/xml", "<order id=\"7\"/>", false),
            ("text/plain; version=0.0.4", "up 1\n", true),
            ("text/plain", "# HELP up\nup 1\n", true),
            ("text/plain", "<rss>", false),
            ("text/css", "a{}", false),
        ] {
            assert_eq!(is_written_anew(content_type, text), anew, "{content_type} {text}");
        }
    }

    #[test]
    fn pages_that_differ_in_times_and_tokens_say_the_same() {
        let page = |text: &str| masked("text/html", text);
        assert_eq!(page("took 1.25 ms <i value=a1b2c3d4e5f6>"), page("took 12.5 ms <i value=00b2c3d4e5ff>"));
        assert_ne!(page("<a href=/items/3>3 items</a>"), page("<a href=/items/4>4 items</a>"));
        assert_ne!(page("<p>tea"), page("<p>coffee"));
        let metrics = |text: &str| masked("text/plain; version=0.0.4", text);
        assert_eq!(metrics("requests_total 3"), metrics("requests_total 4"));
        assert_eq!(masked("text/css", "a"), None);
    }
}
