//! Generate's stand-in: a change that somebody else has made.

use std::path::Path;

use super::{Step, propose, stopped};
use crate::engine::automation::files::read_all;
use crate::fault::Fault;
use crate::ledger::Recorded;
use crate::perimeter::import::patch::ApplyError;
use crate::perimeter::import::{self, Folder, Tree, bundle, open_folder};
use crate::pipeline::gate::{Reason, Refusal};
use crate::pipeline::generate::{Author, Proposal};
use crate::pipeline::order::WorkOrder;
use crate::pipeline::run::Run;

/// Generate's stand-in: somebody else's change, as a proposal.
///
/// # Errors
/// It cannot be read.
pub fn given(
    run: &mut Run<'_>,
    order: &Recorded<WorkOrder>,
    path: &Path,
) -> Result<Step<Recorded<Proposal>>, Fault> {
    let tree = match read(&run.base_tree, &run.job.stack.path, path)? {
        Ok(tree) => tree,
        Err(Untaken(reason)) => {
            return stopped(run, Refusal::one(reason), &[order.hash()]);
        }
    };
    if tree.hash() == run.base_tree.hash() && !run.is_unapplied()? {
        return Ok(Step::NoChange);
    }
    let name = path.file_name().map_or_else(String::new, |name| {
        crate::names::excerpt(&name.to_string_lossy())
    });
    propose(run, &tree, Author::Given { name }, &[order.hash()])
}

/// What is proposed may not be, and why.
#[derive(Debug)]
pub struct Untaken(Reason);

/// Reads a change of a stack's folder: a folder, a bundle, or a patch.
///
/// # Errors
/// It cannot be read, or is nothing of the kind.
pub fn read(base: &Tree, folder: &str, path: &Path) -> Result<Result<Tree, Untaken>, Fault> {
    use std::os::fd::AsFd as _;
    let limits = import::Limits {
        leave_out: vec![".git".to_owned(), "node_modules".to_owned()],
        ..import::Limits::default()
    };
    let open = || {
        std::fs::File::open(path).map_err(|error| {
            Fault::Usage(format!(
                "opening the proposal `{}`: {error}",
                path.display()
            ))
        })
    };
    let all = |name, limit| {
        read_all(open()?, name, limit)
            .map_err(|error| Fault::from(crate::engine::deployment::Error::from(error)))
    };
    let untaken = |error: &dyn std::error::Error| {
        let what = error.to_string();
        Err(Untaken(Reason::Tree { what }))
    };
    if path.is_dir() {
        let taken = import::import(open_folder(path)?.as_fd(), &limits);
        return Ok(taken.or_else(|error| untaken(&error)));
    }
    if path.extension().is_some_and(|it| it == "json") {
        let bytes = all("proposal", bundle::BUNDLE_BYTES_MAX)?;
        // On another base, judged again it would end so again: the agent must see what is there now.
        let taken = bundle::unpack(base, &bytes, &limits);
        return Ok(taken.or_else(|error| untaken(&error)));
    }
    let patch = all("patch", import::patch::PATCH_BYTES_MAX as u64)?;
    let folder = Folder::new(folder).map_err(|error| Fault::Usage(error.to_string()))?;
    match import::patch::apply(base, &folder, &patch, &import::Limits::default()) {
        Ok(tree) => Ok(Ok(tree)),
        // What it asks for may not be; anything else is not a patch for this base.
        Err(
            error @ (ApplyError::Outside { .. } | ApplyError::Path(_) | ApplyError::Link { .. }),
        ) => Ok(untaken(&error)),
        Err(error) => Err(error.into()),
    }
}
