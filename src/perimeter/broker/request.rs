//! What an agent asks of a model, judged: the path, the model, what the vendor would run itself, how much may come back.
//!
//! INVARIANT: a body is passed on only when its outermost keys are each there once and the model is the configured one; what is not changed is
//! passed on byte for byte. No tool that the vendor runs and nothing that it would fetch reaches the vendor: that would be a way out of the sandbox.

use std::borrow::Cow;
use std::fmt;

use hyper::Method;
use hyper::body::Bytes;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::hosted;
use super::strict::Strict;
use crate::config::Api;
use crate::names::excerpt;

/// What every request must keep to.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) api: Api,
    pub(super) model: String,
    pub(super) output_tokens: u64,
}

/// A request that may be sent.
#[derive(Debug)]
pub(super) struct Judged {
    /// What follows the configured address.
    pub(super) path: String,
    pub(super) body: Bytes,
    /// The most tokens that its answer may have.
    pub(super) output_tokens: u64,
    /// Tools and keys that were taken out.
    pub(super) removed: Vec<String>,
}

/// Why a request is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denial {
    #[error("asked for `{0}`, which no model is asked for")]
    Path(String),
    #[error("asked for the model `{0}`")]
    Model(String),
    #[error("sent a body that is not a request: {0}")]
    Body(&'static str),
    #[error("named an address or a file that the vendor would fetch")]
    Reference,
}

/// Judges one request.
pub(super) fn judge(
    terms: &Terms,
    method: &Method,
    path: &str,
    query: Option<&str>,
    body: &Bytes,
) -> Result<Judged, Denial> {
    let denied = || Denial::Path(excerpt(&format!("{method} {path}")));
    if method != Method::POST {
        return Err(denied());
    }
    let (target, answers) = match terms.api {
        Api::Responses if path == "/v1/responses" => ("responses".to_owned(), true),
        Api::Chat if path == "/v1/chat/completions" => ("chat/completions".to_owned(), true),
        Api::Messages if path == "/v1/messages" => ("messages".to_owned(), true),
        Api::Messages if path == "/v1/messages/count_tokens" => {
            ("messages/count_tokens".to_owned(), false)
        }
        Api::Gemini => gemini(path, &terms.model).ok_or_else(denied)??,
        Api::Responses | Api::Chat | Api::Messages => return Err(denied()),
    };
    let path = match (terms.api, query) {
        (_, None) => target,
        (Api::Messages, Some(query @ "beta=true")) | (Api::Gemini, Some(query @ "alt=sse")) => {
            format!("{target}?{query}")
        }
        (Api::Responses | Api::Chat | Api::Messages | Api::Gemini, Some(_)) => return Err(denied()),
    };
    let mut fields: Fields<'_> =
        serde_json::from_slice(body).map_err(|_| Denial::Body("it is not one JSON object"))?;
    if terms.api != Api::Gemini {
        let model: String = fields
            .read("model")?
            .ok_or(Denial::Body("it names no model"))?;
        if model != terms.model {
            return Err(Denial::Model(excerpt(&model)));
        }
    }
    let Strict(whole) = serde_json::from_slice(body)
        .map_err(|_| Denial::Body("a key of it is there twice, or it is nested too deeply"))?;
    if hosted::refers_elsewhere(terms.api, &whole) {
        return Err(Denial::Reference);
    }
    let mut removed = fields.without_hosted(terms.api, &whole)?;
    let output_tokens = if answers {
        fields.limit(terms.api, terms.output_tokens)?
    } else {
        0
    };
    removed.sort_unstable();
    removed.dedup();
    Ok(Judged {
        path,
        body: fields.body(body)?,
        output_tokens,
        removed,
    })
}

