//! The gate: the pure decision on recorded evidence, and the only maker of a [`Clearance`].
//!
//! INVARIANT: nothing else in the crate can make a clearance; its fields are private, it is neither `Clone` nor `Deserialize`, and it
//! needs a pass of both judges. Evidence of another run, of another proposal or of another preview is refused, whatever it says.
//! INVARIANT: no clock, no file, no environment is read here; the same evidence always gives the same decision.
//!
//! Types do not survive a process boundary: a later process reads the signed evidence again and earns its clearance here again.
//!
//! Only what is in the ledger can be judged. A preview that is not recorded is not accepted:
//!
//! ```compile_fail
//! # use lightsout::{ledger::Recorded, pipeline::{gate, preview::Preview}};
//! fn judge<'a>(case: gate::Case<'a>, unrecorded: &'a Preview) -> gate::Case<'a> {
//!     gate::Case { preview: unrecorded, ..case }
//! }
//! ```
//! ```
//! # use lightsout::{ledger::Recorded, pipeline::{gate, preview::Preview}};
//! fn judge<'a>(case: gate::Case<'a>, recorded: &'a Recorded<Preview>) -> gate::Case<'a> {
//!     gate::Case { preview: recorded, ..case }
//! }
//! ```
//!
//! Both reports are needed:
//!
//! ```compile_fail
//! # use lightsout::pipeline::gate;
//! fn judge<'a>(case: &gate::Case<'a>) -> gate::Case<'a> {
//!     gate::Case { mandate: case.mandate, proposal: case.proposal, preview: case.preview, policy: case.policy, approval: None }
//! }
//! ```
//! ```
//! # use lightsout::pipeline::gate;
//! fn judge<'a>(case: &gate::Case<'a>) -> gate::Case<'a> {
//!     gate::Case { mandate: case.mandate, proposal: case.proposal, preview: case.preview, policy: case.policy, holdout: case.holdout, approval: None }
//! }
//! ```
//!
//! A clearance cannot be forged elsewhere:
//!
//! ```compile_fail
//! # use lightsout::pipeline::gate::Clearance;
//! fn forge(real: &Clearance) -> Clearance {
//!     Clearance { ..*real }
//! }
//! ```
//! ```
//! # use lightsout::pipeline::gate::Clearance;
//! fn pass_on(real: Clearance) -> Clearance {
//!     real
//! }
//! ```
//!
//! nor read back from a file:
//!
//! ```compile_fail
//! # use lightsout::pipeline::gate::Clearance;
//! fn read(text: &str) -> Option<Clearance> {
//!     serde_json::from_str::<Clearance>(text).ok()
//! }
//! ```
//! ```
//! # use lightsout::pipeline::gate::DecisionRecord;
//! fn read(text: &str) -> Option<DecisionRecord> {
//!     serde_json::from_str::<DecisionRecord>(text).ok()
//! }
//! ```

use serde::{Deserialize, Serialize};

mod approval;
mod record;
pub mod refusal;
mod resolved;
pub mod stateful;

pub use approval::{Approval, Way};
pub use record::{DecisionRecord, Hold, Need};
pub use refusal::{Reason, Refusal};

use crate::config::Autonomy;
use crate::ledger::{Evidence, Kind, Recorded};
use crate::names::{RuleId, RunId, Sha256, StackName};
use crate::pipeline::cooling;
use crate::pipeline::generate::Proposal;
use crate::pipeline::holdout::{HoldoutPass, HoldoutReport};
use crate::pipeline::order::Mandate;
use crate::pipeline::policy::{PolicyReport, Verdict};
use crate::pipeline::preview::Preview;

/// A judge's report with the preview that it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged<R> {
    /// Hash of the preview's evidence.
    pub preview: Sha256,
    /// What the judge found.
    pub report: R,
}

impl Evidence for Judged<PolicyReport> {
    const KIND: Kind = Kind::PolicyReport;
}
impl Evidence for Judged<HoldoutReport> {
    const KIND: Kind = Kind::HoldoutReport;
}

