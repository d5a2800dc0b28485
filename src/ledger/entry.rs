//! One line of the ledger: what kind of evidence, by whom, when, and the hash of its body.
//!
//! INVARIANT: an entry has one spelling, canonical JSON without a newline; [`Entry::parse`] refuses every other, an unknown key and a key
//! written twice. Nothing of the builder's or of a program's text is in an entry, only hashes, closed words and checked names.
//! It does not hold the evidence itself: that is an object of its own, named by its hash.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ledger::canonical;
use crate::names::{RunId, Sha256};

/// The version of the format that this crate reads and writes.
pub const VERSION: u8 = 1;

/// LIMIT: bytes of one entry; 64 parents of 67 bytes and the longest names need 5 KiB.
pub const LINE_BYTES_MAX: usize = 8 * 1024;

/// LIMIT: parents of one entry; a run has fewer entries than this unless it is retried without end.
pub const PARENTS_MAX: usize = 64;

/// What an entry is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A run began: stack, configuration, tools, limits.
    RunOpened,
    /// What was asked for.
    WorkOrder,
    /// The wall's proof of itself: what the sandbox answered to each forbidden attempt.
    Wall,
    /// A preview that the agent asked for while it worked.
    Check,
    /// How the agent's work ended, and what it used up.
    AgentReport,
    /// A tree that somebody proposes.
    Proposal,
    /// What the proposal would change.
    Preview,
    /// What the policies found.
    PolicyReport,
    /// What the holdouts found.
    HoldoutReport,
    /// What the gate decided, and why.
    Decision,
    /// A person's answer.
    Approval,
    /// Permission to apply one previewed plan, once.
    Clearance,
    /// The commit that holds the judged tree.
    Landing,
    /// The intent to change the world, written before it changes.
    ApplyStarted,
    /// What apply did, wholly or in part.
    Receipt,
    /// A person looked at an apply that did not finish.
    Acknowledgement,
    /// No decision could be made.
    Fault,
    /// A run ended.
    RunClosed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::RunOpened,
        Self::WorkOrder,
        Self::Wall,
        Self::Check,
        Self::AgentReport,
        Self::Proposal,
        Self::Preview,
        Self::PolicyReport,
        Self::HoldoutReport,
        Self::Decision,
        Self::Approval,
        Self::Clearance,
        Self::Landing,
        Self::ApplyStarted,
        Self::Receipt,
        Self::Acknowledgement,
        Self::Fault,
        Self::RunClosed,
    ];

    /// Whether it is a gate's result, which others must be able to verify: it carries a signed statement.
    #[must_use]
    pub const fn must_be_stated(self) -> bool {
        matches!(self, Self::Decision)
    }

    /// The word that stands in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunOpened => "run-opened",
            Self::WorkOrder => "work-order",
            Self::Wall => "wall",
            Self::Check => "check",
            Self::AgentReport => "agent-report",
            Self::Proposal => "proposal",
            Self::Preview => "preview",
            Self::PolicyReport => "policy-report",
            Self::HoldoutReport => "holdout-report",
            Self::Decision => "decision",
            Self::Approval => "approval",
            Self::Clearance => "clearance",
            Self::Landing => "landing",
            Self::ApplyStarted => "apply-started",
            Self::Receipt => "receipt",
            Self::Acknowledgement => "acknowledgement",
            Self::Fault => "fault",
            Self::RunClosed => "run-closed",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose evidence it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Actor {
    /// lightsout itself, around the stages.
    Supervisor,
    /// The agent, or who stands in for it.
    Builder,
    /// Who ran the preview.
    Previewer,
    /// Who judged: policies, holdouts, gate.
    Validator,
    /// Who changed the world.
    Applier,
    /// Somebody with a name.
    Person {
        /// As the tracker or the command line knows them.
        name: PersonName,
    },
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Supervisor => f.write_str("supervisor"),
            Self::Builder => f.write_str("builder"),
            Self::Previewer => f.write_str("previewer"),
            Self::Validator => f.write_str("validator"),
            Self::Applier => f.write_str("applier"),
            Self::Person { name } => f.write_str(name.as_str()),
        }
    }
}

