//! Feature files that work, and those that are refused with a place and a reason.

use lightsout::pipeline::holdout::{Problem, RunOutcome, ScenarioSet, evaluate};
use serde_json::json;

use super::support::*;

const GOOD: &str = "\
# What an operator knows and a policy cannot.
@critical
Feature: buckets
  Prose about the feature, as long as it is not a step.

  Background:
    Given the stack is deployed

  Scenario: one
    Then the bucket \"site\" exists

  Rule: more
    Background:
      Given the only bucket exists
    Example: two
      When the stack is deployed
      # a comment
      Then the only bucket exists
      * the only bucket exists
";

#[test]
fn a_feature_becomes_its_scenarios() {
    let set = set(GOOD);
    assert_eq!(set.scenarios().len(), 2);
    assert!(set.scenarios().iter().all(|s| s.is_critical()));
    assert_eq!(set.not_understood().count(), 0);
    let state = state(json!({}), &[resource(BUCKET, "site", json!({}))]);
    for scenario in set.scenarios() {
        assert_eq!(evaluate(scenario, &state), RunOutcome::Passed);
    }
}

#[test]
fn a_background_is_part_of_each_scenario() {
    let set = set(
        "Feature: f\n Background:\n  Given no bucket exists\n Scenario: s\n  Then the stack is deployed\n",
    );
    let state = state(json!({}), &[resource(BUCKET, "site", json!({}))]);
    assert!(matches!(
        evaluate(&set.scenarios()[0], &state),
        RunOutcome::Failed { step: 0, .. }
    ));
}

#[test]
fn an_outline_is_one_scenario_for_each_row() {
    let text = "\
Feature: f
  Scenario Outline: the <name> bucket
    Then the bucket \"<name>\" has tag \"env\" equal to \"<env>\"
    Examples:
      | name | env  |
      | site | prod |
    @critical
    Examples:
      | name | env  |
      | logs | test |
";
    let set = set(text);
    let state = state(
        json!({}),
        &[
            resource(BUCKET, "site", json!({"tags": {"env": "prod"}})),
            resource(BUCKET, "logs", json!({"tags": {"env": "prod"}})),
        ],
    );
    let [site, logs] = set.scenarios() else {
        panic!("two rows")
    };
    assert!(!site.is_critical() && logs.is_critical());
    assert_eq!(evaluate(site, &state), RunOutcome::Passed);
    assert!(matches!(evaluate(logs, &state), RunOutcome::Failed { .. }));
    assert_ne!(site.id(), logs.id());
}

#[test]
fn what_is_not_gherkin_is_refused_where_it_stands() {
    assert_eq!(refused("Feature f\n").0, Problem::Syntax);
    assert_eq!(refused("").0, Problem::Syntax);
    let (problem, line) = refused(
        "Feature: f\n Scenario: s\n  Then the stack is deployed\n  Thne no bucket exists\n",
    );
    assert_eq!((problem, line), (Problem::Syntax, 4));
    for rows in [
        "| a | b |\n  | a |",
        "| a |\n  | a | b |",
        "| a |\n  | a\\\\| b |",
    ] {
        let (problem, _) = refused(&format!(
            "Feature: f\n Scenario: s\n  Then the stack is deployed\n  {rows}\n"
        ));
        assert!(
            matches!(problem, Problem::Syntax | Problem::RaggedTable),
            "{rows}: {problem:?}"
        );
    }
    set("Feature: f\n Scenario: s\n  Then the stack is deployed\n  | a |\n  # c\n  | a\\|b |\n");
}

/// The parser alone would take the misspelt lines for prose and pass the rest.
#[test]
fn a_misspelt_keyword_is_never_prose() {
    assert_eq!(
        refused(
            "Feature: f\n Scenario: s\n  Thne no bucket exists\n  Then the stack is deployed\n"
        ),
        (Problem::StrayText, 2)
    );
    assert_eq!(
        refused("Feature: f\n Senario: s\n  Then no bucket exists\n Scenario: t\n  Then the stack is deployed\n").0,
        Problem::StrayText
    );
    assert_eq!(
        refused("Feature: f\n Backgruond:\n  Given no bucket exists\n Scenario: t\n  Then the stack is deployed\n").0,
        Problem::StrayText
    );
    assert_eq!(
        refused(
            "Feature: f\n Background:\n  Gievn no bucket exists\n  Given the stack is deployed\n Scenario: t\n  Then the stack is deployed\n"
        ),
        (Problem::StrayText, 2)
    );
    assert_eq!(
        refused("Feature: f\n Scenario Outline: <a>\n  Then the stack is deployed\n  Examples:\n   odd\n   | a |\n   | b |\n").0,
        Problem::StrayText
    );
}

