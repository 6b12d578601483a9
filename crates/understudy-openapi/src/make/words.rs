//! Texts that look like what their member is called: a city under `city`.

use super::slot::{FIRST_NAMES, LAST_NAMES, Slot};
use crate::document::quoted;

const CITIES: [&str; 8] = ["Lisbon", "Oslo", "Kyoto", "Montréal", "Nairobi", "Bergen", "Valparaíso", "Leipzig"];
const COUNTRIES: [&str; 6] = ["Portugal", "Norway", "Japan", "Canada", "Kenya", "Chile"];
const COUNTRY_CODES: [&str; 6] = ["PT", "NO", "JP", "CA", "KE", "CL"];
const REGIONS: [&str; 5] = ["Minho", "Vestland", "Kansai", "Québec", "Saxony"];
const STREETS: [&str; 5] = ["12 Harbour Street", "7 Mill Lane", "48 Station Road", "3 Orchard Close", "90 King's Walk"];
const COMPANIES: [&str; 6] =
    ["Harbour & Sons", "Northwind", "Bluebird Books", "Juniper Labs", "Copper Kettle", "Fjord Line"];
const CURRENCIES: [&str; 4] = ["EUR", "NOK", "JPY", "CAD"];
const LANGUAGES: [&str; 4] = ["en", "pt", "nb", "ja"];
const ZONES: [&str; 4] = ["Europe/Lisbon", "Europe/Oslo", "Asia/Tokyo", "America/Montreal"];
const TITLES: [&str; 8] = [
    "A quiet morning",
    "Second draft",
    "The long way round",
    "Notes from the harbour",
    "Spring inventory",
    "Open questions",
    "A better kettle",
    "Things to keep",
];
const SENTENCES: [&str; 6] = [
    "The first of several that were made for this list.",
    "Works as agreed, and a little better on Tuesdays.",
    "Kept for later, when there is more to say.",
    "Two small changes and a correction.",
    "Nobody has complained about this one yet.",
    "See the notes of last week.",
];
const COLORS: [&str; 6] = ["red", "green", "blue", "amber", "teal", "plum"];
const PHONES: [&str; 4] = ["+1 202-555-0143", "+1 202-555-0178", "+1 202-555-0116", "+1 202-555-0199"];
const POSTCODES: [&str; 4] = ["1100-148", "5003", "604-8005", "H2X 1Y4"];
const VERSIONS: [&str; 4] = ["1.0.0", "1.2.0", "2.1.3", "3.0.1"];
const THINGS: [&str; 10] =
    ["juniper", "harbour", "kettle", "lantern", "orchard", "paper", "pebble", "quill", "saddle", "thimble"];
const TYPES: [&str; 3] = ["standard", "basic", "extra"];
const STATES: [&str; 3] = ["active", "pending", "done"];
const MEDIA: [&str; 3] = ["application/json", "image/png", "text/plain"];
const FILES: [&str; 3] = ["report.pdf", "photo.jpg", "notes.txt"];

