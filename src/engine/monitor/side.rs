//! The two smaller services that a program sees: the engine's (logs, root resource) and the schema loader of YAML programs.

use std::sync::Arc;

use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::record::{Diagnostic, Origin, Refusal, Rule, Severity, cut};
use super::{Shared, handed_on, rules};
use crate::engine::wire::codegen::loader_client::LoaderClient;
use crate::engine::wire::codegen::loader_server::Loader;
use crate::engine::wire::codegen::{GetSchemaRequest, GetSchemaResponse};
use crate::engine::wire::pulumirpc::engine_client::EngineClient;
use crate::engine::wire::pulumirpc::engine_server::Engine;
use crate::engine::wire::pulumirpc::{
    GetRootResourceRequest, GetRootResourceResponse, LogRequest, LogSeverity,
    RequirePulumiVersionRequest, RequirePulumiVersionResponse, SetRootResourceRequest,
    SetRootResourceResponse, StartDebuggingRequest,
};

type Answer<T> = Result<Response<T>, Status>;

#[derive(Debug)]
pub(super) struct EngineProxy {
    pub(super) client: EngineClient<Channel>,
    pub(super) shared: Arc<Shared>,
}

/// How bad a log entry says it is; `None` for a level that we do not know.
pub(crate) fn severity(request: &LogRequest) -> Option<Severity> {
    let Ok(severity) = LogSeverity::try_from(request.severity) else {
        return None;
    };
    Some(match severity {
        LogSeverity::Debug => Severity::Debug,
        LogSeverity::Info => Severity::Info,
        LogSeverity::Warning => Severity::Warning,
        LogSeverity::Error => Severity::Error,
    })
}

#[tonic::async_trait]
impl Engine for EngineProxy {
    /// Kept and forwarded: an entry of level error makes the engine fail the update.
    async fn log(&self, request: Request<LogRequest>) -> Answer<()> {
        self.shared.recorder.count("engine", "Log")?;
        let mut request = request.into_inner();
        let severity = severity(&request)
            .ok_or_else(|| Status::invalid_argument("a log entry has no known severity"))?;
        let kept = self.shared.recorder.diagnostic(Diagnostic {
            origin: Origin::Log,
            severity,
            urn: request.urn.clone(),
            text: request.message.clone(),
        });
        if !kept {
            return Err(Status::resource_exhausted("the program logs too much"));
        }
        request.message = cut(request.message);
        forwarded(self.client.clone().log(request).await)
    }

    async fn get_root_resource(
        &self,
        request: Request<GetRootResourceRequest>,
    ) -> Answer<GetRootResourceResponse> {
        self.shared.recorder.count("engine", "GetRootResource")?;
        forwarded(
            self.client
                .clone()
                .get_root_resource(request.into_inner())
                .await,
        )
    }

    async fn set_root_resource(
        &self,
        request: Request<SetRootResourceRequest>,
    ) -> Answer<SetRootResourceResponse> {
        self.shared.recorder.count("engine", "SetRootResource")?;
        forwarded(
            self.client
                .clone()
                .set_root_resource(request.into_inner())
                .await,
        )
    }

    async fn start_debugging(&self, _: Request<StartDebuggingRequest>) -> Answer<()> {
        self.shared.recorder.count("engine", "StartDebugging")?;
        let refusal = Refusal::new(Rule::Debugger, "a program may not attach a debugger");
        Err(self.shared.recorder.deny("StartDebugging", refusal))
    }

    async fn require_pulumi_version(
        &self,
        request: Request<RequirePulumiVersionRequest>,
    ) -> Answer<RequirePulumiVersionResponse> {
        self.shared
            .recorder
            .count("engine", "RequirePulumiVersion")?;
        forwarded(
            self.client
                .clone()
                .require_pulumi_version(request.into_inner())
                .await,
        )
    }
}

#[derive(Debug)]
pub(super) struct LoaderProxy {
    pub(super) client: LoaderClient<Channel>,
    pub(super) shared: Arc<Shared>,
}

#[tonic::async_trait]
impl Loader for LoaderProxy {
    async fn get_schema(&self, request: Request<GetSchemaRequest>) -> Answer<GetSchemaResponse> {
        self.shared.recorder.count("loader", "GetSchema")?;
        let request = request.into_inner();
        rules::schema(&self.shared.allowed, &request)
            .map_err(|refusal| self.shared.recorder.deny("GetSchema", refusal))?;
        forwarded(self.client.clone().get_schema(request).await)
    }
}

fn forwarded<T>(answer: Answer<T>) -> Answer<T> {
    answer
        .map(|answer| Response::new(answer.into_inner()))
        .map_err(handed_on)
}
