//! Tests that the modules of `recording` have no cyclic imports.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The modules that the files of a folder import, by module. A folder is one module.
fn imports(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_stem().unwrap().to_string_lossy().into_owned();
        let (texts, prefix) = if entry.is_dir() {
            let files = std::fs::read_dir(&entry).unwrap();
            (files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect(), "super::super::")
        } else {
            (vec![std::fs::read_to_string(&entry).unwrap()], "super::")
        };
        let named =
            texts.iter().flat_map(|text: &String| text.match_indices(prefix).map(|(at, _)| &text[at + prefix.len()..]));
        let own = all.entry(name.clone()).or_default();
        for text in named {
            let module: String = text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            own.insert(module);
        }
    }
    let modules: BTreeSet<String> = all.keys().filter(|name| *name != "mod").cloned().collect();
    all.retain(|name, _| modules.contains(name));
    for (name, own) in &mut all {
        own.retain(|module| modules.contains(module) && module != name);
    }
    all
}

#[test]
fn no_module_imports_itself_through_others() {
    let mut left = imports(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recording"));
    assert!(left.len() > 20 && left["session"].contains("group"), "{left:?}");
    loop {
        let free: BTreeSet<String> =
            left.iter().filter(|(_, own)| own.is_empty()).map(|(name, _)| name.clone()).collect();
        if free.is_empty() {
            break;
        }
        left.retain(|name, _| !free.contains(name));
        left.values_mut().for_each(|own| own.retain(|module| !free.contains(module)));
    }
    assert!(left.is_empty(), "these import each other: {left:#?}");
}
