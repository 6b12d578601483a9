//! What is written is read again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use understudy_fixture::model::ResponseBody;
use understudy_fixture::{BodyFiles, FileProblem, Source, fixture, write_fixture};

struct NoFiles;

impl BodyFiles for NoFiles {
    fn read(&self, path: &str) -> Result<Bytes, FileProblem> {
        panic!("{path} is not wanted")
    }
}

#[test]
fn a_fixture_that_is_written_is_read_as_the_same_fixture() {
    for seed in 0..3_000 {
        let made = understudy_testkit::fixture(seed);
        let text = write_fixture(&made);
        let source = Source::new(&made.file, text.clone().into_bytes()).unwrap();
        let (read, diagnostics) = fixture(&source, &made.id, &NoFiles);
        let problems: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        assert_eq!(read.as_ref(), Some(&made), "seed {seed}\n{text}\n{}", problems.join("\n"));
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
