//! A request's steps as they stand in its JSON, and the documents that rules see of them.
//!
//! Of a step only the names are read; everything else stays text until a rule mentions it. What a rule mentions is copied from
//! there to the policy, so a large preview costs what its rules look at.
//!
//! INVARIANT: what is copied is JSON of the request, or text that was quoted here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::error::TOO_MANY_STEPS;
use super::projection::{Member, Projection, Shown};
use super::subject::{PropertyPath, Stack, Subject, outcome};
use super::{Error, finding};
use crate::engine::wire::marks::UNKNOWNS;
use crate::names::{Urn, excerpt};

/// A request, its steps unread.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Steps<'a> {
    pub(super) stack: Stack,
    #[serde(default)]
    pub(super) now_ns: Option<i64>,
    #[serde(borrow, deserialize_with = "limited")]
    pub(super) subjects: Vec<Step<'a>>,
}

/// LIMIT: steps of one preview; the largest stacks that are known have some ten thousand resources.
const STEPS_MAX: usize = 200_000;

/// Reads steps up to the limit, and nothing of what is beyond.
fn limited<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Step<'de>>, D::Error> {
    struct Limited;
    impl<'de> Visitor<'de> for Limited {
        type Value = Vec<Step<'de>>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of steps")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut steps: A) -> Result<Self::Value, A::Error> {
            let mut read = Vec::new();
            while let Some(step) = steps.next_element()? {
                if read.len() == STEPS_MAX {
                    return Err(A::Error::custom(TOO_MANY_STEPS));
                }
                read.push(step);
            }
            Ok(read)
        }
    }
    deserializer.deserialize_seq(Limited)
}

/// One step of a preview, unread. The fields are those of [`Subject`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step<'a> {
    #[serde(borrow)]
    pub(super) urn: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) op: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) resource_type: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    provider: Option<&'a RawValue>,
    inputs: &'a RawValue,
    old_inputs: Option<&'a RawValue>,
    outputs: Option<&'a RawValue>,
    diff: &'a RawValue,
    unknown_paths: &'a RawValue,
    unknown_output_paths: &'a RawValue,
    unknown_old_paths: &'a RawValue,
    secret_paths: &'a RawValue,
    options: &'a RawValue,
    old_options: Option<&'a RawValue>,
}

impl<'a> Steps<'a> {
    /// Reads a request.
    pub(super) fn read(json: &'a [u8]) -> Result<Self, Error> {
        // Checked once for all: the parser then need not look at each text.
        let text = std::str::from_utf8(json)
            .map_err(|error| Error::Request(format!("it is not UTF-8: {error}")))?;
        serde_json::from_str(text).map_err(|error| {
            let why = error.to_string();
            // The parser adds a place, which says nothing.
            if why.starts_with(TOO_MANY_STEPS) {
                Error::Steps
            } else {
                Error::Request(why)
            }
        })
    }
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

    /// Whether it lists no unknown and no secret value.
    pub(super) fn is_plain(&self) -> bool {
        [
            self.unknown_paths,
            self.unknown_output_paths,
            self.unknown_old_paths,
            self.secret_paths,
        ]
        .iter()
        .all(|paths| paths.get() == "[]")
    }

    /// All of it, read.
    pub(super) fn subject(&self, urn: Urn) -> Result<Subject, Error> {
        fn read<T: for<'d> Deserialize<'d>>(
            urn: &Urn,
            what: &str,
            json: &RawValue,
        ) -> Result<T, Error> {
            serde_json::from_str(json.get()).map_err(|error| Error::Subject {
                urn: urn.clone(),
                why: format!("`{what}` cannot be read: {error}"),
            })
        }
        let value = |what: &str, json: Option<&RawValue>| {
            json.map(|json| read(&urn, what, json)).transpose()
        };
        let options = |json| read(&urn, "options", json);
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
            options: options(self.options)?,
            old_options: self.old_options.map(options).transpose()?,
            urn,
        };
        Ok(subject.with_sentinels())
    }

    /// Its lists of unknown and secret places, read.
    pub(super) fn lists(&self, urn: &Urn) -> Result<Lists, Error> {
        let read = |what: &str, json: &RawValue| {
            serde_json::from_str(json.get()).map_err(|error| Error::Subject {
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
        let json = |json: Option<&'s RawValue>| Source::Json(json.map_or("null", RawValue::get));
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
    let is_plain = |byte: &u8| *byte >= 0x20 && !matches!(byte, b'"' | b'\\');
    if text.as_bytes().iter().all(is_plain) {
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
            let mut deserializer = serde_json::Deserializer::from_str(json);
            let members = Members { keys, out };
            // It was read as JSON before; were it none, the whole text goes to the policy, whose parser refuses it.
            if deserializer.deserialize_map(members).is_err() {
                out.truncate(begin);
                out.extend_from_slice(json.as_bytes());
            }
        }
        Shown::Whole | Shown::Keys(_) => out.extend_from_slice(json.as_bytes()),
    }
}

/// Copies some members of an object.
struct Members<'k> {
    keys: &'k BTreeSet<String>,
    out: &'k mut Vec<u8>,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.out.push(b'{');
        let mut is_first = true;
        while let Some(key) = map.next_key_seed(Wanted(self.keys))? {
            let Some(key) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if !is_first {
                self.out.push(b',');
            }
            is_first = false;
            let quoted = serde_json::Value::from(key).to_string();
            self.out.extend_from_slice(quoted.as_bytes());
            self.out.push(b':');
            let value: &RawValue = map.next_value()?;
            self.out.extend_from_slice(value.get().as_bytes());
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// Reads a key, and says which of the wanted ones it is.
struct Wanted<'k>(&'k BTreeSet<String>);

impl<'de, 'k> DeserializeSeed<'de> for Wanted<'k> {
    type Value = Option<&'k str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'k> Visitor<'_> for Wanted<'k> {
    type Value = Option<&'k str>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.get(key).map(String::as_str))
    }
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