/// Everything that a decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Under which rules.
    pub mandate: &'a Recorded<Mandate>,
    /// What is proposed.
    pub proposal: &'a Recorded<Proposal>,
    /// What would change.
    pub preview: &'a Recorded<Preview>,
    /// What the policies found.
    pub policy: &'a Recorded<Judged<PolicyReport>>,
    /// What the holdouts found.
    pub holdout: &'a Recorded<Judged<HoldoutReport>>,
    /// Whether a person agreed.
    pub approval: Option<&'a Recorded<Approval>>,
}

/// The gate's answer.
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "made once in a run and spent at once"
)]
pub enum Decision {
    /// It may be applied, once.
    Cleared(Clearance),
    /// A person must decide.
    Held(Hold),
    /// It must not be applied.
    Refused(Refusal),
}

/// Permission to apply one previewed change, once.
///
/// Only [`decide`] makes one.
#[derive(Debug, Serialize)]
#[must_use]
pub struct Clearance {
    run: RunId,
    stack: StackName,
    proposal: Sha256,
    tree: Sha256,
    preview: Sha256,
    record: Sha256,
    plan: Sha256,
    state: Sha256,
    approval: Option<Sha256>,
    #[serde(skip)]
    _policy: PolicyPass,
    #[serde(skip)]
    _holdout: HoldoutPass,
}

#[derive(Debug)]
struct PolicyPass(());

impl Evidence for Clearance {
    const KIND: Kind = Kind::Clearance;
}

impl Clearance {
    /// The run that earned it.
    #[must_use]
    pub const fn run(&self) -> &RunId {
        &self.run
    }
    /// The stack that may be changed.
    #[must_use]
    pub const fn stack(&self) -> &StackName {
        &self.stack
    }
    /// Hash of the judged tree.
    #[must_use]
    pub const fn tree(&self) -> Sha256 {
        self.tree
    }
    /// Hash of the judged record of steps.
    #[must_use]
    pub const fn record(&self) -> Sha256 {
        self.record
    }
    /// Hash of the engine's plan.
    #[must_use]
    pub const fn plan(&self) -> Sha256 {
        self.plan
    }
    /// Hash of the state that the preview was made against.
    #[must_use]
    pub const fn state(&self) -> Sha256 {
        self.state
    }
}

impl Decision {
    /// The answer as data.
    #[must_use]
    pub fn record(&self) -> DecisionRecord {
        match self {
            Self::Cleared(clearance) => DecisionRecord::Cleared {
                preview: clearance.preview,
            },
            Self::Held(hold) => DecisionRecord::Held(hold.clone()),
            Self::Refused(refusal) => DecisionRecord::Refused(refusal.clone()),
        }
    }
}

/// Decides.
///
/// All reasons against are collected, not only the first. With none, what still needs a person holds the change; only what needs nobody, or
/// what a person agreed to, is cleared.
pub fn decide(case: &Case<'_>) -> Decision {
    let mut reasons = mismatches(case);
    let policy = judge_policy(case, &mut reasons);
    let mut needs = Vec::new();
    let holdout = judge_holdout(case, &mut reasons, &mut needs);
    if !reasons.is_empty() {
        return Decision::Refused(Refusal { reasons });
    }
    needs.extend(needs_of(case));
    let level = case.mandate.value().autonomy;
    // Neither an approval nor a pass lifts `review`: there, a person merges.
    let is_agreed = case.approval.is_some() && level != Autonomy::Review;
    match (policy, holdout) {
        (Some(policy), Some(holdout)) if needs.is_empty() || is_agreed => {
            Decision::Cleared(clearance(case, policy, holdout))
        }
        (Some(_) | None, Some(_) | None) => Decision::Held(Hold {
            preview: case.preview.hash(),
            needs,
        }),
    }
}

fn clearance(case: &Case<'_>, policy: PolicyPass, holdout: HoldoutPass) -> Clearance {
    let preview = case.preview.value();
    Clearance {
        run: case.preview.run().clone(),
        stack: case.mandate.value().stack.clone(),
        proposal: case.proposal.hash(),
        tree: case.proposal.value().tree,
        preview: case.preview.hash(),
        record: preview.record_hash,
        plan: preview.plan,
        state: preview.state,
        approval: case.approval.map(Recorded::hash),
        _policy: policy,
        _holdout: holdout,
    }
}

