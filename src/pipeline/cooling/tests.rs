use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::*;

const BUCKET: &str = "aws:s3/bucket:Bucket";

fn urn(kind: &str, name: &str) -> Urn {
    Urn::new(format!("urn:pulumi:prod::site::{kind}::{name}")).unwrap()
}

fn side(inputs: &Value, protect: bool) -> Value {
    json!({
        "inputs": { "values": inputs, "unknown": [], "secret": [] },
        "outputs": { "values": {}, "unknown": [], "secret": [] },
        "protect": protect, "external": false, "retain_on_delete": false,
    })
}

/// A step of a bucket with this name and id.
fn step(op: &str, name: &str, id: &str, old: Option<Value>, new: Option<Value>) -> Step {
    typed(BUCKET, op, name, id, old, new)
}

fn typed(
    kind: &str,
    op: &str,
    name: &str,
    id: &str,
    old: Option<Value>,
    new: Option<Value>,
) -> Step {
    serde_json::from_value(json!({
        "urn": urn(kind, name), "op": op, "resource_type": kind, "provider": "p", "parent": "", "id": id,
        "old": old, "new": new, "diff": [], "replace_keys": [], "options": null,
    }))
    .unwrap()
}

fn record(steps: Vec<Step>) -> Record {
    Record { steps }
}

fn day(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + (number * 24).hours()
}

fn when(number: i64) -> When {
    When {
        run: RunId::new(format!("run-{number}")).unwrap(),
        since: day(number),
        until: day(number + 7),
    }
}

fn plain() -> Option<Value> {
    Some(side(&json!({}), false))
}

fn protected() -> Option<Value> {
    Some(side(&json!({}), true))
}

fn delete(name: &str, id: &str) -> Record {
    record(vec![step("delete", name, id, plain(), None)])
}

/// What is remembered of changes on the days from 0.
fn known(changes: Vec<Vec<Step>>) -> Vec<Cooling> {
    let mut known = Vec::new();
    for (number, steps) in (0..).zip(changes) {
        remember(&mut known, &record(steps), &when(number));
    }
    known
}

fn is_held(record: &Record, known: &[Cooling], at: i64) -> bool {
    !destroyed(record, known, day(at)).is_empty()
}

#[test]
fn what_lost_its_protection_is_not_taken_away_before_its_time() {
    let known = known(vec![vec![step(
        "same",
        "logs",
        "logs-1",
        protected(),
        plain(),
    )]]);
    let found = destroyed(&delete("logs", "logs-1"), &known, day(1));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].lost, ["protect"]);
    assert_eq!((found[0].since, found[0].until), (day(0), day(7)));
    assert!(is_held(&delete("logs", "logs-1"), &known, 6));
    assert!(!is_held(&delete("logs", "logs-1"), &known, 7));
    // A replacement is an end too, a change in place is none.
    for (op, held) in [
        ("replace", true),
        ("create-replacement", true),
        ("delete-replaced", true),
        ("update", false),
        ("same", false),
    ] {
        let steps = record(vec![step(op, "logs", "logs-1", plain(), plain())]);
        assert_eq!(is_held(&steps, &known, 1), held, "{op}");
    }
}

#[test]
fn what_was_never_protected_or_still_is_may_go() {
    let known = known(vec![vec![
        step("same", "logs", "logs-1", protected(), protected()),
        step("update", "pages", "pages-1", plain(), plain()),
        step("create", "new", "", None, plain()),
        step("update", "safer", "safer-1", plain(), protected()),
        step("same", "other", "other-1", protected(), plain()),
    ]]);
    for name in ["logs", "pages", "new", "safer"] {
        assert!(
            !is_held(&delete(name, &format!("{name}-1")), &known, 1),
            "{name}"
        );
    }
    assert!(is_held(&delete("other", "other-1"), &known, 1));
}

