//! What a rule sees as `input`, as a JSON Schema for whoever writes rules: `policy-packs/input.schema.json`.
//!
//! These types are the documentation alone; what is shown is made elsewhere. A test compares their members.

#![expect(dead_code, reason = "only their schema is used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// What a rule sees as `input`: one step of the preview, or, for a rule whose scope is `stack`, all steps that concern it.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Input {
    Resource(Box<Resource>),
    Stack(Stack),
}

/// One step of a preview: what is done to one resource.
#[derive(JsonSchema)]
struct Resource {
    /// The resource: `urn:pulumi:STACK::PROJECT::TYPE::NAME`.
    urn: String,
    /// What is done.
    op: Op,
    /// The resource's type token, such as `aws:s3/bucket:Bucket`.
    #[serde(rename = "type")]
    resource_type: String,
    /// The resource's logical name.
    name: String,
    /// The provider reference, where there is one.
    provider: Option<String>,
    /// The new inputs, by the provider's own names; null for a step that removes the resource.
    inputs: Option<Map<String, Value>>,
    /// The inputs that the state holds, where the resource exists.
    old_inputs: Option<Map<String, Value>>,
    /// The outputs that the preview shows. Where the operation computes them (all that leave the resource there but `same` and `refresh`), all of them
    /// count as unknown, whatever the preview shows.
    outputs: Option<Map<String, Value>>,
    /// What would change.
    diff: Vec<Difference>,
    /// The parts of `inputs` whose value is not known at preview, secrets among them. A rule that reads one is undetermined; it need not look here.
    unknown_paths: Vec<Path>,
    /// The parts of `outputs` whose value is not known at preview; `[[]]` is all of them.
    unknown_output_paths: Vec<Path>,
    /// The parts of `old_inputs` whose value the preview does not hold.
    unknown_old_paths: Vec<Path>,
    /// The parts of `inputs` and `outputs` that are secret.
    secret_paths: Vec<Path>,
    /// The resource options that the program asked for.
    options: Options,
    /// The options that the state holds, where the resource exists.
    old_options: Option<OldOptions>,
    /// The stack.
    stack: StackName,
    /// The rule's own parameters.
    params: BTreeMap<String, Value>,
}

/// All steps of a preview that concern the rule.
#[derive(JsonSchema)]
struct Stack {
    /// The steps, in the preview's order.
    resources: Vec<Indexed>,
    /// How many there are.
    counts: Counts,
    /// The stack.
    stack: StackName,
    /// The rule's own parameters.
    params: BTreeMap<String, Value>,
}

/// One step, as a rule about the whole stack sees it.
#[derive(JsonSchema)]
struct Indexed {
    /// The resource.
    urn: String,
    /// What is done.
    op: Op,
    /// The resource's type token.
    #[serde(rename = "type")]
    resource_type: String,
    /// The resource's logical name.
    name: String,
    /// The resource options that the program asked for.
    options: Options,
    /// The new inputs; only for a rule that mentions `inputs`.
    inputs: Option<Map<String, Value>>,
}

/// How many steps there are.
#[derive(JsonSchema)]
struct Counts {
    /// By operation.
    ops: BTreeMap<String, u64>,
    /// By type token.
    types: BTreeMap<String, u64>,
    /// Of all.
    resources: u64,
}

/// Which stack is judged.
#[derive(JsonSchema)]
struct StackName {
    /// Pulumi's project.
    project: String,
    /// The stack's name.
    name: String,
}

/// Resource options.
#[derive(JsonSchema)]
struct Options {
    /// The engine refuses to delete the resource.
    protect: bool,
    /// A delete leaves the real thing behind.
    retain_on_delete: bool,
    /// Properties whose changes the engine ignores.
    ignore_changes: Vec<String>,
}

/// Resource options in the state.
#[derive(JsonSchema)]
struct OldOptions {
    /// The engine refuses to delete the resource.
    protect: bool,
    /// A delete leaves the real thing behind.
    retain_on_delete: bool,
    /// Properties whose changes the engine ignored. Absent in every run: the engine's events do not say. What `pulumi preview --json` prints may say.
    ignore_changes: Option<Vec<String>>,
}

/// One property that would change.
#[derive(JsonSchema)]
struct Difference {
    /// The property.
    path: Path,
    /// Pulumi's word for how: `add`, `delete`, `update`, each also with `-replace`.
    kind: String,
}

/// The way to one value: names of members and numbers of elements.
#[derive(JsonSchema)]
struct Path(Vec<Segment>);

/// One part of a path.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Segment {
    Key(String),
    Index(u64),
}

/// Pulumi's operations. Without `ops` in its METADATA, a rule sees those that leave the resource there: the first seven.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Op {
    Same,
    Create,
    Update,
    Replace,
    CreateReplacement,
    Import,
    ImportReplacement,
    Refresh,
    Delete,
    DeleteReplaced,
    Discard,
    DiscardReplaced,
    RemovePendingReplace,
    Read,
    ReadReplacement,
}

/// The schema, as the file holds it.
#[must_use]
pub fn schema_text() -> String {
    let schema = schemars::schema_for!(Input);
    format!("{:#}", schema.as_value())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::names::RuleId;
    use crate::pipeline::policy::example::{self, Kind};
    use crate::pipeline::policy::subject::OPS;

    fn names(schema: &Value, of: &str) -> BTreeSet<String> {
        let members = schema.pointer(&format!("/$defs/{of}/properties"));
        members
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    }

    #[test]
    fn the_schema_has_what_rules_are_shown() {
        let schema: Value = serde_json::from_str(&schema_text()).unwrap();
        let rule = RuleId::new("A-1").unwrap();
        let text = br#"{"it": {"type": "a:b:C"}}"#;
        let examples = example::parse(Path::new("x"), text, &rule, Kind::Allow).unwrap();
        let subject = serde_json::json!(examples[0].subjects[0]);
        let mut shown: BTreeSet<String> = subject.as_object().unwrap().keys().cloned().collect();
        shown.extend(["stack".to_owned(), "params".to_owned()]);
        assert_eq!(names(&schema, "Resource"), shown);
        let ops = schema
            .pointer("/$defs/Op/enum")
            .unwrap()
            .as_array()
            .unwrap();
        let ops: BTreeSet<&str> = ops.iter().map(|op| op.as_str().unwrap()).collect();
        assert_eq!(ops, OPS.map(|(op, _)| op).into());
    }
}
