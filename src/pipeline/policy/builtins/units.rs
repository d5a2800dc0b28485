//! Amounts with units: `10Ki`, `1.5GB`.
//!
//! The two builtins differ in more than their units: one is exact and the other rounds to 64 bits, as in OPA.

use num_bigint::{BigInt, Sign};

use super::numbers::decimal::Decimal;
use super::numbers::float::Float;
use super::{Builtin, Failure, Term, text};
use crate::pipeline::policy::term::Number;

pub(super) const BUILTINS: &[(&str, Builtin)] =
    &[("units.parse", parse), ("units.parse_bytes", parse_bytes)];

/// Digits behind the point of an amount that is not whole.
const FRACTION_DIGITS: u32 = 10;

/// OPA's own limit of an exponent's digits.
const EXPONENT_DIGITS_MAX: usize = 6;

const KIBI: u64 = 1 << 10;
const MEBI: u64 = 1 << 20;
const GIBI: u64 = 1 << 30;
const TEBI: u64 = 1 << 40;
const PEBI: u64 = 1 << 50;
const EXBI: u64 = 1 << 60;

const KILO: u64 = 1000;
const MEGA: u64 = 1_000_000;
const GIGA: u64 = 1_000_000_000;
const TERA: u64 = 1_000_000_000_000;
const PETA: u64 = 1_000_000_000_000_000;
const EXA: u64 = 1_000_000_000_000_000_000;

/// The floating-point number next to a thousandth, which is what OPA multiplies with: its mantissa and its exponent.
const MILLI: (u64, u32) = (0x4_1893_74BC_6A7F, 60);

/// An exact amount; `m` is milli and `M` is mega.
fn parse(arguments: &[Term]) -> Result<Term, Failure> {
    let amount = text(arguments, 0)?.replace('"', "");
    let (number, unit) = split(&amount)?;
    // Only the first letter's case means something.
    let unit: String = unit
        .char_indices()
        .map(|(at, c)| if at == 0 { c } else { lower(c) })
        .collect();
    let (factor, shift) = match unit.as_str() {
        "m" => MILLI,
        "" => (1, 0),
        "k" | "K" => (KILO, 0),
        "ki" | "Ki" => (KIBI, 0),
        "M" => (MEGA, 0),
        "mi" | "Mi" => (MEBI, 0),
        "g" | "G" => (GIGA, 0),
        "gi" | "Gi" => (GIBI, 0),
        "t" | "T" => (TERA, 0),
        "ti" | "Ti" => (TEBI, 0),
        "p" | "P" => (PETA, 0),
        "pi" | "Pi" => (PEBI, 0),
        "e" | "E" => (EXA, 0),
        "ei" | "Ei" => (EXBI, 0),
        _ => return Err(Failure::Undefined),
    };
    let (numerator, denominator) = Decimal::parse(number)?.ratio()?;
    written(&(numerator * factor), &(denominator << shift))
}

/// A whole number of bytes; nothing means anything by its case.
fn parse_bytes(arguments: &[Term]) -> Result<Term, Failure> {
    let amount: String = text(arguments, 0)?.chars().map(lower).collect();
    let amount = amount.replace('"', "");
    let (number, unit) = split(&amount)?;
    let factor = match unit {
        "" => 1,
        "kb" | "k" => KILO,
        "kib" | "ki" => KIBI,
        "mb" | "m" => MEGA,
        "mib" | "mi" => MEBI,
        "gb" | "g" => GIGA,
        "gib" | "gi" => GIBI,
        "tb" | "t" => TERA,
        "tib" | "ti" => TEBI,
        "pb" | "p" => PETA,
        "pib" | "pi" => PEBI,
        "eb" | "e" => EXA,
        "eib" | "ei" => EXBI,
        _ => return Err(Failure::Undefined),
    };
    let amount = Float::from_decimal(&Decimal::parse(number)?);
    Ok((&amount.times(factor).whole()?).into())
}

/// The number and the unit behind it.
fn split(amount: &str) -> Result<(&str, &str), Failure> {
    if amount.contains(' ') {
        return Err(Failure::Undefined);
    }
    let at = number_length(amount.as_bytes())?;
    match amount.split_at_checked(at) {
        Some(("", _)) | None => Err(Failure::Undefined),
        Some(parts) => Ok(parts),
    }
}

/// How many bytes belong to the number. An `e` does where an exponent follows it, or only its sign.
fn number_length(amount: &[u8]) -> Result<usize, Failure> {
    let mut at = 0;
    while let Some(byte) = amount.get(at) {
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => {}
            b'e' | b'E' => {
                match amount.get(at.saturating_add(1)) {
                    Some(b'+' | b'-') => at = at.saturating_add(1),
                    Some(b'0'..=b'9') => {}
                    Some(_) | None => return Ok(at),
                }
                let exponent = amount.iter().skip(at.saturating_add(1));
                let digits = exponent.take_while(|byte| byte.is_ascii_digit()).count();
                if digits > EXPONENT_DIGITS_MAX {
                    return Err(Failure::Undefined);
                }
            }
            _ => return Ok(at),
        }
        at = at.saturating_add(1);
    }
    Ok(at)
}

