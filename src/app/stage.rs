//! The stages one by one: JSON in, JSON out, chained by hashes.
//!
//! A stage's input names evidence by its hash; what it works on is read from the signed ledger, never from the input itself.

use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::app::{
    Outside, approve, ledger, new_outcome, new_run_id, order, print_json, told, tools,
    warn_uncommitted,
};
use crate::cli;
use crate::config::load;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Actor, Evidence, Kind, Recorded};
use crate::names::{RunId, Sha256};
use crate::perimeter::import::{self, bundle, open_folder};
use crate::pipeline::gate::{Decision, DecisionRecord, Refusal};
use crate::pipeline::generate::Proposal;
use crate::pipeline::order::WorkOrder;
use crate::pipeline::run::{Run, Scope};
use crate::pipeline::stages::{self, Step};
use crate::pipeline::{Outcome, close, spend};

/// LIMIT: bytes of a stage's input.
const INPUT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What one stage hands to the next.
#[derive(Debug, Serialize)]
struct Envelope<'a, T> {
    run: &'a RunId,
    kind: Kind,
    hash: Sha256,
    entry: u64,
    body: &'a T,
}

/// The part of an envelope that the next stage needs.
#[derive(Debug, Deserialize)]
struct Reference {
    run: RunId,
    kind: Kind,
    hash: Sha256,
}

fn hand_on<T: Evidence>(recorded: &Recorded<T>) -> Result<Exit, Fault> {
    print_json(&Envelope {
        run: recorded.run(),
        kind: T::KIND,
        hash: recorded.hash(),
        entry: recorded.entry(),
        body: recorded.value(),
    })?;
    Ok(Exit::Done)
}

/// Reads a stage's input; Ctrl-C ends the waiting for it.
async fn reference(outside: &Outside, path: &Path, expected: Kind) -> Result<Reference, Fault> {
    let path = path.to_owned();
    outside.read(move || parse(&path, expected)).await
}

fn parse(path: &Path, expected: Kind) -> Result<Reference, Fault> {
    let mut text = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(INPUT_BYTES_MAX)
            .read_to_end(&mut text)
            .map_err(Fault::file("reading", path))?;
    } else {
        let file = std::fs::File::open(path).map_err(Fault::file("reading", path))?;
        file.take(INPUT_BYTES_MAX)
            .read_to_end(&mut text)
            .map_err(Fault::file("reading", path))?;
    }
    let reference: Reference = serde_json::from_slice(&text).map_err(|error| {
        Fault::Usage(format!(
            "the input is not the output of an earlier stage: {error}"
        ))
    })?;
    if reference.kind != expected {
        return Err(Fault::Usage(format!(
            "the input is a `{}`, this stage takes a `{expected}`",
            reference.kind
        )));
    }
    Ok(reference)
}

/// What the ledger holds must be what the input names.
fn same<T>(recorded: &Recorded<T>, reference: &Reference) -> Result<(), Fault> {
    if recorded.hash() == reference.hash {
        Ok(())
    } else {
        Err(Fault::Usage(format!(
            "the input names `{}`, the latest of run `{}` in the ledger is `{}`",
            reference.hash,
            reference.run,
            recorded.hash()
        )))
    }
}

/// Opens a run and generates.
///
/// # Errors
/// lightsout failed.
pub async fn generate(outside: &Outside, arguments: &cli::Generate) -> Result<Exit, Fault> {
    let out = arguments.out.as_deref();
    let arguments = &arguments.run;
    let perimeter = outside.perimeter()?;
    tools::install_missing(&perimeter).await?;
    let base = perimeter.repository.base()?;
    let job = load::job(&perimeter, &base, &arguments.stack)?;
    if arguments.proposal.is_none()
        && let Some(agent) = &job.stack.agent
    {
        tools::install_named(&perimeter.tools, &perimeter.interrupt, agent.kind).await?;
    }
    warn_uncommitted(&perimeter, &base)?;
    let text = order(outside, &arguments.spec).await?;
    let mut ledger = ledger(&perimeter)?;
    let mut run = Run::open(
        new_run_id()?,
        &job,
        &perimeter,
        &mut ledger,
        base,
        &text.origin,
        match out {
            Some(_) => Scope::Proposal,
            None => Scope::Whole,
        },
    )
    .await?;
    let order: Recorded<WorkOrder> = run.record(Actor::Supervisor, text, &[run.mandate.hash()])?;
    let step = match &arguments.proposal {
        Some(path) => stages::given(&mut run, &order, path),
        None => stages::generate(&mut run, &order, 1, None).await,
    };
    if let (Some(out), Ok(step)) = (out, &step) {
        write_bundle(&run, step, out)?;
    }
    go_on(&mut run, step)
}

