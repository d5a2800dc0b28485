//! Hidden acceptance tests: what a change must be true of, judged on deployed trials.
//!
//! An operator writes scenarios in Gherkin ([`vocabulary`] lists what a step can say) and keeps them where the builder cannot
//! read. For each run a fresh stack is deployed; [`State::parse`] reads what the engine recorded and [`evaluate`] says whether
//! a scenario holds of it. [`HoldoutReport::assemble`] puts the runs together and [`HoldoutReport::verdict`] decides:
//!
//! - a scenario passes if a quorum of its runs passed, and the number of runs is fixed beforehand: no run is added until one
//!   passes, and none may be missing;
//! - a `@critical` scenario that does not pass refuses alone;
//! - the share of scenarios that passed must reach the rate, counted in whole numbers;
//! - a trial that did not deploy, or that left something behind, refuses;
//! - no scenarios is not a pass.
//!
//! INVARIANT: the report is made of ids, counts and closed sets of words, so that it may be kept in the ledger; what it has of policies
//! ([`TrialRecord::policies`]) comes from rules and the program alone. What scenarios say and what was found goes into [`Details`], which can be neither serialised nor printed by accident. The agent gets
//! [`feedback`]: one line from a list that has no scenario in it.
//!
//! It deploys nothing, reads no clock and starts no process. Whether the report is of the right preview, set and terms is for
//! the gate to compare.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::names::Sha256;
use crate::pipeline::resolved::{self, Answered, Resolved};

mod details;
mod feature;
mod judge;
mod problem;
mod scenario;
mod state;
mod terms;
pub mod trial;
mod value;
mod vocabulary;

pub use details::Details;
pub use judge::{Detail, FailureKind, RunOutcome, evaluate};
pub use problem::{Problem, ScenarioError};
pub use scenario::{FeatureFile, NotUnderstood, Scenario, ScenarioId, ScenarioSet};
pub use state::{State, StateError};
pub use terms::{Rate, Terms, TermsError};
pub use vocabulary::vocabulary;

/// What the trials of one preview gave, without a word of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldoutReport {
    /// The hash of the scenarios.
    pub set: Sha256,
    /// What was asked for.
    pub terms: Terms,
    /// One for each scenario of the set.
    pub scenarios: Vec<ScenarioResult>,
    /// One for each run.
    pub trials: Vec<TrialRecord>,
}

/// The runs of one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioResult {
    /// The scenario's opaque name.
    pub id: ScenarioId,
    /// Whether it has a veto.
    pub critical: bool,
    /// What each trial gave, in the order of the trials.
    pub runs: Vec<RunVerdict>,
    /// Whether the quorum was reached.
    pub passed: bool,
}

/// What one run of one scenario gave, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunVerdict {
    /// Every step held.
    Passed,
    /// A step did not hold, or could not be judged.
    Failed(FailureKind),
    /// There was nothing to judge: the trial did not deploy, or its state could not be read.
    NotRun,
}

/// One ephemeral deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialRecord {
    /// What its names and ids were made from; no two trials share one.
    pub seed: u64,
    /// Whether `up` ended well.
    pub deployed: bool,
    /// What was left after it was destroyed.
    pub teardown: Teardown,
    /// The hash of the exported state that was judged.
    pub evidence: Sha256,
    /// What the policies said of the trial's resolved values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Resolved>,
}

/// What was left of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teardown {
    /// So many resources, as counted in the state and in the providers afterwards; 0 is proof of a clean end.
    Left(u64),
    /// Nobody could count.
    Unproven,
}

/// One trial as it was run: its record, and what [`evaluate`] said of each scenario, in the order of the set.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What the ledger may hold.
    pub record: TrialRecord,
    /// `None` if there was no state to judge.
    pub outcomes: Option<Vec<RunOutcome>>,
}

/// Proof that the holdouts do not object. Only [`HoldoutReport::verdict`] makes one.
#[derive(Debug)]
#[must_use]
pub struct HoldoutPass {
    set: Sha256,
}

