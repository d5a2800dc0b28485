//! What policies said, as a table, as SARIF and as JUnit's XML: the same for a run's report and for `lightsout policy eval`.
//!
//! INVARIANT: nothing is left out without being counted.

pub mod junit;
pub mod sarif;
pub mod table;

use crate::pipeline::policy::metadata::{PackDoc, RuleDoc};
use crate::pipeline::policy::{PolicyReport, Severity};

/// A policy report with what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What was said.
    pub report: &'a PolicyReport,
    /// The documentation of the packs, where it is at hand.
    pub docs: &'a [PackDoc],
    /// The version of lightsout.
    pub version: &'a str,
    /// The stack.
    pub stack: &'a str,
    /// The file that stands for the program: a resource has no line in one.
    pub file: &'a str,
}

impl Told<'_> {
    /// The documentation of a rule, where it is at hand.
    fn doc(&self, rule: &str) -> Option<&RuleDoc> {
        self.docs.iter().find_map(|pack| pack.rule(rule))
    }
}

/// A severity in one word.
#[must_use]
pub const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
