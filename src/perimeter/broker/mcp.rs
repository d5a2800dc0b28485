//! The Model Context Protocol as far as one tool without arguments needs it: JSON-RPC over HTTP, each request answered with one document.
//!
//! It has no session, no stream and no state; a client that asks for more is told so in the protocol's own words.

use serde::Deserialize;
use serde_json::{Value, json};

/// The versions of the protocol that are spoken; the first is offered to a client that names another.
const VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// The tool's name.
pub(super) const TOOL: &str = "check";
/// What the tool says of itself.
const DESCRIPTION: &str = "Previews the stack's program as it stands in the work folder and runs the policies on it. Returns what would be created, changed and \
deleted, the policies' findings as instructions, and the program's own errors. Changes nothing. Call it before you finish. Calls are limited.";

/// What a message asks for.
#[derive(Debug)]
pub(super) enum Message {
    /// It is answered at once.
    Answer(Value),
    /// It wants no answer.
    Nothing,
    /// The tool shall run; its result goes to this id.
    Call(Value),
}

#[derive(Deserialize)]
struct Request {
    jsonrpc: String,
    #[serde(default)]
    id: Option<Value>,
    method: String,
    #[serde(default)]
    params: Value,
}

/// Reads one message.
pub(super) fn read(body: &[u8]) -> Message {
    let Ok(request) = serde_json::from_slice::<Request>(body) else {
        return Message::Answer(error(
            &Value::Null,
            -32700,
            "this is not one JSON-RPC request",
        ));
    };
    if request.jsonrpc != "2.0" {
        return Message::Answer(error(&Value::Null, -32600, "`jsonrpc` must be 2.0"));
    }
    let Some(id) = request.id else {
        return Message::Nothing;
    };
    let of = |key: &str| request.params.get(key).and_then(Value::as_str);
    match request.method.as_str() {
        "initialize" => {
            let asked = of("protocolVersion");
            let version = VERSIONS
                .iter()
                .find(|version| Some(**version) == asked)
                .unwrap_or(&VERSIONS[0]);
            Message::Answer(answer(
                &id,
                &json!({
                    "protocolVersion": version,
                    "capabilities": {"tools": {"listChanged": false}},
                    "serverInfo": {"name": "lightsout", "version": env!("CARGO_PKG_VERSION")},
                }),
            ))
        }
        "ping" => Message::Answer(answer(&id, &json!({}))),
        "tools/list" => Message::Answer(answer(
            &id,
            &json!({"tools": [{
                "name": TOOL,
                "title": "Check the stack",
                "description": DESCRIPTION,
                "inputSchema": {"type": "object", "properties": {}, "additionalProperties": false},
                "annotations": {"readOnlyHint": true, "openWorldHint": false, "destructiveHint": false},
            }]}),
        )),
        "tools/call" if of("name") == Some(TOOL) => Message::Call(id),
        "tools/call" => Message::Answer(error(&id, -32602, "there is no such tool")),
        _ => Message::Answer(error(&id, -32601, "there is no such method")),
    }
}

/// The tool's result.
pub(super) fn result(id: &Value, text: &str, is_error: bool) -> Value {
    answer(
        id,
        &json!({"content": [{"type": "text", "text": text}], "isError": is_error}),
    )
}

fn answer(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn error(id: &Value, code: i32, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(message: &Value) -> Value {
        match read(message.to_string().as_bytes()) {
            Message::Answer(answer) => answer,
            Message::Nothing => json!("nothing"),
            Message::Call(id) => json!({"call": id}),
        }
    }

    #[test]
    fn a_client_finds_its_version_and_the_tool() {
        let initialize = |version: &str| {
            let answer = ask(
                &json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": version}}),
            );
            answer["result"]["protocolVersion"].clone()
        };
        assert_eq!(initialize("2025-03-26"), "2025-03-26");
        assert_eq!(initialize("1999-01-01"), VERSIONS[0]);
        let list = ask(&json!({"jsonrpc": "2.0", "id": "a", "method": "tools/list"}));
        assert_eq!(list["id"], "a");
        assert_eq!(list["result"]["tools"][0]["name"], TOOL);
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "check", "arguments": {}}});
        assert_eq!(ask(&call), json!({"call": 7}));
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(ask(&note), "nothing");
    }

    #[test]
    fn everything_else_is_an_error_in_the_protocols_words() {
        let code = |message: Value| ask(&message)["error"]["code"].clone();
        assert_eq!(
            code(json!({"jsonrpc": "2.0", "id": 1, "method": "resources/list"})),
            -32601
        );
        assert_eq!(
            code(json!({"jsonrpc": "1.0", "id": 1, "method": "ping"})),
            -32600
        );
        assert_eq!(code(json!([])), -32700);
        let other =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "apply"}});
        assert_eq!(code(other), -32602);
    }
}
