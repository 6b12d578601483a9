//! `import`

use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Paint, count, plain};
use std::io::{Write, stdout};
use understudy_api::{ApiError, ImportRequest, Imported, import};

pub(crate) fn run(args: ImportArgs) -> Result<Exit, ApiError> {
    let imported = import(&ImportRequest {
        project: project(args.into.as_deref())?,
        service: args.service,
        origin: args.origin,
        files: args.files,
    })?;
    if args.json {
        print_json(&imported);
    } else {
        let _ = stdout().write_all(text(&imported).as_bytes());
    }
    Ok(Exit::Fine)
}

fn text(imported: &Imported) -> String {
    let paint = Paint::stdout();
    let mut out = String::new();
    for file in &imported.files {
        out.push_str(&format!("{} {file}\n", paint.bold("made")));
    }
    let exchanges = count(imported.exchanges, "exchange");
    let files = count(imported.files.len(), "file");
    out.push_str(&format!("{files} of {exchanges} with {} for {}\n", plain(&imported.origin), imported.service));
    if imported.known > 0 {
        out.push_str(&format!("{} there already\n", count(imported.known, "promise")));
    }
    if !imported.removed.is_empty() {
        out.push_str(&format!("{} taken out:\n", count(imported.removed.len(), "secret")));
        for (place, placeholder) in &imported.removed {
            out.push_str(&format!("  {placeholder}  {}\n", plain(place)));
        }
    }
    for (why, times) in &imported.left {
        out.push_str(&paint.dim(&format!("left out: {times} {}\n", plain(why))));
    }
    out
}
