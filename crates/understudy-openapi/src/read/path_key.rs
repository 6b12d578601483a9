//! The keys of `paths`: a template, and what is written behind it.
//!
//! By the specification a key is a path and nothing else. Descriptions of services where the path says little put the
//! rest behind a `#` or `?`: `/#Action=ListUsers`, `/#X-Amz-Target=Logs.PutEvents`, `/orders?kind=open`.

use crate::model::Matcher;
use understudy_exchange::target::query_pairs;
use understudy_fixture::model::PathTemplate;

/// A key, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathKey {
    /// The path as a template, which has been tried.
    pub(super) path: String,
    pub(super) matchers: Vec<Matcher>,
}

pub(super) fn parse(text: &str) -> Result<PathKey, String> {
    let at = text.find(['#', '?']).unwrap_or(text.len());
    let (path, rest) = text.split_at(at);
    let mut matchers = Vec::new();
    for part in rest.split(['#', '?']).filter(|part| !part.is_empty()) {
        if !part.contains('=') && rest.starts_with('#') {
            matchers.push(Matcher::Name(part.to_owned()));
            continue;
        }
        for (name, value) in query_pairs(part) {
            // `{name}` stands for any value.
            matchers.push(
                match (name.to_ascii_lowercase().starts_with("x-"), value.starts_with('{') || value.is_empty()) {
                    (true, _) => Matcher::Header(name.into_owned(), value.into_owned()),
                    (false, true) => Matcher::Name(name.into_owned()),
                    (false, false) => Matcher::Pair(name.into_owned(), value.into_owned()),
                },
            );
        }
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    template(&path)?;
    Ok(PathKey { path, matchers })
}

/// A path as the tree of paths wants it. `{Key+}` is one or more segments (AWS); a name that stands twice is renamed,
/// since a template binds each once.
pub(crate) fn template(path: &str) -> Result<PathTemplate, String> {
    let mut out = String::with_capacity(path.len());
    let mut names: Vec<&str> = Vec::new();
    let mut rest = path;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + length];
        out.push_str(&rest[..open]);
        let is_whole = out.ends_with('/') && rest[open + length + 1..].chars().next().is_none_or(|next| next == '/');
        match name.strip_suffix('+').filter(|_| is_whole) {
            Some(name) => out.push_str(&format!("{{*{name}}}")),
            None if names.contains(&name) => out.push_str(&format!("{{{name} {}}}", names.len())),
            None => out.push_str(&format!("{{{name}}}")),
        }
        names.push(name);
        rest = &rest[open + length + 1..];
    }
    out.push_str(rest);
    PathTemplate::parse(&out).map_err(|message| format!("this path cannot be served: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_path_is_asked_of_the_request() {
        let of = |text: &str| parse(text).unwrap();
        let pair = |name: &str, value: &str| Matcher::Pair(name.into(), value.into());
        assert_eq!(of("/a/{id}").matchers, []);
        assert_eq!(of("/#Action=List").path, "/");
        assert_eq!(of("/#Action=List").matchers, [pair("Action", "List")]);
        assert_eq!(of("/#X-Amz-Target=Logs.Put").matchers, [Matcher::Header("X-Amz-Target".into(), "Logs.Put".into())]);
        assert_eq!(of("/b/{Key+}#acl").matchers, [Matcher::Name("acl".into())]);
        assert_eq!(of("/b?list-type=2&x={x}").matchers, [pair("list-type", "2"), Matcher::Name("x".into())]);
        assert_eq!(of("a").path, "/a");
        assert!(parse("/{a").is_err());
    }

    #[test]
    fn templates_are_what_the_tree_wants() {
        assert_eq!(template("/b/{Key+}").unwrap().to_string(), "/b/{*Key}");
        assert_eq!(template("/{a}/x/{a}").unwrap().to_string(), "/{a}/x/{a 1}");
        assert_eq!(template("/{a}.{format}").unwrap().to_string(), "/{a}.{format}");
    }
}
