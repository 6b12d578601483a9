//! The one way in which the program prints. A page is made line by line, and escapes everything in
//! a line that is never printed, line ends included. Only the colours of [`Paint`] pass, and only
//! `Page` writes to the standard streams (a test of the repository's rules holds that).
//!
//! [`Paint`]: super::Paint

use std::fmt::Display;
use std::hash::{BuildHasher, RandomState};
use std::io::{Write, stderr, stdout};
use std::sync::LazyLock;
use understudy_api::push_printable;

/// Begins a colour in a text that is not printed yet. Nobody outside the process can know the
/// number in it, so no text from a file is taken for a colour.
static MARK: LazyLock<String> = LazyLock::new(|| format!("\x1b{:016x}[", RandomState::new().hash_one(0)));

/// Returns the text with the marks of a colour, which become the colour in a [`Page`].
pub(super) fn marked(code: &str, text: &str) -> String {
    let mark = &*MARK;
    format!("{mark}{code}m{text}{mark}0m")
}

/// Lines to be printed.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
}

impl Page {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds one line.
    pub(crate) fn line(&mut self, line: impl Display) {
        let line = line.to_string();
        let mut parts = line.split(MARK.as_str());
        push_all(parts.next().unwrap_or_default(), &mut self.text);
        for part in parts {
            let (code, rest) = part.split_once('m').expect("a mark is followed by a code");
            self.text.extend(["\x1b[", code, "m"]);
            push_all(rest, &mut self.text);
        }
        self.text.push('\n');
    }

    /// Adds an empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds each line of a text, indented.
    pub(crate) fn lines(&mut self, indent: &str, text: &str) {
        text.lines().for_each(|line| self.line(format_args!("{indent}{line}")));
    }

    /// Adds the lines of another page.
    pub(crate) fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the lines as they are printed.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Prints the page to standard output. If nobody reads it, nothing is done about that.
    pub(crate) fn print(&self) {
        let mut out = stdout().lock();
        let _ = out.write_all(self.text.as_bytes()).and_then(|()| out.flush());
    }

    /// Prints the page to standard error.
    pub(crate) fn print_error(&self) {
        let _ = stderr().lock().write_all(self.text.as_bytes());
    }
}

fn push_all(text: &str, out: &mut String) {
    text.chars().for_each(|c| push_printable(c, out));
}

/// Prints one line to standard output.
pub(crate) fn print_line(line: impl Display) {
    let mut page = Page::new();
    page.line(line);
    page.print();
}

/// Prints one line to standard error.
pub(crate) fn print_error_line(line: impl Display) {
    let mut page = Page::new();
    page.line(line);
    page.print_error();
}

/// Prints a text of several lines to standard output.
pub(crate) fn print_text(text: &str) {
    let mut page = Page::new();
    page.lines("", text);
    page.print();
}

/// Prints a shell's completion script to standard output, as it is. All of it is the program's own.
pub(crate) fn print_script(script: &[u8]) {
    let _ = stdout().write_all(script);
}

/// Draws over the last line of standard error, which is a terminal.
pub(crate) fn redraw(line: &str) {
    let _ = write!(stderr(), "\r{line}\x1b[K");
}

/// Returns standard output for a log that escapes its lines itself.
pub(crate) fn log_output() -> Box<dyn Write + Send> {
    Box::new(stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_pass_and_nothing_else_does() {
        let mut page = Page::new();
        page.line(format_args!("{} a\x1b[31mb\nc", marked("31", "error\x1b[2J")));
        page.lines("  ", "one\ntwo\u{202e}");
        assert_eq!(page.as_str(), "\x1b[31merror\\u001b[2J\x1b[0m a\\u001b[31mb\\nc\n  one\n  two\\u202e\n");
    }
}
