//! Policies on previews: ours beside OPA, conftest, regorus and the crate `opa-wasm`, in one run.
//!
//! `cargo bench --bench policy -- [--quick] [--markdown FILE]`. All engines judge the same file with the same rules and must
//! find the same, or nothing is measured. Each engine has a process of its own for each preview, so that its memory can be
//! seen. It takes minutes: the large previews are slow in the peers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints, and ends where it cannot go on"
)]

#[expect(dead_code, reason = "the tests share it, the benchmark uses a part")]
#[path = "../support/mod.rs"]
mod support;

#[path = "policy/cold.rs"]
mod cold;
#[path = "policy/engines.rs"]
mod engines;
#[path = "policy/findings.rs"]
mod findings;
#[path = "policy/kinds.rs"]
mod kinds;
#[path = "policy/measure.rs"]
mod measure;
#[path = "policy/peers.rs"]
mod peers;
#[path = "policy/preview.rs"]
mod preview;
#[path = "policy/random.rs"]
mod random;
#[path = "policy/rules.rs"]
mod rules;
#[path = "policy/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use engines::{Engine, Form, Order};
use peers::{Effort, Peer, Workshop};
use table::{Row, Table, median};

/// Rules of the small pack, and of the large one.
const RULES: [usize; 2] = [30, 160];
/// Resources of the previews.
const SIZES: [usize; 4] = [100, 1_000, 10_000, 50_000];
const QUICK_SIZES: [usize; 2] = [100, 1_000];
const EFFORT: Effort = Effort {
    runs: 9,
    seconds: 10.0,
};
const QUICK_EFFORT: Effort = Effort {
    runs: 3,
    seconds: 3.0,
};
/// A peer that would take longer for one run is left out, with a note.
const PATIENCE_SECONDS: f64 = 240.0;
/// The same for memory.
const MEMORY_BYTES_MAX: f64 = 12e9;

/// Who judges, in the order of the rows. The first is ours.
#[derive(Debug, Clone, Copy)]
enum Contender {
    Here(Engine),
    There(Peer),
}

const CONTENDERS: [(&str, Contender); 12] = [
    ("lightsout, one thread", Contender::Here(Engine::Ours(1))),
    ("lightsout", Contender::Here(Engine::Ours(0))),
    (
        "`lightsout policy eval`, a process",
        Contender::There(Peer::Lightsout),
    ),
    (
        "opa-wasm 0.3.4, a resource at a time",
        Contender::Here(Engine::OpaWasm(Form::Resource)),
    ),
    (
        "opa-wasm 0.3.4, whole document",
        Contender::Here(Engine::OpaWasm(Form::Document)),
    ),
    (
        "regorus 0.14.1 compiled (RVM), a resource at a time",
        Contender::Here(Engine::RegorusRvm(Form::Resource)),
    ),
    (
        "regorus 0.14.1 compiled (RVM), whole document",
        Contender::Here(Engine::RegorusRvm(Form::Document)),
    ),
    (
        "regorus 0.14.1 interpreted, a resource at a time",
        Contender::Here(Engine::Regorus(Form::Resource)),
    ),
    (
        "regorus 0.14.1 interpreted, whole document",
        Contender::Here(Engine::Regorus(Form::Document)),
    ),
    (
        "OPA 1.20.2 in process (Go), whole document",
        Contender::There(Peer::OpaInProcess),
    ),
    (
        "`opa eval` 1.20.2, a process",
        Contender::There(Peer::OpaEval),
    ),
    (
        "`conftest test` 0.71.1, a process",
        Contender::There(Peer::Conftest),
    ),
];
/// How many of them are ours.
const OURS: usize = 3;

/// What an engine took for the last preview that it judged with the same rules.
type Before = BTreeMap<&'static str, (usize, f64, u64)>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if as_child(&arguments) {
        return;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let markdown = arguments
        .iter()
        .position(|argument| argument == "--markdown");
    let markdown = markdown.map(|at| PathBuf::from(&arguments[at + 1]));
    let (sizes, effort) = if quick {
        (&QUICK_SIZES[..], QUICK_EFFORT)
    } else {
        (&SIZES[..], EFFORT)
    };
    let workshop = Workshop::open();
    let mut text = String::new();
    let mut tell = |more: &str| {
        println!("{more}");
        text.push_str(more);
        text.push('\n');
    };
    for count in RULES {
        let rules = workshop.lay_out(&rules::rules(count));
        let mut before = Before::new();
        for size in sizes {
            let preview = workshop.folder.join(format!("preview-{size}.json"));
            make(&workshop, *size, &preview);
            let table = compare(
                &workshop,
                count,
                *size,
                &rules,
                &preview,
                effort,
                &mut before,
            );
            tell(&table.markdown());
            if let Some((peer, ratio)) = table.lead(OURS) {
                tell(&format!(
                    "The fastest peer is {}: {ratio:.1} times ours.\n",
                    peer.engine
                ));
            }
        }
        tell(&cold::report(
            &workshop,
            &rules,
            &workshop.folder.join("preview-100.json"),
            count,
        ));
    }
    if let Some(file) = markdown {
        fs::write(file, text).unwrap();
    }
}

