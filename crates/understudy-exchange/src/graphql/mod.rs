//! GraphQL documents by their meaning.
//!
//! Two texts are the same [`Document`] if a server cannot distinguish them: white space, commas,
//! comments, the short form of an anonymous query, the spelling of strings, and the order of
//! definitions, variables, arguments and selections do not count. The order of a mutation's own
//! fields counts, because they run one after another (October 2021, section 6.2.2).

mod read;

/// A document that can be executed: operations and fragments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    definitions: Vec<Node>,
}

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The reason, in words.
    pub message: String,
    /// The byte of the text at which the error was found.
    pub offset: usize,
}

/// The place where two documents differ, with what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The names of the nodes around the difference: `query Pets`, `pets`.
    pub place: Vec<String>,
    /// The written text; `None` for something that is extra.
    pub expected: Option<String>,
    /// The received text; `None` for something that is missing.
    pub received: Option<String>,
}

/// Compares a string that was written with a value that was received: its text, or `None` for a value that is no string.
pub type Compare<'c> = &'c dyn Fn(&str, Option<&str>) -> bool;

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// The first error of its syntax, or the bound that it exceeds.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        read::document(text)
    }

    /// Returns the name of the only operation. The inner option is `None` if the operation has no name, the outer one if
    /// there are several.
    #[must_use]
    pub fn only_operation(&self) -> Option<Option<&str>> {
        let mut operations = self.definitions.iter().filter(|node| node.kind == Kind::Operation);
        let only = operations.next().filter(|_| operations.next().is_none())?;
        Some(only.name.split_once(' ').map(|(_, name)| name))
    }

    /// Returns the first difference from a received document; `compare` compares the strings in values.
    #[must_use]
    pub fn difference(&self, received: &Self, compare: Compare<'_>) -> Option<Difference> {
        children_differ(&self.definitions, &received.definitions, compare)
    }
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    kind: Kind,
    /// The name of the node, or the text of a plain value.
    name: String,
    children: Vec<Node>,
}

/// The kinds of a node. Children are sorted by kind first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Operation,
    Fragment,
    Variable,
    Argument,
    Member,
    Type,
    /// A variable, a number, a name, `true`, `false` or `null`.
    Plain,
    String,
    List,
    Object,
    Directive,
    /// The value of a variable that is not sent.
    Default,
    Field,
    Spread,
    Inline,
}

impl Kind {
    /// Returns true if the node is found by its name, wherever it stands.
    fn is_named(self) -> bool {
        !matches!(self, Self::Plain | Self::String | Self::List | Self::Object | Self::Type)
    }

    fn is_value(self) -> bool {
        matches!(self, Self::Plain | Self::String | Self::List | Self::Object)
    }
}

fn differs(wanted: &Node, received: &Node, compare: Compare<'_>) -> Option<Difference> {
    if wanted.kind == Kind::String && received.kind.is_value() {
        let text = (received.kind == Kind::String).then_some(received.name.as_str());
        return (!compare(&wanted.name, text)).then(|| unlike(Some(wanted), Some(received)));
    }
    if wanted.kind != received.kind || wanted.name != received.name {
        return Some(unlike(Some(wanted), Some(received)));
    }
    let mut difference = children_differ(&wanted.children, &received.children, compare)?;
    if wanted.kind.is_named() {
        difference.place.insert(0, wanted.name.clone());
    }
    Some(difference)
}

/// Compares two lists in order. Where two nodes with names do not correspond, one of them is missing or too much.
fn children_differ(wanted: &[Node], received: &[Node], compare: Compare<'_>) -> Option<Difference> {
    let mut pairs = wanted.iter().zip(received);
    let found = pairs.find_map(|(wanted, received)| {
        let corresponds = (wanted.kind, &wanted.name) == (received.kind, &received.name);
        if corresponds || !(wanted.kind.is_named() && received.kind.is_named()) {
            return differs(wanted, received, compare);
        }
        Some(unlike(Some(wanted), Some(received)))
    });
    let (shorter, at) = (wanted.len().min(received.len()), wanted.len() != received.len());
    let Some(mut found) = found else {
        return at.then(|| unlike(wanted.get(shorter), received.get(shorter)));
    };
    // With one node too many or too few, all after it stand beside another one.
    let has = |nodes: &[Node], shown: &Option<String>| nodes.iter().any(|node| Some(node.show()) == *shown);
    if found.place.is_empty() && at {
        if wanted.len() > received.len() && has(wanted, &found.received) {
            found.received = None;
        } else if received.len() > wanted.len() && has(received, &found.expected) {
            found.expected = None;
        }
    }
    Some(found)
}

fn unlike(wanted: Option<&Node>, received: Option<&Node>) -> Difference {
    Difference { place: Vec::new(), expected: wanted.map(Node::show), received: received.map(Node::show) }
}

