//! What can fail when walls are built, and what to do about it.
//!
//! Every error names the step; the kernel's errno is kept, because the same step fails for different reasons on different hosts.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One step of building the walls or of going behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Reading what the supervisor passed.
    Policy,
    /// Leaving the host's namespaces.
    Namespaces,
    /// Mapping the one user id of a user namespace.
    UserMap,
    /// Cutting the mount table off from the host's.
    Propagation,
    /// Opening a tree of the host.
    Source,
    /// A tree of the host in which something else is mounted.
    SourceMounts,
    /// Loopback and listening sockets.
    Network,
    /// The new root and what is always in it.
    Root,
    /// Mounting a tree.
    Mount,
    /// The process file system.
    Proc,
    /// Leaving the old root.
    Pivot,
    /// Copying a tree into memory.
    Copy,
    /// Something in a copied tree that is neither a file nor a folder.
    CopyKind,
    /// A copied tree that is larger or deeper than its limit.
    CopySize,
    /// Making a process inside.
    Fork,
    /// Resource limits.
    Limits,
    /// User and group ids.
    Identity,
    /// Giving up capabilities.
    Capabilities,
    /// The Landlock rules.
    Landlock,
    /// The system call filter.
    Seccomp,
    /// Reading back what is enforced.
    Readback,
    /// Entering the working directory.
    Directory,
    /// Executing the program.
    Exec,
    /// Talking between supervisor and sandbox.
    Control,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Policy => "reading the policy",
            Self::Namespaces => "leaving the host's namespaces",
            Self::UserMap => "mapping the user id",
            Self::Propagation => "cutting off the mount table",
            Self::Source => "opening a tree of the host",
            Self::SourceMounts => "taking a tree of the host in which something is mounted",
            Self::Network => "making the network",
            Self::Root => "building the root",
            Self::Mount => "mounting a tree",
            Self::Proc => "mounting the process file system",
            Self::Pivot => "leaving the old root",
            Self::Copy => "copying a tree",
            Self::CopyKind => "copying a tree with something that is neither file nor folder",
            Self::CopySize => "copying a tree that is over its limit",
            Self::Fork => "making a process",
            Self::Limits => "setting resource limits",
            Self::Identity => "changing the user",
            Self::Capabilities => "dropping capabilities",
            Self::Landlock => "enforcing Landlock",
            Self::Seccomp => "enforcing the system call filter",
            Self::Readback => "reading back what is enforced",
            Self::Directory => "entering the working directory",
            Self::Exec => "executing the program",
            Self::Control => "talking to the sandbox",
        })
    }
}

/// A step that failed, as it travels between processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) step: Step,
    /// What it failed on: a path, a limit's name.
    pub(super) on: String,
    /// The kernel's error number; nothing when we refused, not the kernel.
    pub(super) errno: Option<i32>,
}

impl Failure {
    /// A refusal of ours.
    pub(super) fn refused(step: Step, on: impl Into<String>) -> Self {
        Self {
            step,
            on: on.into(),
            errno: None,
        }
    }

    /// For `map_err`: the kernel refused this step.
    pub(super) fn at<E: Into<io::Error>>(step: Step, on: &str) -> impl FnOnce(E) -> Self + use<E> {
        let on = on.to_owned();
        move |error| {
            let error: io::Error = error.into();
            match error.raw_os_error() {
                Some(errno) => Self {
                    step,
                    on,
                    errno: Some(errno),
                },
                None => Self::refused(step, format!("{on}: {error}")),
            }
        }
    }
}

