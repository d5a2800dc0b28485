//! Hands one role's credentials to provider processes, for as long as they run.
//!
//! A provider's environment cannot be changed once it runs, and a session ends after fifteen minutes. So the environment names a server of
//! ours (the protocol of AWS's container credentials), which every AWS SDK asks again before its credentials expire.
//!
//! INVARIANT: whoever does not know the bearer token, which only the provider's environment holds, gets nothing.
//! INVARIANT: the credentials end with the server: nothing else keeps a copy.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use super::sts::{self, Exchange, Session};
use crate::config::secret::Secret;

/// The path that is answered.
const PATH: &str = "/credentials";
/// LIMIT: connections at one time.
const CONNECTIONS_MAX: usize = 64;
/// Time for a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// A session is asked for again when it has less than this left. SDKs refresh five minutes before the end.
const LEFT_MIN: SignedDuration = SignedDuration::from_mins(7);

/// Why the credentials cannot be handed out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no session.
    #[error(transparent)]
    Sts(#[from] sts::Error),
    /// There is no socket or no randomness for the server.
    #[error("serving credentials to the provider: {0}")]
    Serve(String),
}

/// A server of one role's credentials; dropping it ends them.
#[derive(Debug)]
pub struct CredentialServer {
    address: SocketAddr,
    bearer: Secret,
    region: String,
    arn: String,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Vault {
    exchange: Exchange,
    bearer: Secret,
    session: Mutex<Session>,
    clock: fn() -> Timestamp,
}

/// The protocol's answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: String,
    role_arn: &'a str,
}

impl CredentialServer {
    /// Asks for a first session, so that a role that does not trust this job is said at once, and serves it.
    ///
    /// # Errors
    /// The role is not given, or there is no loopback port.
    pub async fn start(exchange: Exchange, clock: fn() -> Timestamp) -> Result<Self, Error> {
        let session = exchange.session().await?;
        let serve = |error: std::io::Error| Error::Serve(error.to_string());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(serve)?;
        let address = listener.local_addr().map_err(serve)?;
        let bearer = random()?;
        let (region, arn) = (exchange.region.clone(), session.arn.clone());
        let vault = Arc::new(Vault {
            exchange,
            bearer: bearer.clone(),
            session: Mutex::new(session),
            clock,
        });
        let mut server = JoinSet::new();
        server.spawn(accept(listener, vault));
        Ok(Self {
            address,
            bearer,
            region,
            arn,
            _server: server,
        })
    }

    /// The role session, as AWS names it.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// What a provider's environment needs to find these credentials, and no others.
    #[must_use]
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let uri = format!("http://{}{PATH}", self.address);
        [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", self.bearer.reveal()),
            ("AWS_REGION", &self.region),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .to_vec()
    }
}

fn random() -> Result<Secret, Error> {
    crate::random::hex()
        .map(Secret::new)
        .map_err(|error| Error::Serve(error.to_string()))
}

async fn accept(listener: TcpListener, vault: Arc<Vault>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        // Never closed.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let vault = Arc::clone(&vault);
        connections.spawn(async move {
            answer_all(stream, vault).await;
            drop(place);
        });
    }
}

async fn answer_all(stream: TcpStream, vault: Arc<Vault>) {
    let service = service_fn(move |request| {
        let vault = Arc::clone(&vault);
        async move { Ok::<_, std::convert::Infallible>(vault.answer(&request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the credentials was not served");
    }
}

impl Vault {
    async fn answer(&self, request: &Request<Incoming>) -> Response<String> {
        let is_known = request
            .headers()
            .get(AUTHORIZATION)
            .is_some_and(|given| same(given.as_bytes(), self.bearer.reveal().as_bytes()));
        if !is_known {
            return said(StatusCode::UNAUTHORIZED, "who are you?");
        }
        if request.method() != Method::GET || request.uri().path() != PATH {
            return said(StatusCode::NOT_FOUND, "there is nothing here");
        }
        let mut session = self.session.lock().await;
        if session.expires.duration_since((self.clock)()) < LEFT_MIN {
            match self.exchange.session().await {
                Ok(fresh) => *session = fresh,
                Err(error) => return said(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
            }
        }
        let answer = Answer {
            access_key_id: session.access_key_id.reveal(),
            secret_access_key: session.secret_access_key.reveal(),
            token: session.session_token.reveal(),
            expiration: session.expires.to_string(),
            role_arn: self.exchange.role.arn.as_str(),
        };
        match serde_json::to_string(&answer) {
            Ok(text) => respond(StatusCode::OK, text),
            Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }
}

/// Compares without telling by time how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// An answer in words, in the form that SDKs show.
fn said(status: StatusCode, message: &str) -> Response<String> {
    let body = serde_json::json!({ "code": status.as_u16().to_string(), "message": message });
    respond(status, body.to_string())
}

fn respond(status: StatusCode, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        hyper::header::HeaderValue::from_static("application/json"),
    );
    headers.insert(
        CACHE_CONTROL,
        hyper::header::HeaderValue::from_static("no-store"),
    );
    response
}
