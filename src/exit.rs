//! The public exit codes: the whole table, and the only mapping to it.

use std::process::{ExitCode, Termination};

/// How the process ends. Every variant is documented in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Decided and done: applied, nothing to change, or handed over as the level asks.
    Done,
    /// No decision; nothing was applied.
    Fault,
    /// Usage or configuration.
    Usage,
    /// Refused by policy.
    RefusedByPolicy,
    /// Refused by the holdouts.
    RefusedByHoldout,
    /// Refused by the gate: stale, mismatched, unapproved, outside what may be changed.
    RefusedByGate,
    /// The budget of attempts, time or output is spent.
    BudgetSpent,
    /// Of `policy eval`: nothing is denied, and a rule could not know. A run asks a person then, and ends as that is done.
    Undetermined,
    /// Apply began and did not finish: the world may have changed, a person must look.
    ApplyIncomplete,
    /// The ledger does not verify.
    LedgerInvalid,
}

impl Exit {
    /// The number the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Fault => 1,
            Self::Usage => 2,
            Self::RefusedByPolicy => 10,
            Self::RefusedByHoldout => 11,
            Self::RefusedByGate => 12,
            Self::BudgetSpent => 13,
            Self::Undetermined => 14,
            Self::ApplyIncomplete => 20,
            Self::LedgerInvalid => 30,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
