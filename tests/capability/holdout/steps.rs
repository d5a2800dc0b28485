//! What each step of the vocabulary is true of, and of what it is not.

use lightsout::pipeline::holdout::{FailureKind as Why, State, evaluate, vocabulary};
use serde_json::json;

use super::support::*;

/// A stack with two buckets, a queue, and something hidden of every sort.
fn stack() -> State {
    state(
        json!({"url": "https://www.example.com/", "n": 30, "token": secret(), "later": unknown(), "nil": null, "at": "arn:logs"}),
        &[
            with(
                resource(
                    BUCKET,
                    "site",
                    json!({
                        "id": "site-1", "arn": "arn:site", "tags": {"env": "prod", "owner": "web", "a.b": "c"},
                        "tagsAll": {"env": "prod", "team": "x"},
                        "versioning": {"enabled": true}, "days": 90, "delay": "345600", "ratio": 2.5,
                        "logging": {"targetBucket": "logs-1"}, "empty": "", "none": null,
                        "secret": secret(), "later": unknown(), "mixed": ["a", secret()],
                        "strange": {"4dabf18193072939515e22adb298388d": "ffff"},
                        "names": ["a", "b"], "nothing": [],
                        "rules": [{"days": 30, "on": true}, {"days": 60, "on": true}],
                        "policy": r#"{"Statement":[{"Effect":"Deny","Principal":"*"},{"Effect":"Deny"}]}"#,
                        "twice": r#"{"Effect":"Allow","Effect":"Deny"}"#,
                    }),
                ),
                "protect",
                json!(true),
            ),
            resource(
                BUCKET,
                "logs",
                json!({"id": "logs-1", "arn": "arn:logs", "tags": {"env": "prod"}}),
            ),
            resource(
                QUEUE,
                "jobs",
                json!({"id": "jobs-1", "tags": {"env": "test"}, "size": 5}),
            ),
            resource(
                VERSIONING,
                "v1",
                json!({"bucket": "site-1", "status": "Enabled"}),
            ),
            resource(
                VERSIONING,
                "v2",
                json!({"bucket": "arn:logs", "status": "Suspended"}),
            ),
        ],
    )
}

