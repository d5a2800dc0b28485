//! How a judged tree becomes a commit on GitHub's branch: a compare-and-swap.
//!
//! The commit's parent is the commit that was judged, and its tree must be, by git's own name for it, the tree that was judged. Then the
//! branch is moved to it, forward only: GitHub refuses when the branch has moved meanwhile, because the new commit does not come after what is
//! there. So nothing that was not judged is ever merged with what was.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Error, GitHub, branch, segment};
use crate::perimeter::import::{File, Folder, Mode, Tree};
use crate::perimeter::repository::{Base, TreeId};

/// LIMIT: commits that are looked through for ours when the answer to moving a branch was lost.
const HISTORY_MAX: usize = 50;

/// Where what is judged lands.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The repository.
    pub github: GitHub,
    /// The branch that changes land on.
    pub branch: String,
    /// The pull request that the change comes from: its head becomes a parent of the commit, so that GitHub calls it merged.
    pub merges: Option<Merge>,
}

/// A pull request as it was judged.
#[derive(Debug, Clone)]
pub struct Merge {
    /// Its number.
    pub number: u64,
    /// The commit that it proposed.
    pub head: String,
}

/// A commit on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// `owner/name`.
    pub repository: String,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
}

/// What is to become a commit.
#[derive(Debug)]
pub struct Change<'a> {
    /// The commit that it was judged on.
    pub base: &'a Base,
    /// The stack's folder.
    pub folder: &'a Folder,
    /// What the folder held.
    pub before: &'a Tree,
    /// What it shall hold.
    pub after: &'a Tree,
    /// What git calls the whole tree with that.
    pub tree: TreeId,
    /// The commit's message.
    pub message: &'a str,
}

/// What moving a branch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landed {
    /// The commit is on it.
    There,
    /// The branch has moved since the change was judged; it was left alone.
    Moved,
}

