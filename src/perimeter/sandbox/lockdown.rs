//! What a process gives up before it becomes the payload, in the one order that works, and reading it back.
//!
//! INVARIANT: a process that returns from [`lock`] has no capability in any set, cannot gain one, and stands under Landlock and
//! the system call filter; what the kernel reports about it was compared, and a difference is a [`Failure`].

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::io::Errno;
use rustix::process::{Gid, Resource, Rlimit, Signal, Uid, setrlimit};
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, capability_is_in_bounding_set,
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    set_capabilities_secure_bits, set_no_new_privs, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid,
};

use super::error::{Failure, Step};
use super::filter::Filters;
use super::mounts::Access;
use super::policy::{Mode, Policy};
use super::{Watch, sys};

/// The oldest Landlock that can control renaming between folders.
const LANDLOCK_ABI_MIN: i32 = 2;

/// The newest Landlock whose rights are handled. A right that is handled and not granted is denied, so a newer one is added
/// here by name when it has been tried.
const LANDLOCK_ABI_MAX: i32 = 7;

/// The first Landlock with scopes.
pub(super) const LANDLOCK_ABI_SCOPES: i32 = 6;

/// Everything that decides a payload's restrictions; made once, used for each.
#[derive(Debug)]
pub(super) struct Lock {
    pub(super) policy: Policy,
    pub(super) ids: (u32, u32),
    pub(super) visible: Vec<(std::path::PathBuf, Access)>,
    pub(super) filters: Filters,
    pub(super) landlock_abi: i32,
}

/// The Landlock ABI that will be enforced.
pub(super) fn landlock_abi() -> Result<i32, Failure> {
    let abi = sys::landlock_abi().map_err(Failure::at(Step::Landlock, "version"))?;
    if abi < LANDLOCK_ABI_MIN {
        return Err(Failure::refused(Step::Landlock, format!("ABI {abi}")));
    }
    Ok(abi.min(LANDLOCK_ABI_MAX))
}

/// The limits that are set, by the kernel's names. RLIMIT_AS is not among them: node and Go reserve huge ranges they never use.
pub(super) fn limits(policy: &Policy) -> [(&'static str, Resource, u64); 4] {
    [
        ("RLIMIT_NPROC", Resource::Nproc, policy.processes),
        ("RLIMIT_NOFILE", Resource::Nofile, policy.open_files),
        ("RLIMIT_FSIZE", Resource::Fsize, policy.file_bytes),
        ("RLIMIT_CORE", Resource::Core, 0),
    ]
}

/// Locks this process down, for good; a watched one gets its filter's listener, to give away.
pub(super) fn lock(lock: &Lock, watch: Watch) -> Result<Option<OwnedFd>, Failure> {
    for (name, resource, limit) in limits(&lock.policy) {
        let both = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        setrlimit(resource, both).map_err(Failure::at(Step::Limits, name))?;
    }
    drop_rights(lock)?;
    // Cleared by the change of user; set again so that a payload does not outlive its keeper.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(Failure::at(Step::Identity, "parent death signal"))?;
    set_no_new_privs(true).map_err(Failure::at(Step::Capabilities, "no_new_privs"))?;
    restrict_files(lock)?;
    let listener = lock.filters.apply(watch)?;
    verify(lock)?;
    Ok(listener)
}

fn drop_rights(lock: &Lock) -> Result<(), Failure> {
    let fail = |on: &'static str| Failure::at::<Errno>(Step::Capabilities, on);
    set_capabilities_secure_bits(
        CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_SETUID_FIXUP
            | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
            | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED,
    )
    .map_err(fail("securebits"))?;
    for number in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        match capability_is_in_bounding_set(capability) {
            Ok(true) => {
                remove_capability_from_bounding_set(capability).map_err(fail("bounding set"))?;
            }
            Ok(false) => {}
            // The kernel knows no capability of this number, nor a higher one.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(fail("bounding set")(error)),
        }
    }
    clear_ambient_capability_set().map_err(fail("ambient set"))?;
    identity(lock)?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none).map_err(fail("all sets"))
}

