//! `check`: what a good reviewer would say of the folder as the agent has it now.
//!
//! It is the preview and the policies of the pipeline, on a copy of the folder, against the last state, on twins where there are some.
//! INVARIANT: what an agent may hear is all that it is made of: every secret is taken out of the state and the settings before, there is no
//! passphrase and no credential, and nothing here knows of the holdouts.
//! An answer is a help and decides nothing: the pipeline judges again what the agent leaves.

mod secrets;

use std::os::fd::{AsFd as _, OwnedFd};

use tokio::sync::mpsc;
use tokio::time::Instant;

use secrets::{copy_state, without_secrets};

use super::place;
use crate::config::secret::Secret;
use crate::fault::Fault;
use crate::ledger::{Actor, Recorded};
use crate::names::{Sha256, excerpt};
use crate::perimeter::broker::{Ask, ToolAnswer};
use crate::perimeter::import::{self, Allowed, Limits, Tree};
use crate::pipeline::generate::{CheckReport, Wall};
use crate::pipeline::policy::{Finding, PolicyReport};
use crate::pipeline::preview::event::Op;
use crate::pipeline::preview::{self, Preview, Previewed};
use crate::pipeline::run::Run;

/// LIMIT: lines of one kind in an answer; the rest is counted.
const LINES_MAX: usize = 100;
/// LIMIT: characters of one answer.
const ANSWER_CHARS_MAX: usize = 30_000;

/// The questions of one attempt.
#[derive(Debug)]
pub(super) struct Checks {
    attempt: u32,
    most: u32,
    answered: u32,
    asked: u64,
    folder: OwnedFd,
    questions: mpsc::Receiver<Ask>,
}

/// What one check came to.
struct Checked {
    tree: Option<Sha256>,
    verdict: &'static str,
    text: String,
}

impl Checks {
    /// Answers questions about a folder, so many at most.
    #[must_use]
    pub(super) const fn new(
        attempt: u32,
        most: u32,
        folder: OwnedFd,
        questions: mpsc::Receiver<Ask>,
    ) -> Self {
        Self {
            attempt,
            most,
            answered: 0,
            asked: 0,
            folder,
            questions,
        }
    }

    /// How often it was asked, those that were refused too.
    #[must_use]
    pub(super) const fn asked(&self) -> u64 {
        self.asked
    }

    /// Answers until it is dropped; it ends only with a fault of ours.
    pub(super) async fn answer(&mut self, run: &mut Run<'_>, wall: &Recorded<Wall>) -> Fault {
        loop {
            let Some(ask) = self.questions.recv().await else {
                // The broker is gone, and the agent with it.
                return std::future::pending().await;
            };
            self.asked = self.asked.saturating_add(1);
            let answer = if self.answered < self.most {
                match self.one(run, wall).await {
                    Ok(answer) => answer,
                    Err(fault) => return fault,
                }
            } else {
                ToolAnswer {
                    text: format!(
                        "no check is left: all {} of this attempt are used up. End now.\n",
                        self.most
                    ),
                    is_error: true,
                }
            };
            // Whoever asked may be gone.
            drop(ask.reply.send(answer));
        }
    }

