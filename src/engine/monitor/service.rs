//! The resource monitor that a program sees: count, decode, check, forward.

use std::sync::{Arc, Mutex, PoisonError};

use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::record::{Refusal, Rule};
use super::{ResourceOptions, Shared, assets, handed_on, rules};
use crate::engine::wire::pulumirpc::resource_monitor_client::ResourceMonitorClient;
use crate::engine::wire::pulumirpc::resource_monitor_server::ResourceMonitor;
use crate::engine::wire::pulumirpc::{
    CallResponse, Callback, DeploymentInfo, ReadResourceRequest, ReadResourceResponse,
    RegisterErrorHookRequest, RegisterPackageRequest, RegisterPackageResponse,
    RegisterResourceHookRequest, RegisterResourceOutputsRequest, RegisterResourceRequest,
    RegisterResourceResponse, ResourceCallRequest, ResourceInvokeRequest, ResourceInvokeResponse,
    ResourceMonitorFeature, SupportsFeatureRequest, SupportsFeatureResponse,
};
use crate::engine::wire::value::{self, Properties};
use crate::names::excerpt;

type Answer<T> = Result<Response<T>, Status>;

/// Package references that one program may be given. LIMIT: one for each package it uses.
const REFERENCES_MAX: usize = 256;

/// Features that the proxy forwards; every other one is answered with no, so that SDKs do not use it.
const FEATURES: [(&str, ResourceMonitorFeature); 9] = [
    ("secrets", ResourceMonitorFeature::Secrets),
    (
        "resourceReferences",
        ResourceMonitorFeature::ResourceReferences,
    ),
    ("outputValues", ResourceMonitorFeature::OutputValues),
    ("aliasSpecs", ResourceMonitorFeature::AliasSpecs),
    (
        "replacementTrigger",
        ResourceMonitorFeature::ReplacementTrigger,
    ),
    ("deletedWith", ResourceMonitorFeature::DeletedWith),
    ("replaceWith", ResourceMonitorFeature::ReplaceWith),
    ("invokeDependsOn", ResourceMonitorFeature::InvokeDependsOn),
    ("invokeParent", ResourceMonitorFeature::InvokeParent),
];

#[derive(Debug)]
pub(super) struct Monitor {
    client: ResourceMonitorClient<Channel>,
    shared: Arc<Shared>,
    references: Mutex<rules::References>,
}

impl Monitor {
    pub(super) fn new(client: ResourceMonitorClient<Channel>, shared: Arc<Shared>) -> Self {
        Self {
            client,
            shared,
            references: Mutex::default(),
        }
    }

    fn client(&self) -> ResourceMonitorClient<Channel> {
        self.client.clone()
    }

    fn count(&self, method: &str) -> Result<(), Status> {
        self.shared.recorder.count("monitor", method)
    }

    fn deny(&self, method: &str, refusal: Refusal) -> Status {
        self.shared.recorder.deny(method, refusal)
    }

    fn properties(
        &self,
        method: &str,
        bag: Option<&prost_types::Struct>,
    ) -> Result<Properties, Status> {
        value::properties(bag)
            .map_err(|error| self.deny(method, Refusal::new(Rule::Malformed, error.to_string())))
    }

    fn references(&self) -> rules::References {
        self.references
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Checks every file that these properties name.
    async fn files(
        &self,
        method: &str,
        token: &str,
        properties: &Properties,
        other: Option<&prost_types::Value>,
    ) -> Result<(), Status> {
        let mut found = assets::named(properties).map_err(|refusal| self.deny(method, refusal))?;
        if let Some(other) = other {
            let other = value::value(other).map_err(|error| {
                self.deny(method, Refusal::new(Rule::Malformed, error.to_string()))
            })?;
            assets::collect(&other, &mut found).map_err(|refusal| self.deny(method, refusal))?;
        }
        if found.is_empty() {
            return Ok(());
        }
        rules::file_assets(&self.shared.allowed, token)
            .map_err(|refusal| self.deny(method, refusal))?;
        let tree = Arc::clone(&self.shared.tree);
        tokio::task::spawn_blocking(move || found.iter().try_for_each(|named| tree.check(named)))
            .await
            .map_err(|_| Status::internal("checking an asset's path was interrupted"))?
            .map_err(|refusal| self.deny(method, refusal))
    }
}

#[tonic::async_trait]
impl ResourceMonitor for Monitor {
    async fn get_deployment_info(&self, _: Request<()>) -> Answer<DeploymentInfo> {
        self.count("GetDeploymentInfo")?;
        let answer = self.client().get_deployment_info(()).await;
        let mut info = answer.map_err(handed_on)?.into_inner();
        info.supported_features.retain(|feature| {
            FEATURES
                .iter()
                .any(|(_, known)| i32::from(*known) == *feature)
        });
        Ok(Response::new(info))
    }

    async fn supports_feature(
        &self,
        request: Request<SupportsFeatureRequest>,
    ) -> Answer<SupportsFeatureResponse> {
        self.count("SupportsFeature")?;
        let request = request.into_inner();
        if !FEATURES.iter().any(|(id, _)| *id == request.id) {
            return Ok(Response::new(SupportsFeatureResponse {
                has_support: false,
            }));
        }
        let answer = self.client().supports_feature(request).await;
        forwarded(answer)
    }

