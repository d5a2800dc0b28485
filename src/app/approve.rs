//! `lightsout approve`: a person agrees to a run that waits, and the run goes on.

use crate::app::{Outside, ledger, new_outcome, person, show, told};
use crate::cli;
use crate::config::Autonomy;
use crate::config::load;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::protocol::Phase;
use crate::ledger::{Actor, PersonName, Recorded, Run as LedgerRun};
use crate::names::RunId;
use crate::perimeter::Perimeter;
use crate::pipeline::gate::{Approval, Decision, DecisionRecord, Way};
use crate::pipeline::order::Mandate;
use crate::pipeline::preview::Preview;
use crate::pipeline::run::Run;
use crate::pipeline::{Outcome, close, spend, stages};

/// Records the approval, decides again, and applies what is cleared.
///
/// # Errors
/// The run does not wait, or lightsout failed.
pub async fn run(outside: &Outside, arguments: &cli::Approve) -> Result<Exit, Fault> {
    let perimeter = outside.perimeter()?;
    let by = person(&arguments.by)?;
    let mut ledger = ledger(&perimeter)?;
    let job = job(&perimeter, &ledger, &arguments.run)?;
    let mut run = Run::resume(arguments.run.clone(), &job, &perimeter, &mut ledger).await?;
    agree(&mut run, by, Way::Command)?;
    let outcome = go_on(&mut run).await?;
    let reported = new_outcome(&run, &outcome).and_then(|report| show(outside.format, &report));
    told(&outcome, reported)
}

/// Decides again from the recorded evidence, applies what is cleared, and closes the run. A fault before the apply begins leaves the run as it
/// is: it can be gone on with.
///
/// # Errors
/// lightsout failed.
pub async fn go_on(run: &mut Run<'_>) -> Result<Outcome, Fault> {
    match decide_again(run).await {
        Err(fault) if !matches!(fault, Fault::AfterApply(_)) => Err(fault),
        result => close(run, result),
    }
}

/// The configuration that the run was judged under, read from its own base commit.
///
/// # Errors
/// The run is not in the ledger, or its base is gone.
pub fn job(
    perimeter: &Perimeter,
    ledger: &crate::ledger::Ledger,
    id: &RunId,
) -> Result<crate::config::Job, Fault> {
    let mandate: Recorded<Mandate> = ledger
        .read(id)?
        .ok_or_else(|| Fault::Usage(format!("the ledger has no run `{id}`")))?;
    let commit = mandate
        .value()
        .basis
        .commit
        .parse()
        .map_err(|_| Fault::Usage(format!("run `{id}` names no commit")))?;
    let base = perimeter.repository.base_at(commit)?;
    load::job(perimeter, &base, &mandate.value().stack)
}

/// Records the agreement of a person, unless an earlier process has done so and got no further.
///
/// # Errors
/// The run does not wait.
pub fn agree(run: &mut Run<'_>, by: PersonName, way: Way) -> Result<(), Fault> {
    let decision: Recorded<DecisionRecord> = stages::latest(run)?;
    let given: Option<Recorded<Approval>> = run.ledger.read(&run.id)?;
    let phase = run.ledger.view().run(&run.id).map(LedgerRun::phase);
    let is_review = run.mandate.value().autonomy == Autonomy::Review;
    match (phase, decision.value(), given) {
        (Some(Phase::Decided), DecisionRecord::Held(_), _) if !is_review => {
            let preview: Recorded<Preview> = stages::latest(run)?;
            let approval = Approval {
                preview: preview.hash(),
                by: by.as_str().to_owned(),
                way,
            };
            let actor = Actor::Person { name: by };
            drop(run.record(actor, approval, &[preview.hash()])?);
            Ok(())
        }
        (Some(Phase::Answered | Phase::Decided | Phase::Cleared | Phase::Landed), _, Some(_))
            if !is_review =>
        {
            Ok(())
        }
        _ if is_review => Err(Fault::Usage(format!(
            "run `{}` is at level `review`: a person merges its branch",
            run.id
        ))),
        _ => Err(Fault::Usage(format!(
            "run `{}` does not wait for an approval",
            run.id
        ))),
    }
}

async fn decide_again(run: &mut Run<'_>) -> Result<Outcome, Fault> {
    let evidence = stages::Evidence::read(run)?;
    match stages::decide_again(run, &evidence)? {
        Decision::Refused(refusal) => Ok(Outcome::Refused(refusal)),
        Decision::Held(hold) => Ok(Outcome::HandedOver(hold, None)),
        Decision::Cleared(clearance) => {
            let clearance = stages::record_clearance(run, clearance, &evidence.preview)?;
            spend::spend(run, clearance, &evidence.proposal, &evidence.preview).await
        }
    }
}
