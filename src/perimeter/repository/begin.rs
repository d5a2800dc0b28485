//! Begins a repository with one commit: what the demo needs.

use std::path::Path;

use gix::refs::Target;
use gix::refs::transaction::{PreviousValue, RefEdit};

use super::land::top;
use super::{CommitId, Error, Repository, failed};
use crate::perimeter::import::{Mode, Tree};

impl Repository {
    /// Makes a repository in an empty folder, with one commit of `tree` on its default branch and in its index. Its work tree is left to
    /// the caller.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn begin(folder: &Path, tree: &Tree, seconds: i64) -> Result<Self, Error> {
        let repository =
            gix::init(folder).map_err(|cause| failed("making the repository", &cause))?;
        let signature = signature(seconds);
        let commit = gix::objs::Commit {
            tree: top(&repository, tree)?,
            parents: Vec::new().into(),
            author: signature.clone(),
            committer: signature.clone(),
            encoding: None,
            message: "the stack, its policies and its scenarios\n".into(),
            extra_headers: Vec::new(),
        };
        let doing = "writing the first commit";
        let id = repository
            .write_object(&commit)
            .map_err(|cause| failed(doing, &cause))?
            .detach();
        point(&repository, id, PreviousValue::MustNotExist, &signature)?;
        write_index(&repository, tree, id.kind())?;
        Self::open(folder)
    }

    /// Moves the branch that is checked out to another commit, as a merge without a conflict does, with its content as index; for
    /// repositories that [`Repository::begin`] made. The work tree is left to the caller.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn advance(&self, commit: CommitId, tree: &Tree, seconds: i64) -> Result<(), Error> {
        let repository = self.0.to_thread_local();
        point(
            &repository,
            commit.0,
            PreviousValue::MustExist,
            &signature(seconds),
        )?;
        write_index(&repository, tree, commit.0.kind())
    }
}

fn signature(seconds: i64) -> gix::actor::Signature {
    gix::actor::Signature {
        name: "lightsout".into(),
        email: "lightsout@localhost".into(),
        time: gix::date::Time::new(seconds, 0),
    }
}

/// Points the branch that is checked out to a commit.
fn point(
    repository: &gix::Repository,
    commit: gix::ObjectId,
    previous: PreviousValue,
    signature: &gix::actor::Signature,
) -> Result<(), Error> {
    let doing = "moving the default branch";
    let head = repository
        .head_name()
        .map_err(|cause| failed(doing, &cause))?
        .ok_or(Error::NoCommit)?;
    let edit = RefEdit::update(head, Target::Object(commit), previous, "moved");
    let mut time = gix::date::parse::TimeBuf::default();
    repository
        .edit_references_as(Some(edit), Some(signature.to_ref(&mut time)))
        .map_err(|cause| failed(doing, &cause))?;
    Ok(())
}

/// Without an index, the user's git takes every file of the commit for deleted.
fn write_index(
    repository: &gix::Repository,
    tree: &Tree,
    kind: gix::hash::Kind,
) -> Result<(), Error> {
    std::fs::write(repository.git_dir().join("index"), index(tree, kind)?)
        .map_err(|cause| failed("writing the index", &cause))
}

/// Git's index of a tree, version 2. What the file system says of each file is left at zero, as `git update-index --cacheinfo` leaves it:
/// git then reads the file itself.
fn index(tree: &Tree, kind: gix::hash::Kind) -> Result<Vec<u8>, Error> {
    let doing = "making the index";
    let count = u32::try_from(tree.files().len()).map_err(|cause| failed(doing, &cause))?;
    let mut bytes = b"DIRC".to_vec();
    bytes.extend_from_slice(&2_u32.to_be_bytes());
    bytes.extend_from_slice(&count.to_be_bytes());
    // By the bytes of the whole path, which is git's order too.
    for (path, file) in tree.files() {
        let start = bytes.len();
        let name = path.as_str().as_bytes();
        let mode: u32 = match file.mode() {
            Mode::Plain => 0o100_644,
            Mode::Executable => 0o100_755,
        };
        let id = gix::objs::compute_hash(kind, gix::objs::Kind::Blob, file.bytes())
            .map_err(|cause| failed(doing, &cause))?;
        // The name's length, as far as its 12 bits reach.
        let flags = u16::try_from(name.len()).unwrap_or(u16::MAX).min(0x0fff);
        // Two times, the device and the inode; after the mode the owner, the group and the size.
        bytes.extend_from_slice(&[0; 24]);
        bytes.extend_from_slice(&mode.to_be_bytes());
        bytes.extend_from_slice(&[0; 12]);
        bytes.extend_from_slice(id.as_slice());
        bytes.extend_from_slice(&flags.to_be_bytes());
        bytes.extend_from_slice(name);
        // One to eight zeros: they end the name too.
        let padding = 8 - (bytes.len() - start) % 8;
        bytes.resize(bytes.len() + padding, 0);
    }
    let mut hasher = gix::hash::hasher(kind);
    hasher.update(&bytes);
    let sum = hasher
        .try_finalize()
        .map_err(|cause| failed(doing, &cause))?;
    bytes.extend_from_slice(sum.as_slice());
    Ok(bytes)
}
