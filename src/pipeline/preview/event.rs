//! The engine's event log, read strictly: the primary record of a preview and of an update.
//!
//! INVARIANT: a log with a gap, without its end, with an unknown event, op or key is an error. The engine's version is pinned, so
//! anything unknown means that the log is not what we think it is.

mod op;
mod policy;

use std::collections::BTreeMap;

pub use op::{DiffKind, Op, PropertyDiff};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// LIMIT: bytes of an event log.
pub const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// LIMIT: events of one log.
const EVENTS_MAX: usize = 500_000;
/// LIMIT: diagnostics kept, and bytes of each.
const DIAGNOSTICS_MAX: usize = 200;
const DIAGNOSTIC_BYTES_MAX: usize = 4096;

/// What is wrong with an event log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line is not an event.
    #[error(
        "reading the engine's event log: line {line} is not an event this version knows: {reason}"
    )]
    Line {
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// Sequence numbers do not follow.
    #[error("reading the engine's event log: event {expected} is missing, line {line} has {found}")]
    Gap {
        /// Counted from 1.
        line: usize,
        /// What should be there.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// The log does not end as a finished one does.
    #[error("reading the engine's event log: it is truncated: {0}")]
    Truncated(&'static str),
    /// It is larger than a log may be.
    #[error(
        "reading the engine's event log: it is larger than {EVENTS_MAX} events or {LOG_BYTES_MAX} bytes"
    )]
    TooLarge,
    /// The engine says that the result cannot be trusted.
    #[error("the engine reports a state that may be corrupt")]
    MaybeCorrupt,
}

/// A whole log.
#[derive(Debug)]
pub struct EventLog {
    /// Steps in the order they began.
    pub steps: Vec<Metadata>,
    /// The last outputs each URN's step reported.
    pub outputs: BTreeMap<String, BTreeMap<String, Value>>,
    /// URNs whose step failed.
    pub failed: Vec<String>,
    /// What the engine and the program said.
    pub diagnostics: Vec<Diagnostic>,
    /// How it ended.
    pub summary: Summary,
}

/// One thing the engine or the program said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// `info`, `info#err`, `warning`, `error`, `debug`.
    pub severity: String,
    /// The text, cut.
    pub message: String,
    /// The resource it is about.
    pub urn: Option<String>,
}

/// A step, as the engine reports it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// What is done.
    pub op: Op,
    /// To which resource.
    pub urn: String,
    /// Of which type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Its state before.
    pub old: Option<State>,
    /// Its state after.
    pub new: Option<State>,
    /// Keys that force a replacement.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Keys that differ.
    #[serde(default)]
    pub diffs: Vec<String>,
    /// Paths that differ.
    pub detailed_diff: Option<BTreeMap<String, PropertyDiff>>,
    /// Whether the step is one that a person would count.
    #[serde(default)]
    pub logical: bool,
    /// Reference of the provider resource.
    pub provider: String,
}

/// A resource's state in an event.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    #[serde(rename = "type")]
    _resource_type: String,
    #[serde(rename = "urn")]
    _urn: String,
    #[serde(default, rename = "custom")]
    _custom: bool,
    #[serde(default, rename = "delete")]
    _delete: bool,
    /// The provider's id.
    pub id: String,
    /// The parent's URN.
    pub parent: String,
    /// Whether it is protected.
    #[serde(default)]
    pub protect: bool,
    #[serde(default, rename = "taint")]
    _taint: bool,
    /// Whether it is only read, never managed.
    #[serde(default)]
    pub external: bool,
    /// Whether it outlives its removal from the stack.
    #[serde(default)]
    pub retain_on_delete: bool,
    /// Inputs; the engine writes null for none.
    pub inputs: Option<BTreeMap<String, Value>>,
    /// Outputs; the engine writes null for none.
    pub outputs: Option<BTreeMap<String, Value>>,
    #[serde(rename = "provider")]
    _provider: String,
    #[serde(default, rename = "initErrors")]
    _init_errors: Vec<String>,
    #[serde(default, rename = "hideDiffs")]
    _hide_diffs: Vec<Value>,
}

/// How a run of the engine ended.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    maybe_corrupt: bool,
    #[serde(rename = "durationSeconds")]
    _duration_seconds: u64,
    /// Steps counted by kind.
    pub resource_changes: BTreeMap<Op, u64>,
    #[serde(rename = "PolicyPacks")]
    _policy_packs: BTreeMap<String, String>,
    /// Whether it was a preview.
    pub is_preview: bool,
    /// The result.
    pub result: ResultKind,
}

/// The engine's own verdict on its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultKind {
    /// Everything was done.
    Succeeded,
    /// Something failed.
    Failed,
    /// It was cancelled.
    Canceled,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sequence: u64,
    #[serde(rename = "timestamp")]
    _timestamp: i64,
    #[serde(flatten)]
    event: Event,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "the engine's own names")]
