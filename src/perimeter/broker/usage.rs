//! How many tokens an answer says it cost, read while it passes.
//!
//! INVARIANT: an answer that was cut, or whose end was not seen, has no usage; nothing stands in for it here.

use serde::Deserialize;

use super::budget::Tokens;
use crate::config::Api;

/// LIMIT: bytes of one event, and of an answer that is no stream. The last event of the Responses protocol repeats the whole answer.
const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Reads the usage of one answer.
#[derive(Debug)]
pub(super) struct Reader {
    api: Api,
    form: Form,
    line: Vec<u8>,
    is_too_long: bool,
    tokens: Tokens,
    is_whole: bool,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Server-sent events.
    Events,
    /// One JSON document.
    Document,
}

impl Reader {
    pub(super) fn new(api: Api, form: Form) -> Self {
        Self {
            api,
            form,
            line: Vec::new(),
            is_too_long: false,
            tokens: Tokens::default(),
            is_whole: false,
        }
    }

    /// Looks at what passes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        match self.form {
            Form::Document => self.keep(bytes),
            Form::Events => {
                for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                    self.keep(piece);
                    if piece.last() == Some(&b'\n') {
                        self.event();
                    }
                }
            }
        }
    }

    /// Whether the event was seen after which nothing that counts comes. Some agents do not wait for the end that follows it. Gemini has none: each of
    /// its events may be the last.
    pub(super) fn is_final(&self) -> bool {
        self.is_whole && self.form == Form::Events && self.api != Api::Gemini
    }

    /// What the answer cost, when it ended well and said so.
    pub(super) fn finish(mut self) -> Option<Tokens> {
        match self.form {
            Form::Events => self.event(),
            Form::Document => {
                let text = std::mem::take(&mut self.line);
                if !self.is_too_long {
                    self.document(&text);
                }
            }
        }
        self.is_whole.then_some(self.tokens)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.line.len() + bytes.len() > EVENT_BYTES_MAX {
            self.is_too_long = true;
            self.line = Vec::new();
        }
        if !self.is_too_long {
            self.line.extend_from_slice(bytes);
        }
    }

    fn event(&mut self) {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.is_too_long) {
            return;
        }
        let Some(data) = line.strip_prefix(b"data:") else {
            self.line = reused(line);
            return;
        };
        if holds_usage(data) {
            let data = data.trim_ascii();
            match self.api {
                Api::Responses => self.response(data),
                Api::Chat => self.chat(data),
                Api::Messages => self.message(data),
                Api::Gemini => self.gemini(data),
            }
        }
        self.line = reused(line);
    }

    fn document(&mut self, text: &[u8]) {
        match self.api {
            Api::Responses => {
                if let Ok(Usage { usage: Some(usage) }) =
                    serde_json::from_slice::<Usage<Responses>>(text)
                {
                    self.whole(usage.tokens());
                }
            }
            Api::Chat => self.chat(text),
            Api::Messages => {
                if let Ok(Usage { usage: Some(usage) }) =
                    serde_json::from_slice::<Usage<Messages>>(text)
                {
                    self.add(&usage);
                    self.is_whole = usage.output_tokens.is_some();
                }
            }
            Api::Gemini => self.gemini(text),
        }
    }

    fn whole(&mut self, tokens: Tokens) {
        self.tokens = tokens;
        self.is_whole = true;
    }

    fn response(&mut self, data: &[u8]) {
        #[derive(Deserialize)]
        struct Event {
            r#type: String,
            response: Usage<Responses>,
        }
        if let Ok(event) = serde_json::from_slice::<Event>(data)
            && matches!(
                event.r#type.as_str(),
                "response.completed" | "response.incomplete" | "response.failed"
            )
            && let Some(usage) = event.response.usage
        {
            self.whole(usage.tokens());
        }
    }

    fn chat(&mut self, data: &[u8]) {
        if let Ok(Usage { usage: Some(usage) }) = serde_json::from_slice::<Usage<Chat>>(data) {
            let cached = usage.prompt_tokens_details.and_then(|it| it.cached_tokens);
            let cached = cached.unwrap_or(0);
            self.whole(Tokens {
                input: usage.prompt_tokens.saturating_sub(cached),
                cached_input: cached,
                cache_write: 0,
                output: usage.completion_tokens,
            });
        }
    }

    /// The first event says what was sent, the last what came back.
    fn message(&mut self, data: &[u8]) {
        #[derive(Deserialize)]
        struct Event {
            r#type: String,
            message: Option<Usage<Messages>>,
            usage: Option<Messages>,
        }
        let Ok(event) = serde_json::from_slice::<Event>(data) else {
            return;
        };
        match event.r#type.as_str() {
            "message_start" => {
                if let Some(usage) = event.message.and_then(|message| message.usage) {
                    self.add(&usage);
                }
            }
            "message_delta" => {
                if let Some(usage) = event.usage {
                    self.is_whole |= usage.output_tokens.is_some();
                    self.add(&usage);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, usage: &Messages) {
        let newer = |old: u64, new: Option<u64>| new.map_or(old, |new| new.max(old));
        self.tokens = Tokens {
            input: newer(self.tokens.input, usage.input_tokens),
            cached_input: newer(self.tokens.cached_input, usage.cache_read_input_tokens),
            cache_write: newer(self.tokens.cache_write, usage.cache_creation_input_tokens),
            output: newer(self.tokens.output, usage.output_tokens),
        };
    }

    fn gemini(&mut self, data: &[u8]) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Event {
            usage_metadata: Option<Metadata>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Metadata {
            prompt_token_count: u64,
            cached_content_token_count: Option<u64>,
            candidates_token_count: Option<u64>,
            thoughts_token_count: Option<u64>,
        }
        if let Ok(Event {
            usage_metadata: Some(usage),
        }) = serde_json::from_slice(data)
        {
            let cached = usage.cached_content_token_count.unwrap_or(0);
            let thoughts = usage.thoughts_token_count.unwrap_or(0);
            let answered = usage.candidates_token_count;
            self.tokens = Tokens {
                input: usage.prompt_token_count.saturating_sub(cached),
                cached_input: cached,
                cache_write: 0,
                output: answered.unwrap_or(0).saturating_add(thoughts),
            };
            self.is_whole |= answered.is_some();
        }
    }
}

/// The same memory for the next line, unless it is much.
fn reused(mut line: Vec<u8>) -> Vec<u8> {
    if line.capacity() > 64 * 1024 {
        return Vec::new();
    }
    line.clear();
    line
}

/// Most events have none, and are not parsed.
fn holds_usage(data: &[u8]) -> bool {
    memchr::memmem::find(data, b"sage").is_some()
}

#[derive(Deserialize)]
struct Usage<T> {
    usage: Option<T>,
}

#[derive(Deserialize)]
struct Responses {
    input_tokens: u64,
    input_tokens_details: Option<Details>,
    output_tokens: u64,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

impl Responses {
    fn tokens(&self) -> Tokens {
        let details = self.input_tokens_details.as_ref();
        let cached = details.and_then(|it| it.cached_tokens).unwrap_or(0);
        Tokens {
            input: self.input_tokens.saturating_sub(cached),
            cached_input: cached,
            cache_write: 0,
            output: self.output_tokens,
        }
    }
}

#[derive(Deserialize)]
struct Chat {
    prompt_tokens: u64,
    completion_tokens: u64,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Messages {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[cfg(test)]
mod tests;
