//! The links of a `Link` header field (RFC 8288).

use crate::media_type::parameter;

/// A link with its target, as it is written, and its relations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'v> {
    /// The target: `</items?page=2>` has `/items?page=2`.
    pub target: &'v str,
    /// The names of the relations, in lower case.
    pub relations: Vec<String>,
}

/// Returns the links in a field's value. Text that is no link is passed over.
pub fn links(value: &str) -> impl Iterator<Item = Link<'_>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let end = end_of_link(after);
        let relations = parameter(&after[..end], "rel").unwrap_or_default().to_ascii_lowercase();
        rest = &after[end..];
        Some(Link { target: target.trim(), relations: relations.split_whitespace().map(str::to_owned).collect() })
    })
}

/// Returns the place of the comma behind a link's parameters.
fn end_of_link(parameters: &str) -> usize {
    let (mut in_quotes, mut is_escaped) = (false, false);
    let end = parameters.bytes().position(|byte| {
        let ends = byte == b',' && !in_quotes;
        if byte == b'"' && !is_escaped {
            in_quotes = !in_quotes;
        }
        is_escaped = in_quotes && byte == b'\\' && !is_escaped;
        ends
    });
    end.unwrap_or(parameters.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// unslothai/unsloth pull request 7382, actions/setup-java pull request 1014: `rel` is not always the first parameter.
    #[test]
    fn targets_and_relations_are_found() {
        let found = |value: &'static str| -> Vec<(&str, String)> {
            links(value).map(|link| (link.target, link.relations.join(" "))).collect()
        };
        let pair = |target, relations: &str| (target, relations.to_owned());
        assert_eq!(
            found("</a?x=1,2;3>; title=\"a, b\"; REL=\"Next last\",<b>;rel=prev"),
            [pair("/a?x=1,2;3", "next last"), pair("b", "prev")]
        );
        assert_eq!(found("<a>, < b >; rel"), [pair("a", ""), pair("b", "")]);
        assert_eq!(found("/a?page=2; rel=next"), []);
        assert_eq!(found("<a"), []);
    }
}
