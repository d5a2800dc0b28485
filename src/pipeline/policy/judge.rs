//! A pack at work: what is asked of it about a step, and what its answer means where values are unknown.
//!
//! Rules that read no unknown value of a step are asked together, about many steps at once, on the text of the request. A rule
//! that does is asked alone, see [`ask`]: that it finds nothing never makes it pass here, only that it reads nothing unknown
//! does.
//!
//! INVARIANT: a failed call leaves no instance behind; rules that failed together are asked again one by one about each step, so
//! that a fault names the rule and the resource.

mod ask;
mod index;
mod said;
mod waiting;

use std::rc::Rc;

use super::document::{Lists, Step, Steps, may_hold_sentinel};
use super::error::{Error, RuleFault};
use super::finding::{self, Place, Raw};
use super::pack::{Pack, refused};
use super::pulumi;
use super::reads::{self, Places};
use super::report::{RuleResult, Undetermined};
use super::route::{Call, Entrypoint, Group, NOTHING, Routes};
use super::rule::{Dialect, Rule, Scope, Unknown};
use super::subject::Stack;
use super::wasm::{Context, Instance};
use crate::names::Urn;
use ask::{Judged, Question};
use said::Said;
use waiting::{Clean, Put, Waiter, Waiting};

/// A pack at work on one request.
pub(super) struct Judge<'a> {
    pack: &'a Pack,
    /// None after a failure, until it is needed again.
    instance: Option<Instance>,
    routes: Routes,
    groups: Vec<Asked<'a>>,
    stack: &'a Stack,
    stack_json: String,
    /// The document `data`: what Pulumi's runtime shows rules of their configuration.
    data: String,
    now_ns: Option<i64>,
    results: Vec<Said>,
}

/// Rules that are asked together, with the documents about which they are to be asked.
struct Asked<'a> {
    group: Rc<Group>,
    waiting: Waiting<'a>,
    clean: Clean,
}

