//! What an installation holds: every file's hash, and what the kernel said of it when it was hashed.
//!
//! A file that has kept length, times, inode and device has kept its bytes, where nobody but us can write: so a later look costs
//! no reading. Nobody sets the change time.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::names::Sha256;
use crate::perimeter::import::path::shown;
use crate::perimeter::import::{Mode, listing_hash};

/// Every file of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    hash: Sha256,
    files: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    mode: Mode,
    hash: Sha256,
    seen: Seen,
}

/// What the kernel says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    bytes: u64,
    device: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Seen {
    fn of(meta: &fs::Metadata) -> Self {
        Self {
            bytes: meta.size(),
            device: meta.dev(),
            inode: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

impl Manifest {
    /// Makes every file of a folder read-only and hashes it.
    pub(super) fn make(folder: &Path) -> Result<Self, ManifestError> {
        for (path, meta) in walk(folder)? {
            let at = folder.join(&path);
            let bits = match mode(&meta) {
                Mode::Plain => 0o444,
                Mode::Executable => 0o555,
            };
            fs::set_permissions(&at, fs::Permissions::from_mode(bits))
                .map_err(|source| failed(&at, source))?;
        }
        Self::of(folder)
    }

    /// Hashes every file of a folder as it is.
    ///
    /// # Errors
    /// A file cannot be read, or leads out of the folder.
    pub fn of(folder: &Path) -> Result<Self, ManifestError> {
        let mut files = Vec::new();
        for (path, meta) in walk(folder)? {
            let at = folder.join(&path);
            let failed = |source| failed(&at, source);
            let mode = mode(&meta);
            let mut file = fs::File::open(&at).map_err(failed)?;
            let hash = Sha256::of_reader(&mut file).map_err(failed)?;
            let seen = Seen::of(&file.metadata().map_err(failed)?);
            files.push(Entry {
                path,
                mode,
                hash,
                seen,
            });
        }
        Ok(Self {
            hash: hash(&files),
            files,
        })
    }

    /// The hash over all paths, modes and hashes.
    #[must_use]
    pub const fn hash(&self) -> Sha256 {
        self.hash
    }

    /// Looks at every file of the folder without reading it.
    pub(super) fn verify(&self, folder: &Path) -> Result<(), ManifestError> {
        let found = walk(folder)?;
        let differs = |path: &str| ManifestError::Differs {
            path: folder.join(path),
        };
        let mut known = self.files.iter();
        for (path, meta) in &found {
            match known.next() {
                Some(entry)
                    if entry.path == *path
                        && entry.mode == mode(meta)
                        && entry.seen == Seen::of(meta) => {}
                Some(_) | None => return Err(differs(path)),
            }
        }
        known.next().map_or(Ok(()), |gone| Err(differs(&gone.path)))
    }

    pub(super) fn to_json(&self) -> Result<String, ManifestError> {
        serde_json::to_string(self).map_err(|cause| ManifestError::Unreadable {
            cause: cause.to_string(),
        })
    }

    pub(super) fn from_reader(file: fs::File) -> Result<Self, ManifestError> {
        let unreadable = |cause: &dyn std::fmt::Display| ManifestError::Unreadable {
            cause: cause.to_string(),
        };
        let mut text = Vec::new();
        file.take(MANIFEST_BYTES_MAX)
            .read_to_end(&mut text)
            .map_err(|cause| unreadable(&cause))?;
        let found: Self = serde_json::from_slice(&text).map_err(|cause| unreadable(&cause))?;
        if hash(&found.files) == found.hash {
            Ok(found)
        } else {
            Err(unreadable(&"its hash is not that of its lines"))
        }
    }
}

fn hash(files: &[Entry]) -> Sha256 {
    listing_hash(
        files
            .iter()
            .map(|file| (file.path.as_str(), file.mode, file.seen.bytes, file.hash)),
    )
}

fn mode(meta: &fs::Metadata) -> Mode {
    if meta.mode() & 0o100 == 0 {
        Mode::Plain
    } else {
        Mode::Executable
    }
}

/// All files below a folder, by path. Anything but files and folders is refused.
fn walk(folder: &Path) -> Result<Vec<(String, fs::Metadata)>, ManifestError> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(inside) = folders.pop() {
        let at = folder.join(&inside);
        for entry in fs::read_dir(&at).map_err(|source| failed(&at, source))? {
            let entry = entry.map_err(|source| failed(&at, source))?;
            let refused = || ManifestError::Entry {
                path: shown(entry.path().as_os_str().as_encoded_bytes()),
            };
            let name = entry.file_name();
            let name = name
                .to_str()
                .filter(|name| !name.contains(char::is_control))
                .ok_or_else(refused)?;
            let path = if inside.is_empty() {
                name.to_owned()
            } else {
                format!("{inside}/{name}")
            };
            let meta = entry
                .metadata()
                .map_err(|source| failed(&entry.path(), source))?;
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_file() && meta.nlink() == 1 {
                files.push((path, meta));
            } else {
                return Err(refused());
            }
            if files.len() + folders.len() > ENTRIES_MAX {
                return Err(ManifestError::TooMany { max: ENTRIES_MAX });
            }
        }
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(files)
}

fn failed(path: &Path, source: std::io::Error) -> ManifestError {
    ManifestError::Read {
        path: path.to_owned(),
        source,
    }
}

/// What is wrong with installed packages.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file was added, touched or removed.
    #[error(
        "the installed package file `{path}` is not what was installed: something else writes there"
    )]
    Differs {
        /// Which file.
        path: PathBuf,
    },
    /// Not a plain file, or a name that cannot be listed.
    #[error("the installed package entry `{path}` is not a plain file with a printable name")]
    Entry {
        /// Which entry, escaped.
        path: String,
    },
    /// More files than the limit.
    #[error("the installed packages hold more than {max} files")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// The list itself.
    #[error("reading the manifest of the installed packages: {cause}")]
    Unreadable {
        /// What was found.
        cause: String,
    },
    /// The system said no.
    #[error("reading the installed package file `{path}`: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

/// LIMIT: files of one installation; the largest providers have some ten thousand.
pub(super) const ENTRIES_MAX: usize = 500_000;
/// LIMIT: bytes of a manifest, about 400 for each file.
const MANIFEST_BYTES_MAX: u64 = 200 << 20;
