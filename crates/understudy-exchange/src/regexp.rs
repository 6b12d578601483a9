//! Regular expressions from files, with a bound for all of them together.
//!
//! One compiled expression has at most 1 MiB, but a file has room for thousands. All expressions
//! that are in use share [`TOGETHER_BYTES_MAX`], and equal ones share one compiled expression. An
//! expression gives its part back when the last user drops it.

use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// The maximum compiled size of one expression, in bytes.
pub const REGEXP_BYTES_MAX: usize = 1 << 20;

/// The maximum compiled size of all expressions in use, in bytes.
pub const TOGETHER_BYTES_MAX: usize = 256 << 20;

/// The sizes that expressions are compiled with, one after the other, until one suffices. It is what
/// the expression counts for. Nearly all have less than the first.
const SIZES: [usize; 4] = [8 << 10, 64 << 10, 256 << 10, REGEXP_BYTES_MAX];

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Regexp(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    _share: Share,
}

/// The reason why a text cannot be used as an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegexpError {
    /// It is no expression. The reason, in one line.
    Syntax(String),
    /// It has more than [`REGEXP_BYTES_MAX`].
    TooLarge,
    /// All expressions together have more than [`TOGETHER_BYTES_MAX`].
    TooManyTogether,
}

impl fmt::Display for RegexpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => f.write_str(why),
            Self::TooLarge => write!(
                f,
                "it would take more than {REGEXP_BYTES_MAX} bytes; repeat less, or bound the length with `max`"
            ),
            Self::TooManyTogether => write!(
                f,
                "the expressions of all files take more than {} MiB together; repeat less, or use fewer of them",
                TOGETHER_BYTES_MAX >> 20
            ),
        }
    }
}

impl Regexp {
    /// Compiles a pattern: Perl's syntax without look-around and back references.
    ///
    /// # Errors
    /// [`RegexpError`]
    pub fn new(pattern: &str) -> Result<Self, RegexpError> {
        KNOWN.get_or_compile(pattern)
    }

    /// Returns true if the expression matches somewhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.regex.is_match(text)
    }

    /// Returns what the first group of the first match matches, or the match where there is no group.
    #[must_use]
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        let captures = self.0.regex.captures(text)?;
        captures.get(1).or_else(|| captures.get(0)).map(|found| found.as_str())
    }
}

/// The expressions in use, and their size together.
struct Known {
    by_pattern: Mutex<ByPattern>,
    /// Counted where expressions are made and dropped, and never while one is used.
    together: Arc<AtomicUsize>,
    together_max: usize,
}

#[derive(Default)]
struct ByPattern {
    expressions: BTreeMap<Box<str>, Weak<Compiled>>,
    /// The number of expressions at which those that nobody uses are removed.
    sweep_at: usize,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| Known::new(TOGETHER_BYTES_MAX));

/// The smallest number of expressions that are looked through for unused ones.
const SWEEP_MIN: usize = 1_024;

impl Known {
    fn new(together_max: usize) -> Self {
        Self { by_pattern: Mutex::default(), together: Arc::default(), together_max }
    }

    fn get_or_compile(&self, pattern: &str) -> Result<Regexp, RegexpError> {
        let known = self.by_pattern.lock().unwrap_or_else(PoisonError::into_inner).expressions.get(pattern).cloned();
        if let Some(known) = known.and_then(|known| known.upgrade()) {
            return Ok(Regexp(known));
        }
        let compiled = Arc::new(self.compile(pattern)?);
        let mut known = self.by_pattern.lock().unwrap_or_else(PoisonError::into_inner);
        if known.expressions.len() >= known.sweep_at {
            known.expressions.retain(|_, expression| expression.strong_count() > 0);
            known.sweep_at = (known.expressions.len() * 2).max(SWEEP_MIN);
        }
        known.expressions.insert(pattern.into(), Arc::downgrade(&compiled));
        Ok(Regexp(compiled))
    }

    fn compile(&self, pattern: &str) -> Result<Compiled, RegexpError> {
        for size in SIZES {
            let share = Share::take(&self.together, size, self.together_max).ok_or(RegexpError::TooManyTogether)?;
            match RegexBuilder::new(pattern).size_limit(size).build() {
                Ok(regex) => return Ok(Compiled { regex, _share: share }),
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(error) => return Err(RegexpError::Syntax(last_line(&error.to_string()))),
            }
        }
        Err(RegexpError::TooLarge)
    }
}

/// A part of the bytes that all expressions share.
#[derive(Debug)]
struct Share {
    bytes: usize,
    together: Arc<AtomicUsize>,
}

impl Share {
    fn take(together: &Arc<AtomicUsize>, bytes: usize, together_max: usize) -> Option<Self> {
        let add = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= together_max);
        together.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        Some(Self { bytes, together: Arc::clone(together) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.together.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(text);
    line.trim().strip_prefix("error: ").unwrap_or(line.trim()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_expressions_together_have_a_bound_and_give_back_what_they_took() {
        let known = Known::new(4 * SIZES[0]);
        let all: Vec<Regexp> = (0..4).map(|n| known.get_or_compile(&format!("a{n}")).expect("there is room")).collect();
        assert_eq!(known.get_or_compile("b").err(), Some(RegexpError::TooManyTogether));
        assert!(known.get_or_compile("a3").is_ok_and(|same| Arc::ptr_eq(&same.0, &all[3].0)));
        drop(all);
        assert_eq!(known.together.load(Ordering::Relaxed), 0);
        assert!(known.get_or_compile("b").is_ok_and(|b| b.is_match("abc")));
    }

    #[test]
    fn an_expression_counts_for_what_it_takes() {
        let known = Known::new(usize::MAX);
        let bytes = |pattern: &str| known.compile(pattern).map(|compiled| compiled._share.bytes);
        assert_eq!(bytes("[0-9]+"), Ok(SIZES[0]));
        assert_eq!(bytes("(a{10}){100}"), Ok(SIZES[1]));
        assert_eq!(bytes("(a{10}){800}"), Ok(SIZES[3]));
        assert_eq!(bytes("(a{100}){1000}"), Err(RegexpError::TooLarge));
        assert!(matches!(bytes("("), Err(RegexpError::Syntax(_))));
        assert_eq!(known.together.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn expressions_that_nobody_uses_are_forgotten() {
        let known = Known::new(usize::MAX);
        for n in 0..3 * SWEEP_MIN {
            drop(known.get_or_compile(&format!("a{n}")));
        }
        let left = known.by_pattern.lock().expect("no test panicked").expressions.len();
        assert!(left <= SWEEP_MIN + 1, "{left}");
    }
}
