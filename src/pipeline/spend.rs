//! The last stage of a run: a clearance is spent, or the change is handed to a person.

mod land;

use std::path::Path;
use std::sync::Arc;

use crate::config::Autonomy;
use crate::engine::deployment::{Bound, Deployment};
use crate::fault::Fault;
use crate::ledger::{Actor, Recorded};
use crate::names::{Sha256, StackName};
use crate::pipeline::Outcome;
use crate::pipeline::apply::{self, ApplyStarted, Receipt, Rechecked};
use crate::pipeline::credentials::Purpose;
use crate::pipeline::gate::{Clearance, DecisionRecord, Judged, Reason, Refusal};
use crate::pipeline::generate::Proposal;
use crate::pipeline::policy::PolicyReport;
use crate::pipeline::preview::Preview;
use crate::pipeline::resolved::{Resolver, Stops};
use crate::pipeline::run::{Run, basis};
use crate::pipeline::settle::Marker;
use crate::pipeline::stages;
use land::{land, offer};

/// Spends a clearance: looks at everything again, lands the judged tree, applies.
///
/// # Errors
/// lightsout failed before anything was applied; a fault after that is [`Fault::AfterApply`].
pub async fn spend(
    run: &mut Run<'_>,
    clearance: Recorded<Clearance>,
    proposal: &Recorded<Proposal>,
    preview: &Recorded<Preview>,
) -> Result<Outcome, Fault> {
    let _lock = lock(run)?;
    let state = run.state_folder()?;
    check_unlocked(&state, &preview.value().project, &run.job.stack.name)?;
    let mut reasons = stale_rules(run)?;
    let plan = stages::plan(run)?;
    if Sha256::of(&plan) != clearance.value().plan() {
        reasons.push(stale("the engine's plan has changed since the decision"));
    }
    if proposal.value().tree != clearance.value().tree()
        || stages::proposed_tree(run, proposal).is_err()
    {
        reasons.push(stale("the judged tree has changed since the decision"));
    }
    if preview.value().record_hash != clearance.value().record() {
        reasons.push(stale("the preview is not the one that was cleared"));
    }
    if !reasons.is_empty() {
        return refuse(run, reasons, &clearance);
    }
    let resolver = resolver(run, preview).await?;
    let out = run.fresh("apply")?;
    let purpose = Purpose::Apply(&clearance);
    let mut deployment = stages::deploy(run, proposal, &state, &out, purpose).await?;
    let bound = match apply::recheck(&clearance, &mut deployment).await? {
        Rechecked::Stale(reasons) => {
            deployment.end().await?;
            return refuse(run, reasons, &clearance);
        }
        Rechecked::Same {
            registrations,
            writes,
        } => Bound::Cleared {
            plan: &plan,
            registrations,
            writes,
        },
    };
    if run.perimeter.interrupt.is_raised() {
        deployment.end().await?;
        return Err(Fault::Interrupted);
    }
    // Read before anything changes: afterwards, nothing may keep the receipt from being recorded.
    let scenarios = stages::scenarios(run)?;
    let started = match begin(run, &clearance, proposal, &deployment).await? {
        Begun::Started(started) => started,
        Begun::Stale(reason) => {
            deployment.end().await?;
            return refuse(run, vec![reason], &clearance);
        }
    };
    // From here on the world may change: nothing below may end as if it had not.
    let after = |fault: Fault| Fault::AfterApply(Box::new(fault));
    let marker = Marker::of(&state, clearance.value().stack());
    marker.put(&run.id).map_err(after)?;
    let mut receipt = apply::up(&started, &mut deployment, bound, &resolver).await;
    if receipt.is_complete {
        apply::judge_result(&mut receipt, &deployment, &scenarios).await;
    }
    let ended = deployment.end().await;
    let outcome = receipt.clone();
    drop(
        run.record(Actor::Applier, receipt, &[started.hash()])
            .map_err(after)?,
    );
    ended.map_err(|error| after(error.into()))?;
    if outcome.is_complete {
        marker.remove().map_err(after)?;
    }
    Ok(finished(outcome))
}

/// Who answers the engine when it asks the policies about what it is going to do.
async fn resolver(run: &Run<'_>, preview: &Recorded<Preview>) -> Result<Arc<Resolver>, Fault> {
    let policy: Recorded<Judged<PolicyReport>> = stages::latest(run)?;
    let rules = stages::rules(run, preview, policy.value(), "apply-pack").await?;
    Ok(Arc::new(Resolver::new(rules, Stops::Everything)))
}

/// What became of the last step before the world changes.
enum Begun {
    /// The intent is recorded.
    Started(Recorded<ApplyStarted>),
    /// Something moved.
    Stale(Reason),
}

