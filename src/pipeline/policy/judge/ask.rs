//! A rule on a document of which it reads parts that are not known.
//!
//! It is asked once for each of several values in their place, those that the rule itself names among them, and what it finds
//! every time, about a value that is known, is a finding. Otherwise it is undetermined.

use serde_json::{Map, Value, json};

use super::Judge;
use crate::names::Urn;
use crate::pipeline::policy::error::Error;
use crate::pipeline::policy::finding::Raw;
use crate::pipeline::policy::literals;
use crate::pipeline::policy::pulumi;
use crate::pipeline::policy::reads::Document;
use crate::pipeline::policy::report::Undetermined;
use crate::pipeline::policy::route::Call;
use crate::pipeline::policy::rule::{Dialect, Rule};
use crate::pipeline::policy::subject::{PathSegment, PropertyPath, Stack, Subject};

/// A subject with the document that rules about one resource see.
pub(super) struct Judged {
    pub(super) subject: Subject,
    document: Map<String, Value>,
}

impl Judged {
    pub(super) fn new(subject: Subject, stack: &Stack) -> Self {
        let mut document = match json!(subject) {
            Value::Object(document) => document,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        document.insert("stack".to_owned(), json!(stack));
        Self { subject, document }
    }

    /// The document, with other values at the unknown places.
    pub(super) fn with(&self, substitute: Option<Substitute<'_>>) -> Map<String, Value> {
        let mut document = self.document.clone();
        if substitute.is_some() {
            let subject = &self.subject;
            let outputs = subject.outputs.as_ref();
            let old = subject.old_inputs.as_ref();
            for (key, part, unknown) in [
                ("inputs", Some(&subject.inputs), &subject.unknown_paths),
                ("outputs", outputs, &subject.unknown_output_paths),
                ("old_inputs", old, &subject.unknown_old_paths),
            ] {
                if let Some(value) = part {
                    document.insert(key.to_owned(), substituted(value, unknown, substitute));
                }
            }
        }
        document
    }
}

/// How a rule is asked about one document.
pub(super) struct Question<'a> {
    pub(super) rule: &'a Rule,
    pub(super) urn: Option<&'a Urn>,
    /// The unknown values that the rule may read, by the resource that has them.
    pub(super) unknown: Vec<Undetermined>,
}

impl Judge<'_> {
    /// What the rule finds with each of the values that are tried in the place of the unknown ones.
    pub(super) fn ask(
        &mut self,
        question: &Question<'_>,
        document: impl Fn(Option<Substitute<'_>>) -> Map<String, Value>,
    ) -> Result<Vec<Raw>, Error> {
        let call = Call::new(question.rule);
        let mut once = |document: Map<String, Value>| {
            let mut document = match question.rule.document() {
                Document::Resource | Document::Index => document,
                Document::PulumiResource => pulumi::resource(&document),
                Document::PulumiStack => pulumi::stack(&document),
            };
            let parameters = Value::Object(question.rule.parameters.clone());
            if question.rule.dialect == Dialect::Native {
                document.insert("params".to_owned(), parameters);
            }
            let input = Value::Object(document).to_string();
            self.once(question.rule, question.urn, &call, input.as_bytes())
        };
        if question.unknown.is_empty() {
            return once(document(None));
        }
        let parameters = literals::of_parameters(&question.rule.parameters);
        let literals = question.rule.literals.iter().chain(&parameters);
        let mut substitutes = SUBSTITUTES
            .into_iter()
            .chain(literals.map(Substitute::Literal));
        let mut found = once(document(substitutes.next()))?;
        found.retain(|raw| !is_about_unknown(raw, question));
        for substitute in substitutes {
            if found.is_empty() {
                break;
            }
            let again = once(document(Some(substitute)))?;
            found.retain_mut(|raw| raw.is_among(&again));
        }
        Ok(found)
    }
}

/// What stands in the place of unknown values while a rule is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Substitute<'a> {
    Marker,
    Null,
    True,
    False,
    Zero,
    Array,
    Object,
    /// One that the rule itself names.
    Literal(&'a Value),
}

/// Kinds of values an unknown one may turn out to be; texts that differ from each other come first.
const SUBSTITUTES: [Substitute<'static>; 7] = [
    Substitute::Marker,
    Substitute::Null,
    Substitute::True,
    Substitute::False,
    Substitute::Zero,
    Substitute::Array,
    Substitute::Object,
];

impl Substitute<'_> {
    fn value(self, at: usize) -> Value {
        match self {
            Self::Marker => format!("(not known at preview: {at})").into(),
            Self::Null => Value::Null,
            Self::True => true.into(),
            Self::False => false.into(),
            Self::Zero => 0.into(),
            Self::Array => Value::Array(Vec::new()),
            Self::Object => Value::Object(Map::new()),
            Self::Literal(value) => value.clone(),
        }
    }
}

/// A copy with other values at the unknown paths.
pub(super) fn substituted(
    value: &Value,
    unknown: &[PropertyPath],
    substitute: Option<Substitute<'_>>,
) -> Value {
    let mut copy = value.clone();
    if let Some(substitute) = substitute {
        for (at, path) in unknown.iter().enumerate() {
            put(&mut copy, &path.0, substitute.value(at));
        }
    }
    copy
}

/// Sets what is at a path, as far as the path exists; an object gets the member that it lacks.
fn put(target: &mut Value, path: &[PathSegment], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    match (target, first) {
        (Value::Object(members), PathSegment::Key(key)) => {
            put(
                members.entry(key.as_str()).or_insert(Value::Null),
                rest,
                value,
            );
        }
        (Value::Object(members), PathSegment::Index(index)) => {
            put(
                members.entry(index.to_string()).or_insert(Value::Null),
                rest,
                value,
            );
        }
        (Value::Array(items), PathSegment::Index(index)) => {
            if let Some(item) = usize::try_from(*index).map_or(None, |index| items.get_mut(index)) {
                put(item, rest, value);
            }
        }
        (
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
            _,
        ) => {}
    }
}

/// Whether a finding is about a value that is not known, something inside it, or something around it: what holds an unknown value
/// may be as it should be, whatever the substitutes were.
fn is_about_unknown(raw: &Raw, question: &Question<'_>) -> bool {
    let path = &raw.path;
    let here = question
        .unknown
        .iter()
        .filter(|place| raw.urn.as_ref().is_none_or(|urn| *urn == place.urn));
    here.flat_map(|place| &place.paths)
        .any(|unknown| unknown.contains(path) || path.contains(unknown))
}

#[cfg(test)]
mod tests;
