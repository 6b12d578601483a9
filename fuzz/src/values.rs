//! JSON and JSONPath.

use std::sync::LazyLock;
use understudy_exchange::{Json, JsonPath};

/// What is read is written as it was, and indenting changes nothing that it says.
pub(crate) fn json(data: &[u8]) {
    let Ok(value) = Json::parse(data) else { return };
    let text = value.to_string();
    assert_eq!(Json::parse(text.as_bytes()).expect("what is written is JSON").to_string(), text);
    assert_eq!(Json::parse(value.indented(usize::MAX).as_bytes()).expect("what is indented is JSON").to_string(), text);
}

static VALUE: LazyLock<Json> = LazyLock::new(|| {
    let text = br#"{"a":[1,2.50,"three",null,{"b":{"a":[[],{},"x"]}}],"b":{"c":true,"d":"2026-01-04"},"":[0,[0,[0]]]}"#;
    Json::parse(text).expect("it is JSON")
});

/// A path is found in a value in no more time than it may take, and what it finds is there.
pub(crate) fn jsonpath(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(path) = JsonPath::parse(text) else { return };
    assert_eq!(JsonPath::parse(path.as_str()).as_ref(), Ok(&path));
    let found = path.select(&VALUE);
    assert_eq!(found.len(), path.select_values(&VALUE).len());
    for node in found {
        let own = JsonPath::parse(&node.path.normalized()).expect("a normalized path is a path");
        assert_eq!(own.select_values(&VALUE), [node.value]);
    }
}
