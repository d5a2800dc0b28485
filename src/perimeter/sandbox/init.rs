//! The sandbox's own first process: builds the walls, then starts commands behind them.
//!
//! Two processes. The outer one leaves the host's namespaces, grabs trees and sockets, and then only waits. The inner one is
//! process 1 of the new process namespace: when it ends, however it ends, the kernel kills everything inside. It ends when the
//! supervisor closes the control socket, or dies.
//!
//! INVARIANT: single-threaded throughout, empty environment, no descriptor but the policy and the control socket.

use std::net::TcpListener;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{
    DumpableBehavior, Signal, WaitOptions, getpid, getppid, pidfd_open, set_dumpable_behavior,
    set_parent_process_death_signal, wait, waitpid,
};
use rustix::thread::UnshareFlags;

use super::channel::{read_sealed, receive, send};
use super::error::{Failure, Step};
use super::filter::Filters;
use super::keeper::{self, Streams};
use super::lockdown::{self, Lock};
use super::mounts::{self, Sources};
use super::policy::{Mode, Policy, Reply, Request};
use super::sys::{self, Fork};

/// How ready the kernel is to kill the sandbox when memory runs out; most supervisors have 0, the most is 1000.
const OOM_SCORE: i32 = 500;

/// The host's name inside.
const HOST_NAME: &[u8] = b"sandbox";

/// Runs the stage; the result is this process's exit code.
pub(super) fn run() -> i32 {
    let Ok((policy, control)) = sys::adopt() else {
        return 1;
    };
    match outer(policy, &control) {
        Ok(code) => code,
        Err(failure) => {
            report(&control, failure);
            1
        }
    }
}

/// Tells the supervisor, which by then may be gone: this process ends either way.
fn report(control: &OwnedFd, failure: Failure) {
    drop(send(control, &Reply::Failed(failure), &[]));
}

fn outer(policy: OwnedFd, control: &OwnedFd) -> Result<i32, Failure> {
    let policy: Policy =
        read_sealed(policy).map_err(Failure::at(Step::Policy, "the file in memory"))?;
    sys::reset_signals();
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Failure::at(Step::Policy, "parent death signal"))?;
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(policy.supervisor) {
        return Err(Failure::refused(Step::Policy, "the supervisor is gone"));
    }
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    rustix::process::setsid().map_err(Failure::at(Step::Policy, "session"))?;
    die_first()?;
    let landlock_abi = lockdown::landlock_abi()?;
    let filters = Filters::compile()?;
    let ids = policy
        .identity
        .resolve(getpid().as_raw_nonzero().get().unsigned_abs());
    namespaces(&policy, ids)?;
    let sources = mounts::grab(&policy)?;
    let listeners = network(policy.listeners)?;
    match sys::fork().map_err(Failure::at(Step::Fork, "process 1"))? {
        Fork::Parent(pid) => {
            drop((sources, listeners));
            // Everything of the sandbox is gone when its process 1 can be waited for.
            let status = waitpid(Some(pid), WaitOptions::empty());
            Ok(i32::from(status.is_err()))
        }
        Fork::Child => {
            let lock = Lock {
                policy,
                ids,
                visible: Vec::new(),
                filters,
                landlock_abi,
            };
            if let Err(failure) = inner(control, lock, sources, listeners) {
                report(control, failure);
            }
            sys::exit(1)
        }
    }
}

/// Raises this process's score to [`OOM_SCORE`], for all that it starts. Some hosts give all their processes a higher one.
fn die_first() -> Result<(), Failure> {
    const FILE: &str = "/proc/self/oom_score_adj";
    let score = std::fs::read_to_string(FILE).map_err(Failure::at(Step::Limits, FILE))?;
    match score.trim().parse::<i32>() {
        Ok(score) if score >= OOM_SCORE => Ok(()),
        Ok(_) => {
            std::fs::write(FILE, OOM_SCORE.to_string()).map_err(Failure::at(Step::Limits, FILE))
        }
        Err(_) => Err(Failure::refused(Step::Limits, FILE)),
    }
}

fn namespaces(policy: &Policy, (uid, gid): (u32, u32)) -> Result<(), Failure> {
    let (outer_uid, outer_gid) = (rustix::process::geteuid(), rustix::process::getegid());
    let mut flags = UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    match policy.mode {
        Mode::Root => {}
        Mode::Rootless => flags |= UnshareFlags::NEWUSER,
    }
    sys::unshare(flags).map_err(Failure::at(Step::Namespaces, "unshare"))?;
    match policy.mode {
        Mode::Root => {}
        Mode::Rootless => {
            let write = |name: &str, text: String| {
                std::fs::write(format!("/proc/self/{name}"), text)
                    .map_err(Failure::at(Step::UserMap, name))
            };
            write("setgroups", "deny".to_owned())?;
            write("uid_map", format!("{uid} {} 1", outer_uid.as_raw()))?;
            write("gid_map", format!("{gid} {} 1", outer_gid.as_raw()))?;
        }
    }
    rustix::system::sethostname(HOST_NAME).map_err(Failure::at(Step::Namespaces, "host name"))
}