/// Lands the judged tree and records that the apply begins.
async fn begin(
    run: &mut Run<'_>,
    clearance: &Recorded<Clearance>,
    proposal: &Recorded<Proposal>,
    deployment: &Deployment,
) -> Result<Begun, Fault> {
    const STATE: &str = "the stack's state has changed since the preview";
    // What has landed is there for everybody: not for a state that has moved already.
    if deployment.state_hash()? != clearance.value().state() {
        return Ok(Begun::Stale(stale(STATE)));
    }
    let landing = match land(run, proposal, clearance.hash()).await? {
        land::Done::At(landing) => landing,
        land::Done::Moved(reason) => return Ok(Begun::Stale(reason)),
    };
    let published = landing.value().published.clone();
    let landed = |fault: Fault| match &published {
        Some(published) => land::after(published, fault),
        None => fault,
    };
    // Landing took its time; whoever changes the state without our lock does not wait.
    let state = deployment
        .state_hash()
        .map_err(|error| landed(error.into()))?;
    if state != clearance.value().state() {
        return Ok(Begun::Stale(stale(STATE)));
    }
    let started = ApplyStarted {
        clearance: clearance.hash(),
        stack: clearance.value().stack().clone(),
        state,
        role: deployment.role(),
    };
    let parents = [clearance.hash(), landing.hash()];
    let started = run
        .record(Actor::Applier, started, &parents)
        .map_err(landed)?;
    Ok(Begun::Started(started))
}

fn finished(receipt: Receipt) -> Outcome {
    if receipt.is_complete {
        Outcome::Applied(receipt)
    } else {
        Outcome::ApplyIncomplete(receipt)
    }
}

/// At `review`, writes the proposal as a branch and names it; at the other levels the run waits for an approval.
///
/// # Errors
/// The branch cannot be written.
pub async fn hand_over(
    run: &mut Run<'_>,
    proposal: &Recorded<Proposal>,
) -> Result<Option<String>, Fault> {
    match run.mandate.value().autonomy {
        Autonomy::Balanced | Autonomy::Auto => Ok(None),
        Autonomy::Review => {
            let landing = offer(run, proposal).await?;
            let branch = landing.branch.clone();
            drop(run.record(Actor::Supervisor, landing, &[proposal.hash()])?);
            Ok(Some(branch))
        }
    }
}

fn refuse(
    run: &mut Run<'_>,
    reasons: Vec<Reason>,
    clearance: &Recorded<Clearance>,
) -> Result<Outcome, Fault> {
    let refusal = Refusal { reasons };
    drop(stages::record_decision(
        run,
        &DecisionRecord::Refused(refusal.clone()),
        &[clearance.hash()],
    )?);
    Ok(Outcome::Refused(refusal))
}

/// What the branch that is checked out says now, against what it said when the run began.
fn stale_rules(run: &Run<'_>) -> Result<Vec<Reason>, Fault> {
    if run.kit.record() != run.mandate.value().tools {
        return Ok(vec![stale(
            "an external program has changed since the decision",
        )]);
    }
    let now = run.perimeter.repository.base()?;
    let text = crate::config::load::text(run.perimeter, &now)?;
    let then = &run.mandate.value().basis;
    if Sha256::of(text.as_bytes()) != then.config {
        return Ok(vec![stale(
            "the configuration has changed since the decision",
        )]);
    }
    let judged: Recorded<Judged<PolicyReport>> = stages::latest(run)?;
    if judged
        .value()
        .report
        .rests_on_the_past(crate::perimeter::now())
    {
        return Ok(vec![stale(
            "a waiver that it rests on has ended since the decision",
        )]);
    }
    let differences = then.differences(&basis(run.perimeter, &now, run.job)?);
    Ok(differences
        .into_iter()
        .map(|what| {
            stale(&format!(
                "{what} of the base has changed since the decision"
            ))
        })
        .collect())
}

fn stale(what: &str) -> Reason {
    Reason::Stale {
        what: what.to_owned(),
    }
}

/// Refuses a state that an engine has locked: ours would not begin, and that must not look like a half-done apply.
fn check_unlocked(state: &Path, project: &str, stack: &StackName) -> Result<(), Fault> {
    let folder = state
        .join(".pulumi/locks/organization")
        .join(project)
        .join(stack.as_str());
    let mut entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Fault::file("reading", &folder)(error)),
    };
    match entries.next() {
        None => Ok(()),
        Some(entry) => Err(Fault::Locked {
            stack: stack.clone(),
            path: entry
                .map_err(Fault::file("reading", &folder))?
                .path()
                .display()
                .to_string(),
        }),
    }
}

/// One apply at a time for a stack, whichever checkout it comes from: the lock lies with the state. Who could remove it there could change
/// the state itself.
fn lock(run: &Run<'_>) -> Result<std::fs::File, Fault> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let name = format!(".lightsout-{}.lock", run.job.stack.name);
    let path = run.state_folder()?.join(name);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(libc::O_NOFOLLOW)
        .open(&path)
        .map_err(Fault::file("opening", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Fault::Usage(format!(
            "another run is applying to a stack `{}` of the same state; wait for it",
            run.job.stack.name
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(Fault::file("locking", &path)(error)),
    }
}
