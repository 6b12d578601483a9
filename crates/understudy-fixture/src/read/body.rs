//! Body files: text, bytes, and what may be read.

use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::model::BodyFile;
use crate::source::Node;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// Gives the content of files of a service's folder. The paths are relative, have `/` between folders and no
/// `..`; whoever implements this refuses links that lead outside.
pub trait BodyFiles {
    /// The content of a file.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn read(&self, path: &str) -> Result<Bytes, FileProblem>;
}

/// Why a body file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It is not there. With the names of the files beside it.
    Missing(Vec<String>),
    /// It is not in the service's folder.
    Outside,
    /// It has more bytes than this.
    TooLarge(u64),
    /// The system says no.
    Unreadable(String),
}

impl Reader<'_> {
    pub(super) fn body_file(&mut self, node: &Node, files: &dyn BodyFiles) -> Option<BodyFile> {
        let path = self.text(node, "`file`")?;
        let found = if is_inside(&path) { files.read(&path) } else { Err(FileProblem::Outside) };
        let problem = match found {
            Ok(content) => return Some(BodyFile { path, content }),
            Err(problem) => problem,
        };
        match problem {
            FileProblem::Missing(beside) => {
                let beside: Vec<&str> = beside.iter().map(String::as_str).collect();
                let hint = match super::reader::nearest(&path, &beside) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "the path is relative to the service's folder".to_owned(),
                };
                self.report_with_hint(Code::BodyFileMissing, node.span, format!("there is no file `{path}`"), hint);
            }
            FileProblem::Outside => {
                let hint = "copy the file into the service's folder, under bodies/";
                let message = format!("`{path}` is outside the service's folder");
                self.report_with_hint(Code::BodyFileOutside, node.span, message, hint);
            }
            FileProblem::TooLarge(most) => {
                self.report(Code::TooLarge, node.span, format!("`{path}` has more than {most} bytes"));
            }
            FileProblem::Unreadable(why) => {
                self.report(Code::Unreadable, node.span, format!("`{path}` cannot be read: {why}"));
            }
        }
        None
    }

    pub(super) fn base64(&mut self, node: &Node) -> Option<Bytes> {
        let text: String = self.text(node, "`base64`")?.split_whitespace().collect();
        match STANDARD.decode(text.as_bytes()) {
            Ok(bytes) => Some(bytes.into()),
            Err(error) => {
                let hint = "standard base64 with padding, as `base64 FILE` prints it";
                self.report_with_hint(Code::BadValue, node.span, format!("not base64: {error}"), hint);
                None
            }
        }
    }

    /// The one key of a body, and its value.
    pub(super) fn only_kind<'n>(&mut self, fields: &Fields<'n>, what: &str) -> Option<(&'n str, &'n Node)> {
        match fields.entries() {
            [entry] => Some((entry.name.as_str(), &entry.value)),
            [] => {
                self.report(
                    Code::MissingKey,
                    fields.span,
                    format!("{what} has one key, its kind: `json`, `text`, ..."),
                );
                None
            }
            [_, second, ..] => {
                self.report(Code::BadValue, second.span, format!("{what} has one kind only"));
                None
            }
        }
    }
}

fn is_inside(path: &str) -> bool {
    let windows_root = path.contains('\\') || path.as_bytes().get(1) == Some(&b':');
    !path.is_empty()
        && !path.starts_with('/')
        && !windows_root
        && !path.contains('\0')
        && path.split('/').all(|part| part != "..")
}
