//! What may come from anywhere, each with what has to be true of it whatever it says: files of the user and of others, what
//! backends answer, what clients send.
//!
//! `cargo xtask fuzz TARGET SECONDS` runs one of [`TARGETS`] with libFuzzer; the tests run each for a moment.

mod content;
mod exchanges;
mod files;
mod sockets;
mod values;
mod wire;

/// Something that reads what may come from anywhere.
#[derive(Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Reads something, and panics where what has to be true is not.
    pub run: fn(&[u8]),
    /// Folders with examples to begin with, from the project's root.
    pub seeds: &'static [&'static str],
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "json", run: values::json, seeds: &["crates/understudy-import/tests/recordings"] },
    Target {
        name: "jsonpath",
        run: values::jsonpath,
        seeds: &["crates/understudy-exchange/tests/jsonpath-compliance-suite"],
    },
    Target { name: "fixture", run: files::fixture, seeds: &["crates/understudy-fixture/tests/cases", "fixtures"] },
    Target { name: "project", run: files::project, seeds: &["crates/understudy-fixture/tests/cases", "fixtures"] },
    Target { name: "description", run: files::description, seeds: &["crates/understudy-openapi/tests/answers"] },
    Target { name: "changes", run: files::changes, seeds: &["crates/understudy-openapi/tests/changes"] },
    Target { name: "graphql", run: content::graphql, seeds: &["fuzz/seeds/graphql"] },
    Target { name: "xml", run: content::xml, seeds: &["fuzz/seeds/xml"] },
    Target { name: "fields", run: content::fields, seeds: &["fuzz/seeds/fields"] },
    Target { name: "coding", run: wire::coding, seeds: &["fuzz/seeds/coding"] },
    Target { name: "websocket", run: wire::websocket, seeds: &["fuzz/seeds/websocket"] },
    Target { name: "informational", run: wire::informational, seeds: &["fuzz/seeds/responses"] },
    Target { name: "refused", run: wire::refused, seeds: &["fuzz/seeds/requests"] },
    Target { name: "server", run: sockets::server, seeds: &["fuzz/seeds/requests"] },
    Target { name: "backend", run: sockets::backend, seeds: &["fuzz/seeds/responses"] },
    Target {
        name: "redaction",
        run: exchanges::redaction,
        seeds: &["fuzz/seeds/redaction", "crates/understudy-import/tests/recordings"],
    },
    Target { name: "har", run: exchanges::har, seeds: &["fuzz/seeds/har"] },
    Target { name: "recording", run: exchanges::recording, seeds: &["crates/understudy-import/tests/recordings"] },
    Target { name: "choice", run: exchanges::choice, seeds: &["crates/understudy-match/tests/choices"] },
];

/// The examples in a target's folders: files, and the parts of case files.
#[must_use]
pub fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for folder in target.seeds {
        collect(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut all);
    }
    all
}

fn collect(folder: &std::path::Path, all: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, all);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let text = String::from_utf8_lossy(&bytes);
            let parts = text.split("\n#### ").skip(1).filter_map(|part| part.split_once('\n'));
            all.extend(parts.map(|(_, part)| part.as_bytes().to_vec()));
            all.push(bytes);
        }
    }
}
