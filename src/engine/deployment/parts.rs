//! What a deployment is made of, what it leaves, and why it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::config::secret::{Mask, Secret};
use crate::engine::gateway::{self, Write};
use crate::engine::monitor::{self, Allowed, Observed, Registrations};
use crate::engine::program;
use crate::engine::project::{self, Project};
use crate::engine::wire::ServeError;
use crate::engine::{automation, twin};
use crate::names::{PackageName, StackName};
use crate::perimeter::credentials::CredentialServer;
use crate::perimeter::interrupt::Interrupt;
use crate::perimeter::sandbox::{Enforced, Finished, Mount};
use crate::perimeter::tools::Tool;

/// What serves a package.
#[derive(Debug)]
pub enum Service {
    /// An in-process stand-in.
    Twin {
        /// What its ids are made of.
        seed: u64,
    },
    /// The real plugin.
    Plugin {
        /// Its executable.
        tool: Tool,
        /// Its whole environment.
        environment: Vec<(OsString, OsString)>,
    },
}

/// What a deployment is made of.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The engine.
    pub pulumi: &'a Tool,
    /// The imported tree, on the host.
    pub tree: &'a Path,
    /// The project in it.
    pub project: &'a Project,
    /// What runs the program.
    pub runtime: program::Runtime,
    /// What the program's sandbox shows besides the tree.
    pub mounts: Vec<Mount>,
    /// The state's folder.
    pub state: &'a Path,
    /// A private folder for logs and the plan.
    pub out: &'a Path,
    /// The stack.
    pub stack: &'a StackName,
    /// The passphrase of its secrets.
    pub passphrase: &'a Secret,
    /// What the program may ask for.
    pub allowed: Allowed,
    /// What serves each package.
    pub services: BTreeMap<PackageName, Service>,
    /// What its providers' credentials come from; it ends with the deployment.
    pub credentials: Option<CredentialServer>,
    /// Time for one run of the engine.
    pub deadline: Duration,
    /// Whether somebody wants the run to end.
    pub interrupt: Interrupt,
}

/// Why a deployment failed; not what the program or the engine's verdict is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine cannot be run.
    #[error(transparent)]
    Engine(#[from] automation::Error),
    /// The program cannot be run.
    #[error(transparent)]
    Program(#[from] program::ProgramError),
    /// A provider cannot be served.
    #[error(transparent)]
    Gateway(#[from] gateway::GatewayError),
    /// A twin cannot be served.
    #[error(transparent)]
    Twin(#[from] twin::Error),
    /// There is no twin of the package.
    #[error("package `{0}` has no twin: only `aws` has one")]
    NoTwin(PackageName),
    /// A server of ours ended.
    #[error("serving a provider or the policies")]
    Serve(#[from] ServeError),
    /// A server of ours is gone.
    #[error("serving a provider or the policies: the server ended early")]
    ServeEnded,
    /// The project cannot be read.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// The tree cannot be opened.
    #[error("opening the imported tree")]
    Tree(#[from] monitor::AssetError),
    /// The engine was asked to run a program more often than it can.
    #[error("the engine has no socket left for another run")]
    NoSocket,
}

/// What a run of the engine left.
#[derive(Debug)]
pub struct RunOutput {
    /// How the engine ended, and what it printed.
    pub finished: Finished,
    /// Its event log.
    pub log: Vec<u8>,
    /// What the program asked for.
    pub observed: Observed,
    /// Why the program failed, when it did.
    pub program_failed: Option<String>,
    /// Hides the stack's secrets in what the engine and the program said.
    pub mask: Mask,
    /// What held the program; nothing when the engine never started it.
    pub program_sandbox: Option<Enforced>,
}

/// Whether an update is bound to what was judged.
#[derive(Debug, Clone)]
pub enum Bound<'a> {
    /// It does what the program says: a trial.
    Free,
    /// It does what was cleared, or fails: an apply.
    Cleared {
        /// The engine's plan.
        plan: &'a [u8],
        /// What the program may register.
        registrations: Registrations,
        /// What the providers may be asked to change.
        writes: BTreeSet<(Write, String)>,
    },
}
