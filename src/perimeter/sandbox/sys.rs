//! The system calls that no safe wrapper offers, each in a function of its own.
//!
//! INVARIANT: everything here except [`watch`] runs in the init stage, which has one thread from its first instruction to
//! its last. That is what makes `fork` without `exec` sound: no lock can be held by a thread that does not exist in the child.
#![expect(
    unsafe_code,
    reason = "fork, execve, signal masks, mount_setattr and SIOCSIFFLAGS have no safe wrapper in our dependencies"
)]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

use rustix::process::Pid;

/// Which side of a fork this is.
pub(super) enum Fork {
    /// The old process, with the new one's id.
    Parent(Pid),
    /// The new process.
    Child,
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Splits this process in two.
pub(super) fn fork() -> io::Result<Fork> {
    // SAFETY: the init stage has one thread, see the module's invariant; the child may allocate and return.
    let pid = check(unsafe { libc::fork() })?;
    Ok(Pid::from_raw(pid).map_or(Fork::Child, Fork::Parent))
}

/// Ends this process without running destructors or exit handlers, which belong to the process it was forked from.
pub(super) fn exit(code: i32) -> ! {
    // SAFETY: `_exit` has no precondition.
    unsafe { libc::_exit(code) }
}

/// Replaces this process; returns only when that failed.
pub(super) fn exec(program: &CStr, argv: &[CString], env: &[CString]) -> io::Error {
    let pointers = |list: &[CString]| {
        list.iter()
            .map(|item| item.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let (argv, env) = (pointers(argv), pointers(env));
    // SAFETY: both arrays end with a null pointer and point to NUL-terminated strings that live until the call returns.
    unsafe { libc::execve(program.as_ptr(), argv.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

/// Every signal gets its default action and none is blocked.
pub(super) fn reset_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: the default action needs no handler. It fails for SIGKILL, SIGSTOP and libc's own signals, which have it anyway.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: `sigemptyset` initialises the set that `sigprocmask` then reads; no old set is asked for.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}

/// A descriptor that is readable when a child has ended; SIGCHLD is blocked from here on.
pub(super) fn child_ended() -> io::Result<OwnedFd> {
    // SAFETY: the set is initialised before it is used, and a non-negative result is a descriptor that nobody else owns.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        check(libc::sigprocmask(
            libc::SIG_BLOCK,
            &raw const set,
            std::ptr::null_mut(),
        ))?;
        let fd = check(libc::signalfd(
            -1,
            &raw const set,
            libc::SFD_CLOEXEC | libc::SFD_NONBLOCK,
        ))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Leaves the namespaces that `flags` names.
pub(super) fn unshare(flags: rustix::thread::UnshareFlags) -> io::Result<()> {
    // SAFETY: the danger is a descriptor table that threads no longer share; there is one thread, and FILES is never asked for.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(io::Error::from)
}

/// Sets attributes (`MOUNT_ATTR_*`) of a mount, and of all below it when `recursive`.
pub(super) fn mount_setattr(mount: BorrowedFd<'_>, set: u64, recursive: bool) -> io::Result<()> {
    let attr = libc::mount_attr {
        attr_set: set,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is an empty C string, `attr` lives through the call and its size is given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Brings the loopback interface of this network namespace up.
pub(super) fn loopback_up() -> io::Result<()> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )?;
    // SAFETY: all-zero bytes are a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (slot, byte) in request.ifr_name.iter_mut().zip(c"lo".to_bytes()) {
        *slot = libc::c_char::from_ne_bytes([*byte]);
    }
    // IFF_UP and IFF_RUNNING are 0x1 and 0x40: both fit.
    request.ifr_ifru.ifru_flags = 0x41;
    // SAFETY: SIOCSIFFLAGS reads one `ifreq`, which is initialised and lives through the call.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) })?;
    Ok(())
}

/// The Landlock ABI that the kernel offers; an error when it has none.
pub(super) fn landlock_abi() -> io::Result<i32> {
    const VERSION: libc::c_uint = 1; // LANDLOCK_CREATE_RULESET_VERSION
    // SAFETY: with the VERSION flag the kernel takes no attributes: a null pointer and size zero are what it asks for.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            VERSION,
        )
    };
    if version < 0 {
        return Err(io::Error::last_os_error());
    }
    i32::try_from(version).map_err(io::Error::other)
}

/// Takes what the supervisor passed as standard input and output (the policy, the control socket) to the descriptors 3 and 4,
/// closes every other one, and leaves the null device as standard input, output and error.
pub(super) fn adopt() -> io::Result<(OwnedFd, OwnedFd)> {
    close_from(3, 0)?;
    let duplicate = |fd: RawFd| -> io::Result<OwnedFd> {
        // SAFETY: a non-negative result is a new descriptor that nobody else owns.
        unsafe {
            let new = check(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3))?;
            Ok(OwnedFd::from_raw_fd(new))
        }
    };
    let (policy, control) = (duplicate(0)?, duplicate(1)?);
    let null = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    for target in 0..=2 {
        replace(null.as_fd(), target)?;
    }
    Ok((policy, control))
}

/// Makes standard input, output and error of this process what is given.
pub(super) fn stdio(stdin: &OwnedFd, stdout: &OwnedFd, stderr: &OwnedFd) -> io::Result<()> {
    replace(stdin.as_fd(), 0)?;
    replace(stdout.as_fd(), 1)?;
    replace(stderr.as_fd(), 2)
}

fn replace(fd: BorrowedFd<'_>, target: RawFd) -> io::Result<()> {
    // SAFETY: the targets are 0, 1 and 2, which no Rust value owns.
    check(unsafe { libc::dup2(fd.as_raw_fd(), target) })?;
    Ok(())
}

/// Marks every descriptor from 3 on to be closed by `exec`.
pub(super) fn close_on_exec() -> io::Result<()> {
    close_from(3, libc::CLOSE_RANGE_CLOEXEC)
}

fn close_from(first: libc::c_uint, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: without flags it is called once, before the init stage has opened anything; with CLOEXEC it closes nothing now.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, flags) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Closes a descriptor whose owner belongs to the process this one was forked from, and never runs here.
pub(super) fn close(fd: &OwnedFd) {
    // SAFETY: the caller is a forked child that never returns to the code that owns `fd`, so nobody here closes it again.
    unsafe { libc::close(fd.as_raw_fd()) };
}

/// Registers a descriptor with the async runtime of the supervisor. Must be called within one.
pub(super) fn watch(fd: OwnedFd) -> io::Result<tokio::io::unix::AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is one open descriptor, the same until it is dropped, and the result owns it.
    unsafe { tokio::io::unix::AsyncFd::register(fd) }.map_err(io::Error::from)
}
