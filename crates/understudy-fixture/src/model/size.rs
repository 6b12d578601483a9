//! Sizes as they are written: `64MiB`, `200MB`, `1.5GB`.

/// The units with their size in bytes.
const UNITS: &[(&str, f64)] = &[
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];

/// The maximum size: no body in memory is larger.
const SIZE_MAX: f64 = 4.0 * 1_073_741_824.0;

/// Reads a size of at most 4 GiB: a decimal number and a unit.
#[must_use]
pub fn parse_size(text: &str) -> Option<usize> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let (_, bytes) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    let number = number.trim_end();
    if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let size = (number.parse::<f64>().ok()? * bytes).round();
    // Negative and non-finite numbers have no way through the digits above.
    (1.0..=SIZE_MAX).contains(&size).then_some(size as usize)
}

/// The text that [`parse_size`] reads as this size, or nearly: for messages.
#[must_use]
pub fn write_size(bytes: u64) -> String {
    let binary = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    if let Some((name, unit)) = binary.iter().find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit)) {
        return format!("{} {name}", bytes / unit);
    }
    let decimal = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
    match decimal.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) if bytes.is_multiple_of(*unit) => format!("{} {name}", bytes / unit),
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes, shown) in [
            ("64MiB", 64 << 20, "64 MiB"),
            ("200 MB", 200_000_000, "200 MB"),
            ("1.5gb", 1_500_000_000, "1.5 GB"),
            ("1234B", 1_234, "1.2 KB"),
            ("10B", 10, "10 bytes"),
            ("4GiB", 4 << 30, "4 GiB"),
        ] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
            assert_eq!(write_size(bytes as u64), shown);
        }
        for text in ["", "64", "MB", "-1MB", "1e3MB", "5GiB", "0B", "1TB", "1.2.3MB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
