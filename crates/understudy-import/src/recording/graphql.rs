//! GraphQL operations in requests.

use understudy_exchange::Json;
use understudy_fixture::model::{Graphql, GraphqlQuery};

/// Members of a GraphQL request that `graphql:` of a fixture supports.
const MEMBERS: &[&str] = &["operationName", "query", "variables"];

/// The parts of an operation that a recording uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    /// The name of the operation, or of its first field.
    pub(super) name: String,
    pub(super) is_query: bool,
}

impl Operation {
    pub(super) fn of(request: &Graphql) -> Self {
        let query = request.query.as_ref().map(GraphqlQuery::as_str).unwrap_or_default();
        Self::new(request.operation.as_deref(), query)
            .unwrap_or_else(|| Self { name: request.operation.clone().unwrap_or_default(), is_query: false })
    }

    /// The operation of a document: the one with this name, or else the first. `None` if the text is not a GraphQL
    /// document.
    pub(super) fn new(wanted: Option<&str>, document: &str) -> Option<Self> {
        let mut all = definitions(document);
        let place = wanted.and_then(|wanted| all.iter().position(|(_, name, _)| *name == Some(wanted))).unwrap_or(0);
        if all.is_empty() {
            return None;
        }
        let (kind, name, field) = all.swap_remove(place);
        let name = wanted.filter(|name| !name.is_empty()).or(name).or(field).unwrap_or(kind);
        Some(Self { name: name.to_owned(), is_query: kind == "query" })
    }
}

/// A definition: its kind, its name and its first field.
type Definition<'d> = (&'d str, Option<&'d str>, Option<&'d str>);

/// The operations of a document, without its fragments. Empty if the text does not begin like a document.
fn definitions(document: &str) -> Vec<Definition<'_>> {
    let mut all = Vec::new();
    let mut depth = 0_usize;
    let mut tokens = tokens(document).peekable();
    while let Some(token) = tokens.next() {
        match token {
            "{" if depth == 0 => {
                all.push(("query", None, tokens.peek().copied().filter(|token| is_name(token))));
                depth += 1;
            }
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            "query" | "mutation" | "subscription" if depth == 0 => {
                let name = tokens.next_if(|token| is_name(token));
                // The selection begins after the variables and directives.
                let mut inner = 0_usize;
                while let Some(token) = tokens.next_if(|token| *token != "{" || inner > 0) {
                    match token {
                        "(" | "[" | "{" => inner += 1,
                        ")" | "]" | "}" => inner = inner.saturating_sub(1),
                        _ => {}
                    }
                }
                if tokens.next().is_none() {
                    return all;
                }
                depth += 1;
                all.push((token, name, tokens.peek().copied().filter(|token| is_name(token))));
            }
            "fragment" if depth == 0 => {
                while tokens.next_if(|token| *token != "{").is_some() {}
                depth += usize::from(tokens.next().is_some());
            }
            _ if depth == 0 => return Vec::new(),
            _ => {}
        }
    }
    all
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Names and punctuation, without comments and the content of strings.
fn tokens(document: &str) -> impl Iterator<Item = &str> {
    let mut rest = document;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '\u{FEFF}');
            let first = rest.chars().next()?;
            if first == '#' {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
                continue;
            }
            let quote = if rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
            let end = if first == '"' {
                let inner = &rest[quote.len()..];
                let closing = inner.match_indices(quote).find(|(at, _)| !inner[..*at].ends_with('\\'));
                closing.map_or(rest.len(), |(at, _)| at + 2 * quote.len())
            } else if is_name(rest) {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (token, after) = rest.split_at(end);
            rest = after;
            return Some(token);
        }
    })
}

/// The operation of a request whose body `graphql:` can express.
pub(super) fn request(body: &Json) -> Option<Graphql> {
    let Json::Object(members) = body else { return None };
    let is_said = members.iter().all(|(name, _)| MEMBERS.contains(&name.as_str()));
    let text = |name: &str| match body.member(name) {
        None | Some(Json::Null) => Some(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())),
    };
    let (operation, query) = (text("operationName")?, text("query")??);
    let variables = body.member("variables").cloned().filter(|variables| !matches!(variables, Json::Null));
    let is_object = matches!(variables, None | Some(Json::Object(_)));
    let query = GraphqlQuery::parse(query).ok().filter(|_| is_said && is_object)?;
    Some(Graphql { operation, query: Some(query), variables, extensions: None })
}

/// The operations of a body that `graphql:` cannot express: a body with other members, a persisted query, or a batch.
pub(super) fn operations(body: &Json) -> Vec<Operation> {
    match body {
        Json::Array(items) => {
            let all: Option<Vec<Operation>> = items.iter().map(operation).collect();
            all.unwrap_or_default()
        }
        other => operation(other).into_iter().collect(),
    }
}

fn operation(body: &Json) -> Option<Operation> {
    let text = |name: &str| body.member(name).and_then(Json::as_str);
    match text("query") {
        Some(query) => Operation::new(text("operationName"), query),
        // A persisted query has only a hash, which does not show whether it writes.
        None => {
            let is_persisted = body.member("extensions").is_some_and(|more| more.member("persistedQuery").is_some());
            let name = text("operationName").filter(|_| is_persisted)?;
            Some(Operation { name: name.to_owned(), is_query: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_in_documents() {
        for (document, name, is_query) in [
            ("query Product($id: ID! = \"}\") { product(id: $id) { id } }", "Product", true),
            ("mutation { addReview(stars: 4) { id } }", "addReview", false),
            ("{ me { name } }", "me", true),
            ("# the user\nfragment F on U { a } query Me @x(y: {z: 1}) { me { ...F } }", "Me", true),
            ("subscription S { s }", "S", false),
        ] {
            let found = Operation::new(None, document).unwrap();
            assert_eq!((found.name.as_str(), found.is_query), (name, is_query), "{document}");
        }
        let two = "query A { a } mutation B { b }";
        assert!(!Operation::new(Some("B"), two).unwrap().is_query);
        for text in ["", "milk", "red hats", "query", "SELECT { x"] {
            assert_eq!(Operation::new(None, text), None, "{text}");
        }
    }
}
