//! Preview: the real engine says what the proposal would change; the result is normalised into a [`Preview`].
//!
//! The program runs in its own sandbox, the engine in another, neither with a cloud credential. What the engine reports is read from its
//! event log and cross-checked with its digest; resource options, which neither has, come from the monitor proxy's own record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub mod event;
pub mod record;
pub mod value;

use crate::engine::automation::Ending;
use crate::engine::deployment::{self, Deployment, RunOutput};
use crate::ledger::{Evidence, Kind};
use crate::names::{Sha256, StackName};
use crate::perimeter::sandbox::{End, Enforced};
use crate::pipeline::gate::Reason;
use event::Diagnostic;
use record::Record;

/// LIMIT: bytes of a plan file.
pub const PLAN_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What would change, and how it was found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The stack.
    pub stack: StackName,
    /// Pulumi's project.
    pub project: String,
    /// Hash of the proposal's evidence.
    pub proposal: Sha256,
    /// Hash of the previewed tree.
    pub tree: Sha256,
    /// Hash of the state that it was previewed against.
    pub state: Sha256,
    /// The steps.
    pub record: Record,
    /// Hash of the steps alone: equal for two previews that would change the same.
    pub record_hash: Sha256,
    /// Hash of the engine's plan file.
    pub plan: Sha256,
    /// Calls that the program made through the monitor, by method, type or token.
    pub calls: BTreeMap<String, u64>,
    /// Calls that the engine made to providers, by package and method.
    pub provider_calls: BTreeMap<String, u64>,
    /// The role session whose credentials the providers got, as AWS names it.
    pub role: Option<String>,
    /// What the engine and the program said.
    pub diagnostics: Vec<Diagnostic>,
    /// What held the engine.
    pub engine_sandbox: Enforced,
    /// What held the program.
    pub program_sandbox: Enforced,
}

impl Evidence for Preview {
    const KIND: Kind = Kind::Preview;
}

impl Preview {
    /// Whether nothing at all would change.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.record
            .steps
            .iter()
            .all(|step| step.op.changes_nothing())
    }
}

/// What came of previewing.
#[derive(Debug)]
pub enum Previewed {
    /// A preview.
    Preview {
        /// The evidence.
        preview: Box<Preview>,
        /// The engine's plan file.
        plan: Vec<u8>,
    },
    /// The program does not run, or asked for what it may not have.
    Refused(Vec<Reason>),
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error(transparent)]
    Deployment(#[from] deployment::Error),
    /// Its log cannot be trusted.
    #[error(transparent)]
    Log(#[from] event::Error),
    /// Its reports are no preview.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// The record of denials does not list all of them.
    #[error("the program was denied more than can be recorded")]
    Unlisted,
    /// The engine ended well, and has not answered all that the program asked for.
    #[error("the engine's preview succeeded without answering {0} of the program's registrations")]
    Unanswered(usize),
    /// The engine ended well without running the program.
    #[error("the engine previewed the stack without running its program")]
    NoProgram,
    /// It died.
    #[error("running `pulumi preview` for stack `{stack}`: {end}: {said}")]
    Engine {
        /// The stack.
        stack: StackName,
        /// How it ended.
        end: Ending,
        /// The end of what it said.
        said: String,
    },
}

/// Previews a proposal, by the hash of its evidence, on a deployment of its tree.
///
/// # Errors
/// The engine failed, or its reports cannot be trusted. What the program did wrong is a [`Previewed::Refused`].
pub async fn run(
    proposal: Sha256,
    tree: Sha256,
    deployment: &mut Deployment,
) -> Result<Previewed, Error> {
    let state = deployment.state_hash()?;
    let output = deployment.preview().await?;
    let reasons = refusals(&output);
    if !reasons.is_empty() {
        return Ok(Previewed::Refused(reasons));
    }
    if output.observed.denials_unlisted > 0 {
        return Err(Error::Unlisted);
    }
    let log = event::parse(&output.log);
    if output.finished.end != End::Exited(0) {
        return match log {
            // The engine ended in order and says what is wrong with the program's inputs.
            Ok(log)
                if output.finished.end == End::Exited(1)
                    || output.finished.end == End::Exited(255) =>
            {
                Ok(Previewed::Refused(vec![Reason::Program {
                    message: output.mask.hide(&record::first_error(&log)),
                }]))
            }
            Ok(_) | Err(_) => Err(engine_failed(deployment, &output)),
        };
    }
    if !output.observed.unanswered.is_empty() {
        return Err(Error::Unanswered(output.observed.unanswered.len()));
    }
    let log = log?;
    let plan = deployment.plan()?;
    let record = record::normalise(&log, &output.finished.stdout, &output.observed.options)?;
    let preview = Preview {
        stack: deployment.stack().clone(),
        project: deployment.project().to_owned(),
        proposal,
        tree,
        state,
        record_hash: record.hash().map_err(record::Error::from)?,
        record,
        plan: Sha256::of(&plan),
        diagnostics: masked(&output, log.diagnostics),
        calls: output.observed.calls,
        provider_calls: deployment.provider_calls(),
        role: deployment.role(),
        engine_sandbox: deployment.enforced().clone(),
        program_sandbox: output.program_sandbox.ok_or(Error::NoProgram)?,
    };
    Ok(Previewed::Preview {
        preview: Box::new(preview),
        plan,
    })
}

/// The error of an engine that did not do its work, in its own words.
pub fn engine_failed(deployment: &Deployment, output: &RunOutput) -> Error {
    let said = match event::parse(&output.log) {
        Ok(log) if !log.diagnostics.is_empty() => record::first_error(&log),
        Ok(_) | Err(_) => crate::engine::automation::tail(&output.finished.stderr),
    };
    Error::Engine {
        stack: deployment.stack().clone(),
        end: Ending(output.finished.end),
        said: output.mask.hide(&said),
    }
}

/// What the program did that ends the attempt: what it was denied, and its own failure.
fn refusals(output: &RunOutput) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = output
        .observed
        .denials
        .iter()
        .map(|denial| Reason::Denied {
            what: output
                .mask
                .hide(&format!("{}: {}", denial.method, denial.message)),
        })
        .collect();
    if let Some(message) = &output.program_failed {
        reasons.push(Reason::Program {
            message: message.clone(),
        });
    }
    reasons
}

/// What the engine and the program said, without the stack's secrets.
fn masked(output: &RunOutput, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mask = |said: Diagnostic| Diagnostic {
        message: output.mask.hide(&said.message),
        ..said
    };
    diagnostics.into_iter().map(mask).collect()
}
