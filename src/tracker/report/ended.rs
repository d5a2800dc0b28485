//! How work ended, as a tracker says it.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::pipeline::Outcome;
use crate::report::Report;

/// How the work ended.
#[derive(Debug)]
pub enum Ended<'a> {
    /// With a report.
    Report(&'a Report),
    /// With an outcome whose report could not be made.
    Unreported(&'a Outcome, &'a Fault),
    /// Without a decision, or in the middle of an apply.
    Fault(&'a Fault),
}

impl Ended<'_> {
    /// The label's phase.
    pub(super) fn phase(&self) -> &'static str {
        match self {
            Self::Unreported(Outcome::Applied(_) | Outcome::NothingToChange, _) => "done",
            Self::Unreported(Outcome::HandedOver(..), _) => "review",
            Self::Unreported(Outcome::Refused(_) | Outcome::ApplyIncomplete(_), _)
            | Self::Fault(_) => "blocked",
            Self::Report(report) => report.phase(),
        }
    }

    pub(super) fn conclusion(&self) -> &'static str {
        match self.phase() {
            "done" => "success",
            "review" => "action_required",
            "again" => "neutral",
            _ => "failure",
        }
    }

    pub(super) fn line(&self) -> String {
        match self {
            Self::Unreported(outcome, fault) => format!(
                "{}, and the report could not be made: {}",
                outcome.word(),
                fault.line()
            ),
            Self::Fault(fault) if is_alarming(fault) => fault.line(),
            Self::Fault(fault) => format!("no decision, nothing was applied: {}", fault.line()),
            Self::Report(report) => report.line(),
        }
    }
}

/// Whether code or world may not be what they should.
pub(super) fn is_alarming(fault: &Fault) -> bool {
    fault.exit() == Exit::ApplyIncomplete || matches!(fault, Fault::AfterLanding { .. })
}
