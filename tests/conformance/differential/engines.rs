//! The engines, each asked every question by itself: OPA's executable, our host, regorus, the crate `opa-wasm`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use lightsout::pipeline::policy::Compiler;
use lightsout::pipeline::policy::wasm::{Context, Format, Instance, Ticker};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::cases::{Cases, Question};
use super::packs::{Shipped, ask_opa, wait};
use super::value::Value;
use super::{Answer, Answers};

fn set(json: &str) -> Value {
    Value::parse(json).into_set()
}

/// What `opa eval` prints; the answers stay text.
#[derive(Deserialize)]
struct Printed<'a> {
    #[serde(borrow)]
    result: Vec<Evaluated<'a>>,
}

#[derive(Deserialize)]
struct Evaluated<'a> {
    #[serde(borrow)]
    expressions: Vec<Expression<'a>>,
}

#[derive(Deserialize)]
struct Expression<'a> {
    #[serde(borrow)]
    value: BTreeMap<String, BTreeMap<usize, &'a RawValue>>,
}

/// OPA's answers to all questions, by one process. Where an evaluation fails, OPA answers nothing: the questions are then asked in
/// halves until it is known which.
pub(crate) fn opa(opa: &Compiler, shipped: &Shipped, cases: &Cases) -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let mut wrapper = "package differential\n\nimport rego.v1\n".to_owned();
    for rule in shipped.rules.values() {
        let (id, package) = (&rule.id, &rule.package);
        write!(
            wrapper,
            "\nresults[\"{id}\"] := {{i: answer |\n\tsome i in data.asked[\"{id}\"]\n\t\
             answer := {package}.deny with input as data.inputs[i] with input.params as data.params[\"{id}\"]\n}}\n"
        )
        .unwrap();
    }
    fs::write(folder.path().join("wrapper.rego"), wrapper).unwrap();
    let params: BTreeMap<&String, &serde_json::Value> = shipped
        .rules
        .iter()
        .map(|(id, rule)| (id, &rule.params))
        .collect();
    let inputs = cases.inputs.join(",\n");
    let data = format!("{{\"params\":{},\"inputs\":[{inputs}]}}", json!(params));
    fs::write(folder.path().join("data.json"), data).unwrap();
    let questions: Vec<&Question> = cases.questions.iter().collect();
    let mut answers = Answers::new();
    ask_parts(opa, shipped, folder.path(), &questions, &mut answers);
    answers
}

fn ask_parts(
    opa: &Compiler,
    shipped: &Shipped,
    folder: &Path,
    questions: &[&Question],
    answers: &mut Answers,
) {
    let mut asked: BTreeMap<&str, Vec<usize>> = shipped
        .rules
        .keys()
        .map(|id| (id.as_str(), Vec::new()))
        .collect();
    for question in questions {
        asked
            .get_mut(question.rule.as_str())
            .unwrap()
            .push(question.input);
    }
    fs::write(
        folder.join("asked.json"),
        json!({"asked": asked}).to_string(),
    )
    .unwrap();
    let rules = shipped.copies.path().to_str().unwrap();
    let arguments = [
        "eval",
        "--format",
        "json",
        "-d",
        rules,
        "-d",
        "wrapper.rego",
        "-d",
        "data.json",
        "-d",
        "asked.json",
        "data.differential.results",
    ];
    match ask_opa(opa, folder, &arguments) {
        Ok(printed) => {
            let printed: Printed<'_> = serde_json::from_slice(&printed).unwrap();
            let of = &printed.result[0].expressions[0].value;
            for question in questions {
                let answer = of[&question.rule].get(&question.input);
                let answer =
                    answer.map_or_else(|| Err("undefined".to_owned()), |json| Ok(set(json.get())));
                answers.insert((*question).clone(), answer);
            }
        }
        Err(why) => {
            if let [question] = questions {
                answers.insert((*question).clone(), Err(why));
            } else {
                let (first, second) = questions.split_at(questions.len() / 2);
                ask_parts(opa, shipped, folder, first, answers);
                ask_parts(opa, shipped, folder, second, answers);
            }
        }
    }
}

