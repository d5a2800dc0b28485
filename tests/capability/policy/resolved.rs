//! The same rules on resolved values: what is let through, what stops, and what is written down.

use std::sync::Arc;

use lightsout::engine::analyzer::{Asked, Judge, Objection};
use lightsout::engine::wire::value::{Properties, Value};
use lightsout::ledger::{Key, PersonName};
use lightsout::names::RuleId;
use lightsout::pipeline::policy::waiver::{Signed, UrnPattern, Waiver, Waivers};
use lightsout::pipeline::policy::{Pack, RuleResult, Subject, evaluate};
use lightsout::pipeline::resolved::{Answer, Resolver, Rules, Stops};
use serde_json::json;

use super::things::{MANIFEST, METADATA, pack, request, thing};

const URN: &str = "urn:pulumi:dev::site::test:index:Thing::it";

/// A rule about things: its number, what METADATA has besides, and its text.
fn file(number: u8, change: &[(&str, &str)], rego: &str) -> (String, String) {
    let mut metadata = METADATA
        .replace("TEST-001", &format!("TEST-00{number}"))
        .replace("test.thing", &format!("test.thing_{number}"));
    for (from, to) in change {
        assert!(metadata.contains(from), "{from}");
        metadata = metadata.replace(from, to);
    }
    (format!("thing_{number}.rego"), format!("{metadata}{rego}"))
}

/// Rules that read the inputs, the outputs, the old state, all resources, and deletes.
fn judging() -> Pack {
    let of = |what: &str| {
        format!(
            "deny contains {{\"path\": [\"key\"], \"msg\": input.{what}.key}} if input.{what}.key == \"bad\"\n"
        )
    };
    let stack = [("scope: resource", "scope: stack")];
    let delete = [("types:", "ops: [delete]\n#   types:")];
    let files = [
        file(1, &[], &of("inputs")),
        file(2, &[], &of("outputs")),
        file(3, &[], &of("old_inputs")),
        file(
            4,
            &stack,
            "deny contains {\"msg\": \"worse\"} if {\n\tsome one in input.resources\n\tone.inputs.key == \"worse\"\n}\n",
        ),
        file(
            5,
            &delete,
            "deny contains {\"msg\": \"gone\"} if input.op\n",
        ),
    ];
    let mut files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (&**a, &**b)).collect();
    files.push(MANIFEST);
    pack(&files).unwrap()
}

/// A thing whose key nobody knows at the preview.
fn open(change: serde_json::Value) -> Subject {
    let mut subject = json!(thing(json!({ "key": null })));
    subject["unknown_paths"] = json!([["key"]]);
    for (key, value) in change.as_object().unwrap() {
        subject[key] = value.clone();
    }
    serde_json::from_value(subject).unwrap()
}

/// A judge of one update, after a preview of this thing.
fn resolver(stops: Stops, subject: Subject) -> Resolver {
    waiving(stops, subject, Waivers::default())
}

/// The same, where something is waived.
fn waiving(stops: Stops, subject: Subject, waivers: Waivers) -> Resolver {
    let packs = vec![judging()];
    let request = request(vec![subject]);
    let report = evaluate(&request, &packs).unwrap();
    let waived = (waivers, jiff::Timestamp::UNIX_EPOCH);
    Resolver::new(Arc::new(Rules::new(packs, request, &report, waived)), stops)
}

/// A judge that has these packs, after a preview at which others left more open.
fn beside(packs: Vec<Pack>, subject: Subject, others: &[&str]) -> Resolver {
    let request = request(vec![subject]);
    let mut report = evaluate(&request, &[judging()]).unwrap();
    let like = report.rules[0].clone();
    assert!(!like.undetermined.is_empty());
    if packs.is_empty() {
        report.rules.clear();
    }
    report.rules.extend(others.iter().map(|name| RuleResult {
        rule: RuleId::new(*name).unwrap(),
        ..like.clone()
    }));
    let waived = (Waivers::default(), jiff::Timestamp::UNIX_EPOCH);
    let rules = Rules::new(packs, request, &report, waived);
    Resolver::new(Arc::new(rules), Stops::Nothing)
}

