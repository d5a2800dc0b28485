//! `lightsout approve`: a person agrees to a run that waits, and the run goes on.

use crate::app::{Outside, ledger, new_outcome, person, show, told};
use crate::cli;
use crate::config::load;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Actor, PersonName, Recorded};
use crate::names::RunId;
use crate::perimeter::Perimeter;
use crate::pipeline::gate::{Approval, Decision, DecisionRecord};
use crate::pipeline::order::Mandate;
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
    waits(&run)?;
    let result = decide_again(&mut run, by).await;
    let outcome = close(&mut run, result)?;
    let reported = new_outcome(&run, &outcome).and_then(|report| show(outside.format, &report));
    told(&outcome, reported)
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

/// A run that does not wait cannot be approved, and nothing of the attempt is recorded.
fn waits(run: &Run<'_>) -> Result<(), Fault> {
    let decision: Option<Recorded<DecisionRecord>> = run.ledger.read(&run.id)?;
    match decision.as_ref().map(Recorded::value) {
        Some(DecisionRecord::Held(_)) => Ok(()),
        Some(DecisionRecord::Cleared { .. } | DecisionRecord::Refused(_)) | None => Err(
            Fault::Usage(format!("run `{}` does not wait for an approval", run.id)),
        ),
    }
}

async fn decide_again(run: &mut Run<'_>, by: PersonName) -> Result<Outcome, Fault> {
    let evidence = stages::Evidence::read(run)?;
    let approval = Approval {
        preview: evidence.preview.hash(),
        by: by.as_str().to_owned(),
    };
    let parents = [evidence.preview.hash()];
    let approval = run.record(Actor::Person { name: by }, approval, &parents)?;
    let decision = stages::gate(
        run,
        &evidence.proposal,
        &evidence.preview,
        &evidence.policy,
        &evidence.holdout,
        Some(&approval),
    )?;
    match decision {
        Decision::Refused(refusal) => Ok(Outcome::Refused(refusal)),
        Decision::Held(hold) => Ok(Outcome::HandedOver(hold, None)),
        Decision::Cleared(clearance) => {
            let clearance = stages::record_clearance(run, clearance, &evidence.preview)?;
            spend::spend(run, clearance, &evidence.proposal, &evidence.preview).await
        }
    }
}
