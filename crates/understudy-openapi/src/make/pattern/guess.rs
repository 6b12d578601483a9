//! Texts for expressions that look around or back, guessed until the validator accepts a text.
//!
//! A guess is written along the expression. Groups are remembered for back-references. The
//! characters that a look-ahead requires are collected on the way: each then takes the place of one
//! of the text's characters. So a password gets its capital.

use super::{CHARACTERS_MAX, STEPS_MAX, character};
use crate::schema::TextCheck;
use fancy_regex::{Expr, LookAround};
use regex_syntax::hir::{Class, HirKind};
use std::collections::HashMap;
use understudy_match::Chance;

/// The maximum number of texts that are guessed.
const GUESSES_MAX: u64 = 600;
/// Letters for what may be anything.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz";

/// A text that the check accepts. `None` where no guess was right.
pub(super) fn text(pattern: &str, check: &TextCheck, chance: &mut Chance) -> Option<String> {
    let tree = Expr::parse_tree(pattern).ok()?;
    let mut groups = HashMap::new();
    number_groups(&tree.expr, &mut groups);
    let mut steps = STEPS_MAX;
    for guess in 0..GUESSES_MAX {
        let mut writer = Writer {
            // Short texts first, then longer ones.
            more: 1 + (guess / 8) as usize % 32,
            groups: &groups,
            captured: HashMap::new(),
            wanted: Vec::new(),
            is_looking: false,
            chance,
            steps: &mut steps,
            out: String::new(),
        };
        writer.write(&tree.expr)?;
        let Writer { out, wanted, .. } = writer;
        let text = lengthened(with_wanted(out, &wanted, chance), check.length(), chance);
        if check.accepts(&text) {
            return Some(text);
        }
    }
    None
}

/// Numbers the groups of an expression as they are opened, from 1.
fn number_groups(expr: &Expr, out: &mut HashMap<*const Expr, usize>) {
    if let Expr::Group(inner) = expr {
        let next = out.len() + 1;
        out.insert(std::sync::Arc::as_ptr(inner), next);
    }
    expr.children_iter().for_each(|child| number_groups(child, out));
}

/// The text with each of the wanted characters in the place of one of its own, at random.
fn with_wanted(text: String, wanted: &[char], chance: &mut Chance) -> String {
    if wanted.is_empty() || text.is_empty() {
        return text;
    }
    let mut characters: Vec<char> = text.chars().collect();
    let mut free: Vec<usize> = (0..characters.len()).collect();
    for c in wanted {
        if free.is_empty() {
            break;
        }
        let place = free.swap_remove(chance.below(free.len() as u64) as usize);
        // Sometimes what is there does already.
        if chance.below(4) > 0 {
            characters[place] = *c;
        }
    }
    characters.into_iter().collect()
}

/// An expression without an end may be followed by anything.
fn lengthened(mut text: String, (least, _): (u64, u64), chance: &mut Chance) -> String {
    let length = text.chars().count() as u64;
    let missing = least.saturating_sub(length).min(CHARACTERS_MAX as u64);
    if chance.below(2) == 0 {
        text.extend((0..missing).map(|_| 'a'));
    }
    text
}

struct Writer<'w> {
    /// The maximum number of repetitions beyond the required ones.
    more: usize,
    groups: &'w HashMap<*const Expr, usize>,
    captured: HashMap<usize, String>,
    /// Characters that a look-ahead requires.
    wanted: Vec<char>,
    /// True if the current part of the expression is inside a look-ahead.
    is_looking: bool,
    chance: &'w mut Chance,
    steps: &'w mut usize,
    out: String,
}

impl Writer<'_> {
    /// `None` for what nobody can write, and where it takes too long.
    fn write(&mut self, expr: &Expr) -> Option<()> {
        *self.steps = self.steps.checked_sub(1)?;
        if self.out.len() > CHARACTERS_MAX {
            return None;
        }
        match expr {
            Expr::Literal { val, .. } => {
                self.want(val.chars());
                self.out.push_str(val);
            }
            Expr::Any { .. } => {
                let letter = LETTERS[self.chance.below(LETTERS.len() as u64) as usize];
                self.out.push(char::from(letter));
            }
            Expr::Concat(parts) => parts.iter().try_for_each(|part| self.write(part))?,
            Expr::Alt(parts) => {
                let nth = self.chance.below(parts.len() as u64) as usize;
                self.write(parts.get(nth)?)?;
            }
            Expr::Group(inner) => {
                let start = self.out.len();
                self.write(inner)?;
                if let Some(group) = self.groups.get(&std::sync::Arc::as_ptr(inner)) {
                    self.captured.insert(*group, self.out[start..].to_owned());
                }
            }
            Expr::AtomicGroup(inner) => self.write(inner)?,
            Expr::LookAround(inner, LookAround::LookAhead) => {
                // The characters of a look-ahead are not part of the text.
                let (length, was_looking) = (self.out.len(), std::mem::replace(&mut self.is_looking, true));
                self.write(inner)?;
                self.out.truncate(length);
                self.is_looking = was_looking;
            }
            // What has to stand before is written, unless the text before does already.
            Expr::LookAround(inner, LookAround::LookBehind) if self.chance.below(2) == 0 => self.write(inner)?,
            Expr::Repeat { child, lo, hi, .. } => {
                let most = hi.saturating_sub(*lo).min(self.more);
                let count = lo + self.chance.below(most as u64 + 1) as usize;
                (0..count).try_for_each(|_| self.write(child))?;
            }
            Expr::Delegate { inner, .. } => {
                let hir = regex_syntax::parse(inner).ok()?;
                let c = match hir.kind() {
                    HirKind::Class(class) => self.any_of(class)?,
                    HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok()?.chars().next()?,
                    _ => return None,
                };
                self.want(std::iter::once(c));
                self.out.push(c);
            }
            Expr::Backref { group, .. } => {
                let captured = self.captured.get(group).cloned().unwrap_or_default();
                self.out.push_str(&captured);
            }
            Expr::Empty | Expr::Assertion(_) | Expr::LookAround(..) | Expr::KeepOut => {}
            _ => return None,
        }
        Some(())
    }

    fn want(&mut self, characters: impl Iterator<Item = char>) {
        if self.is_looking {
            self.wanted.extend(characters);
        }
    }

    /// Returns a character of a class: any that can be typed, or else the usual one.
    fn any_of(&mut self, class: &Class) -> Option<char> {
        let Class::Unicode(ranges) = class else { return character(class, self.chance) };
        let is_in = |c: &char| ranges.ranges().iter().any(|range| (range.start()..=range.end()).contains(c));
        let typed: Vec<char> = ('!'..='~').filter(is_in).collect();
        if typed.is_empty() {
            return character(class, self.chance);
        }
        // A class of nearly everything means letters, most of the time.
        let letters: Vec<char> = typed.iter().copied().filter(char::is_ascii_alphanumeric).collect();
        let from = if letters.is_empty() || self.chance.below(4) == 0 { typed } else { letters };
        from.get(self.chance.below(from.len() as u64) as usize).copied()
    }
}
