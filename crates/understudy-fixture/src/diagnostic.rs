//! A problem in one of the user's files: where, what, and what to do.

use std::fmt;
use std::sync::Arc;
use understudy_exchange::printable::{Printable, is_unprintable};

/// A place in a file: one line, and some characters of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// In characters, at least 1.
    pub width: u32,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// What the file says cannot be used.
    Error,
    /// It can be used, but does not do what it seems to.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What kind of problem a diagnostic is about: stable, for programs; [`Code::as_str`] is its name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that is shown, in kebab case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The file is no YAML or JSON.
    Syntax = "syntax",
    /// A tab where YAML wants spaces.
    Tab = "tab",
    /// The file is not UTF-8.
    NotUtf8 = "not-utf8",
    /// A bound was exceeded.
    TooLarge = "too-large",
    /// There are more problems in the file than are listed.
    More = "more",
    /// The file cannot be read.
    Unreadable = "unreadable",
    /// The same key twice.
    DuplicateKey = "duplicate-key",
    /// A key that means nothing here.
    UnknownKey = "unknown-key",
    /// A key that this version does not support yet.
    NotSupported = "not-supported",
    /// A key that has to be there.
    MissingKey = "missing-key",
    /// A list where a map was wanted, and so on.
    WrongType = "wrong-type",
    /// The right type, but not a possible value.
    BadValue = "bad-value",
    /// A number that YAML and JSON read differently.
    AmbiguousNumber = "ambiguous-number",
    /// An unquoted `{{name}}`.
    UnquotedPlaceholder = "unquoted-placeholder",
    /// No such rule, or a plain value where a rule was wanted.
    BadRule = "bad-rule",
    /// No JSONPath by RFC 9535.
    BadJsonPath = "bad-jsonpath",
    /// No regular expression, or one that is too large.
    BadRegex = "bad-regex",
    /// No path template.
    BadPath = "bad-path",
    /// A body file that is not there.
    BodyFileMissing = "body-file-missing",
    /// A body file outside the service's folder.
    BodyFileOutside = "body-file-outside",
    /// A folder or file outside the project, or a link to one.
    OutsideProject = "outside-project",
    /// Two files with one id.
    DuplicateId = "duplicate-id",
    /// Two fixtures that no request can tell apart.
    DuplicateRequest = "duplicate-request",
    /// `after` names no fixture.
    UnknownFixture = "unknown-fixture",
    /// Fixtures that come after each other.
    Cycle = "cycle",
    /// A fixture whose own example another one would answer.
    Shadowed = "shadowed",
    /// Two fixtures that one request matches, and between which only the name decides.
    Tie = "tie",
    /// An example that does not obey the fixture's own rules.
    BrokenExample = "broken-example",
    /// A file or folder that is not read, although its name or place may suggest otherwise.
    NotRead = "not-read",
    /// The folder of the project's local state, to which others had rights.
    OpenToOthers = "open-to-others",
    /// A service whose folder is not there.
    MissingFolder = "missing-folder",
    /// No OpenAPI description, or one of a version that is not known.
    NotOpenApi = "not-openapi",
    /// Something in an OpenAPI description that is not by its rules.
    BadOpenApi = "bad-openapi",
    /// A fixture that is not what the agreed description says.
    NotAsDescribed = "not-as-described",
    /// A `$ref` that leads nowhere.
    BadReference = "bad-reference",
}

/// A problem in a file. [`fmt::Display`] renders it whole, over several lines, and escapes what is
/// never printed: a name or a key cannot begin a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of problem.
    pub code: Code,
    /// The file, relative to the project.
    pub file: Arc<str>,
    /// Where in the file; `None` where it is about the file as a whole.
    pub span: Option<Span>,
    /// The line itself.
    pub line_text: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Lines are cut to this many characters around the caret, so that a minified file does not fill the screen.
const LINE_CHARS_MAX: usize = 120;

impl Diagnostic {
    /// A problem with a file as a whole.
    #[must_use]
    pub fn of_file(code: Code, file: &str, message: String) -> Self {
        let line_text = String::new();
        Self { severity: Severity::Error, code, file: file.into(), span: None, line_text, message, hint: None }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether what the file says cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The order in which diagnostics are shown: by file, then place.
    #[must_use]
    pub fn sort_key(&self) -> (&str, Option<Span>, Code, &str) {
        (&self.file, self.span, self.code, &self.message)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{severity}[{}]: {}", self.code.as_str(), Printable(&self.message))?;
        let file = Printable(&self.file);
        let Some(span) = self.span else {
            write!(f, "  --> {file}")?;
            return self.hint.iter().try_for_each(|hint| write!(f, "\n  = hint: {}", Printable(hint)));
        };
        let number = span.line.to_string();
        let margin = " ".repeat(number.len());
        let (text, column) = window(&self.line_text, span.column as usize);
        let pad = " ".repeat(column - 1);
        let room = text.chars().count().saturating_sub(column - 1).max(1);
        let carets = "^".repeat((span.width as usize).clamp(1, room));
        writeln!(f, "{margin}--> {file}:{}:{}", span.line, span.column)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {text}")?;
        write!(f, "{margin} | {pad}{carets}")?;
        self.hint.iter().try_for_each(|hint| write!(f, "\n{margin} = hint: {}", Printable(hint)))
    }
}

/// The part of a line around a column. What is never printed is shown as one column each, so that
/// carets stand below what they point at.
fn window(line: &str, column: usize) -> (String, usize) {
    let plain = |c: char| {
        if c == '\t' {
            '→'
        } else if is_unprintable(c) {
            '·'
        } else {
            c
        }
    };
    let length = line.chars().count();
    let column = column.clamp(1, length + 1);
    if length <= LINE_CHARS_MAX {
        return (line.chars().map(plain).collect(), column);
    }
    let start = (column - 1).saturating_sub(LINE_CHARS_MAX / 2).min(length - LINE_CHARS_MAX);
    let cut: String = line.chars().skip(start).take(LINE_CHARS_MAX).map(plain).collect();
    (format!("…{cut}…"), column - start + 1)
}
