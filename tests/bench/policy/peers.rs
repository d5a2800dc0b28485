//! The engines that are programs of their own: our command line and OPA's, OPA in a program of Go, conftest; and how those of
//! others are built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lightsout::perimeter::tools::{Lock, Origin, Reporter, Tools};
use lightsout::pipeline::policy::Compiler;
use serde_json::Value;

use super::engines::{Form, QUERY, Timing, runtime};
use super::measure::{self, Usage};
use super::rules::{self, Rule};
use super::{findings, support};

/// Everything that lies on the disk for all measurements.
#[derive(Debug)]
pub(crate) struct Workshop {
    /// A folder that is emptied at each start.
    pub(crate) folder: PathBuf,
    pub(crate) opa: PathBuf,
    opa_in_process: PathBuf,
    conftest: PathBuf,
}

/// Programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// `lightsout policy eval`, a process for each run.
    Lightsout,
    /// `opa eval`, a process for each run.
    OpaEval,
    /// OPA in the process of a Go program.
    OpaInProcess,
    /// `conftest test`, a process for each run.
    Conftest,
}

/// A program that is built from a Go module of the fixtures.
struct GoProgram {
    fixture: &'static str,
    package: &'static str,
}

const OPA_IN_PROCESS: GoProgram = GoProgram {
    fixture: "opa",
    package: ".",
};
const CONFTEST: GoProgram = GoProgram {
    fixture: "conftest",
    package: "github.com/open-policy-agent/conftest",
};

/// Our compiler, with a cache for the benchmark's own packs.
pub(crate) fn compiler() -> Compiler {
    let lock = Lock::built_in().unwrap();
    let tools = Tools::open(&support::home(), lock, support::machine(), Origin::Home).unwrap();
    let reporter = Reporter::lines(Box::new(std::io::stderr()));
    let opa = runtime().block_on(async {
        tools
            .install(&["opa"], None, &|event| reporter.report(event))
            .await
            .unwrap();
        tools.locate("opa").await.unwrap()
    });
    let cache = temporary().join("bench-policy-cache");
    Compiler { opa, cache }
}

fn temporary() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

impl Workshop {
    pub(crate) fn open() -> Self {
        let folder = temporary().join("bench-policy");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        Self {
            folder,
            opa: compiler().opa.path().to_owned(),
            opa_in_process: build(&OPA_IN_PROCESS),
            conftest: build(&CONFTEST),
        }
    }

    /// Writes the rules in all forms, and what peers make of them before they judge. The folder of it.
    pub(crate) fn lay_out(&self, rules: &[Rule]) -> PathBuf {
        let folder = self.folder.join(format!("rules-{}", rules.len()));
        let at = |name: &str| {
            fs::create_dir_all(folder.join(name)).unwrap();
            folder.join(name)
        };
        for (name, text) in rules::pack(rules) {
            fs::write(at("pack").join(name), text).unwrap();
        }
        for form in [Form::Document, Form::Resource] {
            let text = match form {
                Form::Document => rules::for_document(rules),
                Form::Resource => rules::for_resource(rules),
            };
            let place = at(form.name());
            fs::write(place.join("main.rego"), text).unwrap();
            let bundle = self.folder.join("wasm.tar.gz");
            self.opa(
                &[
                    "build",
                    "--target",
                    "wasm",
                    "--entrypoint",
                    "main/deny",
                    "--output",
                ],
                &[&bundle, &place.join("main.rego")],
            );
            fs::write(place.join("policy.wasm"), member(&bundle, "/policy.wasm")).unwrap();
        }
        let source = folder.join(Form::Document.name()).join("main.rego");
        self.opa(
            &["build", "--entrypoint", "main/deny", "--output"],
            &[&folder.join("bundle.tar.gz"), &source],
        );
        folder
    }

    fn opa(&self, arguments: &[&str], paths: &[&Path]) {
        let mut command = command(&self.opa);
        command.args(arguments).args(paths);
        self.succeed(&mut command);
    }

    fn succeed(&self, command: &mut Command) -> Usage {
        let usage = measure::run(command, &self.folder);
        assert_eq!(usage.code, 0, "{command:?}: {}", self.printed("err"));
        usage
    }