#[test]
fn a_scenario_that_asks_for_nothing_is_refused() {
    assert_eq!(refused("Feature: f\n").0, Problem::NoScenario);
    assert_eq!(
        refused("Feature: f\n Scenario: s\n"),
        (Problem::EmptyScenario, 2)
    );
    assert_eq!(
        refused("Feature: f\n\n Scenario: s\n  Given the stack is deployed\n"),
        (Problem::NoThen, 3)
    );
    assert_eq!(refused("Feature: f\n Background:\n  Then no bucket exists\n Scenario: s\n  Given the stack is deployed\n").0, Problem::NoThen);
    assert_eq!(
        refused("Feature: f\n Scenario:\n  Then the stack is deployed\n"),
        (Problem::Unnamed, 2)
    );
}

#[test]
fn names_and_tags() {
    let one = "Feature: f\n Scenario: s\n  Then the stack is deployed\n";
    assert_eq!(
        refused(&format!("{one} Scenario: s\n  Then no bucket exists\n")),
        (Problem::DuplicateScenario, 4)
    );
    let two = vec![file("a.feature", one), file("b.feature", one)];
    assert_eq!(
        ScenarioSet::parse(two).unwrap_err().problem(),
        Problem::DuplicateScenario
    );
    let twice = vec![file("a.feature", one), file("a.feature", one)];
    assert_eq!(
        ScenarioSet::parse(twice).unwrap_err().problem(),
        Problem::DuplicateFile
    );
    for tag in ["@Critical", "@critcal", "@critical @slow", "@slow"] {
        assert_eq!(
            refused(&format!(
                "Feature: f\n {tag}\n Scenario: s\n  Then the stack is deployed\n"
            )),
            (Problem::UnknownTag, 3)
        );
    }
    assert!(
        set("Feature: f\n @critical\n Scenario: s\n  Then the stack is deployed\n").scenarios()[0]
            .is_critical()
    );
}

#[test]
fn outlines_that_do_not_fit_their_examples() {
    let outline = |heading: &str, rows: &str| {
        format!(
            "Feature: f\n Scenario Outline: s\n  Then the bucket \"<name>\" exists\n  Examples:\n   {heading}\n{rows}"
        )
    };
    assert_eq!(
        refused(&outline("| nam |", "   | x |\n")).0,
        Problem::BadHeading
    );
    assert_eq!(
        refused(&outline("| name | name |", "   | x | y |\n")).0,
        Problem::BadHeading
    );
    assert_eq!(
        refused(&outline("| name |", "   | x |\n   | x |\n")).0,
        Problem::DuplicateRow
    );
    assert_eq!(refused(&outline("| name |", "")).0, Problem::NoExamples);
    assert_eq!(
        refused("Feature: f\n Scenario Outline: s\n  Then the bucket \"x\" exists\n").0,
        Problem::NoExamples
    );
    assert_eq!(
        refused("Feature: f\n Scenario Outline: <name>\n  Then the bucket \"<other>\" exists\n  Examples:\n   | name |\n   | x |\n").0,
        Problem::UnknownPlaceholder
    );
}

#[test]
fn bytes_that_are_not_plain_text() {
    for bytes in [
        &b"Feature: \xff"[..],
        b"\xef\xbb\xbfFeature: f\n",
        b"Feature: f\x00\n",
        b"Feature: f\r  \n",
        b"Feature: \x1b[0m\n",
    ] {
        let file = lightsout::pipeline::holdout::FeatureFile {
            name: "a.feature".to_owned(),
            bytes: bytes.to_vec(),
        };
        assert_eq!(
            ScenarioSet::parse(vec![file]).unwrap_err().problem(),
            Problem::NotPlainText
        );
    }
    assert_eq!(
        refused("# language: fr\nFonctionnalité: f\n"),
        (Problem::Language, 1)
    );
    assert_eq!(refused(&"\n".repeat(10_000)).0, Problem::TooLarge);
    assert_eq!(refused(&"x".repeat(300 * 1024)).0, Problem::TooLarge);
    // Lines may end as on Windows.
    assert_eq!(set(&GOOD.replace('\n', "\r\n")).scenarios().len(), 2);
}

