//! The methods of the provider protocol.

use tonic::{Request, Response, Status};

use super::Twin;
use crate::engine::wire::pulumirpc as rpc;

impl Twin {
    fn count(&self, method: &'static str) {
        let calls = &mut self.state().calls;
        let count = calls.entry(method).or_default();
        *count = count.saturating_add(1);
    }
}

#[tonic::async_trait]
impl rpc::resource_provider_server::ResourceProvider for Twin {
    type ListStream = tokio_stream::Empty<Result<rpc::ListResponse, Status>>;

    async fn handshake(
        &self,
        _: Request<rpc::ProviderHandshakeRequest>,
    ) -> Result<Response<rpc::ProviderHandshakeResponse>, Status> {
        self.count("Handshake");
        Err(Status::unimplemented("the twin does not do `Handshake`"))
    }

    async fn parameterize(
        &self,
        _: Request<rpc::ParameterizeRequest>,
    ) -> Result<Response<rpc::ParameterizeResponse>, Status> {
        self.count("Parameterize");
        Err(Status::unimplemented("the twin does not do `Parameterize`"))
    }

    async fn get_schema(
        &self,
        _: Request<rpc::GetSchemaRequest>,
    ) -> Result<Response<rpc::GetSchemaResponse>, Status> {
        self.count("GetSchema");
        Err(Status::unimplemented("the twin does not do `GetSchema`"))
    }

    async fn check_config(
        &self,
        _: Request<rpc::CheckRequest>,
    ) -> Result<Response<rpc::CheckResponse>, Status> {
        self.count("CheckConfig");
        Err(Status::unimplemented("the twin does not do `CheckConfig`"))
    }

    async fn diff_config(
        &self,
        _: Request<rpc::DiffRequest>,
    ) -> Result<Response<rpc::DiffResponse>, Status> {
        self.count("DiffConfig");
        Err(Status::unimplemented("the twin does not do `DiffConfig`"))
    }

    async fn configure(
        &self,
        _: Request<rpc::ConfigureRequest>,
    ) -> Result<Response<rpc::ConfigureResponse>, Status> {
        self.count("Configure");
        Err(Status::unimplemented("the twin does not do `Configure`"))
    }

    async fn invoke(
        &self,
        _: Request<rpc::InvokeRequest>,
    ) -> Result<Response<rpc::InvokeResponse>, Status> {
        self.count("Invoke");
        Err(Status::unimplemented("the twin does not do `Invoke`"))
    }

    async fn call(
        &self,
        _: Request<rpc::CallRequest>,
    ) -> Result<Response<rpc::CallResponse>, Status> {
        self.count("Call");
        Err(Status::unimplemented("the twin does not do `Call`"))
    }

    async fn check(
        &self,
        _: Request<rpc::CheckRequest>,
    ) -> Result<Response<rpc::CheckResponse>, Status> {
        self.count("Check");
        Err(Status::unimplemented("the twin does not do `Check`"))
    }

    async fn diff(
        &self,
        _: Request<rpc::DiffRequest>,
    ) -> Result<Response<rpc::DiffResponse>, Status> {
        self.count("Diff");
        Err(Status::unimplemented("the twin does not do `Diff`"))
    }

    async fn create(
        &self,
        _: Request<rpc::CreateRequest>,
    ) -> Result<Response<rpc::CreateResponse>, Status> {
        self.count("Create");
        Err(Status::unimplemented("the twin does not do `Create`"))
    }

    async fn read(
        &self,
        _: Request<rpc::ReadRequest>,
    ) -> Result<Response<rpc::ReadResponse>, Status> {
        self.count("Read");
        Err(Status::unimplemented("the twin does not do `Read`"))
    }

    async fn list(
        &self,
        _: Request<rpc::ListRequest>,
    ) -> Result<Response<Self::ListStream>, Status> {
        self.count("List");
        Err(Status::unimplemented("the twin does not do `List`"))
    }

    async fn update(
        &self,
        _: Request<rpc::UpdateRequest>,
    ) -> Result<Response<rpc::UpdateResponse>, Status> {
        self.count("Update");
        Err(Status::unimplemented("the twin does not do `Update`"))
    }

    async fn delete(&self, _: Request<rpc::DeleteRequest>) -> Result<Response<()>, Status> {
        self.count("Delete");
        Err(Status::unimplemented("the twin does not do `Delete`"))
    }

    async fn construct(
        &self,
        _: Request<rpc::ConstructRequest>,
    ) -> Result<Response<rpc::ConstructResponse>, Status> {
        self.count("Construct");
        Err(Status::unimplemented("the twin does not do `Construct`"))
    }

    async fn cancel(&self, _: Request<()>) -> Result<Response<()>, Status> {
        self.count("Cancel");
        Err(Status::unimplemented("the twin does not do `Cancel`"))
    }

    async fn get_plugin_info(&self, _: Request<()>) -> Result<Response<rpc::PluginInfo>, Status> {
        self.count("GetPluginInfo");
        Err(Status::unimplemented(
            "the twin does not do `GetPluginInfo`",
        ))
    }

    async fn attach(&self, _: Request<rpc::PluginAttach>) -> Result<Response<()>, Status> {
        self.count("Attach");
        Err(Status::unimplemented("the twin does not do `Attach`"))
    }

    async fn get_mapping(
        &self,
        _: Request<rpc::GetMappingRequest>,
    ) -> Result<Response<rpc::GetMappingResponse>, Status> {
        self.count("GetMapping");
        Err(Status::unimplemented("the twin does not do `GetMapping`"))
    }

    async fn get_mappings(
        &self,
        _: Request<rpc::GetMappingsRequest>,
    ) -> Result<Response<rpc::GetMappingsResponse>, Status> {
        self.count("GetMappings");
        Err(Status::unimplemented("the twin does not do `GetMappings`"))
    }
}
