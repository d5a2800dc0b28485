//! The engines that run in a process of Rust, each in a process of its own: this program, started again.
//!
//! A run begins with the bytes of the preview in memory and ends with the findings. What is done once for all runs, such as
//! loading rules, is done before; the first run is as good as the others.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lightsout::pipeline::policy::{Compiler, Pack, PolicyReport, evaluate_json, evaluate_on};
use regorus::languages::rego::compiler::Compiler as RvmCompiler;
use regorus::rvm::vm::RegoVM;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{findings, measure};

/// What a child is asked to do, and where everything lies.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) engine: Engine,
    /// The folder of the rules in all their forms.
    pub(crate) rules: PathBuf,
    pub(crate) preview: PathBuf,
    /// Where the findings go.
    pub(crate) findings: PathBuf,
    /// At most so many runs.
    pub(crate) runs: usize,
    /// No run begins after so many seconds, but for the first.
    pub(crate) seconds: f64,
}

/// Which engine, and over what it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Engine {
    /// On so many threads at most; zero means as many as there are.
    Ours(usize),
    OpaWasm(Form),
    Regorus(Form),
    RegorusRvm(Form),
}

/// Whether the rules see the whole document at once, or one resource at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    Document,
    Resource,
}

/// Seconds of each run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timing {
    pub(crate) wall: Vec<f64>,
    pub(crate) cpu: Vec<f64>,
}

impl Form {
    /// The file or module of the rules in this form, without its ending.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Resource => "resource",
        }
    }
}

/// The query that all peers are asked.
pub(crate) const QUERY: &str = "data.main.deny";

/// A preview as its resources' own text.
#[derive(Deserialize)]
struct Split<'a> {
    #[serde(borrow)]
    subjects: Vec<&'a RawValue>,
}

/// Does what the order says.
pub(crate) fn obey(order: &Order, compiler: &Compiler) -> Timing {
    let bytes = std::fs::read(&order.preview).unwrap();
    let rego = |form: Form| {
        std::fs::read_to_string(order.rules.join(form.name()).join("main.rego")).unwrap()
    };
    match order.engine {
        Engine::Ours(threads) => {
            let pack = load(&order.rules.join("pack"), compiler);
            let packs = std::slice::from_ref(&pack);
            repeat(
                order,
                || judge(&bytes, packs, threads),
                |report| findings::of_report(&report),
            )
        }
        Engine::OpaWasm(form) => opa_wasm(order, &bytes, form),
        Engine::Regorus(form) => {
            let mut engine = regorus::Engine::new();
            engine
                .add_policy("main.rego".to_owned(), rego(form))
                .unwrap();
            let mut ask = |json: &str| {
                engine.set_input(regorus::Value::from_json_str(json).unwrap());
                engine.eval_rule(QUERY.to_owned()).unwrap()
            };
            repeat(
                order,
                || regorus_all(&bytes, form, &mut ask),
                |sets| of_regorus(&sets),
            )
        }
        Engine::RegorusRvm(form) => {
            let mut engine = regorus::Engine::new();
            engine
                .add_policy("main.rego".to_owned(), rego(form))
                .unwrap();
            let compiled = engine.compile_with_entrypoint(&QUERY.into()).unwrap();
            let program = RvmCompiler::compile_from_policy(&compiled, &[QUERY]).unwrap();
            let mut machine = RegoVM::new();
            machine.load_program(program);
            machine.set_max_instructions(usize::MAX);
            let mut ask = |json: &str| {
                machine.set_input(regorus::Value::from_json_str(json).unwrap());
                machine.execute().unwrap()
            };
            repeat(
                order,
                || regorus_all(&bytes, form, &mut ask),
                |sets| of_regorus(&sets),
            )
        }
    }
}

fn judge(bytes: &[u8], packs: &[Pack], threads: usize) -> PolicyReport {
    match threads {
        0 => evaluate_json(bytes, packs),
        _ => evaluate_on(bytes, packs, threads),
    }
    .unwrap()
}

fn load(folder: &Path, compiler: &Compiler) -> Pack {
    runtime().block_on(Pack::load(folder, compiler)).unwrap()
}

/// What runs what is asynchronous.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap()
}

fn regorus_all(
    bytes: &[u8],
    form: Form,
    mut ask: impl FnMut(&str) -> regorus::Value,
) -> Vec<regorus::Value> {
    match form {
        Form::Document => vec![ask(std::str::from_utf8(bytes).unwrap())],
        Form::Resource => {
            let split: Split<'_> = serde_json::from_slice(bytes).unwrap();
            split
                .subjects
                .iter()
                .map(|subject| ask(subject.get()))
                .collect()
        }
    }
}

fn of_regorus(sets: &[regorus::Value]) -> Vec<String> {
    let sets = sets
        .iter()
        .map(|set| serde_json::from_str(&set.to_json_str().unwrap()).unwrap());
    sets.flat_map(|set: Value| findings::of_set(&set)).collect()
}

fn opa_wasm(order: &Order, bytes: &[u8], form: Form) -> Timing {
    let wasm = std::fs::read(order.rules.join(form.name()).join("policy.wasm")).unwrap();
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::from_binary(&engine, &wasm).unwrap();
    let mut store = wasmtime::Store::new(&engine, ());
    let runtime = runtime();
    let policy = runtime.block_on(async {
        let loaded = opa_wasm::Runtime::new(&mut store, &module).await.unwrap();
        loaded.without_data(&mut store).await.unwrap()
    });
    let run = || -> Vec<Value> {
        runtime.block_on(async {
            match form {
                // Its interface takes what serde serialises, and serialises it: the document's own text is the cheapest.
                Form::Document => {
                    let document: &RawValue = serde_json::from_slice(bytes).unwrap();
                    vec![
                        policy
                            .evaluate(&mut store, "main/deny", &document)
                            .await
                            .unwrap(),
                    ]
                }
                Form::Resource => {
                    let split: Split<'_> = serde_json::from_slice(bytes).unwrap();
                    let mut answers = Vec::with_capacity(split.subjects.len());
                    for subject in split.subjects {
                        answers.push(
                            policy
                                .evaluate(&mut store, "main/deny", &subject)
                                .await
                                .unwrap(),
                        );
                    }
                    answers
                }
            }
        })
    };
    repeat(order, run, |answers| {
        answers
            .iter()
            .flat_map(|answer| findings::of_set(&answer[0]["result"]))
            .collect()
    })
}

/// Runs as often as ordered; the findings of the last run are written.
fn repeat<T>(
    order: &Order,
    mut run: impl FnMut() -> T,
    found: impl FnOnce(T) -> Vec<String>,
) -> Timing {
    let mut timing = Timing::default();
    let begin = Instant::now();
    loop {
        let (wall, cpu) = (Instant::now(), measure::cpu());
        let answer = run();
        timing.wall.push(wall.elapsed().as_secs_f64());
        timing.cpu.push(measure::cpu() - cpu);
        if timing.wall.len() >= order.runs || begin.elapsed().as_secs_f64() > order.seconds {
            findings::write(found(answer), &order.findings);
            return timing;
        }
    }
}