#[test]
fn a_new_name_does_not_help() {
    let lost = || step("same", "logs", "logs-1", protected(), plain());
    // The same thing under another name: its id is the same.
    assert!(is_held(
        &delete("renamed", "logs-1"),
        &known(vec![vec![lost()]]),
        1
    ));
    // Another kind of thing with that id is not it.
    let policy = "aws:s3/bucketPolicy:BucketPolicy";
    let other = record(vec![typed(
        policy,
        "delete",
        "logs",
        "logs-1",
        plain(),
        None,
    )]);
    assert!(!is_held(&other, &known(vec![vec![lost()]]), 1));
    // Another type and name by an alias, then gone.
    let kind = "aws:s3/bucketV2:BucketV2";
    let alias = |alias: Value| {
        let mut step = typed(kind, "update", "archive", "logs-1", plain(), plain());
        let options = ResourceOptions {
            aliases: vec![serde_json::from_value(alias).unwrap()],
            ..Default::default()
        };
        step.options = Some(options);
        step
    };
    let spec = json!({ "spec": { "name": "logs", "type": BUCKET, "stack": "", "project": "", "parent": "", "noParent": false } });
    for given in [json!({ "urn": urn(BUCKET, "logs") }), spec] {
        let known = known(vec![vec![lost()], vec![alias(given.clone())]]);
        let gone = record(vec![typed(kind, "delete", "archive", "", plain(), None)]);
        assert!(is_held(&gone, &known, 2), "{given}");
        // The honest twin: an alias of something else.
        let other = record(vec![typed(kind, "delete", "else", "", plain(), None)]);
        assert!(!is_held(&other, &known, 2), "{given}");
    }
}

#[test]
fn the_last_loss_counts() {
    let lost = || step("same", "logs", "logs-1", protected(), plain());
    let back = step("same", "logs", "logs-1", plain(), protected());
    let known = known(vec![vec![lost()], vec![back], vec![lost()]]);
    assert!(is_held(&delete("logs", "logs-1"), &known, 8));
    assert!(!is_held(&delete("logs", "logs-1"), &known, 9));
}

/// What a change of inputs takes away.
fn lost(old: &str, new: &str) -> Vec<String> {
    let read = |json: &str| Some(side(&serde_json::from_str(json).unwrap(), false));
    guard::lost(&step("update", "db", "db-1", read(old), read(new)))
}

