//! `verify`

mod accepted;
mod bar;
mod not_sent;
mod text;

use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Paint, print_error_line, say_problems};
use crate::trust::print_sent;
use bar::Bar;
use std::sync::Arc;
use text::text;
use understudy_api::{
    AcceptOptions, ApiError, NotVerified, OutcomeKind, Run, RunReport, VerifyRequest, not_verified, verify,
};

pub(crate) fn run(args: VerifyArgs) -> Result<Exit, ApiError> {
    let request = VerifyRequest {
        project: project(args.project.as_deref(), &args.allowed)?,
        backend: args.backend,
        services: args.services,
        filters: args.filters,
        fixtures: args.fixtures,
        tags: args.tags,
        jobs: usize::from(args.jobs),
        timeout: args.timeout,
        allow_writes: args.allow_writes,
        strict: args.strict,
        openapi: args.openapi,
        trust: args.trust.trust()?,
        cancelled: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    let bar = Arc::new(Bar::default());
    let run = runtime.block_on(verify(&request, print_sent, Arc::clone(&bar).progress()));
    bar.clear();
    let run = run?;
    say_problems(&run.project.diagnostics);
    let not_verified = not_verified(&run);
    if args.json {
        print_json(&RunReport::new(&run));
    } else {
        text(&run, &not_verified, args.all, args.strict, Paint::stdout()).print();
    }
    if let Some(why) = &run.forgotten {
        let word = Paint::stderr().yellow("warning:");
        print_error_line(format_args!("{word} the run is not remembered for `coverage`: {why}"));
    }
    for (format, file) in &args.reports {
        // Continuous integration often names a folder that only the report would make.
        let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(file, format.write(&run)))
            .map_err(|error| ApiError::of_file(file, "write", &error))?;
    }
    let mut is_broken = run.summary.count(OutcomeKind::Broken) > 0;
    if args.accept {
        let options = AcceptOptions { named: request.fixtures, force: args.force, dry_run: args.dry_run };
        let accepted = understudy_api::accept(&run.project, &run.results, &options)?;
        let is_left = accepted::tell(&accepted, args.dry_run);
        // Differences that were only shown still have to be accepted.
        is_broken = if args.dry_run { is_broken } else { is_left };
    }
    let is_open = args.strict && not_verified.iter().any(NotVerified::fails_strict);
    let exit = exit(&run, is_broken, is_open);
    // The program ends here: the system takes the memory back at once, and thousands of fixtures take a while one by one.
    std::mem::forget(run);
    Ok(exit)
}

/// Broken promises weigh most: they are known even where the backend went away later.
fn exit(run: &Run, is_broken: bool, is_open: bool) -> Exit {
    if is_broken {
        return Exit::Broken;
    }
    if run.summary.count(OutcomeKind::Unreachable) > 0 || run.summary.judged() == 0 || is_open {
        return Exit::CouldNot;
    }
    if run.project.diagnostics.iter().any(understudy_api::Diagnostic::is_error) { Exit::Files } else { Exit::Fine }
}
