//! Packs of Pulumi's CrossGuard: the real SDK from npm, in the sandbox, on previews of the real engine.

use crate::support::factory::{Ran, Site, factory, tools};

const PACKAGE: &str = include_str!("../fixtures/crossguard/package.json");
const LOCK: &str = include_str!("../fixtures/crossguard/package-lock.json");
const FOLDER: &str = "policy-packs/guard";

/// One policy of each level, and one that hides that it has read what is not known.
const POLICIES: &str = r#"
const isBucket = (args) => args.type === "aws:s3/bucket:Bucket";
const policies = [
    {
        name: "bucket-owner",
        displayName: "Every bucket has an owner",
        description: "Whom to ask about a bucket is in its tags.",
        enforcementLevel: "mandatory",
        severity: "high",
        validateResource: (args, report) => {
            const { word } = args.getConfig();
            if (isBucket(args) && !(args.props.tags && args.props.tags.owner)) {
                report(`set the tag ${word}`);
            }
        },
        configSchema: { properties: { word: { type: "string", default: "owner" } } },
    },
    {
        name: "no-acl",
        description: "Access is given by policies.",
        enforcementLevel: "mandatory",
        validateResource: (args, report) => {
            try {
                if (args.type === "aws:s3/bucketPolicy:BucketPolicy" && args.props.bucket === "public") {
                    report("not this bucket");
                }
            } catch (error) { /* nobody shall know */ }
        },
    },
    {
        name: "retention",
        description: "Buckets say how long they keep.",
        enforcementLevel: "remediate",
        remediateResource: (args) => isBucket(args) && args.props.tags && args.props.tags.keep === "short"
            ? { ...args.props, tags: { ...args.props.tags, keep: "long" } }
            : args.props,
    },
    {
        name: "advice",
        description: "Few buckets are best.",
        enforcementLevel: "advisory",
        validateStack: (args, report) => args.resources
            .filter(isBucket)
            .forEach((bucket) => report("is it needed?", bucket.urn)),
    },
    {
        name: "off",
        description: "Nothing is good enough.",
        enforcementLevel: "disabled",
        validateResource: (args, report) => report("no"),
    },
];
"#;

const PACK: &str = "new PolicyPack(\"guard\", { policies });\n";

/// A rule of ours that is to stand beside the pack's policies.
const RULE: &str = r#"# METADATA
# title: A bucket has tags
# scope: package
# custom:
#   id: OWN-001
#   severity: low
#   level: mandatory
#   scope: resource
#   types: ["aws:s3/bucket:Bucket"]
#   unknown: undetermined
#   remediation: "Add tags to {name}."
package own.own_001

import rego.v1

deny contains {"path": ["tags"]} if not input.inputs.tags
"#;

/// A stack that is guarded by this pack alone.
fn guarded(pack: &str) -> Site {
    with(pack, &format!("{{ crossguard: {FOLDER} }}"))
}

/// A stack without a resource, with this CrossGuard pack and a pack of ours in the repository.
fn with(pack: &str, policies: &str) -> Site {
    tools();
    let index = format!("const {{ PolicyPack }} = require(\"@pulumi/policy\");\n{pack}");
    let feature = "Feature: guarded\n  Scenario: a bucket\n    Given the stack is deployed\n    Then there is exactly 1 resource of type \"aws:s3/bucket:Bucket\"\n";
    let file = |name: &str| format!("{FOLDER}/{name}");
    factory("guarded-demo", "stacks/guarded")
        .policies(policies)
        .file(
            "policy-packs/own/pack.yaml",
            "name: own\nversion: 0.1.0\ndescription: own\n",
        )
        .file("policy-packs/own/own_001.rego", RULE)
        .file(
            &file("PulumiPolicy.yaml"),
            "runtime: nodejs\nversion: 0.1.0\n",
        )
        .file(&file("package.json"), PACKAGE)
        .file(&file("package-lock.json"), LOCK)
        .file(&file("index.js"), &index)
        .file(
            "stacks/guarded/Pulumi.yaml",
            "name: guarded\nruntime: yaml\ndescription: guarded\nresources:\n",
        )
        .file("holdouts/guarded-demo/guarded.feature", feature)
        .build()
}

/// A run on the change that adds this to the program.
fn adding(site: &Site, resources: &str) -> Ran {
    site.judge(&site.proposal("Pulumi.yaml", |before| format!("{before}{resources}")))
}

fn bucket(tags: &str) -> String {
    format!("  one:\n    type: aws:s3:Bucket\n    properties:\n      tags: {tags}\n")
}

fn rule<'a>(report: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let rules = report["policy"]["report"]["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == name).unwrap()
}

