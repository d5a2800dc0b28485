//! The properties in a digest, split into values and the places of what is not known.

use std::collections::BTreeMap;

use serde_json::Value;

use super::State;
use crate::pipeline::policy::subject::{PathSegment, PropertyPath};
use crate::pipeline::preview::value::{Properties, Segment};

/// What Pulumi prints in the place of a secret.
const SECRET: &str = "[secret]";

/// The properties of one side of a step.
pub(super) struct Bags {
    pub(super) inputs: Bag,
    pub(super) outputs: Option<Bag>,
}

/// Values, with null where one is not known.
#[derive(Clone)]
pub(super) struct Bag {
    pub(super) values: Value,
    unknown: Vec<PropertyPath>,
    pub(super) secret: Vec<PropertyPath>,
}

impl Bags {
    pub(super) fn of(state: &State) -> Result<Self, String> {
        let empty = BTreeMap::new();
        Ok(Self {
            inputs: Bag::of(state.inputs.as_ref().unwrap_or(&empty))?,
            outputs: state.outputs.as_ref().map(Bag::of).transpose()?,
        })
    }
}

impl Bag {
    fn of(properties: &BTreeMap<String, Value>) -> Result<Self, String> {
        let Properties {
            values,
            unknown,
            secret,
        } = Properties::parse(properties).map_err(|error| error.to_string())?;
        let mut bag = Self {
            values: Value::Object(values.into_iter().collect()),
            unknown: unknown.iter().map(|it| path(it)).collect(),
            secret: secret.iter().map(|it| path(it)).collect(),
        };
        hide(
            &mut bag.values,
            &mut PropertyPath::default(),
            &mut bag.secret,
        );
        Ok(bag)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values
            .as_object()
            .is_none_or(serde_json::Map::is_empty)
    }

    pub(super) fn not_known(&self) -> Vec<PropertyPath> {
        [self.unknown.as_slice(), self.secret.as_slice()].concat()
    }
}

fn path(segments: &[Segment]) -> PropertyPath {
    let segment = |segment: &Segment| match segment {
        Segment::Key(key) => PathSegment::Key(key.clone()),
        Segment::Index(index) => PathSegment::Index(*index as u64),
    };
    PropertyPath(segments.iter().map(segment).collect())
}

/// Takes out what Pulumi printed in the place of secrets. The depth is limited by now.
fn hide(value: &mut Value, at: &mut PropertyPath, secret: &mut Vec<PropertyPath>) {
    match value {
        Value::String(text) if text == SECRET => {
            secret.push(at.clone());
            *value = Value::Null;
        }
        Value::Array(items) => {
            for (index, item) in (0u64..).zip(items) {
                at.0.push(PathSegment::Index(index));
                hide(item, at, secret);
                at.0.pop();
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                at.0.push(PathSegment::Key(key.clone()));
                hide(member, at, secret);
                at.0.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
