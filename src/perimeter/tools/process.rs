//! Starting processes: exact arguments and environment, own process group, deadline, bounded capture.
//!
//! INVARIANT: nothing is inherited but what an [`Invocation`] spells out; whatever way the caller leaves (return, error, drop),
//! the whole process group is killed. Arguments are public on the machine, so they never hold a secret; the environment and
//! standard input may, and are therefore never printed.
//!
//! LIMIT: a child that makes its own session leaves the group. Untrusted code runs in the sandbox, where its process
//! namespace dies with it; what is started here is ours or the user's own.

mod capture;
mod program;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use self::capture::{Capture, Feed, Tail, drain, push, text_of};
use super::Error;
use crate::perimeter::sandbox::End;

pub use self::program::Program;

pub(super) use self::capture::printable_tail;

/// How long pipes may stay open after the process has ended and its group was killed.
const DRAIN: Duration = Duration::from_secs(2);
/// A just written executable is busy while another thread is between fork and exec: so often is the start repeated.
const BUSY_RETRIES: u32 = 50;
/// Pause between two such attempts.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// One start of a program.
pub struct Invocation<'a> {
    /// What is started.
    pub program: Program<'a>,
    /// Its arguments. INVARIANT: no secret, every user of the machine can read them.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// Given on standard input, which then ends.
    pub stdin: Vec<u8>,
    /// [`run`]: time until the whole group is killed. [`spawn`]: time until its first line must have come.
    pub deadline: Duration,
    /// [`run`]: bytes of standard output and standard error, each; one more ends it. [`spawn`]: bytes of the first line, and of
    /// the end of what it says later that is kept.
    pub output_bytes_max: usize,
}

impl fmt::Debug for Invocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        f.debug_struct("Invocation")
            .field("program", &self.program.path())
            .field("args", &self.args)
            .field("env", &names)
            .field("cwd", &self.cwd)
            .field("stdin_bytes", &self.stdin.len())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// What a finished process left. [`run`] gives it whatever the end was: look at [`Output::end`] or ask for
/// [`Output::success`].
#[derive(Clone)]
pub struct Output {
    program: String,
    /// How it ended.
    pub end: End,
    /// Its standard output, as far as the limit.
    pub stdout: Vec<u8>,
    /// Its standard error, as far as the limit.
    pub stderr: Vec<u8>,
    /// How long it ran.
    pub duration: Duration,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("program", &self.program)
            .field("end", &self.end)
            .field("stdout_bytes", &self.stdout.len())
            .field("stderr_bytes", &self.stderr.len())
            .field("duration", &self.duration)
            .finish()
    }
}

impl Output {
    /// Itself, if the process returned 0.
    ///
    /// # Errors
    /// Any other end, with the last bytes of standard error.
    pub fn success(self) -> Result<Self, Error> {
        if self.end == End::Exited(0) {
            return Ok(self);
        }
        Err(Error::ended(&self.program, self.end, &self.stderr))
    }
}

/// Runs a program to its end, its deadline or its output limit.
///
/// # Errors
/// It could not be started or watched. An exit code other than 0 is not an error here.
pub async fn run(invocation: Invocation<'_>) -> Result<Output, Error> {
    let started = Instant::now();
    let name = invocation.program.name();
    let mut group = Group::start(&invocation).await?;
    let mut stdin = Feed::new(group.child.stdin.take(), &invocation.stdin);
    let mut stdout = Capture::new(group.child.stdout.take(), invocation.output_bytes_max);
    let mut stderr = Capture::new(group.child.stderr.take(), invocation.output_bytes_max);
    let deadline = tokio::time::sleep(invocation.deadline);
    tokio::pin!(deadline);
    let mut status: Option<ExitStatus> = None;
    let end = loop {
        if let Some(status) = status
            && stdout.is_closed()
            && stderr.is_closed()
        {
            break end_of(status);
        }
        tokio::select! {
            ended = group.child.wait(), if status.is_none() => {
                status = Some(ended.map_err(|cause| failed("waiting for", &name, cause))?);
                // What the process left behind would keep the pipes open.
                group.kill();
                deadline.as_mut().reset(tokio::time::Instant::now() + DRAIN);
            }
            full = stdout.read(), if !stdout.is_closed() => if full { break End::TooMuchOutput },
            full = stderr.read(), if !stderr.is_closed() => if full { break End::TooMuchOutput },
            () = stdin.write(), if !stdin.is_done() => {}
            () = &mut deadline => break status.map_or(End::DeadlinePassed, end_of),
        }
    };
    group.end().await;
    Ok(Output {
        program: name,
        end,
        stdout: stdout.kept,
        stderr: stderr.kept,
        duration: started.elapsed(),
    })
}

