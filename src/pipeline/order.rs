//! What a run begins with and how it ends: the mandate, the work order, a fault, the last line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Autonomy;
use crate::ledger::{Evidence, Kind};
use crate::names::{Sha256, StackName};

/// LIMIT: bytes of a work order's text.
pub const ORDER_BYTES_MAX: u64 = 64 * 1024;

/// Under which rules a run stands. Everything that could change them is here by hash, read from the base commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandate {
    /// The stack.
    pub stack: StackName,
    /// How far the run may go alone.
    pub autonomy: Autonomy,
    /// What was read from the base commit.
    pub basis: Basis,
    /// Every program that may be started: name, version, hash, source.
    pub tools: BTreeMap<String, ToolRecord>,
    /// The version of lightsout.
    pub lightsout: String,
}

/// What the base commit says. When any of it differs at apply, the clearance is stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The base commit.
    pub commit: String,
    /// Hash of lightsout.yaml.
    pub config: Sha256,
    /// Hash of the stack's folder.
    pub folder: Sha256,
    /// Hash of each policy pack's folder, by its path.
    pub policies: BTreeMap<String, Sha256>,
    /// Hash of the holdouts' folder, when the stack has one.
    pub holdouts: Option<Sha256>,
    /// Hash of the file of waivers, when the stack has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waivers: Option<Sha256>,
}

impl Basis {
    /// What differs between two readings, apart from the commit itself; nothing when a clearance of one holds for the other.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<&'static str> {
        let Self {
            commit: _,
            config,
            folder,
            policies,
            holdouts,
            waivers,
        } = self;
        let mut differences = Vec::new();
        if *config != now.config {
            differences.push("the configuration");
        }
        if *folder != now.folder {
            differences.push("the stack's folder");
        }
        if *policies != now.policies {
            differences.push("the policies");
        }
        if *holdouts != now.holdouts {
            differences.push("the holdouts");
        }
        if *waivers != now.waivers {
            differences.push("the waivers");
        }
        differences
    }
}

/// One external program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolRecord {
    /// Its version.
    pub version: String,
    /// Hash of the executable.
    pub sha256: Sha256,
    /// Where it came from.
    pub source: String,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkOrder {
    /// The text, as it was given.
    pub text: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a work order came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Origin {
    /// A file named on the command line by the operator.
    File {
        /// The file's name.
        name: String,
    },
    /// An issue that somebody put a label on.
    Issue {
        /// The issue.
        at: Place,
        /// The label.
        label: String,
        /// Who put it there.
        by: Asker,
        /// Who wrote the text.
        author: Writer,
    },
    /// A pull request that somebody else made.
    PullRequest {
        /// The pull request.
        at: Place,
        /// The commit that it proposes.
        head: String,
        /// Who made it.
        author: Writer,
    },
}

/// Where on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// `owner/name`.
    pub repository: String,
    /// The issue's or the pull request's number.
    pub number: u64,
    /// Hash of the event's payload.
    pub event: Sha256,
}

/// Somebody whose right to ask was looked up when they asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asker {
    /// The account's name.
    pub login: String,
    /// The account's number.
    pub id: u64,
    /// What they are in the repository.
    pub role: String,
}

/// Who wrote what a run works from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writer {
    /// The account's name; empty when the account is gone.
    pub login: String,
    /// Whether they may ask for work themselves.
    pub taint: Taint,
}

/// How far a text is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Taint {
    /// Whoever wrote it may ask for work.
    Inside,
    /// Anybody may have written it.
    Outside,
}

impl Origin {
    /// The highest level that a run of this origin may have: text from outside caps it at `review`. Who has pushed what to a pull request is not
    /// known for certain, so that somebody who may must agree to what was judged of it.
    #[must_use]
    pub const fn ceiling(&self) -> Autonomy {
        match self {
            Self::File { .. } => Autonomy::Auto,
            Self::Issue { author, .. } => match author.taint {
                Taint::Inside => Autonomy::Auto,
                Taint::Outside => Autonomy::Review,
            },
            Self::PullRequest { author, .. } => match author.taint {
                Taint::Inside => Autonomy::Balanced,
                Taint::Outside => Autonomy::Review,
            },
        }
    }
}

/// Why no decision could be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRecord {
    /// A stable code, such as `lightsout::engine`.
    pub code: String,
    /// The error and its causes, without secrets.
    pub message: String,
}

/// The last line of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunClosed {
    /// The exit code.
    pub exit: u8,
    /// The outcome in a word.
    pub outcome: String,
}

impl Evidence for Mandate {
    const KIND: Kind = Kind::RunOpened;
}
impl Evidence for WorkOrder {
    const KIND: Kind = Kind::WorkOrder;
}
impl Evidence for FaultRecord {
    const KIND: Kind = Kind::Fault;
}
impl Evidence for RunClosed {
    const KIND: Kind = Kind::RunClosed;
}
