//! What a script says, in the words of each protocol, and what it was told, out of them.

use serde_json::{Value, json};

use super::{Heard, Script, Turn};
use crate::config::Api;

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
            for item in list(at(asked, "input")) {
                if at(&item, "type")
                    .as_str()
                    .is_some_and(|kind| kind.ends_with("_output"))
                {
                    results.push(text(at(&item, "output")));
                }
            }
        }
        Api::Chat => {
            for message in list(at(asked, "messages")) {
                if at(&message, "role") == "tool" {
                    results.push(text(at(&message, "content")));
                }
            }
        }
        Api::Messages => {
            for message in list(at(asked, "messages")) {
                for block in list(at(&message, "content")) {
                    if at(&block, "type") == "tool_result" {
                        results.push(text(at(&block, "content")));
                    }
                }
            }
        }
        Api::Gemini => {
            for content in list(at(asked, "contents")) {
                for part in list(at(&content, "parts")) {
                    if let Some(response) = part.get("functionResponse") {
                        results.push(text(&response["response"]));
                    }
                }
            }
        }
    }
    Heard {
        results,
        tools: tools(at(asked, "tools")),
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
                let name = at(value, "name")
                    .as_str()
                    .or_else(|| at(at(value, "function"), "name").as_str());
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
    if let Value::Object(keys) = &mut start {
        keys.insert("content".to_owned(), json!([]));
        keys.insert("stop_reason".to_owned(), Value::Null);
        keys.insert(
            "usage".to_owned(),
            json!({"input_tokens": usage.0, "output_tokens": 1}),
        );
    }
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
            json!({"type": "message_delta", "delta": {"stop_reason": at(&whole, "stop_reason"), "stop_sequence": null}, "usage": {"output_tokens": usage.1}}),
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

/// A key of an object; null where there is none.
fn at<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&Value::Null)
}