/// What our host answers to the whole input, with sets as sets. The modules are compiled by another compiler than when they decide.
pub(crate) fn host(shipped: &Shipped, cases: &Cases) -> Answers {
    let mut config = wasmtime::Config::new();
    config
        .strategy(wasmtime::Strategy::Winch)
        .epoch_interruption(true);
    let engine = wasmtime::Engine::new(&config).unwrap();
    let _clock = Ticker::start(&engine);
    let mut answers = Answers::new();
    for pack in &shipped.packs {
        let module = wasmtime::Module::from_binary(&engine, pack.wasm()).unwrap();
        let start = || Instance::start(&module, Context::default()).unwrap();
        let mut instance = start();
        for question in cases.of_pack(shipped, pack.name()) {
            let entrypoint = instance
                .entrypoint(&shipped.rules[&question.rule].entrypoint())
                .unwrap();
            let answer = match instance.evaluate_as(
                entrypoint,
                Some(cases.text(question).as_bytes()),
                Format::Rego,
            ) {
                Ok((same, answer)) => {
                    instance = same;
                    Ok(result(&String::from_utf8(answer).unwrap()))
                }
                Err(why) => {
                    instance = start();
                    Err(why.to_string())
                }
            };
            answers.insert(question.clone(), answer);
        }
    }
    answers
}

/// The one answer among a module's results.
fn result(results: &str) -> Value {
    match Value::parse(results) {
        Value::List(results) => match results.as_slice() {
            [Value::Object(members)] => members["result"].clone().into_set(),
            other => panic!("not one result: {other:?}"),
        },
        other => panic!("not a list of results: {other:?}"),
    }
}

/// What regorus answers, its interpreter: an engine for each rule, because one with all rules takes longer for each question.
pub(crate) fn regorus(shipped: &Shipped, cases: &Cases) -> Answers {
    let mut engines: BTreeMap<&str, regorus::Engine> = BTreeMap::new();
    for rule in shipped.rules.values() {
        let mut engine = regorus::Engine::new();
        // As in OPA, a builtin's error is undefined.
        engine.set_strict_builtin_errors(false);
        for (at, text) in shipped.files_of(rule).into_iter().enumerate() {
            engine
                .add_policy(format!("{at}.rego"), with_values(text))
                .unwrap();
        }
        engines.insert(&rule.id, engine);
    }
    let mut ask = |question: &Question| -> Answer {
        let engine = engines.get_mut(question.rule.as_str()).unwrap();
        let input = regorus::Value::from_json_str(&cases.text(question));
        engine.set_input(input.map_err(|error| error.to_string())?);
        let entrypoint = format!("{}.deny", shipped.rules[&question.rule].package);
        let answer = engine
            .eval_rule(entrypoint)
            .map_err(|error| error.to_string())?;
        answer
            .to_json_str()
            .map(|json| set(&json))
            .map_err(|error| error.to_string())
    };
    cases
        .questions
        .iter()
        .map(|question| (question.clone(), ask(question)))
        .collect()
}

