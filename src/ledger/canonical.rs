//! Canonical JSON (RFC 8785): the one spelling of a value, which is what is hashed and signed.
//!
//! INVARIANT: what [`to_bytes`] gives, [`check`] accepts, and a reader gets back the value that was written: an integer that the format
//! would round, or a key written twice with different values, is an error, never a changed value.
//! Control characters are escaped, so canonical bytes never hold a newline.
//! It does not see a float that is not finite: JSON has none, serde writes `null`, and that cannot be read back as a number.

use serde::Serialize;
use serde_json::Value;

/// RFC 8785 knows doubles only: integers up to this are exact, of those beyond some are rounded.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// LIMIT: bytes of one value; sorting keys takes time and several times the memory.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;

/// A value that has no canonical form, or bytes that are not in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The value cannot be written as JSON at all, or is nested too deeply.
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Too large to be worth the time.
    #[error("{0} bytes are over the limit of {BYTES_MAX}")]
    TooLarge(usize),
    /// An integer that a double cannot hold.
    #[error("the integer `{0}` cannot be kept exactly in canonical JSON: write it as text")]
    Integer(String),
    /// A key written twice.
    #[error("it holds a key twice")]
    Twice,
    /// The bytes are JSON in another spelling.
    #[error("it is JSON, but not in the canonical form")]
    Spelling,
}

/// Writes a value canonically.
///
/// # Errors
/// The value has no exact canonical form.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let plain = serde_json::to_vec(value)?;
    if plain.len() > BYTES_MAX {
        return Err(Error::TooLarge(plain.len()));
    }
    // Parsed again: this sees the value as a reader will, with the nesting limit of the parser.
    let parsed: Value = serde_json::from_slice(&plain)?;
    check_integers(&parsed)?;
    let canonical = serde_json_canonicalizer::to_vec(&parsed)?;
    // Of a key written twice the parser keeps the last, the canonical writer the first.
    if serde_json_canonicalizer::to_vec(value)? != canonical {
        return Err(Error::Twice);
    }
    Ok(canonical)
}

/// Accepts bytes that are exactly one value in canonical form.
///
/// # Errors
/// They are not JSON, or JSON in another spelling (spaces, order of keys, a key twice).
pub fn check(bytes: &[u8]) -> Result<(), Error> {
    let parsed: Value = serde_json::from_slice(bytes)?;
    if serde_json_canonicalizer::to_vec(&parsed)? == bytes {
        Ok(())
    } else {
        Err(Error::Spelling)
    }
}

fn check_integers(value: &Value) -> Result<(), Error> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => {
            let is_exact = match (number.as_u64(), number.as_i64()) {
                (Some(n), _) => n <= INTEGER_MAX,
                (None, Some(n)) => n.unsigned_abs() <= INTEGER_MAX,
                (None, None) => true,
            };
            let text = number.to_string();
            if is_exact || serde_json_canonicalizer::to_string(number)? == text {
                Ok(())
            } else {
                Err(Error::Integer(text))
            }
        }
        Value::Array(items) => items.iter().try_for_each(check_integers),
        Value::Object(members) => members.values().try_for_each(check_integers),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_has_one_spelling() {
        let value = json!({"b": 1.0, "a": [1e30, "\u{7}\n\u{2028}é", null], "é": {}, "B": -0.0});
        let bytes = to_bytes(&value).unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "{\"B\":0,\"a\":[1e+30,\"\\u0007\\n\u{2028}é\",null],\"b\":1,\"é\":{}}"
        );
        check(&bytes).unwrap();
    }

    #[test]
    fn what_would_be_changed_is_refused() {
        assert!(matches!(
            to_bytes(&9_007_199_254_740_993_u64),
            Err(Error::Integer(_))
        ));
        assert!(matches!(to_bytes(&i64::MIN), Err(Error::Integer(_))));
        assert!(to_bytes(&9_007_199_254_740_991_u64).is_ok());
        // A double of that size comes back as the same double, and the integer it is written as may be written again.
        assert_eq!(
            to_bytes(&1_152_921_504_606_846_976_f64).unwrap(),
            b"1152921504606847000"
        );
        assert!(to_bytes(&1_152_921_504_606_847_000_u64).is_ok());
        assert!(matches!(
            to_bytes(&1_152_921_504_606_846_976_u64),
            Err(Error::Integer(_))
        ));
        #[derive(Serialize)]
        struct Twice {
            a: u8,
            #[serde(flatten)]
            rest: BTreeMap<String, u8>,
        }
        let twice = |key: &str| Twice {
            a: 1,
            rest: BTreeMap::from([(key.to_owned(), 2)]),
        };
        assert!(matches!(to_bytes(&twice("a")), Err(Error::Twice)));
        assert!(to_bytes(&twice("b")).is_ok());
    }

    #[test]
    fn other_spellings_are_refused() {
        for bad in [
            "{ }",
            "{\"b\":1,\"a\":1}",
            "{\"a\":1,\"a\":1}",
            "1.0",
            "\"\\u0041\"",
            "1 ",
            "{}{}",
            "",
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
        check(b"{\"a\":1,\"b\":1}").unwrap();
    }

    #[test]
    fn nesting_has_a_limit() {
        let deep = |n: usize| (0..n).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(to_bytes(&deep(100)).is_ok());
        assert!(matches!(to_bytes(&deep(200)), Err(Error::Json(_))));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991_i64..9_007_199_254_740_991).prop_map(Value::from),
            any::<f64>()
                .prop_filter("finite", |f| f.is_finite())
                .prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_bytes_round_trip(value in any_json()) {
            let bytes = to_bytes(&value).unwrap();
            check(&bytes).unwrap();
            let again: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(to_bytes(&again).unwrap(), bytes.clone());
            prop_assert!(!bytes.iter().any(|b| *b < 0x20));
        }
    }
}
