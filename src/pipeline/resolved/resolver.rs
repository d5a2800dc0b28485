//! One update's judge: answers the engine, and keeps what it answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::{Answer, Answered, Marked, Resolved, Rules, pairs};
use crate::engine::analyzer::{Asked, Judge, Objection};
use crate::names::{RuleId, Urn, excerpt};
use crate::pipeline::policy::{self, Finding, Options, PolicyReport, Request, Subject};

/// What the engine is stopped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    /// Nothing: a trial on twins goes on, so that its scenarios are judged too, and everything is written down.
    Nothing,
    /// Findings: a trial on real providers, which must not make what a policy forbids.
    Denials,
    /// Findings, and whatever is not known or not previewed: an apply.
    Everything,
}

/// The judge of one update.
#[derive(Debug)]
pub struct Resolver {
    rules: Arc<Rules>,
    stops: Stops,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The resolved inputs of every resource that was asked about.
    inputs: BTreeMap<Urn, Marked>,
    denials: Vec<Finding>,
    /// Where a rule about one resource was asked.
    covered: BTreeSet<(RuleId, Urn)>,
    /// The rules that were asked about all resources that they concern, when all was made.
    whole: BTreeSet<RuleId>,
    /// Where a rule still could not know.
    left: BTreeSet<(RuleId, Urn)>,
    /// What could not be judged: URNs as the engine wrote them, or [`STACK`].
    faulty: BTreeSet<String>,
    /// Whether all rules were asked about the whole stack as it was made.
    is_whole: bool,
    fault: Option<String>,
}

/// The whole stack, as it is named where a URN would be.
const STACK: &str = "the stack";

/// What is taken as known, to see what a rule could not know otherwise.
#[derive(Clone, Copy)]
enum Besides {
    /// What the state holds.
    Old,
    /// What the state holds, and what is not made yet.
    OldAndOutputs,
}

impl Resolver {
    /// A judge for one update.
    #[must_use]
    pub fn new(rules: Arc<Rules>, stops: Stops) -> Self {
        Self {
            rules,
            stops,
            state: Mutex::default(),
        }
    }

    /// What it was asked and what it answered.
    #[must_use]
    pub fn resolved(&self) -> Resolved {
        let state = self.state();
        let answers = self.rules.open().iter().map(|(rule, urn)| Answered {
            rule: rule.clone(),
            urn: urn.clone(),
            answer: Self::answer(&state, rule, urn),
        });
        let answers = answers.collect();
        Resolved {
            asked: u64::try_from(state.inputs.len()).unwrap_or(u64::MAX),
            answers,
            denials: state.denials.clone(),
        }
    }