impl Node {
    /// The node as somebody would write it.
    fn show(&self) -> String {
        let of = |kinds: &[Kind]| self.children.iter().filter(|node| kinds.contains(&node.kind)).collect::<Vec<_>>();
        let list = |nodes: Vec<&Node>, between: &str| nodes.iter().map(|n| n.show()).collect::<Vec<_>>().join(between);
        let within = |open: &str, text: String, close: &str| {
            if text.is_empty() { text } else { format!("{open}{text}{close}") }
        };
        let directives = within(" ", list(of(&[Kind::Directive]), " "), "");
        match self.kind {
            Kind::Type | Kind::Plain => self.name.clone(),
            Kind::String => format!("{:?}", self.name),
            Kind::List => format!("[{}]", list(self.children.iter().collect(), ", ")),
            Kind::Object => format!("{{{}}}", list(self.children.iter().collect(), ", ")),
            Kind::Argument | Kind::Member => format!("{}: {}", self.name, list(self.children.iter().collect(), "")),
            Kind::Default => format!("= {}", list(self.children.iter().collect(), "")),
            Kind::Variable => {
                let default = within(" ", list(of(&[Kind::Default]), ""), "");
                format!("{}: {}{default}{directives}", self.name, list(of(&[Kind::Type]), ""))
            }
            Kind::Operation | Kind::Fragment | Kind::Directive | Kind::Field | Kind::Spread | Kind::Inline => {
                let arguments = within("(", list(of(&[Kind::Variable, Kind::Argument]), ", "), ")");
                let selections = list(of(&[Kind::Field, Kind::Spread, Kind::Inline]), " ");
                format!("{}{arguments}{directives}{}", self.name, within(" { ", selections, " }"))
            }
        }
    }
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: Vec<String> = self.definitions.iter().map(Node::show).collect();
        f.write_str(&all.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        Document::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    fn difference(wanted: &str, received: &str) -> Option<(String, Option<String>, Option<String>)> {
        let found = read(wanted).difference(&read(received), &|wanted, received| received == Some(wanted))?;
        Some((found.place.join(" > "), found.expected, found.received))
    }

    /// pactum #156 and pact-js #292 (layout), msw #918 (no operation name), postman-app-support #8335 (comments).
    #[test]
    fn spelling_does_not_count() {
        for (one, other) in [
            ("query { me { id } }", "{me{id}}"),
            ("{ a(x: 1, y: 2) }", "# all\n{ a(y: 2 x: 1) }"),
            ("query Q($a: Int = 1, $b: [ID!]!) { a b }", "query Q($b:[ID!]! $a:Int=1){b,a}"),
            ("{ ...F } fragment F on T { a }", "fragment F on T { a } query { ...F }"),
            ("{ a(x: \"\"\"\n  hi\n    you\n\"\"\") }", "{ a(x: \"hi\\n  you\") }"),
            ("{ a(x: \"\\u00e9\") }", "{ a(x: \"é\") }"),
            ("{ a(x: {b: 1, c: [1 2]}) }", "{ a(x: {c: [1, 2], b: 1}) }"),
            ("\u{FEFF}{ a }", "{ a }"),
            ("{ ... on T { a } b }", "{ b ... on T { a } }"),
            ("mutation { a { x y } }", "mutation { a { y x } }"),
        ] {
            assert_eq!(difference(one, other), None, "{one} / {other}");
        }
    }

    #[test]
    fn meaning_counts_and_the_place_is_named() {
        let text = |text: &str| Some(text.to_owned());
        for (one, other, expected) in [
            ("{ a b }", "{ ab }", ("query", text("a"), text("ab"))),
            ("query Q { a }", "{ a }", ("", text("query Q { a }"), text("query { a }"))),
            ("{ a { b c } }", "{ a { b } }", ("query > a", text("c"), None)),
            ("{ a { b c } }", "{ a { c } }", ("query > a", text("b"), None)),
            ("{ a { c } }", "{ a { b c } }", ("query > a", None, text("b"))),
            ("{ a(n: 1) }", "{ a(n: 2) }", ("query > a > n", text("1"), text("2"))),
            ("{ a(n: \"1\") }", "{ a(n: 1) }", ("query > a > n", text("\"1\""), text("1"))),
            ("{ a(n: [1, 2]) }", "{ a(n: [2, 1]) }", ("query > a > n", text("1"), text("2"))),
            ("mutation { a b }", "mutation { b a }", ("mutation", text("a"), text("b"))),
            ("{ x: a }", "{ a }", ("query", text("x: a"), text("a"))),
            ("{ a @skip(if: $x) }", "{ a }", ("query > a", text("@skip(if: $x)"), None)),
            ("query ($n: Int) { a }", "query ($n: Int!) { a }", ("query > $n", text("Int"), text("Int!"))),
        ] {
            let (place, expected, received) = expected;
            assert_eq!(difference(one, other), Some((place.to_owned(), expected, received)), "{one} / {other}");
        }
    }

    #[test]
    fn the_only_operation_is_known_by_its_name() {
        assert_eq!(read("{ a }").only_operation(), Some(None));
        assert_eq!(read("fragment F on T { a } query Q { ...F }").only_operation(), Some(Some("Q")));
        assert_eq!(read("query A { a } query B { b }").only_operation(), None);
    }

    #[test]
    fn what_is_no_document_is_refused_with_its_place() {
        for text in ["", "nonsense", "query { me { id }", "type A { a: Int }", "{ a(x: ) }", "{", "# only a comment"] {
            assert!(Document::parse(text).is_err(), "{text}");
        }
        assert_eq!(Document::parse("query {\n  a(\n}").map_err(|error| error.offset), Err(13));
    }

    /// Nesting and tokens without end. CVE-2022-37734 (graphql-java): thousands of directives on one field.
    #[test]
    fn hostile_documents_are_bounded() {
        let deep = |open: &str, close: &str| format!("{{a(x:{}1{})}}", open.repeat(20_000), close.repeat(20_000));
        assert!(Document::parse(&deep("[", "]")).is_err());
        assert!(Document::parse(&deep("{a:", "}")).is_err());
        assert!(Document::parse(&"{a".repeat(20_000)).is_err());
        assert!(Document::parse(&format!("query($a:{}) {{a}}", "[".repeat(20_000))).is_err());
        assert!(Document::parse(&format!("{{a{}}}", " @a".repeat(50_000))).is_err());
        assert!(Document::parse(&format!("{}\n{{a}}", "#".repeat(100_000))).is_ok());
    }
}
