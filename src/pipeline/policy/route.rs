//! Which calls of a policy judge a step: looked up by its type and operation, made once for each pair.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::batch;
use super::pack::Pack;
use super::projection::Projection;
use super::rule::{Rule, Scope};

/// One call: which rules it asks, and what it shows them.
#[derive(Debug)]
pub(super) struct Call {
    /// By their place in the pack.
    pub(super) rules: Vec<usize>,
    pub(super) entrypoint: String,
    /// What the module calls the entrypoint, once it was asked.
    pub(super) number: Cell<Option<i32>>,
    pub(super) shown: Projection,
    /// `input.params`, as JSON.
    pub(super) params: String,
    /// OPA's answer when none of the rules finds anything.
    pub(super) nothing: String,
}

impl Call {
    fn together(pack: &Pack, rules: Vec<usize>, entrypoint: String) -> Self {
        let members = rules.iter().filter_map(|&at| pack.rules.get(at));
        Self {
            shown: Projection::of_resource(members.flat_map(|rule| &rule.reads)),
            nothing: format!("[{{\"result\":[{}]}}]", vec!["[]"; rules.len()].join(",")),
            params: "{}".to_owned(),
            number: Cell::new(None),
            entrypoint,
            rules,
        }
    }

    /// A call that asks one rule.
    pub(super) fn alone(at: usize, rule: &Rule) -> Self {
        Self {
            rules: vec![at],
            entrypoint: rule.entrypoint.clone(),
            number: Cell::new(None),
            shown: Projection::of_resource(&rule.reads),
            params: Value::Object(rule.parameters.clone()).to_string(),
            nothing: "[{\"result\":[]}]".to_owned(),
        }
    }
}

/// Every route of a pack that was asked for so far.
#[derive(Debug, Default)]
pub(super) struct Routes(HashMap<String, HashMap<String, Rc<Vec<Call>>>>);

impl Routes {
    /// The calls that judge steps of this type and operation.
    pub(super) fn of(&mut self, pack: &Pack, resource_type: &str, op: &str) -> Rc<Vec<Call>> {
        let known = self.0.get(resource_type).and_then(|ops| ops.get(op));
        if let Some(route) = known {
            return Rc::clone(route);
        }
        let route = Rc::new(calls(pack, resource_type, op));
        self.0
            .entry(resource_type.to_owned())
            .or_default()
            .insert(op.to_owned(), Rc::clone(&route));
        route
    }
}

fn calls(pack: &Pack, resource_type: &str, op: &str) -> Vec<Call> {
    let together = batch::together(&pack.rules, resource_type, op);
    let ids = batch::ids(&pack.rules, &together);
    let batch = pack.batches.iter().find(|batch| batch.rules == ids);
    let mut calls = Vec::new();
    if let Some(batch) = batch {
        calls.push(Call::together(
            pack,
            together.clone(),
            batch.entrypoint.clone(),
        ));
    }
    let alone = pack.rules.iter().enumerate().filter(|(at, rule)| {
        let is_in_batch = batch.is_some() && together.contains(at);
        rule.scope == Scope::Resource && !is_in_batch && rule.concerns(resource_type, op)
    });
    calls.extend(alone.map(|(at, rule)| Call::alone(at, rule)));
    calls
}
