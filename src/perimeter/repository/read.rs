//! Reads objects of the repository: bounded, verified, without following anything.
//!
//! INVARIANT: the length of an object is checked before it is inflated, and its bytes against its name after.

use gix::objs::tree::{EntryKind, EntryMode};

use super::{Base, BlobId, Error, Listed, Repository, failed};
use crate::perimeter::import::{Limits, Mode, RelPath};

impl Repository {
    /// What the base commit has at a path.
    pub(super) fn entry(
        &self,
        repository: &gix::Repository,
        base: &Base,
        path: &RelPath,
    ) -> Result<Option<(EntryMode, gix::ObjectId)>, Error> {
        let mut tree = base.tree.0;
        let mut names = path.components().peekable();
        let mut walked = String::new();
        while let Some(name) = names.next() {
            walked.push_str(name);
            let entries = self.entries(repository, tree)?;
            let Some(entry) = entries.iter().find(|entry| entry.filename == name) else {
                return Ok(None);
            };
            if names.peek().is_none() {
                return Ok(Some((entry.mode, entry.oid)));
            }
            if !entry.mode.is_tree() {
                plain(&walked, entry.mode)?;
                return Ok(None);
            }
            tree = entry.oid;
            walked.push('/');
        }
        Ok(None)
    }

    pub(super) fn walk(
        &self,
        repository: &gix::Repository,
        tree: gix::ObjectId,
        inside: &str,
        limits: &Limits,
        entries: &mut usize,
        listed: &mut Vec<Listed>,
    ) -> Result<(), Error> {
        for entry in self.entries(repository, tree)? {
            *entries += 1;
            if *entries > limits.entries {
                return Err(Error::TooManyEntries {
                    max: limits.entries,
                });
            }
            let name = [inside.as_bytes(), entry.filename.as_slice()].concat();
            // Depth is bounded by the rule of the path.
            let path = RelPath::from_bytes(&name)?;
            if entry.mode.is_tree() {
                self.walk(
                    repository,
                    entry.oid,
                    &format!("{path}/"),
                    limits,
                    entries,
                    listed,
                )?;
                continue;
            }
            let mode = plain(path.as_str(), entry.mode)?;
            let header = repository
                .find_header(entry.oid)
                .map_err(|cause| failed(&format!("reading `{path}` of the base commit"), &cause))?;
            listed.push(Listed {
                path,
                mode,
                blob: BlobId(entry.oid),
                bytes: header.size(),
            });
        }
        Ok(())
    }

    pub(super) fn entries(
        &self,
        repository: &gix::Repository,
        tree: gix::ObjectId,
    ) -> Result<Vec<gix::objs::tree::Entry>, Error> {
        let doing = format!("reading the tree `{tree}`");
        let object = self.object(repository, tree, TREE_BYTES_MAX, &doing)?;
        let tree = gix::objs::TreeRef::from_bytes(&object.data, tree.kind())
            .map_err(|cause| failed(&doing, &cause))?;
        Ok(tree.entries.into_iter().map(Into::into).collect())
    }

    /// An object whose length was checked before, and whose bytes are those that its name stands for.
    pub(super) fn object<'r>(
        &self,
        repository: &'r gix::Repository,
        id: gix::ObjectId,
        bytes_max: u64,
        doing: &str,
    ) -> Result<gix::Object<'r>, Error> {
        let header = repository
            .find_header(id)
            .map_err(|cause| failed(doing, &cause))?;
        if header.size() > bytes_max {
            return Err(Error::TooLarge {
                what: doing.to_owned(),
                max: bytes_max,
            });
        }
        let object = repository
            .find_object(id)
            .map_err(|cause| failed(doing, &cause))?;
        let named = gix::objs::compute_hash(id.kind(), object.kind, &object.data)
            .map_err(|cause| failed(doing, &cause))?;
        if named == id {
            Ok(object)
        } else {
            Err(Error::Corrupt { id: id.to_string() })
        }
    }
}

/// The mode of a plain file; anything else is refused by name.
pub(super) fn plain(path: &str, mode: EntryMode) -> Result<Mode, Error> {
    match mode.kind() {
        EntryKind::Blob => Ok(Mode::Plain),
        EntryKind::BlobExecutable => Ok(Mode::Executable),
        EntryKind::Link => Err(Error::Symlink {
            path: path.to_owned(),
        }),
        EntryKind::Commit => Err(Error::Submodule {
            path: path.to_owned(),
        }),
        EntryKind::Tree => Err(Error::IsFolder {
            path: path.to_owned(),
        }),
    }
}

/// LIMIT: bytes of one folder's listing: some 100,000 names.
const TREE_BYTES_MAX: u64 = 8 << 20;
