//! Words of names: the subject of a collection, a parameter or a member.

/// Names of members that identify an object.
const IDENTIFIERS: &[&str] =
    &["_id", "code", "digest", "handle", "id", "isbn", "key", "login", "number", "sku", "slug", "username", "uuid"];

/// Names of members that change with every write of their resource.
const VERSIONS: &[&str] = &[
    "etag",
    "generation",
    "lockversion",
    "primaryterm",
    "resourceversion",
    "rev",
    "revision",
    "seqno",
    "version",
    "versionid",
];

/// Words in the names of values that are unique to a request.
const NONCES: &[&str] = &["correlation", "idempotency", "nonce", "trace", "tracking"];

/// Words that refer to another resource of the same collection.
const REFERENCES: &[&str] =
    &["after", "before", "next", "original", "parent", "previous", "reference", "related", "root", "source", "target"];

/// Words for the users of a service.
const PERSONS: &[&str] =
    &["assignee", "author", "creator", "created-by", "me", "owner", "reporter", "sender", "updated-by", "user"];

/// Collections whose elements are of the same kind as their owner: the friends of a user are users.
const RELATIONS: &[&str] = &[
    "assignees",
    "blocks",
    "children",
    "contacts",
    "dependencies",
    "follow",
    "followers",
    "following",
    "friends",
    "members",
    "parents",
    "participants",
    "related",
    "siblings",
    "subscribers",
];

/// Members that wrap the content of a response.
const WRAPPERS: &[&str] = &["attributes", "content", "data", "item", "payload", "response", "result"];

/// Splits a name into its words, in lower case: `orderId`, `order_id` and `order-id` are the same.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            is_inside = false;
        } else {
            let is_start = c.is_uppercase() && !before.is_uppercase();
            match words.last_mut() {
                Some(word) if is_inside && !is_start => word.extend(c.to_lowercase()),
                _ => words.push(c.to_lowercase().collect()),
            }
            is_inside = true;
        }
        before = c;
    }
    words
}

/// The singular of an English noun, roughly.
pub(super) fn singular(word: &str) -> String {
    match word {
        word if word.ends_with("ies") && word.len() > 4 => format!("{}y", &word[..word.len() - 3]),
        word if word.ends_with("sses") || word.ends_with("xes") => word[..word.len() - 2].to_owned(),
        word if word.ends_with('s') && !word.ends_with("ss") && word.len() > 2 => word[..word.len() - 1].to_owned(),
        word => word.to_owned(),
    }
}

/// The name of a value that identifies an element of a collection: `userId` for `users`.
pub(super) fn id_of(collection: Option<&str>) -> String {
    let word: String = collection.unwrap_or("").chars().filter(char::is_ascii_alphanumeric).collect();
    let one = singular(&word);
    if one.starts_with(|c: char| c.is_ascii_alphabetic()) { format!("{one}Id") } else { "id".to_owned() }
}

/// Returns true if two names share a word for their subject.
pub(super) fn share_a_word(one: &str, other: &str) -> bool {
    let nouns = |name: &str| -> Vec<String> { words(name).iter().map(|word| singular(word)).collect() };
    let others = nouns(other);
    nouns(one).iter().any(|word| word.len() > 1 && word != "id" && others.contains(word))
}

/// Returns true if the name alone shows that a member or parameter identifies something.
pub(super) fn is_bare_id(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "ids" | "_ids" | "uuids" | "keys") || IDENTIFIERS.contains(&name.as_str())
}

/// The subject that a name identifies, without the word `id`: `order` for `orderId`. `None` if the name identifies
/// nothing.
pub(super) fn identified(name: &str) -> Option<String> {
    let words = words(name);
    let (last, before) = words.split_last()?;
    let is_id = matches!(last.as_str(), "id" | "ids" | "uuid" | "slug" | "key" | "code" | "number");
    (is_id && !before.is_empty()).then(|| before.join("-"))
}

/// Returns true if a member identifies an object: `id`, `orderId`, `slug`.
pub(super) fn is_id(name: &str) -> bool {
    is_bare_id(name) || identified(name).is_some()
}

/// Returns true if a member changes with every write of its object: `version`, `_rev`.
pub(super) fn is_version(name: &str) -> bool {
    VERSIONS.contains(&words(name).concat().as_str())
}

/// Returns true if a name shows that its value is made for one request only.
pub(super) fn is_nonce(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| NONCES.contains(&word.as_str()))
        || matches!(words.concat().as_str(), "requestid" | "messageid" | "eventid" | "clientmutationid" | "insertid")
}

/// Returns true if a name shows that the client chose the value: a reference of its own, or its own name.
pub(super) fn is_of_client(name: &str) -> bool {
    let words = words(name);
    let own = ["client", "device", "installation", "anonymous", "visitor"];
    match words.as_slice() {
        [.., last] if matches!(last.as_str(), "ref" | "reference") => true,
        [.., before, last] => last == "id" && own.contains(&before.as_str()),
        _ => false,
    }
}

/// Returns true if a name shows that its value is a time.
pub(super) fn is_time(name: &str) -> bool {
    const TIMES: &[&str] =
        &["at", "date", "from", "now", "since", "start", "end", "time", "timestamp", "to", "ts", "until"];
    words(name)
        .iter()
        .any(|word| TIMES.contains(&word.as_str()) || word.ends_with("time") || word.ends_with("timestamp"))
}

/// Returns true if a name shows that its value counts requests.
pub(super) fn is_counter(name: &str) -> bool {
    const COUNTERS: &[&str] = &["attempt", "counter", "elapsed", "n", "nr", "rnd", "seq", "sequence", "tick", "uptime"];
    words(name).iter().any(|word| COUNTERS.contains(&word.as_str()))
}

/// Returns true if a name refers to another resource of the collection that it is sent to: `parent_id`.
pub(super) fn is_reference(name: &str) -> bool {
    words(name).first().is_some_and(|word| REFERENCES.contains(&word.as_str()))
}

/// Returns true if a word names a user of the service.
pub(super) fn is_person(word: &str) -> bool {
    PERSONS.contains(&word)
}

/// Returns true if a collection contains elements of the same kind as its owner.
pub(super) fn is_relation(collection: &str) -> bool {
    RELATIONS.contains(&collection)
}

/// Returns true if a member only wraps the content of a response.
pub(super) fn is_wrapper(name: &str) -> bool {
    WRAPPERS.contains(&name)
}

/// Converts a name so that it is valid in `{{name}}`.
pub(super) fn variable(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("v{plain}") }
}

/// Escapes a text for a regular expression.
pub(super) fn escaped(text: &str) -> String {
    let is_special = |c: char| r"\.+*?()|[]{}^$#&~".contains(c);
    text.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_their_words() {
        assert_eq!(words("orderId"), ["order", "id"]);
        assert_eq!(words("x-order_ID"), ["x", "order", "id"]);
        assert_eq!(identified("orderId").as_deref(), Some("order"));
        for name in ["paid", "valid", "id", "width"] {
            assert_eq!(identified(name), None, "{name}");
        }
        assert!(share_a_word("orderItems", "item") && !share_a_word("reviewId", "productId"));
        assert!(is_version("_rev") && is_version("lockVersion") && !is_version("revenue"));
    }
}
