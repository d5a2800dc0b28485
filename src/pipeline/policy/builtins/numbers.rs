//! Ranges of numbers, and numbers as Go reads and rounds them.
//!
//! LIMIT: a range has a largest number of items and of digits; OPA goes on until its deadline.

pub(super) mod decimal;
pub(super) mod float;

use num_bigint::{BigInt, Sign};

use super::{Builtin, Failure, Term};
use decimal::Decimal;

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("numbers.range_step", range_step)];

/// LIMIT: items of a range.
const ITEMS_MAX: u32 = 100_000;

/// LIMIT: bits of one item; a hundred thousand of them stay within some megabytes.
const ITEM_BITS_MAX: u64 = 256;

fn range_step(arguments: &[Term]) -> Result<Term, Failure> {
    let (from, to) = (integer(arguments, 0)?, integer(arguments, 1)?);
    let step = integer(arguments, 2)?;
    if step.sign() != Sign::Plus {
        return Err(Failure::Undefined);
    }
    let (steps, step) = if from <= to {
        ((&to - &from) / &step, step)
    } else {
        ((&from - &to) / &step, -step)
    };
    let count = match u32::try_from(&steps) {
        Ok(steps) if steps < ITEMS_MAX => steps,
        Ok(_) | Err(_) => {
            return Err(Failure::NotOffered(format!(
                "a range of more than {ITEMS_MAX} numbers is not offered"
            )));
        }
    };
    if from.bits().max(to.bits()) > ITEM_BITS_MAX {
        return Err(Failure::NotOffered(format!(
            "a range of numbers of more than {ITEM_BITS_MAX} bits is not offered"
        )));
    }
    let items = (0..=count).map(|at| Term::from(&(&from + &step * at)));
    Ok(items.collect())
}

/// A whole number of any size, however it is written: `1e3` is one.
fn integer(arguments: &[Term], at: usize) -> Result<BigInt, Failure> {
    let Some(Term::Number(number)) = arguments.get(at) else {
        return Err(Failure::Undefined);
    };
    let (numerator, denominator) = Decimal::parse(number.text())?.ratio()?;
    if (&numerator % &denominator).sign() == Sign::NoSign {
        Ok(numerator / denominator)
    } else {
        Err(Failure::Undefined)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn ranges_go_up_and_down() {
        for (arguments, expect) in [
            ("[0,10,2]", "[0,2,4,6,8,10]"),
            ("[0,-10,2]", "[0,-2,-4,-6,-8,-10]"),
            ("[10,3,2]", "[10,8,6,4]"),
            ("[1024,4096,1024]", "[1024,2048,3072,4096]"),
            ("[2,2,2]", "[2]"),
            ("[2,5,2]", "[2,4]"),
            ("[0,10,99999999999999999999]", "[0]"),
            ("[1e1,2.0e1,5.0]", "[10,15,20]"),
            (
                "[18446744073709551615,18446744073709551617,1]",
                "[18446744073709551615,18446744073709551616,18446744073709551617]",
            ),
        ] {
            check("numbers.range_step", arguments, expect);
        }
    }

    #[test]
    fn what_is_no_range_is_undefined() {
        for arguments in [
            "[0,10,-2]",
            "[0,10,0]",
            "[0.5,10,1]",
            "[0,10,1e-1]",
            r#"["0",10,1]"#,
            "[0,10]",
        ] {
            check("numbers.range_step", arguments, "undefined");
        }
    }

    #[test]
    fn endless_ranges_are_not_begun() {
        for arguments in [
            "[0,100000,1]",
            "[0,99999999999999999999999999999,1]",
            "[-9e18,9e18,1]",
        ] {
            check(
                "numbers.range_step",
                arguments,
                "a range of more than 100000 numbers is not offered",
            );
        }
        check(
            "numbers.range_step",
            "[1e400,1e400,1]",
            "a range of numbers of more than 256 bits is not offered",
        );
        check(
            "numbers.range_step",
            "[1e999999,1,1]",
            "a number of more than 5000 digits is not offered",
        );
    }
}
