//! A description's files, and the values in them.

mod addresses;
mod children;
mod merged;
mod tape;
mod target;

pub(crate) use tape::{Kind, escaped, quoted};

use addresses::Addresses;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use tape::Tape;
use target::{Target, original, target};
use understudy_fixture::{AsJson, Code, Diagnostic, Severity, Source, Span};

/// How large one file of a description may be. The largest known one has 15 MB.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;
/// How many files one description may have.
const FILES_MAX: usize = 1_000;
/// How many files that cannot be read are told of.
const PROBLEMS_MAX: usize = 100;
/// How many `$ref`s may lead to each other before the value itself is reached.
const REFERENCES_FOLLOWED_MAX: usize = 32;

/// Where the files of a description come from.
pub trait Files {
    /// The bytes of a file, by its path relative to the description's folder; `/` between folders.
    ///
    /// # Errors
    /// Why it cannot be read, as a fragment: "there is no such file".
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// Returns what a person can do about a file that could not be read.
    fn advice(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }
}

/// A value in one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Node {
    file: u16,
    slot: u32,
}

/// All files of a description. The first is the one that was named.
#[derive(Debug)]
pub(crate) struct Documents {
    files: Vec<File>,
    by_path: HashMap<String, u16>,
    addresses: Addresses,
    /// The schemas that build on others, found at the first use.
    children: OnceLock<children::Children>,
}

#[derive(Debug)]
struct File {
    path: Arc<str>,
    tape: Tape,
    yaml: Option<Yaml>,
    /// The offsets at which lines start, found for the first problem.
    lines: OnceLock<Vec<u32>>,
}

/// What a YAML file says, beside the JSON that was made of it.
#[derive(Debug)]
struct Yaml {
    text: String,
    /// Offsets in the tape's text, with their places in the file.
    places: Vec<(u32, Span)>,
}

impl Documents {
    /// Reads a file and all that its `$ref`s name. A file that cannot be read is a problem of those that name it.
    pub(crate) fn open(path: &str, files: &dyn Files) -> Result<(Self, Vec<Diagnostic>), Box<Diagnostic>> {
        let bytes = files.read(path).map_err(|why| {
            let problem = Diagnostic::of_file(Code::Unreadable, path, format!("the file cannot be read: {why}"));
            Box::new(files.advice(path).into_iter().fold(problem, Diagnostic::with_hint))
        })?;
        let by_path = HashMap::from([(path.to_owned(), 0)]);
        let mut documents =
            Self { files: Vec::new(), by_path, addresses: Addresses::default(), children: OnceLock::new() };
        documents.push(File::new(path, bytes)?);
        let (mut problems, mut unread) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < documents.files.len() {
            for (named, node) in documents.files_named_in(at) {
                if documents.by_path.contains_key(&named) || problems.len() + unread.len() >= PROBLEMS_MAX {
                    continue;
                }
                let is_copy = original(documents.home(), &named).is_some();
                let read = if documents.files.len() < FILES_MAX {
                    files.read(&named).map_err(|why| format!("`{named}` cannot be read: {why}"))
                } else {
                    Err(format!("a description has at most {FILES_MAX} files"))
                };
                match read.map(|bytes| File::new(&named, bytes)) {
                    Ok(Ok(file)) => {
                        documents.by_path.insert(named, documents.files.len() as u16);
                        documents.push(file);
                    }
                    Ok(Err(problem)) => problems.push(*problem),
                    // Nobody has asked for it: it is told with what leads there.
                    Err(_) if is_copy => {}
                    Err(message) => unread.push((node, message, files.advice(&named))),
                }
            }
            at += 1;
        }
        // What leads to an address need not be a file.
        unread.retain(|(node, ..)| documents.at(*node).follow().is_err());
        let unread = unread.into_iter().map(|(node, message, advice)| {
            let problem = documents.at(node).problem(Code::BadReference, message);
            advice.into_iter().fold(problem, Diagnostic::with_hint)
        });
        problems.extend(unread);
        Ok((documents, problems))
    }

    fn push(&mut self, file: File) {
        self.addresses.add(self.files.len(), &file);
        self.files.push(file);
    }

