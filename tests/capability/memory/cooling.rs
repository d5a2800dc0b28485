//! Two harmless changes that together lose something: protection is taken away, then the thing.

use super::{change, needs, stack};

const OWNER: &str = "BucketOwnerEnforced";
const PROTECTED: (&str, &str, &str) = ("guarded", OWNER, "{ protect: true }");
const UNPROTECTED: (&str, &str, &str) = ("guarded", OWNER, "{ protect: false }");
const FREE: (&str, &str, &str) = ("free", OWNER, "{}");

#[test]
fn what_lost_its_protection_is_deleted_only_with_a_person() {
    let site = stack("packs/site", "").build();
    change(&site, &[PROTECTED, FREE]).expect(0);
    let unprotected = change(&site, &[UNPROTECTED, FREE]).expect(0).json();
    assert_eq!(unprotected["outcome"], "applied");
    // The honest twin: what was never protected goes, and nobody is asked.
    let freed = change(&site, &[UNPROTECTED]).expect(0).json();
    assert_eq!(freed["outcome"], "applied");
    let held = change(&site, &[]).expect(0).json();
    assert_eq!(held["outcome"], "handed-over");
    assert_eq!(needs(&held), ["cooling"]);
    let resource = &held["decision"]["needs"][0]["resources"][0];
    assert_eq!(resource["lost"][0], "protect");
    assert_eq!(resource["run"], unprotected["run"]);
    let run = held["run"].as_str().unwrap();
    let folder = site.top.join(".lightsout/runs").join(run);
    let text = std::fs::read_to_string(folder.join("report.txt")).unwrap();
    assert!(
        text.contains("lost their protection lately: guarded (protect, until"),
        "{text}"
    );
    // A person may.
    let approved = site.lightsout(&["--format", "json", "approve", run, "--by", "Ada"]);
    assert_eq!(approved.expect(0).json()["outcome"], "applied");
    assert!(
        !site
            .resources()
            .iter()
            .any(|it| { it["type"] == "aws:s3/bucketOwnershipControls:BucketOwnershipControls" })
    );
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn a_new_name_is_remembered_and_a_stack_without_cooling_forgets() {
    let renamed = ("renamed", OWNER, "{ aliases: [{ name: guarded }] }");
    let site = stack("packs/site", "").build();
    change(&site, &[PROTECTED]).expect(0);
    change(&site, &[UNPROTECTED]).expect(0);
    assert_eq!(
        change(&site, &[renamed]).expect(0).json()["outcome"],
        "applied"
    );
    assert_eq!(needs(&change(&site, &[]).expect(0).json()), ["cooling"]);

    let site = stack("packs/site", "    destructive: { cooling_days: 0 }\n").build();
    change(&site, &[PROTECTED]).expect(0);
    change(&site, &[UNPROTECTED]).expect(0);
    assert_eq!(change(&site, &[]).expect(0).json()["outcome"], "applied");
}
