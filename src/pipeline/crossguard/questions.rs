//! What a CrossGuard pack is shown of a preview: the resources that are there afterwards, as the engine would show them.
//!
//! INVARIANT: what the preview does not know, or holds only as a secret, is shown as unknown and makes the resource uncertain.
//! LIMIT: resources that are only read, custom timeouts and the dependencies of single properties are not shown: the record of a preview has
//! none of them, or they are not ours.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, NullValue, Struct};
use serde_json::Value;

use super::Error;
use crate::engine::monitor::Alias;
use crate::engine::wire::marks::UNKNOWN;
use crate::engine::wire::pulumirpc::{
    AnalyzeRequest, AnalyzerProviderResource, AnalyzerResource, AnalyzerResourceOptions,
};
use crate::names::Urn;
use crate::pipeline::policy::PropertyPath;
use crate::pipeline::preview::event::Op;
use crate::pipeline::preview::record::{Record, Side, Step};
use crate::pipeline::preview::value::{Path, Properties, Segment};
use crate::pipeline::subjects::paths;

/// One resource that is there afterwards.
#[derive(Debug)]
pub(super) struct Question<'a> {
    step: &'a Step,
    new: &'a Side,
    provider: Option<(&'a Step, &'a Side)>,
}

/// The resources that are there afterwards, each once: the two halves of a replacement are one.
pub(super) fn questions(record: &Record) -> Result<Vec<Question<'_>>, Error> {
    let mut present: BTreeMap<&str, (&Step, &Side)> = BTreeMap::new();
    for step in record.steps.iter().filter(|step| is_present(step.op)) {
        let new = step.new.as_ref().ok_or_else(|| Error::NoState {
            urn: step.urn.clone(),
        })?;
        present.entry(step.urn.as_str()).or_insert((step, new));
    }
    let questions = present.values().map(|(step, new)| {
        // A reference is the provider's URN and its id.
        let (urn, _) = step.provider.rsplit_once("::").unwrap_or_default();
        Question {
            step,
            new,
            provider: present.get(urn).copied(),
        }
    });
    Ok(questions.collect())
}

/// Where a preview changes something: there, only an update knows what will be.
pub(super) fn changed(record: &Record) -> impl Iterator<Item = &Urn> {
    let steps = record.steps.iter();
    let changed =
        steps.filter(|step| !matches!(step.op, Op::Same | Op::Read | Op::ReadReplacement));
    changed.map(|step| &step.urn)
}

const fn is_present(op: Op) -> bool {
    match op {
        Op::Same
        | Op::Create
        | Op::Update
        | Op::Replace
        | Op::CreateReplacement
        | Op::Refresh
        | Op::Import
        | Op::ImportReplacement => true,
        Op::Delete
        | Op::DeleteReplaced
        | Op::Read
        | Op::ReadReplacement
        | Op::Discard
        | Op::DiscardReplaced
        | Op::RemovePendingReplace => false,
    }
}

