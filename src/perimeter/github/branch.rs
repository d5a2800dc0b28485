//! Branches: where one is, and a new one.

use serde::Deserialize;
use serde_json::json;

use super::{Error, GitHub, segment};

#[derive(Deserialize)]
struct Ref {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    sha: String,
}

impl GitHub {
    /// The commit that a branch is at; nothing when there is no such branch.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn head(&self, branch: &str) -> Result<Option<String>, Error> {
        let found = self.find_branch(branch).await?;
        Ok(found.map(|found| found.object.sha))
    }

    /// Makes a branch, and says what it points to: after a lost answer, that may be what somebody else has made.
    ///
    /// # Errors
    /// It is there already, GitHub refuses, or it cannot be found out whether it is there.
    pub async fn make_branch(&self, branch: &str, commit: &str) -> Result<String, Error> {
        let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": commit });
        let look = async || self.find_branch(branch).await;
        let made = self.create("/git/refs", &body, look).await?;
        Ok(made.object.sha)
    }

    async fn find_branch(&self, branch: &str) -> Result<Option<Ref>, Error> {
        self.find(&format!("/git/ref/heads/{}", path(branch))).await
    }
}

/// A branch's name as the end of a path.
pub(super) fn path(branch: &str) -> String {
    branch.split('/').map(segment).collect::<Vec<_>>().join("/")
}
