//! Paths into XML: a small part of XPath.
//!
//! `/order/item[2]/@id`, `//id`, `/order/*/name`. A name is a local name: a prefix may be written and means nothing.

use super::Element;
use std::collections::HashSet;

/// A path that selects elements or attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlPath {
    written: String,
    steps: Vec<Step>,
    /// The attribute of the selected elements; `*` for all of them.
    attribute: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    /// `//`: at any depth.
    is_deep: bool,
    /// `*` for every name.
    name: String,
    /// From 1, among the elements of this step with one parent.
    index: Option<usize>,
}

/// A node that a path selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'e> {
    /// An element.
    Element(&'e Element),
    /// The value of an attribute.
    Attribute(&'e String),
}

impl Found<'_> {
    /// Returns the text of the node.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Element(element) => element.text(),
            Self::Attribute(value) => (*value).clone(),
        }
    }
}

/// The most steps of a path.
const STEPS_MAX: usize = 64;

impl XmlPath {
    /// Reads a path.
    ///
    /// # Errors
    /// The reason why the text is no path, in words.
    pub fn parse(written: &str) -> Result<Self, String> {
        let mut rest = written;
        let (mut steps, mut attribute) = (Vec::new(), None);
        while !rest.is_empty() {
            let after = rest.strip_prefix('/').ok_or_else(|| format!("`/` is missing before `{rest}`"))?;
            let (is_deep, after) = after.strip_prefix('/').map_or((false, after), |after| (true, after));
            let end = after.find('/').unwrap_or(after.len());
            let (step, next) = after.split_at(end);
            rest = next;
            if let Some(name) = step.strip_prefix('@') {
                if !rest.is_empty() {
                    return Err(format!("nothing is inside the attribute `@{name}`"));
                }
                if is_deep {
                    steps.push(Step { is_deep, name: "*".to_owned(), index: None });
                }
                attribute = Some(local(name)?);
            } else if step == "text()" && rest.is_empty() && !is_deep {
                // An element stands for its text.
            } else {
                steps.push(Self::step(is_deep, step)?);
            }
        }
        if steps.is_empty() {
            return Err("it names no element".to_owned());
        }
        if steps.len() > STEPS_MAX {
            return Err(format!("it has more than {STEPS_MAX} steps"));
        }
        Ok(Self { written: written.to_owned(), steps, attribute })
    }

    fn step(is_deep: bool, step: &str) -> Result<Step, String> {
        let (name, index) = match step.split_once('[') {
            None => (step, None),
            Some((name, index)) => {
                let index = index.strip_suffix(']').and_then(|index| index.parse().ok()).filter(|index| *index > 0);
                (name, Some(index.ok_or_else(|| format!("`{step}` has no number in its brackets: item[1]"))?))
            }
        };
        Ok(Step { is_deep, name: local(name)?, index })
    }

    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// All that the path selects, each once, in the order of the document.
    #[must_use]
    pub fn select<'e>(&self, root: &'e Element) -> Vec<Found<'e>> {
        let mut elements: Vec<&'e Element> = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let mut next: Vec<&'e Element> = Vec::new();
            if at == 0 {
                step.take([root].into_iter(), &mut next);
                if step.is_deep {
                    step.below(root, &mut HashSet::new(), &mut next);
                }
            } else {
                let mut visited = HashSet::new();
                for element in elements {
                    if step.is_deep {
                        step.below(element, &mut visited, &mut next);
                    } else {
                        step.take(element.elements(), &mut next);
                    }
                }
            }
            elements = next;
        }
        match &self.attribute {
            None => elements.into_iter().map(Found::Element).collect(),
            Some(wanted) => {
                let attributes = elements.into_iter().flat_map(|element| &element.attributes);
                let selected = attributes.filter(|(name, _)| wanted == "*" || name.local == *wanted);
                selected.map(|(_, value)| Found::Attribute(value)).collect()
            }
        }
    }
}

impl Step {
    /// Takes those of one parent's elements that the step names.
    fn take<'e>(&self, elements: impl Iterator<Item = &'e Element>, out: &mut Vec<&'e Element>) {
        let named = elements.filter(|element| self.name == "*" || element.name.local == self.name);
        match self.index {
            None => out.extend(named),
            Some(index) => out.extend(named.skip(index - 1).take(1)),
        }
    }

    /// Takes from all that is below an element. `//a//b` comes to one element on several ways, and goes on from it once.
    fn below<'e>(&self, element: &'e Element, visited: &mut HashSet<usize>, out: &mut Vec<&'e Element>) {
        if visited.insert(std::ptr::from_ref(element).addr()) {
            self.take(element.elements(), out);
            element.elements().for_each(|child| self.below(child, visited, out));
        }
    }
}

/// A name without its prefix.
fn local(name: &str) -> Result<String, String> {
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
    let is_name = local == "*"
        || (!local.is_empty()
            && local.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
            && !local.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.'));
    if is_name { Ok(local.to_owned()) } else { Err(format!("`{name}` is no name")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_select_elements_and_attributes() {
        let text = "<o:order xmlns:o='n' id='7'><item id='1'><name>a</name></item><item id='2'><name>b</name></item></o:order>";
        let root = Element::parse(text).unwrap();
        for (path, expected) in [
            ("/order/@id", vec!["7"]),
            ("/o:order/item/name", vec!["a", "b"]),
            ("/order/item[2]/name/text()", vec!["b"]),
            ("/order/item[2]/@id", vec!["2"]),
            ("//name", vec!["a", "b"]),
            ("//@id", vec!["7", "1", "2"]),
            ("/*/*[1]/name", vec!["a"]),
            ("//item//name", vec!["a", "b"]),
            ("/item", vec![]),
        ] {
            let found: Vec<String> = XmlPath::parse(path).unwrap().select(&root).iter().map(Found::text).collect();
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["", "/", "$.a", "order", "/a[b]", "/a[0]", "/a/@b/c", "/a b", "//", "/a/1b"] {
            assert!(XmlPath::parse(path).is_err(), "{path}");
        }
    }
}
