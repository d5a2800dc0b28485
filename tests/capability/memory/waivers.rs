//! Signed exceptions from rules.

use jiff::{SignedDuration, Timestamp};
use lightsout::ledger::Key;
use lightsout::pipeline::policy::waiver::{Signed, Waiver, Waivers};
use serde_json::{Value, json};

use super::{controls, judge, stack};
use crate::support::factory::Site;

const OTHER: &str = "ObjectWriter";
const URN: &str =
    "urn:pulumi:site-demo::site::aws:s3/bucketOwnershipControls:BucketOwnershipControls::free";
const FILE: &str = "waivers.site-demo";

/// A file of one waiver that was issued and ends so many days from now.
fn file(key: &Key, issued: i64, expires: i64) -> String {
    let now = lightsout::perimeter::now().as_second();
    let day =
        |days: i64| Timestamp::from_second(now).unwrap() + SignedDuration::from_hours(days * 24);
    let waiver: Waiver = serde_json::from_value(json!({
        "rule": "SITE-001", "urn": URN, "reason": "the writers are tenants", "owner": "Ada",
        "issued": day(issued), "expires": day(expires),
    }))
    .unwrap();
    let mut file = Waivers::default();
    file.put(Signed::new(waiver, key).unwrap());
    file.text()
}

/// A stack that takes waivers of this key, with this file of them.
fn site(key: &Key, file: &str) -> Site {
    let waivers = format!(
        "    waivers: {{ file: {FILE}, keys: ['{}'] }}\n",
        key.verifier()
    );
    stack("packs/site", &waivers).file(FILE, file).build()
}

fn key() -> Key {
    Key::generate("security").unwrap()
}

/// The findings of a rule.
fn findings(report: &Value, rule: &str) -> Vec<Value> {
    let rules = report["policy"]["report"]["rules"].as_array().unwrap();
    let found = rules.iter().find(|it| it["rule"] == rule);
    found.unwrap()["findings"].as_array().unwrap().clone()
}

#[test]
fn a_waived_finding_is_applied_and_stays_in_the_report() {
    let key = key();
    let site = site(&key, &file(&key, -1, 30));
    let report = judge(&site, &controls(OTHER)).expect(0).json();
    assert_eq!(report["outcome"], "applied");
    let found = findings(&report, "SITE-001");
    assert_eq!(found[0]["waived"]["owner"], "Ada");
    assert_eq!(found[0]["waived"]["days_left"], 29);
    let folder = site
        .top
        .join(".lightsout/runs")
        .join(report["run"].as_str().unwrap());
    let text = std::fs::read_to_string(folder.join("report.txt")).unwrap();
    assert!(
        text.contains("waived: SITE-001 on free, 29 days left, by Ada: the writers are tenants"),
        "{text}"
    );
    let sarif = std::fs::read(folder.join("report.sarif")).unwrap();
    let sarif: Value = serde_json::from_slice(&sarif).unwrap();
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(suppression["status"], "accepted");
    site.lightsout(&["verify"]).expect(0);
    // When it is needed no more, it is one too many.
    let report = judge(&site, "").expect(0).json();
    assert_eq!(findings(&report, "LIGHTSOUT-WAIVER-003").len(), 1);
}

#[test]
fn a_waiver_out_of_its_time_does_not_help() {
    let key = key();
    let report = judge(&site(&key, &file(&key, -60, -1)), &controls(OTHER))
        .expect(10)
        .json();
    assert!(findings(&report, "SITE-001")[0].get("waived").is_none());
    assert_eq!(findings(&report, "LIGHTSOUT-WAIVER-001").len(), 1);
}

#[test]
fn a_waiver_that_was_not_signed_so_is_the_operators_to_mend() {
    let (key, other) = (key(), key());
    let good = file(&key, -1, 30);
    for (bad, said) in [
        (
            good.replace("::free", "::f*"),
            "no key of `waivers.keys` has signed it",
        ),
        (
            file(&other, -1, 30),
            "no key of `waivers.keys` has signed it",
        ),
        (format!("{good}\nand more"), "waiver 2"),
    ] {
        let ran = judge(&site(&key, &bad), &controls(OTHER)).expect(2);
        for part in [FILE, "stack `site-demo`", said] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    }
}

#[test]
fn only_what_is_committed_is_waived() {
    let key = key();
    let site = site(&key, "");
    std::fs::write(site.top.join(FILE), file(&key, -1, 30)).unwrap();
    judge(&site, &controls(OTHER)).expect(10);
    // Nor does a file of that name in the proposal count.
    let proposal = super::proposal(&site, &controls(OTHER));
    std::fs::write(proposal.join(FILE), file(&key, -1, 30)).unwrap();
    site.judge(&proposal).expect(10);
}

