//! One connection of the engine: a plugin process of its own, and every call to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tonic::codegen::tokio_stream;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::account::{Account, Write};
use super::{Plugin, spawn_plugin};
use crate::engine::monitor::{Recorder, Rule, handed_on};
use crate::engine::wire::pulumirpc::resource_provider_client::ResourceProviderClient;
use crate::engine::wire::pulumirpc::resource_provider_server::ResourceProvider;
use crate::engine::wire::pulumirpc::{
    CallRequest, CallResponse, CheckRequest, CheckResponse, ConfigureRequest, ConfigureResponse,
    ConstructRequest, ConstructResponse, CreateRequest, CreateResponse, DeleteRequest, DiffRequest,
    DiffResponse, GetMappingRequest, GetMappingResponse, GetMappingsRequest, GetMappingsResponse,
    GetSchemaRequest, GetSchemaResponse, InvokeRequest, InvokeResponse, ListRequest, ListResponse,
    ParameterizeRequest, ParameterizeResponse, PluginAttach, PluginInfo, ProviderHandshakeRequest,
    ProviderHandshakeResponse, ReadRequest, ReadResponse, UpdateRequest, UpdateResponse,
};
use crate::engine::wire::{channel, limited};
use crate::names::Sha256;
use crate::perimeter::tools::Service;

type Answer<T> = Result<Response<T>, Status>;

/// Keeps our seeds apart from any other hash of a URN.
const SEED_DOMAIN: &[u8] = b"lightsout/random-seed/v1\0";

/// What answers behind a gateway.
#[derive(Debug)]
pub(super) enum Backend {
    /// A process for each connection.
    Process {
        /// What is started.
        plugin: Plugin,
        /// The address of the log service it is given.
        log: SocketAddr,
    },
    /// A provider that a test serves at this port.
    #[cfg(test)]
    Port {
        /// The provider's.
        port: u16,
        /// The address of the log service.
        log: SocketAddr,
    },
}

impl Backend {
    const fn log(&self) -> SocketAddr {
        match self {
            Self::Process { log, .. } => *log,
            #[cfg(test)]
            Self::Port { log, .. } => *log,
        }
    }
}

/// A plugin that answers; the process, if it is one, ends when this is dropped.
#[derive(Debug)]
struct Running {
    client: ResourceProviderClient<Channel>,
    _process: Option<Service>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Proxy {
    backend: Arc<Backend>,
    recorder: Recorder,
    account: Account,
    running: OnceCell<Running>,
}

impl Proxy {
    pub(super) fn new(backend: Arc<Backend>, recorder: Recorder, account: Account) -> Self {
        Self {
            backend,
            recorder,
            account,
            running: OnceCell::new(),
        }
    }

    /// The plugin, started by the first call.
    async fn plugin(&self) -> Result<ResourceProviderClient<Channel>, Status> {
        let running = self.running.get_or_try_init(|| self.start()).await?;
        Ok(running.client.clone())
    }

    async fn start(&self) -> Result<Running, Status> {
        let failed =
            |reason: String| Status::unavailable(format!("starting the provider plugin: {reason}"));
        self.recorder.count("gateway", "plugin started")?;
        let (process, port) = match self.backend.as_ref() {
            Backend::Process { plugin, log } => {
                let (process, port) = spawn_plugin(plugin, *log).await.map_err(failed)?;
                (Some(process), port)
            }
            #[cfg(test)]
            Backend::Port { port, .. } => (None, *port),
        };
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|error| failed(error.to_string()))?;
        let channel = channel("the provider plugin", stream)
            .await
            .map_err(|error| failed(error.to_string()))?;
        Ok(Running {
            client: limited!(ResourceProviderClient::new(channel)),
            _process: process,
        })
    }

    /// Counts one call and gives the plugin that answers it.
    async fn counted(&self, method: &str) -> Result<ResourceProviderClient<Channel>, Status> {
        self.recorder.count("provider", method)?;
        self.plugin().await
    }

    /// Refuses a change of the world that nobody cleared.
    fn permitted(&self, write: Write, urn: &str) -> Result<(), Status> {
        if self.account.allows(write, urn) {
            return Ok(());
        }
        let message = format!(
            "a `{}` of `{}` that was not cleared",
            write.method(),
            crate::names::excerpt(urn)
        );
        Err(self
            .recorder
            .denied(write.method(), Rule::Uncleared, &message))
    }

    fn deny<T>(&self, method: &str, rule: Rule, message: &str) -> Answer<T> {
        self.recorder.count("provider", method)?;
        Err(self.recorder.denied(method, rule, message))
    }
}

/// The seed of a resource's auto-names: the same in preview and update.
pub(super) fn seed(urn: &str) -> Vec<u8> {
    let mut bytes = SEED_DOMAIN.to_vec();
    bytes.extend_from_slice(urn.as_bytes());
    Sha256::of(&bytes).as_bytes().to_vec()
}

fn forwarded<T>(answer: Answer<T>) -> Answer<T> {
    answer
        .map(|answer| Response::new(answer.into_inner()))
        .map_err(handed_on)
}

#[tonic::async_trait]
impl ResourceProvider for Proxy {
    /// The plugin is told of our log service in place of the engine, and of no folder and no other service.
    async fn handshake(
        &self,
        request: Request<ProviderHandshakeRequest>,
    ) -> Answer<ProviderHandshakeResponse> {
        let mut plugin = self.counted("Handshake").await?;
        let request = ProviderHandshakeRequest {
            engine_address: self.backend.log().to_string(),
            root_directory: None,
            program_directory: None,
            mapper_target: None,
            loader_target: None,
            resolver_target: None,
            supports_views: false,
            ..request.into_inner()
        };
        forwarded(plugin.handshake(request).await)
    }

