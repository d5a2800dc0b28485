//! A pack's own tests: its layout, OPA's tests, checker and formatter, and every example before two hosts.
//!
//! INVARIANT: what is not tested is a problem, or is counted and named. A rule without a test or an example, a test that is skipped, an
//! example of no rule, an example that its rule does not look at: none of them passes in silence.
//!
//! It decides nothing about a preview. OPA sees copies of the files that were read.

mod examples;
mod hosts;
mod layout;
mod opas;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error as PolicyError;
use super::example;
use super::metadata::{self, PackDoc};
use super::pack::{Compiler, Pack};
use super::report::PackRecord;
use crate::names::RuleId;

/// What the tests of one pack said.
#[derive(Debug, Serialize)]
pub struct TestReport {
    /// The pack.
    pub pack: PackRecord,
    /// Where it is.
    pub folder: PathBuf,
    /// Its rules.
    pub rules: usize,
    /// OPA's tests that pass.
    pub opa_tests: usize,
    /// Examples that were judged.
    pub examples: usize,
    /// Examples at which their rule does not look, such as a delete that is allowed for that alone.
    pub unseen: Vec<String>,
    /// Answers that both hosts were asked for.
    pub compared: usize,
    /// Rules that the second host cannot run.
    pub skipped: Vec<Skipped>,
    /// What is not as it should be.
    pub problems: Vec<Problem>,
}

/// A rule that only our host can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The rule.
    pub rule: RuleId,
    /// What the other host lacks.
    pub why: String,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which test: `layout`, `opa`, `example` or `hosts`.
    pub test: &'static str,
    /// Where: a file, a rule, an example.
    pub at: String,
    /// What is wrong.
    pub what: String,
}

/// Why a pack cannot be tested at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not load, or OPA cannot be run.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Its METADATA cannot be read.
    #[error(transparent)]
    Metadata(#[from] metadata::Error),
    /// Its examples cannot be read.
    #[error(transparent)]
    Examples(#[from] example::Error),
    /// The second host does not take its module.
    #[error("loading the compiled rules of policy pack `{pack}` in the second host: {why}")]
    Second {
        /// The pack.
        pack: String,
        /// What it says.
        why: String,
    },
}

/// Tests the pack in a folder.
///
/// # Errors
/// It cannot be loaded, or its examples are none.
pub async fn run(folder: &Path, compiler: &Compiler) -> Result<TestReport, Error> {
    let pack = Pack::load(folder, compiler).await?;
    let doc = PackDoc::of_folder(folder)?;
    let examples = example::read(folder)?;
    let mut report = TestReport {
        pack: pack.record(),
        folder: folder.to_owned(),
        rules: pack.rules.len(),
        opa_tests: 0,
        examples: examples.len(),
        unseen: Vec::new(),
        compared: 0,
        skipped: Vec::new(),
        problems: Vec::new(),
    };
    layout::check(folder, &pack, &doc, &examples, &mut report.problems)?;
    opas::check(folder, &pack, compiler, &mut report).await?;
    examples::check(&pack, &examples, &mut report).await;
    hosts::check(folder, &pack, compiler, &examples, &mut report).await?;
    Ok(report)
}

impl TestReport {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.problems.is_empty()
    }
}

impl Problem {
    fn new(test: &'static str, at: impl ToString, what: impl Into<String>) -> Self {
        Self {
            test,
            at: at.to_string(),
            what: what.into(),
        }
    }
}
