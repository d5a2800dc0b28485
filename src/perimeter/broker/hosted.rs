//! What a vendor would run, fetch or charge for differently: lists of what may pass, for each protocol. What is not on them is taken out, and what
//! names something to be fetched is refused.

use serde_json::Value;

use crate::config::Api;

/// Whether an outermost key may pass.
pub(super) fn is_known(api: Api, key: &str) -> bool {
    let keys = match api {
        Api::Responses => RESPONSES,
        Api::Chat => CHAT,
        Api::Messages => MESSAGES,
        Api::Gemini => GEMINI,
    };
    keys.split_whitespace().any(|known| known == key)
}

const RESPONSES: &str = "model input instructions tools tool_choice parallel_tool_calls reasoning stream stream_options store include \
    max_output_tokens temperature top_p text truncation metadata client_metadata prompt_cache_key safety_identifier user top_logprobs \
    max_tool_calls";
const CHAT: &str = "model messages tools tool_choice parallel_tool_calls stream stream_options max_tokens max_completion_tokens temperature \
    top_p top_k n stop seed presence_penalty frequency_penalty response_format reasoning_effort verbosity user metadata store logprobs \
    top_logprobs prompt_cache_key";
const MESSAGES: &str = "model messages system tools tool_choice max_tokens stream temperature top_p top_k stop_sequences metadata thinking \
    context_management output_config output_format";
const GEMINI: &str = "contents systemInstruction tools toolConfig safetySettings generationConfig";

/// Keys of Gemini's `generationConfig` that may pass.
pub(super) const GENERATION: [&str; 12] = [
    "temperature",
    "topP",
    "topK",
    "maxOutputTokens",
    "candidateCount",
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "thinkingConfig",
    "seed",
    "frequencyPenalty",
];

/// Whether the agent runs this tool itself.
pub(super) fn is_own(api: Api, tool: &Value) -> bool {
    let kind = tool.get("type").and_then(Value::as_str);
    match (api, kind) {
        (Api::Responses, Some("namespace")) => tool
            .get("tools")
            .and_then(Value::as_array)
            .is_some_and(|tools| tools.iter().all(|tool| is_own(api, tool))),
        // The client looks among its own tools, when it says so.
        (Api::Responses, Some("tool_search")) => {
            tool.get("execution").and_then(Value::as_str) == Some("client")
        }
        (Api::Responses, Some("function" | "custom" | "local_shell" | "apply_patch"))
        | (Api::Chat, Some("function" | "custom"))
        | (Api::Messages, Some("custom")) => true,
        (Api::Messages, None) => tool.get("type").is_none(),
        (Api::Messages, Some(kind)) => ["bash_", "text_editor_", "memory_"]
            .iter()
            .any(|prefix| kind.starts_with(prefix)),
        (Api::Gemini, _) => tool
            .as_object()
            .is_some_and(|tool| tool.keys().all(|key| key == "functionDeclarations")),
        (Api::Responses | Api::Chat, Some(_) | None) => false,
    }
}

/// Whether something in it is to be fetched or looked up by the vendor: an address, a file, an earlier item.
pub(super) fn refers_elsewhere(api: Api, value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            let kind = object.get("type").and_then(Value::as_str);
            let has = |key: &str| object.get(key).is_some_and(|value| !value.is_null());
            let is_remote = |url: Option<&Value>| {
                url.and_then(Value::as_str)
                    .is_some_and(|url| !url.starts_with("data:"))
            };
            // Servers differ in whether the address stands there or one level below, and in whether a part must say its type.
            let any_remote = |keys: &[&str]| {
                keys.iter().any(|key| {
                    let value = object.get(*key);
                    is_remote(value) || is_remote(value.and_then(|value| value.get("url")))
                })
            };
            let refers = match (api, kind) {
                (Api::Responses, Some("item_reference")) => true,
                (Api::Responses, Some("input_image" | "input_file" | "computer_screenshot")) => {
                    has("file_url") || has("file_id") || is_remote(object.get("image_url"))
                }
                (Api::Chat, Some("file")) => value.pointer("/file/file_id").is_some(),
                (Api::Chat, _) => any_remote(&[
                    "image_url",
                    "video_url",
                    "audio_url",
                    "document_url",
                    "input_video",
                ]),
                (Api::Messages, Some("container_upload" | "url" | "file")) => true,
                (Api::Gemini, _) => ["fileData", "file_data"].into_iter().any(has),
                (Api::Responses | Api::Messages, Some(_) | None) => false,
            };
            // What a tool takes or was given is the agent's own data, which no vendor follows.
            let is_data = |key: &str| match api {
                Api::Messages => {
                    key == "input_schema" || (key == "input" && kind == Some("tool_use"))
                }
                Api::Responses | Api::Chat => key == "parameters",
                Api::Gemini => matches!(key, "args" | "response" | "parameters"),
            };
            refers
                || object
                    .iter()
                    .any(|(key, value)| !is_data(key) && refers_elsewhere(api, value))
        }
        Value::Array(values) => values.iter().any(|value| refers_elsewhere(api, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Features of Anthropic's that reach further, or cost more, than a conversation.
const REACHING: [&str; 10] = [
    "fast",
    "context-1m",
    "mcp",
    "code-execution",
    "files",
    "skills",
    "web-",
    "computer",
    "batch",
    "compact",
];

/// The features that may be asked for, of those that are.
pub(super) fn betas(asked: &str) -> String {
    let kept: Vec<&str> = asked
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !REACHING.iter().any(|word| name.contains(word)))
        .collect();
    kept.join(",")
}
