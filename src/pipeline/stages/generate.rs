//! Generate: the agent in the builder sandbox, its model behind the broker, its questions answered by previews of ours.

mod program;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

pub use program::{Found, find};

use super::check::Checks;
use super::{Step, note, propose, stopped};
use crate::config::{Agent, Record};
use crate::engine::program::{NODE_MODULES, SITE_PACKAGES};
use crate::fault::Fault;
use crate::ledger::{Actor, Recorded};
use crate::names::Sha256;
use crate::perimeter::broker::ModelPlan;
use crate::perimeter::broker::budget::{Account, Limits, Prices, Spent};
use crate::perimeter::broker::key::Key;
use crate::perimeter::dependencies::{self, Manifest};
use crate::perimeter::import::RelPath;
use crate::perimeter::sandbox;
use crate::perimeter::tools::UserTool;
use crate::pipeline::gate::{Reason, Refusal};
use crate::pipeline::generate::kind;
use crate::pipeline::generate::prompt::{Filling, TEMPLATE_BYTES_MAX, Template};
use crate::pipeline::generate::{
    self, AgentOutcome, AgentReport, Author, Builder, Generated, Left, Proposal, Shown, Told, Wall,
    Work,
};
use crate::pipeline::order::WorkOrder;
use crate::pipeline::run::{Host, Run, Stop, folder};

/// LIMIT: calls of `check` that wait; an agent that asks more often is told that it is busy.
const WAITING_MAX: usize = 4;

/// Generate: the agent's change, as a proposal.
///
/// # Errors
/// lightsout failed, or the agent did not end well.
pub async fn generate(
    run: &mut Run<'_>,
    order: &Recorded<WorkOrder>,
    attempt: u32,
    feedback: Option<&str>,
) -> Result<Step<Recorded<Proposal>>, Fault> {
    let stack = &run.job.stack;
    let agent = stack.agent.clone().ok_or_else(|| {
        Fault::Usage(format!(
            "stack `{}` has no `agent`; configure one, or give a change with --proposal",
            stack.name
        ))
    })?;
    let stop = run.stop();
    let model = model(run, &agent, attempt)?;
    let key = run.model_key.clone();
    let prepared = async {
        let found = find(&run.perimeter.tools, &agent).await?;
        let shown = shown(run, &agent, found.as_ref()).await?;
        if let Some(file) = key.as_ref().and_then(|key| key.file()) {
            apart(&shown, &file)?;
        }
        let mut forbidden = super::forbidden(run)?;
        forbidden.extend(key.iter().filter_map(|key| key.file()));
        let prepared = Builder::prepare(shown, &forbidden).await;
        let (builder, wall) = prepared.map_err(Fault::Generate)?;
        Ok((found, builder, wall))
    };
    let (found, builder, wall) = stop.before_end_of(prepared).await?;
    let wall: Recorded<Wall> = run.record(Actor::Supervisor, wall, &[order.hash()])?;
    let template = template(run, &agent)?;
    let prompt = prompt(run, &agent, &template, &order.value().text, feedback);
    let (tool, questions) = mpsc::channel(WAITING_MAX);
    let mut checks = Checks::new(attempt, agent.checks, builder.folder()?, questions);
    let work = Work {
        agent: &agent,
        prompt: &prompt,
        model,
        tool,
    };
    let (left, fault) = worked(run, builder, &wall, work, &mut checks, &stop).await?;
    let mut generated = generate::take(
        left,
        &run.base_tree,
        Told {
            attempt,
            agent: &agent,
            program: found.map(|found| found.record),
            template: template.hash(),
            prompt: &prompt,
            checks: checks.asked(),
        },
    );
    if let Some(key) = &key {
        generated.said = key.hide(&generated.said);
    }
    if agent.record == Record::Transcripts {
        let path = run.folder().join(format!("output-{attempt}.txt"));
        std::fs::write(&path, &generated.printed).map_err(Fault::file("writing", &path))?;
    }
    let judged = judged(run, order, &wall, attempt, generated);
    match fault {
        // Its report is recorded; why it was stopped says more than how it ended.
        Some(fault) => Err(fault),
        None => judged,
    }
}

/// What the agent is told.
fn prompt(
    run: &Run<'_>,
    agent: &Agent,
    template: &Template,
    order: &str,
    feedback: Option<&str>,
) -> String {
    let notes = run
        .base_tree
        .file("AGENTS.md")
        .map(|file| String::from_utf8_lossy(file.bytes()).into_owned());
    template.fill(Filling {
        order,
        notes: notes.as_deref(),
        feedback,
        allow: &run.job.stack.changes.allow,
        checks: agent.checks,
    })
}

