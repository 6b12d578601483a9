//! `deny.toml` is held against the lock file and the licences of all packages, as `cargo deny` would: cargo-deny itself takes
//! minutes to compile on a machine that does not have it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use spdx::{Expression, ParseMode};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use toml::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> toml::Table {
    fs::read_to_string(root().join(file)).unwrap().parse().unwrap()
}

fn text<'v>(table: &'v Value, key: &str) -> Option<&'v str> {
    table.get(key)?.as_str()
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn tables(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the names of all packages that are built for the targets, with their licences.
fn licences(targets: &[&str]) -> BTreeSet<(String, String)> {
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--locked", "--format-version", "1"]).current_dir(root());
    for target in targets {
        metadata.args(["--filter-platform", target]);
    }
    let output = metadata.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // Only what is in the graph: the list of packages has what other platforms need too.
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let built: BTreeSet<&str> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages = packages.filter(|package| built.contains(package["id"].as_str().unwrap()));
    let of = |package: &serde_json::Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    packages.map(|package| (of(package, "name"), of(package, "license"))).collect()
}

#[test]
fn every_package_has_a_licence_that_is_allowed_and_every_entry_is_needed() {
    let policy = read("deny.toml");
    let allowed = texts(policy["licenses"].get("allow"));
    let exceptions = tables(policy["licenses"].get("exceptions"));
    let (mut refused, mut needed) = (Vec::new(), BTreeSet::new());
    for (name, licence) in licences(&texts(policy["graph"].get("targets"))) {
        let exception = exceptions.iter().find(|exception| text(exception, "crate") == Some(&name));
        let own = texts(exception.and_then(|exception| exception.get("allow")));
        let expression = Expression::parse_mode(&licence, ParseMode::LAX);
        let is_allowed = expression.as_ref().is_ok_and(|expression| {
            expression.evaluate(|licence| {
                let licence = licence.to_string();
                let is_own = own.contains(&licence.as_str());
                if is_own {
                    needed.insert(name.clone());
                }
                is_own || allowed.contains(&licence.as_str())
            })
        });
        if is_allowed {
            let named = expression.iter().flat_map(Expression::requirements).map(|named| named.req.to_string());
            needed.extend(named);
        } else {
            refused.push(format!("{name}: {licence:?}"));
        }
    }
    assert_eq!(refused, Vec::<String>::new(), "deny.toml allows no licence of these packages");
    let exceptions = exceptions.iter().filter_map(|exception| text(exception, "crate"));
    let left: Vec<&str> = allowed.into_iter().chain(exceptions).filter(|entry| !needed.contains(*entry)).collect();
    assert_eq!(left, Vec::<&str>::new(), "no package needs these entries of deny.toml any more");
}

#[test]
fn nothing_banned_is_locked_and_everything_comes_from_the_allowed_registry() {
    let (policy, lock) = (read("deny.toml"), read("Cargo.lock"));
    let packages = tables(lock.get("package"));
    let name = |package: &Value| text(package, "name").unwrap().to_owned();
    let sources = texts(policy["sources"].get("allow-registry"));
    let is_allowed = |source: &str| sources.iter().any(|allowed| source.strip_prefix("registry+") == Some(allowed));
    let foreign = packages.iter().filter(|package| text(package, "source").is_some_and(|source| !is_allowed(source)));
    assert_eq!(foreign.map(name).collect::<Vec<_>>(), Vec::<String>::new(), "deny.toml does not allow their sources");
    for banned in tables(policy["bans"].get("deny")) {
        let (banned, reason, wrappers) =
            (text(banned, "crate").unwrap(), text(banned, "reason").unwrap(), texts(banned.get("wrappers")));
        let parents = packages.iter().filter(|package| {
            // `name` or `name version`
            texts(package.get("dependencies")).iter().any(|entry| entry.split(' ').next() == Some(banned))
        });
        let parents: Vec<String> = parents.map(name).collect();
        let others: Vec<&String> = parents.iter().filter(|parent| !wrappers.contains(&parent.as_str())).collect();
        assert_eq!(others, Vec::<&String>::new(), "these bring {banned}: {reason}");
        assert_eq!(wrappers.is_empty(), parents.is_empty(), "deny.toml says who may bring {banned}, and nothing does");
    }
}