    /// The other files that a file's `$ref`s name, and where.
    fn files_named_in(&self, file: usize) -> Vec<(String, Node)> {
        let File { path, tape, .. } = &self.files[file];
        let (mut named, mut known) = (Vec::new(), HashSet::new());
        for slot in tape.references() {
            if let Target::InFile(other, _) = target(self.home(), path, &tape.string(*slot))
                && known.insert(other.clone())
            {
                named.push((other, Node { file: file as u16, slot: *slot }));
            }
        }
        named
    }

    /// The path of the file that was named.
    pub(crate) fn file(&self) -> &str {
        &self.files[0].path
    }

    /// The folder of the description.
    fn home(&self) -> &str {
        self.files[0].path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Files of other machines of which there are no copies: their addresses, and where the copies are to be.
    pub(crate) fn missing_copies(&self) -> Vec<(String, String)> {
        let named = (0..self.files.len()).flat_map(|file| self.files_named_in(file));
        let missing = named.filter(|(path, node)| !self.by_path.contains_key(path) && self.at(*node).follow().is_err());
        let mut missing: Vec<(String, String)> =
            missing.filter_map(|(path, _)| Some((original(self.home(), &path)?, path))).collect();
        missing.sort();
        missing.dedup();
        missing
    }

    pub(crate) fn root(&self) -> At<'_> {
        self.root_of(0)
    }

    fn root_of(&self, file: usize) -> At<'_> {
        self.at(Node { file: file as u16, slot: self.files[file].tape.root() })
    }

    /// The named schemas that build on a schema with `allOf`, with their names.
    pub(crate) fn children(&self, base: Node) -> &[(String, Node)] {
        self.children.get_or_init(|| children::children(self)).get(&base).map_or(&[], Vec::as_slice)
    }

    /// Returns the size of all files together.
    pub(crate) fn bytes(&self) -> usize {
        self.files.iter().map(|file| file.tape.text().len()).sum()
    }

    /// The outermost value of every file.
    pub(crate) fn roots(&self) -> impl Iterator<Item = At<'_>> {
        (0..self.files.len()).map(|file| self.root_of(file))
    }

    pub(crate) fn at(&self, node: Node) -> At<'_> {
        At { documents: self, node }
    }

    /// Every `$ref` in every file.
    pub(crate) fn references(&self) -> impl Iterator<Item = At<'_>> {
        self.all(Tape::references)
    }

    /// Every `pattern` in every file.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = At<'_>> {
        self.all(Tape::patterns)
    }

    fn all(&self, of: fn(&Tape) -> &[u32]) -> impl Iterator<Item = At<'_>> {
        self.files.iter().enumerate().flat_map(move |(file, File { tape, .. })| {
            of(tape).iter().map(move |slot| self.at(Node { file: file as u16, slot: *slot }))
        })
    }
}

