//! What of a preview the policies see: one subject for each step, deletes and replacements included.
//!
//! INVARIANT: an output that the preview leaves out is unknown wherever the step computes outputs.

use crate::names::{NameError, StackName};
use crate::pipeline::policy::{
    Difference, OldOptions, Options, PathSegment, PropertyPath, Request, Stack, Subject,
};
use crate::pipeline::preview::Preview;
use crate::pipeline::preview::event::{DiffKind, Op};
use crate::pipeline::preview::record::Step;
use crate::pipeline::preview::value::{Path, Properties, Segment};

/// Makes the policies' input from a preview.
///
/// # Errors
/// The stack's name does not follow its grammar.
pub fn request(preview: &Preview) -> Result<Request, NameError> {
    let name = StackName::new(preview.stack.as_str())?;
    Ok(Request {
        now_ns: None,
        stack: Stack {
            project: preview.project.clone(),
            name,
        },
        subjects: preview.record.steps.iter().map(subject).collect(),
    })
}

fn subject(step: &Step) -> Subject {
    let inputs = step.new.as_ref().map(|new| &new.inputs);
    let outputs = step.new.as_ref().map(|new| &new.outputs);
    let secrets = |properties: Option<&Properties>| {
        properties
            .map(|properties| paths(&properties.secret))
            .into_iter()
            .flatten()
    };
    // A secret's value is not in the preview: for a rule that reads it, it is as unknown as any other.
    let unknown = |properties: Option<&Properties>| {
        properties
            .map(|properties| [paths(&properties.unknown), paths(&properties.secret)].concat())
            .into_iter()
            .flatten()
            .collect()
    };
    let mut subject = Subject {
        urn: step.urn.clone(),
        op: step.op.as_str().to_owned(),
        resource_type: step.resource_type.clone(),
        name: step.urn.name().to_owned(),
        provider: (!step.provider.is_empty()).then(|| step.provider.clone()),
        inputs: inputs.map_or(serde_json::Value::Null, values),
        old_inputs: step.old.as_ref().map(|old| values(&old.inputs)),
        outputs: outputs.map(values),
        diff: step
            .diff
            .iter()
            .map(|change| Difference {
                path: property_path(&change.path),
                kind: kind(change.kind).to_owned(),
            })
            .collect(),
        unknown_paths: unknown(inputs),
        unknown_output_paths: unknown(outputs),
        unknown_old_paths: unknown(step.old.as_ref().map(|old| &old.inputs)),
        secret_paths: secrets(inputs).chain(secrets(outputs)).collect(),
        options: options(step),
        old_options: step.old.as_ref().map(|old| OldOptions {
            protect: old.protect,
            retain_on_delete: old.retain_on_delete,
            // The engine's events do not say it.
            ignore_changes: None,
        }),
    };
    let is_read = matches!(step.op, Op::Read | Op::ReadReplacement);
    if is_read && outputs.is_some_and(|outputs| outputs.values.is_empty()) {
        // It could not be read: its id is not known yet.
        subject.lose_outputs();
    }
    subject.with_open_outputs()
}

fn options(step: &Step) -> Options {
    let side = step.new.as_ref().or(step.old.as_ref());
    let (protect, retain_on_delete) =
        side.map_or((false, false), |side| (side.protect, side.retain_on_delete));
    match &step.options {
        Some(asked) => Options {
            protect: asked.protect.unwrap_or(protect),
            retain_on_delete: asked.retain_on_delete.unwrap_or(retain_on_delete),
            ignore_changes: asked.ignore_changes.clone(),
        },
        None => Options {
            protect,
            retain_on_delete,
            ignore_changes: Vec::new(),
        },
    }
}

fn values(properties: &Properties) -> serde_json::Value {
    serde_json::Value::Object(
        properties
            .values
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}

pub(super) fn paths(paths: &[Path]) -> Vec<PropertyPath> {
    paths
        .iter()
        .map(|path| PropertyPath(path.iter().map(segment).collect()))
        .collect()
}

fn segment(segment: &Segment) -> PathSegment {
    match segment {
        Segment::Key(key) => PathSegment::Key(key.clone()),
        Segment::Index(index) => PathSegment::Index(*index as u64),
    }
}

/// A path in Pulumi's notation as one key: rules compare differences by their text.
fn property_path(path: &str) -> PropertyPath {
    PropertyPath(vec![PathSegment::Key(path.to_owned())])
}

const fn kind(kind: DiffKind) -> &'static str {
    match kind {
        DiffKind::Add => "add",
        DiffKind::AddReplace => "add-replace",
        DiffKind::Delete => "delete",
        DiffKind::DeleteReplace => "delete-replace",
        DiffKind::Update => "update",
        DiffKind::UpdateReplace => "update-replace",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn step(op: &str, outputs: &Value) -> Step {
        let kind = "aws:s3/bucket:Bucket";
        let side = |outputs: &Value| {
            json!({
                "inputs": { "values": {}, "unknown": [], "secret": [] },
                "outputs": { "values": outputs, "unknown": [], "secret": [] },
                "protect": true, "external": false, "retain_on_delete": false,
            })
        };
        serde_json::from_value(json!({
            "urn": format!("urn:pulumi:prod::site::{kind}::it"), "op": op, "resource_type": kind, "provider": "p", "parent": "", "id": "",
            "old": side(&json!({ "arn": "x" })), "new": side(outputs), "diff": [], "replace_keys": [], "options": null,
        }))
        .unwrap()
    }

    #[test]
    fn what_a_preview_leaves_out_of_computed_outputs_is_unknown() {
        let is_open = |op: &str, outputs: &Value| {
            let subject = subject(&step(op, outputs));
            assert_eq!(subject.outputs.as_ref(), Some(outputs), "{op}");
            subject.unknown_output_paths.contains(&PropertyPath(vec![]))
        };
        for outputs in [json!({}), json!({ "arn": "x" })] {
            for op in ["create", "update", "create-replacement", "import"] {
                assert!(is_open(op, &outputs), "{op}");
            }
            assert!(!is_open("same", &outputs));
            assert!(!is_open("refresh", &outputs));
        }
        assert!(is_open("read", &json!({})));
        assert!(!is_open("read", &json!({ "arn": "x" })));
    }

    #[test]
    fn the_state_does_not_say_what_it_ignores() {
        let subject = subject(&step("update", &json!({})));
        let old = serde_json::to_value(subject.old_options).unwrap();
        assert_eq!(old, json!({ "protect": true, "retain_on_delete": false }));
    }
}
