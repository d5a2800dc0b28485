//! Runs compiled cases through our host and compares what comes out as OPA's own test of its WebAssembly host does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use lightsout::pipeline::policy::RuleFault;
use lightsout::pipeline::policy::wasm::{Context, Format, Instance, LoadError, Ticker};
use serde::Deserialize;
use wasmtime::{Config, Engine, Module, Strategy};

use crate::exclusions::Exclusions;
use crate::value::{Value, as_set, differences};

/// The time of all cases: OPA's own test freezes none, and no case depends on which it is.
const NOW_NS: i64 = 1_767_225_600_000_000_000;

/// A case as the Go program writes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Case {
    suite: String,
    pub(crate) file: String,
    pub(crate) note: String,
    wasm: String,
    data: Option<Box<serde_json::value::RawValue>>,
    input: Option<String>,
    want_defined: Option<bool>,
    want_result: Option<Box<serde_json::value::RawValue>>,
    want_error: Option<String>,
    want_error_code: Option<String>,
    #[serde(default)]
    sort_bindings: bool,
    #[serde(default)]
    strict_error: bool,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    /// Its module calls builtins that our host does not offer.
    Refused(Vec<String>),
}

/// What became of all cases.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) total: usize,
    pub(crate) passed: usize,
    /// Reason, and how many.
    pub(crate) excluded: BTreeMap<String, usize>,
    /// What must not be.
    pub(crate) faults: Vec<String>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        let excluded: usize = self.excluded.values().sum();
        writeln!(f, "{} cases, of OPA's own suite and of ours", self.total)?;
        writeln!(f, "{excluded:5} excluded")?;
        for (reason, count) in &self.excluded {
            writeln!(f, "{count:11} {reason}")?;
        }
        writeln!(f, "{:5} in scope", self.total - excluded)?;
        writeln!(f, "{:5} passed", self.passed)?;
        writeln!(
            f,
            "Passing is about the builtins that policies may call: the head of exclusions.yaml names those that are missing."
        )
    }
}

/// Runs every case of a folder.
pub(crate) fn run(folder: &Path, exclusions: &Exclusions, threads: usize) -> Report {
    let lines = std::fs::read_to_string(folder.join("cases.jsonl")).expect("the cases are there");
    let mut modules: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for line in lines.lines() {
        let case: Case = serde_json::from_str(line).expect("a case is one");
        modules.entry(case.wasm.clone()).or_default().push(case);
    }
    let engine = engine();
    let _clock = Ticker::start(&engine);
    let queue = Mutex::new(modules.into_values());
    let outcomes = Mutex::new(vec![]);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(cases) = queue.lock().unwrap().next() else {
                        break;
                    };
                    let ended = run_module(&engine, folder, cases);
                    outcomes.lock().unwrap().extend(ended);
                }
            });
        }
    });
    judge(outcomes.into_inner().unwrap(), exclusions)
}

/// Thousands of modules that run for microseconds: what compiles fastest.
fn engine() -> Engine {
    let mut config = Config::new();
    config.strategy(Strategy::Winch).epoch_interruption(true);
    Engine::new(&config).expect("Winch can be had")
}

fn run_module(engine: &Engine, folder: &Path, cases: Vec<Case>) -> Vec<(Case, Outcome)> {
    let file = folder.join(format!("{}.wasm", cases[0].wasm));
    let wasm = std::fs::read(file).expect("the module is there");
    let module = Module::from_binary(engine, &wasm);
    let run = |case: Case| {
        let outcome = match &module {
            Ok(module) => run_case(module, &case),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        (case, outcome)
    };
    cases.into_iter().map(run).collect()
}

fn run_case(module: &Module, case: &Case) -> Outcome {
    let context = Context {
        data: case.data.as_deref().map(serde_json::value::RawValue::get),
        now_ns: Some(NOW_NS),
    };
    let instance = match Instance::start(module, context) {
        Ok(instance) => instance,
        Err(LoadError::MissingBuiltin(names)) => return Outcome::Refused(names),
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    let input = case.input.as_deref().map(str::as_bytes);
    let result = instance.evaluate_as(0, input, Format::Rego);
    match compare(case, result.map(|(_, bytes)| bytes)) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn compare(case: &Case, result: Result<Vec<u8>, RuleFault>) -> Result<(), String> {
    let result = result.map(|bytes| String::from_utf8(bytes).expect("a result is a text"));
    if let Some(defined) = case.want_defined {
        let results = results(&result.map_err(|fault| fault.to_string())?, false)?;
        return expect(results.is_empty() != defined, &results, &defined);
    }
    if let Some(wanted) = &case.want_result {
        let wanted = as_set(Value::read(wanted.get())?.items());
        let results = results(
            &result.map_err(|fault| fault.to_string())?,
            case.sort_bindings,
        )?;
        let differences = differences(&results, &wanted);
        return if results == wanted {
            Ok(())
        } else {
            Err(differences)
        };
    }
    if case.strict_error {
        // WebAssembly knows no strict errors: what they would tell is undefined.
        let results = results(&result.map_err(|fault| fault.to_string())?, false)?;
        return expect(results.is_empty(), &results, &"nothing");
    }
    let message = match result {
        Err(RuleFault::Abort(message)) => message,
        Err(fault) => return Err(format!("{fault}, and not an abort")),
        Ok(result) => return Err(format!("no error, but {result}")),
    };
    let conflict = ["var assignment conflict", "object insert conflict"];
    let fits = match case.want_error_code.as_deref() {
        Some("eval_conflict_error") => conflict.iter().any(|text| message.contains(text)),
        Some(_) => false,
        None => case.want_error.is_some(),
    };
    expect(fits, &message, &case.want_error_code)
}

fn results(text: &str, sort: bool) -> Result<Vec<Value>, String> {
    let items = Value::read(text)?.items().into_iter();
    Ok(as_set(items.map(|item| item.bindings(sort)).collect()))
}

fn expect(
    fits: bool,
    found: &dyn std::fmt::Debug,
    wanted: &dyn std::fmt::Debug,
) -> Result<(), String> {
    if fits {
        Ok(())
    } else {
        Err(format!("found {found:?}, wanted {wanted:?}"))
    }
}

fn judge(outcomes: Vec<(Case, Outcome)>, exclusions: &Exclusions) -> Report {
    let mut report = Report {
        total: outcomes.len(),
        ..Report::default()
    };
    let mut used = exclusions.unused();
    for (case, outcome) in outcomes {
        let place = format!("{}/{}: {}", case.suite, case.file, case.note);
        let excluded = match &outcome {
            Outcome::Refused(names) => exclusions.builtins(names, &mut used),
            Outcome::Passed | Outcome::Failed(_) => exclusions.case(&case.note, &mut used),
        };
        match (outcome, excluded) {
            (Outcome::Passed, None) => report.passed += 1,
            (Outcome::Failed(_) | Outcome::Refused(_), Some(reason)) => {
                *report.excluded.entry(reason).or_default() += 1;
            }
            (Outcome::Passed, Some(_)) => report
                .faults
                .push(format!("{place} is excluded and passes")),
            (Outcome::Failed(why), None) => report.faults.push(format!("{place}: {why}")),
            (Outcome::Refused(names), None) => {
                report
                    .faults
                    .push(format!("{place}: it calls {}", names.join(", ")));
            }
        }
    }
    let idle = used.into_iter();
    report
        .faults
        .extend(idle.map(|name| format!("the exclusion of `{name}` excludes nothing")));
    report.faults.sort();
    report
}
