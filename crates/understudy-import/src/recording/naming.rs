//! Names that a person would choose.

/// What identifies one of a collection: `userId` of `users`.
pub(super) fn id_of(collection: Option<&str>) -> String {
    let word: String = collection.unwrap_or("").chars().filter(char::is_ascii_alphanumeric).collect();
    let one = match word.as_str() {
        word if word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        word if word.ends_with("sses") || word.ends_with("xes") => word[..word.len() - 2].to_owned(),
        word if word.ends_with('s') && !word.ends_with("ss") => word[..word.len() - 1].to_owned(),
        word => word.to_owned(),
    };
    if one.starts_with(|c: char| c.is_ascii_alphabetic()) { format!("{one}Id") } else { "id".to_owned() }
}

/// What has been done once the fixture with this id has answered: `created` of `items/create`.
pub(super) fn done(id: &str) -> String {
    let last = id.rsplit('/').next().unwrap_or(id);
    let (stem, number) = match last.rsplit_once('-') {
        Some((stem, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (stem, format!("-{number}")),
        _ => (last, String::new()),
    };
    let is_verb = ["create", "delete", "replace", "update"].iter().any(|verb| stem.ends_with(verb));
    format!("{stem}{}{number}", if is_verb { "d" } else { "" })
}
