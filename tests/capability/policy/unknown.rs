//! Values that a preview does not know: never a pass, a finding only where nothing can save it.

use lightsout::pipeline::policy::{
    PathSegment, PolicyReport, PropertyPath, Subject, Verdict, evaluate,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::things::{METADATA, baseline, judge, request, rule, rule_with, thing};

fn unknown(inputs: Value, paths: Value) -> Subject {
    Subject {
        unknown_paths: serde_json::from_value(paths).unwrap(),
        ..thing(inputs)
    }
}

#[track_caller]
fn check(rego: &str, subject: Subject, expect: Verdict) -> PolicyReport {
    let report = judge(rule(rego), subject).unwrap();
    assert_eq!(report.verdict(), expect, "{report:?}");
    report
}

const REQUIRED: &str = "deny contains {\"path\": [\"key\"]} if not input.inputs.key\n";
const FORBIDDEN: &str = "deny contains {\"path\": [\"key\"], \"actual\": input.inputs.key} if input.inputs.key == \"bad\"\n";

#[test]
fn what_a_rule_reads_and_nobody_knows_is_undetermined() {
    for rego in [REQUIRED, FORBIDDEN] {
        let report = check(
            rego,
            unknown(json!({"key": null}), json!([["key"]])),
            Verdict::Undetermined,
        );
        assert_eq!(
            report.undetermined().next().unwrap().1.paths[0].to_string(),
            "key"
        );
        check(
            rego,
            unknown(json!({}), json!([["key"]])),
            Verdict::Undetermined,
        );
        check(
            rego,
            unknown(json!({"key": "good"}), json!([["other"]])),
            Verdict::Clean,
        );
        check(
            rego,
            unknown(json!({"key": "good"}), json!([["key", "member"]])),
            Verdict::Undetermined,
        );
        check(
            rego,
            unknown(json!(null), json!([[]])),
            Verdict::Undetermined,
        );
    }
    check(REQUIRED, thing(json!({})), Verdict::Denied);
    check(FORBIDDEN, thing(json!({"key": "bad"})), Verdict::Denied);
}

#[test]
fn a_value_that_looks_unknown_is_unknown_even_if_nobody_says_so() {
    let subject = thing(json!({"key": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}));
    check(FORBIDDEN, subject.clone(), Verdict::Undetermined);
    check(REQUIRED, subject, Verdict::Undetermined);
    check(FORBIDDEN, thing(json!({"key": "04da6b54"})), Verdict::Clean);
}

#[test]
fn a_rule_denies_whatever_the_unknown_value_is() {
    let rego = "deny contains {\"path\": [\"list\", i]} if input.inputs.list[i].open == true\n";
    let subject = unknown(
        json!({"list": [{"open": null}, {"open": true}]}),
        json!([["list", 0, "open"]]),
    );
    let report = check(rego, subject, Verdict::Denied);
    assert_eq!(report.denials().count(), 1);
    assert_eq!(report.denials().next().unwrap().path.to_string(), "list[1]");
    let subject = unknown(
        json!({"list": [{"open": null}, {"open": false}]}),
        json!([["list", 0, "open"]]),
    );
    check(rego, subject, Verdict::Undetermined);
}

#[test]
fn what_a_negation_makes_of_an_unknown_value_is_no_finding() {
    // Each of these finds something with whatever is put in the place of the value, but for what the rule itself names.
    for rego in [
        "deny contains {\"msg\": \"not ours\"} if input.inputs.key != \"ours\"\n",
        "deny contains {\"path\": [\"protocol\"]} if { input.inputs.protocol == \"http\"\nnot is_redirected }\nis_redirected if input.inputs.key == \"https\"\n",
        "deny contains {\"path\": [\"protocol\"]} if { input.inputs.protocol == \"http\"\nnot input.inputs.key in {\"a\", \"b\"} }\n",
    ] {
        let inputs = |key: Value| json!({"protocol": "http", "key": key});
        let open = unknown(inputs(Value::Null), json!([["key"]]));
        check(rego, open, Verdict::Undetermined);
        // The honest twin: known to be wrong.
        check(rego, thing(inputs(json!("wrong"))), Verdict::Denied);
    }
    // What is around an unknown value may be as it should be.
    let rego = "deny contains {\"path\": [\"tags\"]} if not startswith(input.inputs.tags.owner, \"team-\")\n";
    let tags = |owner: Value| json!({"tags": {"owner": owner}});
    let open = unknown(tags(Value::Null), json!([["tags", "owner"]]));
    check(rego, open, Verdict::Undetermined);
    check(rego, thing(tags(json!("nobody"))), Verdict::Denied);
}

#[test]
fn a_finding_about_one_resource_says_nothing_of_another() {
    let rego = "deny contains {\"urn\": resource.urn, \"path\": [\"key\"]} if { some resource in input.resources\nresource.inputs.key == \"bad\" }\n";
    let named = |name: &str, subject: Subject| Subject {
        name: name.to_owned(),
        urn: lightsout::names::Urn::new(format!("urn:pulumi:test::site::test:index:Thing::{name}"))
            .unwrap(),
        ..subject
    };
    let stack = rule_with(&METADATA.replace("scope: resource", "scope: stack"), rego).unwrap();
    let subjects = [
        named("a", thing(json!({"key": "bad"}))),
        named("b", unknown(json!({"key": null}), json!([["key"]]))),
    ];
    let report = evaluate(&request(subjects.to_vec()), &[stack]).unwrap();
    assert_eq!(report.verdict(), Verdict::Denied);
    let open: Vec<&str> = report
        .undetermined()
        .map(|(_, open)| open.urn.name())
        .collect();
    assert_eq!(open, ["b"]);
}

#[test]
fn every_way_to_read_a_value_is_seen() {
    for rego in [
        "deny contains {} if object.get(input.inputs, \"key\", 0) == \"bad\"\n",
        "deny contains {} if object.get(input, [\"inputs\", \"key\"], 0) == \"bad\"\n",
        "deny contains {} if input[\"inputs\"][\"key\"] == \"bad\"\n",
        "deny contains {} if {\n\tsome part in [\"inputs\"]\n\tinput[part].key == \"bad\"\n}\n",
        "deny contains {} if {\n\tx := input\n\tx.inputs.key == \"bad\"\n}\n",
        "deny contains {} if {\n\twalk(input, [_, \"bad\"])\n}\n",
        "import input.inputs as i\ndeny contains {} if i.key == \"bad\"\n",
        "import input.inputs.key\ndeny contains {} if key == \"bad\"\n",
        "deny contains {} if bad\nbad if input.inputs.key == \"bad\"\n",
        "deny contains {} if f(input)\nf(x) if x.inputs.key == \"bad\"\n",
        "deny contains {} if [x | x := input.inputs[_]][_] == \"bad\"\n",
        "deny contains {} if not ok\ndefault ok := true\nok := false if input.inputs.key == \"bad\"\n",
        "deny contains {} if x == 2\nx := 1 if input.op == \"x\" else := 2 if input.inputs.key == \"bad\"\n",
        "deny contains {} if $\"{input.inputs.key}\" == \"bad\"\n",
        "deny contains {} if every x in [\"bad\"] { input.inputs.key == x }\n",
        "deny contains {} if bad with input as {\"copy\": input.inputs}\nbad if input.copy.key == \"bad\"\n",
        "deny contains {} if data.test.thing.bad\nbad if input.inputs.key == \"bad\"\n",
        "deny contains {} if {\n\tsome p\n\tdata.test[p].bad == true\n}\nbad if input.inputs.key == \"bad\"\n",
        "deny contains {} if {\n\tsome d in input.diff\n\td.kind == \"bad\"\n}\ndeny contains {} if input.inputs.key == \"bad\"\n",
    ] {
        let report = judge(rule(rego), unknown(json!({"key": null}), json!([["key"]]))).unwrap();
        assert_eq!(report.verdict(), Verdict::Undetermined, "{rego}");
        let report = judge(rule(rego), thing(json!({"key": "bad"}))).unwrap();
        assert_eq!(report.verdict(), Verdict::Denied, "{rego}");
        let report = judge(rule(rego), thing(json!({"key": "good"}))).unwrap();
        assert_eq!(report.verdict(), Verdict::Clean, "{rego}");
    }
}

#[test]
fn what_another_file_reads_for_a_rule_is_seen() {
    use super::things::{MANIFEST, pack};
    let rego = format!("{METADATA}import data.lib.checks as c\ndeny contains {{}} if c.bad\n");
    let lib = (
        "lib.rego",
        "package lib.checks\nimport data.lib.deep\nbad if deep.is_bad\n",
    );
    let deep = (
        "deep.rego",
        "package lib.deep\nis_bad if input.inputs.key == \"bad\"\n",
    );
    let load = || pack(&[MANIFEST, ("a.rego", &rego), lib, deep]).unwrap();
    let verdict = |subject| judge(load(), subject).unwrap().verdict();
    assert_eq!(
        verdict(unknown(json!({"key": null}), json!([["key"]]))),
        Verdict::Undetermined
    );
    assert_eq!(verdict(thing(json!({"key": "bad"}))), Verdict::Denied);
    assert_eq!(
        verdict(unknown(json!({"key": "good"}), json!([["other"]]))),
        Verdict::Clean
    );
}

#[test]
fn outputs_and_the_difference_can_be_unknown_too() {
    let outputs = "deny contains {} if input.outputs.arn == \"bad\"\n";
    let diff = "deny contains {} if input.diff[_].kind == \"bad\"\n";
    let mut subject = thing(json!({"key": "x"}));
    check(outputs, subject.clone(), Verdict::Clean);
    subject.unknown_output_paths = serde_json::from_value(json!([["arn"]])).unwrap();
    subject.outputs = Some(json!({"arn": null}));
    check(outputs, subject.clone(), Verdict::Undetermined);
    check(
        diff,
        unknown(json!({"key": null}), json!([["key"]])),
        Verdict::Undetermined,
    );
    check(diff, thing(json!({"key": "x"})), Verdict::Clean);
}

/// A program could make the state's values secret first, and delete what they promised to keep later.
#[test]
fn what_the_state_keeps_secret_is_unknown() {
    let rego = "deny contains {} if not input.old_inputs.keep == true\n";
    let mut subject = thing(json!({}));
    subject.old_inputs = Some(json!({"keep": true}));
    check(rego, subject.clone(), Verdict::Clean);
    subject.unknown_old_paths = serde_json::from_value(json!([["keep"]])).unwrap();
    let report = check(rego, subject.clone(), Verdict::Undetermined);
    assert_eq!(
        report.undetermined().next().unwrap().1.paths[0].to_string(),
        "old_inputs.keep"
    );
    subject.unknown_old_paths = serde_json::from_value(json!([["other"]])).unwrap();
    check(rego, subject, Verdict::Clean);
}

#[test]
fn a_rule_may_demand_to_know() {
    let metadata = METADATA.replace("unknown: undetermined", "unknown: deny");
    let demand = || rule_with(&metadata, FORBIDDEN).unwrap();
    let report = judge(demand(), unknown(json!({"key": null}), json!([["key"]]))).unwrap();
    assert_eq!(report.verdict(), Verdict::Denied);
    assert!(
        report
            .denials()
            .next()
            .unwrap()
            .message
            .contains("is not known at preview")
    );
    assert_eq!(
        judge(demand(), thing(json!({"key": "good"})))
            .unwrap()
            .verdict(),
        Verdict::Clean
    );
}

#[test]
fn what_warns_does_not_hold_up() {
    let metadata = METADATA.replace("mandatory", "advisory");
    let warn = || rule_with(&metadata, FORBIDDEN).unwrap();
    let report = judge(warn(), thing(json!({"key": "bad"}))).unwrap();
    assert_eq!(
        (report.verdict(), report.warnings().count()),
        (Verdict::Clean, 1)
    );
    let report = judge(warn(), unknown(json!({"key": null}), json!([["key"]]))).unwrap();
    assert_eq!(
        (report.verdict(), report.rules[0].undetermined.len()),
        (Verdict::Clean, 1)
    );
}

#[test]
fn a_secret_is_judged_and_not_repeated() {
    let rego = "deny contains {\"path\": [\"key\"], \"actual\": input.inputs.key, \"msg\": sprintf(\"it is %s\", [input.inputs.key])} if input.inputs.key == \"hunter2\"\n";
    let mut subject = thing(json!({"key": "hunter2"}));
    let shown = check(rego, subject.clone(), Verdict::Denied);
    assert!(serde_json::to_string(&shown).unwrap().contains("hunter2"));
    subject.secret_paths = serde_json::from_value(json!([["key"]])).unwrap();
    let hidden = check(rego, subject, Verdict::Denied);
    assert!(!serde_json::to_string(&hidden).unwrap().contains("hunter2"));
    assert!(!format!("{hidden:?}").contains("hunter2"));
}

/// A path is made by the rule, and so may be made of what it reads.
#[test]
fn a_secret_is_not_in_the_path_of_a_finding() {
    let paths = [
        ("[input.inputs.key]", "[]"),
        ("[\"key\", input.inputs.key, \"x\"]", "[\"key\"]"),
        ("[\"deep\", input.inputs.key]", "[\"deep\"]"),
        (
            "[\"deep\", \"list\", 0, input.inputs.key]",
            "[\"deep\",\"list\",0]",
        ),
        ("[\"mentioned\", 7]", "[\"mentioned\"]"),
        ("[\"elsewhere\"]", "[]"),
    ];
    for (path, expect) in paths {
        let rego = format!(
            "deny contains {{\"path\": {path}, \"expected\": 1}} if {{\n\tinput.inputs.key != \"ok\"\n\tinput.inputs.mentioned\n\tinput.inputs.deep\n}}\n"
        );
        let inputs = json!({"key": "hunter2", "mentioned": true, "deep": {"list": ["x"]}});
        let mut subject = thing(inputs);
        subject.secret_paths =
            serde_json::from_value(json!([["key"], ["deep", "list", 0]])).unwrap();
        let report = check(&rego, subject, Verdict::Denied);
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("hunter2"), "{path}: {text}");
        let found = report.denials().next().unwrap();
        assert_eq!(serde_json::to_string(&found.path).unwrap(), expect);
    }
    // What is no secret is named in full.
    let rego = "deny contains {\"path\": [input.inputs.key]} if input.inputs.key\n";
    let report = check(rego, thing(json!({"key": "plain"})), Verdict::Denied);
    let found = report.denials().next().unwrap();
    assert_eq!(found.path.to_string(), "plain");
}

