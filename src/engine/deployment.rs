//! One engine with everything around it: the sandboxed program, the proxies, the providers.
//!
//! A preview, a trial and an apply are the same thing with other providers and another state folder.

mod parts;
mod running;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

pub use parts::{Bound, Error, Plan, RunOutput, Service};
use running::{said, watched};

use crate::engine::analyzer::{Bench, Judge};
pub use crate::engine::automation::Ending;
use crate::engine::automation::{Engine, Setup, files};
use crate::engine::gateway::{Gateway, Permit, Plugin};
use crate::engine::monitor::{self, Allowed};
use crate::engine::program::{self, EngineAt, ProgramEnd, ProgramHost, ProgramRun, ProgramSandbox};
use crate::engine::project::Project;
use crate::engine::twin::{self, Twin};
use crate::engine::wire::ServeError;
use crate::names::{PackageName, Sha256, StackName};
use crate::perimeter::credentials::CredentialServer;
use crate::perimeter::import::RelPath;
use crate::perimeter::interrupt::Interrupt;
use crate::perimeter::sandbox::{End, Enforced, Finished, Limits, Mount};
use crate::pipeline::preview::{PLAN_BYTES_MAX, event::LOG_BYTES_MAX};

/// LIMIT: bytes that a program may print.
const PROGRAM_OUTPUT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// LIMIT: processes and threads of a program.
const PROGRAM_PROCESSES_MAX: u64 = 256;
/// LIMIT: bytes of a program's `/tmp` and home folder, and of one file.
const PROGRAM_SCRATCH_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// LIMIT: bytes of a state file.
const STATE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// An engine with its program and its providers.
#[derive(Debug)]
pub struct Deployment {
    engine: Engine,
    clients: std::vec::IntoIter<TcpListener>,
    stack: StackName,
    project: Project,
    runtime: program::Runtime,
    tree: PathBuf,
    mounts: Vec<Mount>,
    state: PathBuf,
    out: PathBuf,
    allowed: Allowed,
    deadline: Duration,
    interrupt: Interrupt,
    credentials: Option<CredentialServer>,
    bench: Bench,
    twins: Vec<(PackageName, Twin)>,
    gateways: Vec<(PackageName, Gateway)>,
    servers: JoinSet<Result<(), ServeError>>,
}

impl Deployment {
    /// Starts the engine's sandbox and serves its providers; makes the stack in the backend unless it is there.
    ///
    /// # Errors
    /// Something cannot be started.
    pub async fn start(plan: Plan<'_>) -> Result<Self, Error> {
        let setup = Setup {
            pulumi: plan.pulumi,
            tree: plan.tree,
            state: plan.state,
            out: plan.out,
            stack: plan.stack,
            passphrase: plan.passphrase,
            packages: plan.services.keys().cloned().collect(),
            deadline: plan.deadline,
        };
        let (engine, sockets) = Engine::prepare(setup).await?;
        let mut deployment = Self {
            engine,
            clients: sockets.clients.into_iter(),
            stack: plan.stack.clone(),
            project: plan.project.clone(),
            runtime: plan.runtime,
            tree: plan.tree.to_owned(),
            mounts: plan.mounts,
            state: plan.state.to_owned(),
            out: plan.out.to_owned(),
            allowed: plan.allowed,
            deadline: plan.deadline,
            interrupt: plan.interrupt,
            credentials: plan.credentials,
            bench: Bench::default(),
            twins: Vec::new(),
            gateways: Vec::new(),
            servers: JoinSet::new(),
        };
        let bench = deployment.bench.clone();
        deployment.servers.spawn(bench.serve(sockets.policies));
        let mut services = plan.services;
        for (package, listener) in sockets.packages {
            if let Some(service) = services.remove(&package) {
                deployment.serve(package, listener, service)?;
            }
        }
        deployment.engine.select_or_create().await?;
        Ok(deployment)
    }

