//! Files of a git revision, by way of the `git` program.
//!
//! Nothing that a person or a file names becomes an argument: `git cat-file --batch` reads the names of objects from its
//! standard input. The revision is looked up once, so that all files come from one commit, whatever happens meanwhile.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use understudy_openapi::{DOCUMENT_BYTES_MAX, Files};

/// A revision and a path in it: `main:api.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec<'t> {
    /// The revision; empty for the index.
    revision: &'t str,
    path: &'t str,
}

impl<'t> Spec<'t> {
    /// Reads `REVISION:PATH`. A colon in braces belongs to the revision: `HEAD^{/fix: it}:api.yaml`.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let mut depth = 0_usize;
        let colon = text.char_indices().find(|(_, char)| {
            match char {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *char == ':' && depth == 0
        });
        let (at, _) = colon?;
        let (revision, path) = (&text[..at], &text[at + 1..]);
        let is_drive = revision.len() == 1 && path.starts_with('\\');
        let is_address = path.starts_with("//");
        (!path.is_empty() && !is_drive && !is_address).then_some(Self { revision, path })
    }

    /// The name of the file in its folder.
    pub(super) fn name(&self) -> &'t str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// The files of a revision, by their paths relative to a folder in it.
pub(super) struct Revision<'t> {
    spec: Spec<'t>,
    /// The commit's tree; empty for the index.
    tree: String,
    /// The folder of the path that was named.
    folder: String,
    git: RefCell<Git>,
}

impl<'t> Revision<'t> {
    /// Looks a revision up.
    ///
    /// # Errors
    /// Why it cannot be read, as a fragment.
    pub(super) fn open(spec: Spec<'t>) -> Result<Self, String> {
        if spec.revision.contains('\n') || spec.path.contains('\n') {
            return Err("a name has no line breaks".to_owned());
        }
        // A path that begins with a dot is relative to the current folder, as everywhere in git.
        let start =
            if spec.path.starts_with("./") || spec.path.starts_with("../") { current_folder()? } else { String::new() };
        let whole = joined(&start, spec.path).ok_or("the path leads out of the repository")?;
        let folder = whole.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let mut git = Git::start(!spec.revision.is_empty())?;
        let tree = match spec.revision {
            "" => String::new(),
            revision => match git.ask(&format!("{revision}^{{tree}}"), false)? {
                Object::Other(id) => id,
                Object::File(_) | Object::Missing => return Err(format!("there is no revision `{revision}`")),
                Object::Unusable(why) => return Err(why),
            },
        };
        Ok(Self { spec, tree, folder, git: RefCell::new(git) })
    }
}

impl Files for Revision<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let whole = joined(&self.folder, path).ok_or("it is outside the repository")?;
        if whole.contains('\n') {
            return Err("a name has no line breaks".to_owned());
        }
        let place = if self.spec.revision.is_empty() { "the index" } else { self.spec.revision };
        match self.git.borrow_mut().ask(&format!("{}:{whole}", self.tree), true)? {
            Object::File(bytes) => Ok(bytes),
            Object::Other(_) => Err("it is no file".to_owned()),
            Object::Missing => Err(format!("there is no such file in {place}")),
            Object::Unusable(why) => Err(why),
        }
    }
}

/// A path below a folder, without steps up and down; `None` where it leads out.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(path.split('/')) {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// The current folder, relative to the repository.
fn current_folder() -> Result<String, String> {
    let output = command(&["rev-parse", "--show-prefix"]).output().map_err(|error| not_started(&error))?;
    if !output.status.success() {
        return Err(said(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned())
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // Nobody is there to be asked for a password.
    command.args(arguments).stdin(Stdio::null()).env("GIT_TERMINAL_PROMPT", "0");
    command
}

fn not_started(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "the program `git` is not installed, or not on the PATH".to_owned(),
        _ => format!("the program `git` cannot be started: {error}"),
    }
}

/// The last line of what git wrote to its standard error.
fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("git ended without a word");
    last.strip_prefix("fatal: ").unwrap_or(last).to_owned()
}

/// `git cat-file --batch`
struct Git {
    child: Child,
    names: ChildStdin,
    objects: BufReader<ChildStdout>,
}

/// An object that git has under a name.
enum Object {
    File(Vec<u8>),
    /// Something else, by its id.
    Other(String),
    Missing,
    /// It is there, and cannot be read.
    Unusable(String),
}

