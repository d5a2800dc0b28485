//! The proxies between a program and the engine: what a program may ask for, and the record of what it asked.
//!
//! A program's only way out of its sandbox is the engine, which would fetch plugins, open files and read other stacks for it
//! (by the resource monitor, the engine service and, for YAML, the schema loader). Each call is decoded, counted, checked against
//! [`Allowed`] and only then forwarded.
//!
//! INVARIANT: a request is forwarded only after every one of its fields was looked at; what was not understood was refused.
//! INVARIANT: nothing is allowed by being absent from [`Allowed`].
//! INVARIANT: a denial is recorded before the program hears of it.
//!
//! It does not judge resources: that is what policies are for.

mod assets;
mod options;
mod record;
mod registrations;
mod rules;
mod service;
mod side;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tonic::Status;
use tonic::service::Routes;
use tonic::transport::Channel;

use crate::engine::wire::codegen::loader_client::LoaderClient;
use crate::engine::wire::codegen::loader_server::LoaderServer;
use crate::engine::wire::pulumirpc::engine_client::EngineClient;
use crate::engine::wire::pulumirpc::engine_server::EngineServer;
use crate::engine::wire::pulumirpc::resource_monitor_client::ResourceMonitorClient;
use crate::engine::wire::pulumirpc::resource_monitor_server::ResourceMonitorServer;
use crate::engine::wire::{limited, routes};
use crate::names::PackageName;

pub use assets::{AssetError, Tree};
pub use options::{Alias, ResourceOptions, Timeouts};
pub use record::{Denial, Diagnostic, Observed, Origin, Recorder, Rule, Severity};
pub use registrations::Registrations;
pub(crate) use side::severity;

/// What one stack's program may ask for. Anything else is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Packages whose resources may be registered.
    pub packages: BTreeMap<PackageName, PackageRule>,
    /// Stacks whose outputs may be read, by the exact name the program uses.
    pub stack_references: Vec<String>,
    /// Whether existing cloud objects may be adopted (`import`).
    pub imports: bool,
    /// What may be registered at all, when a preview of it was cleared; otherwise everything of the packages above.
    pub registrations: Option<Registrations>,
}

/// What may be asked of one package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageRule {
    /// The version that a program may name; a program that names none is served by the one that is attached.
    pub version: Option<String>,
    /// Functions (data sources) that may be called, by their whole token.
    pub invokes: Vec<String>,
    /// Whether resources may be looked up by id (`X.get`).
    pub reads: bool,
    /// Inputs that an explicit provider of this package may set.
    pub provider_inputs: Vec<String>,
    /// Whether inputs may name files of the program. A plugin opens them itself, from another place than the one that was checked.
    pub file_assets: bool,
}

/// The proxies of one program: three services over connections to the engine, one record.
#[derive(Debug, Clone)]
pub struct Proxies {
    monitor: ResourceMonitorClient<Channel>,
    engine: EngineClient<Channel>,
    loader: Option<LoaderClient<Channel>>,
    shared: Arc<Shared>,
}

/// What the proxies of one program have in common.
#[derive(Debug)]
struct Shared {
    allowed: Allowed,
    tree: Arc<Tree>,
    recorder: Recorder,
    /// What is left of [`Allowed::registrations`].
    registrations: Option<Mutex<Registrations>>,
}

impl Proxies {
    /// Puts proxies in front of the engine's own services; `loader` is needed by YAML programs only.
    #[must_use]
    pub fn new(
        mut allowed: Allowed,
        tree: Tree,
        recorder: Recorder,
        monitor: Channel,
        engine: Channel,
        loader: Option<Channel>,
    ) -> Self {
        Self {
            monitor: limited!(ResourceMonitorClient::new(monitor)),
            engine: limited!(EngineClient::new(engine)),
            loader: loader.map(|loader| limited!(LoaderClient::new(loader))),
            shared: Arc::new(Shared {
                registrations: allowed.registrations.take().map(Mutex::new),
                allowed,
                tree: Arc::new(tree),
                recorder,
            }),
        }
    }

    /// The resource monitor that the program sees.
    #[must_use]
    pub fn monitor(&self) -> Routes {
        let service = service::Monitor::new(self.monitor.clone(), Arc::clone(&self.shared));
        routes(limited!(ResourceMonitorServer::new(service)))
    }

    /// The engine service that the program sees.
    #[must_use]
    pub fn engine(&self) -> Routes {
        let service = side::EngineProxy {
            client: self.engine.clone(),
            shared: Arc::clone(&self.shared),
        };
        routes(limited!(EngineServer::new(service)))
    }

    /// The schema loader that a YAML program sees; without an engine's loader there is none.
    #[must_use]
    pub fn loader(&self) -> Option<Routes> {
        let service = side::LoaderProxy {
            client: self.loader.clone()?,
            shared: Arc::clone(&self.shared),
        };
        Some(routes(limited!(LoaderServer::new(service))))
    }
}

/// A status as it is handed on: code, text and details; headers of the other connection stay behind.
pub(crate) fn handed_on(status: Status) -> Status {
    Status::with_details(
        status.code(),
        status.message(),
        prost::bytes::Bytes::copy_from_slice(status.details()),
    )
}

#[cfg(test)]
mod tests;
