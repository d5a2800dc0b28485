//! Property values as the engine prints them, split into plain JSON and the paths of what is unknown or secret.
//!
//! A secret's value never passes: it becomes null, and its path is listed. An unknown becomes null, and its path is listed. A program
//! can write the text of an unknown itself; that only ever makes a value count as unknown, which is never a pass.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::wire::marks::{OUTPUT, SECRET, SIGNATURE, UNKNOWNS};

/// LIMIT: nesting of a property value.
const DEPTH_MAX: usize = 100;

/// One step into a property value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Segment {
    /// A key of an object.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// Where a value sits in a resource's properties.
pub type Path = Vec<Segment>;

/// A bag of properties.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Properties {
    /// The values; null where unknown or secret.
    pub values: BTreeMap<String, Value>,
    /// Paths of values unknown at preview.
    pub unknown: Vec<Path>,
    /// Paths of secrets.
    pub secret: Vec<Path>,
}

/// A value nested more deeply than is accepted.
#[derive(Debug, thiserror::Error)]
#[error("a property value is nested more than {DEPTH_MAX} levels deep")]
pub struct TooDeep;

impl Properties {
    /// Splits a bag as the engine prints it.
    ///
    /// # Errors
    /// It is nested too deeply.
    pub fn parse(bag: &BTreeMap<String, Value>) -> Result<Self, TooDeep> {
        let mut properties = Self::default();
        for (key, value) in bag {
            let mut path = vec![Segment::Key(key.clone())];
            let value = properties.split(value, &mut path)?;
            properties.values.insert(key.clone(), value);
        }
        Ok(properties)
    }

    fn split(&mut self, value: &Value, path: &mut Path) -> Result<Value, TooDeep> {
        if path.len() > DEPTH_MAX {
            return Err(TooDeep);
        }
        match value {
            Value::String(text) if UNKNOWNS.contains(&text.as_str()) => {
                self.unknown.push(path.clone());
                Ok(Value::Null)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
            Value::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    path.push(Segment::Index(index));
                    list.push(self.split(item, path)?);
                    path.pop();
                }
                Ok(Value::Array(list))
            }
            Value::Object(object) => match object.get(SIGNATURE).and_then(Value::as_str) {
                Some(SECRET) => {
                    self.secret.push(path.clone());
                    Ok(Value::Null)
                }
                Some(OUTPUT) => self.split_output(object, path),
                Some(_) | None => {
                    let mut map = serde_json::Map::new();
                    for (key, item) in object {
                        path.push(Segment::Key(key.clone()));
                        map.insert(key.clone(), self.split(item, path)?);
                        path.pop();
                    }
                    Ok(Value::Object(map))
                }
            },
        }
    }

    fn split_output(
        &mut self,
        object: &serde_json::Map<String, Value>,
        path: &mut Path,
    ) -> Result<Value, TooDeep> {
        if object.get("secret") == Some(&Value::Bool(true)) {
            self.secret.push(path.clone());
            return Ok(Value::Null);
        }
        match object.get("value") {
            Some(value) => self.split(value, path),
            None => {
                self.unknown.push(path.clone());
                Ok(Value::Null)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Properties {
        Properties::parse(&serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn an_unknown_and_a_secret_leave_only_their_paths() {
        let json = r#"{"a":{"b":["04da6b54-80e4-46f7-96ec-b56ff0331ba9",1]},"s":{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"canary"}}"#;
        let properties = parse(json);
        let key = |text: &str| Segment::Key(text.to_owned());
        assert_eq!(
            properties.unknown,
            [vec![key("a"), key("b"), Segment::Index(0)]]
        );
        assert_eq!(properties.secret, [vec![key("s")]]);
        assert!(
            !serde_json::to_string(&properties)
                .unwrap()
                .contains("canary")
        );
    }

    #[test]
    fn an_output_value_without_a_value_is_unknown() {
        let properties = parse(
            r#"{"o":{"4dabf18193072939515e22adb298388d":"d0e6a833031e9bbcd3f4e8bde6ca49a4"}}"#,
        );
        assert_eq!(properties.unknown.len(), 1);
    }

    #[test]
    fn depth_is_limited() {
        let mut value = Value::Null;
        for _ in 0..200 {
            value = Value::Array(vec![value]);
        }
        assert!(Properties::parse(&BTreeMap::from([("a".to_owned(), value)])).is_err());
    }
}
