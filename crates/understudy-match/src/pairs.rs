//! Pairs of things that were written and things that were received, where each may be paired with several.

/// The number of pairs that are compared at one place: two lists from outside must not be compared without end.
pub(crate) const PAIRS_MAX: usize = 250_000;

/// As many pairs as possible, found by augmenting paths (H. Kuhn, "The Hungarian method", 1955): a greedy choice could
/// give away what only one other thing can be paired with.
pub(crate) struct Pairs {
    /// The received thing of each written one.
    pub(crate) of_wanted: Vec<Option<usize>>,
    /// The written thing of each received one.
    pub(crate) of_received: Vec<Option<usize>>,
}

impl Pairs {
    /// Pairs `wanted` with `received` items. `fits` is called once for each pair.
    pub(crate) fn new(wanted: usize, received: usize, mut fits: impl FnMut(usize, usize) -> bool) -> Self {
        let mut known: Vec<Option<bool>> = vec![None; wanted * received];
        let mut fits = |a: usize, b: usize| *known[a * received + b].get_or_insert_with(|| fits(a, b));
        let mut pairs = Self { of_wanted: vec![None; wanted], of_received: vec![None; received] };
        for start in 0..wanted {
            pairs.augment(start, &mut fits);
        }
        pairs
    }

    /// Finds a received thing for `start`, where those that have one may take another. Searched breadth first, so that
    /// nothing calls itself as deep as a request is long.
    fn augment(&mut self, start: usize, fits: &mut impl FnMut(usize, usize) -> bool) {
        let mut came_from: Vec<Option<usize>> = vec![None; self.of_received.len()];
        let mut open = std::collections::VecDeque::from([start]);
        while let Some(wanted) = open.pop_front() {
            for received in 0..self.of_received.len() {
                if came_from[received].is_some() || !fits(wanted, received) {
                    continue;
                }
                came_from[received] = Some(wanted);
                match self.of_received[received] {
                    Some(other) => open.push_back(other),
                    None => return self.pair_back(received, &came_from),
                }
            }
        }
    }

    fn pair_back(&mut self, last: usize, came_from: &[Option<usize>]) {
        let mut next = Some(last);
        while let Some(received) = next {
            let Some(wanted) = came_from[received] else { return };
            next = self.of_wanted[wanted].replace(received);
            self.of_received[received] = Some(wanted);
        }
    }

    /// Returns true if nothing is left on either side.
    pub(crate) fn are_complete(&self) -> bool {
        self.of_wanted.iter().chain(&self.of_received).all(Option::is_some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_could_take_is_left_to_the_one_that_needs_it() {
        // The first fits everything, the second only what the first would take.
        let pairs = Pairs::new(3, 3, |a, b| matches!((a, b), (0, _) | (1, 0 | 1) | (2, 1)));
        assert!(pairs.are_complete());
        assert_eq!(pairs.of_wanted, [Some(2), Some(0), Some(1)]);
        let pairs = Pairs::new(2, 3, |a, b| a == 0 && b == 2);
        assert_eq!((pairs.of_wanted, pairs.of_received), (vec![Some(2), None], vec![None, None, Some(0)]));
    }
}
