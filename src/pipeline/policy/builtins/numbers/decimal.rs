//! A number in decimal digits, read as Go's `math/big` reads it.
//!
//! LIMIT: a number is written out only up to so many digits, whatever its exponent says.

use num_bigint::{BigInt, BigUint, Sign};

use super::super::Failure;

/// LIMIT: digits of a number that is written out; well above what any amount needs.
pub(in super::super) const DIGITS_MAX: i64 = 5000;

/// Go's own limit of an exponent in a ratio.
const RATIO_EXPONENT_MAX: u64 = 1_000_000;

/// `digits × 10^exponent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Decimal {
    pub(in super::super) negative: bool,
    pub(in super::super) digits: BigUint,
    pub(in super::super) exponent: i64,
    /// How many digits there are in the text: an upper bound.
    length: i64,
}

impl Decimal {
    /// Reads a sign, digits with at most one point among or around them, and an exponent.
    pub(in super::super) fn parse(text: &str) -> Result<Self, Failure> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, signed(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if !is_digits(&all) {
            return Err(Failure::Undefined);
        }
        // Reading digits takes time that grows with the square of their number.
        let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
        if length > DIGITS_MAX {
            return Err(too_many_digits());
        }
        let fraction = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        Ok(Self {
            negative,
            digits: all.parse().map_err(|_| Failure::Undefined)?,
            exponent: exponent.checked_sub(fraction).ok_or(Failure::Undefined)?,
            length,
        })
    }

    /// The number as a fraction, not reduced.
    pub(in super::super) fn ratio(&self) -> Result<(BigInt, BigInt), Failure> {
        let sign = if self.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        if self.digits.bits() == 0 {
            return Ok((BigInt::ZERO, BigInt::from(1)));
        }
        let size = self.exponent.unsigned_abs();
        if size > RATIO_EXPONENT_MAX {
            return Err(Failure::Undefined);
        }
        if self.exponent.saturating_add(self.length) > DIGITS_MAX
            || self.exponent < DIGITS_MAX.saturating_mul(-2)
        {
            return Err(too_many_digits());
        }
        let power = BigUint::from(10_u8).pow(u32::try_from(size).unwrap_or(u32::MAX));
        Ok(if self.exponent < 0 {
            (
                BigInt::from_biguint(sign, self.digits.clone()),
                BigInt::from(power),
            )
        } else {
            (
                BigInt::from_biguint(sign, &self.digits * power),
                BigInt::from(1),
            )
        })
    }
}

pub(in super::super) fn too_many_digits() -> Failure {
    Failure::NotOffered(format!(
        "a number of more than {DIGITS_MAX} digits is not offered"
    ))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An exponent: a sign and at least one digit.
fn signed(text: &str) -> Result<i64, Failure> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if is_digits(digits) {
        text.parse().map_err(|_| Failure::Undefined)
    } else {
        Err(Failure::Undefined)
    }
}