    /// What went wrong on our side.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.state().fault.clone()
    }

    /// Why an update that ended well was not judged wholly, when it was not.
    #[must_use]
    pub fn gap(&self) -> Option<String> {
        let state = self.state();
        if let Some(urn) = (self.rules.changed()).find(|urn| !state.inputs.contains_key(urn)) {
            return Some(format!("the engine did not ask the policies about `{urn}`"));
        }
        if !state.is_whole {
            return Some("the engine did not ask the policies about the whole stack".to_owned());
        }
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each part of it is replaced or added whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clean only where the rule itself was asked about known values, and nothing failed there: a rule that is not among ours never is.
    fn answer(state: &State, rule: &RuleId, urn: &Urn) -> Answer {
        let about = |finding: &&Finding| {
            finding.rule == *rule && finding.urn.as_ref().is_none_or(|found| found == urn)
        };
        if state.denials.iter().any(|finding| about(&finding)) {
            return Answer::Denied;
        }
        let pair = (rule.clone(), urn.clone());
        let was_asked = state.inputs.contains_key(urn)
            && (state.covered.contains(&pair) || state.whole.contains(rule));
        let has_failed = [urn.as_str(), STACK]
            .iter()
            .any(|it| state.faulty.contains(*it));
        if was_asked && !has_failed && !state.left.contains(&pair) {
            Answer::Clean
        } else {
            Answer::NotAnswered
        }
    }

    /// Judges one resource, and says what stops it.
    fn judge_one(&self, asked: &Asked) -> Result<Vec<Objection>, String> {
        let (urn, inputs) = read(asked)?;
        let subjects = self.subjects_of(&urn, &inputs)?;
        self.state().inputs.insert(urn.clone(), inputs);
        let request = Request {
            stack: self.rules.request.stack.clone(),
            now_ns: self.rules.request.now_ns,
            subjects,
        };
        let report = self.rules.single(&request).map_err(|it| it.to_string())?;
        let Some(report) = report else {
            return Ok(Vec::new());
        };
        let open = self.open(&report, &request, Besides::OldAndOutputs, |it| {
            self.rules.single(it)
        })?;
        let covered = asked_rules(&report).map(|rule| (rule, urn.clone()));
        self.state().covered.extend(covered);
        self.keep(&report);
        Ok(self.objections(&report, &open))
    }

    /// Judges the stack as it was made, and says what is wrong with it.
    fn judge_all(&self, asked: &[Asked]) -> Result<Vec<Objection>, String> {
        let mut made = BTreeMap::new();
        for one in asked {
            let (urn, outputs) = read(one)?;
            made.insert(urn, outputs);
        }
        let request = {
            let state = self.state();
            self.made(&state, &made)
        };
        let report = self.rules.whole(&request).map_err(|it| it.to_string())?;
        let open = self.open(&report, &request, Besides::Old, |it| {
            self.rules.whole(it).map(Some)
        })?;
        {
            let mut state = self.state();
            state.is_whole = true;
            state.whole = asked_rules(&report).collect();
            // What was left open for want of outputs has its answer now.
            state.left.clear();
        }
        self.keep(&report);
        Ok(self.objections(&report, &open))
    }

    /// The judged preview, with what is known now in its place.
    fn made(&self, state: &State, made: &BTreeMap<Urn, Marked>) -> Request {
        let mut request = self.rules.request.clone();
        for subject in &mut request.subjects {
            if !is_present(subject) {
                continue;
            }
            if let Some(inputs) = state.inputs.get(&subject.urn) {
                *subject = with_inputs(subject, inputs);
            }
            if let Some(outputs) = made.get(&subject.urn) {
                subject.outputs = Some(outputs.values.clone());
                subject.unknown_output_paths = outputs.unknown.clone();
                subject.secret_paths.extend(outputs.secret.iter().cloned());
            }
        }
        request
    }

    /// The steps of the judged preview that make a resource, as its inputs are now.
    fn subjects_of(&self, urn: &Urn, inputs: &Marked) -> Result<Vec<Subject>, String> {
        let previewed = self.rules.request.subjects.iter();
        let subjects: Vec<Subject> = previewed
            .filter(|subject| subject.urn == *urn && is_present(subject))
            .map(|subject| with_inputs(subject, inputs))
            .collect();
        match (subjects.is_empty(), self.stops) {
            (false, Stops::Nothing | Stops::Denials | Stops::Everything) => Ok(subjects),
            (true, Stops::Everything) => Err("it is not in the preview that was judged".to_owned()),
            // A program can tell a trial from a preview, and what it makes there only is judged as well.
            (true, Stops::Nothing | Stops::Denials) => Ok(vec![with_inputs(&new(urn), inputs)]),
        }
    }

    /// Where a rule could not know, and no person has agreed to that.
    fn open(
        &self,
        report: &PolicyReport,
        request: &Request,
        besides: Besides,
        judge: impl Fn(&Request) -> Result<Option<PolicyReport>, policy::Error>,
    ) -> Result<BTreeSet<(RuleId, Urn)>, String> {
        let mut open = pairs(report);
        if open.is_empty() || self.stops != Stops::Everything {
            return Ok(open);
        }
        let mut taken = request.clone();
        for subject in &mut taken.subjects {
            subject.unknown_old_paths.clear();
            match besides {
                Besides::Old => {}
                Besides::OldAndOutputs => subject.unknown_output_paths.clear(),
            }
        }
        let still = judge(&taken).map_err(|error| error.to_string())?;
        let still = still.as_ref().map_or_else(BTreeSet::new, pairs);
        let state = self.state();
        // A person has agreed to what the preview left open, and the update adds nothing to it: it was not asked, or the old state is all
        // that is not known.
        open.retain(|pair| {
            let is_agreed = self.rules.open().contains(pair);
            !is_agreed || (state.inputs.contains_key(&pair.1) && still.contains(pair))
        });
        Ok(open)
    }

    fn keep(&self, report: &PolicyReport) {
        let mut state = self.state();
        for finding in report.denials() {
            if !state.denials.contains(finding) {
                state.denials.push(finding.clone());
            }
        }
        state.left.extend(pairs(report));
    }

    fn objections(&self, report: &PolicyReport, open: &BTreeSet<(RuleId, Urn)>) -> Vec<Objection> {
        let pack = |id: &RuleId| {
            let rule = report.rules.iter().find(|rule| rule.rule == *id);
            rule.map_or_else(String::new, |rule| rule.pack.clone())
        };
        let denials = report.denials().map(|finding| Objection {
            rule: finding.rule.to_string(),
            pack: pack(&finding.rule),
            urn: finding
                .urn
                .as_ref()
                .map_or_else(String::new, Urn::to_string),
            message: finding.message.clone(),
        });
        let open = open.iter().map(|(rule, urn)| Objection {
            rule: rule.to_string(),
            pack: pack(rule),
            urn: urn.to_string(),
            message: "it reads a value that is not known even now".to_owned(),
        });
        match self.stops {
            Stops::Nothing => Vec::new(),
            Stops::Denials => denials.collect(),
            Stops::Everything => denials.chain(open).collect(),
        }
    }

    /// A fault of ours, or of the question: written down, and in the way where something would be changed.
    fn stopped(&self, urn: &str, answered: Result<Vec<Objection>, String>) -> Vec<Objection> {
        let why = match answered {
            Ok(objections) => return objections,
            Err(why) => format!("asking the policies about `{}`: {why}", excerpt(urn)),
        };
        {
            let mut state = self.state();
            state.faulty.insert(urn.to_owned());
            state.fault.get_or_insert_with(|| why.clone());
        }
        match self.stops {
            Stops::Nothing => Vec::new(),
            Stops::Denials | Stops::Everything => vec![Objection {
                rule: "policies".to_owned(),
                pack: "lightsout".to_owned(),
                urn: urn.to_owned(),
                message: why,
            }],
        }
    }
}

