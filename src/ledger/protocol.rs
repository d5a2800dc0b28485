//! Which evidence may follow which within one run: the pipeline's order, a second time, as data.
//!
//! The types order the stages in memory; this table orders their evidence on disk. The ledger uses it when it records and again when it
//! verifies.
//! INVARIANT: what is not listed is refused. A clearance follows only a decision that had both reports before it, an apply follows only a
//! clearance and a landing, and a run that began to apply cannot close without a receipt or a person who looked.
//! It does not look into the evidence: whether a decision said yes is the gate's business.

use std::fmt;

use crate::ledger::entry::Kind;

/// LIMIT: attempts of one run; the agent is asked at most this often.
pub const ATTEMPTS_MAX: u8 = 3;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    phase: Phase,
    attempts: u8,
}

/// What a run's last entries amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The run is opened.
    Opened,
    /// It has a work order.
    Ordered,
    /// The wall has proved itself for this attempt.
    Walled,
    /// The agent has worked, and how that ended is known.
    Built,
    /// There is a proposal.
    Proposed,
    /// It was previewed.
    Previewed,
    /// The policies have reported.
    PolicyReported,
    /// The holdouts have reported too.
    Judged,
    /// The gate decided on both reports.
    Decided,
    /// The gate decided on less: this attempt can only have been refused, or had nothing to change.
    Stopped,
    /// A person answered; the gate must decide again.
    Answered,
    /// There is a clearance.
    Cleared,
    /// The judged tree is a commit, and there is a clearance.
    Landed,
    /// The judged tree is a commit for people to review; nothing is cleared.
    HandedOver,
    /// The world may be changing.
    Applying,
    /// The world may have changed, and lightsout failed meanwhile.
    ApplyingFaulted,
    /// There is a receipt.
    Applied,
    /// No decision could be made; the run can only be closed.
    Faulted,
    /// The run is over, and had a receipt; a person may have to look at what it left.
    Ended,
    /// The run is over, and nothing may follow.
    Closed,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 20] = [
        Self::Opened,
        Self::Ordered,
        Self::Walled,
        Self::Built,
        Self::Proposed,
        Self::Previewed,
        Self::PolicyReported,
        Self::Judged,
        Self::Decided,
        Self::Stopped,
        Self::Answered,
        Self::Cleared,
        Self::Landed,
        Self::HandedOver,
        Self::Applying,
        Self::ApplyingFaulted,
        Self::Applied,
        Self::Faulted,
        Self::Ended,
        Self::Closed,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opened => "opened",
            Self::Ordered => "ordered",
            Self::Walled => "walled",
            Self::Built => "built",
            Self::Proposed => "proposed",
            Self::Previewed => "previewed",
            Self::PolicyReported => "policy reported",
            Self::Judged => "judged",
            Self::Decided => "decided",
            Self::Stopped => "stopped",
            Self::Answered => "answered",
            Self::Cleared => "cleared",
            Self::Landed => "landed",
            Self::HandedOver => "handed over",
            Self::Applying => "applying",
            Self::ApplyingFaulted => "applying, faulted",
            Self::Applied => "applied",
            Self::Faulted => "faulted",
            Self::Ended => "ended",
            Self::Closed => "closed",
        })
    }
}

impl State {
    /// Where a run stands after its first entry; nothing but an opening begins a run.
    #[must_use]
    pub const fn first(kind: Kind) -> Option<Self> {
        if matches!(kind, Kind::RunOpened) {
            Some(Self {
                phase: Phase::Opened,
                attempts: 0,
            })
        } else {
            None
        }
    }

