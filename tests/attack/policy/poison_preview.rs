//! Previews made to be misread: each is a named error, or is judged as what it is; beside it stands the honest one.

use lightsout::pipeline::policy::{
    Error, PolicyReport, RuleFault, Subject, Verdict, evaluate, evaluate_json,
};
use serde_json::{Value, json};

use super::things::{judge, request, rule, thing};

const RULE: &str = "deny contains {\"path\": [\"bad\"]} if input.inputs.bad == true\n";

/// Judges a request as JSON, after a change to its text.
fn judged(
    subjects: Vec<Subject>,
    change: impl Fn(String) -> String,
) -> Result<PolicyReport, Error> {
    let text = serde_json::to_string(&request(subjects)).unwrap();
    evaluate_json(change(text).as_bytes(), &[rule(RULE)])
}

#[track_caller]
fn check_refused(change: impl Fn(String) -> String, words: &str) {
    let honest = judged(vec![thing(json!({"bad": false}))], |text| text).unwrap();
    assert_eq!(honest.verdict(), Verdict::Clean);
    let error = judged(vec![thing(json!({"bad": false}))], change).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn what_is_no_step_of_pulumis_is_not_judged() {
    let replace = |from: &'static str, to: &'static str| {
        move |text: String| {
            assert!(text.contains(from));
            text.replace(from, to)
        }
    };
    check_refused(
        replace("\"op\":\"create\"", "\"op\":\"destroy\""),
        "`destroy` is not an operation",
    );
    check_refused(
        replace(
            "\"type\":\"test:index:Thing\"",
            "\"type\":\"test:index:Other\"",
        ),
        "does not carry the type `test:index:Other`",
    );
    check_refused(replace("urn:pulumi:dev", "urn:other:dev"), "cannot be read");
    check_refused(
        replace("\"op\":\"create\"", "\"op\":\"same\",\"op\":\"delete\""),
        "duplicate field `op`",
    );
    check_refused(
        replace("\"op\":\"create\"", "\"op\":\"create\",\"opp\":1"),
        "unknown field `opp`",
    );
    check_refused(replace("\"inputs\":{", "\"inputs\":{,"), "cannot be read");
    check_refused(|text| text[..text.len() - 1].to_owned(), "cannot be read");
    check_refused(|text| format!("{text}{text}"), "cannot be read");
}

/// The same name twice is a replacement, or a lie; each is judged.
#[test]
fn a_name_that_comes_twice_is_judged_twice() {
    for order in [[false, true], [true, false]] {
        let subjects = order.map(|bad| thing(json!({"bad": bad}))).to_vec();
        let report = judged(subjects, |text| text).unwrap();
        assert_eq!(report.verdict(), Verdict::Denied);
        assert_eq!(report.rules[0].evaluated, 2);
    }
}

/// The key stands there escaped, and twice: the rule sees the last one, as every reader of JSON here does.
#[test]
fn a_key_that_is_spelled_otherwise_is_the_same_key() {
    let spelled = |inputs: &'static str| {
        let change = move |text: String| text.replace("{\"bad\":false}", inputs);
        judged(vec![thing(json!({"bad": false}))], change)
            .unwrap()
            .verdict()
    };
    assert_eq!(spelled(r#"{"\u0062ad":true}"#), Verdict::Denied);
    assert_eq!(spelled(r#"{"\u0062ad":false}"#), Verdict::Clean);
    assert_eq!(spelled(r#"{"bad":false,"bad":true}"#), Verdict::Denied);
}

fn nested(depth: usize) -> String {
    format!("{{\"bad\":{}true{}}}", "[".repeat(depth), "]".repeat(depth))
}

/// What no parser follows to its end is a fault where a rule looks at it.
#[test]
fn what_is_nested_without_end_is_no_pass() {
    let with = |inputs: String| {
        let change = move |text: String| text.replace("{\"bad\":false}", &inputs);
        judged(vec![thing(json!({"bad": false}))], change)
    };
    assert_eq!(with(nested(20)).unwrap().verdict(), Verdict::Clean);
    assert!(with(nested(200_000)).is_err());
}

/// What a rule reads has a limit; what no rule reads costs nothing.
#[test]
fn what_is_huge_is_judged_or_refused_never_cut() {
    let huge = "x".repeat(17 << 20);
    let report = judge(rule(RULE), thing(json!({"bad": true, "note": huge}))).unwrap();
    assert_eq!(report.verdict(), Verdict::Denied);
    let error = judge(rule(RULE), thing(json!({"bad": huge}))).unwrap_err();
    let is_named = matches!(
        &error,
        Error::Rule {
            fault: RuleFault::Input { .. },
            ..
        }
    );
    assert!(is_named, "{error}");
}

#[test]
fn a_million_steps_are_refused() {
    let step = serde_json::to_string(&thing(json!({"bad": false}))).unwrap();
    let steps = |count: usize| {
        let steps = vec![step.as_str(); count].join(",");
        let stack = r#"{"project":"site","name":"dev"}"#;
        format!("{{\"stack\":{stack},\"subjects\":[{steps}]}}")
    };
    let pack = [rule(RULE)];
    let report = evaluate_json(steps(5000).as_bytes(), &pack).unwrap();
    assert_eq!((report.subjects, report.rules[0].evaluated), (5000, 5000));
    let error = evaluate_json(steps(200_001).as_bytes(), &pack).unwrap_err();
    assert!(
        error.to_string().contains("more than 200,000 steps"),
        "{error}"
    );
}

/// Several threads judge a large preview; the report is the same, in the same order.
#[test]
fn a_report_does_not_depend_on_threads() {
    let bad = |at: usize| json!({"bad": at % 7 == 3});
    let subjects: Vec<Subject> = (0..5000).map(|at| thing(bad(at))).collect();
    let json = serde_json::to_vec(&request(subjects)).unwrap();
    let pack = [rule(RULE)];
    let on = |threads| lightsout::pipeline::policy::evaluate_on(&json, &pack, threads).unwrap();
    let one = on(1);
    assert_eq!(one.denials().count(), 714);
    assert_eq!(one, on(2));
    assert_eq!(one, on(7));
}

/// Names are data: what hides or turns text around shows in what a person reads.
#[test]
fn a_name_cannot_pretend() {
    let mut subject = json!(thing(json!({"bad": true})));
    subject["name"] = json!("it\u{202e}\u{200b}");
    subject["urn"] = json!("urn:pulumi:dev::site::test:index:Thing::it\u{202e}\u{200b}");
    let subject: Subject = serde_json::from_value(subject).unwrap();
    let report = evaluate(&request(vec![subject]), &[rule(RULE)]).unwrap();
    let message = &report.denials().next().unwrap().message;
    assert!(message.contains(r"\u{202e}\u{200b}"), "{message}");
    let with_control = json!("urn:pulumi:dev::site::test:index:Thing::it\n");
    let mut subject = json!(thing(Value::Null));
    subject["urn"] = with_control;
    assert!(serde_json::from_value::<Subject>(subject).is_err());
}