/// A step, its place among all steps, and its resource's name.
type Numbered<'a> = (usize, &'a Step<'a>, &'a Urn);

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
            groups: Vec::new(),
            stack,
            stack_json: serde_json::json!(stack).to_string(),
            results: pack
                .rules
                .iter()
                .map(|rule| Said::nothing(pack, rule))
                .collect(),
        }
    }

    /// What its rules said, in the pack's order; findings in the order of the steps.
    ///
    /// # Errors
    /// A rule failed.
    pub(super) fn finish(mut self) -> Result<Vec<RuleResult>, Error> {
        for place in 0..self.groups.len() {
            self.flush(place)?;
        }
        Ok(self.results.into_iter().map(Said::in_order).collect())
    }

    /// Asks every rule that concerns a step, or has it wait to be asked.
    pub(super) fn step(&mut self, step: Numbered<'a>) -> Result<(), Error> {
        let (_, read, urn) = step;
        let (pack, groups) = (self.pack, &mut self.groups);
        let add = |group| {
            groups.push(Asked {
                group: Rc::new(group),
                waiting: Waiting::default(),
                clean: Clean::default(),
            });
        };
        let route = self.routes.of(pack, &read.resource_type, &read.op, add);
        if route.is_empty() {
            return Ok(());
        }
        let lists = if read.is_plain {
            None
        } else {
            Some(read.lists(urn)?)
        };
        let mut judged: Option<Judged> = None;
        for place in route.iter().copied() {
            let Some(asked) = self.groups.get(place) else {
                continue;
            };
            let group = Rc::clone(&asked.group);
            for at in &group.rules {
                if let Some(said) = self.results.get_mut(*at) {
                    said.result.evaluated = said.result.evaluated.saturating_add(1);
                }
            }
            let reads_them = lists
                .as_ref()
                .is_some_and(|lists| self.reads_of(&group.rules, lists));
            let is_native = self.pack.manifest.dialect == Dialect::Native;
            if is_native && !reads_them && self.wait(place, step)? {
                continue;
            }
            let judged = match &mut judged {
                Some(judged) => judged,
                None => judged.insert(Judged::new(read.subject(urn.clone())?, self.stack)),
            };
            for at in &group.rules {
                self.resource(*at, step, judged)?;
            }
        }
        Ok(())
    }

    /// Whether one of the rules reads a value that is unknown or secret.
    fn reads_of(&self, rules: &[usize], lists: &Lists) -> bool {
        let unknown = Places {
            inputs: &lists.unknown,
            outputs: &lists.unknown_output,
            old_inputs: &lists.unknown_old,
        };
        let secret = Places::secret(&lists.secret);
        let rules = rules.iter().filter_map(|at| self.pack.rules.get(*at));
        rules.into_iter().any(|rule| {
            [unknown, secret]
                .into_iter()
                .any(|places| !reads::reached(&rule.reads, rule.document(), places).is_empty())
        })
    }

    /// Has a step wait whose rules read nothing unknown; says whether that is so.
    fn wait(&mut self, place: usize, step: Numbered<'a>) -> Result<bool, Error> {
        let Some(asked) = self.groups.get_mut(place) else {
            return Ok(false);
        };
        let Some(batch) = &asked.group.batch else {
            return Ok(false);
        };
        let write = |out: &mut Vec<u8>| {
            step.1
                .write(&batch.shown, &self.stack_json, &batch.params, out);
        };
        let put = asked
            .waiting
            .put(step, &asked.clean, write, may_hold_sentinel);
        if put == Put::Full {
            self.flush(place)?;
        }
        Ok(put != Put::Refused)
    }

    /// Asks a group about all documents that wait for it.
    fn flush(&mut self, place: usize) -> Result<(), Error> {
        let Some(asked) = self.groups.get_mut(place) else {
            return Ok(());
        };
        let group = Rc::clone(&asked.group);
        let Some(batch) = &group.batch else {
            return Ok(());
        };
        if asked.waiting.waiters.is_empty() {
            return Ok(());
        }
        let mut waiting = std::mem::take(&mut asked.waiting);
        let (documents, rules) = (waiting.waiters.len(), &group.rules);
        let nothing = batch.nothing(documents);
        let answers = match self.answer(&batch.entrypoint, waiting.input()) {
            Ok(answer) if answer == nothing.as_bytes() => {
                Some(vec![vec![Vec::new(); rules.len()]; documents])
            }
            // A wrong answer is one of a rule, which is asked again alone and then named.
            Ok(answer) => finding::parse_many(&answer, documents, rules.len()).map_or(None, Some),
            // And so is whichever rule failed.
            Err(_) => None,
        };
        for (at, waiter) in waiting.waiters.iter().enumerate() {
            let answer = answers.as_ref().and_then(|answers| answers.get(at));
            let is_clean = self.take(rules, waiter, answer)?;
            if let (true, Some(asked)) = (is_clean, self.groups.get_mut(place)) {
                asked.clean.add(waiting.document(waiter));
            }
        }
        if let Some(asked) = self.groups.get_mut(place) {
            waiting.clear();
            asked.waiting = waiting;
        }
        Ok(())
    }

    /// Takes what rules said together about a step, or asks them one by one; says whether they found nothing.
    fn take(
        &mut self,
        rules: &[usize],
        waiter: &Waiter<'_>,
        answer: Option<&Vec<Vec<Raw>>>,
    ) -> Result<bool, Error> {
        let (step, urn) = (waiter.step, waiter.urn);
        let mut is_clean = true;
        for (nth, at) in rules.iter().enumerate() {
            let Some(rule) = self.pack.rules.get(*at) else {
                continue;
            };
            let found = match answer.and_then(|answer| answer.get(nth)) {
                Some(found) => found.clone(),
                None => {
                    let call = Call::new(rule);
                    let mut input = Vec::new();
                    step.write(&call.shown, &self.stack_json, &call.params, &mut input);
                    self.once(rule, Some(urn), &call, &input)?
                }
            };
            is_clean &= found.is_empty();
            self.add(*at, waiter.nth, rule, step.place(urn), &found, false)?;
        }
        Ok(is_clean)
    }

    /// Asks a rule that may read something unknown or secret.
    fn resource(
        &mut self,
        at: usize,
        (nth, ..): Numbered<'a>,
        judged: &Judged,
    ) -> Result<(), Error> {
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
        self.add(at, nth, rule, Place::of(subject), &found, secret)?;
        self.settle(at, nth, &question, &found);
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
        nth: usize,
        rule: &Rule,
        place: Place<'_>,
        found: &[Raw],
        secret: bool,
    ) -> Result<(), Error> {
        let fail = |fault| error(self.pack, rule, Some(place.urn), fault);
        let Some(said) = self.results.get_mut(at) else {
            return Ok(());
        };
        finding::add_resource(&mut said.result, rule, place, found, secret).map_err(fail)?;
        said.mark(nth);
        Ok(())
    }

    /// Records where the rule could not know: wherever it read something unknown and found nothing.
    fn settle(&mut self, at: usize, nth: usize, question: &Question<'_>, found: &[Raw]) {
        let Some(said) = self.results.get_mut(at) else {
            return;
        };
        // A finding that names no resource is about the only one, or about all.
        let is_found = |place: &&Undetermined| {
            found
                .iter()
                .any(|raw| raw.urn.as_ref().is_none_or(|urn| *urn == place.urn))
        };
        let open = question.unknown.iter().filter(|place| !is_found(place));
        let open: Vec<Undetermined> = open.cloned().collect();
        match question.rule.unknown {
            Unknown::Deny => finding::add_unknown(&mut said.result, question.rule, &open),
            // Loading has checked that a rule for which it is irrelevant reads nothing unknown; if it did, it could not know.
            Unknown::Undetermined | Unknown::Irrelevant => said.result.undetermined.extend(open),
        }
        said.mark(nth);
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
        match self.answer(&call.entrypoint, input) {
            Ok(answer) if answer == NOTHING => Ok(Vec::new()),
            Ok(answer) => match rule.dialect {
                Dialect::Native => finding::parse(&answer),
                Dialect::Pulumi => finding::parse_messages(&answer),
            }
            .map_err(|why| fail(RuleFault::Result(why))),
            Err(fault) => Err(fail(fault)),
        }
    }

    /// One call: input in, OPA's answer out.
    fn answer(&mut self, entrypoint: &Entrypoint, input: &[u8]) -> Result<Vec<u8>, RuleFault> {
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
        let number = entrypoint.number.get();
        let number = number.or_else(|| instance.entrypoint(&entrypoint.name));
        let Some(known) = number else {
            return Err(RuleFault::Trap("its entrypoint is gone".to_owned()));
        };
        entrypoint.number.set(number);
        let (instance, answer) = instance.evaluate(known, input)?;
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
