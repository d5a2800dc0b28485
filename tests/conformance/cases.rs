//! OPA's own cases with a module for each, made by the Go program in `tests/fixtures/conformance`.
//!
//! The version of OPA is that of `tools.lock`; cases and modules lie in the target folder under the hash of what made them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lightsout::names::Sha256;
use lightsout::perimeter::tools::{Invocation, Lock, Origin, Tools, UserProgram, run};

use crate::support;

/// A cold build of OPA, or four thousand cases, on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// The sources, in the order in which they are hashed.
const SOURCES: [&str; 3] = ["go.mod", "go.sum", "main.go"];
/// OPA's module.
const OPA: &str = "github.com/open-policy-agent/opa";

/// The folder of the compiled cases: made by whoever comes first, found by its sources' hash afterwards.
pub(crate) async fn folder() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/conformance");
    let mut bytes = vec![];
    for name in SOURCES {
        bytes.extend(std::fs::read(source.join(name)).expect("the program's source is there"));
    }
    check_version(&String::from_utf8_lossy(&bytes));
    let root = support::target().join("conformance");
    let folder = root.join(Sha256::of(&bytes).short());
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let ready = folder.join("cases");
    if !ready.exists() {
        make(&source, &folder, &ready).await;
    }
    ready
}

/// The cases are those of the version that compiles packs.
fn check_version(sources: &str) {
    let locked = include_str!("../../tools.lock")
        .split_once("- name: opa\n")
        .and_then(|(_, rest)| rest.split_once("version: "))
        .and_then(|(_, rest)| rest.lines().next())
        .expect("tools.lock pins OPA");
    let required = format!("{OPA} v{locked}\n");
    assert!(
        sources.contains(&required),
        "tests/fixtures/conformance/go.mod requires another OPA than {locked}: `go get {OPA}@v{locked}` there"
    );
}

async fn make(source: &Path, folder: &Path, ready: &Path) {
    let program = folder.join("conformance");
    let output = go(
        source,
        &["build", "-trimpath", "-o", &program.to_string_lossy(), "."],
    )
    .await;
    drop(output);
    let opa = go(source, &["list", "-m", "-f", "{{.Dir}}", OPA]).await;
    let unfinished = tempfile::tempdir_in(folder).expect("a folder can be made");
    let invocation = Invocation {
        program: program.into(),
        args: vec![opa.trim().into(), unfinished.path().into()],
        env: vec![],
        cwd: folder.to_path_buf(),
        stdin: vec![],
        deadline: DEADLINE,
        output_bytes_max: 1024 * 1024,
    };
    let output = run(invocation).await.expect("the program can be started");
    output.success().expect("every case compiles");
    std::fs::rename(unfinished.keep(), ready).expect("it can be moved into place");
}

/// Runs Go as the tools' own build does, so that they share what is built.
async fn go(source: &Path, arguments: &[&str]) -> String {
    let lock = Lock::built_in().expect("the compiled-in lock is one");
    let tools = Tools::open(&support::home(), lock, support::machine(), Origin::Home)
        .expect("the home folder can be made");
    let go = tools
        .user_tool(UserProgram::Go)
        .await
        .expect("Go is installed");
    let machine = support::machine();
    let mut env = vec![
        ("PATH".into(), machine.path),
        ("HOME".into(), machine.home.into()),
        ("CGO_ENABLED".into(), "0".into()),
        ("GOTOOLCHAIN".into(), "local".into()),
        ("GOFLAGS".into(), "-mod=readonly -buildvcs=false".into()),
    ];
    env.extend(machine.forwarded);
    let invocation = Invocation {
        program: (&go).into(),
        args: arguments.iter().map(Into::into).collect(),
        env,
        cwd: source.to_path_buf(),
        stdin: vec![],
        deadline: DEADLINE,
        output_bytes_max: 1024 * 1024,
    };
    let output = run(invocation).await.expect("Go can be started");
    output.success().expect("Go does what it is asked");
    String::from_utf8(output.stdout).expect("Go prints text")
}
