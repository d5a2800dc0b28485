//! A pack's own tests find what is wrong with it: each case breaks one thing in a pack that is well.

use std::path::Path;

use lightsout::pipeline::policy::selftest::{self, TestReport};

use super::commands::new_pack;
use super::things::{compiler, wait};

const RULE: &str = "PACK-TAG-001";

fn test(folder: &Path) -> TestReport {
    wait(selftest::run(folder, &compiler())).unwrap()
}

/// The problems of the new pack after a change to one of its files, which is made anew or removed.
fn broken(file: &str, change: impl Fn(String) -> Option<String>) -> Vec<String> {
    let (_held, folder) = new_pack();
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| String::new());
    match change(text) {
        Some(text) => {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        None => std::fs::remove_file(&path).unwrap(),
    }
    let problems = test(&folder).problems.into_iter();
    problems
        .map(|it| format!("{}: {}: {}", it.test, it.at, it.what))
        .collect()
}

#[track_caller]
fn check(file: &str, change: impl Fn(String) -> Option<String>, expect: &str) {
    let problems = broken(file, change);
    assert!(
        problems.iter().any(|problem| problem.contains(expect)),
        "{file}: {problems:#?}"
    );
}

fn replaced(from: &'static str, to: &'static str) -> impl Fn(String) -> Option<String> {
    move |text| {
        assert!(text.contains(from), "{text}");
        Some(text.replace(from, to))
    }
}

fn example(file: &str) -> String {
    format!("examples/{RULE}/{file}")
}

#[test]
fn a_pack_that_is_well_has_no_problem() {
    let (_held, folder) = new_pack();
    let report = test(&folder);
    assert_eq!(report.problems, []);
    assert!(report.is_well());
    assert_eq!((report.rules, report.opa_tests, report.examples), (1, 3, 5));
    // Each example is of one resource, and the rule calls nothing of the host.
    assert_eq!((report.compared, report.skipped.len()), (5, 0));
}

#[test]
fn names_that_do_not_agree_are_found() {
    check(
        "pack_tag_001_test.rego",
        |_| None,
        "it has no `pack_tag_001_test.rego`",
    );
    check(
        "other_test.rego",
        |_| Some("package other_test\n".to_owned()),
        "other_test.rego: it is neither a rule nor a rule's test",
    );
    check(
        &example("allow.json"),
        |_| None,
        "it has no `examples/PACK-TAG-001/allow.json`",
    );
    check(
        "examples/PACK-TAG-002/deny.json",
        |_| Some(r#"{"x": {"type": "a:b:C"}}"#.to_owned()),
        "PACK-TAG-002/deny.json: x: it is an example of no rule",
    );
    check(
        "pack_tag_001.rego",
        replaced("id: PACK-TAG-001", "id: PACK-TAG-003"),
        "it holds rule `PACK-TAG-003`: name the file `pack_tag_003.rego`",
    );
}

#[test]
fn what_opa_says_is_found() {
    let test = "pack_tag_001_test.rego";
    check(test, replaced("== 0 with", "== 1 with"), "test_owned");
    check(
        test,
        replaced("test_owned if", "todo_test_owned if"),
        "SKIPPED: 1/3",
    );
    check(
        test,
        |_| Some("package rules.pack_tag_001_test\n".to_owned()),
        "it holds no test",
    );
    check(
        "pack_tag_001.rego",
        replaced("if input.inputs", "if    input.inputs"),
        "comparing with its format",
    );
    check(
        "pack_tag_001.rego",
        replaced("import rego.v1\n", "import rego.v1\n\nimport input.op\n"),
        "checking the rules strictly",
    );
}

#[test]
fn examples_that_are_not_judged_as_they_say_are_found() {
    check(
        &example("allow.json"),
        replaced("\"web\"", "\"\""),
        "PACK-TAG-001/allow.json: owned: expected nothing, got a finding: the bucket has no owner",
    );
    check(
        &example("deny.json"),
        replaced("\"owner\": \"\"", "\"owner\": \"web\""),
        "deny.json: owned by nobody: expected a finding, got nothing",
    );
    check(
        &example("unknown.json"),
        replaced("[[\"tags\", \"owner\"]]", "[[\"bucket\"]]"),
        "expected undetermined, got nothing",
    );
    check(
        &example("unknown.json"),
        replaced("[[\"bucket\"]]", "[]"),
        "decided without the name: nothing in it is unknown",
    );
    check(
        &example("unknown.json"),
        replaced("\"owner not known\"", "\"decided owner\""),
        "PACK-TAG-001: every example in `unknown.json` is decided",
    );
}

#[test]
fn an_example_at_which_its_rule_does_not_look_is_named() {
    let (_held, folder) = new_pack();
    let file = folder.join(example("allow.json"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("s3/bucket:Bucket", "s3/other:Other")).unwrap();
    let report = test(&folder);
    assert_eq!(report.problems, []);
    assert_eq!(report.unseen, ["PACK-TAG-001/allow.json: owned"]);
    assert_eq!(report.compared, 4);
}

#[test]
fn a_rule_that_the_second_host_cannot_run_is_skipped_by_name() {
    let (_held, folder) = new_pack();
    let file = folder.join("pack_tag_001.rego");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace(
        "if input.inputs.tags[input.params.tag] != \"\"",
        "if {\n\tinput.inputs.tags[input.params.tag] != \"\"\n\tnet.cidr_is_valid(\"10.0.0.0/8\")\n}",
    );
    std::fs::write(&file, text).unwrap();
    let report = test(&folder);
    assert_eq!(report.problems, []);
    assert_eq!(report.compared, 0);
    assert_eq!(report.skipped.len(), 1);
    assert_eq!(report.skipped[0].rule.as_str(), RULE);
    assert_eq!(report.skipped[0].why, "it has no net.cidr_is_valid");
}

#[test]
fn an_example_that_is_none_is_an_error_with_its_place() {
    let (_held, folder) = new_pack();
    let file = folder.join(example("deny.json"));
    std::fs::write(
        &file,
        "{\n  \"x\": {\"type\": \"a:b:C\", \"inptus\": {}}\n}\n",
    )
    .unwrap();
    let error = wait(selftest::run(&folder, &compiler())).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("deny.json`:2:8: example `x`: unknown field `inptus`"),
        "{text}"
    );
    std::fs::remove_file(&file).unwrap();
    std::fs::write(folder.join("examples/stray.json"), "{}").unwrap();
    let error = wait(selftest::run(&folder, &compiler())).unwrap_err();
    assert!(error.to_string().contains("stray.json"), "{error}");
}
