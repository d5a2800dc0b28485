//! Whether what was applied is in the base's history.

use std::collections::{HashSet, VecDeque};

use super::{Base, COMMIT_BYTES_MAX, CommitId, Error, Repository, TreeId, failed};
use crate::perimeter::import::{Folder, Tree};

/// LIMIT: commits that are looked at; more history than this between two runs of one stack is not expected.
const COMMITS_MAX: usize = 20_000;

impl Repository {
    /// The name that git gives a folder with this content.
    ///
    /// # Errors
    /// The disk is full.
    pub fn folder_name(&self, tree: &Tree) -> Result<TreeId, Error> {
        super::land::top(&self.0.to_thread_local(), tree).map(TreeId)
    }

    /// Whether the folder had this content in the base or in a commit before it: merged, squashed or rebased.
    ///
    /// # Errors
    /// A commit cannot be read.
    pub fn has_had(&self, base: &Base, folder: &Folder, content: TreeId) -> Result<bool, Error> {
        let mut seen = HashSet::from([base.commit]);
        let mut next = VecDeque::from([base.commit]);
        let mut looked = 0_usize;
        while let Some(commit) = next.pop_front() {
            looked = looked.saturating_add(1);
            if looked > COMMITS_MAX {
                return Ok(false);
            }
            let at = self.base_at(commit)?;
            if self.folder_at(&at, folder)? == Some(content) {
                return Ok(true);
            }
            for parent in self.parents(commit)? {
                if seen.insert(parent) {
                    next.push_back(parent);
                }
            }
        }
        Ok(false)
    }

    fn folder_at(&self, base: &Base, folder: &Folder) -> Result<Option<TreeId>, Error> {
        let Some(path) = folder.path() else {
            return Ok(Some(base.tree));
        };
        let found = self.entry(&self.0.to_thread_local(), base, path)?;
        Ok(found.map(|(_, id)| TreeId(id)))
    }

    fn parents(&self, commit: CommitId) -> Result<Vec<CommitId>, Error> {
        let doing = format!("reading the commit `{commit}`");
        let repository = self.0.to_thread_local();
        // A shallow clone ends where its commits have parents that it does not have.
        if self.is_shallow_at(&repository, commit)? {
            return Ok(Vec::new());
        }
        let object = self.object(&repository, commit.0, COMMIT_BYTES_MAX, &doing)?;
        let parsed = gix::objs::CommitRef::from_bytes(&object.data, commit.0.kind())
            .map_err(|cause| failed(&doing, &cause))?;
        Ok(parsed.parents().map(CommitId).collect())
    }

    fn is_shallow_at(&self, repository: &gix::Repository, commit: CommitId) -> Result<bool, Error> {
        let shallow = repository
            .shallow_commits()
            .map_err(|cause| failed("reading where the clone is shallow", &cause))?;
        Ok(shallow.is_some_and(|commits| commits.iter().any(|id| *id == commit.0)))
    }
}
