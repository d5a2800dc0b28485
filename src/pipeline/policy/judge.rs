//! A pack at work: what is asked of it about a step, and what its answer means where values are unknown.
//!
//! Rules that read no unknown value of a step are asked together, on the text of the request. A rule that does is asked alone,
//! see [`ask`]: that it finds nothing never makes it pass here, only that it reads nothing unknown does.
//!
//! INVARIANT: a failed call leaves no instance behind; rules that failed together are asked again one by one, so that a fault
//! names the rule that has it.

mod ask;
mod index;

use std::rc::Rc;

use super::document::{Lists, Step, Steps, may_hold_sentinel};
use super::error::{Error, RuleFault};
use super::finding::{self, Place, Raw};
use super::pack::{Pack, refused};
use super::pulumi;
use super::reads::{self, Places};
use super::report::{RuleResult, Undetermined};
use super::route::{Call, Routes};
use super::rule::{Dialect, Rule, Scope, Unknown};
use super::subject::Stack;
use super::wasm::{Context, Instance};
use crate::names::Urn;
use ask::{Judged, Question};

/// A pack at work on one request.
pub(super) struct Judge<'a> {
    pack: &'a Pack,
    /// None after a failure, until it is needed again.
    instance: Option<Instance>,
    routes: Routes,
    stack: &'a Stack,
    stack_json: String,
    /// The document `data`: what Pulumi's runtime shows rules of their configuration.
    data: String,
    now_ns: Option<i64>,
    buffer: Vec<u8>,
    results: Vec<RuleResult>,
}

impl<'a> Judge<'a> {
    /// The pack, ready; the ticker of its engine must be running.
    pub(super) fn new(pack: &'a Pack, steps: &'a Steps<'_>) -> Self {
        let stack = &steps.stack;
        Self {
            data: pulumi::data(pack).to_string(),
            now_ns: steps.now_ns,
            pack,
            instance: None,
            routes: Routes::default(),
            stack,
            stack_json: serde_json::json!(stack).to_string(),
            buffer: Vec::new(),
            results: pack.rules.iter().map(|rule| result(pack, rule)).collect(),
        }
    }

    /// What its rules said, in the pack's order.
    pub(super) fn finish(self) -> Vec<RuleResult> {
        self.results
    }

    /// Asks every rule that concerns a step.
    pub(super) fn step(&mut self, step: &Step<'_>, urn: &Urn) -> Result<(), Error> {
        let calls = self.routes.of(self.pack, &step.resource_type, &step.op);
        if calls.is_empty() {
            return Ok(());
        }
        let lists = if step.is_plain() {
            None
        } else {
            Some(step.lists(urn)?)
        };
        let mut judged: Option<Rc<Judged>> = None;
        for call in calls.iter() {
            for at in &call.rules {
                if let Some(result) = self.results.get_mut(*at) {
                    result.evaluated = result.evaluated.saturating_add(1);
                }
            }
            let reads_them = lists
                .as_ref()
                .is_some_and(|lists| self.reads_of(call, lists));
            let is_native = self.pack.manifest.dialect == Dialect::Native;
            if is_native && !reads_them && self.plain(call, step, urn)? {
                continue;
            }
            let judged = match &judged {
                Some(judged) => Rc::clone(judged),
                None => {
                    let read = Rc::new(Judged::new(step.subject(urn.clone())?, self.stack));
                    Rc::clone(judged.insert(read))
                }
            };
            for at in &call.rules {
                self.resource(*at, &judged)?;
            }
        }
        Ok(())
    }

    /// Whether a rule of the call reads a value that is unknown or secret.
    fn reads_of(&self, call: &Call, lists: &Lists) -> bool {
        let unknown = Places {
            inputs: &lists.unknown,
            outputs: &lists.unknown_output,
            old_inputs: &lists.unknown_old,
        };
        let secret = Places::secret(&lists.secret);
        let rules = call.rules.iter().filter_map(|at| self.pack.rules.get(*at));
        rules.into_iter().any(|rule| {
            [unknown, secret]
                .into_iter()
                .any(|places| !reads::reached(&rule.reads, rule.document(), places).is_empty())
        })
    }

    /// Asks rules that read nothing unknown, on the request's own text; says whether that is so.
    fn plain(&mut self, call: &Call, step: &Step<'_>, urn: &Urn) -> Result<bool, Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        step.write(&call.shown, &self.stack_json, &call.params, &mut buffer);
        let is_plain = !may_hold_sentinel(&buffer);
        let asked = if is_plain {
            self.call(call, step, urn, &buffer)
        } else {
            Ok(())
        };
        self.buffer = buffer;
        asked.map(|()| is_plain)
    }

