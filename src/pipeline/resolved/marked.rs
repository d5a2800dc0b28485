//! Resolved properties as policies see them: plain values, and the paths of what is unknown or secret.
//!
//! Unlike a preview, an update tells its analyzer what a secret is: the value is there for rules to read, and its path is listed, so that no
//! finding repeats it.

use serde_json::{Map, Number, Value as Json};

use crate::engine::wire::value::{Properties, Value, to_wire};
use crate::pipeline::policy::{PathSegment, PropertyPath};

/// Above this, a floating number no longer stands for exactly one integer.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A bag of properties with its marks.
#[derive(Clone, PartialEq)]
pub struct Marked {
    /// The values; null where unknown.
    pub values: Json,
    /// Paths of what is not known even now.
    pub unknown: Vec<PropertyPath>,
    /// Paths of secrets.
    pub secret: Vec<PropertyPath>,
}

impl std::fmt::Debug for Marked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Marked")
            .field("unknown", &self.unknown)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

impl Marked {
    /// Splits a bag as the engine sends it.
    #[must_use]
    pub fn of(properties: &Properties) -> Self {
        let mut marked = Self {
            values: Json::Null,
            unknown: Vec::new(),
            secret: Vec::new(),
        };
        marked.values = marked.members(properties, &mut PropertyPath::default());
        marked
    }

    fn members(&mut self, properties: &Properties, path: &mut PropertyPath) -> Json {
        let mut members = Map::new();
        for (key, value) in properties {
            path.0.push(PathSegment::Key(key.clone()));
            members.insert(key.clone(), self.split(value, path));
            path.0.pop();
        }
        Json::Object(members)
    }

    fn split(&mut self, value: &Value, path: &mut PropertyPath) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Number(number) => self.number(*number, path),
            Value::String(text) => Json::String(text.clone()),
            Value::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in (0u64..).zip(items) {
                    path.0.push(PathSegment::Index(index));
                    list.push(self.split(item, path));
                    path.0.pop();
                }
                Json::Array(list)
            }
            Value::Map(fields) => self.members(fields, path),
            Value::Secret(inner) => {
                self.secret.push(path.clone());
                self.split(inner, path)
            }
            Value::Unknown => self.not_known(path),
            Value::Output { value, secret, .. } => {
                if *secret {
                    self.secret.push(path.clone());
                }
                match value {
                    Some(value) => self.split(value, path),
                    None => self.not_known(path),
                }
            }
            // As the event log writes them, so that a rule sees the same at a preview and here.
            Value::Resource { .. } | Value::Asset { .. } | Value::Archive { .. } => {
                self.special(&to_wire(value), path)
            }
        }
    }

    fn not_known(&mut self, path: &PropertyPath) -> Json {
        self.unknown.push(path.clone());
        Json::Null
    }

    /// Whole numbers as people write them. One that JSON has not is as good as not known.
    fn number(&mut self, number: f64, path: &PropertyPath) -> Json {
        if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole and in range, just checked"
            )]
            return Json::from(number as i64);
        }
        match Number::from_f64(number) {
            Some(number) => Json::Number(number),
            None => self.not_known(path),
        }
    }

    /// A special object, its mark included.
    fn special(&mut self, value: &prost_types::Value, path: &mut PropertyPath) -> Json {
        use prost_types::value::Kind;
        match &value.kind {
            None | Some(Kind::NullValue(_)) => Json::Null,
            Some(Kind::BoolValue(flag)) => Json::Bool(*flag),
            Some(Kind::NumberValue(number)) => self.number(*number, path),
            Some(Kind::StringValue(text)) => Json::String(text.clone()),
            Some(Kind::ListValue(list)) => {
                let items = list.values.iter();
                Json::Array(items.map(|item| self.special(item, path)).collect())
            }
            Some(Kind::StructValue(bag)) => {
                let fields = bag.fields.iter();
                Json::Object(
                    fields
                        .map(|(key, value)| (key.clone(), self.special(value, path)))
                        .collect(),
                )
            }
        }
    }
}
