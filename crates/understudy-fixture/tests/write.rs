//! What is written is read again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use understudy_exchange::Json;
use understudy_fixture::model::{FieldMatcher, Fixture, HeaderPromise, Pattern, ResponseBody};
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture, same_request, write_fixture};

struct NoFiles;

impl BodyFiles for NoFiles {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        panic!("{path} is not wanted")
    }
}

#[test]
fn a_fixture_that_is_written_is_read_as_the_same_fixture() {
    let (seeds, mut same) = (3_000, 0_u64);
    for seed in 0..seeds {
        let made = understudy_testkit::fixture(seed);
        let text = write_fixture(&made);
        let source = Source::new(&made.file, text.clone().into_bytes()).unwrap();
        let (read, diagnostics) = fixture(&source, &made.id, &NoFiles);
        let problems: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "seed {seed}\n{text}\n{}", problems.join("\n"));
        let read = read.unwrap();
        // A value that may be taken for a rule is written as a rule that says what is meant, which is another model.
        same += u64::from(read == made);
        assert_eq!(write_fixture(&read), text, "seed {seed}");
        let [read, made] = [read, made].map(|fixture| Fixture { enabled: true, ..fixture });
        assert!(same_request(&made, [&read]).is_some(), "seed {seed}\n{text}");
    }
    assert!(same * 10 > seeds * 9, "{same} of {seeds} are read as the same model");
}

#[test]
fn nothing_that_is_written_is_warned_of() {
    let words =
        ["date", "integer", "any", "null", ".*", "^a$", "\\d+", "%7B", "a+b", "{\"a\": 1}", "[1]", "plain", "7", "yes"];
    let bodies = [
        r#"{"id": {"type": "integer"}, "v": [{"one_of": [1]}]}"#,
        r#"{"type": "date", "example": "x"}"#,
        r#"[{"matches": "x"}]"#,
        r#""{\"a\": 1}""#,
        r#""[1,]""#,
        r#"{"a": "{\"b\": 1}"}"#,
    ];
    let paths =
        ["/a/%3Aid", "/a/%3Cid%3E/x", "/a/%2A", "/%5B0-9%5D%2B/b", "/a/%24{id}", "/a/.%2A", "/p/{*rest}", "/x:y/C++"];
    for (at, word) in words.iter().cycle().take(84).enumerate() {
        let (body, path) = (bodies[at % bodies.len()], paths[at % paths.len()]);
        let word = Json::string(*word);
        let rule = format!(r#"{{"equals": {word}}}"#);
        let text = format!(
            r#"{{"request": {{"method": "POST", "path": "{path}", "query": {{"q": {rule}}}, "headers": {{"x-a": {rule}}},
            "cookies": {{"c": {rule}}}, "body": {{"json": {body}}}, "match": {{"$": "exact"}}}},
            "response": {{"headers": {{"x-b": {rule}}}, "body": {{"json": {body}}}, "match": {{"$": "like"}}}}}}"#
        );
        let source = Source::new("a.json", text.into_bytes()).unwrap();
        let (read, problems) = fixture(&source, "a", &NoFiles);
        assert!(problems.is_empty(), "{problems:?}");
        let mut made = read.unwrap();
        // As a recording has it: the values alone, and no rules.
        made.request.rules.clear();
        made.responses[0].rules.clear();
        let plain = FieldMatcher::Equals(Pattern::literal(word.as_str().unwrap()));
        for fields in [&mut made.request.query, &mut made.request.headers, &mut made.request.cookies] {
            fields[0].matcher = plain.clone();
        }
        made.responses[0].headers[0].1 = HeaderPromise::Value(word.as_str().unwrap().to_owned());
        let text = write_fixture(&made);
        let source = Source::new("a.yaml", text.clone().into_bytes()).unwrap();
        let (read, problems) = fixture(&source, "a", &NoFiles);
        assert!(problems.is_empty(), "{text}\n{problems:?}");
        assert!(same_request(&made, [&read.unwrap()]).is_some(), "{text}");
    }
}

#[test]
fn halves_of_surrogate_pairs_are_written_as_only_json_can() {
    for body in [
        r#""\ud83d""#,
        r#"{"a":["\udc00 b"]}"#,
        r#"{"\ud83d":1,"b":"a text that is as long as others in such a line"}"#,
    ] {
        let text = format!(r#"{{"request":{{"path":"/a"}},"response":{{"body":{{"json":{body}}}}}}}"#);
        let source = Source::new("a.json", text.into_bytes()).unwrap();
        let (read, problems) = fixture(&source, "a", &NoFiles);
        assert!(problems.is_empty(), "{problems:?}");
        let written = write_fixture(&read.unwrap());
        assert!(written.contains(&format!("json: {body}\n")), "{written}");
        let source = Source::new("a.yaml", written.into_bytes()).unwrap();
        let (read, problems) = fixture(&source, "a", &NoFiles);
        assert!(problems.is_empty(), "{problems:?}");
        let Some(ResponseBody::Json(json)) = &read.unwrap().responses[0].body else { panic!("a body") };
        assert_eq!(json.value().to_string(), body);
    }
}
