//! The JSONPath compliance suite, whole. `jsonpath-compliance-suite/cts.json` is the suite's own file
//! (github.com/jsonpath-standard/jsonpath-compliance-test-suite, commit 05f6cac, BSD-2-Clause; its LICENSE
//! and NOTICE stand beside it).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use understudy_exchange::{Json, JsonPath};

fn text<'a>(case: &'a Json, name: &str) -> &'a str {
    case.member(name).and_then(Json::as_str).unwrap()
}

fn items(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        other => panic!("not an array: {other}"),
    }
}

/// The orders of results that a case allows, each with its normalized paths.
fn allowed(case: &Json) -> Vec<(Json, Json)> {
    match (case.member("result"), case.member("results")) {
        (Some(result), None) => vec![(result.clone(), case.member("result_paths").unwrap().clone())],
        (None, Some(results)) => {
            let paths = items(case.member("results_paths").unwrap());
            items(results).iter().cloned().zip(paths.iter().cloned()).collect()
        }
        _ => panic!("a case has one result or several"),
    }
}

fn failure(case: &Json) -> Option<String> {
    let query = JsonPath::parse(text(case, "selector"));
    if case.member("invalid_selector").is_some() {
        return query.is_ok().then(|| "should be refused".to_owned());
    }
    let query = match query {
        Ok(query) => query,
        Err(error) => return Some(format!("refused: {error}")),
    };
    let nodes = query.select(case.member("document").unwrap());
    let values = Json::Array(nodes.iter().map(|node| node.value.clone()).collect());
    let paths = Json::Array(nodes.iter().map(|node| Json::string(node.path.normalized())).collect());
    let found = (values, paths);
    (!allowed(case).contains(&found)).then(|| format!("found {} at {}", found.0, found.1))
}

#[test]
fn every_case_of_the_suite_passes() {
    let suite = Json::parse(include_bytes!("jsonpath-compliance-suite/cts.json")).unwrap();
    let cases = items(suite.member("tests").unwrap());
    assert_eq!(cases.len(), 687);
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| Some(format!("{} {}: {}", text(case, "name"), text(case, "selector"), failure(case)?)))
        .collect();
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}