/// Why a change cannot become a commit.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its own sentence")]
pub enum LandError {
    #[error("landing the change on GitHub")]
    GitHub(#[from] Error),
    #[error("landing the change on GitHub: it is not known whether it is there")]
    Unknown(#[source] Error),
    #[error("landing the change on GitHub: it made the tree {made} of what is {judged} here")]
    Tree { made: String, judged: String },
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    sha: String,
}

#[derive(Deserialize)]
struct Commit {
    #[serde(default)]
    sha: String,
    #[serde(default)]
    parents: Vec<Named>,
    tree: Option<Named>,
}

#[derive(Deserialize)]
struct Pull {
    #[serde(default)]
    state: String,
    #[serde(default)]
    draft: bool,
    head: Named,
}

impl Remote {
    /// Makes the commit of the change, which no branch has yet; nothing when what it was judged on has moved.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer.
    pub async fn prepare(&self, change: &Change<'_>) -> Result<Option<Published>, LandError> {
        let base = change.base.commit.to_string();
        if self.head().await? != Some(base.clone()) || !self.is_proposed().await? {
            return Ok(None);
        }
        // What has landed before, and was not applied then, is there already.
        let commit = if change.tree == change.base.tree {
            base
        } else {
            self.commit(change).await?
        };
        Ok(Some(self.published(self.branch.clone(), commit)))
    }

    /// Moves the branch from the commit that was judged to the new one, or leaves it alone.
    ///
    /// # Errors
    /// GitHub refuses, or it is not known what it did.
    pub async fn land(&self, base: &Base, prepared: &Published) -> Result<Landed, LandError> {
        let base = base.commit.to_string();
        if prepared.commit == base {
            return Ok(Landed::There);
        }
        let path = format!("/git/refs/heads/{}", branch::path(&self.branch));
        let body = json!({ "sha": prepared.commit, "force": false });
        let moved: Result<serde::de::IgnoredAny, Error> =
            self.github.set(Method::PATCH, &path, &body).await;
        let Err(error) = moved else {
            return Ok(Landed::There);
        };
        // Perhaps an earlier try did it, and somebody has pushed on top since.
        let is_unclear = matches!(error, Error::Conflict { .. }) || error.may_have_happened();
        if is_unclear
            && self
                .holds(&prepared.commit)
                .await
                .map_err(LandError::Unknown)?
        {
            return Ok(Landed::There);
        }
        // What GitHub refuses although nothing has moved is forbidden.
        if matches!(error, Error::Conflict { .. }) && self.head().await? != Some(base) {
            return Ok(Landed::Moved);
        }
        Err(error.into())
    }

    /// Whether the pull request, if the change is one, still proposes what was judged.
    async fn is_proposed(&self) -> Result<bool, Error> {
        let Some(merge) = &self.merges else {
            return Ok(true);
        };
        let pull: Pull = self.github.get(&format!("/pulls/{}", merge.number)).await?;
        Ok(pull.state == "open" && !pull.draft && pull.head.sha == merge.head)
    }

    /// Puts the change on a branch of its own.
    ///
    /// # Errors
    /// GitHub refuses, or it is not known what it did.
    pub async fn branch(&self, name: &str, change: &Change<'_>) -> Result<Published, LandError> {
        let commit = self.commit(change).await?;
        let made = self.github.make_branch(name, &commit).await?;
        if made == commit {
            Ok(self.published(name.to_owned(), commit))
        } else {
            let judged = commit;
            Err(LandError::Tree { made, judged })
        }
    }

    fn published(&self, branch: String, commit: String) -> Published {
        Published {
            repository: self.github.slug().to_string(),
            branch,
            commit,
        }
    }

    /// The commit that the branch is at.
    async fn head(&self) -> Result<Option<String>, Error> {
        self.github.head(&self.branch).await
    }

    /// Whether the branch holds a commit.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn holds(&self, wanted: &str) -> Result<bool, Error> {
        let mut next = self.head().await?;
        for _ in 0..HISTORY_MAX {
            let Some(name) = next else { return Ok(false) };
            if name == wanted {
                return Ok(true);
            }
            let commit: Commit = self.github.get(&format!("/git/commits/{name}")).await?;
            next = commit.parents.into_iter().next().map(|parent| parent.sha);
        }
        Ok(false)
    }

    /// Makes the commit; no branch has it yet. Made twice, it does no harm.
    async fn commit(&self, change: &Change<'_>) -> Result<String, LandError> {
        let mut entries = Vec::new();
        for (path, file) in change.after.files() {
            if change.before.file(path.as_str()) != Some(file) {
                let at = below(change.folder, path.as_str());
                entries.push(self.entry(&at, file).await?);
            }
        }
        for (path, file) in change.before.files() {
            if change.after.file(path.as_str()).is_none() {
                let at = below(change.folder, path.as_str());
                entries
                    .push(json!({ "path": at, "mode": mode(file), "type": "blob", "sha": null }));
            }
        }
        let body = json!({ "base_tree": change.base.tree.to_string(), "tree": entries });
        let tree: Named = self.github.set(Method::POST, "/git/trees", &body).await?;
        if tree.sha != change.tree.to_string() {
            return Err(LandError::Tree {
                made: crate::names::excerpt(&tree.sha),
                judged: change.tree.to_string(),
            });
        }
        let mut parents = vec![change.base.commit.to_string()];
        parents.extend(self.merges.iter().map(|merge| merge.head.clone()));
        let body = json!({ "message": change.message, "tree": tree.sha, "parents": parents });
        let commit: Commit = self.github.set(Method::POST, "/git/commits", &body).await?;
        let made = commit.tree.map_or_else(String::new, |tree| tree.sha);
        if made == tree.sha {
            Ok(commit.sha)
        } else {
            Err(LandError::Tree {
                made: crate::names::excerpt(&made),
                judged: tree.sha,
            })
        }
    }

    /// A file as an entry of a tree: its text, or the name of what was uploaded.
    async fn entry(&self, at: &str, file: &File) -> Result<Value, Error> {
        let mode = mode(file);
        // What is not text goes by another way, unchanged.
        if let Ok(text) = std::str::from_utf8(file.bytes()) {
            return Ok(json!({ "path": at, "mode": mode, "type": "blob", "content": text }));
        }
        let body = json!({ "content": STANDARD.encode(file.bytes()), "encoding": "base64" });
        let blob: Named = self.github.set(Method::POST, "/git/blobs", &body).await?;
        Ok(json!({ "path": at, "mode": mode, "type": "blob", "sha": blob.sha }))
    }

    /// Whether the merge of a pull request, as GitHub has it, is of this base and this head, and is this tree: then the proposal is all
    /// of the pull request, and nothing else.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn is_merge(
        &self,
        merge: &str,
        base: &Base,
        head: &str,
        tree: TreeId,
    ) -> Result<bool, Error> {
        let at = format!("/git/commits/{}", segment(merge));
        let Some(commit) = self.github.find::<Commit>(&at).await? else {
            return Ok(false);
        };
        let parents: Vec<&str> = commit.parents.iter().map(|it| it.sha.as_str()).collect();
        let base = base.commit.to_string();
        let made = commit.tree.map_or_else(String::new, |tree| tree.sha);
        Ok(parents == [base.as_str(), head] && made == tree.to_string())
    }
}

fn below(folder: &Folder, path: &str) -> String {
    match folder.path() {
        Some(folder) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}

fn mode(file: &File) -> &'static str {
    match file.mode() {
        Mode::Plain => "100644",
        Mode::Executable => "100755",
    }
}
