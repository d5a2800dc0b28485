//! Deciding, and reading back what is decided on.

use crate::fault::Fault;
use crate::ledger::protocol::Phase;
use crate::ledger::{self, Actor, Recorded};
use crate::names::Sha256;
use crate::pipeline::gate::{self, Approval, Case, Clearance, Decision, DecisionRecord, Judged};
use crate::pipeline::generate::Proposal;
use crate::pipeline::holdout::HoldoutReport;
use crate::pipeline::policy::PolicyReport;
use crate::pipeline::preview::Preview;
use crate::pipeline::run::Run;
use crate::pipeline::statement;

/// Gate: the decision on everything above, recorded with its statement.
///
/// # Errors
/// The ledger cannot be written.
pub fn gate(
    run: &mut Run<'_>,
    proposal: &Recorded<Proposal>,
    preview: &Recorded<Preview>,
    policy: &Recorded<Judged<PolicyReport>>,
    holdout: &Recorded<Judged<HoldoutReport>>,
    approval: Option<&Recorded<Approval>>,
) -> Result<Decision, Fault> {
    let decision = gate::decide(&Case {
        mandate: &run.mandate,
        proposal,
        preview,
        policy,
        holdout,
        approval,
    });
    let mut parents = vec![
        run.mandate.hash(),
        proposal.hash(),
        preview.hash(),
        policy.hash(),
        holdout.hash(),
    ];
    parents.extend(approval.map(Recorded::hash));
    drop(record_decision(run, &decision.record(), &parents)?);
    Ok(decision)
}

/// Records a clearance: what apply asks for.
///
/// # Errors
/// The ledger cannot be written.
pub fn record_clearance(
    run: &mut Run<'_>,
    clearance: Clearance,
    preview: &Recorded<Preview>,
) -> Result<Recorded<Clearance>, Fault> {
    run.record(Actor::Validator, clearance, &[preview.hash()])
}

/// Records a decision with its in-toto statement.
///
/// # Errors
/// The ledger cannot be written.
pub fn record_decision(
    run: &mut Run<'_>,
    decision: &DecisionRecord,
    parents: &[Sha256],
) -> Result<Recorded<DecisionRecord>, Fault> {
    let claim = statement::claim(run, decision, parents);
    Ok(run
        .ledger
        .record_stated(&run.id, Actor::Validator, decision.clone(), parents, &claim)?)
}

/// The latest evidence of one type that the run has.
///
/// # Errors
/// It has none.
pub fn latest<T: crate::ledger::Evidence + serde::de::DeserializeOwned>(
    run: &Run<'_>,
) -> Result<Recorded<T>, Fault> {
    run.ledger
        .read(&run.id)?
        .ok_or_else(|| Fault::Usage(format!("run `{}` has no `{}` yet", run.id, T::KIND)))
}

/// Everything that the gate looks at, read back from the signed ledger.
#[derive(Debug)]
pub struct Evidence {
    /// What is proposed.
    pub proposal: Recorded<Proposal>,
    /// What would change.
    pub preview: Recorded<Preview>,
    /// What the policies found.
    pub policy: Recorded<Judged<PolicyReport>>,
    /// What the holdouts found.
    pub holdout: Recorded<Judged<HoldoutReport>>,
    /// Whether a person agreed.
    pub approval: Option<Recorded<Approval>>,
}

impl Evidence {
    /// Reads it.
    ///
    /// # Errors
    /// A part is missing.
    pub fn read(run: &Run<'_>) -> Result<Self, Fault> {
        Ok(Self {
            proposal: latest(run)?,
            preview: latest(run)?,
            policy: latest(run)?,
            holdout: latest(run)?,
            approval: run.ledger.read(&run.id)?,
        })
    }

    /// The gate's case.
    #[must_use]
    pub fn case<'a>(&'a self, mandate: &'a Recorded<crate::pipeline::order::Mandate>) -> Case<'a> {
        Case {
            mandate,
            proposal: &self.proposal,
            preview: &self.preview,
            policy: &self.policy,
            holdout: &self.holdout,
            approval: self.approval.as_ref(),
        }
    }
}

/// The decision in another process than the one that made it: earned again by the same gate, from the signed evidence.
///
/// # Errors
/// The ledger cannot be written, or the run is not at a decision.
pub fn decide_again(run: &mut Run<'_>, evidence: &Evidence) -> Result<Decision, Fault> {
    let phase = run.ledger.view().run(&run.id).map(ledger::Run::phase);
    if phase == Some(Phase::Decided) {
        // Nothing has happened since.
        return Ok(gate::decide(&evidence.case(&run.mandate)));
    }
    // Somebody has answered, or an earlier process got further and no apply began.
    gate(
        run,
        &evidence.proposal,
        &evidence.preview,
        &evidence.policy,
        &evidence.holdout,
        evidence.approval.as_ref(),
    )
}
