//! Takes what a package manager left out of its sandbox's memory: files and folders, nothing else.
//!
//! INVARIANT: every name is opened beneath its own folder, without following links and without blocking, and looked at after it
//! was opened. A link, a pipe or a socket refuses the whole of it; bytes, entries and depth are bounded as they are read.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{Dir, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

use super::manifest::ENTRIES_MAX;
use super::{Error, ManifestError, failed, make};
use crate::perimeter::import::path::shown;

/// Opens a folder of a tree for [`copy`].
pub(super) fn open(tree: &OwnedFd, name: &str) -> Result<OwnedFd, Error> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat2(tree, name, flags, Mode::empty(), BENEATH).map_err(|errno| {
        failed(
            "opening what was installed in",
            Path::new(name),
            errno.into(),
        )
    })
}

/// What may still be copied.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) bytes: u64,
    pub(super) entries: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes: super::installer::STAGE_BYTES_MAX,
            entries: ENTRIES_MAX,
        }
    }
}

/// Copies everything in a folder into a folder that is there.
pub(super) fn copy(from: &OwnedFd, to: &Path, depth: usize, room: &mut Room) -> Result<(), Error> {
    let read = |errno: Errno| failed("reading what is installed in", to, errno.into());
    for entry in Dir::read_from(from).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let at = to.join(std::ffi::OsStr::from_bytes(name));
        let refused = || ManifestError::Entry {
            path: shown(at.as_os_str().as_bytes()),
        };
        room.entries = room
            .entries
            .checked_sub(1)
            .ok_or(ManifestError::TooMany { max: ENTRIES_MAX })?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match openat2(from, entry.file_name(), flags, Mode::empty(), BENEATH) {
            Err(Errno::LOOP | Errno::NXIO | Errno::XDEV) => return Err(refused().into()),
            other => other.map_err(read)?,
        };
        let stat = fstat(&fd).map_err(read)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if depth < DEPTH_MAX => {
                make(&at)?;
                copy(&fd, &at, depth + 1, room)?;
            }
            FileType::RegularFile => {
                let mode = if stat.st_mode & 0o100 == 0 {
                    0o644
                } else {
                    0o755
                };
                file(fd, &at, mode, room)?;
            }
            FileType::Directory
            | FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => return Err(refused().into()),
        }
    }
    Ok(())
}

/// Copies the bytes that are there, whatever the file says its length is.
fn file(from: OwnedFd, to: &Path, mode: u32, room: &mut Room) -> Result<(), Error> {
    let mut target = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(to)
        .map_err(|source| failed("writing", to, source))?;
    let mut source = fs::File::from(from).take(room.bytes.saturating_add(1));
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = source
            .read(&mut chunk)
            .map_err(|source| failed("reading", to, source))?;
        if count == 0 {
            return Ok(());
        }
        room.bytes = u64::try_from(count)
            .map_or(None, |count| room.bytes.checked_sub(count))
            .ok_or(Error::TooLarge)?;
        target
            .write_all(chunk.get(..count).unwrap_or(&[]))
            .map_err(|source| failed("writing", to, source))?;
    }
}

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);
/// LIMIT: folders within folders; `node_modules` has a few dozen.
const DEPTH_MAX: usize = 128;
/// LIMIT: bytes of one read.
const CHUNK_BYTES: usize = 256 << 10;
