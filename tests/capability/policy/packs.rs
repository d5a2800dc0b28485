//! Every example of every pack that ships is a test, and OPA's own tests of the packs pass.

use std::path::PathBuf;
use std::time::Instant;

use lightsout::pipeline::policy::{PolicyReport, RuleResult, Subject, Verdict, evaluate};
use serde_json::Value;

use super::things::{baseline, compiler, load, request, root};

pub(crate) struct Example {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) rule: String,
    pub(crate) subjects: Vec<Subject>,
}

/// Every example: `examples/<kind>/<rule id>-<what>.json`, one subject or an array of them.
pub(crate) fn examples() -> Vec<Example> {
    let mut found = Vec::new();
    for kind in ["allow", "deny", "unknown"] {
        let folder = root().join("policy-packs/aws-baseline/examples").join(kind);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let subjects = if json.is_array() {
                serde_json::from_value(json)
            } else {
                serde_json::from_value(json).map(|subject| vec![subject])
            };
            let rule: Vec<&str> = name.splitn(4, '-').take(3).collect();
            found.push(Example {
                kind,
                rule: rule.join("-"),
                subjects: subjects.unwrap_or_else(|error| panic!("{kind}/{name}: {error}")),
                name,
            });
        }
    }
    found
}

fn result<'a>(report: &'a PolicyReport, rule: &str) -> &'a RuleResult {
    report
        .rules
        .iter()
        .find(|result| result.rule.as_str() == rule)
        .unwrap_or_else(|| panic!("no rule {rule}"))
}

#[test]
fn every_example_is_judged_as_its_folder_says() {
    for example in examples() {
        let name = format!("{}/{}", example.kind, example.name);
        let report = evaluate(
            &request(example.subjects.clone()),
            std::slice::from_ref(baseline()),
        )
        .unwrap();
        let result = result(&report, &example.rule);
        let found = (!result.findings.is_empty(), !result.undetermined.is_empty());
        let decided = example
            .name
            .starts_with(&format!("{}-decided", example.rule));
        let expect = match example.kind {
            "deny" => (true, false),
            "unknown" if !decided => (false, true),
            _ => (false, false),
        };
        assert_eq!(found, expect, "{name}: {result:?}");
        if !name.contains("empty-bucket") {
            assert!(result.evaluated > 0, "{name}: the rule does not concern it");
        }
        if example.kind == "unknown" {
            assert!(
                example
                    .subjects
                    .iter()
                    .any(|subject| !subject.unknown_paths.is_empty()
                        || !subject.unknown_old_paths.is_empty()),
                "{name}: nothing is unknown"
            );
        }
        for finding in &result.findings {
            assert!(
                !finding.message.contains("hunter2") || example.subjects[0].secret_paths.is_empty(),
                "{name}"
            );
        }
    }
}

#[test]
fn every_rule_has_an_example_of_each_kind_and_a_test() {
    let examples = examples();
    for rule in baseline().rules() {
        for kind in ["allow", "deny", "unknown"] {
            let has = examples
                .iter()
                .any(|example| example.kind == kind && example.rule == rule.as_str());
            assert!(has, "{rule} has no example in examples/{kind}");
        }
    }
    for example in &examples {
        assert!(
            baseline().rules().any(|rule| rule.as_str() == example.rule),
            "{} is of no rule",
            example.name
        );
    }
    for file in rego() {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with("_test.rego") {
            let test = file.with_file_name(name.replace(".rego", "_test.rego"));
            assert!(test.exists(), "{name} has no {}", test.display());
        }
    }
    assert!(baseline().rules().count() >= 10);
}

fn rego() -> Vec<PathBuf> {
    let folder = root().join("policy-packs/aws-baseline");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rego")
        })
        .collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test runs the tool")]
