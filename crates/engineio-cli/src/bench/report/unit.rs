//! Numbers for people.

/// Microseconds as `250 µs`, `1.25 ms` or `2.50 s`.
pub(crate) fn micros(micros: f64) -> String {
    match micros {
        value if value < 1000.0 => format!("{} µs", significant(value)),
        value if value < 1e6 => format!("{} ms", significant(value / 1e3)),
        value => format!("{} s", significant(value / 1e6)),
    }
}

/// A count with its thousands apart, as in `12 345`.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{:.0}", number.round());
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Three digits that mean something.
pub(crate) fn significant(number: f64) -> String {
    match number {
        value if value >= 99.95 || value == 0.0 => format!("{value:.0}"),
        value if value >= 9.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A round number without the zeros that say nothing, as in `0.5` or `20`.
pub(crate) fn round(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A round number of microseconds, as in `20 ms`.
pub(crate) fn round_micros(micros: f64) -> String {
    match micros {
        value if value < 1000.0 => format!("{} µs", round(value)),
        value if value < 1e6 => format!("{} ms", round(value / 1e3)),
        value => format!("{} s", round(value / 1e6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        let shown = [0.0, 7.0, 250.4, 999.4, 1250.0, 12_345.0, 2_500_000.0].map(micros);
        assert_eq!(shown, ["0 µs", "7.00 µs", "250 µs", "999 µs", "1.25 ms", "12.3 ms", "2.50 s"]);
    }

    #[test]
    fn round_numbers_have_no_zeros_behind_them() {
        assert_eq!([0.0, 20.0, 0.5, 2.25].map(round), ["0", "20", "0.5", "2.25"]);
        assert_eq!([200.0, 1500.0, 2e6].map(round_micros), ["200 µs", "1.5 ms", "2 s"]);
    }

    #[test]
    fn thousands_stand_apart() {
        let shown = [0.0, 999.4, 1234.0, 1_234_567.0].map(thousands);
        assert_eq!(shown, ["0", "999", "1\u{202f}234", "1\u{202f}234\u{202f}567"]);
    }
}