/// Writes the proposed tree for another job, which judges it again: also one that was refused here, so that it is refused there too.
fn write_bundle(run: &Run<'_>, step: &Step<Recorded<Proposal>>, out: &Path) -> Result<(), Fault> {
    use std::os::fd::AsFd as _;
    let refused: Option<Recorded<Proposal>>;
    let proposal = match step {
        Step::Next(proposal) => Some(proposal),
        Step::NoChange => None,
        Step::Refused(_) => {
            refused = run.ledger.read(&run.id)?;
            match &refused {
                Some(proposal) => Some(proposal),
                // What the agent left is no tree: there is nothing to write.
                None => return Ok(()),
            }
        }
    };
    let tree = match proposal {
        None => run.base_tree.clone(),
        Some(proposal) => {
            let path = stages::proposed_tree(run, proposal)?;
            import::import(open_folder(&path)?.as_fd(), &import::Limits::default())?
        }
    };
    let bytes =
        bundle::pack(&run.base_tree, &tree).map_err(|error| Fault::Usage(error.to_string()))?;
    std::fs::write(out, bytes).map_err(Fault::file("writing the proposal", out))
}

/// Previews a proposal.
///
/// # Errors
/// lightsout failed.
pub async fn preview(outside: &Outside, arguments: &cli::Stage) -> Result<Exit, Fault> {
    let reference = reference(outside, &arguments.input, Kind::Proposal).await?;
    let perimeter = outside.perimeter()?;
    let mut ledger = ledger(&perimeter)?;
    let job = approve::job(&perimeter, &ledger, &reference.run)?;
    let mut run = Run::resume(reference.run.clone(), &job, &perimeter, &mut ledger).await?;
    let proposal = stages::latest(&run)?;
    same(&proposal, &reference)?;
    let stop = run.stop();
    let step = stop
        .before_end_of(stages::preview(&mut run, &proposal))
        .await;
    go_on(&mut run, step)
}

/// Judges by policy.
///
/// # Errors
/// lightsout failed.
pub async fn policy(outside: &Outside, arguments: &cli::Stage) -> Result<Exit, Fault> {
    let reference = reference(outside, &arguments.input, Kind::Preview).await?;
    let perimeter = outside.perimeter()?;
    let mut ledger = ledger(&perimeter)?;
    let job = approve::job(&perimeter, &ledger, &reference.run)?;
    let mut run = Run::resume(reference.run.clone(), &job, &perimeter, &mut ledger).await?;
    let preview = stages::latest(&run)?;
    same(&preview, &reference)?;
    let stop = run.stop();
    let judged = stop.before_end_of(stages::policy(&mut run, &preview)).await;
    go_on(&mut run, judged.map(Step::Next))
}

/// Judges by the holdouts.
///
/// # Errors
/// lightsout failed.
pub async fn holdout(outside: &Outside, arguments: &cli::Stage) -> Result<Exit, Fault> {
    let reference = reference(outside, &arguments.input, Kind::PolicyReport).await?;
    let perimeter = outside.perimeter()?;
    let mut ledger = ledger(&perimeter)?;
    let job = approve::job(&perimeter, &ledger, &reference.run)?;
    let mut run = Run::resume(reference.run.clone(), &job, &perimeter, &mut ledger).await?;
    let (proposal, preview) = (stages::latest(&run)?, stages::latest(&run)?);
    let policy = stages::latest(&run)?;
    same(&policy, &reference)?;
    let judged = stages::holdout(&mut run, &proposal, &preview, &policy).await;
    go_on(&mut run, judged.map(Step::Next))
}

