//! The gateway between the engine and a real provider plugin.
//!
//! The engine connects once for every provider instance and configures each connection on its own, so every connection gets a
//! plugin process of its own. The plugin runs in an environment of its own; the engine never sees a credential, and what the
//! plugin is asked passes through here.
//!
//! INVARIANT: both directions are decoded strictly; a status goes on with its details, because they say what was half-made.
//! INVARIANT: what a provider may do beyond plain resources (components, methods, parameters, listing) is denied.
//! INVARIANT: the seed of auto-names is a function of the URN, so that preview and update give the same names.
//! INVARIANT: a plugin process ends with its connection, and all of them with the gateway.
//! INVARIANT: a request that changes the world goes through only with a [`Permit`] for it.

mod account;
mod log;
mod proxy;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use account::Account;
pub use account::{Permit, Write};

use super::monitor::{Observed, Recorder};
use super::wire::pulumirpc::engine_server::EngineServer;
use super::wire::pulumirpc::resource_provider_server::ResourceProviderServer;
use super::wire::{ServeError, limited, routes, serve_each};
use crate::names::PackageName;
use crate::perimeter::tools::{self, Invocation, Service, Tool};

/// Time until a plugin must have printed its port.
const PORT_DEADLINE: Duration = Duration::from_secs(60);
/// Bytes of a plugin's first line, and of the end of what it says that is kept.
const OUTPUT_BYTES_MAX: usize = 16 << 10;

/// A provider plugin and what its processes are given.
pub struct Plugin {
    /// Its package.
    pub package: PackageName,
    /// Its executable, whose hash was checked.
    pub tool: Tool,
    /// The whole environment of its processes; holds the credentials.
    pub env: Vec<(OsString, OsString)>,
    /// The working directory of its processes.
    pub cwd: PathBuf,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("package", &self.package)
            .field("tool", &self.tool)
            .finish_non_exhaustive()
    }
}

/// A gateway that is broken.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No socket, or none with an address.
    #[error("listening for a provider's engine or log: {0}")]
    Listen(#[source] std::io::Error),
    /// A server of ours ended that should not have.
    #[error("serving the provider gateway: {0}")]
    Serve(#[from] ServeError),
    /// A task of ours ended without an answer.
    #[error("serving the provider gateway: the server ended early")]
    EndedEarly,
}

/// A gateway being served; dropping it ends every connection and every plugin process.
#[derive(Debug)]
pub struct Gateway {
    package: PackageName,
    address: SocketAddr,
    recorder: Recorder,
    account: Account,
    servers: JoinSet<Result<(), ServeError>>,
}

impl Gateway {
    /// Serves one package on a listener (made inside the engine's sandbox).
    ///
    /// # Errors
    /// The listener has no address, or there is no loopback port for the plugins' log.
    pub fn start(listener: TcpListener, plugin: Plugin) -> Result<Self, GatewayError> {
        let package = plugin.package.clone();
        Self::with_backend(listener, package, |log| proxy::Backend::Process {
            plugin,
            log,
        })
    }

    fn with_backend(
        listener: TcpListener,
        package: PackageName,
        backend: impl FnOnce(SocketAddr) -> proxy::Backend,
    ) -> Result<Self, GatewayError> {
        let address = listener.local_addr().map_err(GatewayError::Listen)?;
        let recorder = Recorder::default();
        let mut servers = JoinSet::new();
        let log = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(GatewayError::Listen)?;
        let log_address = log.local_addr().map_err(GatewayError::Listen)?;
        let log_routes = routes(limited!(EngineServer::new(log::Log::new(recorder.clone()))));
        servers.spawn(serve_each(
            "the plugins' log service",
            log,
            move || log_routes.clone(),
            std::future::pending(),
        ));
        let backend = Arc::new(backend(log_address));
        let account = Account::default();
        let (record, writes) = (recorder.clone(), account.clone());
        // A proxy for every connection; its plugin ends when the connection drops it.
        let make = move || {
            let proxy = proxy::Proxy::new(Arc::clone(&backend), record.clone(), writes.clone());
            routes(limited!(ResourceProviderServer::new(proxy)))
        };
        servers.spawn(serve_each(
            "the provider gateway",
            listener,
            make,
            std::future::pending(),
        ));
        Ok(Self {
            package,
            address,
            recorder,
            account,
            servers,
        })
    }

    /// Where the engine connects.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The entry of `PULUMI_DEBUG_PROVIDERS` that attaches this gateway.
    #[must_use]
    pub fn attachment(&self) -> String {
        format!("{}:{}", self.package, self.address.port())
    }

    /// Sets which requests that change the world go through from now on.
    pub fn permit(&self, permit: Permit) {
        self.account.set(permit);
    }

    /// The URNs of objects that were made through this gateway and are not known to be gone.
    #[must_use]
    pub fn live(&self) -> Vec<String> {
        self.account.live()
    }

    /// The calls, denials and diagnostics so far.
    #[must_use]
    pub fn observed(&self) -> Observed {
        self.recorder.observed()
    }

    /// Waits for what should not happen: the end of a server. To be raced against the engine's own end.
    pub async fn broken(&mut self) -> GatewayError {
        ended(self.servers.join_next().await)
    }

    /// Ends every plugin and hands out what was seen.
    ///
    /// # Errors
    /// A server had ended before.
    pub async fn finish(mut self) -> Result<Observed, GatewayError> {
        if let Some(early) = self.servers.try_join_next() {
            return Err(ended(Some(early)));
        }
        self.servers.shutdown().await;
        Ok(self.recorder.observed())
    }
}

fn ended(task: Option<Result<Result<(), ServeError>, tokio::task::JoinError>>) -> GatewayError {
    match task {
        Some(Ok(Err(error))) => error.into(),
        Some(Ok(Ok(())) | Err(_)) | None => GatewayError::EndedEarly,
    }
}

/// Starts one plugin process and gives the port it printed.
async fn spawn_plugin(plugin: &Plugin, log: SocketAddr) -> Result<(Service, u16), String> {
    let service = tools::spawn(Invocation {
        program: (&plugin.tool).into(),
        args: vec![log.to_string().into()],
        env: plugin.env.clone(),
        cwd: plugin.cwd.clone(),
        stdin: Vec::new(),
        deadline: PORT_DEADLINE,
        output_bytes_max: OUTPUT_BYTES_MAX,
    })
    .await
    .map_err(|error| error.to_string())?;
    match service.first_line().trim().parse() {
        Ok(port) => Ok((service, port)),
        Err(_) => Err("its first line is not a port".to_owned()),
    }
}

#[cfg(test)]
mod tests;
