//! Property values: from the wire and back, and the marks that they carry.
//!
//! INVARIANT: what comes from the wire and goes back unchanged is the same on the wire.
//! What it does not do: it does not interpret assets or paths; it never opens anything.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct};
use serde_json::{Map, Number, Value};
use tonic::Status;

pub(super) use crate::engine::wire::marks::{ARCHIVE, ASSET, SECRET, SIGNATURE, UNKNOWNS};

/// Properties by name.
pub(super) type Properties = Map<String, Value>;

/// Reads a property bag. A missing one is empty, as in the protocol.
pub(super) fn from_wire(bag: Option<Struct>) -> Result<Properties, Status> {
    bag.map_or_else(|| Ok(Properties::new()), object_from_wire)
}

fn object_from_wire(bag: Struct) -> Result<Properties, Status> {
    bag.fields
        .into_iter()
        .map(|(key, value)| Ok((key, value_from_wire(value)?)))
        .collect()
}

fn value_from_wire(value: prost_types::Value) -> Result<Value, Status> {
    Ok(match value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(flag)) => Value::Bool(flag),
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::NumberValue(number)) => number_from_wire(number)?,
        Some(Kind::ListValue(list)) => Value::Array(
            list.values
                .into_iter()
                .map(value_from_wire)
                .collect::<Result<_, _>>()?,
        ),
        Some(Kind::StructValue(bag)) => Value::Object(object_from_wire(bag)?),
    })
}

/// The wire has floating numbers only; whole ones become integers, so that they compare and print as people wrote them.
fn number_from_wire(number: f64) -> Result<Value, Status> {
    /// Above this, a floating number no longer stands for exactly one integer.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and in range, just checked"
        )]
        return Ok(Value::from(number as i64));
    }
    Number::from_f64(number)
        .map(Value::Number)
        .ok_or_else(|| Status::invalid_argument("reading properties: a number is not finite"))
}

/// Writes a property bag.
pub(super) fn to_wire(properties: &Properties) -> Struct {
    Struct {
        fields: properties
            .iter()
            .map(|(key, value)| (key.clone(), value_to_wire(value)))
            .collect(),
    }
}

fn value_to_wire(value: &Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(*flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => Kind::ListValue(ListValue {
            values: items.iter().map(value_to_wire).collect(),
        }),
        Value::Object(properties) => Kind::StructValue(to_wire(properties)),
    };
    prost_types::Value { kind: Some(kind) }
}

/// What an object's mark says that it is, if it has one.
pub(super) fn signature(value: &Value) -> Option<&str> {
    value.get(SIGNATURE).and_then(Value::as_str)
}

/// Marks a value as a secret; one that is marked stays as it is.
pub(super) fn secret(value: Value) -> Value {
    if signature(&value) == Some(SECRET) {
        return value;
    }
    let mut wrapper = Properties::new();
    wrapper.insert(SIGNATURE.to_owned(), Value::from(SECRET));
    wrapper.insert("value".to_owned(), value);
    Value::Object(wrapper)
}

/// The value itself, out of its secret wrapper if it has one, and whether it had one.
pub(super) fn unwrapped(value: &Value) -> (&Value, bool) {
    let mut inner = value;
    let mut wrapped = false;
    while signature(inner) == Some(SECRET) {
        inner = inner.get("value").unwrap_or(&Value::Null);
        wrapped = true;
    }
    (inner, wrapped)
}

/// The value without any secret wrapper at any depth, and whether there was one.
pub(super) fn revealed(value: &Value) -> (Value, bool) {
    let (inner, mut was_secret) = unwrapped(value);
    let mut reveal = |item: &Value| {
        let (item, secret) = revealed(item);
        was_secret |= secret;
        item
    };
    let plain = match inner {
        Value::Array(items) => Value::Array(items.iter().map(&mut reveal).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(k, v)| (k.clone(), reveal(v))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => inner.clone(),
    };
    (plain, was_secret)
}

/// Whether the value itself is not known yet.
pub(super) fn is_unknown(value: &Value) -> bool {
    unwrapped(value)
        .0
        .as_str()
        .is_some_and(|text| UNKNOWNS.contains(&text))
}

/// Whether the value, or anything in it, is not known yet.
pub(super) fn has_unknown(value: &Value) -> bool {
    match value {
        Value::String(_) => is_unknown(value),
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(fields) => fields.values().any(has_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
