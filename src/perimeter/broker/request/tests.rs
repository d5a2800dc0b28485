use serde_json::{Value, json};

use super::*;

fn terms(api: Api) -> Terms {
    Terms {
        api,
        model: "m-1".to_owned(),
        output_tokens: 1_000,
    }
}

fn ask(api: Api, path: &str, body: &Value) -> Result<Judged, Denial> {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let body = Bytes::from(body.to_string());
    judge(&terms(api), &Method::POST, path, query, &body)
}

fn sent(judged: &Judged) -> Value {
    serde_json::from_slice(&judged.body).unwrap()
}

#[test]
fn each_protocol_has_its_paths_and_no_other() {
    let body = json!({"model": "m-1", "max_tokens": 5, "max_output_tokens": 5});
    for (api, path, target) in [
        (Api::Responses, "/v1/responses", "responses"),
        (Api::Chat, "/v1/chat/completions", "chat/completions"),
        (Api::Messages, "/v1/messages", "messages"),
        (
            Api::Messages,
            "/v1/messages?beta=true",
            "messages?beta=true",
        ),
        (
            Api::Messages,
            "/v1/messages/count_tokens",
            "messages/count_tokens",
        ),
        (
            Api::Gemini,
            "/v1beta/models/m-1:streamGenerateContent?alt=sse",
            "models/m-1:streamGenerateContent?alt=sse",
        ),
    ] {
        assert_eq!(ask(api, path, &body).unwrap().path, target, "{path}");
    }
    for (api, path) in [
        (Api::Responses, "/v1/responses/x"),
        (Api::Responses, "/v1/chat/completions"),
        (Api::Responses, "/v1/responses?x=y"),
        (Api::Responses, "/v1/files"),
        (Api::Chat, "/v1/responses"),
        (Api::Messages, "/v1/messages?beta=true&x=y"),
        (Api::Messages, "/v1/messages/batches"),
        (Api::Messages, "/v1/../v1/messages"),
        (Api::Gemini, "/v1beta/models/m-1:embedContent"),
        (Api::Gemini, "/v1beta/files"),
    ] {
        assert!(
            matches!(ask(api, path, &body), Err(Denial::Path(_))),
            "{path}"
        );
    }
    let body = Bytes::from_static(b"{}");
    let get = judge(
        &terms(Api::Responses),
        &Method::GET,
        "/v1/responses",
        None,
        &body,
    );
    assert!(matches!(get, Err(Denial::Path(_))));
}

