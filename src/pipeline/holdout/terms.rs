//! How many runs, how many of them, and what share: the terms of a verdict.
//!
//! INVARIANT: terms that could pass nothing at all, or that one lucky run could pass, cannot be made; a deserialised value is
//! checked as strictly as a configured one. Shares are compared in whole numbers.

use serde::{Deserialize, Serialize};

use super::RunVerdict;

/// Runs of one scenario; each is a deployment.
const RUNS_MAX: u32 = 25;

/// Parts of a whole that a rate is counted in.
const WHOLE: u32 = 10_000;

/// The share of scenarios that must pass, in hundredths of a percent: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Rate(u32);

/// How many runs are made, how many of them must pass, and which share of scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTerms", into = "RawTerms")]
pub struct Terms {
    runs: u32,
    quorum: u32,
    pass_rate: Rate,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerms {
    runs_per_scenario: u32,
    quorum: u32,
    pass_rate_basis_points: Rate,
}

/// Terms that decide nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// No run, or more than are made.
    #[error("setting the terms of holdouts: runs must be 1 to {RUNS_MAX}")]
    Runs,
    /// One lucky run would be enough, or no number of runs.
    #[error(
        "setting the terms of holdouts: the quorum must be more than half of the runs, and not more than all"
    )]
    Quorum,
    /// A rate that everything or nothing reaches.
    #[error(
        "setting the terms of holdouts: the pass rate must be 1 to {WHOLE} hundredths of a percent"
    )]
    Rate,
}

impl Terms {
    /// Terms that can decide.
    ///
    /// # Errors
    /// See [`TermsError`].
    pub const fn new(runs: u32, quorum: u32, pass_rate: Rate) -> Result<Self, TermsError> {
        if runs == 0 || runs > RUNS_MAX {
            return Err(TermsError::Runs);
        }
        if quorum > runs || quorum.saturating_mul(2) <= runs {
            return Err(TermsError::Quorum);
        }
        Ok(Self {
            runs,
            quorum,
            pass_rate,
        })
    }

    /// The same rate, reached in one run.
    #[must_use]
    pub const fn once(self) -> Self {
        Self {
            runs: 1,
            quorum: 1,
            ..self
        }
    }

    /// Runs of each scenario.
    #[must_use]
    pub const fn runs(&self) -> u32 {
        self.runs
    }

    /// Runs that must pass.
    #[must_use]
    pub const fn quorum(&self) -> u32 {
        self.quorum
    }

    /// The share of scenarios that must pass.
    #[must_use]
    pub const fn pass_rate(&self) -> Rate {
        self.pass_rate
    }

    /// Whether a scenario with these runs passed. Runs beyond the fixed number never help.
    pub(super) fn reached(&self, runs: &[RunVerdict]) -> bool {
        let passes = super::count(runs.iter().filter(|run| run.is_pass()).count());
        super::count(runs.len()) == u64::from(self.runs) && passes >= u64::from(self.quorum)
    }
}

impl Rate {
    /// A rate in hundredths of a percent.
    ///
    /// # Errors
    /// It is 0 or more than the whole.
    pub const fn from_basis_points(points: u32) -> Result<Self, TermsError> {
        if points == 0 || points > WHOLE {
            return Err(TermsError::Rate);
        }
        Ok(Self(points))
    }

    /// Whether so many of so many are enough. Of none, nothing is.
    #[must_use]
    pub fn is_reached(self, passed: u64, of: u64) -> bool {
        of > 0
            && passed <= of
            && u128::from(passed) * u128::from(WHOLE) >= u128::from(of) * u128::from(self.0)
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

impl TryFrom<u32> for Rate {
    type Error = TermsError;

    fn try_from(points: u32) -> Result<Self, TermsError> {
        Self::from_basis_points(points)
    }
}

impl From<Rate> for u32 {
    fn from(rate: Rate) -> Self {
        rate.0
    }
}

impl TryFrom<RawTerms> for Terms {
    type Error = TermsError;

    fn try_from(raw: RawTerms) -> Result<Self, TermsError> {
        Self::new(
            raw.runs_per_scenario,
            raw.quorum,
            raw.pass_rate_basis_points,
        )
    }
}

impl From<Terms> for RawTerms {
    fn from(terms: Terms) -> Self {
        Self {
            runs_per_scenario: terms.runs,
            quorum: terms.quorum,
            pass_rate_basis_points: terms.pass_rate,
        }
    }
}
