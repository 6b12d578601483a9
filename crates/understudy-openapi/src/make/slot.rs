//! What varies in an answer: each kind of value, made from a number.

use crate::document::quoted;
use std::fmt::Write;
use std::sync::Arc;
use understudy_fixture::model::Format;
use understudy_match::{Chance, is_in_format};

/// A value that is made from a number. All are JSON texts.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    /// A whole number between two, by steps from 0.
    Integer {
        least: i64,
        most: i64,
        step: i64,
    },
    /// A number with two digits behind the point.
    Cents {
        least: i64,
        most: i64,
    },
    /// A version 4 UUID.
    Uuid,
    Date,
    /// With this behind the seconds.
    DateTime(&'static str),
    Time,
    /// One of these JSON texts.
    Pick(Arc<[String]>),
    /// An address of somebody at example.com (RFC 2606).
    Email,
    /// An address below https://example.com/.
    Url(&'static str),
    Ipv4,
    /// So many letters and digits, the first a letter.
    Letters(usize),
    /// A number in digits, as text.
    Digits,
    /// The path's parameter, where it fits.
    Parameter(usize, Box<Slot>),
}

/// Two numbers as one that depends on all bits of both.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    Chance::from_seed(a ^ b.rotate_left(32).wrapping_mul(0x9E37_79B9_7F4A_7C15)).bits()
}

/// What may stand behind the seconds of a time (RFC 3339, section 5.6).
const TIME_ENDS: [&str; 6] = ["Z", ".000Z", "+00:00", ".000000Z", ".000+00:00", ".000000+00:00"];

/// A time that is written with so many characters.
pub(super) fn date_time((least, most): (u64, u64)) -> Slot {
    let fits = |end: &&&str| (least..=most).contains(&(19 + end.len() as u64));
    Slot::DateTime(TIME_ENDS.iter().find(fits).unwrap_or(&TIME_ENDS[0]))
}

/// Answers are of about this time.
const YEAR: u64 = 2025;

pub(super) const FIRST_NAMES: [&str; 12] =
    ["Ada", "Grace", "Alan", "Katherine", "Edsger", "Barbara", "Donald", "Radia", "Tim", "Hedy", "Linus", "Margaret"];
pub(super) const LAST_NAMES: [&str; 12] = [
    "Lovelace", "Hopper", "Turing", "Johnson", "Dijkstra", "Liskov", "Knuth", "Perlman", "Lee", "Lamarr", "Torvalds",
    "Hamilton",
];

impl Slot {
    /// Written without `fmt`: a body has dozens of these, and formatting was most of an answer.
    pub(super) fn write(&self, number: u64, parameters: &[String], out: &mut String) {
        let mut chance = Chance::from_seed(number);
        match self {
            Self::Integer { least, most, step } => {
                let count = most.abs_diff(*least) / step.unsigned_abs().max(1) + 1;
                let offset = chance.below(count) as i64;
                push_integer(least.saturating_add(offset.saturating_mul(*step)), out);
            }
            Self::Cents { least, most } => {
                let cents = least + chance.below(most.abs_diff(*least) + 1) as i64;
                if cents < 0 {
                    out.push('-');
                }
                push_integer(cents.abs() / 100, out);
                out.push('.');
                push_digits(cents.unsigned_abs() % 100, 2, out);
            }
            Self::Uuid => {
                let (a, b) = (chance.bits(), chance.bits());
                let groups =
                    [a >> 32, a >> 16 & 0xFFFF, 0x4000 | a & 0xFFF, 0x8000 | b >> 48 & 0x3FFF, b & 0xFFFF_FFFF_FFFF];
                let _ = write!(
                    out,
                    "\"{:08x}-{:04x}-{:04x}-{:04x}-{:012x}\"",
                    groups[0], groups[1], groups[2], groups[3], groups[4]
                );
            }
            Self::Date => quote(out, |out| push_date(&mut chance, out)),
            Self::Time => quote(out, |out| {
                push_time(&mut chance, out);
                out.push('Z');
            }),
            Self::DateTime(end) => quote(out, |out| {
                push_date(&mut chance, out);
                out.push('T');
                push_time(&mut chance, out);
                out.push_str(end);
            }),
            Self::Pick(all) => out.push_str(pick(all, &mut chance)),
            Self::Email => quote(out, |out| {
                out.extend(pick(&FIRST_NAMES, &mut chance).chars().map(|c| c.to_ascii_lowercase()));
                out.push('.');
                out.extend(pick(&LAST_NAMES, &mut chance).chars().map(|c| c.to_ascii_lowercase()));
                out.push_str("@example.com");
            }),
            Self::Url(path) => quote(out, |out| {
                out.push_str("https://example.com/");
                out.push_str(path);
                push_digits(chance.below(900) + 100, 3, out);
            }),
            Self::Ipv4 => quote(out, |out| {
                out.push_str("192.0.2.");
                push_integer(chance.below(254) as i64 + 1, out);
            }),
            Self::Letters(count) => quote(out, |out| {
                for nth in 0..*count {
                    let alphabet: &[u8] =
                        if nth == 0 { b"abcdefghjkmnpqrstuvwxyz" } else { b"abcdefghjkmnpqrstuvwxyz23456789" };
                    out.push(char::from(alphabet[chance.below(alphabet.len() as u64) as usize]));
                }
            }),
            Self::Digits => quote(out, |out| push_digits(chance.below(9_000) + 1_000, 4, out)),
            Self::Parameter(at, otherwise) => {
                if !parameters.get(*at).is_some_and(|value| otherwise.take(value, out)) {
                    otherwise.write(number, &[], out);
                }
            }
        }
    }

