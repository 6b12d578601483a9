//! The usual reasons why a text is almost JSON: comments, commas, quotes, and words of other languages.

use understudy_exchange::json::JsonError;

/// One mistake, in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The byte at which the mistake stands.
    pub(crate) offset: usize,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Mistake {
    /// Returns the mistake at which a strict reader stopped; `None` where it is none of the usual ones.
    pub(crate) fn of(text: &str, error: &JsonError) -> Option<Self> {
        let offset = error.offset;
        let rest = text.get(offset..)?;
        let before = text[..offset].trim_end();
        let mistake =
            |offset: usize, message: &str, hint: String| Some(Self { offset, message: message.to_owned(), hint });
        let word = word_at(rest);
        match rest.chars().next() {
            None if text.trim().is_empty() => mistake(0, "the file is empty", EXAMPLE.to_owned()),
            None => mistake(offset, "the text ends too early", "a closing `}`, `]` or `\"` is missing".to_owned()),
            Some('/' | '#') if rest.starts_with(['#']) || rest.starts_with("//") || rest.starts_with("/*") => {
                let hint =
                    "JSON has no comments: take it out, or write the file as YAML, where a comment starts with `#`";
                mistake(offset, "a comment", hint.to_owned())
            }
            Some('}' | ']') if before.ends_with(',') => {
                mistake(before.len() - 1, "a comma behind the last entry", "take the comma out".to_owned())
            }
            Some('\'') => mistake(offset, "single quotes", format!("write {}", in_double_quotes(rest))),
            Some('\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{2018}' | '\u{2019}') => {
                mistake(offset, "typographic quotes", "write \"...\" with the quotes of the keyboard".to_owned())
            }
            Some('`') => mistake(offset, "backquotes", "write the text in double quotes: \"...\"".to_owned()),
            Some('"' | '{' | '[') if error.message == "expected nothing more" => {
                mistake(offset, "a second value behind the first", "one file holds one value".to_owned())
            }
            Some('"' | '{' | '[') if is_behind_value(before) => {
                mistake(before.len(), "a comma is missing", "write `,` between two entries".to_owned())
            }
            Some('=') => mistake(offset, "`=` behind a name", "write `:` between a name and its value".to_owned()),
            Some('+' | '.') => mistake(offset, "malformed number", format!("write {}", json_number(rest))),
            Some(_) if !word.is_empty() => {
                let is_name = rest[word.len()..].trim_start().starts_with(':');
                if is_name && before.ends_with(['{', ',']) {
                    return mistake(offset, "a name without quotes", format!("write \"{word}\":"));
                }
                let hint = match word {
                    "undefined" | "None" | "nil" | "NULL" | "Null" | "NaN" | "Infinity" => {
                        "write null, or leave the member out".to_owned()
                    }
                    "True" | "TRUE" | "False" | "FALSE" => format!("write {}", word.to_lowercase()),
                    _ => format!("write \"{word}\" for the text"),
                };
                Some(Self { offset, message: format!("`{word}` is no value of JSON"), hint })
            }
            _ => None,
        }
    }
}

const EXAMPLE: &str = "a fixture is {\"request\": {\"path\": \"/pets\"}, \"response\": {\"status\": 200}}";

/// The word at the start of a text, cut where it is long.
fn word_at(text: &str) -> &str {
    const CHARS_MAX: usize = 40;
    if !text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$')) {
        return "";
    }
    let end = text.char_indices().take(CHARS_MAX).find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '-')));
    match end {
        Some((at, _)) => &text[..at],
        None => text.char_indices().nth(CHARS_MAX).map_or(text, |(at, _)| &text[..at]),
    }
}

/// Returns true where a value has just ended.
fn is_behind_value(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '}' | ']'))
}

fn in_double_quotes(text: &str) -> String {
    let inner: String = text.chars().skip(1).take(40).take_while(|c| !matches!(c, '\'' | '\n')).collect();
    format!("\"{}\", in double quotes", inner.replace('"', "\\\""))
}

fn json_number(text: &str) -> String {
    let digits: String =
        text.chars().take(40).take_while(|c| matches!(c, '+' | '.' | '0'..='9' | 'e' | 'E' | '-')).collect();
    let digits = digits.trim_start_matches('+');
    if digits.starts_with('.') { format!("0{digits}") } else { digits.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Mistake;
    use understudy_exchange::Json;

    #[test]
    fn the_usual_mistakes_have_a_name_and_a_cure() {
        for (text, at, message, hint) in [
            ("", 0, "the file is empty", "a fixture is"),
            ("{\"a\": 1", 7, "ends too early", "`}`"),
            ("{\n// list\n\"a\": 1}", 2, "a comment", "no comments"),
            ("{\"a\": 1 /* b */}", 8, "a comment", "no comments"),
            ("# c\n{}", 0, "a comment", "`#`"),
            ("{\"a\": 1,}", 7, "a comma behind", "take the comma out"),
            ("[1, 2, ]", 5, "a comma behind", "take the comma out"),
            ("{'a': 1}", 1, "single quotes", "write \"a\""),
            ("{“a”: 1}", 1, "typographic", "keyboard"),
            ("{\"a\": 1 \"b\": 2}", 7, "a comma is missing", "`,`"),
            ("[{} {}]", 3, "a comma is missing", "`,`"),
            ("{}\n{}", 3, "a second value", "one file"),
            ("{a: 1}", 1, "a name without quotes", "\"a\":"),
            ("{\"a\": undefined}", 6, "`undefined`", "null"),
            ("{\"a\": True}", 6, "`True`", "true"),
            ("{\"a\": abc}", 6, "`abc`", "\"abc\""),
            ("{\"a\": .5}", 6, "malformed", "0.5"),
            ("{\"a\" = 5}", 5, "`=`", "`:`"),
        ] {
            let error = Json::parse(text.as_bytes()).unwrap_err();
            let mistake = Mistake::of(text, &error).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(mistake.offset, at, "{text}");
            assert!(mistake.message.contains(message), "{text}: {}", mistake.message);
            assert!(mistake.hint.contains(hint), "{text}: {}", mistake.hint);
        }
    }
}
