//! `lightsout tools`, and the installation of what a run misses.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::app::{Outside, print, print_json};
use crate::cli::{Add, Format, SourceKind, Tools as Subcommand};
use crate::config::AgentKind;
use crate::config::environment::Environment;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::perimeter::Perimeter;
use crate::perimeter::import::RelPath;
use crate::perimeter::interrupt::Interrupt;
use crate::perimeter::repository::{Base, Error as RepositoryError, Repository};
use crate::perimeter::tools::{
    Addition, Event, Listed, Lock, Machine, Origin, ProviderSource, Reporter, Source, Tool, Tools,
    is_forwarded,
};

/// LIMIT: bytes of a repository's `tools.lock`.
const LOCK_BYTES_MAX: u64 = 256 * 1024;
/// The lock's name, at the top of the repository.
pub const LOCK_FILE: &str = "tools.lock";
/// What every run needs besides what runs its program.
const ALWAYS: [&str; 3] = ["pulumi", "pulumi-language-yaml", "opa"];

/// Opens the tools: those of our own lock, and the providers that the base commit's lock adds.
///
/// # Errors
/// A lock cannot be read.
pub fn open(outside: &Outside, base: Option<(&Repository, &Base)>) -> Result<Tools, Fault> {
    let mut lock = Lock::built_in()?;
    if let Some((repository, base)) = base {
        let path = RelPath::new(LOCK_FILE).map_err(|error| Fault::Usage(error.to_string()))?;
        if let Some(bytes) = repository.read_file(base, &path, LOCK_BYTES_MAX)? {
            let text = String::from_utf8(bytes)
                .map_err(|_| Fault::Usage(format!("`{LOCK_FILE}` is not UTF-8 text")))?;
            lock = lock.with_repository(&text)?;
        }
    }
    let origin = if outside.system_tools {
        Origin::System
    } else {
        Origin::Home
    };
    Ok(Tools::open(
        &outside.home,
        lock,
        machine(&outside.environment),
        origin,
    )?)
}

fn machine(environment: &Environment) -> Machine {
    let forwarded = environment.select(is_forwarded).into_iter().collect();
    Machine {
        path: environment
            .get("PATH")
            .map_or_else(OsString::new, |path| path.reveal().into()),
        home: environment.path("HOME").unwrap_or_else(|| "/".into()),
        forwarded,
        proxy: environment
            .get("HTTPS_PROXY")
            .map(|proxy| proxy.reveal().to_owned()),
    }
}

/// Installs what a run needs and is missing, with progress on standard error.
///
/// # Errors
/// Something cannot be had.
pub async fn install_missing(perimeter: &Perimeter) -> Result<(), Fault> {
    if perimeter.tools.origin() == Origin::Home {
        let reporter = reporter();
        let report = |event: &Event<'_>| reporter.report(event);
        let install = perimeter.tools.install(&ALWAYS, None, &report);
        perimeter
            .interrupt
            .before(install)
            .await
            .ok_or(Fault::Interrupted)??;
    }
    Ok(())
}

/// Installs the program of a kind of agent from the lock, if it is missing and comes from there, with progress on standard error.
///
/// # Errors
/// It cannot be had, or is not what was installed.
pub async fn install_named(
    tools: &Tools,
    interrupt: &Interrupt,
    kind: AgentKind,
) -> Result<(), Fault> {
    let names = match kind {
        AgentKind::Codex | AgentKind::Opencode | AgentKind::Gemini => [kind.as_str()],
        AgentKind::Command | AgentKind::Claude | AgentKind::Acp => return Ok(()),
    };
    let reporter = reporter();
    let report = |event: &Event<'_>| reporter.report(event);
    let install = tools.install(&names, None, &report);
    interrupt
        .before(install)
        .await
        .ok_or(Fault::Interrupted)??;
    Ok(())
}

/// One program of our own lock, installed if it is missing, with progress on standard error.
///
/// # Errors
/// It cannot be had.
pub async fn installed(tools: &Tools, name: &str) -> Result<Tool, Fault> {
    if tools.origin() == Origin::Home {
        let reporter = reporter();
        let report = |event: &Event<'_>| reporter.report(event);
        let mut installed = tools.install(&[name], None, &report).await?;
        if let Some(tool) = installed.pop() {
            return Ok(tool);
        }
    }
    Ok(tools.locate(name).await?)
}

fn reporter() -> Reporter {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() {
        Reporter::bar()
    } else {
        Reporter::lines(Box::new(std::io::stderr()))
    }
}

