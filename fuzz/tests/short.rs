//! Each target for a moment: its examples, and what comes of changing them a little at random, the same each time.

use understudy_fuzz::{TARGETS, seeds};
use understudy_match::Chance;

/// Larger examples take long and say little more.
const BYTES_MAX: usize = 8 << 10;
const EXAMPLES_MAX: usize = 40;
const CHANGED: usize = 12;

/// The number of changes of each example: `ROUNDS=10000` goes on for longer, and `TARGET` names the only target.
fn rounds() -> usize {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(CHANGED)
}

/// A piece of something, cut, written twice, put elsewhere, or with other bytes in it.
fn change(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let mut below = |end: usize| usize::try_from(chance.below(end.max(1) as u64)).expect("it is below a length");
    let (from, length) = (below(bytes.len()), 1 + below(16));
    let to = (from + length).min(bytes.len());
    match below(5) {
        0 => drop(bytes.drain(from..to)),
        1 => bytes.extend_from_within(from..to),
        2 => bytes.truncate(from),
        3 => {
            let at = below(other.len());
            let piece = &other[at..(at + 4 * length).min(other.len())];
            bytes.splice(from..from, piece.iter().copied());
        }
        _ => {
            const TELLING: &[u8] = b"{}[]\":,#&*!|>-?%@`'\\\0\xFF\n\t 019eE+.$~";
            let new = TELLING[below(TELLING.len())];
            bytes.splice(from..to.min(from + 1), [new]);
        }
    }
}

#[test]
fn every_target_takes_what_is_nearly_right() {
    let only = std::env::var("TARGET").ok();
    for target in TARGETS.iter().filter(|target| only.as_deref().is_none_or(|only| only == target.name)) {
        let examples: Vec<Vec<u8>> = seeds(target).into_iter().filter(|seed| seed.len() <= BYTES_MAX).collect();
        assert!(!examples.is_empty(), "{} has nothing to begin with", target.name);
        let mut chance = Chance::from_seed(target.name.len() as u64);
        let step = examples.len().div_ceil(EXAMPLES_MAX);
        for example in examples.iter().step_by(step) {
            (target.run)(example);
            for _ in 0..rounds() {
                let mut bytes = example.clone();
                for _ in 0..=chance.below(3) {
                    let other = usize::try_from(chance.below(examples.len() as u64)).expect("it is below a length");
                    change(&mut bytes, &examples[other], &mut chance);
                }
                let said = std::panic::catch_unwind(|| (target.run)(&bytes));
                assert!(said.is_ok(), "{}: {:?}", target.name, String::from_utf8_lossy(&bytes));
            }
        }
    }
}
