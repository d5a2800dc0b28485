//! What a run rests on: the rules of its base commit, by hash.

use std::collections::BTreeMap;

use super::folder;
use crate::config::Job;
use crate::fault::Fault;
use crate::ledger::VerifierKey;
use crate::perimeter::Perimeter;
use crate::perimeter::import::{RelPath, Tree};
use crate::perimeter::repository::Base;
use crate::pipeline::order::Basis;
use crate::pipeline::policy::waiver::WAIVERS_BYTES_MAX;
use crate::pipeline::policy::{Waivers, builtin};

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
    for policy in &job.stack.policies {
        let name = &policy.pack;
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
        waivers: waivers(perimeter, base, job)?.hash(),
    })
}

/// The waivers of a commit for a stack; none when its configuration names no file.
///
/// # Errors
/// The file is not there, or something in it is not a waiver that was signed by one of the configured keys.
pub fn waivers(perimeter: &Perimeter, base: &Base, job: &Job) -> Result<Waivers, Fault> {
    let Some(given) = &job.stack.waivers else {
        return Ok(Waivers::default());
    };
    let usage = |text: String| Fault::Usage(format!("stack `{}`: {text}", job.stack.name));
    let path = RelPath::new(&given.file).map_err(|error| usage(error.to_string()))?;
    let bytes = perimeter
        .repository
        .read_file(base, &path, WAIVERS_BYTES_MAX)
        .map_err(|error| usage(format!("reading the waivers in `{path}`: {error}")))?;
    let bytes = bytes.ok_or_else(|| {
        usage(format!(
            "the base commit {} has no file `{path}` for the waivers; commit an empty one",
            base.commit
        ))
    })?;
    let keys: Vec<VerifierKey> = given
        .keys
        .iter()
        .map(|key| key.parse())
        .collect::<Result<_, _>>()?;
    Waivers::read(path.as_str(), &bytes, &keys).map_err(|error| usage(error.to_string()))
}
