//! Which resources a waiver is about: a URN, or one with `*` for any text.
//!
//! INVARIANT: the stack is written out. A waiver for one stack never helps in another.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{NameError, Urn};

/// A URN in which `*` stands for any text, also none. Nothing else in it is special.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UrnPattern(String);

/// The text is not a pattern.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no URN.
    #[error(transparent)]
    Urn(#[from] NameError),
    /// It could be about another stack too.
    #[error("`{0}` must name its stack without `*`: `urn:pulumi:STACK::…`")]
    Stack(String),
}

impl UrnPattern {
    /// Takes a URN, or one with wildcards behind its stack.
    ///
    /// # Errors
    /// It is neither.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let urn = Urn::new(text)?;
        let pattern = Self(urn.as_str().to_owned());
        match pattern.stack() {
            Some(stack) if !stack.is_empty() && !stack.contains('*') => Ok(pattern),
            Some(_) | None => Err(Error::Stack(crate::names::excerpt(urn.as_str()))),
        }
    }

    /// The stack that its resources are of.
    #[must_use]
    pub fn stack(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("urn:pulumi:")?;
        rest.split_once("::").map(|(stack, _)| stack)
    }

    /// Whether its resources are all of one type, of one project: at most their names are left open.
    ///
    /// A name can hold any text, also one that looks like a type, so nothing before it may be a `*`.
    #[must_use]
    pub fn is_of_one_type(&self) -> bool {
        let mut parts = self.0.splitn(4, "::");
        let before: Vec<&str> = parts.by_ref().take(3).collect();
        let is_named = parts.next().is_some();
        is_named && before.iter().all(|part| !part.contains('*'))
    }

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is about this resource.
    #[must_use]
    pub fn matches(&self, urn: &Urn) -> bool {
        let mut pieces = self.0.split('*');
        let Some(mut rest) = pieces
            .next()
            .and_then(|first| urn.as_str().strip_prefix(first))
        else {
            return false;
        };
        let mut pieces: Vec<&str> = pieces.collect();
        let Some(last) = pieces.pop() else {
            return rest.is_empty();
        };
        for piece in pieces {
            // The first place is the best one: it leaves the most for what follows.
            match rest.split_once(piece) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl TryFrom<String> for UrnPattern {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl From<UrnPattern> for String {
    fn from(pattern: UrnPattern) -> Self {
        pattern.0
    }
}

impl std::str::FromStr for UrnPattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl fmt::Display for UrnPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_is_special() {
        let urn = |text: &str| Urn::new(text).unwrap();
        let bucket = urn("urn:pulumi:prod::site::aws:s3/bucket:Bucket::logs[0]");
        for yes in [
            "urn:pulumi:prod::site::aws:s3/bucket:Bucket::logs[0]",
            "urn:pulumi:prod::site::aws:s3/*::logs[0]",
            "urn:pulumi:prod::*",
            "urn:pulumi:prod::*::*::*",
            "urn:pulumi:prod::site::**bucket:Bucket::*",
        ] {
            assert!(UrnPattern::new(yes).unwrap().matches(&bucket), "{yes}");
        }
        for no in [
            "urn:pulumi:prod::site::aws:s3/bucket:Bucket::logs",
            "urn:pulumi:prod::site::aws:s3/bucket:Bucket::log?[0]",
            "urn:pulumi:prod::site::aws:s3/bucket:Bucket::logs[0-9]",
            "urn:pulumi:prod::*::logs",
            "urn:pulumi:dev::*",
            // The end may not use what a piece before it has used.
            "urn:pulumi:prod::*logs[0]*logs[0]",
        ] {
            assert!(!UrnPattern::new(no).unwrap().matches(&bucket), "{no}");
        }
    }

    #[test]
    fn what_leaves_the_type_open_is_not_of_one_type() {
        for (pattern, expect) in [
            ("urn:pulumi:prod::site::aws:s3/bucket:Bucket::logs", true),
            ("urn:pulumi:prod::site::aws:s3/bucket:Bucket::*", true),
            (
                "urn:pulumi:prod::site::a:b:C$aws:s3/bucket:Bucket::l*",
                true,
            ),
            ("urn:pulumi:prod::site::*$aws:s3/bucket:Bucket::logs", false),
            ("urn:pulumi:prod::*::aws:s3/bucket:Bucket::logs", false),
            ("urn:pulumi:prod::site::aws:s3/*::logs", false),
            ("urn:pulumi:prod::site::aws:s3/bucket:Bucket*", false),
            ("urn:pulumi:prod::*", false),
        ] {
            let found = UrnPattern::new(pattern).unwrap().is_of_one_type();
            assert_eq!(found, expect, "{pattern}");
        }
    }

    #[test]
    fn another_stack_is_never_meant() {
        for bad in [
            "urn:pulumi:*",
            "urn:pulumi:pr*d::site::*",
            "urn:pulumi:::*",
            "*",
            "AWS",
        ] {
            assert!(UrnPattern::new(bad).is_err(), "{bad}");
        }
    }
}
