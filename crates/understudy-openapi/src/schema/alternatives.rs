//! Which of several alternatives a value was meant to be, where it is none of them.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

/// The errors of one alternative.
type Branch<'e> = Vec<ValidationError<'e>>;

/// The only alternative that neither the value's type nor a listed value rules out.
pub(super) fn meant<'c, 'e>(error: &ValidationError<'_>, all: &'c [Branch<'e>]) -> Option<&'c Branch<'e>> {
    let at = error.instance_path().as_str();
    let mut possible = all.iter().filter(|branch| !branch.iter().any(|error| rules_out(error, at)));
    let first = possible.next()?;
    possible.next().is_none().then_some(first)
}

/// The first thing that is wrong with the alternative of which the least is wrong. `None` where it could be several.
pub(super) fn nearest<'c, 'e>(all: &'c [Branch<'e>]) -> Option<&'c ValidationError<'e>> {
    let least = all.iter().map(Vec::len).min()?;
    let mut nearest = all.iter().filter(|branch| branch.len() == least);
    let first = nearest.next()?;
    nearest.next().is_none().then(|| first.first())?
}

/// Returns true if the value is of another type, or lists another value: then this alternative was not meant.
fn rules_out(error: &ValidationError<'_>, at: &str) -> bool {
    match error.kind() {
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => true,
        ValidationErrorKind::Type { .. } => error.instance_path().as_str() == at,
        _ => false,
    }
}
