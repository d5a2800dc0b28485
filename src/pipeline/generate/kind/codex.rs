//! Codex: `codex exec`, its events as JSON lines.

use serde_json::Value;

use super::{Given, NAME, NO_KEY, Said, text};

/// Arguments and environment.
pub(super) fn launch(given: Given<'_>) -> (Vec<String>, Vec<(&'static str, String)>) {
    let provider = |key: &str, value: &str| {
        [
            "-c".to_owned(),
            format!("model_providers.{NAME}.{key}={value}"),
        ]
    };
    let quoted = |value: &str| format!("\"{value}\"");
    let mut arguments: Vec<String> = [
        "exec",
        "--json",
        "--skip-git-repo-check",
        "--ephemeral",
        // The walls are ours; its own would need namespaces inside them.
        "--dangerously-bypass-approvals-and-sandbox",
        "-C",
        given.folder,
        "-m",
        &given.model.name,
        "-c",
        "analytics.enabled=false",
        "--disable",
        "plugins",
        "--disable",
        "unbounded_connection_retries",
        "-c",
        "check_for_update_on_startup=false",
        "-c",
        "web_search=\"disabled\"",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.extend(["-c".to_owned(), format!("model_provider=\"{NAME}\"")]);
    arguments.extend(provider("name", &quoted(NAME)));
    let base = format!("{}/v1", given.base());
    arguments.extend(provider("base_url", &quoted(&base)));
    arguments.extend(provider("env_key", &quoted("LIGHTSOUT_MODEL")));
    arguments.extend(provider("wire_api", &quoted("responses")));
    arguments.extend(provider("request_max_retries", "2"));
    arguments.extend(provider("stream_max_retries", "2"));
    let silence = u64::from(given.model.silence_seconds) * 1000 + 5000;
    arguments.extend(provider("stream_idle_timeout_ms", &silence.to_string()));
    let server =
        |key: &str, value: &str| ["-c".to_owned(), format!("mcp_servers.{NAME}.{key}={value}")];
    arguments.extend(server("url", &quoted(&given.tools())));
    arguments.extend(server("tool_timeout_sec", "900"));
    arguments.push("-".to_owned());
    (arguments, vec![("LIGHTSOUT_MODEL", NO_KEY.to_owned())])
}

/// Reads one event; whether it is known.
pub(super) fn read(event: &Value, said: &mut Said) -> bool {
    match text(event, "/type") {
        Some("thread.started" | "turn.started" | "item.started" | "item.updated") => true,
        Some("item.completed") => {
            if text(event, "/item/type") == Some("agent_message")
                && let Some(message) = text(event, "/item/text")
            {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some("turn.completed") => {
            said.failed = false;
            true
        }
        Some("turn.failed") => {
            said.failed = true;
            if let Some(message) = text(event, "/error/message") {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some("error") => {
            if let Some(message) = text(event, "/message") {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some(_) | None => false,
    }
}
