//! Whole runs on the real engine.

use crate::support;
use crate::support::factory::{LONGER, factory, tools};

#[test]
fn a_yaml_stack_is_changed_applied_and_recorded() {
    tools();
    let site = factory("site-demo", "stacks/site").agent(LONGER).build();
    let report = site.run().expect(0).json();
    assert_eq!(report["outcome"], "applied");
    assert!(report["receipt"]["is_complete"].as_bool().unwrap());
    let folder = std::path::Path::new(report["folder"].as_str().unwrap());
    let junit = std::fs::read_to_string(folder.join("policy.junit.xml")).unwrap();
    assert!(
        junit.contains("<testsuite name=\"aws-baseline\""),
        "{junit}"
    );
    let sarif = std::fs::read_to_string(folder.join("report.sarif")).unwrap();
    assert!(sarif.contains("security-severity"), "{sarif}");
    let resources = site.resources();
    let rule = resources
        .iter()
        .find(|r| r["type"] == "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
        .unwrap();
    assert_eq!(rule["inputs"]["rules"][0]["expiration"]["days"], 180);
    site.lightsout(&["verify"]).expect(0);
    // The judged tree is a commit before it is in the state.
    let branch = report["landing"]["branch"].as_str().unwrap();
    assert!(site.top.join(".git/refs/heads").join(branch).exists());
    // From the same base, the next run would undo it.
    let unmerged = site.run().expect(12);
    assert!(unmerged.stderr.contains(branch), "{}", unmerged.stderr);
    site.merge(&report);
    assert_eq!(site.run().expect(0).json()["outcome"], "nothing-to-change");
}

#[test]
fn a_node_stack_runs_on_the_twin() {
    tools();
    let site = factory("queue-demo", "stacks/queue-node")
        .agent("sed -i '1i // reviewed' index.js")
        .build();
    let report = site.run().expect(0).json();
    assert_eq!(report["outcome"], "applied");
    assert!(
        site.resources()
            .iter()
            .any(|r| r["type"] == "aws:sqs/queue:Queue")
    );
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn a_python_stack_with_the_real_sdk_runs_on_the_twin() {
    tools();
    let site = factory("table-demo", "stacks/table-python")
        .agent("sed -i '1i # reviewed' __main__.py")
        .build();
    // The role's policy names the table by its ARN, which no preview knows before the table is there: a person is asked.
    let report = site.run().expect(0).json();
    assert_eq!(report["outcome"], "handed-over");
    assert_eq!(report["decision"]["needs"][0]["need"], "undetermined");
    let run = report["run"].as_str().unwrap();
    let approved = site.lightsout(&["--format", "json", "approve", run, "--by", "Ada"]);
    assert_eq!(approved.expect(0).json()["outcome"], "applied");
    assert!(
        site.resources()
            .iter()
            .any(|r| r["type"] == "aws:dynamodb/table:Table")
    );
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn a_policy_stops_what_it_forbids_and_nothing_is_applied() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .agent("sed -i '0,/blockPublicPolicy: true/s//blockPublicPolicy: false/' Pulumi.yaml")
        .build();
    let report = site.run().expect(10).json();
    assert_eq!(report["outcome"], "refused");
    assert!(report["receipt"].is_null());
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn a_hidden_scenario_stops_what_no_policy_forbids() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .agent("sed -i 's/^        status: Enabled$/        status: Suspended/' Pulumi.yaml")
        .build();
    let report = site.run().expect(11);
    assert!(site.resources().is_empty());
    // The agent's line and the public report say nothing of the scenario.
    assert!(!report.stdout.contains("deleted page"), "{}", report.stdout);
}

#[test]
fn an_agent_that_changes_nothing_is_named() {
    tools();
    let site = factory("site-demo", "stacks/site").agent("true").build();
    assert_eq!(site.run().expect(0).json()["outcome"], "nothing-to-change");
}

#[test]
fn review_writes_a_branch_and_stops() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .autonomy("review")
        .without_holdouts()
        .agent(LONGER)
        .build();
    let report = site.run().expect(0).json();
    assert_eq!(report["outcome"], "handed-over");
    assert!(site.resources().is_empty());
    assert!(
        site.top
            .join(".git/refs/heads")
            .join(report["landing"]["branch"].as_str().unwrap())
            .exists()
    );
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn balanced_waits_for_an_approval() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .autonomy("balanced")
        .agent(LONGER)
        .build();
    let report = site.run().expect(0).json();
    assert_eq!(report["outcome"], "handed-over");
    assert!(site.resources().is_empty());
    let run = report["run"].as_str().unwrap().to_owned();
    let approved = site
        .lightsout(&["--format", "json", "approve", &run, "--by", "Ada"])
        .expect(0)
        .json();
    assert_eq!(approved["outcome"], "applied");
    assert!(!site.resources().is_empty());
    // Once.
    site.lightsout(&["approve", &run, "--by", "Ada"]).expect(2);
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn the_stages_one_by_one_give_the_same() {
    tools();
    let site = factory("site-demo", "stacks/site").agent(LONGER).build();
    let mut input = site
        .lightsout(&["generate", "--stack", "site-demo", "--spec", "order.md"])
        .expect(0)
        .stdout;
    for stage in ["preview", "policy", "holdout", "gate", "apply"] {
        std::fs::write(site.top.join("in.json"), &input).unwrap();
        input = site.lightsout(&[stage, "--in", "in.json"]).expect(0).stdout;
    }
    assert!(input.contains("\"applied\""), "{input}");
    assert!(!site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn somebody_elses_change_is_judged_by_the_same_gates() {
    tools();
    let site = factory("site-demo", "stacks/site").build();
    let bad = site.proposal("Pulumi.yaml", |text| {
        text.replacen("blockPublicPolicy: true", "blockPublicPolicy: false", 1)
    });
    site.judge(&bad).expect(10);
    let good = site.proposal("Pulumi.yaml", |text| {
        text.replace("days: ${logRetentionDays}", "days: 180")
    });
    site.judge(&good).expect(0);
}

#[test]
fn a_patch_may_change_the_stack_and_nothing_else() {
    tools();
    let site = factory("site-demo", "stacks/site").build();
    let patch = |path: &str, from: &str, to: &str| {
        let file = site.top.join(".proposal.patch");
        let text = format!("--- a/{path}\n+++ b/{path}\n@@ -1,1 +1,1 @@\n-{from}\n+{to}\n");
        std::fs::write(&file, text).unwrap();
        site.judge(&file)
    };
    let first = |path: &str| {
        let text = std::fs::read_to_string(site.top.join(path)).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    for path in ["lightsout.yaml", "holdouts/site-demo/pages.feature"] {
        let ran = patch(path, &first(path), "version: 2").expect(12);
        assert!(ran.stdout.contains("outside the stack"), "{}", ran.stdout);
    }
    let project = "stacks/site/Pulumi.yaml";
    let ran = patch(project, "not what it says", "name: other").expect(1);
    assert!(ran.stderr.contains("Pulumi.yaml"), "{}", ran.stderr);
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

/// The vendor's framework, a real process, real files.
#[test]
fn a_stack_on_a_real_provider_makes_real_files() {
    tools();
    let provider = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(support::provider::file_provider());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made.txt");
    let project = format!(
        "name: files\nruntime: yaml\ndescription: files\nresources:\n  made:\n    type: local:index:File\n    properties:\n      path: {}\n      content: before\n  seen:\n    type: local:index:Environment\n    properties:\n      variable: FILE_TOKEN\noutputs:\n  names: ${{seen.names}}\n  value: ${{seen.value}}\n",
        file.display()
    );
    let feature = "Feature: files\n  Scenario: one file\n    Given the stack is deployed\n    Then there is exactly 1 resource of type \"local:index:File\"\n";
    let stack = || {
        factory("files-demo", "stacks/files")
            .packages("{ local: { provider: plugin, version: 0.1.0, environment: [FILE_TOKEN] } }")
            .line("trial: { providers: real, environment: { FILE_TOKEN: TRIAL_FILE_TOKEN } }")
            .file("stacks/files/Pulumi.yaml", &project)
            .file("holdouts/files-demo/files.feature", feature)
            .agent("sed -i 's/content: before/content: after/' Pulumi.yaml")
    };
    let first = stack().build();
    first
        .lightsout(&[
            "tools",
            "add",
            "provider",
            "local@0.1.0",
            "--file",
            provider.to_str().unwrap(),
        ])
        .expect(0);
    let lock = std::fs::read_to_string(first.top.join("tools.lock")).unwrap();
    let site = stack()
        .file("tools.lock", &lock)
        .build()
        .variable("FILE_TOKEN", "token-for-the-provider")
        .variable("TRIAL_FILE_TOKEN", "token-for-trials")
        .variable("OTHER", "not-for-it");
    let ran = site.run().expect(0);
    assert_eq!(ran.json()["outcome"], "applied", "{}", ran.stdout);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "after");
    let resources = site.resources();
    let seen = resources
        .iter()
        .find(|r| r["type"] == "local:index:Environment")
        .unwrap();
    assert_eq!(seen["outputs"]["value"], "token-for-the-provider");
    assert!(
        !seen["outputs"]["names"].to_string().contains("OTHER"),
        "{seen}"
    );
    site.lightsout(&["verify"]).expect(0);
}
