//! Answers in one form, whichever engine gave them: JSON or Rego's text, numbers as they are, sets sorted.
//!
//! Nothing is rounded: a number is its decimal digits, so that an engine that loses some of them is noticed.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A value. A set is the sorted list of its elements, as OPA writes it in JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Decimal),
    String(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

/// A number: `0.digits` times ten to the exponent. The digits neither begin nor end with a zero; there are none in zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    exponent: i64,
    digits: String,
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |of: &Self| (!of.digits.is_empty(), of.exponent);
        let by_size = size(self)
            .cmp(&size(other))
            .then_with(|| self.digits.cmp(&other.digits));
        match (self.is_negative, other.is_negative) {
            (false, false) => by_size,
            (true, true) => by_size.reverse(),
            (is_negative, _) => {
                if is_negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if whole.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0');
        let leading = i64::try_from(all.len() - digits.len()).unwrap();
        let exponent = exponent.parse::<i64>().map_or(None, Some)?
            + i64::try_from(whole.len()).unwrap()
            - leading;
        let digits = digits.trim_end_matches('0').to_owned();
        Some(if digits.is_empty() {
            Self {
                is_negative: false,
                exponent: 0,
                digits,
            }
        } else {
            Self {
                is_negative,
                exponent,
                digits,
            }
        })
    }
}

impl Value {
    /// Reads JSON or Rego's text.
    ///
    /// # Panics
    /// The text is neither.
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value();
        assert_eq!(reader.skip(), None, "more than one value: {text}");
        value
    }

    /// The same value as a set: what a rule answers has no order.
    pub(crate) fn into_set(self) -> Self {
        match self {
            Self::List(mut items) => {
                items.sort();
                items.dedup();
                Self::List(items)
            }
            other => panic!("not a set: {other:?}"),
        }
    }
}

impl Value {
    /// As JSON.
    pub(crate) fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::String(text) => quoted(text),
            Self::List(items) => format!(
                "[{}]",
                items.iter().map(Self::json).collect::<Vec<_>>().join(",")
            ),
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, value)| format!("{}:{}", quoted(key), value.json()));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        let places = i64::try_from(self.digits.len()).unwrap();
        match self.digits.as_str() {
            "" => f.write_str("0"),
            // An integer stays one, so that it is read as one.
            digits if self.exponent >= places && self.exponent <= 20 => {
                write!(
                    f,
                    "{sign}{digits}{}",
                    "0".repeat(usize::try_from(self.exponent - places).unwrap())
                )
            }
            digits => write!(f, "{sign}0.{digits}e{}", self.exponent),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// The next character that is no white space.
    fn skip(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self) -> Value {
        match self.skip() {
            Some('"') => Value::String(self.string()),
            Some('[') => {
                self.at += 1;
                Value::List(self.items("]"))
            }
            Some('{') => self.braces(),
            _ if self.take("set()") => Value::List(Vec::new()),
            _ if self.take("null") => Value::Null,
            _ if self.take("true") => Value::Bool(true),
            _ if self.take("false") => Value::Bool(false),
            _ => self.number(),
        }
    }

    fn items(&mut self, end: &str) -> Vec<Value> {
        let mut items = Vec::new();
        while !self.take(end) {
            assert!(
                items.is_empty() || self.take(","),
                "no comma: {}",
                self.rest()
            );
            items.push(self.value());
        }
        items
    }

    /// An object, or a set that is not empty.
    fn braces(&mut self) -> Value {
        self.at += 1;
        let mut members = BTreeMap::new();
        if self.take("}") {
            return Value::Object(members);
        }
        let mut key = self.value();
        if !self.take(":") {
            let mut items = vec![key];
            while !self.take("}") {
                assert!(self.take(","), "no comma: {}", self.rest());
                items.push(self.value());
            }
            return Value::List(items).into_set();
        }
        loop {
            let Value::String(name) = key else {
                panic!("a key that is no text: {key:?}")
            };
            members.insert(name, self.value());
            if self.take("}") {
                return Value::Object(members);
            }
            assert!(self.take(","), "no comma: {}", self.rest());
            key = self.value();
            assert!(self.take(":"), "no colon: {}", self.rest());
        }
    }

    fn string(&mut self) -> String {
        let rest = self.rest();
        let mut escaped = false;
        let inside = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let (last, _) = inside.unwrap_or_else(|| panic!("a text without end: {rest}"));
        let text = &rest[..=last];
        let read = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        self.at += last + 1;
        read
    }

    fn number(&mut self) -> Value {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        let text = &rest[..end];
        let number = Decimal::parse(text).unwrap_or_else(|| panic!("not a value: {rest}"));
        self.at += end;
        Value::Number(number)
    }
}

#[test]
fn numbers_are_the_same_however_they_are_written() {
    let parse = |text: &str| Decimal::parse(text).unwrap();
    for (a, b) in [
        ("1", "1.0"),
        ("100", "1e2"),
        ("0.05", "5E-2"),
        ("-0", "0.00"),
        ("120", "0.012e+4"),
    ] {
        assert_eq!(parse(a), parse(b), "{a} {b}");
    }
    let ascending = [
        "-2e3",
        "-20",
        "-1.5",
        "0",
        "1e-9",
        "0.5",
        "1",
        "1.5",
        "9",
        "10",
        "9007199254740992",
        "9007199254740993",
    ];
    assert!(ascending.map(parse).is_sorted());
    assert_eq!(Decimal::parse("x"), None);
    assert_eq!(Decimal::parse("-"), None);
}

#[test]
fn regos_text_and_json_are_the_same_value() {
    let rego = r#"{ {"a": {3, 1, 2}, "b\"": set()}, {"a": [2, 1], "b": "é\u0001"} }"#;
    let json = r#"[{"a":[2,1],"b":"\u00e9\u0001"},{"a":[1,2,3],"b\"":[]}]"#;
    assert_eq!(Value::parse(rego).into_set(), Value::parse(json).into_set());
    assert_ne!(Value::parse("[1,2]"), Value::parse("[2,1]"));
}
