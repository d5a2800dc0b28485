//! Reads a hostile folder by descriptors into a [`Tree`].
//!
//! Every entry is looked at before it is opened (`O_PATH` runs no driver and waits for no writer), opened without following
//! anything, and looked at again: a pipe cannot hang us, a device is never opened, a link is never followed, a second name for a
//! file elsewhere is seen by its link count.
//!
//! INVARIANT: no path is resolved but one name below a descriptor that we hold.

use std::fs;
use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Dir, FileType, Mode as Bits, OFlags, ResolveFlags, Stat, fstat, openat2};
use rustix::io::Errno;

use super::path::{PathRule, shown};
use super::{EntryReason, File, ImportError, Limits, Mode, PathError, RelPath, Tree};

/// Takes in the folder behind a descriptor.
///
/// # Errors
/// The first entry that is refused, or a limit, or what the system said.
pub fn import(root: BorrowedFd<'_>, limits: &Limits) -> Result<Tree, ImportError> {
    let mut walk = Walk {
        limits,
        tree: Tree::new(),
        entries: 0,
        bytes: 0,
    };
    walk.folder(root, None)?;
    Ok(walk.tree)
}

/// Opens a folder that the user named, to [import] it. Links on the way to it are the user's own and are followed.
///
/// # Errors
/// There is no such folder, or it may not be read.
pub fn open_folder(path: &Path) -> Result<OwnedFd, ImportError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Bits::empty()).map_err(|errno| ImportError::Read {
        path: shown(path.as_os_str().as_encoded_bytes()),
        source: errno.into(),
    })
}

struct Walk<'a> {
    limits: &'a Limits,
    tree: Tree,
    entries: usize,
    bytes: u64,
}

impl Walk<'_> {
    /// Depth is bounded by the rule of [`RelPath`], so is the number of descriptors held.
    fn folder(
        &mut self,
        folder: BorrowedFd<'_>,
        inside: Option<&RelPath>,
    ) -> Result<(), ImportError> {
        for name in self.names(folder, inside)? {
            let path = join(inside, &name)?;
            let stat = self.look(folder, &name, &path)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                let child = open(folder, &name, OFlags::RDONLY | OFlags::DIRECTORY, &path)?;
                same(&stat, &status(&child, &path)?, &path)?;
                self.folder(child.as_fd(), Some(&path))?;
            } else {
                self.file(folder, &name, path, &stat)?;
            }
        }
        Ok(())
    }

    /// The names in a folder, sorted, so that the same folder always gives the same refusal.
    fn names(
        &mut self,
        folder: BorrowedFd<'_>,
        inside: Option<&RelPath>,
    ) -> Result<Vec<Vec<u8>>, ImportError> {
        let failed = |errno: Errno| ImportError::Read {
            path: inside.map_or(".", RelPath::as_str).to_owned(),
            source: errno.into(),
        };
        let mut names = Vec::new();
        for entry in Dir::read_from(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            let left_out = || self.limits.leave_out.iter().any(|n| n.as_bytes() == name);
            if name == b"." || name == b".." || (inside.is_none() && left_out()) {
                continue;
            }
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(ImportError::TooManyEntries {
                    max: self.limits.entries,
                });
            }
            names.push(name.to_vec());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// What an entry is, without opening what is behind it.
    fn look(
        &self,
        folder: BorrowedFd<'_>,
        name: &[u8],
        path: &RelPath,
    ) -> Result<Stat, ImportError> {
        let stat = status(&open(folder, name, OFlags::PATH, path)?, path)?;
        let reason = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => None,
            FileType::RegularFile if stat.st_nlink != 1 => Some(EntryReason::HardLink),
            FileType::RegularFile => None,
            FileType::Symlink => Some(EntryReason::Symlink),
            FileType::Fifo => Some(EntryReason::Fifo),
            FileType::Socket => Some(EntryReason::Socket),
            FileType::CharacterDevice | FileType::BlockDevice => Some(EntryReason::Device),
            FileType::Unknown => Some(EntryReason::Unknown),
        };
        let foreign = self.limits.owner.is_some_and(|owner| owner != stat.st_uid);
        match reason.or_else(|| foreign.then_some(EntryReason::ForeignOwner)) {
            Some(reason) => Err(refused(path, reason)),
            None => Ok(stat),
        }
    }

    fn file(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &[u8],
        path: RelPath,
        seen: &Stat,
    ) -> Result<(), ImportError> {
        let size = u64::try_from(seen.st_size).unwrap_or(u64::MAX);
        self.afford(&path, size)?;
        let mut file = fs::File::from(open(folder, name, OFlags::RDONLY, &path)?);
        same(seen, &status(&file, &path)?, &path)?;
        let mut bytes = Vec::new();
        // LIMIT: one byte more than was announced shows that it grew; no more is ever read.
        (&mut file)
            .take(size.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| ImportError::Read {
                path: path.to_string(),
                source,
            })?;
        if bytes.len() as u64 != size {
            return Err(changed(&path));
        }
        same(seen, &status(&file, &path)?, &path)?;
        self.bytes += size;
        let mode = if seen.st_mode & Bits::XUSR.as_raw_mode() == 0 {
            Mode::Plain
        } else {
            Mode::Executable
        };
        Ok(self.tree.add(path, File::new(mode, bytes))?)
    }

    fn afford(&self, path: &RelPath, size: u64) -> Result<(), ImportError> {
        if size > self.limits.file_bytes {
            return Err(ImportError::FileTooLarge {
                path: path.to_string(),
                max: self.limits.file_bytes,
            });
        }
        if self.bytes.saturating_add(size) > self.limits.total_bytes {
            return Err(ImportError::TreeTooLarge {
                max: self.limits.total_bytes,
            });
        }
        Ok(())
    }
}