enum Event {
    CancelEvent(Empty),
    StdoutEvent(#[expect(dead_code, reason = "read to be strict about its shape")] Value),
    DiagnosticEvent(Said),
    PreludeEvent(#[expect(dead_code, reason = "read to be strict about its shape")] Value),
    SummaryEvent(Summary),
    ResourcePreEvent(Step),
    ResOutputsEvent(Step),
    ResOpFailedEvent(Failed),
    ErrorEvent(Value),
    PolicyLoadEvent(Empty),
    PolicyEvent(policy::Violation),
    PolicyAnalyzeSummaryEvent(
        #[expect(dead_code, reason = "read to be strict about its shape")] policy::Summary,
    ),
    PolicyRemediateSummaryEvent(
        #[expect(dead_code, reason = "read to be strict about its shape")] policy::Summary,
    ),
    PolicyAnalyzeStackSummaryEvent(
        #[expect(dead_code, reason = "read to be strict about its shape")] policy::Summary,
    ),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    metadata: Metadata,
    #[serde(default, rename = "planning")]
    _planning: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    metadata: Metadata,
    #[serde(rename = "status")]
    _status: i64,
    #[serde(rename = "steps")]
    _steps: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(default)]
    urn: Option<String>,
    #[serde(default)]
    prefix: String,
    message: String,
    #[serde(rename = "color")]
    _color: String,
    severity: String,
    #[serde(default, rename = "streamID")]
    _stream: i64,
    #[serde(default)]
    ephemeral: bool,
}

/// Reads a whole log.
///
/// # Errors
/// It has a gap, is cut, or holds what this version does not know.
pub fn parse(log: &[u8]) -> Result<EventLog, Error> {
    if log.len() as u64 > LOG_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    let body = match log.split_last() {
        Some((b'\n', body)) => body,
        Some(_) => return Err(Error::Truncated("its last line does not end")),
        None => return Err(Error::Truncated("it is empty")),
    };
    let mut reader = Reader::default();
    for (index, line) in body.split(|byte| *byte == b'\n').enumerate() {
        if index >= EVENTS_MAX {
            return Err(Error::TooLarge);
        }
        reader.take(index, line)?;
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    steps: Vec<Metadata>,
    outputs: BTreeMap<String, BTreeMap<String, Value>>,
    failed: Vec<String>,
    diagnostics: Vec<Diagnostic>,
    summary: Option<Summary>,
    is_ended: bool,
}

impl Reader {
    fn take(&mut self, index: usize, line: &[u8]) -> Result<(), Error> {
        let number = index + 1;
        let Line {
            sequence, event, ..
        } = serde_json::from_slice(line).map_err(|error| Error::Line {
            line: number,
            reason: error.to_string(),
        })?;
        if sequence != index as u64 {
            return Err(Error::Gap {
                line: number,
                expected: index as u64,
                found: sequence,
            });
        }
        if self.is_ended {
            return Err(Error::Line {
                line: number,
                reason: "it follows the last event".to_owned(),
            });
        }
        match event {
            Event::CancelEvent(_) => self.is_ended = true,
            Event::StdoutEvent(_)
            | Event::PreludeEvent(_)
            | Event::PolicyLoadEvent(_)
            | Event::PolicyAnalyzeSummaryEvent(_)
            | Event::PolicyRemediateSummaryEvent(_)
            | Event::PolicyAnalyzeStackSummaryEvent(_) => {}
            Event::PolicyEvent(said) => {
                self.say(said.severity(), &said.line(), said.resource_urn);
            }
            Event::ErrorEvent(value) => self.say("error", &value.to_string(), None),
            Event::DiagnosticEvent(said) => {
                if !said.ephemeral {
                    self.say(
                        &said.severity,
                        &format!("{}{}", said.prefix, said.message),
                        said.urn,
                    );
                }
            }
            Event::SummaryEvent(summary) => {
                if self.summary.replace(summary).is_some() {
                    return Err(Error::Line {
                        line: number,
                        reason: "a second summary".to_owned(),
                    });
                }
            }
            Event::ResourcePreEvent(step) => self.steps.push(step.metadata),
            Event::ResOutputsEvent(step) => {
                if let Some(outputs) = step.metadata.new.and_then(|new| new.outputs) {
                    self.outputs.insert(step.metadata.urn, outputs);
                }
            }
            Event::ResOpFailedEvent(failed) => self.failed.push(failed.metadata.urn),
        }
        Ok(())
    }

    fn say(&mut self, severity: &str, message: &str, urn: Option<String>) {
        if self.diagnostics.len() < DIAGNOSTICS_MAX {
            let mut message: String = message
                .chars()
                .filter(|c| *c == '\n' || !c.is_control())
                .collect();
            while message.len() > DIAGNOSTIC_BYTES_MAX {
                message.pop();
            }
            self.diagnostics.push(Diagnostic {
                severity: severity.to_owned(),
                message,
                urn,
            });
        }
    }

    fn finish(self) -> Result<EventLog, Error> {
        let summary = self.summary.ok_or(Error::Truncated("it has no summary"))?;
        if !self.is_ended {
            return Err(Error::Truncated("its last event is missing"));
        }
        if summary.maybe_corrupt {
            return Err(Error::MaybeCorrupt);
        }
        Ok(EventLog {
            steps: self.steps,
            outputs: self.outputs,
            failed: self.failed,
            diagnostics: self.diagnostics,
            summary,
        })
    }
}

#[cfg(test)]
mod tests;
