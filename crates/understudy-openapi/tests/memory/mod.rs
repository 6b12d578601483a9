//! Descriptions in memory.

use std::collections::BTreeMap;
use understudy_openapi::Files;

/// Files by their paths.
#[derive(Default)]
pub(crate) struct InMemory(pub(crate) BTreeMap<String, String>);

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| "there is no such file".to_owned())
    }
}
