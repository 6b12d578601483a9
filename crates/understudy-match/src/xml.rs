//! XML against what a fixture writes, in requests and responses alike: everything is equal, apart from what rules say.

use crate::mismatch::{Kind, Mismatch, NOTHING, shorten};
use crate::pairs::{PAIRS_MAX, Pairs};
use crate::rule::text_obeys;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use understudy_exchange::redact::{REDACTED, is_secret_member};
use understudy_exchange::xml::{Element, Found, Name, Node};
use understudy_fixture::model::{Check, Pattern, XmlBody};

/// Compares a received document. With `placeholders`, as in requests, `{{name}}` stands for anything.
pub(crate) fn compare(wanted: &XmlBody, received: &Element, placeholders: bool) -> Vec<Mismatch> {
    let mut covers = Covers::default();
    for rule in &wanted.rules {
        let is_unordered = rule.rule.checks.contains(&Check::Unordered);
        for found in rule.path.select(wanted.root()).into_iter().chain(rule.path.select(received)) {
            let cover = if is_unordered { &mut covers.unordered } else { &mut covers.ruled };
            cover.insert(address(found));
        }
    }
    let known = Known::default();
    let mut walk = Walk { placeholders, covers: &covers, known: &known, is_trial: false, mismatches: Vec::new() };
    if wanted.root().name == received.name {
        let root = format!("/{}", received.name);
        walk.element(wanted.root(), received, &root);
    } else {
        walk.differ("/", Kind::Value, element_start(wanted.root()), element_start(received));
    }
    for rule in &wanted.rules {
        let found = rule.path.select(received);
        // A node that is missing together with its parent element is one difference.
        let is_below = |path: &str| path == "/" || rule.path.as_str().starts_with(&format!("{path}/"));
        let is_gone = walk.mismatches.iter().any(|mismatch| mismatch.kind != Kind::Added && is_below(&mismatch.path));
        if found.is_empty() && !rule.rule.allows_missing() && !is_gone {
            walk.differ(rule.path.as_str(), Kind::Missing, rule.rule.to_string(), NOTHING.to_owned());
        }
        let is_absent = rule.rule.checks.contains(&Check::Absent);
        for found in found {
            let text = found.text();
            let text = text.trim();
            let checks = rule.rule.checks.iter().filter(|check| **check != Check::Unordered).cloned().collect();
            let of_text = understudy_fixture::model::Rule { checks, ..rule.rule.clone() };
            if is_absent || !text_obeys(&of_text, text, placeholders) {
                let kind = if is_absent { Kind::Added } else { Kind::Value };
                walk.differ(rule.path.as_str(), kind, rule.rule.to_string(), shorten(text));
            }
        }
    }
    walk.mismatches
}

/// Returns true if one element stands in the place of another one.
pub(crate) fn is_other_element(mismatch: &Mismatch) -> bool {
    let is_element = |shown: &str| shown.starts_with('<');
    mismatch.kind == Kind::Value && is_element(&mismatch.expected) && is_element(&mismatch.received)
}

/// Nodes are known by where they stand in memory: trees do not move while they are compared.
fn address(found: Found<'_>) -> usize {
    match found {
        Found::Element(element) => std::ptr::from_ref(element).addr(),
        Found::Attribute(value) => std::ptr::from_ref(value).addr(),
    }
}

/// The nodes of both documents that rules affect.
#[derive(Default)]
struct Covers {
    /// Nodes that a rule covers, with all nodes below them.
    ruled: HashSet<usize>,
    /// Elements whose children may stand in any order.
    unordered: HashSet<usize>,
}

impl Covers {
    fn is_open(&self, found: Found<'_>) -> bool {
        !self.ruled.contains(&address(found))
    }
}

struct Walk<'c> {
    placeholders: bool,
    covers: &'c Covers,
    known: &'c Known,
    /// Only whether there is a mismatch is of interest.
    is_trial: bool,
    mismatches: Vec<Mismatch>,
}

/// The comparison of children in any order, in the whole document.
#[derive(Default)]
struct Known {
    /// The elements that were compared, and whether they fit. They are known by where they stand in memory.
    fits: RefCell<HashMap<(usize, usize), bool>>,
    /// The number of elements, attributes and children that were compared.
    steps: Cell<usize>,
}

/// The number of nodes that are compared while children are paired, in the whole document.
const STEPS_MAX: usize = 500_000;

impl Known {
    fn is_spent(&self) -> bool {
        self.steps.get() > STEPS_MAX
    }
}

