//! What a run's evidence says, for people and for machines.
//!
//! INVARIANT: everything shown comes from recorded evidence. Text of the builder, of the program and of the engine is escaped; nothing of a
//! holdout scenario is in it.
//! INVARIANT: proposal, preview, judges and decision are those of the last attempt; what an earlier one left is not shown beside them.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Evidence, Recorded};
use crate::names::{RunId, Sha256};
use crate::pipeline::Outcome;
use crate::pipeline::apply::{Landing, Receipt};
use crate::pipeline::gate::{DecisionRecord, Judged};
use crate::pipeline::generate::{Proposal, Wall};
use crate::pipeline::holdout::HoldoutReport;
use crate::pipeline::order::Mandate;
use crate::pipeline::policy::PolicyReport;
use crate::pipeline::preview::Preview;
use crate::pipeline::run::Run;

/// A run's report.
#[derive(Debug, Serialize)]
pub struct Report {
    run: RunId,
    outcome: &'static str,
    exit: u8,
    #[serde(skip)]
    exit_code: Exit,
    mandate: Mandate,
    folder: PathBuf,
    wall: Option<Wall>,
    proposal: Option<Proposal>,
    preview: Option<Preview>,
    policy: Option<Judged<PolicyReport>>,
    holdout: Option<Judged<HoldoutReport>>,
    decision: Option<DecisionRecord>,
    landing: Option<Landing>,
    receipt: Option<Receipt>,
}

