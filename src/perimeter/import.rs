//! What somebody else wrote, taken in as hostile bytes: a folder the agent left, or a patch.
//!
//! A [`Tree`] is the one form in which a stack's folder goes through the pipeline: the base commit's, the agent's, a person's.
//! Its hash is what later stages name; they show only what [`materialise()`] wrote fresh from it, never the agent's own folder.
//!
//! INVARIANT: a tree holds plain and executable files with checked names, nothing else; it is read by descriptors, no link is
//! followed, nothing in it is run, and no git process ever sees it.
//!
//! It does not decide what a change means: [`judge`] says which paths may change at all, the pipeline's judges the rest.

pub mod bundle;
pub mod change;
pub mod judge;
pub mod materialise;
pub mod patch;
pub mod path;
pub mod project;
mod walk;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

pub use change::{Change, Kind, changes};
pub use judge::{Allowed, PathRefusal, judge, locks};
pub use materialise::materialise;
pub use path::{Folder, PathError, RelPath};
pub use walk::{import, open_folder};

use crate::names::Sha256;

/// What a tree may cost. Every limit is checked before the bytes are read or kept.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Files and folders.
    pub entries: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files.
    pub total_bytes: u64,
    /// The user id that must own every entry: the sandbox's. Nothing: whoever.
    pub owner: Option<u32>,
    /// Names at the top that are left out unopened, such as the agent's own throw-away `.git`.
    pub leave_out: Vec<String>,
}

impl Default for Limits {
    /// A large stack fits, an attack on the machine does not.
    fn default() -> Self {
        Self {
            entries: ENTRIES_MAX,
            file_bytes: FILE_BYTES_MAX,
            total_bytes: TOTAL_BYTES_MAX,
            owner: None,
            leave_out: Vec::new(),
        }
    }
}

/// LIMIT: files and folders of a stack.
const ENTRIES_MAX: usize = 20_000;
/// LIMIT: bytes of one file of a stack; programs are text.
const FILE_BYTES_MAX: u64 = 8 << 20;
/// LIMIT: bytes of a whole stack, held in memory.
const TOTAL_BYTES_MAX: u64 = 64 << 20;

/// Whether a file may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Data or source, git's `100644`.
    Plain,
    /// Git's `100755`.
    Executable,
}

/// One file of a [`Tree`].
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    mode: Mode,
    hash: Sha256,
    bytes: Vec<u8>,
}

impl File {
    /// Takes bytes and hashes them.
    #[must_use]
    pub fn new(mode: Mode, bytes: Vec<u8>) -> Self {
        Self {
            mode,
            hash: Sha256::of(&bytes),
            bytes,
        }
    }

    /// Whether it may be started.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The hash of its bytes.
    #[must_use]
    pub const fn hash(&self) -> Sha256 {
        self.hash
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("mode", &self.mode)
            .field("hash", &self.hash)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// A stack's folder in memory: checked paths, whole files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<RelPath, File>,
}

impl Tree {
    /// A folder without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// The path is taken, as a file or as a folder.
    pub fn add(&mut self, path: RelPath, file: File) -> Result<(), TreeError> {
        if let Some(parent) = self.file_above(&path) {
            return Err(TreeError::FileAbove { path, parent });
        }
        if self.is_folder(&path) {
            return Err(TreeError::IsFolder { path });
        }
        match self.files.entry(path) {
            Entry::Vacant(entry) => {
                entry.insert(file);
                Ok(())
            }
            Entry::Occupied(entry) => Err(TreeError::Taken {
                path: entry.key().clone(),
            }),
        }
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &RelPath) -> Option<File> {
        self.files.remove(path)
    }

    /// All files, by path.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<RelPath, File> {
        &self.files
    }

