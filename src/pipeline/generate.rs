//! Generate: the agent changes a copy of the stack's folder in the builder sandbox; what it leaves is imported as hostile bytes.
//!
//! The sandbox and what runs in it are in `builder`, each kind of agent in `kind`, what it is told in `prompt`.
//! This module knows nothing of holdouts or credentials.

mod acp;
mod builder;
pub mod kind;
pub mod outcome;
pub mod prompt;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use builder::{Builder, Left, Shown, Work};
pub use outcome::{AgentOutcome, AgentReport, CheckReport};

use crate::config::{Agent, AgentKind};
use crate::ledger::{Evidence, Kind};
use crate::names::Sha256;
use crate::perimeter::broker;
use crate::perimeter::dependencies;
use crate::perimeter::import::{self, Allowed, Change, Limits, PathRefusal, RelPath, Tree};
use crate::perimeter::sandbox::{self, Attempt, Enforced};
use crate::pipeline::order::ToolRecord;

/// Where the stack's folder lies in the builder sandbox.
pub(super) const WORK_FOLDER: &str = "/work/program";

/// The wall's proof of itself, made before the agent starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wall {
    /// What the kernel enforces, read back inside.
    pub enforced: Enforced,
    /// Attempts to read what must not be there, each with the kernel's answer.
    pub attempts: Vec<Attempt>,
}

/// What somebody wants to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Who made it.
    pub author: Author,
    /// The base commit.
    pub base: String,
    /// Hash of the base's folder.
    pub base_tree: Sha256,
    /// Hash of the proposed folder.
    pub tree: Sha256,
    /// What differs.
    pub changes: Vec<Change>,
    /// What differs and may not.
    pub refused: Vec<PathRefusal>,
    /// What differs and decides which packages the program gets: with any, a person is asked at every level.
    pub privileged: Vec<RelPath>,
}

/// Who made a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "author", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Author {
    /// The configured agent; its report is in the ledger beside.
    Agent {
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// Somebody else's change, given on the command line.
    Given {
        /// The folder's or patch's name.
        name: String,
    },
}

impl Evidence for Wall {
    const KIND: Kind = Kind::Wall;
}
impl Evidence for Proposal {
    const KIND: Kind = Kind::Proposal;
}

/// What came of asking the agent.
#[derive(Debug)]
pub struct Generated {
    /// What goes into the ledger.
    pub report: AgentReport,
    /// The tree that it left, when there is one to judge.
    pub tree: Option<Tree>,
    /// The end of what it said, for the report.
    pub said: String,
    /// What it printed on standard output.
    pub printed: Vec<u8>,
}

