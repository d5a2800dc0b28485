//! The engine as a plugin sees it: a place to log to, and nothing else.

use tonic::{Request, Response, Status};

use crate::engine::monitor::{Diagnostic, Origin, Recorder, severity};
use crate::engine::wire::pulumirpc::engine_server::Engine;
use crate::engine::wire::pulumirpc::{
    GetRootResourceRequest, GetRootResourceResponse, LogRequest, RequirePulumiVersionRequest,
    RequirePulumiVersionResponse, SetRootResourceRequest, SetRootResourceResponse,
    StartDebuggingRequest,
};

type Answer<T> = Result<Response<T>, Status>;

/// Keeps what plugins log, within the record's bounds.
#[derive(Debug)]
pub(super) struct Log {
    recorder: Recorder,
}

impl Log {
    pub(super) const fn new(recorder: Recorder) -> Self {
        Self { recorder }
    }
}

fn denied<T>() -> Answer<T> {
    Err(Status::permission_denied(
        "lightsout denies this: a plugin may only log",
    ))
}

#[tonic::async_trait]
impl Engine for Log {
    async fn log(&self, request: Request<LogRequest>) -> Answer<()> {
        self.recorder.count("plugin", "Log")?;
        let request = request.into_inner();
        let severity = severity(&request)
            .ok_or_else(|| Status::invalid_argument("a log entry has no known severity"))?;
        // A plugin that logs too much goes on working: its calls are what counts.
        let _kept: bool = self.recorder.diagnostic(Diagnostic {
            origin: Origin::Plugin,
            severity,
            urn: request.urn,
            text: request.message,
        });
        Ok(Response::new(()))
    }

    async fn get_root_resource(
        &self,
        _: Request<GetRootResourceRequest>,
    ) -> Answer<GetRootResourceResponse> {
        denied()
    }

    async fn set_root_resource(
        &self,
        _: Request<SetRootResourceRequest>,
    ) -> Answer<SetRootResourceResponse> {
        denied()
    }

    async fn start_debugging(&self, _: Request<StartDebuggingRequest>) -> Answer<()> {
        denied()
    }

    async fn require_pulumi_version(
        &self,
        _: Request<RequirePulumiVersionRequest>,
    ) -> Answer<RequirePulumiVersionResponse> {
        denied()
    }
}