/// `/v1beta/models/MODEL:VERB`; a denial of its own when only the model is wrong.
fn gemini(path: &str, model: &str) -> Option<Result<(String, bool), Denial>> {
    let rest = path.strip_prefix("/v1beta/models/")?;
    let (asked, verb) = rest.split_once(':')?;
    let answers = match verb {
        "streamGenerateContent" | "generateContent" => true,
        "countTokens" => false,
        _ => return None,
    };
    if asked != model {
        return Some(Err(Denial::Model(excerpt(asked))));
    }
    Some(Ok((format!("models/{model}:{verb}"), answers)))
}

/// The outermost keys of a body in their order, values as they were written.
#[derive(Debug)]
struct Fields<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, RawValue>)>,
    is_changed: bool,
}

impl<'a> Fields<'a> {
    fn raw(&self, key: &str) -> Option<&RawValue> {
        let pair = self.pairs.iter().find(|(name, _)| name == key);
        pair.map(|(_, value)| value.as_ref())
    }

    fn read<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Denial> {
        self.raw(key)
            .map(|value| serde_json::from_str(value.get()))
            .transpose()
            .map_err(|_| Denial::Body("a key of it has a value of another type"))
    }

    fn set(&mut self, key: &str, value: &impl serde::Serialize) -> Result<(), Denial> {
        let value = serde_json::value::to_raw_value(value)
            .map_err(|_| Denial::Body("a key of it cannot be written again"))?;
        self.is_changed = true;
        match self.pairs.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = Cow::Owned(value),
            None => self
                .pairs
                .push((Cow::Owned(key.to_owned()), Cow::Owned(value))),
        }
        Ok(())
    }

    /// Takes out what the vendor would run or charge for differently; gives back what that was.
    fn without_hosted(&mut self, api: Api, whole: &Value) -> Result<Vec<String>, Denial> {
        let mut removed = Vec::new();
        let before = self.pairs.len();
        self.pairs.retain(|(name, _)| {
            let keep = hosted::is_known(api, name);
            if !keep {
                removed.push(excerpt(name));
            }
            keep
        });
        self.is_changed |= self.pairs.len() != before;
        if let Some(kept) = self.own_tools(api, whole, &mut removed)? {
            // A choice of what is not there would be refused.
            let is_plain = whole.get("tool_choice").is_some_and(Value::is_string);
            let is_left = !kept.is_empty();
            self.pairs.retain(|(name, _)| match name.as_ref() {
                "tool_choice" | "parallel_tool_calls" => is_plain && is_left,
                "tools" => is_left,
                _ => true,
            });
            self.is_changed = true;
            if !kept.is_empty() {
                self.set("tools", &kept)?;
            }
        }
        let has_tools = |item: &Value| item.get("tools").is_some();
        let items = whole.get("input").and_then(Value::as_array);
        if api == Api::Responses && items.is_some_and(|items| items.iter().any(has_tools)) {
            self.additional(items.map_or(&[], Vec::as_slice), &mut removed)?;
        }
        Ok(removed)
    }

    /// The tools that the agent runs itself, when there are others too.
    fn own_tools(
        &self,
        api: Api,
        whole: &Value,
        removed: &mut Vec<String>,
    ) -> Result<Option<Vec<Box<RawValue>>>, Denial> {
        let Some(tools) = whole.get("tools").filter(|tools| !tools.is_null()) else {
            return Ok(None);
        };
        let wrong = Denial::Body("its tools are no list");
        let tools = tools.as_array().ok_or_else(|| wrong.clone())?;
        if tools.iter().all(|tool| hosted::is_own(api, tool)) {
            return Ok(None);
        }
        let raw: Vec<Box<RawValue>> = self.read("tools")?.ok_or(wrong)?;
        let kept = raw.into_iter().zip(tools).filter_map(|(raw, tool)| {
            if hosted::is_own(api, tool) {
                return Some(raw);
            }
            removed.push(name(tool));
            None
        });
        Ok(Some(kept.collect()))
    }

    /// Tools that travel among the messages.
    fn additional(&mut self, items: &[Value], removed: &mut Vec<String>) -> Result<(), Denial> {
        let wrong = |_| Denial::Body("its input cannot be read");
        let Some(mut input) = self.read::<Vec<Box<RawValue>>>("input")? else {
            return Ok(());
        };
        let mut is_changed = false;
        for (raw, item) in input.iter_mut().zip(items) {
            if item.get("tools").is_none() {
                continue;
            }
            let mut fields: Fields<'_> = serde_json::from_str(raw.get()).map_err(wrong)?;
            if let Some(kept) = fields.own_tools(Api::Responses, item, removed)? {
                fields.set("tools", &kept)?;
                let text = fields.text()?;
                *raw = RawValue::from_string(text).map_err(wrong)?;
                is_changed = true;
            }
        }
        if is_changed {
            self.set("input", &input)?;
        }
        Ok(())
    }

    /// Sees to it that the answer has an end; gives back how many tokens that is.
    fn limit(&mut self, api: Api, most: u64) -> Result<u64, Denial> {
        match api {
            Api::Responses => self.lower("max_output_tokens", most),
            Api::Messages => self.lower("max_tokens", most),
            Api::Chat => {
                if self.raw("n").is_some() {
                    self.set("n", &1)?;
                }
                if self.read::<Option<bool>>("stream")?.flatten() == Some(true) {
                    // Without it there is no usage to count.
                    self.set(
                        "stream_options",
                        &serde_json::json!({"include_usage": true}),
                    )?;
                }
                // Servers differ in which of the two they follow.
                let is_old = self.raw("max_tokens").is_some();
                let is_new = self.raw("max_completion_tokens").is_some();
                let mut limit = 0;
                if is_old {
                    limit = self.lower("max_tokens", most)?;
                }
                if is_new || !is_old {
                    limit = limit.max(self.lower("max_completion_tokens", most)?);
                }
                Ok(limit)
            }
            Api::Gemini => {
                let mut config: serde_json::Map<String, serde_json::Value> = self
                    .read("generationConfig")?
                    .unwrap_or_else(serde_json::Map::new);
                config.retain(|key, _| hosted::GENERATION.contains(&key.as_str()));
                let asked = config
                    .get("maxOutputTokens")
                    .and_then(serde_json::Value::as_u64);
                let limit = asked.map_or(most, |asked| asked.min(most));
                config.insert("maxOutputTokens".to_owned(), limit.into());
                config.insert("candidateCount".to_owned(), 1.into());
                self.set("generationConfig", &config)?;
                Ok(limit)
            }
        }
    }

    fn lower(&mut self, key: &str, most: u64) -> Result<u64, Denial> {
        match self.read::<Option<u64>>(key)?.flatten() {
            Some(asked) if asked <= most => Ok(asked),
            Some(_) | None => {
                self.set(key, &most)?;
                Ok(most)
            }
        }
    }

    fn text(&self) -> Result<String, Denial> {
        let mut text = String::from("{");
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            let name = serde_json::to_string(name)
                .map_err(|_| Denial::Body("a key of it cannot be written again"))?;
            text.push_str(&name);
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        Ok(text)
    }

    fn body(&self, original: &Bytes) -> Result<Bytes, Denial> {
        if self.is_changed {
            Ok(Bytes::from(self.text()?))
        } else {
            Ok(original.clone())
        }
    }
}

/// A tool's type, or its first key.
fn name(tool: &Value) -> String {
    let kind = tool.get("type").and_then(Value::as_str);
    let first = || tool.as_object().and_then(|tool| tool.keys().next());
    excerpt(kind.or_else(|| first().map(String::as_str)).unwrap_or("?"))
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs: Vec<(Cow<'de, str>, Cow<'de, RawValue>)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    // Two readers may take different ones.
                    if pairs.len() >= KEYS_MAX || pairs.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom("a key is there twice"));
                    }
                    pairs.push((Cow::Owned(name), Cow::Borrowed(value)));
                }
                Ok(Fields {
                    pairs,
                    is_changed: false,
                })
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// LIMIT: keys of one object; the protocols have below 50.
const KEYS_MAX: usize = 256;

#[cfg(test)]
mod tests;