/// Go's lower case, as far as it can make a letter of a unit.
fn lower(c: char) -> char {
    match c {
        '\u{130}' => 'i',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    }
}

/// A fraction: whole as it is, else with a fixed number of digits behind the point, the last one rounded away from zero.
fn written(numerator: &BigInt, denominator: &BigInt) -> Result<Term, Failure> {
    if (numerator % denominator).sign() == Sign::NoSign {
        return Ok((&(numerator / denominator)).into());
    }
    let scale = BigInt::from(10).pow(FRACTION_DIGITS);
    let scaled = numerator.magnitude() * scale.magnitude() * 2_u8;
    let rounded = (scaled + denominator.magnitude()) / (denominator.magnitude() * 2_u8);
    let sign = if numerator.sign() == Sign::Minus {
        "-"
    } else {
        ""
    };
    let (whole, fraction) = (&rounded / scale.magnitude(), &rounded % scale.magnitude());
    let text = format!("{sign}{whole}.{:0>10}", fraction.to_string());
    let number = Number::parse(&text).ok_or(Failure::Undefined)?;
    Ok(Term::Number(number))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn amounts_are_exact() {
        for (amount, expect) in [
            ("0", "0"),
            ("0.0", "0"),
            (".0", "0"),
            ("12345", "12345"),
            ("-5K", "-5000"),
            ("+5K", "5000"),
            ("010", "10"),
            ("5.", "5"),
            (r#"\"100TI\""#, "109951162777600"),
            ("10KI", "10240"),
            ("1.1K", "1100"),
            ("1.1Ki", "1126.4000000000"),
            (".5K", "500"),
            ("100m", "0.1000000000"),
            ("1000m", "1.0000000000"),
            ("-1m", "-0.0010000000"),
            ("10e", "10000000000000000000"),
            ("10Ei", "11529215046068469760"),
            ("2.5e3K", "2500000"),
            ("1e-2", "0.0100000000"),
            ("7.8E-1", "0.7800000000"),
            ("1e-11", "0.0000000000"),
            ("5e-11", "0.0000000001"),
            ("0.99999999999", "1.0000000000"),
            ("10Kİ", "10240"),
            ("0e999999", "0"),
        ] {
            check("units.parse", &format!(r#"["{amount}"]"#), expect);
        }
    }

    #[test]
    fn amounts_of_bytes_are_rounded_as_gos_are() {
        for (amount, expect) in [
            ("0", "0"),
            ("12345", "12345"),
            ("10KB", "10000"),
            ("10kib", "10240"),
            ("100m", "100000000"),
            ("1.1KiB", "1126"),
            (".5KB", "500"),
            (r#"\"100TIB\""#, "109951162777600"),
            ("10E", "10000000000000000000"),
            ("10EiB", "11529215046068469760"),
            ("18446744073709551617", "18446744073709551616"),
            ("-1.9", "-1"),
            ("1e-999999", "0"),
            ("10\u{212a}B", "10000"),
        ] {
            check("units.parse_bytes", &format!(r#"["{amount}"]"#), expect);
        }
    }

    #[test]
    fn what_is_no_amount_is_undefined() {
        for amount in [
            "",
            "G",
            "foo",
            "0.0.0",
            ".5.2",
            "100 k",
            " 327Mi ",
            "1x",
            "1e+",
            ".",
            "-",
            "+-5",
            "1e1e1",
            "1_000",
            "0x10",
            "١",
            "10e10000000Ei",
            "1e1.5",
            "Inf",
        ] {
            let arguments = format!(r#"["{amount}"]"#);
            check("units.parse", &arguments, "undefined");
            check("units.parse_bytes", &arguments, "undefined");
        }
        check("units.parse", "[1]", "undefined");
        check("units.parse", r#"["1kb"]"#, "undefined");
    }

    #[test]
    fn amounts_without_end_are_not_written_out() {
        let long = format!(r#"["{}"]"#, "9".repeat(100_000));
        for amount in [r#"["1e999999"]"#, r#"["1e99999Ei"]"#, &long] {
            for name in ["units.parse", "units.parse_bytes"] {
                check(
                    name,
                    amount,
                    "a number of more than 5000 digits is not offered",
                );
            }
        }
        check(
            "units.parse",
            r#"["1e-99999"]"#,
            "a number of more than 5000 digits is not offered",
        );
    }
}
