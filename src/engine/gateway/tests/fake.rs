//! A provider in this process that remembers what reached it.

use std::result::Result;
use std::sync::{Arc, Mutex};

use prost::Message as _;
use tonic::codegen::tokio_stream;
use tonic::{Code, Request, Response, Status};

use crate::engine::wire::pulumirpc::resource_provider_server::ResourceProvider;
use crate::engine::wire::pulumirpc::*;

type Answer<T> = Result<Response<T>, Status>;

#[derive(Debug, Clone, Default)]
pub(super) struct Fake(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    checks: Vec<CheckRequest>,
    creates: Vec<CreateRequest>,
    handshakes: Vec<ProviderHandshakeRequest>,
}

impl Fake {
    pub(super) fn checks(&self) -> Vec<CheckRequest> {
        self.0.lock().unwrap().checks.clone()
    }

    pub(super) fn creates(&self) -> Vec<CreateRequest> {
        self.0.lock().unwrap().creates.clone()
    }

    pub(super) fn handshakes(&self) -> Vec<ProviderHandshakeRequest> {
        self.0.lock().unwrap().handshakes.clone()
    }
}

fn fine<T: Default>() -> Answer<T> {
    Ok(Response::new(T::default()))
}

#[tonic::async_trait]
impl ResourceProvider for Fake {
    async fn handshake(
        &self,
        request: Request<ProviderHandshakeRequest>,
    ) -> Answer<ProviderHandshakeResponse> {
        self.0.lock().unwrap().handshakes.push(request.into_inner());
        Ok(Response::new(ProviderHandshakeResponse {
            accept_secrets: true,
            ..Default::default()
        }))
    }
    async fn check(&self, request: Request<CheckRequest>) -> Answer<CheckResponse> {
        self.0.lock().unwrap().checks.push(request.into_inner());
        fine()
    }
    async fn create(&self, request: Request<CreateRequest>) -> Answer<CreateResponse> {
        let request = request.into_inner();
        if request.urn == "half-made" {
            let details = ErrorResourceInitFailed {
                id: "half".to_owned(),
                ..Default::default()
            };
            return Err(Status::with_details(
                Code::Unknown,
                "resource init failed: half",
                details.encode_to_vec().into(),
            ));
        }
        self.0.lock().unwrap().creates.push(request);
        Ok(Response::new(CreateResponse {
            id: "made".to_owned(),
            ..Default::default()
        }))
    }
    async fn parameterize(&self, _: Request<ParameterizeRequest>) -> Answer<ParameterizeResponse> {
        fine()
    }
    async fn get_schema(&self, _: Request<GetSchemaRequest>) -> Answer<GetSchemaResponse> {
        fine()
    }
    async fn check_config(&self, _: Request<CheckRequest>) -> Answer<CheckResponse> {
        fine()
    }
    async fn diff_config(&self, _: Request<DiffRequest>) -> Answer<DiffResponse> {
        fine()
    }
    async fn configure(&self, _: Request<ConfigureRequest>) -> Answer<ConfigureResponse> {
        fine()
    }
    async fn invoke(&self, _: Request<InvokeRequest>) -> Answer<InvokeResponse> {
        fine()
    }
    async fn call(&self, _: Request<CallRequest>) -> Answer<CallResponse> {
        fine()
    }
    async fn diff(&self, _: Request<DiffRequest>) -> Answer<DiffResponse> {
        fine()
    }
    async fn read(&self, _: Request<ReadRequest>) -> Answer<ReadResponse> {
        fine()
    }
    type ListStream = tokio_stream::Empty<Result<ListResponse, Status>>;
    async fn list(&self, _: Request<ListRequest>) -> Answer<Self::ListStream> {
        Ok(Response::new(tokio_stream::empty()))
    }
    async fn update(&self, _: Request<UpdateRequest>) -> Answer<UpdateResponse> {
        fine()
    }
    async fn delete(&self, _: Request<DeleteRequest>) -> Answer<()> {
        fine()
    }
    async fn construct(&self, _: Request<ConstructRequest>) -> Answer<ConstructResponse> {
        fine()
    }
    async fn cancel(&self, _: Request<()>) -> Answer<()> {
        fine()
    }
    async fn get_plugin_info(&self, _: Request<()>) -> Answer<PluginInfo> {
        fine()
    }
    async fn attach(&self, _: Request<PluginAttach>) -> Answer<()> {
        fine()
    }
    async fn get_mapping(&self, _: Request<GetMappingRequest>) -> Answer<GetMappingResponse> {
        fine()
    }
    async fn get_mappings(&self, _: Request<GetMappingsRequest>) -> Answer<GetMappingsResponse> {
        fine()
    }
}
