//! The user's own programs: found on the search path, resolved to the real executable.
//!
//! INVARIANT: the path is absolute and without links, the hash is of the file at that path, and what a sandbox is told to show of it never contains the
//! user's home folder or the root. How it is found is in `probe`.

mod claude;
mod probe;

use std::path::{Path, PathBuf};

use crate::names::Sha256;

pub(super) use self::probe::{find, find_system};

/// A program that is the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserProgram {
    /// `node`.
    Node,
    /// `npm`, started as `node npm-cli.js`.
    Npm,
    /// `python3`.
    Python,
    /// `go`.
    Go,
    /// `git`.
    Git,
    /// `claude`: the native binary, or a script that is started as `node SCRIPT`.
    Claude,
    /// `uv`.
    Uv,
}

impl UserProgram {
    /// Its name on the search path.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Npm => "npm",
            Self::Python => "python3",
            Self::Go => "go",
            Self::Git => "git",
            Self::Claude => "claude",
            Self::Uv => "uv",
        }
    }
}

/// A script that an executable is given as its first argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its real path.
    pub path: PathBuf,
    /// Its hash.
    pub sha256: Sha256,
}

/// One of the user's own programs, resolved and hashed.
#[derive(Debug, Clone)]
pub struct UserTool {
    program: UserProgram,
    path: PathBuf,
    script: Option<Script>,
    version: String,
    sha256: Sha256,
    shows: Vec<PathBuf>,
}

impl UserTool {
    /// Which program it is.
    #[must_use]
    pub const fn program(&self) -> UserProgram {
        self.program
    }

    /// The real executable: absolute, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The script that the executable is given first: npm's, or Claude Code's where it is one. [`super::run`] puts it before the arguments by itself.
    #[must_use]
    pub const fn script(&self) -> Option<&Script> {
        self.script.as_ref()
    }

    /// Its version, as the program says it, without a leading `v` or `go`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The executable's hash.
    #[must_use]
    pub const fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The files and folders (absolute, without links) that a sandbox must show for it besides `/usr`: prefix, standard
    /// library, shared libraries. Empty where `/usr` holds all of it.
    #[must_use]
    pub fn shows(&self) -> &[PathBuf] {
        &self.shows
    }
}
