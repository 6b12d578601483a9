//! A text that a regular expression matches.
//!
//! Most expressions say how a text is made: it is written along them. What looks around or back does not, so texts are
//! guessed and the validator decides.

mod guess;

use crate::schema::TextCheck;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use understudy_match::Chance;

/// How long a text may become.
const CHARACTERS_MAX: usize = 4_096;
/// How many steps may be taken: repetitions of nothing add no character.
const STEPS_MAX: usize = 200_000;

/// Returns a text that the check accepts and that follows one of the patterns. Returns `None` if
/// none was found.
pub(super) fn text(patterns: &[impl AsRef<str>], check: &TextCheck, chance: &mut Chance) -> Option<String> {
    let (least, most) = check.length();
    let written = || patterns.iter().filter_map(|pattern| along(pattern.as_ref(), (least, most), &mut chance.clone()));
    if let Some(text) = written().find(|text| check.accepts(text)) {
        return Some(text);
    }
    patterns.iter().find_map(|pattern| guess::text(pattern.as_ref(), check, chance))
}

/// A text along a pattern, with a length between two if that is easily had. `None` for expressions that look back.
pub(super) fn along(pattern: &str, (least, most): (u64, u64), chance: &mut Chance) -> Option<String> {
    let parse = |pattern: &str| ParserBuilder::new().build().parse(pattern).ok();
    let hir = parse(pattern)
        .or_else(|| parse(&rewritten(pattern)))
        .or_else(|| parse(&without_looks(pattern)))
        .or_else(|| parse(&rewritten(&without_looks(pattern))))?;
    // Repetitions take as few as they can, then more, until the text is long enough. Without anchors anything may follow.
    let (mut best, mut steps) = (None, STEPS_MAX);
    for more in [0, 1, 2, 4, 8, 16, 32, 64, 128, 256] {
        let mut out = String::new();
        write(&hir, more, chance, &mut steps, &mut out)?;
        let length = out.chars().count() as u64;
        if length >= least && length <= most {
            return Some(out);
        }
        let is_short = length < least;
        best = Some(out);
        if !is_short {
            break;
        }
    }
    let mut text = best?;
    let length = text.chars().count() as u64;
    if length < least && !pattern.ends_with('$') {
        text.extend(std::iter::repeat_n('a', (least - length).min(CHARACTERS_MAX as u64) as usize));
    }
    // Between two steps there may be the right one.
    if text.chars().count() as u64 > most || (text.chars().count() as u64) < least {
        for more in 0..=most.min(256) {
            let mut out = String::new();
            write(&hir, more as usize, chance, &mut steps, &mut out)?;
            if (least..=most).contains(&(out.chars().count() as u64)) {
                return Some(out);
            }
        }
    }
    Some(text)
}

/// An expression without what only looks around: what is made for the rest often does.
fn without_looks(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = ["(?!", "(?=", "(?<!", "(?<="].iter().filter_map(|look| rest.find(look)).min() {
        out.push_str(&rest[..at]);
        let (mut depth, mut end, mut is_escaped, mut in_class) = (0, rest.len(), false, false);
        for (offset, c) in rest[at..].char_indices() {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => depth += 1,
                ')' if !in_class => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = at + offset + 1;
                break;
            }
        }
        rest = &rest[end..];
    }
    out + rest
}

/// What ECMA 262 writes in another way than this engine: `\/`, `\-` and such are taken; `[^]` and `\cJ` are not met.
fn rewritten(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next) if next.is_ascii_alphanumeric() => out.extend(['\\', next]),
                Some(next) => out.push_str(&regex_syntax::escape(&next.to_string())),
                None => {}
            },
            // Inside a class these are only themselves.
            '[' if in_class => out.push_str("\\["),
            '&' | '~' if in_class => out.extend(['\\', c]),
            '[' => {
                in_class = true;
                out.push(c);
            }
            ']' => {
                in_class = false;
                out.push(c);
            }
            // A brace that counts nothing is itself.
            '{' if !in_class && !chars.peek().is_some_and(char::is_ascii_digit) => out.push_str("\\{"),
            c => out.push(c),
        }
    }
    out
}

fn write(hir: &Hir, more: usize, chance: &mut Chance, steps: &mut usize, out: &mut String) -> Option<()> {
    *steps = steps.checked_sub(1)?;
    if out.len() > CHARACTERS_MAX * 4 {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(character(class, chance)?),
        HirKind::Repetition(repetition) => {
            let least = repetition.min as usize;
            let count = (least + more).min(repetition.max.map_or(usize::MAX, |most| most as usize)).max(least);
            // One of what may be missing is more telling than none.
            for _ in 0..count {
                write(&repetition.sub, more, chance, steps, out)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, more, chance, steps, out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, more, chance, steps, out))?,
        HirKind::Alternation(parts) => write(parts.get(more % parts.len())?, more, chance, steps, out)?,
    }
    Some(())
}