impl Walk<'_> {
    fn differ(&mut self, path: impl Into<String>, kind: Kind, expected: String, received: String) {
        if self.mismatches.len() < crate::hold::DIFFERENCES_MAX {
            self.mismatches.push(Mismatch { path: path.into(), kind, expected, received });
        }
    }

    /// Compares two elements with one name.
    fn element(&mut self, wanted: &Element, received: &Element, path: &str) {
        if self.is_trial {
            let nodes = [wanted, received].map(|element| 1 + element.attributes.len() + element.children.len());
            self.known.steps.set(self.known.steps.get().saturating_add(nodes.iter().sum()));
        }
        self.attributes(wanted, received, path);
        if self.is_trial && (!self.mismatches.is_empty() || self.known.is_spent()) {
            return;
        }
        let (wanted_children, received_children) = (self.open(wanted), self.open(received));
        let unordered = &self.covers.unordered;
        if [wanted, received].iter().any(|element| unordered.contains(&address(Found::Element(element)))) {
            self.in_any_order(&wanted_children, &received_children, received, path);
        } else {
            self.in_order(&wanted_children, &received_children, received, path);
        }
    }

    fn attributes(&mut self, wanted: &Element, received: &Element, path: &str) {
        let covers = self.covers;
        let open = |(_, value): &&(Name, String)| covers.is_open(Found::Attribute(value));
        let of = |element: &Element, name: &Name| {
            element.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        for (name, value) in wanted.attributes.iter().filter(open) {
            match of(received, name) {
                Some(other) if self.is_text(value, &other) => {}
                Some(other) => self.differ(format!("{path}/@{name}"), Kind::Value, shorten(value), shorten(&other)),
                None => self.differ(format!("{path}/@{name}"), Kind::Missing, shorten(value), NOTHING.to_owned()),
            }
        }
        for (name, value) in received.attributes.iter().filter(open) {
            if of(wanted, name).is_none() {
                self.differ(format!("{path}/@{name}"), Kind::Added, "nothing else".to_owned(), shorten(value));
            }
        }
    }

    /// The children that no rule speaks for.
    fn open<'e>(&self, element: &'e Element) -> Vec<&'e Node> {
        let is_open = |child: &&Node| match child {
            Node::Element(element) => self.covers.is_open(Found::Element(element)),
            Node::Text(_) => true,
        };
        element.children.iter().filter(is_open).collect()
    }

    fn is_text(&self, wanted: &str, received: &str) -> bool {
        wanted == received || (self.placeholders && wanted.contains("{{") && Pattern::parse(wanted).matches(received))
    }

    /// Compares children one after another. Where two names differ, one of them is missing or too much if the other one
    /// comes later.
    fn in_order(&mut self, wanted: &[&Node], received: &[&Node], parent: &Element, path: &str) {
        let (mut a, mut b) = (0, 0);
        while let (Some(expected), Some(found)) = (wanted.get(a), received.get(b)) {
            if self.is_trial && !self.mismatches.is_empty() {
                return;
            }
            let comes_later = |nodes: &[&Node], like: &Node| nodes.iter().any(|node| is_alike(node, like));
            if is_alike(expected, found) {
                self.node(expected, found, parent, path);
                (a, b) = (a + 1, b + 1);
            } else if comes_later(&received[b..], expected) && !comes_later(&wanted[a..], found) {
                self.extra(found, parent, path);
                b += 1;
            } else if comes_later(&wanted[a..], found) && !comes_later(&received[b..], expected) {
                self.missing(expected, path);
                a += 1;
            } else {
                self.differ(place(found, parent, path), Kind::Value, show(expected), show(found));
                (a, b) = (a + 1, b + 1);
            }
        }
        wanted[a..].iter().for_each(|node| self.missing(node, path));
        received[b..].iter().for_each(|node| self.extra(node, parent, path));
    }

    fn in_any_order(&mut self, wanted: &[&Node], received: &[&Node], parent: &Element, path: &str) {
        if wanted.len().saturating_mul(received.len()) > PAIRS_MAX {
            let count = format!("{} children, too many to be compared in any order", received.len());
            self.differ(path, Kind::Value, "the same children in any order".to_owned(), count);
            return;
        }
        let pairs = Pairs::new(wanted.len(), received.len(), |a, b| {
            is_alike(wanted[a], received[b]) && self.fits(wanted[a], received[b])
        });
        if self.known.is_spent() {
            let most = format!("too many values that differ to compare them in any order (at most {STEPS_MAX})");
            self.differ(path, Kind::Value, "the same children in any order".to_owned(), most);
            return;
        }
        let left = |nodes: &[&'_ Node], pairs: &[Option<usize>]| -> Vec<usize> {
            (0..nodes.len()).filter(|at| pairs[*at].is_none()).collect()
        };
        let (wanted_left, received_left) = (left(wanted, &pairs.of_wanted), left(received, &pairs.of_received));
        let wanted: Vec<&Node> = wanted_left.into_iter().map(|at| wanted[at]).collect();
        let received: Vec<&Node> = received_left.into_iter().map(|at| received[at]).collect();
        if self.is_trial && !pairs.are_complete() {
            self.differ(path, Kind::Value, String::new(), String::new());
            return;
        }
        self.in_order(&wanted, &received, parent, path);
    }

    fn fits(&self, wanted: &Node, received: &Node) -> bool {
        match (wanted, received) {
            (Node::Text(wanted), Node::Text(received)) => self.is_text(wanted, received),
            (Node::Element(wanted), Node::Element(received)) => {
                let pair = (std::ptr::from_ref(wanted).addr(), std::ptr::from_ref(received).addr());
                if let Some(fits) = self.known.fits.borrow().get(&pair) {
                    return *fits;
                }
                let mut inner = Self { is_trial: true, mismatches: Vec::new(), ..*self };
                inner.element(wanted, received, "");
                let fits = inner.mismatches.is_empty() && !self.known.is_spent();
                self.known.fits.borrow_mut().insert(pair, fits);
                fits
            }
            _ => false,
        }
    }

    fn node(&mut self, wanted: &Node, received: &Node, parent: &Element, path: &str) {
        match (wanted, received) {
            (Node::Element(wanted), Node::Element(element)) => {
                self.element(wanted, element, &place(received, parent, path));
            }
            (Node::Text(wanted), Node::Text(text)) if !self.is_text(wanted, text) => {
                self.differ(path, Kind::Value, shorten(wanted), shorten(text));
            }
            _ => {}
        }
    }

    fn missing(&mut self, wanted: &Node, path: &str) {
        let at = match wanted {
            Node::Element(element) => format!("{path}/{}", element.name),
            Node::Text(_) => path.to_owned(),
        };
        self.differ(at, Kind::Missing, show(wanted), NOTHING.to_owned());
    }

    fn extra(&mut self, received: &Node, parent: &Element, path: &str) {
        self.differ(place(received, parent, path), Kind::Added, "nothing else".to_owned(), show(received));
    }
}

