//! One rule on one document: what is shown to it, and what its answer means where values are unknown.
//!
//! A rule that overlaps no unknown value is asked once. One that does is asked once for each of several values in their place,
//! and what it finds every time, about a value that is known, is a finding; otherwise it is undetermined. That a rule finds
//! nothing never makes it pass here: only that it reads nothing unknown does.

use serde_json::{Map, Value, json};

use super::Document;
use super::error::{Error, RuleFault};
use super::finding::{self, Raw};
use super::machine::Ticker;
use super::pack::{Pack, refused};
use super::reads;
use super::report::{RuleResult, Undetermined};
use super::rule::{Rule, Scope, Unknown};
use super::subject::{PathSegment, PropertyPath, Stack, Subject};
use super::wasm::Instance;
use crate::names::Urn;

/// A subject with the document that rules about one resource see.
pub(super) struct Judged {
    pub(super) subject: Subject,
    document: Map<String, Value>,
}

impl Judged {
    pub(super) fn new(subject: Subject, stack: &Stack) -> Self {
        let document = document(&subject, stack);
        Self { subject, document }
    }
}

fn document(subject: &Subject, stack: &Stack) -> Map<String, Value> {
    let mut document = match json!(subject) {
        Value::Object(document) => document,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    };
    document.insert("stack".to_owned(), json!(stack));
    document
}

/// The document that a rule about the whole stack sees.
pub(super) struct Index<'a> {
    subjects: Vec<&'a Subject>,
    stack: &'a Stack,
    with_inputs: bool,
}

impl<'a> Index<'a> {
    pub(super) fn new(rule: &Rule, concerned: &[&'a Judged], stack: &'a Stack) -> Self {
        Self {
            subjects: concerned.iter().map(|judged| &judged.subject).collect(),
            stack,
            with_inputs: reads::index_needs_inputs(&rule.reads),
        }
    }

    fn document(&self, substitute: Option<Substitute>) -> Map<String, Value> {
        let mut ops: Map<String, Value> = Map::new();
        let mut types: Map<String, Value> = Map::new();
        let mut resources = Vec::with_capacity(self.subjects.len());
        for subject in &self.subjects {
            for (counts, key) in [
                (&mut ops, &subject.op),
                (&mut types, &subject.resource_type),
            ] {
                let count = counts.get(key).and_then(Value::as_u64).unwrap_or(0);
                counts.insert(key.clone(), count.saturating_add(1).into());
            }
            let mut resource = json!({
                "urn": subject.urn, "op": subject.op, "type": subject.resource_type, "name": subject.name,
                "options": subject.options,
            });
            if let (true, Some(members)) = (self.with_inputs, resource.as_object_mut()) {
                let inputs = substituted(&subject.inputs, &subject.unknown_paths, substitute);
                members.insert("inputs".to_owned(), inputs);
            }
            resources.push(resource);
        }
        let document = [
            ("resources", Value::Array(resources)),
            (
                "counts",
                json!({"ops": ops, "types": types, "resources": self.subjects.len()}),
            ),
            ("stack", json!(self.stack)),
        ];
        document
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }
}

/// Every document that a rule is shown of these subjects; nothing stands in the place of what is unknown.
pub(super) fn documents(rule: &Rule, subjects: &[Judged], stack: &Stack) -> Vec<Value> {
    let concerned: Vec<&Judged> = subjects
        .iter()
        .filter(|judged| rule.concerns(&judged.subject))
        .collect();
    let with_parameters = |mut document: Map<String, Value>| {
        let parameters = Value::Object(rule.parameters.clone());
        document.insert("params".to_owned(), parameters);
        Value::Object(document)
    };
    match rule.scope {
        Scope::Resource => concerned
            .iter()
            .map(|judged| with_parameters(judged.document.clone()))
            .collect(),
        Scope::Stack => {
            let index = Index::new(rule, &concerned, stack);
            vec![with_parameters(index.document(None))]
        }
    }
}

/// What stands in the place of unknown values while a rule is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Substitute {
    Marker,
    Null,
    True,
    False,
    Zero,
    Array,
    Object,
}

/// Kinds of values an unknown one may turn out to be; texts that differ from each other come first.
const SUBSTITUTES: [Substitute; 7] = [
    Substitute::Marker,
    Substitute::Null,
    Substitute::True,
    Substitute::False,
    Substitute::Zero,
    Substitute::Array,
    Substitute::Object,
];

