//! Waivers: signed exceptions from rules, as data.
//!
//! A file of waivers is one C2SP signed note after the other, with empty lines between them. Each note is four lines:
//!
//! ```text
//! lightsout waiver 1
//! {"approved_by":"Bo","expires":"…","issued":"…","owner":"web-team","reason":"…","rule":"AWS-S3-001","urn":"urn:pulumi:prod::…"}
//!
//! — security 1a2b3c…
//! ```
//!
//! INVARIANT: a [`Waiver`] that was read was signed by one of the given keys, has one spelling (RFC 8785), an owner, a reason, and an end at most
//! 90 days after its beginning. A file with anything else in it is an error as a whole: what is misspelt must not be left out silently.
//! INVARIANT: nothing here asks for the time; it is given, and stands in the evidence.
//! It does not know which waivers somebody took out of the file: the file is read from the base commit, whose owners are its guards.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signed_note::{Note, Verifier, VerifierList};

use crate::ledger::{Key, PersonName, VerifierKey, canonical};
use crate::names::{RuleId, Sha256};
use crate::pipeline::policy::rule::Severity;

mod apply;
mod pattern;

pub use apply::{PACK, Waived};
pub use pattern::UrnPattern;

/// LIMIT: bytes of a file of waivers.
pub const WAIVERS_BYTES_MAX: u64 = 512 * 1024;
/// LIMIT: waivers of one file.
const WAIVERS_MAX: usize = 1000;
/// LIMIT: characters of a reason.
const REASON_CHARS_MAX: usize = 500;
/// LIMIT: days between a waiver's beginning and its end. Longer exceptions are rules of their own, and belong into the pack.
pub const DAYS_MAX: u32 = 90;

/// The first line of every note, so that no other signed note can be taken for a waiver.
const HEADER: &str = "lightsout waiver 1";

/// One exception: this rule does not refuse these resources until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The rule.
    pub rule: RuleId,
    /// The resources.
    pub urn: UrnPattern,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: PersonName,
    /// Who else agreed; for rules that are critical it must be somebody other than the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<PersonName>,
    /// From when.
    pub issued: Timestamp,
    /// Until when.
    pub expires: Timestamp,
}

/// A waiver with what it is named by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What was signed.
    pub waiver: Waiver,
    /// Hash of the signed text.
    pub hash: Sha256,
    /// The whole note.
    note: String,
}

/// The waivers of a stack.
#[derive(Debug, Default)]
pub struct Waivers {
    hash: Option<Sha256>,
    list: Vec<Signed>,
}

/// Why a file of waivers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file as a whole.
    #[error("reading the waivers in `{file}`: {why}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// One of them.
    #[error("reading the waivers in `{file}`: waiver {number}, which begins in line {line}: {why}")]
    Waiver {
        /// The file.
        file: String,
        /// Which, from 1.
        number: usize,
        /// Its first line, from 1.
        line: usize,
        /// What is wrong with it, and what to do.
        why: String,
    },
}

/// What is wrong with one waiver, and what to do.
type Complaint = String;

impl Waiver {
    /// Checks what its types do not say.
    ///
    /// # Errors
    /// Its reason is none, or its time is too long or none.
    pub fn check(&self) -> Result<(), Complaint> {
        // Reports show it: letters of any script, but nothing that hides or turns text around.
        let is_shown = |c: char| c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
        let chars = self.reason.chars().count();
        if self.reason.trim().is_empty() || chars > REASON_CHARS_MAX {
            return Err(format!(
                "`reason` must say why, in 1 to {REASON_CHARS_MAX} characters"
            ));
        }
        if !self.reason.chars().all(is_shown) {
            return Err(
                "`reason` must be one line of letters, digits, spaces and ASCII punctuation"
                    .to_owned(),
            );
        }
        let longest = SignedDuration::from_hours(i64::from(DAYS_MAX) * 24);
        let span = self.expires.duration_since(self.issued);
        if span <= SignedDuration::ZERO {
            return Err("`expires` must be after `issued`".to_owned());
        }
        if span > longest {
            return Err(format!(
                "`expires` must be at most {DAYS_MAX} days after `issued`; waive again when it ends"
            ));
        }
        Ok(())
    }

    /// Whether somebody other than the owner agreed, as far as names tell.
    ///
    /// LIMIT: whoever holds the key writes the name, and nobody proves that it is somebody's.
    fn has_second_person(&self) -> bool {
        let letters = |name: &PersonName| {
            let letters = name.as_str().chars().filter(char::is_ascii_alphanumeric);
            letters.map(|c| c.to_ascii_lowercase()).collect::<String>()
        };
        let other = self.approved_by.as_ref().map(letters);
        other.is_some_and(|other| !other.is_empty() && other != letters(&self.owner))
    }

    /// What a rule of this severity demands of a waiver and this one has not.
    #[must_use]
    pub fn lacks(&self, severity: Severity) -> Option<Lack> {
        if severity >= Severity::Critical && !self.has_second_person() {
            Some(Lack::SecondPerson)
        } else if severity >= Severity::High && !self.urn.is_of_one_type() {
            Some(Lack::OneType)
        } else {
            None
        }
    }