    /// The plugin already has our log service's address: it was its argument.
    async fn attach(&self, _: Request<PluginAttach>) -> Answer<()> {
        self.counted("Attach").await?;
        Ok(Response::new(()))
    }

    async fn parameterize(&self, _: Request<ParameterizeRequest>) -> Answer<ParameterizeResponse> {
        self.deny(
            "Parameterize",
            Rule::Parameterized,
            "a package made from parameters: use a package of its own",
        )
    }

    async fn construct(&self, _: Request<ConstructRequest>) -> Answer<ConstructResponse> {
        self.deny(
            "Construct",
            Rule::Remote,
            "a component that runs inside a provider: write it in the program",
        )
    }

    async fn call(&self, _: Request<CallRequest>) -> Answer<CallResponse> {
        self.deny(
            "Call",
            Rule::Remote,
            "a method that runs inside a provider: use its resources instead",
        )
    }

    type ListStream = tokio_stream::Empty<Result<ListResponse, Status>>;

    async fn list(&self, _: Request<ListRequest>) -> Answer<Self::ListStream> {
        self.deny(
            "List",
            Rule::Read,
            "listing what an account holds is not needed for an update",
        )
    }

    async fn get_mapping(&self, _: Request<GetMappingRequest>) -> Answer<GetMappingResponse> {
        self.recorder.count("provider", "GetMapping")?;
        Err(Status::unimplemented("mappings are for converters"))
    }

    async fn get_mappings(&self, _: Request<GetMappingsRequest>) -> Answer<GetMappingsResponse> {
        self.recorder.count("provider", "GetMappings")?;
        Err(Status::unimplemented("mappings are for converters"))
    }

    async fn get_schema(&self, request: Request<GetSchemaRequest>) -> Answer<GetSchemaResponse> {
        let request = request.into_inner();
        if !request.subpackage_name.is_empty() || !request.subpackage_version.is_empty() {
            return self.deny(
                "GetSchema",
                Rule::Parameterized,
                "the schema of a package made from parameters",
            );
        }
        forwarded(self.counted("GetSchema").await?.get_schema(request).await)
    }

    async fn get_plugin_info(&self, _: Request<()>) -> Answer<PluginInfo> {
        forwarded(
            self.counted("GetPluginInfo")
                .await?
                .get_plugin_info(())
                .await,
        )
    }

    async fn check_config(&self, request: Request<CheckRequest>) -> Answer<CheckResponse> {
        let mut request = request.into_inner();
        request.random_seed = seed(&request.urn);
        forwarded(
            self.counted("CheckConfig")
                .await?
                .check_config(request)
                .await,
        )
    }

    async fn diff_config(&self, request: Request<DiffRequest>) -> Answer<DiffResponse> {
        forwarded(
            self.counted("DiffConfig")
                .await?
                .diff_config(request.into_inner())
                .await,
        )
    }

    async fn configure(&self, request: Request<ConfigureRequest>) -> Answer<ConfigureResponse> {
        forwarded(
            self.counted("Configure")
                .await?
                .configure(request.into_inner())
                .await,
        )
    }

    async fn invoke(&self, request: Request<InvokeRequest>) -> Answer<InvokeResponse> {
        forwarded(
            self.counted("Invoke")
                .await?
                .invoke(request.into_inner())
                .await,
        )
    }

    async fn check(&self, request: Request<CheckRequest>) -> Answer<CheckResponse> {
        let mut request = request.into_inner();
        request.random_seed = seed(&request.urn);
        forwarded(self.counted("Check").await?.check(request).await)
    }

    async fn diff(&self, request: Request<DiffRequest>) -> Answer<DiffResponse> {
        forwarded(self.counted("Diff").await?.diff(request.into_inner()).await)
    }

    async fn create(&self, request: Request<CreateRequest>) -> Answer<CreateResponse> {
        let request = CreateRequest {
            resource_status_address: String::new(),
            resource_status_token: String::new(),
            ..request.into_inner()
        };
        let mut plugin = self.counted("Create").await?;
        if request.preview {
            return forwarded(plugin.create(request).await);
        }
        self.permitted(Write::Create, &request.urn)?;
        let urn = request.urn.clone();
        self.account.creating(&urn);
        let answer = forwarded(plugin.create(request).await)?;
        self.account.created(&urn, &answer.get_ref().id);
        Ok(answer)
    }

    async fn read(&self, request: Request<ReadRequest>) -> Answer<ReadResponse> {
        let request = ReadRequest {
            resource_status_address: String::new(),
            resource_status_token: String::new(),
            ..request.into_inner()
        };
        forwarded(self.counted("Read").await?.read(request).await)
    }

    async fn update(&self, request: Request<UpdateRequest>) -> Answer<UpdateResponse> {
        let request = UpdateRequest {
            resource_status_address: String::new(),
            resource_status_token: String::new(),
            ..request.into_inner()
        };
        let mut plugin = self.counted("Update").await?;
        if !request.preview {
            self.permitted(Write::Update, &request.urn)?;
        }
        forwarded(plugin.update(request).await)
    }

    async fn delete(&self, request: Request<DeleteRequest>) -> Answer<()> {
        let request = DeleteRequest {
            resource_status_address: String::new(),
            resource_status_token: String::new(),
            ..request.into_inner()
        };
        let mut plugin = self.counted("Delete").await?;
        self.permitted(Write::Delete, &request.urn)?;
        let (urn, id) = (request.urn.clone(), request.id.clone());
        let answer = forwarded(plugin.delete(request).await)?;
        self.account.deleted(&urn, &id);
        Ok(answer)
    }

    async fn cancel(&self, _: Request<()>) -> Answer<()> {
        forwarded(self.counted("Cancel").await?.cancel(()).await)
    }
}
