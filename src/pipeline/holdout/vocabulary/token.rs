//! Cuts a step into words and quoted texts, and reads the parts a pattern asks for.
//!
//! INVARIANT: reading is total and never guesses: what does not fit is `None`, and the step is then not understood.

use super::{Kind, Literal, Quantity, Subject, Test};
use crate::pipeline::holdout::value::{Path, Value};
use regex::{Regex, RegexBuilder};
use serde_json::Number;

/// Bytes of a step's line.
const STEP_BYTES_MAX: usize = 2_000;

/// Alternatives of one `one of`.
const VALUES_MAX: usize = 50;

/// Bytes of a compiled expression: one that needs more is not a check, it is an attack or a mistake.
const REGEX_BYTES_MAX: usize = 1024 * 1024;

/// A step's text, cut up.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Quoted(String),
    Comma,
    /// The doc string below the step.
    Block(String),
    /// The data table below the step.
    Rows(Vec<Vec<String>>),
}

/// A part of a step that a pattern names.
pub(super) enum Slot {
    Subject(Subject),
    Kind(Kind),
    Path(Path),
    Text(String),
    Literal(Literal),
    Literals(Vec<Literal>),
    Number(Number),
    Quantity(Quantity),
    Regex(Regex),
    Test(Test),
    Block(String),
    Rows(Vec<Vec<String>>),
}

/// Cuts a step into tokens; `None` if a quote is not closed or it is too long.
pub(super) fn cut(
    text: &str,
    block: Option<&str>,
    rows: Option<&[Vec<String>]>,
) -> Option<Vec<Token>> {
    if text.len() > STEP_BYTES_MAX {
        return None;
    }
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if !c.is_whitespace() && c != ',' && c != '"' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            if c == '"' {
                return None;
            }
            tokens.push(Token::Word(std::mem::take(&mut word)));
        }
        match c {
            ',' => tokens.push(Token::Comma),
            '"' => {
                tokens.push(Token::Quoted(quoted(&mut chars)?));
                if !chars.as_str().is_empty() && !chars.as_str().starts_with([' ', '\t', ',']) {
                    return None;
                }
            }
            _ => {}
        }
    }
    if !word.is_empty() {
        tokens.push(Token::Word(word));
    }
    tokens.extend(block.map(|block| Token::Block(block.to_owned())));
    tokens.extend(rows.map(|rows| Token::Rows(rows.to_vec())));
    Some(tokens)
}

/// The rest of a quoted text. Only `\"` is an escape, so that expressions need no doubled backslashes.
fn quoted(chars: &mut std::str::Chars<'_>) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                '"' => text.push('"'),
                other => text.extend(['\\', other]),
            },
            other => text.push(other),
        }
    }
}

/// A place in a step.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    rest: &'t [Token],
}

impl<'t> Cursor<'t> {
    pub(super) const fn new(rest: &'t [Token]) -> Self {
        Self { rest }
    }

    pub(super) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn next(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Steps over a word if it is next.
    pub(super) fn skip(&mut self, word: &str) -> bool {
        match self.rest.split_first() {
            Some((Token::Word(first), rest)) if first == word => {
                self.rest = rest;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Reads what a template describes: words stand for themselves, `{…}` for a part.
    pub(super) fn template(&mut self, template: &str) -> Option<Vec<Slot>> {
        let mut slots = Vec::new();
        for word in template.split(' ') {
            if word.starts_with('{') {
                slots.push(self.slot(word)?);
            } else if !self.skip(word) {
                return None;
            }
        }
        Some(slots)
    }

    fn slot(&mut self, name: &str) -> Option<Slot> {
        Some(match name {
            "{subject}" => Slot::Subject(super::subject(self)?),
            "{kind}" => Slot::Kind(super::kind(self)?),
            "{path}" => Slot::Path(Path::parse(self.text()?)?),
            "{text}" => Slot::Text(self.text().filter(|t| !t.is_empty())?.to_owned()),
            "{value}" => Slot::Literal(self.literal()?),
            "{values}" => Slot::Literals(self.literals()?),
            "{number}" => Slot::Number(self.number()?),
            "{quantity}" => Slot::Quantity(self.quantity()?),
            "{regex}" => Slot::Regex(expression(self.text()?)?),
            "{test}" => Slot::Test(super::test(self)?),
            "{doc-string}" => match self.next()? {
                Token::Block(block) => Slot::Block(block.clone()),
                Token::Word(_) | Token::Quoted(_) | Token::Comma | Token::Rows(_) => return None,
            },
            "{table}" => match self.next()? {
                Token::Rows(rows) => Slot::Rows(rows.clone()),
                Token::Word(_) | Token::Quoted(_) | Token::Comma | Token::Block(_) => return None,
            },
            _ => return None,
        })
    }

    fn text(&mut self) -> Option<&'t str> {
        match self.next()? {
            Token::Quoted(text) => Some(text),
            Token::Word(_) | Token::Comma | Token::Block(_) | Token::Rows(_) => None,
        }
    }

    /// A quoted text, or a bare JSON number, `true` or `false`.
    fn literal(&mut self) -> Option<Literal> {
        match self.next()? {
            Token::Quoted(text) => Some(Literal::Text(text.clone())),
            Token::Word(word) => match Value::parse(word.as_bytes()) {
                Ok(value @ (Value::Bool(_) | Value::Number(_))) => Some(Literal::Json(value)),
                Ok(
                    Value::Null
                    | Value::Text(_)
                    | Value::List(_)
                    | Value::Map(_)
                    | Value::Opaque(_),
                )
                | Err(_) => None,
            },
            Token::Comma | Token::Block(_) | Token::Rows(_) => None,
        }
    }

    /// `A, B or C`
    fn literals(&mut self) -> Option<Vec<Literal>> {
        let mut literals = vec![self.literal()?];
        loop {
            if self.rest.first() == Some(&Token::Comma) {
                self.next()?;
            } else if !self.skip("or") {
                return Some(literals);
            }
            literals.push(self.literal()?);
            if literals.len() > VALUES_MAX {
                return None;
            }
        }
    }

    fn number(&mut self) -> Option<Number> {
        match self.literal()? {
            Literal::Json(Value::Number(number)) => Some(number),
            Literal::Json(_) | Literal::Text(_) => None,
        }
    }

    fn quantity(&mut self) -> Option<Quantity> {
        if self.skip("exactly") {
            return self.count().map(Quantity::Exactly);
        }
        if self.skip("no") {
            return Some(Quantity::Exactly(0));
        }
        if !self.skip("at") {
            return None;
        }
        if self.skip("least") {
            self.count().map(Quantity::AtLeast)
        } else if self.skip("most") {
            self.count().map(Quantity::AtMost)
        } else {
            None
        }
    }

    fn count(&mut self) -> Option<u64> {
        self.number()?.as_u64()
    }
}

/// An expression for the whole of a text.
///
/// The anchors are ours: an author who writes `prod` does not mean `nonprod`.
fn expression(text: &str) -> Option<Regex> {
    // Alone first, so that a stray `)` cannot reach around our group.
    for source in [text.to_owned(), format!(r"\A(?:{text})\z")] {
        let built = RegexBuilder::new(&source)
            .size_limit(REGEX_BYTES_MAX)
            .dfa_size_limit(REGEX_BYTES_MAX)
            .nest_limit(50)
            .build();
        match built {
            Ok(_) if source.len() == text.len() => {}
            Ok(regex) => return Some(regex),
            Err(_) => return None,
        }
    }
    None
}
