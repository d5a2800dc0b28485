//! Packs written for Pulumi's own OPA runtime run as they are, and are never less strict here.

use lightsout::pipeline::policy::{Error, Pack, PolicyReport, Subject, Verdict, evaluate};
use serde_json::{Value, json};

use super::things::{pack, request, thing};

const MANIFEST: (&str, &str) = (
    "PulumiPolicy.yaml",
    "runtime: opa\nversion: 1.2.3\ndescription: rules of the house\n",
);

/// In the Rego of before OPA 1.0, with every form that their guide shows.
const RULES: &str = r#"package house

# METADATA
# title: Things are not public
# description: Whoever finds them reads them.
# custom:
#   message: Set `acl` of the thing to `private`.
deny_public[msg] {
	input.acl == "public-read"
	msg := sprintf("%v (%v) is public", [input.__name, input.type])
}

warn[msg] {
	not input.tags.owner
	msg := "nobody owns it"
}

violation_protected[{"msg": msg}] {
	input.props.important
	not input.options.protect
	msg := "an important thing is not protected"
}

stack_deny_many[msg] {
	names := {r.name | r := input.resources[_]; is_thing(r)}
	count(names) > 2
	msg := sprintf("%d things: %v", [count(names), names])
}

is_thing(resource) {
	resource.__type == "test:index:Thing"
}
"#;

fn house() -> Pack {
    pack(&[MANIFEST, ("house.rego", RULES)]).unwrap()
}

fn judge(subjects: Vec<Subject>) -> PolicyReport {
    evaluate(&request(subjects), &[house()]).unwrap()
}

fn named(name: &str, inputs: Value) -> Subject {
    let mut subject = json!(thing(inputs));
    subject["name"] = json!(name);
    subject["urn"] = json!(format!("urn:pulumi:dev::site::test:index:Thing::{name}"));
    serde_json::from_value(subject).unwrap()
}

fn messages(report: &PolicyReport) -> Vec<String> {
    let findings = report.rules.iter().flat_map(|rule| &rule.findings);
    findings
        .map(|finding| format!("{}: {}", finding.rule, finding.message))
        .collect()
}

#[test]
fn a_pack_of_theirs_runs_unchanged() {
    let report = judge(vec![named(
        "a",
        json!({"acl": "public-read", "important": true}),
    )]);
    assert_eq!(report.verdict(), Verdict::Denied);
    assert_eq!(
        messages(&report),
        [
            "house-deny_public: a (test:index:Thing) is public: Set `acl` of the thing to `private`.",
            "house-violation_protected: an important thing is not protected: Change urn:pulumi:dev::site::test:index:Thing::a so that the rule `violation_protected` is met.",
            "house-warn: nobody owns it: Change urn:pulumi:dev::site::test:index:Thing::a so that the rule `warn` is met.",
        ]
    );
    assert_eq!(report.denials().count(), 2);
    assert_eq!(report.packs[0].name, "house");
    assert_eq!(report.packs[0].version, "1.2.3");
    let fine = json!({"acl": "private", "tags": {"owner": "me"}});
    assert_eq!(judge(vec![named("a", fine)]).verdict(), Verdict::Clean);
}

