//! Durations: Go's, and days, weeks and years of OPA's own.

/// Nanoseconds of an hour.
const HOUR: u64 = 3_600_000_000_000;

/// Go's largest number before the sign.
const MAX: u64 = 1 << 63;

/// Nanoseconds that a text such as `1d2h30m` or `-1.5h` means.
pub(super) fn parse(text: &str) -> Option<i64> {
    if text.contains(['d', 'w', 'y']) {
        standard(&rewritten(text)?)
    } else {
        standard(text)
    }
}

/// The duration with its days, weeks and years as hours.
fn rewritten(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = text.strip_suffix(rest)?;
    let mut hours = sign.to_owned();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, behind) = cut(rest, |c| c.is_ascii_digit() || c == '.')?;
        let unit = ["ms", "us", "µs", "ns"];
        let unit = unit.into_iter().find(|unit| behind.starts_with(unit));
        let length = unit.map_or(1, str::len);
        let (unit, behind) = behind.split_at_checked(length)?;
        match unit {
            "d" => hours.push_str(&in_hours(number, 24.0)?),
            "w" => hours.push_str(&in_hours(number, 168.0)?),
            "y" => hours.push_str(&in_hours(number, 8760.0)?),
            _ => {
                hours.push_str(number);
                hours.push_str(unit);
            }
        }
        rest = behind;
    }
    Some(hours)
}

fn in_hours(number: &str, factor: f64) -> Option<String> {
    match number.parse::<f64>() {
        Ok(number) if number.is_finite() => Some(format!("{}h", number * factor)),
        Ok(_) | Err(_) => None,
    }
}

/// Go's `time.ParseDuration`.
fn standard(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let (part, behind) = part(rest)?;
        sum = sum.checked_add(part).filter(|sum| *sum <= MAX)?;
        rest = behind;
    }
    if negative {
        return 0_i64.checked_sub_unsigned(sum);
    }
    i64::try_from(sum).map_or(None, Some)
}

/// One number with its unit, and what is behind it.
fn part(text: &str) -> Option<(u64, &str)> {
    let digits = |c: char| c.is_ascii_digit();
    let (whole, behind) = cut(text, digits).unwrap_or(("", text));
    let (fraction, behind) = match behind.strip_prefix('.') {
        Some(behind) => cut(behind, digits).unwrap_or(("", behind)),
        None => ("", behind),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (unit, behind) = cut(behind, |c| c != '.' && !c.is_ascii_digit())?;
    let unit = match unit {
        "ns" => 1,
        // The sign of the micro, and the letter of the Greeks.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => HOUR,
        _ => return None,
    };
    let whole: u64 = match whole {
        "" => 0,
        whole => whole.parse().map_or(None, Some)?,
    };
    let whole = whole.checked_mul(unit).filter(|all| *all <= MAX)?;
    let all = whole.checked_add(fraction_of(unit, fraction))?;
    (all <= MAX).then_some((all, behind))
}

/// A part of a unit, in floating-point numbers as Go has it; digits that fit in no integer are not looked at.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the loss is Go's, and the result must be too; what is cut off is a fraction of a nanosecond of something positive"
)]
fn fraction_of(unit: u64, digits: &str) -> u64 {
    let (mut fraction, mut scale): (u64, f64) = (0, 1.0);
    for digit in digits.bytes() {
        let digit = u64::from(digit.saturating_sub(b'0'));
        let next = fraction
            .checked_mul(10)
            .and_then(|all| all.checked_add(digit));
        match next {
            Some(next) if fraction <= (MAX - 1) / 10 && next <= MAX => {
                fraction = next;
                scale *= 10.0;
            }
            Some(_) | None => break,
        }
    }
    (fraction as f64 * (unit as f64 / scale)) as u64
}

/// Splits behind the characters that belong; none where none does.
fn cut(text: &str, belongs: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|_| end > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (text, expect) in [
            ("100ms", 100_000_000),
            ("0", 0),
            ("-0", 0),
            ("1.5h", 5_400_000_000_000),
            ("-1h10m10.5s", -4_210_500_000_000),
            (".5us", 500),
            ("5.µs", 5000),
            ("1μs", 1000),
            ("1ns1ns", 2),
            ("0.3333333333333333333h", 1_200_000_000_000),
            ("0.100000000000000000000h", 360_000_000_000),
            ("0.830103483285477580700h", 2_988_372_539_827),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
            ("+1s", 1_000_000_000),
        ] {
            assert_eq!(parse(text), Some(expect), "{text}");
        }
    }

    #[test]
    fn days_weeks_and_years_are_hours() {
        for (text, expect) in [
            ("1d", 86_400_000_000_000),
            ("1w2d", 777_600_000_000_000),
            ("1y", 31_536_000_000_000_000),
            ("-1.5d", -129_600_000_000_000),
            ("1d2h30m", 95_400_000_000_000),
            ("1d1ms", 86_400_001_000_000),
            ("0.1d", 8_640_000_000_000),
        ] {
            assert_eq!(parse(text), Some(expect), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in [
            "",
            "-",
            "+",
            "3",
            ".",
            "1.s1",
            ".s",
            "-.s",
            "1x",
            "1 s",
            "9223372036854775808ns",
            "--1s",
            "9223372036854775.808us1ns",
            "-9223372036854775809ns",
            "1e3s",
            "d",
            "1.2.3d",
            "1dd",
            "1d1",
            "300y",
            "1dμs",
            "1d1μs",
            "1dX",
            "1d é",
            "١s",
            "99999999999999999999h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&format!("{}d", "9".repeat(400))), None);
    }
}
