//! Body files: text, bytes, and what may be read.

use super::Reader;
use super::advice::{cut, json_in_text, shown};
use crate::diagnostic::Code;
use crate::grammar::Object;
use crate::model::{BodyFile, LargeFile, ResponseBody, write_size};
use crate::source::{Entry, Node, Scalar, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use understudy_exchange::Number;

/// Gives the content of files of a service's folder. The paths are relative, have `/` between folders and no
/// `..`; whoever implements this refuses links that lead outside.
pub trait BodyFiles {
    /// The content of a file.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn read(&self, path: &str) -> Result<Bytes, FileProblem>;

    /// Returns the file of a response, which may stay on the disk.
    ///
    /// # Errors
    /// The reason why the file cannot be read.
    fn find(&self, path: &str) -> Result<FoundFile, FileProblem> {
        self.read(path).map(FoundFile::Read)
    }
}

/// The file of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundFile {
    /// Its content.
    Read(Bytes),
    /// The place and the size in bytes of a file that is too large to be held in memory.
    Large(Arc<Path>, u64),
}

/// Why a body file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It is not there. With the names of the files beside it.
    Missing(Vec<String>),
    /// It is not in the service's folder.
    Outside,
    /// The size in bytes of a file that is larger than the body of a request may be.
    TooLarge(u64),
    /// The system says no.
    Unreadable(String),
}

impl Reader<'_> {
    /// The file of a request, which is compared and therefore read.
    pub(super) fn body_file(&mut self, node: &Node, files: &dyn BodyFiles) -> Option<BodyFile> {
        let path = self.text(node, "`file`")?;
        let content = if is_inside(&path) { files.read(&path) } else { Err(FileProblem::Outside) };
        match content {
            Ok(content) => Some(BodyFile { path, content }),
            Err(problem) => self.no_body_file(node, &path, problem),
        }
    }

    /// The file of a response.
    pub(super) fn response_file(&mut self, node: &Node, files: &dyn BodyFiles) -> Option<ResponseBody> {
        let path = self.text(node, "`file`")?;
        let found = if is_inside(&path) { files.find(&path) } else { Err(FileProblem::Outside) };
        match found {
            Ok(FoundFile::Read(content)) => Some(ResponseBody::File(BodyFile { path, content })),
            Ok(FoundFile::Large(place, bytes)) => Some(ResponseBody::LargeFile(LargeFile { path, place, bytes })),
            Err(problem) => self.no_body_file(node, &path, problem),
        }
    }

    fn no_body_file<T>(&mut self, node: &Node, path: &str, problem: FileProblem) -> Option<T> {
        match problem {
            FileProblem::Missing(beside) => {
                let beside: Vec<&str> = beside.iter().map(String::as_str).collect();
                let hint = match super::reader::nearest(path, &beside) {
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
                let message = format!("`{path}` has more than {}, the most that a request may have", write_size(most));
                let hint = "raise the bound in understudy.yaml, at the service: body_max: 200MB";
                self.report_with_hint(Code::TooLarge, node.span, message, hint);
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

    /// The one key of a body, its kind, and the value.
    pub(super) fn body_kind<'n>(&mut self, node: &'n Node, object: &Object) -> Option<(&'n str, &'n Node)> {
        if let Some(meant) = without_kind(node, object) {
            let message = format!("{} has a kind: `json`, `text`, ...", object.name);
            self.report_with_hint(Code::MissingKey, node.span, message, format!("write body: {meant}"));
            return None;
        }
        let is_kind = |entry: &&Entry| entry.name.as_str() != "match";
        if let Value::Map(entries) = &node.value
            && let Some(rules) = entries.iter().find(|entry| !is_kind(entry))
        {
            let kinds: Vec<String> = entries.iter().filter(is_kind).map(|kind| kind.name.as_str().to_owned()).collect();
            let body = kinds.first().map_or("json", String::as_str);
            let hint = format!("write body: {{ {body}: ... }}, match: {}", shown(&rules.value));
            let message = "`match` stands beside `body`, and not in it";
            self.report_with_hint(Code::UnknownKey, rules.span, message, hint);
            return None;
        }
        let fields = self.object(node, object)?;
        match fields.entries() {
            [entry] => Some((entry.name.as_str(), &entry.value)),
            [] => {
                let message = format!("{} has one key, its kind: `json`, `text`, ...", object.name);
                self.report_with_hint(Code::MissingKey, fields.span, message, "without a body, leave `body` out");
                None
            }
            [_, second, ..] => {
                self.report(Code::BadValue, second.span, format!("{} has one kind only", object.name));
                None
            }
        }
    }
}

/// The body with its kind, for a value that was written without one; `None` where a kind is there, or nearly.
fn without_kind(node: &Node, object: &Object) -> Option<String> {
    let is_kind = |name: &str| object.keys.iter().any(|key| key.name == name) || object.later.contains(&name);
    match &node.value {
        Value::Map(entries) => {
            let kinds: Vec<&str> = object.keys.iter().map(|key| key.name).collect();
            let is_near = |name: &str| entries.len() == 1 && super::reader::nearest(name, &kinds).is_some();
            let has_kind = entries.iter().any(|entry| is_kind(entry.name.as_str()) || is_near(entry.name.as_str()));
            if entries.is_empty() || has_kind || node.is_unquoted_placeholder() {
                return None;
            }
            Some(foreign_kind(entries).unwrap_or_else(|| format!("{{ json: {} }}", shown(node))))
        }
        Value::List(_) => Some(format!("{{ json: {} }}", shown(node))),
        Value::Scalar(scalar) if scalar.is_null() => {
            Some("{ text: \"\" } for an empty one, { json: null } for the value, or leave it out".to_owned())
        }
        Value::Scalar(scalar) => Some(match json_in_text(scalar.as_str()) {
            Some(json) => format!("{{ json: {} }}", cut(&json.to_string())),
            None if matches!(scalar, Scalar::Plain(text) if Number::parse(text).is_some())
                || scalar.as_bool().is_some() =>
            {
                format!("{{ json: {} }}", shown(node))
            }
            None => format!("{{ text: {} }}", shown(node)),
        }),
    }
}

/// The kind that other tools call by another word.
fn foreign_kind(entries: &[Entry]) -> Option<String> {
    let [entry] = entries else { return None };
    let value = shown(&entry.value);
    let kind = match entry.name.as_str().to_ascii_lowercase().as_str() {
        "jsonbody" | "application/json" => "json",
        "raw" | "plain" | "string" | "html" | "text/plain" | "content" if entry.value.scalar().is_some() => "text",
        "urlencoded" | "x-www-form-urlencoded" | "application/x-www-form-urlencoded" => "form",
        "formdata" | "form-data" | "multipart/form-data" => "multipart",
        "base64body" | "binary" if entry.value.scalar().is_some() => "base64",
        "bodyfilename" | "bodyfile" | "filename" if entry.value.scalar().is_some() => "file",
        _ => return None,
    };
    Some(format!("{{ {kind}: {value} }}"))
}

fn is_inside(path: &str) -> bool {
    let windows_root = path.contains('\\') || path.as_bytes().get(1) == Some(&b':');
    !path.is_empty()
        && !path.starts_with('/')
        && !windows_root
        && !path.contains('\0')
        && path.split('/').all(|part| part != "..")
}