/// The agent at work, and its questions answered. A fault of ours, the run's time or a Ctrl-C stops it; what it has used up is known all the same.
async fn worked(
    run: &mut Run<'_>,
    builder: Builder,
    wall: &Recorded<Wall>,
    work: Work<'_>,
    checks: &mut Checks,
    stop: &Stop,
) -> Result<(Left, Option<Fault>), Fault> {
    let (halt, halted) = tokio::sync::oneshot::channel();
    let halted = async {
        // Without a word it is not to stop.
        if halted.await.is_err() {
            std::future::pending().await
        }
    };
    let mut working = std::pin::pin!(builder.run(wall, work, halted));
    let fault = tokio::select! {
        biased;
        left = &mut working => return Ok((left?, None)),
        fault = stop.raised() => fault,
        fault = checks.answer(run, wall) => fault,
    };
    if halt.send(()).is_err() {
        tracing::debug!("the agent has ended by itself");
    }
    Ok((working.await?, Some(fault)))
}

/// Records how it ended; a tree becomes a proposal.
fn judged(
    run: &mut Run<'_>,
    order: &Recorded<WorkOrder>,
    wall: &Recorded<Wall>,
    attempt: u32,
    generated: Generated,
) -> Result<Step<Recorded<Proposal>>, Fault> {
    let Generated {
        report, tree, said, ..
    } = generated;
    note(run, attempt, &said)?;
    let report: Recorded<AgentReport> = run.record(Actor::Supervisor, report, &[wall.hash()])?;
    let parents: [Sha256; 3] = [order.hash(), wall.hash(), report.hash()];
    match (&report.value().outcome, tree) {
        (AgentOutcome::NoChange, Some(_)) if !run.is_unapplied()? => Ok(Step::NoChange),
        (AgentOutcome::NoChange | AgentOutcome::Changed, Some(tree)) => {
            propose(run, &tree, Author::Agent { attempt }, &parents)
        }
        (AgentOutcome::Unusable { what }, _) => {
            let refusal = Refusal::one(Reason::Tree { what: what.clone() });
            stopped(run, refusal, &[report.hash()])
        }
        (outcome, _) => Err(Fault::Agent {
            outcome: outcome.clone(),
            said: crate::names::excerpt(&said),
        }),
    }
}

/// The model behind the broker, with what is left of the budgets.
fn model(run: &mut Run<'_>, agent: &Agent, attempt: u32) -> Result<Option<ModelPlan>, Fault> {
    let Some(model) = &agent.model else {
        return Ok(None);
    };
    let wrong = |what: &str| Fault::Usage(format!("stack `{}`: {what}", run.job.stack.name));
    let api = kind::api(agent, model).ok_or_else(|| wrong("`agent.model` needs an `api`"))?;
    let limits =
        |budget| Limits::new(budget).ok_or_else(|| wrong("`usd` is not an amount of money"));
    let account = Account::new(
        limits(&agent.budget)?,
        limits(&run.job.stack.budget.model)?,
        spent(run)?,
        match &model.price {
            Some(price) => {
                Some(Prices::new(price).ok_or_else(|| wrong("`price` is not an amount of money"))?)
            }
            None => None,
        },
    );
    let key = match &run.model_key {
        Some(key) => Arc::clone(key),
        None => {
            let perimeter = run.perimeter;
            let key = Key::read(&model.key, &perimeter.environment, &perimeter.top)
                .map_err(crate::perimeter::broker::Error::from)?;
            let key = Arc::new(key);
            run.model_key = Some(Arc::clone(&key));
            key
        }
    };
    Ok(Some(ModelPlan {
        api,
        url: model.url.clone().unwrap_or_else(|| api.vendor().to_owned()),
        name: model.name.clone(),
        key,
        account,
        output_tokens: u64::from(model.output_tokens),
        silence: Duration::from_secs(u64::from(model.silence_seconds)),
        transcript: match agent.record {
            Record::Figures => None,
            Record::Transcripts => Some(run.folder().join(format!("transcript-{attempt}.jsonl"))),
        },
    }))
}

