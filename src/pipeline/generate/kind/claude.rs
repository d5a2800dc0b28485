//! Claude Code: `claude -p`, its events as JSON lines.

use serde_json::{Value, json};

use super::{Given, NAME, NO_KEY, Said, text};

/// Arguments and environment.
pub(super) fn launch(given: Given<'_>) -> (Vec<String>, Vec<(&'static str, String)>) {
    let servers = json!({"mcpServers": {NAME: {"type": "http", "url": given.tools()}}});
    let servers = servers.to_string();
    let arguments = [
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        // The walls are ours.
        "--dangerously-skip-permissions",
        "--no-session-persistence",
        // The vendor would search and fetch for it.
        "--disallowedTools",
        "WebSearch,WebFetch",
        "--strict-mcp-config",
        "--mcp-config",
        &servers,
        "--model",
        &given.model.name,
    ];
    let model = || given.model.name.clone();
    let environment = vec![
        ("ANTHROPIC_BASE_URL", given.base()),
        ("ANTHROPIC_API_KEY", NO_KEY.to_owned()),
        // Whatever it does on the side, it does with the one model.
        ("ANTHROPIC_DEFAULT_HAIKU_MODEL", model()),
        ("ANTHROPIC_DEFAULT_SONNET_MODEL", model()),
        ("ANTHROPIC_DEFAULT_OPUS_MODEL", model()),
        ("CLAUDE_CODE_SUBAGENT_MODEL", model()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
        ("DISABLE_AUTOUPDATER", "1".to_owned()),
        ("CLAUDE_CODE_MAX_RETRIES", "2".to_owned()),
        // More would be lowered, and with it what it thinks it may think.
        (
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
            given.model.output_tokens.to_string(),
        ),
        ("MCP_TOOL_TIMEOUT", "900000".to_owned()),
        // Without it, it refuses to skip permissions where the user's number is 0.
        ("IS_SANDBOX", "1".to_owned()),
    ];
    (arguments.map(str::to_owned).to_vec(), environment)
}

/// Reads one event; whether it is known.
pub(super) fn read(event: &Value, said: &mut Said) -> bool {
    match text(event, "/type") {
        Some("system" | "assistant" | "user" | "stream_event") => true,
        Some("result") => {
            // An error of the API's is a `success` with this mark.
            said.failed = event.get("is_error") != Some(&Value::Bool(false));
            if let Some(message) = text(event, "/result") {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some(_) | None => false,
    }
}
