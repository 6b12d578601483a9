//! The target that `TARGET` names, driven by libFuzzer: one program, linked once, for all of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    let target = understudy_fuzz::TARGETS.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("TARGET is none of the targets: `{name}`")).run
});

fuzz_target!(|data: &[u8]| RUN(data));
