//! Values of a deployed state, and paths into them.
//!
//! INVARIANT: what cannot be read in clear (a secret, a value unknown to the engine, a wrapper we do not know) is [`Opaque`] from
//! the moment it is parsed; no plaintext of a secret is kept even if the export carries one. A key that occurs twice in an object
//! is an error: two readers of such a document may see different values.
//!
//! It compares nothing and decides nothing; that is the judge's.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::engine::wire::marks::{ARCHIVE, ASSET, RESOURCE, SECRET, SIGNATURE, UNKNOWNS};

/// Values in one document, so that small text cannot become large memory (an exported resource has about a hundred).
const NODES_MAX: usize = 2_000_000;

/// Segments of one path; a deeper one is a mistake.
const SEGMENTS_MAX: usize = 32;

/// Signatures of wrappers that hide nothing.
const OPEN_SIGNATURES: [&str; 3] = [ASSET, ARCHIVE, RESOURCE];

/// A value as the engine recorded it.
#[derive(Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
    Opaque(Opaque),
}

/// Why a value cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opaque {
    Secret,
    Unknown,
    /// A wrapper with a signature that is not ours to guess at.
    Foreign,
}

impl Value {
    /// Parses JSON: bounded in nodes (and in depth, by the parser), without duplicate keys, nothing after the document.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let nodes = Cell::new(0);
        let mut parser = serde_json::Deserializer::from_slice(bytes);
        let value = Seed { nodes: &nodes }.deserialize(&mut parser)?;
        parser.end()?;
        Ok(value)
    }

    /// The value is absent in effect: null, or empty text, list or object.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Bool(_) | Self::Number(_) | Self::Opaque(_) => false,
        }
    }

    /// The entry of an object.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.get(key),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Opaque(_) => None,
        }
    }

    /// The text of a text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Opaque(_) => None,
        }
    }

    fn opaque_inside(&self) -> Option<Opaque> {
        match self {
            Self::Opaque(why) => Some(*why),
            Self::List(items) => items.iter().find_map(Self::opaque_inside),
            Self::Map(entries) => entries.values().find_map(Self::opaque_inside),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => None,
        }
    }

    /// The value, if all of it can be read in clear.
    pub(super) fn in_clear(&self) -> Result<&Self, Opaque> {
        self.opaque_inside().map_or(Ok(self), Err)
    }

    /// The value as an operator reads it, cut short; hidden parts stay hidden.
    pub(super) fn excerpt(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("`{}`", crate::names::excerpt(text)),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Map(entries) => format!("an object of {}", entries.len()),
            Self::Opaque(_) => "a value that is hidden".to_owned(),
        }
    }
}

/// Shows the shape only: a state may hold what must not be logged.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Opaque(_) => "opaque",
        })
    }
}

fn resolve_text(text: String) -> Value {
    if UNKNOWNS.contains(&text.as_str()) {
        Value::Opaque(Opaque::Unknown)
    } else {
        Value::Text(text)
    }
}

fn resolve_map(entries: BTreeMap<String, Value>) -> Value {
    match entries.get(SIGNATURE) {
        None => Value::Map(entries),
        Some(Value::Text(kind)) if OPEN_SIGNATURES.contains(&kind.as_str()) => Value::Map(entries),
        Some(Value::Text(kind)) if kind == SECRET => Value::Opaque(Opaque::Secret),
        Some(_) => Value::Opaque(Opaque::Foreign),
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    nodes: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let nodes = self.nodes.get().saturating_add(1);
        self.nodes.set(nodes);
        if nodes > NODES_MAX {
            return Err(D::Error::custom("more values than are read"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(resolve_text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(resolve_text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            if entries.insert(key, value).is_some() {
                return Err(A::Error::custom("a key occurs twice"));
            }
        }
        Ok(resolve_map(entries))
    }
}

/// A way into a value: `logging.targetBucket`, `Statement[0].Effect`, `rules[*].status`, `tags['a.b']`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Segment>);

#[derive(Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
    Each,
}

/// What stands at the end of one way that a path took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found<'v> {
    /// There, and at least its outermost layer is in clear.
    Value(&'v Value),
    Absent,
    /// The way leads through something hidden, or ends at it.
    Opaque(Opaque),
    /// The way leads into text, a number, or by a key into a list.
    WrongShape,
}

impl Path {
    /// Reads a path; `None` if it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (segment, after) = if let Some(inner) = rest.strip_prefix('[') {
                bracket(inner)?
            } else {
                let name = match rest.strip_prefix('.') {
                    Some(name) if !segments.is_empty() => name,
                    None if segments.is_empty() => rest,
                    Some(_) | None => return None,
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (key, after) = name.split_at_checked(end)?;
                if key.is_empty() || key.contains([']', '\'']) {
                    return None;
                }
                (Segment::Key(key.to_owned()), after)
            };
            segments.push(segment);
            rest = after;
        }
        (!segments.is_empty() && segments.len() <= SEGMENTS_MAX).then_some(Self(segments))
    }

    /// Everything that the path leads to, never nothing: a way that ends early is reported as such.
    pub(super) fn resolve<'v>(&self, root: &'v Value) -> Vec<Found<'v>> {
        let mut ends = vec![Found::Value(root)];
        for segment in &self.0 {
            ends = ends
                .into_iter()
                .flat_map(|end| step(end, segment))
                .collect();
        }
        ends.into_iter().map(settle).collect()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if at == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// What stands between brackets: a number, `*`, or a key in single quotes.
fn bracket(inner: &str) -> Option<(Segment, &str)> {
    if let Some(quoted) = inner.strip_prefix('\'') {
        let (key, after) = quoted.split_once("']")?;
        return (!key.is_empty()).then(|| (Segment::Key(key.to_owned()), after));
    }
    let (index, after) = inner.split_once(']')?;
    if index == "*" {
        return Some((Segment::Each, after));
    }
    if !index.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match index.parse() {
        Ok(index) => Some((Segment::Index(index), after)),
        Err(_) => None,
    }
}

fn settle(end: Found<'_>) -> Found<'_> {
    match end {
        Found::Value(Value::Null) => Found::Absent,
        Found::Value(Value::Opaque(why)) => Found::Opaque(*why),
        Found::Value(_) | Found::Absent | Found::Opaque(_) | Found::WrongShape => end,
    }
}

fn step<'v>(end: Found<'v>, segment: &Segment) -> Vec<Found<'v>> {
    let value = match settle(end) {
        Found::Value(value) => value,
        stop @ (Found::Absent | Found::Opaque(_) | Found::WrongShape) => return vec![stop],
    };
    let one = |item: Option<&'v Value>| vec![item.map_or(Found::Absent, Found::Value)];
    match (segment, value) {
        (Segment::Key(key), Value::Map(entries)) => one(entries.get(key)),
        (Segment::Index(index), Value::List(items)) => one(items.get(*index)),
        (Segment::Each, Value::List(items)) if items.is_empty() => vec![Found::Absent],
        (Segment::Each, Value::List(items)) => items.iter().map(Found::Value).collect(),
        (Segment::Key(_) | Segment::Index(_) | Segment::Each, _) => vec![Found::WrongShape],
    }
}

#[cfg(test)]
mod tests;
