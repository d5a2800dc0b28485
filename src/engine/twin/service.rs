//! The methods of the provider protocol, in the order in which the engine calls them.
//!
//! INVARIANT: a status or a failure names types, properties and resources, never a value.
//! What it does not do: components, methods, parameters and lists; each is refused by name.

use std::sync::PoisonError;

use tonic::{Request, Response, Status};

use super::outputs::Configured;
use super::{Twin, check, configure, invoke, schema, value};
use crate::engine::wire::pulumirpc as rpc;
use crate::names::excerpt;

#[tonic::async_trait]
impl rpc::resource_provider_server::ResourceProvider for Twin {
    type ListStream = tokio_stream::Empty<Result<rpc::ListResponse, Status>>;

    async fn handshake(
        &self,
        _: Request<rpc::ProviderHandshakeRequest>,
    ) -> Result<Response<rpc::ProviderHandshakeResponse>, Status> {
        self.count("Handshake");
        Ok(Response::new(rpc::ProviderHandshakeResponse {
            accept_secrets: true,
            supports_autonaming_configuration: true,
            ..Default::default()
        }))
    }

    async fn attach(&self, _: Request<rpc::PluginAttach>) -> Result<Response<()>, Status> {
        self.count("Attach");
        Ok(Response::new(()))
    }

    async fn get_plugin_info(&self, _: Request<()>) -> Result<Response<rpc::PluginInfo>, Status> {
        self.count("GetPluginInfo");
        Ok(Response::new(rpc::PluginInfo {
            version: self.shared.table.version.clone(),
        }))
    }

    async fn get_schema(
        &self,
        request: Request<rpc::GetSchemaRequest>,
    ) -> Result<Response<rpc::GetSchemaResponse>, Status> {
        self.count("GetSchema");
        if !request.get_ref().subpackage_name.is_empty() {
            return Err(Status::unimplemented(
                "the twin has no parameterized packages",
            ));
        }
        Ok(Response::new(rpc::GetSchemaResponse {
            schema: schema::schema(&self.shared.table),
        }))
    }

    async fn check_config(
        &self,
        request: Request<rpc::CheckRequest>,
    ) -> Result<Response<rpc::CheckResponse>, Status> {
        self.count("CheckConfig");
        let news = value::from_wire(request.into_inner().news)?;
        Ok(Response::new(rpc::CheckResponse {
            failures: check::check_config(&self.shared.table, &news),
            inputs: Some(value::to_wire(&news)),
        }))
    }

    async fn diff_config(
        &self,
        _: Request<rpc::DiffRequest>,
    ) -> Result<Response<rpc::DiffResponse>, Status> {
        self.count("DiffConfig");
        // Another region does not replace the provider; it shows in the diff of each resource.
        Ok(Response::new(rpc::DiffResponse {
            changes: rpc::diff_response::DiffChanges::DiffNone.into(),
            ..Default::default()
        }))
    }

    async fn configure(
        &self,
        request: Request<rpc::ConfigureRequest>,
    ) -> Result<Response<rpc::ConfigureResponse>, Status> {
        self.count("Configure");
        let configured = configure::configured(request.into_inner())?;
        *self
            .configured
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(configured);
        Ok(Response::new(rpc::ConfigureResponse {
            accept_secrets: true,
            supports_preview: true,
            supports_autonaming_configuration: true,
            ..Default::default()
        }))
    }

    async fn check(
        &self,
        request: Request<rpc::CheckRequest>,
    ) -> Result<Response<rpc::CheckResponse>, Status> {
        self.count("Check");
        self.check_resource(request.into_inner()).map(Response::new)
    }

    async fn diff(
        &self,
        request: Request<rpc::DiffRequest>,
    ) -> Result<Response<rpc::DiffResponse>, Status> {
        self.count("Diff");
        let configured = self.configured()?;
        self.diff_resource(request.into_inner(), &configured)
            .map(Response::new)
    }

