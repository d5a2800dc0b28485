//! The `LanguageRuntime` service, and one `Run` from the engine's request to the program's end.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::launch::{self, Launcher};
use super::{EngineAt, ProgramEnd, ProgramError, ProgramRun, ProgramSandbox, ending, yaml};
use crate::config::secret::{Mask, Secret};
use crate::engine::monitor::{Allowed, Diagnostic, Origin, Proxies, Recorder, Severity, Tree};
use crate::engine::wire::pulumirpc::language_runtime_server::LanguageRuntime;
use crate::engine::wire::pulumirpc::{
    AboutRequest, AboutResponse, GetProgramDependenciesRequest, GetProgramDependenciesResponse,
    GetRequiredPackagesRequest, GetRequiredPackagesResponse, GetRequiredPluginsRequest,
    GetRequiredPluginsResponse, InstallDependenciesRequest, InstallDependenciesResponse,
    LanguageHandshakeRequest, LanguageHandshakeResponse, PluginInfo, RunRequest, RunResponse,
};
use crate::engine::wire::{ServeError, channel, serve_each};
use crate::perimeter::sandbox::{Enforced, Finished, Identity, Sandbox, Walls};

type Answer<T> = Result<Response<T>, Status>;

/// Lines of output that become diagnostics, of each stream.
const LINES_MAX: usize = 500;

/// What a host and its service share.
#[derive(Debug)]
pub(super) struct State {
    engine: EngineAt,
    recorder: Recorder,
    /// Taken by the one `Run`.
    job: Mutex<Option<Job>>,
    outcome: Mutex<Outcome>,
}

#[derive(Debug)]
struct Job {
    program: ProgramSandbox,
    allowed: Allowed,
    tree: Tree,
}

#[derive(Debug, Default)]
struct Outcome {
    started: bool,
    ended: Option<Result<ProgramEnd, ProgramError>>,
    enforced: Option<Enforced>,
    mask: Mask,
}

impl State {
    pub(super) fn new(
        engine: EngineAt,
        program: ProgramSandbox,
        allowed: Allowed,
        tree: Tree,
    ) -> Self {
        let job = Job {
            program,
            allowed,
            tree,
        };
        Self {
            engine,
            recorder: Recorder::default(),
            job: Mutex::new(Some(job)),
            outcome: Mutex::default(),
        }
    }

