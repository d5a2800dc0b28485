//! From our values back to the wire's.
//!
//! INVARIANT: reading what was written gives the same value.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, NullValue, Struct};

use super::{
    ARCHIVE, ASSET, ArchiveSource, OUTPUT, Properties, RESOURCE, SECRET, SIGNATURE, Source,
    UNKNOWN, Value,
};

/// Writes a property bag.
#[must_use]
pub fn to_struct(properties: &Properties) -> Struct {
    Struct {
        fields: properties
            .iter()
            .map(|(key, value)| (key.clone(), to_wire(value)))
            .collect(),
    }
}

/// Writes one value; an unknown becomes the string kind, which stands for all.
#[must_use]
pub fn to_wire(value: &Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(NullValue::NullValue.into()),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(value) => Kind::NumberValue(*value),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Unknown => Kind::StringValue(UNKNOWN.to_owned()),
        Value::List(items) => Kind::ListValue(ListValue {
            values: items.iter().map(to_wire).collect(),
        }),
        Value::Map(fields) => Kind::StructValue(to_struct(fields)),
        Value::Secret(inner) => signed(SECRET, [("value", Some(to_wire(inner)))]),
        Value::Output {
            value,
            secret,
            dependencies,
        } => signed(
            OUTPUT,
            [
                ("value", value.as_deref().map(to_wire)),
                ("secret", secret.then(|| to_wire(&Value::Bool(true)))),
                ("dependencies", strings(dependencies)),
            ],
        ),
        Value::Resource {
            urn,
            id,
            package_version,
        } => signed(
            RESOURCE,
            [
                ("urn", text(urn)),
                ("id", id.as_deref().map(to_wire)),
                ("packageVersion", text(package_version)),
            ],
        ),
        Value::Asset { source, hash } => {
            let source = match source {
                Source::Text(content) => ("text", Some(to_wire(&Value::String(content.clone())))),
                Source::Path(path) => ("path", text(path)),
                Source::Uri(uri) => ("uri", text(uri)),
                Source::HashOnly => ("text", None),
            };
            signed(ASSET, [source, ("hash", text(hash))])
        }
        Value::Archive { source, hash } => {
            let source = match source {
                ArchiveSource::Assets(assets) => {
                    ("assets", Some(to_wire(&Value::Map(assets.clone()))))
                }
                ArchiveSource::Path(path) => ("path", text(path)),
                ArchiveSource::Uri(uri) => ("uri", text(uri)),
                ArchiveSource::HashOnly => ("path", None),
            };
            signed(ARCHIVE, [source, ("hash", text(hash))])
        }
    };
    prost_types::Value { kind: Some(kind) }
}

fn text(content: &str) -> Option<prost_types::Value> {
    (!content.is_empty()).then(|| to_wire(&Value::String(content.to_owned())))
}

fn strings(items: &[String]) -> Option<prost_types::Value> {
    (!items.is_empty()).then(|| {
        to_wire(&Value::List(
            items.iter().cloned().map(Value::String).collect(),
        ))
    })
}

fn signed<const N: usize>(
    signature: &str,
    fields: [(&str, Option<prost_types::Value>); N],
) -> Kind {
    let mut bag: BTreeMap<String, prost_types::Value> = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect();
    bag.insert(
        SIGNATURE.to_owned(),
        to_wire(&Value::String(signature.to_owned())),
    );
    Kind::StructValue(Struct { fields: bag })
}
