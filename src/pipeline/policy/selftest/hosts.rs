//! Every example before two hosts: whatever documents the rule is shown, both must answer the same, in every member of every finding.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::super::calls::{self, is_of_the_host};
use super::super::compile;
use super::super::example::Example;
use super::super::machine::Ticker;
use super::super::opa::Opa;
use super::super::pack::{Compiler, Pack, Sources};
use super::super::rule::{Rule, Scope};
use super::super::second::{Second, lacks};
use super::super::subject::Subject;
use super::super::wasm::{Context, Instance};
use super::{Error, Problem, Skipped, TestReport};

const TEST: &str = "hosts";

/// One rule, and what it may call of the host.
struct Asked<'a> {
    rule: &'a Rule,
    builtins: BTreeSet<String>,
}

/// Asks both hosts.
pub(super) async fn check(
    folder: &Path,
    pack: &Pack,
    compiler: &Compiler,
    examples: &[Example],
    report: &mut TestReport,
) -> Result<(), Error> {
    let mut calls = calls::builtins(folder, pack, compiler).await?;
    let mut asked = Vec::new();
    for rule in &pack.rules {
        let mut builtins = calls.remove(&rule.id).unwrap_or_default();
        builtins.retain(|builtin| is_of_the_host(builtin));
        let lacking: Vec<&str> = builtins
            .iter()
            .map(String::as_str)
            .filter(|it| lacks(it))
            .collect();
        if lacking.is_empty() {
            asked.push(Asked { rule, builtins });
        } else {
            report.skipped.push(Skipped {
                rule: rule.id.clone(),
                why: format!("it has no {}", lacking.join(", ")),
            });
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let fail = |why| Error::Second {
        pack: pack.name().to_owned(),
        why,
    };
    let module = module(folder, pack, compiler, &asked).await?;
    let mut second = Second::load(&module).map_err(fail)?;
    let mut ours = Ours::start(pack).map_err(fail)?;
    for Asked { rule, builtins } in &asked {
        for example in examples.iter().filter(|example| example.rule == rule.id) {
            for input in shown(rule, example) {
                let (again, our) = ours.ask(pack, rule, &input).map_err(fail)?;
                ours = again;
                // That a rule fails is said where it judges.
                let Ok(our) = our else { continue };
                match second.ask(&rule.entrypoint, &input).await {
                    Ok(answer) if answers(&answer) == answers(&our) => {
                        report.compared = report.compared.saturating_add(1);
                    }
                    Ok(answer) => {
                        let what = format!("our host answers {our}, opa-wasm {answer}");
                        report.problems.push(Problem::new(TEST, example, what));
                    }
                    // Some builtins it has only in part.
                    Err(_) if !builtins.is_empty() => skip(rule, builtins, report),
                    Err(why) => {
                        let what = format!("opa-wasm fails, our host does not: {why}");
                        report.problems.push(Problem::new(TEST, example, what));
                    }
                }
            }
        }
    }
    Ok(())
}

fn skip(rule: &Rule, builtins: &BTreeSet<String>, report: &mut TestReport) {
    let names: Vec<&str> = builtins.iter().map(String::as_str).collect();
    let skipped = Skipped {
        rule: rule.id.clone(),
        why: format!(
            "it fails on an example; of builtins the rule calls {}",
            names.join(", ")
        ),
    };
    if !report.skipped.contains(&skipped) {
        report.skipped.push(skipped);
    }
}

/// The pack's module, or one of those rules alone that the second host can run.
async fn module(
    folder: &Path,
    pack: &Pack,
    compiler: &Compiler,
    asked: &[Asked<'_>],
) -> Result<Vec<u8>, Error> {
    if asked.len() == pack.rules.len() {
        return Ok(pack.wasm().to_vec());
    }
    let sources = Sources::read(folder)?;
    let opa = Opa::new(compiler, pack.name(), &sources)?;
    let rules: Vec<Rule> = asked.iter().map(|asked| asked.rule.clone()).collect();
    Ok(compile::build(&opa, pack.manifest.dialect, &rules, &[]).await?)
}

/// The documents that the rule is shown of an example, with nothing taken out and nothing put in the place of what is unknown.
fn shown(rule: &Rule, example: &Example) -> Vec<Value> {
    let Ok(request) = example.request() else {
        return Vec::new();
    };
    let subjects: Vec<Subject> = request
        .subjects
        .into_iter()
        .filter(|subject| rule.concerns(&subject.resource_type, &subject.op))
        .map(Subject::with_sentinels)
        .collect();
    let finish = |mut document: Value| {
        if let Some(members) = document.as_object_mut() {
            members.insert("stack".to_owned(), json!(request.stack));
            members.insert("params".to_owned(), json!(rule.parameters));
        }
        document
    };
    match rule.scope {
        Scope::Resource => subjects.iter().map(|it| finish(json!(it))).collect(),
        Scope::Stack => {
            let mut ops: BTreeMap<&str, u64> = BTreeMap::new();
            let mut types: BTreeMap<&str, u64> = BTreeMap::new();
            for subject in &subjects {
                for count in [ops.entry(&subject.op), types.entry(&subject.resource_type)] {
                    let count = count.or_default();
                    *count = count.saturating_add(1);
                }
            }
            let counts = json!({"ops": ops, "types": types, "resources": subjects.len()});
            vec![finish(json!({"resources": subjects, "counts": counts}))]
        }
    }
}

/// The findings in an answer, in an order of their own: a set has none.
fn answers(answer: &Value) -> Option<Vec<String>> {
    let findings = answer.pointer("/0/result")?.as_array()?;
    let mut texts: Vec<String> = findings.iter().map(Value::to_string).collect();
    texts.sort();
    Some(texts)
}

/// Our host with one pack.
struct Ours {
    instance: Instance,
    _ticker: Ticker,
}

impl Ours {
    fn start(pack: &Pack) -> Result<Self, String> {
        let ticker = Ticker::start(pack.module.engine());
        let instance = Instance::start(&pack.module, Context::default())
            .map_err(|error| format!("{error:?}"))?;
        Ok(Self {
            instance,
            _ticker: ticker,
        })
    }

    /// The answer; a new instance follows a failed one.
    fn ask(
        self,
        pack: &Pack,
        rule: &Rule,
        input: &Value,
    ) -> Result<(Self, Result<Value, String>), String> {
        let Self { instance, _ticker } = self;
        let Some(entrypoint) = instance.entrypoint(&rule.entrypoint) else {
            return Err("an entrypoint is gone".to_owned());
        };
        match instance.evaluate(entrypoint, input.to_string().as_bytes()) {
            Ok((instance, answer)) => {
                let answer = serde_json::from_slice(&answer).map_err(|error| error.to_string());
                Ok((Self { instance, _ticker }, answer))
            }
            Err(fault) => Ok((Self::start(pack)?, Err(fault.to_string()))),
        }
    }
}
