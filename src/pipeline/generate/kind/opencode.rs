//! opencode: `opencode run`, its events as JSON lines.

use serde_json::{Value, json};

use super::{Given, NAME, NO_KEY, Said, text};
use crate::config::Api;

/// Arguments and environment.
pub(super) fn launch(given: Given<'_>) -> (Vec<String>, Vec<(&'static str, String)>) {
    let package = match given.api {
        Api::Responses => "@ai-sdk/openai",
        Api::Messages => "@ai-sdk/anthropic",
        Api::Chat | Api::Gemini => "@ai-sdk/openai-compatible",
    };
    let model = &given.model.name;
    let full = format!("{NAME}/{model}");
    let configuration = json!({
        "autoupdate": false,
        "share": "disabled",
        // The walls are ours.
        "permission": "allow",
        "model": full,
        "small_model": full,
        "enabled_providers": [NAME],
        "provider": {NAME: {
            "npm": package,
            "name": NAME,
            "options": {
                "baseURL": format!("{}/v1", given.base()),
                "apiKey": NO_KEY,
                "timeout": u64::from(given.model.silence_seconds) * 1000 + 5000,
            },
            "models": {model: {
                "name": model,
                "limit": {"context": 200_000, "output": given.model.output_tokens},
            }},
        }},
        "mcp": {NAME: {"type": "remote", "url": given.tools(), "enabled": true, "oauth": false, "timeout": 900_000}},
    });
    let arguments = [
        "run", "--format", "json", "--auto", "-m", &full, "--title", "stack",
    ];
    let environment = vec![
        ("OPENCODE_CONFIG_CONTENT", configuration.to_string()),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1".to_owned()),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
        ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1".to_owned()),
        ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1".to_owned()),
    ];
    (arguments.map(str::to_owned).to_vec(), environment)
}

/// Reads one event; whether it is known.
pub(super) fn read(event: &Value, said: &mut Said) -> bool {
    match text(event, "/type") {
        Some("step_start" | "tool_use" | "step_finish" | "reasoning") => true,
        Some("text") => {
            if let Some(message) = text(event, "/part/text") {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some("error") => {
            said.failed = true;
            let message = text(event, "/error/data/message").or_else(|| text(event, "/error/name"));
            if let Some(message) = message {
                message.clone_into(&mut said.text);
            }
            true
        }
        Some(_) | None => false,
    }
}