    /// What the last process printed.
    fn printed(&self, stream: &str) -> String {
        let text = fs::read(self.folder.join(stream)).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Our command line, judging a preview.
    pub(crate) fn eval(rules: &Path, preview: &Path) -> Command {
        let mut command = lightsout();
        command
            .args(["policy", "eval", "--format", "json", "--pack"])
            .arg(rules.join("pack"));
        command.arg("--preview").arg(preview);
        command
    }

    /// Runs ourselves, as a process that prints JSON.
    pub(crate) fn again<T: serde::de::DeserializeOwned>(&self, arguments: &[String]) -> (T, Usage) {
        let mut command = command(&std::env::current_exe().unwrap());
        command.args(arguments);
        let usage = self.succeed(&mut command);
        (serde_json::from_str(&self.printed("out")).unwrap(), usage)
    }

    /// Lets a peer judge; its findings go to the file.
    pub(crate) fn ask(
        &self,
        peer: Peer,
        rules: &Path,
        preview: &Path,
        found: &Path,
        effort: Effort,
    ) -> (Timing, u64) {
        let document = rules.join(Form::Document.name());
        let mut command = match peer {
            Peer::OpaInProcess => return self.ask_in_process(&document, preview, found, effort),
            Peer::Lightsout => Self::eval(rules, preview),
            Peer::OpaEval => {
                let mut command = command(&self.opa);
                command
                    .args(["eval", "--format", "json", "--bundle"])
                    .arg(rules.join("bundle.tar.gz"));
                command.arg("--input").arg(preview).arg(QUERY);
                command
            }
            Peer::Conftest => {
                let mut command = command(&self.conftest);
                command
                    .args([
                        "test",
                        "--output",
                        "json",
                        "--no-fail",
                        "--namespace",
                        "main",
                        "--policy",
                    ])
                    .arg(&document);
                command.arg(preview);
                command
            }
        };
        if peer == Peer::Lightsout {
            // A pack is compiled once for all runs, as the others' rules are when they are laid out.
            measure::run(&mut command, &self.folder);
        }
        let (mut timing, mut peak) = (Timing::default(), 0);
        while timing.wall.len() < effort.runs
            && (timing.wall.is_empty() || timing.wall.iter().sum::<f64>() < effort.seconds)
        {
            let usage = measure::run(&mut command, &self.folder);
            // Ours says by its exit code that a rule found something.
            let expected = if peer == Peer::Lightsout { 10 } else { 0 };
            assert_eq!(usage.code, expected, "{command:?}: {}", self.printed("err"));
            timing.wall.push(usage.wall);
            timing.cpu.push(usage.cpu);
            peak = peak.max(usage.peak_bytes);
        }
        // A process of its own reads what was printed: it can be large, and this one must stay small.
        let reader = match peer {
            Peer::OpaEval => "--read-opa",
            Peer::Conftest => "--read-conftest",
            Peer::OpaInProcess => "--read-set",
            Peer::Lightsout => "--read-report",
        };
        self.read(reader, &self.folder.join("out"), found);
        (timing, peak)
    }

    fn ask_in_process(
        &self,
        document: &Path,
        preview: &Path,
        found: &Path,
        effort: Effort,
    ) -> (Timing, u64) {
        let answer = self.folder.join("answer.json");
        let mut command = command(&self.opa_in_process);
        command.args([document, preview]).arg(QUERY);
        command
            .args([effort.runs.to_string(), effort.seconds.to_string()])
            .arg(&answer);
        let usage = self.succeed(&mut command);
        let timing = serde_json::from_str(&self.printed("out")).unwrap();
        self.read("--read-set", &answer, found);
        (timing, usage.peak_bytes)
    }

    fn read(&self, reader: &str, printed: &Path, found: &Path) {
        let copy = self.folder.join("printed");
        fs::rename(printed, &copy).unwrap();
        let arguments =
            [reader, copy.to_str().unwrap(), found.to_str().unwrap()].map(str::to_owned);
        let (_, _): (Value, _) = self.again(&arguments);
    }
}

/// How often something is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// At most so many runs.
    pub(crate) runs: usize,
    /// No run begins after so many seconds, but for the first.
    pub(crate) seconds: f64,
}

/// What a child does that reads a peer's answer.
pub(crate) fn read(reader: &str, printed: &Path, found: &Path) -> bool {
    let of: fn(&Value) -> Vec<String> = match reader {
        "--read-opa" => findings::of_opa_eval,
        "--read-conftest" => findings::of_conftest,
        "--read-set" => findings::of_set,
        "--read-report" => findings::of_printed_report,
        _ => return false,
    };
    let printed = serde_json::from_slice(&fs::read(printed).unwrap()).unwrap();
    findings::write(of(&printed), found);
    true
}

#[expect(
    clippy::disallowed_methods,
    reason = "the benchmark starts its peers itself, to count what they take"
)]
fn command(program: &Path) -> Command {
    Command::new(program)
}

/// Our own program, with the home of the tests.
pub(crate) fn lightsout() -> Command {
    let mut command = command(Path::new(env!("CARGO_BIN_EXE_lightsout")));
    command.env("LIGHTSOUT_HOME", support::home());
    command
}

/// Builds a program of the fixtures; Go's own cache makes it quick the second time.
fn build(of: &GoProgram) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/policy-peers")
        .join(of.fixture);
    let folder = temporary().join("bench-policy-peers");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join(of.fixture);
    let mut go = command(Path::new("go"));
    go.current_dir(source)
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .arg(of.package);
    go.env("CGO_ENABLED", "0")
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-mod=readonly -buildvcs=false");
    eprintln!("building {}", of.fixture);
    let usage = measure::run(&mut go, &folder);
    assert_eq!(
        usage.code,
        0,
        "{}",
        fs::read_to_string(folder.join("err")).unwrap()
    );
    program
}

/// One file of a bundle.
fn member(bundle: &Path, name: &str) -> Vec<u8> {
    let archive = flate2::read::GzDecoder::new(fs::File::open(bundle).unwrap());
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().to_str() == Some(name) {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            return bytes;
        }
    }
    panic!("{} has no {name}", bundle.display());
}
