//! From the wire's values to ours, within a budget of depth and number.
//!
//! INVARIANT: what carries the signature key is understood wholly, extra fields included, or refused.

use prost_types::Struct;
use prost_types::value::Kind;

use super::{
    ARCHIVE, ASSET, ArchiveSource, OUTPUT, Properties, RESOURCE, SECRET, SIGNATURE, Source,
    UNKNOWNS, VALUE_DEPTH_MAX, VALUE_NODES_MAX, Value, ValueError,
};

/// Reads a property bag; an absent one is empty, as the engine takes it.
///
/// # Errors
/// It is too large or holds a special object that is not understood.
pub fn properties(bag: Option<&Struct>) -> Result<Properties, ValueError> {
    let mut budget = Budget(VALUE_NODES_MAX);
    match bag {
        None => Ok(Properties::new()),
        Some(bag) => budget.fields(bag, VALUE_DEPTH_MAX),
    }
}

/// Reads one value.
///
/// # Errors
/// As [`properties`].
pub fn value(value: &prost_types::Value) -> Result<Value, ValueError> {
    Budget(VALUE_NODES_MAX).value(value, VALUE_DEPTH_MAX)
}

/// How many values may still be read.
struct Budget(usize);

impl Budget {
    fn fields(&mut self, bag: &Struct, depth: usize) -> Result<Properties, ValueError> {
        bag.fields
            .iter()
            .map(|(key, field)| Ok((key.clone(), self.value(field, depth)?)))
            .collect()
    }

    fn value(&mut self, value: &prost_types::Value, depth: usize) -> Result<Value, ValueError> {
        let below = depth.checked_sub(1).ok_or(ValueError::TooDeep)?;
        self.0 = self.0.checked_sub(1).ok_or(ValueError::TooMany)?;
        Ok(match value.kind.as_ref().ok_or(ValueError::Empty)? {
            Kind::NullValue(_) => Value::Null,
            Kind::BoolValue(value) => Value::Bool(*value),
            Kind::NumberValue(value) => Value::Number(*value),
            Kind::StringValue(text) if UNKNOWNS.contains(&text.as_str()) => Value::Unknown,
            Kind::StringValue(text) => Value::String(text.clone()),
            Kind::ListValue(list) => Value::List(
                list.values
                    .iter()
                    .map(|item| self.value(item, below))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::StructValue(bag) if bag.fields.contains_key(SIGNATURE) => {
                self.special(bag, below)?
            }
            Kind::StructValue(bag) => Value::Map(self.fields(bag, below)?),
        })
    }

    fn special(&mut self, bag: &Struct, depth: usize) -> Result<Value, ValueError> {
        let signature = match bag.fields.get(SIGNATURE).and_then(|v| v.kind.as_ref()) {
            Some(Kind::StringValue(text)) => text.as_str(),
            Some(_) | None => return Err(ValueError::UnknownSignature),
        };
        match signature {
            SECRET => {
                let mut fields = Special::read(self, "a secret", bag, depth)?;
                let inner = fields.take("value").ok_or_else(|| fields.wrong("value"))?;
                fields.end(Value::Secret(Box::new(inner)))
            }
            OUTPUT => {
                let mut fields = Special::read(self, "an output", bag, depth)?;
                let output = Value::Output {
                    value: fields.take("value").map(Box::new),
                    secret: fields.bool("secret")?,
                    dependencies: fields.strings("dependencies")?,
                };
                fields.end(output)
            }
            RESOURCE => {
                let mut fields = Special::read(self, "a resource reference", bag, depth)?;
                let resource = Value::Resource {
                    urn: fields.text("urn")?,
                    id: fields.id()?,
                    package_version: fields.text("packageVersion")?,
                };
                fields.end(resource)
            }
            ASSET => asset(Special::read(self, "an asset", bag, depth)?),
            ARCHIVE => archive(Special::read(self, "an archive", bag, depth)?),
            _ => Err(ValueError::UnknownSignature),
        }
    }
}

fn asset(mut fields: Special) -> Result<Value, ValueError> {
    let hash = fields.text("hash")?;
    let has_text = fields.rest.contains_key("text");
    let (text, path, uri) = (
        fields.text("text")?,
        fields.text("path")?,
        fields.text("uri")?,
    );
    // The engine writes absent sources as empty texts, and an empty file is a text asset too.
    let source = match (text.is_empty(), path.is_empty(), uri.is_empty()) {
        (false, true, true) => Source::Text(text),
        (true, false, true) => Source::Path(path),
        (true, true, false) => Source::Uri(uri),
        (true, true, true) if has_text => Source::Text(text),
        (true, true, true) if !hash.is_empty() => Source::HashOnly,
        _ => return Err(ValueError::Sources { kind: fields.kind }),
    };
    fields.end(Value::Asset { source, hash })
}

fn archive(mut fields: Special) -> Result<Value, ValueError> {
    let hash = fields.text("hash")?;
    let (path, uri) = (fields.text("path")?, fields.text("uri")?);
    let assets = match fields.take("assets") {
        None | Some(Value::Null) => None,
        Some(Value::Map(assets)) => Some(assets),
        Some(_) => return Err(fields.wrong("assets")),
    };
    let source = match (assets, path.is_empty(), uri.is_empty()) {
        (Some(assets), true, true) => {
            let is_file = |v: &Value| matches!(v, Value::Asset { .. } | Value::Archive { .. });
            if !assets.values().all(is_file) {
                return Err(fields.wrong("assets"));
            }
            ArchiveSource::Assets(assets)
        }
        (None, false, true) => ArchiveSource::Path(path),
        (None, true, false) => ArchiveSource::Uri(uri),
        (None, true, true) if !hash.is_empty() => ArchiveSource::HashOnly,
        _ => return Err(ValueError::Sources { kind: fields.kind }),
    };
    fields.end(Value::Archive { source, hash })
}

/// The fields of a special object, taken out one by one; what is left at the end is refused.
struct Special {
    kind: &'static str,
    rest: Properties,
}

impl Special {
    fn read(
        budget: &mut Budget,
        kind: &'static str,
        bag: &Struct,
        depth: usize,
    ) -> Result<Self, ValueError> {
        let mut rest = budget.fields(bag, depth)?;
        rest.remove(SIGNATURE);
        Ok(Self { kind, rest })
    }