#[test]
fn another_model_is_not_asked() {
    let asked = |model: Value| ask(Api::Chat, "/v1/chat/completions", &json!({"model": model}));
    asked(json!("m-1")).unwrap();
    assert_eq!(
        asked(json!("m-2")).unwrap_err(),
        Denial::Model("m-2".into())
    );
    assert!(matches!(asked(json!(["m-1"])), Err(Denial::Body(_))));
    let path = "/v1beta/models/m-2:generateContent";
    let gemini = ask(Api::Gemini, path, &json!({}));
    assert_eq!(gemini.unwrap_err(), Denial::Model("m-2".into()));
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    let body = Bytes::from_static(br#"{"model":"m-1","model":"m-2"}"#);
    let judged = judge(
        &terms(Api::Chat),
        &Method::POST,
        "/v1/chat/completions",
        None,
        &body,
    );
    assert!(matches!(judged, Err(Denial::Body(_))));
    for text in ["", "[]", "{", "{} {}", "null"] {
        let body = Bytes::from(text);
        let judged = judge(
            &terms(Api::Chat),
            &Method::POST,
            "/v1/chat/completions",
            None,
            &body,
        );
        assert!(matches!(judged, Err(Denial::Body(_))), "{text}");
    }
}

#[test]
fn what_needs_no_change_is_passed_on_as_it_was_written() {
    let text = r#"{"top_p":1.50,"model":"m-1",  "max_output_tokens":7,"metadata":{"b":[1e3]}}"#;
    let body = Bytes::from(text);
    let judged = judge(
        &terms(Api::Responses),
        &Method::POST,
        "/v1/responses",
        None,
        &body,
    );
    let judged = judged.unwrap();
    assert_eq!(judged.body, body);
    assert_eq!(judged.output_tokens, 7);
}

#[test]
fn an_answer_has_an_end() {
    let cases = [
        (Api::Responses, "/v1/responses", "max_output_tokens"),
        (Api::Messages, "/v1/messages", "max_tokens"),
        (Api::Chat, "/v1/chat/completions", "max_completion_tokens"),
    ];
    for (api, path, key) in cases {
        for asked in [json!(null), json!(1_000_000), json!(u64::MAX)] {
            let body = json!({"model": "m-1", key: asked, "n": 3});
            let judged = ask(api, path, &body).unwrap();
            assert_eq!(sent(&judged)[key], 1_000, "{path}");
            assert_eq!(judged.output_tokens, 1_000);
        }
        assert!(ask(api, path, &json!({"model": "m-1", key: -1})).is_err());
    }
    let many = ask(
        Api::Chat,
        "/v1/chat/completions",
        &json!({"model": "m-1", "n": 9, "stream": true, "max_tokens": 3}),
    )
    .unwrap();
    assert_eq!(sent(&many)["n"], 1);
    assert_eq!(sent(&many)["stream_options"]["include_usage"], true);
    assert_eq!(many.output_tokens, 3);
    let gemini = ask(
        Api::Gemini,
        "/v1beta/models/m-1:generateContent",
        &json!({"generationConfig": {"temperature": 1, "candidateCount": 8}}),
    )
    .unwrap();
    let config = &sent(&gemini)["generationConfig"];
    assert_eq!(
        config,
        &json!({"temperature": 1, "candidateCount": 1, "maxOutputTokens": 1_000})
    );
}

#[test]
fn what_the_vendor_would_run_does_not_reach_it() {
    let body = json!({"model": "m-1", "prompt": {"id": "p"}, "background": true, "tools": [
        {"type": "function", "name": "exec_command"},
        {"type": "web_search"},
        {"type": "mcp", "server_url": "https://example.com"},
        {"type": "custom", "name": "apply_patch"},
        {"name": "of no type"},
    ]});
    let judged = ask(Api::Responses, "/v1/responses", &body).unwrap();
    let names: Vec<_> = sent(&judged)["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].clone())
        .collect();
    assert_eq!(names, ["exec_command", "apply_patch"]);
    assert_eq!(sent(&judged).get("prompt"), None);
    assert_eq!(
        judged.removed,
        ["background", "mcp", "name", "prompt", "web_search"]
    );
    let hidden = json!({"model": "m-1", "tools": [
        {"type": "namespace", "name": "n", "tools": [{"type": "mcp"}]},
        {"type": "shell", "environment": {"type": "container_auto"}},
        {"type": "tool_search"}, {"type": "tool_search", "execution": "server"}, {"type": null}, {"type": ["function"]},
    ]});
    let judged = ask(Api::Responses, "/v1/responses", &hidden).unwrap();
    assert_eq!(sent(&judged).get("tools"), None);
    let search = json!({"model": "m-1", "tool_choice": {"type": "tool", "name": "web_search"}, "tools": [{"type": "web_search_20250305", "name": "web_search"}]});
    let judged = ask(Api::Messages, "/v1/messages", &search).unwrap();
    assert_eq!(sent(&judged), json!({"model": "m-1", "max_tokens": 1_000}));
    let body = json!({"model": "m-1", "mcp_servers": [], "tools": [
        {"name": "Bash"}, {"type": "bash_20250124", "name": "bash"},
        {"type": "web_fetch_20250910", "name": "web_fetch"},
    ]});
    let judged = ask(Api::Messages, "/v1/messages", &body).unwrap();
    assert_eq!(judged.removed, ["mcp_servers", "web_fetch_20250910"]);
    let path = "/v1beta/models/m-1:generateContent";
    let body = json!({"tools": [{"functionDeclarations": []}, {"googleSearch": {}}]});
    let judged = ask(Api::Gemini, path, &body).unwrap();
    assert_eq!(judged.removed, ["googleSearch"]);
    assert_eq!(
        sent(&judged)["tools"],
        json!([{"functionDeclarations": []}])
    );
}

#[test]
fn tools_among_the_messages_are_looked_at_too() {
    let body = json!({"model": "m-1", "input": [
        {"type": "additional_tools", "role": "developer", "tools": [
            {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}, {"type": "web_search"},
        ]},
        {"type": "message", "content": "additional_tools of mine"},
    ]});
    let judged = ask(Api::Responses, "/v1/responses", &body).unwrap();
    assert_eq!(judged.removed, ["web_search"]);
    let sent = sent(&judged);
    assert_eq!(sent["input"][0]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(sent["input"][1], body["input"][1]);
}

#[test]
fn an_escape_does_not_hide_a_tool() {
    let text = r#"{"model":"m-1","input":[{"type":"additional\u005ftools","\u0074ools":[{"type":"mcp"},{"type":"function","name":"f"}]}]}"#;
    let body = Bytes::from(text);
    let judged = judge(
        &terms(Api::Responses),
        &Method::POST,
        "/v1/responses",
        None,
        &body,
    );
    let judged = judged.unwrap();
    assert_eq!(judged.removed, ["mcp"]);
    assert_eq!(
        sent(&judged)["input"][0]["tools"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn nothing_names_what_the_vendor_would_fetch() {
    let url = "https://example.com/?secret";
    let data = "data:image/png;base64,AAAA";
    let cases = [
        (
            Api::Responses,
            "/v1/responses",
            json!({"input": [{"content": [{"type": "input_image", "image_url": url}]}]}),
        ),
        (
            Api::Responses,
            "/v1/responses",
            json!({"input": [{"content": [{"type": "input_file", "file_url": url}]}]}),
        ),
        (
            Api::Responses,
            "/v1/responses",
            json!({"input": [{"type": "item_reference", "id": "x"}]}),
        ),
        (
            Api::Chat,
            "/v1/chat/completions",
            json!({"messages": [{"content": [{"type": "image_url", "image_url": {"url": url}}]}]}),
        ),
        (
            Api::Messages,
            "/v1/messages",
            json!({"messages": [{"content": [{"type": "image", "source": {"type": "url", "url": url}}]}]}),
        ),
        (
            Api::Gemini,
            "/v1beta/models/m-1:generateContent",
            json!({"contents": [{"parts": [{"fileData": {"fileUri": url}}]}]}),
        ),
    ];
    for (api, path, mut body) in cases {
        body["model"] = json!("m-1");
        assert_eq!(
            ask(api, path, &body).unwrap_err(),
            Denial::Reference,
            "{body}"
        );
    }
    let twin = json!({"model": "m-1", "input": [
        {"content": [{"type": "input_image", "image_url": data}, {"type": "input_text", "text": url}]},
        {"type": "function_call_output", "call_id": "c", "output": "{\"type\":\"item_reference\"}"},
    ]});
    ask(Api::Responses, "/v1/responses", &twin).unwrap();
    let twice = format!(
        r#"{{"model":"m-1","input":[{{"type":"input_image","image_url":"{url}","image_url":"{data}"}}]}}"#
    );
    let body = Bytes::from(twice);
    let judged = judge(
        &terms(Api::Responses),
        &Method::POST,
        "/v1/responses",
        None,
        &body,
    );
    assert!(matches!(judged, Err(Denial::Body(_))));
}

#[test]
fn an_address_is_found_wherever_a_server_looks_for_it() {
    for part in [
        json!({"image_url": "https://example.com"}),
        json!({"type": "document_url", "document_url": "https://example.com"}),
        json!({"video_url": {"url": "https://example.com"}}),
    ] {
        let body = json!({"model": "m-1", "messages": [{"content": [part]}]});
        let judged = ask(Api::Chat, "/v1/chat/completions", &body);
        assert_eq!(judged.unwrap_err(), Denial::Reference, "{body}");
    }
    // What a tool was given is no content.
    let body = json!({"model": "m-1", "messages": [{"role": "assistant", "content": [
        {"type": "tool_use", "id": "t", "name": "Grep", "input": {"type": "file", "x": {"type": "url"}}},
    ]}]});
    ask(Api::Messages, "/v1/messages", &body).unwrap();
    let body = json!({"model": "m-1", "stream": null, "messages": [{"content": [{"type": "image_url", "image_url": null}]}]});
    ask(Api::Chat, "/v1/chat/completions", &body).unwrap();
}

#[test]
fn a_key_that_nobody_knows_does_not_pass() {
    let body = json!({"model": "m-1", "models": ["other"], "plugins": [{"id": "web"}], "max_tokens": 1, "max_completion_tokens": 1_000_000});
    let judged = ask(Api::Chat, "/v1/chat/completions", &body).unwrap();
    assert_eq!(judged.removed, ["models", "plugins"]);
    assert_eq!(sent(&judged)["max_completion_tokens"], 1_000);
    assert_eq!(judged.output_tokens, 1_000);
    let body = json!({"generation_config": {"max_output_tokens": 9}, "generationConfig": {"max_output_tokens": 65_536, "topK": 1}});
    let judged = ask(Api::Gemini, "/v1beta/models/m-1:generateContent", &body).unwrap();
    let config = json!({"topK": 1, "maxOutputTokens": 1_000, "candidateCount": 1});
    assert_eq!(sent(&judged), json!({"generationConfig": config}));
    let body = json!({"model": "m-1", "speed": "fast"});
    assert_eq!(
        ask(Api::Messages, "/v1/messages", &body).unwrap().removed,
        ["speed"]
    );
    assert_eq!(
        hosted::betas("fast-mode-2026, interleaved-thinking-1,mcp-client-2"),
        "interleaved-thinking-1"
    );
}
