//! The `JUnit` report against the rules of the two schemas that are checked in practice.
//!
//! The rules are written down as tables here: Jenkins' xunit plugin (`junit-10.xsd`) passes over a file that is not
//! valid, and so do tools that check Apache Ant's `JUnit.xsd`. Newman #1931 and Schemathesis #4794 are reports of such files.

use crate::program::{Folder, Served, run};
use std::fs;

/// An element as a schema describes it.
struct Element {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: Children,
}

enum Children {
    /// Any number of these, in any order.
    Any(&'static [&'static str]),
    /// These in this order, each with its least and greatest number.
    InOrder(&'static [(&'static str, usize, usize)]),
    /// At most one of these.
    One(&'static [&'static str]),
    /// Text alone.
    Text,
}

const MANY: usize = usize::MAX;

const JENKINS: &[Element] = &[
    Element {
        name: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: Children::Any(&["testsuite"]),
    },
    Element {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &[
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
            "version",
        ],
        children: Children::Any(&["testsuite", "properties", "testcase", "system-out", "system-err"]),
    },
    Element { name: "properties", required: &[], optional: &[], children: Children::InOrder(&[("property", 1, MANY)]) },
    Element { name: "property", required: &["name", "value"], optional: &[], children: Children::Text },
    Element {
        name: "testcase",
        required: &["name"],
        optional: &["time", "classname", "group"],
        children: Children::Any(&["skipped", "error", "failure", "system-out", "system-err"]),
    },
    Element { name: "failure", required: &[], optional: &["type", "message"], children: Children::Text },
    Element { name: "error", required: &[], optional: &["type", "message"], children: Children::Text },
    Element { name: "skipped", required: &[], optional: &["type", "message"], children: Children::Text },
    Element { name: "system-out", required: &[], optional: &[], children: Children::Text },
    Element { name: "system-err", required: &[], optional: &[], children: Children::Text },
];

const ANT: &[Element] = &[
    Element { name: "testsuites", required: &[], optional: &[], children: Children::Any(&["testsuite"]) },
    Element {
        name: "testsuite",
        required: &["package", "id", "name", "timestamp", "hostname", "tests", "failures", "errors", "time"],
        optional: &["skipped"],
        children: Children::InOrder(&[
            ("properties", 1, 1),
            ("testcase", 0, MANY),
            ("system-out", 1, 1),
            ("system-err", 1, 1),
        ]),
    },
    Element { name: "properties", required: &[], optional: &[], children: Children::InOrder(&[("property", 0, MANY)]) },
    Element { name: "property", required: &["name", "value"], optional: &[], children: Children::Text },
    Element {
        name: "testcase",
        required: &["name", "classname", "time"],
        optional: &[],
        children: Children::One(&["skipped", "error", "failure"]),
    },
    Element { name: "failure", required: &["type"], optional: &["message"], children: Children::Text },
    Element { name: "error", required: &["type"], optional: &["message"], children: Children::Text },
    // The element has no type in the schema, so its content is free.
    Element { name: "skipped", required: &[], optional: &["type", "message"], children: Children::Text },
    Element { name: "system-out", required: &[], optional: &[], children: Children::Text },
    Element { name: "system-err", required: &[], optional: &[], children: Children::Text },
];

/// An element of a document.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
    text: String,
}

/// Reads a document without comments, sections and declarations but the first.
fn document(text: &str) -> Node {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    assert!(text.chars().all(allowed), "XML 1.0, section 2.2: {text:?}");
    let (_, text) = text.split_once("?>").expect("a declaration");
    let mut open = vec![Node::default()];
    for piece in text.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            let node = open.pop().unwrap();
            assert_eq!(node.name, name);
            open.last_mut().unwrap().children.push(node);
        } else {
            let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let parts: Vec<&str> = attributes.split('"').collect();
            let attributes =
                parts.chunks_exact(2).map(|pair| (pair[0].trim().trim_end_matches('=').to_owned(), pair[1].to_owned()));
            let node = Node { name: name.to_owned(), attributes: attributes.collect(), ..Node::default() };
            if is_empty {
                open.last_mut().unwrap().children.push(node);
            } else {
                open.push(node);
            }
        }
        open.last_mut().unwrap().text.push_str(after);
    }
    assert_eq!(open.len(), 1, "every element is closed");
    open.pop().unwrap().children.pop().expect("a root")
}