/// Inputs before and after, and what that takes away, as JSON.
const LOSSES: [(&str, &str, &str); 22] = [
    (
        r#"{"deletionProtection":true}"#,
        r#"{"deletionProtection":false}"#,
        "deletionProtection",
    ),
    (r#"{"deletionProtection":true}"#, "{}", "deletionProtection"),
    (
        r#"{"deletionProtection":"ACTIVE"}"#,
        r#"{"deletionProtection":"INACTIVE"}"#,
        "deletionProtection",
    ),
    (
        r#"{"deletionProtectionEnabled":"true"}"#,
        r#"{"deletionProtectionEnabled":"false"}"#,
        "deletionProtectionEnabled",
    ),
    (
        r#"{"enableDeletionProtection":true}"#,
        r#"{"enableDeletionProtection":null}"#,
        "enableDeletionProtection",
    ),
    (r#"{"preventDestroy":true}"#, "{}", "preventDestroy"),
    (
        r#"{"disableApiTermination":true}"#,
        r#"{"disableApiTermination":false}"#,
        "disableApiTermination",
    ),
    (
        r#"{"terminationProtection":true}"#,
        "{}",
        "terminationProtection",
    ),
    (
        r#"{"purgeProtectionEnabled":true}"#,
        r#"{"purgeProtectionEnabled":false}"#,
        "purgeProtectionEnabled",
    ),
    (
        r#"{"forceDelete":false}"#,
        r#"{"forceDelete":true}"#,
        "forceDelete",
    ),
    (
        r#"{"deleteAutomatedBackups":false}"#,
        r#"{"deleteAutomatedBackups":true}"#,
        "deleteAutomatedBackups",
    ),
    (
        "{}",
        r#"{"deleteAutomatedBackups":true}"#,
        "deleteAutomatedBackups",
    ),
    // Some providers delete them where nobody says.
    (
        r#"{"deleteAutomatedBackups":false}"#,
        r#"{"deleteAutomatedBackups":null}"#,
        "deleteAutomatedBackups",
    ),
    ("{}", r#"{"forceDestroy":true}"#, "forceDestroy"),
    (
        r#"{"skipFinalSnapshot":false}"#,
        r#"{"skipFinalSnapshot":"true"}"#,
        "skipFinalSnapshot",
    ),
    (
        r#"{"retentionInDays":30}"#,
        r#"{"retentionInDays":7}"#,
        "retentionInDays",
    ),
    (
        r#"{"retentionInDays":0}"#,
        r#"{"retentionInDays":3653}"#,
        "retentionInDays",
    ),
    ("{}", r#"{"retentionInDays":3653}"#, "retentionInDays"),
    (
        r#"{"backupRetentionPeriod":7}"#,
        r#"{"backupRetentionPeriod":1}"#,
        "backupRetentionPeriod",
    ),
    (
        r#"{"backupRetentionPeriod":7}"#,
        "{}",
        "backupRetentionPeriod",
    ),
    (
        r#"{"settings":{"deletionProtectionEnabled":true}}"#,
        r#"{"settings":{}}"#,
        "settings.deletionProtectionEnabled",
    ),
    (
        r#"{"a":[{"forceDestroy":false}]}"#,
        r#"{"a":[{"forceDestroy":true}]}"#,
        "a.0.forceDestroy",
    ),
];

/// Inputs before and after by which nothing is lost.
const NO_LOSSES: [(&str, &str); 9] = [
    (
        r#"{"deletionProtection":false}"#,
        r#"{"deletionProtection":true}"#,
    ),
    (r#"{"forceDestroy":true}"#, "{}"),
    (r#"{"forceDelete":true}"#, r#"{"forceDelete":false}"#),
    (r#"{"deleteAutomatedBackups":true}"#, "{}"),
    ("{}", r#"{"deleteAutomatedBackups":false}"#),
    ("{}", r#"{"disableApiTermination":true}"#),
    (r#"{"retentionInDays":7}"#, "{}"),
    (r#"{"retentionInDays":7}"#, r#"{"retentionInDays":30}"#),
    (
        "{}",
        r#"{"deletionProtection":false,"skipFinalSnapshot":false,"backupRetentionPeriod":0}"#,
    ),
];

#[test]
fn every_kind_of_protection_is_known() {
    for (old, new, name) in LOSSES {
        assert_eq!(lost(old, new), [name], "{old} {new}");
        // The honest twin: nothing changes.
        assert_eq!(lost(old, old), [""; 0]);
        assert_eq!(lost(new, new), [""; 0]);
    }
    for (old, new) in NO_LOSSES {
        assert_eq!(lost(old, new), [""; 0], "{old} {new}");
    }
}

#[test]
fn every_switch_that_the_hygiene_pack_watches_is_remembered() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policy-packs/pulumi-hygiene");
    let rule = std::fs::read_to_string(format!("{folder}/hygiene_state_003.rego")).unwrap();
    // A switch is known by its name, wherever it stands.
    let quoted = rule.split("lost[\"").skip(1);
    let paths = quoted.map(|it| it.split('"').next().unwrap());
    let names: std::collections::BTreeSet<&str> =
        paths.map(|path| path.rsplit('.').next().unwrap()).collect();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let with = |value: bool| format!("{{\"{name}\":{value}}}");
        let losses = [
            lost(&with(true), &with(false)),
            lost(&with(false), &with(true)),
        ];
        let once = losses.iter().filter(|lost| **lost == [name]).count();
        assert_eq!(once, 1, "{name}");
    }
}

#[test]
fn a_value_that_nobody_can_see_is_taken_for_the_worse() {
    let unseen = |kind: &str| {
        let mut side = side(&json!({ "deletionProtection": null }), false);
        side["inputs"][kind] = json!([["deletionProtection"]]);
        Some(side)
    };
    let on = || Some(side(&json!({ "deletionProtection": true }), false));
    let off = || Some(side(&json!({ "deletionProtection": false }), false));
    for kind in ["unknown", "secret"] {
        let lost = |old, new| guard::lost(&step("update", "db", "db-1", old, new));
        assert_eq!(lost(on(), unseen(kind)), ["deletionProtection"]);
        assert_eq!(lost(unseen(kind), off()), ["deletionProtection"]);
        assert_eq!(lost(unseen(kind), on()), [""; 0]);
        assert_eq!(lost(off(), unseen(kind)), [""; 0]);
        assert_eq!(lost(unseen(kind), unseen(kind)), [""; 0]);
        let mut changed = step("update", "db", "db-1", unseen(kind), unseen(kind));
        changed.diff =
            serde_json::from_value(json!([{ "path": "deletionProtection", "kind": "update" }]))
                .unwrap();
        assert_eq!(guard::lost(&changed), ["deletionProtection"]);
    }
}