#[test]
fn deployed_and_counts() {
    let s = stack();
    passes("the stack is deployed", &s);
    passes(
        r#"there is exactly 1 resource of type "aws:sqs/queue:Queue""#,
        &s,
    );
    passes(
        r#"there are at least 2 resources of type "aws:s3/bucket:Bucket""#,
        &s,
    );
    passes("there are at most 2 buckets", &s);
    passes("there is exactly 1 queue", &s);
    passes("there is no topic", &s);
    passes(r#"no resource of type "aws:sns/topic:Topic" exists"#, &s);
    passes("no topic exists", &s);
    passes("there are exactly 5 resources in total", &s);
    fails("there is exactly 1 bucket", &s, Why::WrongCount);
    fails("there are at least 3 buckets", &s, Why::WrongCount);
    fails("there are at most 1 buckets", &s, Why::WrongCount);
    fails("there is no queue", &s, Why::WrongCount);
    fails("no queue exists", &s, Why::WrongCount);
    fails(
        "there are at most 4 resources in total",
        &s,
        Why::WrongCount,
    );
    fails(
        "the stack is deployed",
        &state(json!({}), &[]),
        Why::NotDeployed,
    );
    fails("no queue exists", &state(json!({}), &[]), Why::NotDeployed);
}

#[test]
fn counts_of_what_passes_a_test() {
    let s = stack();
    passes(
        r#"there is exactly 1 bucket whose property "tags.owner" is set"#,
        &s,
    );
    passes(
        r#"there are exactly 2 buckets whose property "tags.env" is equal to "prod""#,
        &s,
    );
    fails(
        r#"there is exactly 2 bucket whose property "tags.owner" is set"#,
        &s,
        Why::WrongCount,
    );
    // Nobody knows whether it fits, so nobody may count it out.
    fails(
        r#"there is no bucket whose property "secret" is equal to "x""#,
        &s,
        Why::Secret,
    );
    passes(
        r#"there is no bucket whose property "names" is with exactly 3 entries"#,
        &state(json!({}), &[resource(QUEUE, "q", json!({}))]),
    );
}

#[test]
fn a_short_type_token_means_the_same_type() {
    let s = stack();
    passes(
        r#"there are exactly 2 resources of type "aws:s3:Bucket""#,
        &s,
    );
    passes(r#"there is exactly 1 resource of type "queue""#, &s);
    fails(
        r#"no resource of type "aws:s3:Bucket" exists"#,
        &s,
        Why::WrongCount,
    );
    fails(
        r#"no resource of type "bukcet" exists"#,
        &s,
        Why::NotUnderstood,
    );
}

#[test]
fn subjects() {
    let s = stack();
    passes(r#"the bucket "site" exists"#, &s);
    passes(
        r#"the resource "site" of type "aws:s3/bucket:Bucket" exists"#,
        &s,
    );
    passes(
        r#"the resource of type "aws:sqs/queue:Queue" "jobs" exists"#,
        &s,
    );
    passes("the only queue exists", &s);
    passes(
        r#"the bucket whose property "days" is at least 1 has tag "owner""#,
        &s,
    );
    passes(r#"each bucket has tag "env" equal to "prod""#, &s);
    passes(r#"some bucket has tag "owner""#, &s);
    fails(r#"the bucket "jobs" exists"#, &s, Why::ResourceMissing);
    fails("the only bucket exists", &s, Why::Ambiguous);
    fails("the only topic exists", &s, Why::ResourceMissing);
    fails(
        r#"the bucket whose property "tags.env" equals "prod" exists"#,
        &s,
        Why::Ambiguous,
    );
    fails(
        r#"the bucket whose property "tags.env" equals "dev" exists"#,
        &s,
        Why::ResourceMissing,
    );
    fails(r#"each bucket has tag "owner""#, &s, Why::Absent);
    fails(r#"some queue has tag "owner""#, &s, Why::Absent);
    // Nothing is true of each of none.
    fails(r#"each topic has tag "owner""#, &s, Why::ResourceMissing);
    fails(r#"some topic has tag "owner""#, &s, Why::ResourceMissing);
}

#[test]
fn equality() {
    let s = stack();
    let of = |test: &str| format!(r#"the bucket "site" has property {test}"#);
    passes(&of(r#""versioning.enabled" equal to "true""#), &s);
    passes(&of(r#""versioning.enabled" equal to true"#), &s);
    passes(&of(r#""days" equal to 90"#), &s);
    passes(&of(r#""days" equal to 90.0"#), &s);
    passes(&of(r#""days" that equals "90""#), &s);
    passes(&of(r#""ratio" equal to 2.5"#), &s);
    passes(&of(r#""tags['a.b']" equal to "c""#), &s);
    passes(&of(r#""tags.env" different from "dev""#), &s);
    passes(&of(r#""tags.env" one of "dev", "test" or "prod""#), &s);
    fails(
        &of(r#""versioning.enabled" equal to "yes""#),
        &s,
        Why::Differs,
    );
    fails(
        &of(r#""versioning.enabled" equal to false"#),
        &s,
        Why::Differs,
    );
    // A bare word is of its type only: the state has text here.
    fails(&of(r#""delay" equal to 345600"#), &s, Why::Differs);
    fails(&of(r#""tags.env" different from "prod""#), &s, Why::Differs);
    fails(&of(r#""tags.env" one of "dev", "test""#), &s, Why::Differs);
    fails(&of(r#""versioning" equal to "true""#), &s, Why::WrongShape);
}

#[test]
fn what_cannot_be_read_passes_no_comparison_and_no_contrary() {
    let s = stack();
    for (path, why) in [
        ("secret", Why::Secret),
        ("secret.inner", Why::Secret),
        ("later", Why::Unreadable),
        ("strange", Why::Unreadable),
        ("absent", Why::Absent),
        ("none", Why::Absent),
        ("none.inner", Why::Absent),
        ("nothing[*]", Why::Absent),
        ("names[7]", Why::Absent),
        ("days.inner", Why::WrongShape),
        ("names.inner", Why::WrongShape),
    ] {
        for test in [
            r#"equal to "x""#,
            r#"different from "x""#,
            r#"one of "x", "y""#,
            r#"matching ".*""#,
            r#"containing "x""#,
            "at least 0",
            "at most 9",
            "with at least 0 entries",
            r#"referring to the bucket "logs""#,
        ] {
            fails(
                &format!(r#"the bucket "site" has property "{path}" {test}"#),
                &s,
                why,
            );
        }
    }
}

#[test]
fn set_and_not_set_and_secret() {
    let s = stack();
    let of = |path: &str, test: &str| format!(r#"the bucket "site" has property "{path}" {test}"#);
    for path in [
        "days",
        "versioning",
        "versioning.enabled",
        "names",
        "secret",
    ] {
        passes(&of(path, "that is set"), &s);
        fails(
            &of(path, "not set"),
            &s,
            if path == "secret" {
                Why::Secret
            } else {
                Why::Differs
            },
        );
    }
    passes(r#"the bucket "site" has property "days""#, &s);
    fails(
        r#"the bucket "site" has property "absent""#,
        &s,
        Why::Absent,
    );
    for path in ["absent", "none", "empty", "nothing", "none.inner"] {
        passes(&of(path, "not set"), &s);
        fails(&of(path, "set"), &s, Why::Absent);
    }
    for path in ["later", "strange"] {
        fails(&of(path, "set"), &s, Why::Unreadable);
        fails(&of(path, "not set"), &s, Why::Unreadable);
    }
    passes(&of("secret", "that is secret"), &s);
    fails(&of("days", "secret"), &s, Why::Differs);
    fails(&of("absent", "secret"), &s, Why::Absent);
}

#[test]
fn texts_and_numbers() {
    let s = stack();
    let of = |test: &str| format!(r#"the bucket "site" has property {test}"#);
    passes(&of(r#""tags.env" matching "pr.d""#), &s);
    passes(&of(r#""days" that matches "[0-9]+""#), &s);
    passes(&of(r#""tags.env" containing "ro""#), &s);
    passes(&of(r#""names" containing "b""#), &s);
    passes(&of(r#""days" at least 90"#), &s);
    passes(&of(r#""days" at most 90.5"#), &s);
    passes(&of(r#""delay" at least 345600"#), &s);
    passes(&of(r#""names" with exactly 2 entries"#), &s);
    passes(&of(r#""versioning" with at least 1 entries"#), &s);
    // The whole text, not a part of it, and whatever brackets the author left open.
    fails(&of(r#""tags.env" matching "pro""#), &s, Why::Differs);
    fails(&of(r#""tags.env" matching "x|rod""#), &s, Why::Differs);
    fails(
        &of(r#""tags.env" matching "x)|(?:.*""#),
        &s,
        Why::NotUnderstood,
    );
    fails(&of(r#""tags.env" containing """#), &s, Why::Differs);
    fails(&of(r#""names" containing "c""#), &s, Why::Differs);
    fails(&of(r#""mixed" containing "b""#), &s, Why::Secret);
    passes(&of(r#""mixed" containing "a""#), &s);
    fails(&of(r#""days" at least 91"#), &s, Why::Differs);
    fails(&of(r#""days" at most 89.9"#), &s, Why::Differs);
    fails(&of(r#""tags.env" at least 1"#), &s, Why::WrongShape);
    fails(
        &of(r#""versioning.enabled" at least 1"#),
        &s,
        Why::WrongShape,
    );
    fails(
        &of(r#""names" with exactly 3 entries"#),
        &s,
        Why::WrongCount,
    );
    fails(&of(r#""days" with exactly 1 entries"#), &s, Why::WrongShape);
}

#[test]
fn every_entry_of_a_list() {
    let s = stack();
    let of = |test: &str| format!(r#"the bucket "site" has property {test}"#);
    passes(&of(r#""rules[*].days" at least 30"#), &s);
    passes(&of(r#""rules[1].days" equal to 60"#), &s);
    fails(&of(r#""rules[*].days" at least 31"#), &s, Why::Differs);
    fails(&of(r#""rules[*].absent" equal to 1"#), &s, Why::Absent);
}

#[test]
fn policies_as_json() {
    let s = stack();
    let of = |test: &str| format!(r#"the bucket "site" has property {test}"#);
    passes(
        &of(r#""policy" as JSON at "Statement[0].Effect" equal to "Deny""#),
        &s,
    );
    passes(
        &of(r#""policy" as JSON at "Statement[*].Effect" equal to "Deny""#),
        &s,
    );
    fails(
        &of(r#""policy" as JSON at "Statement[0].Effect" equal to "Allow""#),
        &s,
        Why::Differs,
    );
    fails(
        &of(r#""policy" as JSON at "Statement[*].Principal" set"#),
        &s,
        Why::Absent,
    );
    fails(
        &of(r#""tags.env" as JSON at "x" equal to "y""#),
        &s,
        Why::WrongShape,
    );
    fails(
        &of(r#""days" as JSON at "x" equal to "y""#),
        &s,
        Why::WrongShape,
    );
    // Two readers would see two effects.
    fails(
        &of(r#""twice" as JSON at "Effect" equal to "Deny""#),
        &s,
        Why::WrongShape,
    );
    fails(
        &of(r#""secret" as JSON at "Effect" equal to "Deny""#),
        &s,
        Why::Secret,
    );
}

#[test]
fn tags_protection_outputs() {
    let s = stack();
    passes(r#"the bucket "site" has tag "owner""#, &s);
    passes(r#"the bucket "site" has tag "team""#, &s);
    passes(r#"the bucket "site" has tag "env" equal to "prod""#, &s);
    passes(
        r#"the bucket "site" has tag "env" that matches "prod|live""#,
        &s,
    );
    passes(r#"the bucket "site" has no tag "debug""#, &s);
    fails(r#"the bucket "logs" has tag "owner""#, &s, Why::Absent);
    fails(
        r#"the queue "jobs" has tag "env" equal to "prod""#,
        &s,
        Why::Differs,
    );
    fails(r#"the bucket "site" has no tag "env""#, &s, Why::Differs);
    let hidden = state(
        json!({}),
        &[resource(BUCKET, "b", json!({"tags": secret()}))],
    );
    fails(r#"the bucket "b" has tag "env""#, &hidden, Why::Secret);
    fails(r#"the bucket "b" has no tag "env""#, &hidden, Why::Secret);

    passes(r#"the bucket "site" is protected"#, &s);
    passes(r#"the bucket "logs" is not protected"#, &s);
    fails(r#"the bucket "logs" is protected"#, &s, Why::Differs);
    fails(r#"the bucket "site" is not protected"#, &s, Why::Differs);

    passes(r#"the output "url" matches "https://.*""#, &s);
    passes(r#"the output "url" is set"#, &s);
    passes(r#"the output "n" is at least 30"#, &s);
    passes(r#"the output "token" is secret"#, &s);
    passes(r#"the output "at" refers to the bucket "logs""#, &s);
    passes(r#"the output "missing" is not set"#, &s);
    fails(r#"the output "url" matches "http://.*""#, &s, Why::Differs);
    fails(r#"the output "missing" is set"#, &s, Why::Absent);
    fails(r#"the output "nil" is set"#, &s, Why::Absent);
    fails(r#"the output "token" equals "x""#, &s, Why::Secret);
    fails(r#"the output "later" is set"#, &s, Why::Unreadable);
}

#[test]
fn relations() {
    let s = stack();
    let refers = |to: &str| {
        format!(r#"the bucket "site" has property "logging.targetBucket" referring to {to}"#)
    };
    passes(&refers(r#"the bucket "logs""#), &s);
    passes(
        &refers(r#"the bucket whose property "arn" equals "arn:logs""#),
        &s,
    );
    fails(&refers(r#"the bucket "site""#), &s, Why::Differs);
    fails(&refers(r#"the bucket "gone""#), &s, Why::ResourceMissing);
    fails(&refers("the only bucket"), &s, Why::Ambiguous);
    fails(&refers("each bucket"), &s, Why::NotUnderstood);

    let each = r#"for each bucket there is a resource of type "aws:s3/bucketVersioning:BucketVersioning" whose property "bucket" refers to it"#;
    passes(each, &s);
    passes(&format!(r#"{each} and whose property "status" is set"#), &s);
    fails(
        &format!(r#"{each} and whose property "status" equals "Enabled""#),
        &s,
        Why::Unrelated,
    );
    fails(
        r#"for each queue there is a bucket whose property "bucket" refers to it"#,
        &s,
        Why::Unrelated,
    );
    fails(
        r#"for each topic there is a bucket whose property "bucket" refers to it"#,
        &s,
        Why::ResourceMissing,
    );
}

#[test]
fn tables_and_doc_strings() {
    let s = stack();
    passes(
        "the bucket \"site\" has these properties:\n | property | value |\n | days | 90 |\n | versioning.enabled | true |",
        &s,
    );
    passes(
        "the bucket \"site\" has these tags:\n | tag | value |\n | env | prod |\n | owner | web |",
        &s,
    );
    passes(
        "only resources of these types exist:\n | type |\n | bucket |\n | queue |\n | aws:s3:BucketVersioning |",
        &s,
    );
    passes(
        "the bucket \"site\" has property \"rules[1]\" equal to the JSON:\n \"\"\"\n {\"on\": true, \"days\": 60.0}\n \"\"\"",
        &s,
    );
    fails(
        "the bucket \"site\" has these properties:\n | property | value |\n | days | 90 |\n | ratio | 3 |",
        &s,
        Why::Differs,
    );
    fails(
        "the bucket \"site\" has these tags:\n | tag | value |\n | env | prod |\n | owner | x |",
        &s,
        Why::Differs,
    );
    fails(
        "only resources of these types exist:\n | type |\n | bucket |\n | queue |",
        &s,
        Why::Unexpected,
    );
    fails(
        "the bucket \"site\" has property \"rules[1]\" equal to the JSON:\n \"\"\"\n {\"on\": true}\n \"\"\"",
        &s,
        Why::Differs,
    );
    for broken in [
        "the bucket \"site\" has these properties:\n | name | value |\n | days | 90 |",
        "the bucket \"site\" has these properties:\n | property | value |",
        "the bucket \"site\" has these properties:",
        "the bucket \"site\" exists\n | property | value |\n | days | 90 |",
        "the bucket \"site\" exists\n \"\"\"\n more\n \"\"\"",
        "the bucket \"site\" has property \"rules\" equal to the JSON:\n \"\"\"\n {\"a\": 1, \"a\": 2}\n \"\"\"",
        "only resources of these types exist:\n | type |\n | bukcet |",
    ] {
        fails(broken, &s, Why::NotUnderstood);
    }
}

#[test]
fn a_step_nobody_understands_fails_its_scenario_whatever_the_others_say() {
    let s = stack();
    for step in [
        "the stack is fine",
        "The stack is deployed",
        "the stack is deployed today",
        "the bucket site exists",
        r#"the bucket "site" has property "days" equal to"#,
        r#"the bucket "site" has property "days" equal to ninety"#,
        r#"the bucket "site" has property "days" equal to "90" or so"#,
        r#"the bucket "site" has property "a..b" set"#,
        r#"the bucket "site" has property "" set"#,
        r#"the bucket "site" has property "days" at least "30""#,
        r#"the bucket "site" has property "days" matching "(""#,
        r#"the bucket "site" has tag "" equal to "x""#,
        r#"the bucket "site has tag"#,
        r#"the bucket "site"exists"#,
        "there is exactly -1 bucket",
        "there is exactly 1.5 bucket",
        "there is about 1 bucket",
        r#"there is exactly 1 resource of type "aws:s3""#,
        r#"there is exactly 1 resource of type "a b:c:d""#,
    ] {
        fails(step, &s, Why::NotUnderstood);
    }
    let set = set("Feature: f\n Scenario: s\n  Then no bucket exists\n  And the bucket is pink\n");
    let outcome = evaluate(&set.scenarios()[0], &s);
    assert!(
        matches!(
            outcome,
            lightsout::pipeline::holdout::RunOutcome::Failed {
                step: 1,
                kind: Why::NotUnderstood,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(
        set.not_understood().map(|n| n.line).collect::<Vec<_>>(),
        [4]
    );
}

/// The documentation lists every template that the parser has; here each is filled in and must be understood.
#[test]
fn every_documented_step_is_understood() {
    let documentation = vocabulary();
    let s = stack();
    let mut seen = 0;
    let section = documentation
        .split("## Steps")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    for line in section.lines().filter(|l| l.starts_with("- `")) {
        let template = line.split('`').nth(1).unwrap();
        let step = template
            .replace("{subject}", r#"the bucket "site""#)
            .replace("{kind}", "bucket")
            .replace("{quantity}", "at least 1")
            .replace("{path}", r#""days""#)
            .replace("{text}", r#""env""#)
            .replace("{test}", "is set");
        let column = if step.contains("types") {
            "type"
        } else if step.contains("tags") {
            "tag | value"
        } else {
            "property | value"
        };
        let cells = if column == "type" { "bucket" } else { "a | b" };
        let step = step.replace("{table}", &format!("\n| {column} |\n| {cells} |"));
        let outcome = judge(&step, &s);
        assert!(
            !matches!(
                outcome,
                lightsout::pipeline::holdout::RunOutcome::Failed {
                    kind: Why::NotUnderstood,
                    ..
                }
            ),
            "{step}"
        );
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
    insta::assert_snapshot!(documentation.lines().filter(|l| l.starts_with("##")).collect::<Vec<_>>().join("\n"), @r"
    ## Steps
    ## `{subject}`
    ## `{kind}`
    ## `{test}` (each also after `is`, `that` or `that is`)
    ## Other parts
    ");
}
