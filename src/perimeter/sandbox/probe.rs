//! What a process under the payload's restrictions sees: read back for the record, and tried against the wall.
//!
//! The half that runs inside is [`report`] and [`attempt`]; they print JSON on standard output, as any payload would. The other
//! half makes the list of attempts and names the errors.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::Attempt;
use super::error::{Failure, Step};
use super::lockdown::{self, CAPABILITY_SETS, Lock};
use super::policy::{Bytes, bytes, path};

/// What the kernel says about a process inside.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: Vec<u32>,
    pub(super) capabilities: BTreeMap<String, String>,
    pub(super) no_new_privs: bool,
    pub(super) seccomp_mode: u32,
    pub(super) seccomp_filters: u32,
    pub(super) landlock_abi: i32,
    pub(super) namespaces: BTreeMap<String, String>,
    pub(super) root: Vec<String>,
    pub(super) rlimits: BTreeMap<String, u64>,
}

/// Namespaces that are compared with the supervisor's.
const NAMESPACES: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

/// Prints what is enforced on this process.
pub(super) fn report(lock: &Lock) -> Result<(), Failure> {
    let status = lockdown::status()?;
    let field = |name: &str| {
        status
            .get(name)
            .cloned()
            .ok_or_else(|| Failure::refused(Step::Readback, name))
    };
    let number = |name: &str| -> Result<u32, Failure> {
        field(name)?
            .parse()
            .map_err(|_| Failure::refused(Step::Readback, name))
    };
    let groups = field("Groups")?
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::refused(Step::Readback, "Groups"))?;
    let mut capabilities = BTreeMap::new();
    for set in CAPABILITY_SETS {
        capabilities.insert(set.to_owned(), field(set)?);
    }
    let mut rlimits = BTreeMap::new();
    for (name, resource, _) in lockdown::limits(&lock.policy) {
        let limit = rustix::process::getrlimit(resource).maximum;
        rlimits.insert(name.to_owned(), limit.unwrap_or(u64::MAX));
    }
    print(&Report {
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        groups,
        capabilities,
        no_new_privs: number("NoNewPrivs")? == 1,
        seccomp_mode: number("Seccomp")?,
        seccomp_filters: number("Seccomp_filters")?,
        landlock_abi: lock.landlock_abi,
        namespaces: namespaces().map_err(Failure::at(Step::Readback, "/proc/self/ns"))?,
        root: names_in_root().map_err(Failure::at(Step::Readback, "/"))?,
        rlimits,
    })
}

/// This process's namespaces, each by the kernel's name for it.
pub(super) fn namespaces() -> io::Result<BTreeMap<String, String>> {
    NAMESPACES
        .iter()
        .map(|name| {
            let link = std::fs::read_link(Path::new("/proc/self/ns").join(name))?;
            Ok(((*name).to_owned(), link.to_string_lossy().into_owned()))
        })
        .collect()
}

/// What `/` holds, sorted.
pub(super) fn names_in_root() -> io::Result<Vec<String>> {
    let mut names = std::fs::read_dir("/")?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Tries to open each path and prints the error numbers in the same order, `null` where there was no error.
pub(super) fn attempt(paths: &[Bytes]) -> Result<(), Failure> {
    let results: Vec<Option<i32>> = paths.iter().map(|bytes| open(path(bytes))).collect();
    print(&results)
}

fn open(path: &Path) -> Option<i32> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(_) => None,
        // A socket is there, which `open` cannot open: what counts is whether it answers.
        Err(rustix::io::Errno::NXIO) => match UnixStream::connect(path) {
            Ok(_) => None,
            Err(error) => Some(error.raw_os_error().unwrap_or(libc::ENXIO)),
        },
        Err(error) => Some(error.raw_os_error()),
    }
}

fn print(value: &impl Serialize) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::at(Step::Readback, "standard output")(error);
    let text = serde_json::to_vec(value)
        .map_err(io::Error::other)
        .map_err(fail)?;
    let mut stdout = io::stdout();
    stdout
        .write_all(&text)
        .and_then(|()| stdout.flush())
        .map_err(fail)
}

/// What is tried besides the given paths: process 1, the kernel, and sockets through which a host is commanded.
const ALWAYS: [&str; 19] = [
    "/proc/1/environ",
    "/proc/1/maps",
    "/proc/1/mem",
    "/proc/1/fd",
    "/proc/1/root",
    "/proc/1/cwd",
    "/proc/kcore",
    "/proc/keys",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/sys",
    "/dev/mem",
    "/dev/kmsg",
    "/dev/kvm",
    "/etc/shadow",
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/systemd/private",
];

/// Every path that is tried: each given one directly and by every way round, the built-in ones, and the host user's home.
/// `targets` are mount targets: a home that holds one is there on purpose.
pub(super) fn attempts(paths: &[PathBuf], targets: &[PathBuf]) -> Vec<Bytes> {
    let mut list = Vec::new();
    for given in paths {
        let given = bytes(given);
        for prefix in [
            "",
            "/proc/1/root",
            "/proc/self/root",
            "/proc/self/cwd/../../..",
            "../../../../../../../..",
            "/tmp/../..",
        ] {
            list.push([prefix.as_bytes(), &given].concat());
        }
    }
    list.extend(ALWAYS.iter().map(|path| path.as_bytes().to_vec()));
    if let Some(home) = host_home().filter(|home| {
        home != Path::new("/")
            && !Path::new(super::policy::HOME).starts_with(home)
            && !targets.iter().any(|target| target.starts_with(home))
    }) {
        list.push(bytes(&home));
    }
    list
}

/// The supervisor's user's home by the host's own list of users, if it is there.
fn host_home() -> Option<PathBuf> {
    let users = match std::fs::read_to_string("/etc/passwd") {
        Ok(users) => users,
        // Users come from elsewhere on this host; the paths that are given still are tried.
        Err(_) => return None,
    };
    let uid = rustix::process::geteuid().as_raw().to_string();
    users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&uid.as_str()))
        .and_then(|fields| fields.get(5).map(PathBuf::from))
        .filter(|home| home.is_dir())
}

/// Names what came back.
pub(super) fn name(paths: Vec<Bytes>, errnos: Vec<Option<i32>>) -> Vec<Attempt> {
    paths
        .into_iter()
        .zip(errnos)
        .map(|(path, errno)| Attempt {
            path: PathBuf::from(std::ffi::OsString::from_vec(path)),
            errno,
            name: errno.map_or_else(|| "OPENED".to_owned(), errno_name),
        })
        .collect()
}

fn errno_name(errno: i32) -> String {
    match errno {
        libc::ENOENT => "ENOENT".to_owned(),
        libc::EACCES => "EACCES".to_owned(),
        libc::EPERM => "EPERM".to_owned(),
        libc::ENOTDIR => "ENOTDIR".to_owned(),
        libc::ELOOP => "ELOOP".to_owned(),
        libc::ENXIO => "ENXIO".to_owned(),
        libc::ECONNREFUSED => "ECONNREFUSED".to_owned(),
        libc::EISDIR => "EISDIR".to_owned(),
        libc::ENAMETOOLONG => "ENAMETOOLONG".to_owned(),
        other => format!("E{other}"),
    }
}