fn network(listeners: usize) -> Result<Vec<TcpListener>, Failure> {
    sys::loopback_up().map_err(Failure::at(Step::Network, "lo"))?;
    (0..listeners)
        .map(|_| {
            TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))
                .map_err(Failure::at(Step::Network, "listener"))
        })
        .collect()
}

fn inner(
    control: &OwnedFd,
    mut lock: Lock,
    sources: Sources,
    listeners: Vec<TcpListener>,
) -> Result<(), Failure> {
    let talk = |error: std::io::Error| Failure::at(Step::Control, "control socket")(error);
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Failure::at(Step::Fork, "parent death signal"))?;
    let me = pidfd_open(getpid(), rustix::process::PidfdFlags::empty())
        .map_err(Failure::at(Step::Fork, "pidfd"))?;
    send(control, &Reply::Hello, &[me.as_fd()]).map_err(talk)?;
    drop(me);
    let view = mounts::build(&lock.policy, sources, lock.ids)?;
    lock.visible = view.visible;
    // From here on a payload could look at this process.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(Failure::at(Step::Fork, "dumpable"))?;
    let ended = sys::child_ended().map_err(Failure::at(Step::Fork, "signals"))?;
    let descriptors: Vec<BorrowedFd<'_>> = listeners
        .iter()
        .map(TcpListener::as_fd)
        .chain(view.trees.iter().map(OwnedFd::as_fd))
        .collect();
    send(control, &Reply::Ready { root: view.root }, &descriptors).map_err(talk)?;
    drop((listeners, view.trees));
    serve(control, &ended, &lock).map_err(talk)
}

/// Answers requests until the supervisor is gone.
fn serve(control: &OwnedFd, ended: &OwnedFd, lock: &Lock) -> std::io::Result<()> {
    loop {
        let mut ready = [
            PollFd::new(control, PollFlags::IN),
            PollFd::new(ended, PollFlags::IN),
        ];
        poll(&mut ready, None)?;
        keeper::drain(ended);
        // Keepers, and what a killed keeper left.
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        let [asked, _] = ready;
        if asked.revents().is_empty() {
            continue;
        }
        let Some((request, descriptors)) = receive::<Request>(control)? else {
            return Ok(());
        };
        match request {
            Request::Start => match start(control, lock, descriptors) {
                Ok(()) => send(control, &Reply::Started, &[])?,
                Err(failure) => send(control, &Reply::Failed(failure), &[])?,
            },
            Request::Socket => match tcp_socket() {
                Ok(socket) => send(control, &Reply::Socket, &[socket.as_fd()])?,
                Err(failure) => send(control, &Reply::Failed(failure), &[])?,
            },
        }
    }
}

/// A socket of this network namespace. The supervisor connects it, so that a payload that never accepts cannot hold us.
fn tcp_socket() -> Result<OwnedFd, Failure> {
    socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )
    .map_err(Failure::at(Step::Network, "socket"))
}

fn start(control: &OwnedFd, lock: &Lock, descriptors: Vec<OwnedFd>) -> Result<(), Failure> {
    let Ok([action, stdin, stdout, stderr, channel]) = <[OwnedFd; 5]>::try_from(descriptors) else {
        return Err(Failure::refused(Step::Control, "descriptors of a command"));
    };
    // Programs open /dev/stdout again, which asks for the pipe's owner.
    let (uid, gid) = lock.ids;
    for pipe in [&stdout, &stderr] {
        let owner = rustix::fs::Uid::from_raw(uid);
        let group = rustix::fs::Gid::from_raw(gid);
        match lock.policy.mode {
            Mode::Root => rustix::fs::fchown(pipe, Some(owner), Some(group))
                .map_err(Failure::at(Step::Control, "pipe"))?,
            Mode::Rootless => {}
        }
    }
    match sys::fork().map_err(Failure::at(Step::Fork, "keeper"))? {
        Fork::Parent(_) => Ok(()),
        Fork::Child => {
            sys::close(control);
            let streams = Streams {
                stdin,
                stdout,
                stderr,
            };
            keeper::keep(lock, action, streams, &channel)
        }
    }
}
