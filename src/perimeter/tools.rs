//! External programs: which ones, where they come from, and the only place that starts them.
//!
//! `tools.lock` names every program of ours with its version and sources; [`Tools::install`] puts them into the home folder,
//! [`Tools::locate`] hands one out after its hash was checked. Node, Python, npm, Go and git are the user's own
//! ([`Tools::user_tool`]): found on the search path, their real executable, version and hash recorded.
//!
//! INVARIANT: a [`Tool`] is made only after the file's hash was compared with what was installed; [`run`] and [`spawn`] take
//! nothing else. Nothing is taken from the search path in place of a locked tool unless [`Origin::System`] says so, and then
//! the tool's [`Source`] says so too. A wrong hash is never followed by another attempt.
//!
//! It does not print, does not read the environment (see [`Machine`]) and does not sandbox what it starts.

mod process;
mod user;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::names::Sha256;

pub use process::{Invocation, Output, Program, Service, run, spawn};
pub use user::{Script, UserProgram, UserTool};

/// What of the user's machine the tools may use. The caller's configuration fills it, once.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The search path, as in `PATH`.
    pub path: OsString,
    /// The user's home folder.
    pub home: PathBuf,
    /// Variables of [`FORWARDED`] that are set; only the Go toolchain gets them.
    pub forwarded: Vec<(OsString, OsString)>,
    /// The proxy for downloads, as in `HTTPS_PROXY`.
    pub proxy: Option<String>,
}

/// The variables that a Go build may see besides `PATH` and `HOME`: where modules come from and where they are kept.
pub const FORWARDED: &[&str] = &[
    "GOPROXY",
    "GOMODCACHE",
    "GOCACHE",
    "GOPATH",
    "GONOPROXY",
    "GOPRIVATE",
    "GONOSUMDB",
    "GOSUMDB",
    "GOAUTH",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "TMPDIR",
];

/// Where locked tools are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the home folder, installed by us from the lock.
    Home,
    /// On the user's search path (`--system-tools`): version and hash are recorded, not prescribed.
    System,
}

/// Where a tool's file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The vendor's archive, by URL and hash.
    Release,
    /// Built here by the Go toolchain from modules that a `go.sum` pins.
    Go,
    /// A local file, by hash.
    File,
    /// The user's search path: nothing prescribed its hash.
    System,
}

/// A program whose file's hash was just checked.
#[derive(Debug, Clone)]
pub struct Tool {
    name: String,
    version: String,
    path: PathBuf,
    sha256: Sha256,
    source: Source,
}

impl Tool {
    /// Its name in the lock; for a provider `pulumi-resource-NAME`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, without a leading `v`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The absolute path of its executable.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The hash of its executable.
    #[must_use]
    pub const fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// Where the file came from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }
}

/// The tools of one lock in one home folder.
#[derive(Debug)]
pub struct Tools {
    home: PathBuf,
    machine: Machine,
    origin: Origin,
}

impl Tools {
    /// Hands out one tool of the lock after checking its file's hash. A provider's name is `pulumi-resource-NAME`.
    ///
    /// # Errors
    /// It is not in the lock, not installed (the error names the command to run), or its file is not what was installed.
    #[expect(
        clippy::unused_async,
        reason = "the system's own tools are asked for their version"
    )]
    pub async fn locate(&self, name: &str) -> Result<Tool, Error> {
        Err(Error::Missing {
            name: name.to_owned(),
            version: String::new(),
        })
    }

    /// Finds one of the user's own programs: its real executable, version, hash, and what a sandbox must show of it.
    ///
    /// # Errors
    /// It is not on the search path, does not answer, or its installation spans the user's home folder.
    #[expect(clippy::unused_async, reason = "the program is asked where it is")]
    pub async fn user_tool(&self, program: UserProgram) -> Result<UserTool, Error> {
        Err(Error::UserTool {
            program: program.name(),
            problem: "is not on the search path".to_owned(),
        })
    }

    /// The home folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The machine.
    #[must_use]
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Where locked tools are looked for.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }
}

/// Why a tool could not be had or started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lock names it, the home folder does not have it.
    #[error("`{name}` {version} is not installed: run `lightsout tools install`")]
    Missing {
        /// The tool.
        name: String,
        /// The version that the lock asks for.
        version: String,
    },
    /// One of the user's own programs is absent or unusable.
    #[error("`{program}` {problem}")]
    UserTool {
        /// The program.
        program: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A process could not be started or watched.
    #[error("{doing} `{program}`: {cause}")]
    Process {
        /// What was being done.
        doing: &'static str,
        /// The program.
        program: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A process ended otherwise than by exit code 0.
    #[error("running `{program}`: {end}{}", said(.stderr))]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        end: String,
        /// The end of what it said, bounded and printable.
        stderr: String,
    },
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!(": {stderr}")
    }
}
