//! The stages of a run, in order.
//!
//! Each stage is a function from recorded evidence to recorded evidence; the signatures are the pipeline. Policy and holdout judge the same
//! preview, and both always run. Only the gate makes a clearance, and apply consumes it.

pub mod apply;
pub mod cooling;
pub mod credentials;
pub mod crossguard;
pub mod gate;
pub mod generate;
pub mod holdout;
pub mod order;
pub mod policy;
pub mod preview;
pub mod resolved;
pub mod run;
pub mod settle;
pub mod spend;
pub mod stages;
pub mod statement;
pub mod subjects;

use std::path::PathBuf;

use tracing::Instrument as _;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Actor, Recorded};
use crate::perimeter::github::land::Remote;
use crate::pipeline::apply::Receipt;
use crate::pipeline::gate::{Decision, Hold, Refusal};
use crate::pipeline::order::{FaultRecord, RunClosed, WorkOrder};
use crate::pipeline::run::Run;
use crate::pipeline::stages::Step;
use crate::progress::Progress;

/// How a run ended, when lightsout could decide.
#[derive(Debug)]
pub enum Outcome {
    /// Applied; the receipt is in the ledger.
    Applied(Receipt),
    /// The agent or the given change leaves everything as it is.
    NothingToChange,
    /// A person must decide; at `review`, on this branch.
    HandedOver(Hold, Option<String>),
    /// Refused.
    Refused(Refusal),
    /// Apply began and did not finish.
    ApplyIncomplete(Receipt),
}

impl Outcome {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Applied(_) | Self::NothingToChange | Self::HandedOver(..) => Exit::Done,
            Self::Refused(refusal) => refusal.exit(),
            Self::ApplyIncomplete(_) => Exit::ApplyIncomplete,
        }
    }

    /// The outcome in a word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Applied(_) => "applied",
            Self::NothingToChange => "nothing-to-change",
            Self::HandedOver(..) => "handed-over",
            Self::Refused(_) => "refused",
            Self::ApplyIncomplete(_) => "apply-incomplete",
        }
    }
}

/// What a run is asked for.
#[derive(Debug)]
pub struct Request {
    /// The work order.
    pub order: WorkOrder,
    /// Somebody else's change in place of the agent's.
    pub proposal: Option<PathBuf>,
    /// Where what is judged lands besides.
    pub remote: Option<Remote>,
}

/// Takes a work order through all stages. The run is closed in the ledger however it ends.
///
/// # Errors
/// lightsout could not decide, or the record of a decision is not complete.
pub async fn run(
    run: &mut Run<'_>,
    request: Request,
    progress: &dyn Progress,
) -> Result<Outcome, Fault> {
    let span = tracing::info_span!("run", id = %run.id, stack = %run.job.stack.name);
    let result = stages(run, request, progress).instrument(span).await;
    close(run, result)
}

async fn stages(
    run: &mut Run<'_>,
    request: Request,
    progress: &dyn Progress,
) -> Result<Outcome, Fault> {
    run.remote = request.remote;
    let order = run.record(Actor::Supervisor, request.order, &[run.mandate.hash()])?;
    let attempts = if request.proposal.is_some() {
        1
    } else {
        run.job.stack.budget.attempts
    };
    let mut feedback: Option<String> = None;
    for attempt in 1..=attempts {
        match attempt_once(
            run,
            &order,
            request.proposal.as_deref(),
            attempt,
            feedback.as_deref(),
            progress,
        )
        .await?
        {
            Attempt::Over(refusal) if attempt < attempts => {
                progress.note(&format!(
                    "attempt {attempt} of {attempts} refused: {}",
                    refusal.feedback()
                ));
                feedback = Some(refusal.feedback());
            }
            Attempt::Over(refusal) => return Ok(Outcome::Refused(refusal)),
            Attempt::Done(outcome) => return Ok(outcome),
        }
    }
    Err(Fault::Usage(
        "`budget.attempts` allows no attempt".to_owned(),
    ))
}

#[expect(
    clippy::large_enum_variant,
    reason = "made once in an attempt, and taken apart at once"
)]
enum Attempt {
    Over(Refusal),
    Done(Outcome),
}

