//! External programs: which ones, where they come from, and the only place that starts them.
//!
//! `tools.lock` names every program of ours with its version and sources; [`Tools::install`] puts them into the home folder,
//! [`Tools::locate`] hands one out after its hash was checked. Node, Python, npm, Go, git and Claude Code are the user's own
//! ([`Tools::user_tool`]): found on the search path, their real executable, version and hash recorded.
//!
//! INVARIANT: a [`Tool`] is made only after the file's hash was compared with what was installed; [`run`] and [`spawn`] take
//! nothing else. Nothing is taken from the search path in place of a locked tool unless [`Origin::System`] says so, and then
//! the tool's [`Source`] says so too. A wrong hash is never followed by another attempt.
//!
//! It does not print, does not read the environment (see [`Machine`]) and does not sandbox what it starts.

mod golang;
mod home;
mod install;
mod lock;
mod machine;
mod npm;
mod process;
mod progress;
mod provider;
mod release;
mod stamp;
mod user;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::names::{PackageName, Sha256};
use crate::perimeter::sandbox::End;

use home::{Check, Home};
use lock::Section;

pub use install::Listed;
pub(crate) use lock::is_loopback_url;
pub use lock::{Lock, PROVIDER_PREFIX, Platform};
pub use machine::{
    FORWARDED, FORWARDED_TO_PACKAGES, FORWARDED_TO_PACKAGES_PREFIXES, Machine, for_packages,
    is_forwarded,
};
pub use process::{Invocation, Output, Program, Service, run, spawn};
pub use progress::{Event, Progress, Reporter};
pub use provider::{Added, Addition, ProviderSource};
pub use user::{Script, UserProgram, UserTool};

/// Where locked tools are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the home folder, installed by us from the lock.
    Home,
    /// On the user's search path (`--system-tools`): version and hash are recorded, not prescribed. Providers and agents are
    /// in the home folder all the same.
    System,
}

/// Where a tool's file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The vendor's archive, by URL and hash.
    Release,
    /// Built here by the Go toolchain from modules that a `go.sum` pins.
    Go,
    /// A local file, by hash.
    File,
    /// A package that the user's npm fetched, by the integrity in the lock.
    Npm,
    /// The user's search path: nothing prescribed its hash.
    System,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Release => "release",
            Self::Go => "go",
            Self::File => "file",
            Self::Npm => "npm",
            Self::System => "system",
        })
    }
}

/// A program whose file's hash was just checked.
#[derive(Debug, Clone)]
pub struct Tool {
    name: String,
    version: String,
    path: PathBuf,
    /// How many steps above the executable its folder is.
    depth: usize,
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

    /// The folder that holds its executable: its own with [`Origin::Home`], where an agent's other files lie as well (and the
    /// manifest, `manifest.json`); whichever it is on the search path with [`Origin::System`].
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.ancestors().nth(self.depth).unwrap_or(&self.path)
    }

    /// The hash of its executable. Of an agent with several files, the hash of a text that has a line for each, ordered by
    /// the bytes of its path below [`Tool::folder`]: `SHA256 MODE PATH`, the mode in octal digits.
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
    home: Home,
    lock: Lock,
    machine: Machine,
    origin: Origin,
}

impl Tools {
    /// The tools of a lock, installed in `home` (`$LIGHTSOUT_HOME`, an absolute path), which is made if need be.
    ///
    /// # Errors
    /// The home folder cannot be made.
    pub fn open(home: &Path, lock: Lock, machine: Machine, origin: Origin) -> Result<Self, Error> {
        Ok(Self {
            home: Home::open(home)?,
            lock,
            machine,
            origin,
        })
    }

    /// Hands out one tool of the lock after checking its file's hash. A provider's name is `pulumi-resource-NAME`.
    ///
    /// # Errors
    /// It is not in the lock, not installed (the error names the command to run), or its file is not what was installed.
    pub async fn locate(&self, name: &str) -> Result<Tool, Error> {
        let entry = self.lock.entry(name)?;
        match (self.origin, entry.section) {
            (Origin::System, Section::Tools) => {
                user::find_system(name, &self.machine, self.home.hashes()).await
            }
            (Origin::Home, Section::Tools) | (_, Section::Providers | Section::Agents) => self
                .installed(entry, Check::Start)
                .await?
                .ok_or_else(|| Error::Missing {
                    name: entry.name.clone(),
                    version: entry.version.clone(),
                    install: entry.install_command(),
                }),
        }
    }