/// What earlier attempts of the run have used up, by the ledger.
fn spent(run: &Run<'_>) -> Result<Spent, Fault> {
    let reports: Vec<Recorded<AgentReport>> = run.ledger.view().read_all(&run.id)?;
    let models = reports
        .iter()
        .filter_map(|report| report.value().model.as_ref());
    Ok(models.fold(Spent::default(), |sum, model| sum.plus(model.spent)))
}

/// The prompt's template, of the base commit.
fn template(run: &Run<'_>, agent: &Agent) -> Result<Template, Fault> {
    let Some(path) = &agent.prompt else {
        return Ok(Template::built_in());
    };
    let relative = RelPath::new(path).map_err(|error| Fault::Usage(error.to_string()))?;
    let bytes = run
        .perimeter
        .repository
        .read_file(&run.base, &relative, TEMPLATE_BYTES_MAX)?
        .ok_or_else(|| {
            Fault::Usage(format!(
                "`agent.prompt` names `{path}`, which the base commit lacks"
            ))
        })?;
    Template::read(&bytes).map_err(|error| Fault::Generate(error.into()))
}

/// What the builder sandbox shows.
async fn shown(run: &Run<'_>, agent: &Agent, found: Option<&Found>) -> Result<Shown, Fault> {
    let folder_of = |path: &String| folder(run.perimeter, &run.base, path);
    let files = match &agent.files {
        Some(path) => Some(run.materialise("agent", &folder_of(path)?)?),
        None => None,
    };
    let mut shown = Shown {
        folder: run.materialise("base", &run.base_tree)?,
        files,
        program: found.map(|found| found.program.clone()),
        config: config_folder(run)?,
        check: sandbox::executable()
            .map_err(Fault::file("finding", Path::new("the running program")))?,
        ..Shown::default()
    };
    for toolchain in &agent.toolchains {
        let real = std::fs::canonicalize(&toolchain.path)
            .map_err(Fault::file("finding the toolchain", &toolchain.path))?;
        let hash = Manifest::of(&real)
            .map_err(dependencies::Error::from)?
            .hash();
        if real != toolchain.path || hash != toolchain.sha256 {
            return Err(Fault::Usage(format!(
                "the toolchain `{}` has the hash {hash} at `{}`, lightsout.yaml says {}",
                toolchain.path.display(),
                real.display(),
                toolchain.sha256
            )));
        }
        shown.search.push(toolchain.path.join("bin"));
        shown.shows.push(toolchain.path.clone());
    }
    packages(run, &mut shown).await?;
    Ok(shown)
}

/// Nothing that the agent is shown may hold the model's key, under whatever name it is shown.
fn apart(shown: &Shown, key: &Path) -> Result<(), Fault> {
    let program = shown
        .program
        .iter()
        .flat_map(|it| it.shows.iter().chain([&it.shown]));
    let packages = shown.packages.iter().map(|(source, _)| source);
    for source in shown.shows.iter().chain(program).chain(packages) {
        let real = std::fs::canonicalize(source).map_err(Fault::file("finding", source))?;
        if key.starts_with(&real) {
            return Err(Fault::Usage(format!(
                "the agent is shown `{}`, in which the model's key lies",
                real.display()
            )));
        }
    }
    Ok(())
}

/// A folder for files of ours that the agent may read.
fn config_folder(run: &Run<'_>) -> Result<PathBuf, Fault> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = run.fresh("agent-config")?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .map_err(Fault::file("opening up", &path))?;
    Ok(path)
}

/// The interpreter and the packages of the stack's program, so that the agent can try what it writes.
async fn packages(run: &Run<'_>, shown: &mut Shown) -> Result<(), Fault> {
    let mut interpreter = |tool: &UserTool| {
        shown.shows.extend_from_slice(tool.shows());
        if let Some(folder) = tool.path().parent()
            && !folder.starts_with("/usr")
        {
            shown.search.push(folder.to_owned());
        }
    };
    match &run.kit.host {
        Host::Yaml(_) => return Ok(()),
        Host::Node { node, .. } => interpreter(node),
        Host::Python(python) => interpreter(python),
    }
    let Some(installed) = super::place::installed(run, &run.base_tree).await? else {
        return Ok(());
    };
    match installed.kind() {
        dependencies::Kind::Npm => shown
            .packages
            .push((installed.folder().join("node_modules"), NODE_MODULES.into())),
        dependencies::Kind::Pip => {
            shown
                .packages
                .push((installed.folder(), SITE_PACKAGES.into()));
            shown
                .variables
                .push(("PYTHONPATH".into(), OsString::from(SITE_PACKAGES)));
        }
    }
    Ok(())
}
