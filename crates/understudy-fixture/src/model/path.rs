//! `/pets/{id}`, `/files/{name}.json`, `/static/{*rest}`, `/uploads/{{upload}}`.

use std::borrow::Cow;
use understudy_exchange::target::percent_decode;

/// A piece of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentPart {
    /// Text, percent-decoded.
    Text(String),
    /// `{id}`
    Parameter(String),
    /// `{{upload}}`
    Placeholder(String),
}

/// What one segment of a path may be. Ordered from the most specific to the least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Exactly this, percent-decoded.
    Literal(String),
    /// Text mixed with parameters: `{sid}.json`. Each parameter stands for at least one character.
    Mixed(Vec<SegmentPart>),
    /// One whole segment, not empty: `{id}` or `{{upload}}`.
    Parameter(SegmentPart),
    /// One or more segments: `{*rest}`.
    Rest(String),
}

/// A path with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    /// In order; `/` alone is one empty literal.
    pub segments: Vec<Segment>,
}

impl PathTemplate {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence's start.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!("`{text}` is no path: a path starts with `/`"));
        };
        if let Some(at) = text.find(['?', '#']) {
            let why =
                if text[at..].starts_with('#') { "no client sends it" } else { "query parameters go under `query`" };
            return Err(format!("`{}` is not part of a path: {why}", &text[at..]));
        }
        let segments = rest.split('/').map(parse_segment).collect::<Result<Vec<_>, _>>()?;
        if segments.iter().filter(|segment| matches!(segment, Segment::Rest(_))).count() > 1 {
            return Err("`{*name}` may stand in a path once".to_owned());
        }
        let template = Self { segments };
        let mut names: Vec<&str> = template.parameters().collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("the parameter `{}` stands in the path twice", pair[0])),
            None => Ok(template),
        }
    }

    /// The names of the parameters, from the left.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().flat_map(|segment| {
            let (parts, rest) = match segment {
                Segment::Literal(_) => (&[][..], None),
                Segment::Mixed(parts) => (parts.as_slice(), None),
                Segment::Parameter(part) => (std::slice::from_ref(part), None),
                Segment::Rest(name) => (&[][..], Some(name.as_str())),
            };
            let names = parts.iter().filter_map(|part| match part {
                SegmentPart::Parameter(name) => Some(name.as_str()),
                _ => None,
            });
            names.chain(rest)
        })
    }
}

impl Segment {
    /// 0 for the most specific kind, 3 for the least.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Mixed(_) => 1,
            Self::Parameter(_) => 2,
            Self::Rest(_) => 3,
        }
    }

    /// Whether a segment of a request's path, percent-decoded, is one of these, and which values its
    /// parameters have.
    #[must_use]
    pub fn bind<'s>(&'s self, segment: &str) -> Option<Vec<(&'s str, String)>> {
        let mut bound = Vec::new();
        let matches = match self {
            Self::Literal(text) => text == segment,
            Self::Parameter(part) => !segment.is_empty() && bind_parts(std::slice::from_ref(part), segment, &mut bound),
            Self::Mixed(parts) => bind_parts(parts, segment, &mut bound),
            Self::Rest(_) => false,
        };
        matches.then_some(bound)
    }
}

/// From the left, each parameter takes as little as it can, at least one character, up to the next text; the last one
/// takes the rest. Nothing is tried twice: segments come from outside and may be long.
fn bind_parts<'s>(parts: &'s [SegmentPart], segment: &str, bound: &mut Vec<(&'s str, String)>) -> bool {
    let mut rest = segment;
    let mut parts = parts;
    while let Some((first, after)) = parts.split_first() {
        parts = after;
        let (name, least) = match first {
            SegmentPart::Text(text) => match rest.strip_prefix(text.as_str()) {
                Some(left) => {
                    rest = left;
                    continue;
                }
                None => return false,
            },
            SegmentPart::Parameter(name) => (Some(name.as_str()), 1),
            SegmentPart::Placeholder(_) => (None, 0),
        };
        let least = rest.chars().take(least).map(char::len_utf8).sum::<usize>().max(least);
        let end = match after {
            [] => Some(rest.len()),
            // The last text stands at the end, wherever else it stands.
            [SegmentPart::Text(text)] => rest.strip_suffix(text.as_str()).map(str::len),
            [SegmentPart::Text(text), ..] => {
                rest.get(least..).and_then(|rest| rest.find(text.as_str())).map(|at| least + at)
            }
            [_, ..] => Some(least),
        };
        match end.filter(|end| *end >= least && *end <= rest.len()) {
            Some(end) => {
                bound.extend(name.map(|name| (name, rest[..end].to_owned())));
                rest = &rest[end..];
            }
            None => return false,
        }
    }
    rest.is_empty()
}

/// How many parameters one segment may mix with text: more would make matching slow.
const PARTS_MAX: usize = 8;

