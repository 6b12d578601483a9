//! Times of archives: ISO 8601, with any number of decimals and any offset.

/// Parses `2024-05-01T10:00:00.123+02:00` and similar times into microseconds since 1970. A time without an offset is
/// UTC.
pub(super) fn unix_micros(text: &str) -> Option<u64> {
    let (date, time) = text.trim().split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (clock, offset) = time.split_at(time.find(['Z', 'z', '+', '-', ' ']).unwrap_or(time.len()));
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let [hours, minutes, seconds] = numbers(clock, ':')?;
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let seconds = days_since_1970(year, month, day) * 86_400 + hours * 3_600 + minutes * 60 + seconds;
    u64::try_from((seconds - offset_seconds(offset.trim())?) * 1_000_000 + micros.parse::<i64>().ok()?).ok()
}

/// Parses the three numbers of a text. A missing third number is 0.
fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between).map(|part| part.parse::<u32>().ok().map(i64::from));
    let all = [parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?];
    parts.next().is_none().then_some(all)
}

/// Returns the seconds of `+02:00`, `-0330` or `Z`.
fn offset_seconds(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        _ => return Some(0),
    };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { minutes.parse::<i64>().ok()? };
    Some(sign * (hours.parse::<i64>().ok()? * 3_600 + minutes * 60))
}

/// Counts the days since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_dialect() {
        let noon = Some(1_714_557_600_123_000);
        for text in [
            "2024-05-01T10:00:00.123Z",
            "2024-05-01T12:00:00.123+02:00",
            "2024-05-01T12:00:00.1230000+0200",
            "2024-05-01T06:30:00.123-03:30",
            "2024-05-01 10:00:00.123",
            "2024-05-01T10:00:00,123 Z",
        ] {
            assert_eq!(unix_micros(text), noon, "{text}");
        }
        assert_eq!(unix_micros("2024-02-29T00:00Z"), Some(1_709_164_800_000_000));
        for text in ["", "yesterday", "2024-13-01T00:00:00Z", "2024-05-01", "2024-05-01T10", "2024-05-01T10:00:x0Z"] {
            assert_eq!(unix_micros(text), None, "{text}");
        }
    }
}
