//! Values of requests that change each time: times, UUIDs, counters.

use super::call::{Call, CallBody};
use super::exchange::Exchange;
use super::look::is_distinctive;
use super::moving;
use super::words::{is_bare_id, is_counter, is_nonce, is_of_client, is_time};
use http::HeaderMap;
use http::header::DATE;
use std::collections::BTreeMap;
use understudy_exchange::json::Step;
use understudy_exchange::jsonpath::Path;
use understudy_exchange::{Json, JsonPath};
use understudy_fixture::model::{Check, Expression, Format, Graphql, JsonType, Pattern};
use understudy_match::is_in_format;

/// The member of a GraphQL request that holds the variables.
const VARIABLES: Step<'static> = Step::Name("variables");

/// The place of a value in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    /// A parameter of the query, by its name.
    Query(String),
    /// A field of a form, by its name.
    Form(String),
    /// A member of a JSON body, by its path.
    Body(String),
}

/// The kind of a value that may change each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    DateTime,
    /// A time without a zone, or in another format than RFC 3339.
    LooseTime,
    Uuid,
    /// A time in seconds or milliseconds.
    Epoch,
    Counter,
    /// A number used once.
    Nonce,
    /// A text that contains times or UUIDs.
    Text,
}

/// A value that may change each time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    spot: Spot,
    kind: Kind,
    is_number: bool,
    value: String,
    /// True if the value is made for one request, as its name or the time of the exchange shows.
    is_sure: bool,
}

impl Candidate {
    /// The word that replaces the value in the key of a request.
    fn word(&self) -> String {
        match self.kind {
            Kind::Text => format!("\u{0}{}", moving::masked(&self.value)),
            kind => format!("\u{0}{kind:?}"),
        }
    }
}

/// A request without the values that may change each time.
#[derive(Debug)]
pub(super) struct Outline {
    /// The request's key without the values.
    key: String,
    /// The request's key without the sure values. Uncertain values stay.
    sure_key: String,
    candidates: Vec<Candidate>,
}

/// The rules for the values that change each time, by place.
pub(super) type Rules = BTreeMap<Spot, Check>;

impl Outline {
    pub(super) fn of(exchange: &Exchange<'_>) -> Self {
        let call = &exchange.call;
        let search = Search {
            now: now(&exchange.recorded.response.headers),
            path: call.path.iter().filter_map(Pattern::as_literal).collect(),
        };
        let mut candidates = Vec::new();
        for (name, value) in &call.query {
            candidates.extend(search.candidate(Spot::Query(name.clone()), name, value, false));
        }
        match &call.body {
            CallBody::Json(body) => search.members(body, &Path::default(), &mut candidates),
            CallBody::Graphql(Graphql { variables: Some(variables), .. }) => {
                search.members(variables, &Path::default().child(VARIABLES), &mut candidates);
            }
            CallBody::Form(fields) => {
                let found = fields
                    .iter()
                    .filter_map(|(name, value)| search.candidate(Spot::Form(name.clone()), name, value, false));
                candidates.extend(found);
            }
            _ => {}
        }
        let without = |is_gone: &dyn Fn(&Candidate) -> bool| {
            let gone: Vec<&Candidate> = candidates.iter().filter(|candidate| is_gone(candidate)).collect();
            outline(call, &gone).key()
        };
        Self { key: without(&|_| true), sure_key: without(&|candidate| candidate.is_sure), candidates }
    }

    /// The key of the request without the values whose names show that they are made for one request.
    pub(super) fn sure_key(&self) -> &str {
        &self.sure_key
    }

    /// The rules for all values that may change each time.
    pub(super) fn checks(&self) -> Rules {
        self.candidates.iter().map(|candidate| (candidate.spot.clone(), candidate.check())).collect()
    }

