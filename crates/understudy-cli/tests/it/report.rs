//! The report as a page.

use crate::program::{Folder, Served, run};
use std::fs;

#[test]
fn the_page_says_what_differs_and_runs_nothing_of_it() {
    let backend =
        "request: { path: /pet }\nresponse:\n  body:\n    json: { name: \"<script>alert(1)</script>\", more: 1 }\n";
    let backend = Folder::with_fixtures(&[("pet", backend)]);
    let backend = Served::new(&backend.0, &[]);
    let wanted = "name: \"<Pet> & co\"\nrequest: { path: /pet }\nresponse:\n  body:\n    json: { name: Rex }\n  match: { $.name: exact }\n";
    let skipped = "request: { path: /x }\nverify: { skip: costs money }\nresponse: {}\n";
    let project = Folder::with_fixtures(&[("pet", wanted), ("skipped", skipped)]);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let page = project.0.join("report.html");
    let (exit, _, stderr) =
        run(&project.0, &["verify", "--backend", &url, "--report", &format!("html={}", page.display())]);
    assert_eq!(exit, 1, "{stderr}");
    let page = fs::read_to_string(page).expect("it was written");
    for part in [
        "<title>1 of 2 promises broken</title>",
        "<span class=\"outcome broken\">1 broken</span>",
        "<details open><summary><span class=\"outcome broken\">broken</span> <span class=\"path\">GET /pet</span>",
        "<code>$.name</code> <span class=\"mid\">value, line ",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<p>costs money</p>",
        "<li><code>$.more</code></li>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<script") && !page.contains("http-equiv"), "{page}");
}