/// THE order of the stages.
async fn attempt_once(
    run: &mut Run<'_>,
    order: &Recorded<WorkOrder>,
    given: Option<&std::path::Path>,
    attempt: u32,
    feedback: Option<&str>,
    progress: &dyn Progress,
) -> Result<Attempt, Fault> {
    macro_rules! stage {
        ($name:literal, $work:expr) => {{
            let _shown = progress.stage($name);
            let stop = run.stop();
            let work = async { $work }.instrument(tracing::info_span!($name));
            stop.before_end_of(work).await?
        }};
    }
    macro_rules! next {
        ($step:expr) => {
            match $step {
                Step::Next(evidence) => evidence,
                Step::Refused(refusal) => return Ok(Attempt::Over(refusal)),
                Step::NoChange => return Ok(Attempt::Done(Outcome::NothingToChange)),
            }
        };
    }
    let proposal = next!(match given {
        Some(path) => stage!("generate", stages::given(run, order, path)),
        None => {
            let _shown = progress.stage("generate");
            // It stops by itself: what the agent has used up until then is evidence.
            let work = stages::generate(run, order, attempt, feedback);
            work.instrument(tracing::info_span!("generate")).await?
        }
    });
    let preview = next!(stage!("preview", stages::preview(run, &proposal).await));
    let policy = stage!("policy", stages::policy(run, &preview).await);
    let holdout = {
        let _shown = progress.stage("holdout");
        let span = tracing::info_span!("holdout");
        let work = stages::holdout(run, &proposal, &preview, &policy);
        work.instrument(span).await?
    };
    let decision = stage!(
        "gate",
        stages::gate(run, &proposal, &preview, &policy, &holdout, None)
    );
    match decision {
        Decision::Refused(refusal) => Ok(Attempt::Over(refusal)),
        Decision::Held(hold) => {
            let branch = spend::hand_over(run, &proposal).await?;
            Ok(Attempt::Done(Outcome::HandedOver(hold, branch)))
        }
        Decision::Cleared(clearance) => {
            let clearance = stages::record_clearance(run, clearance, &preview)?;
            let _shown = progress.stage("apply");
            Ok(Attempt::Done(
                spend::spend(run, clearance, &proposal, &preview).await?,
            ))
        }
    }
}

/// Records how a run ended, whatever the end was; a run that waits for a person stays open.
///
/// # Errors
/// The fault that ended it, or one of the ledger.
pub fn close(run: &mut Run<'_>, result: Result<Outcome, Fault>) -> Result<Outcome, Fault> {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(fault) => {
            close_faulted(run, &fault);
            return Err(fault);
        }
    };
    if matches!(&outcome, Outcome::HandedOver(_, None)) {
        // The approval is part of the same run.
        return Ok(outcome);
    }
    let closed = RunClosed {
        exit: outcome.exit().code(),
        outcome: outcome.word().to_owned(),
    };
    match run.record(Actor::Supervisor, closed, &[]) {
        Ok(_recorded) => Ok(outcome),
        Err(error) => Err(match outcome {
            Outcome::Applied(_) | Outcome::ApplyIncomplete(_) => Fault::AfterApply(Box::new(error)),
            Outcome::NothingToChange | Outcome::HandedOver(..) | Outcome::Refused(_) => error,
        }),
    }
}

/// Records a fault as far as the ledger still can. The fault itself says more than a second one would, and its exit code must not be lost.
fn close_faulted(run: &mut Run<'_>, fault: &Fault) {
    let record = FaultRecord {
        code: fault.code_text(),
        message: fault.line(),
    };
    let closed = RunClosed {
        exit: fault.exit().code(),
        outcome: "fault".to_owned(),
    };
    let recorded = run
        .record(Actor::Supervisor, record, &[])
        .map(drop)
        .and_then(|()| run.record(Actor::Supervisor, closed, &[]).map(drop));
    if let Err(error) = recorded {
        tracing::warn!(error = %error.line(), "the run's last lines are not in the ledger");
    }
}
