//! Numbers of payment cards: the issuer's prefix, the length that its cards have, and the check digit (ISO/IEC 7812-1).

/// The lengths of card numbers by their prefixes, as the networks publish them. The 13 and 19 digits of old Visa cards
/// and the 17 to 19 digits of UnionPay are left out: no card in use has such a number, and many other numbers do.
fn has_issuer(digits: &str) -> bool {
    let begins = |length: usize| digits.get(..length).and_then(|begin| begin.parse::<u32>().ok()).unwrap_or(0);
    match digits.len() {
        14 => matches!(begins(2), 36 | 38) || matches!(begins(3), 300..=305),
        15 => matches!(begins(2), 34 | 37),
        16 => {
            matches!(begins(1), 4)
                || matches!(begins(2), 51..=55 | 62 | 65)
                || matches!(begins(3), 644..=649)
                || matches!(begins(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        _ => false,
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-')
}

/// The prefixes of stand-ins, by network.
const PREFIXES: &[&str] = &["3600", "3700", "3530", "2221", "5100", "6011", "4000"];

/// Returns true if [`with_number`] generated the number: a prefix and a long run of zeros.
pub(super) fn is_stand_in(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| !is_separator(*c)).collect();
    PREFIXES.iter().any(|prefix| digits.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("00000")))
}

/// Returns true if a text is a payment card's number. Spaces or hyphens may stand between the digits.
pub(super) fn is_card(text: &str) -> bool {
    // A cheap check first: hardly any text passes it.
    if !(14..=24).contains(&text.len()) || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    if !text.chars().all(|c| c.is_ascii_digit() || is_separator(c)) {
        return false;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // The groups of a card number have a few digits each. Years, phone numbers and dates are grouped differently.
    let mut groups = text.split(is_separator);
    let is_grouped = text.len() == digits.len() || groups.all(|group| (4..=6).contains(&group.len()));
    is_grouped && has_issuer(&digits) && check_sum(&digits) == 0 && !is_stand_in(&digits)
}

/// The check sum over all digits, modulo 10; the last digit is chosen by it (ISO/IEC 7812-1, annex B).
fn check_sum(digits: &str) -> u32 {
    let doubled = |(at, digit): (usize, char)| {
        let digit = digit.to_digit(10).unwrap_or(0);
        match digit * 2 {
            _ if at % 2 == 0 => digit,
            double => double / 10 + double % 10,
        }
    };
    digits.chars().rev().enumerate().map(doubled).sum::<u32>() % 10
}

/// Generates a card number in the form of another one. No bank issues the generated number.
pub(super) fn with_number(form: &str, number: u32) -> String {
    let begin = form.chars().find(char::is_ascii_digit).unwrap_or('4');
    let length = form.chars().filter(char::is_ascii_digit).count();
    // The prefix of a network that has numbers of this length.
    let prefix = match (begin, length) {
        ('3', 14) => "3600",
        ('3', 15) => "3700",
        ('3', _) => "3530",
        ('2', _) => "2221",
        ('5', _) => "5100",
        ('6', _) => "6011",
        _ => "4000",
    };
    let room = length - prefix.len() - 1;
    let body = format!("{prefix}{:0room$}", u64::from(number) % 10_u64.pow(9));
    let last = (0..10).find(|last| check_sum(&format!("{body}{last}")) == 0).unwrap_or(0);
    let mut digits = body.chars().chain(std::iter::once(char::from_digit(last, 10).unwrap_or('0')));
    form.chars().map(|c| if c.is_ascii_digit() { digits.next().unwrap_or('0') } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_told_from_other_numbers() {
        for card in ["4111111111111111", "5500 0055 5555 5559", "3782-822463-10005", "6011111111111117"] {
            assert!(is_card(card), "{card}");
            let other = with_number(card, 12);
            let digits: String = other.chars().filter(char::is_ascii_digit).collect();
            assert!(has_issuer(&digits) && check_sum(&digits) == 0 && other.len() == card.len(), "{other}");
            assert!(is_stand_in(&other) && !is_card(&other) && !is_stand_in(card), "{other}");
        }
        for other in [
            "4111111111111112",
            "1234567890123456",
            "9111111111111111",
            "411111111111",
            "4111 1111 1111 111x",
            "",
            "1700000000000000",
            "4111111111111",
            "2024-01-01 12 00 00",
        ] {
            assert!(!is_card(other), "{other}");
        }
    }
}