/// Why there is no proposal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The builder sandbox failed.
    #[error("running the agent's sandbox")]
    Sandbox(#[from] sandbox::Error),
    /// The wall has a hole.
    #[error("the builder sandbox can open `{0}`: the wall does not hold, nothing was started")]
    Breached(PathBuf),
    /// The work folder cannot be opened.
    #[error("opening what the agent left")]
    Open(#[source] std::io::Error),
    /// The sandbox has no socket for the broker.
    #[error("the builder sandbox did not hand out its socket")]
    NoSocket,
    /// The broker cannot serve it.
    #[error(transparent)]
    Broker(#[from] broker::Error),
    /// The agent cannot be started.
    #[error(transparent)]
    Kind(#[from] kind::KindError),
    /// The prompt's template is none.
    #[error(transparent)]
    Template(#[from] prompt::TemplateError),
    /// The sandbox lost the work folder.
    #[error("the builder sandbox did not hand out its work folder")]
    NoTree,
    /// The globs of `changes.allow` cannot be read.
    #[error("reading `changes.allow`")]
    Glob(#[from] import::judge::GlobError),
    /// The base's folder is not a Pulumi project.
    #[error("reading the stack's project")]
    Project(#[from] import::project::ProjectError),
}

/// What is known of an attempt besides what the agent left.
#[derive(Debug)]
pub struct Told<'a> {
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which agent.
    pub agent: &'a Agent,
    /// Its program's version and hash.
    pub program: Option<ToolRecord>,
    /// Hash of the prompt's template.
    pub template: Sha256,
    /// What it was told.
    pub prompt: &'a str,
    /// Calls of `check`.
    pub checks: u64,
}

/// Takes in what an agent left: the tree as hostile bytes, the rest as figures.
#[must_use]
pub fn take(left: Left, base: &Tree, told: Told<'_>) -> Generated {
    use std::os::fd::AsFd as _;
    let limits = Limits {
        leave_out: vec![".git".to_owned()],
        ..Limits::default()
    };
    let (outcome, tree) = match AgentOutcome::before_import(&left, told.agent.minutes) {
        Some(outcome) => (outcome, None),
        None => match import::import(left.folder.as_fd(), &limits) {
            Ok(tree) if tree.hash() == base.hash() => match is_unanswered(&left, told.agent.kind) {
                // Nothing was decided where nothing was thought.
                true => {
                    let what = "the model's API has answered nothing".to_owned();
                    (AgentOutcome::ModelFailed { what }, None)
                }
                false => (AgentOutcome::NoChange, Some(tree)),
            },
            Ok(tree) => (AgentOutcome::Changed, Some(tree)),
            Err(error) => {
                let what = error.to_string();
                (AgentOutcome::Unusable { what }, None)
            }
        },
    };
    let Told {
        attempt,
        agent,
        program,
        template,
        prompt,
        checks,
    } = told;
    let finished = &left.finished;
    let report = AgentReport {
        attempt,
        kind: agent.kind,
        is_seen: program
            .as_ref()
            .is_none_or(|program| kind::is_seen(agent.kind, &program.version)),
        program,
        template,
        prompt: Sha256::of(prompt.as_bytes()),
        outcome,
        end: crate::engine::automation::Ending(finished.end).to_string(),
        took_ms: u64::try_from(finished.duration.as_millis()).unwrap_or(u64::MAX),
        output: Sha256::of(&[finished.stdout.as_slice(), &finished.stderr].concat()),
        unknown_events: left.said.unknown,
        checks,
        denials: finished.denials.clone(),
        model: left.metered,
    };
    Generated {
        report,
        tree,
        said: left.said.text,
        printed: left.finished.stdout,
    }
}

/// Whether the agent has a model that never answered. A program of the user's may do without.
fn is_unanswered(left: &Left, kind: AgentKind) -> bool {
    let Some(model) = &left.metered else {
        return false;
    };
    let is_free = matches!(kind, AgentKind::Command | AgentKind::Acp);
    let is_whole = |it: &broker::meter::RequestRecord| it.is_whole && it.tokens.output > 0;
    let has_asked = !model.requests.is_empty() || !model.denied.is_empty();
    (has_asked || !is_free) && !model.requests.iter().any(is_whole)
}

/// Makes the proposal: what differs, and what of it may not.
///
/// # Errors
/// The allowed globs or the base's project cannot be read.
pub fn propose(
    base_commit: &str,
    base: &Tree,
    tree: &Tree,
    author: Author,
    allow: &[String],
) -> Result<Proposal, Error> {
    let allowed = Allowed::new(allow)?;
    let mut refused = import::judge(base, tree, &allowed)?;
    let privileged = import::locks(base, tree)?;
    if let Some(path) = privileged.first()
        && let Err(error) = dependencies::check(tree)
    {
        refused.push(uninstallable(path, &error));
    }
    Ok(Proposal {
        author,
        base: base_commit.to_owned(),
        base_tree: base.hash(),
        tree: tree.hash(),
        changes: import::changes(base, tree),
        refused,
        privileged,
    })
}

/// The refusal of lock files that nothing can be installed from.
#[must_use]
pub fn uninstallable(path: &RelPath, error: &dependencies::Error) -> PathRefusal {
    PathRefusal {
        path: path.clone(),
        reason: format!("changes what is installed, and that cannot be: {error}"),
        advice: "undo the change, or pin every package by hash".to_owned(),
    }
}
