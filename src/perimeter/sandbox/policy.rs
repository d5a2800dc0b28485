//! What the supervisor tells the init stage, and what the stages tell back.
//!
//! The rules on targets are checked here, before any process exists: a target is created only on file systems that this sandbox
//! made itself, never inside a tree of the host, where a link left by an earlier payload would lead the mount elsewhere.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::denials::Places;
use super::error::Failure;
use super::{Error, Identity, Mount, Walls, Watch};

/// Listening sockets of one sandbox.
const LISTENERS_MAX: usize = 64;

/// Mounts of one sandbox; with the listeners they fit into one message of descriptors.
const MOUNTS_MAX: usize = 64;

/// The first user id of the range that payloads of a root supervisor get; the init process's id is added, so that two
/// sandboxes that live at once never share one, nor the limits that the kernel counts per user. No distribution assigns ids
/// this high, and process ids end at 2^22.
const DEDICATED_UID_BASE: u32 = 1_900_000_000;

/// The payload's user and group id inside a user namespace.
const ROOTLESS_UID: u32 = 1000;

/// The home folder inside.
pub(super) const HOME: &str = "/home/user";

/// Names in `/` that belong to the base: nothing may be mounted on them or in them.
const RESERVED: [&str; 11] = [
    "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "dev", "proc", "sys",
];

/// Bytes of a path, since paths need not be text.
pub(super) type Bytes = Vec<u8>;

/// How root's rights come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mode {
    /// We are root: no user namespace.
    Root,
    /// We are not: one user namespace, in which one id is mapped.
    Rootless,
}

/// Everything the init stage knows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) supervisor: i32,
    pub(super) mode: Mode,
    pub(super) identity: PayloadId,
    pub(super) mounts: Vec<Line>,
    pub(super) listeners: usize,
    pub(super) processes: u64,
    pub(super) open_files: u64,
    pub(super) file_bytes: u64,
    pub(super) scratch_bytes: u64,
}

/// Whose ids the payload has.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum PayloadId {
    /// An id of its own: the base plus the init process's id, in root mode.
    Dedicated,
    /// These ids, seen from inside.
    Fixed {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

impl PayloadId {
    /// The ids inside, given the init process's id outside.
    pub(super) fn resolve(self, init: u32) -> (u32, u32) {
        match self {
            Self::Dedicated => {
                let id = DEDICATED_UID_BASE.saturating_add(init);
                (id, id)
            }
            Self::Fixed { uid, gid } => (uid, gid),
        }
    }
}

/// One line of the mount table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) source: Bytes,
    pub(super) target: Bytes,
    pub(super) bytes_max: u64,
}

/// What a line mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// [`Mount::ReadOnly`].
    ReadOnly,
    /// [`Mount::ReadWrite`].
    ReadWrite,
    /// [`Mount::Scratch`].
    Scratch,
    /// [`Mount::Copy`].
    Copy,
}

/// What one process under the payload's restrictions does.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Action {
    /// Becomes a program.
    Exec {
        argv: Vec<Bytes>,
        env: Vec<Bytes>,
        cwd: Bytes,
        watch: Watch,
    },
    /// Tries to open paths and prints the errnos as JSON.
    Probe { paths: Vec<Bytes> },
    /// Prints what is enforced as JSON.
    Report,
}

/// What the supervisor asks of the first process inside.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Starts an [`Action`]; descriptors: the action, standard input, output, error, the command's own channel.
    Start,
    /// Makes a TCP socket inside and hands it out.
    Socket,
}

/// What the init stage answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The first process inside exists; descriptor: its pidfd.
    Hello,
    /// The walls stand; descriptors: listeners, then the trees of the scratch and copy lines in the policy's order.
    Ready {
        /// Names that were put into `/`.
        root: Vec<String>,
    },
    /// [`Request::Start`] was accepted.
    Started,
    /// Descriptor: the socket.
    Socket,
    /// A step failed.
    Failed(Failure),
}

/// What a command's channel says to the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Event {
    /// A watched command is about to be executed; descriptor: its filter's listener.
    Watched,
    /// The program was executed (or the action is done).
    Started,
    /// It could not be.
    Failed(Failure),
    /// It returned a code, and no process of it is left.
    Exited(i32),
    /// A signal killed it, and no process of it is left.
    Signalled(i32),
}

/// What a command's channel says to the keeper. A closed channel is [`Order::Kill`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// SIGINT to the command's process group.
    Interrupt,
    /// SIGKILL to every process of the command.
    Kill,
}