    fn wrong(&self, field: &str) -> ValueError {
        ValueError::WrongField {
            kind: self.kind,
            field: crate::names::excerpt(field),
        }
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        self.rest.remove(field)
    }

    /// A text; absent is empty, anything else (an unknown, a secret) is refused.
    fn text(&mut self, field: &str) -> Result<String, ValueError> {
        match self.take(field) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(self.wrong(field)),
        }
    }

    fn bool(&mut self, field: &str) -> Result<bool, ValueError> {
        match self.take(field) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(value),
            Some(_) => Err(self.wrong(field)),
        }
    }

    fn strings(&mut self, field: &str) -> Result<Vec<String>, ValueError> {
        let items = match self.take(field) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::List(items)) => items,
            Some(_) => return Err(self.wrong(field)),
        };
        items
            .into_iter()
            .map(|item| {
                if let Value::String(text) = item {
                    Ok(text)
                } else {
                    Err(self.wrong(field))
                }
            })
            .collect()
    }

    fn id(&mut self) -> Result<Option<Box<Value>>, ValueError> {
        match self.take("id") {
            None | Some(Value::Null) => Ok(None),
            Some(id @ (Value::String(_) | Value::Unknown)) => Ok(Some(Box::new(id))),
            Some(_) => Err(self.wrong("id")),
        }
    }

    fn end(self, value: Value) -> Result<Value, ValueError> {
        match self.rest.keys().next() {
            None => Ok(value),
            Some(extra) => Err(self.wrong(extra)),
        }
    }
}