fn check(node: &Node, schema: &[Element], problems: &mut Vec<String>) {
    let Some(element) = schema.iter().find(|element| element.name == node.name) else {
        return problems.push(format!("<{}>", node.name));
    };
    for (name, value) in &node.attributes {
        if !element.required.contains(&name.as_str()) && !element.optional.contains(&name.as_str()) {
            problems.push(format!("{}@{name}", node.name));
        }
        let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let holds = match name.as_str() {
            "time" => value
                .split_once('.')
                .is_some_and(|(s, ms)| is_digits(s) && is_digits(ms) && ms.len() <= 3 && s.len() <= 3),
            "tests" | "failures" | "errors" | "skipped" | "id" => !value.is_empty() && is_digits(value),
            "timestamp" => value.len() == 19 && value.as_bytes()[10] == b'T',
            "hostname" | "package" => !value.is_empty(),
            _ => true,
        };
        if !holds {
            problems.push(format!("{}@{name}={value}", node.name));
        }
    }
    for name in element.required.iter().filter(|name| !node.attributes.iter().any(|(known, _)| known == *name)) {
        problems.push(format!("{} without {name}", node.name));
    }
    let names: Vec<&str> = node.children.iter().map(|child| child.name.as_str()).collect();
    let fits = match &element.children {
        Children::Any(allowed) => names.iter().all(|name| allowed.contains(name)),
        Children::One(allowed) => names.len() <= 1 && names.iter().all(|name| allowed.contains(name)),
        Children::Text => names.is_empty(),
        Children::InOrder(parts) => {
            let mut left = names.as_slice();
            parts.iter().all(|(name, least, most)| {
                let count = left.iter().take_while(|other| *other == name).count();
                left = &left[count..];
                (*least..=*most).contains(&count)
            }) && left.is_empty()
        }
    };
    if !fits {
        problems.push(format!("children of {}: {names:?}", node.name));
    }
    node.children.iter().for_each(|child| check(child, schema, problems));
}

fn report(fixtures: &[(&str, &str)], backend: &[(&str, &str)]) -> String {
    let backend = Folder::with_fixtures(backend);
    let served = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", served.port);
    let project = Folder::with_fixtures(fixtures);
    run(&project.0, &["verify", "--backend", &url, "--report", "junit=out.xml"]);
    fs::read_to_string(project.0.join("out.xml")).unwrap()
}

#[test]
fn the_report_is_valid_by_both_schemas() {
    let text = report(
        &[
            ("kept", "request: { path: /kept }\nresponse: { body: { json: { a: 1 } } }\n"),
            ("skipped", "request: { path: /skipped }\nresponse: { status: 204 }\nverify: { skip: later }\n"),
            ("write", "request: { method: POST, path: /write }\nresponse: { status: 204 }\n"),
            // The text has a control character, `<` and an end of line, as in Schemathesis #4794.
            ("failed", "request: { path: /failed }\nresponse:\n  body:\n    text: \"a\\x12<b>\\uFFFE\\n\"\n"),
            (
                "refused",
                "name: \"<refused> & \\e[31mred\"\nrequest: { path: /refused }\nresponse: { body: { json: { a: 1 } } }\n",
            ),
        ],
        &[
            ("kept", "request: { path: /kept }\nresponse: { body: { json: { a: 1 } } }\n"),
            ("failed", "request: { path: /failed }\nresponse: { body: { text: \"a\\x11<c>]]>\\n\" } }\n"),
            (
                "refused",
                "request: { path: /refused }\nresponse: { status: 500, body: { text: \"out of \\e[1mmemory\" } }\n",
            ),
        ],
    );
    let root = document(&text);
    for (name, schema) in [("junit-10.xsd", JENKINS), ("JUnit.xsd", ANT)] {
        let mut problems = Vec::new();
        check(&root, schema, &mut problems);
        assert_eq!(problems, Vec::<String>::new(), "{name}: {text}");
    }
    let suite = &root.children[0];
    let case = |id: &str| {
        let is_it = |node: &&Node| {
            node.attributes.iter().any(|(name, value)| name == "classname" && value == &format!("s.{id}"))
        };
        &suite.children.iter().find(is_it).unwrap().children[0]
    };
    // Hurl #1044: a failure shows the request too, beside the file and the line.
    assert!(case("failed").text.starts_with("GET /failed\nfixtures/s/failed.yaml:4: $ value: expected "), "{text}");
    assert!(case("refused").text.contains("out of"), "{text}");
    assert!(case("refused").text.contains("fixtures/s/refused.yaml:3: status: expected 200, received 500"), "{text}");
    for (name, count) in [("tests", "5"), ("failures", "2"), ("errors", "0"), ("skipped", "2")] {
        assert!(suite.attributes.iter().any(|(known, value)| known == name && value == count), "{name}: {text}");
    }
}

