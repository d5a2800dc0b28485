//! What a run knows beside its preview: the stack's own settings, signed waivers, and what earlier runs took away.

mod cooling;
mod settings;
mod waivers;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::factory::{Factory, Ran, Site, factory, tools};

/// A pack of one rule, with a parameter. It says nothing of protection: nothing but the memory does.
const RULE: &str = r#"# METADATA
# title: Objects belong to whom the stack says
# scope: package
# custom:
#   id: SITE-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types: ["aws:s3/bucketOwnershipControls:BucketOwnershipControls"]
#   unknown: undetermined
#   parameters:
#     owner: {type: string, default: BucketOwnerEnforced}
#   remediation: "Set `{path}` of {urn} to {expected}."
package site.own_001

import rego.v1

deny contains {"path": ["rule", "objectOwnership"], "expected": input.params.owner, "msg": "another owner"} if {
	not is_right
}

is_right if input.inputs.rule.objectOwnership == input.params.owner
"#;

/// A stack at `auto` with that pack; `policy` is how the configuration names it, `rest` what else it says.
fn stack(policy: &str, rest: &str) -> Factory {
    tools();
    let config = format!(
        "version: 1
stacks:
  - name: site-demo
    path: stacks/site
    autonomy: auto
    policies: [{policy}]
    holdouts: {{ source: holdouts/site-demo, runs: 1, quorum: 1 }}
    state: {{ url: 'file://./state' }}
    packages: {{ aws: {{ provider: twin }} }}
    budget: {{ attempts: 1, minutes: 5 }}
{rest}"
    );
    factory("site-demo", "stacks/site")
        .file("lightsout.yaml", &config)
        .file("packs/site/own_001.rego", RULE)
        .file(
            "packs/site/pack.yaml",
            "name: site\nversion: '1'\ndescription: a test\n",
        )
}

/// The stack's folder with these resources besides, in YAML.
fn proposal(site: &Site, resources: &str) -> PathBuf {
    site.proposal("Pulumi.yaml", |text| {
        text.replace("\noutputs:\n", &format!("\n{resources}\noutputs:\n"))
    })
}

/// Judges the stack with these resources, and makes what was applied the new base.
fn judge(site: &Site, resources: &str) -> Ran {
    let ran = site.judge(&proposal(site, resources));
    if ran.code == 0 && ran.json()["outcome"] == "applied" {
        site.merge(&ran.json());
    }
    ran
}

/// Ownership controls by the name `free`, which hold nothing and which the pack's rule is about.
fn controls(owner: &str) -> String {
    format!(
        "  free:
    type: aws:s3:BucketOwnershipControls
    properties:
      bucket: ${{content.id}}
      rule:
        objectOwnership: {owner}
"
    )
}

/// What a person is needed for.
fn needs(report: &Value) -> Vec<&str> {
    let needs = report["decision"]["needs"].as_array().unwrap();
    needs
        .iter()
        .map(|need| need["need"].as_str().unwrap())
        .collect()
}
