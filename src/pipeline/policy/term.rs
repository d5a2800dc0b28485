//! Rego's values as they cross between a policy and our builtins.
//!
//! JSON is not enough: a set is not an array, and a key of an object can be any value. The text form is OPA's own
//! (`opa_value_dump`, `opa_value_parse`): JSON, with sets as `{1, 2}` or `set()`.
//!
//! INVARIANT: terms have OPA's order, so that a set or an object is written as OPA writes it.

mod number;
mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use num_bigint::BigInt;

pub(super) use number::Number;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    // OPA orders values of different kinds in this order.
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Self>),
    Object(BTreeMap<Self, Self>),
    Set(BTreeSet<Self>),
}

impl Term {
    /// Reads OPA's text form.
    pub(super) fn parse(text: &[u8]) -> Result<Self, parse::Error> {
        parse::parse(text)
    }

    /// The value as Rego prints it, which is not how it crosses to a policy.
    pub(super) fn printed(&self) -> String {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => self.to_string(),
            Self::String(text) => super::sprintf::quote(text),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(Self::printed).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Object(members) => {
                let members = members.iter();
                let members: Vec<String> = members
                    .map(|(key, value)| format!("{}: {}", key.printed(), value.printed()))
                    .collect();
                format!("{{{}}}", members.join(", "))
            }
            Self::Set(items) if items.is_empty() => "set()".to_owned(),
            Self::Set(items) => {
                let items: Vec<String> = items.iter().map(Self::printed).collect();
                format!("{{{}}}", items.join(", "))
            }
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Array(_)
            | Self::Object(_)
            | Self::Set(_) => None,
        }
    }
}

impl From<&str> for Term {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Term {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Term {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Term {
    fn from(integer: i64) -> Self {
        Self::Number(integer.into())
    }
}

impl From<usize> for Term {
    fn from(integer: usize) -> Self {
        Self::Number(integer.into())
    }
}

impl From<&BigInt> for Term {
    fn from(integer: &BigInt) -> Self {
        Self::Number(integer.into())
    }
}

impl FromIterator<Self> for Term {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::Array(items.into_iter().collect())
    }
}

impl fmt::Display for Term {
    /// As `opa_value_parse` reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::String(text) => f.write_str(&quoted(text)),
            Self::Array(items) => list(f, '[', items.iter().map(Entry::Item), ']'),
            Self::Object(members) => list(
                f,
                '{',
                members.iter().map(|(key, value)| Entry::Member(key, value)),
                '}',
            ),
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => list(f, '{', items.iter().map(Entry::Item), '}'),
        }
    }
}

enum Entry<'a> {
    Item(&'a Term),
    Member(&'a Term, &'a Term),
}

fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    entries: impl Iterator<Item = Entry<'a>>,
    close: char,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (at, entry) in entries.enumerate() {
        if at > 0 {
            f.write_str(",")?;
        }
        match entry {
            Entry::Item(item) => write!(f, "{item}")?,
            Entry::Member(key, value) => write!(f, "{key}:{value}")?,
        }
    }
    write!(f, "{close}")
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