impl File {
    fn new(path: &str, bytes: Vec<u8>) -> Result<Self, Box<Diagnostic>> {
        if bytes.len() > DOCUMENT_BYTES_MAX {
            let message = format!("the file has {} bytes; at most {DOCUMENT_BYTES_MAX} are read", bytes.len());
            return Err(Box::new(
                Diagnostic::of_file(Code::TooLarge, path, message).with_hint("split it, and `$ref` the parts"),
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
            let message = format!("the file is not UTF-8: line {line} holds a byte that is not");
            Box::new(Diagnostic::of_file(Code::NotUtf8, path, message).with_hint("save the file as UTF-8"))
        })?;
        let refused = |message: &str, hint: &str| {
            Err(Box::new(Diagnostic::of_file(Code::NotOpenApi, path, message.to_owned()).with_hint(hint)))
        };
        let path: Arc<str> = path.into();
        match text.trim_start_matches('\u{FEFF}').trim_start().as_bytes().first() {
            None => refused("the file is empty", START),
            Some(b'<') => {
                let hint = "save the description itself, not the page that shows it";
                refused("this is HTML or XML, and not an OpenAPI description", hint)
            }
            // JSON is read as such whatever the file's name says: it is the quicker way.
            Some(b'{' | b'[') => match Tape::new(text) {
                Ok(tape) => Ok(Self { path, tape, yaml: None, lines: OnceLock::new() }),
                Err((text, error)) if path.ends_with(".json") => {
                    let message = format!("not JSON: {}", error.message);
                    Err(Box::new(located(&path, &text, span_in(&text, error.offset), Code::Syntax, message)))
                }
                Err((text, _)) => Self::from_yaml(path, text),
            },
            Some(_) => Self::from_yaml(path, text),
        }
    }

    fn from_yaml(path: Arc<str>, text: String) -> Result<Self, Box<Diagnostic>> {
        // What is no JSON is YAML, whatever it is called.
        let source = Source { file: path.replace(".json", ".yaml").into(), text };
        let file = Arc::clone(&path);
        let AsJson { text, places } = source.as_json().map_err(|problem| Box::new(Diagnostic { file, ..*problem }))?;
        let read = Tape::new(text).and_then(|tape| match merged::merged(&tape, &places) {
            Some((text, places)) => Ok((Tape::new(text)?, places)),
            None => Ok((tape, places)),
        });
        match read {
            Ok((tape, places)) => {
                let yaml = Some(Yaml { text: source.text, places });
                Ok(Self { path, tape, yaml, lines: OnceLock::new() })
            }
            Err((_, error)) => {
                let message = format!("the file cannot be read: {}", error.message);
                Err(Box::new(Diagnostic::of_file(Code::TooLarge, &path, message)))
            }
        }
    }

    /// As it was read.
    fn text(&self) -> &str {
        self.yaml.as_ref().map_or(self.tape.text(), |yaml| &yaml.text)
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let text = self.text().as_bytes();
            let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect()
        })
    }

    /// Returns the offset at which a line starts, counted from 1. For a number behind the last
    /// line, returns the end of the text.
    fn line_start(&self, line: usize) -> usize {
        self.lines().get(line.saturating_sub(1)).map_or(self.text().len(), |start| *start as usize)
    }

    fn line(&self, line: usize) -> &str {
        let text = self.text().get(self.line_start(line)..self.line_start(line + 1)).unwrap_or("");
        text.trim_end_matches(['\n', '\r'])
    }

    fn span(&self, slot: u32) -> Span {
        let start = self.tape.start(slot);
        let Some(yaml) = &self.yaml else {
            let line = self.lines().partition_point(|line| *line as usize <= start);
            let before = &self.tape.text().as_bytes()[self.line_start(line)..start];
            let column = String::from_utf8_lossy(before).chars().count();
            return Span { line: line as u32, column: column as u32 + 1, width: 1 };
        };
        let at = yaml.places.partition_point(|(offset, _)| (*offset as usize) <= start);
        yaml.places.get(at.saturating_sub(1)).map(|(_, span)| *span).unwrap_or_default()
    }
}

/// What to do about a file that is no description.
pub(crate) const START: &str =
    "an OpenAPI description starts with `openapi: 3.1.0` (or 3.0.x; Swagger: `swagger: \"2.0\"`)";

fn span_in(text: &str, offset: usize) -> Span {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count();
    Span { line: line as u32 + 1, column: column as u32 + 1, width: 1 }
}

fn located(path: &Arc<str>, text: &str, span: Span, code: Code, message: String) -> Diagnostic {
    problem_at(path, text.lines().nth(span.line.saturating_sub(1) as usize).unwrap_or(""), span, code, message)
}

fn problem_at(path: &Arc<str>, line: &str, span: Span, code: Code, message: String) -> Diagnostic {
    // A document in one line would be copied into each of its problems.
    let line_text = if line.len() > LINE_BYTES_MAX { String::new() } else { line.to_owned() };
    Diagnostic {
        severity: Severity::Error,
        code,
        file: Arc::clone(path),
        span: Some(span),
        line_text,
        message,
        hint: None,
    }
}

/// Longer lines are not shown.
const LINE_BYTES_MAX: usize = 10_000;

/// Why a `$ref` leads nowhere.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) why: String,
    /// Whether its file cannot be read.
    pub(crate) is_file: bool,
}

