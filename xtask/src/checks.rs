//! The checks of the project: `check` for every day, `test` for all of them, `lint` for what the desktop app is made of.

use crate::front_end;
use crate::step::{DESKTOP, Step, cargo, install, is_there, npm, webkit};
use std::time::{Duration, Instant};

/// The engine and the command line need neither Node nor GTK nor a display.
const ENGINE: [&str; 3] = ["--workspace", "--exclude", DESKTOP];

/// Runs the checks that need nothing but Rust.
///
/// # Errors
///
/// The first check that fails.
pub(crate) fn check() -> Step {
    let mut done = Done::default();
    engine(&mut done)?;
    done.say("passed: format, clippy, tests of the engine. Not run: the tests of the front end and of the window");
    Ok(())
}

/// Runs all checks and installs what they need, unless `--no-install` is among the arguments.
///
/// # Errors
///
/// The first check that fails; an argument that is not known; with `--no-install`, what is missing.
pub(crate) fn test(args: &[String]) -> Step {
    if let Some(unknown) = args.iter().find(|arg| *arg != "--no-install") {
        return Err(format!("`{unknown}` is no option of `cargo xtask test`: it takes --no-install"));
    }
    if args.is_empty() {
        needed()?;
    } else {
        nothing_is_missing()?;
    }
    let mut done = Done::default();
    engine(&mut done)?;
    done.after("the front end's build", front_end)?;
    for (what, script) in [("types", "check"), ("tests of the front end", "test"), ("journeys", "journeys")] {
        done.after(what, || npm(&["run", script]))?;
    }
    done.after("the window's build", || cargo(&["build", "--package", DESKTOP]))?;
    done.after("the window's tests", || npm(&["run", "window"]))?;
    done.say("passed: format, clippy, tests of the engine, of the front end and of the window");
    Ok(())
}

/// Runs clippy over the whole workspace. The desktop app's dependencies are compiled once more for it, which takes longer
/// than all tests of the window: so it is no part of `test`.
///
/// # Errors
///
/// A warning of clippy's.
pub(crate) fn lint() -> Step {
    webkit()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

fn engine(done: &mut Done) -> Step {
    done.after("format", || cargo(&["fmt", "--all", "--check"]))?;
    let clippy = [&["clippy"], &ENGINE[..], &["--all-targets", "--", "--deny", "warnings"]].concat();
    done.after("clippy", || cargo(&clippy))?;
    done.after("the engine's build", || cargo(&[&["test", "--no-run"], &ENGINE[..]].concat()))?;
    done.after("the engine's tests", || cargo(&[&["test"], &ENGINE[..]].concat()))
}

/// The commands that the checks run, and the Debian packages that they come in.
const COMMANDS: [(&str, &str); 6] = [
    ("docker-registry", "docker-registry"),
    ("chromium", "chromium"),
    ("npm", "npm"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("Xvfb", "xvfb"),
    ("xauth", "xauth"),
];

/// Forwards a few messages between the tests and the window.
const DRIVER: &str = "tauri-driver";

fn needed() -> Step {
    install(&COMMANDS)?;
    webkit()?;
    if is_there(DRIVER) {
        return Ok(());
    }
    // A debug build is quick enough for what it forwards.
    cargo(&["install", DRIVER, "--locked", "--debug"])
}

fn nothing_is_missing() -> Step {
    let commands = COMMANDS.iter().map(|(command, _)| *command).chain([DRIVER]);
    let missing: Vec<&str> = commands.filter(|command| !is_there(command)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "not installed: {}\n`cargo xtask test` installs them, `cargo xtask check` needs none",
        missing.join(", ")
    ))
}

/// The steps that are done, with the time of each.
#[derive(Default)]
struct Done(Vec<(&'static str, Duration)>);

impl Done {
    /// Runs a step and keeps its time.
    fn after(&mut self, what: &'static str, step: impl FnOnce() -> Step) -> Step {
        let began = Instant::now();
        step()?;
        self.0.push((what, began.elapsed()));
        Ok(())
    }

    /// Prints the time of each step, and a last line.
    fn say(&self, last: &str) {
        println!();
        for (what, time) in &self.0 {
            println!("{:>6} s  {what}", time.as_secs());
        }
        let all: Duration = self.0.iter().map(|(_, time)| *time).sum();
        println!("{:>6} s  in all\n{last}", all.as_secs());
    }
}
