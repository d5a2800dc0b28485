//! An engine that answers everything and remembers what reached it, and a program's view of the proxies before it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::engine::monitor::{Allowed, Observed, PackageRule, Proxies, Recorder, Rule, Tree};
use crate::engine::wire::codegen::loader_client::LoaderClient;
use crate::engine::wire::codegen::loader_server::{Loader, LoaderServer};
use crate::engine::wire::codegen::{GetSchemaRequest, GetSchemaResponse};
use crate::engine::wire::pulumirpc::engine_client::EngineClient;
use crate::engine::wire::pulumirpc::engine_server::{Engine, EngineServer};
use crate::engine::wire::pulumirpc::resource_monitor_client::ResourceMonitorClient;
use crate::engine::wire::pulumirpc::resource_monitor_server::{
    ResourceMonitor, ResourceMonitorServer,
};
use std::result::Result;

use crate::engine::wire::pulumirpc::*;
use crate::engine::wire::{ServeError, channel, limited, routes, serve_each};

type Answer<T> = Result<Response<T>, Status>;

/// The fake engine: every method appends its name.
#[derive(Debug, Clone, Default)]
pub(super) struct Fake {
    reached: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    fn reach(&self, method: &str) {
        self.reached.lock().unwrap().push(method.to_owned());
    }
}

