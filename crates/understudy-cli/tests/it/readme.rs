//! The README's curl lines print what it says.

use crate::program::{Served, sample};
use std::fs;

#[test]
fn the_readme_shows_what_is_answered() {
    let readme = fs::read_to_string(sample().join("../README.md")).unwrap();
    let served = Served::new(&sample(), &["--service", "theatre", "--port", "0"]);
    let mut seen = 0;
    for part in readme.split("$ curl localhost:4010").skip(1) {
        let mut lines = part.lines();
        let path = lines.next().unwrap();
        let shown = lines.next().unwrap();
        let answer = served.request(&format!("GET {path}"), &[], "");
        assert_eq!(answer.split_once("\r\n\r\n").unwrap().1, shown, "{path}");
        seen += 1;
    }
    assert_eq!(seen, 3);
}
