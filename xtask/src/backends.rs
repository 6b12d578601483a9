//! The suite of real backends: installs a backend's packages, and runs the whole loop with each (`xtask/backends`).

use crate::step::{Step, cargo, in_folder, install, install_packages, is_there};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder below the workspace for installed packages and recorded projects.
const CACHE: &str = "target/backends";

/// Backends, each with the packages that it needs: a folder of `xtask/backends/packages`, or Debian's.
const BACKENDS: [(&str, Package); 7] = [
    ("shop", Package::None),
    ("json-server-0.17", Package::Npm("json-server-0.17")),
    ("json-server-1.0", Package::Npm("json-server-1.0")),
    ("docker-registry", Package::Debian("docker-registry")),
    ("httpbin", Package::Python),
    ("datasette", Package::Python),
    ("verdaccio", Package::Npm("verdaccio")),
];

#[derive(Clone, Copy)]
enum Package {
    None,
    Npm(&'static str),
    Debian(&'static str),
    Python,
}

/// Runs the loop with the named backends, or with all.
pub(crate) fn run(names: &[String]) -> Step {
    if let Some(name) = names.iter().find(|name| BACKENDS.iter().all(|(known, _)| known != name)) {
        let known: Vec<&str> = BACKENDS.iter().map(|(known, _)| *known).collect();
        return Err(format!("unknown backend `{name}`: expected one of {}", known.join(", ")));
    }
    install(&[("node", "nodejs"), ("npm", "npm")])?;
    let selected: Vec<&str> = BACKENDS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| names.is_empty() || names.iter().any(|wanted| wanted == name))
        .collect();
    for (_, package) in BACKENDS.iter().filter(|(name, _)| selected.contains(name)) {
        package.install()?;
    }
    cargo(&["build", "--package", "understudy-cli"])?;
    in_folder(".", "node", &[&["xtask/backends/suite.mjs", CACHE], selected.as_slice()].concat())
}

impl Package {
    fn install(self) -> Step {
        match self {
            Self::None => Ok(()),
            Self::Debian(package) => install(&[(package, package)]),
            Self::Npm(folder) => install_once(folder, "package.json", |folder| {
                let flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", "."];
                in_folder(folder, "npm", &[&["install"], flags.as_slice()].concat())
            }),
            Self::Python => install_once("python", "requirements.txt", |folder| {
                // Debian has the module that `venv` needs in a package of its own.
                let has_venv = Command::new("python3").args(["-c", "import ensurepip"]).status();
                if !is_there("python3") || !has_venv.is_ok_and(|status| status.success()) {
                    install_packages(&["python3", "python3-venv"])?;
                }
                in_folder(folder, "python3", &["-m", "venv", "."])?;
                in_folder(folder, "bin/pip", &["install", "--quiet", "--requirement", "requirements.txt"])
            }),
        }
    }
}

/// Installs the packages that a list names into a folder of the cache, unless those of the same list are there.
fn install_once(name: &str, list: &str, install: impl Fn(&str) -> Step) -> Step {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let source = root.join("xtask/backends/packages").join(name).join(list);
    let folder = format!("{CACHE}/{name}");
    let marker = root.join(&folder).join("installed");
    let read = |path: &PathBuf| fs::read_to_string(path);
    let failed = |error| format!("failed to install {name} into {folder}: {error}");
    let wanted = read(&source).map_err(failed)?;
    if read(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(root.join(&folder)).map_err(failed)?;
    fs::write(root.join(&folder).join(list), &wanted).map_err(failed)?;
    install(&folder)?;
    fs::write(marker, wanted).map_err(failed)
}