/// Regorus does not read a function that is true for one argument, `f("x")`, without its value: the same, with it.
fn with_values(rego: &str) -> String {
    let lines = rego.lines().map(|line| {
        let name = line.split('(').next().unwrap_or("");
        let is_call = line.ends_with(')')
            && !line.contains('=')
            && !line.contains(" if ")
            && !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        if is_call {
            format!("{line} := true\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

/// Builtins that OPA leaves to the host and that the crate does not even know by name: a module that uses one does not load.
const LACKING: [&str; 14] = [
    "crypto.hmac.equal",
    "json.marshal_with_options",
    "json.match_schema",
    "json.verify_schema",
    "net.cidr_is_valid",
    "numbers.range_step",
    "object.subset",
    "regex.replace",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.render_template",
    "time.format",
    "units.parse_bytes_exact",
    "uuid.parse",
];

/// The answers of the crate `opa-wasm`, and what it was not asked: why, and how many questions.
pub(crate) fn opa_wasm(
    shipped: &Shipped,
    cases: &Cases,
    opa: &Compiler,
) -> (Answers, BTreeMap<String, usize>) {
    let mut answers = Answers::new();
    let mut left_out = BTreeMap::new();
    for pack in &shipped.packs {
        let asked = cases
            .questions
            .iter()
            .filter(|question| shipped.rules[&question.rule].pack == pack.name());
        if let Ok(other) = wait(Other::load(pack.wasm())) {
            wait(other.ask(shipped, cases, asked, &mut answers, &mut left_out));
            continue;
        }
        // One module holds the whole pack: without the rules that keep it from loading, the others can be asked.
        let lacking = rules_that_lack(shipped, pack.name());
        assert!(
            !lacking.is_empty(),
            "{} does not load in the crate, and no known builtin is the reason",
            pack.name()
        );
        let (skipped, asked): (Vec<&Question>, Vec<&Question>) =
            asked.partition(|question| lacking.contains_key(&question.rule));
        for question in skipped {
            let why = format!(
                "{} can call {}, which it has not",
                question.rule, lacking[&question.rule]
            );
            *left_out.entry(why).or_default() += 1;
        }
        let wasm = module_without(shipped, pack.name(), &lacking, opa);
        let other = wait(Other::load(&wasm)).unwrap();
        wait(other.ask(
            shipped,
            cases,
            asked.into_iter(),
            &mut answers,
            &mut left_out,
        ));
    }
    (answers, left_out)
}

/// A module in the crate's host.
struct Other {
    engine: wasmtime::Engine,
    module: wasmtime::Module,
    store: wasmtime::Store<()>,
    policy: opa_wasm::Policy<opa_wasm::DefaultContext>,
}

impl Other {
    async fn load(wasm: &[u8]) -> Result<Self, String> {
        let mut config = wasmtime::Config::new();
        config.strategy(wasmtime::Strategy::Winch);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let module = wasmtime::Module::from_binary(&engine, wasm).unwrap();
        let (store, policy) = instance(&engine, &module).await?;
        Ok(Self {
            engine,
            module,
            store,
            policy,
        })
    }

    async fn ask(
        mut self,
        shipped: &Shipped,
        cases: &Cases,
        asked: impl Iterator<Item = &Question>,
        answers: &mut Answers,
        left_out: &mut BTreeMap<String, usize>,
    ) {
        for question in asked {
            let input = RawValue::from_string(cases.text(question)).unwrap();
            let entrypoint = shipped.rules[&question.rule].entrypoint();
            let answer = self
                .policy
                .evaluate::<_, Box<RawValue>, _>(&mut self.store, &entrypoint, &input)
                .await;
            let answer = match answer {
                Ok(answer) => {
                    let answer: Vec<BTreeMap<String, &RawValue>> =
                        serde_json::from_str(answer.get()).unwrap();
                    Ok(set(answer[0]["result"].get()))
                }
                Err(error) => {
                    // What a trap left is not asked again.
                    (self.store, self.policy) = instance(&self.engine, &self.module).await.unwrap();
                    let said = format!("{error:#}");
                    // In the crate a builtin that fails, or is there by name only, ends the evaluation.
                    if said.contains("opa_abort") || !said.contains("builtin") {
                        Err(said)
                    } else {
                        let first: String = said
                            .lines()
                            .last()
                            .unwrap_or("")
                            .chars()
                            .take(120)
                            .collect();
                        *left_out
                            .entry(format!("{}: a builtin ends it: {first}", question.rule))
                            .or_default() += 1;
                        continue;
                    }
                }
            };
            answers.insert((*question).clone(), answer);
        }
    }
}

type Started = (
    wasmtime::Store<()>,
    opa_wasm::Policy<opa_wasm::DefaultContext>,
);

async fn instance(engine: &wasmtime::Engine, module: &wasmtime::Module) -> Result<Started, String> {
    let mut store = wasmtime::Store::new(engine, ());
    let runtime = opa_wasm::Runtime::new(&mut store, module)
        .await
        .map_err(|error| format!("{error:#}"))?;
    let policy = runtime
        .without_data(&mut store)
        .await
        .map_err(|error| format!("{error:#}"))?;
    Ok((store, policy))
}

/// The rules of a pack that can call a builtin that the crate lacks, with the builtin's name.
fn rules_that_lack(shipped: &Shipped, pack: &str) -> BTreeMap<String, &'static str> {
    let lacking = shipped.of(pack).filter_map(|rule| {
        let files = shipped.files_of(rule);
        let calls = |builtin: &&str| {
            files
                .iter()
                .any(|text| text.contains(&format!("{builtin}(")))
        };
        Some((rule.id.clone(), LACKING.into_iter().find(calls)?))
    });
    lacking.collect()
}

/// A pack's module without some of its rules.
fn module_without(
    shipped: &Shipped,
    pack: &str,
    without: &BTreeMap<String, &str>,
    opa: &Compiler,
) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle.tar.gz");
    let mut arguments = vec![
        "build".to_owned(),
        "--target".to_owned(),
        "wasm".to_owned(),
        "--output".to_owned(),
        bundle.to_str().unwrap().to_owned(),
    ];
    for rule in shipped
        .of(pack)
        .filter(|rule| !without.contains_key(&rule.id))
    {
        let package = rule.package.trim_start_matches("data.").replace('.', "/");
        arguments.extend(["--entrypoint".to_owned(), format!("{package}/deny")]);
    }
    arguments.push(pack.to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    ask_opa(opa, shipped.copies.path(), &arguments).unwrap();
    let archive = flate2::read::GzDecoder::new(fs::File::open(bundle).unwrap());
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().to_str() == Some("/policy.wasm") {
            let mut wasm = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut wasm).unwrap();
            return wasm;
        }
    }
    panic!("OPA's bundle has no module");
}