    fn serve(
        &mut self,
        package: PackageName,
        listener: TcpListener,
        service: Service,
    ) -> Result<(), Error> {
        match service {
            Service::Twin { seed } => {
                if package.as_str() != twin::PACKAGE {
                    return Err(Error::NoTwin(package));
                }
                let twin = Twin::new(*Sha256::of(&seed.to_be_bytes()).as_bytes())?;
                // One configuration for each connection: the engine opens one for each instance of the provider.
                let served = twin.clone();
                self.servers
                    .spawn(async move { served.serve(listener, std::future::pending()).await });
                self.twins.push((package, twin));
            }
            Service::Plugin { tool, environment } => {
                let plugin = Plugin {
                    package: package.clone(),
                    tool,
                    env: environment,
                    cwd: self.out.clone(),
                };
                let gateway = Gateway::start(listener, plugin)?;
                self.gateways.push((package, gateway));
            }
        }
        Ok(())
    }

    /// The stack.
    #[must_use]
    pub const fn stack(&self) -> &StackName {
        &self.stack
    }

    /// Pulumi's name of the project.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project.name
    }

    /// The role session whose credentials its providers get, as AWS names it.
    #[must_use]
    pub fn role(&self) -> Option<String> {
        let server = self.credentials.as_ref();
        server.map(|server| server.arn().to_owned())
    }

    /// What holds the engine.
    #[must_use]
    pub fn enforced(&self) -> &Enforced {
        self.engine.enforced()
    }

    /// Hash of the stack's state as it is on the disk.
    ///
    /// # Errors
    /// It is not there, or too large.
    pub fn state_hash(&self) -> Result<Sha256, Error> {
        let file = self
            .state
            .join(".pulumi/stacks")
            .join(&self.project.name)
            .join(format!("{}.json", self.stack));
        Ok(Sha256::of(&files::read(&file, "state", STATE_BYTES_MAX)?))
    }

    /// Previews; the plan file is in [`Deployment::plan`] afterwards.
    ///
    /// # Errors
    /// Something of ours failed.
    pub async fn preview(&mut self) -> Result<RunOutput, Error> {
        self.permit(&Permit::Nothing);
        let host = self.host(self.allowed.clone())?;
        let address = host.address();
        let finished = watched(&mut self.servers, self.engine.preview(address)).await;
        self.output(host, finished?, "preview.log").await
    }

    /// The plan that the last preview wrote.
    ///
    /// # Errors
    /// It wrote none, or one that is too large.
    pub fn plan(&self) -> Result<Vec<u8>, Error> {
        Ok(self.engine.take_file("plan.json", PLAN_BYTES_MAX)?)
    }

    /// Updates; the judge is asked about every resource before it is created or changed.
    ///
    /// # Errors
    /// Something of ours failed.
    pub async fn up(
        &mut self,
        bound: Bound<'_>,
        judge: Arc<dyn Judge>,
    ) -> Result<RunOutput, Error> {
        let mut allowed = self.allowed.clone();
        let (is_planned, permit) = match bound {
            Bound::Free => (false, Permit::Everything),
            Bound::Cleared {
                plan,
                registrations,
                writes,
            } => {
                files::write_new(&self.out, "plan.json", plan)?;
                allowed.registrations = Some(registrations);
                (true, Permit::Cleared(writes))
            }
        };
        self.permit(&permit);
        let host = self.host(allowed)?;
        let address = host.address();
        let interrupt = self.interrupt.clone();
        self.bench.seat(Some(judge));
        let finished = watched(
            &mut self.servers,
            self.engine.up(address, is_planned, &interrupt),
        )
        .await;
        self.bench.seat(None);
        self.output(host, finished?, "up.log").await
    }

    /// Destroys everything in the stack.
    ///
    /// # Errors
    /// Something of ours failed.
    pub async fn destroy(&mut self) -> Result<Finished, Error> {
        self.permit(&Permit::Everything);
        let host = self.host(self.allowed.clone())?;
        let address = host.address();
        watched(&mut self.servers, self.engine.destroy(address)).await
    }

    /// The stack's state, its secrets encrypted.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn export(&self) -> Result<Vec<u8>, Error> {
        Ok(self.engine.export().await?)
    }

    /// Objects that exist in the twins, or were made by real providers and are not known to be gone.
    #[must_use]
    pub fn live(&self) -> Vec<String> {
        let twins = self.twins.iter().flat_map(|(_, twin)| {
            let resources = twin.resources().into_iter();
            resources.map(|resource| resource.urn.to_string())
        });
        let gateways = self.gateways.iter().flat_map(|(_, gateway)| gateway.live());
        twins.chain(gateways).collect()
    }

    fn permit(&self, permit: &Permit) {
        for (_, gateway) in &self.gateways {
            gateway.permit(permit.clone());
        }
    }

    /// Calls that the engine made to the providers so far, by `package/Method`.
    #[must_use]
    pub fn provider_calls(&self) -> BTreeMap<String, u64> {
        let twins = self.twins.iter().flat_map(|(package, twin)| {
            twin.calls()
                .into_iter()
                .map(move |(method, count)| (format!("{package}/{method}"), count))
        });
        let gateways = self.gateways.iter().flat_map(|(package, gateway)| {
            gateway
                .observed()
                .calls
                .into_iter()
                .map(move |(method, count)| (format!("{package}/{method}"), count))
        });
        twins.chain(gateways).collect()
    }

    /// Ends the engine, the program and the providers.
    ///
    /// # Errors
    /// Something could not be killed.
    pub async fn end(self) -> Result<(), Error> {
        let Self {
            engine,
            servers,
            gateways,
            ..
        } = self;
        engine.end().await?;
        for (_, gateway) in gateways {
            gateway.finish().await?;
        }
        drop(servers);
        Ok(())
    }

    fn host(&mut self, allowed: Allowed) -> Result<ProgramHost, Error> {
        let listener = self.clients.next().ok_or(Error::NoSocket)?;
        let mut mounts = vec![Mount::ReadOnly {
            source: self.tree.clone(),
            target: program::PROGRAM_ROOT.into(),
        }];
        mounts.extend(self.mounts.iter().cloned());
        let sandbox = ProgramSandbox {
            runtime: self.runtime.clone(),
            folder: self
                .project
                .main
                .as_ref()
                .map_or_else(PathBuf::new, |main| main.as_str().into()),
            mounts,
            limits: Limits {
                processes: PROGRAM_PROCESSES_MAX,
                open_files: 1024,
                file_bytes: PROGRAM_SCRATCH_BYTES_MAX,
                scratch_bytes: PROGRAM_SCRATCH_BYTES_MAX,
            },
            deadline: self.deadline,
            output_bytes_max: PROGRAM_OUTPUT_BYTES_MAX,
        };
        let tree = monitor::Tree::open(
            &self.tree,
            program::PROGRAM_ROOT,
            self.project.main.as_ref().map_or("", RelPath::as_str),
        )?;
        let engine = EngineAt::Sandbox(self.engine.dialer());
        Ok(ProgramHost::start(
            listener, engine, sandbox, allowed, tree,
        )?)
    }

    async fn output(
        &self,
        host: ProgramHost,
        finished: Finished,
        log: &'static str,
    ) -> Result<RunOutput, Error> {
        let ProgramRun {
            end,
            observed,
            enforced,
            mask,
        } = host.finish().await?;
        let program_failed = match end {
            None | Some(ProgramEnd::Finished | ProgramEnd::Denied) => None,
            Some(ProgramEnd::Bailed) => Some(said(&observed)),
            Some(ProgramEnd::Failed(reason)) => Some(reason),
            Some(ProgramEnd::DeadlinePassed) => Some("it ran longer than its deadline".to_owned()),
            Some(ProgramEnd::TooMuchOutput) => Some("it printed more than its limit".to_owned()),
            // An engine that failed says why itself.
            Some(ProgramEnd::Abandoned) if finished.end != End::Exited(0) => None,
            Some(ProgramEnd::Abandoned) => Some("the engine did not wait for it".to_owned()),
        };
        // An engine that was killed before it began leaves no log; an empty one is not a log, and is refused where it is read.
        let log = files::read_if_there(&self.out.join(log), "event log", LOG_BYTES_MAX)?
            .unwrap_or_else(Vec::new);
        Ok(RunOutput {
            finished,
            log,
            observed,
            program_failed: program_failed.map(|reason| mask.hide(&reason)),
            mask,
            program_sandbox: enforced,
        })
    }
}
