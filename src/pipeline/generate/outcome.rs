//! How an attempt of the agent ended: one of a closed set, each with its own line in the report.

use serde::{Deserialize, Serialize};

use super::Left;
use crate::config::AgentKind;
use crate::engine::automation::Ending;
use crate::exit::Exit;
use crate::ledger::{Evidence, Kind};
use crate::names::Sha256;
use crate::perimeter::broker::meter::{Closed, Metered};
use crate::perimeter::sandbox::End;
use crate::pipeline::order::ToolRecord;

/// What an attempt of the agent came to, and what it used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentReport {
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which program.
    pub kind: AgentKind,
    /// Its version and hash; nothing for a program of the repository or of the system.
    pub program: Option<ToolRecord>,
    /// Whether output of this version was seen before. Otherwise what it says of itself may be read wrongly.
    pub is_seen: bool,
    /// Hash of the prompt's template.
    pub template: Sha256,
    /// Hash of the prompt.
    pub prompt: Sha256,
    /// How it ended.
    pub outcome: AgentOutcome,
    /// How its process ended.
    pub end: String,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// Hash of what it printed.
    pub output: Sha256,
    /// Lines of its output that are no event that was seen before.
    pub unknown_events: u64,
    /// Calls of `check`, those that were refused too.
    pub checks: u64,
    /// System calls that the sandbox refused, by name and target.
    pub denials: std::collections::BTreeMap<String, u64>,
    /// Its conversation with the model; nothing when it has none.
    pub model: Option<Metered>,
}

impl Evidence for AgentReport {
    const KIND: Kind = Kind::AgentReport;
}

/// One preview that the agent asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckReport {
    /// Of which attempt.
    pub attempt: u32,
    /// Which of them, from 1.
    pub number: u32,
    /// Hash of the folder as it stood; nothing when it could not be read.
    pub tree: Option<Sha256>,
    /// What it came to, in a word: `clean`, `findings`, `refused`, `failed`.
    pub verdict: String,
    /// Hash of what the agent was told.
    pub answer: Sha256,
    /// Milliseconds that it took.
    pub took_ms: u64,
}

impl Evidence for CheckReport {
    const KIND: Kind = Kind::Check;
}

/// How an attempt of the agent ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AgentOutcome {
    /// It left another tree.
    Changed,
    /// It ended well and left the tree as it was.
    NoChange,
    /// It ended in order and says, or its exit status says, that it could not do it.
    GaveUp {
        /// How it ended.
        how: String,
    },
    /// A budget for the model has no room.
    BudgetSpent {
        /// Which, with its figures.
        what: String,
    },
    /// It ran longer than an attempt may.
    TimeOut {
        /// The limit.
        minutes: u32,
    },
    /// It printed more than it may.
    TooMuchOutput,
    /// A signal ended it.
    Crashed {
        /// How.
        how: String,
    },
    /// The model's API refused us.
    ModelRefused {
        /// In which way.
        what: String,
    },
    /// The model's API failed again and again, or cannot be reached.
    ModelFailed {
        /// In which way.
        what: String,
    },
    /// We ended it: the run's time, or somebody's Ctrl-C.
    Stopped,
    /// It left what cannot be imported.
    Unusable {
        /// What is wrong.
        what: String,
    },
}

impl AgentOutcome {
    /// Whether there is a tree to judge.
    #[must_use]
    pub const fn is_tree(&self) -> bool {
        matches!(self, Self::Changed | Self::NoChange)
    }

    /// The exit code of a run that ends so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::BudgetSpent { .. } | Self::TimeOut { .. } | Self::TooMuchOutput => {
                Exit::BudgetSpent
            }
            Self::Changed
            | Self::NoChange
            | Self::GaveUp { .. }
            | Self::Crashed { .. }
            | Self::ModelRefused { .. }
            | Self::ModelFailed { .. }
            | Self::Stopped
            | Self::Unusable { .. } => Exit::Fault,
        }
    }

    /// What became of an attempt, before its tree was looked at; nothing when its tree decides.
    pub(super) fn before_import(left: &Left, minutes: u32) -> Option<Self> {
        // What the broker says comes first: whatever the process did then, it did without a model.
        if let Some(closed) = left.metered.as_ref().and_then(|it| it.closed.as_ref()) {
            let what = closed.to_string();
            return Some(match closed {
                Closed::Budget { .. } => Self::BudgetSpent { what },
                Closed::Refused { .. } => Self::ModelRefused { what },
                Closed::Failing { .. } | Closed::Key { .. } => Self::ModelFailed { what },
            });
        }
        let how = Ending(left.finished.end).to_string();
        match left.finished.end {
            End::Exited(0) if left.said.failed => Some(Self::GaveUp { how }),
            End::Exited(0) => None,
            End::Exited(_) => Some(Self::GaveUp { how }),
            End::Signalled(_) => Some(Self::Crashed { how }),
            End::Cancelled => Some(Self::Stopped),
            End::DeadlinePassed => Some(Self::TimeOut { minutes }),
            End::TooMuchOutput => Some(Self::TooMuchOutput),
        }
    }
}

impl std::fmt::Display for AgentOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Changed => f.write_str("it changed the stack's folder"),
            Self::NoChange => f.write_str("it changed nothing"),
            Self::GaveUp { how } => write!(f, "it gave up: {how}"),
            Self::BudgetSpent { what } => write!(f, "its budget is spent: {what}"),
            Self::TimeOut { minutes } => {
                write!(f, "it ran longer than its deadline of {minutes} minutes")
            }
            Self::TooMuchOutput => f.write_str("it printed more than its limit"),
            Self::Crashed { how } => write!(f, "it crashed: {how}"),
            Self::ModelRefused { what } | Self::ModelFailed { what } => f.write_str(what),
            Self::Stopped => f.write_str("it was stopped"),
            Self::Unusable { what } => write!(f, "it left what cannot be imported: {what}"),
        }
    }
}