fn join(inside: Option<&RelPath>, name: &[u8]) -> Result<RelPath, PathError> {
    let Ok(text) = std::str::from_utf8(name) else {
        return Err(PathError::new(name, PathRule::NotUtf8));
    };
    match inside {
        None => RelPath::new(text),
        Some(folder) => RelPath::new(&format!("{folder}/{text}")),
    }
}

fn open(
    folder: BorrowedFd<'_>,
    name: &[u8],
    flags: OFlags,
    path: &RelPath,
) -> Result<OwnedFd, ImportError> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    // The kernel refuses flags that mean nothing for a descriptor that only names an entry.
    let flags = if flags.contains(OFlags::PATH) {
        OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC
    } else {
        flags
    };
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    openat2(folder, name, flags, Bits::empty(), resolve).map_err(|errno| match errno {
        Errno::LOOP => refused(path, EntryReason::Symlink),
        Errno::XDEV => refused(path, EntryReason::Mount),
        Errno::AGAIN | Errno::NOENT | Errno::NOTDIR => changed(path),
        other => ImportError::Read {
            path: path.to_string(),
            source: other.into(),
        },
    })
}

fn status(entry: &impl AsFd, path: &RelPath) -> Result<Stat, ImportError> {
    fstat(entry).map_err(|errno| ImportError::Read {
        path: path.to_string(),
        source: errno.into(),
    })
}

/// Is this the entry that was looked at, untouched since?
fn same(before: &Stat, after: &Stat, path: &RelPath) -> Result<(), ImportError> {
    let key = |stat: &Stat| {
        let changed = (stat.st_ctime, stat.st_ctime_nsec);
        (
            stat.st_dev,
            stat.st_ino,
            stat.st_mode,
            stat.st_nlink,
            stat.st_size,
            changed,
        )
    };
    if key(before) == key(after) {
        Ok(())
    } else {
        Err(changed(path))
    }
}

fn refused(path: &RelPath, reason: EntryReason) -> ImportError {
    ImportError::Entry {
        path: path.to_string(),
        reason,
    }
}

fn changed(path: &RelPath) -> ImportError {
    ImportError::Changed {
        path: path.to_string(),
    }
}
