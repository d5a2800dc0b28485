//! Begins a repository with one commit: what the demo needs.

use std::path::Path;

use gix::refs::Target;
use gix::refs::transaction::{PreviousValue, RefEdit};

use super::land::top;
use super::{Error, Repository, failed};
use crate::perimeter::import::Tree;

impl Repository {
    /// Makes a repository in an empty folder, with one commit of `tree` on its default branch. Its work tree is left to the caller.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn begin(folder: &Path, tree: &Tree, seconds: i64) -> Result<Self, Error> {
        let repository =
            gix::init(folder).map_err(|cause| failed("making the repository", &cause))?;
        let signature = gix::actor::Signature {
            name: "lightsout".into(),
            email: "lightsout@localhost".into(),
            time: gix::date::Time::new(seconds, 0),
        };
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
        let head = repository
            .head_name()
            .map_err(|cause| failed(doing, &cause))?
            .ok_or(Error::NoCommit)?;
        let edit = RefEdit::update(
            head,
            Target::Object(id),
            PreviousValue::MustNotExist,
            "begun",
        );
        let mut time = gix::date::parse::TimeBuf::default();
        repository
            .edit_references_as(Some(edit), Some(signature.to_ref(&mut time)))
            .map_err(|cause| failed(doing, &cause))?;
        Self::open(folder)
    }
}