/// Starts a program that stays, such as a provider, and waits for the first line of its standard output.
///
/// # Errors
/// It could not be started, ended first, or did not print a line within the deadline and the limit.
pub async fn spawn(invocation: Invocation<'_>) -> Result<Service, Error> {
    let name = invocation.program.name();
    let mut group = Group::start(&invocation).await?;
    let tail = Arc::new(Mutex::new(Tail::new(invocation.output_bytes_max)));
    let mut drains = JoinSet::new();
    if let Some(stderr) = group.child.stderr.take() {
        drains.spawn(drain(stderr, Arc::clone(&tail)));
    }
    let mut stdin = Feed::new(group.child.stdin.take(), &invocation.stdin);
    let mut stdout = Capture::new(group.child.stdout.take(), invocation.output_bytes_max);
    let first = async {
        loop {
            if let Some(at) = stdout.kept.iter().position(|b| *b == b'\n') {
                return Some(at);
            }
            tokio::select! {
                full = stdout.read(), if !stdout.is_closed() => if full { return None },
                () = stdin.write(), if !stdin.is_done() => {}
                else => return None,
            }
        }
    };
    let first = tokio::time::timeout(invocation.deadline, first).await;
    let line = match first {
        Ok(Some(at)) => stdout.kept.get(..at).map(<[u8]>::to_vec),
        Ok(None) | Err(_) => None,
    };
    let Some(line) = line else {
        let end = if first.is_err() {
            "no first line within its deadline"
        } else {
            "it ended, or printed too much, before its first line"
        };
        group.end().await;
        return Err(Error::Failed {
            program: name,
            end: end.to_owned(),
            stderr: text_of(&tail),
        });
    };
    let rest = line.len().saturating_add(1);
    push(&tail, stdout.kept.get(rest..).unwrap_or(&[]));
    if let Some(pipe) = stdout.pipe.take() {
        drains.spawn(drain(pipe, Arc::clone(&tail)));
    }
    Ok(Service {
        first_line: String::from_utf8_lossy(&line).trim_end().to_owned(),
        group,
        tail,
        _drains: drains,
        program: name,
    })
}

/// A program that stays until this value is dropped or stopped.
pub struct Service {
    program: String,
    first_line: String,
    group: Group,
    tail: Arc<Mutex<Tail>>,
    /// Aborted on drop.
    _drains: JoinSet<()>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("program", &self.program)
            .field("pid", &self.group.pid)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// The first line of its standard output, without the line's end.
    #[must_use]
    pub fn first_line(&self) -> &str {
        &self.first_line
    }

    /// The end of what it said since: bounded, control characters escaped.
    #[must_use]
    pub fn said(&self) -> String {
        text_of(&self.tail)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// It could not be waited for.
    pub async fn ended(&mut self) -> Result<End, Error> {
        let status = self.group.child.wait().await;
        self.group.kill();
        Ok(end_of(status.map_err(|cause| {
            failed("waiting for", &self.program, cause)
        })?))
    }

    /// Ends it and all it started, and waits until it is gone.
    pub async fn stop(mut self) {
        self.group.end().await;
    }
}

/// A child that leads a process group; dropping it kills the group.
struct Group {
    child: Child,
    pid: Option<Pid>,
}

impl Group {
    async fn start(invocation: &Invocation<'_>) -> Result<Self, Error> {
        let name = invocation.program.name();
        let mut attempts = 0;
        loop {
            match command(invocation).spawn() {
                Ok(child) => {
                    let pid = child
                        .id()
                        .and_then(|id| i32::try_from(id).map_or(None, Pid::from_raw));
                    return Ok(Self { child, pid });
                }
                Err(cause)
                    if cause.kind() == std::io::ErrorKind::ExecutableFileBusy
                        && attempts < BUSY_RETRIES =>
                {
                    attempts += 1;
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                Err(cause) => return Err(failed("starting", &name, cause)),
            }
        }
    }

    /// Kills every process of the group, once: later the number may belong to somebody else.
    fn kill(&mut self) {
        if let Some(pid) = self.pid.take()
            && let Err(errno) = kill_process_group(pid, Signal::KILL)
            && errno != rustix::io::Errno::SRCH
        {
            tracing::warn!(%errno, "killing a process group");
        }
    }

    async fn end(&mut self) {
        self.kill();
        if let Err(cause) = self.child.wait().await {
            tracing::warn!(%cause, "reaping a process");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that starts a process outside the sandbox"
)]
fn command(invocation: &Invocation<'_>) -> Command {
    let mut command = Command::new(invocation.program.path());
    command
        .args(invocation.program.script())
        .args(&invocation.args)
        .env_clear()
        .envs(invocation.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&invocation.cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

fn end_of(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, Some(signal)) => End::Signalled(signal),
        (None, None) => End::Cancelled,
    }
}

pub(super) fn describe(end: End) -> String {
    match end {
        End::Exited(code) => format!("exit status {code}"),
        End::Signalled(signal) => format!("ended by signal {signal}"),
        End::DeadlinePassed => "its deadline passed".to_owned(),
        End::TooMuchOutput => "it printed more than its limit".to_owned(),
        End::Cancelled => "it was ended by us".to_owned(),
    }
}

fn failed(doing: &'static str, program: &str, cause: std::io::Error) -> Error {
    Error::Process {
        doing,
        program: program.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests;