/// Does a child's work, if that is what this process is.
fn as_child(arguments: &[String]) -> bool {
    match arguments {
        [what, order] if what == "--child" => {
            let order: Order = serde_json::from_str(order).unwrap();
            println!(
                "{}",
                serde_json::to_string(&engines::obey(&order, &peers::compiler())).unwrap()
            );
            true
        }
        [what, size, file] if what == "--make" => {
            let file = std::io::BufWriter::new(fs::File::create(file).unwrap());
            preview::write(size.parse().unwrap(), file).unwrap();
            println!("{{}}");
            true
        }
        [reader, printed, found] if peers::read(reader, Path::new(printed), Path::new(found)) => {
            println!("{{}}");
            true
        }
        _ => false,
    }
}

fn make(workshop: &Workshop, size: usize, preview: &Path) {
    if !preview.exists() {
        let arguments = [
            "--make".to_owned(),
            size.to_string(),
            preview.to_str().unwrap().to_owned(),
        ];
        let (_, _): (serde_json::Value, _) = workshop.again(&arguments);
    }
}

/// Lets everybody judge one preview. Ends the benchmark when somebody finds something else than we do.
fn compare(
    workshop: &Workshop,
    count: usize,
    resources: usize,
    rules: &Path,
    preview: &Path,
    effort: Effort,
    before: &mut Before,
) -> Table {
    let found = |name: &str| workshop.folder.join(format!("{name}.findings"));
    let mut table = Table {
        rules: count,
        resources,
        file_bytes: fs::metadata(preview).unwrap().len(),
        findings: 0,
        rows: Vec::new(),
        notes: Vec::new(),
    };
    for (at, (name, contender)) in CONTENDERS.into_iter().enumerate() {
        if let Some(why) = too_much(before.get(name), resources) {
            table.notes.push(format!("Left out: {name} {why}."));
            continue;
        }
        eprintln!("{count} rules, {resources} resources: {name}");
        let findings = if at == 0 {
            found("ours")
        } else {
            found("theirs")
        };
        let (timing, peak) = match contender {
            Contender::Here(engine) => {
                let order = Order {
                    engine,
                    rules: rules.to_owned(),
                    preview: preview.to_owned(),
                    findings: findings.clone(),
                    runs: effort.runs,
                    seconds: effort.seconds,
                };
                let order = ["--child".to_owned(), serde_json::to_string(&order).unwrap()];
                let (timing, usage): (engines::Timing, _) = workshop.again(&order);
                (timing, usage.peak_bytes)
            }
            Contender::There(peer) => workshop.ask(peer, rules, preview, &findings, effort),
        };
        if at == 0 {
            table.findings = findings::count(&findings);
            assert!(
                table.findings > 0,
                "rules that find nothing compare nothing"
            );
        } else if let Some(difference) = findings::difference(&found("ours"), &findings) {
            panic!(
                "{name} finds something else, with {count} rules on {}:\n{difference}",
                preview.display()
            );
        }
        let wall = median(&timing.wall);
        before.insert(name, (resources, wall, peak));
        table.rows.push(Row {
            engine: name.to_owned(),
            wall,
            cpu: median(&timing.cpu),
            peak_bytes: peak,
            runs: timing.wall.len(),
        });
    }
    table
}

/// Why a peer is not asked, by what it took for a smaller preview.
#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of resources and bytes fit"
)]
fn too_much(before: Option<&(usize, f64, u64)>, resources: usize) -> Option<String> {
    let (smaller, wall, peak) = *before?;
    let times = resources as f64 / smaller as f64;
    let (seconds, bytes) = (wall * times, peak as f64 * times);
    if seconds > PATIENCE_SECONDS {
        return Some(format!(
            "took {wall:.1} s for {smaller} resources, and would take about {seconds:.0} s"
        ));
    }
    (bytes > MEMORY_BYTES_MAX).then(|| format!("would need about {:.0} GB of memory", bytes / 1e9))
}
