//! Trials: the proposal is deployed on a fresh stack, judged by every scenario, and taken down again.
//!
//! INVARIANT: a trial has its own state folder and its own twins, and keeps the stack's own name. A program can still tell a trial from the
//! real thing, by the ids that providers give: what an apply makes is judged once more ([`judge_once`]). What is left after it is counted in the state, in the twins and in what real providers said they made and took away;
//! what cannot be counted is not a clean end.
//! INVARIANT: the policies are asked about every resource of a trial, with its resolved inputs; on real providers, what they forbid is not made.
//! INVARIANT: what a trial on real providers made is taken down however its deployment ended, and its state is kept until that is proven.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;

use super::{
    Details, HoldoutPass, HoldoutRefusal, HoldoutReport, RunOutcome, ScenarioSet, State, Teardown,
    Terms, Trial, TrialRecord, evaluate,
};
use crate::engine::deployment::{self, Deployment};
use crate::names::{RunId, Sha256};
use crate::perimeter::interrupt::Interrupt;
use crate::perimeter::sandbox::End;
use crate::pipeline::resolved::{Resolved, Resolver, Rules, Stops};

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
    /// A rule failed on resolved values, or could not be asked about them.
    #[error("judging a trial's resolved values: {0}")]
    Policies(String),
    /// Somebody wants the run to end.
    #[error("interrupted; the trial is taken down, nothing was applied")]
    Interrupted,
    /// Real things may be left.
    #[error(
        "a trial on real providers was not proven to be taken down completely: {what}; its state is `{}`",
        .state.display()
    )]
    LeftBehind {
        /// What may be left, and what the engine said.
        what: String,
        /// The folder of its state.
        state: PathBuf,
    },
}

/// A trial's seed: of the run and the number, so that a replay gives the same names.
#[must_use]
pub fn seed(run: &RunId, number: u32) -> u64 {
    let hash = Sha256::of(format!("lightsout trial seed\n{run}\n{number}").as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    // Canonical JSON holds integers up to 2^53.
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 11
}

/// Where and on what trials run.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The folder for their states.
    pub folder: &'a Path,
    /// Whether they make real things.
    pub is_real: bool,
    /// The rules that are asked about what is made.
    pub rules: &'a Arc<Rules>,
    /// Whether somebody wants the run to end.
    pub interrupt: &'a Interrupt,
}

/// Deploys as many trials as the terms ask for and judges them.
///
/// `deploy` builds one deployment on the given fresh state folder.
///
/// # Errors
/// A trial could not be started at all, or left something real behind; one that fails is part of the report.
pub async fn run<F, E>(
    set: &ScenarioSet,
    terms: Terms,
    run: &RunId,
    place: Place<'_>,
    deploy: F,
) -> Result<(HoldoutReport, Details), E>
where
    F: AsyncFn(&Path, u64) -> Result<Deployment, E>,
    E: From<Error>,
{
    let one = async |number| {
        if place.interrupt.is_raised() {
            return Err(Error::Interrupted.into());
        }
        let seed = seed(run, number);
        let folder = place.folder.join(format!("trial-{number}"));
        std::fs::create_dir_all(&folder).map_err(Error::Folder)?;
        let deployment = deploy(&folder, seed).await?;
        let stops = if place.is_real {
            Stops::Denials
        } else {
            Stops::Nothing
        };
        let resolver = Arc::new(Resolver::new(Arc::clone(place.rules), stops));
        let (trial, teardown, live) = one(set, seed, deployment, resolver).await;
        if place.is_real && teardown != Teardown::Left(0) {
            return Err(left_behind(&folder, &trial, &live).into());
        }
        Ok::<Trial, E>(trial?)
    };
    let trials = if place.is_real {
        // One after the other: names that the program chooses itself exist once in an account.
        let mut trials = Vec::new();
        for number in 0..terms.runs() {
            trials.push(one(number).await?);
        }
        trials
    } else {
        try_join_all((0..terms.runs()).map(one)).await?
    };
    if place.interrupt.is_raised() {
        return Err(Error::Interrupted.into());
    }
    Ok(HoldoutReport::assemble(set, terms, trials))
}

