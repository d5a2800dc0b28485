//! One keeper per command: it starts the payload, adopts every orphan of it, and leaves nothing behind when it ends.
//!
//! INVARIANT: [`Event::Exited`] and [`Event::Signalled`] are sent when no process of the command exists any more. A keeper that
//! ends without either has lost control, and the supervisor kills the whole sandbox.

use std::ffi::CString;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group,
    set_child_subreaper, setsid, wait,
};

use super::Watch;
use super::channel::{read_sealed, receive, send};
use super::error::{Failure, Step};
use super::lockdown::{self, Lock};
use super::policy::{Action, Bytes, Event, Order, path};
use super::probe;
use super::sys::{self, Fork};

/// How long one round of killing waits for processes to end before it looks for new ones.
const KILL_ROUND: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 5_000_000,
};

/// The longest failure a payload reports before it is executed.
const FAILURE_BYTES_MAX: u64 = 16 << 10;

/// A command's standard streams.
pub(super) struct Streams {
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// Runs one command to its end; this process then ends too.
pub(super) fn keep(lock: &Lock, action: OwnedFd, streams: Streams, channel: &OwnedFd) -> ! {
    let done = match command(lock, action, streams, channel) {
        Ok(event) => send(channel, &event, &[]),
        Err(failure) => send(channel, &Event::Failed(failure), &[]),
    };
    sys::exit(i32::from(done.is_err()))
}

fn command(
    lock: &Lock,
    action: OwnedFd,
    streams: Streams,
    channel: &OwnedFd,
) -> Result<Event, Failure> {
    let action: Action =
        read_sealed(action).map_err(Failure::at(Step::Control, "the command in memory"))?;
    set_child_subreaper(Some(getpid())).map_err(Failure::at(Step::Fork, "subreaper"))?;
    let ended = sys::child_ended().map_err(Failure::at(Step::Fork, "signals"))?;
    let (told, tell) =
        pipe_with(PipeFlags::CLOEXEC).map_err(Failure::at(Step::Fork, "start pipe"))?;
    let child = match sys::fork().map_err(Failure::at(Step::Fork, "payload"))? {
        Fork::Parent(pid) => pid,
        Fork::Child => {
            drop(told);
            let Err(failure) = payload(lock, &action, &streams, channel) else {
                sys::exit(0)
            };
            let told = serde_json::to_vec(&failure)
                .map_err(std::io::Error::other)
                .and_then(|text| Ok(rustix::io::write(&tell, &text)?));
            sys::exit(if told.is_ok() { 127 } else { 126 })
        }
    };
    drop((tell, streams, action));
    let mut kept = Kept {
        child,
        status: None,
        ended,
    };
    // Ends when the program is executed, which closes the other end, or with the reason why it was not.
    let mut failure = Vec::new();
    std::fs::File::from(told)
        .take(FAILURE_BYTES_MAX)
        .read_to_end(&mut failure)
        .map_err(Failure::at(Step::Fork, "start pipe"))?;
    if !failure.is_empty() {
        kept.kill_all()?;
        return Err(serde_json::from_slice(&failure)
            .map_err(std::io::Error::other)
            .map_err(Failure::at(Step::Fork, "start pipe"))
            .unwrap_or_else(|unreadable| unreadable));
    }
    send(channel, &Event::Started, &[]).map_err(Failure::at(Step::Control, "channel"))?;
    kept.wait(channel)?;
    kept.kill_all()?;
    Ok(match kept.status {
        Some(status) => match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Event::Exited(code),
            (None, Some(signal)) => Event::Signalled(signal),
            (None, None) => Event::Failed(Failure::refused(Step::Fork, "unknown end")),
        },
        None => Event::Failed(Failure::refused(Step::Fork, "unknown end")),
    })
}

/// Becomes the payload; returns only on failure, or when there is no program to become.
fn payload(
    lock: &Lock,
    action: &Action,
    streams: &Streams,
    channel: &OwnedFd,
) -> Result<(), Failure> {
    sys::reset_signals();
    setsid().map_err(Failure::at(Step::Fork, "session"))?;
    sys::stdio(&streams.stdin, &streams.stdout, &streams.stderr)
        .map_err(Failure::at(Step::Fork, "standard streams"))?;
    let watch = match action {
        Action::Exec { watch, .. } => *watch,
        Action::Probe { .. } | Action::Report => Watch::Unwatched,
    };
    if let Some(listener) = lockdown::lock(lock, watch)? {
        // The supervisor's from here on, and nobody's here: with it a payload could answer for itself.
        send(channel, &Event::Watched, &[listener.as_fd()])
            .map_err(Failure::at(Step::Control, "listener"))?;
    }
    match action {
        Action::Exec { argv, env, cwd, .. } => exec(argv, env, cwd),
        Action::Probe { paths } => probe::attempt(paths),
        Action::Report => probe::report(lock),
    }
}

