//! What real versions printed, and what is read of it. The transcripts were recorded, not made up.

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