#[test]
fn what_a_mandatory_policy_finds_refuses_and_so_does_what_it_would_remediate() {
    let site = guarded(&format!("{POLICIES}{PACK}"));
    let report = adding(&site, &bucket("{ keep: short }")).expect(10).json();
    assert_eq!(report["outcome"], "refused");
    let owner = rule(&report, "bucket-owner");
    assert_eq!(owner["findings"].as_array().unwrap().len(), 1, "{owner}");
    // The description, and what the policy said with the default of its own configuration.
    let message = owner["findings"][0]["message"].as_str().unwrap();
    assert!(message.ends_with(": set the tag owner"), "{message}");
    assert_eq!(owner["severity"], "high");
    let reasons = report["decision"]["reasons"].to_string();
    assert!(reasons.contains("bucket-owner"), "{reasons}");
    assert!(reasons.contains("it would be remediated"), "{reasons}");
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn what_keeps_every_policy_is_applied() {
    let site = guarded(&format!("{POLICIES}{PACK}"));
    let report = adding(&site, &bucket("{ owner: web }")).expect(0).json();
    assert_eq!(report["outcome"], "applied", "{report}");
    let pack = &report["policy"]["report"]["packs"][0];
    assert_eq!(
        (&pack["name"], &pack["version"]),
        (&"guard".into(), &"0.1.0".into())
    );
    assert!(pack["crossguard"].is_string(), "{pack}");
    // The stack, its provider, the bucket.
    assert_eq!(rule(&report, "bucket-owner")["evaluated"], 3);
    let advice = rule(&report, "advice");
    assert_eq!(advice["findings"].as_array().unwrap().len(), 1, "{advice}");
    let off = rule(&report, "off");
    assert_eq!(
        (&off["evaluated"], &off["findings"]),
        (&0.into(), &serde_json::json!([]))
    );
    assert!(
        off["title"]
            .as_str()
            .unwrap()
            .starts_with("disabled by its pack")
    );
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn where_an_input_is_unknown_every_policy_is_undetermined_and_a_person_is_asked() {
    let both = format!("{{ crossguard: {FOLDER} }}, policy-packs/own");
    let site = with(&format!("{POLICIES}{PACK}"), &both);
    let policy = "  two:\n    type: aws:s3:BucketPolicy\n    properties:\n      bucket: ${one.id}\n      policy: '{}'\n";
    let report = adding(&site, &format!("{}{policy}", bucket("{ owner: web }")));
    let report = report.expect(0).json();
    assert_eq!(report["outcome"], "handed-over", "{report}");
    for name in ["bucket-owner", "no-acl", "retention"] {
        let open = &rule(&report, name)["undetermined"];
        assert_eq!(open.as_array().unwrap().len(), 1, "{name}: {open}");
        assert!(
            open[0]["urn"].as_str().unwrap().ends_with("::two"),
            "{open}"
        );
        assert_eq!(open[0]["paths"], serde_json::json!([["bucket"]]), "{open}");
    }
    // Rules of ours know what they read.
    assert_eq!(
        rule(&report, "OWN-001")["undetermined"],
        serde_json::json!([])
    );
    // A trial does not ask such a pack again, and does not say that it did.
    let answers = &report["holdout"]["report"]["trials"][0]["policies"]["answers"];
    let answers = answers.as_array().unwrap();
    assert!(answers.iter().any(|it| it["rule"] == "bucket-owner"));
    assert!(answers.iter().all(|it| it["answer"] == "not-answered"));
    let run = report["run"].as_str().unwrap();
    let approved = site.lightsout(&["--format", "json", "approve", run, "--by", "Ada"]);
    assert_eq!(approved.expect(0).json()["outcome"], "applied");
}

/// A run that ends as a fault, which says these words.
#[track_caller]
fn check_fault(pack: &str, words: &str) {
    let site = guarded(pack);
    let ran = adding(&site, &bucket("{ owner: web }")).expect(1);
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    assert!(site.resources().is_empty());
}

#[test]
fn a_pack_without_a_policy_that_judges_is_a_fault() {
    check_fault(
        "new PolicyPack(\"guard\", { policies: [] });\n",
        "has no policy that is enabled",
    );
    check_fault("console.error('nothing here');\n", "nothing here");
}

#[test]
fn a_server_that_ends_or_hangs_is_a_fault() {
    let policy = |body: &str| {
        format!(
            "new PolicyPack(\"guard\", {{ policies: [{{ name: \"p\", description: \"d\", enforcementLevel: \"mandatory\", validateResource: {body} }}] }});\n"
        )
    };
    check_fault(&policy("() => process.exit(3)"), "exit code 3");
    check_fault(
        &policy("() => { throw new Error(\"as it happens\"); }"),
        "as it happens",
    );
    check_fault(
        &policy("() => new Promise(() => {})"),
        "did not answer within 30 s",
    );
}
