//! Descriptions that are made to hurt: what they say is nonsense, and must cost neither the program nor its time. Tests run with
//! the stack of a thread that serves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;

use bytes::Bytes;
use http::{HeaderMap, Method};
use memory::InMemory;
use understudy_exchange::{Request, Response};
use understudy_fixture::model::Requests;
use understudy_openapi::{Answer, Asking, Description};

/// A description that is one file.
fn open(text: String) -> Description {
    Description::open("a.json", &InMemory([("a.json".to_owned(), text)].into())).unwrap()
}

/// A description whose only operation takes and gives the schema `S0`.
fn with_schemas(version: &str, schemas: &str) -> Description {
    let content = r##"{"application/json":{"schema":{"$ref":"#/components/schemas/S0"}},"application/xml":{"schema":{"$ref":"#/components/schemas/S0"}},"application/x-www-form-urlencoded":{"schema":{"$ref":"#/components/schemas/S0"}}}"##;
    let text = format!(
        r##"{{"openapi":"{version}","info":{{"title":"H","version":"1"}},"paths":{{"/a":{{"post":{{
            "parameters":[{{"name":"q","in":"query","schema":{{"$ref":"#/components/schemas/S0"}}}}],
            "requestBody":{{"content":{content}}},"responses":{{"200":{{"description":"x","content":{content}}}}}}}}}}},
            "components":{{"schemas":{{{schemas}}}}}}}"##
    );
    open(text)
}

