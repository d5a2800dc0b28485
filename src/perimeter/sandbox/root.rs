//! The new root: an empty file system in memory, into which everything visible is put.
//!
//! INVARIANT: every target is created by us on a file system that this sandbox made, and resolved with `openat2` beneath the new
//! root, without links; a tree is restricted before it can be reached.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode as Bits, OFlags, ResolveFlags, mkdirat, openat2, symlinkat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, move_mount, unmount,
};

use super::copy;
use super::error::{Failure, Step};
use super::mounts::{Access, View};
use super::policy::{HOME, Kind, Line, Mode, path};
use super::sys;

/// Bytes and inodes of the root's own file system: folders, links and a few files of `/etc`.
const ROOT_BYTES: u64 = 1 << 20;
const ROOT_INODES: u64 = 4096;

/// Bytes of `/dev/shm`.
const SHM_BYTES: u64 = 64 << 20;

/// The group that may see all processes: the overflow group, which no payload of a root supervisor has.
const NO_GROUP: &str = "65534";

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File,
}

/// The new root while it is built.
pub(super) struct Root(OwnedFd);

impl Root {
    /// An empty one. Any folder that exists serves as its place until the pivot; `/usr` is grabbed by then.
    pub(super) fn new() -> Result<Self, Failure> {
        let root = memory(ROOT_BYTES, ROOT_INODES, "0755", own(), Step::Root)?;
        attach(&root, CWD, Path::new("/usr"), Step::Root)?;
        Ok(Self(root))
    }

    /// A link in the root itself.
    pub(super) fn link(&self, name: &str, target: &Path) -> Result<(), Failure> {
        symlinkat(target, &self.0, name).map_err(Failure::at(Step::Root, name))
    }

    /// An empty folder in memory.
    pub(super) fn memory(
        &self,
        target: &Path,
        bytes: u64,
        mode: &str,
        ids: (u32, u32),
    ) -> Result<(), Failure> {
        let mount = memory(bytes, inodes(bytes), mode, ids, Step::Root)?;
        self.place(target, &mount, Node::Folder)
    }

    /// A tree that was grabbed.
    pub(super) fn bind(
        &self,
        target: &Path,
        tree: &OwnedFd,
        access: Access,
    ) -> Result<(), Failure> {
        let on = target.to_string_lossy();
        let set = match access {
            Access::Read | Access::List => {
                libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV
            }
            Access::Write => libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
            Access::Device => libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC,
        };
        sys::mount_setattr(tree.as_fd(), set, true).map_err(Failure::at(Step::Mount, &on))?;
        let stat = rustix::fs::fstat(tree).map_err(Failure::at(Step::Mount, &on))?;
        let node = if rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir() {
            Node::Folder
        } else {
            Node::File
        };
        self.place(target, tree, node)
    }

    /// Creates the target, and mounts there.
    fn place(&self, target: &Path, mount: &OwnedFd, node: Node) -> Result<(), Failure> {
        let target = relative(target);
        let place = match node {
            Node::Folder => self.folder(target)?,
            Node::File => self.file(target, &[])?,
        };
        attach(mount, &place, Path::new(""), Step::Mount)
    }

    /// The folder at this path, made with everything above it.
    fn folder(&self, target: &Path) -> Result<OwnedFd, Failure> {
        let mut made = PathBuf::new();
        for name in target {
            made.push(name);
            match mkdirat(&self.0, &made, Bits::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => {
                    return Err(Failure::at(Step::Mount, &made.to_string_lossy())(error));
                }
            }
            // The next `mkdirat` follows `made`: it must not be a link.
            self.open(&made, OFlags::PATH | OFlags::DIRECTORY)?;
        }
        self.open(target, OFlags::PATH | OFlags::DIRECTORY)
    }

