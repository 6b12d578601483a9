//! What the project's people run: `cargo xtask run`, `test`, `bench`, `registry`.

mod bench;
mod registry;
mod step;

use std::process::ExitCode;
use step::{Step, cargo, install};

const USAGE: &str = "\
cargo xtask COMMAND

  run       builds Understudy and serves the sample project
  test      installs what the tests need (Debian packages) and runs all checks
  registry  starts the real backend of the sample's service `registry`, until Ctrl-C
  bench     measures `serve` and `verify` against bare hyper; takes some minutes, needs wrk";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let result = match command.as_str() {
        "run" => cargo(&["run", "--release", "--package", "understudy-cli", "--", "serve", "fixtures"]),
        "test" => test(),
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
    cargo(&["test", "--workspace"])
}
