//! What an agent asks of a model, judged: the path, the model, what the vendor would run itself, how much may come back.
//!
//! INVARIANT: a body is passed on only when its outermost keys are each there once and the model is the configured one; what is not changed is
//! passed on byte for byte. No tool that the vendor runs reaches the vendor: it would be a way out of the sandbox.

use std::borrow::Cow;
use std::fmt;

use hyper::Method;
use hyper::body::Bytes;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

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
    let mut removed = fields.without_hosted(terms.api)?;
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
    fn without_hosted(&mut self, api: Api) -> Result<Vec<String>, Denial> {
        let mut removed = Vec::new();
        let before = self.pairs.len();
        self.pairs.retain(|(name, _)| {
            let keep = !hosted_keys(api).contains(&name.as_ref());
            if !keep {
                removed.push(name.to_string());
            }
            keep
        });
        self.is_changed |= self.pairs.len() != before;
        if let Some(tools) = self.read::<Vec<Box<RawValue>>>("tools")? {
            let kept = own_tools(api, &tools, &mut removed)?;
            if kept.len() != tools.len() {
                self.set("tools", &kept)?;
            }
        }
        let input = self.raw("input").map(RawValue::get);
        if api == Api::Responses && input.is_some_and(|input| input.contains("additional_tools")) {
            self.additional(&mut removed)?;
        }
        Ok(removed)
    }

    /// Tools that travel among the messages.
    fn additional(&mut self, removed: &mut Vec<String>) -> Result<(), Denial> {
        let wrong = |_| Denial::Body("its input cannot be read");
        let Some(mut input) = self.read::<Vec<Box<RawValue>>>("input")? else {
            return Ok(());
        };
        let mut is_changed = false;
        for item in &mut input {
            let mut fields: Fields<'_> = serde_json::from_str(item.get()).map_err(wrong)?;
            if fields.read::<String>("type")?.as_deref() != Some("additional_tools") {
                continue;
            }
            let tools: Vec<Box<RawValue>> = fields
                .read("tools")?
                .ok_or(Denial::Body("its additional tools are no list"))?;
            let kept = own_tools(Api::Responses, &tools, removed)?;
            if kept.len() != tools.len() {
                fields.set("tools", &kept)?;
                let text = fields.text()?;
                *item = RawValue::from_string(text).map_err(wrong)?;
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
                if self.read::<bool>("stream")? == Some(true) {
                    // Without it there is no usage to count.
                    self.set(
                        "stream_options",
                        &serde_json::json!({"include_usage": true}),
                    )?;
                }
                let old = self.raw("max_tokens").is_some();
                let key = if old {
                    "max_tokens"
                } else {
                    "max_completion_tokens"
                };
                self.lower(key, most)
            }
            Api::Gemini => {
                let mut config: serde_json::Map<String, serde_json::Value> = self
                    .read("generationConfig")?
                    .unwrap_or_else(serde_json::Map::new);
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

/// Keys that have the vendor run something, reach something, or charge another price.
const fn hosted_keys(api: Api) -> &'static [&'static str] {
    match api {
        Api::Responses => &["background", "conversation", "prompt", "service_tier"],
        Api::Chat => &["web_search_options", "service_tier"],
        Api::Messages => &["mcp_servers", "container", "service_tier"],
        Api::Gemini => &["cachedContent", "cached_content"],
    }
}

/// Those of the tools that the agent runs itself.
fn own_tools<'t>(
    api: Api,
    tools: &'t [Box<RawValue>],
    removed: &mut Vec<String>,
) -> Result<Vec<&'t RawValue>, Denial> {
    let mut kept = Vec::new();
    for tool in tools {
        let fields: Fields<'_> = serde_json::from_str(tool.get())
            .map_err(|_| Denial::Body("a tool of it is no object"))?;
        let kind = fields.read::<Option<String>>("type")?.flatten();
        let is_own = match (api, kind.as_deref()) {
            (Api::Responses, Some(kind)) => RESPONSES_OWN.contains(&kind),
            (Api::Chat, Some(kind)) => matches!(kind, "function" | "custom"),
            (Api::Messages, None | Some("custom")) => true,
            (Api::Messages, Some(kind)) => {
                MESSAGES_OWN.iter().any(|prefix| kind.starts_with(prefix))
            }
            (Api::Gemini, _) => fields.pairs.iter().all(|(name, _)| {
                matches!(&**name, "functionDeclarations" | "function_declarations")
            }),
            (Api::Responses | Api::Chat, None) => false,
        };
        if is_own {
            kept.push(tool.as_ref());
        } else {
            let names = fields.pairs.first().map(|(name, _)| name.to_string());
            let name = kind.or(names).unwrap_or_else(|| "?".to_owned());
            removed.push(excerpt(&name));
        }
    }
    Ok(kept)
}

/// Types of tools that the client of the Responses protocol runs.
const RESPONSES_OWN: [&str; 7] = [
    "function",
    "custom",
    "namespace",
    "local_shell",
    "shell",
    "apply_patch",
    "tool_search",
];
/// Beginnings of the types of tools that the client of the Messages protocol runs.
const MESSAGES_OWN: [&str; 3] = ["bash_", "text_editor_", "memory_"];

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