/// Evidence that is not about this change of this run.
fn mismatches(case: &Case<'_>) -> Vec<Reason> {
    let run = case.mandate.run();
    let preview = case.preview.value();
    let checks = [
        (case.proposal.run() == run, "the proposal is of another run"),
        (case.preview.run() == run, "the preview is of another run"),
        (
            case.policy.run() == run,
            "the policy report is of another run",
        ),
        (
            case.holdout.run() == run,
            "the holdout report is of another run",
        ),
        (
            case.approval.is_none_or(|approval| approval.run() == run),
            "the approval is of another run",
        ),
        (
            preview.proposal == case.proposal.hash(),
            "the preview is of another proposal",
        ),
        (
            preview.tree == case.proposal.value().tree,
            "the preview is of another tree",
        ),
        (
            preview.stack == case.mandate.value().stack,
            "the preview is of another stack",
        ),
        (
            case.policy.value().preview == case.preview.hash(),
            "the policy report is about another preview",
        ),
        (
            case.holdout.value().preview == case.preview.hash(),
            "the holdout report is about another preview",
        ),
        (
            case.approval
                .is_none_or(|approval| approval.value().preview == case.preview.hash()),
            "the approval is of another preview",
        ),
        (
            case.policy.value().report.history.is_some(),
            "the policy report does not say what earlier runs have left",
        ),
        (
            case.proposal.value().refused.is_empty(),
            "the proposal touches what it may not",
        ),
    ];
    checks
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, what)| Reason::Mismatch {
            what: what.to_owned(),
        })
        .collect()
}

fn judge_policy(case: &Case<'_>, reasons: &mut Vec<Reason>) -> Option<PolicyPass> {
    let report = &case.policy.value().report;
    match report.verdict() {
        Verdict::Hollow => reasons.push(Reason::HollowPolicy),
        Verdict::Denied => reasons.extend(report.denials().cloned().map(Reason::Policy)),
        // Not a pass for `auto`, where it becomes a need: see `needs_of`.
        Verdict::Undetermined | Verdict::Clean => {
            let before = reasons.len();
            resolved::judge(case, reasons);
            return (reasons.len() == before).then_some(PolicyPass(()));
        }
    }
    None
}

fn judge_holdout(
    case: &Case<'_>,
    reasons: &mut Vec<Reason>,
    needs: &mut Vec<Need>,
) -> Option<HoldoutPass> {
    let report = &case.holdout.value().report;
    match report.verdict() {
        Ok(pass) => return Some(pass),
        // At `review` a person judges in the scenarios' place, and is told so.
        Err(_)
            if report.scenarios.is_empty() && case.mandate.value().autonomy == Autonomy::Review =>
        {
            needs.push(Need::NoScenarios)
        }
        Err(refusal) => reasons.push(Reason::Holdout {
            reasons: refusal.reasons().collect(),
        }),
    }
    None
}

fn needs_of(case: &Case<'_>) -> Vec<Need> {
    let mut needs = Vec::new();
    let paths = case.proposal.value().privileged.clone();
    if !paths.is_empty() {
        needs.push(Need::Dependencies { paths });
    }
    let urns = stateful::destroyed(&case.preview.value().record);
    if !urns.is_empty() {
        needs.push(Need::Destructive { urns });
    }
    if let Some(history) = &case.policy.value().report.history {
        let record = &case.preview.value().record;
        let resources = cooling::destroyed(record, &history.cooling, history.at);
        if !resources.is_empty() {
            needs.push(Need::Cooling { resources });
        }
    }
    let mut rules: Vec<RuleId> = case
        .policy
        .value()
        .report
        .undetermined()
        .map(|(rule, _)| rule.clone())
        .collect();
    rules.dedup();
    if !rules.is_empty() {
        needs.push(Need::Undetermined { rules });
    }
    match case.mandate.value().autonomy {
        Autonomy::Review => needs.push(Need::Review),
        Autonomy::Balanced => needs.push(Need::Approval),
        Autonomy::Auto => {}
    }
    needs
}

#[cfg(test)]
mod tests;
