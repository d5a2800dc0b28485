//! The kernel's side of a filter that asks instead of answering: install it, take its questions, answer them.
//!
//! INVARIANT: one thread reads a [`Listener`]; a second one could take the question that the first was woken for, which then waits.
//! INVARIANT: a question that nobody answers lets nothing pass. When the listener is closed, the kernel answers ENOSYS to all of
//! them, those to come too: that is a denial.
//!
//! Not here: what is answered, which is `denials`.
#![expect(
    unsafe_code,
    reason = "seccomp's listener and another process's memory have no safe wrapper in our dependencies"
)]

use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use seccompiler::BpfProgram;

/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`, which libc does not name.
const SYNC_WAKE_UP: libc::c_ulong = 1;

/// A filter's questions; closed by `exec`.
#[derive(Debug)]
pub(super) struct Listener(OwnedFd);

/// One system call of a process inside that waits for an answer.
#[derive(Debug)]
pub(super) struct Call {
    id: u64,
    thread: libc::pid_t,
    /// Its number. The filter has killed what calls by another architecture's numbers.
    pub(super) number: i64,
    /// Its arguments as they were in the registers: nobody changes them any more.
    pub(super) arguments: [u64; 6],
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It fails with EPERM.
    Refuse,
    /// The kernel does it. Its memory may have changed since it was looked at: never an answer that depends on memory.
    LetPass,
}

/// What there is at an address of a call's process.
#[derive(Debug)]
pub(super) enum Look {
    /// These bytes; fewer where its memory ends.
    Bytes(Vec<u8>),
    /// Nothing.
    BadAddress,
    /// The kernel does not show it to us, such as in a container without CAP_SYS_PTRACE.
    NotAllowed,
    /// The process was killed, or its call interrupted: the call does not happen.
    Gone,
}

/// Installs the filter on this thread, for good; its calls are asked about from here on.
pub(super) fn install(program: &BpfProgram) -> io::Result<OwnedFd> {
    let mut steps: Vec<libc::sock_filter> = program
        .iter()
        .map(|step| libc::sock_filter {
            code: step.code,
            jt: step.jt,
            jf: step.jf,
            k: step.k,
        })
        .collect();
    let whole = libc::sock_fprog {
        len: libc::c_ushort::try_from(steps.len()).map_err(io::Error::other)?,
        filter: steps.as_mut_ptr(),
    };
    // Once a question was read, only a signal that kills takes it back: runtimes that signal their own threads all the time
    // (Go does) would otherwise ask the same again and again.
    let flags =
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    // SAFETY: the program and its length describe `steps`, which lives through the call; the kernel copies it.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const whole,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = libc::c_int::try_from(result).map_err(io::Error::other)?;
    // SAFETY: with NEW_LISTENER a non-negative result is a new descriptor that nobody else owns.
    let listener = unsafe { OwnedFd::from_raw_fd(fd) };
    // Both sides wait for each other: on one processor a round trip takes a quarter of the time that it takes on two.
    // SAFETY: SET_FLAGS takes its flags by value.
    let set = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS,
            SYNC_WAKE_UP,
        )
    };
    if set < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(listener)
}

impl Listener {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self(fd)
    }

    /// Waits for the next call; nothing when no process under the filter is left.
    pub(super) fn next(&self) -> io::Result<Option<Call>> {
        loop {
            let mut ready = [PollFd::new(&self.0, PollFlags::IN)];
            rustix::io::retry_on_intr(|| poll(&mut ready, None))?;
            let [ready] = ready;
            if ready.revents().contains(PollFlags::IN) {
                if let Some(call) = self.receive()? {
                    return Ok(Some(call));
                }
            } else if ready.revents().contains(PollFlags::HUP) {
                return Ok(None);
            }
        }
    }

    /// Takes the call that [`poll`] saw; nothing when it was killed or interrupted since.
    fn receive(&self) -> io::Result<Option<Call>> {
        // SAFETY: all-zero bytes are a valid `seccomp_notif`, and what the kernel demands.
        let mut question: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: RECV writes one `seccomp_notif`, whose size is part of the request's number.
        let result = unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                &raw mut question,
            )
        };
        if result < 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                Some(libc::ENOENT | libc::EINTR) => Ok(None),
                Some(_) | None => Err(error),
            };
        }
        Ok(Some(Call {
            id: question.id,
            thread: question.pid.cast_signed(),
            number: i64::from(question.data.nr),
            arguments: question.data.args,
        }))
    }

    /// Looks at the memory of the call's process.
    pub(super) fn look(&self, call: &Call, address: u64, length: usize) -> io::Result<Look> {
        let Ok(address) = usize::try_from(address) else {
            return Ok(Look::BadAddress);
        };
        let mut bytes = vec![0; length];
        let ours = libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: bytes.len(),
        };
        let theirs = libc::iovec {
            iov_base: std::ptr::without_provenance_mut(address),
            iov_len: length,
        };
        // SAFETY: the kernel writes at most `length` bytes to `bytes`, and checks the other address in the other process.
        let read = unsafe {
            libc::process_vm_readv(call.thread, &raw const ours, 1, &raw const theirs, 1, 0)
        };
        let error = io::Error::last_os_error();
        // Asked after the look: a call that still waits then has waited all the time, so its id was not another process's.
        if !self.waits(call)? {
            return Ok(Look::Gone);
        }
        match (usize::try_from(read), error.raw_os_error()) {
            (Ok(read), _) => {
                bytes.truncate(read);
                Ok(Look::Bytes(bytes))
            }
            (Err(_), Some(libc::EFAULT)) => Ok(Look::BadAddress),
            (Err(_), Some(libc::EPERM)) => Ok(Look::NotAllowed),
            (Err(_), _) => Err(error),
        }
    }

    fn waits(&self, call: &Call) -> io::Result<bool> {
        // SAFETY: ID_VALID reads one u64.
        let result = unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_ID_VALID,
                &raw const call.id,
            )
        };
        gone_is_fine(result)
    }

    /// Answers. A process that is gone needs none.
    pub(super) fn answer(&self, call: &Call, answer: Answer) -> io::Result<()> {
        let (error, flags) = match answer {
            Answer::Refuse => (-libc::EPERM, 0),
            Answer::LetPass => (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE),
        };
        let response = libc::seccomp_notif_resp {
            id: call.id,
            val: 0,
            error,
            flags: u32::try_from(flags).map_err(io::Error::other)?,
        };
        // SAFETY: SEND reads one `seccomp_notif_resp`, which is initialised and lives through the call.
        let result = unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_SEND,
                &raw const response,
            )
        };
        gone_is_fine(result).map(|_| ())
    }
}

/// Whether the call still waited.
fn gone_is_fine(result: libc::c_int) -> io::Result<bool> {
    if result >= 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::ENOENT) => Ok(false),
        Some(_) | None => Err(error),
    }
}

#[cfg(test)]
mod tests;
