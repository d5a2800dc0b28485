//! What policies judge: one subject per step of a preview, deletes and replacements among them.
//!
//! INVARIANT: what is not known is listed in `unknown_paths`, whatever stands in its place in `inputs`. A secret whose plain
//! value the preview does not hold is unknown too, or a program could hide any value by calling it secret. So are the outputs of an operation
//! that computes them, all of them: what a preview leaves out is not absent.
//!
//! These are plain data: the preview stage fills them, the examples of policy packs are files of them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::wire::marks::UNKNOWNS;
use crate::names::{StackName, Urn};

/// Everything that one evaluation looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The stack that the preview is of.
    pub stack: Stack,
    /// What `time.now_ns` answers to every rule, all the time; a rule that asks without it is a fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now_ns: Option<i64>,
    /// The steps of the preview, in its order.
    pub subjects: Vec<Subject>,
}

/// Which stack is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// Pulumi's project name.
    pub project: String,
    /// The stack's name.
    pub name: StackName,
}

/// One step of a preview, as a rule sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The resource.
    pub urn: Urn,
    /// Pulumi's own name of the operation, such as `create` or `delete-replaced`.
    pub op: String,
    /// The resource's type token; it must be the one that the URN carries.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The resource's logical name.
    pub name: String,
    /// The provider reference, where there is one.
    pub provider: Option<String>,
    /// The new inputs; `null` for a step that removes the resource.
    pub inputs: Value,
    /// The inputs that the state holds, where the resource exists.
    pub old_inputs: Option<Value>,
    /// The outputs that the preview shows. What it leaves out is absent only where `unknown_output_paths` does not hold the root.
    pub outputs: Option<Value>,
    /// What would change.
    pub diff: Vec<Difference>,
    /// The parts of `inputs` whose value is not known at preview.
    pub unknown_paths: Vec<PropertyPath>,
    /// The parts of `outputs` whose value is not known at preview; the root, `[[]]`, where an operation computes them.
    pub unknown_output_paths: Vec<PropertyPath>,
    /// The parts of `old_inputs` whose value the preview does not hold, such as secrets in the state.
    pub unknown_old_paths: Vec<PropertyPath>,
    /// The parts of `inputs` and `outputs` that are secret. Rules see the values; findings never repeat them.
    pub secret_paths: Vec<PropertyPath>,
    /// The resource options that the program asked for.
    pub options: Options,
    /// The options that the state holds, where the resource exists.
    pub old_options: Option<OldOptions>,
}

/// The resource options that policies can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The engine refuses to delete the resource.
    pub protect: bool,
    /// A delete leaves the real thing behind.
    pub retain_on_delete: bool,
    /// Properties whose changes the engine ignores.
    pub ignore_changes: Vec<String>,
}

/// The resource options of the state that policies can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldOptions {
    /// The engine refuses to delete the resource.
    pub protect: bool,
    /// A delete leaves the real thing behind.
    pub retain_on_delete: bool,
    /// Properties whose changes the engine ignored; nothing where the preview does not say, as the engine's own events never do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_changes: Option<Vec<String>>,
}

/// One property that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The property.
    pub path: PropertyPath,
    /// Pulumi's own word, such as `update` or `add-replace`.
    pub kind: String,
}

/// The way from a document's root to one value in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PropertyPath(pub Vec<PathSegment>);

/// One step of a [`PropertyPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// A member of an object.
    Key(String),
    /// An element of an array.
    Index(u64),
}

impl PropertyPath {
    /// The same place, seen from a document that has this one as the member `root`.
    pub(super) fn under(&self, root: &str) -> Self {
        let root = PathSegment::Key(root.to_owned());
        Self(
            std::iter::once(root)
                .chain(self.0.iter().cloned())
                .collect(),
        )
    }

    /// Whether `self` is `other` or a container of it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.0.len() >= self.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| a.is_same(b))
    }
}

impl PathSegment {
    /// Whether both may name the same thing. An index and its decimal text count as the same, because the sources of paths do
    /// not agree on which they write.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(a), Self::Key(b)) => a == b,
            (Self::Index(a), Self::Index(b)) => a == b,
            (Self::Key(key), Self::Index(index)) | (Self::Index(index), Self::Key(key)) => {
                *key == index.to_string()
            }
        }
    }
}

impl fmt::Display for PropertyPath {
    /// As Pulumi writes property paths: `ingress[0].cidrBlocks`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                PathSegment::Index(index) => write!(f, "[{index}]")?,
                PathSegment::Key(key) if is_plain(key) && at == 0 => f.write_str(key)?,
                PathSegment::Key(key) if is_plain(key) => write!(f, ".{key}")?,
                PathSegment::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// What a step leaves of its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The resource is there afterwards, as `inputs` say.
    Present,
    /// The resource, or this copy of it, is gone afterwards.
    Absent,
    /// Somebody else's resource, which was only looked at.
    Observed,
}