/// Decides.
///
/// # Errors
/// lightsout failed.
pub async fn gate(outside: &Outside, arguments: &cli::Stage) -> Result<Exit, Fault> {
    let reference = reference(outside, &arguments.input, Kind::HoldoutReport).await?;
    let perimeter = outside.perimeter()?;
    let mut ledger = ledger(&perimeter)?;
    let job = approve::job(&perimeter, &ledger, &reference.run)?;
    let mut run = Run::resume(reference.run.clone(), &job, &perimeter, &mut ledger).await?;
    let evidence = stages::Evidence::read(&run)?;
    same(&evidence.holdout, &reference)?;
    let decision = stages::gate(
        &mut run,
        &evidence.proposal,
        &evidence.preview,
        &evidence.policy,
        &evidence.holdout,
        None,
    )?;
    let recorded: Recorded<DecisionRecord> = stages::latest(&run)?;
    hand_on(&recorded)?;
    match decision {
        Decision::Cleared(_) => Ok(Exit::Done),
        Decision::Held(hold) => {
            let branch = spend::hand_over(&mut run, &evidence.proposal).await?;
            close(&mut run, Ok(Outcome::HandedOver(hold, branch))).map(|outcome| outcome.exit())
        }
        Decision::Refused(refusal) => over(&mut run, refusal),
    }
}

/// Earns the clearance again, in this process, and spends it.
///
/// # Errors
/// lightsout failed.
pub async fn apply(outside: &Outside, arguments: &cli::Stage) -> Result<Exit, Fault> {
    let reference = reference(outside, &arguments.input, Kind::Decision).await?;
    let perimeter = outside.perimeter()?;
    let mut ledger = ledger(&perimeter)?;
    let job = approve::job(&perimeter, &ledger, &reference.run)?;
    let mut run = Run::resume(reference.run.clone(), &job, &perimeter, &mut ledger).await?;
    let recorded: Recorded<DecisionRecord> = stages::latest(&run)?;
    same(&recorded, &reference)?;
    if matches!(recorded.value(), DecisionRecord::Held(_)) {
        return Err(Fault::Usage(format!(
            "run `{}` waits: lightsout approve {} --by NAME",
            run.id, run.id
        )));
    }
    // Types do not cross processes: the clearance is earned by the same gate, from the signed evidence.
    let outcome = match recorded.value() {
        DecisionRecord::Refused(refusal) => Outcome::Refused(refusal.clone()),
        DecisionRecord::Held(_) | DecisionRecord::Cleared { .. } => {
            approve::go_on(&mut run).await?
        }
    };
    let reported = new_outcome(&run, &outcome).and_then(|report| print_json(&report));
    told(&outcome, reported)
}

/// Hands evidence on, or closes a run that is over.
fn go_on<T: Evidence>(
    run: &mut Run<'_>,
    step: Result<Step<Recorded<T>>, Fault>,
) -> Result<Exit, Fault> {
    match step {
        Ok(Step::Next(evidence)) => hand_on(&evidence),
        Ok(Step::Refused(refusal)) => {
            let recorded: Recorded<DecisionRecord> = stages::latest(run)?;
            hand_on(&recorded)?;
            over(run, refusal)
        }
        Ok(Step::NoChange) => {
            let outcome = close(run, Ok(Outcome::NothingToChange))?;
            print_json(&serde_json::json!({ "run": run.id, "outcome": outcome.word() }))?;
            Ok(outcome.exit())
        }
        Err(fault) => close(run, Err(fault)).map(|outcome| outcome.exit()),
    }
}

fn over(run: &mut Run<'_>, refusal: Refusal) -> Result<Exit, Fault> {
    close(run, Ok(Outcome::Refused(refusal))).map(|outcome| outcome.exit())
}