#[tonic::async_trait]
impl ResourceMonitor for Fake {
    async fn get_deployment_info(&self, _: Request<()>) -> Answer<DeploymentInfo> {
        Ok(Response::new(DeploymentInfo {
            supported_features: (0..16).collect(),
            ..DeploymentInfo::default()
        }))
    }
    async fn supports_feature(
        &self,
        _: Request<SupportsFeatureRequest>,
    ) -> Answer<SupportsFeatureResponse> {
        Ok(Response::new(SupportsFeatureResponse { has_support: true }))
    }
    async fn invoke(&self, _: Request<ResourceInvokeRequest>) -> Answer<ResourceInvokeResponse> {
        self.reach("Invoke");
        Ok(Response::new(ResourceInvokeResponse::default()))
    }
    async fn call(&self, _: Request<ResourceCallRequest>) -> Answer<CallResponse> {
        self.reach("Call");
        Ok(Response::new(CallResponse::default()))
    }
    async fn read_resource(&self, _: Request<ReadResourceRequest>) -> Answer<ReadResourceResponse> {
        self.reach("ReadResource");
        Ok(Response::new(ReadResourceResponse::default()))
    }
    async fn register_resource(
        &self,
        request: Request<RegisterResourceRequest>,
    ) -> Answer<RegisterResourceResponse> {
        self.reach("RegisterResource");
        let request = request.into_inner();
        if request.name == "refused-by-the-engine" {
            let details = prost::bytes::Bytes::from_static(b"details");
            return Err(Status::with_details(
                tonic::Code::AlreadyExists,
                "twice",
                details,
            ));
        }
        Ok(Response::new(RegisterResourceResponse {
            urn: format!("urn:pulumi:dev::site::{}::{}", request.r#type, request.name),
            ..RegisterResourceResponse::default()
        }))
    }
    async fn register_resource_outputs(
        &self,
        _: Request<RegisterResourceOutputsRequest>,
    ) -> Answer<()> {
        self.reach("RegisterResourceOutputs");
        Ok(Response::new(()))
    }
    async fn register_stack_transform(&self, _: Request<Callback>) -> Answer<()> {
        self.reach("RegisterStackTransform");
        Ok(Response::new(()))
    }
    async fn register_stack_invoke_transform(&self, _: Request<Callback>) -> Answer<()> {
        self.reach("RegisterStackInvokeTransform");
        Ok(Response::new(()))
    }
    async fn register_resource_hook(&self, _: Request<RegisterResourceHookRequest>) -> Answer<()> {
        self.reach("RegisterResourceHook");
        Ok(Response::new(()))
    }
    async fn register_error_hook(&self, _: Request<RegisterErrorHookRequest>) -> Answer<()> {
        self.reach("RegisterErrorHook");
        Ok(Response::new(()))
    }
    async fn register_package(
        &self,
        request: Request<RegisterPackageRequest>,
    ) -> Answer<RegisterPackageResponse> {
        self.reach("RegisterPackage");
        let r#ref = format!("ref-{}", request.into_inner().name);
        Ok(Response::new(RegisterPackageResponse { r#ref }))
    }
    async fn signal_and_wait_for_shutdown(&self, _: Request<()>) -> Answer<()> {
        self.reach("SignalAndWaitForShutdown");
        Ok(Response::new(()))
    }
}

#[tonic::async_trait]
impl Engine for Fake {
    async fn log(&self, request: Request<LogRequest>) -> Answer<()> {
        self.reach(&format!(
            "Log of {} bytes",
            request.into_inner().message.len()
        ));
        Ok(Response::new(()))
    }
    async fn get_root_resource(
        &self,
        _: Request<GetRootResourceRequest>,
    ) -> Answer<GetRootResourceResponse> {
        Ok(Response::new(GetRootResourceResponse::default()))
    }
    async fn set_root_resource(
        &self,
        _: Request<SetRootResourceRequest>,
    ) -> Answer<SetRootResourceResponse> {
        self.reach("SetRootResource");
        Ok(Response::new(SetRootResourceResponse::default()))
    }
    async fn start_debugging(&self, _: Request<StartDebuggingRequest>) -> Answer<()> {
        self.reach("StartDebugging");
        Ok(Response::new(()))
    }
    async fn require_pulumi_version(
        &self,
        _: Request<RequirePulumiVersionRequest>,
    ) -> Answer<RequirePulumiVersionResponse> {
        Ok(Response::new(RequirePulumiVersionResponse::default()))
    }
}

#[tonic::async_trait]
impl Loader for Fake {
    async fn get_schema(&self, _: Request<GetSchemaRequest>) -> Answer<GetSchemaResponse> {
        self.reach("GetSchema");
        Ok(Response::new(GetSchemaResponse {
            schema: b"{}".to_vec(),
        }))
    }
}

/// What a program sees.
pub(super) struct Program {
    pub(super) monitor: ResourceMonitorClient<Channel>,
    pub(super) engine: EngineClient<Channel>,
    pub(super) loader: LoaderClient<Channel>,
    /// The monitor proxy's address, for peers that speak otherwise than we do.
    pub(super) address: std::net::SocketAddr,
    fake: Fake,
    recorder: Recorder,
    _servers: JoinSet<Result<(), ServeError>>,
}

impl Program {
    pub(super) fn reached(&self) -> Vec<String> {
        self.fake.reached.lock().unwrap().clone()
    }

    pub(super) fn observed(&self) -> Observed {
        self.recorder.observed()
    }

    /// Asserts that the answer is a denial by this rule, recorded, and that nothing reached the engine.
    #[track_caller]
    pub(super) fn denied<T: std::fmt::Debug>(
        &self,
        answer: Result<Response<T>, Status>,
        rule: Rule,
    ) {
        let status = answer.expect_err("must be denied");
        assert_eq!(status.code(), tonic::Code::PermissionDenied, "{status}");
        let observed = self.observed();
        let denial = observed.denials.last().expect("must be recorded");
        assert_eq!(denial.rule, rule, "{}", denial.message);
        assert!(status.message().ends_with(&denial.message), "{status}");
        assert_eq!(
            self.reached(),
            Vec::<String>::new(),
            "must not reach the engine"
        );
    }
}

/// The allow-list of the tests: one package, and one thing of each kind.
pub(super) fn allowed() -> Allowed {
    let aws = PackageRule {
        version: Some("7.18.0".to_owned()),
        invokes: vec!["aws:index/getRegion:getRegion".to_owned()],
        reads: false,
        provider_inputs: vec!["region".to_owned()],
        file_assets: true,
    };
    let random = PackageRule {
        reads: true,
        ..PackageRule::default()
    };
    // Listed by mistake: still no dynamic provider.
    let dynamic = PackageRule::default();
    let packages = [
        ("aws", aws),
        ("random", random),
        ("pulumi-nodejs", dynamic.clone()),
        ("pulumi", dynamic),
    ];
    Allowed {
        packages: packages
            .into_iter()
            .map(|(name, rule)| (name.parse().unwrap(), rule))
            .collect(),
        stack_references: vec!["org/net/prod".to_owned()],
        imports: false,
        registrations: None,
    }
}

pub(super) async fn program() -> Program {
    with(allowed(), Path::new("/usr/share")).await
}

pub(super) async fn with(allowed: Allowed, tree: &Path) -> Program {
    let fake = Fake::default();
    let mut servers = JoinSet::new();
    let engine_side = |servers: &mut JoinSet<_>, routes| listen(servers, routes);
    let monitor = engine_side(
        &mut servers,
        routes(limited!(ResourceMonitorServer::new(fake.clone()))),
    );
    let engine = engine_side(
        &mut servers,
        routes(limited!(EngineServer::new(fake.clone()))),
    );
    let loader = engine_side(
        &mut servers,
        routes(limited!(LoaderServer::new(fake.clone()))),
    );
    let recorder = Recorder::default();
    let tree = Tree::open(tree, "/work/program", "").unwrap();
    let proxies = Proxies::new(
        allowed,
        tree,
        recorder.clone(),
        dial(monitor).await,
        dial(engine).await,
        Some(dial(loader).await),
    );
    let address = listen(&mut servers, proxies.monitor());
    let engine = listen(&mut servers, proxies.engine());
    let loader = listen(&mut servers, proxies.loader().unwrap());
    Program {
        monitor: ResourceMonitorClient::new(dial(address).await),
        engine: EngineClient::new(dial(engine).await),
        loader: LoaderClient::new(dial(loader).await),
        address,
        fake,
        recorder,
        _servers: servers,
    }
}

fn listen(servers: &mut JoinSet<Result<(), ServeError>>, routes: Routes) -> std::net::SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    servers.spawn(serve_each(
        "a test",
        listener,
        move || routes.clone(),
        std::future::pending(),
    ));
    address
}

async fn dial(address: std::net::SocketAddr) -> Channel {
    channel("a test", TcpStream::connect(address).await.unwrap())
        .await
        .unwrap()
}
