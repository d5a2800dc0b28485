//! Runs, quorums, rates, vetoes.

use lightsout::pipeline::holdout::{
    FEEDBACK, FailureKind, HoldoutReport, Rate, Reason, RunVerdict, Teardown, Terms, TermsError,
    Trial, evaluate, feedback,
};
use serde_json::json;

use super::support::*;

#[track_caller]
fn refuses(report: &HoldoutReport, expect: &[Reason]) {
    let refusal = report.verdict().unwrap_err();
    assert_eq!(refusal.reasons().collect::<Vec<_>>(), expect);
}

fn scenarios(passing: usize, failing: usize) -> HoldoutReport {
    let mut all = vec![(false, [OK; 3]); passing];
    all.extend(vec![(false, [NO; 3]); failing]);
    report(&all)
}

#[test]
fn all_scenarios_pass() {
    let report = scenarios(3, 0);
    assert_eq!(report.verdict().unwrap().set(), report.set);
    assert_eq!(report.satisfaction().to_string(), "9/9");
    assert_eq!(feedback(&report), FEEDBACK[0]);
}

#[test]
fn the_rate_is_exact_at_its_boundary() {
    for (passing, failing, enough) in [
        (9, 1, true),
        (8, 1, false),
        (18, 2, true),
        (17, 2, false),
        (89, 10, false),
        (90, 10, true),
        (899, 100, false),
        (900, 100, true),
    ] {
        let report = scenarios(passing, failing);
        if enough {
            assert!(report.verdict().is_ok(), "{passing}/{}", passing + failing);
        } else {
            refuses(&report, &[Reason::RateNotReached]);
        }
    }
}

#[test]
fn a_rate_never_overflows_and_nothing_is_a_share_of_none() {
    let rate = Rate::from_basis_points(9_000).unwrap();
    assert!(!rate.is_reached(0, 0));
    assert!(!rate.is_reached(2, 1));
    assert!(rate.is_reached(u64::MAX, u64::MAX));
    assert!(!rate.is_reached(u64::MAX / 10 * 8, u64::MAX));
    let whole = Rate::from_basis_points(10_000).unwrap();
    assert!(!whole.is_reached(u64::MAX - 1, u64::MAX));
    assert_eq!(rate.to_string(), "90.00 %");
}

#[test]
fn two_of_three_runs_are_a_pass_and_one_is_not() {
    for (runs, passes) in [
        ([OK, OK, NO], true),
        ([NO, OK, OK], true),
        ([OK, NO, NO], false),
        ([RunVerdict::NotRun, OK, RunVerdict::NotRun], false),
    ] {
        let report = report(&[(false, runs)]);
        assert_eq!(report.verdict().is_ok(), passes, "{runs:?}");
    }
    let report = report(&[(false, [OK, OK, NO]), (false, [OK; 3])]);
    assert_eq!(report.satisfaction().to_string(), "5/6");
}

#[test]
fn a_critical_scenario_has_a_veto() {
    let mut all = vec![(false, [OK; 3]); 19];
    all.push((true, [OK, NO, NO]));
    refuses(&report(&all), &[Reason::CriticalFailed]);
    all[19].1 = [OK, OK, NO];
    assert!(report(&all).verdict().is_ok());
}

#[test]
fn no_scenarios_is_not_a_pass() {
    let report = report(&[]);
    refuses(&report, &[Reason::RateNotReached, Reason::NoScenarios]);
    assert_eq!(feedback(&report), FEEDBACK[1]);
}

#[test]
fn runs_are_fixed_beforehand() {
    let mut fewer = scenarios(1, 0);
    fewer.scenarios[0].runs.pop();
    refuses(
        &fewer,
        &[
            Reason::CriticalFailed,
            Reason::RateNotReached,
            Reason::RunsMissing,
            Reason::Contradiction,
        ][1..],
    );

    let mut fewer_trials = scenarios(1, 0);
    fewer_trials.trials.pop();
    refuses(&fewer_trials, &[Reason::RunsMissing]);

    // Trying until it passes.
    let mut more = scenarios(1, 0);
    more.scenarios[0].runs = vec![NO, NO, OK, OK];
    more.trials.push(trial(4));
    refuses(
        &more,
        &[
            Reason::RateNotReached,
            Reason::RunsAdded,
            Reason::Contradiction,
        ],
    );

    let mut same = scenarios(1, 0);
    same.trials[2].seed = 1;
    refuses(&same, &[Reason::SeedRepeated]);
}

#[test]
fn a_trial_that_did_not_deploy_or_left_something_refuses() {
    let mut report = scenarios(1, 0);
    report.trials[1].teardown = Teardown::Left(1);
    refuses(&report, &[Reason::NotRemoved]);
    assert_eq!(feedback(&report), FEEDBACK[3]);
    report.trials[1].teardown = Teardown::Unproven;
    refuses(&report, &[Reason::NotRemoved]);
    report.trials[1].deployed = false;
    refuses(&report, &[Reason::NotDeployed, Reason::NotRemoved]);
    assert_eq!(feedback(&report), FEEDBACK[2]);
}

