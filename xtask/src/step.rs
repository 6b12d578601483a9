//! One step after the other, the first that fails ends it.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a step comes to: nothing, or why it failed.
pub(crate) type Step = Result<(), String>;

/// The package of the desktop app.
pub(crate) const DESKTOP: &str = "understudy-desktop";

/// Runs cargo in the workspace.
pub(crate) fn cargo(args: &[&str]) -> Step {
    cargo_with(args, &[])
}

/// The same, with variables of its environment.
pub(crate) fn cargo_with(args: &[&str], variables: &[(&str, &Path)]) -> Step {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(program);
    // What cargo says of this program to this program: build scripts ask for some of it, and would run again each time
    // that somebody calls cargo without it.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_of_a_package)) {
        command.env_remove(name);
    }
    command.args(args).envs(variables.iter().copied()).current_dir(root);
    run(&mut command, &format!("cargo {}", args.join(" ")))
}

/// Returns true if cargo sets this variable for the programs that it runs.
fn is_of_a_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_PRIMARY_PACKAGE"
}

/// Runs npm for the front end.
pub(crate) fn npm(args: &[&str]) -> Step {
    in_folder("ui", "npm", args)
}

/// Runs a command in a folder of the workspace.
pub(crate) fn in_folder(folder: &str, program: &str, args: &[&str]) -> Step {
    let folder = format!("{}/../{folder}", env!("CARGO_MANIFEST_DIR"));
    run(Command::new(program).args(args).current_dir(folder), &format!("{program} {}", args.join(" ")))
}

pub(crate) fn run(command: &mut Command, shown: &str) -> Step {
    println!("> {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// Installs the Debian packages whose commands are not there; each pair is a command and its package.
pub(crate) fn install(wanted: &[(&str, &str)]) -> Step {
    let missing: Vec<&str> =
        wanted.iter().filter(|(command, _)| !is_there(command)).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { install_packages(&missing) }
}

/// Installs Debian packages.
pub(crate) fn install_packages(missing: &[&str]) -> Step {
    if !is_there("apt-get") {
        return Err(format!("install these first: {}", missing.join(", ")));
    }
    let apt = |args: &[&str]| {
        let mut command = if is_root() { Command::new("apt-get") } else { Command::new("sudo") };
        if !is_root() {
            command.arg("apt-get");
        }
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        run(&mut command, &format!("apt-get {}", args.join(" ")))
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], missing].concat())
}

/// Installs what windows are made of on Linux.
pub(crate) fn webkit() -> Step {
    if !cfg!(target_os = "linux") || has_library("webkit2gtk-4.1") {
        return Ok(());
    }
    install_packages(&["pkg-config", "libwebkit2gtk-4.1-dev"])
}

/// Whether a library can be built against.
fn has_library(name: &str) -> bool {
    Command::new("pkg-config").args(["--exists", name]).status().is_ok_and(|status| status.success())
}

pub(crate) fn is_there(command: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(command).is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
