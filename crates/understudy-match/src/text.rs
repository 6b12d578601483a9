//! The likeness of two words.

/// Longer texts are not compared letter by letter: they come from outside, and the cost is their product.
const COMPARED_CHARS_MAX: usize = 64;

/// The likeness of two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    Same,
    OtherCase,
    /// Only one of the two texts has an extension, such as `.json`.
    OtherExtension,
    /// Only a letter or two differ.
    Misspelt,
    Other,
}

/// Returns the distance of two words: 0 if they are the same, 1 if only a letter or two differ, and
/// 2 otherwise.
#[must_use]
pub fn text_distance(a: &str, b: &str) -> usize {
    match likeness(a, b) {
        Likeness::Same => 0,
        Likeness::OtherCase | Likeness::OtherExtension | Likeness::Misspelt => 1,
        Likeness::Other => 2,
    }
}

/// Returns the likeness of two words.
pub(crate) fn likeness(a: &str, b: &str) -> Likeness {
    at_a_glance(a, b).unwrap_or_else(|| letter_by_letter(a, b))
}

/// Returns the likeness of two words if it takes no comparison letter by letter.
pub(crate) fn at_a_glance(a: &str, b: &str) -> Option<Likeness> {
    if a == b {
        return Some(Likeness::Same);
    }
    if has_extension(a, b) || has_extension(b, a) {
        return Some(Likeness::OtherExtension);
    }
    let (shorter, longer) = (a.len().min(b.len()), a.len().max(b.len()));
    let edits = longer / 3;
    if longer > COMPARED_CHARS_MAX || longer - shorter > edits {
        return Some(Likeness::Other);
    }
    if is_same_but_for_case(a, b) {
        return Some(Likeness::OtherCase);
    }
    // An edit changes two letters at most, so that most words need no closer look.
    ((letters(a) ^ letters(b)).count_ones() as usize > 2 * edits).then_some(Likeness::Other)
}

/// Returns the likeness of two words that differ in more than their case.
pub(crate) fn letter_by_letter(a: &str, b: &str) -> Likeness {
    // The unrestricted distance differs only in letters that are edited between two swapped ones, and needs a table of
    // letters for each pair of words.
    if strsim::osa_distance(a, b) <= a.len().max(b.len()) / 3 { Likeness::Misspelt } else { Likeness::Other }
}

/// Returns true if the one text is the other one with an extension.
fn has_extension(longer: &str, shorter: &str) -> bool {
    let extension = longer.strip_prefix(shorter).and_then(|rest| rest.strip_prefix('.'));
    !shorter.is_empty()
        && extension.is_some_and(|text| {
            (1..=5).contains(&text.len())
                && text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

fn is_same_but_for_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { a.to_lowercase() == b.to_lowercase() }
}

/// Returns the set of bytes of a text, with several bytes for one bit.
fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |set, byte| set | 1 << (byte & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_never_takes_a_misspelt_word_for_another_one() {
        let words = ["users", "user", "usres", "uzers", "Users", "orders", "ordres", "x", "", "straße", "strasse"];
        for a in words {
            for b in words {
                let (shorter, longer) = (a.len().min(b.len()), a.len().max(b.len()));
                let is_close = longer - shorter <= longer / 3 && strsim::osa_distance(a, b) <= longer / 3;
                assert_eq!(
                    likeness(a, b) != Likeness::Other,
                    is_close || a.to_lowercase() == b.to_lowercase(),
                    "{a} {b}"
                );
            }
        }
    }
}