fn exec(argv: &[Bytes], env: &[Bytes], cwd: &Bytes) -> Result<(), Failure> {
    let strings = |list: &[Bytes]| {
        list.iter()
            .map(|item| CString::new(item.as_slice()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Failure::refused(Step::Exec, "NUL byte"))
    };
    let (argv, env) = (strings(argv)?, strings(env)?);
    let program = argv
        .first()
        .ok_or_else(|| Failure::refused(Step::Exec, "no program"))?;
    let cwd = path(cwd);
    rustix::process::chdir(cwd).map_err(Failure::at(Step::Directory, &cwd.to_string_lossy()))?;
    sys::close_on_exec().map_err(Failure::at(Step::Exec, "descriptors"))?;
    let error = sys::exec(program, &argv, &env);
    Err(Failure::at(Step::Exec, &program.to_string_lossy())(error))
}

struct Kept {
    child: Pid,
    status: Option<WaitStatus>,
    ended: OwnedFd,
}

impl Kept {
    /// Until the payload has ended, or is to be killed.
    fn wait(&mut self, channel: &OwnedFd) -> Result<(), Failure> {
        loop {
            let mut ready = [
                PollFd::new(channel, PollFlags::IN),
                PollFd::from_borrowed_fd(self.ended.as_fd(), PollFlags::IN),
            ];
            poll(&mut ready, None).map_err(Failure::at(Step::Fork, "poll"))?;
            let [asked, _] = ready;
            let asked = !asked.revents().is_empty();
            self.reap()?;
            if self.status.is_some() {
                return Ok(());
            }
            if !asked {
                continue;
            }
            match receive::<Order>(channel).map_err(Failure::at(Step::Control, "channel"))? {
                Some((Order::Interrupt, _)) => {
                    signal(|| kill_process_group(self.child, Signal::INT))?;
                }
                Some((Order::Kill, _)) | None => return Ok(()),
            }
        }
    }

    /// Buries every child that has ended; whether none is left.
    fn reap(&mut self) -> Result<bool, Failure> {
        drain(&self.ended);
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if pid == self.child {
                        self.status = Some(status);
                    }
                }
                Ok(None) => return Ok(false),
                Err(Errno::CHILD) => return Ok(true),
                Err(error) => return Err(Failure::at(Step::Fork, "wait")(error)),
            }
        }
    }

    /// Kills every process of the command, those that left its session too. Against a command that forks faster than it is
    /// killed this may not end; the supervisor then ends the sandbox, which the kernel does at once.
    fn kill_all(&mut self) -> Result<(), Failure> {
        loop {
            if self.status.is_none() {
                signal(|| kill_process(self.child, Signal::KILL))?;
            }
            for pid in descendants()? {
                signal(|| kill_process(pid, Signal::KILL))?;
            }
            if self.reap()? {
                return Ok(());
            }
            let mut ready = [PollFd::from_borrowed_fd(self.ended.as_fd(), PollFlags::IN)];
            poll(&mut ready, Some(&KILL_ROUND)).map_err(Failure::at(Step::Fork, "poll"))?;
        }
    }
}

/// A process that is gone needs no signal.
fn signal(send: impl FnOnce() -> Result<(), Errno>) -> Result<(), Failure> {
    match send() {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(Failure::at(Step::Fork, "signal")(error)),
    }
}

/// Empties a descriptor of pending signals; they only wake us, the truth is what `waitpid` says.
pub(super) fn drain(ended: &OwnedFd) {
    let mut record = [0_u8; 128];
    while matches!(rustix::io::read(ended, &mut record), Ok(1..)) {}
}

/// Every process below this one. Orphans are its children, since it is their subreaper.
fn descendants() -> Result<Vec<Pid>, Failure> {
    let fail = |error: std::io::Error| Failure::at(Step::Fork, "/proc")(error);
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let Some(pid) = name.to_str().and_then(pid) else {
            continue;
        };
        // It may have ended since it was listed.
        if let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            && let Some(parent) = parent(&stat)
        {
            parents.push((pid, parent));
        }
    }
    let mut family = vec![getpid().as_raw_nonzero().get()];
    let mut seen = 0;
    while seen < family.len() {
        seen = family.len();
        for (pid, parent) in &parents {
            if family.contains(parent) && !family.contains(pid) {
                family.push(*pid);
            }
        }
    }
    Ok(family
        .into_iter()
        .skip(1)
        .filter_map(Pid::from_raw)
        .collect())
}

/// A process id, if the text is one: `/proc` has other names too.
fn pid(name: &str) -> Option<i32> {
    if name.is_empty() {
        return None;
    }
    name.chars().try_fold(0_i32, |number, digit| {
        let digit = digit.to_digit(10)?;
        number.checked_mul(10)?.checked_add_unsigned(digit)
    })
}

/// The parent in a line of `/proc/<pid>/stat`. The program's name, in parentheses, may hold anything.
fn parent(stat: &str) -> Option<i32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1).and_then(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_does_not_hide_its_parent() {
        assert_eq!(parent("7 (a) S 99 (b) R 3 7 7 0"), Some(3));
        assert_eq!(parent("7 (sh) S 1 7 7"), Some(1));
        assert_eq!(parent("nonsense"), None);
        assert_eq!(
            ["self", "", "12", "99999999999"].map(pid),
            [None, None, Some(12), None]
        );
    }
}
