//! Where untrusted code runs: namespaces, an empty root, no capability, no network but named sockets.
//!
//! Two steps, because a program's arguments name the ports it is given: [`Sandbox::prepare`] builds the walls and makes the
//! listening sockets inside them, [`Sandbox::run`] starts one command behind them.
//!
//! INVARIANT: a missing kernel feature is an [`Error`], never a weaker sandbox.

mod error;
mod running;

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::{Error, Step};
pub use running::Running;

/// The first argument that makes the binary the sandbox's own first process; see [`init_main`].
pub const INIT_ARG: &str = "__perimeter-init";

/// One tree that the sandbox shows, and how.
#[derive(Debug)]
pub enum Mount {
    /// A file or folder of the host, read-only (`nosuid,nodev`, recursively).
    ReadOnly {
        /// Path outside.
        source: PathBuf,
        /// Absolute path inside.
        target: PathBuf,
    },
    /// A folder of the host that the sandbox may write.
    ReadWrite {
        /// Path outside.
        source: PathBuf,
        /// Absolute path inside.
        target: PathBuf,
    },
    /// An empty folder in memory.
    Scratch {
        /// Absolute path inside.
        target: PathBuf,
        /// Its size limit in bytes.
        bytes_max: u64,
    },
    /// A copy in memory of a folder of the host; the payload may write it. What it left can be read by [`Sandbox::tree`].
    Copy {
        /// Path outside.
        source: PathBuf,
        /// Absolute path inside.
        target: PathBuf,
        /// Its size limit in bytes.
        bytes_max: u64,
    },
}

/// Whose user id the payload has outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A dedicated unprivileged id (as root) or the caller's own id in a user namespace (rootless): for untrusted code.
    Dedicated,
    /// The caller's id, without any capability: for our own tools, whose view alone is narrowed.
    Caller,
}

/// What the walls are made of.
#[derive(Debug)]
pub struct Walls {
    /// What is visible besides the base (`/usr`, a synthetic `/etc`, `/dev`, `/proc`, `/tmp`).
    pub mounts: Vec<Mount>,
    /// Whose id the payload has.
    pub identity: Identity,
    /// How many listening TCP sockets on 127.0.0.1 are made inside and handed out.
    pub listeners: usize,
    /// Limits of the whole sandbox.
    pub limits: Limits,
}

/// Limits; every one is enforced by the kernel or by the supervisor.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Processes and threads at once.
    pub processes: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of `/tmp` and of the home folder.
    pub scratch_bytes: u64,
}

/// One command behind the walls. Nothing is inherited: arguments, environment and standard input are what is written here.
#[derive(Debug)]
pub struct Command {
    /// Absolute path inside, then the arguments.
    pub argv: Vec<OsString>,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Working directory inside.
    pub cwd: PathBuf,
    /// Given to the command on standard input, which then ends.
    pub stdin: Vec<u8>,
    /// Wall-clock time until the command and all its children are killed.
    pub deadline: Duration,
    /// Bytes kept of standard output and standard error, each; one byte more ends the command.
    pub output_bytes_max: usize,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It returned this exit code.
    Exited(i32),
    /// A signal killed it (seccomp kills by SIGSYS).
    Signalled(i32),
    /// It ran longer than its deadline.
    DeadlinePassed,
    /// It printed more than its limit.
    TooMuchOutput,
    /// We ended it.
    Cancelled,
}

/// What a command left.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// Standard output, at most the command's limit.
    pub stdout: Vec<u8>,
    /// Standard error, at most the command's limit.
    pub stderr: Vec<u8>,
    /// Wall-clock time it took.
    pub duration: Duration,
}