/// Why there is no sandbox, or no longer one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source of a mount is not a plain absolute path.
    #[error("the source `{}` of a mount must be absolute and without `..`", .path.display())]
    Source {
        /// The path outside.
        path: PathBuf,
    },
    /// The target of a mount is not allowed.
    #[error("`{}` cannot be a mount's target: {rule}", .path.display())]
    Target {
        /// The path inside.
        path: PathBuf,
        /// What it breaks.
        rule: &'static str,
    },
    /// More than a sandbox can have.
    #[error("too many {0} for one sandbox: at most {1}")]
    TooMany(&'static str, usize),
    /// Our own first process could not be started.
    #[error("starting the sandbox's first process: {0}")]
    Spawn(io::Error),
    /// What was started is not our init stage.
    #[error(
        "`{}` does not act as the sandbox's first process: name the lightsout binary with `sandbox::set_executable`",
        .executable.display()
    )]
    NotInit {
        /// What was started.
        executable: PathBuf,
    },
    /// The kernel, or a check of ours, refused a step.
    #[error("{step} (`{on}`): {}{}{advice}", describe(*errno), if advice.is_empty() { "" } else { "; " })]
    Step {
        /// The step.
        step: Step,
        /// What it failed on.
        on: String,
        /// The kernel's error number; nothing when a check of ours refused.
        errno: Option<i32>,
        /// What to do.
        advice: &'static str,
    },
    /// The program of a command does not exist inside, or cannot be executed there.
    #[error("starting `{program}` inside the sandbox: {step} (`{on}`): {}", describe(*errno))]
    Start {
        /// The program's path inside.
        program: String,
        /// The step that failed.
        step: Step,
        /// What it failed on.
        on: String,
        /// The kernel's error number; nothing when a check of ours refused.
        errno: Option<i32>,
    },
    /// A command without a program, or with a NUL byte in it.
    #[error("a command must have an absolute program and no NUL bytes")]
    Command,
    /// What is enforced is not what was asked for.
    #[error("the sandbox does not hold: {0}")]
    NotEnforced(String),
    /// A port inside did not answer.
    #[error("connecting to port {port} inside the sandbox: {source}")]
    Dial {
        /// The port.
        port: u16,
        /// What the kernel said.
        source: io::Error,
    },
    /// Our side of the conversation with the sandbox broke.
    #[error("talking to the sandbox: {0}")]
    Control(io::Error),
    /// Building the walls took too long.
    #[error("building the sandbox took longer than {0} s")]
    PrepareDeadline(u64),
    /// Processes were still there after everything was killed.
    #[error("processes of the sandbox are still there {0} s after they were killed")]
    StillThere(u64),
    /// The sandbox has ended.
    #[error("the sandbox has ended")]
    Gone,
}

fn describe(errno: Option<i32>) -> String {
    errno.map_or_else(
        || "refused".to_owned(),
        |errno| io::Error::from_raw_os_error(errno).to_string(),
    )
}

impl Error {
    /// A failed step, with what to do about it.
    pub(super) fn step(failure: Failure, rootless: bool) -> Self {
        let advice = advice(&failure, rootless);
        Self::Step {
            step: failure.step,
            on: failure.on,
            errno: failure.errno,
            advice,
        }
    }
}

fn advice(failure: &Failure, rootless: bool) -> &'static str {
    let denied = matches!(failure.errno, Some(libc::EPERM | libc::EACCES));
    match failure.step {
        Step::Namespaces if failure.errno == Some(libc::ENOSPC) => {
            "user namespaces are switched off: raise the sysctl `user.max_user_namespaces`, or run as root with sudo"
        }
        Step::Namespaces | Step::UserMap | Step::Propagation | Step::Root | Step::Mount
            if denied && rootless =>
        {
            "this host restricts user namespaces (Ubuntu 24.04 does, by AppArmor): run as root with sudo, or install an AppArmor profile with `userns,` for this binary"
        }
        Step::Namespaces | Step::Propagation | Step::Root | Step::Mount if denied => {
            "root lacks CAP_SYS_ADMIN: in a container add `--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined`"
        }
        Step::Proc if denied => {
            "the host's /proc is masked, so the kernel allows no fresh one: in a container add `--security-opt systempaths=unconfined`"
        }
        Step::Source if failure.errno == Some(libc::ELOOP) => {
            "the path goes through a symbolic link: give the real path"
        }
        Step::SourceMounts => "mount what is mounted there by a line of its own, or unmount it",
        Step::CopyKind => "only files and folders can be copied: remove it, or leave it out",
        Step::CopySize => "raise the limit of this copy, or copy less",
        Step::Identity if failure.errno == Some(libc::EINVAL) => {
            "the dedicated user id is not mapped in this container's user namespace: run outside of it, or as an ordinary user"
        }
        Step::Landlock => {
            "the kernel must have Landlock ABI 2 (Linux 5.19) enabled: add `landlock` to the boot parameter `lsm=`"
        }
        Step::Seccomp => "the kernel must be built with CONFIG_SECCOMP_FILTER",
        Step::Policy
        | Step::Namespaces
        | Step::UserMap
        | Step::Propagation
        | Step::Source
        | Step::Network
        | Step::Root
        | Step::Mount
        | Step::Proc
        | Step::Pivot
        | Step::Copy
        | Step::Fork
        | Step::Limits
        | Step::Identity
        | Step::Capabilities
        | Step::Readback
        | Step::Directory
        | Step::Exec
        | Step::Control => "",
    }
}
