//! The normalised record of a preview: what would change, in an order that does not depend on timing.
//!
//! Two previews of the same tree against the same state give equal records; apply relies on it. Nothing that varies from run to run
//! (times, sequence numbers, the order in which steps happened to finish) is in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{DiffKind, EventLog, Metadata, Op, ResultKind};
use super::value::{Properties, TooDeep};
use crate::engine::monitor::ResourceOptions;
use crate::ledger::canonical;
use crate::names::{NameError, Sha256, Urn};

/// LIMIT: bytes of the digest that `--json` prints.
pub const DIGEST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Every step, unchanged resources and default providers included, by URN and op.
    pub steps: Vec<Step>,
}

impl Record {
    /// Hash of the record's canonical form.
    ///
    /// # Errors
    /// A value has none.
    pub fn hash(&self) -> Result<Sha256, canonical::Error> {
        Ok(Sha256::of(&canonical::to_bytes(self)?))
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The resource.
    pub urn: Urn,
    /// What is done to it.
    pub op: Op,
    /// Its type.
    pub resource_type: String,
    /// Reference of its provider resource; empty for components.
    pub provider: String,
    /// Its parent's URN; empty for the stack.
    pub parent: String,
    /// Its id before; empty for a new resource.
    pub id: String,
    /// State before.
    pub old: Option<Side>,
    /// State after.
    pub new: Option<Side>,
    /// Properties that differ.
    pub diff: Vec<Change>,
    /// Keys that force a replacement.
    pub replace_keys: Vec<String>,
    /// What the program asked for besides the properties, from the monitor's own record.
    pub options: Option<ResourceOptions>,
}

/// A resource's state on one side of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Inputs.
    pub inputs: Properties,
    /// Outputs, as far as the preview has them: what a step computes may be left out.
    pub outputs: Properties,
    /// Whether it is protected.
    pub protect: bool,
    /// Whether it is only read.
    pub external: bool,
    /// Whether it outlives its removal from the stack.
    pub retain_on_delete: bool,
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The path, in Pulumi's notation.
    pub path: String,
    /// How it differs.
    pub kind: DiffKind,
}

