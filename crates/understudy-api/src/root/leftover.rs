//! Files that a killed program had not finished. Their names tell which process wrote them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const ENDING: &str = ".unfinished";

/// The number of files that this program has begun to write.
static WRITES: AtomicUsize = AtomicUsize::new(0);

/// Returns a name for the file that becomes the file `name` once it is written.
pub(crate) fn unfinished_name(name: &str) -> String {
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    format!(".{name}.{}-{number}{ENDING}", std::process::id())
}

/// Returns the files in a folder that a process which has ended left behind.
fn leftovers_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_left_behind))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .collect()
}

/// Deletes files that a process which has ended left behind.
pub(crate) fn remove_leftovers(folders: impl IntoIterator<Item = impl AsRef<Path>>) {
    for file in folders.into_iter().flat_map(|folder| leftovers_in(folder.as_ref())) {
        // What cannot be deleted now is deleted the next time.
        let _ = fs::remove_file(file);
    }
}

/// Returns true for the name of an unfinished file whose process has ended.
fn is_left_behind(name: &str) -> bool {
    let Some((_, writer)) =
        name.strip_prefix('.').and_then(|name| name.strip_suffix(ENDING)).and_then(|name| name.rsplit_once('.'))
    else {
        return false;
    };
    let Some((process, number)) = writer.split_once('-') else { return false };
    let (Ok(process), Ok(number)) = (process.parse::<u32>(), number.parse::<usize>()) else { return false };
    if process == std::process::id() {
        // Containers give each program the same number. This one has not begun to write the file.
        return number >= WRITES.load(Ordering::Relaxed);
    }
    !is_alive(process)
}

#[cfg(unix)]
fn is_alive(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    let asked = process.map(rustix::process::test_kill_process);
    // A process of another user cannot be asked, and is there.
    matches!(asked, Some(Ok(()) | Err(rustix::io::Errno::PERM)))
}

/// The processes of the system are not known here, so that nothing is deleted.
#[cfg(not(unix))]
fn is_alive(_: u32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_processes_that_have_ended_are_left_behind() {
        let own = std::process::id();
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        let ended = child.id();
        child.wait().expect("it ends");
        let begun = unfinished_name("get.yaml");
        assert!(!is_left_behind(&begun), "{begun}");
        for (name, expected) in [
            (format!(".get.yaml.{ended}-0.unfinished"), cfg!(unix)),
            (format!(".get.yaml.{own}-999999.unfinished"), true),
            (".get.yaml.1-0.unfinished".to_owned(), false),
            (format!("get.yaml.{ended}-0.unfinished"), false),
            (format!(".get.yaml.{ended}.unfinished"), false),
            (".a.unfinished".to_owned(), false),
        ] {
            assert_eq!(is_left_behind(&name), expected, "{name}");
        }
    }
}