    async fn invoke(
        &self,
        request: Request<ResourceInvokeRequest>,
    ) -> Answer<ResourceInvokeResponse> {
        const METHOD: &str = "Invoke";
        self.count(METHOD)?;
        let request = request.into_inner();
        self.shared
            .recorder
            .count("invoke", &excerpt_long(&request.tok))?;
        let args = self.properties(METHOD, request.args.as_ref())?;
        rules::invoke(&self.shared.allowed, &self.references(), &request, &args)
            .map_err(|refusal| self.deny(METHOD, refusal))?;
        self.files(METHOD, &request.tok, &args, None).await?;
        forwarded(self.client().invoke(request).await)
    }

    async fn call(&self, request: Request<ResourceCallRequest>) -> Answer<CallResponse> {
        self.count("Call")?;
        let token = excerpt(&request.into_inner().tok);
        let message =
            format!("the method `{token}` runs inside a provider: use its resources instead");
        Err(self.deny("Call", Refusal::new(Rule::Remote, message)))
    }

    async fn read_resource(
        &self,
        request: Request<ReadResourceRequest>,
    ) -> Answer<ReadResourceResponse> {
        const METHOD: &str = "ReadResource";
        self.count(METHOD)?;
        let request = request.into_inner();
        self.shared
            .recorder
            .count("read", &excerpt_long(&request.r#type))?;
        let properties = self.properties(METHOD, request.properties.as_ref())?;
        rules::read(
            &self.shared.allowed,
            &self.references(),
            &request,
            &properties,
        )
        .map_err(|refusal| self.deny(METHOD, refusal))?;
        self.files(METHOD, &request.r#type, &properties, None)
            .await?;
        forwarded(self.client().read_resource(request).await)
    }

    async fn register_resource(
        &self,
        request: Request<RegisterResourceRequest>,
    ) -> Answer<RegisterResourceResponse> {
        const METHOD: &str = "RegisterResource";
        self.count(METHOD)?;
        let request = request.into_inner();
        self.shared
            .recorder
            .count("type", &excerpt_long(&request.r#type))?;
        let inputs = self.properties(METHOD, request.object.as_ref())?;
        rules::register(&self.shared.allowed, &self.references(), &request, &inputs)
            .map_err(|refusal| self.deny(METHOD, refusal))?;
        let trigger = request.replacement_trigger.as_ref();
        self.files(METHOD, &request.r#type, &inputs, trigger)
            .await?;
        drop(inputs);
        let options = ResourceOptions::of(&request);
        if let Some(left) = &self.shared.registrations {
            left.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(&options)
                .map_err(|refusal| self.deny(METHOD, refusal))?;
        }
        let ticket = self
            .shared
            .recorder
            .registering(options)
            .map_err(|refusal| self.deny(METHOD, refusal))?;
        let answer = forwarded(self.client().register_resource(request).await)?;
        self.shared
            .recorder
            .registered(ticket, &answer.get_ref().urn)?;
        Ok(answer)
    }

    async fn register_resource_outputs(
        &self,
        request: Request<RegisterResourceOutputsRequest>,
    ) -> Answer<()> {
        const METHOD: &str = "RegisterResourceOutputs";
        self.count(METHOD)?;
        let request = request.into_inner();
        let outputs = self.properties(METHOD, request.outputs.as_ref())?;
        self.files(METHOD, "", &outputs, None).await?;
        forwarded(self.client().register_resource_outputs(request).await)
    }

    async fn register_stack_transform(&self, _: Request<Callback>) -> Answer<()> {
        self.count("RegisterStackTransform")?;
        Err(self.deny("RegisterStackTransform", rules::callback("transforms")))
    }

    async fn register_stack_invoke_transform(&self, _: Request<Callback>) -> Answer<()> {
        self.count("RegisterStackInvokeTransform")?;
        Err(self.deny(
            "RegisterStackInvokeTransform",
            rules::callback("transforms"),
        ))
    }

    async fn register_resource_hook(&self, _: Request<RegisterResourceHookRequest>) -> Answer<()> {
        self.count("RegisterResourceHook")?;
        Err(self.deny("RegisterResourceHook", rules::callback("hooks")))
    }

    async fn register_error_hook(&self, _: Request<RegisterErrorHookRequest>) -> Answer<()> {
        self.count("RegisterErrorHook")?;
        Err(self.deny("RegisterErrorHook", rules::callback("hooks")))
    }

    async fn register_package(
        &self,
        request: Request<RegisterPackageRequest>,
    ) -> Answer<RegisterPackageResponse> {
        const METHOD: &str = "RegisterPackage";
        self.count(METHOD)?;
        let request = request.into_inner();
        let package = rules::package(&self.shared.allowed, &request)
            .map_err(|refusal| self.deny(METHOD, refusal))?;
        if self.references().len() >= REFERENCES_MAX {
            let message = format!("more than {REFERENCES_MAX} package references");
            return Err(self.deny(METHOD, Refusal::new(Rule::TooMuch, message)));
        }
        let answer = forwarded(self.client().register_package(request).await)?;
        self.references
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(answer.get_ref().r#ref.clone(), package);
        Ok(answer)
    }

    async fn signal_and_wait_for_shutdown(&self, _: Request<()>) -> Answer<()> {
        self.count("SignalAndWaitForShutdown")?;
        forwarded(self.client().signal_and_wait_for_shutdown(()).await)
    }
}

/// An answer without the headers of the other connection.
fn forwarded<T>(answer: Answer<T>) -> Answer<T> {
    answer
        .map(|answer| Response::new(answer.into_inner()))
        .map_err(handed_on)
}

/// A token as the name of a counter: whole where it is a real one.
fn excerpt_long(token: &str) -> String {
    const TOKEN_CHARS_MAX: usize = 200;
    token
        .chars()
        .take(TOKEN_CHARS_MAX)
        .flat_map(char::escape_default)
        .collect()
}
