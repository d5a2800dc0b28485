//! Whether one value passes one test.
//!
//! INVARIANT: a value that cannot be read in clear passes only the tests that speak of just that (`set`, `secret`); never a
//! comparison, and never a comparison's contrary.

use serde_json::Number;
use std::cmp::Ordering;

use super::super::value::{Found, Opaque, Value};
use super::super::vocabulary::{Literal, Test};
use super::{Court, FailureKind, Miss, miss};

/// Bytes of a text that an expression is tried on.
const HAYSTACK_BYTES_MAX: usize = 256 * 1024;

/// Tests what a path found.
pub(super) fn test_one(court: &Court<'_>, found: Found<'_>, test: &Test) -> Result<(), Miss> {
    match test {
        Test::Set => match found {
            Found::Opaque(Opaque::Secret) => Ok(()),
            Found::Value(value) if !value.is_empty() => Ok(()),
            Found::Value(_) => Err(miss(FailureKind::Absent, "empty")),
            Found::Absent | Found::Opaque(_) | Found::WrongShape => readable(found).map(drop),
        },
        Test::NotSet => match found {
            Found::Absent => Ok(()),
            Found::Value(value) if value.is_empty() => Ok(()),
            Found::Value(value) => Err(differs(value)),
            Found::Opaque(_) | Found::WrongShape => readable(found).map(drop),
        },
        Test::Secret => match found {
            Found::Opaque(Opaque::Secret) => Ok(()),
            Found::Value(_) => Err(miss(FailureKind::Differs, "in clear")),
            Found::Absent | Found::Opaque(_) | Found::WrongShape => readable(found).map(drop),
        },
        Test::RefersTo(subject) => {
            let value = readable(found)?;
            let target = super::one(court, subject)?;
            check(target.is_referred_to_by(value), value)
        }
        Test::Equal(literal) => {
            let value = readable(found)?;
            check(equal(value, literal)?, value)
        }
        Test::Different(literal) => {
            let value = readable(found)?;
            check(!equal(value, literal)?, value)
        }
        Test::OneOf(literals) => {
            let value = readable(found)?;
            let mut any = false;
            for literal in literals {
                any |= equal(value, literal)?;
            }
            check(any, value)
        }
        Test::Matches(regex) => {
            let value = readable(found)?;
            match scalar(value) {
                Some(text) if text.len() <= HAYSTACK_BYTES_MAX => {
                    check(regex.is_match(&text), value)
                }
                Some(_) => Err(miss(FailureKind::Unreadable, "too long for an expression")),
                None => Err(wrong_shape(value)),
            }
        }
        Test::Contains(literal) => contains(readable(found)?, literal),
        Test::AtLeast(bound) => order(readable(found)?, bound, Ordering::is_ge),
        Test::AtMost(bound) => order(readable(found)?, bound, Ordering::is_le),
        Test::Entries(quantity) => {
            let value = readable(found)?;
            let size = match value {
                Value::List(items) => items.len(),
                Value::Map(entries) => entries.len(),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Text(_)
                | Value::Opaque(_) => {
                    return Err(wrong_shape(value));
                }
            };
            super::count(*quantity, size)
        }
    }
}

/// The value, where there is one to compare.
pub(super) fn readable(found: Found<'_>) -> Result<&Value, Miss> {
    match found {
        Found::Value(value) => Ok(value),
        Found::Absent => Err(miss(FailureKind::Absent, "not there")),
        Found::Opaque(why) => Err(why.into()),
        Found::WrongShape => Err(miss(
            FailureKind::WrongShape,
            "the path does not fit the value",
        )),
    }
}

fn check(holds: bool, value: &Value) -> Result<(), Miss> {
    if holds { Ok(()) } else { Err(differs(value)) }
}

fn differs(value: &Value) -> Miss {
    miss(FailureKind::Differs, format!("is {}", value.excerpt()))
}

fn wrong_shape(value: &Value) -> Miss {
    miss(FailureKind::WrongShape, format!("is {}", value.excerpt()))
}

/// A text as it is; a number or truth value as JSON writes it.
fn scalar(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Opaque(_) => None,
    }
}

fn equal(value: &Value, literal: &Literal) -> Result<bool, Miss> {
    match literal {
        Literal::Text(text) => match scalar(value) {
            Some(own) => Ok(own == text.as_str()),
            None => Err(wrong_shape(value)),
        },
        Literal::Json(wanted) => Ok(same(value.in_clear()?, wanted)),
    }
}

/// Equal as JSON values; numbers by what they are and not by how they are written.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Some(Ordering::Equal),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|((ka, a), (kb, b))| ka == kb && same(a, b))
        }
        (Value::Opaque(_), _) | (_, Value::Opaque(_)) => false,
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_),
            _,
        ) => a == b,
    }
}

fn contains(value: &Value, literal: &Literal) -> Result<(), Miss> {
    match (value, literal) {
        (Value::Text(text), Literal::Text(part)) => {
            // An empty part is in every text, so it would ask nothing.
            check(!part.is_empty() && text.contains(part.as_str()), value)
        }
        (Value::List(items), _) => {
            let mut hidden = None;
            for item in items {
                match item.in_clear() {
                    Ok(Value::List(_) | Value::Map(_)) if matches!(literal, Literal::Text(_)) => {}
                    Ok(item) => {
                        if equal(item, literal)? {
                            return Ok(());
                        }
                    }
                    Err(why) => hidden = Some(why),
                }
            }
            Err(hidden.map_or_else(|| differs(value), Miss::from))
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Map(_)
            | Value::Opaque(_)
            | Value::Text(_),
            _,
        ) => Err(wrong_shape(value)),
    }
}

fn order(value: &Value, bound: &Number, holds: fn(Ordering) -> bool) -> Result<(), Miss> {
    let number = match value {
        Value::Number(number) => number.clone(),
        Value::Text(text) => match Value::parse(text.as_bytes()) {
            Ok(Value::Number(number)) => number,
            Ok(
                Value::Null
                | Value::Bool(_)
                | Value::Text(_)
                | Value::List(_)
                | Value::Map(_)
                | Value::Opaque(_),
            )
            | Err(_) => return Err(wrong_shape(value)),
        },
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Opaque(_) => {
            return Err(wrong_shape(value));
        }
    };
    match compare(&number, bound) {
        Some(ordering) => check(holds(ordering), value),
        None => Err(wrong_shape(value)),
    }
}

/// Whole numbers exactly, others as the floating-point numbers that JSON makes them.
fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (None, _) | (_, None) => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}
