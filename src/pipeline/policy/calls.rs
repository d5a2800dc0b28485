//! Which builtins each rule of a pack may call, from OPA's own syntax tree.
//!
//! An over-approximation: whatever a file that the rule can reach names like a builtin counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::builtins;
use super::error::Error;
use super::opa::Opa;
use super::pack::{Compiler, Pack, Sources};
use super::reads::{Pattern, Step, reach};
use super::tree::SyntaxTree;
use crate::names::RuleId;

/// What the language's own operators are called in the tree; nobody asks for these.
const OPERATORS: [&str; 20] = [
    "and",
    "assign",
    "div",
    "eq",
    "equal",
    "gt",
    "gte",
    "internal.member_2",
    "internal.member_3",
    "internal.print",
    "internal.template_string",
    "internal.test_case",
    "lt",
    "lte",
    "minus",
    "mul",
    "neq",
    "or",
    "plus",
    "rem",
];

/// Builtins by rule.
pub type Calls = BTreeMap<RuleId, BTreeSet<String>>;

/// The builtins that each rule of a loaded pack may call.
///
/// # Errors
/// The folder cannot be read, or OPA cannot parse it.
pub async fn builtins(folder: &Path, pack: &Pack, compiler: &Compiler) -> Result<Calls, Error> {
    let sources = Sources::read(folder)?;
    let opa = Opa::new(compiler, pack.name(), &sources)?;
    let mut trees = Vec::with_capacity(sources.rego.len());
    for name in sources.rego.keys() {
        let arguments = ["parse", "--format", "json", name];
        trees.push(SyntaxTree(opa.json("parsing the rules", &arguments).await?));
    }
    let trees: Vec<&SyntaxTree> = trees.iter().collect();
    let named: Vec<BTreeSet<String>> = trees.iter().map(|tree| names(&tree.0)).collect();
    let mut calls = Calls::new();
    for rule in &pack.rules {
        // Files of one package reach each other, so that any of them will do.
        let package = rule.entrypoint.rsplit_once('/').map(|(package, _)| package);
        let is_of_rule = |tree: &&SyntaxTree| {
            tree.package().map(|package| package.join("/")).as_deref() == package
        };
        let at = trees
            .iter()
            .position(is_of_rule)
            .ok_or_else(|| opa.error("parsing the rules", "a rule's package is gone"))?;
        let reached = reach::reachable(&trees, at);
        let reached = reached.iter().filter_map(|file| named.get(*file));
        calls.insert(rule.id.clone(), reached.flatten().cloned().collect());
    }
    Ok(calls)
}

impl Pack {
    /// The parts of the input on which a rule's answer can depend, such as `inputs.ingress[*].cidrBlocks`.
    #[must_use]
    pub fn reads(&self, rule: &RuleId) -> Vec<String> {
        let rule = self.rules.iter().find(|each| each.id == *rule);
        let reads = rule.into_iter().flat_map(|rule| &rule.reads);
        reads.map(path).collect()
    }
}

fn path(pattern: &Pattern) -> String {
    let mut text = String::new();
    for step in pattern.steps() {
        match step {
            Step::Any => text.push_str("[*]"),
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
        }
    }
    if text.is_empty() {
        "everything".to_owned()
    } else {
        text
    }
}

/// Whether OPA leaves this builtin to the host.
pub(super) fn is_of_the_host(builtin: &str) -> bool {
    builtin == "time.now_ns" || builtins::find(builtin).is_some()
}

fn names(tree: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(tree, &mut found);
    found.retain(|name| {
        let is_builtin = is_of_the_host(name) || builtins::is_offered(name);
        is_builtin && !OPERATORS.contains(&name.as_str())
    });
    found
}

/// Every reference of literal parts. OPA's own limit on nesting bounds the recursion.
fn collect(tree: &Value, found: &mut BTreeSet<String>) {
    match tree {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            if members.get("type").and_then(Value::as_str) == Some("ref") {
                let parts = members.get("value").and_then(Value::as_array);
                let part = |part: &Value| part.get("value")?.as_str().map(str::to_owned);
                let parts: Option<Vec<String>> = parts.into_iter().flatten().map(part).collect();
                found.extend(parts.map(|parts| parts.join(".")));
            }
            members.values().for_each(|member| collect(member, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_found_however_deep_it_is() {
        let var = |name: &str| json!({"type": "var", "value": name});
        let text = |text: &str| json!({"type": "string", "value": text});
        let call = json!({"type": "call", "value": [{"type": "ref", "value": [var("net"), text("cidr_contains")]}, text("x")]});
        let tree = json!({"rules": [{"body": [{"terms": [{"type": "ref", "value": [var("sprintf")]}, call]},
            {"terms": [{"type": "ref", "value": [var("eq")]}, {"type": "ref", "value": [var("input"), text("sprintf")]}]}]}]});
        let expect = ["net.cidr_contains", "sprintf"].map(str::to_owned);
        assert_eq!(names(&tree), BTreeSet::from(expect));
    }
}
