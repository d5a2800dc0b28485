//! What a scenario's steps can say: one table of patterns, which is also the documentation.
//!
//! INVARIANT: a step means exactly one row of the table or it is [`Step::NotUnderstood`]; nothing is skipped, completed or
//! guessed. A kind of resource is a full type token or one of the listed short words, so a misspelt word is not understood
//! instead of matching nothing.
//!
//! Meanings live in the judge; here is only what can be said.

use regex::Regex;
use serde_json::Number;

use super::value::{Path, Value};
use table::{INTRODUCTION, KINDS, PARTS, SHORT_WORDS, STEPS, SUBJECTS, TESTS};
use token::{Cursor, Slot, Token};

mod table;
mod token;

/// What one step asks. The set is closed: the judge matches it exhaustively.
pub(super) enum Step {
    Deployed,
    Count(Quantity, Kind),
    CountWhere(Quantity, Kind, Path, Test),
    Total(Quantity),
    OnlyKinds(Vec<Kind>),
    Exists(Subject),
    Property(Subject, Path, Test),
    Json(Subject, Path, Path, Test),
    Properties(Subject, Vec<(Path, Literal)>),
    Tag(Subject, String, Test),
    Untagged(Subject, String),
    Tags(Subject, Vec<(String, Literal)>),
    Protected(Subject, bool),
    Output(String, Test),
    Related {
        each: Kind,
        by: Kind,
        property: Path,
        and: Option<(Path, Test)>,
    },
    NotUnderstood,
}

/// Which resources a step speaks of.
pub(super) enum Subject {
    Named(Kind, String),
    Where(Kind, Path, Box<Test>),
    Only(Kind),
    Each(Kind),
    Some(Kind),
}

/// Types that a step means by one word or token.
pub(super) struct Kind(Vec<String>);

/// How many.
#[derive(Clone, Copy)]
pub(super) enum Quantity {
    Exactly(u64),
    AtLeast(u64),
    AtMost(u64),
}

/// A value in a step.
#[derive(Clone)]
pub(super) enum Literal {
    /// Quoted: equal to a text, or to a number or truth value that is written so.
    Text(String),
    /// Bare, or a doc string: equal to that JSON value and no other type.
    Json(Value),
}

/// What a value must be.
pub(super) enum Test {
    Equal(Literal),
    Different(Literal),
    OneOf(Vec<Literal>),
    Matches(Regex),
    Contains(Literal),
    AtLeast(Number),
    AtMost(Number),
    Entries(Quantity),
    Set,
    NotSet,
    Secret,
    RefersTo(Box<Subject>),
}

impl Kind {
    /// Whether a resource's type token is of this kind.
    pub(super) fn is(&self, token: &str) -> bool {
        self.0.iter().any(|own| {
            own == token || (!own.contains('/') && short(token).as_deref() == Some(own.as_str()))
        })
    }
}

/// `aws:s3/bucket:Bucket` as `aws:s3:Bucket`, which programs may write for the same type.
fn short(token: &str) -> Option<String> {
    let mut parts = token.split(':');
    let (package, module, name) = (parts.next()?, parts.next()?, parts.next()?);
    let (module, _file) = module.split_once('/')?;
    Some(format!("{package}:{module}:{name}"))
}

impl Quantity {
    pub(super) const fn holds(self, count: u64) -> bool {
        match self {
            Self::Exactly(n) => count == n,
            Self::AtLeast(n) => count >= n,
            Self::AtMost(n) => count <= n,
        }
    }
}

/// Reads a step. Total: whatever is not in the table is [`Step::NotUnderstood`].
pub(super) fn parse(text: &str, block: Option<&str>, rows: Option<&[Vec<String>]>) -> Step {
    let Some(tokens) = token::cut(text, block, rows) else {
        return Step::NotUnderstood;
    };
    STEPS
        .iter()
        .find_map(|row| whole(&tokens, row))
        .unwrap_or(Step::NotUnderstood)
}

/// A row of the table: how it is written, what it means, and what it becomes.
struct Row<T> {
    template: &'static str,
    meaning: &'static str,
    make: fn(Vec<Slot>) -> Option<T>,
}

fn whole<T>(tokens: &[Token], row: &Row<T>) -> Option<T> {
    let mut cursor = Cursor::new(tokens);
    let slots = cursor.template(row.template)?;
    if cursor.is_done() {
        (row.make)(slots)
    } else {
        None
    }
}

fn prefix<T>(cursor: &mut Cursor<'_>, rows: &[Row<T>]) -> Option<T> {
    rows.iter().find_map(|row| {
        let mut ahead = *cursor;
        let made = (row.make)(ahead.template(row.template)?)?;
        *cursor = ahead;
        Some(made)
    })
}

fn subject(cursor: &mut Cursor<'_>) -> Option<Subject> {
    prefix(cursor, SUBJECTS)
}

fn test(cursor: &mut Cursor<'_>) -> Option<Test> {
    cursor.skip("that");
    cursor.skip("is");
    prefix(cursor, TESTS)
}

fn kind(cursor: &mut Cursor<'_>) -> Option<Kind> {
    if let Some(kind) = prefix(cursor, KINDS) {
        return Some(kind);
    }
    SHORT_WORDS.iter().find_map(|(one, many, tokens)| {
        (cursor.skip(one) || cursor.skip(many))
            .then(|| Kind(tokens.iter().map(|&token| token.to_owned()).collect()))
    })
}

/// A type token, such as `aws:s3/bucket:Bucket`; or a short word.
fn kind_of(text: &str) -> Option<Kind> {
    let known = SHORT_WORDS.iter().find(|(one, _, _)| *one == text);
    if let Some((_, _, tokens)) = known {
        return Some(Kind(tokens.iter().map(|&token| token.to_owned()).collect()));
    }
    let parts: Vec<&str> = text.split(':').collect();
    let plain = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
    };
    (parts.len() == 3 && parts.iter().all(plain)).then(|| Kind(vec![text.to_owned()]))
}

/// The vocabulary as Markdown, for the authors of scenarios.
#[must_use]
pub fn vocabulary() -> String {
    let mut text = String::from(INTRODUCTION);
    section(&mut text, "Steps", STEPS);
    section(&mut text, "`{subject}`", SUBJECTS);
    section(&mut text, "`{kind}`", KINDS);
    for (one, many, tokens) in SHORT_WORDS {
        line(&mut text, &format!("{one}` or `{many}"), &tokens.join(", "));
    }
    section(
        &mut text,
        "`{test}` (each also after `is`, `that` or `that is`)",
        TESTS,
    );
    text.push_str("\n## Other parts\n\n");
    for (name, meaning) in PARTS {
        line(&mut text, name, meaning);
    }
    text
}

fn section<T>(text: &mut String, title: &str, rows: &[Row<T>]) {
    text.extend(["\n## ", title, "\n\n"]);
    for row in rows {
        line(text, row.template, row.meaning);
    }
}

fn line(text: &mut String, form: &str, meaning: &str) {
    text.extend(["- `", form, "`: ", meaning, "\n"]);
}