    /// The key of the request without all values that may change each time.
    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

/// The rules for the places where requests with the same outline differ, and for the places whose names show that they
/// do.
pub(super) fn rules(outlines: &[&Outline]) -> Rules {
    let Some((first, others)) = outlines.split_first() else { return Rules::new() };
    let differs =
        |candidate: &&Candidate| candidate.is_sure || others.iter().any(|other| !other.candidates.contains(candidate));
    first.candidates.iter().filter(differs).map(|candidate| (candidate.spot.clone(), candidate.check())).collect()
}

impl Candidate {
    fn check(&self) -> Check {
        match self.kind {
            Kind::DateTime => Check::Format(Format::DateTime),
            Kind::Uuid => Check::Format(Format::Uuid),
            Kind::Epoch | Kind::Counter if self.is_number || !matches!(self.spot, Spot::Body(_)) => {
                Check::Type(JsonType::Integer)
            }
            Kind::Epoch | Kind::Counter => Expression::parse("[0-9]+").map_or(Check::Any, Check::Matches),
            Kind::LooseTime | Kind::Text => {
                Expression::parse(&moving::pattern(&self.value)).map_or(Check::Any, Check::Matches)
            }
            Kind::Nonce => Check::Any,
        }
    }
}

/// Returns the call with words in the place of these values.
fn outline(call: &Call, gone: &[&Candidate]) -> Call {
    let word = |spot: &Spot| gone.iter().find(|gone| gone.spot == *spot).map(|gone| gone.word());
    let field = |spot: Spot, value: &Pattern| word(&spot).map_or_else(|| value.clone(), |word| Pattern::parse(&word));
    let mut call = call.clone();
    for (name, value) in &mut call.query {
        *value = field(Spot::Query(name.clone()), value);
    }
    match &mut call.body {
        CallBody::Form(fields) => {
            fields.iter_mut().for_each(|(name, value)| *value = field(Spot::Form(name.clone()), value));
        }
        CallBody::Json(body) => {
            let rest = without(body, &Path::default(), &word);
            *body = rest;
        }
        CallBody::Graphql(Graphql { variables: Some(variables), .. }) => {
            let rest = without(variables, &Path::default().child(VARIABLES), &word);
            *variables = rest;
        }
        _ => {}
    }
    call
}

fn without<'j>(value: &'j Json, path: &Path<'j>, word: &dyn Fn(&Spot) -> Option<String>) -> Json {
    match value {
        Json::Array(items) => {
            let item = |(at, item)| without(item, &path.child(Step::Index(at)), word);
            Json::Array(items.iter().enumerate().map(item).collect())
        }
        Json::Object(members) => {
            let member = members
                .iter()
                .map(|(name, value)| (name.clone(), without(value, &path.child(Step::Name(name.as_str())), word)));
            Json::Object(member.collect())
        }
        leaf => word(&Spot::Body(path.to_string())).map_or_else(|| leaf.clone(), Json::string),
    }
}

/// Searches for values that may change each time.
struct Search<'s> {
    /// The time of the exchange in seconds, if the response has it.
    now: Option<i64>,
    path: Vec<&'s str>,
}