/// One character of a class: a letter or digit, if there is one.
fn character(class: &Class, chance: &mut Chance) -> Option<char> {
    let Class::Unicode(class) = class else {
        let Class::Bytes(class) = class else { return None };
        return class.ranges().iter().find(|range| range.end().is_ascii()).map(|range| char::from(range.start()));
    };
    let ranges = class.ranges();
    let within = |low: char, high: char| {
        ranges.iter().find_map(|range| {
            let (start, end) = (range.start().max(low), range.end().min(high));
            (start <= end).then_some((start, end))
        })
    };
    let (start, end) = within('a', 'z')
        .or_else(|| within('A', 'Z'))
        .or_else(|| within('1', '9'))
        .or_else(|| within('0', '9'))
        .or_else(|| within('!', '~'))
        .or_else(|| within(' ', ' '))
        .or_else(|| {
            ranges.iter().find(|range| range.end() > '\u{A0}').map(|range| (range.start().max('\u{A1}'), range.end()))
        })
        .or_else(|| ranges.first().map(|range| (range.start(), range.end())))?;
    let span = u64::from(u32::from(end) - u32::from(start)).min(25);
    char::from_u32(u32::from(start) + chance.below(span + 1) as u32).or(Some(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expressions of public reports: Prism #1942 and #2243, json-schema-faker #486 and #616, Specmatic #1750, Mock #431.
    #[test]
    fn what_is_made_matches() {
        let any = (0, u64::MAX);
        for (pattern, length) in [
            ("^[a-z]{3}$", any),
            ("^[A-Z]{2}[0-9]{2,4}$", any),
            (r"^\d{3}-\d{2}-\d{4}$", any),
            (r"^(red|green)$", any),
            (r"^[^\s\/]+$", any),
            (r"^[\w-]{5,}$", (10, 12)),
            (r"\S", (5, 9)),
            (r"^\+[1-9]\d{1,14}$", any),
            (r"^[a-zA-Z0-9_.-]*$", (3, 3)),
            (r"^arn:aws:[a-z\[\]{}~]+:\d{12}$", any),
            (r"^\p{L}+$", any),
            (r".*", (7, 7)),
            (r"^(?!-)[A-Za-z0-9-]{1,62}\.(?=[^()])x$", any),
            (r"^(a)\1$", any),
            (r"^([ab])-\1$", any),
            (r"^(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{8,}$", any),
            (r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[@$!%*?&])[A-Za-z\d@$!%*?&]{8,20}$", (10, 12)),
            (r"^(?=.{3,10}$)[a-z]+$", any),
            (r"^(?!.*--)[a-z-]+$", (6, 9)),
            (r"^(?!foo)[a-z]{3,8}$", any),
            (r"^(?!\s*$).+", any),
            (r"^(?!.*(.).*\1)[a-c]{3}$", any),
            (r"^[aA-zZ]{2}(-[aA-zZ]{4})?(-[aA-zZ]{2})?$", any),
            (r"^(cpg|xpg)_[0-9a-f]{32}$", (36, 36)),
            (r"^[0-9]{1,14}?$", (1, 14)),
            (r"^(?![0-9]+$)(?!-)[a-zA-Z0-9-]{2,49}[a-zA-Z0-9]$", any),
            (r"^(?!-)[A-Za-z0-9-]{3,63}(?<!-)$", any),
            ("^[0-9]{32}$", any),
            (r"(?<=a+)b", any),
            (r"^(a{1,1000}){1,1000}(?=x)x$", any),
            (r"^(?:(?:31(\/|-|\.)(?:0?[13578]|1[02]))\1)(?:(?:1[6-9]|[2-9]\d)?\d{2})$", any),
        ] {
            let check = TextCheck::new(&[pattern], length, None).unwrap_or_else(|| panic!("not read: {pattern}"));
            let text = text(&[pattern], &check, &mut Chance::from_seed(1));
            let text = text.unwrap_or_else(|| panic!("nothing for {pattern}"));
            let schema = serde_json::json!({ "pattern": pattern, "minLength": length.0 });
            assert!(jsonschema::is_valid(&schema, &text.as_str().into()), "{pattern}: {text:?}");
            assert!(text.chars().count() as u64 <= length.1, "{pattern}: {text:?}");
        }
    }

    #[test]
    fn what_nothing_matches_gives_nothing() {
        let any = (0, u64::MAX);
        for (pattern, length) in [
            ("^[a-z]{10}$", (0, 5)),
            (r"^(?=b)a$", any),
            ("^x", (0, 0)),
            // The engine would take seconds for each of hundreds of texts.
            (r"^(a{1,1000}){1,1000}(?=x)y$", any),
            ("^(?:a|(?=a)a)+(?=x)y$", (40, 60)),
        ] {
            let check = TextCheck::new(&[pattern], length, None).unwrap_or_else(|| panic!("not read: {pattern}"));
            assert_eq!(text(&[pattern], &check, &mut Chance::from_seed(1)), None, "{pattern}");
        }
    }

    #[test]
    fn several_patterns_and_a_format_hold_at_once() {
        let patterns = ["^[a-z]+$", "^.{4}$"];
        let check = TextCheck::new(&patterns, (0, u64::MAX), None).unwrap();
        assert!(text(&patterns, &check, &mut Chance::from_seed(1)).is_some());
        let patterns = [r"^\d{4}-\d{2}-\d{2}$"];
        let check = TextCheck::new(&patterns, (0, u64::MAX), Some("date")).unwrap();
        assert!(text(&patterns, &check, &mut Chance::from_seed(1)).is_some());
    }
}
