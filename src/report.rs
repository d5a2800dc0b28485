//! What a run's evidence says, for people and for machines.
//!
//! INVARIANT: everything shown comes from recorded evidence. Text of the builder, of the program and of the engine is escaped; nothing of a
//! holdout scenario is in it.
//! INVARIANT: proposal, preview, judges and decision are those of the last attempt; what an earlier one left is not shown beside them.

mod agent;
mod end;
mod human;
pub mod markdown;
pub mod policy;
pub mod rules;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Evidence, Recorded};
use crate::names::{RunId, Sha256};
use crate::pipeline::Outcome;
use crate::pipeline::apply::{Landing, Receipt};
use crate::pipeline::gate::{DecisionRecord, Judged};
use crate::pipeline::generate::{AgentReport, Proposal, Wall};
use crate::pipeline::holdout::HoldoutReport;
use crate::pipeline::order::Mandate;
use crate::pipeline::policy::PolicyReport;
use crate::pipeline::preview::Preview;
use crate::pipeline::run::Run;
use policy::Told;

/// A run's report.
#[derive(Debug, Serialize)]
pub struct Report {
    run: RunId,
    outcome: &'static str,
    exit: u8,
    #[serde(skip)]
    exit_code: Exit,
    /// The stack's folder.
    #[serde(skip)]
    path: String,
    mandate: Mandate,
    folder: PathBuf,
    wall: Option<Wall>,
    /// Every attempt of the agent.
    agent: Vec<AgentReport>,
    /// What the agent said last: quoted, and no evidence.
    agent_said: Option<String>,
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
        let agent: Vec<Recorded<AgentReport>> = run.ledger.view().read_all(&run.id)?;
        let agent: Vec<AgentReport> = agent.iter().map(|it| it.value().clone()).collect();
        Ok(Self {
            run: run.id.clone(),
            outcome: outcome.word(),
            exit: outcome.exit().code(),
            exit_code: outcome.exit(),
            path: run.job.stack.path.clone(),
            mandate: run.mandate.value().clone(),
            folder: run.folder(),
            wall: value(wall.as_ref()),
            agent_said: said(run, agent.len())?,
            agent,
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
        let reasons = self.reasons().iter().map(ToString::to_string);
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

    /// What the policies said, as SARIF.
    #[must_use]
    pub fn sarif(&self) -> serde_json::Value {
        let nothing = PolicyReport {
            packs: Vec::new(),
            rules: Vec::new(),
            subjects: 0,
            history: None,
        };
        let report = self.policy.as_ref().map(|judged| &judged.report);
        self.told(report.unwrap_or(&nothing), &self.file()).sarif()
    }

    /// The file that stands for the program.
    fn file(&self) -> String {
        format!("{}/Pulumi.yaml", self.path)
    }

    fn told<'a>(&'a self, report: &'a PolicyReport, file: &'a str) -> Told<'a> {
        Told {
            report,
            docs: &[],
            version: &self.mandate.lightsout,
            stack: self.mandate.stack.as_str(),
            file,
        }
    }

    /// Writes `report.json`, `report.sarif`, `report.txt` and, when policies have judged, `policy.junit.xml` into the run's folder.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Fault> {
        let wrong = |error| Fault::Usage(format!("writing the report: {error}"));
        let json = serde_json::to_vec_pretty(self).map_err(wrong)?;
        let sarif = serde_json::to_vec_pretty(&self.sarif()).map_err(wrong)?;
        let mut files = vec![
            ("report.json", json),
            ("report.sarif", sarif),
            ("report.txt", self.human().into_bytes()),
        ];
        if let Some(judged) = &self.policy {
            let junit = self.told(&judged.report, &self.file()).junit()?;
            files.push(("policy.junit.xml", junit.into_bytes()));
        }
        for (name, bytes) in files {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(Fault::file("writing", &path))?;
        }
        Ok(())
    }
}

/// What the agent said at the end of its last attempt, from the run's folder.
fn said(run: &Run<'_>, attempts: usize) -> Result<Option<String>, Fault> {
    if attempts == 0 {
        return Ok(None);
    }
    let path = run.folder().join(format!("agent-{attempts}.txt"));
    match std::fs::read(&path) {
        Ok(bytes) => {
            let said = crate::engine::automation::tail(&bytes);
            Ok((!said.is_empty()).then_some(said))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::file("reading", &path)(error)),
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
