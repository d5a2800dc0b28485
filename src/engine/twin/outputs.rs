//! What Create and Update answer: the inputs, and what a provider computes.
//!
//! INVARIANT: what is made from a secret is a secret.
//! INVARIANT: a preview holds only what is known before the resource exists; the rest is left out, which the engine takes as
//! unknown.

use serde_json::Value;

use super::check::DEFAULTS;
use super::table::{Autoname, Computed, Property, ResourceType};
use super::template::Draw;
use super::value::{self, Properties};
use super::{ACCOUNT, PARTITION};

/// What a provider was configured with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Configured {
    /// Where resources are made that do not say otherwise.
    pub(super) region: String,
    /// Tags of every resource that takes tags.
    pub(super) default_tags: Properties,
}

/// One resource being made or changed.
pub(super) struct Making<'a> {
    pub(super) resource: &'a ResourceType,
    pub(super) configured: &'a Configured,
    pub(super) draw: Draw,
}

impl Making<'_> {
    /// The inputs with a name in them: where only a prefix was given, the name is drawn now.
    ///
    /// Also says whether another draw would give another name.
    pub(super) fn named(&self, inputs: &Properties) -> (Properties, bool) {
        let mut inputs = inputs.clone();
        inputs.remove(DEFAULTS);
        let mut is_drawn = false;
        if let Some(Autoname { property, .. }) = &self.resource.autoname
            && !inputs.contains_key(property)
            && let Some(prefix) = inputs.get(&format!("{property}Prefix"))
        {
            let (prefix, was_secret) = value::unwrapped(prefix);
            let name = format!("{}{}", prefix.as_str().unwrap_or(""), self.draw.hex(26));
            inputs.insert(property.clone(), marked(Value::String(name), was_secret));
            is_drawn = true;
        }
        (inputs, is_drawn)
    }

    /// The id of a resource with these inputs, or nothing if they do not have what it is made from.
    pub(super) fn id(&self, inputs: &Properties) -> Option<String> {
        let value = |name: &str| text(self.fixed_or(inputs, name)?).map(|(text, _)| text);
        self.resource.id.fill("id", &self.draw, value)
    }

    /// What is known before the resource exists.
    pub(super) fn planned(&self, inputs: &Properties) -> Properties {
        let mut outputs = inputs.clone();
        outputs.remove(DEFAULTS);
        self.compute(&mut outputs, None);
        self.mark(outputs)
    }

    /// What a new resource has.
    pub(super) fn created(&self, inputs: &Properties, id: &str) -> Properties {
        let mut outputs = inputs.clone();
        outputs.remove(DEFAULTS);
        self.compute(&mut outputs, Some(id));
        self.mark(outputs)
    }

    /// What a changed resource has: what was computed once stays.
    pub(super) fn updated(&self, inputs: &Properties, olds: &Properties, id: &str) -> Properties {
        let mut outputs = inputs.clone();
        outputs.remove(DEFAULTS);
        let properties = self.resource.inputs.iter().chain(&self.resource.outputs);
        for (key, property) in properties.filter(|(_, p)| p.computed.is_some() && !p.planned) {
            if let Some(old) = olds.get(key)
                && self.applies(property, &outputs)
                && !outputs.contains_key(key)
            {
                outputs.insert(key.clone(), old.clone());
            }
        }
        self.compute(&mut outputs, Some(id));
        self.mark(outputs)
    }

    /// Adds what is computed and not there yet; without an id, only what is known without it.
    fn compute(&self, outputs: &mut Properties, id: Option<&str>) {
        let planned = id.is_none();
        if let Some(id) = id {
            outputs.insert("id".to_owned(), Value::from(id));
        }
        // Inputs first: outputs are made from them.
        for properties in [&self.resource.inputs, &self.resource.outputs] {
            for (key, property) in properties {
                let known = property.planned || !planned;
                if known
                    && !outputs.contains_key(key)
                    && self.applies(property, outputs)
                    && let Some(value) = self.value(key, property, outputs)
                {
                    outputs.insert(key.clone(), value);
                }
            }
        }
    }

    fn applies(&self, property: &Property, outputs: &Properties) -> bool {
        property.when.as_ref().is_none_or(|flag| {
            outputs.get(flag).is_some_and(|value| {
                !matches!(value::unwrapped(value).0, Value::Null | Value::Bool(false))
            })
        })
    }

    fn value(&self, key: &str, property: &Property, outputs: &Properties) -> Option<Value> {
        if key == TAGS_ALL {
            return Some(self.all_tags(outputs));
        }
        match property.computed.as_ref()? {
            Computed::Value(value) => Some(value.clone()),
            Computed::Text(template) => {
                let mut was_secret = false;
                let filled = template.fill(key, &self.draw, |name| {
                    let (text, secret) = text(self.fixed_or(outputs, name)?)?;
                    was_secret |= secret;
                    Some(text)
                })?;
                Some(marked(Value::String(filled), was_secret))
            }
        }
    }

    /// One of the fixed words of templates, or a property.
    fn fixed_or(&self, properties: &Properties, name: &str) -> Option<Value> {
        match name {
            "account" => Some(Value::from(ACCOUNT)),
            "partition" => Some(Value::from(PARTITION)),
            "region" => Some(
                properties
                    .get("region")
                    .cloned()
                    .unwrap_or_else(|| Value::from(self.configured.region.as_str())),
            ),
            _ => properties.get(name).cloned(),
        }
    }

    /// The provider's tags under the resource's own.
    fn all_tags(&self, outputs: &Properties) -> Value {
        let Some(own) = outputs.get("tags") else {
            return Value::Object(self.configured.default_tags.clone());
        };
        let (tags, was_secret) = value::unwrapped(own);
        let Value::Object(tags) = tags else {
            // Unknown as a whole: so are all of them.
            return own.clone();
        };
        let mut all = self.configured.default_tags.clone();
        all.extend(tags.clone());
        marked(Value::Object(all), was_secret)
    }

    /// Wraps what is always a secret.
    fn mark(&self, outputs: Properties) -> Properties {
        let is_secret = |key: &str| self.resource.property(key).is_some_and(|p| p.secret);
        outputs
            .into_iter()
            .map(|(key, value)| {
                let secret = is_secret(&key);
                (key, marked(value, secret))
            })
            .collect()
    }
}

fn marked(value: Value, secret: bool) -> Value {
    if secret { value::secret(value) } else { value }
}

/// A primitive value as text, and whether it was a secret.
fn text(value: Value) -> Option<(String, bool)> {
    let (plain, was_secret) = value::unwrapped(&value);
    let text = match plain {
        _ if value::is_unknown(plain) => return None,
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some((text, was_secret))
}

/// The property that holds a resource's tags and the provider's.
const TAGS_ALL: &str = "tagsAll";
