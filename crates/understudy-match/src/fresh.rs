//! New values that obey a rule, for `fresh: true`. Chance and the time come as parameters.

use crate::rule::fails;
use understudy_exchange::{Json, Number};
use understudy_fixture::model::{Check, Format, JsonType, Rule};

/// A source of random numbers (SplitMix64, Steele, Lea and Flood, 2014): small, and its state is one number
/// that a test can write down.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The sequence that begins with this seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end.max(1)
    }

    /// A number from 0 to 1, 1 excluded.
    pub fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub unix_millis: u64,
}

impl Moment {
    /// `YYYY-MM-DD` in UTC.
    #[must_use]
    pub fn date(self) -> String {
        let (year, month, day) = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `HH:MM:SS.mmmZ`
    #[must_use]
    pub fn time(self) -> String {
        let millis = self.unix_millis % 86_400_000;
        let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
        format!("{hours:02}:{minutes:02}:{:02}.{:03}Z", millis / 1_000 % 60, millis % 1_000)
    }

    /// Days to year, month and day of the Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms", `civil_from_days`).
    fn civil(self) -> (u64, u64, u64) {
        let days = self.unix_millis / 86_400_000 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (year_of_era + era * 400 + u64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
    }
}

/// A new value for a rule with `fresh: true`, or `None` where the rule says too little to make one from; the
/// example stands then.
pub(crate) fn fresh(rule: &Rule, chance: &mut Chance, now: Moment) -> Option<Json> {
    // A value is made from one of the checks; the others may still refuse it.
    let obeys = |made: &Json| rule.checks.iter().all(|check| fails(check, made, false).is_none());
    (0..TRIES_MAX).map_while(|_| made(rule, chance, now)).find(obeys)
}

/// The maximum number of attempts to make a value that no other check refuses, as `not` may.
const TRIES_MAX: usize = 32;

fn made(rule: &Rule, chance: &mut Chance, now: Moment) -> Option<Json> {
    let bounds = Bounds::of(rule);
    let one_of_first = rule.checks.iter().filter(|check| matches!(check, Check::OneOf(_)));
    one_of_first.chain(&rule.checks).find_map(|check| match check {
        Check::Format(format) => Some(Json::string(in_format(*format, chance, now))),
        Check::OneOf(values) => {
            usize::try_from(chance.below(values.len() as u64)).ok().and_then(|at| values.get(at)).cloned()
        }
        Check::Type(JsonType::Boolean) => Some(Json::Bool(chance.below(2) == 1)),
        Check::Type(JsonType::Integer | JsonType::Number) => {
            let (least, most) = bounds.or(0, 1_000_000);
            let offset = chance.below(most.abs_diff(least).saturating_add(1));
            Some(Json::Number(Number::from(least.saturating_add_unsigned(offset))))
        }
        Check::Type(JsonType::String) => {
            let (least, most) = bounds.or(8, 16);
            let length = least + i64::try_from(chance.below(most.abs_diff(least) + 1)).unwrap_or(0);
            Some(Json::string((0..length.clamp(0, 10_000)).map(|_| letter(chance)).collect::<String>()))
        }
        Check::Optional(inner) | Check::Nullable(inner) => fresh(inner, chance, now),
        _ => None,
    })
}

struct Bounds {
    least: Option<i64>,
    most: Option<i64>,
}

impl Bounds {
    fn of(rule: &Rule) -> Self {
        // Bounds with a fraction are rounded inwards by leaving the value that is out of them to the example.
        let whole = |number: &Number| number.as_str().parse::<i64>().ok();
        let find = |pick: fn(&Check) -> Option<&Number>| rule.checks.iter().find_map(pick).and_then(whole);
        Self {
            least: find(|check| if let Check::Min(number) = check { Some(number) } else { None }),
            most: find(|check| if let Check::Max(number) = check { Some(number) } else { None }),
        }
    }

    fn or(&self, least: i64, span: i64) -> (i64, i64) {
        match (self.least, self.most) {
            (Some(least), Some(most)) => (least, most.max(least)),
            (Some(least), None) => (least, least.saturating_add(span)),
            (None, Some(most)) => (least.min(most), most),
            (None, None) => (least, span),
        }
    }
}

fn letter(chance: &mut Chance) -> char {
    char::from(b'a' + (chance.below(26) as u8))
}

fn in_format(format: Format, chance: &mut Chance, now: Moment) -> String {
    let mut word = |length: usize| -> String { (0..length).map(|_| letter(chance)).collect() };
    match format {
        Format::Date => now.date(),
        Format::Time => now.time(),
        Format::DateTime => format!("{}T{}", now.date(), now.time()),
        Format::Email => format!("{}@example.com", word(8)),
        Format::Uri => format!("https://example.com/{}", word(8)),
        Format::Hostname => format!("{}.example.com", word(8)),
        // RFC 4648, section 4: any letters are base64 where their number is a multiple of four.
        Format::Base64 => word(16),
        // The ranges that RFC 5737 and RFC 3849 keep for documentation.
        Format::Ipv4 => format!("192.0.2.{}", chance.below(254) + 1),
        Format::Ipv6 => format!("2001:db8::{:x}", chance.below(0xFFFF) + 1),
        Format::Uuid => {
            // RFC 9562, section 5.4: version 4.
            let (high, low) = (chance.bits(), chance.bits());
            format!(
                "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
                high >> 32,
                (high >> 16) & 0xFFFF,
                high & 0xFFF,
                8 + (low >> 62),
                (low >> 48) & 0xFFF,
                low & 0xFFFF_FFFF_FFFF
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::is_in_format;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (millis, date) in [(0, "1970-01-01"), (951_782_400_000, "2000-02-29"), (1_798_761_599_999, "2026-12-31")] {
            assert_eq!(Moment { unix_millis: millis }.date(), date);
        }
        assert_eq!(Moment { unix_millis: 1_798_761_599_999 }.time(), "23:59:59.999Z");
    }

    #[test]
    fn a_fresh_value_obeys_its_format() {
        let (mut chance, now) = (Chance::from_seed(7), Moment { unix_millis: 1_700_000_000_000 });
        for word in ["uuid", "date", "time", "date-time", "email", "uri", "ipv4", "ipv6", "hostname", "base64"] {
            let format = Format::from_word(word).unwrap();
            for _ in 0..100 {
                let text = in_format(format, &mut chance, now);
                assert!(is_in_format(format, &text), "{text} is a {word}");
            }
        }
    }

    #[test]
    fn a_fresh_number_keeps_its_bounds() {
        let number = |text: &str| Number::parse(text).unwrap();
        let rule = Rule {
            checks: vec![Check::Type(JsonType::Integer), Check::Min(number("-3")), Check::Max(number("3"))],
            example: None,
            fresh: true,
        };
        let mut chance = Chance::from_seed(1);
        for _ in 0..200 {
            let value = fresh(&rule, &mut chance, Moment { unix_millis: 0 }).unwrap();
            assert!(rule.checks.iter().all(|check| crate::rule::fails(check, &value, false).is_none()), "{value}");
        }
    }
}