/// Pulumi's operations. One that is not listed is an error: a new one could be a delete.
pub(super) const OPS: [(&str, Outcome); 15] = [
    ("same", Outcome::Present),
    ("create", Outcome::Present),
    ("update", Outcome::Present),
    ("replace", Outcome::Present),
    ("create-replacement", Outcome::Present),
    ("refresh", Outcome::Present),
    ("import", Outcome::Present),
    ("import-replacement", Outcome::Present),
    ("delete", Outcome::Absent),
    ("delete-replaced", Outcome::Absent),
    ("discard", Outcome::Absent),
    ("discard-replaced", Outcome::Absent),
    ("remove-pending-replace", Outcome::Absent),
    ("read", Outcome::Observed),
    ("read-replacement", Outcome::Observed),
];

/// Operations after which a resource has the outputs that it had, or that were just read.
const KEEPS_OUTPUTS: [&str; 2] = ["same", "refresh"];

/// What an operation leaves; `None` for one that is not Pulumi's.
pub(super) fn outcome(op: &str) -> Option<Outcome> {
    OPS.iter()
        .find(|(name, _)| *name == op)
        .map(|(_, outcome)| *outcome)
}

impl Subject {
    /// The subject, with all of its outputs listed as unknown where the operation computes them.
    ///
    /// A preview has of them what the provider chose to say, and nothing tells an output that was left out from one that will not be.
    pub(in crate::pipeline) fn with_open_outputs(mut self) -> Self {
        let is_open = match outcome(&self.op) {
            Some(Outcome::Present) => !KEEPS_OUTPUTS.contains(&self.op.as_str()),
            Some(Outcome::Absent | Outcome::Observed) => false,
            None => true,
        };
        if is_open {
            self.lose_outputs();
        }
        self
    }

    /// Lists all outputs as unknown.
    pub(in crate::pipeline) fn lose_outputs(&mut self) {
        self.outputs
            .get_or_insert_with(|| Value::Object(serde_json::Map::new()));
        self.unknown_output_paths = vec![PropertyPath::default()];
    }

    /// The subject, with every sentinel in it listed as unknown.
    ///
    /// A program may write a sentinel itself: it is unknown then, which is never a pass.
    pub(super) fn with_sentinels(self) -> Self {
        let mut checked = self;
        let mut at = PropertyPath::default();
        list_sentinels(&checked.inputs, &mut at, &mut checked.unknown_paths);
        if let Some(outputs) = &checked.outputs {
            list_sentinels(outputs, &mut at, &mut checked.unknown_output_paths);
        }
        if let Some(old) = &checked.old_inputs {
            list_sentinels(old, &mut at, &mut checked.unknown_old_paths);
        }
        for paths in [
            &mut checked.unknown_paths,
            &mut checked.unknown_output_paths,
            &mut checked.unknown_old_paths,
        ] {
            paths.sort();
            paths.dedup();
        }
        checked
    }
}

fn list_sentinels(value: &Value, at: &mut PropertyPath, found: &mut Vec<PropertyPath>) {
    match value {
        Value::String(text) => {
            if UNKNOWNS.contains(&text.as_str()) {
                found.push(at.clone());
            }
        }
        Value::Array(items) => {
            for (index, item) in (0u64..).zip(items) {
                at.0.push(PathSegment::Index(index));
                list_sentinels(item, at, found);
                at.0.pop();
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                at.0.push(PathSegment::Key(key.clone()));
                list_sentinels(member, at, found);
                at.0.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_open_wherever_an_operation_computes_them() {
        for (op, outcome) in OPS {
            let urn = "urn:pulumi:dev::site::test:index:Thing::it";
            let subject: Subject = serde_json::from_value(serde_json::json!({
                "urn": urn, "op": op, "type": "test:index:Thing", "name": "it", "provider": null, "inputs": {}, "old_inputs": null,
                "outputs": {"key": "x"}, "diff": [], "unknown_paths": [], "unknown_output_paths": [["key"]], "unknown_old_paths": [],
                "secret_paths": [], "options": {"protect": false, "retain_on_delete": false, "ignore_changes": []}, "old_options": null,
            }))
            .unwrap();
            let is_open = outcome == Outcome::Present && !["same", "refresh"].contains(&op);
            let expect = if is_open { "[[]]" } else { r#"[["key"]]"# };
            let paths = subject.with_open_outputs().unknown_output_paths;
            assert_eq!(serde_json::to_string(&paths).unwrap(), expect, "{op}");
        }
    }

    #[test]
    fn paths_are_written_as_pulumi_writes_them() {
        let path: PropertyPath = serde_json::from_str(r#"["ingress", 0, "a b", "c"]"#).unwrap();
        assert_eq!(path.to_string(), r#"ingress[0]["a b"].c"#);
    }

    #[test]
    fn an_index_and_its_text_are_the_same_place() {
        let text: PropertyPath = serde_json::from_str(r#"["a", "0"]"#).unwrap();
        let index: PropertyPath = serde_json::from_str(r#"["a", 0, "b"]"#).unwrap();
        assert!(text.contains(&index));
        assert!(!index.contains(&text));
    }
}
