//! What varies in an answer: each kind of value, made from a number.

use crate::document::quoted;
use std::fmt::Write;
use std::sync::Arc;
use understudy_fixture::model::Format;
use understudy_match::{Chance, Moment, is_in_format};

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
    /// One of these texts.
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

/// 2025-01-01T00:00:00Z; answers are of about this time.
const TIME_FIRST: u64 = 1_735_689_600;
/// A year of seconds.
const TIME_SPAN: u64 = 31_536_000;

pub(super) const FIRST_NAMES: [&str; 12] =
    ["Ada", "Grace", "Alan", "Katherine", "Edsger", "Barbara", "Donald", "Radia", "Tim", "Hedy", "Linus", "Margaret"];
pub(super) const LAST_NAMES: [&str; 12] = [
    "Lovelace", "Hopper", "Turing", "Johnson", "Dijkstra", "Liskov", "Knuth", "Perlman", "Lee", "Lamarr", "Torvalds",
    "Hamilton",
];

impl Slot {
    pub(super) fn write(&self, number: u64, parameters: &[String], out: &mut String) {
        let mut chance = Chance::from_seed(number);
        let _ = match self {
            Self::Integer { least, most, step } => {
                let count = most.abs_diff(*least) / step.unsigned_abs().max(1) + 1;
                let offset = chance.below(count) as i64;
                write!(out, "{}", least.saturating_add(offset.saturating_mul(*step)))
            }
            Self::Cents { least, most } => {
                let cents = least + chance.below(most.abs_diff(*least) + 1) as i64;
                write!(out, "{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
            }
            Self::Uuid => {
                let (a, b) = (chance.bits(), chance.bits());
                write!(
                    out,
                    "\"{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}\"",
                    a >> 32,
                    a >> 16 & 0xFFFF,
                    a & 0xFFF,
                    0x8000 | b >> 48 & 0x3FFF,
                    b & 0xFFFF_FFFF_FFFF
                )
            }
            Self::Date => write!(out, "\"{}\"", moment(&mut chance).date()),
            Self::Time => write!(out, "\"{}Z\"", &moment(&mut chance).time()[..8]),
            Self::DateTime(end) => {
                let moment = moment(&mut chance);
                write!(out, "\"{}T{}{end}\"", moment.date(), &moment.time()[..8])
            }
            Self::Pick(all) => {
                out.push_str(&quoted(all.get(chance.below(all.len() as u64) as usize).map_or("", String::as_str)));
                Ok(())
            }
            Self::Email => {
                let name = |names: &[&str], chance: &mut Chance| {
                    names[chance.below(names.len() as u64) as usize].to_lowercase()
                };
                write!(out, "\"{}.{}@example.com\"", name(&FIRST_NAMES, &mut chance), name(&LAST_NAMES, &mut chance))
            }
            Self::Url(path) => write!(out, "\"https://example.com/{path}{}\"", chance.below(900) + 100),
            Self::Ipv4 => write!(out, "\"192.0.2.{}\"", chance.below(254) + 1),
            Self::Letters(count) => {
                out.push('"');
                for nth in 0..*count {
                    let alphabet: &[u8] =
                        if nth == 0 { b"abcdefghjkmnpqrstuvwxyz" } else { b"abcdefghjkmnpqrstuvwxyz23456789" };
                    out.push(char::from(alphabet[chance.below(alphabet.len() as u64) as usize]));
                }
                out.push('"');
                Ok(())
            }
            Self::Digits => write!(out, "\"{}\"", chance.below(9_000) + 1_000),
            Self::Parameter(at, otherwise) => {
                if !parameters.get(*at).is_some_and(|value| otherwise.take(value, out)) {
                    otherwise.write(number, &[], out);
                }
                Ok(())
            }
        };
    }

    /// The value of the nth one of a list, from 1.
    pub(super) fn write_nth(&self, nth: u64, out: &mut String) {
        match self {
            Self::Integer { least, most, step } => {
                let first = (*least).max(1.min(*most));
                let number = first.saturating_add((nth as i64).saturating_mul(*step));
                let _ = write!(out, "{}", if number > *most { first } else { number });
            }
            Self::Digits => {
                let _ = write!(out, "\"{}\"", nth + 1);
            }
            slot => slot.write(mix(nth, 7), &[], out),
        }
    }

    /// Writes a value that came in a path, where it is one of these.
    pub(super) fn take(&self, value: &str, out: &mut String) -> bool {
        match self {
            Self::Integer { least, most, step } => {
                let fits = |number: &i64| number >= least && number <= most && number % step == 0;
                let Some(number) = value.parse::<i64>().ok().filter(fits) else { return false };
                let _ = write!(out, "{number}");
            }
            Self::Uuid if !is_in_format(Format::Uuid, value) => return false,
            Self::Uuid | Self::Digits | Self::Letters(_) | Self::Pick(_) => out.push_str(&quoted(value)),
            _ => return false,
        }
        true
    }
}

fn moment(chance: &mut Chance) -> Moment {
    Moment { unix_millis: (TIME_FIRST + chance.below(TIME_SPAN)) * 1_000 }
}
