//! Lengths of time as they are written: `120ms`, `1.5s`, `2m`.

use std::time::Duration;

/// How long the stub waits before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// Always this long.
    Fixed(Duration),
    /// Anything from the first to the second, each as likely.
    Between(Duration, Duration),
    /// A long-tailed (log-normal) time with this median and this 99th percentile.
    Percentiles {
        /// Half of the answers take longer.
        p50: Duration,
        /// One answer in a hundred takes longer.
        p99: Duration,
    },
}

/// No delay or timeout is longer than this.
const DURATION_MAX: Duration = Duration::from_secs(3_600);

/// Reads a length of time of at most an hour: a decimal number and `ms`, `s` or `m`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let millis = match unit {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        _ => return None,
    };
    let micros = (number.parse::<f64>().ok()? * millis * 1_000.0).round();
    // Negative and non-finite numbers have no way through the digits above.
    let duration = Duration::from_micros(micros as u64);
    (duration <= DURATION_MAX).then_some(duration)
}

/// The shortest text that [`parse_duration`] reads as this.
#[must_use]
pub fn write_duration(duration: Duration) -> String {
    let micros = duration.as_micros();
    match micros {
        _ if micros.is_multiple_of(1_000_000) => format!("{}s", micros / 1_000_000),
        _ if micros.is_multiple_of(1_000) => format!("{}ms", micros / 1_000),
        _ => format!("{}.{:03}ms", micros / 1_000, micros % 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, millis) in [("120ms", 120), ("2s", 2_000), ("1.5s", 1_500), ("1m", 60_000), ("0ms", 0)] {
            let duration = parse_duration(text).unwrap();
            assert_eq!(duration, Duration::from_millis(millis));
            assert_eq!(parse_duration(&write_duration(duration)), Some(duration));
        }
        for text in ["", "120", "ms", "-1s", "1e3s", "1h", "61m", "1.2.3s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
