//! Connections of the agent's, and each request's way: to the tool, or judged, reserved, sent and passed back.

mod sending;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::answer::{Answer, Cut, Open};
use super::guard::Guard;
use super::mcp::{self, Message};
use super::meter::Closed;
use super::request::{self, Judged};
use super::upstream::Unsent;
use super::usage::{Form, Reader};
use super::{Ask, Served, Shared, ToolAnswer, masked, refusal};
use crate::config::secret::Secret;
use sending::Sending;

/// LIMIT: connections at once.
const CONNECTIONS_MAX: usize = 64;
/// LIMIT: requests at once, each of which may be kept in memory whole.
const REQUESTS_MAX: usize = 4;
/// LIMIT: bytes of a request; conversations with pictures have a few megabytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// LIMIT: bytes of a message to the tool.
const TOOL_BYTES_MAX: usize = 64 * 1024;
/// LIMIT: bytes of an error of the API's that is passed on.
const ERROR_BYTES_MAX: usize = 64 * 1024;
/// Time for a request to come in, over loopback.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two tries to accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// LIMIT: bytes of a request's head.
const HEAD_BYTES_MAX: usize = 128 * 1024;
/// What of an answer's headers passes.
const PASSED: [&str; 5] = [
    "content-type",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "request-id",
];
/// LIMIT: seconds that the API may have an agent wait.
const RETRY_AFTER_MAX: u64 = 60;

type Reply = Response<UnsyncBoxBody<Bytes, Cut>>;