/// A person's name in the ledger: 1 to 100 printable ASCII characters, because it stands in the signed line itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    /// Takes text that follows the grammar.
    ///
    /// # Errors
    /// The text does not follow it.
    pub fn new(text: impl Into<String>) -> Result<Self, PersonNameError> {
        let text = text.into();
        let good = (1..=100).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
            && text.trim() == text;
        if good {
            Ok(Self(text))
        } else {
            Err(PersonNameError(crate::names::excerpt(&text)))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonName {
    type Error = PersonNameError;

    fn try_from(text: String) -> Result<Self, PersonNameError> {
        Self::new(text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

/// Text that is not a person's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a person's name: it must be 1 to 100 printable ASCII characters without a space at either end"
)]
pub struct PersonNameError(String);

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The version of this format.
    pub v: u8,
    /// Its place, from 0, without gaps.
    pub seq: u64,
    /// When it was written, by the writer's clock.
    pub time: Timestamp,
    /// The run it belongs to.
    pub run: RunId,
    /// What it is evidence of.
    pub kind: Kind,
    /// Whose evidence it is.
    pub actor: Actor,
    /// SHA-256 of the body.
    pub body: Sha256,
    /// Bytes of the body.
    pub size: u64,
    /// Bodies of earlier entries of the same run, on which this one rests.
    pub parents: Vec<Sha256>,
    /// SHA-256 of the line before it (of the log's origin, for the first): shows which line was changed.
    pub prev: Sha256,
    /// SHA-256 of a DSSE envelope that states the same for verifiers that are not ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Sha256>,
}

/// A line that is not an entry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Longer than any entry may be.
    #[error("a line of {bytes} bytes is over the limit of {LINE_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not an entry of ours: broken JSON, an unknown key, a wrong type.
    #[error("the line is not an entry: {0}")]
    Json(#[from] serde_json::Error),
    /// No canonical form, or another spelling than it.
    #[error("the line is not canonical: {0}")]
    Canonical(#[from] canonical::Error),
    /// Written by another version.
    #[error("format version `{0}` is not known: this program reads version {VERSION}")]
    Version(u8),
    /// More parents than allowed.
    #[error("{0} parents are over the limit of {PARENTS_MAX}")]
    Parents(usize),
}

impl Entry {
    /// Reads one line, without its newline.
    ///
    /// # Errors
    /// The line is anything but the one spelling of an entry.
    pub fn parse(line: &[u8]) -> Result<Self, Error> {
        if line.len() > LINE_BYTES_MAX {
            return Err(Error::TooLong { bytes: line.len() });
        }
        let entry: Self = serde_json::from_slice(line)?;
        if entry.v != VERSION {
            return Err(Error::Version(entry.v));
        }
        if entry.to_line()? == line {
            Ok(entry)
        } else {
            Err(canonical::Error::Spelling.into())
        }
    }

    /// The entry's one spelling, without a newline.
    ///
    /// # Errors
    /// It is over a limit.
    pub fn to_line(&self) -> Result<Vec<u8>, Error> {
        if self.parents.len() > PARENTS_MAX {
            return Err(Error::Parents(self.parents.len()));
        }
        let line = canonical::to_bytes(self)?;
        if line.len() > LINE_BYTES_MAX {
            return Err(Error::TooLong { bytes: line.len() });
        }
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            v: VERSION,
            seq: 3,
            time: "2026-03-01T10:00:00.5Z".parse().unwrap(),
            run: RunId::new("run-1").unwrap(),
            kind: Kind::PolicyReport,
            actor: Actor::Validator,
            body: Sha256::of(b"body"),
            size: 4,
            parents: vec![Sha256::of(b"parent")],
            prev: Sha256::of(b"line"),
            statement: None,
        }
    }

    /// A change of this text is a change of the format: raise [`VERSION`].
    #[test]
    fn the_format() {
        let line = String::from_utf8(entry().to_line().unwrap()).unwrap();
        let hash = |text: &str| Sha256::of(text.as_bytes()).to_string();
        assert_eq!(
            line,
            format!(
                concat!(
                    r#"{{"actor":{{"role":"validator"}},"body":"{}","kind":"policy-report","parents":["{}"],"prev":"{}","#,
                    r#""run":"run-1","seq":3,"size":4,"time":"2026-03-01T10:00:00.5Z","v":1}}"#
                ),
                hash("body"),
                hash("parent"),
                hash("line")
            )
        );
        assert_eq!(Entry::parse(line.as_bytes()).unwrap(), entry());
    }

    #[test]
    fn every_kind_has_the_word_that_is_written() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
    }

    #[test]
    fn only_one_spelling_is_an_entry() {
        let line = String::from_utf8(entry().to_line().unwrap()).unwrap();
        let change = |from: &str, to: &str| {
            assert!(line.contains(from), "{from}");
            line.replacen(from, to, 1)
        };
        for bad in [
            change("{\"actor\"", "{ \"actor\""),
            change("\"v\":1", "\"v\":2"),
            change("\"v\":1", "\"v\":1.0"),
            change("\"v\":1", "\"v\":1,\"v\":1"),
            change("\"v\":1", "\"v\":1,\"w\":1"),
            change("\"v\":1", "\"statement\":null,\"v\":1"),
            change("00.5Z", "00.50Z"),
            change("10:00:00.5Z", "11:00:00.5+01:00"),
            change("policy-report", "policy-rapport"),
            change("validator\"", "validator\",\"x\":1"),
            change("\"run-1\"", "\"run\\u002d1\""),
            format!("{line}\n"),
            format!("{line}{line}"),
        ] {
            assert!(Entry::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        Entry::parse(line.as_bytes()).unwrap();
    }

    #[test]
    fn names_of_people_cannot_forge_a_line() {
        for bad in [
            "",
            "a\nb",
            "a\u{1b}[2J",
            "a\u{202e}b",
            " a",
            &"a".repeat(101),
        ] {
            assert!(PersonName::new(bad).is_err(), "{bad:?}");
        }
        PersonName::new("Ada \"quoted\" <ada@example.com>").unwrap();
    }

    #[test]
    fn limits_hold() {
        let mut long = entry();
        long.parents = vec![Sha256::of(b"p"); PARENTS_MAX];
        assert!(long.to_line().unwrap().len() < LINE_BYTES_MAX);
        long.parents.push(Sha256::of(b"p"));
        assert!(matches!(long.to_line(), Err(Error::Parents(_))));
        assert!(matches!(
            Entry::parse(&[b' '; LINE_BYTES_MAX + 1]),
            Err(Error::TooLong { .. })
        ));
    }
}
