//! A model that follows a script: it speaks the four protocols over HTTP on this machine, and what it says next depends on what it was told.
//!
//! It keeps no state: how far the script is can be told from the results that a request repeats. It is no model, and nothing of a run uses it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::Api;

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
        Api::Responses | Api::Chat | Api::Messages => asked["stream"] == Value::Bool(true),
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

/// What the script answers to a request, as the protocol has it.
#[must_use]
pub fn answer(api: Api, asked: &Value, is_stream: bool, script: &Script) -> String {
    let heard = heard(api, asked);
    let turn = script(&heard);
    let turn = Spoken::of(api, &turn, &heard);
    // As a tokeniser would count them, roughly.
    let usage = (asked.to_string().len() / 4, 34);
    match (api, is_stream) {
        (Api::Responses, _) => responses(&turn, usage),
        (Api::Chat, true) => chat(&turn, usage),
        (Api::Chat, false) => chat_document(&turn, usage),
        (Api::Messages, true) => messages(&turn, usage),
        (Api::Messages, false) => messages_document(&turn, usage).to_string(),
        (Api::Gemini, true) => format!("data: {}\n\n", gemini(&turn, usage)),
        (Api::Gemini, false) => gemini(&turn, usage).to_string(),
    }
}

/// A turn in the words of a protocol.
enum Spoken {
    Call {
        id: String,
        tool: String,
        arguments: Value,
    },
    Text(String),
}

impl Spoken {
    fn of(api: Api, turn: &Turn, heard: &Heard) -> Self {
        let id = format!("call_{}", heard.results.len() + 1);
        match turn {
            Turn::Say(text) => Self::Text(text.clone()),
            Turn::Run(command) => Self::shell(api, id, command, heard),
            Turn::Check => match heard.tools.iter().find(|tool| is_check(tool)) {
                Some(tool) => Self::Call {
                    id,
                    tool: tool.clone(),
                    arguments: json!({}),
                },
                None => Self::shell(api, id, "check", heard),
            },
        }
    }

    fn shell(api: Api, id: String, command: &str, heard: &Heard) -> Self {
        let offered = |names: &[&str]| {
            let found = names
                .iter()
                .find(|name| heard.tools.iter().any(|it| it == *name));
            found.copied().unwrap_or("bash").to_owned()
        };
        let (tool, arguments) = match api {
            Api::Responses if heard.tools.iter().any(|tool| tool == "exec_command") => (
                "exec_command".to_owned(),
                json!({"cmd": command, "yield_time_ms": 120_000}),
            ),
            Api::Gemini => (
                "run_shell_command".to_owned(),
                json!({"command": command, "description": "a step"}),
            ),
            Api::Responses | Api::Chat | Api::Messages => (
                offered(&["Bash", "bash", "shell"]),
                json!({"command": command, "description": "a step"}),
            ),
        };
        Self::Call {
            id,
            tool,
            arguments,
        }
    }
}

/// Whether a tool's name is our tool's, as the agents write it.
#[must_use]
pub fn is_check(tool: &str) -> bool {
    tool.contains("lightsout") && tool.ends_with("check")
}

fn heard(api: Api, asked: &Value) -> Heard {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(Vec::new);
    let mut results = Vec::new();
    match api {
        Api::Responses => {
            for item in list(&asked["input"]) {
                if item["type"]
                    .as_str()
                    .is_some_and(|kind| kind.ends_with("_output"))
                {
                    results.push(text(&item["output"]));
                }
            }
        }
        Api::Chat => {
            for message in list(&asked["messages"]) {
                if message["role"] == "tool" {
                    results.push(text(&message["content"]));
                }
            }
        }
        Api::Messages => {
            for message in list(&asked["messages"]) {
                for block in list(&message["content"]) {
                    if block["type"] == "tool_result" {
                        results.push(text(&block["content"]));
                    }
                }
            }
        }
        Api::Gemini => {
            for content in list(&asked["contents"]) {
                for part in list(&content["parts"]) {
                    if let Some(response) = part.get("functionResponse") {
                        results.push(text(&response["response"]));
                    }
                }
            }
        }
    }
    Heard {
        results,
        tools: tools(&asked["tools"]),
    }
}