impl Substitute {
    fn value(self, at: usize) -> Value {
        match self {
            Self::Marker => format!("(not known at preview: {at})").into(),
            Self::Null => Value::Null,
            Self::True => true.into(),
            Self::False => false.into(),
            Self::Zero => 0.into(),
            Self::Array => Value::Array(Vec::new()),
            Self::Object => Value::Object(Map::new()),
        }
    }
}

/// A copy with other values at the unknown paths.
fn substituted(value: &Value, unknown: &[PropertyPath], substitute: Option<Substitute>) -> Value {
    let mut copy = value.clone();
    if let Some(substitute) = substitute {
        for (at, path) in unknown.iter().enumerate() {
            put(&mut copy, &path.0, substitute.value(at));
        }
    }
    copy
}

/// Sets what is at a path, as far as the path exists; an object gets the member that it lacks.
fn put(target: &mut Value, path: &[PathSegment], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    match (target, first) {
        (Value::Object(members), PathSegment::Key(key)) => {
            put(
                members.entry(key.as_str()).or_insert(Value::Null),
                rest,
                value,
            );
        }
        (Value::Object(members), PathSegment::Index(index)) => {
            put(
                members.entry(index.to_string()).or_insert(Value::Null),
                rest,
                value,
            );
        }
        (Value::Array(items), PathSegment::Index(index)) => {
            if let Some(item) = usize::try_from(*index).map_or(None, |index| items.get_mut(index)) {
                put(item, rest, value);
            }
        }
        (
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
            _,
        ) => {}
    }
}

/// A pack at work.
pub(super) struct Judge<'a> {
    pack: &'a Pack,
    instance: Instance,
    /// Deadlines pass while it lives.
    _ticker: Ticker,
}

/// How a rule is asked about one document.
struct Question<'a> {
    rule: &'a Rule,
    urn: Option<&'a Urn>,
    /// The unknown values that the rule may read, by the resource that has them.
    unknown: Vec<Undetermined>,
}

impl<'a> Judge<'a> {
    pub(super) fn start(pack: &'a Pack) -> Result<Self, Error> {
        let ticker = Ticker::start(pack.module.engine());
        let instance =
            Instance::start(&pack.module).map_err(|error| refused(pack.name(), error))?;
        Ok(Self {
            pack,
            instance,
            _ticker: ticker,
        })
    }