impl Search<'_> {
    fn members<'j>(&self, value: &'j Json, path: &Path<'j>, found: &mut Vec<Candidate>) {
        let name = path.steps().iter().rev().find_map(|step| match step {
            Step::Name(name) => Some(*name),
            Step::Index(_) => None,
        });
        let mut leaf = |text: &str, is_number| {
            let spot = Spot::Body(path.to_string());
            found.extend(self.candidate(spot, name.unwrap_or(""), &Pattern::parse(text), is_number));
        };
        match value {
            Json::String(text) => leaf(text.as_str(), false),
            Json::Number(number) => leaf(number.as_str(), true),
            other => other.children().for_each(|(step, child)| self.members(child, &path.child(step), found)),
        }
    }

    /// Returns a value that may change each time, by its look and its name. A value from an earlier response does not
    /// count.
    fn candidate(&self, spot: Spot, name: &str, value: &Pattern, is_number: bool) -> Option<Candidate> {
        let text = value.as_literal()?;
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let kind = if is_in_format(Format::DateTime, text) {
            Kind::DateTime
        } else if is_in_format(Format::Uuid, text) {
            Kind::Uuid
        } else if moving::is_time(text) {
            Kind::LooseTime
        } else if is_digits && matches!(text.len(), 10 | 13) && (is_time(name) || self.is_now(epoch(text))) {
            Kind::Epoch
        } else if is_digits && is_counter(name) {
            Kind::Counter
        } else if is_nonce(name) && is_distinctive(text) {
            Kind::Nonce
        } else if moving::has_parts(text) {
            Kind::Text
        } else {
            return None;
        };
        let is_in_body = !matches!(spot, Spot::Query(_));
        let is_sure = match kind {
            Kind::DateTime | Kind::LooseTime => self.is_now(seconds(text)),
            Kind::Epoch => self.is_now(epoch(text)),
            // A client generates ids only for what it creates.
            Kind::Uuid => {
                let is_made = is_bare_id(name) || is_of_client(name);
                is_nonce(name) || is_in_body && is_made && !self.path.contains(&text)
            }
            Kind::Nonce => true,
            Kind::Counter | Kind::Text => false,
        };
        let is_place = match &spot {
            Spot::Body(path) => JsonPath::parse(path).is_ok(),
            _ => true,
        };
        is_place.then(|| Candidate { spot, kind, is_number, value: text.to_owned(), is_sure })
    }

    /// Returns true if a time is on the day of the exchange.
    fn is_now(&self, time: Option<i64>) -> bool {
        self.now.zip(time).is_some_and(|(now, time)| (now - time).abs() < DAY_SECONDS)
    }
}

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The number of bytes of a text that are searched for times.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Returns true if a text contains a time on the day of the response, so that it was generated then.
pub(super) fn has_time_of_day(text: &str, headers: &HeaderMap) -> bool {
    let Some(now) = now(headers) else { return false };
    let end = (0..=text.len().min(TEXT_BYTES_MAX)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = &text[..end];
    let is_near = |time: i64| (now - time).abs() < DAY_SECONDS;
    let iso = text.match_indices('-').filter_map(|(at, _)| text.get(at.checked_sub(4)?..at + 15));
    let is_iso = |text: &str| {
        let bytes = text.as_bytes();
        (bytes[7], bytes[13], bytes[16]) == (b'-', b':', b':') && matches!(bytes[10], b'T' | b't' | b' ')
    };
    // RFC 5322, section 3.3, writes the zone as digits.
    let zones = [" GMT", " UTC", " +0000", " -0000"];
    let mail = zones.iter().flat_map(|zone| text.match_indices(zone));
    let mail = mail.filter_map(|(at, _)| Some(format!("{} GMT", text.get(at.checked_sub(25)?..at)?)));
    let numbers = text.split(|c: char| !c.is_alphanumeric()).filter(|word| matches!(word.len(), 10 | 13));
    iso.filter(|text| is_iso(text)).filter_map(seconds).any(is_near)
        || mail.filter_map(|text| http_date(&text)).any(is_near)
        || dotted_times(text).any(is_near)
        || numbers.filter_map(epoch).any(is_near)
}

/// The times in a text that are written as `01.12.2026 09:48:48`, in seconds.
fn dotted_times(text: &str) -> impl Iterator<Item = i64> {
    text.match_indices('.').filter_map(|(at, _)| {
        let time = text.get(at.checked_sub(2)?..at + 17)?;
        let is_one = time.is_ascii() && time.as_bytes()[5] == b'.' && time.as_bytes()[13] == b':';
        let (date, clock) = (time.get(..10)?, time.get(11..)?);
        is_one.then(|| seconds(&format!("{}-{}-{}T{clock}", &date[6..], &date[3..5], &date[..2])))?
    })
}

/// The time that a response was sent, in seconds.
fn now(headers: &HeaderMap) -> Option<i64> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// A time as header fields have it, in seconds.
fn http_date(text: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// A time in seconds or milliseconds, in seconds.
fn epoch(digits: &str) -> Option<i64> {
    let time: i64 = digits.parse().ok()?;
    Some(if digits.len() > 10 { time / 1_000 } else { time })
}

/// The seconds of an RFC 3339 time, without regard to its offset.
fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    // Days are counted from 0000-03-01, so that leap days are the last days of years.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - EPOCH_DAYS;
    Some(days * DAY_SECONDS + number(11, 13)? * 3_600 + number(14, 16)? * 60 + number(17, 19)?)
}

/// The days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_day_are_found_in_texts() {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, http::HeaderValue::from_static("Tue, 01 Dec 2026 08:49:37 GMT"));
        for (text, is_of_day) in [
            ("<at>2026-12-01T08:49:02Z</at>", true),
            ("up since 2026-11-30 23:10:00", true),
            ("on Tue, 01 Dec 2026 08:00:00 GMT", true),
            ("Date: Tue, 01 Dec 2026 08:00:00 +0000", true),
            ("Tue, 01 Dec 2026 08:00:00 -0000", true),
            ("Stand: 01.12.2026 08:00:00", true),
            ("Stand: 01.11.2026 08:00:00", false),
            ("ts=1796114970;", true),
            ("ts=1796114970123;", true),
            ("<at>2024-12-01T08:49:02Z</at>", false),
            ("2026-12-01", false),
            ("é-2026-é-12-01Té", false),
            ("tel 1234567890", false),
        ] {
            assert_eq!(has_time_of_day(text, &headers), is_of_day, "{text}");
            assert!(!has_time_of_day(text, &HeaderMap::new()));
        }
    }

    #[test]
    fn times_are_counted_from_1970() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2024-02-29T12:30:15.5Z"), Some(1_709_209_815));
        assert_eq!(seconds("2026-12-01T08:49:37+00:00"), Some(1_796_114_977));
        assert_eq!((epoch("1796114977"), epoch("1796114977123")), (Some(1_796_114_977), Some(1_796_114_977)));
    }
}