impl Git {
    fn start(is_revision: bool) -> Result<Self, String> {
        // In the index, git cannot follow links.
        let links =
            if is_revision { &["cat-file", "--batch", "--follow-symlinks"][..] } else { &["cat-file", "--batch"] };
        let mut command = command(links);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(&error))?;
        let names = child.stdin.take().expect("it was piped");
        let objects = BufReader::new(child.stdout.take().expect("it was piped"));
        Ok(Self { child, names, objects })
    }

    /// Reads what is under a name; with `has_content`, its bytes.
    fn ask(&mut self, name: &str, has_content: bool) -> Result<Object, String> {
        let asked = self.names.write_all(format!("{name}\n").as_bytes()).and_then(|()| self.names.flush());
        let mut line = Vec::new();
        let read = asked.and_then(|()| self.objects.read_until(b'\n', &mut line));
        if !matches!(read, Ok(length) if length > 0) {
            return Err(self.last_words());
        }
        let line = String::from_utf8_lossy(&line);
        let mut words = line.trim_end().rsplitn(3, ' ');
        let (last, kind, start) = (words.next().unwrap_or_default(), words.next(), words.next());
        let Some(size) = last.parse::<u64>().ok().filter(|_| kind.is_some()) else {
            return Ok(match last {
                "ambiguous" => Object::Unusable("the name means several things".to_owned()),
                _ => Object::Missing,
            });
        };
        match (kind.unwrap_or_default(), start) {
            // Git says how long the path of a link is, and the path.
            ("symlink", None) => {
                self.content(size)?;
                Ok(Object::Unusable("it is a link that leads out of the repository".to_owned()))
            }
            ("dangling" | "loop" | "notdir", None) => {
                self.content(size)?;
                Ok(Object::Missing)
            }
            ("blob", Some(_)) if has_content => Ok(match self.content(size)? {
                Some(bytes) => Object::File(bytes),
                None => Object::Unusable(format!("it has {size} bytes, and at most {DOCUMENT_BYTES_MAX} are read")),
            }),
            (kind, Some(id)) => {
                self.content(size)?;
                Ok(if kind == "blob" { Object::Missing } else { Object::Other(id.to_owned()) })
            }
            (_, None) => Ok(Object::Missing),
        }
    }

    /// The bytes that follow, and the line break after them. `None` where they are too many, and were passed over.
    fn content(&mut self, size: u64) -> Result<Option<Vec<u8>>, String> {
        let mut bytes = Vec::new();
        let mut all = (&mut self.objects).take(size + 1);
        let read = match size <= DOCUMENT_BYTES_MAX as u64 {
            true => all.read_to_end(&mut bytes).map(|length| length as u64),
            false => io::copy(&mut all, &mut io::sink()),
        };
        if !matches!(read, Ok(length) if length == size + 1) {
            return Err(self.last_words());
        }
        Ok(bytes.pop().map(|_| bytes))
    }

    /// The message of git when it ended.
    fn last_words(&mut self) -> String {
        let mut stderr = Vec::new();
        if let Some(pipe) = &mut self.child.stderr {
            let _ = pipe.take(STDERR_BYTES_MAX).read_to_end(&mut stderr);
        }
        said(&stderr)
    }
}

/// The maximum number of bytes of git's error output that are read.
const STDERR_BYTES_MAX: u64 = 64 << 10;

impl Drop for Git {
    fn drop(&mut self) {
        // It ends by itself once there are no more names, and nothing is lost if it is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_what_stands_before_the_first_colon_outside_braces() {
        for (text, wanted) in [
            ("main:api.yaml", Some(("main", "api.yaml"))),
            ("HEAD~2:docs/api.yaml", Some(("HEAD~2", "docs/api.yaml"))),
            ("HEAD^{/fix: it}:api.yaml", Some(("HEAD^{/fix: it}", "api.yaml"))),
            ("main@{2026-01-01 10:00:00}:a:b.yaml", Some(("main@{2026-01-01 10:00:00}", "a:b.yaml"))),
            (":api.yaml", Some(("", "api.yaml"))),
            ("api.yaml", None),
            ("main:", None),
            (r"C:\api.yaml", None),
            ("https://example.com/api.yaml", None),
        ] {
            let read = Spec::parse(text).map(|spec| (spec.revision, spec.path));
            assert_eq!(read, wanted, "{text}");
        }
    }

    #[test]
    fn paths_stay_in_the_repository() {
        assert_eq!(joined("docs/v1", "../common/./x.yaml").as_deref(), Some("docs/common/x.yaml"));
        assert_eq!(joined("docs", "../../x.yaml"), None);
    }
}
