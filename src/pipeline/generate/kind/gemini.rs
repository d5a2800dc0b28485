//! Gemini CLI: `gemini -p`, its events as JSON lines.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{CONFIG_FOLDER, Given, NAME, NO_KEY, Said, text};

/// The name of its settings' file.
pub(super) const SETTINGS: &str = "gemini.json";

/// Settings that it has no option for. Without the first it does not start.
pub(super) fn settings(broker: SocketAddr) -> String {
    json!({
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": false},
        "general": {"enableAutoUpdate": false, "disableAutoUpdate": true, "disableUpdateNag": true},
        "telemetry": {"enabled": false},
        "context": {"fileName": ["AGENTS.md", "GEMINI.md"]},
        "mcpServers": {NAME: {"httpUrl": format!("http://{broker}/mcp"), "trust": true, "timeout": 900_000}},
    })
    .to_string()
}

/// Arguments and environment.
pub(super) fn launch(given: Given<'_>) -> (Vec<String>, Vec<(&'static str, String)>) {
    let arguments = [
        "--skip-trust",
        // The walls are ours; without it the tools that write are not even offered.
        "--yolo",
        "-o",
        "stream-json",
        "-m",
        &given.model.name,
        "-p",
        "",
    ];
    let environment = vec![
        ("GEMINI_API_KEY", NO_KEY.to_owned()),
        ("GOOGLE_GEMINI_BASE_URL", given.base()),
        (
            "GEMINI_CLI_SYSTEM_SETTINGS_PATH",
            format!("{CONFIG_FOLDER}/{SETTINGS}"),
        ),
        ("GEMINI_CLI_NO_RELAUNCH", "true".to_owned()),
    ];
    (arguments.map(str::to_owned).to_vec(), environment)
}

/// Reads one event; whether it is known.
pub(super) fn read(event: &Value, said: &mut Said) -> bool {
    match text(event, "/type") {
        Some("init" | "tool_use" | "tool_result") => true,
        Some("error") => {
            if let Some(message) = text(event, "/message") {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some("message") => {
            if text(event, "/role") == Some("assistant")
                && let Some(message) = text(event, "/content")
            {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some("result") => {
            said.failed = text(event, "/status") != Some("success");
            if let Some(message) = text(event, "/error/message") {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some(_) | None => false,
    }
}
