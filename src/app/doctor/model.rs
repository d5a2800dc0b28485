//! A model that follows a script: it speaks the four protocols over HTTP on this machine, and what it says next depends on what it was told.
//!
//! It keeps no state: how far the script is can be told from the results that a request repeats. It is no model, and nothing of a run uses it.

mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::task::{JoinHandle, JoinSet};

use crate::config::Api;

pub use wire::{answer, is_check};

/// LIMIT: bytes of a request.
const REQUEST_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What the model does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Has the agent run a command in its shell.
    Run(String),
    /// Has the agent call our tool; by the shell, where the tool is not offered.
    Check,
    /// Says something, and ends.
    Say(String),
}

/// What a model was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What its calls returned, in their order.
    pub results: Vec<String>,
    /// The tools that it was offered.
    pub tools: Vec<String>,
}

/// What the model does, given what it was told.
pub type Script = Arc<dyn Fn(&Heard) -> Turn + Send + Sync>;

/// A model at work; dropping it ends it.
#[derive(Debug)]
pub struct ScriptedModel {
    address: SocketAddr,
    bodies: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl ScriptedModel {
    /// Serves a script on a port of this machine.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(script: Script) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let bodies: Arc<Mutex<Vec<String>>> = Arc::default();
        let task = tokio::spawn(serve(listener, script, Arc::clone(&bodies)));
        Ok(Self {
            address,
            bodies,
            task,
        })
    }

    /// Its address as a configuration has it.
    #[must_use]
    pub fn url(&self, api: Api) -> String {
        let version = match api {
            Api::Responses | Api::Chat | Api::Messages => "v1",
            Api::Gemini => "v1beta",
        };
        format!("http://{}/{version}", self.address)
    }

    /// Every request's head and body so far.
    #[must_use]
    pub fn bodies(&self) -> Vec<String> {
        self.bodies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: tokio::net::TcpListener, script: Script, bodies: Arc<Mutex<Vec<String>>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (script, bodies) = (Arc::clone(&script), Arc::clone(&bodies));
        let service = service_fn(move |request| {
            let (script, bodies) = (Arc::clone(&script), Arc::clone(&bodies));
            async move { Ok::<_, Infallible>(respond(request, &script, &bodies).await) }
        });
        connections.spawn(async move {
            let served = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection to the scripted model ended");
            }
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    script: &Script,
    bodies: &Mutex<Vec<String>>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let plain = |status: StatusCode| {
        let mut response = Response::new(Full::new(Bytes::new()));
        *response.status_mut() = status;
        response
    };
    let Ok(body) = Limited::new(body, REQUEST_BYTES_MAX).collect().await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let body = body.to_bytes();
    let text = String::from_utf8_lossy(&body);
    bodies
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(format!("{} {:?}\n{text}", head.uri, head.headers));
    let api = match head.uri.path() {
        "/v1/responses" => Api::Responses,
        "/v1/chat/completions" => Api::Chat,
        "/v1/messages" => Api::Messages,
        path if path.starts_with("/v1beta/models/") => Api::Gemini,
        _ => return plain(StatusCode::NOT_FOUND),
    };
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return plain(StatusCode::BAD_REQUEST);
    };
    let is_stream = match api {
        Api::Gemini => head.uri.query() == Some("alt=sse"),
        Api::Responses | Api::Chat | Api::Messages => {
            asked.get("stream") == Some(&Value::Bool(true))
        }
    };
    let answer = answer(api, &asked, is_stream, script);
    let mut response = Response::new(Full::new(Bytes::from(answer)));
    let kind = if is_stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let kind = http::HeaderValue::from_static(kind);
    response.headers_mut().insert("content-type", kind);
    response
}
