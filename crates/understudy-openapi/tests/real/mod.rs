//! Descriptions on disk.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use understudy_openapi::Files;

pub(crate) struct Folder(pub(crate) PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(path)).map_err(|error| error.to_string())
    }
}

/// All descriptions in a folder and below it.
pub(crate) fn documents_below(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return out };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            out.extend(documents_below(&path));
        } else if path.extension().is_some_and(|ending| ["json", "yaml", "yml"].iter().any(|known| ending == *known)) {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// The descriptions of the folder that the environment names; where it names none, that is said.
pub(crate) fn documents_of_others() -> Option<Vec<PathBuf>> {
    let Ok(folder) = std::env::var("UNDERSTUDY_DOCUMENTS") else {
        eprintln!(
            "passed over: UNDERSTUDY_DOCUMENTS names no folder of descriptions; `cargo xtask documents` fetches some"
        );
        return None;
    };
    let documents = documents_below(Path::new(&folder));
    assert!(!documents.is_empty(), "there is no description in {folder}");
    Some(documents)
}

/// Does something with each of them, on all processors.
pub(crate) fn each_of(documents: &[PathBuf], work: impl Fn(&Path) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let work = || {
                while let Some(path) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(path);
                }
            };
            // Schemas nest deeply, and the validator follows them on the stack.
            std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).expect("there are threads");
        }
    });
}
