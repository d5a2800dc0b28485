//! The system call filter: what no build, interpreter or agent needs, and the kernel's widest attack surface.
//!
//! Everything is allowed but a deny list, which answers EPERM; an allow list would break with every new version of node or Go.
//! Three filters are stacked: foreign system call numbers kill; `clone3` does not exist, because its flags lie behind a pointer
//! that a filter cannot read (libc then uses `clone`); and the list. For a watched command the list asks the supervisor, whose
//! answer is EPERM too, and `connect` asks it as well.
//!
//! INVARIANT: no payload gets a listener of its own. Of two filters that ask, the newer one's listener answers, and it could let
//! pass what ours refuses.
//!
//! Not here: other `seccomp` and Landlock calls stay allowed, since a payload may restrict itself further.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::error::{Failure, Step};
use super::{Watch, notify};

/// System calls that are denied whatever their arguments.
const DENIED: &[(&str, i64)] = &[
    // Other processes' memory and descriptors.
    ("ptrace", libc::SYS_ptrace),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("process_madvise", libc::SYS_process_madvise),
    ("kcmp", libc::SYS_kcmp),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    // A second way to do any system call.
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("io_uring_enter", libc::SYS_io_uring_enter),
    ("io_uring_register", libc::SYS_io_uring_register),
    // Keys are shared by user id, across namespaces.
    ("keyctl", libc::SYS_keyctl),
    ("add_key", libc::SYS_add_key),
    ("request_key", libc::SYS_request_key),
    // Code in, and views of, the kernel.
    ("bpf", libc::SYS_bpf),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("fanotify_init", libc::SYS_fanotify_init),
    ("lookup_dcookie", libc::SYS_lookup_dcookie),
    ("syslog", libc::SYS_syslog),
    ("init_module", libc::SYS_init_module),
    ("finit_module", libc::SYS_finit_module),
    ("delete_module", libc::SYS_delete_module),
    ("kexec_load", libc::SYS_kexec_load),
    ("kexec_file_load", libc::SYS_kexec_file_load),
    // Namespaces and mounts.
    ("unshare", libc::SYS_unshare),
    ("setns", libc::SYS_setns),
    ("mount", libc::SYS_mount),
    ("umount2", libc::SYS_umount2),
    ("pivot_root", libc::SYS_pivot_root),
    ("chroot", libc::SYS_chroot),
    ("move_mount", libc::SYS_move_mount),
    ("open_tree", libc::SYS_open_tree),
    ("open_tree_attr", OPEN_TREE_ATTR),
    ("fsopen", libc::SYS_fsopen),
    ("fsconfig", libc::SYS_fsconfig),
    ("fsmount", libc::SYS_fsmount),
    ("fspick", libc::SYS_fspick),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("statmount", STATMOUNT),
    ("listmount", LISTMOUNT),
    // Files by number instead of by name: the classic way out of a mount namespace.
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    // The machine.
    ("reboot", libc::SYS_reboot),
    ("swapon", libc::SYS_swapon),
    ("swapoff", libc::SYS_swapoff),
    ("acct", libc::SYS_acct),
    ("quotactl", libc::SYS_quotactl),
    ("quotactl_fd", libc::SYS_quotactl_fd),
    ("settimeofday", libc::SYS_settimeofday),
    ("clock_settime", libc::SYS_clock_settime),
    ("adjtimex", libc::SYS_adjtimex),
    ("clock_adjtime", libc::SYS_clock_adjtime),
    ("sethostname", libc::SYS_sethostname),
    ("setdomainname", libc::SYS_setdomainname),
    ("vhangup", libc::SYS_vhangup),
    ("nfsservctl", libc::SYS_nfsservctl),
    // Moving pages between processes and nodes.
    ("vmsplice", libc::SYS_vmsplice),
    ("move_pages", libc::SYS_move_pages),
    ("migrate_pages", libc::SYS_migrate_pages),
];

/// What only x86 has.
#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[(&str, i64)] = &[
    ("iopl", libc::SYS_iopl),
    ("ioperm", libc::SYS_ioperm),
    ("modify_ldt", libc::SYS_modify_ldt),
    ("uselib", libc::SYS_uselib),
    ("ustat", libc::SYS_ustat),
    ("_sysctl", libc::SYS__sysctl),
];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[(&str, i64)] = &[];

/// Numbers that libc does not name; the same on every architecture.
const STATMOUNT: i64 = 457;
const LISTMOUNT: i64 = 458;
const OPEN_TREE_ATTR: i64 = 467;

/// Flags of `clone` that make namespaces. CLONE_NEWTIME is none of them: its bit belongs to the exit signal there.
const CLONE_NEW: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// Requests that put characters into a terminal's input or change its line discipline.
const TERMINAL: [u64; 3] = [libc::TIOCSTI, libc::TIOCLINUX, libc::TIOCSETD];

/// Socket families a payload may use.
const FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

/// The part of an argument that the kernel looks at where it takes an `int`.
const LOW_WORD: u64 = 0xffff_ffff;

/// `BPF_RET | BPF_K`: a step that ends a program.
const RETURN: u16 = 0x06;

/// Compiled filters.
#[derive(Debug)]
pub(super) struct Filters {
    /// The list that answers.
    denying: BpfProgram,
    /// The list that asks. A call that both match would be answered, never asked about: only one of them is applied.
    asking: BpfProgram,
    /// What is applied before the list.
    others: Vec<BpfProgram>,
}