#[test]
fn a_report_that_contradicts_itself_refuses() {
    let mut claims = scenarios(9, 1);
    claims.scenarios[9].passed = true;
    refuses(&claims, &[Reason::Contradiction]);
    let mut twice = scenarios(2, 0);
    twice.scenarios[1].id = twice.scenarios[0].id;
    refuses(&twice, &[Reason::Contradiction]);
}

#[test]
fn terms_that_decide_nothing_cannot_be_made() {
    let rate = Rate::from_basis_points(9_000).unwrap();
    assert_eq!(Terms::new(0, 0, rate), Err(TermsError::Runs));
    assert_eq!(Terms::new(26, 20, rate), Err(TermsError::Runs));
    for (runs, quorum) in [(3, 0), (3, 1), (3, 4), (4, 2), (1, 0)] {
        assert_eq!(
            Terms::new(runs, quorum, rate),
            Err(TermsError::Quorum),
            "{runs} {quorum}"
        );
    }
    assert!(Terms::new(1, 1, rate).is_ok());
    assert_eq!(Rate::from_basis_points(0), Err(TermsError::Rate));
    assert_eq!(Rate::from_basis_points(10_001), Err(TermsError::Rate));
}

#[test]
fn a_report_is_read_back_as_strictly_as_it_was_made() {
    let report = report(&[(true, [OK, RunVerdict::NotRun, NO])]);
    let text = serde_json::to_value(&report).unwrap();
    assert_eq!(
        serde_json::from_value::<HoldoutReport>(text.clone()).unwrap(),
        report
    );
    let read = |pointer: &str, value: serde_json::Value| {
        let mut text = text.clone();
        *text.pointer_mut(pointer).unwrap() = value;
        serde_json::from_value::<HoldoutReport>(text)
    };
    for (pointer, value) in [
        ("/terms/quorum", json!(0)),
        ("/terms/quorum", json!(1)),
        ("/terms/runs_per_scenario", json!(0)),
        ("/terms/pass_rate_basis_points", json!(0)),
        ("/scenarios/0/id", json!("not an id")),
        ("/scenarios/0/id", json!("ABCDEF0123456789")),
        ("/scenarios/0/runs/0", json!("maybe")),
        ("/scenarios/0/runs/2", json!({"failed": "because"})),
        ("/trials/0/deployed", json!(null)),
        ("/trials/0/teardown", json!("clean")),
        ("/trials/0", json!({})),
    ] {
        assert!(read(pointer, value).is_err(), "{pointer}");
    }
    let mut more = text.clone();
    more["verdict"] = json!("passed");
    assert!(serde_json::from_value::<HoldoutReport>(more).is_err());
}

/// From files and states to a verdict: a scenario that flakes once in three passes, one that flakes twice does not.
#[test]
fn trials_are_put_together_in_order() {
    let set = set(
        "Feature: f\n Scenario: a\n  Then the bucket \"a\" exists\n @critical\n Scenario: b\n  Then the bucket \"b\" exists\n",
    );
    let bucket = |name: &str| resource(BUCKET, name, json!({}));
    let trial_of = |seed, names: &[&str]| {
        let resources: Vec<_> = names.iter().map(|n| bucket(n)).collect();
        let state = state(json!({}), &resources);
        Trial {
            record: trial(seed),
            outcomes: Some(
                set.scenarios()
                    .iter()
                    .map(|s| evaluate(s, &state))
                    .collect(),
            ),
        }
    };
    let good = vec![
        trial_of(1, &["a", "b"]),
        trial_of(2, &["a"]),
        trial_of(3, &["a", "b"]),
    ];
    let (report, _) = HoldoutReport::assemble(&set, terms(3, 2, 9_000), good);
    assert_eq!(
        report.scenarios[1].runs,
        [OK, RunVerdict::Failed(FailureKind::ResourceMissing), OK]
    );
    assert!(report.verdict().is_ok());
    assert_eq!(report.satisfaction().to_string(), "5/6");

    let bad = vec![
        trial_of(1, &["a", "b"]),
        trial_of(2, &["a"]),
        trial_of(3, &["a"]),
    ];
    let (report, _) = HoldoutReport::assemble(&set, terms(3, 2, 9_000), bad);
    refuses(&report, &[Reason::CriticalFailed, Reason::RateNotReached]);

    // A state that was not read, outcomes of another set, outcomes of a stack that did not deploy: not run.
    let mut odd = vec![
        trial_of(1, &["a", "b"]),
        trial_of(2, &["a", "b"]),
        trial_of(3, &["a", "b"]),
    ];
    odd[0].outcomes = None;
    odd[1].outcomes.as_mut().unwrap().pop();
    odd[2].record.deployed = false;
    let (report, _) = HoldoutReport::assemble(&set, terms(3, 2, 9_000), odd);
    assert_eq!(report.scenarios[0].runs, [RunVerdict::NotRun; 3]);
    refuses(
        &report,
        &[
            Reason::CriticalFailed,
            Reason::RateNotReached,
            Reason::NotDeployed,
        ],
    );
    assert_eq!(report.satisfaction().to_string(), "0/6");
}