/// What is really enforced, read back by a process that stands under all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    /// `root` (no user namespace) or `rootless` (one user namespace).
    pub mode: String,
    /// The payload's user id as the host sees it.
    pub uid_outside: u32,
    /// The payload's user id inside.
    pub uid: u32,
    /// The payload's group id inside.
    pub gid: u32,
    /// Supplementary groups inside.
    pub groups: Vec<u32>,
    /// The capability sets, in hexadecimal, by the kernel's names; all zero.
    pub capabilities: std::collections::BTreeMap<String, String>,
    /// Whether a new program can gain rights.
    pub no_new_privs: bool,
    /// 2 is filter mode.
    pub seccomp_mode: u32,
    /// Filters that are stacked.
    pub seccomp_filters: u32,
    /// The Landlock ABI in force.
    pub landlock_abi: u32,
    /// Landlock scopes in force.
    pub landlock_scopes: Vec<String>,
    /// Namespaces that differ from the supervisor's.
    pub namespaces: Vec<String>,
    /// Names in `/`.
    pub root: Vec<String>,
    /// Resource limits in force, by the kernel's names.
    pub rlimits: std::collections::BTreeMap<String, u64>,
    /// Limits that this machine cannot enforce, each with the reason.
    pub not_enforced: Vec<String>,
}

/// One attempt to open a path from inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was opened.
    pub path: PathBuf,
    /// Why the kernel refused; nothing when it did **not**.
    pub errno: Option<i32>,
    /// The error's name, such as `ENOENT`; `OPENED` when there was none.
    pub name: String,
}

/// Walls that stand, with or without commands behind them.
#[derive(Debug)]
pub struct Sandbox {
    enforced: Enforced,
}

/// Reaches TCP ports inside a sandbox.
#[derive(Debug, Clone)]
pub struct Dialer {}

impl Dialer {
    /// Connects to 127.0.0.1:`port` inside.
    ///
    /// # Errors
    /// Nobody listens there, or the sandbox has ended.
    pub async fn dial(&self, port: u16) -> Result<tokio::net::TcpStream, Error> {
        Err(Error::Gone)
    }
}

impl Sandbox {
    /// Builds the walls: namespaces, mounts, listeners. Nothing runs yet.
    ///
    /// # Errors
    /// The step that the kernel refused, and what to do about it.
    pub async fn prepare(walls: Walls) -> Result<Self, Error> {
        Err(Error::Gone)
    }

    /// The listening sockets that were made inside, non-blocking, to be served from outside; each once.
    pub fn take_listeners(&mut self) -> Vec<TcpListener> {
        Vec::new()
    }

    /// A handle that connects to ports inside.
    #[must_use]
    pub fn dialer(&self) -> Dialer {
        Dialer {}
    }

    /// What is really enforced, read back inside.
    #[must_use]
    pub fn enforced(&self) -> &Enforced {
        &self.enforced
    }

    /// Tries to open these absolute paths, and what is beside every host, from a process with the payload's own restrictions.
    ///
    /// # Errors
    /// The attempts could not be made.
    pub async fn probe(&mut self, paths: &[PathBuf]) -> Result<Vec<Attempt>, Error> {
        Err(Error::Gone)
    }

    /// Runs one command to its end.
    ///
    /// # Errors
    /// It could not be started, or the sandbox ended.
    pub async fn run(&self, command: Command) -> Result<Finished, Error> {
        Err(Error::Gone)
    }

    /// Starts one command; its lines can be read while it runs.
    ///
    /// # Errors
    /// It could not be started, or the sandbox has ended.
    pub async fn start(&self, command: Command) -> Result<Running, Error> {
        Err(Error::Gone)
    }

    /// A descriptor of a [`Mount::Copy`] or [`Mount::Scratch`], `O_PATH`, valid after the sandbox has ended.
    #[must_use]
    pub fn tree(&self, target: &Path) -> Option<OwnedFd> {
        None
    }

    /// Kills everything inside and waits until nothing is left.
    ///
    /// # Errors
    /// Something was still there after a while.
    pub async fn end(self) -> Result<(), Error> {
        Err(Error::Gone)
    }
}

/// Names the executable that [`Sandbox::prepare`] starts; for a library user whose own executable does not call [`init_main`].
///
/// # Errors
/// It was named before.
pub fn set_executable(path: PathBuf) -> Result<(), PathBuf> {
    Err(path)
}

/// The sandbox's own first process: `main` calls it when the only argument is [`INIT_ARG`]. Never returns.
pub fn init_main() -> ! {
    std::process::abort()
}