impl Question<'_> {
    pub(super) const fn urn(&self) -> &Urn {
        &self.step.urn
    }

    /// The inputs that are not known; those of its provider count as the whole.
    pub(super) fn unknown(&self) -> Vec<PropertyPath> {
        let mut unknown = hidden(&self.new.inputs);
        let provider = self.provider.map(|(_, side)| hidden(&side.inputs));
        if provider.is_some_and(|hidden| !hidden.is_empty()) {
            unknown.push(PropertyPath::default());
        }
        unknown
    }

    /// The outputs that are not known.
    pub(super) fn unknown_outputs(&self) -> Vec<PropertyPath> {
        hidden(&self.new.outputs)
    }

    /// As it is asked about alone: by its inputs.
    pub(super) fn alone(&self) -> AnalyzeRequest {
        AnalyzeRequest {
            r#type: self.step.resource_type.clone(),
            properties: Some(wire(&self.new.inputs)),
            urn: self.step.urn.to_string(),
            name: self.step.urn.name().to_owned(),
            options: Some(self.options()),
            provider: self.provider(),
        }
    }

    /// As it is shown with all others: by its outputs.
    pub(super) fn among_all(&self) -> AnalyzerResource {
        let options = self.step.options.as_ref();
        AnalyzerResource {
            r#type: self.step.resource_type.clone(),
            properties: Some(wire(&self.new.outputs)),
            urn: self.step.urn.to_string(),
            name: self.step.urn.name().to_owned(),
            options: Some(self.options()),
            provider: self.provider(),
            parent: self.step.parent.clone(),
            dependencies: options
                .map_or_else(Vec::new, |it| it.dependencies.iter().cloned().collect()),
            property_dependencies: BTreeMap::new(),
        }
    }

    fn options(&self) -> AnalyzerResourceOptions {
        let shown = AnalyzerResourceOptions {
            protect: self.new.protect,
            parent: self.step.parent.clone(),
            ..AnalyzerResourceOptions::default()
        };
        let Some(asked) = &self.step.options else {
            return shown;
        };
        let urns = asked.aliases.iter().filter_map(|alias| match alias {
            Alias::Urn(urn) => Some(urn.clone()),
            Alias::Spec { .. } => None,
        });
        AnalyzerResourceOptions {
            protect: asked.protect.unwrap_or(self.new.protect),
            ignore_changes: asked.ignore_changes.clone(),
            delete_before_replace: asked.delete_before_replace == Some(true),
            delete_before_replace_defined: asked.delete_before_replace.is_some(),
            additional_secret_outputs: asked.additional_secret_outputs.clone(),
            aliases: urns.collect(),
            ..shown
        }
    }

    fn provider(&self) -> Option<AnalyzerProviderResource> {
        let (step, side) = self.provider?;
        Some(AnalyzerProviderResource {
            r#type: step.resource_type.clone(),
            properties: Some(wire(&side.inputs)),
            urn: step.urn.to_string(),
            name: step.urn.name().to_owned(),
        })
    }
}

/// What of them is not known, or secret: a secret's value is not in the record.
fn hidden(properties: &Properties) -> Vec<PropertyPath> {
    [paths(&properties.unknown), paths(&properties.secret)].concat()
}

/// Properties as the protocol has them.
fn wire(properties: &Properties) -> Struct {
    let fields = properties.values.iter();
    let fields = fields.map(|(key, value)| {
        let mut at = vec![Segment::Key(key.clone())];
        (key.clone(), one(value, &mut at, properties))
    });
    Struct {
        fields: fields.collect(),
    }
}

fn one(value: &Value, at: &mut Path, properties: &Properties) -> prost_types::Value {
    let kind = match value {
        // Only a null stands for what is not there.
        Value::Null if properties.unknown.contains(at) || properties.secret.contains(at) => {
            Kind::StringValue(UNKNOWN.to_owned())
        }
        Value::Null => Kind::NullValue(NullValue::NullValue.into()),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => number
            .as_f64()
            .map_or_else(|| Kind::StringValue(number.to_string()), Kind::NumberValue),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => {
            let mut values = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                at.push(Segment::Index(index));
                values.push(one(item, at, properties));
                at.pop();
            }
            Kind::ListValue(ListValue { values })
        }
        Value::Object(members) => {
            let mut object = Struct::default();
            for (key, member) in members {
                at.push(Segment::Key(key.clone()));
                let member = one(member, at, properties);
                object.fields.insert(key.clone(), member);
                at.pop();
            }
            Kind::StructValue(object)
        }
    };
    prost_types::Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_and_what_is_secret_is_shown_as_unknown() {
        let bag = serde_json::json!({
            "a": [null, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"],
            "s": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "canary"},
            "n": 3,
        });
        let properties = Properties::parse(&serde_json::from_value(bag).unwrap()).unwrap();
        let shown = wire(&properties);
        let text = |value: &prost_types::Value| format!("{value:?}");
        assert!(text(&shown.fields["s"]).contains(UNKNOWN));
        assert!(text(&shown.fields["a"]).contains(UNKNOWN));
        assert!(text(&shown.fields["a"]).contains("NullValue"));
        assert!(!format!("{shown:?}").contains("canary"));
        let hidden: Vec<String> = hidden(&properties)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(hidden, ["a[1]", "s"]);
    }
}
