//! An engine for one stage: the proposed tree, what runs its program, what serves its packages.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{PLAN, TREE};
use crate::config::{Provider, TrialProviders};
use crate::engine::deployment::{Deployment, Plan, Service};
use crate::engine::monitor::{Allowed, PackageRule};
use crate::engine::program;
use crate::engine::project::{Project, Runtime};
use crate::fault::Fault;
use crate::ledger::Recorded;
use crate::perimeter::credentials::CredentialServer;
use crate::perimeter::dependencies;
use crate::perimeter::import::{self, Tree, open_folder};
use crate::perimeter::sandbox::Mount;
use crate::pipeline::credentials::{self, Purpose};
use crate::pipeline::generate::Proposal;
use crate::pipeline::preview;
use crate::pipeline::run::{Host, Run};

/// Reads the proposed tree back, and refuses one that is not what was proposed.
///
/// # Errors
/// It is gone or changed.
pub fn proposed_tree(run: &Run<'_>, proposal: &Recorded<Proposal>) -> Result<PathBuf, Fault> {
    let path = run.folder().join(TREE);
    import::materialise::verify(&path, proposal.value().tree)?;
    Ok(path)
}

/// Reads the plan back.
///
/// # Errors
/// It is gone or too large.
pub fn plan(run: &Run<'_>) -> Result<Vec<u8>, Fault> {
    let bytes = crate::engine::automation::files::read(
        &run.folder().join(PLAN),
        PLAN,
        preview::PLAN_BYTES_MAX,
    );
    Ok(bytes.map_err(crate::engine::deployment::Error::from)?)
}

/// Starts an engine on the proposed tree.
///
/// # Errors
/// Something cannot be started.
pub async fn deploy(
    run: &Run<'_>,
    proposal: &Recorded<Proposal>,
    state: &Path,
    out: &Path,
    purpose: Purpose<'_>,
) -> Result<Deployment, Fault> {
    use std::os::fd::AsFd as _;
    let path = proposed_tree(run, proposal)?;
    let tree = import::import(open_folder(&path)?.as_fd(), &import::Limits::default())?;
    let project = Project::read(&tree).map_err(crate::engine::deployment::Error::from)?;
    // Only then the proposal's own lock files: they are what a person will be asked about.
    let locks = if proposal.value().privileged.is_empty() {
        &run.base_tree
    } else {
        &tree
    };
    let (runtime, mounts) = host(run, &project, locks).await?;
    let passphrase = run.passphrase()?;
    let credentials = credentials::serve(run, purpose).await?;
    let plan = Plan {
        pulumi: &run.kit.pulumi,
        tree: &path,
        project: &project,
        runtime,
        mounts,
        state,
        out,
        stack: &run.job.stack.name,
        passphrase: &passphrase,
        allowed: allowed(run),
        services: services(run, purpose, credentials.as_ref()).await?,
        credentials,
        deadline: Duration::from_secs(u64::from(run.job.stack.budget.minutes) * 60),
        interrupt: run.perimeter.interrupt.clone(),
    };
    Ok(Deployment::start(plan).await?)
}

async fn host(
    run: &Run<'_>,
    project: &Project,
    locks: &Tree,
) -> Result<(program::Runtime, Vec<Mount>), Fault> {
    let read_only = |source: &Path, target: &Path| Mount::ReadOnly {
        source: source.to_owned(),
        target: target.to_owned(),
    };
    let shown = |paths: &[PathBuf]| {
        paths
            .iter()
            .map(|path| read_only(path, path))
            .collect::<Vec<_>>()
    };
    Ok(match (&run.kit.host, project.runtime) {
        (Host::Yaml(tool), Runtime::Yaml) => {
            let inside = PathBuf::from("/work/bin/pulumi-language-yaml");
            (
                program::Runtime::Yaml {
                    host: inside.clone(),
                },
                vec![read_only(tool.path(), &inside)],
            )
        }
        (Host::Node { node, .. }, Runtime::Node { typescript }) => {
            let mut mounts = shown(node.shows());
            mounts.push(read_only(
                &packages(run, locks).await?.folder().join("node_modules"),
                Path::new(program::NODE_MODULES),
            ));
            (
                program::Runtime::Node {
                    interpreter: node.path().to_owned(),
                    typescript,
                },
                mounts,
            )
        }
        (Host::Python(python), Runtime::Python) => {
            let mut mounts = shown(python.shows());
            mounts.push(read_only(
                &packages(run, locks).await?.folder(),
                Path::new(program::SITE_PACKAGES),
            ));
            (
                program::Runtime::Python {
                    interpreter: python.path().to_owned(),
                },
                mounts,
            )
        }
        (
            Host::Yaml(_) | Host::Node { .. } | Host::Python(_),
            Runtime::Yaml | Runtime::Node { .. } | Runtime::Python,
        ) => {
            return Err(Fault::Usage(
                "the proposal changes the program's runtime".to_owned(),
            ));
        }
    })
}