    /// One file by its path as text.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// Bytes of all files.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.files
            .values()
            .map(|file| file.bytes.len() as u64)
            .sum()
    }

    /// The hash of its [listing](Self::listing): equal hashes mean equal paths, modes and bytes.
    #[must_use]
    pub fn hash(&self) -> Sha256 {
        listing_hash(
            self.files
                .iter()
                .map(|(path, file)| (path.as_str(), file.mode, file.bytes.len() as u64, file.hash)),
        )
    }

    /// What it holds, without the bytes, for the record.
    #[must_use]
    pub fn listing(&self) -> Vec<Listed> {
        self.files
            .iter()
            .map(|(path, file)| Listed {
                path: path.clone(),
                mode: file.mode,
                bytes: file.bytes.len() as u64,
                hash: file.hash,
            })
            .collect()
    }

    fn file_above(&self, path: &RelPath) -> Option<RelPath> {
        let ends = path.as_str().match_indices('/').map(|(end, _)| end);
        let mut parents = ends.filter_map(|end| path.as_str().get(..end));
        parents.find_map(|parent| Some(self.files.get_key_value(parent)?.0.clone()))
    }

    fn is_folder(&self, path: &RelPath) -> bool {
        let inside = format!("{path}/");
        let mut after = self
            .files
            .range::<str, _>((Bound::Included(inside.as_str()), Bound::Unbounded));
        after
            .next()
            .is_some_and(|(known, _)| known.as_str().starts_with(&inside))
    }
}

/// One line of a [`Tree::listing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Where.
    pub path: RelPath,
    /// Whether it may be started.
    pub mode: Mode,
    /// How long.
    pub bytes: u64,
    /// What.
    pub hash: Sha256,
}

/// Hashes a canonical listing. INVARIANT: no path holds a line break, so that two listings never share their text.
pub(crate) fn listing_hash<'a>(
    files: impl Iterator<Item = (&'a str, Mode, u64, Sha256)>,
) -> Sha256 {
    let mut text = String::from("lightsout tree 1\n");
    for (path, mode, bytes, hash) in files {
        let mode = match mode {
            Mode::Plain => "100644",
            Mode::Executable => "100755",
        };
        text.push_str(&format!("{mode} {hash} {bytes} {path}\n"));
    }
    Sha256::of(text.as_bytes())
}

/// Two entries that cannot stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// There is a file already.
    #[error("adding `{path}`: there is a file of this name already")]
    Taken {
        /// Where.
        path: RelPath,
    },
    /// There is a folder already.
    #[error("adding `{path}`: there is a folder of this name already")]
    IsFolder {
        /// Where.
        path: RelPath,
    },
    /// A file stands where a folder would have to.
    #[error("adding `{path}`: `{parent}` is a file, not a folder")]
    FileAbove {
        /// Where.
        path: RelPath,
        /// The file.
        parent: RelPath,
    },
}

/// Why a folder was not taken in. Paths in it are escaped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A name that is never let in.
    #[error(transparent)]
    Path(#[from] PathError),
    /// An entry that is neither a plain file nor a folder, or not only there.
    #[error(
        "importing `{path}`: {reason}; a proposal holds plain files and folders only, remove it"
    )]
    Entry {
        /// Where.
        path: String,
        /// What is wrong with it.
        reason: EntryReason,
    },
    /// More files and folders than the limit.
    #[error("importing: there are more than {max} files and folders")]
    TooManyEntries {
        /// The limit.
        max: usize,
    },
    /// A file larger than the limit.
    #[error("importing `{path}`: it is larger than {max} bytes")]
    FileTooLarge {
        /// Where.
        path: String,
        /// The limit.
        max: u64,
    },
    /// All files together are larger than the limit.
    #[error("importing: the files together are larger than {max} bytes")]
    TreeTooLarge {
        /// The limit.
        max: u64,
    },
    /// It changed while it was read: something still writes there.
    #[error("importing `{path}`: it changed while it was read")]
    Changed {
        /// Where.
        path: String,
    },
    /// Two entries that cannot stand side by side.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The system said no.
    #[error("importing `{path}`: {source}")]
    Read {
        /// Where.
        path: String,
        /// What it said.
        source: std::io::Error,
    },
}

/// What an entry of a hostile folder is, that it must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryReason {
    /// A symbolic link.
    #[error("it is a symbolic link")]
    Symlink,
    /// A file with a second name, perhaps outside.
    #[error("it is a hard link, a file with a second name")]
    HardLink,
    /// A named pipe.
    #[error("it is a named pipe")]
    Fifo,
    /// A socket.
    #[error("it is a socket")]
    Socket,
    /// A device.
    #[error("it is a device")]
    Device,
    /// Another file system begins there.
    #[error("another file system is mounted there")]
    Mount,
    /// It belongs to somebody else.
    #[error("it does not belong to the user that was to write it")]
    ForeignOwner,
    /// The kernel knows a type that we do not.
    #[error("its type is unknown")]
    Unknown,
}

#[cfg(test)]
mod tests;