/// Why the holdouts refuse; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HoldoutRefusal {
    reasons: BTreeSet<Reason>,
}

/// One reason to refuse. The set is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A scenario with a veto did not pass.
    CriticalFailed,
    /// Too few scenarios passed.
    RateNotReached,
    /// There is nothing that could have passed.
    NoScenarios,
    /// A scenario or the whole has fewer runs than asked for.
    RunsMissing,
    /// A scenario or the whole has more runs than asked for.
    RunsAdded,
    /// A trial did not deploy.
    NotDeployed,
    /// A trial left something, or nobody knows.
    NotRemoved,
    /// Two trials are the same trial.
    SeedRepeated,
    /// The report contradicts itself.
    Contradiction,
}

/// Passes over runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Satisfaction {
    /// Runs that passed.
    pub passes: u64,
    /// Runs that were asked for.
    pub runs: u64,
}

impl HoldoutReport {
    /// Puts the trials together: what may be kept, and what only the operator sees.
    #[must_use]
    pub fn assemble(set: &ScenarioSet, terms: Terms, trials: Vec<Trial>) -> (Self, Details) {
        let scenarios = set.scenarios();
        // INVARIANT: outcomes that do not match the set one to one say nothing about any scenario.
        let usable = |trial: &Trial| {
            trial.record.deployed
                && trial
                    .outcomes
                    .as_ref()
                    .is_some_and(|o| o.len() == scenarios.len())
        };
        let outcome = |trial: &Trial, at: usize| match &trial.outcomes {
            Some(outcomes) if usable(trial) => outcomes.get(at).cloned(),
            Some(_) | None => None,
        };
        let mut details = Details::new(set.hash());
        let mut results = Vec::new();
        for (at, scenario) in scenarios.iter().enumerate() {
            let outcomes: Vec<_> = trials.iter().map(|trial| outcome(trial, at)).collect();
            let runs: Vec<_> = outcomes.iter().map(RunVerdict::of).collect();
            details.add(scenario, &outcomes);
            results.push(ScenarioResult {
                id: scenario.id(),
                critical: scenario.is_critical(),
                passed: terms.reached(&runs),
                runs,
            });
        }
        let report = Self {
            set: set.hash(),
            terms,
            scenarios: results,
            trials: trials.into_iter().map(|trial| trial.record).collect(),
        };
        (report, details)
    }

    /// Decides. All reasons are listed.
    ///
    /// # Errors
    /// The holdouts refuse.
    pub fn verdict(&self) -> Result<HoldoutPass, HoldoutRefusal> {
        let mut reasons = BTreeSet::new();
        let mut add = |when: bool, reason| {
            if when {
                reasons.insert(reason);
            }
        };
        let asked = u64::from(self.terms.runs());
        let counts = || {
            let of_scenarios = self.scenarios.iter().map(|s| s.runs.len());
            of_scenarios.chain([self.trials.len()]).map(count)
        };
        add(self.scenarios.is_empty(), Reason::NoScenarios);
        add(counts().any(|n| n < asked), Reason::RunsMissing);
        add(counts().any(|n| n > asked), Reason::RunsAdded);
        add(self.trials.iter().any(|t| !t.deployed), Reason::NotDeployed);
        add(
            self.trials.iter().any(|t| t.teardown != Teardown::Left(0)),
            Reason::NotRemoved,
        );
        let seeds: BTreeSet<_> = self.trials.iter().map(|t| t.seed).collect();
        add(seeds.len() != self.trials.len(), Reason::SeedRepeated);
        let ids: BTreeSet<_> = self.scenarios.iter().map(|s| s.id).collect();
        add(
            ids.len() != self.scenarios.len()
                || self
                    .scenarios
                    .iter()
                    .any(|s| s.passed != self.terms.reached(&s.runs)),
            Reason::Contradiction,
        );
        let passed = self
            .scenarios
            .iter()
            .filter(|s| self.terms.reached(&s.runs))
            .count();
        add(
            self.scenarios
                .iter()
                .any(|s| s.critical && !self.terms.reached(&s.runs)),
            Reason::CriticalFailed,
        );
        add(
            !self
                .terms
                .pass_rate()
                .is_reached(count(passed), count(self.scenarios.len())),
            Reason::RateNotReached,
        );
        if reasons.is_empty() {
            Ok(HoldoutPass { set: self.set })
        } else {
            Err(HoldoutRefusal { reasons })
        }
    }

