//! What lost its protection lately, and whether a change would take it away now.
//!
//! Taking protection away and then the resource are two harmless-looking changes that together lose data. What the first one did is remembered
//! from the ledger for a cooling period; the second one needs a person, at every level.
//!
//! INVARIANT: everything here is a pure function of recorded previews; the gate asks [`destroyed`] of evidence alone.
//! INVARIANT: a resource is followed through new names: by the names that a program gives it, by its id, and by its former names (aliases).
//! LIMIT: it remembers what is in this ledger. Whoever changes the stack without us, or with another ledger, is not seen here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::monitor::{Alias, ResourceOptions};
use crate::names::{RunId, Urn};
use crate::pipeline::preview::record::{Record, Step};

mod guard;

/// A resource that lost protection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cooling {
    /// Its names: first the one that it had then.
    pub urns: Vec<Urn>,
    /// Its ids.
    pub ids: Vec<String>,
    /// What protected it: options and properties.
    pub lost: Vec<String>,
    /// The run that took it away.
    pub run: RunId,
    /// When.
    pub since: Timestamp,
    /// Until when a person must agree to its end.
    pub until: Timestamp,
}

/// One change that was made, or would be.
#[derive(Debug, Clone)]
pub struct When {
    /// The run that made it.
    pub run: RunId,
    /// When it was made.
    pub since: Timestamp,
    /// When it is forgotten.
    pub until: Timestamp,
}

/// Adds one change to what is remembered. Changes must come in the order in which they were made.
pub fn remember(known: &mut Vec<Cooling>, record: &Record, when: &When) {
    follow(known, record);
    for step in &record.steps {
        let lost = guard::lost(step);
        if lost.is_empty() {
            continue;
        }
        let ids = if step.id.is_empty() {
            Vec::new()
        } else {
            vec![step.id.clone()]
        };
        known.push(Cooling {
            urns: vec![step.urn.clone()],
            ids,
            lost,
            run: when.run.clone(),
            since: when.since,
            until: when.until,
        });
    }
}

/// The remembered resources that the steps take away, alone or in a replacement.
#[must_use]
pub fn destroyed(record: &Record, known: &[Cooling], at: Timestamp) -> Vec<Cooling> {
    let mut known: Vec<Cooling> = known
        .iter()
        .filter(|cooling| at < cooling.until)
        .cloned()
        .collect();
    follow(&mut known, record);
    let destroyed = |urn: &Urn| {
        let of = |step: &&Step| step.urn == *urn && step.op.takes_away();
        record.steps.iter().any(|step| of(&step))
    };
    known.retain(|cooling| cooling.urns.iter().any(destroyed));
    known
}

/// Gives what is remembered the names and ids that it has in this record.
fn follow(known: &mut [Cooling], record: &Record) {
    if known.is_empty() {
        return;
    }
    let mut found: Vec<(usize, &Step)> = Vec::new();
    {
        let index = Index::of(known);
        for step in &record.steps {
            found.extend(index.of_step(step).into_iter().map(|at| (at, step)));
        }
    }
    for (at, step) in found {
        let Some(cooling) = known.get_mut(at) else {
            continue;
        };
        if !cooling.urns.contains(&step.urn) {
            cooling.urns.push(step.urn.clone());
        }
        if !step.id.is_empty() && !cooling.ids.contains(&step.id) {
            cooling.ids.push(step.id.clone());
        }
    }
}

/// Where each name and id is remembered. Records have ten thousands of steps.
struct Index<'a> {
    by_urn: BTreeMap<&'a str, Vec<usize>>,
    /// By type and id: kinds of one thing, such as a bucket and its policy, have one id.
    by_id: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// By type and name.
    by_name: BTreeMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(known: &'a [Cooling]) -> Self {
        let mut index = Self {
            by_urn: BTreeMap::new(),
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
        };
        for (at, cooling) in known.iter().enumerate() {
            for urn in &cooling.urns {
                let kind = urn.resource_type();
                index.by_urn.entry(urn.as_str()).or_default().push(at);
                index
                    .by_name
                    .entry((kind, urn.name()))
                    .or_default()
                    .push(at);
                for id in &cooling.ids {
                    index.by_id.entry((kind, id)).or_default().push(at);
                }
            }
        }
        index
    }

    /// What a step is about.
    fn of_step(&self, step: &Step) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut add = |these: Option<&Vec<usize>>| found.extend(these.into_iter().flatten());
        add(self.by_urn.get(step.urn.as_str()));
        add(self
            .by_id
            .get(&(step.resource_type.as_str(), step.id.as_str())));
        for alias in step.options.iter().flat_map(|options| &options.aliases) {
            match alias {
                Alias::Urn(urn) => add(self.by_urn.get(urn.as_str())),
                // Former stacks, projects and parents only narrow it: who is told of too much asks a person.
                Alias::Spec {
                    name, type_token, ..
                } => {
                    let (kind, name) = former(step, name, type_token);
                    add(self.by_name.get(&(kind, name)));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The type and name that an alias stands for: what it does not say is as now.
fn former<'a>(step: &'a Step, name: &'a str, kind: &'a str) -> (&'a str, &'a str) {
    let or = |given: &'a str, now: &'a str| if given.is_empty() { now } else { given };
    (or(kind, &step.resource_type), or(name, step.urn.name()))
}

/// Whether the program asks for less than the state shows.
fn asks_not(
    options: Option<&ResourceOptions>,
    of: impl Fn(&ResourceOptions) -> Option<bool>,
) -> bool {
    options.is_some_and(|options| of(options) == Some(false))
}

#[cfg(test)]
mod tests;