fn asked(key: Value) -> Asked {
    let properties: Properties = [("key".to_owned(), key)].into();
    Asked {
        urn: URN.to_owned(),
        resource_type: "test:index:Thing".to_owned(),
        properties: Ok(properties),
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// The rules that object.
fn rules(objections: &[Objection]) -> Vec<&str> {
    objections.iter().map(|it| it.rule.as_str()).collect()
}

/// What became of a rule that the preview left open.
#[track_caller]
fn answer(resolver: &Resolver, rule: &str) -> Answer {
    let resolved = resolver.resolved();
    let found = resolved.answers.iter().find(|it| it.rule.as_str() == rule);
    found.expect("the preview left it open").answer
}

#[test]
fn a_value_that_is_known_now_stops_the_resource_or_does_not() {
    let resolver = resolver(Stops::Everything, open(json!({})));
    assert!(resolver.resource(&asked(text("good"))).is_empty());
    assert_eq!(answer(&resolver, "TEST-001"), Answer::Clean);
    // Rules about the whole stack and about deletes say nothing of one resource.
    assert_eq!(answer(&resolver, "TEST-004"), Answer::NotAnswered);
    let bad = resolver.resource(&asked(text("bad")));
    assert_eq!(rules(&bad), ["TEST-001"]);
    assert_eq!(bad[0].urn, URN);
    assert_eq!(answer(&resolver, "TEST-001"), Answer::Denied);
}

#[test]
fn a_secret_is_judged_and_not_repeated() {
    let resolver = resolver(Stops::Everything, open(json!({})));
    let secret = |word| asked(Value::Secret(Box::new(text(word))));
    assert!(resolver.resource(&secret("good")).is_empty());
    let bad = resolver.resource(&secret("bad"));
    assert_eq!(rules(&bad), ["TEST-001"]);
    assert!(!bad[0].message.contains("bad"), "{}", bad[0].message);
    assert!(!json!(resolver.resolved()).to_string().contains("\"bad\""));
}

#[test]
fn what_is_waived_is_let_through_and_nothing_else_is() {
    let waivers = |rule: &str| {
        let waiver = Waiver {
            rule: RuleId::new(rule).unwrap(),
            urn: UrnPattern::new(URN).unwrap(),
            reason: "it is known, and goes away".to_owned(),
            owner: PersonName::new("Ada").unwrap(),
            approved_by: None,
            issued: jiff::Timestamp::UNIX_EPOCH,
            expires: jiff::Timestamp::new(86_400, 0).unwrap(),
        };
        let mut waivers = Waivers::default();
        waivers.put(Signed::new(waiver, &Key::generate("test").unwrap()).unwrap());
        waivers
    };
    let bad = asked(text("bad"));
    let waived = waiving(Stops::Everything, open(json!({})), waivers("TEST-001"));
    assert!(waived.resource(&bad).is_empty());
    assert!(waived.resolved().denials.is_empty());
    let other = waiving(Stops::Everything, open(json!({})), waivers("TEST-002"));
    assert_eq!(rules(&other.resource(&bad)), ["TEST-001"]);
    // Not even a waiver says what nobody knows.
    assert_eq!(
        rules(&waived.resource(&asked(Value::Unknown))),
        ["TEST-001"]
    );
}

#[test]
fn a_value_that_is_not_known_even_now_stops_an_apply_and_is_written_down_in_a_trial() {
    let apply = resolver(Stops::Everything, open(json!({})));
    assert_eq!(rules(&apply.resource(&asked(Value::Unknown))), ["TEST-001"]);
    for stops in [Stops::Nothing, Stops::Denials] {
        let trial = resolver(stops, open(json!({})));
        assert!(trial.resource(&asked(Value::Unknown)).is_empty());
        assert_eq!(answer(&trial, "TEST-001"), Answer::NotAnswered);
    }
}

#[test]
fn outputs_are_judged_when_all_is_made() {
    let unmade = open(json!({ "outputs": { "key": null }, "unknown_output_paths": [["key"]] }));
    for (made, expect) in [("good", Answer::Clean), ("bad", Answer::Denied)] {
        let resolver = resolver(Stops::Everything, unmade.clone());
        // Nobody can know them before, and a person has agreed to that.
        assert!(resolver.resource(&asked(text("good"))).is_empty());
        assert_eq!(answer(&resolver, "TEST-002"), Answer::NotAnswered);
        let objections = resolver.stack(&[asked(text(made))]);
        assert_eq!(objections.is_empty(), expect == Answer::Clean);
        assert_eq!(answer(&resolver, "TEST-002"), expect);
        assert_eq!(answer(&resolver, "TEST-001"), Answer::Clean);
        assert_eq!(resolver.gap(), None);
    }
}

#[test]
fn rules_about_the_whole_stack_are_asked_when_all_is_made() {
    for (key, expect) in [("good", Answer::Clean), ("worse", Answer::Denied)] {
        let resolver = resolver(Stops::Everything, open(json!({})));
        assert!(resolver.resource(&asked(text(key))).is_empty());
        let objections = resolver.stack(&[asked(text("good"))]);
        assert_eq!(objections.is_empty(), expect == Answer::Clean);
        assert_eq!(answer(&resolver, "TEST-004"), expect);
    }
}

#[test]
fn what_only_the_old_state_could_tell_stays_as_a_person_agreed() {
    let old =
        json!({ "op": "update", "old_inputs": { "key": null }, "unknown_old_paths": [["key"]] });
    let resolver = resolver(Stops::Everything, open(old));
    assert!(resolver.resource(&asked(text("good"))).is_empty());
    assert!(resolver.stack(&[asked(text("good"))]).is_empty());
    assert_eq!(answer(&resolver, "TEST-003"), Answer::NotAnswered);
    // What the preview knew is there: it is the rule's business no less than at the preview.
    let bad = json!({ "op": "update", "old_inputs": { "key": "bad" } });
    let resolver = self::resolver(Stops::Everything, open(bad));
    assert_eq!(
        rules(&resolver.resource(&asked(text("good")))),
        ["TEST-003"]
    );
}

#[test]
fn what_was_not_previewed_stops_an_apply_and_is_judged_in_a_trial() {
    let other = |key| Asked {
        urn: URN.replace("::it", "::other"),
        ..asked(text(key))
    };
    let apply = resolver(Stops::Everything, open(json!({})));
    assert_eq!(apply.resource(&other("good")).len(), 1);
    assert!(apply.fault().unwrap().contains("not in the preview"));
    let trial = resolver(Stops::Denials, open(json!({})));
    assert!(trial.resource(&other("good")).is_empty());
    assert_eq!(rules(&trial.resource(&other("bad"))), ["TEST-001"]);
    assert_eq!(trial.fault(), None);
}

/// Such as those of CrossGuard packs, which are asked about the preview alone.
#[test]
fn a_policy_that_is_not_asked_again_has_no_answer() {
    let both = beside(vec![judging()], open(json!({})), &["guard-key"]);
    let alone = beside(Vec::new(), open(json!({})), &["guard-key"]);
    for resolver in [&both, &alone] {
        assert!(resolver.resource(&asked(text("good"))).is_empty());
        assert!(resolver.stack(&[asked(text("good"))]).is_empty());
        assert_eq!((resolver.gap(), resolver.fault()), (None, None));
        assert_eq!(answer(resolver, "guard-key"), Answer::NotAnswered);
    }
    assert_eq!(answer(&both, "TEST-001"), Answer::Clean);
    assert_eq!(answer(&both, "TEST-004"), Answer::Clean);
}

#[test]
fn what_was_never_asked_about_has_no_answer() {
    let resolver = resolver(Stops::Nothing, open(json!({})));
    assert_eq!(answer(&resolver, "TEST-001"), Answer::NotAnswered);
    assert!(resolver.stack(&[asked(text("good"))]).is_empty());
    for rule in ["TEST-001", "TEST-004"] {
        assert_eq!(answer(&resolver, rule), Answer::NotAnswered, "{rule}");
    }
}

#[test]
fn a_rule_that_fails_has_no_answer() {
    // It answers something that is no finding.
    let (name, rego) = file(
        1,
        &[],
        "deny contains input.inputs.key if startswith(input.inputs.key, \"odd\")\n",
    );
    let broken = pack(&[(&name, &rego), MANIFEST]).unwrap();
    let other = || Asked {
        urn: URN.replace("::it", "::other"),
        ..asked(text("good"))
    };
    let resolver = beside(vec![broken], open(json!({})), &[]);
    assert!(resolver.resource(&asked(text("odd-canary"))).is_empty());
    assert!(resolver.resource(&other()).is_empty());
    let fault = resolver.fault().unwrap();
    assert!(fault.contains("TEST-001"), "{fault}");
    assert!(!fault.contains("canary"), "{fault}");
    assert_eq!(answer(&resolver, "TEST-001"), Answer::NotAnswered);
    assert!(resolver.stack(&[asked(text("good"))]).is_empty());
    assert_eq!(answer(&resolver, "TEST-001"), Answer::NotAnswered);
    // Nor does a later answer make good what failed.
    assert!(resolver.resource(&asked(text("good"))).is_empty());
    assert!(resolver.stack(&[asked(text("good"))]).is_empty());
    assert_eq!(answer(&resolver, "TEST-001"), Answer::NotAnswered);
}

#[test]
fn a_trial_on_twins_goes_on_and_everything_is_written_down() {
    let resolver = resolver(Stops::Nothing, open(json!({})));
    assert!(resolver.resource(&asked(text("bad"))).is_empty());
    assert!(resolver.stack(&[asked(text("good"))]).is_empty());
    assert_eq!(answer(&resolver, "TEST-001"), Answer::Denied);
    assert_eq!(resolver.resolved().denials.len(), 1);
    let strange = Asked {
        resource_type: "test:index:Other".to_owned(),
        ..asked(text("good"))
    };
    assert!(resolver.resource(&strange).is_empty());
    assert!(resolver.fault().unwrap().contains("type"));
}

#[test]
fn an_update_that_was_not_asked_about_has_a_gap() {
    let resolver = resolver(Stops::Everything, open(json!({})));
    assert!(resolver.gap().unwrap().contains(URN));
    assert!(resolver.resource(&asked(text("good"))).is_empty());
    assert!(resolver.gap().unwrap().contains("whole stack"));
    assert!(resolver.stack(&[asked(text("good"))]).is_empty());
    assert_eq!(resolver.gap(), None);
    assert_eq!(resolver.resolved().asked, 1);
}
