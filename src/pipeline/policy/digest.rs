//! A preview that somebody else made, as rules see it: a request as written down, or what `pulumi preview --json` prints.
//!
//! INVARIANT: what the digest does not hold is unknown. Pulumi prints a secret as the text `[secret]` and a value that it does not know as one of
//! its sentinels; both become null, and their place is listed as not known. Outputs that it leaves out are not known either, and none are that an
//! operation computes: a resource that stays the same has those of its old state.
//! INVARIANT: a preview that failed, or that lacks a step or a state that it counts, is an error.
//!
//! A digest says less than the previews that lightsout makes: nothing of the options that the program asked for and the engine has not yet
//! taken over. A run judges its own.

mod bag;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::subject::{
    Difference, OldOptions, Options, Outcome, PathSegment, PropertyPath, Request, Stack, Subject,
    outcome,
};
use crate::names::{StackName, Urn, excerpt};
use bag::{Bag, Bags};

/// LIMIT: bytes of a preview: a hundred thousand resources.
pub const BYTES_MAX: u64 = 256 << 20;

/// Why a text is not a preview.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not JSON, or not of either form.
    #[error("line {line}, column {column}: {why}")]
    Json {
        /// Counted from 1, of the whole text.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// It is JSON of another kind.
    #[error(
        "it is neither what `pulumi preview --json` prints (`steps`) nor a request of policies (`subjects`)"
    )]
    NeitherForm,
    /// The engine did not finish, or was not sure.
    #[error("the preview did not succeed: {0}")]
    Failed(String),
    /// A step cannot be judged.
    #[error("step {step} of `{urn}`: {why}")]
    Step {
        /// Counted from 1.
        step: usize,
        /// The resource.
        urn: Urn,
        /// What is wrong.
        why: String,
    },
    /// It counts more than it holds.
    #[error("it counts {counted} of `{op}` and holds {held}: steps were left out")]
    LeftOut {
        /// The operation.
        op: String,
        /// By its own summary.
        counted: u64,
        /// In its steps.
        held: u64,
    },
    /// It does not show both halves of a replacement.
    #[error(
        "it replaces resources and does not show what is deleted: make it with `pulumi preview --json --show-sames --show-replacement-steps`"
    )]
    Halves,
    /// Nothing says which stack it is of.
    #[error(
        "it has no step, so that nothing says which stack it is of: name it with `--stack PROJECT/NAME`"
    )]
    NoStack,
}

/// A preview for the policies.
#[derive(Debug)]
pub struct Read {
    /// What is judged.
    pub request: Request,
    /// Unchanged resources that the preview counts and does not show.
    pub sames_left_out: u64,
}

