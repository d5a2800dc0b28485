//! A request's text, taken apart into its steps.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Step, Steps};
use crate::names::excerpt;
use crate::pipeline::policy::Error;
use crate::pipeline::policy::scan::{Malformed, Scanner};

/// LIMIT: steps of one preview; the largest stacks that are known have some ten thousand resources.
const STEPS_MAX: usize = 200_000;

/// Why a request cannot be read.
#[derive(Debug)]
pub(super) enum Unread {
    At(Malformed),
    Says(String),
    /// It has too many steps.
    Steps,
}

impl From<Malformed> for Unread {
    fn from(malformed: Malformed) -> Self {
        Self::At(malformed)
    }
}

impl<'a> Steps<'a> {
    /// Reads a request.
    pub(in super::super) fn read(json: &'a [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(json)
            .map_err(|error| Error::Request(format!("it is not UTF-8: {error}")))?;
        Self::scan(text).map_err(|why| match why {
            Unread::Steps => Error::Steps,
            Unread::Says(why) => Error::Request(why),
            Unread::At(Malformed { at }) => {
                let before = json.get(..at).unwrap_or(json);
                let lines = before.split(|byte| *byte == b'\n');
                let column = lines.clone().next_back().map_or(0, <[u8]>::len);
                let (line, column) = (lines.count(), column.saturating_add(1));
                Error::Request(format!("it is not JSON at line {line} column {column}"))
            }
        })
    }

    fn scan(text: &'a str) -> Result<Self, Unread> {
        let (mut stack, mut now_ns, mut subjects) = (None, None, None);
        let mut scanner = Scanner::new(text);
        scanner.object(|scanner, key| {
            let is_again = match &*decoded(key)? {
                "stack" => stack
                    .replace(of_serde("stack", scanner.value()?)?)
                    .is_some(),
                "now_ns" => now_ns
                    .replace(of_serde("now_ns", scanner.value()?)?)
                    .is_some(),
                "subjects" => subjects.replace(steps(scanner)?).is_some(),
                other => return Err(Unread::Says(format!("unknown field `{}`", excerpt(other)))),
            };
            if is_again {
                return Err(Unread::Says(format!("duplicate field `{key}`")));
            }
            Ok(())
        })?;
        scanner.end()?;
        Ok(Self {
            stack: stack.ok_or_else(|| missing("stack"))?,
            now_ns: now_ns.flatten(),
            subjects: subjects.ok_or_else(|| missing("subjects"))?,
        })
    }
}

fn missing(field: &str) -> Unread {
    Unread::Says(format!("missing field `{field}`"))
}

fn of_serde<T: for<'d> Deserialize<'d>>(what: &str, json: &str) -> Result<T, Unread> {
    serde_json::from_str(json)
        .map_err(|error| Unread::Says(format!("`{what}` cannot be read: {error}")))
}

/// What a text says that stood between quotes.
pub(super) fn decoded(text: &str) -> Result<Cow<'_, str>, Unread> {
    if text.contains('\\') {
        of_serde("a text", &format!("\"{text}\"")).map(Cow::Owned)
    } else {
        Ok(Cow::Borrowed(text))
    }
}

/// Reads steps up to the limit, and nothing of what is beyond.
fn steps<'a>(scanner: &mut Scanner<'a>) -> Result<Vec<Step<'a>>, Unread> {
    let mut read = Vec::new();
    scanner.array(|scanner| {
        if read.len() == STEPS_MAX {
            return Err(Unread::Steps);
        }
        read.push(step(scanner)?);
        Ok(())
    })?;
    Ok(read)
}

/// The fields of a step, in the order in which we write them.
const FIELDS: [&str; 15] = [
    "urn",
    "op",
    "type",
    "name",
    "provider",
    "inputs",
    "old_inputs",
    "outputs",
    "diff",
    "unknown_paths",
    "unknown_output_paths",
    "unknown_old_paths",
    "secret_paths",
    "options",
    "old_options",
];

fn step<'a>(scanner: &mut Scanner<'a>) -> Result<Step<'a>, Unread> {
    let mut values: [Option<&'a str>; FIELDS.len()] = [None; FIELDS.len()];
    let mut next = 0usize;
    scanner.object(|scanner, key| {
        let at = if FIELDS.get(next).is_some_and(|expected| *expected == key) {
            Some(next)
        } else {
            let key = decoded(key)?;
            FIELDS.iter().position(|field| *field == key)
        };
        let Some((at, value)) = at.and_then(|at| Some((at, values.get_mut(at)?))) else {
            return Err(Unread::Says(format!(
                "unknown field `{}` of a step",
                excerpt(key)
            )));
        };
        if value.replace(scanner.value()?).is_some() {
            return Err(Unread::Says(format!("duplicate field `{key}` of a step")));
        }
        next = at.saturating_add(1);
        Ok(())
    })?;
    let [
        urn,
        op,
        resource_type,
        name,
        provider,
        inputs,
        old_inputs,
        outputs,
        diff,
        rest @ ..,
    ] = values;
    let [
        unknown,
        unknown_output,
        unknown_old,
        secret,
        options,
        old_options,
    ] = rest;
    let needed = |name: &str, value: Option<&'a str>| {
        value.ok_or_else(|| Unread::Says(format!("missing field `{name}` of a step")))
    };
    let text = |name: &str, value: Option<&'a str>| {
        let value = needed(name, value)?;
        let inner = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        decoded(inner.ok_or_else(|| Unread::Says(format!("`{name}` of a step is not a text")))?)
    };
    let lists = [unknown, unknown_output, unknown_old, secret];
    Ok(Step {
        urn: text("urn", urn)?,
        op: text("op", op)?,
        resource_type: text("type", resource_type)?,
        name: text("name", name)?,
        provider: or_null(provider),
        inputs: needed("inputs", inputs)?,
        old_inputs: or_null(old_inputs),
        outputs: or_null(outputs),
        diff: needed("diff", diff)?,
        unknown_paths: needed("unknown_paths", unknown)?,
        unknown_output_paths: needed("unknown_output_paths", unknown_output)?,
        unknown_old_paths: needed("unknown_old_paths", unknown_old)?,
        secret_paths: needed("secret_paths", secret)?,
        options: needed("options", options)?,
        old_options: or_null(old_options),
        is_plain: lists.iter().all(|list| *list == Some("[]")),
    })
}

fn or_null(json: Option<&str>) -> Option<&str> {
    json.filter(|json| *json != "null")
}
