//! What is written is read again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
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
