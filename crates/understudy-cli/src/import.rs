//! `import`

use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::record::{differs, needed};
use crate::terminal::{Page, Paint, count};
use understudy_api::{
    ApiError, ArchiveAccept, ArchiveOptions, Import, ImportNews, ImportRequest, Imported, ImportedDescription,
    RedactionReport, Waiting, import, list_left_out,
};

pub(crate) fn run(args: ImportArgs) -> Result<Exit, ApiError> {
    let import = import(&ImportRequest {
        project: project(args.into.as_deref(), &args.allowed)?,
        service: args.service,
        archive: ArchiveOptions {
            origin: args.origin,
            pages: args.pages,
            without_body: args.without_body,
            accept: match (args.accept, args.inbox) {
                (true, _) => ArchiveAccept::NewAndChanged,
                (_, true) => ArchiveAccept::Nothing,
                _ => ArchiveAccept::New,
            },
        },
        operations: args.operations,
        preview: args.preview,
        files: args.files,
    })?;
    let exit = match &import {
        Import::Archive(imported) if imported.waiting.iter().any(|waiting| waiting.why.is_some()) => Exit::CouldNot,
        _ => Exit::Fine,
    };
    if args.json {
        print_json(&import);
        return Ok(exit);
    }
    let mut out = match &import {
        Import::Archive(imported) => of_archive(imported, args.preview),
        Import::Description(imported) => of_description(imported, args.preview),
    };
    if args.preview {
        out.line("nothing was written (--preview)");
    }
    out.print();
    Ok(exit)
}

/// Changed places are told up to this number.
const PLACES_MAX: usize = 12;

fn of_description(imported: &ImportedDescription, is_preview: bool) -> Page {
    let paint = Paint::stdout();
    let mut out = Page::new();
    let told = imported.fixtures.iter().filter(|fixture| fixture.news != ImportNews::Same);
    for fixture in told {
        let (word, because) = match (fixture.news, &fixture.why) {
            (ImportNews::New, _) => (paint.green("new    "), String::new()),
            (ImportNews::Changed, _) => (paint.bold("changed"), String::new()),
            (ImportNews::Gone, _) => (paint.red("gone   "), ": the description does not have it any more".to_owned()),
            (_, Some(why)) => (paint.dim("kept   "), format!(": {why}")),
            (_, None) => (paint.dim("kept   "), String::new()),
        };
        out.line(format_args!("{word} {}{because}", fixture.file));
        if is_preview && fixture.news == ImportNews::Changed {
            fixture.diff.lines().skip(2).for_each(|line| out.line(format_args!("          {line}")));
        }
        if !fixture.kept.is_empty() {
            let places: Vec<&str> = fixture.kept.iter().take(PLACES_MAX).map(String::as_str).collect();
            let more = fixture.kept.len() - places.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            out.line(format_args!("        yours stays at {}{more}", places.join(", ")));
        }
    }
    for (operation, why) in &imported.left {
        out.line(paint.dim(&format!("left out: {operation}: {why}")));
    }
    let number = |news: ImportNews| imported.fixtures.iter().filter(|fixture| fixture.news == news).count();
    let known = [
        (number(ImportNews::New), "new"),
        (number(ImportNews::Changed), "changed"),
        (number(ImportNews::Gone), "gone"),
        (number(ImportNews::Kept), "kept as they are"),
        (number(ImportNews::Same), "up to date"),
    ];
    let counts: Vec<String> =
        known.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    out.line(format_args!("fixtures for {} from {}: {counts}", imported.service, imported.title));
    for hint in &imported.hints {
        out.line(format_args!("{} {hint}", paint.bold("hint:")));
    }
    out
}

fn of_archive(imported: &Imported, is_preview: bool) -> Page {
    let paint = Paint::stdout();
    let mut out = Page::new();
    let (made, wrote) = if is_preview { ("would make", "would write") } else { ("made", "wrote") };
    for (files, what) in [(&imported.files, made), (&imported.changed, wrote)] {
        for file in files {
            out.line(format_args!("{} {file}", paint.bold(what)));
        }
    }
    for Waiting { id, summary, file, differences, why } in &imported.waiting {
        let unlike = file.as_ref().map_or_else(String::new, |file| format!(", unlike {file}"));
        out.line(format_args!("{} {}  {summary}{unlike}", paint.yellow("changed"), paint.bold(id)));
        differences.iter().for_each(|difference| out.line(format_args!("        {}", differs(difference))));
        why.iter().for_each(|why| out.line(format_args!("        not accepted: {why}")));
    }
    let (origins, services) = (imported.origins.join(" and "), imported.services.join(" and "));
    let exchanges = format!("{} with {origins} for {services}", count(imported.exchanges, "exchange"));
    match imported.files.len() {
        0 if imported.stored == imported.exchanges => out.line(exchanges),
        files => out.line(format_args!("{} of {exchanges}", count(files, "file"))),
    }
    if imported.known > 0 {
        out.line(format_args!("{} there already", count(imported.known, "promise")));
    }
    if imported.stored > 0 {
        let stored = count(imported.stored, "exchange");
        let next = match imported.waiting.first() {
            _ if is_preview => String::new(),
            None => ": understudy inbox".to_owned(),
            Some(first) => format!(": understudy inbox accept {} writes its differences", first.id),
        };
        let waits = match imported.stored {
            _ if is_preview => "would wait",
            1 => "waits",
            _ => "wait",
        };
        out.line(format_args!("{stored} {waits} in the inbox{next}"));
    }
    if !imported.redactions.is_empty() {
        out.line(format_args!("{} redacted:", count(imported.redactions.len(), "secret")));
        for RedactionReport { place, stand_in, rule, .. } in &imported.redactions {
            out.line(format_args!("  {stand_in}  {place} ({rule})"));
        }
    }
    needed(&imported.vars, &mut out);
    list_left_out(&imported.left).lines().for_each(|line| out.line(paint.dim(line)));
    out
}