    /// What the trials answered to what the policies could not know at the preview; of several answers the worst.
    #[must_use]
    pub fn answers(&self) -> Vec<Answered> {
        resolved::worst(self.resolved())
    }

    /// What the policies said in each trial.
    pub fn resolved(&self) -> impl Iterator<Item = &Resolved> {
        self.trials.iter().filter_map(|it| it.policies.as_ref())
    }

    /// Passes over the runs that were asked for; a run that is missing is not a pass.
    #[must_use]
    pub fn satisfaction(&self) -> Satisfaction {
        let passes = self
            .scenarios
            .iter()
            .flat_map(|s| &s.runs)
            .filter(|r| r.is_pass())
            .count();
        Satisfaction {
            passes: count(passes),
            runs: count(self.scenarios.len()).saturating_mul(u64::from(self.terms.runs())),
        }
    }
}

impl RunVerdict {
    fn of(outcome: &Option<RunOutcome>) -> Self {
        match outcome {
            Some(RunOutcome::Passed) => Self::Passed,
            Some(RunOutcome::Failed { kind, .. }) => Self::Failed(*kind),
            None => Self::NotRun,
        }
    }

    const fn is_pass(self) -> bool {
        match self {
            Self::Passed => true,
            Self::Failed(_) | Self::NotRun => false,
        }
    }
}

impl HoldoutPass {
    /// The scenarios that were judged.
    #[must_use]
    pub const fn set(&self) -> Sha256 {
        self.set
    }
}

impl HoldoutRefusal {
    /// The reasons, at least one.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> {
        self.reasons.iter().copied()
    }
}

impl std::fmt::Display for Satisfaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.passes, self.runs)
    }
}

/// All lines that an agent can get from the holdouts: what it can learn from one is the choice between them.
pub const FEEDBACK: [&str; 4] = [
    "the hidden acceptance tests have no objection",
    "the change does not do everything that the work order asks for: read the work order again and compare it with the whole stack",
    "the change could not be deployed to a test environment: make sure that the stack deploys from nothing",
    "the test environment could not be removed completely: make sure that everything the stack creates can be destroyed again",
];

/// The one line for the agent: no count, no id, no word of a scenario.
#[must_use]
pub fn feedback(report: &HoldoutReport) -> &'static str {
    match report.verdict() {
        Ok(_) => {
            let [fine, ..] = FEEDBACK;
            fine
        }
        Err(refusal) => line(&refusal.reasons().collect::<Vec<_>>()),
    }
}

/// The one line for the agent when the holdouts refuse.
#[must_use]
pub fn line(reasons: &[Reason]) -> &'static str {
    let [_, refused, not_deployed, not_removed] = FEEDBACK;
    if reasons.contains(&Reason::NotDeployed) {
        not_deployed
    } else if reasons.contains(&Reason::NotRemoved) {
        not_removed
    } else {
        refused
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CriticalFailed => "a critical scenario does not pass",
            Self::RateNotReached => "too few scenarios pass",
            Self::NoScenarios => "there are no scenarios",
            Self::RunsMissing => "runs are missing",
            Self::RunsAdded => "there are more runs than asked for",
            Self::NotDeployed => "a trial did not deploy",
            Self::NotRemoved => "a trial left something behind",
            Self::SeedRepeated => "two trials are the same trial",
            Self::Contradiction => "the report contradicts itself",
        })
    }
}

/// A length as a number; one that does not fit is larger than any that is asked for.
fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
