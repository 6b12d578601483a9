//! `import`

use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Paint, count, plain};
use std::io::{Write, stdout};
use understudy_api::{
    ApiError, Import, ImportNews, ImportRequest, Imported, ImportedDescription, RedactionReport, import,
};

pub(crate) fn run(args: ImportArgs) -> Result<Exit, ApiError> {
    let import = import(&ImportRequest {
        project: project(args.into.as_deref())?,
        service: args.service,
        origin: args.origin,
        operations: args.operations,
        preview: args.preview,
        files: args.files,
    })?;
    if args.json {
        print_json(&import);
        return Ok(Exit::Fine);
    }
    let mut text = match &import {
        Import::Archive(imported) => of_archive(imported, args.preview),
        Import::Description(imported) => of_description(imported, args.preview),
    };
    if args.preview {
        text.push_str("nothing was written (--preview)\n");
    }
    let _ = stdout().write_all(text.as_bytes());
    Ok(Exit::Fine)
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
    let (made, changed) = if is_preview { ("would make", "would change") } else { ("made", "changed") };
    for (files, what) in [(&imported.files, made), (&imported.changed, changed)] {
        for file in files {
            out.push_str(&format!("{} {file}\n", paint.bold(what)));
        }
    }
    let exchanges = count(imported.exchanges, "exchange");
    let files = count(imported.files.len(), "file");
    out.push_str(&format!("{files} of {exchanges} with {} for {}\n", plain(&imported.origin), imported.service));
    if imported.known > 0 {
        out.push_str(&format!("{} there already\n", count(imported.known, "promise")));
    }
    if !imported.redactions.is_empty() {
        out.push_str(&format!("{} redacted:\n", count(imported.redactions.len(), "secret")));
        for RedactionReport { place, stand_in, rule } in &imported.redactions {
            out.push_str(&format!("  {}  {} ({})\n", plain(stand_in), plain(place), plain(rule)));
        }
    }
    for (why, times) in &imported.left {
        out.push_str(&paint.dim(&format!("left out: {times} {}\n", plain(why))));
    }
    out
}
