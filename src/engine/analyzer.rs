//! The engine's analyzer: it asks us about every resource, with inputs that are resolved by then, before it creates or changes it.
//!
//! Since 3.255 the engine takes any executable as a policy pack: it starts the file in its own sandbox and reads a port from it. Ours holds
//! nothing and knows nothing but the port ([`PORT_VARIABLE`]): behind it stands a socket that we made inside the engine's namespace and
//! serve from outside, as we do for programs and providers. So neither a rule nor a byte of our memory is where the engine is.
//!
//! INVARIANT: what cannot be read, judged or answered is an objection, and the engine stops at an objection.
//! INVARIANT: nothing is remediated: an answer never changes a resource.
//! INVARIANT: without a judge there is nothing but objections: an update that nobody judges changes nothing.
//!
//! What objects, and what is only written down, is decided by the [`Judge`].

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use tonic::{Request, Response, Status};

use super::wire::pulumirpc::analyzer_server::{Analyzer, AnalyzerServer};
use super::wire::pulumirpc::{
    AnalyzeDiagnostic, AnalyzeRequest, AnalyzeResponse, AnalyzeStackRequest,
    AnalyzerHandshakeRequest, AnalyzerHandshakeResponse, AnalyzerInfo,
    AnalyzerStackConfigureRequest, AnalyzerStackConfigureResponse, ConfigureAnalyzerRequest,
    EnforcementLevel, PluginInfo, RemediateResponse,
};
use super::wire::value::{self, Properties, ValueError};
use super::wire::{ServeError, limited, routes, serve_each};

/// The name under which our binary is the engine's policy pack; `main` knows it by that.
pub const NAME: &str = "lightsout-policies";

/// The variable that says the port to it.
pub const PORT_VARIABLE: &str = "LIGHTSOUT_POLICIES_PORT";

/// How we name ourselves to the engine.
const PACK: &str = "lightsout";

type Answer<T> = Result<Response<T>, Status>;

/// What the engine asks about.
#[derive(Debug)]
pub struct Asked {
    /// The resource.
    pub urn: String,
    /// Its type.
    pub resource_type: String,
    /// Its inputs; for [`Judge::stack`], its outputs.
    pub properties: Result<Properties, ValueError>,
}

/// Why a resource, or the stack, must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The rule.
    pub rule: String,
    /// Its pack.
    pub pack: String,
    /// The resource; empty for the stack as a whole.
    pub urn: String,
    /// What is wrong, in one line.
    pub message: String,
}

/// Who answers. It may take its time: it is asked on a thread of its own.
pub trait Judge: std::fmt::Debug + Send + Sync + 'static {
    /// Whether a resource may be created or changed, or stay as it is.
    fn resource(&self, asked: &Asked) -> Vec<Objection>;

    /// Whether the stack may be as it was made: asked once, after everything else went well.
    fn stack(&self, asked: &[Asked]) -> Vec<Objection>;
}

/// Where the judge of the present update sits.
#[derive(Debug, Clone, Default)]
pub struct Bench(Arc<Mutex<Option<Arc<dyn Judge>>>>);

impl Bench {
    /// Sets who is asked from now on; nobody, when an update is over.
    pub fn seat(&self, judge: Option<Arc<dyn Judge>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = judge;
    }

    /// Serves the engine's questions on a listener (made inside its sandbox).
    ///
    /// # Errors
    /// Accepting failed or a handler panicked.
    pub async fn serve(self, listener: TcpListener) -> Result<(), ServeError> {
        let routes = routes(limited!(AnalyzerServer::new(self)));
        let make = move || routes.clone();
        serve_each("the policies", listener, make, std::future::pending()).await
    }

    async fn ask(
        &self,
        urn: &str,
        question: impl FnOnce(&dyn Judge) -> Vec<Objection> + Send + 'static,
    ) -> Vec<Objection> {
        let judge = (self.0.lock().unwrap_or_else(PoisonError::into_inner)).clone();
        let Some(judge) = judge else {
            return vec![objection(urn, "nobody judges this update")];
        };
        match tokio::task::spawn_blocking(move || question(judge.as_ref())).await {
            Ok(objections) => objections,
            Err(_) => vec![objection(urn, "the policies ended without an answer")],
        }
    }
}

fn objection(urn: &str, message: &str) -> Objection {
    Objection {
        rule: "policies".to_owned(),
        pack: PACK.to_owned(),
        urn: urn.to_owned(),
        message: message.to_owned(),
    }
}

fn answer(objections: Vec<Objection>) -> Response<AnalyzeResponse> {
    let diagnostics = objections.into_iter().map(|objection| AnalyzeDiagnostic {
        policy_name: objection.rule,
        policy_pack_name: objection.pack,
        policy_pack_version: env!("CARGO_PKG_VERSION").to_owned(),
        message: objection.message,
        enforcement_level: EnforcementLevel::Mandatory.into(),
        urn: objection.urn,
        ..AnalyzeDiagnostic::default()
    });
    Response::new(AnalyzeResponse {
        diagnostics: diagnostics.collect(),
        not_applicable: Vec::new(),
    })
}

#[tonic::async_trait]
impl Analyzer for Bench {
    async fn analyze(&self, request: Request<AnalyzeRequest>) -> Answer<AnalyzeResponse> {
        let request = request.into_inner();
        let asked = Asked {
            properties: value::properties(request.properties.as_ref()),
            urn: request.urn,
            resource_type: request.r#type,
        };
        let urn = asked.urn.clone();
        let question = move |judge: &dyn Judge| judge.resource(&asked);
        Ok(answer(self.ask(&urn, question).await))
    }

    async fn analyze_stack(
        &self,
        request: Request<AnalyzeStackRequest>,
    ) -> Answer<AnalyzeResponse> {
        let resources = request.into_inner().resources.into_iter();
        let asked: Vec<Asked> = resources
            .map(|resource| Asked {
                properties: value::properties(resource.properties.as_ref()),
                urn: resource.urn,
                resource_type: resource.r#type,
            })
            .collect();
        let question = move |judge: &dyn Judge| judge.stack(&asked);
        Ok(answer(self.ask("", question).await))
    }

    async fn remediate(&self, _: Request<AnalyzeRequest>) -> Answer<RemediateResponse> {
        Ok(Response::new(RemediateResponse::default()))
    }

    async fn get_analyzer_info(&self, _: Request<()>) -> Answer<AnalyzerInfo> {
        Ok(Response::new(AnalyzerInfo {
            name: PACK.to_owned(),
            display_name: PACK.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..AnalyzerInfo::default()
        }))
    }

    async fn get_plugin_info(&self, _: Request<()>) -> Answer<PluginInfo> {
        Ok(Response::new(PluginInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }))
    }

    async fn configure(&self, _: Request<ConfigureAnalyzerRequest>) -> Answer<()> {
        Err(Status::permission_denied(
            "policies are configured by the base commit, not by the engine",
        ))
    }

    async fn handshake(
        &self,
        _: Request<AnalyzerHandshakeRequest>,
    ) -> Answer<AnalyzerHandshakeResponse> {
        Ok(Response::new(AnalyzerHandshakeResponse {}))
    }

    async fn configure_stack(
        &self,
        _: Request<AnalyzerStackConfigureRequest>,
    ) -> Answer<AnalyzerStackConfigureResponse> {
        // It holds the stack's secrets in plain text; no rule sees them but as inputs of a resource.
        Ok(Response::new(AnalyzerStackConfigureResponse {}))
    }

    async fn cancel(&self, _: Request<()>) -> Answer<()> {
        Ok(Response::new(()))
    }
}

#[cfg(test)]
mod tests;
