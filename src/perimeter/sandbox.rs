//! Where untrusted code runs: namespaces, an empty root, no capability, no network but named sockets.
//!
//! Two steps, because a program's arguments name the ports it is given: [`Sandbox::prepare`] builds the walls and makes the
//! listening sockets inside them, [`Sandbox::run`] starts one command behind them.
//!
//! INVARIANT: a missing kernel feature is an [`Error`], never a weaker sandbox.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

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
