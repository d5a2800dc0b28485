//! What is asked: every example of every pack, and previews made of pieces of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use lightsout::names::RuleId;
use lightsout::pipeline::policy::example;
use serde_json::{Value, json};

use super::mutation::{self, mutate};
use super::packs::Shipped;
use super::random::Random;

/// Previews that are generated.
const PREVIEWS: usize = 1000;
/// What all of them follow from.
const SEED: u64 = 2026;
/// Resources of a generated preview: at least, and one less than so many more.
const RESOURCES: (usize, usize) = (3, 10);

/// One rule on one input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    pub(crate) rule: String,
    /// Which of the inputs.
    pub(crate) input: usize,
}

/// A preview, and which of the inputs are its steps.
#[derive(Debug)]
pub(crate) struct Preview {
    pub(crate) request: String,
    pub(crate) questions: BTreeMap<String, Vec<(usize, String)>>,
    /// Whether a value in it is unknown or secret, so that we say more, or less, than the rules.
    pub(crate) is_plain: bool,
}

/// All previews, and the questions that follow from them.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    pub(crate) all: Vec<Preview>,
    /// The inputs as JSON, without `params`, which depend on the rule. Each is there once.
    pub(crate) inputs: Vec<String>,
    known: HashMap<String, usize>,
    pub(crate) questions: BTreeSet<Question>,
    params: BTreeMap<String, String>,
    pub(crate) examples: usize,
    /// What earlier runs found, and is asked always.
    pub(crate) found: usize,
    pub(crate) previews: usize,
    pub(crate) generated: usize,
}

impl Cases {
    pub(crate) fn of(shipped: &Shipped) -> Self {
        let mut cases = Self {
            params: shipped
                .rules
                .iter()
                .map(|(id, rule)| (id.clone(), rule.params.to_string()))
                .collect(),
            ..Self::default()
        };
        let mut pieces = Vec::new();
        for folder in &shipped.folders {
            for example in example::read(folder).unwrap() {
                let subjects: Vec<Value> = example
                    .subjects
                    .iter()
                    .map(|subject| json!(subject))
                    .collect();
                pieces.extend(subjects.iter().cloned());
                cases.add(shipped, subjects, !example.has_unknown());
                cases.examples += 1;
            }
        }
        for example in found() {
            cases.found += 1;
            cases.add(shipped, example, true);
        }
        let values = values(&pieces);
        let mut random = Random::new(SEED);
        for _ in 0..PREVIEWS {
            let resources = RESOURCES.0 + random.below(RESOURCES.1);
            let subjects = (0..resources).map(|at| subject(&pieces, &values, at, &mut random));
            let subjects: Vec<Value> = subjects.collect();
            cases.previews += 1;
            cases.generated += subjects.len();
            cases.add(shipped, subjects, true);
        }
        cases
    }

    /// The input of a question, as the rule sees it.
    pub(crate) fn text(&self, question: &Question) -> String {
        let input = self.inputs[question.input].strip_suffix('}').unwrap();
        format!("{input},\"params\":{}}}", self.params[&question.rule])
    }