impl Judge for Resolver {
    fn resource(&self, asked: &Asked) -> Vec<Objection> {
        self.stopped(&asked.urn, self.judge_one(asked))
    }

    fn stack(&self, asked: &[Asked]) -> Vec<Objection> {
        self.stopped(STACK, self.judge_all(asked))
    }
}

/// The rules of a report that something of the request concerned.
fn asked_rules(report: &PolicyReport) -> impl Iterator<Item = RuleId> {
    let asked = report.rules.iter().filter(|result| result.evaluated > 0);
    asked.map(|result| result.rule.clone())
}

fn read(asked: &Asked) -> Result<(Urn, Marked), String> {
    let urn = Urn::new(asked.urn.as_str()).map_err(|error| error.to_string())?;
    if asked.resource_type != urn.resource_type() {
        return Err("its URN does not carry its type".to_owned());
    }
    let properties = (asked.properties.as_ref()).map_err(ToString::to_string)?;
    Ok((urn, Marked::of(properties)))
}

/// Whether the resource is there, and managed, after the step.
fn is_present(subject: &Subject) -> bool {
    !subject.inputs.is_null() && !["read", "read-replacement"].contains(&subject.op.as_str())
}

/// The step, with these inputs.
fn with_inputs(subject: &Subject, inputs: &Marked) -> Subject {
    let mut subject = subject.clone();
    subject.inputs = inputs.values.clone();
    subject.unknown_paths = inputs.unknown.clone();
    subject.secret_paths.extend(inputs.secret.iter().cloned());
    subject
}

/// A resource that no preview has seen.
fn new(urn: &Urn) -> Subject {
    let subject = Subject {
        urn: urn.clone(),
        op: "create".to_owned(),
        resource_type: urn.resource_type().to_owned(),
        name: urn.name().to_owned(),
        provider: None,
        inputs: Value::Null,
        old_inputs: None,
        outputs: None,
        diff: Vec::new(),
        unknown_paths: Vec::new(),
        unknown_output_paths: Vec::new(),
        unknown_old_paths: Vec::new(),
        secret_paths: Vec::new(),
        options: Options {
            protect: false,
            retain_on_delete: false,
            ignore_changes: Vec::new(),
        },
        old_options: None,
    };
    // Nothing is known of what will be made.
    subject.with_open_outputs()
}