    /// Where the run stands after one more entry, if that may follow.
    #[must_use]
    pub fn next(self, kind: Kind) -> Option<Self> {
        let (_, phase) = successors(self.phase).iter().find(|(k, _)| *k == kind)?;
        let begins = matches!(self.phase, Phase::Ordered | Phase::Decided | Phase::Stopped)
            && matches!(kind, Kind::Wall | Kind::Proposal);
        let attempts = if begins {
            self.attempts.checked_add(1)?
        } else {
            self.attempts
        };
        (attempts <= ATTEMPTS_MAX).then_some(Self {
            phase: *phase,
            attempts,
        })
    }

    /// What the run's last entries amount to.
    #[must_use]
    pub const fn phase(self) -> Phase {
        self.phase
    }

    /// Attempts begun.
    #[must_use]
    pub const fn attempts(self) -> u8 {
        self.attempts
    }
}

/// The table: for each phase, the kinds that may come, and the phase that each leads to.
#[must_use]
pub const fn successors(phase: Phase) -> &'static [(Kind, Phase)] {
    const FAULT: (Kind, Phase) = (Kind::Fault, Phase::Faulted);
    const CLOSE: (Kind, Phase) = (Kind::RunClosed, Phase::Closed);
    const DECIDE: (Kind, Phase) = (Kind::Decision, Phase::Decided);
    const STOP: (Kind, Phase) = (Kind::Decision, Phase::Stopped);
    // A person looked at what an apply left.
    const LOOKED: (Kind, Phase) = (Kind::Acknowledgement, Phase::Closed);
    const WALL: (Kind, Phase) = (Kind::Wall, Phase::Walled);
    // Somebody else's proposal has no builder of ours, and so no wall.
    const PROPOSAL: (Kind, Phase) = (Kind::Proposal, Phase::Proposed);
    match phase {
        Phase::Opened => &[(Kind::WorkOrder, Phase::Ordered), FAULT, CLOSE],
        Phase::Ordered => &[WALL, PROPOSAL, STOP, FAULT, CLOSE],
        Phase::Walled => &[
            (Kind::Check, Phase::Walled),
            (Kind::AgentReport, Phase::Built),
            FAULT,
            CLOSE,
        ],
        Phase::Built => &[PROPOSAL, STOP, FAULT, CLOSE],
        Phase::Proposed => &[(Kind::Preview, Phase::Previewed), STOP, FAULT, CLOSE],
        Phase::Previewed => &[
            (Kind::PolicyReport, Phase::PolicyReported),
            STOP,
            FAULT,
            CLOSE,
        ],
        // Both judges always run: there is no decision between them.
        Phase::PolicyReported => &[(Kind::HoldoutReport, Phase::Judged), FAULT, CLOSE],
        Phase::Judged | Phase::Answered => &[DECIDE, FAULT, CLOSE],
        Phase::Decided => &[
            WALL,
            PROPOSAL,
            (Kind::Approval, Phase::Answered),
            (Kind::Clearance, Phase::Cleared),
            (Kind::Landing, Phase::HandedOver),
            FAULT,
            CLOSE,
        ],
        Phase::Stopped => &[WALL, PROPOSAL, FAULT, CLOSE],
        // The world may have moved since, or another process goes on: until apply begins, the gate may decide again.
        Phase::Cleared => &[(Kind::Landing, Phase::Landed), DECIDE, FAULT, CLOSE],
        Phase::Landed => &[(Kind::ApplyStarted, Phase::Applying), DECIDE, FAULT, CLOSE],
        Phase::HandedOver => &[FAULT, CLOSE],
        // A fault after the receipt does not hide it.
        Phase::Applied => &[
            (Kind::Fault, Phase::Applied),
            (Kind::RunClosed, Phase::Ended),
            LOOKED,
        ],
        Phase::Applying | Phase::ApplyingFaulted => &[
            (Kind::Receipt, Phase::Applied),
            (Kind::Fault, Phase::ApplyingFaulted),
            LOOKED,
        ],
        Phase::Faulted => &[FAULT, CLOSE],
        Phase::Ended => &[LOOKED],
        Phase::Closed => &[],
    }
}

#[cfg(test)]
mod tests;
