//! Rules against the nodes that their paths select.

use super::Found;
use super::cover::{Cover, Covers, allows_null};
use super::exact;
use crate::mismatch::{Kind, NOTHING, show};
use crate::rule::{equals, fails};
use understudy_exchange::jsonpath::{Path, Step, Tail, Work};
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{Check, PathRule, Rule};

/// What a rule is applied with.
#[derive(Clone, Copy)]
pub(super) struct Context<'e, 'v> {
    pub(super) example: Option<&'e Json>,
    /// All rules that are applied.
    pub(super) rules: &'e [PathRule],
    /// What rules say of the nodes of the example.
    pub(super) covers: &'e Covers,
    /// What its path selects in the example.
    pub(super) examples: &'e [&'v Json],
    pub(super) placeholders: bool,
    pub(super) work: &'e Work,
}

/// Applies a rule to all that its path selects. The names and indexes at the path's end stand for that member
/// of every node before them: where one lacks it, it is missing.
pub(super) fn apply_at<'v>(
    path: &'v JsonPath,
    rule: &'v Rule,
    received: &'v Json,
    context: Context<'_, 'v>,
    found: &mut Found<'v>,
) {
    let (head, tail) = path.split_singular_tail();
    // What would take too much is not proved.
    let heads = head.select_all_within(received, context.work).unwrap_or_default();
    if heads.is_empty() {
        found.idle.push(path.as_str().to_owned());
    }
    for node in heads {
        let (mut at, mut value) = (node.path, Some(node.value));
        // How many steps lead to something, and what the last of them leads to.
        let (mut there, mut last) = (0, node.value);
        for step in &tail {
            let (next, child) = follow(*step, value);
            at = at.child(next);
            value = child;
            if let Some(child) = child {
                (there, last) = (there + 1, child);
            }
        }
        match value {
            Some(value) => apply(rule, &at, value, context, found),
            None if rule.allows_missing() => {}
            None if may_lack(path, there, *last == Json::Null, context) => {}
            None => found.differ(at, Kind::Missing, rule.to_string(), NOTHING),
        }
    }
}

/// Whether what a rule speaks of would be inside something that other rules let be missing, or null, as it is: `there` steps
/// of the path's tail lead to something.
fn may_lack(path: &JsonPath, there: usize, is_null: bool, context: Context<'_, '_>) -> bool {
    let (head, tail) = path.split_singular_tail();
    if !is_null && there + 1 >= tail.len() {
        return false;
    }
    // What is null has nothing inside; nor has what is not there. A rule says so of the place itself,
    let says = |PathRule { path: above, rule }: &PathRule| {
        let rest = path.as_str().strip_prefix(above.as_str());
        let (_, steps) = above.split_singular_tail();
        rest.is_some_and(|rest| rest.starts_with(['.', '[']))
            && if is_null {
                steps.len() == there && allows_null(rule)
            } else {
                steps.len() > there && rule.allows_missing()
            }
    };
    if context.rules.iter().any(says) {
        return true;
    }
    // or of several places, of which the example shows this one.
    let Some(example) = context.example else { return false };
    let shows = |steps: usize, says: fn(&Cover) -> bool| {
        let nodes = head.select(example).into_iter();
        let mut inside =
            nodes.filter_map(|node| tail[..steps].iter().try_fold(node.value, |at, step| follow(*step, Some(at)).1));
        inside.any(|value| context.covers.of(value).is_some_and(|cover| says(&cover)))
    };
    if is_null { shows(there, |cover| cover.nullable) } else { shows(there + 1, |cover| cover.may_be_missing) }
}

/// The child that a name or an index leads to, if there is one.
fn follow<'v>(step: Tail<'v>, value: Option<&'v Json>) -> (Step<'v>, Option<&'v Json>) {
    match step {
        Tail::Name(name) => (Step::Name(name), value.and_then(|value| value.member(name))),
        Tail::Index(index) => {
            let items = match value {
                Some(Json::Array(items)) => items.as_slice(),
                _ => &[],
            };
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            let at = if index < 0 { items.len().saturating_sub(back) } else { back };
            let inside = index >= 0 || back <= items.len();
            (Step::Index(at), items.get(at).filter(|_| inside))
        }
    }
}

/// One rule against one node that is there. A node gives one difference for a rule, however many of its
/// checks fail: another type says it all.
fn apply<'v>(rule: &'v Rule, path: &Path<'v>, value: &'v Json, context: Context<'_, 'v>, found: &mut Found<'v>) {
    let examples = context.examples;
    let mut worst: Option<Kind> = None;
    for check in &rule.checks {
        match check {
            Check::Optional(inner) => apply(inner, path, value, context, found),
            Check::Nullable(inner) if *value != Json::Null => apply(inner, path, value, context, found),
            Check::Exact | Check::Unordered if examples.is_empty() => found.note_unproven(path.to_string()),
            Check::Exact if !examples.iter().any(|example| equals(example, value, context.placeholders)) => {
                worst = worst.or(Some(Kind::Value));
            }
            Check::Each(inner) => match value {
                Json::Array(_) | Json::Object(_) => {
                    let examples: Vec<&'v Json> =
                        examples.iter().flat_map(|value| value.children()).map(|(_, child)| child).collect();
                    let context = Context { examples: &examples, ..context };
                    for (step, child) in value.children() {
                        apply(inner, &path.child(step), child, context, found);
                    }
                }
                _ => worst = Some(Kind::Type),
            },
            Check::Keys(inner) => keys(inner, path, value, found),
            check => match fails(check, value, context.placeholders) {
                Some(Kind::Type) => worst = Some(Kind::Type),
                failure => worst = worst.or(failure),
            },
        }
    }
    let Some(kind) = worst else { return };
    match rule.checks.as_slice() {
        [Check::Exact] => exact::differ(examples, value, path, context.placeholders, found),
        [Check::Equals(expected)] => exact::differ(&[expected], value, path, context.placeholders, found),
        [Check::Unordered] => found.differ(path.clone(), kind, "an array, in any order", show(value)),
        _ => found.differ(path.clone(), kind, rule.to_string(), show(value)),
    }
}

fn keys<'v>(rule: &Rule, path: &Path<'v>, value: &'v Json, found: &mut Found<'v>) {
    let Json::Object(members) = value else { return };
    for (name, _) in members {
        let key = Json::String(name.clone());
        if rule.checks.iter().any(|check| fails(check, &key, false).is_some()) {
            let at = path.child(Step::Name(name.as_str()));
            found.differ(at, Kind::Value, format!("a key that is {rule}"), format!("the key {key}"));
        }
    }
}
