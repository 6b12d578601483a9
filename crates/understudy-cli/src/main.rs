//! The command line: arguments in, text and exit code out. No logic.

mod args;
mod coverage;
mod diff;
mod ending;
mod exit;
mod files;
mod import;
mod record;
mod serve;
mod terminal;
mod trust;
mod ui;
mod verify;

use args::{Args, Command, parse};
use clap::CommandFactory;
use exit::Exit;
use std::process::ExitCode;
use terminal::{print_script, say_error, say_usage};

fn main() -> ExitCode {
    let args = match parse() {
        Ok(args) => args,
        Err(error) => {
            say_usage(&error);
            // Help and version are asked for; everything else is a mistake.
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Fine.into() };
        }
    };
    let result = match args.command {
        Command::Serve(args) => serve::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Ui(args) => ui::run(&args),
        Command::Check { project, allowed, json } => files::check(project.as_deref(), &allowed, json),
        Command::Explain(args) => files::explain(&args),
        Command::Record(args) => record::run(args),
        Command::Inbox(args) => record::inbox(args),
        Command::Import(args) => import::run(args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Diff(args) => diff::run(args),
        Command::Fetch { file, allowed, json } => files::fetch(&file, &allowed, json),
        Command::Init { folder } => files::init(&folder),
        Command::Schema { of } => Ok(files::schema(of)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "understudy", &mut script);
            print_script(&script);
            Ok(Exit::Fine)
        }
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            say_error(&error);
            Exit::of(&error).into()
        }
    }
}