    async fn one(&mut self, run: &mut Run<'_>, wall: &Recorded<Wall>) -> Result<ToolAnswer, Fault> {
        self.answered += 1;
        let number = self.answered;
        let started = Instant::now();
        let checked = check(run, &self.folder).await?;
        let mut text = format!("check {number} of {}: {}", self.most, checked.text);
        if text.chars().count() > ANSWER_CHARS_MAX {
            text = text.chars().take(ANSWER_CHARS_MAX).collect();
            text.push_str("\n(cut)\n");
        }
        let report = CheckReport {
            attempt: self.attempt,
            number,
            tree: checked.tree,
            verdict: checked.verdict.to_owned(),
            answer: Sha256::of(text.as_bytes()),
            took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        let _recorded: Recorded<CheckReport> =
            run.record(Actor::Supervisor, report, &[wall.hash()])?;
        Ok(ToolAnswer {
            text,
            is_error: false,
        })
    }
}

/// Looks at the folder as it stands. What is wrong with it is in the text; an error is ours.
async fn check(run: &Run<'_>, folder: &OwnedFd) -> Result<Checked, Fault> {
    let failed = |tree, text: String| Checked {
        tree,
        verdict: "failed",
        text,
    };
    let limits = Limits {
        leave_out: vec![".git".to_owned()],
        ..Limits::default()
    };
    let tree = match import::import(folder.as_fd(), &limits) {
        Ok(tree) => tree,
        Err(error) => {
            let text = format!("the folder cannot be read as a change: {error}\n");
            return Ok(failed(None, text));
        }
    };
    let hash = tree.hash();
    let allowed = Allowed::new(&run.job.stack.changes.allow)
        .map_err(crate::pipeline::generate::Error::from)?;
    let refused = import::judge(&run.base_tree, &tree, &allowed)
        .map_err(crate::pipeline::generate::Error::from)?;
    if !refused.is_empty() {
        let mut text = String::from("these changes would be refused:\n");
        lines(&mut text, refused.iter().map(|path| format!("- {path}")));
        return Ok(Checked {
            tree: Some(hash),
            verdict: "refused",
            text,
        });
    }
    let previewed = match preview(run, &tree).await? {
        Ok(previewed) => previewed,
        Err(text) => return Ok(failed(Some(hash), text)),
    };
    match previewed {
        Previewed::Refused(reasons) => {
            let mut text = String::from("the preview failed:\n");
            lines(
                &mut text,
                reasons.iter().map(|reason| format!("- {reason}")),
            );
            Ok(failed(Some(hash), text))
        }
        Previewed::Preview { preview, .. } => {
            let at = crate::perimeter::now();
            let report = match super::rules::judge(run, &preview, "check-pack", at).await {
                Ok(report) => report,
                // The packs are the base's; what a rule makes of this program is said where the run is judged.
                Err(Fault::Policy(error)) => {
                    let text = format!("the policies cannot judge it: {error}\n");
                    return Ok(failed(Some(hash), text));
                }
                Err(fault) => return Err(fault),
            };
            let is_clean = report.denials().next().is_none();
            let mut text = said(&preview, &report);
            if !import::locks(&run.base_tree, &tree)
                .map_err(crate::pipeline::generate::Error::from)?
                .is_empty()
            {
                text.push_str("A lock file is changed: a person will be asked, and this check still used the old packages.\n");
            }
            Ok(Checked {
                tree: Some(hash),
                verdict: if is_clean { "clean" } else { "findings" },
                text,
            })
        }
    }
}

/// The preview of a tree without secrets, against a state without secrets. What the agent can mend is a text.
async fn preview(run: &Run<'_>, tree: &Tree) -> Result<Result<Previewed, String>, Fault> {
    let name = format!("Pulumi.{}.yaml", run.job.stack.name);
    let tree = match without_secrets(tree, &name) {
        Ok(tree) => tree,
        Err(text) => return Ok(Err(text)),
    };
    let place = run.fresh("check")?;
    let (state, out) = (place.join("state"), place.join("out"));
    for path in [&state, &out] {
        std::fs::create_dir(path).map_err(Fault::file("making", path))?;
    }
    copy_state(run, &state)?;
    let path = run.materialise("check-tree", &tree)?;
    let passphrase =
        Secret::new(crate::random::hex().map_err(Fault::file("drawing a passphrase for", &place))?);
    let deployment = place::deploy_for_check(run, &path, &state, &out, &passphrase).await;
    let mut deployment = match deployment {
        Ok(deployment) => deployment,
        // The program's own project file, or what the engine says of it.
        Err(Fault::Engine(error)) => return Ok(Err(format!("the engine cannot start: {error}\n"))),
        Err(fault) => return Err(fault),
    };
    let nobody = Sha256::of(b"check");
    let previewed = preview::run(nobody, tree.hash(), &mut deployment).await;
    if let Err(error) = deployment.end().await {
        return Ok(Err(format!("the engine did not end: {error}\n")));
    }
    Ok(previewed.map_err(|error| format!("the engine failed: {error}\n")))
}

/// What a reviewer would say.
fn said(preview: &Preview, report: &PolicyReport) -> String {
    let changed: Vec<_> = preview
        .record
        .steps
        .iter()
        .filter(|step| !step.op.changes_nothing())
        .collect();
    let mut text = if changed.is_empty() {
        String::from("the program runs; it would change nothing.\n")
    } else {
        format!("the program runs; it would take {} steps:\n", changed.len())
    };
    lines(
        &mut text,
        changed.iter().map(|step| {
            let name = excerpt(step.urn.name());
            let paths: Vec<String> = step.diff.iter().map(|it| excerpt(&it.path)).collect();
            let of = if paths.is_empty() {
                String::new()
            } else {
                format!(": {}", paths.join(", "))
            };
            format!("- {} {} `{name}`{of}", step.op.as_str(), step.resource_type)
        }),
    );
    if changed.iter().any(|step| is_loss(step.op)) {
        text.push_str(
            "A resource goes away or is replaced: if it holds data, a person must agree.\n",
        );
    }
    let denials: Vec<String> = report.denials().map(finding).collect();
    if denials.is_empty() {
        text.push_str("The policies find nothing that stops it.\n");
    } else {
        text.push_str("The policies stop it; mend these:\n");
        lines(&mut text, denials.into_iter());
    }
    let warnings: Vec<String> = report.warnings().map(finding).collect();
    if !warnings.is_empty() {
        text.push_str("They also advise:\n");
        lines(&mut text, warnings.into_iter());
    }
    let unknown: Vec<String> = report
        .undetermined()
        .map(|(rule, place)| {
            let name = excerpt(place.urn.name());
            format!("- {rule} on `{name}`: it reads what is unknown before the update; write the value itself if you can")
        })
        .collect();
    if !unknown.is_empty() {
        text.push_str("They cannot know everything yet:\n");
        lines(&mut text, unknown.into_iter());
    }
    text
}

const fn is_loss(op: Op) -> bool {
    op.takes_away()
}

fn finding(finding: &Finding) -> String {
    let on = finding
        .urn
        .as_ref()
        .map_or_else(String::new, |urn| format!(" on `{}`", excerpt(urn.name())));
    let at = if finding.path.0.is_empty() {
        String::new()
    } else {
        format!(" at `{}`", finding.path)
    };
    format!("- {}{on}{at}: {}", finding.rule, finding.message)
}

fn lines(text: &mut String, lines: impl Iterator<Item = String>) {
    let mut left_out = 0;
    for (index, line) in lines.enumerate() {
        if index < LINES_MAX {
            text.push_str(&line);
            text.push('\n');
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        text.push_str(&format!("- and {left_out} more\n"));
    }
}