#[test]
fn too_many_of_anything() {
    let steps = "  Then the stack is deployed\n".repeat(101);
    assert_eq!(
        refused(&format!("Feature: f\n Scenario: s\n{steps}")).0,
        Problem::TooManySteps
    );
    let rows: String = (0..1_001).map(|n| format!("  | {n} |\n")).collect();
    assert_eq!(
        refused(&format!("Feature: f\n Scenario Outline: s\n  Then the bucket \"<a>\" exists\n  Examples:\n  | a |\n{rows}")).0,
        Problem::TooManyScenarios
    );
    let files = (0..201)
        .map(|n| file(&format!("{n}.feature"), GOOD))
        .collect();
    assert_eq!(
        ScenarioSet::parse(files).unwrap_err().problem(),
        Problem::TooManyFiles
    );
}

#[test]
fn a_folder_holds_feature_files_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert_eq!(
        ScenarioSet::from_folder(folder.path())
            .unwrap()
            .scenarios()
            .len(),
        0
    );
    std::fs::write(path("a.feature"), GOOD).unwrap();
    std::fs::write(path(".canary"), "x").unwrap();
    std::fs::write(path("NOTES.md"), "x").unwrap();
    let set = ScenarioSet::from_folder(folder.path()).unwrap();
    assert_eq!(
        set.hash(),
        ScenarioSet::parse(vec![file("a.feature", GOOD)])
            .unwrap()
            .hash()
    );

    for name in ["a.featur", "b.txt", "..feature.x", "ü.feature"] {
        std::fs::write(path(name), GOOD).unwrap();
        if name.starts_with('.') {
            continue;
        }
        assert_eq!(
            ScenarioSet::from_folder(folder.path())
                .unwrap_err()
                .problem(),
            Problem::NotAFeatureFile
        );
        std::fs::remove_file(path(name)).unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", path("b.feature")).unwrap();
    assert_eq!(
        ScenarioSet::from_folder(folder.path())
            .unwrap_err()
            .problem(),
        Problem::NotAFeatureFile
    );
    std::fs::remove_file(path("b.feature")).unwrap();
    std::fs::create_dir(path("c.feature")).unwrap();
    assert_eq!(
        ScenarioSet::from_folder(folder.path())
            .unwrap_err()
            .problem(),
        Problem::NotAFeatureFile
    );
    std::fs::remove_dir(path("c.feature")).unwrap();
    std::fs::write(path("d.feature"), vec![b' '; 300 * 1024]).unwrap();
    assert_eq!(
        ScenarioSet::from_folder(folder.path())
            .unwrap_err()
            .problem(),
        Problem::TooLarge
    );
    assert!(matches!(
        ScenarioSet::from_folder(&path("gone"))
            .unwrap_err()
            .problem(),
        Problem::Io(std::io::ErrorKind::NotFound)
    ));
}

#[test]
fn the_hash_is_of_names_and_contents_in_any_order() {
    let b = GOOD.replace("one", "three").replace("two", "four");
    let parse = |files: Vec<_>| ScenarioSet::parse(files).unwrap();
    let one = parse(vec![file("a.feature", GOOD), file("b.feature", &b)]);
    let other = parse(vec![file("b.feature", &b), file("a.feature", GOOD)]);
    assert_eq!(one.hash(), other.hash());
    let ids = |set: &ScenarioSet| set.scenarios().iter().map(|s| s.id()).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&other));
    let renamed = parse(vec![file("a.feature", GOOD), file("c.feature", &b)]);
    assert_ne!(one.hash(), renamed.hash());
    let changed = parse(vec![
        file("a.feature", GOOD),
        file("b.feature", &format!("{b}\n")),
    ]);
    assert_ne!(one.hash(), changed.hash());
    // The salt is of the whole set: not even an unchanged scenario keeps a name that could be recognised elsewhere.
    assert!(ids(&one).iter().all(|id| !ids(&changed).contains(id)));
}
