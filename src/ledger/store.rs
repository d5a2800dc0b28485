//! The files of a ledger's folder: whole files replaced in one step, one file appended to, one lock.
//!
//! INVARIANT: what a function here has returned `Ok` for is on the disk. Nothing is followed through a symbolic link in the last place of a
//! path, and nothing but a regular file is read.
//! It knows nothing of what the bytes mean.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system said no.
    #[error("{doing} `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A link, a folder, a pipe or a device.
    #[error("`{}` is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// Longer than we read.
    #[error("`{}` is over the limit of {max} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
    /// A secret that others may read.
    #[error("`{}` must belong to you and to nobody else: run `chmod 600` on it, and make a new key if others could have read it", .0.display())]
    Exposed(PathBuf),
    /// Somebody else writes this ledger.
    #[error("the ledger in `{}` is being written by process {pid}: wait for it to end", folder.display())]
    Locked {
        /// The ledger's folder.
        folder: PathBuf,
        /// Who writes, as far as it is known.
        pid: String,
    },
}

impl Error {
    /// Whether a file was to be made that is there already.
    pub(crate) fn is_exists(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() == io::ErrorKind::AlreadyExists,
            Self::NotRegular(_)
            | Self::TooLarge { .. }
            | Self::Exposed(_)
            | Self::Locked { .. } => false,
        }
    }
}

/// Adds to an input or output error what was being done, and to what.
pub(crate) fn doing(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        doing,
        path,
        source,
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// Whoever.
    Public,
    /// Nobody but us.
    OwnerOnly,
}

/// Reads a whole regular file, if there is one.
pub(crate) fn read(path: &Path, max: u64, secrecy: Secrecy) -> Result<Option<Vec<u8>>, Error> {
    // Without NONBLOCK, opening a pipe that somebody put here would wait for ever.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => {
            return Err(Error::NotRegular(path.to_owned()));
        }
        Err(errno) => return Err(doing("opening", path)(errno.into())),
    };
    let metadata = file.metadata().map_err(doing("reading", path))?;
    if !metadata.is_file() {
        return Err(Error::NotRegular(path.to_owned()));
    }
    if secrecy == Secrecy::OwnerOnly
        && (metadata.mode() & 0o077 != 0 || metadata.uid() != rustix::process::geteuid().as_raw())
    {
        return Err(Error::Exposed(path.to_owned()));
    }
    let too_large = || Error::TooLarge {
        path: path.to_owned(),
        max,
    };
    if metadata.len() > max {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).map_err(|_| too_large())?);
    let read = file
        .take(max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(doing("reading", path))?;
    if read as u64 > max {
        return Err(too_large());
    }
    Ok(Some(bytes))
}

/// Puts a whole file in place in one step: `scratch` is written, made durable and renamed to `path`.
pub(crate) fn replace(scratch: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .custom_flags(libc::O_NOFOLLOW)
        .open(scratch)
        .map_err(doing("writing", scratch))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(doing("writing", scratch))?;
    fs::rename(scratch, path).map_err(doing("putting in place", path))?;
    sync_parent(path)
}

/// Makes a file that only we may read, and that was not there.
pub(crate) fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = parent(path);
    fs::create_dir_all(folder).map_err(doing("making", folder))?;
    // A file from this crate has mode 0600 from its first moment.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(doing("writing", path))?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(doing("writing", path))?;
    file.persist_noclobber(path)
        .map_err(|error| doing("writing", path)(error.error))?;
    sync_parent(path)
}

/// Makes a file of these bytes that was not there.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create_new(path).map_err(doing("writing", path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(doing("writing", path))?;
    sync_parent(path)
}

/// Makes a folder, if it is not there.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    match fs::create_dir(path) {
        Ok(()) => {}
        // Made durable again: an interrupted writer may have made it and got no further.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(doing("making", path)(error)),
    }
    sync_parent(path)
}

/// A file that only grows.
#[derive(Debug)]
pub(crate) struct Appender {
    file: File,
    path: PathBuf,
}

impl Appender {
    /// Opens the file at exactly this length: what is beyond is cut off.
    pub(crate) fn open(path: &Path, length: u64) -> Result<Self, Error> {
        let file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(path)
            .map_err(doing("opening", path))?;
        file.set_len(length)
            .and_then(|()| file.sync_all())
            .map_err(doing("cutting", path))?;
        sync_parent(path)?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Appends bytes and makes them durable.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .and_then(|()| self.file.sync_all())
            .map_err(doing("appending to", &self.path))
    }
}

/// The right to write one ledger; it ends with the value, or with the process.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would not do: a process that is being started elsewhere holds a copy of every descriptor until it executes.
        if let Err(error) = rustix::fs::flock(&self.file, FlockOperation::Unlock) {
            tracing::warn!(%error, "unlocking the ledger");
        }
    }
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("lock");
        let mut file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&path)
            .map_err(doing("opening", &path))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(Error::Locked {
                    folder: folder.to_owned(),
                    pid: holder(file),
                });
            }
            Err(errno) => return Err(doing("locking", &path)(errno.into())),
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(doing("writing", &path))?;
        Ok(Self { file })
    }
}

/// The process number in a lock file. It is a help for people, so what cannot be read is `unknown`.
fn holder(file: File) -> String {
    const PID_BYTES_MAX: u64 = 16;
    let mut text = String::new();
    match file.take(PID_BYTES_MAX).read_to_string(&mut text) {
        Ok(_) if text.trim().parse::<u32>().is_ok() => text.trim().to_owned(),
        Ok(_) | Err(_) => "unknown".to_owned(),
    }
}

fn sync_parent(path: &Path) -> Result<(), Error> {
    let folder = parent(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(doing("making durable", folder))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}
