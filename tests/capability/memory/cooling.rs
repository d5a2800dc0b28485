//! Two harmless changes that together lose something: protection is taken away, then the thing.

use super::{judge, needs, stack};
use crate::support::factory::{Ran, Site};

/// A group of logs that are kept for so many days.
fn group(name: &str, days: u32, options: &str) -> String {
    format!(
        "  {name}:
    type: aws:cloudwatch:LogGroup
    properties: {{ name: kept-logs, retentionInDays: {days} }}
    options: {options}
"
    )
}

/// Judges these, and makes what was applied the new base.
fn change(site: &Site, groups: &[&str]) -> Ran {
    judge(site, &groups.concat())
}

#[test]
fn what_lost_its_protection_is_deleted_only_with_a_person_who_knows() {
    let site = stack("packs/site", "").build();
    let free = group("free", 30, "{}").replace("kept-logs", "other-logs");
    let (kept, lowered) = (group("guarded", 30, "{}"), group("guarded", 7, "{}"));
    change(&site, &[&kept, &free]).expect(0);
    let unprotected = change(&site, &[&lowered, &free]).expect(0).json();
    assert_eq!(unprotected["outcome"], "applied");
    // The honest twin: what kept its protection holds something, and is not remembered.
    let freed = change(&site, &[&lowered]).expect(0).json();
    assert_eq!(needs(&freed), ["destructive"]);
    let held = change(&site, &[&free]).expect(0).json();
    assert_eq!(held["outcome"], "handed-over");
    assert_eq!(needs(&held), ["destructive", "cooling"]);
    let resource = &held["decision"]["needs"][1]["resources"][0];
    assert_eq!(resource["lost"][0], "retentionInDays");
    assert_eq!(resource["run"], unprotected["run"]);
    let run = held["run"].as_str().unwrap();
    let folder = site.top.join(".lightsout/runs").join(run);
    let text = std::fs::read_to_string(folder.join("report.txt")).unwrap();
    let said = "lost their protection lately: guarded (retentionInDays, until";
    assert!(text.contains(said), "{text}");
    // A person may.
    let approved = site.lightsout(&["--format", "json", "approve", run, "--by", "Ada"]);
    assert_eq!(approved.expect(0).json()["outcome"], "applied");
    let left = |it: &serde_json::Value| it["type"] == "aws:cloudwatch/logGroup:LogGroup";
    assert_eq!(site.resources().iter().filter(|it| left(it)).count(), 1);
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn a_new_name_is_remembered() {
    let site = stack("packs/site", "").build();
    change(&site, &[&group("guarded", 30, "{}")]).expect(0);
    change(&site, &[&group("guarded", 7, "{}")]).expect(0);
    let renamed = group("renamed", 7, "{ aliases: [{ name: guarded }] }");
    let report = change(&site, &[&renamed]).expect(0).json();
    assert_eq!(report["outcome"], "applied");
    let held = change(&site, &[]).expect(0).json();
    assert_eq!(needs(&held), ["destructive", "cooling"]);
}

#[test]
fn a_stack_without_a_cooling_period_forgets() {
    let rest = "    destructive: { cooling_days: 0 }\n";
    let site = stack("packs/site", rest).build();
    change(&site, &[&group("guarded", 30, "{}")]).expect(0);
    change(&site, &[&group("guarded", 7, "{}")]).expect(0);
    assert_eq!(needs(&change(&site, &[]).expect(0).json()), ["destructive"]);
}
