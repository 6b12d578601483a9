//! `check`, `explain`, `fetch`, `init`, `schema`

use crate::args::{Allowed, ExplainArgs, SchemaOf};
use crate::exit::Exit;
use crate::terminal::{Page, Paint, count, count_problems, print_line, print_text, say_problems};
use std::path::{Path, PathBuf};
use understudy_api::{
    ApiError, ElsewhereAnswer, Explained, FileErrors, Root, Target, WeighedCondition, find_project, find_target,
};

/// The project's folder, with the places outside of it that its files may use.
pub(crate) fn project(named: Option<&Path>, allowed: &Allowed) -> Result<Root, ApiError> {
    Ok(Root::new(find_project(named, &current_folder())?, &allowed.outside))
}

/// A project, a fixture or a description.
pub(crate) fn target(named: Option<&Path>) -> Result<Target, ApiError> {
    find_target(named, &current_folder())
}

fn current_folder() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// Prints a document to standard output.
pub(crate) fn print_json(document: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(document).expect("reports are plain data");
    print_text(&text);
}

pub(crate) fn check(named: Option<&Path>, allowed: &Allowed, json: bool) -> Result<Exit, ApiError> {
    let check = understudy_api::check_target(&target(named)?, &allowed.outside)?;
    let exit = match (check.has_errors(), check.breaks_description()) {
        (true, _) => Exit::Files,
        (false, true) => Exit::Broken,
        (false, false) => Exit::Fine,
    };
    if json {
        print_json(&check.report());
        return Ok(exit);
    }
    say_problems(&check.problems);
    let fixtures = count(check.project.fixture_count(), "fixture");
    let services = count(check.project.services.len(), "service");
    let found = if check.problems.is_empty() { "no problems".to_owned() } else { count_problems(&check.problems) };
    print_line(format_args!("{fixtures} in {services}: {found}"));
    Ok(exit)
}

pub(crate) fn fetch(file: &Path, allowed: &Allowed, json: bool) -> Result<Exit, ApiError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the system gives sockets");
    let fetched = runtime.block_on(understudy_api::fetch(file, &allowed.outside))?;
    let exit = if fetched.left.is_empty() { Exit::Fine } else { Exit::CouldNot };
    if json {
        print_json(&fetched);
        return Ok(exit);
    }
    let mut out = Page::new();
    for (url, copy) in &fetched.saved {
        out.line(format_args!("{} {copy}  {url}", Paint::stdout().bold("saved")));
    }
    for (url, why) in &fetched.left {
        out.line(format_args!("{} {url}: {why}", Paint::stdout().yellow("left")));
    }
    if out.is_empty() {
        out.line("it names nothing on other machines that is not there");
    }
    out.print();
    Ok(exit)
}

pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, ApiError> {
    let body = match args.data.as_deref().map(|data| data.strip_prefix('@').ok_or(data)) {
        None => None,
        Some(Err(text)) => Some(text.as_bytes().to_vec()),
        Some(Ok(file)) => match std::fs::read(file) {
            Ok(bytes) => Some(bytes),
            Err(error) => return Err(ApiError::of_file(Path::new(file), "read", &error)),
        },
    };
    let root = project(args.project.as_deref(), &args.allowed)?;
    let explained = understudy_api::explain(
        &root,
        args.service.as_deref(),
        &args.method,
        &args.url,
        &args.headers,
        body,
        &args.state,
    )?;
    if args.json {
        print_json(&explained);
    } else {
        explanation(&explained, Paint::stdout()).print();
    }
    let is_answered = explained.fixture.is_some() || explained.described.is_some();
    Ok(if is_answered { Exit::Fine } else { Exit::Broken })
}

fn explanation(explained: &Explained, paint: Paint) -> Page {
    let mut out = Page::new();
    out.line(format_args!("{} at {}", paint.bold(&explained.request), explained.service));
    match (&explained.fixture, &explained.file, explained.status) {
        (Some(fixture), Some(file), Some(status)) => {
            out.line(format_args!("{} {fixture} with {status} ({file})", paint.green("is answered by")));
            weights(&explained.conditions, &mut out);
        }
        _ if let Some(described) = &explained.described => {
            let word = paint.green("is answered by the description:");
            out.line(format_args!("{word} {} with {}", described.operation, described.status));
            for violation in &described.violations {
                out.line(format_args!("  {violation}"));
            }
        }
        _ if explained.allowed.is_empty() => {
            out.line(paint.red("is answered by no fixture: 404"));
        }
        _ => {
            let methods = explained.allowed.join(", ");
            out.line(format_args!("{} this path knows {methods}", paint.red("is answered by no fixture: 405,")));
        }
    }
    for near in &explained.near {
        out.blank();
        out.line(&near.fixture);
        for difference in &near.differences {
            out.line(format_args!("  {difference}"));
        }
        if let Some(slip) = &near.slip {
            out.line(format_args!("  ({slip})"));
        }
        if let Some(behind) = &near.behind {
            let too = if explained.fixture.is_some() { " too" } else { "" };
            out.line(format_args!("  matches{too}, but {behind}"));
            weights(&near.conditions, &mut out);
        }
    }
    for ElsewhereAnswer { service, url, fixture, answers, path } in &explained.elsewhere {
        let verb = match (*answers, path) {
            (true, None) => "answers this request".to_owned(),
            (true, Some(path)) => format!("answers this request at {}", path),
            (false, None) => "has this path".to_owned(),
            (false, Some(path)) => format!("has this path as {}", path),
        };
        let url = url.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
        out.blank();
        out.line(format_args!("the service `{service}`{url} {verb} ({fixture})"));
    }
    if let Some(FileErrors { files, place, message }) = &explained.errors {
        let files =
            if *files == 1 { "1 file has errors".to_owned() } else { format!("{files} files have errors, the first") };
        out.blank();
        out.line(format_args!("{files}: {place}: {message}"));
    }
    out
}

/// Adds a line with the conditions of a fixture and their weights.
fn weights(conditions: &[WeighedCondition], out: &mut Page) {
    if conditions.is_empty() {
        return;
    }
    let all: Vec<String> =
        conditions.iter().map(|condition| format!("{} ({})", condition.place, condition.weight)).collect();
    out.line(format_args!("  its conditions: {}", all.join(", ")));
}

pub(crate) fn init(folder: &Path) -> Result<Exit, ApiError> {
    let made = understudy_api::init(folder)?;
    let mut out = Page::new();
    for path in made {
        out.line(format_args!("made {}", path.display()));
    }
    let place =
        if folder == Path::new(".") { String::new() } else { format!(" {}", quoted(&folder.display().to_string())) };
    out.blank();
    out.line(format_args!("next: understudy serve{place}"));
    out.line("      curl http://localhost:4010/greetings/Ada");
    out.print();
    Ok(Exit::Fine)
}

/// A word for a shell, in quotes where it needs them.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

pub(crate) fn schema(of: SchemaOf) -> Exit {
    let schema = match of {
        SchemaOf::Fixture => understudy_api::fixture_schema(),
        SchemaOf::Project => understudy_api::project_schema(),
    };
    print_text(&schema.to_string());
    Exit::Fine
}
