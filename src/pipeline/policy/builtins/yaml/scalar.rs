//! What a scalar without a tag means.

use super::super::super::term::Number;
use super::{Failure, Term, not_offered};

/// A scalar's value, as different from others as OPA's reader has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Integer(i64),
    /// One that is too large for the others.
    Natural(u64),
    /// In the form in which JSON writes it.
    Float(String),
    /// Infinite, or not a number.
    NoNumber,
    /// `<<`, where it is a key.
    Merge,
    Text(String),
}

impl Scalar {
    /// A plain scalar.
    pub(super) fn plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Self::Bool(true);
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off"
            | "OFF" => return Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
            | "-.inf" | "-.Inf" | "-.INF" => return Self::NoNumber,
            "<<" => return Self::Merge,
            _ => {}
        }
        let number = match text.as_bytes().first() {
            Some(b'.') => dotted(text),
            Some(b'0'..=b'9' | b'+' | b'-') => number(&text.replace('_', "")),
            Some(_) | None => None,
        };
        number.unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    /// What it is in JSON, if it is anything there.
    pub(super) fn term(&self) -> Result<Option<Term>, Failure> {
        Ok(Some(match self {
            Self::Null => Term::Null,
            Self::Bool(truth) => Term::Bool(*truth),
            Self::Integer(number) => Term::from(*number),
            Self::Natural(number) => number_of(&number.to_string())?,
            Self::Float(text) => number_of(text)?,
            Self::NoNumber => return Ok(None),
            Self::Merge => "<<".into(),
            Self::Text(text) => text.as_str().into(),
        }))
    }

    /// What it is in JSON as a key, if it is anything there.
    pub(super) fn name(self) -> Result<Option<String>, Failure> {
        Ok(Some(match self {
            Self::Null | Self::Natural(_) => return Ok(None),
            Self::Bool(truth) => truth.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Float(_) | Self::NoNumber => return not_offered("a key that is no whole number"),
            Self::Merge => "<<".to_owned(),
            Self::Text(text) => text,
        }))
    }

    /// What it costs, in bytes.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) | Self::Float(text) => text.len(),
            Self::Null
            | Self::Bool(_)
            | Self::Integer(_)
            | Self::Natural(_)
            | Self::NoNumber
            | Self::Merge => 0,
        }
    }
}

fn number_of(text: &str) -> Result<Term, Failure> {
    Number::parse(text)
        .map(Term::Number)
        .ok_or(Failure::Undefined)
}

/// A text that begins like a number, without its underscores.
fn number(plain: &str) -> Option<Scalar> {
    let (sign, digits) = match plain.strip_prefix(['+', '-']) {
        Some(rest) => (plain.get(..1)?, rest),
        None => ("", plain),
    };
    let (radix, digits) = radix(digits);
    whole(sign, digits, radix)
        .or_else(|| float(plain))
        // After `0b` OPA's reader looks for a sign once more.
        .or_else(|| {
            let rest = plain.strip_prefix("0b")?;
            let digits = rest.strip_prefix(['+', '-'])?;
            whole(rest.get(..1)?, digits, 2)
        })
}

/// A text that begins like a fraction, whose underscores are between digits.
fn dotted(text: &str) -> Option<Scalar> {
    let is_between = |three: &[u8]| match three {
        [before, b'_', after] => before.is_ascii_digit() && after.is_ascii_digit(),
        _ => true,
    };
    if text.ends_with('_') || !text.as_bytes().windows(3).all(is_between) {
        return None;
    }
    float(&text.replace('_', ""))
}

/// The base that the beginning of a number says, as Go's literals have it, and what follows.
fn radix(digits: &str) -> (u32, &str) {
    let is = |one: &str, other: &str| {
        digits
            .strip_prefix(one)
            .or_else(|| digits.strip_prefix(other))
    };
    if let Some(rest) = is("0x", "0X") {
        (16, rest)
    } else if let Some(rest) = is("0b", "0B") {
        (2, rest)
    } else if let Some(rest) = is("0o", "0O") {
        (8, rest)
    } else if let Some(rest) = digits.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        (8, rest)
    } else {
        (10, digits)
    }
}

fn whole(sign: &str, digits: &str, radix: u32) -> Option<Scalar> {
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    if let Ok(number) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        return Some(Scalar::Integer(number));
    }
    let natural = u64::from_str_radix(digits, radix).map_or(None, Some)?;
    sign.is_empty().then_some(Scalar::Natural(natural))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, where it is not too large.
fn float(plain: &str) -> Option<Scalar> {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && is_digits(digits)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_mantissa =
        is_digits(whole) && is_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    if !is_exponent || !is_mantissa {
        return None;
    }
    let number: f64 = plain.parse().map_or(None, Some)?;
    number.is_finite().then(|| Scalar::Float(as_json(number)))
}

/// As Go writes a number in JSON.
fn as_json(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-6..1e21).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !exponent.starts_with('-') => {
            format!("{mantissa}e+{exponent}")
        }
        Some(_) | None => text,
    }
}