    /// Hands out a package's provider, as [`Tools::locate`] does.
    ///
    /// # Errors
    /// As [`Tools::locate`].
    pub async fn locate_provider(&self, package: &PackageName) -> Result<Tool, Error> {
        self.locate(&format!("{PROVIDER_PREFIX}{package}")).await
    }

    /// Finds one of the user's own programs: its real executable, version, hash, and what a sandbox must show of it.
    ///
    /// # Errors
    /// It is not on the search path, does not answer, or its installation spans the user's home folder.
    pub async fn user_tool(&self, program: UserProgram) -> Result<UserTool, Error> {
        user::find(program, &self.machine, self.home.hashes()).await
    }

    /// The home folder, without links.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.root()
    }

    /// The lock.
    #[must_use]
    pub const fn lock(&self) -> &Lock {
        &self.lock
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
    /// A lock is not one, or may not say what it says.
    #[error("reading `tools.lock`: {problem}")]
    Lock {
        /// What is wrong.
        problem: String,
    },
    /// Nothing of that name is in the lock.
    #[error(
        "`{name}` is not in `tools.lock`: add a provider with `lightsout tools add provider NAME@VERSION`"
    )]
    Unknown {
        /// The name.
        name: String,
    },
    /// Programs are not made for this machine.
    #[error("no tools are made for `{name}`: use Linux on amd64 or arm64")]
    Platform {
        /// The machine.
        name: String,
    },
    /// What was downloaded is not what the lock names. Nothing else is tried.
    #[error(
        "`{what}` has the hash {actual}, the lock says {expected}: do not use it, and find out why"
    )]
    WrongHash {
        /// Its URL or path.
        what: String,
        /// The lock's.
        expected: Sha256,
        /// Its own.
        actual: Sha256,
    },
    /// A package is not what the lock names. Nothing else is tried.
    #[error(
        "`{what}` has the integrity {actual}, the lock says {expected}: do not use it, and find out why"
    )]
    WrongIntegrity {
        /// The package and its version.
        what: String,
        /// The lock's.
        expected: String,
        /// Its own.
        actual: String,
    },
    /// A Go module is not what `go.sum` pins. Nothing else is tried.
    #[error("a module of `{module}` is not what its `go.sum` pins: {said}")]
    WrongSum {
        /// The compiled-in module.
        module: String,
        /// What Go said.
        said: String,
    },
    /// An archive does not hold what it should.
    #[error("unpacking `{path}`: {problem}")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No source of the lock worked.
    #[error("installing `{name}` {version}: {reasons}")]
    NoSource {
        /// The tool.
        name: String,
        /// Its version.
        version: String,
        /// Why, for each source.
        reasons: String,
    },
    /// An installed file is not what was installed.
    #[error(
        "`{path}` is not what was installed, {problem}: remove its folder and install it again with `lightsout tools install`"
    )]
    Tampered {
        /// The file or folder.
        path: PathBuf,
        /// What differs.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("{doing} `{path}`: {cause}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The lock names it, the home folder does not have it.
    #[error("`{name}` {version} is not installed: run `{install}`")]
    Missing {
        /// The tool.
        name: String,
        /// The version that the lock asks for.
        version: String,
        /// The command that installs it.
        install: String,
    },
    /// `--system-tools` was asked for and the search path does not have it.
    #[error(
        "`{name}` is not on the search path, or does not say its version: install it, or leave out `--system-tools`"
    )]
    NotOnPath {
        /// The tool.
        name: String,
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

impl Error {
    /// A program that ended otherwise than it should, wherever it ran.
    pub(crate) fn ended(program: &str, end: End, stderr: &[u8]) -> Self {
        Self::Failed {
            program: program.to_owned(),
            end: process::describe(end),
            stderr: process::printable_tail(stderr),
        }
    }

    pub(super) fn io(doing: &'static str, path: &Path, cause: std::io::Error) -> Self {
        Self::Io {
            doing,
            path: path.to_path_buf(),
            cause,
        }
    }
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!(": {stderr}")
    }
}