impl Lost {
    fn nowhere(why: String) -> Self {
        Self { why, is_file: false }
    }
}

/// A value, with the files that it is in.
#[derive(Clone, Copy)]
pub(crate) struct At<'d> {
    documents: &'d Documents,
    pub(crate) node: Node,
}

impl std::fmt::Debug for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.pointer())
    }
}

impl<'d> At<'d> {
    fn file(self) -> &'d File {
        &self.documents.files[usize::from(self.node.file)]
    }

    fn tape(self) -> &'d Tape {
        &self.file().tape
    }

    fn with(self, slot: u32) -> Self {
        Self { node: Node { slot, ..self.node }, ..self }
    }

    pub(crate) fn documents(self) -> &'d Documents {
        self.documents
    }

    pub(crate) fn kind(self) -> Kind {
        self.tape().kind(self.node.slot)
    }

    pub(crate) fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// What a string says.
    pub(crate) fn string(self) -> Option<Cow<'d, str>> {
        matches!(self.kind(), Kind::Plain | Kind::Escaped).then(|| self.tape().string(self.node.slot))
    }

    /// A string, or the text of a number or boolean: what YAML reads as one where a text was meant.
    pub(crate) fn scalar(self) -> Option<Cow<'d, str>> {
        match self.kind() {
            Kind::Number | Kind::True | Kind::False => Some(Cow::Borrowed(self.tape().written(self.node.slot))),
            _ => self.string(),
        }
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    /// A number's text.
    pub(crate) fn number(self) -> Option<&'d str> {
        (self.kind() == Kind::Number).then(|| self.tape().written(self.node.slot))
    }

    /// A number that is whole and not below zero.
    pub(crate) fn count(self) -> Option<u64> {
        let number: f64 = self.number()?.parse().ok()?;
        (number >= 0.0 && number.fract() == 0.0 && number <= 9e15).then_some(number as u64)
    }

    pub(crate) fn items(self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + 'd {
        self.tape().items(self.node.slot).iter().map(move |slot| self.with(*slot))
    }

    pub(crate) fn members(self) -> impl DoubleEndedIterator<Item = (Cow<'d, str>, Self)> + ExactSizeIterator + 'd {
        let tape = self.tape();
        tape.members(self.node.slot).map(move |(name, value)| (tape.string(name), self.with(value)))
    }

    /// The places of an object's names.
    pub(crate) fn names(self) -> impl Iterator<Item = (Cow<'d, str>, Self)> + 'd {
        let tape = self.tape();
        tape.members(self.node.slot).map(move |(name, _)| (tape.string(name), self.with(name)))
    }

    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.tape().member(self.node.slot, name).map(|slot| self.with(slot))
    }

    /// The outermost value of its file.
    pub(crate) fn root(self) -> Self {
        self.documents.root_of(usize::from(self.node.file))
    }

    /// Returns the node some steps below, by names with `/` between.
    pub(crate) fn below(self, path: &str) -> Option<Self> {
        path.split('/').try_fold(self, At::get)
    }

    /// A member that is a string.
    pub(crate) fn text(self, name: &str) -> Option<Cow<'d, str>> {
        self.get(name)?.string()
    }

    /// Whether a schema says, in one dialect's way or another, that a value may be null.
    pub(crate) fn is_nullable(self) -> bool {
        self.flag("nullable") || self.flag("x-nullable")
    }

    /// Whether a member is `true`.
    pub(crate) fn flag(self, name: &str) -> bool {
        self.get(name).and_then(At::boolean) == Some(true)
    }

    /// A value as JSON text.
    pub(crate) fn write(self, out: &mut String) {
        self.tape().write(self.node.slot, out);
    }

    pub(crate) fn to_json(self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// The value for those who want serde's kind. Numbers that it cannot hold are `null`.
    pub(crate) fn to_value(self) -> serde_json::Value {
        match self.kind() {
            Kind::Null => serde_json::Value::Null,
            Kind::True => true.into(),
            Kind::False => false.into(),
            Kind::Number => self.number().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
            Kind::Plain | Kind::Escaped => self.string().unwrap_or_default().into(),
            Kind::Array => self.items().map(Self::to_value).collect(),
            Kind::Object => serde_json::Value::Object(
                self.members().map(|(name, value)| (name.into_owned(), value.to_value())).collect(),
            ),
        }
    }

    /// `file#pointer`, for messages.
    pub(crate) fn pointer(self) -> String {
        format!("{}#{}", self.file().path, self.tape().pointer(self.node.slot))
    }

    /// A problem at this value.
    pub(crate) fn problem(self, code: Code, message: String) -> Diagnostic {
        let file = self.file();
        let span = file.span(self.node.slot);
        let problem = problem_at(&file.path, file.line(span.line as usize), span, code, message);
        if problem.line_text.is_empty() { problem.with_hint(format!("it is at {}", self.pointer())) } else { problem }
    }

    /// A problem that takes nothing away.
    pub(crate) fn warning(self, code: Code, message: String) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self.problem(code, message) }
    }

    /// The string of an object's `$ref`, or else of its `$dynamicRef`, which leads to its anchor.
    pub(crate) fn reference(self) -> Option<Self> {
        let is_text = |reference: &Self| matches!(reference.kind(), Kind::Plain | Kind::Escaped);
        self.get("$ref").filter(is_text).or_else(|| self.get("$dynamicRef").filter(is_text))
    }

    /// Where a `$ref`'s string leads.
    pub(crate) fn follow(self) -> Result<Self, Lost> {
        let text = self.string().unwrap_or_default();
        if let Some(found) = self.by_address(&text) {
            return Ok(found);
        }
        let home = self.documents.home();
        let (file, pointer) = match target(home, &self.file().path, &text) {
            Target::Here(pointer) => (self.node.file, pointer),
            Target::InFile(path, pointer) => match self.documents.by_path.get(&path) {
                Some(file) => (*file, pointer),
                None if original(home, &path).is_some() => {
                    return Err(Lost::nowhere(format!(
                        "`$ref: {text}` leads to another machine, which is not asked: `understudy fetch` saves the file \
                         beside the description"
                    )));
                }
                None => {
                    return Err(Lost {
                        why: format!("`$ref: {text}` leads to a file that cannot be read"),
                        is_file: true,
                    });
                }
            },
            Target::Remote => {
                return Err(Lost::nowhere(format!(
                    "`$ref: {text}` leads to another machine, which is not asked: save the file beside this one"
                )));
            }
        };
        let root = self.documents.root_of(usize::from(file));
        root.pointed(&pointer).map_err(|why| Lost::nowhere(format!("`$ref: {text}` leads nowhere: {why}")))
    }

    /// The value that a fragment leads to from here: a JSON pointer, or the name of an anchor.
    fn pointed(self, pointer: &str) -> Result<Self, String> {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return anchor(self, pointer).ok_or_else(|| "no schema has that `$anchor`".to_owned());
        }
        pointer.split('/').skip(1).try_fold(self, |found, step| {
            let name = step.replace("~1", "/").replace("~0", "~");
            let next = match found.kind() {
                Kind::Array => name.parse().ok().and_then(|nth: usize| found.items().nth(nth)),
                _ => found.get(&name),
            };
            next.ok_or_else(|| format!("there is no `{name}`"))
        })
    }

    /// The value itself, where this one is a `$ref`.
    pub(crate) fn resolve(self) -> Result<Self, Diagnostic> {
        let mut at = self;
        for _ in 0..REFERENCES_FOLLOWED_MAX {
            let Some(reference) = at.reference() else { return Ok(at) };
            at = reference.follow().map_err(|lost| reference.problem(Code::BadReference, lost.why))?;
        }
        Err(self.problem(Code::BadReference, "this `$ref` comes back to itself, and no value is on the way".to_owned()))
    }
}

/// A schema below a value that calls itself by a name.
fn anchor<'d>(at: At<'d>, name: &str) -> Option<At<'d>> {
    if ["$anchor", "$dynamicAnchor"].iter().any(|key| at.text(key).as_deref() == Some(name)) {
        return Some(at);
    }
    at.items().find_map(|item| anchor(item, name)).or_else(|| at.members().find_map(|(_, value)| anchor(value, name)))
}