#[derive(Deserialize)]
struct Probe {
    subjects: Option<IgnoredAny>,
    steps: Option<IgnoredAny>,
    #[serde(rename = "changeSummary")]
    change_summary: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Digest {
    #[serde(default)]
    steps: Vec<Step>,
    change_summary: Option<BTreeMap<String, u64>>,
    #[serde(default)]
    diagnostics: Vec<Diagnostic>,
    #[serde(default)]
    maybe_corrupt: bool,
}

#[derive(Deserialize)]
struct Diagnostic {
    severity: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    op: String,
    urn: Urn,
    provider: Option<String>,
    old_state: Option<State>,
    new_state: Option<State>,
    #[serde(default)]
    diff_reasons: Option<Vec<String>>,
    #[serde(default)]
    detailed_diff: Option<BTreeMap<String, PropertyDiff>>,
}

#[derive(Deserialize)]
struct PropertyDiff {
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    inputs: Option<BTreeMap<String, Value>>,
    outputs: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    protect: bool,
    #[serde(default)]
    retain_on_delete: bool,
    #[serde(default)]
    ignore_changes: Option<Vec<String>>,
}

/// Reads a preview of either form; `stack` is used where the preview does not name its own.
///
/// # Errors
/// It is none, or not a whole one.
pub fn read(text: &[u8], stack: Option<Stack>) -> Result<Read, Error> {
    let (text, lines_before) = json(text);
    let wrong = |error: serde_json::Error| Error::Json {
        line: error.line().saturating_add(lines_before),
        column: error.column(),
        why: without_place(&error),
    };
    let probe: Probe = serde_json::from_slice(text).map_err(wrong)?;
    match (
        probe.subjects,
        probe.steps.is_some() || probe.change_summary.is_some(),
    ) {
        (Some(_), false) => {
            let mut request: Request = serde_json::from_slice(text).map_err(wrong)?;
            request.stack = stack.unwrap_or(request.stack);
            Ok(Read {
                request,
                sames_left_out: 0,
            })
        }
        (None, true) => of_digest(serde_json::from_slice(text).map_err(wrong)?, stack),
        (Some(_), true) | (None, false) => Err(Error::NeitherForm),
    }
}

/// Whether a text begins as a request does: only what rules mention of it need be read.
#[must_use]
pub fn is_request(text: &[u8]) -> bool {
    let begin = text.get(..64).unwrap_or(text);
    let begin: Vec<u8> = begin
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    [&br#"{"stack":"#[..], br#"{"subjects":"#]
        .into_iter()
        .any(|form| begin.starts_with(form))
}

/// The name of the stack that a request is of.
#[must_use]
pub fn stack_name(text: &[u8]) -> Option<StackName> {
    #[derive(Deserialize)]
    struct Only {
        stack: Stack,
    }
    let only: Result<Only, _> = serde_json::from_slice(text);
    only.map_or(None, |only| Some(only.stack.name))
}

/// The JSON in what a terminal showed: it begins with the first line that begins with a brace. And how many lines are before it.
fn json(text: &[u8]) -> (&[u8], usize) {
    let mut rest = text;
    let mut lines = 0;
    loop {
        if rest.first() == Some(&b'{') {
            return (rest, lines);
        }
        match rest
            .iter()
            .position(|byte| *byte == b'\n')
            .and_then(|end| rest.get(end + 1..))
        {
            Some(next) => (rest, lines) = (next, lines + 1),
            None => return (text, 0),
        }
    }
}

/// Its words without the place, which is said in words of our own.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text.get(..end).unwrap_or("").to_owned()
}

fn of_digest(digest: Digest, stack: Option<Stack>) -> Result<Read, Error> {
    if digest.maybe_corrupt {
        return Err(Error::Failed(
            "the engine's state may be corrupt".to_owned(),
        ));
    }
    let mut said = digest.diagnostics.iter();
    if let Some(error) = said.find(|diagnostic| diagnostic.severity == "error") {
        return Err(Error::Failed(excerpt(error.message.trim())));
    }
    let sames_left_out = left_out(&digest)?;
    let stack = match (stack, digest.steps.first()) {
        (Some(stack), _) => stack,
        (None, Some(step)) => stack_of(&step.urn).ok_or_else(|| Error::Step {
            step: 1,
            urn: step.urn.clone(),
            why: "its URN names no stack".to_owned(),
        })?,
        (None, None) => return Err(Error::NoStack),
    };
    let mut subjects = Vec::with_capacity(digest.steps.len());
    for (at, step) in (1..).zip(digest.steps) {
        let urn = step.urn.clone();
        let refuse = |why| Error::Step { step: at, urn, why };
        subjects.push(subject(step).map_err(refuse)?);
    }
    Ok(Read {
        request: Request {
            stack,
            now_ns: None,
            subjects,
        },
        sames_left_out,
    })
}

/// How many unchanged resources the digest counts and does not hold. Anything else that it lacks is an error.
fn left_out(digest: &Digest) -> Result<u64, Error> {
    let held = |op: &str| {
        let held = digest.steps.iter().filter(|step| step.op == op);
        u64::try_from(held.count()).unwrap_or(u64::MAX)
    };
    let Some(summary) = &digest.change_summary else {
        return if digest.steps.is_empty() {
            Ok(0)
        } else {
            Err(Error::Failed("it has no summary of its changes".to_owned()))
        };
    };
    let mut sames = 0;
    for (op, counted) in summary {
        let (counted, held) = (*counted, held(op));
        if op == "same" {
            sames = counted.saturating_sub(held);
        } else if held < counted {
            let op = excerpt(op);
            return Err(Error::LeftOut { op, counted, held });
        }
    }
    if held("replace") > held("create-replacement") {
        return Err(Error::Halves);
    }
    Ok(sames)
}

/// `urn:pulumi:STACK::PROJECT::…`
fn stack_of(urn: &Urn) -> Option<Stack> {
    let mut parts = urn.as_str().strip_prefix("urn:pulumi:")?.split("::");
    let (name, project) = (parts.next()?, parts.next()?);
    let name = StackName::new(name).map_or(None, Some)?;
    let project = project.to_owned();
    Some(Stack { project, name })
}

fn subject(step: Step) -> Result<Subject, String> {
    let is_gone = match outcome(&step.op) {
        Some(Outcome::Absent) => true,
        Some(Outcome::Present | Outcome::Observed) => false,
        None => {
            let op = excerpt(&step.op);
            return Err(format!("`{op}` is not an operation of Pulumi's"));
        }
    };
    if step.new_state.is_none() && !is_gone {
        return Err(format!("a `{}` without `newState`", step.op));
    }
    if step.old_state.is_none() && is_gone {
        return Err(format!("a `{}` without `oldState`", step.op));
    }
    let new = step.new_state.as_ref().map(Bags::of).transpose()?;
    let old = step.old_state.as_ref().map(Bags::of).transpose()?;
    let outputs = outputs(&step, new.as_ref(), old.as_ref());
    let new_inputs = new.map(|new| new.inputs);
    let here = step.new_state.as_ref().or(step.old_state.as_ref());
    let secrets = |bag: Option<&Bag>| bag.map_or_else(Vec::new, |bag| bag.secret.clone());
    let unknown = |bag: Option<&Bag>| bag.map_or_else(Vec::new, Bag::not_known);
    let old_inputs = old.map(|old| old.inputs);
    let is_left_out = match &outputs {
        None => true,
        // It could not be read: its id is not known yet.
        Some(bag) => step.op.starts_with("read") && bag.is_empty(),
    };
    let mut subject = Subject {
        op: step.op,
        resource_type: step.urn.resource_type().to_owned(),
        name: step.urn.name().to_owned(),
        provider: step.provider.filter(|provider| !provider.is_empty()),
        diff: differences(step.diff_reasons, step.detailed_diff),
        unknown_paths: unknown(new_inputs.as_ref()),
        unknown_output_paths: unknown(outputs.as_ref()),
        unknown_old_paths: unknown(old_inputs.as_ref()),
        secret_paths: [secrets(new_inputs.as_ref()), secrets(outputs.as_ref())].concat(),
        inputs: new_inputs.map_or(Value::Null, |bag| bag.values),
        outputs: outputs.map(|bag| bag.values),
        old_inputs: old_inputs.map(|bag| bag.values),
        options: options(here.ok_or("it has no state")?),
        old_options: step.old_state.as_ref().map(|old| OldOptions {
            protect: old.protect,
            retain_on_delete: old.retain_on_delete,
            ignore_changes: old.ignore_changes.clone(),
        }),
        urn: step.urn,
    };
    if !is_gone && is_left_out {
        subject.lose_outputs();
    }
    Ok(subject.with_open_outputs())
}

/// The outputs of the new state. Pulumi prints it before it copies them there from the old one, for what stays the same; those of a component
/// come from its program.
fn outputs(step: &Step, new: Option<&Bags>, old: Option<&Bags>) -> Option<Bag> {
    let said = new?.outputs.clone();
    let is_kept =
        step.op == "same" && (step.provider.as_ref()).is_some_and(|provider| !provider.is_empty());
    said.or_else(|| old.filter(|_| is_kept)?.outputs.clone())
}

fn options(state: &State) -> Options {
    Options {
        protect: state.protect,
        retain_on_delete: state.retain_on_delete,
        ignore_changes: state.ignore_changes.clone().unwrap_or_default(),
    }
}

fn differences(
    reasons: Option<Vec<String>>,
    detailed: Option<BTreeMap<String, PropertyDiff>>,
) -> Vec<Difference> {
    let difference = |path: String, kind: String| Difference {
        path: PropertyPath(vec![PathSegment::Key(path)]),
        kind,
    };
    match detailed {
        Some(paths) => paths
            .into_iter()
            .map(|(path, diff)| difference(path, diff.kind))
            .collect(),
        None => reasons
            .into_iter()
            .flatten()
            .map(|path| difference(path, "update".to_owned()))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
