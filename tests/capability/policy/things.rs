//! Packs and subjects for the tests.

use std::path::Path;
use std::sync::{Mutex, OnceLock};

use lightsout::perimeter::tools::{Lock, Origin, Reporter, Tool, Tools};
use lightsout::pipeline::policy::{
    Compiler, Error, Pack, PolicyReport, Request, Subject, evaluate,
};
use serde_json::{Value, json};

use crate::support;

/// The compiler of this test run, with one cache for all tests.
pub(crate) fn compiler() -> Compiler {
    static OPA: OnceLock<Tool> = OnceLock::new();
    Compiler {
        opa: OPA.get_or_init(|| wait(opa())).clone(),
        cache: Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy-cache"),
    }
}

async fn opa() -> Tool {
    let lock = Lock::built_in().unwrap();
    let tools = Tools::open(&support::home(), lock, support::machine(), Origin::Home).unwrap();
    let reporter = Reporter::lines(Box::new(std::io::stderr()));
    tools
        .install(&["opa"], None, &|event| reporter.report(event))
        .await
        .unwrap();
    tools.locate("opa").await.unwrap()
}

/// Runs what is asynchronous.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

pub(crate) fn load(folder: &Path, compiler: &Compiler) -> Result<Pack, Error> {
    wait(Pack::load(folder, compiler))
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn baseline() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| load(&root().join("policy-packs/aws-baseline"), &compiler()).unwrap())
}

pub(crate) fn request(subjects: Vec<Subject>) -> Request {
    let stack = serde_json::from_value(json!({"project": "site", "name": "dev"})).unwrap();
    Request {
        stack,
        now_ns: None,
        subjects,
    }
}

/// A new resource of a type that only the tests know.
pub(crate) fn thing(inputs: Value) -> Subject {
    let options = json!({"protect": false, "retain_on_delete": false, "ignore_changes": []});
    serde_json::from_value(json!({
        "urn": "urn:pulumi:dev::site::test:index:Thing::it", "op": "create", "type": "test:index:Thing", "name": "it",
        "inputs": inputs, "diff": [], "unknown_paths": [], "unknown_output_paths": [], "unknown_old_paths": [], "secret_paths": [], "options": options,
    }))
    .unwrap()
}

/// The METADATA of a rule about [`thing`].
pub(crate) const METADATA: &str = r#"# METADATA
# title: Things are good
# scope: package
# custom:
#   id: TEST-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types: ["test:index:Thing"]
#   unknown: undetermined
#   remediation: "Set `{path}` of {urn} to {expected}."
package test.thing
"#;

/// A pack of these files, in a folder that lives as long as the process.
pub(crate) fn pack(files: &[(&str, &str)]) -> Result<Pack, Error> {
    static FOLDERS: Mutex<Vec<tempfile::TempDir>> = Mutex::new(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let pack = load(folder.path(), &compiler());
    FOLDERS.lock().unwrap().push(folder);
    pack
}

pub(crate) const MANIFEST: (&str, &str) = (
    "pack.yaml",
    "name: test\nversion: '1'\ndescription: a test\n",
);

/// A pack of one rule about things, given by the text after its METADATA.
pub(crate) fn rule(rego: &str) -> Pack {
    rule_with(METADATA, rego).unwrap()
}

pub(crate) fn rule_with(metadata: &str, rego: &str) -> Result<Pack, Error> {
    pack(&[MANIFEST, ("thing.rego", &format!("{metadata}{rego}"))])
}

pub(crate) fn judge(pack: Pack, subject: Subject) -> Result<PolicyReport, Error> {
    evaluate(&request(vec![subject]), &[pack])
}
