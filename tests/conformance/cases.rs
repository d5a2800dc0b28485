//! OPA's own cases with a module for each, made by the Go program in `tests/fixtures/conformance`.
//!
//! The version of OPA is that of `tools.lock`; cases and modules lie in the target folder under the hash of what made them.

use std::path::{Path, PathBuf};
use std::process::Command;

use lightsout::names::Sha256;

use crate::support;

/// The sources, in the order in which they are hashed.
const SOURCES: [&str; 3] = ["go.mod", "go.sum", "main.go"];
/// OPA's module.
const OPA: &str = "github.com/open-policy-agent/opa";

/// The folder of the compiled cases: made by whoever comes first, found by its sources' hash afterwards.
pub(crate) fn folder() -> PathBuf {
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
        make(&source, &folder, &ready);
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

#[expect(clippy::disallowed_methods, reason = "a test builds its cases")]
fn make(source: &Path, folder: &Path, ready: &Path) {
    let program = folder.join("conformance");
    let output = program.to_string_lossy();
    drop(go(source, &["build", "-trimpath", "-o", &output, "."]));
    let opa = go(source, &["list", "-m", "-f", "{{.Dir}}", OPA]);
    let unfinished = tempfile::tempdir_in(folder).expect("a folder can be made");
    drop(ran(Command::new(program)
        .arg(opa.trim())
        .arg(unfinished.path())
        .current_dir(folder)));
    std::fs::rename(unfinished.keep(), ready).expect("it can be moved into place");
}

/// Runs Go as the tools' own build does, so that they share what is built.
#[expect(clippy::disallowed_methods, reason = "a test builds its cases")]
fn go(source: &Path, arguments: &[&str]) -> String {
    ran(Command::new("go")
        .args(arguments)
        .current_dir(source)
        .env("CGO_ENABLED", "0")
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-mod=readonly -buildvcs=false"))
}

/// What a program prints that succeeds.
fn ran(command: &mut Command) -> String {
    let output = command.output().expect("it can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).expect("it prints text")
}
