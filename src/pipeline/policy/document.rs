//! A request's steps as they stand in its JSON, and the documents that rules see of them.
//!
//! Of a step only the names are read; everything else stays text until a rule mentions it. What a rule mentions is copied from
//! there to the policy, so a large preview costs what its rules look at.
//!
//! INVARIANT: what is copied is JSON of the request, or text that was quoted here.

mod read;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;

use super::projection::{Member, Projection, Shown};
use super::scan::{self, Scanner};
use super::subject::{PropertyPath, Stack, Subject, outcome};
use super::{Error, finding};
use crate::engine::wire::marks::UNKNOWNS;
use crate::names::{Urn, excerpt};
use read::{Unread, decoded};

/// A request, its steps unread.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    pub(super) stack: Stack,
    pub(super) now_ns: Option<i64>,
    pub(super) subjects: Vec<Step<'a>>,
}

/// One step of a preview, unread: JSON but for its names. The fields are those of [`Subject`].
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) urn: Cow<'a, str>,
    pub(super) op: Cow<'a, str>,
    pub(super) resource_type: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    provider: Option<&'a str>,
    inputs: &'a str,
    old_inputs: Option<&'a str>,
    outputs: Option<&'a str>,
    diff: &'a str,
    unknown_paths: &'a str,
    unknown_output_paths: &'a str,
    unknown_old_paths: &'a str,
    secret_paths: &'a str,
    options: &'a str,
    old_options: Option<&'a str>,
    /// Whether it lists no unknown and no secret value.
    pub(super) is_plain: bool,
}

impl Step<'_> {
    /// The resource, checked: its name, its operation and its type are Pulumi's, and fit each other.
    pub(super) fn check(&self) -> Result<Urn, Error> {
        let urn = Urn::new(&*self.urn).map_err(|error| Error::Request(error.to_string()))?;
        let refuse = |why: String| Error::Subject {
            urn: urn.clone(),
            why,
        };
        if outcome(&self.op).is_none() {
            let op = excerpt(&self.op);
            return Err(refuse(format!("`{op}` is not an operation of Pulumi's")));
        }
        if self.resource_type != urn.resource_type() {
            let given = excerpt(&self.resource_type);
            return Err(refuse(format!("its URN does not carry the type `{given}`")));
        }
        Ok(urn)
    }

    /// All of it, read.
    pub(super) fn subject(&self, urn: Urn) -> Result<Subject, Error> {
        fn read<T: for<'d> Deserialize<'d>>(urn: &Urn, what: &str, json: &str) -> Result<T, Error> {
            serde_json::from_str(json).map_err(|error| Error::Subject {
                urn: urn.clone(),
                why: format!("`{what}` cannot be read: {error}"),
            })
        }
        let value =
            |what: &str, json: Option<&str>| json.map(|json| read(&urn, what, json)).transpose();
        let subject = Subject {
            op: self.op.clone().into_owned(),
            resource_type: self.resource_type.clone().into_owned(),
            name: self.name.clone().into_owned(),
            provider: (self.provider)
                .map(|json| read(&urn, "provider", json))
                .transpose()?,
            inputs: read(&urn, "inputs", self.inputs)?,
            old_inputs: value("old_inputs", self.old_inputs)?,
            outputs: value("outputs", self.outputs)?,
            diff: read(&urn, "diff", self.diff)?,
            unknown_paths: read(&urn, "unknown_paths", self.unknown_paths)?,
            unknown_output_paths: read(&urn, "unknown_output_paths", self.unknown_output_paths)?,
            unknown_old_paths: read(&urn, "unknown_old_paths", self.unknown_old_paths)?,
            secret_paths: read(&urn, "secret_paths", self.secret_paths)?,
            options: read(&urn, "options", self.options)?,
            old_options: (self.old_options)
                .map(|json| read(&urn, "old_options", json))
                .transpose()?,
            urn,
        };
        Ok(subject.with_sentinels())
    }

    /// Its lists of unknown and secret places, read.
    pub(super) fn lists(&self, urn: &Urn) -> Result<Lists, Error> {
        let read = |what: &str, json: &str| {
            serde_json::from_str(json).map_err(|error| Error::Subject {
                urn: urn.clone(),
                why: format!("`{what}` cannot be read: {error}"),
            })
        };
        Ok(Lists {
            unknown: read("unknown_paths", self.unknown_paths)?,
            unknown_output: read("unknown_output_paths", self.unknown_output_paths)?,
            unknown_old: read("unknown_old_paths", self.unknown_old_paths)?,
            secret: read("secret_paths", self.secret_paths)?,
        })
    }

    /// How findings name it.
    pub(super) fn place<'s>(&'s self, urn: &'s Urn) -> finding::Place<'s> {
        finding::Place {
            urn,
            name: &self.name,
            resource_type: &self.resource_type,
            secrets: &[],
        }
    }

    fn source<'s>(&'s self, member: Member, stack: &'s str, params: &'s str) -> Source<'s> {
        let json = |json: Option<&'s str>| Source::Json(json.unwrap_or("null"));
        match member {
            Member::Urn => Source::Text(&self.urn),
            Member::Op => Source::Text(&self.op),
            Member::Type => Source::Text(&self.resource_type),
            Member::Name => Source::Text(&self.name),
            Member::Provider => json(self.provider),
            Member::Inputs => json(Some(self.inputs)),
            Member::OldInputs => json(self.old_inputs),
            Member::Outputs => json(self.outputs),
            Member::Diff => json(Some(self.diff)),
            Member::UnknownPaths => json(Some(self.unknown_paths)),
            Member::UnknownOutputPaths => json(Some(self.unknown_output_paths)),
            Member::UnknownOldPaths => json(Some(self.unknown_old_paths)),
            Member::SecretPaths => json(Some(self.secret_paths)),
            Member::Options => json(Some(self.options)),
            Member::OldOptions => json(self.old_options),
            Member::Stack => Source::Json(stack),
            Member::Params => Source::Json(params),
        }
    }

    /// Writes what a projection shows of it, with these texts in the places of `stack` and `params`.
    pub(super) fn write(&self, shown: &Projection, stack: &str, params: &str, out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, (key, member, shown)) in shown.members().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.push(b'"');
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            match self.source(member, stack, params) {
                Source::Text(text) => quote(text, out),
                Source::Json(json) => cut(json, shown, out),
            }
        }
        out.push(b'}');
    }
}