#[test]
fn the_command_signs_what_a_run_takes() {
    let keys = tempfile::tempdir().unwrap();
    let path = keys.path().join("waivers.key");
    let key = Key::load_or_create(&path, "security").unwrap();
    let first = site(&key, "");
    let waive = |rule: &str, urn: &str, days: &str, key: &std::path::Path| {
        let key = key.to_str().unwrap();
        first.lightsout(&[
            "policy",
            "waive",
            "--rule",
            rule,
            "--urn",
            urn,
            "--days",
            days,
            "--key",
            key,
            "--reason",
            "the writers are tenants",
            "--owner",
            "Ada",
            "--approved-by",
            "Bo",
        ])
    };
    waive("SITE-001", &URN.replace("::free", "::other"), "90", &path).expect(0);
    waive("SITE-001", URN, "1", &path).expect(0);
    // One of the same rule and resources takes its place.
    waive("SITE-001", URN, "7", &path).expect(0);
    let file = std::fs::read(first.top.join(FILE)).unwrap();
    let read = Waivers::read(FILE, &file, &[key.verifier()]).unwrap();
    assert_eq!(read.iter().count(), 2);
    let second = site(&key, str::from_utf8(&file).unwrap());
    let report = judge(&second, &controls(OTHER)).expect(0).json();
    assert_eq!(
        findings(&report, "SITE-001")[0]["waived"]["approved_by"],
        "Bo"
    );
    assert_eq!(findings(&report, "LIGHTSOUT-WAIVER-003").len(), 1);
    // What a run would not take is not written.
    let stranger = keys.path().join("other.key");
    let refused = waive("SITE-001", URN, "7", &stranger).expect(2);
    let own = Key::open(&stranger)
        .unwrap()
        .unwrap()
        .verifier()
        .to_string();
    assert!(refused.stderr.contains(&own), "{}", refused.stderr);
    // It would say that something is waived, and nothing would be.
    for (rule, said) in [
        ("SITE-002", "did you mean `SITE-001`?"),
        (
            "AWS-S3-002",
            "it is one of `lightsout:aws-baseline`, which the stack does not name",
        ),
        (
            "NOPE-TAG-001",
            "has a rule `NOPE-TAG-001`, so there is nothing to waive",
        ),
    ] {
        let refused = waive(rule, URN, "7", &path).expect(2);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    waive("SITE-001", URN, "91", &path).expect(2);
    waive("SITE-001", "urn:pulumi:*", "7", &path).expect(2);
    waive(
        "SITE-001",
        &URN.replace("site-demo", "elsewhere"),
        "7",
        &path,
    )
    .expect(2);
    assert_eq!(std::fs::read(first.top.join(FILE)).unwrap(), file);
}

#[test]
fn a_critical_rule_is_not_waived_by_one_person() {
    let keys = tempfile::tempdir().unwrap();
    let path = keys.path().join("waivers.key");
    let key = Key::load_or_create(&path, "security").unwrap();
    let waivers = format!(
        "    waivers: {{ file: {FILE}, keys: ['{}'] }}\n",
        key.verifier()
    );
    let site = stack("'lightsout:aws-baseline'", &waivers).build();
    let waive_for = |urn: &str, by: &[&str]| {
        let arguments = [
            "policy",
            "waive",
            "--rule",
            "AWS-S3-002",
            "--urn",
            urn,
            "--days",
            "7",
            "--reason",
            "a trial",
            "--owner",
            "Ada",
            "--key",
        ];
        site.lightsout(&[&arguments[..], &[path.to_str().unwrap()], by].concat())
    };
    let waive = |by: &[&str]| waive_for(URN, by);
    // A name written otherwise is the same person's.
    for alone in [
        &[][..],
        &["--approved-by", "ada"],
        &["--approved-by", "A-da"],
    ] {
        let refused = waive(alone).expect(2);
        assert!(
            refused.stderr.contains("rule `AWS-S3-002` is critical"),
            "{}",
            refused.stderr
        );
        assert!(!site.top.join(FILE).exists());
    }
    let stack = URN.split("::").next().unwrap();
    let wide = waive_for(&format!("{stack}::*"), &["--approved-by", "Bo"]).expect(2);
    assert!(
        wide.stderr.contains("only for resources of one type"),
        "{}",
        wide.stderr
    );
    assert!(!site.top.join(FILE).exists());
    waive(&["--approved-by", "Bo"]).expect(0);
}