#[test]
fn their_rules_about_the_stack_see_every_resource() {
    let owned = json!({"tags": {"owner": "me"}});
    let things = |count: usize| (0..count).map(|at| named(&format!("t{at}"), owned.clone()));
    assert_eq!(judge(things(2).collect()).verdict(), Verdict::Clean);
    let report = judge(things(3).collect());
    assert!(
        messages(&report)[0].contains(r#"3 things: {"t0", "t1", "t2"}"#),
        "{report:?}"
    );
}

/// Their own engine would say advisory, or nothing.
#[test]
fn what_a_preview_does_not_know_is_undetermined() {
    let mut subject = named("a", json!({"acl": null, "tags": {"owner": "me"}}));
    subject.unknown_paths = serde_json::from_str(r#"[["acl"]]"#).unwrap();
    let report = judge(vec![subject]);
    assert_eq!(report.verdict(), Verdict::Undetermined);
    let rules: Vec<&str> = report
        .undetermined()
        .map(|(rule, _)| rule.as_str())
        .collect();
    assert!(rules.contains(&"house-deny_public"), "{rules:?}");
}

#[track_caller]
fn check_refused(manifest: &str, rego: &str, words: &str) {
    let error = pack(&[("PulumiPolicy.yaml", manifest), ("a.rego", rego)]).unwrap_err();
    assert!(!matches!(error, Error::Rule { .. }));
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn what_would_never_find_anything_does_not_load() {
    check_refused(MANIFEST.1, "package p\n\nhelper { true }\n", "has no rule");
    check_refused(
        MANIFEST.1,
        "package p\n\ndeny[\"x\"] { input.options.deleteBeforeReplace }\n",
        "rule `deny`: it reads `options.deleteBeforeReplace`, which a preview does not tell",
    );
    check_refused(
        MANIFEST.1,
        "package p\n\ndeny[\"x\"] { options := input.options; options.deleteBeforeReplace }\n",
        "it reads `options` as a whole",
    );
    check_refused(
        MANIFEST.1,
        "package p\n\nstack_deny[\"x\"] { input.resources[_].dependencies[_] == \"x\" }\n",
        "it reads `dependencies`",
    );
    check_refused("runtime: nodejs\n", RULES, "runtime `nodejs`");
    check_refused(
        "runtime: opa\ninputFormat: kubernetes-admission\n",
        RULES,
        "`kubernetes-admission`, which is not offered",
    );
    let two = pack(&[
        MANIFEST,
        ("a.rego", "package a\n\ndeny[\"x\"] { input.x }\n"),
        ("b.rego", "package b\n\ndeny[\"x\"] { input.x }\n"),
    ]);
    let other = pack(&[
        MANIFEST,
        ("a.rego", "package a.b.c\n\ndeny[\"x\"] { input.x }\n"),
        ("b.rego", "package a[\"b-c\"]\n\ndeny[\"x\"] { input.y }\n"),
    ]);
    for refused in [two, other] {
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("all files of a pack are one package"),
            "{error}"
        );
    }
    let both = pack(&[MANIFEST, super::things::MANIFEST, ("house.rego", RULES)]);
    let error = both.unwrap_err().to_string();
    assert!(error.contains("a pack has one"), "{error}");
}

/// The usual form binds a resource to a variable first; what is named behind it counts.
#[test]
fn a_variable_does_not_hide_what_a_preview_does_not_tell() {
    for (rego, words) in [
        (
            "stack_deny[\"x\"] { r := input.resources[_]; count(r.dependencies) == 0 }",
            "rule `stack_deny`: it binds a whole resource to a variable and reads `dependencies`",
        ),
        (
            "stack_deny[\"x\"] { r := input.resources[_]; is_alone(r) }\n\nis_alone(x) { not x.propertyDependencies.acl }",
            "reads `propertyDependencies`",
        ),
        (
            "stack_deny[\"x\"] { rs := input.resources; rs[i][\"dependencies\"][_] == rs[j].urn }",
            "reads `dependencies`",
        ),
        (
            "stack_deny[\"x\"] { object.get(input.resources[_], \"dependencies\", []) == [] }",
            "reads `dependencies`",
        ),
        (
            "stack_deny[\"x\"] { k := \"dependencies\"; input.resources[_][k] == [] }",
            "reads `dependencies`",
        ),
        (
            "deny[\"x\"] { r := input; r.__options.customTimeouts.create == \"0s\" }",
            "reads `__options.customTimeouts`",
        ),
        (
            "deny[\"x\"] { r := input; object.get(r, [\"options\", \"parent\"], \"\") == \"\" }",
            "reads `options.parent`",
        ),
        (
            "deny[\"x\"] { r := input; o := r.options; o.aliases }",
            "reads `options` as a whole",
        ),
    ] {
        check_refused(MANIFEST.1, &format!("package p\n\n{rego}\n"), words);
    }
    // What is told, and properties of such names, may be read so; another rule's mention is no concern.
    let rego = "package p\n\nstack_deny[\"x\"] { r := input.resources[_]; r.options.protect; r.props.dependencies[_] == \"x\" }\n
deny[\"y\"] { input.dependencies[_] == \"y\" }\n";
    let report = evaluate(
        &request(vec![named("a", json!({"dependencies": ["x", "y"]}))]),
        &[pack(&[MANIFEST, ("a.rego", rego)]).unwrap()],
    );
    let messages = messages(&report.unwrap());
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].starts_with("p-deny: y"), "{messages:?}");
}

/// Their runtime never shows a delete; who names our `__op` asks for it, with a variable too.
#[test]
fn a_rule_that_names_the_operation_sees_deletes() {
    let deleted = |name: &str| {
        let mut subject = named(name, Value::Null);
        subject.op = "delete".to_owned();
        subject
    };
    let judged = |rego: &str| {
        let pack = pack(&[MANIFEST, ("a.rego", &format!("package p\n\n{rego}\n"))]).unwrap();
        evaluate(&request(vec![deleted("a")]), &[pack])
            .unwrap()
            .verdict()
    };
    for rego in [
        "deny[\"x\"] { input.__op == \"delete\" }",
        "deny[\"x\"] { r := input; r.__op == \"delete\" }",
        "deny[\"x\"] { gone(input) }\n\ngone(r) { object.get(r, \"__op\", \"\") == \"delete\" }",
        "stack_deny[\"x\"] { r := input.resources[_]; r.__op == \"delete\" }",
    ] {
        assert_eq!(judged(rego), Verdict::Denied, "{rego}");
    }
    let other = "deny[\"x\"] { not input.acl }\n\nwarn[\"y\"] { input.__op == \"create\" }";
    assert_eq!(judged(other), Verdict::Clean);
}

#[test]
fn a_violation_that_is_no_text_is_a_fault() {
    let pack = pack(&[MANIFEST, ("a.rego", "package p\n\ndeny[7] { input.x }\n")]).unwrap();
    let error = evaluate(&request(vec![thing(json!({"x": true}))]), &[pack]).unwrap_err();
    assert!(error.to_string().contains("must be a text"), "{error}");
}
