//! Copies a tree of the host into memory: files, folders and the executable bit, nothing else.
//!
//! INVARIANT: every name is opened beneath its own folder without following links and without blocking, and looked at after it
//! was opened; what is neither a file nor a folder refuses the whole copy. Bytes are bounded by the file system that is written.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Uid, fchown, fstat, mkdirat, openat2, sendfile,
};
use rustix::io::Errno;

use super::error::{Failure, Step};

/// Folders within folders; a real program has a handful, `node_modules` a few dozen.
const DEPTH_MAX: usize = 128;

/// Bytes that one system call copies.
const CHUNK_BYTES: usize = 1 << 20;

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// Copies everything in the folder `source` into the folder `target`, owned by `ids`.
pub(super) fn tree(source: &OwnedFd, target: &OwnedFd, ids: (u32, u32)) -> Result<(), Failure> {
    let open = |fd: &OwnedFd| {
        openat2(
            fd,
            ".",
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
            BENEATH,
        )
        .map_err(Failure::at(Step::Copy, "."))
    };
    folder(&open(source)?, &open(target)?, ids, &mut PathBuf::new(), 0)
}

fn folder(
    source: &OwnedFd,
    target: &OwnedFd,
    ids: (u32, u32),
    at: &mut PathBuf,
    depth: usize,
) -> Result<(), Failure> {
    if depth > DEPTH_MAX {
        return Err(Failure::refused(Step::CopySize, at.to_string_lossy()));
    }
    let fail = |at: &Path| Failure::at::<Errno>(Step::Copy, &at.to_string_lossy());
    for entry in Dir::read_from(source).map_err(fail(at))? {
        let name = CString::from(entry.map_err(fail(at))?.file_name());
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        at.push(super::policy::path(name.to_bytes()));
        let fd = openat2(
            source,
            &name,
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
            BENEATH,
        );
        let fd = match fd {
            // A link, a socket, or another file system: names that have no bytes to copy.
            Err(Errno::LOOP | Errno::NXIO | Errno::XDEV) => {
                return Err(Failure::refused(Step::CopyKind, at.to_string_lossy()));
            }
            other => other.map_err(fail(at))?,
        };
        let stat = fstat(&fd).map_err(fail(at))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                mkdirat(target, &name, Mode::from_raw_mode(0o755)).map_err(full(at))?;
                let inner = openat2(
                    target,
                    &name,
                    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
                    Mode::empty(),
                    BENEATH,
                )
                .map_err(fail(at))?;
                own(&inner, ids).map_err(fail(at))?;
                folder(&fd, &inner, ids, at, depth + 1)?;
            }
            FileType::RegularFile => {
                let mode = if stat.st_mode & 0o111 == 0 {
                    0o644
                } else {
                    0o755
                };
                let to = openat2(
                    target,
                    &name,
                    OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC,
                    Mode::from_raw_mode(mode),
                    BENEATH,
                )
                .map_err(full(at))?;
                own(&to, ids).map_err(fail(at))?;
                bytes(&fd, &to).map_err(full(at))?;
            }
            FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => {
                return Err(Failure::refused(Step::CopyKind, at.to_string_lossy()));
            }
        }
        at.pop();
    }
    Ok(())
}

fn own(fd: impl AsFd, (uid, gid): (u32, u32)) -> Result<(), Errno> {
    fchown(fd, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
}

fn bytes(from: &OwnedFd, to: &OwnedFd) -> Result<(), Errno> {
    while rustix::io::retry_on_intr(|| sendfile(to, from, None, CHUNK_BYTES))? > 0 {}
    Ok(())
}

/// The file system that is written is full: the copy is over its limit.
fn full(at: &Path) -> impl FnOnce(Errno) -> Failure {
    let on = at.to_string_lossy().into_owned();
    move |error| {
        let step = if error == Errno::NOSPC {
            Step::CopySize
        } else {
            Step::Copy
        };
        Failure::at(step, &on)(io::Error::from(error))
    }
}
