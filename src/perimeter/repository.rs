//! The user's git repository: what the base commit holds, and the branch on which a judged proposal lands.
//!
//! Read and written as objects and refs, through a library. INVARIANT: no git process is started, no hook, filter, credential
//! helper or file-system monitor is run, whatever the repository's configuration says; only that file of configuration is read,
//! not the user's, not the environment; the work tree, the index and `HEAD` of a repository that is there
//! are never written.
//!
//! It does not fetch and does not push.

mod begin;
mod history;
mod id;
mod land;
mod read;

use std::fmt;
use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::path::Path;

use rustix::fs::{Mode as Bits, OFlags, ResolveFlags, openat2};
use serde::{Deserialize, Serialize};

use read::plain;

pub use id::{BlobId, CommitId, TreeId};
pub use land::{Author, Branch, Landing, message};

use crate::perimeter::import::path::PathError;
use crate::perimeter::import::{File, Folder, Limits, Mode, RelPath, Tree, TreeError};

/// A repository that was opened.
pub struct Repository(gix::ThreadSafeRepository);

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("git_dir", &self.0.refs.git_dir())
            .finish()
    }
}

/// The commit that everything of ours is read from, and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// Its name.
    pub commit: CommitId,
    /// Its top folder.
    pub tree: TreeId,
}

/// One file of the base commit, unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where, relative to the folder that was listed.
    pub path: RelPath,
    /// Whether it may be started.
    pub mode: Mode,
    /// Its content's name.
    pub blob: BlobId,
    /// Its length.
    pub bytes: u64,
}

