//! Numbers as their decimal text: Rego's have no limit of size or precision.
//!
//! Numbers are compared exactly and never expanded: `1e999999999` costs what its text costs.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;

/// A number.
#[derive(Debug, Clone)]
pub(in super::super) struct Number(String);

impl Number {
    /// A number by its JSON text.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let valid = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_digit())
            && serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
        valid.then(|| Self(text.to_owned()))
    }

    /// The number as Rego writes it.
    pub(in super::super) fn text(&self) -> &str {
        &self.0
    }

    /// The number, where OPA takes it for a small whole one: `1` and `1.0`, and not `1e0`.
    pub(in super::super) fn as_i64(&self) -> Option<i64> {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let zeros = fraction.bytes().all(|byte| byte == b'0');
        let digits = self.0.strip_prefix('-').unwrap_or(&self.0).len();
        // OPA does not look at longer texts.
        if zeros && digits <= 19 {
            whole.parse().map_or(None, Some)
        } else {
            None
        }
    }

    /// The number, where it is written without a point and an exponent.
    pub(in super::super) fn as_big(&self) -> Option<BigInt> {
        self.0.parse().map_or(None, Some)
    }

    /// The nearest floating-point number, where there is one.
    pub(in super::super) fn as_f64(&self) -> Option<f64> {
        match self.0.parse::<f64>() {
            Ok(float) if float.is_finite() => Some(float),
            Ok(_) | Err(_) => None,
        }
    }

    fn is_whole(&self) -> bool {
        !self.0.contains('.') || self.0.trim_end_matches('0').ends_with('.')
    }

    /// Sign, exponent and digits without zeros around them: `-0.012` is a negative `0.12e-1`.
    fn parts(&self) -> (bool, i128, String) {
        let (negative, text) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let leading = all.len().saturating_sub(digits.len());
        let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
        let exponent = match exponent.parse::<i64>() {
            Ok(exponent) => i128::from(exponent),
            Err(_) if exponent.starts_with('-') => i128::from(i64::MIN),
            Err(_) => i128::from(i64::MAX),
        };
        let shift = i128::try_from(whole.len()).unwrap_or(i128::MAX);
        let leading = i128::try_from(leading).unwrap_or(i128::MAX);
        let exponent = exponent.saturating_add(shift).saturating_sub(leading);
        (negative, exponent, digits.trim_end_matches('0').to_owned())
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self(integer.to_string())
    }
}

impl From<usize> for Number {
    fn from(integer: usize) -> Self {
        Self(integer.to_string())
    }
}

impl From<&BigInt> for Number {
    fn from(integer: &BigInt) -> Self {
        Self(integer.to_string())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 == other.0 {
            return Ordering::Equal;
        }
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64()) {
            return a.cmp(&b);
        }
        if !self.is_whole() && !other.is_whole() && self.as_f64() == other.as_f64() {
            // OPA takes fractions for equal that floating-point numbers cannot tell apart.
            if self.as_f64().is_some() {
                return Ordering::Equal;
            }
        }
        let (a, b) = (self.parts(), other.parts());
        let size = match (a.2.is_empty(), b.2.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => {
                return if b.0 {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
            }
            (false, true) => {
                return if a.0 {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
            }
            // Without zeros around them, digits are compared as texts are.
            (false, false) => a.1.cmp(&b.1).then_with(|| a.2.cmp(&b.2)),
        };
        match (a.0, b.0) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, expect: Ordering) {
        let (a, b) = (Number::parse(a).unwrap(), Number::parse(b).unwrap());
        assert_eq!(a.cmp(&b), expect, "{a} {b}");
        assert_eq!(b.cmp(&a), expect.reverse(), "{b} {a}");
    }

    #[test]
    fn numbers_are_compared_by_what_they_mean() {
        check("1", "1.0", Ordering::Equal);
        check("1e2", "100", Ordering::Equal);
        check("0", "-0.000", Ordering::Equal);
        check("-1", "0", Ordering::Less);
        check("-2", "-1e0", Ordering::Less);
        check(
            "18446744073709551616",
            "18446744073709551617",
            Ordering::Less,
        );
        check("0.1", "0.01", Ordering::Greater);
        check("12e-3", "0.012", Ordering::Equal);
        check("1e999999999999999999999", "1e5", Ordering::Greater);
        check("1e-999999999999999999999", "0", Ordering::Greater);
        check("0.1", "0.10000000000000000001", Ordering::Equal);
    }

    #[test]
    fn only_json_numbers_are_numbers() {
        for text in ["", "-", "01", "+1", "1.", "\"1\"", " 1", "1 ", "NaN", "0x1"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_those_that_opa_takes_for_whole() {
        let whole = |text: &str| Number::parse(text).unwrap().as_i64();
        assert_eq!(whole("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(whole("9223372036854775808"), None);
        assert_eq!(whole("3.00"), Some(3));
        assert_eq!(whole("3e0"), None);
        assert_eq!(whole("3.5"), None);
    }
}
