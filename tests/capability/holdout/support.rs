//! Builds states, sets and reports in the words of the tests.

use lightsout::pipeline::holdout::{
    FailureKind, FeatureFile, HoldoutReport, Problem, Rate, RunOutcome, RunVerdict, ScenarioResult,
    ScenarioSet, State, Teardown, Terms, TrialRecord, evaluate,
};
use serde_json::{Value, json};

pub(crate) const BUCKET: &str = "aws:s3/bucket:Bucket";
pub(crate) const QUEUE: &str = "aws:sqs/queue:Queue";
pub(crate) const VERSIONING: &str = "aws:s3/bucketVersioning:BucketVersioning";

/// A managed resource as an export lists it.
pub(crate) fn resource(kind: &str, name: &str, outputs: Value) -> Value {
    let package = kind.split(':').next().unwrap();
    json!({
        "urn": format!("urn:pulumi:dev::app::{kind}::{name}"),
        "type": kind,
        "custom": true,
        "id": outputs.get("id").cloned().unwrap_or(json!(format!("{name}-id"))),
        "outputs": outputs,
        "parent": "urn:pulumi:dev::app::pulumi:pulumi:Stack::app-dev",
        "provider": format!("urn:pulumi:dev::app::pulumi:providers:{package}::default::1d3c"),
    })
}

/// A resource with one field of the export set.
pub(crate) fn with(mut resource: Value, key: &str, value: Value) -> Value {
    resource[key] = value;
    resource
}

/// An export of these resources below a stack with outputs.
pub(crate) fn export(outputs: Value, resources: &[Value]) -> Vec<u8> {
    let mut all = vec![
        json!({
            "urn": "urn:pulumi:dev::app::pulumi:pulumi:Stack::app-dev",
            "type": "pulumi:pulumi:Stack",
            "custom": false,
            "outputs": outputs,
        }),
        json!({
            "urn": "urn:pulumi:dev::app::pulumi:providers:aws::default",
            "type": "pulumi:providers:aws",
            "custom": true,
            "id": "1d3c",
        }),
    ];
    all.extend_from_slice(resources);
    json!({"version": 3, "deployment": {"manifest": {}, "resources": all, "metadata": {}}})
        .to_string()
        .into_bytes()
}

pub(crate) fn state(outputs: Value, resources: &[Value]) -> State {
    State::parse(&export(outputs, resources)).unwrap()
}

pub(crate) fn secret() -> Value {
    json!({
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "ciphertext": "v1:60ddjVCXgGFT/xQp:GXQwTcTyIAVXGMsx6dG1xyXiiScYIw==",
    })
}

pub(crate) fn unknown() -> Value {
    json!("04da6b54-80e4-46f7-96ec-b56ff0331ba9")
}

pub(crate) fn file(name: &str, text: &str) -> FeatureFile {
    FeatureFile {
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

pub(crate) fn set(text: &str) -> ScenarioSet {
    ScenarioSet::parse(vec![file("a.feature", text)]).unwrap()
}

/// The problem of a file, and its line.
#[track_caller]
pub(crate) fn refused(text: &str) -> (Problem, usize) {
    let error = ScenarioSet::parse(vec![file("a.feature", text)]).unwrap_err();
    (error.problem(), error.line())
}

/// Judges one step.
#[track_caller]
pub(crate) fn judge(step: &str, state: &State) -> RunOutcome {
    let set = set(&format!("Feature: f\n\n  Scenario: s\n    Then {step}\n"));
    evaluate(&set.scenarios()[0], state)
}

#[track_caller]
pub(crate) fn passes(step: &str, state: &State) {
    assert_eq!(judge(step, state), RunOutcome::Passed, "{step}");
}

#[track_caller]
pub(crate) fn fails(step: &str, state: &State, expect: FailureKind) {
    match judge(step, state) {
        RunOutcome::Failed { kind, detail, .. } => {
            assert_eq!(kind, expect, "{step}: {}", detail.for_operator());
        }
        RunOutcome::Passed => panic!("{step}: passed"),
    }
}

pub(crate) fn terms(runs: u32, quorum: u32, basis_points: u32) -> Terms {
    Terms::new(runs, quorum, Rate::from_basis_points(basis_points).unwrap()).unwrap()
}

pub(crate) fn trial(seed: u64) -> TrialRecord {
    TrialRecord {
        seed,
        deployed: true,
        teardown: Teardown::Left(0),
        evidence: lightsout::names::Sha256::of(b"state"),
        policies: None,
    }
}

pub(crate) const OK: RunVerdict = RunVerdict::Passed;
pub(crate) const NO: RunVerdict = RunVerdict::Failed(FailureKind::Differs);

/// A report of 3 runs, 2 of which must pass, and 90 %: one entry for each scenario, `true` for critical.
pub(crate) fn report(scenarios: &[(bool, [RunVerdict; 3])]) -> HoldoutReport {
    let results = scenarios
        .iter()
        .enumerate()
        .map(|(at, (critical, runs))| ScenarioResult {
            id: serde_json::from_value(json!(format!("{at:016x}"))).unwrap(),
            critical: *critical,
            runs: runs.to_vec(),
            passed: runs.iter().filter(|r| **r == OK).count() >= 2,
        })
        .collect();
    HoldoutReport {
        set: lightsout::names::Sha256::of(b"set"),
        terms: terms(3, 2, 9_000),
        scenarios: results,
        trials: vec![trial(1), trial(2), trial(3)],
    }
}
