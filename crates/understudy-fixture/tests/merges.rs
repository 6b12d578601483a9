//! Each file of `merges/` is a generated file three times: as it was generated `before`, as a person has it (`hand`), and as
//! it is generated `now`; and what becomes of it. `UPDATE=1 cargo test` writes what is found anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use understudy_fixture::{Source, merge_source};

fn play(_: &Path, text: &str) -> String {
    let given = text.split("#### merged\n").next().unwrap();
    let part = |name: &str| {
        let after = given.split(&format!("#### {name}\n")).nth(1).unwrap();
        let text = after.split("#### ").next().unwrap().trim_end();
        if text.is_empty() { String::new() } else { format!("{text}\n") }
    };
    let hand = Source::new("f.yaml", part("hand").into_bytes()).unwrap();
    let found = match merge_source(&hand, &part("before"), &part("now")) {
        Ok(merged) => {
            let places = |what: &str, places: &[String]| -> String {
                places.iter().map(|place| format!("# {what} {place}\n")).collect()
            };
            format!("{}{}{}", merged.text, places("changed", &merged.changed), places("kept", &merged.kept))
        }
        Err(error) => format!("# {error}\n"),
    };
    format!("{}\n\n#### merged\n{found}", given.trim_end())
}

#[test]
fn what_a_person_did_stays_and_the_rest_is_brought_up_to_date() {
    understudy_testkit::check_cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merges"), play);
}
