//! Policies of Pulumi's CrossGuard on a recorded preview.
//!
//! The engine would ask a pack while it previews, and would show its answers as events. We ask the same server ourselves, about the preview
//! that is in the ledger: one question for each resource that is there afterwards, one about all of them. So the answers are about what is
//! judged, and they are a pack's results like any other's.
//!
//! INVARIANT: a policy passes a resource only when all that it was shown is known: the SDK sees a policy read an unknown only when it reads
//! it as a property, and a policy can hide that it did. So all policies are undetermined where an input is unknown, whatever they read,
//! unless they found something.
//! INVARIANT: a policy about the whole stack sees outputs, which only an update knows: it is undetermined wherever the preview changes something.
//! INVARIANT: nothing is remediated: what a policy would change is a finding.
//! INVARIANT: no answer, or one that names what was not asked, is an [`Error`].
//! LIMIT: a pack sees neither secrets nor the stack's configuration, and is asked about the preview only, not again inside an update.

mod answers;
mod questions;
mod rules;

use std::collections::BTreeSet;

use crate::engine::guard::{self, Guard};
use crate::engine::wire::pulumirpc::{AnalyzeStackRequest, AnalyzerStackConfigureRequest};
use crate::names::{NameError, PackageName, RuleId, Sha256, Urn};
use crate::pipeline::policy::{self, PackRecord, PolicyReport, RuleResult, Settings, plain};
use crate::pipeline::preview::Preview;
use answers::Answers;
use questions::{Question, changed, questions};
use rules::Described;

/// LIMIT: characters of the SDK's version.
const VERSION_CHARS_MAX: usize = 64;

/// What a pack said.
#[derive(Debug)]
pub struct Said {
    /// Which pack it is.
    pub pack: PackRecord,
    /// One result for each of its policies.
    pub rules: Vec<RuleResult>,
}

/// Why there is no answer; never a pass.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server cannot be asked.
    #[error(transparent)]
    Guard(#[from] guard::Error),
    /// Its folder is not a pack that we can run.
    #[error("loading CrossGuard pack `{folder}`: {why}")]
    Folder {
        /// The folder.
        folder: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Its name is none of ours.
    #[error("the name of a CrossGuard pack: {0}")]
    PackName(#[source] NameError),
    /// Nothing would judge.
    #[error("CrossGuard pack `{pack}` has no policy that is enabled: it would judge nothing")]
    NoPolicies {
        /// The pack.
        pack: PackageName,
    },
    /// There is too much of something.
    #[error("CrossGuard pack `{pack}`: more than {limit} {what}")]
    TooMany {
        /// The pack.
        pack: PackageName,
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// Two policies have one name.
    #[error("CrossGuard pack `{pack}` has two policies `{rule}`: give one of them another name")]
    Twice {
        /// The pack.
        pack: PackageName,
        /// The name.
        rule: RuleId,
    },
    /// A policy cannot be one of a report's rules.
    #[error("CrossGuard pack `{pack}`: {why}")]
    Policy {
        /// The pack.
        pack: PackageName,
        /// What is wrong.
        why: String,
    },
    /// An answer is not about what was asked.
    #[error("the answer of CrossGuard pack `{pack}`: {why}")]
    Answer {
        /// The pack.
        pack: PackageName,
        /// What is wrong.
        why: String,
    },
    /// A step of the preview says nothing of its resource.
    #[error("asking a CrossGuard pack about `{urn}`: the preview does not say what it would be")]
    NoState {
        /// The resource.
        urn: Urn,
    },
}

/// Asks a pack that has just been started about a preview; `hash` is its folder's, `packages` that of what is installed for it.
///
/// # Errors
/// It has no policy, or does not answer as it should.
pub async fn ask(
    guard: &mut Guard,
    preview: &Preview,
    hash: Sha256,
    packages: Sha256,
) -> Result<Said, Error> {
    let described = Described::read(guard.info().await?)?;
    let sdk = guard.version().await?;
    let stack = AnalyzerStackConfigureRequest {
        stack: preview.stack.to_string(),
        project: preview.project.clone(),
        dry_run: true,
        ..AnalyzerStackConfigureRequest::default()
    };
    guard.configure(stack, described.configuration()).await?;
    let questions = questions(&preview.record)?;
    let mut answers = Answers::of(&described);
    for question in &questions {
        let answer = guard.analyze(question.alone()).await?;
        answers.single(question, answer)?;
        if described.remediates() {
            let answer = guard.remediate(question.alone()).await?;
            answers.remediated(question, answer)?;
        }
        answers.leave_open(question);
    }
    let resources = questions.iter().map(Question::among_all).collect();
    let answer = guard
        .analyze_stack(AnalyzeStackRequest { resources })
        .await?;
    let changed = changed(&preview.record).collect();
    answers.whole(&questions, &changed, answer)?;
    Ok(Said {
        rules: answers.results,
        pack: PackRecord {
            name: described.name.to_string(),
            version: described.version.clone(),
            hash,
            wasm: packages,
            crossguard: Some(plain(&sdk, VERSION_CHARS_MAX)),
            settings: Settings::default(),
        },
    })
}

/// Puts what a pack said into a report, beside what others said.
///
/// # Errors
/// A pack or a rule of that name is there already.
pub fn add(report: &mut PolicyReport, said: Said) -> Result<(), policy::Error> {
    if report.packs.iter().any(|pack| pack.name == said.pack.name) {
        return Err(policy::Error::DuplicatePack {
            pack: said.pack.name,
        });
    }
    let known: BTreeSet<&RuleId> = report.rules.iter().map(|rule| &rule.rule).collect();
    if let Some(rule) = said.rules.iter().find(|rule| known.contains(&rule.rule)) {
        return Err(policy::Error::DuplicateRule {
            rule: rule.rule.clone(),
            at: said.pack.name,
        });
    }
    report.packs.push(said.pack);
    report.rules.extend(said.rules);
    Ok(())
}

#[cfg(test)]
mod tests;
