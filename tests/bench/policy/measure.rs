//! Time and memory of processes, as the kernel counts them.

#![expect(
    unsafe_code,
    reason = "the kernel's counters are only in C's interface"
)]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What one process took, from its start to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of all its threads.
    pub(crate) cpu: f64,
    /// The most memory that it had resident at once. Not less than what this process has: the kernel begins to count before
    /// the new program is loaded. So this process must stay small.
    pub(crate) peak_bytes: u64,
    pub(crate) code: i32,
}

/// Runs a process to its end; what it prints goes to files named `out` and `err` in the folder.
#[expect(
    clippy::zombie_processes,
    reason = "it is waited for below, by a call that also counts what it took"
)]
pub(crate) fn run(command: &mut Command, folder: &Path) -> Usage {
    let file = |name: &str| Stdio::from(File::create(folder.join(name)).unwrap());
    command
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("err"));
    let begin = Instant::now();
    let child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let pid = i32::try_from(child.id()).unwrap();
    let mut status = 0;
    // SAFETY: all zeros are a value of this structure of numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to variables that live longer than the call; nobody else waits for this child.
    let ended = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    let wall = begin.elapsed().as_secs_f64();
    assert_eq!(ended, pid, "waiting for {command:?}");
    assert!(
        libc::WIFEXITED(status),
        "{command:?} was killed by signal {}",
        libc::WTERMSIG(status)
    );
    Usage {
        wall,
        cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        peak_bytes: u64::try_from(usage.ru_maxrss).unwrap() << 10,
        code: libc::WEXITSTATUS(status),
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of hours fit")]
fn seconds(of: libc::timeval) -> f64 {
    of.tv_sec as f64 + of.tv_usec as f64 / 1e6
}

/// Seconds of CPU that this process has used, with all its threads.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of days fit")]
pub(crate) fn cpu() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a variable that lives longer than the call.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the process has a clock");
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
