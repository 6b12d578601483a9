//! What the project's people run: `cargo xtask run`, `test`, `bench`, `screens`, `registry`.

mod bench;
mod registry;
mod step;

use std::process::ExitCode;
use step::{Step, cargo, install, npm};

const USAGE: &str = "\
cargo xtask COMMAND

  run       builds Understudy and opens the sample project in the browser
  test      installs what the tests need (Debian packages, npm) and runs all checks
  screens   makes the pictures in docs/screens
  registry  starts the real backend of the sample's service `registry`, until Ctrl-C
  bench     measures `serve` and `verify` against bare hyper; takes some minutes, needs wrk";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let result = match command.as_str() {
        "run" => front_end()
            .and_then(|()| cargo(&["run", "--release", "--package", "understudy-cli", "--", "ui", "fixtures"])),
        "test" => test(),
        "screens" => screens(),
        "registry" => registry::run(),
        "bench" => bench::run(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Step {
    install(&[("docker-registry", "docker-registry"), ("chromium", "chromium")])?;
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    cargo(&["test", "--workspace"])?;
    front_end()?;
    for script in ["check", "test", "journeys"] {
        npm(&["run", script])?;
    }
    Ok(())
}

fn screens() -> Step {
    install(&[("chromium", "chromium")])?;
    front_end()?;
    cargo(&["build", "--package", "understudy-cli"])?;
    npm(&["run", "screens"])
}

/// Builds the front end, which the program then has in it.
fn front_end() -> Step {
    install(&[("npm", "npm")])?;
    npm(&["ci", "--ignore-scripts"])?;
    npm(&["run", "build"])
}
