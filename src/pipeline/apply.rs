//! Apply: spends a clearance.
//!
//! Everything that was judged is looked at again under our own lock: the base's rules, the tree, the state, the steps. Only when all of it is
//! still what was cleared does the judged tree become a commit, and only then does the engine start, bound to the judged plan.
//!
//! INVARIANT: the policies are asked about every resource with its resolved inputs, and stop it; an update about which they were not asked is not
//! complete.
//! INVARIANT: from the moment that [`ApplyStarted`] is recorded, nothing ends as "nothing was applied": a half-done apply is a [`Receipt`].

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::deployment::{self, Bound, Deployment, RunOutput};
use crate::engine::gateway::Write;
use crate::engine::monitor::Registrations;
use crate::ledger::{Evidence, Kind, Recorded};
use crate::names::{Sha256, StackName};
use crate::perimeter::github::land::Published;
use crate::perimeter::repository::TreeId;
use crate::perimeter::sandbox::End;
use crate::pipeline::gate::{Clearance, Reason};
use crate::pipeline::holdout::{self, ScenarioSet, Terms};
use crate::pipeline::preview::event::{self, Op};
use crate::pipeline::preview::{self, record};
use crate::pipeline::resolved::{Resolved, Resolver};

/// The commit that holds the judged tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landing {
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// Hash of the judged tree.
    pub tree: Sha256,
    /// What git calls the stack's folder with that content.
    pub folder: TreeId,
    /// The commit on GitHub, when the run came from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// The intent to change the world, recorded before it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyStarted {
    /// Hash of the clearance's evidence.
    pub clearance: Sha256,
    /// The stack.
    pub stack: StackName,
    /// Hash of the state before.
    pub state: Sha256,
    /// The role session whose credentials the providers get, as AWS names it.
    pub role: Option<String>,
}

/// What apply did, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Whether everything that was cleared was done.
    pub is_complete: bool,
    /// How the engine ended.
    pub end: String,
    /// Steps that were begun and did not fail, in their order.
    pub done: Vec<Step>,
    /// Resources whose step failed.
    pub failed: Vec<String>,
    /// What the engine said was wrong.
    pub errors: Vec<String>,
    /// Hash of the state before.
    pub state_before: Sha256,
    /// Hash of the state after; nothing when it cannot be read.
    pub state_after: Option<Sha256>,
    /// What the policies said of the resolved values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Resolved>,
}

/// One step that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The resource.
    pub urn: String,
    /// What was done.
    pub op: Op,
}

impl Evidence for Landing {
    const KIND: Kind = Kind::Landing;
}
impl Evidence for ApplyStarted {
    const KIND: Kind = Kind::ApplyStarted;
}
impl Evidence for Receipt {
    const KIND: Kind = Kind::Receipt;
}

/// What looking again came to.
#[derive(Debug)]
pub enum Rechecked {
    /// The clearance no longer holds.
    Stale(Vec<Reason>),
    /// It holds, and the update may do this.
    Same {
        /// What the program may register.
        registrations: Registrations,
        /// What the providers may be asked to change.
        writes: BTreeSet<(Write, String)>,
    },
}

/// Looks at the state and the steps again, as they are now.
///
/// # Errors
/// The engine failed.
pub async fn recheck(
    clearance: &Recorded<Clearance>,
    deployment: &mut Deployment,
) -> Result<Rechecked, preview::Error> {
    let cleared = clearance.value();
    let stale = |what: &str| {
        Rechecked::Stale(vec![Reason::Stale {
            what: what.to_owned(),
        }])
    };
    if deployment.state_hash()? != cleared.state() {
        return Ok(stale("the stack's state has changed since the preview"));
    }
    let output = deployment.preview().await?;
    if !output.observed.denials.is_empty() || output.program_failed.is_some() {
        return Ok(stale("the same tree does not preview as before"));
    }
    if output.finished.end != End::Exited(0) {
        return Err(preview::engine_failed(deployment, &output));
    }
    let log = event::parse(&output.log)?;
    let again = record::normalise(&log, &output.finished.stdout, &output.observed.options)?;
    let hash = again.hash().map_err(record::Error::from)?;
    if hash != cleared.record() {
        return Ok(stale("the same tree would now change something else"));
    }
    Ok(Rechecked::Same {
        registrations: Registrations::of(&output.observed.options),
        writes: writes(&again),
    })
}

