//! `import`

use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::record::{differs, needed};
use crate::terminal::{Paint, count, plain};
use std::io::{Write, stdout};
use understudy_api::{
    ApiError, ArchiveAccept, ArchiveOptions, Import, ImportNews, ImportRequest, Imported, ImportedDescription,
    RedactionReport, Waiting, import, list_left_out,
};

pub(crate) fn run(args: ImportArgs) -> Result<Exit, ApiError> {
    let import = import(&ImportRequest {
        project: project(args.into.as_deref())?,
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
    let mut text = match &import {
        Import::Archive(imported) => of_archive(imported, args.preview),
        Import::Description(imported) => of_description(imported, args.preview),
    };
    if args.preview {
        text.push_str("nothing was written (--preview)\n");
    }
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit)
}

/// Changed places are told up to this number.
const PLACES_MAX: usize = 12;

fn of_description(imported: &ImportedDescription, is_preview: bool) -> String {
    let paint = Paint::stdout();
    let mut out = String::new();
    let told = imported.fixtures.iter().filter(|fixture| fixture.news != ImportNews::Same);
    for fixture in told {
        let (word, because) = match (fixture.news, &fixture.why) {
            (ImportNews::New, _) => (paint.green("new    "), String::new()),
            (ImportNews::Changed, _) => (paint.bold("changed"), String::new()),
            (ImportNews::Gone, _) => (paint.red("gone   "), ": the description does not have it any more".to_owned()),
            (_, Some(why)) => (paint.dim("kept   "), format!(": {}", plain(why))),
            (_, None) => (paint.dim("kept   "), String::new()),
        };
        out.push_str(&format!("{word} {}{because}\n", plain(&fixture.file)));
        if is_preview && fixture.news == ImportNews::Changed {
            fixture.diff.lines().skip(2).for_each(|line| out.push_str(&format!("          {}\n", plain(line))));
        }
        if !fixture.kept.is_empty() {
            let places: Vec<&str> = fixture.kept.iter().take(PLACES_MAX).map(String::as_str).collect();
            let more = fixture.kept.len() - places.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            out.push_str(&format!("        yours stays at {}{more}\n", plain(&places.join(", "))));
        }
    }
    for (operation, why) in &imported.left {
        out.push_str(&paint.dim(&format!("left out: {}: {}\n", plain(operation), plain(why))));
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
    out.push_str(&format!("fixtures for {} from {}: {counts}\n", imported.service, plain(&imported.title)));
    if let Some(hint) = &imported.hint {
        out.push_str(&format!("{} {}\n", paint.bold("hint:"), plain(hint)));
    }
    out
}

fn of_archive(imported: &Imported, is_preview: bool) -> String {
    let paint = Paint::stdout();
    let mut out = String::new();
    let (made, wrote) = if is_preview { ("would make", "would write") } else { ("made", "wrote") };
    for (files, what) in [(&imported.files, made), (&imported.changed, wrote)] {
        for file in files {
            out.push_str(&format!("{} {file}\n", paint.bold(what)));
        }
    }
    for Waiting { id, summary, file, differences, why } in &imported.waiting {
        let unlike = file.as_ref().map_or_else(String::new, |file| format!(", unlike {}", plain(file)));
        out.push_str(&format!("{} {}  {}{unlike}\n", paint.yellow("changed"), paint.bold(&plain(id)), plain(summary)));
        differences.iter().for_each(|difference| out.push_str(&format!("        {}\n", plain(&differs(difference)))));
        why.iter().for_each(|why| out.push_str(&format!("        not accepted: {}\n", plain(why))));
    }
    let (origins, services) = (plain(&imported.origins.join(" and ")), imported.services.join(" and "));
    let exchanges = format!("{} with {origins} for {services}", count(imported.exchanges, "exchange"));
    match imported.files.len() {
        0 if imported.stored == imported.exchanges => out.push_str(&format!("{exchanges}\n")),
        files => out.push_str(&format!("{} of {exchanges}\n", count(files, "file"))),
    }
    if imported.known > 0 {
        out.push_str(&format!("{} there already\n", count(imported.known, "promise")));
    }
    if imported.stored > 0 {
        let stored = count(imported.stored, "exchange");
        let next = match imported.waiting.first() {
            _ if is_preview => String::new(),
            None => ": understudy inbox".to_owned(),
            Some(first) => format!(": understudy inbox accept {} writes its differences", plain(&first.id)),
        };
        let waits = match imported.stored {
            _ if is_preview => "would wait",
            1 => "waits",
            _ => "wait",
        };
        out.push_str(&format!("{stored} {waits} in the inbox{next}\n"));
    }
    if !imported.redactions.is_empty() {
        out.push_str(&format!("{} redacted:\n", count(imported.redactions.len(), "secret")));
        for RedactionReport { place, stand_in, rule, .. } in &imported.redactions {
            out.push_str(&format!("  {}  {} ({})\n", plain(stand_in), plain(place), plain(rule)));
        }
    }
    out.push_str(&needed(&imported.vars));
    list_left_out(&imported.left).lines().for_each(|line| out.push_str(&paint.dim(&format!("{}\n", plain(line)))));
    out
}