    fn call(&mut self, call: &Call, step: &Step<'_>, urn: &Urn, input: &[u8]) -> Result<(), Error> {
        if let [at] = call.rules.as_slice() {
            let Some(rule) = self.pack.rules.get(*at) else {
                return Ok(());
            };
            let found = self.once(rule, Some(urn), call, input)?;
            return self.add(*at, rule, step.place(urn), &found, false);
        }
        let together = match self.answer(call, input) {
            Ok(answer) if answer == call.nothing.as_bytes() => return Ok(()),
            Ok(answer) => finding::parse_each(&answer, call.rules.len()).map_or(None, Some),
            Err(_) => None,
        };
        for (nth, at) in call.rules.iter().enumerate() {
            let Some(rule) = self.pack.rules.get(*at) else {
                continue;
            };
            let found = match together.as_ref().and_then(|answers| answers.get(nth)) {
                Some(found) => found.clone(),
                // Whichever rule failed fails again, alone, and is named.
                None => {
                    let alone = Call::alone(*at, rule);
                    let mut input = Vec::new();
                    step.write(&alone.shown, &self.stack_json, &alone.params, &mut input);
                    self.once(rule, Some(urn), &alone, &input)?
                }
            };
            self.add(*at, rule, step.place(urn), &found, false)?;
        }
        Ok(())
    }

    /// Asks a rule that may read something unknown or secret.
    fn resource(&mut self, at: usize, judged: &Judged) -> Result<(), Error> {
        let Some(rule) = self.pack.rules.get(at) else {
            return Ok(());
        };
        let subject = &judged.subject;
        let paths = reads::reached(&rule.reads, rule.document(), Places::unknown(subject));
        let unknown = if paths.is_empty() {
            Vec::new()
        } else {
            vec![Undetermined {
                urn: subject.urn.clone(),
                paths,
            }]
        };
        let secrets = Places::secret(&subject.secret_paths);
        let secret = !reads::reached(&rule.reads, rule.document(), secrets).is_empty();
        let question = Question {
            rule,
            urn: Some(&subject.urn),
            unknown,
        };
        let found = self.ask(&question, |substitute| judged.with(substitute))?;
        self.add(at, rule, Place::of(subject), &found, secret)?;
        self.settle(at, &question, found.is_empty());
        Ok(())
    }

    /// Asks every rule about the whole stack, once.
    pub(super) fn stack(&mut self, steps: &[(&Step<'_>, &Urn)]) -> Result<(), Error> {
        for (at, rule) in self.pack.rules.iter().enumerate() {
            if rule.scope == Scope::Stack {
                self.whole(at, rule, steps)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        at: usize,
        rule: &Rule,
        place: Place<'_>,
        found: &[Raw],
        secret: bool,
    ) -> Result<(), Error> {
        let fail = |fault| error(self.pack, rule, Some(place.urn), fault);
        match self.results.get_mut(at) {
            Some(result) => finding::add_resource(result, rule, place, found, secret).map_err(fail),
            None => Ok(()),
        }
    }

    /// Records that the rule could not know, where that is so.
    fn settle(&mut self, at: usize, question: &Question<'_>, nothing_found: bool) {
        let Some(result) = self.results.get_mut(at).filter(|_| nothing_found) else {
            return;
        };
        match question.rule.unknown {
            Unknown::Undetermined => result.undetermined.extend(question.unknown.iter().cloned()),
            Unknown::Deny => finding::add_unknown(result, question.rule, &question.unknown),
            // Loading has checked that such a rule reads nothing unknown; if it did, it could not know.
            Unknown::Irrelevant => result.undetermined.extend(question.unknown.iter().cloned()),
        }
    }

    /// Asks one rule once.
    fn once(
        &mut self,
        rule: &Rule,
        urn: Option<&Urn>,
        call: &Call,
        input: &[u8],
    ) -> Result<Vec<Raw>, Error> {
        let fail = |fault| error(self.pack, rule, urn, fault);
        match self.answer(call, input) {
            Ok(answer) if answer == call.nothing.as_bytes() => Ok(Vec::new()),
            Ok(answer) => match rule.dialect {
                Dialect::Native => finding::parse(&answer),
                Dialect::Pulumi => finding::parse_messages(&answer),
            }
            .map_err(|why| fail(RuleFault::Result(why))),
            Err(fault) => Err(fail(fault)),
        }
    }

    /// One call: input in, OPA's answer out.
    fn answer(&mut self, call: &Call, input: &[u8]) -> Result<Vec<u8>, RuleFault> {
        let instance = match self.instance.take() {
            Some(instance) => instance,
            None => Instance::start(
                &self.pack.module,
                Context {
                    data: Some(&self.data),
                    now_ns: self.now_ns,
                },
            )
            .map_err(|error| RuleFault::Trap(refused(self.pack.name(), error).to_string()))?,
        };
        let number = call.number.get();
        let number = number.or_else(|| instance.entrypoint(&call.entrypoint));
        let Some(entrypoint) = number else {
            return Err(RuleFault::Trap("its entrypoint is gone".to_owned()));
        };
        call.number.set(number);
        let (instance, answer) = instance.evaluate(entrypoint, input)?;
        self.instance = Some(instance);
        Ok(answer)
    }
}

fn error(pack: &Pack, rule: &Rule, urn: Option<&Urn>, fault: RuleFault) -> Error {
    Error::Rule {
        pack: pack.name().to_owned(),
        rule: rule.id.clone(),
        urn: urn.cloned(),
        fault,
    }
}

fn result(pack: &Pack, rule: &Rule) -> RuleResult {
    RuleResult {
        rule: rule.id.clone(),
        pack: pack.name().to_owned(),
        title: rule.title.clone(),
        severity: rule.severity,
        level: rule.level,
        evaluated: 0,
        findings: Vec::new(),
        undetermined: Vec::new(),
    }
}