    /// Whether it counts at a time.
    #[must_use]
    pub fn is_in_time(&self, at: Timestamp) -> bool {
        self.issued <= at && at < self.expires
    }
}

/// Why a waiver does not count for a rule, however it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Nobody but the owner agreed, and the rule is critical.
    SecondPerson,
    /// It is for more than resources of one type, and the rule is critical or high.
    OneType,
}

impl Signed {
    /// Signs a waiver.
    ///
    /// # Errors
    /// It is not one, or cannot be signed.
    pub fn new(waiver: Waiver, key: &Key) -> Result<Self, Complaint> {
        waiver.check()?;
        let wrong = |error: &dyn std::error::Error| format!("signing the waiver: {error}");
        let body = canonical::to_bytes(&waiver).map_err(|error| wrong(&error))?;
        let text = [HEADER.as_bytes(), b"\n", &body, b"\n"].concat();
        let mut note = Note::new(&text, &[]).map_err(|error| wrong(&error))?;
        note.add_sigs(&[key]).map_err(|error| wrong(&error))?;
        let note = String::from_utf8(note.to_bytes()).map_err(|error| wrong(&error))?;
        let hash = Sha256::of(&text);
        Ok(Self { waiver, hash, note })
    }

    fn open(lines: [&str; 4], keys: &VerifierList) -> Result<Self, Complaint> {
        let [header, body, empty, signature] = lines;
        if header != HEADER {
            return Err(format!("its first line must be `{HEADER}`"));
        }
        if !empty.is_empty() || signature.is_empty() {
            return Err(
                "it must be four lines: the head, the waiver as JSON, an empty one, one signature; `lightsout policy waive` writes them"
                    .to_owned(),
            );
        }
        let note = format!("{header}\n{body}\n\n{signature}\n");
        let signed = Note::from_bytes(note.as_bytes())
            .map_err(|_| "its last line is no signature of a signed note".to_owned())?;
        signed
            .verify(keys)
            .map_err(|error| format!("no key of `waivers.keys` has signed it: {error}"))?;
        let hash = Sha256::of(signed.text());
        canonical::check(body.as_bytes())
            .map_err(|error| format!("its JSON is not canonical: {error}"))?;
        let waiver: Waiver =
            serde_json::from_str(body).map_err(|error| format!("it is no waiver: {error}"))?;
        waiver.check()?;
        Ok(Self { waiver, hash, note })
    }
}

impl Waivers {
    /// Reads a file of waivers.
    ///
    /// # Errors
    /// Something in it is not a waiver that one of the keys has signed.
    pub fn read(file: &str, bytes: &[u8], keys: &[VerifierKey]) -> Result<Self, Error> {
        let refuse = |why: String| Error::File {
            file: file.to_owned(),
            why,
        };
        if bytes.len() as u64 > WAIVERS_BYTES_MAX {
            let max = WAIVERS_BYTES_MAX >> 10;
            return Err(refuse(format!("it is larger than {max} KiB")));
        }
        let text = str::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8 text".to_owned()))?;
        let boxed = |key: &VerifierKey| Box::new(key.clone()) as Box<dyn Verifier>;
        let keys = VerifierList::new(keys.iter().map(boxed).collect());
        let mut list: Vec<Signed> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut lines = (1_usize..).zip(text.lines());
        while let Some((line, first)) = lines.next() {
            if first.is_empty() {
                continue;
            }
            let number = list.len().saturating_add(1);
            let wrong = |why: String| Error::Waiver {
                file: file.to_owned(),
                number,
                line,
                why,
            };
            if number > WAIVERS_MAX {
                return Err(refuse(format!("it holds more than {WAIVERS_MAX} waivers")));
            }
            let mut next = || lines.next().map_or("", |(_, line)| line);
            let signed = Signed::open([first, next(), next(), next()], &keys).map_err(wrong)?;
            if !seen.insert(signed.hash) {
                return Err(wrong("it is there twice; remove one".to_owned()));
            }
            list.push(signed);
        }
        Ok(Self {
            hash: Some(Sha256::of(bytes)),
            list,
        })
    }

    /// Hash of the file; nothing without one.
    #[must_use]
    pub const fn hash(&self) -> Option<Sha256> {
        self.hash
    }

    /// The waivers, in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = &Signed> {
        self.list.iter()
    }

    /// Adds a waiver, in place of those of the same rule and resources.
    pub fn put(&mut self, signed: Signed) {
        let is_other = |other: &Signed| {
            other.waiver.rule != signed.waiver.rule || other.waiver.urn != signed.waiver.urn
        };
        self.list.retain(is_other);
        self.list.push(signed);
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let notes: Vec<&str> = self
            .list
            .iter()
            .map(|signed| signed.note.as_str())
            .collect();
        notes.join("\n")
    }
}

#[cfg(test)]
mod tests;
