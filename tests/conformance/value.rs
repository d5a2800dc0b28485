//! Values as the suite compares them: a reader of Rego's text form that shares nothing with the host under test.

use std::cmp::Ordering;

/// A value in which sets are arrays in Rego's order, as OPA's own test makes them.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(Self, Self)>),
}

impl Value {
    /// Reads Rego's text form, of which JSON is a part.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.space();
        if reader.at == text.len() {
            Ok(value)
        } else {
            Err(reader.complaint("something follows the value"))
        }
    }

    /// The items of an array.
    pub(crate) fn items(self) -> Vec<Self> {
        match self {
            Self::Array(items) => items,
            other => panic!("{other:?} is no array"),
        }
    }

    /// The bindings of one result, in one order; `sort` is for those whose order a case does not fix.
    pub(crate) fn bindings(self, sort: bool) -> Self {
        match self {
            Self::Object(members) if sort => {
                let sorted = members.into_iter().map(|(key, value)| match value {
                    Self::Array(items) => (key, Self::Array(in_order(items))),
                    other => (key, other),
                });
                Self::Object(sorted.collect())
            }
            other => other,
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
            Self::Array(_) => 4,
            Self::Object(_) => 5,
        }
    }
}

/// Where two values differ, a line each.
pub(crate) fn differences(found: &[Value], wanted: &[Value]) -> String {
    let mut lines = vec![];
    match (found, wanted) {
        ([found], [wanted]) => differ("", found, wanted, &mut lines),
        (found, wanted) => lines.push(format!("found {found:?}, wanted {wanted:?}")),
    }
    lines.truncate(20);
    lines.join("\n    ")
}

fn differ(path: &str, found: &Value, wanted: &Value, lines: &mut Vec<String>) {
    match (found, wanted) {
        (found, wanted) if found == wanted => {}
        (Value::Object(a), Value::Object(b)) => {
            let member = |all: &[(Value, Value)], key: &Value| {
                let found = all.iter().find(|(name, _)| name == key);
                found.map(|(_, value)| value.clone())
            };
            let mut keys: Vec<&Value> = a.iter().chain(b).map(|(key, _)| key).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = format!("{path}/{}", json(key));
                match (member(a, key), member(b, key)) {
                    (Some(found), Some(wanted)) => differ(&path, &found, &wanted, lines),
                    (found, wanted) => {
                        let shown = |value: Option<Value>| {
                            value.map_or_else(|| "nothing".to_owned(), |value| json(&value))
                        };
                        let (found, wanted) = (shown(found), shown(wanted));
                        lines.push(format!("{path}: found {found}, wanted {wanted}"));
                    }
                }
            }
        }
        (found, wanted) => {
            lines.push(format!(
                "{path}: found {}, wanted {}",
                json(found),
                json(wanted)
            ));
        }
    }
}

/// Sorted, and each value once.
pub(crate) fn as_set(items: Vec<Value>) -> Vec<Value> {
    let mut items = in_order(items);
    items.dedup();
    items
}

fn in_order(mut items: Vec<Value>) -> Vec<Value> {
    items.sort();
    items
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => compare_numbers(a, b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) => a.cmp(b),
            (Self::Object(a), Self::Object(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

/// Whole numbers exactly, others as the nearest floating-point number.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if let (Ok(a), Ok(b)) = (a.parse::<i128>(), b.parse::<i128>()) {
        return a.cmp(&b);
    }
    let float = |text: &str| text.parse::<f64>().expect("a number is one");
    float(a).total_cmp(&float(b))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn complaint(&self, why: &str) -> String {
        format!("{why} at byte {} of {}", self.at, self.text)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self) -> Result<Value, String> {
        for (word, value) in [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("set()", Value::Array(vec![])),
        ] {
            if self.take(word) {
                return Ok(value);
            }
        }
        match self.rest().chars().next() {
            Some('"') => self.string(),
            Some('[') => {
                self.at += 1;
                self.items("]").map(Value::Array)
            }
            Some('{') => {
                self.at += 1;
                self.braces()
            }
            Some(_) => self.number(),
            None => Err(self.complaint("a value is missing")),
        }
    }

    fn items(&mut self, close: &str) -> Result<Vec<Value>, String> {
        let mut items = vec![];
        while !self.take(close) {
            if !items.is_empty() && !self.take(",") {
                return Err(self.complaint("a comma is missing"));
            }
            items.push(self.value()?);
        }
        Ok(items)
    }

    fn braces(&mut self) -> Result<Value, String> {
        if self.take("}") {
            return Ok(Value::Object(vec![]));
        }
        let first = self.value()?;
        if !self.take(":") {
            let mut items = vec![first];
            if self.take(",") {
                items.extend(self.items("}")?);
            } else if !self.take("}") {
                return Err(self.complaint("a set does not end"));
            }
            return Ok(Value::Array(in_order(items)));
        }
        let mut members = vec![(key(first), self.value()?)];
        while !self.take("}") {
            if !self.take(",") {
                return Err(self.complaint("an object does not end"));
            }
            let name = self.value()?;
            if !self.take(":") {
                return Err(self.complaint("a colon is missing"));
            }
            members.push((key(name), self.value()?));
        }
        members.sort();
        Ok(Value::Object(members))
    }

    fn string(&mut self) -> Result<Value, String> {
        let mut stream = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        let Some(Ok(text)) = stream.next() else {
            return Err(self.complaint("a text is broken"));
        };
        self.at += stream.byte_offset();
        Ok(Value::Text(text))
    }

    fn number(&mut self) -> Result<Value, String> {
        let end = self
            .rest()
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let text = &self.rest()[..end.unwrap_or(self.rest().len())];
        if text.parse::<f64>().is_err() {
            return Err(self.complaint("something is no value"));
        }
        let text = text.to_owned();
        self.at += text.len();
        Ok(Value::Number(text))
    }
}

/// JSON has texts for keys only; OPA writes any other key as its JSON.
fn key(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(text),
        other => Value::Text(json(&other)),
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(text) => text.clone(),
        Value::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(key, value)| format!("{}:{}", json(key), json(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_arrays_in_regos_order() {
        let read = |text: &str| Value::read(text).unwrap();
        assert_eq!(
            read(r#"{"b",[1],2,null,10}"#),
            read(r#"[null,2,10,"b",[1]]"#)
        );
        assert_eq!(read("{1: {2}}"), read(r#"{"1":[2]}"#));
        assert_eq!(read("set()"), read("[]"));
        assert_ne!(read("[1,2]"), read("[2,1]"));
        assert_ne!(read("9007199254740993"), read("9007199254740992"));
        assert_eq!(read("1.0"), read("1"));
        assert!(Value::read("{1").is_err());
        assert!(Value::read("[1] 2").is_err());
    }
}
