//! The readable list of the entries that an import leaves out.

use super::sort::LeftOut;
use std::collections::HashMap;
use understudy_exchange::printable::Printable;

/// The maximum number of entries that are listed for one reason.
const ENTRIES_MAX: usize = 20;

/// Lists entries by their reasons, one line each. The reasons are in the order of their first occurrence.
#[must_use]
pub fn list_left_out(left: &[LeftOut]) -> String {
    let mut reasons: Vec<Vec<&LeftOut>> = Vec::new();
    let mut places: HashMap<(&str, Option<&str>), usize> = HashMap::new();
    for one in left {
        let at = *places.entry((&one.why, one.option.as_deref())).or_insert(reasons.len());
        if at == reasons.len() {
            reasons.push(Vec::new());
        }
        reasons[at].push(one);
    }
    let mut out = String::new();
    for all in reasons {
        let LeftOut { why, option, .. } = all[0];
        let option = option.as_ref().map_or_else(String::new, |option| format!(" (included by {option})"));
        out.push_str(&format!("{} left out: {}{option}\n", all.len(), Printable(why)));
        for LeftOut { method, url, .. } in all.iter().take(ENTRIES_MAX) {
            out.push_str(&format!("  {} {}\n", Printable(method), Printable(url)));
        }
        if all.len() > ENTRIES_MAX {
            out.push_str(&format!("  and {} more: --json lists them\n", all.len() - ENTRIES_MAX));
        }
    }
    out
}