fn opas_own_tests_and_its_formatter_are_content() {
    for arguments in [
        &["test"][..],
        &["check", "--strict"],
        &["fmt", "--fail", "--list"],
    ] {
        let output = std::process::Command::new(compiler().opa.path())
            .args(arguments)
            .args(rego())
            .env_clear()
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[test]
fn a_finding_tells_what_to_do() {
    let example = examples()
        .into_iter()
        .find(|example| example.name.contains("ssh-to-the-world-beside"))
        .unwrap();
    let report = evaluate(&request(example.subjects), std::slice::from_ref(baseline())).unwrap();
    let denials: Vec<_> = report.denials().collect();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].path.to_string(), "ingress[1].cidrBlocks[0]");
    assert_eq!(
        denials[0].message,
        "remote access is open to the world: Narrow the addresses at `ingress[1].cidrBlocks[0]` of \
         urn:pulumi:dev::site::aws:ec2/securityGroup:SecurityGroup::it to the networks that need them, or use Session Manager \
         instead of an open port."
    );
    assert_eq!(report.verdict(), Verdict::Denied);
}

#[test]
fn a_report_survives_being_written_down() {
    for example in examples() {
        let report =
            evaluate(&request(example.subjects), std::slice::from_ref(baseline())).unwrap();
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<PolicyReport>(&text).unwrap(), report);
    }
}

/// The same pack twice gives the same hash, and a changed rule another.
#[test]
fn the_hash_is_of_what_decides() {
    use super::things::{MANIFEST, METADATA, pack};
    let one = format!("{METADATA}deny contains {{}} if input.op == \"x\"\n");
    let hash = |rego: &str, extra: &[(&str, &str)]| {
        let files = [&[MANIFEST, ("a.rego", rego)], extra].concat();
        pack(&files).unwrap().hash()
    };
    assert_eq!(
        hash(&one, &[]),
        hash(
            &one,
            &[("README.md", "x"), ("a_test.rego", "package a_test\n")]
        )
    );
    assert_ne!(hash(&one, &[]), hash(&one.replace("\"x\"", "\"y\""), &[]));
}

/// Not a goal, only a ceiling that shows when something becomes absurd.
#[test]
fn a_hundred_resources_are_judged_quickly() {
    let each: Vec<Subject> = examples()
        .into_iter()
        .flat_map(|example| example.subjects)
        .collect();
    let subjects = each.iter().cloned().cycle().take(100).collect();
    let request = request(subjects);
    let pack = baseline();
    let start = Instant::now();
    let report = evaluate(&request, std::slice::from_ref(pack)).unwrap();
    let took = start.elapsed();
    eprintln!(
        "{} rules, 100 resources, {} judgements: {took:?}",
        report.rules.len(),
        report.rules.iter().map(|rule| rule.evaluated).sum::<u64>()
    );
    assert!(took.as_secs() < 10, "{took:?}");
}

/// Damage in the cache costs time, never an answer.
#[test]
fn a_damaged_cache_is_written_anew() {
    let cache = tempfile::tempdir().unwrap();
    let compiler = lightsout::pipeline::policy::Compiler {
        cache: cache.path().to_owned(),
        ..compiler()
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pack.yaml"), super::things::MANIFEST.1).unwrap();
    std::fs::write(
        folder.path().join("a.rego"),
        format!(
            "{}deny contains {{}} if input.op == \"x\"\n",
            super::things::METADATA
        ),
    )
    .unwrap();
    let loaded = || {
        let start = Instant::now();
        let pack = load(folder.path(), &compiler).unwrap();
        (pack.record(), start.elapsed())
    };
    let (first, cold) = loaded();
    let (again, warm) = loaded();
    eprintln!("cold {cold:?}, warm {warm:?}");
    assert_eq!(first, again);
    let files: Vec<PathBuf> = std::fs::read_dir(cache.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    let whole = std::fs::read(&files[0]).unwrap();
    for damage in [0, 70, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[damage] ^= 1;
        std::fs::write(&files[0], bytes).unwrap();
        assert_eq!(loaded().0, first);
        assert_eq!(std::fs::read(&files[0]).unwrap().len(), whole.len());
    }
    std::fs::write(&files[0], &whole[..100]).unwrap();
    assert_eq!(loaded().0, first);
}