    fn file(&self, target: &Path, content: &[u8]) -> Result<OwnedFd, Failure> {
        use std::io::Write as _;
        if let Some(parent) = target
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            self.folder(parent)?;
        }
        let fd = openat2(
            &self.0,
            target,
            OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW,
            Bits::from_raw_mode(0o644),
            BENEATH,
        )
        .map_err(Failure::at(Step::Mount, &target.to_string_lossy()))?;
        std::fs::File::from(fd)
            .write_all(content)
            .map_err(Failure::at(Step::Mount, &target.to_string_lossy()))?;
        self.open(target, OFlags::PATH)
    }

    fn open(&self, target: &Path, flags: OFlags) -> Result<OwnedFd, Failure> {
        openat2(
            &self.0,
            target,
            flags | OFlags::CLOEXEC,
            Bits::empty(),
            BENEATH,
        )
        .map_err(Failure::at(Step::Mount, &target.to_string_lossy()))
    }

    /// The files of `/etc` that programs look for.
    pub(super) fn etc(&self, (uid, gid): (u32, u32), view: &mut View) -> Result<(), Failure> {
        let user = if uid == 0 { "root" } else { "user" };
        let files = [
            (
                "etc/passwd",
                format!("{user}:x:{uid}:{gid}::{HOME}:/bin/sh\n"),
            ),
            ("etc/group", format!("{user}:x:{gid}:\n")),
            (
                "etc/hosts",
                "127.0.0.1 localhost sandbox\n::1 localhost\n".to_owned(),
            ),
            (
                "etc/nsswitch.conf",
                "passwd: files\ngroup: files\nhosts: files\n".to_owned(),
            ),
            ("etc/resolv.conf", String::new()),
        ];
        for (name, content) in files {
            self.file(Path::new(name), content.as_bytes())?;
        }
        view.visible.push((PathBuf::from("/etc"), Access::Read));
        Ok(())
    }

    /// The rest of `/dev`.
    pub(super) fn dev(&self, view: &mut View) -> Result<(), Failure> {
        self.memory(Path::new("dev/shm"), SHM_BYTES, "1777", own())?;
        view.visible
            .push((PathBuf::from("/dev/shm"), Access::Write));
        for (name, target) in [
            ("dev/fd", "/proc/self/fd"),
            ("dev/stdin", "/proc/self/fd/0"),
            ("dev/stdout", "/proc/self/fd/1"),
            ("dev/stderr", "/proc/self/fd/2"),
        ] {
            self.link(name, Path::new(target))?;
        }
        Ok(())
    }

    /// One line of the mount table.
    pub(super) fn line(
        &self,
        line: &Line,
        fd: Option<OwnedFd>,
        ids: (u32, u32),
        view: &mut View,
    ) -> Result<(), Failure> {
        let target = path(&line.target);
        let on = target.to_string_lossy();
        let access = match (line.kind, fd) {
            (Kind::ReadOnly, Some(tree)) => {
                self.bind(target, &tree, Access::Read)?;
                Access::Read
            }
            (Kind::ReadWrite, Some(tree)) => {
                self.bind(target, &tree, Access::Write)?;
                Access::Write
            }
            (Kind::Copy | Kind::Scratch, source) => {
                let (bytes, nodes) = (line.bytes_max, inodes(line.bytes_max));
                let mount = memory(bytes, nodes, "0755", ids, Step::Mount)?;
                if let Some(source) = source {
                    copy::tree(&source, &mount, ids)?;
                }
                self.place(target, &mount, Node::Folder)?;
                view.trees.push(mount);
                Access::Write
            }
            (Kind::ReadOnly | Kind::ReadWrite, None) => {
                return Err(Failure::refused(Step::Mount, on));
            }
        };
        view.visible.push((target.to_owned(), access));
        Ok(())
    }

    /// A fresh process file system: only processes, only one's own, and nothing of the kernel's to be written. Without
    /// `subset=pid` and read-only, a payload with user id 0 could write `/proc/sys/kernel/core_pattern`, which runs on the host.
    pub(super) fn proc(&self, mode: Mode, view: &mut View) -> Result<(), Failure> {
        let fail = |error: Errno| Failure::at(Step::Proc, "/proc")(error);
        let context = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC).map_err(fail)?;
        fsconfig_set_string(&context, "hidepid", "invisible").map_err(fail)?;
        fsconfig_set_string(&context, "subset", "pid").map_err(fail)?;
        match mode {
            // Group 0 sees every process unless another group is named, and a payload may have the caller's group.
            Mode::Root => fsconfig_set_string(&context, "gid", NO_GROUP).map_err(fail)?,
            Mode::Rootless => {}
        }
        fsconfig_create(&context).map_err(fail)?;
        let mount = fsmount(
            &context,
            FsMountFlags::FSMOUNT_CLOEXEC,
            MountAttrFlags::MOUNT_ATTR_RDONLY
                | MountAttrFlags::MOUNT_ATTR_NOSUID
                | MountAttrFlags::MOUNT_ATTR_NODEV
                | MountAttrFlags::MOUNT_ATTR_NOEXEC,
        )
        .map_err(fail)?;
        self.place(Path::new("proc"), &mount, Node::Folder)?;
        view.visible.push((PathBuf::from("/proc"), Access::Read));
        Ok(())
    }

    /// Makes it the root of this process, the old one unreachable, and itself read-only.
    pub(super) fn enter(&self) -> Result<(), Failure> {
        let fail = |error: Errno| Failure::at(Step::Pivot, "/")(error);
        rustix::process::fchdir(&self.0).map_err(fail)?;
        rustix::process::pivot_root(".", ".").map_err(fail)?;
        // The old root now lies over the new one.
        unmount(".", UnmountFlags::DETACH).map_err(fail)?;
        rustix::process::chdir("/").map_err(fail)?;
        sys::mount_setattr(self.0.as_fd(), libc::MOUNT_ATTR_RDONLY, false)
            .map_err(Failure::at(Step::Pivot, "/"))
    }
}

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);

fn relative(target: &Path) -> &Path {
    target.strip_prefix("/").unwrap_or(target)
}

/// An empty file system in memory, in no mount table yet.
fn memory(
    bytes: u64,
    inodes: u64,
    mode: &str,
    (uid, gid): (u32, u32),
    step: Step,
) -> Result<OwnedFd, Failure> {
    let fail = |error: Errno| Failure::at(step, "tmpfs")(error);
    let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC).map_err(fail)?;
    for (key, value) in [
        ("size", bytes.to_string()),
        ("nr_inodes", inodes.to_string()),
        ("mode", mode.to_owned()),
        ("uid", uid.to_string()),
        ("gid", gid.to_string()),
    ] {
        fsconfig_set_string(&context, key, value.as_str()).map_err(fail)?;
    }
    fsconfig_create(&context).map_err(fail)?;
    fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV,
    )
    .map_err(fail)
}

/// The ids of this process, which owns what the payload must not change. Without root it is the payload's own, the only one that
/// is mapped; there the read-only mount is what protects.
fn own() -> (u32, u32) {
    (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    )
}

/// LIMIT: inodes cost memory that `size` does not count, so they are bounded by it: one for every half page.
fn inodes(bytes: u64) -> u64 {
    bytes / 2048 + 64
}

fn attach(mount: &OwnedFd, at: impl AsFd, target: &Path, step: Step) -> Result<(), Failure> {
    let mut flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    if target.as_os_str().is_empty() {
        flags |= MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    }
    move_mount(mount, "", at, target, flags).map_err(Failure::at(step, &target.to_string_lossy()))
}
