//! The permissions that are remembered: of this user on this machine, in no project.
//!
//! The file is JSON: projects by their real paths, in each the hosts, for each host the names of variables. An entry that
//! is deleted is asked about again.

use super::Disclosure;
use crate::error::{ApiError, Code};
use crate::root::{Named, create_lock};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

/// Hosts with the variables that they may get.
type Hosts = BTreeMap<String, BTreeSet<String>>;
type Projects = BTreeMap<String, Hosts>;

/// `$XDG_STATE_HOME/understudy/trust.json`, or the equivalent of the system.
fn file() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = if cfg!(target_os = "windows") {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")))
    };
    Some(folder?.join("understudy/trust.json"))
}

/// Returns the permissions of a project. A file that cannot be read has none.
pub(super) fn remembered(root: &Path) -> Hosts {
    let projects = file().and_then(|file| read(&file).ok());
    name(root).and_then(|name| projects?.remove(&name)).unwrap_or_default()
}

/// Remembers permissions of a project.
///
/// # Errors
/// The file cannot be read or written.
pub(super) fn remember(root: &Path, disclosures: &[Disclosure]) -> Result<(), ApiError> {
    let cannot = |why: &str| {
        ApiError::new(Code::Disk, format!("the permission is not remembered: {why}"))
            .with_hint("answer `once`, or set HOME or XDG_STATE_HOME to keep permissions")
    };
    let file = file().ok_or_else(|| cannot("there is no folder for it"))?;
    let name = name(root).ok_or_else(|| cannot("the path of the project is not UTF-8"))?;
    remember_in(&file, &name, disclosures)
}

fn remember_in(file: &Path, project: &str, disclosures: &[Disclosure]) -> Result<(), ApiError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| ApiError::of_file(folder, "create", &error))?;
    // Programs that write at the same time wait for each other, so that none overwrites what another has added.
    let lock = file.with_extension("lock");
    let _locked = create_lock(&lock)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| ApiError::of_file(&lock, "lock", &error))?;
    let mut projects = read(file)?;
    let hosts = projects.entry(project.to_owned()).or_default();
    for disclosure in disclosures {
        hosts.entry(disclosure.origin.clone()).or_default().extend(disclosure.variables.iter().cloned());
    }
    Named::write_private(file, &serde_json::to_vec_pretty(&projects).expect("maps of texts are JSON"))
}

/// The maximum size of the file, in bytes.
const BYTES_MAX: u64 = 64 << 20;

fn read(file: &Path) -> Result<Projects, ApiError> {
    let bytes = match Named::read(file, BYTES_MAX) {
        Err(refused) if refused.is_missing() => return Ok(Projects::new()),
        read => read.map_err(|refused| refused.of_file(file, "read"))?,
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        ApiError::new(Code::Disk, format!("{} cannot be read: {error}", file.display()))
            .with_hint("correct or delete it; deleted, permissions are asked for again")
    })
}

/// The project's real path: a link to a project is the project.
fn name(root: &Path) -> Option<String> {
    root.canonicalize().ok()?.into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn disclosure(origin: &str, variable: &str) -> Disclosure {
        Disclosure {
            service: "s".to_owned(),
            backend: "b".to_owned(),
            host: origin.to_owned(),
            variables: vec![variable.to_owned()],
            line: 1,
            origin: origin.to_owned(),
            is_loopback: false,
        }
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("understudy-trust-{name}-{}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn programs_that_remember_at_the_same_time_lose_nothing() {
        let folder = Folder::new("together");
        let file = folder.0.join("understudy/trust.json");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let file = &file;
                scope.spawn(move || {
                    for number in 0..20 {
                        let one = disclosure(&format!("https://h{number}.example"), &format!("V{writer}"));
                        remember_in(file, &format!("/project{}", number % 3), &[one]).unwrap();
                    }
                });
            }
        });
        let projects = read(&file).unwrap();
        assert_eq!(projects.values().flat_map(Hosts::values).map(BTreeSet::len).sum::<usize>(), 8 * 20);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        }
    }

    #[test]
    fn a_file_that_somebody_broke_is_not_overwritten() {
        let folder = Folder::new("broken");
        let file = folder.0.join("trust.json");
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(&file, "{ \"/a\": {").unwrap();
        let error = remember_in(&file, "/b", &[disclosure("https://h.example", "V")]).unwrap_err();
        assert!(error.message.contains("cannot be read"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "{ \"/a\": {");
    }
}
