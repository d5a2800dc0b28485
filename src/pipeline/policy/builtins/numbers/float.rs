//! Go's `big.Float` with its default precision, as far as builtins show it: reading, one product, and the whole part.
//!
//! INVARIANT: every step rounds where Go's does, to the nearest and then to even, so that the last digit is Go's too.

use num_bigint::{BigInt, BigUint, Sign};

use super::super::Failure;
use super::decimal::{DIGITS_MAX, Decimal, too_many_digits};

/// Bits of a number that Go reads from a text.
const PRECISION: u64 = 64;
/// Bits of the powers of five that its exponent stands for.
const PRECISION_POWER: u64 = 128;
/// Bits of the squares those are made of.
const PRECISION_SQUARE: u64 = 192;

/// The largest power of five that Go has in a table, and so without rounding.
const EXACT_POWER: u64 = 27;

/// `mantissa × 2^exponent`.
#[derive(Debug, Clone)]
pub(in super::super) struct Float {
    negative: bool,
    mantissa: BigUint,
    exponent: i64,
}

impl Float {
    /// The number that Go takes this one for.
    pub(in super::super) fn from_decimal(decimal: &Decimal) -> Self {
        let exact = Self {
            negative: decimal.negative,
            mantissa: decimal.digits.clone(),
            exponent: decimal.exponent,
        };
        let power = decimal.exponent.unsigned_abs();
        if exact.mantissa.bits() == 0 || power == 0 {
            return exact.rounded(PRECISION);
        }
        if decimal.exponent < 0 {
            exact.quotient(&power_of_five(power))
        } else {
            exact.product(&power_of_five(power), PRECISION)
        }
    }

    /// This many times the number.
    pub(in super::super) fn times(&self, factor: u64) -> Self {
        self.product(&Self::from(factor), PRECISION)
    }

    /// The number without its fraction.
    pub(in super::super) fn whole(&self) -> Result<BigInt, Failure> {
        // A decimal digit is a little more than three bits.
        if self.size() > DIGITS_MAX.saturating_mul(3) {
            return Err(too_many_digits());
        }
        let shift = self.exponent.unsigned_abs();
        let whole = if self.exponent >= 0 {
            &self.mantissa << shift
        } else {
            &self.mantissa >> shift
        };
        let sign = if self.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        Ok(BigInt::from_biguint(sign, whole))
    }

    /// The number, where it is whole and fits.
    pub(in super::super) fn as_i64(&self) -> Option<i64> {
        if self.mantissa.bits() == 0 {
            return Some(0);
        }
        let zeros = i64::try_from(self.mantissa.trailing_zeros()?).map_or(None, Some)?;
        if self.size() > 64 || zeros.saturating_add(self.exponent) < 0 {
            return None;
        }
        let whole = self.whole().map_or(None, Some)?;
        i64::try_from(whole).map_or(None, Some)
    }

    /// The position of the highest bit.
    fn size(&self) -> i64 {
        let bits = i64::try_from(self.mantissa.bits()).unwrap_or(i64::MAX);
        bits.saturating_add(self.exponent)
    }

    fn product(&self, other: &Self, precision: u64) -> Self {
        Self {
            negative: self.negative,
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent.saturating_add(other.exponent),
        }
        .rounded(precision)
    }

    /// Divides as exactly as rounding needs: two bits more than are kept, and one that says whether anything is left.
    fn quotient(&self, other: &Self) -> Self {
        let shift = PRECISION
            .saturating_add(2)
            .saturating_add(other.mantissa.bits());
        let dividend = &self.mantissa << shift;
        let (quotient, rest) = (
            &dividend / &other.mantissa,
            (&dividend % &other.mantissa).bits() > 0,
        );
        let shift = i64::try_from(shift).unwrap_or(i64::MAX);
        Self {
            negative: self.negative,
            mantissa: (quotient << 1_u8) | BigUint::from(rest),
            exponent: self
                .exponent
                .saturating_sub(other.exponent)
                .saturating_sub(shift)
                .saturating_sub(1),
        }
        .rounded(PRECISION)
    }

    fn rounded(self, precision: u64) -> Self {
        let Some(extra) = self.mantissa.bits().checked_sub(precision) else {
            return self;
        };
        let Some(half) = extra.checked_sub(1) else {
            return self;
        };
        let mut kept = &self.mantissa >> extra;
        let above_half = self.mantissa.trailing_zeros().is_some_and(|at| at < half);
        if self.mantissa.bit(half) && (above_half || kept.bit(0)) {
            kept += 1_u8;
        }
        let extra = i64::try_from(extra).unwrap_or(i64::MAX);
        Self {
            mantissa: kept,
            exponent: self.exponent.saturating_add(extra),
            ..self
        }
    }
}

impl From<u64> for Float {
    fn from(number: u64) -> Self {
        Self {
            negative: false,
            mantissa: number.into(),
            exponent: 0,
        }
    }
}

/// `5^power`, by the products that Go makes of squares.
fn power_of_five(power: u64) -> Float {
    let exact = u32::try_from(power.min(EXACT_POWER)).unwrap_or(u32::MAX);
    let mut product = Float::from(5_u64.saturating_pow(exact));
    let mut rest = power.saturating_sub(EXACT_POWER);
    let mut square = Float::from(5);
    while rest > 0 {
        if rest & 1 == 1 {
            product = product.product(&square, PRECISION_POWER);
        }
        square = square.product(&square, PRECISION_SQUARE);
        rest >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn whole(text: &str, factor: u64) -> String {
        let float = Float::from_decimal(&Decimal::parse(text).unwrap());
        float.times(factor).whole().unwrap().to_string()
    }

    #[test]
    fn digits_beyond_the_precision_are_lost_as_gos_are() {
        assert_eq!(whole("18446744073709551617", 1), "18446744073709551616");
        assert_eq!(whole("18446744073709551618", 1), "18446744073709551618");
        assert_eq!(whole("1e30", 1), "1000000000000000000024696061952");
        assert_eq!(whole("0.1", 1000), "100");
        assert_eq!(whole("1.1", 1024), "1126");
        assert_eq!(whole("-1.9", 1), "-1");
    }

    #[test]
    fn only_whole_numbers_that_fit_are_taken() {
        let take = |text: &str| Float::from_decimal(&Decimal::parse(text).unwrap()).as_i64();
        assert_eq!(take("1e18"), Some(1_000_000_000_000_000_000));
        assert_eq!(take("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(take("9223372036854775808"), None);
        assert_eq!(take("1.5"), None);
        assert_eq!(take("1e-999999"), None);
        assert_eq!(take("0e999999"), Some(0));
        assert_eq!(take("1e999999"), None);
        // Within the precision there is nothing behind the point.
        assert_eq!(
            take("1000000000000000000.00001"),
            Some(1_000_000_000_000_000_000)
        );
    }
}
