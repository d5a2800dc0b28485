//! Our language runtime: what the engine calls to run a program, and how the program is run.
//!
//! `pulumi --client=ADDRESS` makes this server the project's runtime. On `Run` it connects to the engine's services, puts the
//! proxies of [`monitor`](super::monitor) before them, and starts the program itself in a sandbox whose only sockets are those
//! proxies.
//!
//! INVARIANT: one host runs one program once; a second `Run` is refused.
//! INVARIANT: a program that was denied anything has failed, whatever its exit code says.
//! INVARIANT: the program, its sandbox and its proxies end with the `Run` that started them, and all with the host.
//!
//! It installs nothing and runs no plugin: the packages a program needs are in its sandbox before it starts.

mod ending;
mod host;
mod launch;
mod yaml;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::monitor::{Allowed, Observed, Recorder, Tree};
use super::wire::pulumirpc::language_runtime_server::LanguageRuntimeServer;
use super::wire::{ServeError, limited, routes, serve_each};
use crate::config::secret::Mask;
use crate::perimeter::sandbox::{self, Dialer, Enforced, Limits, Mount};

pub use launch::{NODE_MODULES, PROGRAM_ROOT, SITE_PACKAGES};

/// What runs a program. Paths are inside the program's sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// Node, with the packages at [`NODE_MODULES`].
    Node {
        /// The interpreter.
        interpreter: PathBuf,
        /// Whether the program is TypeScript.
        typescript: bool,
    },
    /// Python, with the packages at [`SITE_PACKAGES`].
    Python {
        /// The interpreter.
        interpreter: PathBuf,
    },
    /// The YAML language host.
    Yaml {
        /// Its executable.
        host: PathBuf,
    },
}

/// A program and the walls around it.
#[derive(Debug)]
pub struct ProgramSandbox {
    /// What runs it.
    pub runtime: Runtime,
    /// The program's folder beneath [`PROGRAM_ROOT`]; empty for the root itself.
    pub folder: PathBuf,
    /// What is visible: the imported tree at [`PROGRAM_ROOT`], packages, the interpreter's folders. All read-only.
    pub mounts: Vec<Mount>,
    /// Limits of the sandbox.
    pub limits: Limits,
    /// Wall-clock time until the program is killed.
    pub deadline: Duration,
    /// Bytes of standard output and standard error, each.
    pub output_bytes_max: usize,
}

/// Where the engine's own services are reached.
#[derive(Debug, Clone)]
pub enum EngineAt {
    /// In the engine's sandbox.
    Sandbox(Dialer),
    /// Beside us: an engine that a test started.
    #[cfg(test)]
    Loopback,
}

impl EngineAt {
    async fn dial(&self, port: u16) -> Result<TcpStream, ProgramError> {
        let engine = |reason: String| ProgramError::Engine { port, reason };
        match self {
            Self::Sandbox(dialer) => dialer.dial(port).await.map_err(|e| engine(e.to_string())),
            #[cfg(test)]
            Self::Loopback => TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, port))
                .await
                .map_err(|e| engine(e.to_string())),
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgramEnd {
    /// It returned 0 and was denied nothing.
    Finished,
    /// It failed and has said why.
    Bailed,
    /// It asked for something that is denied.
    Denied,
    /// It failed; the text is the reason, with the end of its standard error.
    Failed(String),
    /// It ran longer than its deadline.
    DeadlinePassed,
    /// It printed more than its limit.
    TooMuchOutput,
    /// The engine ended before it, as it does when a resource fails.
    Abandoned,
}

/// What is left of a program's run.
#[derive(Debug, Clone)]
pub struct ProgramRun {
    /// How it ended; nothing when the engine never asked for it.
    pub end: Option<ProgramEnd>,
    /// What it asked for.
    pub observed: Observed,
    /// What its walls really enforced.
    pub enforced: Option<Enforced>,
    /// Hides the stack's secrets in what it said.
    pub mask: Mask,
}

/// Why a program could not be run; not the program's own failure.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The listener's address is not known.
    #[error("listening for the engine: {0}")]
    Listen(#[source] std::io::Error),
    /// A server of ours ended that should not have.
    #[error("serving the program: {0}")]
    Serve(#[from] ServeError),
    /// A task of ours ended without an answer.
    #[error("serving the program: the server ended early")]
    EndedEarly,
    /// The engine's request to run is not one that is understood.
    #[error("the engine's request to run the program: {0}")]
    Request(String),
    /// The engine's services do not answer.
    #[error("reaching the engine's service at port {port}: {reason}")]
    Engine {
        /// The port inside the engine's sandbox.
        port: u16,
        /// What went wrong.
        reason: String,
    },
    /// The program's walls do not stand.
    #[error("the program's sandbox: {0}")]
    Sandbox(#[from] sandbox::Error),
    /// The sandbox gave fewer sockets than were asked for.
    #[error("the program's sandbox: a listening socket is missing")]
    Sockets,
    /// Our launcher could not be written.
    #[error("writing the launcher of Python programs: {0}")]
    Launcher(#[source] std::io::Error),
    /// The YAML language host does not do what it should.
    #[error("the YAML language host: {0}")]
    YamlHost(String),
}

/// A language runtime being served; dropping it ends the program and all that belongs to it.
#[derive(Debug)]
pub struct ProgramHost {
    address: SocketAddr,
    state: Arc<host::State>,
    server: JoinSet<Result<(), ServeError>>,
}

impl ProgramHost {
    /// Serves on a listener (made inside the engine's sandbox) until it is dropped or finished.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn start(
        listener: TcpListener,
        engine: EngineAt,
        program: ProgramSandbox,
        allowed: Allowed,
        tree: Tree,
    ) -> Result<Self, ProgramError> {
        let address = listener.local_addr().map_err(ProgramError::Listen)?;
        let state = Arc::new(host::State::new(engine, program, allowed, tree));
        let service = host::Runtime::new(Arc::clone(&state));
        let routes = routes(limited!(LanguageRuntimeServer::new(service)));
        let mut server = JoinSet::new();
        server.spawn(serve_each(
            "the engine's language runtime",
            listener,
            move || routes.clone(),
            std::future::pending(),
        ));
        Ok(Self {
            address,
            state,
            server,
        })
    }

    /// What `--client` is given.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The record, which grows while the program runs.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        self.state.recorder()
    }

    /// Waits for what should not happen: the server's end. To be raced against the engine's own end.
    pub async fn broken(&mut self) -> ProgramError {
        match self.server.join_next().await {
            Some(Ok(Err(error))) => error.into(),
            Some(Ok(Ok(())) | Err(_)) | None => ProgramError::EndedEarly,
        }
    }

    /// Ends the host and hands out what was seen.
    ///
    /// # Errors
    /// The server had ended before, or the program could not be run for a reason that is not its own.
    pub async fn finish(mut self) -> Result<ProgramRun, ProgramError> {
        if let Some(ended) = self.server.try_join_next() {
            return match ended {
                Ok(Err(error)) => Err(error.into()),
                Ok(Ok(())) | Err(_) => Err(ProgramError::EndedEarly),
            };
        }
        self.server.shutdown().await;
        self.state.outcome()
    }
}
