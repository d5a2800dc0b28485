//! No word of a scenario where an agent or a ledger could read it.

use lightsout::pipeline::holdout::{
    FEEDBACK, HoldoutReport, ScenarioSet, Teardown, Trial, evaluate, feedback,
};
use serde_json::json;

use super::support::*;

const CANARIES: [&str; 6] = [
    "kestrel", "marmoset", "ocelot", "tapir", "wombat", "narwhal",
];

fn hidden() -> ScenarioSet {
    ScenarioSet::parse(vec![file(
        "kestrel.feature",
        "Feature: marmoset\n\n  Scenario: ocelot\n    Then the bucket \"tapir\" has property \"wombat\" equal to \"narwhal\"\n",
    )])
    .unwrap()
}

#[track_caller]
fn silent(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{text}");
    }
}

fn failed() -> (
    ScenarioSet,
    HoldoutReport,
    lightsout::pipeline::holdout::Details,
    Vec<Trial>,
) {
    let set = hidden();
    let state = state(
        json!({}),
        &[resource(BUCKET, "tapir", json!({"wombat": "found-it"}))],
    );
    let trials: Vec<_> = (1..=3)
        .map(|seed| Trial {
            record: trial(seed),
            outcomes: Some(
                set.scenarios()
                    .iter()
                    .map(|s| evaluate(s, &state))
                    .collect(),
            ),
        })
        .collect();
    let (report, details) = HoldoutReport::assemble(&set, terms(3, 2, 9_000), trials.clone());
    (set, report, details, trials)
}

#[test]
fn what_can_be_printed_or_stored_says_nothing() {
    let (set, report, details, trials) = failed();
    silent(&format!(
        "{set:?} {:?} {report:?} {details:?} {trials:?}",
        set.scenarios()
    ));
    silent(&format!(
        "{set:#?} {:#?} {report:#?} {details:#?} {trials:#?}",
        set.scenarios()
    ));
    silent(&serde_json::to_string(&report).unwrap());
    silent(&serde_json::to_string(set.scenarios()).unwrap());
    silent(&format!("{:?}", report.verdict()));
    silent(feedback(&report));
    assert!(!format!("{trials:?}").contains("found-it"));
    silent(&format!("{:?}", file("kestrel.feature", "ocelot")));
}

/// The honest twin: the operator does see it.
#[test]
fn the_operator_sees_everything() {
    let (_, report, details, _) = failed();
    let text = details.private_text();
    for canary in CANARIES.iter().filter(|c| **c != "marmoset") {
        assert!(text.contains(canary), "{canary}: {text}");
    }
    assert!(
        text.contains("found-it") && text.contains("kestrel.feature:3") && text.contains("line 4"),
        "{text}"
    );
    assert!(text.contains(&report.scenarios[0].id.to_string()), "{text}");
}

#[test]
fn an_error_names_a_place_and_a_rule() {
    for text in [
        "Feature: marmoset\n Scenario: ocelot\n  Thne tapir\n  Then wombat\n",
        "Feature: marmoset\n Scenario: ocelot\n  Then tapir\n  Thne wombat\n",
        "Feature: marmoset\n Scenario: ocelot\n  Then wombat\n Scenario: ocelot\n  Then tapir\n",
        "Feature: marmoset\n @ocelot\n Scenario: ocelot\n  Then wombat\n",
        "Feature: marmoset\n Scenario Outline: ocelot <tapir>\n  Then wombat\n Examples:\n | wombat |\n | narwhal |\n",
    ] {
        let error = ScenarioSet::parse(vec![file("a.feature", text)]).unwrap_err();
        silent(&format!("{error} {error:?}"));
        assert!(error.to_string().contains("`a.feature` line "), "{error}");
    }
}

/// What an agent can learn is which of four lines it gets, whatever failed and how much of it.
#[test]
fn feedback_is_one_line_of_a_closed_list() {
    let mut seen = std::collections::BTreeSet::new();
    for critical in [false, true] {
        for runs in [[OK; 3], [OK, OK, NO], [OK, NO, NO], [NO; 3]] {
            for failing in 0..4 {
                for (deployed, teardown) in [
                    (true, Teardown::Left(0)),
                    (false, Teardown::Left(0)),
                    (true, Teardown::Left(7)),
                    (true, Teardown::Unproven),
                ] {
                    let mut all = vec![(false, [OK; 3]); 20];
                    all.extend(vec![(critical, runs); failing]);
                    let mut report = report(&all);
                    report.trials[0].deployed = deployed;
                    report.trials[0].teardown = teardown;
                    let line = feedback(&report);
                    assert!(FEEDBACK.contains(&line));
                    assert_eq!(line == FEEDBACK[0], report.verdict().is_ok());
                    seen.insert(line);
                }
            }
        }
    }
    assert_eq!(seen.len(), FEEDBACK.len());
    for line in FEEDBACK {
        assert!(
            !line.contains('\n') && !line.chars().any(|c| c.is_ascii_digit()),
            "{line}"
        );
    }
}

#[test]
fn an_id_cannot_be_confirmed_from_what_is_published() {
    use lightsout::names::Sha256;
    let set = hidden();
    let id = set.scenarios()[0].id().to_string();
    // Everything that a report shows, and a lucky guess of the name.
    for salt in [
        set.hash().to_string(),
        Sha256::of(b"kestrel.feature").to_string(),
        String::new(),
    ] {
        for text in [
            format!("{salt}\nkestrel.feature\n0\nocelot"),
            format!("{salt}kestrel.featureocelot"),
        ] {
            assert!(!Sha256::of(text.as_bytes()).to_string().starts_with(&id));
        }
    }
}
