//! Which rules judge a step: looked up by its type and operation, found out once for each pair.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::batch::{self, Batch};
use super::pack::Pack;
use super::projection::Projection;
use super::rule::{Rule, Scope};

/// An entrypoint of a policy.
#[derive(Debug)]
pub(super) struct Entrypoint {
    pub(super) name: String,
    /// What the module calls it, once it was asked.
    pub(super) number: Cell<Option<i32>>,
}

impl Entrypoint {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            number: Cell::new(None),
        }
    }
}

/// One rule, asked about one document.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) entrypoint: Entrypoint,
    pub(super) shown: Projection,
    /// `input.params`, as JSON.
    pub(super) params: String,
}

/// OPA's answer when a rule finds nothing.
pub(super) const NOTHING: &[u8] = b"[{\"result\":[]}]";

impl Call {
    pub(super) fn new(rule: &Rule) -> Self {
        Self {
            entrypoint: Entrypoint::new(&rule.entrypoint),
            shown: Projection::of_resource(&rule.reads),
            params: params(rule),
        }
    }
}

fn params(rule: &Rule) -> String {
    Value::Object(rule.parameters.clone()).to_string()
}

/// Rules that are asked together, by their places in the pack.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) rules: Vec<usize>,
    /// How they are asked about many documents at once; without it each is asked about each resource.
    pub(super) batch: Option<Ask>,
}

/// Rules that are asked about many documents in one call.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) entrypoint: Entrypoint,
    pub(super) shown: Projection,
    pub(super) params: String,
    /// What the answer holds for a document in which none of the rules finds anything.
    nothing: String,
}

impl Ask {
    fn new(pack: &Pack, rules: &[usize], batch: &Batch) -> Self {
        let members = || rules.iter().filter_map(|&at| pack.rules.get(at));
        Self {
            entrypoint: Entrypoint::new(&batch.entrypoint),
            shown: Projection::of_resource(members().flat_map(|rule| &rule.reads)),
            params: members().next().map_or_else(|| "{}".to_owned(), params),
            nothing: format!("[{}]", vec!["[]"; rules.len()].join(",")),
        }
    }

    /// OPA's answer when there is nothing in any of so many documents.
    pub(super) fn nothing(&self, documents: usize) -> String {
        format!(
            "[{{\"result\":[{}]}}]",
            vec![self.nothing.as_str(); documents].join(",")
        )
    }
}

/// Every route of a pack that was asked for so far: the places of its groups.
#[derive(Debug, Default)]
pub(super) struct Routes {
    known: HashMap<String, HashMap<String, Rc<[usize]>>>,
    /// Types and operations with the same rules share their group.
    groups: HashMap<Vec<usize>, usize>,
}

impl Routes {
    /// The groups that judge steps of this type and operation; what is new among them is given to `add`, in order.
    pub(super) fn of(
        &mut self,
        pack: &Pack,
        resource_type: &str,
        op: &str,
        mut add: impl FnMut(Group),
    ) -> Rc<[usize]> {
        let known = self.known.get(resource_type).and_then(|ops| ops.get(op));
        if let Some(places) = known {
            return Rc::clone(places);
        }
        let mut places = Vec::new();
        for rules in sets(pack, resource_type, op) {
            let next = self.groups.len();
            let place = *self.groups.entry(rules.clone()).or_insert(next);
            if place == next {
                add(group(pack, rules));
            }
            places.push(place);
        }
        let places: Rc<[usize]> = places.into();
        let ops = self.known.entry(resource_type.to_owned()).or_default();
        ops.insert(op.to_owned(), Rc::clone(&places));
        places
    }
}

/// The rules about one resource that concern this type and operation, in the sets in which they are asked.
fn sets(pack: &Pack, resource_type: &str, op: &str) -> Vec<Vec<usize>> {
    let together = batch::together(&pack.rules, resource_type, op);
    let alone = pack.rules.iter().enumerate().filter(|(at, rule)| {
        rule.scope == Scope::Resource && !together.contains(at) && rule.concerns(resource_type, op)
    });
    let mut sets: Vec<Vec<usize>> = alone.map(|(at, _)| vec![at]).collect();
    if !together.is_empty() {
        sets.insert(0, together);
    }
    sets
}

fn group(pack: &Pack, rules: Vec<usize>) -> Group {
    let ids = batch::ids(&pack.rules, &rules);
    let batch = pack.batches.iter().find(|batch| batch.rules == ids);
    Group {
        batch: batch.map(|batch| Ask::new(pack, &rules, batch)),
        rules,
    }
}
