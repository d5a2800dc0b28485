//! What one run may touch, built once and handed out in pieces.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::config::environment::Environment;
use crate::perimeter::repository::Repository;
use crate::perimeter::tools::Tools;

pub(crate) mod alone;
pub mod broker;
pub mod credentials;
pub mod dependencies;
pub mod egress;
pub mod github;
pub mod identity;
pub mod import;
pub mod interrupt;
pub mod repository;
pub mod sandbox;
pub mod shed;
pub mod sts;
pub mod tools;

/// The folder of ours at the top of a repository: ledger and runs. Git does not see it.
pub const OWN_FOLDER: &str = ".lightsout";

/// Everything outside that a run may use.
#[derive(Debug)]
pub struct Perimeter {
    /// The user's repository.
    pub repository: Repository,
    /// The top of its work tree.
    pub top: PathBuf,
    /// The external programs.
    pub tools: Tools,
    /// The folder of tools, caches and keys.
    pub home: PathBuf,
    /// What the process was started with.
    pub environment: Environment,
    /// Whether somebody wants the run to end.
    pub interrupt: interrupt::Interrupt,
}

impl Perimeter {
    /// Our own folder at the top of the repository.
    #[must_use]
    pub fn own(&self) -> PathBuf {
        self.top.join(OWN_FOLDER)
    }

    /// The ledger's folder.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.own().join("ledger")
    }

    /// A run's private folder.
    #[must_use]
    pub fn run_folder(&self, run: &crate::names::RunId) -> PathBuf {
        self.own().join("runs").join(run.as_str())
    }

    /// The key that signs the ledger.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        key_path(&self.home)
    }
}

/// Where the ledger's signing key is kept: in the user's own folder, never in the repository.
#[must_use]
pub fn key_path(home: &Path) -> PathBuf {
    home.join("keys/ledger.key")
}

/// The clock. Nothing else in the crate asks for the time of day.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub fn now() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}