#[test]
fn text_from_a_preview_cannot_pretend_to_be_more_than_text() {
    let rego =
        "deny contains {\"path\": [name], \"actual\": name} if input.inputs[name] == \"bad\"\n";
    let key = format!("a\n\u{1b}[31m\u{202e}{{urn}}{}", "x".repeat(5000));
    let report = check(rego, thing(json!({key: "bad"})), Verdict::Denied);
    let message = &report.denials().next().unwrap().message;
    assert!(message.chars().count() <= 1001);
    assert!(
        !message.chars().any(|c| c.is_control() || c == '\u{202e}'),
        "{message}"
    );
}

#[test]
fn a_rule_about_the_stack_sees_every_resource_once() {
    let metadata = METADATA.replace("scope: resource", "scope: stack");
    let rego = "deny contains {\"urn\": input.resources[i].urn} if input.resources[i].inputs.key == \"bad\"\ndeny contains {} if input.counts.ops[\"delete\"] > 0\n";
    let metadata = metadata.replace("#   unknown:", "#   ops: [create, delete]\n#   unknown:");
    let verdict = |subjects: Vec<Subject>| {
        let report = evaluate(&request(subjects), &[rule_with(&metadata, rego).unwrap()]).unwrap();
        assert_eq!(report.rules[0].evaluated, 1);
        report.verdict()
    };
    assert_eq!(verdict(vec![]), Verdict::Clean);
    assert_eq!(verdict(vec![thing(json!({"key": "good"}))]), Verdict::Clean);
    assert_eq!(
        verdict(vec![
            thing(json!({"key": "good"})),
            thing(json!({"key": "bad"}))
        ]),
        Verdict::Denied
    );
    assert_eq!(
        verdict(vec![unknown(json!({"key": null}), json!([["key"]]))]),
        Verdict::Undetermined
    );
    let gone = Subject {
        op: "delete".to_owned(),
        ..thing(json!(null))
    };
    assert_eq!(verdict(vec![gone]), Verdict::Denied);
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("policy".to_owned()),
        Just("ingress".to_owned()),
        Just("tags".to_owned()),
        Just("acl".to_owned()),
        Just("cidrBlocks".to_owned()),
        Just("Statement".to_owned()),
        ".{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| json!(float)),
        ".{0,8}".prop_map(Value::from),
        Just(json!("0.0.0.0/0")),
        Just(json!("{\"Statement\": [{\"Effect\": \"Allow\"}]}")),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_path() -> impl Strategy<Value = PropertyPath> {
    let segment = prop_oneof![
        Just(PathSegment::Key("ingress".to_owned())),
        Just(PathSegment::Key("policy".to_owned())),
        ".{0,4}".prop_map(PathSegment::Key),
        (0u64..3).prop_map(PathSegment::Index),
        Just(PathSegment::Index(u64::MAX)),
    ];
    prop::collection::vec(segment, 0..4).prop_map(PropertyPath)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a preview holds, policies judge it: no panic, no fault of a rule, and no pass for what is wholly unknown.
    #[test]
    fn any_document_is_judged(
        inputs in any_json(), old in any_json(), paths in prop::collection::vec(any_path(), 0..3),
        kind in prop::sample::select(vec!["aws:ec2/securityGroup:SecurityGroup", "aws:s3/bucketPolicy:BucketPolicy", "aws:iam/role:Role", "aws:rds/instance:Instance", "aws:lambda/function:Function"]),
        op in prop::sample::select(vec!["create", "update", "replace", "delete", "same"]),
    ) {
        let mut subject = thing(inputs);
        subject.urn = format!("urn:pulumi:dev::site::{kind}::it").parse().unwrap();
        subject.resource_type = kind.to_owned();
        subject.op = op.to_owned();
        subject.old_inputs = Some(old);
        subject.unknown_paths = paths;
        let judged = evaluate(&request(vec![subject.clone()]), std::slice::from_ref(baseline()));
        prop_assert!(judged.is_ok(), "{:?}", judged);
        subject.unknown_paths.push(PropertyPath::default());
        let report = evaluate(&request(vec![subject]), std::slice::from_ref(baseline())).unwrap();
        if op != "delete" {
            prop_assert!(report.verdict() != Verdict::Clean);
        }
    }
}
