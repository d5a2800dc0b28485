//! The stages as they stand in a run: each takes recorded evidence, leaves recorded evidence.

mod check;
mod decide;
mod generate;
mod given;
mod guards;
mod history;
mod place;
mod rules;

use std::path::{Path, PathBuf};

pub use decide::{Evidence, decide_again, gate, latest, record_clearance, record_decision};
pub use generate::{Found, find, generate};
pub use given::{given, read};
pub use place::{deploy, plan, proposed_tree};
pub use rules::rules;

use crate::config::TrialProviders;
use crate::engine::deployment::Deployment;
use crate::fault::Fault;
use crate::ledger::{Actor, Recorded};
use crate::names::Sha256;
use crate::perimeter::import::{self, Tree};
use crate::pipeline::credentials::Purpose;
use crate::pipeline::gate::{DecisionRecord, Judged, Reason, Refusal};
use crate::pipeline::generate::{Author, Proposal, propose as proposal_of, uninstallable};
use crate::pipeline::holdout::{HoldoutReport, Rate, ScenarioSet, Terms, trial};
use crate::pipeline::policy::{self, PolicyReport};
use crate::pipeline::preview::{self, Preview, Previewed};
use crate::pipeline::run::{Run, folder};

/// What a stage came to.
#[derive(Debug)]
pub enum Step<T> {
    /// Evidence for the next stage.
    Next(T),
    /// The attempt is over.
    Refused(Refusal),
    /// The agent changed nothing.
    NoChange,
}

/// The prefix of the folder that holds the proposed tree, fresh from the import.
const TREE: &str = "tree";
const PLAN: &str = "plan.json";

fn propose(
    run: &mut Run<'_>,
    tree: &Tree,
    author: Author,
    parents: &[Sha256],
) -> Result<Step<Recorded<Proposal>>, Fault> {
    let proposal = proposal_of(
        &run.base.commit.to_string(),
        &run.base_tree,
        tree,
        author,
        &run.job.stack.changes.allow,
    )?;
    run.materialise(TREE, tree)?;
    let diff = run.folder().join("change.diff");
    std::fs::write(
        &diff,
        import::change::diff(&run.base_tree, tree, 256 * 1024),
    )
    .map_err(Fault::file("writing", &diff))?;
    let refused = proposal.refused.clone();
    let proposal = run.record(Actor::Builder, proposal, parents)?;
    if refused.is_empty() {
        return Ok(Step::Next(proposal));
    }
    stopped(
        run,
        Refusal {
            reasons: refused.into_iter().map(Reason::Path).collect(),
        },
        &[proposal.hash()],
    )
}

/// Preview: what the proposal would change.
///
/// # Errors
/// lightsout or the engine failed.
pub async fn preview(
    run: &mut Run<'_>,
    proposal: &Recorded<Proposal>,
) -> Result<Step<Recorded<Preview>>, Fault> {
    let out = run.fresh("preview")?;
    let deployed = deploy(run, proposal, &run.state_folder()?, &out, Purpose::Preview).await;
    let mut deployment = match (deployed, proposal.value().privileged.first()) {
        (Err(Fault::Dependencies(error)), Some(path)) if error.is_of_the_lock() => {
            let reasons = vec![Reason::Path(uninstallable(path, &error))];
            return stopped(run, Refusal { reasons }, &[proposal.hash()]);
        }
        (deployed, _) => deployed?,
    };
    let previewed = preview::run(proposal.hash(), proposal.value().tree, &mut deployment).await;
    deployment.end().await?;
    match previewed? {
        Previewed::Preview { preview, plan } => {
            let path = run.folder().join(PLAN);
            std::fs::write(&path, plan).map_err(Fault::file("writing", &path))?;
            Ok(Step::Next(run.record(
                Actor::Previewer,
                *preview,
                &[proposal.hash()],
            )?))
        }
        Previewed::Refused(reasons) => stopped(run, Refusal { reasons }, &[proposal.hash()]),
    }
}

/// Policy: what the packs of the base commit say of the preview.
///
/// # Errors
/// A pack cannot be used, or a rule failed.
pub async fn policy(
    run: &mut Run<'_>,
    preview: &Recorded<Preview>,
) -> Result<Recorded<Judged<PolicyReport>>, Fault> {
    let at = crate::perimeter::now();
    let mut report = rules::judge(run, preview.value(), "pack", at).await?;
    history::add(run, preview.value(), &mut report, at)?;
    run.record(
        Actor::Validator,
        Judged {
            preview: preview.hash(),
            report,
        },
        &[preview.hash()],
    )
}