/// Accepts until it shall stop; then every connection is ended, and what was under way is settled.
pub(super) async fn serve(
    listener: tokio::net::TcpListener,
    shared: Arc<Shared>,
    mut stop: oneshot::Receiver<()>,
) {
    let slots = Arc::new(Semaphore::new(REQUESTS_MAX));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shared), Arc::clone(&slots)));
                }
                Err(error) => {
                    // Of one connection, or for want of descriptors, which come back.
                    tracing::warn!(%error, "a connection of the agent's cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            _ = &mut stop => break,
            Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: tokio::net::TcpStream, shared: Arc<Shared>, slots: Arc<Semaphore>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays without TCP_NODELAY");
    }
    let service = service_fn(move |request| {
        let (shared, slots) = (Arc::clone(&shared), Arc::clone(&slots));
        async move { Ok::<_, Infallible>(route(&shared, &slots, request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection of the agent's ended");
    }
}

async fn route(shared: &Arc<Shared>, slots: &Semaphore, request: Request<Incoming>) -> Reply {
    match (request.method(), request.uri().path(), &shared.model) {
        (&Method::POST, "/check", _) => {
            let answer = call(shared).await;
            let status = if answer.is_error {
                StatusCode::CONFLICT
            } else {
                StatusCode::OK
            };
            whole(refusal::plain(status, &answer.text))
        }
        (_, "/mcp", _) => whole(protocol(shared, request).await),
        (_, _, Some(model)) => {
            // Nothing else holds it closed.
            let Ok(_slot) = slots.acquire().await else {
                return whole(refusal::plain(StatusCode::SERVICE_UNAVAILABLE, ""));
            };
            ask(shared, model, request).await
        }
        (_, _, None) => whole(refusal::plain(StatusCode::NOT_FOUND, "there is no model\n")),
    }
}

fn whole(response: Response<Full<Bytes>>) -> Reply {
    response.map(|body| body.map_err(|never| match never {}).boxed_unsync())
}

/// Calls the tool.
async fn call(shared: &Shared) -> ToolAnswer {
    let gone = || ToolAnswer {
        text: "lightsout: check is busy or gone; try again later\n".to_owned(),
        is_error: true,
    };
    let (reply, answer) = oneshot::channel();
    if shared.tool.try_send(Ask { reply }).is_err() {
        return gone();
    }
    answer.await.unwrap_or_else(|_| gone())
}

async fn protocol(shared: &Shared, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::POST {
        return refusal::plain(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    let Some(body) = read(request.into_body(), TOOL_BYTES_MAX).await else {
        return refusal::plain(StatusCode::PAYLOAD_TOO_LARGE, "");
    };
    match mcp::read(&body) {
        Message::Answer(answer) => refusal::json_body(StatusCode::OK, &answer),
        Message::Nothing => refusal::plain(StatusCode::ACCEPTED, ""),
        Message::Call(id) => {
            let answer = call(shared).await;
            let result = mcp::result(&id, &answer.text, answer.is_error);
            refusal::json_body(StatusCode::OK, &result)
        }
    }
}

async fn read(body: Incoming, bytes_max: usize) -> Option<Bytes> {
    let collected = timeout(REQUEST_TIMEOUT, Limited::new(body, bytes_max).collect()).await;
    match collected {
        Ok(Ok(body)) => Some(body.to_bytes()),
        Ok(Err(_)) | Err(_) => None,
    }
}

/// One request to the model.
async fn ask(shared: &Arc<Shared>, model: &Served, request: Request<Incoming>) -> Reply {
    let api = model.terms.api;
    let (head, body) = request.into_parts();
    let Some(body) = read(body, REQUEST_BYTES_MAX).await else {
        shared
            .state()
            .metered
            .deny("sent a request that is too large or too slow".to_owned());
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return whole(refusal::error(
            api,
            status,
            "the request is too large or too slow",
        ));
    };
    let (path, query) = (head.uri.path(), head.uri.query());
    let judged = match request::judge(&model.terms, &head.method, path, query, &body) {
        Ok(judged) => judged,
        Err(denial) => {
            shared.state().metered.deny(denial.to_string());
            let status = match denial {
                request::Denial::Path(_) => StatusCode::NOT_FOUND,
                request::Denial::Model(_)
                | request::Denial::Body(_)
                | request::Denial::Reference => StatusCode::BAD_REQUEST,
            };
            return whole(refusal::error(api, status, &denial.to_string()));
        }
    };
    let reservation = {
        let mut state = shared.state();
        if let Some(closed) = &state.metered.closed {
            return whole(refusal::last(api, &closed.to_string()));
        }
        state.metered.remove(judged.removed.clone());
        let bytes = u64::try_from(judged.body.len()).unwrap_or(u64::MAX);
        match state.account.reserve(bytes, judged.output_tokens) {
            Ok(reservation) => reservation,
            // Counting is free, and not worth an end.
            Err(exceeded) if judged.output_tokens == 0 => {
                let status = StatusCode::BAD_REQUEST;
                return whole(refusal::error(api, status, &exceeded.to_string()));
            }
            Err(exceeded) => {
                state.close(Closed::Budget { exceeded });
                return whole(refusal::last(api, &exceeded.to_string()));
            }
        }
    };
    if shared.keeps_transcript() {
        shared.transcribe("request", &judged.body);
    }
    let mut sending = Sending {
        shared: Arc::clone(shared),
        reservation: Some(reservation),
        sent_bytes: u64::try_from(judged.body.len()).unwrap_or(u64::MAX),
        started: Instant::now(),
        is_help: judged.output_tokens == 0,
    };
    match send(model, &judged, &head.headers, &mut sending).await {
        Ok(reply) => reply,
        Err(failure) => {
            sending.failed(None, 0, &failure);
            let status = StatusCode::BAD_GATEWAY;
            closed_or(shared, model, || {
                refusal::error(api, status, "the model's API cannot be reached")
            })
        }
    }
}

/// The last word when the broker is closed by now; else this.
fn closed_or(
    shared: &Shared,
    model: &Served,
    other: impl FnOnce() -> Response<Full<Bytes>>,
) -> Reply {
    let closed = shared.state().metered.closed.clone();
    whole(closed.map_or_else(other, |closed| {
        refusal::last(model.terms.api, &closed.to_string())
    }))
}

async fn send(
    model: &Served,
    judged: &Judged,
    headers: &HeaderMap,
    sending: &mut Sending,
) -> Result<Reply, Unsent> {
    let free = |reason: String| Unsent {
        reason,
        is_free: true,
    };
    let key = match model.key.now().await {
        Ok(key) => key,
        Err(error) => {
            let what = error.to_string();
            sending
                .shared
                .state()
                .close(Closed::Key { what: what.clone() });
            return Err(free(what));
        }
    };
    let sent = model
        .upstream
        .send(judged, headers, &key, model.key.is_token());
    let response = match timeout(model.silence, sent).await {
        Ok(Ok(response)) => response,
        Ok(Err(unsent)) => {
            return Err(Unsent {
                reason: masked(&key, &unsent.reason),
                ..unsent
            });
        }
        Err(_) => {
            return Err(Unsent {
                reason: "it does not answer".to_owned(),
                is_free: false,
            });
        }
    };
    let status = response.status();
    if !status.is_success() {
        return Ok(refused(model, response, &key, sending).await);
    }
    let (head, body) = response.into_parts();
    let is_stream = head
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().map_or(None, Some))
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    let form = if is_stream {
        Form::Events
    } else {
        Form::Document
    };
    let Some(reservation) = sending.reservation.take() else {
        return Err(free("it was settled before it was answered".to_owned()));
    };
    let open = Open {
        shared: Arc::clone(&sending.shared),
        reservation,
        reader: Reader::new(model.terms.api, form),
        status: status.as_u16(),
        sent_bytes: sending.sent_bytes,
        received_bytes: 0,
        started: sending.started,
        is_help: sending.is_help,
        copy: sending.shared.keeps_transcript().then(Vec::new),
    };
    let answer = Answer::new(body, Guard::new(&key), open, model.silence);
    let mut reply = Response::new(answer.boxed_unsync());
    *reply.status_mut() = status;
    pass(&head.headers, reply.headers_mut(), &key);
    Ok(reply)
}

/// The API's own error, bounded and without the key; the last word when it ends the conversation.
async fn refused(
    model: &Served,
    response: Response<Incoming>,
    key: &Secret,
    sending: &mut Sending,
) -> Reply {
    let status = response.status();
    let (head, body) = response.into_parts();
    let body = timeout(model.silence, Limited::new(body, ERROR_BYTES_MAX).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) | Err(_) => Bytes::new(),
    };
    let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let failure = Unsent {
        reason: format!("it answers with status {}", status.as_u16()),
        // A gateway that gave up waiting says nothing of what it waited for.
        is_free: !matches!(status.as_u16(), 408 | 504 | 520..=524),
    };
    sending.failed(Some(status.as_u16()), bytes, &failure);
    closed_or(&sending.shared, model, || {
        if status.is_redirection() {
            let status = StatusCode::BAD_GATEWAY;
            return refusal::error(model.terms.api, status, "the model's API is elsewhere");
        }
        let text = masked(key, &String::from_utf8_lossy(&body));
        let mut reply = refusal::plain(status, &text);
        reply.headers_mut().clear();
        pass(&head.headers, reply.headers_mut(), key);
        reply
    })
}

/// Passes the headers that clients act on.
fn pass(from: &HeaderMap, to: &mut HeaderMap, key: &Secret) {
    for name in PASSED {
        let Some(value) = from.get(name) else {
            continue;
        };
        let Ok(text) = value.to_str() else {
            continue;
        };
        let is_long = name.starts_with("retry-after")
            && text.parse::<u64>().is_ok_and(|time| {
                time > RETRY_AFTER_MAX * if name == "retry-after-ms" { 1000 } else { 1 }
            });
        if !text.contains(key.reveal()) && !is_long {
            to.insert(name, value.clone());
        }
    }
}
