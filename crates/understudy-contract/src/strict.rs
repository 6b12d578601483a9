//! The differences that only a strict run reports.

use understudy_exchange::JsonPath;
use understudy_match::{Kind, Mismatch};

/// The difference of a member that the fixture does not list.
pub(crate) fn added(path: &str) -> Mismatch {
    difference(
        path,
        Kind::Added,
        "no member that the fixture does not list (--strict)",
        "a member that the fixture does not list",
    )
}

/// The difference of a place that passed without being compared with anything.
pub(crate) fn unproven(path: &str) -> Mismatch {
    let is_pattern = JsonPath::parse(path).is_ok_and(|path| !path.split_singular_tail().0.is_root());
    if is_pattern {
        return difference(
            path,
            Kind::Value,
            "a value that the rule at this path can check (--strict)",
            "no value at this path",
        );
    }
    let received = if path == "$" {
        "a body that the fixture does not check: add an example or a rule"
    } else {
        "a value that the fixture does not check: add an example or a rule"
    };
    difference(path, Kind::Value, "an example or a rule for it (--strict)", received)
}

fn difference(path: &str, kind: Kind, expected: &str, received: &str) -> Mismatch {
    Mismatch { path: path.to_owned(), kind, expected: expected.to_owned(), received: received.to_owned() }
}