/// Holdout: what the hidden scenarios say of trials of the proposal, and what the policies say of their resolved values.
///
/// # Errors
/// The scenarios cannot be read, or a trial could not be started.
pub async fn holdout(
    run: &mut Run<'_>,
    proposal: &Recorded<Proposal>,
    preview: &Recorded<Preview>,
    policy: &Recorded<Judged<PolicyReport>>,
) -> Result<Recorded<Judged<HoldoutReport>>, Fault> {
    let (set, terms) = scenarios(run)?;
    let trials = run.numbered("trials")?;
    // A trial on real providers creates real things: not of a change that a policy forbids.
    let is_forbidden = matches!(
        policy.value().report.verdict(),
        policy::Verdict::Denied | policy::Verdict::Hollow
    );
    let is_real = run.job.stack.trial.providers == TrialProviders::Real;
    let (report, details) = if set.scenarios().is_empty() || (is_real && is_forbidden) {
        HoldoutReport::assemble(&set, terms, Vec::new())
    } else {
        let this: &Run<'_> = run;
        let deploy = async |folder: &Path, seed: u64| -> Result<Deployment, Fault> {
            let (state, out) = (folder.join("state"), folder.join("out"));
            for path in [&state, &out] {
                std::fs::create_dir_all(path)
                    .map_err(Fault::file("making a trial's folder", path))?;
            }
            deploy(this, proposal, &state, &out, Purpose::Trial { seed }).await
        };
        let rules = rules(this, preview, policy.value(), "trial-pack").await?;
        let place = trial::Place {
            folder: &trials,
            is_real,
            rules: &rules,
            interrupt: &this.perimeter.interrupt,
        };
        let trials = trial::run(&set, terms, &this.id, place, deploy);
        if is_real {
            // What a trial has made is taken down first, however long that takes.
            trials.await?
        } else {
            // Nothing is left of a twin when its trial is dropped.
            this.stop().before_end_of(trials).await?
        }
    };
    // Only for the operator: neither the agent nor the ledger sees it.
    let path = run.folder().join("holdouts.private.md");
    std::fs::write(&path, details.private_text()).map_err(Fault::file("writing", &path))?;
    run.record(
        Actor::Validator,
        Judged {
            preview: preview.hash(),
            report,
        },
        &[preview.hash()],
    )
}

/// The scenarios of the base commit, and what they must reach.
///
/// # Errors
/// They cannot be read.
pub fn scenarios(run: &Run<'_>) -> Result<(ScenarioSet, Terms), Fault> {
    let Some(holdouts) = &run.job.stack.holdouts else {
        let set = ScenarioSet::parse(Vec::new()).map_err(trial::Error::from)?;
        return Ok((
            set,
            Terms::new(
                1,
                1,
                Rate::from_basis_points(10_000).map_err(trial::Error::from)?,
            )
            .map_err(trial::Error::from)?,
        ));
    };
    let tree = folder(run.perimeter, &run.base, &holdouts.source)?;
    let path = run.materialise("holdouts", &tree)?;
    let set = ScenarioSet::from_folder(&path).map_err(trial::Error::from);
    // The scenarios stay on the disk no longer than it takes to read them.
    super::run::remove_tree(&path)?;
    let points = holdouts
        .basis_points()
        .ok_or_else(|| Fault::Usage("`holdouts.pass_rate` is out of range".to_owned()))?;
    let rate = Rate::from_basis_points(points).map_err(trial::Error::from)?;
    let terms = Terms::new(holdouts.runs, holdouts.quorum, rate).map_err(trial::Error::from)?;
    Ok((set?, terms))
}

/// Records an attempt's end that needed no judge.
fn stopped<T>(run: &mut Run<'_>, refusal: Refusal, parents: &[Sha256]) -> Result<Step<T>, Fault> {
    drop(record_decision(
        run,
        &DecisionRecord::Refused(refusal.clone()),
        parents,
    )?);
    Ok(Step::Refused(refusal))
}

/// Paths of this machine that the builder must not be able to open: what it would look for first.
fn forbidden(run: &Run<'_>) -> Result<Vec<PathBuf>, Fault> {
    let perimeter = run.perimeter;
    let mut paths = vec![
        perimeter.top.clone(),
        perimeter.own(),
        perimeter.ledger(),
        perimeter.home.clone(),
        perimeter.key(),
        super::run::state_path(perimeter, run.job),
    ];
    let stack = &run.job.stack;
    let hidden = (stack.policies.iter().map(|policy| &policy.pack))
        .chain(stack.holdouts.iter().map(|holdouts| &holdouts.source))
        .chain(stack.waivers.iter().map(|waivers| &waivers.file));
    paths.extend(hidden.map(|path| perimeter.top.join(path)));
    if let Some(home) = perimeter.environment.path("HOME") {
        paths.extend([".aws/credentials", ".ssh", ".config", ".netrc"].map(|name| home.join(name)));
    }
    Ok(paths)
}

fn note(run: &Run<'_>, attempt: u32, said: &str) -> Result<(), Fault> {
    let path = run.folder().join(format!("agent-{attempt}.txt"));
    std::fs::write(&path, said).map_err(Fault::file("writing", &path))
}