/// Two texts, or two elements with one name.
fn is_alike(wanted: &Node, received: &Node) -> bool {
    match (wanted, received) {
        (Node::Element(wanted), Node::Element(received)) => wanted.name == received.name,
        (Node::Text(_), Node::Text(_)) => true,
        _ => false,
    }
}

/// The path of a child: with its number, where others have the same name.
fn place(child: &Node, parent: &Element, path: &str) -> String {
    let Node::Element(element) = child else { return path.to_owned() };
    let same = || parent.elements().filter(|other| other.name.local == element.name.local);
    let at = same().position(|other| std::ptr::eq(other, element)).unwrap_or_default();
    let number = if same().count() > 1 { format!("[{}]", at + 1) } else { String::new() };
    format!("{path}/{}{number}", element.name)
}

fn show(node: &Node) -> String {
    match node {
        Node::Text(text) => shorten(text),
        Node::Element(element) => element_start(element),
    }
}

/// An element as its start and its text: `<id xmlns="urn:x" lang="de">7</id>`.
fn element_start(element: &Element) -> String {
    let name = &element.name.local;
    let namespace = match element.name.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" xmlns=\"{namespace}\""),
    };
    let attributes: String = element
        .attributes
        .iter()
        .map(|(name, value)| format!(" {name}=\"{}\"", shown_attribute(name, value)))
        .collect();
    let text = element.text();
    let inner = if element.elements().next().is_some() { "…" } else { text.as_str() };
    shorten(&if inner.is_empty() {
        format!("<{name}{namespace}{attributes}/>")
    } else {
        format!("<{name}{namespace}{attributes}>{inner}</{name}>")
    })
}

fn shown_attribute<'v>(name: &Name, value: &'v str) -> &'v str {
    if is_secret_member(&name.local) { REDACTED } else { value }
}
