//! The report of `verify --accept`: the changes that were written, and the differences that are
//! left.

use crate::terminal::{Page, count};
use understudy_api::Accepted;

/// The maximum number of fixtures named that are doubted for the same reason.
const NAMED_MAX: usize = 3;

/// Prints the changes that were written, or would be; returns true if differences are left. The
/// report goes to stderr, because stdout belongs to the run.
pub(crate) fn tell(accepted: &[Accepted], is_dry_run: bool) -> bool {
    let verb = if is_dry_run { "would accept" } else { "accepted" };
    let mut out = Page::new();
    let mut is_left = false;
    let mut doubts: Vec<(&str, Vec<&str>)> = Vec::new();
    for Accepted { fixture, files, places, left, stale, doubt, diffs } in accepted {
        if let Some(why) = doubt {
            is_left = true;
            match doubts.iter_mut().find(|(known, _)| known == why) {
                Some((_, fixtures)) => fixtures.push(fixture),
                None => doubts.push((why, vec![fixture])),
            }
        }
        if !places.is_empty() {
            let files = if files.is_empty() { String::new() } else { format!(" in {}", files.join(", ")) };
            out.line(format_args!("{verb} {fixture}: {}{files}", places.join(", ")));
        }
        if *stale > 0 {
            out.line(format_args!(
                "note: {fixture}: {} with the old shape, compared with no backend: edit the file",
                count(*stale, "other response")
            ));
        }
        if is_dry_run {
            diffs.iter().for_each(|diff| out.lines("", diff));
        }
        for (place, why) in left {
            is_left = true;
            out.line(format_args!("not accepted {fixture} {place}: {why}"));
        }
    }
    for (why, fixtures) in doubts {
        let more = fixtures.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named: Vec<&str> = fixtures.iter().copied().take(NAMED_MAX).collect();
        let all = if fixtures.len() > 1 { ", or all of them with --force" } else { "" };
        out.line(format_args!(
            "not accepted {}{more}: {why}: accept it with --fixture {}{all}",
            named.join(", "),
            fixtures[0]
        ));
    }
    if is_dry_run {
        out.line("nothing was written (--dry-run)");
    }
    out.print_error();
    is_left
}