fn parse_segment(text: &str) -> Result<Segment, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        if at > 0 {
            parts.push(SegmentPart::Text(decode(&rest[..at])));
        }
        let opened = &rest[at..];
        let (part, after) = match opened.strip_prefix("{{") {
            Some(inner) => {
                let (name, after) = inner.split_once("}}").ok_or_else(|| format!("`{text}`: `{{{{` has no `}}}}`"))?;
                (SegmentPart::Placeholder(name.trim().to_owned()), after)
            }
            None => {
                let (name, after) = opened[1..].split_once('}').ok_or_else(|| format!("`{text}`: `{{` has no `}}`"))?;
                if let Some(name) = name.strip_prefix('*') {
                    return rest_segment(text, name);
                }
                (SegmentPart::Parameter(name.trim().to_owned()), after)
            }
        };
        if matches!(&part, SegmentPart::Parameter(name) | SegmentPart::Placeholder(name) if name.is_empty()) {
            return Err(format!("`{text}`: a parameter needs a name"));
        }
        parts.push(part);
        rest = after;
    }
    if rest.contains('}') {
        return Err(format!("`{text}`: `}}` has no `{{`"));
    }
    if parts.is_empty() {
        return Ok(Segment::Literal(decode(rest)));
    }
    if !rest.is_empty() {
        parts.push(SegmentPart::Text(decode(rest)));
    }
    if parts.len() > PARTS_MAX {
        return Err(format!("`{text}` has more than {PARTS_MAX} pieces"));
    }
    match <[SegmentPart; 1]>::try_from(parts) {
        Ok([part]) => Ok(Segment::Parameter(part)),
        Err(parts) => Ok(Segment::Mixed(parts)),
    }
}

fn rest_segment(text: &str, name: &str) -> Result<Segment, String> {
    let whole = text.strip_prefix("{*").and_then(|inner| inner.strip_suffix('}'));
    match whole {
        Some(inner) if !inner.is_empty() && inner == name => Ok(Segment::Rest(name.to_owned())),
        _ => Err(format!("`{text}`: `{{*name}}` stands for whole segments and cannot be mixed with text")),
    }
}

fn decode(text: &str) -> String {
    match percent_decode(text) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

/// A path as it is written in a fixture.
impl std::fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.segments.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

impl std::fmt::Display for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(&encode(text)),
            Self::Mixed(parts) => parts.iter().try_for_each(|part| write!(f, "{part}")),
            Self::Parameter(part) => write!(f, "{part}"),
            Self::Rest(name) => write!(f, "{{*{name}}}"),
        }
    }
}

impl std::fmt::Display for SegmentPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&encode(text)),
            Self::Parameter(name) => write!(f, "{{{name}}}"),
            Self::Placeholder(name) => write!(f, "{{{{{name}}}}}"),
        }
    }
}

/// Only what would change the meaning: readable text stays readable.
fn encode(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '%' | '/' | '?' | '#' | '{' | '}' => out.push_str(&format!("%{:02X}", u32::from(c))),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(template: &str, segment: &str) -> Option<Vec<(String, String)>> {
        let template = PathTemplate::parse(template).unwrap();
        let bound = template.segments[0].bind(segment)?;
        Some(bound.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
    }

    #[test]
    fn a_segment_binds_its_parameters() {
        let pairs =
            |pairs: &[(&str, &str)]| Some(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        assert_eq!(bind("/{id}", "7"), pairs(&[("id", "7")]));
        assert_eq!(bind("/{id}", ""), None);
        assert_eq!(bind("/{sid}.json", "a.b.json"), pairs(&[("sid", "a.b")]));
        assert_eq!(bind("/{sid}.json", ".json"), None);
        assert_eq!(bind("/{a}-{b}", "1-2-3"), pairs(&[("a", "1"), ("b", "2-3")]));
        assert_eq!(bind("/a%2Fb", "a/b"), pairs(&[]));
        assert_eq!(bind("/v{{n}}", "v2"), pairs(&[]));
        assert_eq!(bind("/{{n}}", "x"), pairs(&[]));
        assert_eq!(bind("/{a}{b}", "éx"), pairs(&[("a", "é"), ("b", "x")]));
        assert_eq!(bind("/{a}{b}", "é"), None);
        assert_eq!(bind("/{y}-{m}-{d}.json", &"-".repeat(100_000)), None);
    }

    #[test]
    fn what_is_no_path_is_said() {
        for text in ["pets", "/a?b=1", "/{", "/{}", "/a}", "/x{*rest}", "/{*}", "/{*a}/{*b}", "/{a}/{a}", "/{{x}"] {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_template_is_written_as_it_was_read() {
        for text in ["/", "/a//b/", "/pets/{id}", "/{sid}.json", "/x/{*rest}/y", "/u/{{up}}", "/a%2Fb", "/é"] {
            assert_eq!(PathTemplate::parse(text).unwrap().to_string(), text);
        }
    }
}
