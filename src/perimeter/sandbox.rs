//! Where untrusted code runs: namespaces, an empty root, no capability, no network but named sockets.
//!
//! Two steps, because a program's arguments name the ports it is given: [`Sandbox::prepare`] builds the walls and makes the
//! listening sockets inside them, [`Sandbox::run`] starts one command behind them.
//!
//! INVARIANT: a missing kernel feature is an [`Error`], never a weaker sandbox.

mod capture;
mod channel;
mod control;
mod copy;
mod denials;
mod error;
mod filter;
mod init;
mod keeper;
mod lockdown;
mod mountinfo;
mod mounts;
mod notify;
mod policy;
mod prepare;
mod probe;
mod root;
mod running;
mod spawn;
mod sys;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use control::Shared;
use policy::{Action, Reply, Request};

pub use error::{Error, Step};
pub use running::{Running, Stopper};

/// The first argument that makes the binary the sandbox's own first process; see [`init_main`].
pub const INIT_ARG: &str = "__perimeter-init";

/// One tree that the sandbox shows, and how.
#[derive(Debug, Clone)]
pub enum Mount {
    /// A file or folder of the host, read-only (`nosuid,nodev`, recursively).
    ReadOnly {
        /// Path outside.
        source: PathBuf,
        /// Absolute path inside.
        target: PathBuf,
    },
    /// A folder of the host that the sandbox may write, as far as the folder's own permissions let the payload's user: this
    /// is for [`Identity::Caller`]. Under root the dedicated user owns nothing on the host; give untrusted code a copy.
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
    /// Whether what it is refused is counted.
    pub watch: Watch,
}

/// Whether somebody looks at what a command is refused. It is refused the same either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watch {
    /// Nobody.
    Unwatched,
    /// Denied system calls, and every `connect` to what is not inside, are counted; each costs the command a round trip to us.
    Denials,
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
    /// What it tried and was refused, such as `mount` and `connect 203.0.113.7:443`, and how often; for the record, since what
    /// refuses does not depend on it. Empty for an unwatched one.
    pub denials: BTreeMap<String, u64>,
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
    pub capabilities: BTreeMap<String, String>,
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
    pub rlimits: BTreeMap<String, u64>,
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

/// Walls that stand, with or without commands behind them. Dropping them kills everything inside.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    init: spawn::Init,
    listeners: Vec<TcpListener>,
    trees: Vec<(PathBuf, OwnedFd)>,
    targets: Vec<PathBuf>,
    enforced: Enforced,
}

/// Reaches TCP ports inside a sandbox.
#[derive(Debug, Clone)]
pub struct Dialer {
    shared: Arc<Shared>,
}

impl Dialer {
    /// Connects to 127.0.0.1:`port` inside.
    ///
    /// # Errors
    /// Nobody listens there, or the sandbox has ended.
    pub async fn dial(&self, port: u16) -> Result<tokio::net::TcpStream, Error> {
        let (reply, mut descriptors) = self.shared.request(Request::Socket, Vec::new()).await?;
        let (Reply::Socket, Some(socket)) = (reply, descriptors.pop()) else {
            return Err(Error::Gone);
        };
        let socket = std::net::TcpStream::from(socket);
        let address = (std::net::Ipv4Addr::LOCALHOST, port).into();
        tokio::net::TcpSocket::from_std_stream(socket)
            .connect(address)
            .await
            .map_err(|source| Error::Dial { port, source })
    }
}

impl Sandbox {
    /// Builds the walls: namespaces, mounts, listeners. Nothing of the payload runs yet.
    ///
    /// # Errors
    /// The step that the kernel refused, and what to do about it.
    pub async fn prepare(walls: Walls) -> Result<Self, Error> {
        prepare::prepare(&walls).await
    }

    /// The listening sockets that were made inside, non-blocking, to be served from outside; each once.
    pub fn take_listeners(&mut self) -> Vec<TcpListener> {
        std::mem::take(&mut self.listeners)
    }

    /// A handle that connects to ports inside.
    #[must_use]
    pub fn dialer(&self) -> Dialer {
        Dialer {
            shared: Arc::clone(&self.shared),
        }
    }

    /// What is really enforced, read back inside.
    #[must_use]
    pub fn enforced(&self) -> &Enforced {
        &self.enforced
    }

    /// Tries to open these absolute paths by every way round, and what commands a host, from a process with the payload's own
    /// restrictions. An [`Attempt`] without an errno is a hole in the wall.
    ///
    /// # Errors
    /// The attempts could not be made.
    pub async fn probe(&mut self, paths: &[PathBuf]) -> Result<Vec<Attempt>, Error> {
        let paths = probe::attempts(paths, &self.targets);
        let action = Action::Probe {
            paths: paths.clone(),
        };
        let errnos: Vec<Option<i32>> = prepare::ask(&self.shared, &action).await?;
        if errnos.len() != paths.len() {
            return Err(Error::NotEnforced("the probe was cut short".to_owned()));
        }
        Ok(probe::name(paths, errnos))
    }

    /// Runs one command to its end. When this future is dropped, the command is killed.
    ///
    /// # Errors
    /// It could not be started, or the sandbox ended.
    pub async fn run(&self, command: Command) -> Result<Finished, Error> {
        self.start(command).await?.wait().await
    }

    /// Starts one command; its lines can be read while it runs.
    ///
    /// # Errors
    /// It could not be started, or the sandbox has ended.
    pub async fn start(&self, command: Command) -> Result<Running, Error> {
        running::start(&self.shared, command).await
    }

    /// Starts one command whose standard input is written while it runs; what the command says of it is not used.
    ///
    /// # Errors
    /// It could not be started, or the sandbox has ended.
    pub async fn converse(
        &self,
        command: Command,
    ) -> Result<(Running, tokio::net::unix::pipe::Sender), Error> {
        running::converse(&self.shared, command).await
    }

    /// A descriptor of a [`Mount::Copy`] or [`Mount::Scratch`], `O_PATH`, valid after the sandbox has ended.
    #[must_use]
    pub fn tree(&self, target: &Path) -> Option<OwnedFd> {
        let (_, tree) = self.trees.iter().find(|(path, _)| path == target)?;
        match tree.try_clone() {
            Ok(tree) => Some(tree),
            Err(error) => {
                // Without a tree its reader has nothing to accept.
                tracing::warn!(%error, "a tree of the sandbox cannot be handed out");
                None
            }
        }
    }

    /// Kills everything inside and waits until nothing is left.
    ///
    /// # Errors
    /// Something was still there after a while.
    pub async fn end(self) -> Result<(), Error> {
        self.init.end().await
    }
}

/// Sees to it that no program that this process starts inherits what this process was given open, such as a model's key.
///
/// # Errors
/// The kernel refused.
pub fn keep_descriptors() -> std::io::Result<()> {
    sys::close_on_exec()
}

/// The executable that [`Sandbox::prepare`] starts, by its real path: this very program.
///
/// # Errors
/// It was removed or replaced since it was started.
pub fn executable() -> std::io::Result<PathBuf> {
    std::fs::canonicalize(spawn::executable())
}

/// Names the executable that [`Sandbox::prepare`] starts, by its absolute path; for a program that does not call [`init_main`].
///
/// # Errors
/// It was named before; this is the path that was refused.
pub fn set_executable(path: PathBuf) -> Result<(), PathBuf> {
    spawn::set_executable(path)
}

/// The sandbox's own first process: `main` calls it, before anything else, when the only argument is [`INIT_ARG`].
pub fn init_main() -> ! {
    sys::exit(init::run())
}