/// karatelabs/karate #3024: not every difference has its file and line. restcli/restcli #23: the JUnit report has none.
/// AnWeber/httpyac #578: the line is that of the request, not that of the assertion.
#[test]
fn every_difference_has_the_line_that_says_what_was_expected() {
    let fixtures = [
        (
            "all",
            "request: { path: /all }\nresponse:\n  status: 201\n  headers:\n    x-kind: one\n  body:\n    json:\n      a: 1\n      list:\n        - { b: 1 }\n  match:\n    $.list: { min: 3 }\n    $..c: date\n",
        ),
        (
            "later",
            "request: { path: /later }\nresponse:\n  - when: { x: 1 }\n    status: 200\n  -\n    body: { xml: '<a x=\"1\"/>' }\n",
        ),
        ("short", "request: { path: /short }\nresponse: {}\n"),
        ("one", "request: { path: /same/1 }\nresponse:\n  body:\n    json: { id: 1 }\n"),
        ("three", "request: { path: /same/3 }\nresponse:\n\n  body:\n    json: { id: 1 }\n"),
        ("two", "request: { path: /same/2 }\nresponse:\n  body:\n\n\n    json: { id: 1 }\n"),
    ];
    let backend = Folder::with_fixtures(&[
        (
            "all",
            "request: { path: /all }\nresponse: { headers: { x-kind: two }, body: { json: { a: x, list: [{ b: true, c: 1 }] } } }\n",
        ),
        ("later", "request: { path: /later }\nresponse: { body: { xml: '<a x=\"2\"/>' } }\n"),
        ("same", "request: { path: '/same/{id}' }\nresponse: { body: { json: { id: x } } }\n"),
    ]);
    let served = Served::new(&backend.0, &[]);
    let url = format!("http://127.0.0.1:{}", served.port);
    let project = Folder::with_fixtures(&fixtures);
    let verify = |more: &[&str]| run(&project.0, &[&["verify", "--backend", &url], more].concat()).1;
    let (shown, json) = (verify(&["--report", "junit=out.xml"]), verify(&["--json"]));
    let junit = fs::read_to_string(project.0.join("out.xml")).unwrap();
    for (fixture, path, line) in [
        ("all", "status", 3),
        ("all", "x-kind", 5),
        ("all", "$.a", 8),
        ("all", "$.list", 12),
        ("all", "$.list[0].b", 10),
        ("all", "$.list[0].c", 13),
        ("later", "/a/@x", 6),
        ("short", "status", 2),
        ("one", "$.id", 4),
        ("two", "$.id", 6),
        ("three", "$.id", 5),
    ] {
        let place = format!("fixtures/s/{fixture}.yaml:{line}");
        let in_json = format!("\"file\": \"fixtures/s/{fixture}.yaml\",\n          \"line\": {line}");
        assert!(junit.contains(&format!("{place}: {path}")), "{place} {path}\n{junit}");
        assert!(json.contains(&in_json), "{place} {path}\n{json}");
        // Differences that are alike are one block, with a line for each fixture.
        let with_place = |line: &str| line.contains(&place) && line.contains(path);
        assert!(shown.lines().any(with_place), "{place} {path}\n{shown}");
    }
    let differences = json.matches("\"kind\": ").count();
    assert!(differences > 0 && json.matches("\"line\": ").count() == differences, "{json}");
    assert!(!json.contains("\"line\": null"), "{json}");
}

#[test]
fn a_report_that_is_not_valid_is_noticed() {
    let wrong = "<?xml version=\"1.0\"?><testsuites skipped=\"1\"><testsuite name=\"s\" tests=\"1\" failures=\"0\" errors=\"0\"><testcase name=\"a\" file=\"a.yaml\" time=\"0.001177\"/></testsuite></testsuites>";
    let mut problems = Vec::new();
    check(&document(wrong), JENKINS, &mut problems);
    assert_eq!(problems, ["testsuites@skipped", "testcase@file", "testcase@time=0.001177"]);
}
