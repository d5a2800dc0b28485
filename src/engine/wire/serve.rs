//! Serving gRPC on listeners and speaking it over streams that were made elsewhere.
//!
//! The accept loop is ours because the library's spawns tasks that nobody owns: they would outlive a run, and a panic in one
//! would be seen by nobody.
//!
//! INVARIANT: dropping the future of [`serve_each`] ends every connection and every request on it.
//! INVARIANT: a panic in a handler ends the server with [`ServeError::Panicked`].
//! INVARIANT: a [`channel`] never dials again: when its stream is gone, calls fail.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tonic::codegen::http::{Request, Response, Uri};
use tonic::codegen::{Body as HttpBody, Service};
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};

use super::limited;
use super::pulumirpc::resource_provider_server::{ResourceProvider, ResourceProviderServer};

/// Requests at once on one connection. LIMIT: the engine and the SDKs send hundreds; more wait in their own queue.
const STREAMS_MAX: u32 = 1024;
/// Connections at once on one listener. LIMIT: one is made per provider instance; SDKs make one or two.
const CONNECTIONS_MAX: usize = 64;
/// Bytes of one request's headers. LIMIT: gRPC's own are below 1 KiB.
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// Bytes a peer may send on one request before we read them: messages are large and few.
const WINDOW_BYTES: u32 = 1 << 20;
/// Time until a stream that was dialled must speak HTTP/2.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// A server ended that should not have.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener cannot be used or accepting failed.
    #[error("accepting a connection for {service}: {source}")]
    Accept {
        /// Which server.
        service: &'static str,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// Code of ours panicked while it answered; what it had decided is unknown.
    #[error("answering a request to {service}: the handler panicked")]
    Panicked {
        /// Which server.
        service: &'static str,
    },
    /// A dialled stream does not speak the protocol.
    #[error("connecting to {service}: {reason}")]
    Connect {
        /// Which server.
        service: &'static str,
        /// What went wrong.
        reason: String,
    },
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Hands the tasks of a connection to the accept loop, which owns them.
#[derive(Clone)]
struct Handover(mpsc::UnboundedSender<Task>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Handover {
    fn execute(&self, task: F) {
        // When the loop is gone, so is the connection; the task is dropped, which is what is wanted.
        if self.0.send(Box::pin(task)).is_err() {
            tracing::debug!("a request came after its server had ended");
        }
    }
}

/// One generated service as the routes of a server.
pub fn routes<S, B>(service: S) -> Routes
where
    S: Service<Request<tonic::body::Body>, Response = Response<B>, Error = Infallible>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data = prost::bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    Routes::new(service).prepare()
}

/// Serves one provider on a listener until `shutdown` is done.
///
/// # Errors
/// Accepting failed or a handler panicked.
pub async fn serve<P: ResourceProvider>(
    listener: std::net::TcpListener,
    provider: P,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let routes = routes(limited!(ResourceProviderServer::new(provider)));
    serve_each("the provider", listener, move || routes.clone(), shutdown).await
}

/// Serves a listener until `shutdown` is done; `make` is called once for every connection, and what it made is dropped with it.
///
/// # Errors
/// Accepting failed or a handler panicked.
pub async fn serve_each(
    service: &'static str,
    listener: std::net::TcpListener,
    mut make: impl FnMut() -> Routes,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let accept = |source| ServeError::Accept { service, source };
    listener.set_nonblocking(true).map_err(accept)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(accept)?;
    let (sender, mut handed_over) = mpsc::unbounded_channel();
    let mut connections = JoinSet::new();
    let mut requests = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => {
                let (stream, _) = accepted.map_err(accept)?;
                connections.spawn(connection(stream, make(), Handover(sender.clone())));
            }
            Some(task) = handed_over.recv() => { requests.spawn(task); }
            Some(ended) = requests.join_next(), if !requests.is_empty() => unharmed(service, ended)?,
            Some(ended) = connections.join_next(), if !connections.is_empty() => unharmed(service, ended)?,
        }
    }
}

fn unharmed(service: &'static str, ended: Result<(), JoinError>) -> Result<(), ServeError> {
    match ended {
        Err(error) if error.is_panic() => Err(ServeError::Panicked { service }),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn connection(stream: tokio::net::TcpStream, routes: Routes, tasks: Handover) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays without TCP_NODELAY");
    }
    let served = hyper::server::conn::http2::Builder::new(tasks)
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        .await;
    if let Err(error) = served {
        // The peer's fault or its end; whoever waits for an answer of it gets an error.
        tracing::debug!(%error, "a connection ended");
    }
}

/// A gRPC channel over one stream that is already dialled.
///
/// # Errors
/// The peer does not speak HTTP/2.
pub async fn channel(
    service: &'static str,
    stream: tokio::net::TcpStream,
) -> Result<Channel, ServeError> {
    let failed = |reason: String| ServeError::Connect { service, reason };
    stream
        .set_nodelay(true)
        .map_err(|error| failed(error.to_string()))?;
    let once = Arc::new(Mutex::new(Some(stream)));
    let connector = tower::service_fn(move |_: Uri| {
        let stream = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move {
            stream.map(TokioIo::new).ok_or_else(|| {
                std::io::Error::new(std::io::ErrorKind::NotConnected, "the connection has ended")
            })
        }
    });
    // The name is never resolved: the connector has the stream.
    Endpoint::from_static("http://127.0.0.1")
        .connect_timeout(CONNECT_DEADLINE)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .connect_with_connector(connector)
        .await
        .map_err(|error| failed(reason(&error)))
}

/// An error and its causes in one line.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