    /// The questions to the rules of one pack.
    pub(crate) fn of_pack<'a>(
        &'a self,
        shipped: &'a Shipped,
        pack: &'a str,
    ) -> impl Iterator<Item = &'a Question> {
        self.questions
            .iter()
            .filter(move |question| shipped.rules[&question.rule].pack == pack)
    }

    /// The number of an input.
    fn number(&mut self, input: String) -> usize {
        let next = self.inputs.len();
        let inputs = &mut self.inputs;
        *self.known.entry(input).or_insert_with_key(|input| {
            inputs.push(input.clone());
            next
        })
    }

    fn add(&mut self, shipped: &Shipped, subjects: Vec<Value>, is_known: bool) {
        let stack = json!({"project": "site", "name": "dev"});
        let mut named = Vec::with_capacity(subjects.len());
        for subject in &subjects {
            let mut input = subject.clone();
            input["stack"] = stack.clone();
            let urn = subject["urn"].as_str().unwrap().to_owned();
            named.push((self.number(mutation::text(&input)), urn));
        }
        let mut questions: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
        for rule in shipped.rules.values() {
            let concerned: Vec<usize> = (0..subjects.len())
                .filter(|at| rule.concerns(&subjects[*at]))
                .collect();
            let asked = if rule.is_about_stack {
                let shown: Vec<&Value> = concerned.iter().map(|at| &subjects[*at]).collect();
                vec![(
                    self.number(mutation::text(&index(&shown, &stack))),
                    String::new(),
                )]
            } else {
                concerned.into_iter().map(|at| named[at].clone()).collect()
            };
            self.questions
                .extend(asked.iter().map(|(input, _)| Question {
                    rule: rule.id.clone(),
                    input: *input,
                }));
            questions.insert(rule.id.clone(), asked);
        }
        let no_secret = subjects
            .iter()
            .all(|subject| subject["secret_paths"] == json!([]));
        let request = mutation::text(&json!({"stack": stack, "subjects": subjects}));
        self.all.push(Preview {
            request,
            questions,
            is_plain: is_known && no_secret,
        });
    }
}

/// Inputs in which generated previews once showed a difference: other packs make other previews, and these stay.
fn found() -> Vec<Vec<Value>> {
    let text = include_str!("found.json");
    let rule = RuleId::new("FOUND").unwrap();
    let examples = example::parse(
        Path::new("found.json"),
        text.as_bytes(),
        &rule,
        example::Kind::Deny,
    );
    let subjects = |example: example::Example| {
        example
            .subjects
            .iter()
            .map(|subject| json!(subject))
            .collect()
    };
    examples.unwrap().into_iter().map(subjects).collect()
}

/// What a rule about the whole stack sees of the steps that concern it.
fn index(concerned: &[&Value], stack: &Value) -> Value {
    let count = |member: &str| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for subject in concerned {
            *counts.entry(subject[member].as_str().unwrap()).or_default() += 1;
        }
        json!(counts)
    };
    let members = ["urn", "op", "type", "name", "options", "inputs"];
    let resource = |subject: &&Value| -> Value {
        members
            .iter()
            .map(|member| ((*member).to_owned(), subject[*member].clone()))
            .collect()
    };
    json!({
        "resources": concerned.iter().map(resource).collect::<Vec<Value>>(),
        "counts": {"ops": count("op"), "types": count("type"), "resources": concerned.len()},
        "stack": stack,
    })
}

/// One resource of an example, changed here and there.
fn subject(pieces: &[Value], values: &[Value], at: usize, random: &mut Random) -> Value {
    let mut subject = random.pick(pieces).clone();
    for list in [
        "unknown_paths",
        "unknown_output_paths",
        "unknown_old_paths",
        "secret_paths",
    ] {
        subject[list] = json!([]);
    }
    // Two resources of one preview have different names.
    let name = format!("r{at}");
    subject["urn"] = format!(
        "urn:pulumi:dev::site::{}::{name}",
        subject["type"].as_str().unwrap()
    )
    .into();
    subject["name"] = name.into();
    if random.per_mille(100) {
        subject["op"] = (*random.pick(&[
            "same",
            "update",
            "replace",
            "delete",
            "delete-replaced",
            "read",
        ]))
        .into();
    }
    for part in ["inputs", "inputs", "inputs", "old_inputs", "outputs"] {
        if !subject[part].is_null() && random.per_mille(600) {
            mutate(&mut subject[part], values, random);
        }
    }
    subject
}

/// Every value that examples hold, however deep.
fn values(pieces: &[Value]) -> Vec<Value> {
    fn collect(value: &Value, found: &mut BTreeMap<String, Value>) {
        found.insert(value.to_string(), value.clone());
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(members) => members.values().for_each(|member| collect(member, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeMap::new();
    for piece in pieces {
        collect(&piece["inputs"], &mut found);
    }
    found
        .into_values()
        .filter(|value| value.to_string().len() < 500)
        .collect()
}
