//! Strings and numbers.

use super::slot::{self, Slot};
use super::template::hash;
use super::{Impossible, Maker, Place, Result, pattern, words};
use crate::document::quoted;
use crate::schema::{Facets, Limit, TextCheck, Types};
use std::sync::Arc;
use understudy_match::Chance;

/// How long a text may have to be.
const CHARACTERS_MAX: u64 = 100_000;

/// The maximum number of values of a slot that are tried, if the schema has conditions that the
/// slot does not know.
const SLOTS_TRIED_MAX: u64 = 64;

/// A short text of a format.
fn shortest(format: &str) -> Option<&'static str> {
    Some(match format {
        "email" | "idn-email" => "a@b.co",
        "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => "a:b",
        "hostname" | "idn-hostname" => "a.co",
        "ipv4" => "1.1.1.1",
        "ipv6" => "::1",
        "byte" | "base64" => "YQ==",
        _ => return None,
    })
}

impl Maker<'_> {
    pub(super) fn string(&mut self, facets: &Facets<'_>, place: Place<'_>) -> Result<()> {
        let (least, most) = facets.characters;
        if least > most || least > CHARACTERS_MAX {
            return Err(Impossible);
        }
        let slot = self.text_slot(facets, place);
        match self.checked_text(facets, place, &slot) {
            Some(text) => self.template.push(&quoted(&text)),
            None => self.template.slot(slot, place.name),
        }
        Ok(())
    }

    /// Returns a checked text if the schema has conditions that a slot does not know: a pattern, or
    /// a length beside a format. Returns `None` if the slot knows all conditions.
    fn checked_text(&self, facets: &Facets<'_>, place: Place<'_>, slot: &Slot) -> Option<String> {
        let format = facets.format.as_deref();
        let is_measured = format.is_some() && facets.characters != (0, u64::MAX);
        if facets.patterns.is_empty() && !is_measured {
            return None;
        }
        let asked = format!("{:?} {:?} {format:?} {}", facets.patterns, facets.characters, place.name);
        if let Some(known) = self.texts.borrow().get(&asked) {
            return known.clone();
        }
        let found = self.find_text(facets, place, slot);
        self.texts.borrow_mut().insert(asked, found.clone());
        found
    }

    fn find_text(&self, facets: &Facets<'_>, place: Place<'_>, slot: &Slot) -> Option<String> {
        let format = facets.format.as_deref();
        let check = TextCheck::new(&facets.patterns, facets.characters, format)?;
        let written = |seed: u64| {
            let mut json = String::new();
            slot.write(seed, &[], &mut json);
            serde_json::from_str::<String>(&json).ok()
        };
        if facets.patterns.is_empty()
            && (0..SLOTS_TRIED_MAX).all(|seed| written(seed).is_some_and(|text| check.accepts(&text)))
        {
            return None;
        }
        let mut chance = Chance::from_seed(hash(place.name));
        let short = format.and_then(shortest).map(str::to_owned);
        pattern::text(&facets.patterns, &check, &mut chance)
            .or_else(|| (0..SLOTS_TRIED_MAX).filter_map(written).find(|text| check.accepts(text)))
            .or_else(|| short.filter(|text| check.accepts(text)))
            // Nothing is right: what is along the pattern is nearest.
            .or_else(|| pattern::along(facets.patterns.first()?, facets.characters, &mut chance))
    }

    /// Returns the variable part of a text, by its format, else by the name of its member.
    fn text_slot(&self, facets: &Facets<'_>, place: Place<'_>) -> Slot {
        let text = |text: &str| Slot::Pick(Arc::from([quoted(text)]));
        match facets.format.as_deref() {
            Some("date-time") => slot::date_time(facets.characters),
            Some("date") => Slot::Date,
            Some("time") => Slot::Time,
            Some("uuid") => Slot::Uuid,
            Some("email" | "idn-email") => Slot::Email,
            Some("uri" | "url" | "iri" | "uri-reference" | "iri-reference") => Slot::Url(""),
            Some("uri-template") => text("https://example.com/{id}"),
            Some("hostname" | "idn-hostname") => text("example.com"),
            Some("ipv4") => Slot::Ipv4,
            Some("ipv6") => text("2001:db8::1"),
            Some("byte" | "base64") => text("VW5kZXJzdHVkeQ=="),
            Some("decimal") => Slot::Pick(Arc::from(["12.50", "3.99", "120.00"].map(quoted))),
            Some("duration") => text("P1D"),
            Some("json-pointer") => text("/a"),
            Some("relative-json-pointer") => text("0"),
            Some("regex") => text("^a$"),
            _ => {
                let slot = words::text(place.name, place.inside, facets.characters);
                match self.purpose.parameters.iter().position(|known| known == place.name) {
                    Some(at) if self.list == 0 && facets.characters == (0, u64::MAX) => {
                        Slot::Parameter(at, Box::new(slot))
                    }
                    _ => slot,
                }
            }
        }
    }

    pub(super) fn number(&mut self, facets: &Facets<'_>, place: Place<'_>) -> Result<()> {
        let wanted = words::number(place.name);
        let only_whole = !facets.types.has(Types::FRACTION);
        let step = facets.multiple_of.filter(|step| step.fract() == 0.0 && *step <= 9e15).map_or(1, |step| step as i64);
        if only_whole || facets.multiple_of.is_some_and(|step| step.fract() == 0.0) {
            let slot = integer(facets, wanted, step).ok_or(Impossible)?;
            let slot = match self.purpose.parameters.iter().position(|known| known == place.name) {
                Some(at) if self.list == 0 => Slot::Parameter(at, Box::new(slot)),
                _ => slot,
            };
            self.template.slot(slot, place.name);
            return Ok(());
        }
        if let Some(step) = facets.multiple_of {
            let first =
                facets.least.map_or(1.0, |least| (least.number / step).ceil() + f64::from(u8::from(least.is_open)));
            self.template.push(&serde_json::Number::from_f64(first * step).ok_or(Impossible)?.to_string());
            return Ok(());
        }
        let (low, high) = bounds(facets, wanted);
        let (low, high) = ((low * 100.0).ceil(), (high * 100.0).floor());
        if low <= high && low.abs() < 9e15 && high.abs() < 9e15 {
            let open =
                |limit: Option<Limit>, at: f64| limit.is_some_and(|limit| limit.is_open && limit.number * 100.0 == at);
            let low = low as i64 + i64::from(open(facets.least, low));
            let high = high as i64 - i64::from(open(facets.most, high));
            if low <= high {
                self.template.slot(Slot::Cents { least: low, most: high }, place.name);
                return Ok(());
            }
        }
        // Between two numbers that are close to each other.
        let between = match (facets.least, facets.most) {
            (Some(least), Some(most)) => (least.number + most.number) / 2.0,
            (Some(limit), None) => limit.number + limit.number.abs().max(1.0) * 0.5,
            (None, Some(limit)) => limit.number - limit.number.abs().max(1.0) * 0.5,
            (None, None) => 1.0,
        };
        self.template.push(&serde_json::Number::from_f64(between).ok_or(Impossible)?.to_string());
        Ok(())
    }
}