/// Where a member of a document comes from.
enum Source<'s> {
    Text(&'s str),
    Json(&'s str),
}

/// Writes a text in JSON's quotes.
fn quote(text: &str, out: &mut Vec<u8>) {
    if scan::plain(text.as_bytes()) == text.len() {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
}

/// Copies a value, of an object only what is shown.
fn cut(json: &str, shown: &Shown, out: &mut Vec<u8>) {
    let begin = out.len();
    match shown {
        Shown::Keys(keys) if json.starts_with('{') => {
            // It was scanned as JSON before; were it none, the whole text goes to the policy, whose parser refuses it.
            if members(json, keys, out).is_err() {
                out.truncate(begin);
                out.extend_from_slice(json.as_bytes());
            }
        }
        Shown::Whole | Shown::Keys(_) => out.extend_from_slice(json.as_bytes()),
    }
}

/// Copies some members of an object.
fn members(json: &str, keys: &BTreeSet<String>, out: &mut Vec<u8>) -> Result<(), Unread> {
    out.push(b'{');
    let mut is_first = true;
    Scanner::new(json)
        .object(|scanner, key| {
            let value = scanner.value()?;
            if keys.contains(&*decoded(key)?) {
                if !is_first {
                    out.push(b',');
                }
                is_first = false;
                out.push(b'"');
                out.extend_from_slice(key.as_bytes());
                out.extend_from_slice(b"\":");
                out.extend_from_slice(value.as_bytes());
            }
            Ok(())
        })
        .map(|()| out.push(b'}'))
}

/// Where a step's values are unknown or secret.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) unknown: Vec<PropertyPath>,
    pub(super) unknown_output: Vec<PropertyPath>,
    pub(super) unknown_old: Vec<PropertyPath>,
    pub(super) secret: Vec<PropertyPath>,
}

/// Whether a document may hold a mark of Pulumi's for an unknown value. An escaped character may hide one.
pub(super) fn may_hold_sentinel(document: &[u8]) -> bool {
    use std::sync::LazyLock;

    use memchr::memmem::Finder;
    static FINDERS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
        let marks = UNKNOWNS.iter().copied().chain(["\\u"]);
        marks.map(|mark| Finder::new(mark.as_bytes())).collect()
    });
    FINDERS.iter().any(|finder| finder.find(document).is_some())
}
