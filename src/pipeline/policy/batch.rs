//! Which rules are asked together: those that concern the same types and operations, about many documents in one call.
//!
//! A call costs microseconds, and what OPA makes anew for each call, such as the automaton of a regular expression, costs tens.
//! Rules with parameters are asked alone, because each has its own `input.params`.
//!
//! A batch is two rules of ours in a package of ours, compiled with the pack: what is asked about one document, and the same
//! for each element of `input`. Each sees its document as `input` and nothing of the others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rule::{Rule, Scope};
use super::subject::OPS;
use crate::names::RuleId;

/// The package that a pack cannot have.
pub(super) const PACKAGE: &str = "lightsout";
/// The file that a pack cannot have.
pub(super) const FILE: &str = "lightsout-batches.rego";

/// Rules that are asked together, in the order of their answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) rules: Vec<RuleId>,
    pub(super) entrypoint: String,
}

/// The batches of a pack: one for each set of rules that some type and operation has in common, and one for each rule with
/// parameters.
pub(super) fn batches(rules: &[Rule]) -> Vec<Batch> {
    let mut types: BTreeSet<&str> = rules
        .iter()
        .flat_map(|rule| &rule.types)
        .map(String::as_str)
        .collect();
    // A type that no rule names: the rules for all types are left.
    types.insert("");
    let sets: BTreeSet<Vec<usize>> = types
        .iter()
        .flat_map(|resource_type| OPS.iter().map(move |(op, _)| (resource_type, op)))
        .map(|(resource_type, op)| together(rules, resource_type, op))
        .chain(rules.iter().enumerate().filter_map(alone))
        .filter(|set| !set.is_empty())
        .collect();
    let named = |(at, set): (usize, Vec<usize>)| Batch {
        rules: ids(rules, &set),
        entrypoint: format!("{PACKAGE}/batch/b{at}"),
    };
    sets.into_iter().enumerate().map(named).collect()
}

fn alone((at, rule): (usize, &Rule)) -> Option<Vec<usize>> {
    (rule.scope == Scope::Resource && !rule.parameters.is_empty()).then(|| vec![at])
}

/// The rules about one resource, without parameters, that concern this type and operation.
pub(super) fn together(rules: &[Rule], resource_type: &str, op: &str) -> Vec<usize> {
    let is_asked = |rule: &Rule| {
        rule.scope == Scope::Resource
            && rule.parameters.is_empty()
            && rule.concerns(resource_type, op)
    };
    let asked = rules.iter().enumerate().filter(|(_, rule)| is_asked(rule));
    asked.map(|(at, _)| at).collect()
}

/// The ids of rules, by their places.
pub(super) fn ids(rules: &[Rule], places: &[usize]) -> Vec<RuleId> {
    let found = places.iter().filter_map(|at| rules.get(*at));
    found.map(|rule| rule.id.clone()).collect()
}

/// The batches as Rego.
pub(super) fn rego(rules: &[Rule], batches: &[Batch]) -> String {
    let mut text = format!("package {PACKAGE}.batch\n\nimport rego.v1\n");
    let names: BTreeMap<&RuleId, String> = rules
        .iter()
        .map(|rule| (&rule.id, reference(&rule.entrypoint)))
        .collect();
    for batch in batches {
        let members: Vec<&str> = batch
            .rules
            .iter()
            .filter_map(|id| names.get(id).map(String::as_str))
            .collect();
        let name = batch.entrypoint.rsplit('/').next().unwrap_or("");
        let members = members.join(", ");
        text.push_str(&format!(
            "\none_{name} := [{members}]\n\n{name} := [found |\n\tsome document in input\n\tfound := one_{name} with input as document\n]\n"
        ));
    }
    text
}

/// `aws/s3_001/deny` as `data["aws"]["s3_001"]["deny"]`: a part of a package may be a keyword.
fn reference(entrypoint: &str) -> String {
    let parts = entrypoint
        .split('/')
        .map(|part| format!("[{}]", serde_json::Value::from(part)));
    format!("data{}", parts.collect::<String>())
}