    /// The value of the nth one of a list, from 1.
    pub(super) fn write_nth(&self, nth: u64, out: &mut String) {
        match self {
            Self::Integer { least, most, step } => {
                let first = (*least).max(1.min(*most));
                let number = first.saturating_add((nth as i64).saturating_mul(*step));
                push_integer(if number > *most { first } else { number }, out);
            }
            Self::Digits => {
                quote(out, |out| push_integer(nth as i64 + 1, out));
            }
            slot => slot.write(mix(nth, 7), &[], out),
        }
    }

    /// The nth value behind one that is shown, as JSON.
    pub(super) fn write_after(&self, shown: &str, nth: u64, out: &mut String) {
        let counted = match self {
            Self::Integer { most, step, .. } => {
                let first = shown.parse::<i64>().ok();
                let next = first.and_then(|first| first.checked_add(step.checked_mul(nth as i64)?));
                next.filter(|next| next <= most).map(|next| next.to_string())
            }
            Self::Digits => {
                let first = shown.trim_matches('"').parse::<u64>().ok();
                first.and_then(|first| first.checked_add(nth)).map(|next| quoted(&next.to_string()))
            }
            _ => None,
        };
        match counted {
            Some(json) => out.push_str(&json),
            None => self.write_nth(nth, out),
        }
    }

    /// Writes a value that came in a path, where it is one of these.
    pub(super) fn take(&self, value: &str, out: &mut String) -> bool {
        match self {
            Self::Integer { least, most, step } => {
                let fits = |number: &i64| number >= least && number <= most && number % step == 0;
                let Some(number) = value.parse::<i64>().ok().filter(fits) else { return false };
                push_integer(number, out);
            }
            Self::Uuid if !is_in_format(Format::Uuid, value) => return false,
            Self::Uuid | Self::Digits | Self::Letters(_) | Self::Pick(_) => out.push_str(&quoted(value)),
            _ => return false,
        }
        true
    }
}

fn quote(out: &mut String, inside: impl FnOnce(&mut String)) {
    out.push('"');
    inside(out);
    out.push('"');
}

fn pick<'t>(all: &'t [impl AsRef<str>], chance: &mut Chance) -> &'t str {
    all.get(chance.below(all.len() as u64) as usize).map_or("\"\"", AsRef::as_ref)
}

/// A number with so many digits, zeros in front.
fn push_digits(number: u64, count: u32, out: &mut String) {
    for at in (0..count).rev() {
        out.push(char::from(b'0' + (number / 10_u64.pow(at) % 10) as u8));
    }
}

fn push_integer(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    let number = number.unsigned_abs();
    push_digits(number, number.checked_ilog10().unwrap_or(0) + 1, out);
}

/// A day of a year around now, of the first 28 of its month.
fn push_date(chance: &mut Chance, out: &mut String) {
    push_digits(YEAR, 4, out);
    out.push('-');
    push_digits(chance.below(12) + 1, 2, out);
    out.push('-');
    push_digits(chance.below(28) + 1, 2, out);
}

fn push_time(chance: &mut Chance, out: &mut String) {
    push_digits(chance.below(24), 2, out);
    for _ in 0..2 {
        out.push(':');
        push_digits(chance.below(60), 2, out);
    }
}
