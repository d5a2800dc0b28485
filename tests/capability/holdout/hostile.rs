//! States and files that somebody made to be harmful.

use lightsout::pipeline::holdout::{
    FailureKind as Why, RunOutcome, ScenarioSet, State, StateError, evaluate,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::*;

#[test]
fn a_component_or_a_foreign_resource_does_not_stand_in() {
    let honest = resource(BUCKET, "site", json!({}));
    let other = resource(QUEUE, "q", json!({}));
    passes(
        r#"the bucket "site" exists"#,
        &state(json!({}), &[honest.clone(), other.clone()]),
    );
    // The program may name a component as it likes and claim any output for it.
    let component = with(honest.clone(), "custom", json!(false));
    fails(
        r#"the bucket "site" exists"#,
        &state(json!({}), &[component, other.clone()]),
        Why::ResourceMissing,
    );
    // Read, not made: somebody else's bucket.
    let read = with(honest.clone(), "external", json!(true));
    fails(
        r#"the bucket "site" exists"#,
        &state(json!({}), &[read, other]),
        Why::ResourceMissing,
    );
    // A bucket that another package's provider answered for.
    let provider = json!("urn:pulumi:dev::app::pulumi:providers:evil::default::1");
    let served = with(honest.clone(), "provider", provider);
    assert!(matches!(
        State::parse(&export(json!({}), &[served])),
        Err(StateError::Contradiction(2))
    ));
    let unserved = with(honest, "provider", json!(null));
    assert!(matches!(
        State::parse(&export(json!({}), &[unserved])),
        Err(StateError::Shape("provider"))
    ));
}

#[test]
fn a_state_that_contradicts_itself_is_not_judged() {
    let bucket = resource(BUCKET, "site", json!({}));
    let twice = export(json!({}), &[bucket.clone(), bucket.clone()]);
    assert!(matches!(
        State::parse(&twice),
        Err(StateError::DuplicateUrn(3))
    ));
    let lies = with(bucket.clone(), "type", json!(QUEUE));
    assert!(matches!(
        State::parse(&export(json!({}), &[lies])),
        Err(StateError::Contradiction(2))
    ));
    for (key, value) in [
        ("urn", json!("site")),
        ("urn", json!(1)),
        ("outputs", json!([])),
        ("protect", json!("no")),
        ("custom", json!(1)),
        ("initErrors", json!("x")),
    ] {
        let odd = with(bucket.clone(), key, value);
        assert!(State::parse(&export(json!({}), &[odd])).is_err(), "{key}");
    }
    let stack = json!({"urn": "urn:pulumi:dev::app::pulumi:pulumi:Stack::other", "type": "pulumi:pulumi:Stack", "custom": false});
    assert!(matches!(
        State::parse(&export(json!({}), &[stack])),
        Err(StateError::Contradiction(2))
    ));
    for text in [
        "{}",
        r#"{"version":2,"deployment":{}}"#,
        r#"{"version":3}"#,
        r#"{"version":3,"deployment":[]}"#,
        r#"{"version":3,"deployment":{"resources":{}}}"#,
    ] {
        assert!(
            matches!(State::parse(text.as_bytes()), Err(StateError::Shape(_))),
            "{text}"
        );
    }
}

#[test]
fn half_done_is_not_deployed() {
    let bucket = resource(BUCKET, "site", json!({}));
    for (key, value) in [
        ("pendingReplacement", json!(true)),
        ("initErrors", json!(["x"])),
        ("delete", json!(true)),
    ] {
        let odd = with(resource(BUCKET, "other", json!({})), key, value);
        fails(
            "the stack is deployed",
            &state(json!({}), &[bucket.clone(), odd]),
            Why::NotDeployed,
        );
    }
    let mut document: Value = serde_json::from_slice(&export(json!({}), &[bucket])).unwrap();
    document["deployment"]["pending_operations"] = json!([{"type": "creating"}]);
    let state = State::parse(document.to_string().as_bytes()).unwrap();
    fails(r#"the bucket "site" exists"#, &state, Why::NotDeployed);
}

#[test]
fn what_is_left_is_counted_whole() {
    let left = |text: &[u8]| State::parse(text).unwrap().entries();
    assert_eq!(
        left(&export(
            json!({}),
            &[with(
                resource(BUCKET, "b", json!({})),
                "delete",
                json!(true)
            )]
        )),
        3
    );
    assert_eq!(
        left(br#"{"version":3,"deployment":{"manifest":{},"metadata":{}}}"#),
        0
    );
    assert_eq!(left(br#"{"version":3,"deployment":{"resources":null}}"#), 0);
}

#[test]
fn depth_size_and_expressions_are_bounded() {
    let deep = format!(
        r#"{{"version":3,"deployment":{}{}}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    assert!(matches!(
        State::parse(deep.as_bytes()),
        Err(StateError::Json { .. })
    ));
    assert!(matches!(
        State::parse(&vec![b' '; 33 * 1024 * 1024]),
        Err(StateError::TooLarge)
    ));
    let many = vec![json!({}); 10_001];
    assert!(matches!(
        State::parse(&export(json!({}), &many)),
        Err(StateError::TooMany)
    ));

    let text = "a".repeat(200_000);
    let nested = format!(r#"{{"a":{}1{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    let s = state(
        json!({}),
        &[resource(
            BUCKET,
            "b",
            json!({"text": text, "huge": "a".repeat(1_000_000), "nested": nested}),
        )],
    );
    // Backtracking engines take longer than the universe for this one.
    fails(
        r#"the bucket "b" has property "text" matching "(a+)+b""#,
        &s,
        Why::Differs,
    );
    fails(
        r#"the bucket "b" has property "huge" matching "a*""#,
        &s,
        Why::Unreadable,
    );
    fails(
        r#"the bucket "b" has property "text" matching "((a{1,1000}){1,1000}){1,1000}""#,
        &s,
        Why::NotUnderstood,
    );
    fails(
        r#"the bucket "b" has property "nested" as JSON at "a" set"#,
        &s,
        Why::WrongShape,
    );
    passes(r#"the bucket "b" has property "text" matching "a+""#, &s);
}

#[test]
fn work_is_bounded_even_if_references_are_nested() {
    let queues: Vec<_> = (0..3_000)
        .map(|n| {
            resource(
                QUEUE,
                &format!("q{n}"),
                json!({"id": format!("q{n}"), "to": "q0"}),
            )
        })
        .collect();
    let s = state(json!({}), &queues);
    let nested = r#"each queue has property "to" referring to the queue whose property "to" refers to the queue whose property "to" refers to the queue "q0""#;
    fails(nested, &s, Why::Unreadable);
    passes(
        r#"the queue "q1" has property "to" referring to the queue "q0""#,
        &s,
    );
    passes(
        r#"some queue has property "to" referring to the queue "q0""#,
        &s,
    );
}

#[test]
fn numbers_that_do_not_fit_are_compared_all_the_same() {
    let s = state(
        json!({}),
        &[resource(
            BUCKET,
            "b",
            json!({"big": u64::MAX, "small": i64::MIN, "near": 9_007_199_254_740_993_u64}),
        )],
    );
    let of = |test: &str| format!(r#"the bucket "b" has property {test}"#);
    passes(&of(r#""big" at least 18446744073709551615"#), &s);
    passes(&of(r#""small" at most -9223372036854775808"#), &s);
    // Equal as floating-point numbers, not equal.
    fails(&of(r#""near" equal to 9007199254740992"#), &s, Why::Differs);
    fails(&of(r#""big" at least 1e400"#), &s, Why::NotUnderstood);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z\"\\\\{}\\[\\]*. ]{0,12}".prop_map(Value::from),
        Just(secret()),
        Just(unknown()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("tags|env|days|id|arn|bucket|rules|a", inner, 0..5)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn outputs() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("tags|env|days|id|arn|bucket|rules|a", value(), 0..6)
        .prop_map(|m| Value::Object(m.into_iter().collect()))
}

fn step() -> impl Strategy<Value = String> {
    let subject = prop::sample::select(vec![
        "the bucket \"r0\"",
        "the only bucket",
        "each bucket",
        "some queue",
        "the bucket whose property \"a\" is set",
    ]);
    let path = prop::sample::select(vec![
        "tags.env",
        "days",
        "rules[*].a",
        "rules[0]",
        "a['a']",
        "id",
    ]);
    let test = prop::sample::select(vec![
        "is set",
        "not set",
        "equal to \"a\"",
        "different from 1",
        "at least 0",
        "at most 3.5",
        "matching \".*\"",
        "containing \"a\"",
        "with at least 0 entries",
        "secret",
        "one of \"a\", true or 1",
        "referring to the only queue",
    ]);
    (subject, path, test).prop_map(|(s, p, t)| format!("{s} has property \"{p}\" {t}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_state_panics_and_none_passes_a_step_nobody_understands(
        resources in prop::collection::vec((prop::sample::select(vec![BUCKET, QUEUE, VERSIONING]), outputs()), 0..5),
        stack in outputs(),
        steps in prop::collection::vec(step(), 1..4),
        at in 0..4_usize,
    ) {
        let resources: Vec<_> = resources.into_iter().enumerate().map(|(n, (kind, outputs))| resource(kind, &format!("r{n}"), outputs)).collect();
        // `id` may be anything here, as a provider may say anything.
        let Ok(state) = State::parse(&export(stack, &resources)) else { return Ok(()) };
        let feature = |steps: &[String]| format!("Feature: f\n Scenario: s\n  Then {}\n", steps.join("\n  And "));
        let understood = set(&feature(&steps));
        let _outcome = evaluate(&understood.scenarios()[0], &state);

        let mut steps = steps;
        steps.insert(at.min(steps.len()), "the moon is full".to_owned());
        let outcome = evaluate(&set(&feature(&steps)).scenarios()[0], &state);
        let is_not_understood = matches!(outcome, RunOutcome::Failed { kind: Why::NotUnderstood, .. });
        prop_assert!(is_not_understood);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _state = State::parse(&bytes);
        let _set = ScenarioSet::parse(vec![lightsout::pipeline::holdout::FeatureFile { name: "a.feature".to_owned(), bytes }]);
    }

    /// Pieces of Gherkin in any order: whatever parses has scenarios, and none of them is empty.
    #[test]
    fn no_feature_panics(pieces in prop::collection::vec(prop::sample::select(vec![
        "Feature: f\n", "Scenario: s\n", "Scenario Outline: s\n", "Examples:\n", "Background:\n", "Rule: r\n", "@critical\n", "@x",
        "Given the stack is deployed\n", "Then the stack is deployed\n", "And x <a>\n", "| a |\n", "| a | b |\n", "|\n", "\"\"\"\n", "```", "# c\n", "#", "\n", " ", "\r\n",
        "* y\n", "prose\n", "Then", "Feature:", "Scenario:", "\\", "é",
    ]), 0..30)) {
        let text = pieces.concat();
        if let Ok(set) = ScenarioSet::parse(vec![file("a.feature", &format!("Feature: f\n{text}"))]) {
            prop_assert!(!set.scenarios().is_empty());
        }
    }

    #[test]
    fn no_step_panics(text in "[a-z0-9\"\\\\,:{}()\\[\\]<>|* ]{0,80}", word in "the bucket|each |there is |only |for each |\"|no ") {
        let s = state(json!({}), &[resource(BUCKET, "b", json!({}))]);
        let feature = format!("Feature: f\n Scenario: s\n  Then {word}{text}\n");
        if let Ok(set) = ScenarioSet::parse(vec![file("a.feature", &feature)]) {
            for scenario in set.scenarios() {
                let _outcome = evaluate(scenario, &s);
            }
        }
    }
}
