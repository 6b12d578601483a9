//! The report of `verify --accept`: the changes that were written, and the differences that are
//! left.

use crate::terminal::plain;
use std::io::{Write, stderr};
use understudy_api::Accepted;

/// The maximum number of fixtures named that are doubted for the same reason.
const NAMED_MAX: usize = 3;

/// Prints the changes that were written, or would be; returns true if differences are left. The
/// report goes to stderr, because stdout belongs to the run.
pub(crate) fn tell(accepted: &[Accepted], is_dry_run: bool) -> bool {
    let verb = if is_dry_run { "would accept" } else { "accepted" };
    let mut out = String::new();
    let mut is_left = false;
    let mut doubts: Vec<(&str, Vec<&str>)> = Vec::new();
    for Accepted { fixture, files, places, left, doubt, diffs } in accepted {
        if let Some(why) = doubt {
            is_left = true;
            match doubts.iter_mut().find(|(known, _)| known == why) {
                Some((_, fixtures)) => fixtures.push(fixture),
                None => doubts.push((why, vec![fixture])),
            }
        }
        if !places.is_empty() {
            let files = if files.is_empty() { String::new() } else { format!(" in {}", files.join(", ")) };
            out.push_str(&format!("{verb} {fixture}: {}{files}\n", plain(&places.join(", "))));
        }
        if is_dry_run {
            diffs.iter().for_each(|diff| out.push_str(diff));
        }
        for (place, why) in left {
            is_left = true;
            out.push_str(&format!("not accepted {fixture} {}: {}\n", plain(place), plain(why)));
        }
    }
    for (why, fixtures) in doubts {
        let more = fixtures.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named: Vec<&str> = fixtures.iter().copied().take(NAMED_MAX).collect();
        let all = if fixtures.len() > 1 { ", or all of them with --force" } else { "" };
        out.push_str(&format!(
            "not accepted {}{more}: {}: accept it with --fixture {}{all}\n",
            named.join(", "),
            plain(why),
            fixtures[0]
        ));
    }
    if is_dry_run {
        out.push_str("nothing was written (--dry-run)\n");
    }
    let _ = stderr().write_all(out.as_bytes());
    is_left
}