impl Policy {
    /// Checks walls and puts them into the init stage's terms.
    pub(super) fn compile(walls: &Walls) -> Result<Self, Error> {
        if walls.listeners > LISTENERS_MAX {
            return Err(Error::TooMany("listeners", LISTENERS_MAX));
        }
        if walls.mounts.len() > MOUNTS_MAX {
            return Err(Error::TooMany("mounts", MOUNTS_MAX));
        }
        let mut mounts = walls
            .mounts
            .iter()
            .map(line)
            .collect::<Result<Vec<_>, _>>()?;
        // Parents before what is mounted in them.
        mounts.sort_by_key(|line| line.target.iter().filter(|byte| **byte == b'/').count());
        check_nesting(&mounts)?;
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        let mode = if uid.is_root() {
            Mode::Root
        } else {
            Mode::Rootless
        };
        let identity = match (mode, walls.identity) {
            (Mode::Root, Identity::Dedicated) => PayloadId::Dedicated,
            (Mode::Rootless, Identity::Dedicated) => PayloadId::Fixed {
                uid: ROOTLESS_UID,
                gid: ROOTLESS_UID,
            },
            (Mode::Root | Mode::Rootless, Identity::Caller) => PayloadId::Fixed {
                uid: uid.as_raw(),
                gid: gid.as_raw(),
            },
        };
        Ok(Self {
            supervisor: rustix::process::getpid().as_raw_nonzero().get(),
            mode,
            identity,
            mounts,
            listeners: walls.listeners,
            processes: walls.limits.processes,
            open_files: walls.limits.open_files,
            file_bytes: walls.limits.file_bytes,
            scratch_bytes: walls.limits.scratch_bytes,
        })
    }

    /// What is inside besides the base. In folders in memory only a payload can have made a socket.
    pub(super) fn places(&self) -> Places {
        let base = ["/tmp", "/dev/shm", HOME].map(|folder| (PathBuf::from(folder), true));
        let lines = self.mounts.iter().map(|line| {
            let is_own = matches!(line.kind, Kind::Scratch | Kind::Copy);
            (path(&line.target).to_owned(), is_own)
        });
        Places(base.into_iter().chain(lines).collect())
    }
}

fn line(mount: &Mount) -> Result<Line, Error> {
    let (kind, source, target, bytes_max) = match mount {
        Mount::ReadOnly { source, target } => (Kind::ReadOnly, Some(source), target, 0),
        Mount::ReadWrite { source, target } => (Kind::ReadWrite, Some(source), target, 0),
        Mount::Scratch { target, bytes_max } => (Kind::Scratch, None, target, *bytes_max),
        Mount::Copy {
            source,
            target,
            bytes_max,
        } => (Kind::Copy, Some(source), target, *bytes_max),
    };
    let source = match source {
        Some(path) => bytes(&plain(path).ok_or_else(|| Error::Source { path: path.clone() })?),
        None => Bytes::new(),
    };
    Ok(Line {
        kind,
        source,
        target: bytes(&target_path(target)?),
        bytes_max,
    })
}

/// The path, absolute and without `.` and `..`.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut components = path.components();
    if components.next() != Some(Component::RootDir) || path.as_os_str().as_bytes().contains(&0) {
        return None;
    }
    let mut plain = PathBuf::from("/");
    for component in components {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::CurDir
            | Component::ParentDir
            | Component::RootDir
            | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}

fn target_path(target: &Path) -> Result<PathBuf, Error> {
    let refuse = |rule| Error::Target {
        path: target.to_owned(),
        rule,
    };
    let path = plain(target).ok_or_else(|| refuse("a target must be absolute and without `..`"))?;
    let Some(first) = path.iter().nth(1) else {
        return Err(refuse("a target cannot be the root itself"));
    };
    if RESERVED.iter().any(|name| OsStr::new(name) == first) {
        return Err(refuse("this folder belongs to the base"));
    }
    if path == Path::new("/tmp") || Path::new(HOME).starts_with(&path) {
        return Err(refuse("this folder is always there; mount beneath it"));
    }
    Ok(path)
}

/// A target may lie in another one only when that is ours: in memory.
fn check_nesting(lines: &[Line]) -> Result<(), Error> {
    for (index, inner) in lines.iter().enumerate() {
        for (other, outer) in lines.iter().enumerate() {
            if index == other || !path(&inner.target).starts_with(path(&outer.target)) {
                continue;
            }
            let rule = match outer.kind {
                _ if inner.target == outer.target => "two mounts have this target",
                Kind::ReadOnly | Kind::ReadWrite => {
                    "it lies inside a folder of the host, where nothing is created"
                }
                Kind::Scratch | Kind::Copy => continue,
            };
            return Err(Error::Target {
                path: path(&inner.target).to_owned(),
                rule,
            });
        }
    }
    Ok(())
}

/// A path's bytes.
pub(super) fn bytes(path: &Path) -> Bytes {
    path.as_os_str().as_bytes().to_vec()
}

/// Bytes as a path.
pub(super) fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests;
