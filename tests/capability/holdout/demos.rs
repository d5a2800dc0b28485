//! The scenarios that come with the demo stacks: true of the stacks as they are, and each false of some broken stack.
//!
//! `tests/fixtures/holdout/*.json` are exports of the demo stacks, cut down to what a judgement reads.

use lightsout::pipeline::holdout::{RunOutcome, ScenarioSet, State, evaluate};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn scenarios(stack: &str) -> ScenarioSet {
    let set = ScenarioSet::from_folder(&root("holdouts").join(stack)).unwrap();
    assert_eq!(set.not_understood().collect::<Vec<_>>(), []);
    assert!(set.scenarios().iter().any(|s| s.is_critical()));
    set
}

fn export(stack: &str) -> Value {
    let path = root("tests/fixtures/holdout").join(format!("{stack}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Indexes of the scenarios that fail.
fn failing(set: &ScenarioSet, export: &Value) -> Vec<usize> {
    let state = State::parse(export.to_string().as_bytes()).unwrap();
    let failed = |at: &usize| evaluate(&set.scenarios()[*at], &state) != RunOutcome::Passed;
    (0..set.scenarios().len()).filter(failed).collect()
}

/// What a careless change does to a resource (or, without a name, to the outputs of the stack).
struct Mutant(&'static str, &'static str, Value);

/// Every scenario holds of the stack, and every scenario is failed by some mutant: one that nothing fails asks for nothing.
#[track_caller]
fn check(stack: &str, mutants: &[Mutant]) {
    let set = scenarios(stack);
    let good = export(stack);
    assert_eq!(failing(&set, &good), [] as [usize; 0]);
    let mut caught = std::collections::BTreeSet::new();
    for Mutant(name, pointer, value) in mutants {
        let mut bad = good.clone();
        let resources = bad["deployment"]["resources"].as_array_mut().unwrap();
        let wanted = |r: &Value| r["urn"].as_str().unwrap().ends_with(&format!("::{name}"));
        let at = resources
            .iter()
            .position(wanted)
            .unwrap_or_else(|| panic!("{name}"));
        if pointer.is_empty() {
            resources.remove(at);
        } else {
            resources[at]["outputs"][*pointer] = value.clone();
            if *pointer == "tags" {
                resources[at]["outputs"]["tagsAll"] = value.clone();
            }
        }
        let failed = failing(&set, &bad);
        assert!(!failed.is_empty(), "{name} {pointer} {value}");
        caught.extend(failed);
    }
    assert_eq!(caught.len(), set.scenarios().len(), "{caught:?}");
}

#[test]
fn the_site() {
    check(
        "site-demo",
        &[
            Mutant("contentVersions", "", json!(null)),
            Mutant(
                "contentVersions",
                "versioningConfiguration",
                json!({"status": "Suspended"}),
            ),
            Mutant("contentAccess", "", json!(null)),
            Mutant("logsAccess", "restrictPublicBuckets", json!(false)),
            Mutant("site-site-demo", "url", json!("http://www.example.com/")),
            Mutant("site-site-demo", "logBucket", json!("content-e62e431")),
            Mutant("contentLogging", "", json!(null)),
            Mutant("contentLogging", "targetBucket", json!("content-e62e431")),
            Mutant(
                "logsRetention",
                "rules",
                json!([{"id": "expire", "status": "Enabled", "expiration": {"days": 7}}]),
            ),
            Mutant("logsRetention", "bucket", json!("content-e62e431")),
            Mutant("content", "tags", json!({"service": "site"})),
            Mutant("content", "", json!(null)),
        ],
    );
}

#[test]
fn the_queue() {
    let redrive = |arn: &str, count: u64| {
        json!(json!({"deadLetterTargetArn": arn, "maxReceiveCount": count}).to_string())
    };
    let dead = "arn:aws:sqs:us-east-1:000000000000:dead-77aa";
    check(
        "queue-demo",
        &[
            Mutant("work", "redrivePolicy", json!("")),
            Mutant(
                "work",
                "redrivePolicy",
                redrive("arn:aws:sqs:us-east-1:000000000000:other", 5),
            ),
            Mutant("work", "redrivePolicy", redrive(dead, 1)),
            Mutant("work", "redrivePolicy", redrive(dead, 1_000)),
            Mutant("work", "messageRetentionSeconds", json!(60)),
            Mutant("dead", "messageRetentionSeconds", json!(345_600)),
            Mutant("dead", "redrivePolicy", redrive(dead, 5)),
            Mutant("work", "visibilityTimeoutSeconds", json!(0)),
            Mutant("queue-queue-demo", "workUrl", json!(null)),
            Mutant("dead", "", json!(null)),
        ],
    );
}

#[test]
fn the_table() {
    let policy = |action: Value, resource: &str| {
        json!(
            json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
                .to_string()
        )
    };
    let orders = "arn:aws:dynamodb:us-east-1:000000000000:table/orders-9b1c";
    let trust = |service: &str, action: &str| {
        json!(json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": action}]}).to_string())
    };
    check(
        "table-demo",
        &[
            Mutant("read", "policy", policy(json!(["dynamodb:*"]), orders)),
            Mutant(
                "read",
                "policy",
                policy(json!(["dynamodb:GetItem", "dynamodb:DeleteItem"]), orders),
            ),
            Mutant("read", "policy", policy(json!("dynamodb:GetItem"), "*")),
            Mutant("read", "policy", policy(json!(["dynamodb:GetItem"]), "*")),
            Mutant(
                "reader-reads",
                "policyArn",
                json!("arn:aws:iam::aws:policy/AdministratorAccess"),
            ),
            Mutant(
                "reader",
                "managedPolicyArns",
                json!(["arn:aws:iam::aws:policy/AdministratorAccess"]),
            ),
            Mutant("orders", "hashKey", json!("id")),
            Mutant("orders", "pointInTimeRecovery", json!({"enabled": false})),
            Mutant("orders", "deletionProtectionEnabled", json!(false)),
            Mutant("orders", "billingMode", json!("PROVISIONED")),
            Mutant(
                "reader",
                "assumeRolePolicy",
                trust("ec2.amazonaws.com", "sts:AssumeRole"),
            ),
            Mutant(
                "reader",
                "assumeRolePolicy",
                trust("lambda.amazonaws.com", "sts:*"),
            ),
            Mutant("table-table-demo", "table", json!("other")),
        ],
    );
}