    async fn create(
        &self,
        request: Request<rpc::CreateRequest>,
    ) -> Result<Response<rpc::CreateResponse>, Status> {
        self.count("Create");
        let configured = self.configured()?;
        self.create_resource(request.into_inner(), &configured)
            .map(Response::new)
    }

    async fn read(
        &self,
        request: Request<rpc::ReadRequest>,
    ) -> Result<Response<rpc::ReadResponse>, Status> {
        self.count("Read");
        self.read_resource(request.into_inner()).map(Response::new)
    }

    async fn update(
        &self,
        request: Request<rpc::UpdateRequest>,
    ) -> Result<Response<rpc::UpdateResponse>, Status> {
        self.count("Update");
        let configured = self.configured()?;
        self.update_resource(request.into_inner(), &configured)
            .map(Response::new)
    }

    async fn delete(&self, request: Request<rpc::DeleteRequest>) -> Result<Response<()>, Status> {
        self.count("Delete");
        let request = request.into_inner();
        let (urn, token, _) = self.subject(&request.urn)?;
        if request.id.is_empty() {
            return Err(Status::invalid_argument(format!(
                "deleting `{}`: there is no id",
                excerpt(urn.name())
            )));
        }
        self.account().delete(&token, &request.id)?;
        Ok(Response::new(()))
    }

    async fn invoke(
        &self,
        request: Request<rpc::InvokeRequest>,
    ) -> Result<Response<rpc::InvokeResponse>, Status> {
        self.count("Invoke");
        let configured = self.configured()?;
        let request = request.into_inner();
        let args = value::from_wire(request.args)?;
        let answer = invoke::invoke(&request.tok, &args, &configured)?;
        Ok(Response::new(rpc::InvokeResponse {
            r#return: Some(value::to_wire(&answer)),
            failures: Vec::new(),
        }))
    }

    async fn cancel(&self, _: Request<()>) -> Result<Response<()>, Status> {
        self.count("Cancel");
        Ok(Response::new(()))
    }

    async fn parameterize(
        &self,
        _: Request<rpc::ParameterizeRequest>,
    ) -> Result<Response<rpc::ParameterizeResponse>, Status> {
        self.count("Parameterize");
        Err(Status::unimplemented(
            "the twin has no parameterized packages",
        ))
    }

    async fn construct(
        &self,
        _: Request<rpc::ConstructRequest>,
    ) -> Result<Response<rpc::ConstructResponse>, Status> {
        self.count("Construct");
        Err(Status::unimplemented("the twin has no components"))
    }

    async fn call(
        &self,
        _: Request<rpc::CallRequest>,
    ) -> Result<Response<rpc::CallResponse>, Status> {
        self.count("Call");
        Err(Status::unimplemented("the twin has no methods"))
    }

    async fn list(
        &self,
        _: Request<rpc::ListRequest>,
    ) -> Result<Response<Self::ListStream>, Status> {
        self.count("List");
        Err(Status::unimplemented("the twin lists nothing"))
    }

    async fn get_mapping(
        &self,
        _: Request<rpc::GetMappingRequest>,
    ) -> Result<Response<rpc::GetMappingResponse>, Status> {
        self.count("GetMapping");
        Err(Status::unimplemented("the twin has no mappings"))
    }

    async fn get_mappings(
        &self,
        _: Request<rpc::GetMappingsRequest>,
    ) -> Result<Response<rpc::GetMappingsResponse>, Status> {
        self.count("GetMappings");
        Err(Status::unimplemented("the twin has no mappings"))
    }
}

impl Twin {
    fn count(&self, method: &'static str) {
        self.account().count(method);
    }

    fn configured(&self) -> Result<Configured, Status> {
        let configured = self
            .configured
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        configured.clone().ok_or_else(|| {
            Status::failed_precondition("using a provider: this connection did not configure one")
        })
    }
}