/// The numbers between which one is made: what is wanted, as far as it is allowed.
fn bounds(facets: &Facets<'_>, (low, high): (i64, i64)) -> (f64, f64) {
    let (low, high) = (low as f64, high as f64);
    let least = facets.least.map_or(f64::NEG_INFINITY, |limit| limit.number);
    let most = facets.most.map_or(f64::INFINITY, |limit| limit.number);
    match (low.max(least), high.min(most)) {
        (low, high) if low <= high => (low, high),
        // All that is wanted is too small, or too large.
        _ if least > high => (least, most.min(least + 100.0)),
        _ => (least.max(most - 100.0), most),
    }
}

pub(super) fn integer(facets: &Facets<'_>, wanted: (i64, i64), step: i64) -> Option<Slot> {
    let (mut low, mut high) = bounds(facets, wanted);
    (low, high) = (low.ceil(), high.floor());
    let is_open = |limit: Option<Limit>, at: f64| limit.is_some_and(|limit| limit.is_open && limit.number == at);
    if is_open(facets.least, low) {
        low += 1.0;
    }
    if is_open(facets.most, high) {
        high -= 1.0;
    }
    let small = match facets.format.as_deref() {
        Some("int32") => i64::from(i32::MAX),
        _ => 9_007_199_254_740_991,
    };
    let (low, high) = ((low as i64).clamp(-small, small), (high as i64).clamp(-small, small));
    let first = low.checked_add((step - low.rem_euclid(step)) % step)?;
    if first <= high {
        return Some(Slot::Integer { least: first, most: high, step });
    }
    // The wanted numbers hold no multiple; those that are allowed may.
    let most = facets.most.map_or(f64::INFINITY, |limit| limit.number - f64::from(u8::from(limit.is_open)));
    (first as f64 <= most).then_some(Slot::Integer { least: first, most: first, step })
}
