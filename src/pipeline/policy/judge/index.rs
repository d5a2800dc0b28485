//! The document that a rule about the whole stack sees: names, operations and counts of the resources that concern it, and of
//! their inputs what it mentions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::ask::{Judged, Question, Substitute, substituted};
use super::{Judge, Place, error};
use crate::names::Urn;
use crate::pipeline::policy::document::{Step, may_hold_sentinel};
use crate::pipeline::policy::error::Error;
use crate::pipeline::policy::finding;
use crate::pipeline::policy::projection::{Member, Projection};
use crate::pipeline::policy::reads::{self, Places};
use crate::pipeline::policy::report::Undetermined;
use crate::pipeline::policy::route::Call;
use crate::pipeline::policy::rule::{Dialect, Rule};
use crate::pipeline::policy::subject::{Stack, Subject};

impl Judge<'_> {
    /// Asks a rule about the whole stack.
    pub(super) fn whole(
        &mut self,
        at: usize,
        rule: &Rule,
        steps: &[(&Step<'_>, &Urn)],
    ) -> Result<(), Error> {
        if let Some(said) = self.results.get_mut(at) {
            said.result.evaluated = 1;
        }
        let concerned: Vec<(&Step<'_>, &Urn)> = steps
            .iter()
            .filter(|(step, _)| rule.concerns(&step.resource_type, &step.op))
            .copied()
            .collect();
        let call = Call::new(rule);
        let is_plain = concerned.iter().all(|(step, _)| step.is_plain);
        if is_plain && rule.dialect == Dialect::Native {
            let input = text(rule, &concerned, &self.stack_json, &call.params);
            if !may_hold_sentinel(&input) {
                let found = self.once(rule, None, &call, &input)?;
                let places: Vec<Place<'_>> = concerned
                    .iter()
                    .map(|(step, urn)| step.place(urn))
                    .collect();
                return self.add_stack(at, rule, &places, &found, false);
            }
        }
        let subjects: Vec<Subject> = concerned
            .iter()
            .map(|(step, urn)| step.subject((*urn).clone()))
            .collect::<Result<_, _>>()?;
        let unknown = subjects.iter().filter_map(|subject| {
            let paths = reads::reached(&rule.reads, rule.document(), Places::unknown(subject));
            (!paths.is_empty()).then(|| Undetermined {
                urn: subject.urn.clone(),
                paths,
            })
        });
        let question = Question {
            rule,
            urn: None,
            unknown: unknown.collect(),
        };
        let secret = subjects.iter().any(|subject| {
            let secrets = Places::secret(&subject.secret_paths);
            !reads::reached(&rule.reads, rule.document(), secrets).is_empty()
        });
        let stack = self.stack;
        let found = self.ask(&question, |substitute| {
            document(rule, &subjects, stack, substitute)
        })?;
        let places: Vec<Place<'_>> = subjects.iter().map(Place::of).collect();
        self.add_stack(at, rule, &places, &found, secret)?;
        self.settle(at, 0, &question, &found);
        Ok(())
    }

    fn add_stack(
        &mut self,
        at: usize,
        rule: &Rule,
        places: &[Place<'_>],
        found: &[finding::Raw],
        secret: bool,
    ) -> Result<(), Error> {
        let fail = |fault| error(self.pack, rule, None, fault);
        let Some(said) = self.results.get_mut(at) else {
            return Ok(());
        };
        finding::add_stack(&mut said.result, rule, places, found, secret).map_err(fail)?;
        said.mark(0);
        Ok(())
    }
}

/// How many steps there are of each operation and of each type.
fn counts<'s>(steps: impl Iterator<Item = (&'s str, &'s str)>) -> Value {
    let mut ops: BTreeMap<&str, u64> = BTreeMap::new();
    let mut types: BTreeMap<&str, u64> = BTreeMap::new();
    let mut resources = 0u64;
    for (op, resource_type) in steps {
        for count in [ops.entry(op), types.entry(resource_type)] {
            let count = count.or_default();
            *count = count.saturating_add(1);
        }
        resources = resources.saturating_add(1);
    }
    json!({"ops": ops, "types": types, "resources": resources})
}

/// The index, put together from the request's own text.
fn text(rule: &Rule, steps: &[(&Step<'_>, &Urn)], stack: &str, params: &str) -> Vec<u8> {
    let shown = Projection::of_index(&rule.reads);
    let mut out = b"{\"resources\":[".to_vec();
    for (at, (step, _)) in steps.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        step.write(&shown, "null", "null", &mut out);
    }
    let ops = steps
        .iter()
        .map(|(step, _)| (&*step.op, &*step.resource_type));
    let rest = format!(
        "],\"counts\":{},\"stack\":{stack},\"params\":{params}}}",
        counts(ops)
    );
    out.extend_from_slice(rest.as_bytes());
    out
}

/// The index, with other values at the unknown places.
fn document(
    rule: &Rule,
    subjects: &[Subject],
    stack: &Stack,
    substitute: Option<Substitute<'_>>,
) -> Map<String, Value> {
    let shown = Projection::of_index(&rule.reads);
    let with_inputs = shown
        .members()
        .any(|(_, member, _)| member == Member::Inputs);
    let resource = |subject: &Subject| {
        if rule.dialect == Dialect::Pulumi {
            return Value::Object(Judged::new(subject.clone(), stack).with(substitute));
        }
        let mut resource = json!({
            "urn": subject.urn, "op": subject.op, "type": subject.resource_type, "name": subject.name,
            "options": subject.options,
        });
        if let (true, Some(members)) = (with_inputs, resource.as_object_mut()) {
            let inputs = substituted(&subject.inputs, &subject.unknown_paths, substitute);
            members.insert("inputs".to_owned(), inputs);
        }
        resource
    };
    let ops = subjects
        .iter()
        .map(|subject| (&*subject.op, &*subject.resource_type));
    let counts = counts(ops);
    [
        ("resources", subjects.iter().map(resource).collect()),
        ("counts", counts),
        ("stack", json!(stack)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
