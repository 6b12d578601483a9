//! Regular expressions that may take long: those that look around or back, and those that repeat much.
//!
//! The engine bounds the work for one text. A body has many texts, so each comparison with such an expression counts as
//! steps of the whole comparison.

use super::steps::{give_up, take};
use fancy_regex::Expr;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::Location;
use jsonschema::{Draft, Keyword, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value, json};

/// The keyword that stands for `pattern` in bundled schemas.
pub(super) const KEYWORD: &str = "understudy-pattern";

/// The steps back that an expression may take at most.
pub(super) const BACKTRACK_MAX: usize = 100_000;
/// The steps back with which nearly every text is done.
const BACKTRACK_USUAL: usize = 2_000;
/// The steps that a text counts which needs more than the usual steps back.
const LONG_STEPS: u64 = 20_000;
/// A step is counted for so many characters, each multiplied by the atoms of the expression.
const CHARACTERS_A_STEP: u64 = 1_024;
/// An expression with fewer atoms is quick, unless it looks around or back.
const ATOMS_QUICK: u64 = 1_000;

/// Puts the counting keyword in the place of a pattern that may take long.
pub(super) fn counted(schema: &mut Map<String, Value>) {
    if schema.get("pattern").and_then(Value::as_str).is_some_and(is_costly)
        && let Some(pattern) = schema.remove("pattern")
    {
        schema.insert(KEYWORD.to_owned(), pattern);
    }
}

fn is_costly(pattern: &str) -> bool {
    repeats_much(pattern) || regex_syntax::parse(pattern).is_err()
}

/// Returns true if an expression repeats so much that the engine may refuse it.
pub(super) fn repeats_much(pattern: &str) -> bool {
    pattern.contains('{') && atoms_of(pattern) >= ATOMS_QUICK
}

fn atoms_of(pattern: &str) -> u64 {
    Expr::parse_tree(pattern).map_or(pattern.len() as u64, |tree| atoms(&tree.expr))
}

/// The characters and classes of an expression, with every repetition written out.
fn atoms(expr: &Expr) -> u64 {
    match expr {
        Expr::Literal { val, .. } => val.chars().count() as u64,
        Expr::Repeat { child, lo, hi, .. } => {
            let times = if *hi == usize::MAX { *lo } else { *hi };
            atoms(child).saturating_mul(times.max(1) as u64)
        }
        expr => expr.children_iter().map(atoms).fold(0, u64::saturating_add).max(1),
    }
}

struct CostlyPattern {
    pattern: String,
    atoms: u64,
    /// The expression with [`BACKTRACK_USUAL`] steps back, and with [`BACKTRACK_MAX`].
    usual: Validator,
    patient: Validator,
}

impl CostlyPattern {
    fn new(pattern: &str) -> Option<Self> {
        let with = |limit: usize| {
            let options = jsonschema::options().with_draft(Draft::Draft202012);
            let options = options.with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(limit));
            options.build(&json!({ "pattern": pattern })).ok()
        };
        let (usual, patient) = (with(BACKTRACK_USUAL)?, with(BACKTRACK_MAX)?);
        Some(Self { pattern: pattern.to_owned(), atoms: atoms_of(pattern), usual, patient })
    }

    fn matches(&self, value: &Value) -> bool {
        let Value::String(text) = value else { return true };
        take(1 + (text.len() as u64).saturating_mul(self.atoms) / CHARACTERS_A_STEP);
        matches(&self.usual, value).unwrap_or_else(|| {
            take(LONG_STEPS);
            matches(&self.patient, value).unwrap_or_else(|| give_up())
        })
    }
}

/// `None` if the engine was not done.
fn matches(validator: &Validator, value: &Value) -> Option<bool> {
    if validator.is_valid(value) {
        return Some(true);
    }
    match validator.validate(value).err()?.kind() {
        ValidationErrorKind::BacktrackLimitExceeded { .. } => None,
        _ => Some(false),
    }
}

impl<'i> Keyword<'i> for CostlyPattern {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.matches(instance) {
            return Ok(());
        }
        Err(ValidationError::custom(format!("expected a match of `{}`", self.pattern)))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.matches(instance)
    }
}

/// Returns the validator's side of the keyword.
pub(super) fn keyword<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let pattern = value.as_str().and_then(CostlyPattern::new);
    pattern.map(|pattern| Box::new(pattern) as _).ok_or_else(|| ValidationError::custom("not an expression"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::steps::within;

    #[test]
    fn what_looks_around_or_repeats_much_is_costly() {
        for pattern in [r"^(?=.*\d).{8,}$", r"^(a)\1$", "^(a{1,1000}){1,1000}$", "^((ab){100}){20}$"] {
            assert!(is_costly(pattern), "{pattern}");
        }
        for pattern in ["^[a-z]{3,64}$", r"^\d{3}-\d{2}$", "a", "^(?:ab)+$", r"^[\p{L}]{1,255}$"] {
            assert!(!is_costly(pattern), "{pattern}");
        }
    }

    /// A short text has a verdict, and a text that the engine would take long for has none.
    #[test]
    fn a_text_that_takes_too_long_is_no_verdict() {
        let pattern = CostlyPattern::new("^(?:a|(?=a)a)+x$").expect("an expression");
        let check = |text: String| within(200_000, || pattern.matches(&text.into())).ok();
        assert_eq!(check("x".to_owned()), Some(false));
        assert_eq!(check("a".repeat(60) + "!"), None);
        let pattern = CostlyPattern::new("^(a{1,100}){1,100}$").expect("an expression");
        let check = |text: String| within(200_000, || pattern.matches(&text.into())).ok();
        assert_eq!((check("a".repeat(50)), check("b".to_owned())), (Some(true), Some(false)));
        assert_eq!(check("a".repeat(100_000)), None);
    }
}
