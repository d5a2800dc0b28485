//! The last stage of a run: a clearance is spent, or the change is handed to a person.

use std::path::Path;

use crate::config::Autonomy;
use crate::engine::deployment::{Bound, Deployment};
use crate::fault::Fault;
use crate::ledger::{Actor, Recorded};
use crate::names::{Sha256, StackName};
use crate::perimeter::import::{self, Folder, open_folder};
use crate::perimeter::repository::{Author, Branch, Landing as Commit};
use crate::pipeline::Outcome;
use crate::pipeline::apply::{self, ApplyStarted, Landing, Receipt, Rechecked};
use crate::pipeline::credentials::Purpose;
use crate::pipeline::gate::{Clearance, DecisionRecord, Reason, Refusal};
use crate::pipeline::generate::Proposal;
use crate::pipeline::preview::Preview;
use crate::pipeline::run::{Run, basis};
use crate::pipeline::settle::Marker;
use crate::pipeline::stages;

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
    if !reasons.is_empty() {
        return refuse(run, reasons, &clearance);
    }
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
    let Some(started) = begin(run, &clearance, proposal, &deployment)? else {
        deployment.end().await?;
        let reasons = vec![stale("the stack's state has changed since the preview")];
        return refuse(run, reasons, &clearance);
    };
    // From here on the world may change: nothing below may end as if it had not.
    let after = |fault: Fault| Fault::AfterApply(Box::new(fault));
    let marker = Marker::of(&state, clearance.value().stack());
    marker.put(&run.id).map_err(after)?;
    let mut receipt = apply::up(&started, &mut deployment, bound).await;
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

/// Lands the judged tree and records that the apply begins; nothing when the state has changed meanwhile.
fn begin(
    run: &mut Run<'_>,
    clearance: &Recorded<Clearance>,
    proposal: &Recorded<Proposal>,
    deployment: &Deployment,
) -> Result<Option<Recorded<ApplyStarted>>, Fault> {
    let landing = land(run, proposal, Some(clearance.hash()))?;
    let landing = run.record(Actor::Applier, landing, &[clearance.hash()])?;
    // Landing took its time; whoever changes the state without our lock does not wait.
    let state = deployment.state_hash()?;
    if state != clearance.value().state() {
        return Ok(None);
    }
    let started = ApplyStarted {
        clearance: clearance.hash(),
        stack: clearance.value().stack().clone(),
        state,
        role: deployment.role(),
    };
    let parents = [clearance.hash(), landing.hash()];
    Ok(Some(run.record(Actor::Applier, started, &parents)?))
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
pub fn hand_over(
    run: &mut Run<'_>,
    proposal: &Recorded<Proposal>,
) -> Result<Option<String>, Fault> {
    match run.mandate.value().autonomy {
        Autonomy::Balanced | Autonomy::Auto => Ok(None),
        Autonomy::Review => {
            let landing = land(run, proposal, None)?;
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

fn land(
    run: &Run<'_>,
    proposal: &Recorded<Proposal>,
    clearance: Option<Sha256>,
) -> Result<Landing, Fault> {
    use std::os::fd::AsFd as _;
    let path = stages::proposed_tree(run, proposal)?;
    let tree = import::import(open_folder(&path)?.as_fd(), &import::Limits::default())?;
    let folder =
        Folder::new(&run.job.stack.path).map_err(|error| Fault::Usage(error.to_string()))?;
    let repository = &run.perimeter.repository;
    let branch = Branch::new(&run.job.stack.name, &run.id)?;
    let commit = repository.land(&Commit {
        branch: &branch,
        tree: repository.write_tree(&run.base, &folder, &tree)?,
        parent: run.base.commit,
        author: &Author {
            name: "lightsout".to_owned(),
            email: "lightsout@localhost".to_owned(),
            seconds: crate::perimeter::now().as_second(),
        },
        subject: &format!("{}: judged change of run {}", run.job.stack.name, run.id),
        run: &run.id,
        clearance,
    })?;
    Ok(Landing {
        branch: branch.to_string(),
        commit: commit.to_string(),
        tree: tree.hash(),
        folder: repository.folder_name(&tree)?,
    })
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
