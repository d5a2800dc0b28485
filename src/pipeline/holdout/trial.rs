//! Trials: the proposal is deployed on a fresh stack, judged by every scenario, and taken down again.
//!
//! INVARIANT: a trial has its own state folder and its own twins, and keeps the stack's own name, so that a program cannot tell a trial from
//! the real thing. What is left after it is counted in the state and in the twins; what cannot be counted is not a clean end.

use std::path::Path;

use super::{
    Details, HoldoutReport, ScenarioSet, State, Teardown, Terms, Trial, TrialRecord, evaluate,
};
use crate::engine::deployment::{self, Deployment};
use crate::names::{RunId, Sha256};
use crate::perimeter::sandbox::End;

/// Why the trials could not be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error("running a trial")]
    Deployment(#[from] deployment::Error),
    /// The scenarios cannot be read.
    #[error(transparent)]
    Scenarios(#[from] super::ScenarioError),
    /// The terms decide nothing.
    #[error(transparent)]
    Terms(#[from] super::TermsError),
    /// A folder for a trial cannot be made.
    #[error("making a trial's folder")]
    Folder(#[from] std::io::Error),
}

/// A trial's seed: of the run and the number, so that a replay gives the same names.
#[must_use]
pub fn seed(run: &RunId, number: u32) -> u64 {
    let hash = Sha256::of(format!("lightsout trial seed\n{run}\n{number}").as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    // Canonical JSON holds integers up to 2^53.
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 11
}

/// Deploys as many trials as the terms ask for and judges them.
///
/// `deploy` builds one deployment on the given fresh state folder.
///
/// # Errors
/// A trial could not be started at all; one that fails is part of the report.
pub async fn run<F, E>(
    set: &ScenarioSet,
    terms: Terms,
    run: &RunId,
    folder: &Path,
    deploy: F,
) -> Result<(HoldoutReport, Details), E>
where
    F: AsyncFn(&Path, u64) -> Result<Deployment, E>,
    E: From<Error>,
{
    let mut trials = Vec::new();
    for number in 0..terms.runs() {
        let seed = seed(run, number);
        let folder = folder.join(format!("trial-{number}"));
        std::fs::create_dir_all(&folder).map_err(Error::Folder)?;
        let deployment = deploy(&folder, seed).await?;
        trials.push(one(set, seed, deployment).await?);
    }
    Ok(HoldoutReport::assemble(set, terms, trials))
}

async fn one(set: &ScenarioSet, seed: u64, mut deployment: Deployment) -> Result<Trial, Error> {
    let up = deployment.up(deployment::Bound::Free).await?;
    let deployed = up.finished.end == End::Exited(0)
        && up.observed.denials.is_empty()
        && up.program_failed.is_none();
    let exported = deployment.export().await?;
    // A state that cannot be read is judged by nobody: every scenario is then not run.
    let outcomes = match State::parse(&exported) {
        Ok(state) if deployed => Some(
            set.scenarios()
                .iter()
                .map(|scenario| evaluate(scenario, &state))
                .collect(),
        ),
        Ok(_) | Err(_) => None,
    };
    let teardown = teardown(&mut deployment).await?;
    deployment.end().await?;
    let record = TrialRecord {
        seed,
        deployed,
        teardown,
        evidence: Sha256::of(&exported),
    };
    Ok(Trial { record, outcomes })
}

async fn teardown(deployment: &mut Deployment) -> Result<Teardown, Error> {
    let destroyed = deployment.destroy().await?;
    if destroyed.end != End::Exited(0) {
        return Ok(Teardown::Unproven);
    }
    let exported = deployment.export().await?;
    let Some(in_state) = count_resources(&exported) else {
        return Ok(Teardown::Unproven);
    };
    Ok(Teardown::Left(in_state + deployment.resources_in_twins()))
}

/// Resources in an exported state; nothing when it is not one.
fn count_resources(exported: &[u8]) -> Option<u64> {
    let state: serde_json::Value = serde_json::from_slice(exported).map_or(None, Some)?;
    let deployment = state.get("deployment")?.as_object()?;
    let of = |key: &str| match deployment.get(key) {
        None | Some(serde_json::Value::Null) => Some(0),
        Some(list) => list
            .as_array()
            .and_then(|list| u64::try_from(list.len()).map_or(None, Some)),
    };
    Some(of("resources")? + of("pending_operations")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_counted_is_not_zero() {
        assert_eq!(
            count_resources(br#"{"version":3,"deployment":{"resources":[{}]}}"#),
            Some(1)
        );
        assert_eq!(
            count_resources(br#"{"version":3,"deployment":{}}"#),
            Some(0)
        );
        assert_eq!(count_resources(br#"{"version":3}"#), None);
        assert_eq!(
            count_resources(br#"{"version":3,"deployment":{"resources":"many"}}"#),
            None
        );
        assert_eq!(count_resources(b""), None);
    }

    #[test]
    fn seeds_differ_between_trials_and_runs() {
        let run = |name: &str| RunId::new(name).unwrap();
        assert_ne!(seed(&run("a"), 0), seed(&run("a"), 1));
        assert_ne!(seed(&run("a"), 0), seed(&run("b"), 0));
        assert_eq!(seed(&run("a"), 0), seed(&run("a"), 0));
    }
}