impl Repository {
    /// Opens the repository that a folder belongs to, looking upwards.
    ///
    /// # Errors
    /// There is none, or it is of a kind that cannot be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let isolated = || {
            gix::open::Options::isolated()
                // A replacement ref would let a commit's name stand for another commit.
                .config_overrides(["core.useReplaceRefs=false"])
        };
        let trust = gix::sec::trust::Mapping {
            full: isolated(),
            reduced: isolated(),
        };
        gix::ThreadSafeRepository::discover_opts(
            path,
            gix::discover::upwards::Options::default(),
            trust,
        )
        .map(Self)
        .map_err(|cause| Error::Open {
            path: path.display().to_string(),
            cause: cause.to_string(),
        })
    }

    /// The top of the work tree, unless the repository has none.
    #[must_use]
    pub fn work_tree(&self) -> Option<&Path> {
        self.0.work_tree.as_deref()
    }

    /// The commit that `HEAD` names.
    ///
    /// # Errors
    /// There is no commit yet, or it cannot be read.
    pub fn base(&self) -> Result<Base, Error> {
        let repository = self.0.to_thread_local();
        let head = repository
            .head()
            .map_err(|cause| failed("reading `HEAD`", &cause))?;
        if head.is_unborn() {
            return Err(Error::NoCommit);
        }
        let id = repository
            .head_id()
            .map_err(|cause| failed("reading `HEAD`", &cause))?;
        self.base_at(CommitId(id.detach()))
    }

    /// A commit that was the base before, in another process.
    ///
    /// # Errors
    /// There is no such commit here.
    pub fn base_at(&self, commit: CommitId) -> Result<Base, Error> {
        let repository = self.0.to_thread_local();
        let doing = format!("reading the commit `{commit}`");
        let object = self.object(&repository, commit.0, COMMIT_BYTES_MAX, &doing)?;
        let tree = gix::objs::CommitRef::from_bytes(&object.data, commit.0.kind())
            .map_err(|cause| failed(&doing, &cause))?
            .tree();
        Ok(Base {
            commit,
            tree: TreeId(tree),
        })
    }

    /// A file of the base commit; nothing if there is none of this name.
    ///
    /// # Errors
    /// It is no file, larger than `bytes_max`, or cannot be read.
    pub fn read_file(
        &self,
        base: &Base,
        path: &RelPath,
        bytes_max: u64,
    ) -> Result<Option<Vec<u8>>, Error> {
        let repository = self.0.to_thread_local();
        let Some((mode, id)) = self.entry(&repository, base, path)? else {
            return Ok(None);
        };
        plain(path.as_str(), mode)?;
        let object = self.object(
            &repository,
            id,
            bytes_max,
            &format!("reading `{path}` of the base commit"),
        )?;
        Ok(Some(object.data.clone()))
    }

    /// The files below a folder of the base commit, unread.
    ///
    /// # Errors
    /// There is no such folder, or something in it is neither a plain file nor a folder.
    pub fn list(
        &self,
        base: &Base,
        folder: &Folder,
        limits: &Limits,
    ) -> Result<Vec<Listed>, Error> {
        let repository = self.0.to_thread_local();
        let root = match folder.path() {
            None => base.tree.0,
            Some(path) => match self.entry(&repository, base, path)? {
                Some((mode, id)) if mode.is_tree() => id,
                Some((mode, _)) => {
                    plain(path.as_str(), mode)?;
                    return Err(Error::NotFolder { path: path.clone() });
                }
                None => return Err(Error::NoFolder { path: path.clone() }),
            },
        };
        let mut listed = Vec::new();
        let mut entries = 0;
        self.walk(&repository, root, "", limits, &mut entries, &mut listed)?;
        Ok(listed)
    }

    /// A folder of the base commit with everything in it.
    ///
    /// # Errors
    /// As [`Repository::list`], or it is larger than the limits.
    pub fn folder(&self, base: &Base, folder: &Folder, limits: &Limits) -> Result<Tree, Error> {
        let repository = self.0.to_thread_local();
        let listed = self.list(base, folder, limits)?;
        let total = listed
            .iter()
            .fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        if total > limits.total_bytes {
            return Err(Error::TooLarge {
                what: format!("the folder `{folder}` of the base commit"),
                max: limits.total_bytes,
            });
        }
        let mut tree = Tree::new();
        for file in listed {
            let doing = format!("reading `{}` of the base commit", file.path);
            let object = self.object(&repository, file.blob.0, limits.file_bytes, &doing)?;
            tree.add(file.path, File::new(file.mode, object.data.clone()))?;
        }
        Ok(tree)
    }

    /// Does the work tree hold other bytes than the base commit? Only for a hint to people: everything is read from the commit.
    #[must_use]
    pub fn differs_from_base(&self, base: &Base, path: &RelPath) -> bool {
        let committed = self.read_file(base, path, HINT_BYTES_MAX);
        match (committed, self.work_file(path)) {
            (Ok(committed), Ok(work)) => committed != work,
            // A hint must not stop a run, and what cannot be compared is worth a look.
            (Err(_), _) | (_, Err(_)) => true,
        }
    }

    fn work_file(&self, path: &RelPath) -> std::io::Result<Option<Vec<u8>>> {
        let Some(root) = self.work_tree() else {
            return Ok(None);
        };
        let root = std::fs::File::open(root)?;
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let file = match openat2(root.as_fd(), path.as_str(), flags, Bits::empty(), resolve) {
            Ok(file) => std::fs::File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let mut bytes = Vec::new();
        file.take(HINT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

fn failed(doing: &str, cause: &dyn fmt::Display) -> Error {
    Error::Git {
        doing: doing.to_owned(),
        cause: cause.to_string(),
    }
}

impl Error {
    /// Whether it is the user's to mend: what was named is not there.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Open { .. } | Self::NoCommit | Self::NoFolder { .. } | Self::NotFolder { .. }
        )
    }
}

/// Why the repository could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No repository, or none that can be read.
    #[error("opening the git repository of `{path}`: {cause}")]
    Open {
        /// Where it was looked for.
        path: String,
        /// What was found.
        cause: String,
    },
    /// A repository without a commit.
    #[error(
        "the repository has no commit yet: commit the stack and its configuration first, everything is read from there"
    )]
    NoCommit,
    /// Not the name of an object.
    #[error("`{text}` is not the name of a {what}: it must be 40 lowercase hexadecimal digits")]
    Name {
        /// Of what.
        what: &'static str,
        /// The text, escaped.
        text: String,
    },
    /// No such folder.
    #[error(
        "the base commit has no folder `{path}`, which `lightsout.yaml` names: commit it, or correct the name"
    )]
    NoFolder {
        /// Where.
        path: RelPath,
    },
    /// A file, not a folder.
    #[error("`{path}`, which `lightsout.yaml` names, is a file in the base commit, not a folder")]
    NotFolder {
        /// Where.
        path: RelPath,
    },
    /// A folder, not a file.
    #[error("`{path}` is a folder in the base commit, not a file")]
    IsFolder {
        /// Where.
        path: String,
    },
    /// A symbolic link.
    #[error(
        "`{path}` of the base commit is a symbolic link, which may lead out of the folder: commit a plain file or folder instead"
    )]
    Symlink {
        /// Where.
        path: String,
    },
    /// A submodule.
    #[error(
        "`{path}` of the base commit is a submodule, whose content the commit does not hold: commit plain files instead"
    )]
    Submodule {
        /// Where.
        path: String,
    },
    /// A name that is never let in.
    #[error("reading the base commit: {0}")]
    Path(#[from] PathError),
    /// Two entries that cannot stand side by side.
    #[error("reading the base commit: {0}")]
    Tree(#[from] TreeError),
    /// More entries than the limit.
    #[error("reading the base commit: there are more than {max} files and folders")]
    TooManyEntries {
        /// The limit.
        max: usize,
    },
    /// More bytes than the limit.
    #[error("{what}: it is larger than {max} bytes")]
    TooLarge {
        /// What.
        what: String,
        /// The limit.
        max: u64,
    },
    /// Not what its name says.
    #[error(
        "the object `{id}` holds other bytes than its name says: check the repository with `git fsck`"
    )]
    Corrupt {
        /// Its name.
        id: String,
    },
    /// The branch of a landing exists.
    #[error(
        "the branch `{branch}` exists and is another commit, {found}: it is left as it is; a run lands once"
    )]
    BranchTaken {
        /// Its name.
        branch: String,
        /// What it is.
        found: String,
    },
    /// Not a name for a branch.
    #[error("`{branch}` cannot be the name of a branch: {cause}")]
    BranchName {
        /// The name.
        branch: String,
        /// Why not.
        cause: String,
    },
    /// Anything else that git's files said.
    #[error("{doing}: {cause}")]
    Git {
        /// What was being done.
        doing: String,
        /// What was found.
        cause: String,
    },
}

/// LIMIT: bytes of a commit; its message is people's.
const COMMIT_BYTES_MAX: u64 = 1 << 20;
/// LIMIT: bytes that are compared for a hint.
const HINT_BYTES_MAX: u64 = 1 << 20;

#[cfg(test)]
mod tests;
