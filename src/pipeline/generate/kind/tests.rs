//! How each agent is started, and what is read of what its pinned version printed before a scripted model, shortened.

use std::collections::BTreeMap;

use super::*;

fn agent(kind: AgentKind) -> Agent {
    serde_json::from_value(serde_json::json!({
        "kind": kind,
        "model": {"name": "m-1", "key": {"descriptor": 3}},
        "command": ["/agent/run"],
        "environment": {"BASE": "{model}/v1"},
    }))
    .unwrap()
}

fn program() -> AgentProgram {
    AgentProgram {
        shown: "/host/tool".into(),
        program: "bin/tool".into(),
        interpreter: None,
        shows: Vec::new(),
    }
}

fn broker() -> SocketAddr {
    "127.0.0.1:4321".parse().unwrap()
}

#[test]
fn no_agent_gets_a_key_and_all_get_our_socket() {
    for kind in [
        AgentKind::Codex,
        AgentKind::Claude,
        AgentKind::Opencode,
        AgentKind::Gemini,
    ] {
        let launch = launch(&agent(kind), Some(&program()), broker(), "/work/program").unwrap();
        assert_eq!(launch.argv[0], "/lightsout/agent/bin/tool", "{kind}");
        let mut all: Vec<String> = launch
            .argv
            .iter()
            .map(|it| it.to_string_lossy().into_owned())
            .collect();
        let env: BTreeMap<String, String> = launch
            .env
            .iter()
            .map(|(name, value)| {
                let text = |it: &OsString| it.to_string_lossy().into_owned();
                (text(name), text(value))
            })
            .collect();
        all.extend(env.values().cloned());
        all.extend(
            files(&agent(kind), broker())
                .into_iter()
                .map(|(_, text)| text),
        );
        let all = all.join("\n");
        assert!(all.contains("http://127.0.0.1:4321"), "{kind}: {all}");
        assert!(all.contains("http://127.0.0.1:4321/mcp"), "{kind}: {all}");
        assert!(all.contains(NO_KEY), "{kind}: {all}");
        assert_eq!(env[CHECK_VARIABLE], "http://127.0.0.1:4321/check");
    }
}

#[test]
fn a_command_is_started_as_it_stands() {
    let launch = launch(&agent(AgentKind::Command), None, broker(), "/work").unwrap();
    assert_eq!(launch.argv, ["/agent/run"]);
    let base = ("BASE".into(), "http://127.0.0.1:4321/v1".into());
    assert!(launch.env.contains(&base));
    assert!(launch.env.iter().all(|(_, value)| value != NO_KEY));
    let absent = super::launch(&agent(AgentKind::Codex), None, broker(), "/work");
    assert!(matches!(absent, Err(KindError::NoProgram(_))));
}

fn read(kind: AgentKind, text: &str) -> Said {
    said(kind, text.as_bytes(), b"")
}

#[test]
fn what_nobody_has_seen_is_counted_and_skipped() {
    for kind in [
        AgentKind::Codex,
        AgentKind::Claude,
        AgentKind::Opencode,
        AgentKind::Gemini,
    ] {
        let said = read(kind, "{\"type\":\"a.new.one\"}\nnot json\n[]\n\n");
        assert_eq!((said.unknown, said.failed), (3, false), "{kind}");
    }
    let nothing = said(AgentKind::Codex, b"", b"panicked at main.rs");
    assert_eq!(nothing.text, "panicked at main.rs");
    let long = said(AgentKind::Command, &[b'a'; 100_000], b"the end");
    assert!(long.text.len() <= SAID_CHARS_MAX && long.text.ends_with("the end"));
}

#[test]
fn codex_0_169_0() {
    let done = r#"{"type":"thread.started","thread_id":"t"}
{"type":"turn.started"}
{"type":"item.completed","item":{"id":"item_0","type":"command_execution","command":"/usr/bin/bash -lc \"printf x\"","aggregated_output":"","exit_code":0,"status":"completed"}}
{"type":"item.completed","item":{"id":"item_0","type":"file_change","changes":[{"path":"/work/program/stack.yaml","kind":"update"}],"status":"completed"}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"done"}}
{"type":"turn.completed","usage":{"input_tokens":2400,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":68,"reasoning_output_tokens":0}}
"#;
    let said = read(AgentKind::Codex, done);
    assert_eq!(
        (said.text.as_str(), said.failed, said.unknown),
        ("done", false, 0)
    );
    let failed = r#"{"type":"turn.failed","error":{"message":"unexpected status 403 Forbidden: our message, url: http://127.0.0.1:1/v1/responses"}}"#;
    let said = read(AgentKind::Codex, failed);
    assert!(said.failed && said.text.contains("our message"), "{said:?}");
}

#[test]
fn claude_2_1_330_calls_an_error_of_the_api_a_success() {
    let done = r#"{"type":"result","subtype":"success","is_error":false,"api_error_status":null,"num_turns":2,"result":"done","stop_reason":"end_turn","total_cost_usd":0.00822,"usage":{"input_tokens":2400,"output_tokens":68},"permission_denials":[],"terminal_reason":"completed"}"#;
    let said = read(AgentKind::Claude, done);
    assert_eq!(
        (said.text.as_str(), said.failed, said.unknown),
        ("done", false, 0)
    );
    let failed = r#"{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":622,"error_status":401,"error":"authentication_failed"}
{"subtype":"success","type":"result","is_error":true,"api_error_status":403,"terminal_reason":"api_error","result":"API Error: 403"}"#;
    let said = read(AgentKind::Claude, failed);
    assert!(said.failed && said.text == "API Error: 403", "{said:?}");
}

#[test]
fn opencode_1_18_33() {
    let done = r#"{"type":"text","part":{"type":"text","text":"done"}}
{"type":"step_finish","sessionID":"s","part":{"reason":"stop","type":"step-finish","tokens":{"total":1234,"input":1200,"output":34,"reasoning":0,"cache":{"write":0,"read":0}},"cost":0.00411}}"#;
    let said = read(AgentKind::Opencode, done);
    assert_eq!(
        (said.text.as_str(), said.failed, said.unknown),
        ("done", false, 0)
    );
    let failed = r#"{"type":"error","error":{"name":"APIError","data":{"message":"broker says 401","statusCode":401,"isRetryable":false}}}"#;
    let said = read(AgentKind::Opencode, failed);
    assert!(said.failed && said.text == "broker says 401", "{said:?}");
}

#[test]
fn gemini_0_61_0() {
    let done = r#"{"type":"message","role":"assistant","content":"done","delta":true}
{"type":"result","status":"success","stats":{"total_tokens":2468,"input_tokens":2400,"output_tokens":68,"cached":0,"duration_ms":287,"tool_calls":1,"models":{}}}"#;
    let said = read(AgentKind::Gemini, done);
    assert_eq!(
        (said.text.as_str(), said.failed, said.unknown),
        ("done", false, 0)
    );
    let failed =
        r#"{"type":"result","status":"error","error":{"type":"ApiError","message":"401"}}"#;
    assert!(read(AgentKind::Gemini, failed).failed);
}
