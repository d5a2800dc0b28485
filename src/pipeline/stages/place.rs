//! An engine for one stage: the proposed tree, what runs its program, what serves its packages.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{PLAN, TREE};
use crate::config::secret::Secret;
use crate::config::{Provider, TrialProviders};
use crate::engine::deployment::{Deployment, Plan, Service};
use crate::engine::monitor::{Allowed, PackageRule};
use crate::engine::program;
use crate::engine::project::{Project, Runtime};
use crate::engine::twin;
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
    let path = proposed_tree(run, proposal)?;
    let parts = Parts {
        path: &path,
        state,
        out,
        passphrase: &run.passphrase()?,
        credentials: credentials::serve(run, purpose).await?,
        services: Services::Of(purpose),
        locks: if proposal.value().privileged.is_empty() {
            Locks::Base
        } else {
            Locks::Proposal
        },
    };
    start(run, parts).await
}

/// Starts an engine for the agent's own look at its work: on twins where there are some, without a credential or a variable of the stack's.
///
/// # Errors
/// Something cannot be started.
pub(super) async fn deploy_for_check(
    run: &Run<'_>,
    path: &Path,
    state: &Path,
    out: &Path,
    passphrase: &Secret,
) -> Result<Deployment, Fault> {
    let parts = Parts {
        path,
        state,
        out,
        passphrase,
        credentials: None,
        services: Services::Harmless,
        locks: Locks::Base,
    };
    start(run, parts).await
}

/// What differs between deployments of one stack.
struct Parts<'a> {
    path: &'a Path,
    state: &'a Path,
    out: &'a Path,
    passphrase: &'a Secret,
    credentials: Option<CredentialServer>,
    services: Services<'a>,
    locks: Locks,
}

/// Whose lock files say which packages the program gets.
#[derive(Clone, Copy)]
enum Locks {
    /// The base commit's.
    Base,
    /// The proposal's, about which a person is asked.
    Proposal,
}

/// What serves the packages.
#[derive(Clone, Copy)]
enum Services<'a> {
    /// What the purpose asks for.
    Of(Purpose<'a>),
    /// Twins where there are some, plugins without any environment where there are none.
    Harmless,
}

async fn start(run: &Run<'_>, parts: Parts<'_>) -> Result<Deployment, Fault> {
    use std::os::fd::AsFd as _;
    let Parts {
        path,
        state,
        out,
        passphrase,
        credentials,
        services: kind,
        locks,
    } = parts;
    let tree = import::import(open_folder(path)?.as_fd(), &import::Limits::default())?;
    let project = Project::read(&tree).map_err(crate::engine::deployment::Error::from)?;
    // Only then the proposal's own lock files: they are what a person will be asked about.
    let locks = match locks {
        Locks::Base => &run.base_tree,
        Locks::Proposal => &tree,
    };
    let (runtime, mounts) = host(run, &project, locks).await?;
    let plan = Plan {
        pulumi: &run.kit.pulumi,
        tree: path,
        project: &project,
        runtime,
        mounts,
        state,
        out,
        stack: &run.job.stack.name,
        passphrase,
        allowed: allowed(run),
        services: services(run, kind, credentials.as_ref()).await?,
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
    let missing = || {
        Fault::Usage("the program needs Pulumi's SDK: list it in package.json and package-lock.json, or in requirements.txt with hashes".to_owned())
    };
    installed(run, locks).await?.ok_or_else(missing)
}

/// The packages of a tree's lock files, installed and looked at; nothing when there are none.
pub(super) async fn installed(
    run: &Run<'_>,
    locks: &Tree,
) -> Result<Option<dependencies::Dependencies>, Fault> {
    let environment = environment(run);
    let installed = dependencies::install(locks, &run.perimeter.tools, &environment).await?;
    if let Some(packages) = &installed {
        packages.verify()?;
    }
    Ok(installed)
}

/// The user's environment, of which installing takes what it knows.
pub(super) fn environment(run: &Run<'_>) -> Vec<(OsString, OsString)> {
    let all = run.perimeter.environment.select(|_| true);
    all.into_iter().collect()
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
    kind: Services<'_>,
    credentials: Option<&CredentialServer>,
) -> Result<BTreeMap<crate::names::PackageName, Service>, Fault> {
    let mut services = BTreeMap::new();
    let trial = match kind {
        Services::Of(Purpose::Trial { seed }) => Some(seed),
        Services::Of(Purpose::Preview | Purpose::Apply(_)) | Services::Harmless => None,
    };
    for (name, package) in &run.job.stack.packages {
        let is_twin = package.provider == Provider::Twin
            || (trial.is_some() && run.job.stack.trial.providers == TrialProviders::Twin)
            || (matches!(kind, Services::Harmless) && name.as_str() == twin::PACKAGE);
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
            let mut environment: Vec<_> = match (kind, trial) {
                (Services::Harmless, _) => Vec::new(),
                (Services::Of(_), Some(_)) => renamed(run, &run.job.stack.trial.environment),
                (Services::Of(_), None) => run
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
