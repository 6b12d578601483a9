//! What was probably meant by a path that no operation has.

use crate::model::{Description, Operation};
use understudy_exchange::target::{percent_decode, segments};
use understudy_match::{NEAR_MAX, text_distance};

impl Description {
    /// The operations whose paths are most like this one, the nearest first. `base` is a prefix of the service's own.
    #[must_use]
    pub fn nearest(&self, path: &str, base: &str) -> Vec<&Operation> {
        let prefixes = self.all_prefixes().chain([base]).filter(|prefix| !prefix.is_empty());
        let below = |prefix: &str| path.strip_prefix(prefix).filter(|rest| rest.starts_with('/'));
        let path = prefixes.filter_map(below).next().unwrap_or(path);
        let words: Vec<_> = segments(path).map(percent_decode).collect();
        let mut near: Vec<(usize, &Operation)> = self
            .operations
            .iter()
            .filter_map(|operation| {
                Some((distance(&segments(&operation.path).collect::<Vec<_>>(), &words)?, operation))
            })
            .collect();
        near.sort_by_key(|(distance, operation)| (*distance, operation.path.len()));
        near.into_iter().take(NEAR_MAX).map(|(_, operation)| operation).collect()
    }
}

/// How far two paths are from each other: 2 for each segment that is another one, is missing or too many, 1 for one that is
/// only written wrong. `None` where nothing is alike.
fn distance<'r>(template: &[&str], path: &[impl AsRef<str> + 'r]) -> Option<usize> {
    let mut sum = 2 * template.len().abs_diff(path.len());
    let mut is_alike = false;
    for (wanted, received) in template.iter().zip(path) {
        let received = received.as_ref();
        let apart = match wanted {
            wanted if wanted.contains('{') => 0,
            wanted => text_distance(wanted, received),
        };
        is_alike |= apart < 2 && !wanted.contains('{') && !wanted.is_empty();
        sum += apart;
    }
    (is_alike && sum <= template.len().max(path.len())).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_path_is_not() {
        let near = |template: &str, path: &str| {
            distance(&segments(template).collect::<Vec<_>>(), &segments(path).collect::<Vec<_>>())
        };
        assert_eq!(near("/pets/{id}", "/pet/7"), Some(1));
        assert_eq!(near("/pets", "/pets/7"), Some(2));
        assert_eq!(near("/pets/{id}", "/users/7"), None);
        assert_eq!(near("/{id}", "/users"), None);
    }
}
