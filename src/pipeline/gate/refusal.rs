//! Why the gate said no: data, with one rendering for people and another, of one line, for the agent.

use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::perimeter::import::PathRefusal;
use crate::pipeline::holdout;
use crate::pipeline::policy::Finding;

/// LIMIT: characters of the line that the agent gets.
const FEEDBACK_CHARS_MAX: usize = 500;

/// The gate's no. A refused run succeeded at its job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// All reasons; never empty.
    pub reasons: Vec<Reason>,
}

/// One reason against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reason {
    /// The proposal touches what it may not.
    Path(PathRefusal),
    /// What is proposed is not a tree that can be imported.
    Tree {
        /// What is wrong with it.
        what: String,
    },
    /// The program does not run.
    Program {
        /// The first error.
        message: String,
    },
    /// The program asked the engine for what the stack does not allow.
    Denied {
        /// What it asked for.
        what: String,
    },
    /// A policy found something.
    Policy(Finding),
    /// No policy judged.
    HollowPolicy,
    /// The holdouts do not pass.
    Holdout {
        /// In which ways.
        reasons: Vec<holdout::Reason>,
    },
    /// Evidence belongs to something else.
    Mismatch {
        /// What.
        what: String,
    },
    /// The world or the rules moved since the decision.
    Stale {
        /// What.
        what: String,
    },
    /// The branch that changes land on moved since the decision, and was left alone.
    Moved {
        /// The branch.
        branch: String,
    },
}

impl Reason {
    const fn exit(&self) -> Exit {
        match self {
            Self::Policy(_) | Self::HollowPolicy => Exit::RefusedByPolicy,
            Self::Holdout { .. } => Exit::RefusedByHoldout,
            Self::Path(_)
            | Self::Tree { .. }
            | Self::Denied { .. }
            | Self::Mismatch { .. }
            | Self::Stale { .. }
            | Self::Moved { .. } => Exit::RefusedByGate,
            Self::Program { .. } => Exit::Fault,
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{path}"),
            Self::Tree { what } => write!(f, "what is proposed cannot be imported: {what}"),
            Self::Program { message } => write!(f, "the program does not run: {message}"),
            Self::Denied { what } => write!(
                f,
                "the program asked for what the stack does not allow: {what}"
            ),
            Self::Policy(finding) => write!(f, "{}: {}", finding.rule, finding.message),
            Self::HollowPolicy => f.write_str("no policy judged the change"),
            Self::Holdout { reasons } => write!(
                f,
                "the holdouts do not pass: {}",
                reasons
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            Self::Mismatch { what } => write!(f, "the evidence does not fit together: {what}"),
            Self::Stale { what } => write!(f, "the decision is stale: {what}"),
            Self::Moved { branch } => write!(
                f,
                "the decision is stale: `{branch}` has moved since, and was left alone"
            ),
        }
    }
}

impl Refusal {
    /// A refusal for one reason.
    #[must_use]
    pub fn one(reason: Reason) -> Self {
        Self {
            reasons: vec![reason],
        }
    }

    /// The exit code: the lowest of its reasons' codes.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.reasons
            .iter()
            .map(Reason::exit)
            .min_by_key(|exit| exit.code())
            .unwrap_or(Exit::RefusedByGate)
    }

    /// The one line that the agent gets: the first reason that it can act on.
    ///
    /// Of the holdouts it says only that they refused; no scenario, count or name passes.
    #[must_use]
    pub fn feedback(&self) -> String {
        let line = match self.reasons.first() {
            Some(Reason::Holdout { reasons }) => holdout::line(reasons).to_owned(),
            Some(
                reason @ (Reason::Path(_)
                | Reason::Tree { .. }
                | Reason::Program { .. }
                | Reason::Denied { .. }
                | Reason::Policy(_)
                | Reason::HollowPolicy
                | Reason::Mismatch { .. }
                | Reason::Stale { .. }
                | Reason::Moved { .. }),
            ) => reason.to_string(),
            None => "the change was refused".to_owned(),
        };
        line.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(FEEDBACK_CHARS_MAX)
            .collect()
    }
}