/// What a member is called, in words: `createdAt`, `created_at` and `created-at` are "created at".
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let splits = !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        if splits && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("there is one").extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A text for a member by its name and that of what it is in, with a length between two.
pub(super) fn text(name: &str, inside: &str, (least, most): (u64, u64)) -> Slot {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let full_names = || FIRST_NAMES.iter().zip(LAST_NAMES).map(|(first, last)| format!("{first} {last}")).collect();
    let listed = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let free = most == u64::MAX && least == 0;
    let texts: Vec<String> = match words.as_slice() {
        [.., "email" | "mail"] if free => return Slot::Email,
        [.., "url" | "uri" | "href" | "link" | "website" | "homepage"] if free => return Slot::Url(""),
        [.., "avatar" | "image" | "picture" | "photo" | "thumbnail" | "logo" | "icon"] if free => {
            return Slot::Url("images/");
        }
        [.., "created" | "updated" | "modified" | "deleted" | "timestamp"] | [_, .., "at" | "datetime"] if free => {
            return Slot::DateTime("Z");
        }
        [.., "date" | "birthday" | "birthdate"] if free => return Slot::Date,
        [.., "uuid" | "guid"] if free => return Slot::Uuid,
        [.., "ip"] | [.., "ip", "address"] if free => return Slot::Ipv4,
        ["id" | "key" | "ref" | "reference" | "number" | "no"] | [.., "id" | "number"] if free => return Slot::Digits,
        [.., "sha" | "hash" | "token" | "secret" | "etag" | "checksum" | "digest" | "key" | "password"] if free => {
            return Slot::Letters(20);
        }
        [.., "first", "name"] | ["firstname" | "forename"] | [.., "given", "name"] => listed(&FIRST_NAMES),
        [.., "last", "name"] | ["lastname" | "surname"] | [.., "family", "name"] => listed(&LAST_NAMES),
        [.., "full", "name"] | [.., "author" | "owner" | "assignee" | "contact" | "customer" | "person"] => {
            full_names()
        }
        [.., "user", "name"] | [.., "username" | "login" | "nickname" | "handle"] => {
            FIRST_NAMES.iter().map(|name| name.to_lowercase()).collect()
        }
        [.., "company" | "organization" | "organisation" | "employer" | "brand" | "vendor" | "supplier"] => {
            listed(&COMPANIES)
        }
        [.., "file", "name"] | [.., "filename"] => listed(&FILES),
        [.., "content" | "media" | "mime", "type"] => listed(&MEDIA),
        [.., "city" | "town"] => listed(&CITIES),
        [.., "country", "code"] => listed(&COUNTRY_CODES),
        [.., "country"] if most < 5 => listed(&COUNTRY_CODES),
        [.., "country"] => listed(&COUNTRIES),
        [.., "region" | "province" | "county"] => listed(&REGIONS),
        [.., "street" | "address" | "line1"] => listed(&STREETS),
        [.., "postcode" | "zip" | "zipcode"] | [.., "postal" | "zip" | "post", "code"] => listed(&POSTCODES),
        [.., "phone" | "telephone" | "mobile" | "fax"] | [.., "phone", "number"] => listed(&PHONES),
        [.., "currency"] | [.., "currency", "code"] => listed(&CURRENCIES),
        [.., "language" | "locale" | "lang"] => listed(&LANGUAGES),
        [.., "timezone"] | [.., "time", "zone"] => listed(&ZONES),
        [.., "color" | "colour"] => listed(&COLORS),
        [.., "version"] => listed(&VERSIONS),
        [.., "status" | "state"] => listed(&STATES),
        [.., "type" | "kind" | "category"] => listed(&TYPES),
        [.., "title" | "subject" | "headline" | "caption" | "label"] => listed(&TITLES),
        [
            ..,
            "description" | "summary" | "message" | "comment" | "comments" | "content" | "body" | "text" | "note"
            | "notes" | "detail" | "details" | "bio" | "reason",
        ] => listed(&SENTENCES),
        [.., "name"] if is_person(inside) => full_names(),
        _ => listed(&THINGS),
    };
    let fits = |text: &String| (least..=most).contains(&(text.chars().count() as u64));
    let fitting: Vec<String> = texts.into_iter().filter(fits).collect();
    if !fitting.is_empty() {
        return Slot::Pick(fitting.iter().map(|text| quoted(text)).collect());
    }
    // Long enough, and not longer than it has to be.
    Slot::Letters(least.max(8).min(most) as usize)
}

fn is_person(inside: &str) -> bool {
    let inside = inside.to_lowercase();
    [
        "user", "person", "people", "customer", "author", "owner", "member", "contact", "employee", "profile", "guest",
        "actor",
    ]
    .iter()
    .any(|word| inside.contains(word))
}

/// Bounds that fit what a number is called.
pub(super) fn number(name: &str) -> (i64, i64) {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [.., "latitude" | "lat"] => (-60, 70),
        [.., "longitude" | "lng" | "lon"] => (-170, 170),
        [.., "age"] => (18, 80),
        [.., "year"] => (2015, 2026),
        [.., "month"] => (1, 12),
        [.., "day"] => (1, 28),
        [.., "hour"] => (0, 23),
        [.., "minute" | "second"] => (0, 59),
        [.., "rating" | "stars" | "score"] => (1, 5),
        [.., "percent" | "percentage"] => (0, 100),
        [.., "page"] => (1, 1),
        [.., "count" | "total" | "quantity" | "size"] => (1, 40),
        [.., "price" | "amount" | "cost" | "fee" | "balance"] => (5, 200),
        [.., "id"] => (1, 9_999),
        [.., "at" | "timestamp" | "created" | "updated" | "time"] => (1_735_689_600, 1_767_225_599),
        [.., "width" | "height"] => (100, 1_200),
        [.., "port"] => (8_000, 8_999),
        _ => (1, 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_looks_like_its_name_and_has_its_length() {
        let made = |name: &str, inside: &str, length| {
            let mut out = String::new();
            text(name, inside, length).write(3, &[], &mut out);
            out.trim_matches('"').to_owned()
        };
        let any = (0, u64::MAX);
        assert!(made("contactEmail", "", any).ends_with("@example.com"));
        assert!(CITIES.contains(&&*made("home_city", "", any)));
        assert!(made("name", "Customer", any).contains(' '));
        assert!(THINGS.contains(&&*made("name", "Product", any)));
        assert!(made("created_at", "", any).ends_with('Z'));
        for length in [(1, 2), (3, 3), (50, 60), (0, 0), (300, u64::MAX)] {
            let text = made("title", "", length);
            assert!((length.0..=length.1).contains(&(text.chars().count() as u64)), "{text:?} {length:?}");
        }
    }
}