#[derive(Serialize)]
struct Row {
    name: String,
    version: String,
    agent: bool,
    sources: Vec<String>,
    installed: bool,
    source: Option<String>,
    sha256: Option<String>,
    problem: Option<String>,
}

/// The tools of the repository, and its top. Outside of one, and before its first commit, there are still our own tools.
fn of_repository(outside: &Outside) -> Result<(Tools, Option<PathBuf>), Fault> {
    let Ok(repository) = Repository::open(&outside.repository) else {
        return Ok((open(outside, None)?, None));
    };
    let base = match repository.base() {
        Ok(base) => Some(base),
        Err(RepositoryError::NoCommit) => None,
        Err(error) => return Err(error.into()),
    };
    let tools = open(outside, base.as_ref().map(|base| (&repository, base)))?;
    Ok((tools, repository.work_tree().map(Path::to_owned)))
}

/// Runs `lightsout tools`.
///
/// # Errors
/// A tool cannot be had, or is not what was installed.
pub async fn run(outside: &Outside, command: &Subcommand) -> Result<Exit, Fault> {
    let (tools, top) = of_repository(outside)?;
    match command {
        Subcommand::Install(arguments) => {
            let only = arguments.source.map(|kind| match kind {
                SourceKind::Release => Source::Release,
                SourceKind::Go => Source::Go,
                SourceKind::Npm => Source::Npm,
            });
            let given: Vec<&str> = arguments.names.iter().map(String::as_str).collect();
            let all: Vec<&str> = tools.lock().default_names().collect();
            let reporter = reporter();
            tools
                .install(
                    if given.is_empty() { &all } else { &given },
                    only,
                    &|event| reporter.report(event),
                )
                .await?;
            rows(outside.format, tools.list().await)
        }
        Subcommand::Verify => rows(outside.format, tools.verify().await),
        Subcommand::List => rows(outside.format, tools.list().await),
        Subcommand::Add {
            kind:
                Add::Provider {
                    provider,
                    url,
                    file,
                },
        } => {
            let top = top.ok_or_else(|| Fault::Usage("a provider is added to a repository's tools.lock: run this inside a repository".to_owned()))?;
            let source = match (url, file) {
                (Some(url), _) => ProviderSource::Url(url.clone()),
                (None, Some(file)) => ProviderSource::File(file.clone()),
                (None, None) => ProviderSource::Vendor,
            };
            let addition = Addition {
                name: provider.name.clone(),
                version: provider.version.clone(),
                source,
            };
            let reporter = reporter();
            let added = tools
                .add_provider(&addition, &top.join(LOCK_FILE), &|event| {
                    reporter.report(event)
                })
                .await?;
            print(&format!(
                "{} {} is installed and in {LOCK_FILE}, sha256 {}; commit {LOCK_FILE}: runs read it from the base commit",
                added.tool.name(),
                added.tool.version(),
                added.tool.sha256()
            ))?;
            Ok(Exit::Done)
        }
    }
}

fn rows(format: Format, listed: Vec<Listed>) -> Result<Exit, Fault> {
    let mut is_fine = true;
    let rows: Vec<Row> = listed
        .into_iter()
        .map(|listed| {
            let (tool, problem) = match listed.installed {
                Ok(tool) => (tool, None),
                Err(error) => {
                    is_fine = false;
                    (None, Some(error.to_string()))
                }
            };
            Row {
                name: listed.name,
                version: listed.version,
                agent: listed.is_agent,
                sources: listed.sources.iter().map(ToString::to_string).collect(),
                installed: tool.is_some(),
                source: tool.as_ref().map(|tool| tool.source().to_string()),
                sha256: tool.as_ref().map(|tool| tool.sha256().to_string()),
                problem,
            }
        })
        .collect();
    match format {
        Format::Json => print_json(&rows)?,
        Format::Human => {
            for row in &rows {
                let state = match (&row.problem, &row.source, &row.sha256) {
                    (Some(problem), ..) => problem.clone(),
                    (None, Some(source), Some(sha256)) => {
                        format!("installed from {source}, sha256 {sha256}")
                    }
                    (None, ..) if row.agent => {
                        format!(
                            "not installed: an agent, `lightsout tools install {}`",
                            row.name
                        )
                    }
                    (None, ..) => format!("not installed; sources: {}", row.sources.join(", ")),
                };
                print(&format!("{:<22} {:<10} {state}", row.name, row.version))?;
            }
        }
    }
    Ok(if is_fine { Exit::Done } else { Exit::Fault })
}