impl Report {
    /// Reads a run's evidence back from the ledger.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn of(run: &Run<'_>, outcome: &Outcome) -> Result<Self, Fault> {
        let wall: Option<Recorded<Wall>> = read(run)?;
        // Every attempt of the agent begins with its wall; a given change has none.
        let is_last = |entry: u64| wall.as_ref().is_none_or(|wall| wall.entry() < entry);
        let proposal = read::<Proposal>(run)?.filter(|proposal| is_last(proposal.entry()));
        let preview = read::<Preview>(run)?.filter(|preview| {
            let about = preview.value().proposal;
            proposal.as_ref().is_some_and(|it| it.hash() == about)
        });
        let is_previewed = |about: Sha256| preview.as_ref().is_some_and(|it| it.hash() == about);
        let policy = read::<Judged<PolicyReport>>(run)?
            .filter(|judged| is_previewed(judged.value().preview));
        let holdout = read::<Judged<HoldoutReport>>(run)?
            .filter(|judged| is_previewed(judged.value().preview));
        let decision = read::<DecisionRecord>(run)?.filter(|decision| is_last(decision.entry()));
        Ok(Self {
            run: run.id.clone(),
            outcome: outcome.word(),
            exit: outcome.exit().code(),
            exit_code: outcome.exit(),
            mandate: run.mandate.value().clone(),
            folder: run.folder(),
            wall: value(wall.as_ref()),
            proposal: value(proposal.as_ref()),
            preview: value(preview.as_ref()),
            policy: value(policy.as_ref()),
            holdout: value(holdout.as_ref()),
            decision: value(decision.as_ref()),
            landing: value(read(run)?.as_ref()),
            receipt: value(read(run)?.as_ref()),
        })
    }

    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit_code
    }

    /// The run.
    #[must_use]
    pub const fn run(&self) -> &RunId {
        &self.run
    }

    /// The outcome in a word.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// The folder of the run's files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The outcome in one line, with the first reason against.
    #[must_use]
    pub fn line(&self) -> String {
        match self.refusals().first() {
            Some(first) => format!("{}: {first}", self.outcome),
            None => self.outcome.to_owned(),
        }
    }

    /// Every reason against, each in one line.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        let one_line = |text: String| {
            text.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect()
        };
        let refused = match &self.decision {
            Some(DecisionRecord::Refused(refusal)) => refusal.reasons.as_slice(),
            Some(DecisionRecord::Cleared { .. } | DecisionRecord::Held(_)) | None => &[],
        };
        let reasons = refused.iter().map(ToString::to_string);
        let errors = self.receipt.iter().flat_map(|it| it.errors.iter().cloned());
        reasons.chain(errors).map(one_line).collect()
    }

    /// The commit that holds what was judged, when one was made.
    #[must_use]
    pub const fn landing(&self) -> Option<&Landing> {
        self.landing.as_ref()
    }

    /// The wall's proof, when an agent ran.
    #[must_use]
    pub const fn wall(&self) -> Option<&Wall> {
        self.wall.as_ref()
    }

    /// Writes `report.json` and `report.txt` into the run's folder.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Fault> {
        let json = serde_json::to_vec_pretty(self)
            .map_err(|error| Fault::Usage(format!("writing the report: {error}")))?;
        for (name, bytes) in [
            ("report.json", json),
            ("report.txt", self.human().into_bytes()),
        ] {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(Fault::file("writing", &path))?;
        }
        Ok(())
    }

    /// The report for people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = String::new();
        line(
            &mut text,
            "run",
            &format!(
                "{} of stack {}, level {}",
                self.run, self.mandate.stack, self.mandate.autonomy
            ),
        );
        self.human_wall(&mut text);
        self.human_change(&mut text);
        self.human_judges(&mut text);
        self.human_end(&mut text);
        line(&mut text, "files", &self.folder.display().to_string());
        line(
            &mut text,
            "outcome",
            &format!("{} (exit {})", self.outcome, self.exit),
        );
        text
    }

    fn human_wall(&self, text: &mut String) {
        if let Some(wall) = &self.wall {
            let mut names: Vec<&str> = wall
                .attempts
                .iter()
                .map(|attempt| attempt.name.as_str())
                .collect();
            names.sort_unstable();
            names.dedup();
            line(
                text,
                "wall",
                &format!(
                    "{} attempts to read what is forbidden, all refused ({})",
                    wall.attempts.len(),
                    names.join(", ")
                ),
            );
        }
    }

    fn human_change(&self, text: &mut String) {
        if let Some(proposal) = &self.proposal {
            let files: Vec<String> = proposal
                .changes
                .iter()
                .map(|change| change.path.to_string())
                .collect();
            line(
                text,
                "proposal",
                &format!(
                    "tree {}, changes {}",
                    proposal.tree.short(),
                    files.join(", ")
                ),
            );
        }
        let Some(preview) = &self.preview else { return };
        let steps: Vec<_> = preview
            .record
            .steps
            .iter()
            .filter(|step| !step.op.changes_nothing())
            .collect();
        line(
            text,
            "preview",
            &format!(
                "{} of {} steps change something",
                steps.len(),
                preview.record.steps.len()
            ),
        );
        for step in steps.iter().take(40) {
            put(
                text,
                format_args!(
                    "             {:<8} {} {}",
                    step.op.as_str(),
                    step.resource_type,
                    crate::names::excerpt(step.urn.name())
                ),
            );
        }
        if steps.len() > 40 {
            put(
                text,
                format_args!("             … and {} more", steps.len() - 40),
            );
        }
    }

    fn human_judges(&self, text: &mut String) {
        if let Some(policy) = &self.policy {
            let report = &policy.report;
            let (denials, undetermined) = (report.denials().count(), report.undetermined().count());
            line(
                text,
                "policy",
                &format!(
                    "{} rules on {} steps: {denials} denials, {undetermined} undetermined",
                    report.rules.len(),
                    report.subjects
                ),
            );
            for finding in report.denials().chain(report.warnings()).take(20) {
                put(
                    text,
                    format_args!("             {} {}", finding.rule, finding.message),
                );
            }
        }
        if let Some(holdout) = &self.holdout {
            let report = &holdout.report;
            let passed = report
                .scenarios
                .iter()
                .filter(|scenario| scenario.passed)
                .count();
            let scenarios = report.scenarios.len();
            line(
                text,
                "holdout",
                &format!(
                    "{passed} of {scenarios} scenarios pass, satisfaction {}",
                    report.satisfaction()
                ),
            );
        }
    }

    fn human_end(&self, text: &mut String) {
        match &self.decision {
            Some(DecisionRecord::Cleared { .. }) => line(text, "gate", "cleared"),
            Some(DecisionRecord::Held(hold)) => {
                let needs: Vec<String> = hold.needs.iter().map(ToString::to_string).collect();
                line(
                    text,
                    "gate",
                    &format!("a person must decide: {}", needs.join("; ")),
                );
                if self.landing.is_none() {
                    line(
                        text,
                        "next",
                        &format!("lightsout approve {} --by NAME", self.run),
                    );
                }
            }
            Some(DecisionRecord::Refused(refusal)) => {
                line(text, "gate", "refused");
                for reason in refusal.reasons.iter().take(20) {
                    let reason: String = reason
                        .to_string()
                        .chars()
                        .filter(|c| !c.is_control())
                        .collect();
                    put(text, format_args!("             {reason}"));
                }
            }
            None => {}
        }
        if let Some(landing) = &self.landing {
            line(
                text,
                "branch",
                &format!("{} at {}", landing.branch, landing.commit),
            );
        }
        if let Some(receipt) = &self.receipt {
            let done = receipt
                .done
                .iter()
                .filter(|step| !step.op.changes_nothing())
                .count();
            let word = if receipt.is_complete {
                "complete"
            } else {
                "NOT COMPLETE: a person must look"
            };
            line(
                text,
                "apply",
                &format!("{word}, {done} steps, {}", receipt.end),
            );
            for error in &receipt.errors {
                put(
                    text,
                    format_args!(
                        "             {}",
                        error.replace(|c: char| c.is_control(), " ")
                    ),
                );
            }
        }
    }
}

/// The run's latest evidence of one type.
fn read<T: Evidence + serde::de::DeserializeOwned>(
    run: &Run<'_>,
) -> Result<Option<Recorded<T>>, Fault> {
    Ok(run.ledger.read(&run.id)?)
}

fn value<T: Clone>(recorded: Option<&Recorded<T>>) -> Option<T> {
    recorded.map(|recorded| recorded.value().clone())
}

fn line(text: &mut String, name: &str, value: &str) {
    put(text, format_args!("{name:>10}  {value}"));
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.push_str(&line.to_string());
    text.push('\n');
}
