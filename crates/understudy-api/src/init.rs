//! A small working project.

use crate::error::{ApiError, Code};
use crate::local;
use crate::root::unfinished_name;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use understudy_fixture::{fixture_schema, project_schema};

const FILES: [(&str, &str); 3] = [
    (
        "understudy.yaml",
        "# yaml-language-server: $schema=schema/project.json\n\
         version: 1\n\
         services:\n\
         \x20 hello:\n\
         \x20   port: 4010\n\
         \x20   backends:\n\
         \x20     local: { url: http://127.0.0.1:8080 }\n",
    ),
    (
        "fixtures/hello/greeting/get.yaml",
        "# yaml-language-server: $schema=../../../schema/fixture.json\n\
         # GET http://localhost:4010/greetings/Ada is answered with this response, and\n\
         # `understudy verify` asks the real backend for the same and holds it to the shape.\n\
         request:\n\
         \x20 path: /greetings/{name}\n\
         \x20 params: { name: { type: string, example: Ada } }\n\
         response:\n\
         \x20 body:\n\
         \x20   json: { greeting: \"Hello, Ada\", at: 2026-01-31T09:30:00Z }\n\
         \x20 match:\n\
         \x20   $.greeting: { starts_with: \"Hello\" }\n\
         \x20   $.at: { type: date-time, fresh: true }\n",
    ),
    (
        "fixtures/hello/greeting/unknown.yaml",
        "# yaml-language-server: $schema=../../../schema/fixture.json\n\
         request:\n\
         \x20 path: /greetings/nobody\n\
         response:\n\
         \x20 status: 404\n\
         \x20 body:\n\
         \x20   json: { error: \"nobody is known by that name\" }\n",
    ),
];

/// Makes a project in a folder, which is made too where it is not there. Nothing that is there is changed.
///
/// # Errors
/// [`Code::Disk`] where a file is there already, or cannot be written.
pub fn init(folder: &Path) -> Result<Vec<PathBuf>, ApiError> {
    let schemas = [
        ("schema/project.json", format!("{}\n", project_schema())),
        ("schema/fixture.json", format!("{}\n", fixture_schema())),
        (".understudy/.gitignore", "*\n".to_owned()),
    ];
    let files = FILES.iter().map(|(path, text)| (*path, (*text).to_owned())).chain(schemas);
    let files: Vec<(PathBuf, String)> = files.map(|(path, text)| (folder.join(path), text)).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        let message = format!("{} is there already", path.display());
        return Err(ApiError::new(Code::Disk, message).with_hint("nothing was changed; name another folder"));
    }
    let mut made = Vec::new();
    for (path, text) in files {
        // Others may not read local state.
        let is_local = path.starts_with(folder.join(local::FOLDER));
        let written = if is_local { local::folder(folder).map(drop) } else { write_new(&path, &text) };
        written.map_err(|error| {
            let message = format!("failed to write {}: {error}", path.display());
            let is_file = matches!(error.kind(), ErrorKind::NotADirectory | ErrorKind::AlreadyExists);
            let hint = if is_file {
                "that is a file: name a folder"
            } else {
                "check who may write there, and whether the disk is full"
            };
            ApiError::new(Code::Disk, message).with_hint(hint)
        })?;
        made.push(path);
    }
    Ok(made)
}

/// Writes a file that is not there yet: whole, or not at all.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
    let unfinished = folder.join(unfinished_name(&name));
    let written = fs::write(&unfinished, text).and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    written.and(removed)
}