    pub(super) fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// What is left; a run that was begun and has no end was abandoned by the engine.
    pub(super) fn outcome(&self) -> Result<ProgramRun, ProgramError> {
        let mut outcome = lock(&self.outcome);
        let end = match (outcome.started, outcome.ended.take()) {
            (_, Some(ended)) => Some(ended?),
            (true, None) => Some(ProgramEnd::Abandoned),
            (false, None) => None,
        };
        Ok(ProgramRun {
            end,
            observed: self.recorder.observed(),
            enforced: outcome.enforced.take(),
            mask: outcome.mask.clone(),
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each value under such a lock is replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub(super) struct Runtime {
    state: Arc<State>,
}

impl Runtime {
    pub(super) const fn new(state: Arc<State>) -> Self {
        Self { state }
    }

    /// One run, from walls to end.
    async fn run_once(&self, job: Job, request: RunRequest) -> Result<ProgramEnd, ProgramError> {
        let Job {
            mut program,
            allowed,
            tree,
        } = job;
        if request.attach_debugger || request.query_mode {
            return Err(ProgramError::Request(
                "a debugger or a query is asked for, and is not supported".to_owned(),
            ));
        }
        // The program gets these decrypted and may say them; nobody else may hear them.
        let secrets = request
            .config_secret_keys
            .iter()
            .filter_map(|key| request.config.get(key))
            .map(|value| Secret::new(value.clone()));
        lock(&self.state.outcome).mask = Mask::new(secrets);
        let proxies = self.connect(&program, allowed, tree, &request).await?;
        let launcher = match &program.runtime {
            super::Runtime::Python { .. } => Some(Launcher::write()?),
            super::Runtime::Node { .. } | super::Runtime::Yaml { .. } => None,
        };
        let mut mounts = std::mem::take(&mut program.mounts);
        mounts.extend(launcher.as_ref().map(Launcher::mount));
        let mut sandbox = Sandbox::prepare(Walls {
            mounts,
            identity: Identity::Dedicated,
            listeners: launch::listeners(&program.runtime),
            limits: program.limits.clone(),
        })
        .await?;
        lock(&self.state.outcome).enforced = Some(sandbox.enforced().clone());
        let (addresses, mut servers) = serve(sandbox.take_listeners(), &proxies)?;
        let ended = tokio::select! {
            ended = behind(&sandbox, &program, request, addresses) => ended,
            broken = servers.join_next() => Err(match broken {
                Some(Ok(Err(error))) => error.into(),
                Some(Ok(Ok(())) | Err(_)) | None => ProgramError::EndedEarly,
            }),
        };
        // Nothing of the program is left when the engine hears of its end.
        sandbox.end().await?;
        servers.shutdown().await;
        let (end, finished) = ended?;
        self.said(&finished);
        let observed = self.state.recorder.observed();
        Ok(ending::judged(&observed, end, &finished))
    }

    async fn connect(
        &self,
        program: &ProgramSandbox,
        allowed: Allowed,
        tree: Tree,
        request: &RunRequest,
    ) -> Result<Proxies, ProgramError> {
        let engine_address = request.args.first().map_or("", String::as_str);
        let monitor = self
            .dial("the engine's resource monitor", &request.monitor_address)
            .await?;
        let engine = self
            .dial("the engine's log service", engine_address)
            .await?;
        let loader = match &program.runtime {
            super::Runtime::Yaml { .. } => Some(
                self.dial("the engine's schema loader", &request.loader_target)
                    .await?,
            ),
            super::Runtime::Node { .. } | super::Runtime::Python { .. } => None,
        };
        let recorder = self.state.recorder();
        Ok(Proxies::new(
            allowed, tree, recorder, monitor, engine, loader,
        ))
    }

    async fn dial(
        &self,
        service: &'static str,
        address: &str,
    ) -> Result<tonic::transport::Channel, ProgramError> {
        let not_loopback =
            || ProgramError::Request(format!("the address of {service} is not a loopback port"));
        let port = address
            .strip_prefix("127.0.0.1:")
            .ok_or_else(not_loopback)?;
        let port = port.parse().map_err(|_| not_loopback())?;
        Ok(channel(service, self.state.engine.dial(port).await?).await?)
    }

    /// Keeps what the program printed.
    fn said(&self, finished: &Finished) {
        let streams = [
            (Origin::Stdout, Severity::Info, &finished.stdout),
            (Origin::Stderr, Severity::Warning, &finished.stderr),
        ];
        for (origin, severity, bytes) in streams {
            let lines = bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            for line in lines.take(LINES_MAX) {
                self.state.recorder.diagnostic(Diagnostic {
                    origin,
                    severity,
                    urn: String::new(),
                    text: String::from_utf8_lossy(line).into_owned(),
                });
            }
        }
    }
}

/// Serves the proxies on the sockets that were made inside.
fn serve(
    listeners: Vec<TcpListener>,
    proxies: &Proxies,
) -> Result<(launch::Proxies, JoinSet<Result<(), ServeError>>), ProgramError> {
    let mut listeners = listeners.into_iter();
    let mut servers = JoinSet::new();
    let mut start = |name: &'static str, routes: Routes| {
        let listener = listeners.next().ok_or(ProgramError::Sockets)?;
        let address = listener.local_addr().map_err(ProgramError::Listen)?;
        servers.spawn(serve_each(
            name,
            listener,
            move || routes.clone(),
            std::future::pending(),
        ));
        Ok::<_, ProgramError>(address)
    };
    let addresses = launch::Proxies {
        monitor: start("the resource monitor's proxy", proxies.monitor())?,
        engine: start("the engine's proxy", proxies.engine())?,
        loader: proxies
            .loader()
            .map(|routes| start("the schema loader's proxy", routes))
            .transpose()?,
    };
    Ok((addresses, servers))
}

/// Runs the program behind the walls; a YAML program's end is what its host says.
async fn behind(
    sandbox: &Sandbox,
    program: &ProgramSandbox,
    request: RunRequest,
    addresses: launch::Proxies,
) -> Result<(Option<RunResponse>, Finished), ProgramError> {
    let command = launch::command(program, &request, addresses)?;
    match &program.runtime {
        super::Runtime::Node { .. } | super::Runtime::Python { .. } => {
            Ok((None, sandbox.run(command).await?))
        }
        super::Runtime::Yaml { .. } => {
            yaml::run(
                sandbox,
                command,
                launch::folder(program),
                request,
                addresses,
            )
            .await
        }
    }
}

fn refused<T>(what: &str) -> Answer<T> {
    Err(Status::permission_denied(format!(
        "lightsout denies this: {what}"
    )))
}

#[tonic::async_trait]
impl LanguageRuntime for Runtime {
    async fn handshake(
        &self,
        _: Request<LanguageHandshakeRequest>,
    ) -> Answer<LanguageHandshakeResponse> {
        Ok(Response::new(Default::default()))
    }

    /// None: providers are attached, nothing is installed.
    async fn get_required_plugins(
        &self,
        _: Request<GetRequiredPluginsRequest>,
    ) -> Answer<GetRequiredPluginsResponse> {
        Ok(Response::new(Default::default()))
    }

    async fn get_required_packages(
        &self,
        _: Request<GetRequiredPackagesRequest>,
    ) -> Answer<GetRequiredPackagesResponse> {
        Ok(Response::new(Default::default()))
    }

    async fn run(&self, request: Request<RunRequest>) -> Answer<RunResponse> {
        let Some(job) = lock(&self.state.job).take() else {
            return refused("this host has run its program");
        };
        lock(&self.state.outcome).started = true;
        let ended = self.run_once(job, request.into_inner()).await;
        let answer = ending::answer(&self.state.recorder.observed(), &ended);
        lock(&self.state.outcome).ended = Some(ended);
        Ok(Response::new(answer))
    }

    async fn get_plugin_info(&self, _: Request<()>) -> Answer<PluginInfo> {
        Ok(Response::new(PluginInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }))
    }

    type InstallDependenciesStream =
        tokio_stream::Empty<Result<InstallDependenciesResponse, Status>>;

    async fn install_dependencies(
        &self,
        _: Request<InstallDependenciesRequest>,
    ) -> Answer<Self::InstallDependenciesStream> {
        refused("dependencies are installed before a run, from the base commit's lock file")
    }

    async fn about(&self, _: Request<AboutRequest>) -> Answer<AboutResponse> {
        Ok(Response::new(Default::default()))
    }

    async fn get_program_dependencies(
        &self,
        _: Request<GetProgramDependenciesRequest>,
    ) -> Answer<GetProgramDependenciesResponse> {
        Ok(Response::new(Default::default()))
    }

    /// The engine also drops its `Run`, which ends the program.
    async fn cancel(&self, _: Request<()>) -> Answer<()> {
        Ok(Response::new(()))
    }
}
