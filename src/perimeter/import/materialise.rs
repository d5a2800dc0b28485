//! Writes a [`Tree`] fresh into a new folder, for the stages that show it to programs.
//!
//! Files are read-only; folders stay writable for their owner, so that whoever made them can take them away again. The mounts
//! that show them are read-only, and [`verify`] finds a changed byte.

use std::fs;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode as Bits, OFlags, fchmod, mkdirat, openat};

use super::{File, ImportError, Limits, Mode, Tree, import, open_folder};
use crate::names::Sha256;

/// Writes a tree into a folder that does not exist yet, and reads it back.
///
/// # Errors
/// The folder exists, the disk is full, or what was read back is not what was written.
pub fn materialise(tree: &Tree, into: &Path) -> Result<(), MaterialiseError> {
    let failed = |path: &str, source: std::io::Error| MaterialiseError::Write {
        path: path.to_owned(),
        source,
    };
    let shown = into.display().to_string();
    fs::create_dir(into).map_err(|source| failed(&shown, source))?;
    let root = open_folder(into)?;
    fchmod(&root, FOLDER).map_err(|errno| failed(&shown, errno.into()))?;
    // The folders that are open, outermost first. Paths come sorted, so that a folder left behind never comes back.
    let mut open: Vec<(String, OwnedFd)> = Vec::new();
    for (path, file) in tree.files() {
        while open
            .last()
            .is_some_and(|(inside, _)| !path.as_str().starts_with(inside.as_str()))
        {
            open.pop();
        }
        write(&root, &mut open, path.as_str(), file)
            .map_err(|source| failed(path.as_str(), source))?;
    }
    verify(into, tree.hash())
}

/// Checks that a folder still holds exactly the tree with this hash.
///
/// # Errors
/// It holds something else, or cannot be read.
pub fn verify(folder: &Path, expected: Sha256) -> Result<(), MaterialiseError> {
    let found = import(open_folder(folder)?.as_fd(), &Limits::default())?.hash();
    if found == expected {
        Ok(())
    } else {
        Err(MaterialiseError::Differs {
            folder: folder.display().to_string(),
            expected,
            found,
        })
    }
}

/// Writes one file, making the folders that are not open yet. Every open folder's path ends with `/`.
fn write(
    root: &OwnedFd,
    open: &mut Vec<(String, OwnedFd)>,
    path: &str,
    file: &File,
) -> std::io::Result<()> {
    loop {
        let (inside, folder) = open
            .last()
            .map_or(("", root), |(inside, folder)| (inside.as_str(), folder));
        let rest = path.strip_prefix(inside).unwrap_or(path);
        let Some((name, _)) = rest.split_once('/') else {
            return write_file(folder, rest, file);
        };
        mkdirat(folder, name, FOLDER)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = openat(folder, name, flags, Bits::empty())?;
        fchmod(&made, FOLDER)?;
        open.push((format!("{inside}{name}/"), made));
    }
}

fn write_file(folder: &OwnedFd, name: &str, file: &File) -> std::io::Result<()> {
    let bits = match file.mode() {
        Mode::Plain => Bits::from_raw_mode(0o444),
        Mode::Executable => Bits::from_raw_mode(0o555),
    };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut out = fs::File::from(openat(folder, name, flags, bits)?);
    out.write_all(file.bytes())?;
    // Whatever the umask is.
    Ok(fchmod(&out, bits)?)
}

/// Why a tree was not written, or is no longer what it was.
#[derive(Debug, thiserror::Error)]
pub enum MaterialiseError {
    /// The system said no.
    #[error("writing `{path}`: {source}")]
    Write {
        /// Where.
        path: String,
        /// What it said.
        source: std::io::Error,
    },
    /// It could not be read back.
    #[error("reading back what was written: {0}")]
    Read(#[from] ImportError),
    /// Somebody changed it.
    #[error("`{folder}` holds the tree {found}, not {expected}: something changed it")]
    Differs {
        /// Which folder.
        folder: String,
        /// What it must hold.
        expected: Sha256,
        /// What it holds.
        found: Sha256,
    },
}

const FOLDER: Bits = Bits::from_raw_mode(0o755);
