//! The known names that are nearest to one that somebody has written.

/// Longer names are not compared letter by letter: the cost is the product of their lengths.
const COMPARED_CHARS_MAX: usize = 64;

/// Sorts names by how near they are to a written one, the nearest first. Case does not count. Of a path such as
/// `items/list`, each part is compared too.
#[must_use]
pub fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    let written = written.to_lowercase();
    let mut names: Vec<(f64, &str)> = known.into_iter().map(|name| (-likeness(&written, name), name)).collect();
    names.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    names.dedup();
    names.into_iter().map(|(_, name)| name).collect()
}

/// Returns true if a name is so near to a written one that it was probably meant.
#[must_use]
pub fn is_near(written: &str, name: &str) -> bool {
    likeness(&written.to_lowercase(), name) >= NEAR
}

/// The likeness from which on a name was probably meant: two letters of three are the same.
const NEAR: f64 = 0.66;

/// Returns the similarity of a written name and a known name, from 0 to 1.
fn likeness(written: &str, name: &str) -> f64 {
    let name = name.to_lowercase();
    let alike = |part: &str| {
        if written.len().max(part.len()) > COMPARED_CHARS_MAX {
            f64::from(u8::from(written == part))
        } else {
            strsim::normalized_damerau_levenshtein(written, part)
        }
    };
    // A part of a path says less than the whole.
    let parts = name.split('/').map(|part| alike(part) * 0.99);
    parts.fold(alike(&name), f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_comes_first() {
        let known = ["orders/list", "orders/get", "pets/list", "SMOKE"];
        assert_eq!(nearest("ordres/get", known)[0], "orders/get");
        assert_eq!(nearest("smok", known)[0], "SMOKE");
        assert_eq!(nearest("pest", known)[0], "pets/list");
        assert!(is_near("smok", "SMOKE") && !is_near("zzz", "SMOKE"));
        assert_eq!(nearest(&"x".repeat(100), known).len(), 4);
    }
}