/// The program's packages, by a tree's lock files.
async fn packages(run: &Run<'_>, locks: &Tree) -> Result<dependencies::Dependencies, Fault> {
    let environment: Vec<_> = run
        .perimeter
        .environment
        .select(|_| true)
        .into_iter()
        .collect();
    let installed = dependencies::install(locks, &run.perimeter.tools, &environment).await?;
    let missing = || {
        Fault::Usage("the program needs Pulumi's SDK: list it in package.json and package-lock.json, or in requirements.txt with hashes".to_owned())
    };
    let packages = installed.ok_or_else(missing)?;
    packages.verify()?;
    Ok(packages)
}

fn allowed(run: &Run<'_>) -> Allowed {
    let rule = |package: &crate::config::Package| PackageRule {
        version: package.version.clone(),
        invokes: package.invokes.clone(),
        reads: false,
        provider_inputs: Vec::new(),
        file_assets: package.provider == Provider::Twin,
    };
    let packages = run
        .job
        .stack
        .packages
        .iter()
        .map(|(name, package)| (name.clone(), rule(package)))
        .collect();
    Allowed {
        packages,
        ..Allowed::default()
    }
}

/// Variables of ours under the names that the provider knows.
fn renamed(run: &Run<'_>, names: &BTreeMap<String, String>) -> Vec<(OsString, OsString)> {
    let of = |(name, ours): (&String, &String)| {
        let value = run.perimeter.environment.get(ours)?;
        Some((name.into(), value.reveal().into()))
    };
    names.iter().filter_map(of).collect()
}

async fn services(
    run: &Run<'_>,
    purpose: Purpose<'_>,
    credentials: Option<&CredentialServer>,
) -> Result<BTreeMap<crate::names::PackageName, Service>, Fault> {
    let mut services = BTreeMap::new();
    let trial = match purpose {
        Purpose::Trial { seed } => Some(seed),
        Purpose::Preview | Purpose::Apply(_) => None,
    };
    for (name, package) in &run.job.stack.packages {
        let is_twin = package.provider == Provider::Twin
            || (trial.is_some() && run.job.stack.trial.providers == TrialProviders::Twin);
        let service = if is_twin {
            Service::Twin {
                seed: trial.unwrap_or(0),
            }
        } else {
            // Looked at again: it is started next.
            let tool = run
                .perimeter
                .tools
                .locate(&format!("pulumi-resource-{name}"))
                .await?;
            if package.version.as_deref() != Some(tool.version()) {
                return Err(Fault::Usage(format!(
                    "lightsout.yaml asks for `{name}` {}, tools.lock has {}",
                    package.version.as_deref().unwrap_or("without a version"),
                    tool.version()
                )));
            }
            // The stack's own credentials never reach a trial.
            let mut environment: Vec<_> = match trial {
                Some(_) => renamed(run, &run.job.stack.trial.environment),
                None => run
                    .perimeter
                    .environment
                    .select(|variable| package.environment.contains(variable))
                    .into_iter()
                    .collect(),
            };
            if package.credentials.is_some() {
                environment
                    .extend(credentials.map_or_else(Vec::new, CredentialServer::environment));
            }
            Service::Plugin { tool, environment }
        };
        services.insert(name.clone(), service);
    }
    Ok(services)
}