/// Deploys, judges and takes down, whatever happens on the way.
async fn one(
    set: &ScenarioSet,
    seed: u64,
    mut deployment: Deployment,
    resolver: Arc<Resolver>,
) -> (Result<Trial, Error>, Teardown, Vec<String>) {
    let judged = judged(set, &mut deployment, resolver).await;
    let teardown = match teardown(&mut deployment).await {
        Ok(teardown) => teardown,
        Err(error) => {
            tracing::warn!(%error, "a trial could not be taken down");
            Teardown::Unproven
        }
    };
    let live = deployment.live();
    let ended = deployment.end().await.map_err(Error::from);
    let trial = judged.and_then(|judged| ended.map(|()| judged));
    let trial = trial.map(|judged| Trial {
        record: TrialRecord {
            seed,
            deployed: judged.deployed,
            teardown,
            evidence: Sha256::of(&judged.exported),
            policies: Some(judged.resolved),
        },
        outcomes: judged.outcomes,
    });
    (trial, teardown, live)
}

fn left_behind(folder: &Path, trial: &Result<Trial, Error>, live: &[String]) -> Error {
    let mut what = match live {
        [] => "its resources could not be counted".to_owned(),
        _ => format!(
            "of {} it is not known that they are gone (a creation that failed may have left nothing): {}",
            live.len(),
            live.iter().take(10).cloned().collect::<Vec<_>>().join(", ")
        ),
    };
    if let Err(error) = trial {
        what.push_str(&format!("; {error}"));
    }
    Error::LeftBehind {
        what,
        state: folder.join("state"),
    }
}

/// Judges a deployment that stays, once: what an apply has made.
///
/// # Errors
/// The scenarios refuse it.
pub fn judge_once(
    set: &ScenarioSet,
    terms: Terms,
    exported: &[u8],
) -> Result<HoldoutPass, HoldoutRefusal> {
    let outcomes = State::parse(exported).map_or(None, |state| Some(outcomes(set, &state)));
    let trial = Trial {
        record: TrialRecord {
            seed: 0,
            deployed: true,
            // It is not a trial: nothing of it is to be taken down.
            teardown: Teardown::Left(0),
            evidence: Sha256::of(exported),
            // What they said is in the receipt.
            policies: None,
        },
        outcomes,
    };
    HoldoutReport::assemble(set, terms.once(), vec![trial])
        .0
        .verdict()
}

fn outcomes(set: &ScenarioSet, state: &State) -> Vec<RunOutcome> {
    let scenarios = set.scenarios().iter();
    scenarios
        .map(|scenario| evaluate(scenario, state))
        .collect()
}

/// What a deployment is, as long as it stands.
struct Standing {
    /// Whether it could be deployed.
    deployed: bool,
    /// Its state.
    exported: Vec<u8>,
    /// What each scenario says of that.
    outcomes: Option<Vec<RunOutcome>>,
    /// What the rules say of its resolved values.
    resolved: Resolved,
}

async fn judged(
    set: &ScenarioSet,
    deployment: &mut Deployment,
    resolver: Arc<Resolver>,
) -> Result<Standing, Error> {
    let judge = Arc::clone(&resolver);
    let up = deployment.up(deployment::Bound::Free, judge).await?;
    if let Some(fault) = resolver.fault() {
        return Err(Error::Policies(fault));
    }
    let deployed = up.finished.end == End::Exited(0)
        && up.observed.denials.is_empty()
        && up.program_failed.is_none();
    let exported = deployment.export().await?;
    // A state that cannot be read is judged by nobody: every scenario is then not run.
    let outcomes = match State::parse(&exported) {
        Ok(state) if deployed => Some(outcomes(set, &state)),
        Ok(_) | Err(_) => None,
    };
    Ok(Standing {
        deployed,
        exported,
        outcomes,
        resolved: resolver.resolved(),
    })
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
    Ok(Teardown::Left(in_state + deployment.live().len() as u64))
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