/// Names of tools wherever a protocol has them.
fn tools(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = vec![(value, String::new())];
    while let Some((value, prefix)) = open.pop() {
        match value {
            Value::Array(values) => {
                open.extend(values.iter().map(|value| (value, prefix.clone())));
            }
            Value::Object(_) => {
                let name = value["name"]
                    .as_str()
                    .or_else(|| value["function"]["name"].as_str());
                if let Some(name) = name {
                    names.push(format!("{prefix}{name}"));
                }
                for key in ["tools", "functionDeclarations"] {
                    open.push((&value[key], String::new()));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    names.sort_unstable();
    names
}

/// Every text in a value.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join("\n"),
        Value::Object(values) => values.values().map(text).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn events(events: &[(&str, Value)]) -> String {
    let event = |(name, data): &(&str, Value)| format!("event: {name}\ndata: {data}\n\n");
    events.iter().map(event).collect()
}

fn responses(turn: &Spoken, (sent, received): (usize, usize)) -> String {
    let item = match turn {
        Spoken::Call {
            id,
            tool,
            arguments,
        } => {
            json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": tool, "arguments": arguments.to_string()})
        }
        Spoken::Text(text) => {
            json!({"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": text, "annotations": []}]})
        }
    };
    events(&[
        (
            "response.created",
            json!({"type": "response.created", "response": {"id": "resp_1"}}),
        ),
        (
            "response.output_item.done",
            json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        ),
        (
            "response.completed",
            json!({"type": "response.completed", "response": {"id": "resp_1", "usage": {
                "input_tokens": sent, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": received,
                "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": sent + received,
            }}}),
        ),
    ])
}

fn chat_message(turn: &Spoken) -> (Value, &'static str) {
    match turn {
        Spoken::Call {
            id,
            tool,
            arguments,
        } => (
            json!({"role": "assistant", "content": null, "tool_calls": [{"index": 0, "id": id, "type": "function", "function": {"name": tool, "arguments": arguments.to_string()}}]}),
            "tool_calls",
        ),
        Spoken::Text(text) => (json!({"role": "assistant", "content": text}), "stop"),
    }
}

fn chat_usage((sent, received): (usize, usize)) -> Value {
    json!({"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received})
}

fn chat(turn: &Spoken, usage: (usize, usize)) -> String {
    let (delta, reason) = chat_message(turn);
    let chunk = |choices: Value, usage: Value| json!({"id": "c_1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": choices, "usage": usage});
    let chunks = [
        chunk(
            json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            Value::Null,
        ),
        chunk(
            json!([{"index": 0, "delta": {}, "finish_reason": reason}]),
            Value::Null,
        ),
        chunk(json!([]), chat_usage(usage)),
    ];
    let lines: String = chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect();
    lines + "data: [DONE]\n\n"
}

fn chat_document(turn: &Spoken, usage: (usize, usize)) -> String {
    let (message, reason) = chat_message(turn);
    json!({"id": "c_1", "object": "chat.completion", "created": 1, "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": chat_usage(usage)})
    .to_string()
}

fn messages_document(turn: &Spoken, (sent, received): (usize, usize)) -> Value {
    let (block, reason) = match turn {
        Spoken::Call {
            id,
            tool,
            arguments,
        } => (
            json!({"type": "tool_use", "id": format!("toolu_{id}"), "name": tool, "input": arguments}),
            "tool_use",
        ),
        Spoken::Text(text) => (json!({"type": "text", "text": text}), "end_turn"),
    };
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [block],
        "stop_reason": reason, "stop_sequence": null, "usage": {"input_tokens": sent, "output_tokens": received}})
}

fn messages(turn: &Spoken, usage: (usize, usize)) -> String {
    let whole = messages_document(turn, usage);
    let mut start = whole.clone();
    start["content"] = json!([]);
    start["stop_reason"] = Value::Null;
    start["usage"]["output_tokens"] = json!(1);
    let (block, delta) = match turn {
        Spoken::Call {
            id,
            tool,
            arguments,
        } => (
            json!({"type": "tool_use", "id": format!("toolu_{id}"), "name": tool, "input": {}}),
            json!({"type": "input_json_delta", "partial_json": arguments.to_string()}),
        ),
        Spoken::Text(text) => (
            json!({"type": "text", "text": ""}),
            json!({"type": "text_delta", "text": text}),
        ),
    };
    events(&[
        (
            "message_start",
            json!({"type": "message_start", "message": start}),
        ),
        (
            "content_block_start",
            json!({"type": "content_block_start", "index": 0, "content_block": block}),
        ),
        (
            "content_block_delta",
            json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        ),
        (
            "content_block_stop",
            json!({"type": "content_block_stop", "index": 0}),
        ),
        (
            "message_delta",
            json!({"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": null}, "usage": {"output_tokens": usage.1}}),
        ),
        ("message_stop", json!({"type": "message_stop"})),
    ])
}

fn gemini(turn: &Spoken, (sent, received): (usize, usize)) -> Value {
    let part = match turn {
        Spoken::Call {
            id,
            tool,
            arguments,
        } => json!({"functionCall": {"id": id, "name": tool, "args": arguments}}),
        Spoken::Text(text) => json!({"text": text}),
    };
    json!({
        "candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": sent, "candidatesTokenCount": received, "totalTokenCount": sent + received},
        "modelVersion": "scripted",
    })
}