/// Why a preview's output is not a preview.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine did not succeed.
    #[error("the engine's preview did not succeed: {0}")]
    NotSucceeded(String),
    /// The log is of something else.
    #[error("the engine's event log is not that of a preview")]
    NotAPreview,
    /// Its two reports disagree.
    #[error("the engine's two reports of one preview disagree: {0}")]
    Disagree(String),
    /// The digest cannot be read.
    #[error("reading the preview's digest: {0}")]
    Digest(String),
    /// A URN does not follow its grammar.
    #[error("reading the preview's steps")]
    Urn(#[from] NameError),
    /// A value is nested too deeply.
    #[error("reading the preview's steps")]
    Value(#[from] TooDeep),
    /// A value has no canonical form.
    #[error("hashing the preview's steps")]
    Canonical(#[from] canonical::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Digest {
    #[serde(default)]
    steps: Vec<DigestStep>,
    #[serde(default)]
    change_summary: BTreeMap<Op, u64>,
    #[serde(default)]
    maybe_corrupt: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DigestStep {
    op: Op,
    urn: String,
    #[serde(default)]
    new_state: Option<serde::de::IgnoredAny>,
}

/// Makes the record from the event log, the digest of `--json`, and the options that the monitor saw.
///
/// # Errors
/// The preview failed, or its reports disagree.
pub fn normalise(
    log: &EventLog,
    digest: &[u8],
    options: &BTreeMap<Urn, ResourceOptions>,
) -> Result<Record, Error> {
    if !log.summary.is_preview {
        return Err(Error::NotAPreview);
    }
    if log.summary.result != ResultKind::Succeeded || !log.failed.is_empty() {
        return Err(Error::NotSucceeded(first_error(log)));
    }
    cross_check(log, digest)?;
    let mut steps = Vec::with_capacity(log.steps.len());
    for metadata in &log.steps {
        steps.push(step(metadata, log, options)?);
    }
    steps.sort_by(|a: &Step, b: &Step| (&a.urn, a.op).cmp(&(&b.urn, b.op)));
    if let Some(pair) = steps
        .windows(2)
        .find(|pair| matches!(pair, [a, b] if a.urn == b.urn && a.op == b.op))
    {
        let urn = pair.first().map_or("", |step| step.urn.as_str());
        return Err(Error::Disagree(format!("`{urn}` has the same step twice")));
    }
    let seen: BTreeSet<&Urn> = steps.iter().map(|step| &step.urn).collect();
    if let Some(urn) = options.keys().find(|urn| !seen.contains(urn)) {
        return Err(Error::Disagree(format!(
            "the program registered `{urn}`, the engine has no step for it"
        )));
    }
    Ok(Record { steps })
}

/// What the engine gave as its reason, for a message.
pub fn first_error(log: &EventLog) -> String {
    let error = log
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == "error");
    error.map_or_else(
        || "it gave no reason".to_owned(),
        |diagnostic| diagnostic.message.trim().to_owned(),
    )
}

/// Both reports come from one run of one engine; a difference means that one of them was cut or forged.
fn cross_check(log: &EventLog, digest: &[u8]) -> Result<(), Error> {
    let start = digest
        .iter()
        .position(|byte| *byte == b'{')
        .ok_or_else(|| Error::Digest("it holds no JSON".to_owned()))?;
    let text = digest
        .get(start..)
        .ok_or_else(|| Error::Digest("it holds no JSON".to_owned()))?;
    let digest: Digest =
        serde_json::from_slice(text).map_err(|error| Error::Digest(error.to_string()))?;
    if digest.maybe_corrupt {
        return Err(Error::Disagree(
            "the digest says that the state may be corrupt".to_owned(),
        ));
    }
    if digest.change_summary != log.summary.resource_changes {
        return Err(Error::Disagree("they count different changes".to_owned()));
    }
    let logged: BTreeSet<(&str, Op)> = log
        .steps
        .iter()
        .map(|step| (step.urn.as_str(), step.op))
        .collect();
    for step in &digest.steps {
        if !logged.contains(&(step.urn.as_str(), step.op)) {
            return Err(Error::Disagree(format!(
                "only the digest has `{}` of `{}`",
                step.op.as_str(),
                step.urn
            )));
        }
        let needs_state = matches!(
            step.op,
            Op::Create | Op::Update | Op::CreateReplacement | Op::Import | Op::ImportReplacement
        );
        if needs_state && step.new_state.is_none() {
            return Err(Error::Disagree(format!(
                "the digest has no new state for `{}`",
                step.urn
            )));
        }
    }
    Ok(())
}

fn step(
    metadata: &Metadata,
    log: &EventLog,
    options: &BTreeMap<Urn, ResourceOptions>,
) -> Result<Step, Error> {
    let urn = Urn::new(metadata.urn.clone())?;
    let parent = metadata
        .new
        .as_ref()
        .or(metadata.old.as_ref())
        .map_or_else(String::new, |state| state.parent.clone());
    let mut diff: Vec<Change> = match &metadata.detailed_diff {
        Some(paths) => paths
            .iter()
            .map(|(path, diff)| Change {
                path: path.clone(),
                kind: diff.diff_kind,
            })
            .collect(),
        None => metadata
            .diffs
            .iter()
            .map(|key| Change {
                path: key.clone(),
                kind: DiffKind::Update,
            })
            .collect(),
    };
    diff.sort();
    let mut replace_keys = metadata.keys.clone();
    replace_keys.sort();
    // A delete is asked for by nobody: what the program wrote for this URN, if anything, belongs to the other half.
    let options = if metadata.op.destroys() {
        None
    } else {
        options.get(&urn).cloned()
    };
    Ok(Step {
        op: metadata.op,
        resource_type: metadata.resource_type.clone(),
        provider: metadata.provider.clone(),
        parent,
        id: metadata
            .old
            .as_ref()
            .map_or_else(String::new, |old| old.id.clone()),
        old: metadata
            .old
            .as_ref()
            .map(|old| side(old, old.outputs.as_ref()))
            .transpose()?,
        new: match &metadata.new {
            Some(new) => Some(side(
                new,
                log.outputs.get(&metadata.urn).or(new.outputs.as_ref()),
            )?),
            None => None,
        },
        diff,
        replace_keys,
        options,
        urn,
    })
}

fn side(
    state: &super::event::State,
    outputs: Option<&BTreeMap<String, Value>>,
) -> Result<Side, TooDeep> {
    let bag = |bag: Option<&BTreeMap<String, Value>>| {
        bag.map_or_else(|| Ok(Properties::default()), Properties::parse)
    };
    Ok(Side {
        inputs: bag(state.inputs.as_ref())?,
        outputs: bag(outputs)?,
        protect: state.protect,
        external: state.external,
        retain_on_delete: state.retain_on_delete,
    })
}