impl Filters {
    /// Compiles them for this architecture.
    pub(super) fn compile() -> Result<Self, Failure> {
        let denied = || SeccompAction::Errno(errno(libc::EPERM));
        let mut others = vec![program(
            [(libc::SYS_clone3, Vec::new())].into(),
            SeccompAction::Errno(errno(libc::ENOSYS)),
        )?];
        others.extend(foreign_numbers());
        let mut asked = list()?;
        asked.insert(libc::SYS_connect, Vec::new());
        Ok(Self {
            denying: program(list()?, denied())?,
            asking: asking(program(asked, denied())?),
            others,
        })
    }

    /// How many are applied.
    pub(super) fn count(&self) -> usize {
        self.others.len() + 1
    }

    /// Applies them to this process, for good. A watched one gets its listener, to give away.
    pub(super) fn apply(&self, watch: Watch) -> Result<Option<OwnedFd>, Failure> {
        for program in &self.others {
            apply_filter(program).map_err(refused)?;
        }
        match watch {
            Watch::Unwatched => {
                apply_filter(&self.denying).map_err(refused)?;
                Ok(None)
            }
            Watch::Denials => notify::install(&self.asking)
                .map(Some)
                .map_err(Failure::at(Step::Seccomp, "listener")),
        }
    }
}

/// The same filter, asking the listener where it answered EPERM: seccompiler knows no such answer.
fn asking(mut program: BpfProgram) -> BpfProgram {
    for step in &mut program {
        if step.code == RETURN && step.k == libc::SECCOMP_RET_ERRNO | errno(libc::EPERM) {
            step.k = libc::SECCOMP_RET_USER_NOTIF;
        }
    }
    program
}

/// What a denied call is called, by its number and arguments.
pub(super) fn name(number: i64, arguments: &[u64; 6]) -> String {
    let [family, ..] = arguments;
    match number {
        libc::SYS_clone => "clone into a namespace".to_owned(),
        libc::SYS_ioctl => "ioctl on a terminal".to_owned(),
        libc::SYS_seccomp => "seccomp listener".to_owned(),
        libc::SYS_socket => format!("socket of family {}", family & LOW_WORD),
        libc::SYS_socketpair => format!("socketpair of family {}", family & LOW_WORD),
        _ => DENIED
            .iter()
            .chain(DENIED_HERE)
            .find(|(_, denied)| *denied == number)
            .map_or_else(
                || format!("system call {number}"),
                |(name, _)| (*name).to_owned(),
            ),
    }
}

fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::refused(Step::Seccomp, error.to_string())
}

fn errno(number: i32) -> u32 {
    number.unsigned_abs()
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    answer: SeccompAction,
) -> Result<BpfProgram, Failure> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(refused)?;
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch)
        .and_then(BpfProgram::try_from)
        .map_err(refused)
}

fn list() -> Result<BTreeMap<i64, Vec<SeccompRule>>, Failure> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = DENIED
        .iter()
        .chain(DENIED_HERE)
        .map(|(_, number)| (*number, Vec::new()))
        .collect();
    let condition = |argument, operator, value| {
        // LIMIT: these arguments are 32 bits wide to the kernel; a comparison of 64 bits could be passed by a high bit.
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value).map_err(refused)
    };
    let wide = |number: i32| u64::from(number.cast_unsigned());
    let mut clone = Vec::new();
    for flag in CLONE_NEW {
        let flag = wide(flag);
        let set = condition(0, SeccompCmpOp::MaskedEq(flag), flag)?;
        clone.push(SeccompRule::new(vec![set]).map_err(refused)?);
    }
    rules.insert(libc::SYS_clone, clone);
    let mut ioctl = Vec::new();
    for request in TERMINAL {
        let same = condition(1, SeccompCmpOp::Eq, request)?;
        ioctl.push(SeccompRule::new(vec![same]).map_err(refused)?);
    }
    rules.insert(libc::SYS_ioctl, ioctl);
    let other = FAMILIES
        .iter()
        .map(|family| condition(0, SeccompCmpOp::Ne, wide(*family)))
        .collect::<Result<Vec<_>, _>>()?;
    let other = SeccompRule::new(other).map_err(refused)?;
    rules.insert(libc::SYS_socket, vec![other.clone()]);
    rules.insert(libc::SYS_socketpair, vec![other]);
    let listener = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    let set = condition(1, SeccompCmpOp::MaskedEq(listener), listener)?;
    let listener = SeccompRule::new(vec![set]).map_err(refused)?;
    rules.insert(libc::SYS_seccomp, vec![listener]);
    Ok(rules)
}

/// x32 numbers pass the architecture check as x86-64: kill what uses one.
#[cfg(target_arch = "x86_64")]
fn foreign_numbers() -> Option<BpfProgram> {
    use seccompiler::sock_filter;
    const X32_BIT: u32 = 0x4000_0000;
    const LOAD_NUMBER: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS, offset 0
    const JUMP_IF_AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    let step = |code, jt, k| sock_filter { code, jt, jf: 0, k };
    Some(vec![
        step(LOAD_NUMBER, 0, 0),
        step(JUMP_IF_AT_LEAST, 1, X32_BIT),
        step(RETURN, 0, libc::SECCOMP_RET_ALLOW),
        step(RETURN, 0, libc::SECCOMP_RET_KILL_PROCESS),
    ])
}
#[cfg(not(target_arch = "x86_64"))]
fn foreign_numbers() -> Option<BpfProgram> {
    None
}

#[cfg(test)]
mod tests;
