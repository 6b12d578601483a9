//! Values in pages that forms and scripts send back to the server.

use super::secrets::{Piece, pieces};
use super::words::escaped;
use http::header::CONTENT_TYPE;
use understudy_exchange::redact::Redaction;
use understudy_exchange::{MediaType, Response};

/// Larger pages are not searched.
const PAGE_BYTES_MAX: usize = 2 << 20;

/// The maximum length of the text before a value that is used to find the value in another page.
const CONTEXT_CHARS_MAX: usize = 60;

/// A value of a page, and the regular expression that finds it.
pub(super) struct PageValue<'p> {
    pub(super) name: &'p str,
    pub(super) text: &'p str,
    pub(super) pattern: String,
}

/// Returns true if a response is a page or a script.
pub(super) fn is_page(response: &Response) -> bool {
    let kind = response.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(MediaType::parse);
    let is_text = |kind: MediaType| {
        matches!(kind.essence(), "text/html" | "application/xhtml+xml" | "text/javascript" | "application/javascript")
    };
    response.body.len() <= PAGE_BYTES_MAX && kind.is_some_and(is_text)
}

/// The values of hidden fields and meta elements, and the redacted secrets wherever they stand.
pub(super) fn values<'p>(page: &'p str, redactions: &[Redaction]) -> Vec<PageValue<'p>> {
    let mut values: Vec<PageValue<'p>> = elements(page).filter_map(field).collect();
    let mut at = 0;
    for piece in pieces(page, redactions) {
        match piece {
            Piece::Text(text) => at += text.len(),
            Piece::Secret(text) => {
                if !values.iter().any(|known| known.text == text) {
                    values.extend(in_context(page, at, text));
                }
                at += text.len();
            }
        }
    }
    values
}

/// The tags of a page that may hold a value for a form or script.
fn elements(page: &str) -> impl Iterator<Item = &str> {
    let tags = page.split('<').skip(1).filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag));
    tags.filter(|tag| {
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        matches!(name.to_ascii_lowercase().as_str(), "input" | "meta")
    })
}

/// The value of an `input` or `meta`, found again by the attributes before it.
fn field(tag: &str) -> Option<PageValue<'_>> {
    let name = ["name", "property", "id"].iter().find_map(|name| attribute(tag, name))?.1;
    let (at, text) = ["value", "content"].iter().find_map(|name| attribute(tag, name))?;
    let end = at + text.len();
    let quote = tag[..at].chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let content = quote.map_or_else(|| "([^\\s>]+)".to_owned(), |quote| format!("([^{quote}]+)"));
    // The name may stand before or after the value.
    let is_named_before = tag[..at].contains(name);
    let pattern = if is_named_before {
        let start = tag[..at].rfind(name)?;
        format!("{}{content}", escaped(&tag[start..at]))
    } else {
        let stop = end + tag[end..].find(name)? + name.len();
        let start = tag[..at].rfind(char::is_whitespace).map_or(0, |space| space + 1);
        format!("{}{content}{}", escaped(&tag[start..at]), escaped(&tag[end..stop]))
    };
    Some(PageValue { name, text, pattern })
}

/// The value of an attribute, and where it begins.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<(usize, &'t str)> {
    let mut from = 0;
    loop {
        let at = from + tag[from..].find(name)?;
        from = at + name.len();
        let is_start = tag[..at].chars().next_back().is_some_and(char::is_whitespace);
        let Some(rest) = tag[from..].strip_prefix('=').filter(|_| is_start) else { continue };
        let begin = from + 1;
        return Some(match rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => {
                let text = rest[1..].split(quote).next().unwrap_or_default();
                (begin + 1, text)
            }
            None => (begin, rest.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default()),
        });
    }
}

/// A secret of a script, found again by the line before it.
fn in_context<'p>(page: &'p str, at: usize, text: &'p str) -> Option<PageValue<'p>> {
    let line = &page[page[..at].rfind(['\n', '<', ';', '{', ',']).map_or(0, |start| start + 1)..at];
    let start = line.char_indices().rev().nth(CONTEXT_CHARS_MAX).map_or(0, |(start, _)| start);
    let before = line[start..].trim_start();
    let end = page[at + text.len()..].chars().next()?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let name = before.split(|c: char| !is_name(c)).rfind(|word| !word.is_empty())?;
    let stop = if end == '\\' { "\\\\".to_owned() } else { escaped(&end.to_string()) };
    Some(PageValue { name, text, pattern: format!("{}([^{stop}]+)", escaped(before)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use understudy_fixture::model::Search;

    #[test]
    fn values_of_pages_are_found_again_in_other_pages() {
        let page = "<meta name=\"csrf-token\" content=\"TOK\"><form><input type='hidden' value='TOK' name='_token'>\
            <input name=plain value=TOK></form><script>window.app = {csrfToken: \"SECRET\", x: 1};</script>";
        let known = Redaction {
            place: String::new(),
            stand_in: "SECRET".to_owned(),
            kind: "token".to_owned(),
            number: 1,
            rule: String::new(),
        };
        let found = values(page, &[known]);
        let names: Vec<&str> = found.iter().map(|value| value.name).collect();
        assert_eq!(names, ["csrf-token", "_token", "plain", "csrfToken"]);
        let other = page.replace("TOK", "next").replace("SECRET", "next");
        for value in found {
            let search = Search::parse(&value.pattern).unwrap();
            assert_eq!(search.find(&other), Some("next"), "{}", value.pattern);
        }
    }
}