/// Asks with JSON, with a form and with nothing, and holds an answer against the description.
fn ask(description: &Description) {
    for (kind, body) in [
        ("application/json", r#"{"x":{"x":{"x":[1,{"x":"y"}]}},"p1":{"p2":"z"}}"#.to_owned()),
        ("application/json", format!("{}1{}", r#"{"x":"#.repeat(120), "}".repeat(120))),
        ("application/x-www-form-urlencoded", "x[x][x]=1&p1[p2]=z".to_owned()),
        ("application/x-www-form-urlencoded", (0..5_000).map(|n| format!("a{n}=1&")).collect()),
        ("application/xml", String::new()),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        headers.insert("accept", kind.parse().unwrap());
        let request = Request {
            method: Method::POST,
            target: "/a?q=7".parse().unwrap(),
            headers: headers.clone(),
            body: Bytes::from(body),
        };
        for requests in [Requests::Refuse, Requests::Report, Requests::Accept] {
            let answer = description.answer(&request, Asking { base: "", requests, chance: 1 });
            assert!(matches!(answer, Answer::Response(_) | Answer::Refused(_)));
        }
        let response = Response { status: http::StatusCode::OK, headers, body: request.body.clone() };
        assert_eq!(description.judge(&request, &response, "").operation, Some(0));
    }
}

fn reference(to: usize) -> String {
    format!(r##"{{"$ref":"#/components/schemas/S{to}"}}"##)
}

const LONG: usize = 1_000;

#[test]
fn schemas_that_refer_to_each_other_for_long() {
    for wrap in [
        |next: String| format!(r#"{{"type":"object","properties":{{"x":{next}}}}}"#),
        |next: String| format!(r#"{{"type":"object","required":["x"],"properties":{{"x":{next}}}}}"#),
        |next: String| format!(r#"{{"allOf":[{next}]}}"#),
        |next: String| format!(r#"{{"oneOf":[{next},{{"type":"string"}}]}}"#),
        |next: String| format!(r#"{{"not":{next}}}"#),
        |next: String| format!(r#"{{"type":"array","minItems":1,"items":{next}}}"#),
        |next: String| format!(r#"{{"additionalProperties":{next}}}"#),
        |next: String| next,
    ] {
        let schemas: Vec<String> = (0..LONG).map(|n| format!(r#""S{n}":{}"#, wrap(reference(n + 1)))).collect();
        for version in ["3.0.3", "3.1.0"] {
            ask(&with_schemas(version, &format!(r#"{},"S{LONG}":{{"type":"string"}}"#, schemas.join(","))));
        }
    }
}

#[test]
fn alternatives_of_alternatives() {
    let many: Vec<String> = (0..60)
        .map(|n| format!(r#"{{"type":"object","required":["p{n}"],"properties":{{"p{n}":{}}}}}"#, reference(0)))
        .collect();
    for union in ["oneOf", "anyOf", "allOf"] {
        ask(&with_schemas("3.1.0", &format!(r#""S0":{{"{union}":[{},{{"type":"string"}}]}}"#, many.join(","))));
    }
}

/// Two branches that both lead on to the next schema, in every keyword that holds schemas.
fn branches(next: &str) -> Vec<String> {
    let branch = |own: &str| format!(r#"{{"properties":{{"x":{next},"{own}":{{"type":"integer"}}}}}}"#);
    let (a, b) = (branch("a"), branch("b"));
    let both = format!("[{a},{b}]");
    vec![
        format!(r#"{{"oneOf":{both}}}"#),
        format!(r#"{{"anyOf":{both}}}"#),
        format!(r#"{{"allOf":{both}}}"#),
        format!(r#"{{"not":{{"allOf":{both}}}}}"#),
        format!(r#"{{"not":{{"anyOf":[{{"not":{a}}},{{"not":{b}}}]}}}}"#),
        format!(r#"{{"if":{a},"then":{b},"else":{b}}}"#),
        format!(r#"{{"dependentSchemas":{{"x":{a}}},"anyOf":[{b},{b}]}}"#),
        format!(r#"{{"oneOf":{both},"unevaluatedProperties":false}}"#),
        format!(r#"{{"anyOf":{both},"unevaluatedProperties":{next}}}"#),
        format!(
            r#"{{"properties":{{"x":{next}}},"patternProperties":{{"^x$":{next}}},"additionalProperties":{next}}}"#
        ),
        format!(r#"{{"anyOf":[{{"items":{next}}},{{"prefixItems":[{next}]}},{{"contains":{next}}}]}}"#),
        format!(r#"{{"allOf":[{{"items":{next}}},{{"prefixItems":[{next}]}},{{"contains":{next}}}]}}"#),
        format!(
            r#"{{"contains":{next},"unevaluatedItems":{next},"oneOf":[{{"items":{next}}},{{"contains":{next}}}]}}"#
        ),
    ]
}

/// Bodies that go through every branch on every level, with a fault at their end.
fn nested(depth: usize) -> [String; 2] {
    let end = r#"{"a":"wrong","b":"wrong"}"#;
    [(r#"{"x":"#, "}"), ("[", "]")].map(|(open, close)| format!("{}{end}{}", open.repeat(depth), close.repeat(depth)))
}

/// Posts JSON, and compares it as a backend's response too.
fn post(description: &Description, body: &str) -> Vec<String> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    let body = Bytes::from(body.to_owned());
    let request = Request { method: Method::POST, target: "/a".parse().unwrap(), headers: headers.clone(), body };
    let response = Response { status: http::StatusCode::OK, headers, body: request.body.clone() };
    assert_eq!(description.judge(&request, &response, "").operation, Some(0));
    let violations = match description.answer(&request, Asking { base: "", requests: Requests::Refuse, chance: 1 }) {
        Answer::Response(answer) => answer.violations,
        Answer::Refused(refusal) => refusal.violations,
        other => panic!("{other:?}"),
    };
    violations.iter().map(ToString::to_string).collect()
}

#[test]
fn branches_that_lead_back_to_the_whole() {
    for schema in branches(&reference(0)) {
        let description = with_schemas("3.1.0", &format!(r#""S0":{schema}"#));
        nested(40).iter().for_each(|body| drop(post(&description, body)));
    }
    for anchor in branches(r##"{"$dynamicRef":"#/components/schemas/S0"}"##) {
        let description = with_schemas("3.1.0", &format!(r#""S0":{anchor}"#));
        nested(40).iter().for_each(|body| drop(post(&description, body)));
    }
}

/// The schemas of networknt/json-schema-validator #1276 and ajv #703, where each level of a value doubles the work.
#[test]
fn branches_of_public_reports() {
    let lists = format!(
        r#""S0":{{"anyOf":[{{"type":"array","items":{r},"minItems":0}},{{"type":"array","items":{r},"maxItems":99}}]}}"#,
        r = reference(0)
    );
    let model = |kind: &str| {
        format!(
            r#"{{"type":"object","required":["type"],"additionalProperties":false,"properties":{{"type":{{"enum":["{kind}"]}},"children":{{"type":"array","items":{}}}}}}}"#,
            reference(0)
        )
    };
    let models = format!(r#""S0":{{"type":"object","anyOf":[{},{}]}}"#, model("model1"), model("model1"));
    let open = r#"{"type":"model1","children":["#;
    for (schemas, body) in [
        (lists, format!("{}\"x\"{}", "[".repeat(40), "]".repeat(40))),
        (models, format!("{}{}", open.repeat(40), "]}".repeat(40).replacen("]}", "1]}", 1))),
    ] {
        let told = post(&with_schemas("3.1.0", &schemas), &body);
        assert_eq!(told, ["body: does not fit its schema; too many alternatives lead back to the schema to say where"]);
    }
}

#[test]
fn branches_that_lead_on_for_long() {
    for kind in 0..branches("{}").len() {
        let schemas: Vec<String> =
            (0..60).map(|n| format!(r#""S{n}":{}"#, branches(&reference(n + 1))[kind])).collect();
        let description = with_schemas("3.1.0", &format!(r#"{},"S60":{{"type":"string"}}"#, schemas.join(",")));
        nested(40).iter().for_each(|body| drop(post(&description, body)));
    }
}

/// The verdict is right, or it is said that there is none.
#[test]
fn what_takes_too_much_work_is_told() {
    let schemas = |count: usize| -> String {
        let all = (0..count).map(|n| format!(r#""S{n}":{}"#, branches(&reference(n + 1))[0]));
        format!(r#"{},"S{count}":{{"type":"string"}}"#, all.collect::<Vec<_>>().join(","))
    };
    let body = |depth: usize| format!("{}1{}", r#"{"x":"#.repeat(depth), "}".repeat(depth));
    let told = post(&with_schemas("3.1.0", &schemas(3)), &body(3));
    assert!(told[0].starts_with("body: matches none of the alternatives"), "{told:?}");
    let told = post(&with_schemas("3.1.0", &schemas(14)), &body(14));
    assert_eq!(told, ["body: does not fit its schema; too many alternatives lead back to the schema to say where"]);
    let told = post(&with_schemas("3.1.0", &schemas(40)), &body(40));
    assert_eq!(told, ["body: was not compared with its schema: it takes more than 201312 steps"]);
}

#[test]
fn schemas_that_come_back_in_many_ways() {
    let members: Vec<String> = (0..6).map(|n| format!(r#""p{n}":{}"#, reference(0))).collect();
    let twice: Vec<String> =
        (0..60).map(|n| format!(r#""S{n}":{{"allOf":[{next},{next}]}}"#, next = reference(n + 1))).collect();
    let inline = (0..24).fold(format!(r#"{{"type":"object","properties":{{"x":{}}}}}"#, reference(0)), |inner, _| {
        format!(r#"{{"oneOf":[{{"anyOf":[{inner}]}}]}}"#)
    });
    for schemas in [
        format!(r#""S0":{{"properties":{{{}}}}}"#, members.join(",")),
        format!(
            r#""S0":{{"type":"object","allOf":[{}],"additionalProperties":{{"type":"string"}},"required":["zz"]}}"#,
            reference(0)
        ),
        format!(r#"{},"S60":{{"type":"string"}}"#, twice.join(",")),
        format!(r#""S0":{inline}"#),
    ] {
        ask(&with_schemas("3.0.3", &schemas));
    }
}

#[test]
fn lists_without_end() {
    let names: Vec<String> = (0..20_000).map(|n| format!("\"n{n}\"")).collect();
    let names = names.join(",");
    for schema in [
        format!(r#"{{"allOf":[{{"enum":[{names}]}},{{"enum":[{names}]}}]}}"#),
        format!(r#"{{"type":"object","required":[{names}]}}"#),
    ] {
        ask(&with_schemas("3.0.3", &format!(r#""S0":{schema}"#)));
    }
    let variables: Vec<String> =
        (0..60).map(|n| format!(r#""v{n}":{{"default":"{{v{m}}}{{v{m}}}"}}"#, m = n + 1)).collect();
    let servers = format!(r#"[{{"url":"/{{v0}}","variables":{{{}}}}}]"#, variables.join(","));
    let text =
        format!(r#"{{"openapi":"3.0.0","info":{{"title":"S","version":"1"}},"servers":{servers},"paths":{{}}}}"#);
    assert!(open(text).prefixes[0].len() < 100);
    let lost: Vec<String> = (0..20_000).map(|n| format!(r#"{{"$ref":"none{n}.json"}}"#)).collect();
    let text = format!(
        r#"{{"openapi":"3.0.0","info":{{"title":"S","version":"1"}},"paths":{{}},"x-a":[{}]}}"#,
        lost.join(",")
    );
    let told = open(text).diagnostics;
    assert!(told.len() < 250 && told.iter().all(|problem| problem.line_text.len() < 20_000), "{}", told.len());
}

#[test]
fn values_that_are_asked_for_in_numbers() {
    for schema in [
        r#"{"type":"array","minItems":1000000000,"items":{"type":"string"}}"#,
        r#"{"type":"string","minLength":1000000000}"#,
        r#"{"type":"string","pattern":"^(a{1000}){1000}$"}"#,
        r#"{"type":"string","pattern":"^(a+)+$","minLength":100000}"#,
        r#"{"type":"string","pattern":"^((a?){1000000000}){1000000000}$"}"#,
        r#"{"type":"string","pattern":"^(a{1,1000}){1,1000}(?=x)y$"}"#,
        r#"{"type":"string","pattern":"^(?:(?:a{1,500}){1,500}){1,500}(?=b)b$","minLength":3000}"#,
        r#"{"type":"string","pattern":"^(a|a?)+(?=b)c$","minLength":50}"#,
        r#"{"type":"array","minItems":900,"items":{"type":"string","pattern":"^((a+)+)\\1(?=b)c$"}}"#,
        r#"{"type":"array","minItems":1000,"items":{"type":"string","minLength":100000}}"#,
        r#"{"type":"object","minProperties":1000000000,"additionalProperties":{}}"#,
        r#"{"type":"integer","minimum":1e300,"multipleOf":1e-300}"#,
        r#"{"type":"integer","minimum":9223372036854775807,"exclusiveMinimum":true}"#,
        r#"{"type":"number","multipleOf":0.1,"minimum":-1e308,"maximum":1e308}"#,
        r#"{"type":"integer","minimum":5,"maximum":1,"multipleOf":9007199254740993}"#,
        r#"{"type":"string","minLength":5,"maxLength":1,"format":"date-time"}"#,
    ] {
        ask(&with_schemas("3.0.3", &format!(r#""S0":{schema}"#)));
    }
}

/// Each of many texts is one for which the expression takes long.
#[test]
fn lists_of_texts_for_slow_expressions() {
    for pattern in ["^(?:a|(?=a)a)+x$", r"^(([a-z])+.)+[A-Z]([a-z])+\\1$", "^(a{1,100}){1,100}$"] {
        let schema = format!(r#""S0":{{"type":"array","items":{{"type":"string","pattern":"{pattern}"}}}}"#);
        let text = format!("\"{}!\"", "a".repeat(200));
        let body = format!("[{}]", vec![text.as_str(); 2_000].join(","));
        let told = post(&with_schemas("3.1.0", &schema), &body);
        assert!(!told.is_empty(), "{pattern}");
    }
}

#[test]
fn addresses_of_many_schemas() {
    let address = |n: usize| format!("https://x.test/{n}");
    let schema =
        |n: usize| format!(r##""S{n}":{{"$id":"{}","properties":{{"x":{{"$ref":"{}"}}}}}}"##, address(n), n + 1);
    ask(&with_schemas("3.1.0", &(0..2 * LONG).map(schema).collect::<Vec<_>>().join(",")));
    // Each is relative to the one around it, and leads back to the outermost.
    let (open, close) = (r##"{"$id":"a/b","properties":{"x":"##.repeat(50), "}}".repeat(50));
    ask(&with_schemas("3.1.0", &format!(r##""S0":{open}{{"$ref":"#/properties/x"}}{close}"##)));
    // Itself, by its own address.
    ask(&with_schemas("3.1.0", r##""S0":{"$id":"b","$ref":"b"}"##));
}