    pub(super) const fn pack(&self) -> &'a Pack {
        self.pack
    }

    /// Asks a rule about one resource.
    pub(super) fn resource(
        self,
        rule: &Rule,
        judged: &Judged,
        result: &mut RuleResult,
    ) -> Result<Self, Error> {
        let subject = &judged.subject;
        let paths = reads::unknown_read(&rule.reads, Document::Resource, subject);
        let unknown = if paths.is_empty() {
            Vec::new()
        } else {
            vec![Undetermined {
                urn: subject.urn.clone(),
                paths,
            }]
        };
        let secret = reads::secret_read(&rule.reads, Document::Resource, subject);
        let question = Question {
            rule,
            urn: Some(&subject.urn),
            unknown,
        };
        let document = |substitute: Option<Substitute>| {
            let mut document = judged.document.clone();
            if substitute.is_some() {
                let inputs = (&subject.inputs, &subject.unknown_paths);
                let outputs = subject
                    .outputs
                    .as_ref()
                    .map(|value| (value, &subject.unknown_output_paths));
                let old = subject
                    .old_inputs
                    .as_ref()
                    .map(|value| (value, &subject.unknown_old_paths));
                for (key, part) in [
                    ("inputs", Some(inputs)),
                    ("outputs", outputs),
                    ("old_inputs", old),
                ] {
                    if let Some((value, unknown)) = part {
                        document.insert(key.to_owned(), substituted(value, unknown, substitute));
                    }
                }
            }
            document
        };
        let (judge, found) = self.ask(&question, document)?;
        finding::add_resource(result, rule, subject, &found, secret)
            .map_err(|fault| judge.error(rule, Some(&subject.urn), fault))?;
        judge.settle(&question, found.is_empty(), result)
    }

    /// Asks a rule about the whole stack.
    pub(super) fn stack(
        self,
        rule: &Rule,
        index: &Index<'_>,
        result: &mut RuleResult,
    ) -> Result<Self, Error> {
        let place = |subject: &&Subject| {
            let paths = reads::unknown_read(&rule.reads, Document::Index, subject);
            (!paths.is_empty()).then(|| Undetermined {
                urn: subject.urn.clone(),
                paths,
            })
        };
        let unknown = index.subjects.iter().filter_map(place).collect();
        let secret = index
            .subjects
            .iter()
            .any(|subject| reads::secret_read(&rule.reads, Document::Index, subject));
        let question = Question {
            rule,
            urn: None,
            unknown,
        };
        let (judge, found) = self.ask(&question, |substitute| index.document(substitute))?;
        finding::add_stack(result, rule, &index.subjects, &found, secret)
            .map_err(|fault| judge.error(rule, None, fault))?;
        judge.settle(&question, found.is_empty(), result)
    }

    /// Records that the rule could not know, where that is so.
    fn settle(
        self,
        question: &Question<'_>,
        nothing_found: bool,
        result: &mut RuleResult,
    ) -> Result<Self, Error> {
        if nothing_found {
            match question.rule.unknown {
                Unknown::Undetermined => {
                    result.undetermined.extend(question.unknown.iter().cloned())
                }
                Unknown::Deny => finding::add_unknown(result, question.rule, &question.unknown),
                // Loading has checked that such a rule reads nothing unknown; if it did, it could not know.
                Unknown::Irrelevant => result.undetermined.extend(question.unknown.iter().cloned()),
            }
        }
        Ok(self)
    }

    /// What the rule finds whatever the unknown values are.
    fn ask(
        mut self,
        question: &Question<'_>,
        document: impl Fn(Option<Substitute>) -> Map<String, Value>,
    ) -> Result<(Self, Vec<Raw>), Error> {
        let mut found;
        if question.unknown.is_empty() {
            (self, found) = self.once(question, document(None))?;
            return Ok((self, found));
        }
        let mut substitutes = SUBSTITUTES.into_iter();
        (self, found) = self.once(question, document(substitutes.next()))?;
        found.retain(|raw| !is_about_unknown(raw, question));
        for substitute in substitutes {
            if found.is_empty() {
                break;
            }
            let again;
            (self, again) = self.once(question, document(Some(substitute)))?;
            found.retain_mut(|raw| raw.is_among(&again));
        }
        Ok((self, found))
    }

    /// Asks once: input in, findings out.
    fn once(
        self,
        question: &Question<'_>,
        mut document: Map<String, Value>,
    ) -> Result<(Self, Vec<Raw>), Error> {
        let Self {
            pack,
            instance,
            _ticker,
        } = self;
        let fail = |fault: RuleFault| Error::Rule {
            pack: pack.name().to_owned(),
            rule: question.rule.id.clone(),
            urn: question.urn.cloned(),
            fault,
        };
        document.insert(
            "params".to_owned(),
            Value::Object(question.rule.parameters.clone()),
        );
        let input = Value::Object(document).to_string();
        let Some(entrypoint) = instance.entrypoint(&question.rule.entrypoint) else {
            return Err(fail(RuleFault::Trap("its entrypoint is gone".to_owned())));
        };
        let (instance, result) = instance
            .evaluate(entrypoint, input.as_bytes())
            .map_err(fail)?;
        let found = finding::parse(&result).map_err(|why| fail(RuleFault::Result(why)))?;
        Ok((
            Self {
                pack,
                instance,
                _ticker,
            },
            found,
        ))
    }

    fn error(&self, rule: &Rule, urn: Option<&Urn>, fault: RuleFault) -> Error {
        Error::Rule {
            pack: self.pack.name().to_owned(),
            rule: rule.id.clone(),
            urn: urn.cloned(),
            fault,
        }
    }
}

/// Whether a finding is about a value that is not known, or about something inside it.
fn is_about_unknown(raw: &Raw, question: &Question<'_>) -> bool {
    let path = &raw.path;
    let here = question
        .unknown
        .iter()
        .filter(|place| raw.urn.as_ref().is_none_or(|urn| *urn == place.urn));
    here.flat_map(|place| &place.paths)
        .any(|unknown| unknown.contains(path))
}

#[cfg(test)]
mod tests;