/// What the steps ask of the providers.
fn writes(record: &record::Record) -> BTreeSet<(Write, String)> {
    let write = |op| match op {
        Op::Create | Op::CreateReplacement => Some(Write::Create),
        Op::Update => Some(Write::Update),
        Op::Delete | Op::DeleteReplaced => Some(Write::Delete),
        // A replacement is its two halves; the others only read, or touch nothing but the state.
        Op::Replace
        | Op::Same
        | Op::Read
        | Op::ReadReplacement
        | Op::Refresh
        | Op::Discard
        | Op::DiscardReplaced
        | Op::RemovePendingReplace
        | Op::Import
        | Op::ImportReplacement => None,
    };
    let of = |step: &record::Step| Some((write(step.op)?, step.urn.as_str().to_owned()));
    record.steps.iter().filter_map(of).collect()
}

/// Runs the update and says what it did. It never fails: what went wrong is in the receipt.
pub async fn up(
    started: &Recorded<ApplyStarted>,
    deployment: &mut Deployment,
    bound: Bound<'_>,
    resolver: &Arc<Resolver>,
) -> Receipt {
    let state_before = started.value().state;
    let judge = Arc::clone(resolver);
    let result = deployment.up(bound, judge).await;
    let state_after = deployment.state_hash().map_or(None, Some);
    let mut receipt = match result {
        Ok(output) => receipt(&output, state_before, state_after),
        Err(error) => failed(&error, state_before, state_after),
    };
    let gap = resolver.fault().or_else(|| resolver.gap());
    if let (true, Some(why)) = (receipt.is_complete, gap) {
        receipt.is_complete = false;
        receipt.errors.push(why);
    }
    receipt.policies = Some(resolver.resolved());
    receipt
}

/// Judges what the update made by the hidden scenarios once more. A program can tell an apply from its trials, and what was unknown at the
/// preview was seen by the trials alone.
pub async fn judge_result(
    receipt: &mut Receipt,
    deployment: &Deployment,
    (set, terms): &(ScenarioSet, Terms),
) {
    if set.scenarios().is_empty() {
        return;
    }
    let failed = match deployment.export().await {
        Ok(exported) => holdout::trial::judge_once(set, *terms, &exported).map_or_else(
            |refusal| Some(holdout::line(&refusal.reasons().collect::<Vec<_>>()).to_owned()),
            |_pass| None,
        ),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = failed {
        receipt.is_complete = false;
        receipt
            .errors
            .push(format!("after the update, the result does not hold: {why}"));
    }
}

fn receipt(output: &RunOutput, state_before: Sha256, state_after: Option<Sha256>) -> Receipt {
    let end = deployment::Ending(output.finished.end).to_string();
    match event::parse(&output.log) {
        Ok(log) => {
            let is_complete = output.finished.end == End::Exited(0)
                && log.summary.result == event::ResultKind::Succeeded
                && log.failed.is_empty()
                && output.observed.denials.is_empty()
                && output.program_failed.is_none()
                && state_after.is_some();
            Receipt {
                is_complete,
                end,
                done: log
                    .steps
                    .iter()
                    .filter(|step| !log.failed.contains(&step.urn))
                    .map(|step| Step {
                        urn: step.urn.clone(),
                        op: step.op,
                    })
                    .collect(),
                errors: log
                    .diagnostics
                    .iter()
                    .filter(|said| said.severity == "error")
                    .map(|said| output.mask.hide(&said.message))
                    .collect(),
                failed: log.failed,
                state_before,
                state_after,
                policies: None,
            }
        }
        Err(error) => Receipt {
            is_complete: false,
            end,
            done: Vec::new(),
            failed: Vec::new(),
            errors: vec![
                error.to_string(),
                output
                    .mask
                    .hide(&crate::engine::automation::tail(&output.finished.stderr)),
            ],
            state_before,
            state_after,
            policies: None,
        },
    }
}

fn failed(error: &deployment::Error, state_before: Sha256, state_after: Option<Sha256>) -> Receipt {
    Receipt {
        is_complete: false,
        end: "the engine could not be followed".to_owned(),
        done: Vec::new(),
        failed: Vec::new(),
        errors: vec![error.to_string()],
        state_before,
        state_after,
        policies: None,
    }
}
