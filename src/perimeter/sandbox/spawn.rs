//! Starts the init stage and makes sure that nothing of it outlives us.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::sync::oneshot;

use super::{Error, INIT_ARG};

/// How long processes may take to disappear after SIGKILL; only one that hangs in the kernel takes longer than a moment.
pub(super) const GONE_SECS_MAX: u64 = 10;

/// What is started, when it is not this very program.
static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();

pub(super) fn set_executable(path: PathBuf) -> Result<(), PathBuf> {
    EXECUTABLE.set(path)
}

pub(super) fn executable() -> PathBuf {
    EXECUTABLE
        .get()
        .cloned()
        .unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

struct Job {
    policy: OwnedFd,
    control: OwnedFd,
    started: oneshot::Sender<io::Result<Child>>,
}

/// The kernel kills a child with a parent death signal when the *thread* that started it ends, and worker threads come and go:
/// so one thread starts all of them, and lives as long as the process.
static SPAWNER: Mutex<Option<mpsc::Sender<Job>>> = Mutex::new(None);

fn spawner() -> io::Result<mpsc::Sender<Job>> {
    let mut slot = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(jobs) = &*slot {
        return Ok(jobs.clone());
    }
    let (jobs, queue) = mpsc::channel::<Job>();
    std::thread::Builder::new()
        .name("perimeter-spawn".to_owned())
        .spawn(move || {
            for job in queue {
                // Nobody waits any more: the child then finds its control socket closed, and ends.
                drop(job.started.send(spawn(job.policy, job.control)));
            }
        })?;
    *slot = Some(jobs.clone());
    Ok(jobs)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this starts our own binary, with nothing but two descriptors, to become the sandbox that tools run in"
)]
fn spawn(policy: OwnedFd, control: OwnedFd) -> io::Result<Child> {
    std::process::Command::new(executable())
        .arg0("lightsout")
        .arg(INIT_ARG)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(policy))
        .stdout(Stdio::from(control))
        .stderr(Stdio::null())
        .spawn()
}

/// The init stage while it lives; dropping it kills everything inside, and waits until it is gone.
#[derive(Debug)]
pub(super) struct Init {
    child: Child,
    outer: OwnedFd,
    inner: Option<OwnedFd>,
}

impl Init {
    /// Starts it.
    pub(super) async fn start(policy: OwnedFd, control: OwnedFd) -> Result<Self, Error> {
        let (started, result) = oneshot::channel();
        let job = Job {
            policy,
            control,
            started,
        };
        let ended = || Error::Spawn(io::Error::other("the spawning thread has ended"));
        spawner()
            .map_err(Error::Spawn)?
            .send(job)
            .map_err(|_| ended())?;
        let child = result.await.map_err(|_| ended())?.map_err(Error::Spawn)?;
        let outer = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())
            .map_err(|errno| Error::Spawn(errno.into()))?;
        Ok(Self {
            child,
            outer,
            inner: None,
        })
    }

    /// Its process id outside.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Process 1 inside exists.
    pub(super) fn has(&mut self, process_one: OwnedFd) {
        self.inner = Some(process_one);
    }

    /// Kills everything. Killing process 1 inside makes the kernel kill the rest; the outer process ends when all of that is
    /// done. Before process 1 has made itself known, the outer one's death is its death signal.
    fn kill(&self) {
        kill(self.inner.as_ref().unwrap_or(&self.outer));
    }

    /// Kills everything and waits until it is gone.
    pub(super) async fn end(self) -> Result<(), Error> {
        self.kill();
        let outer = self.outer.try_clone().and_then(super::sys::watch);
        let outer = outer.map_err(Error::Control)?;
        let gone = outer.readable();
        match tokio::time::timeout(Duration::from_secs(GONE_SECS_MAX), gone).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Error::Control(error)),
            Err(_) => Err(Error::StillThere(GONE_SECS_MAX)),
        }
    }
}

impl Drop for Init {
    fn drop(&mut self) {
        self.kill();
        let mut gone = [PollFd::new(&self.outer, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: GONE_SECS_MAX.cast_signed(),
            tv_nsec: 0,
        };
        // Nothing can be returned from here: `end` is for those who want to know.
        if poll(&mut gone, Some(&timeout)) != Ok(1) || !matches!(self.child.try_wait(), Ok(Some(_)))
        {
            tracing::warn!("processes of a sandbox are still there after they were killed");
        }
    }
}

/// Sends SIGKILL. A process that is gone already needs none.
pub(super) fn kill(process: &OwnedFd) {
    match pidfd_send_signal(process, Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => tracing::warn!(%error, "a process of a sandbox cannot be killed"),
    }
}
