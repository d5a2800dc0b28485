//! Reads OPA's text form of a value, as `opa_value_dump` writes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Number, Term};

/// LIMIT: nesting of values; the guest's own parser recurses too.
const DEPTH_MAX: usize = 200;

/// Why a text is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a value of Rego at byte {at}: {why}")]
pub(in super::super) struct Error {
    at: usize,
    why: &'static str,
}

pub(super) fn parse(text: &[u8]) -> Result<Term, Error> {
    let mut reader = Reader { text, at: 0 };
    let term = reader.term(0)?;
    reader.space();
    if reader.at == text.len() {
        Ok(term)
    } else {
        Err(reader.error("something follows it"))
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn error(&self, why: &'static str) -> Error {
        Error { at: self.at, why }
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or(&[])
    }

    fn space(&mut self) {
        let blank = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        self.at = self.at.saturating_add(blank);
    }

    /// Whether this comes next; it is taken then.
    fn take(&mut self, word: &[u8]) -> bool {
        self.space();
        let found = self.rest().starts_with(word);
        if found {
            self.at = self.at.saturating_add(word.len());
        }
        found
    }

    fn term(&mut self, depth: usize) -> Result<Term, Error> {
        if depth > DEPTH_MAX {
            return Err(self.error("it is nested too deep"));
        }
        self.space();
        match self.rest().first() {
            Some(b'"') => self.string().map(Term::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.braces(depth),
            Some(_) | None => {
                let words = [
                    (&b"null"[..], Term::Null),
                    (b"true", Term::Bool(true)),
                    (b"false", Term::Bool(false)),
                    (b"set()", Term::Set(BTreeSet::new())),
                ];
                for (word, term) in words {
                    if self.take(word) {
                        return Ok(term);
                    }
                }
                Err(self.error("a value is missing"))
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Term, Error> {
        let mut items = Vec::new();
        self.take(b"[");
        if self.take(b"]") {
            return Ok(Term::Array(items));
        }
        loop {
            items.push(self.term(depth.saturating_add(1))?);
            if self.take(b"]") {
                return Ok(Term::Array(items));
            }
            if !self.take(b",") {
                return Err(self.error("`,` or `]` is missing"));
            }
        }
    }

    /// An object or a set: which one, the first element says.
    fn braces(&mut self, depth: usize) -> Result<Term, Error> {
        self.take(b"{");
        if self.take(b"}") {
            return Ok(Term::Object(BTreeMap::new()));
        }
        let mut first = Some(self.term(depth.saturating_add(1))?);
        if !self.take(b":") {
            let mut items = BTreeSet::new();
            loop {
                let item = match first.take() {
                    Some(item) => item,
                    None => self.term(depth.saturating_add(1))?,
                };
                items.insert(item);
                if self.take(b"}") {
                    return Ok(Term::Set(items));
                }
                if !self.take(b",") {
                    return Err(self.error("`,` or `}` is missing"));
                }
            }
        }
        let mut members = BTreeMap::new();
        loop {
            let key = match first.take() {
                Some(key) => key,
                None => {
                    let key = self.term(depth.saturating_add(1))?;
                    if !self.take(b":") {
                        return Err(self.error("`:` is missing"));
                    }
                    key
                }
            };
            let value = self.term(depth.saturating_add(1))?;
            members.insert(key, value);
            if self.take(b"}") {
                return Ok(Term::Object(members));
            }
            if !self.take(b",") {
                return Err(self.error("`,` or `}` is missing"));
            }
        }
    }

    /// A text in JSON's quotes.
    fn string(&mut self) -> Result<String, Error> {
        let mut escaped = false;
        let end = self.rest().iter().skip(1).position(|&byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let length = end.map(|end| end.saturating_add(2));
        let Some(text) = length.and_then(|length| self.rest().get(..length)) else {
            return Err(self.error("a text does not end"));
        };
        let Ok(string) = serde_json::from_slice(text) else {
            return Err(self.error("a text is not JSON's"));
        };
        self.at = self.at.saturating_add(text.len());
        Ok(string)
    }

    fn number(&mut self) -> Result<Term, Error> {
        let length = self
            .rest()
            .iter()
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let text = self.rest().get(..length).unwrap_or(&[]);
        let number = std::str::from_utf8(text).map_or(None, Number::parse);
        let Some(number) = number else {
            return Err(self.error("it is not a number"));
        };
        self.at = self.at.saturating_add(length);
        Ok(Term::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(text: &str) {
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "null",
            "true",
            "-1.5e+30",
            r#""a\"b\\""#,
            "[]",
            "[1,[2]]",
            "{}",
            "set()",
            "{1,2}",
            r#"{"a":{1:2}}"#,
            r#"{{1},{2,3}}"#,
        ] {
            same(text);
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in [
            "", "[", "[1", "{1:}", "{1:2,3}", "{1,2:3}", "\"a", "01", "1 2", "nul", "set(", "{,}",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse("[".repeat(1000).as_bytes()).is_err());
    }

    #[test]
    fn sets_have_opas_order() {
        assert_eq!(
            parse(br#"{"b",[1],2,{1},"a",null,10,{"k":1}}"#)
                .unwrap()
                .to_string(),
            r#"{null,2,10,"a","b",[1],{"k":1},{1}}"#
        );
    }
}
