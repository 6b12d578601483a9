//! From a text that says one thing to one that says another: only what differs is written.

use super::ranges::Language;
use super::surgery::Surgery;
use understudy_exchange::Json;

/// How many pairs of entries are compared where two lists or maps are held against each other. Beyond it the whole is
/// written anew.
const PAIRS_MAX: usize = 1 << 20;

/// A text whose tree is `old`, with what makes it `new`; `None` where that cannot be done by ranges.
pub(super) fn rewrite(text: &str, language: Language, old: &Json, new: &Json) -> Option<String> {
    let mut text = text.to_owned();
    bring(&mut text, language, &mut Vec::new(), old, new)?;
    Some(text)
}

/// One step of an alignment, in positions of the old and the new entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aligned {
    Both(usize, usize),
    Gone(usize),
    /// Before the old entry at this position.
    Added(usize, usize),
}

fn bring(text: &mut String, language: Language, place: &mut Vec<usize>, old: &Json, new: &Json) -> Option<()> {
    if is_written_alike(old, new) {
        return Some(());
    }
    let steps = match (old, new) {
        (Json::Object(a), Json::Object(b)) if !a.is_empty() && !b.is_empty() => {
            let names = |members: &[(understudy_exchange::JsonString, Json)]| -> Vec<String> {
                members.iter().map(|(name, _)| name.as_str().to_owned()).collect()
            };
            align(&names(a), &names(b))
        }
        (Json::Array(a), Json::Array(b)) if !a.is_empty() && !b.is_empty() => {
            let texts = |items: &[Json]| -> Vec<String> { items.iter().map(Json::to_string).collect() };
            align(&texts(a), &texts(b)).map(|steps| pair_up(&steps))
        }
        _ => None,
    };
    // Where nothing stays, what is there is another thing.
    let steps = steps.filter(|steps| steps.iter().any(|step| matches!(step, Aligned::Both(..))));
    let Some(steps) = steps else {
        *text = Surgery::new(text, language)?.replace(place, new)?;
        return Some(());
    };
    // From the end, so that positions before it stay what they are.
    for step in steps.into_iter().rev() {
        match step {
            Aligned::Both(at, to) => {
                place.push(at);
                bring(text, language, place, child(old, at)?, child(new, to)?)?;
                place.pop();
            }
            Aligned::Added(at, to) => {
                *text = Surgery::new(text, language)?.insert(place, at, name(new, to), child(new, to)?)?;
            }
            Aligned::Gone(at) => {
                place.push(at);
                *text = Surgery::new(text, language)?.remove(place)?;
                place.pop();
            }
        }
    }
    Some(())
}

/// Whether two values are written with the same digits and in the same order; `==` says only whether they mean the same.
fn is_written_alike(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_str() == b.as_str(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_written_alike(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((m, a), (n, b))| m == n && is_written_alike(a, b))
        }
        (a, b) => a == b,
    }
}

fn child(outer: &Json, at: usize) -> Option<&Json> {
    match outer {
        Json::Array(items) => items.get(at),
        Json::Object(members) => members.get(at).map(|(_, value)| value),
        _ => None,
    }
}

fn name(outer: &Json, at: usize) -> Option<&str> {
    match outer {
        Json::Object(members) => members.get(at).map(|(name, _)| name.as_str()),
        _ => None,
    }
}

/// A longest common subsequence; `None` where looking for it would take too long.
fn align(old: &[String], new: &[String]) -> Option<Vec<Aligned>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    if a.len() * b.len() > PAIRS_MAX {
        return None;
    }
    // common[i][j]: how many entries a[i..] and b[j..] have in common, in order.
    let mut common = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let mut steps: Vec<Aligned> = (0..head).map(|at| Aligned::Both(at, at)).collect();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            steps.push(Aligned::Both(head + i, head + j));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[i + 1][j] >= common[i][j + 1]) {
            steps.push(Aligned::Gone(head + i));
            i += 1;
        } else {
            steps.push(Aligned::Added(head + i, head + j));
            j += 1;
        }
    }
    steps.extend((0..tail).map(|at| Aligned::Both(old.len() - tail + at, new.len() - tail + at)));
    Some(steps)
}

/// In a list, what went and what came in its place is one element that changed.
fn pair_up(steps: &[Aligned]) -> Vec<Aligned> {
    let mut out = Vec::new();
    let mut run = steps;
    while let Some(first) = run.first() {
        if let Aligned::Both(..) = first {
            out.push(*first);
            run = &run[1..];
            continue;
        }
        let length = run.iter().take_while(|step| !matches!(step, Aligned::Both(..))).count();
        let (changed, rest) = run.split_at(length);
        let mut gone = changed.iter().filter_map(|step| match step {
            Aligned::Gone(at) => Some(*at),
            _ => None,
        });
        let mut added = changed.iter().filter_map(|step| match step {
            Aligned::Added(_, to) => Some(*to),
            _ => None,
        });
        let mut end = 0;
        loop {
            match (gone.next(), added.next()) {
                (Some(at), Some(to)) => {
                    out.push(Aligned::Both(at, to));
                    end = at + 1;
                }
                (Some(at), None) => out.push(Aligned::Gone(at)),
                (None, Some(to)) => {
                    let before = changed.iter().find_map(|step| match step {
                        Aligned::Added(before, other) if *other == to => Some(*before),
                        _ => None,
                    });
                    out.push(Aligned::Added(end.max(before.unwrap_or(0)), to));
                }
                (None, None) => break,
            }
        }
        run = rest;
    }
    out
}