fn identity(lock: &Lock) -> Result<(), Failure> {
    let (uid, gid) = lock.ids;
    let on = format!("uid {uid}");
    match lock.policy.mode {
        Mode::Root => set_thread_groups(&[]).map_err(Failure::at(Step::Identity, &on))?,
        // The kernel forbids it to everyone in such a namespace (`setgroups` is `deny`).
        Mode::Rootless => {}
    }
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    set_thread_res_gid(gid, gid, gid).map_err(Failure::at(Step::Identity, &on))?;
    set_thread_res_uid(uid, uid, uid).map_err(Failure::at(Step::Identity, &on))
}

/// The mount table once more, by another mechanism.
///
/// Not here: TCP rights. The network namespace has no route, and programs talk to each other on loopback ports that they choose.
fn restrict_files(lock: &Lock) -> Result<(), Failure> {
    let refused =
        |error: &dyn std::fmt::Display| Failure::refused(Step::Landlock, error.to_string());
    let abi = ABI::from(lock.landlock_abi);
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(abi))
        .map_err(|error| refused(&error))?;
    if lock.landlock_abi >= LANDLOCK_ABI_SCOPES {
        ruleset = ruleset
            .scope(Scope::AbstractUnixSocket | Scope::Signal)
            .map_err(|error| refused(&error))?;
    }
    let mut created = ruleset.create().map_err(|error| refused(&error))?;
    for (path, access) in &lock.visible {
        let file = std::fs::metadata(path)
            .map_err(Failure::at(Step::Landlock, &path.to_string_lossy()))?
            .is_file();
        let fd = PathFd::new(path).map_err(|error| refused(&error))?;
        let mut rights = rights(*access, abi);
        if file || *access == Access::Device {
            rights &= AccessFs::from_file(abi);
        }
        created = created
            .add_rule(PathBeneath::new(fd, rights))
            .map_err(|error| refused(&error))?;
    }
    let status = created.restrict_self().map_err(|error| refused(&error))?;
    if status.ruleset != RulesetStatus::FullyEnforced {
        return Err(Failure::refused(Step::Landlock, "not fully enforced"));
    }
    Ok(())
}

fn rights(access: Access, abi: ABI) -> BitFlags<AccessFs> {
    match access {
        Access::Read => AccessFs::from_read(abi),
        Access::List => AccessFs::ReadDir.into(),
        Access::Device => AccessFs::from_all(abi),
        Access::Write => {
            AccessFs::from_all(abi) & !(AccessFs::MakeChar | AccessFs::MakeBlock | ioctl_dev(abi))
        }
    }
}

/// Ioctls of devices are for the devices alone. The right does not exist before ABI 5.
fn ioctl_dev(abi: ABI) -> BitFlags<AccessFs> {
    AccessFs::from_all(abi) & AccessFs::IoctlDev
}

/// Lines of `/proc/self/status`, by name.
pub(super) fn status() -> Result<BTreeMap<String, String>, Failure> {
    const STATUS: &str = "/proc/self/status";
    let text = std::fs::read_to_string(STATUS).map_err(Failure::at(Step::Readback, STATUS))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect())
}

/// The kernel's names of the five capability sets.
pub(super) const CAPABILITY_SETS: [&str; 5] = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];

/// What the kernel reports about this process, against what was to be.
fn verify(lock: &Lock) -> Result<(), Failure> {
    let status = status()?;
    let expect = |name: &str, holds: &dyn Fn(&str) -> bool| match status.get(name) {
        Some(value) if holds(value) => Ok(()),
        Some(value) => Err(Failure::refused(Step::Readback, format!("{name}: {value}"))),
        None => Err(Failure::refused(Step::Readback, name)),
    };
    for set in CAPABILITY_SETS {
        expect(set, &|value| u64::from_str_radix(value, 16) == Ok(0))?;
    }
    expect("NoNewPrivs", &|value| value == "1")?;
    expect("Seccomp", &|value| value == "2")?;
    // A container around us may have stacked some of its own.
    expect("Seccomp_filters", &|value| {
        value
            .parse()
            .is_ok_and(|count: usize| count >= lock.filters.count())
    })?;
    let four = |id: u32| {
        move |value: &str| {
            let ids: Vec<_> = value.split_whitespace().map(str::parse).collect();
            ids == [Ok(id), Ok(id), Ok(id), Ok(id)]
        }
    };
    let (uid, gid) = lock.ids;
    expect("Uid", &four(uid))?;
    expect("Gid", &four(gid))?;
    match lock.policy.mode {
        Mode::Root => expect("Groups", &str::is_empty),
        Mode::Rootless => Ok(()),
    }
}
