//! What a judgement can be: passed, or failed with one of a closed set of reasons.
//!
//! INVARIANT: the reason may go into the ledger; the detail goes to the operator only and prints nothing by itself.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one run of one scenario gave.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum RunOutcome {
    /// Every step held.
    Passed,
    /// A step did not hold, or could not be judged.
    Failed {
        /// The step, counted from 0, the background's first.
        step: usize,
        /// Why.
        kind: FailureKind,
        /// What was found, for the operator only.
        detail: Detail,
    },
}

/// Why a scenario did not hold. The set is closed: it is what the ledger may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// A step is not in the vocabulary.
    NotUnderstood,
    /// The state has no stack, no resource, or something half done.
    NotDeployed,
    /// A resource that is spoken of does not exist.
    ResourceMissing,
    /// More than one resource fits where one is meant.
    Ambiguous,
    /// There are more or fewer than asked for.
    WrongCount,
    /// A resource exists that should not.
    Unexpected,
    /// A property, tag or output is not there.
    Absent,
    /// A value is secret.
    Secret,
    /// A value is not known, or wrapped in a way that is not understood.
    Unreadable,
    /// A value is of another type than the test needs.
    WrongShape,
    /// A value is not what was asked for.
    Differs,
    /// A resource has nothing that refers to it.
    Unrelated,
}

/// What was found, for the operator: it may hold names and values, so it prints only on request.
#[derive(Clone, PartialEq, Eq)]
pub struct Detail(pub(super) String);

impl Detail {
    /// The text, for a place that only the operator reads.
    #[must_use]
    pub fn for_operator(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[withheld]")
    }
}
