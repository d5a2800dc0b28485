//! What a run rests on: the rules of its base commit, by hash.

use std::collections::BTreeMap;

use super::folder;
use crate::config::Job;
use crate::fault::Fault;
use crate::perimeter::Perimeter;
use crate::perimeter::import::Tree;
use crate::perimeter::repository::Base;
use crate::pipeline::order::Basis;
use crate::pipeline::policy::builtin;

/// A policy pack: of the binary, or a folder of a commit.
///
/// # Errors
/// It is not there.
pub fn pack(perimeter: &Perimeter, base: &Base, name: &str) -> Result<Tree, Fault> {
    match builtin::pack(name).map_err(|error| Fault::Usage(error.to_string()))? {
        Some(tree) => Ok(tree),
        None => folder(perimeter, base, name),
    }
}

/// What a commit says about a stack, by hash.
///
/// # Errors
/// A folder that the configuration names is not there.
pub fn basis(perimeter: &Perimeter, base: &Base, job: &Job) -> Result<Basis, Fault> {
    let hash = |path: &str| folder(perimeter, base, path).map(|tree| tree.hash());
    let mut policies = BTreeMap::new();
    for name in &job.stack.policies {
        policies.insert(name.clone(), pack(perimeter, base, name)?.hash());
    }
    Ok(Basis {
        commit: base.commit.to_string(),
        config: job.hash,
        folder: hash(&job.stack.path)?,
        policies,
        holdouts: job
            .stack
            .holdouts
            .as_ref()
            .map(|holdouts| hash(&holdouts.source))
            .transpose()?,
    })
}
