//! Policies on resolved values: what a preview could not know is judged in the trial, and once more inside `up`.

use std::path::PathBuf;

use crate::support;
use crate::support::factory::{Ran, Site, factory, tools};

/// Nothing that is written may hold the word. What is written is known only when the provider has spoken.
const RULE: &str = r#"# METADATA
# title: No file holds what is forbidden
# scope: package
# custom:
#   id: FILE-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types: ["local:index:File"]
#   unknown: undetermined
#   remediation: "Write something else into {name}."
package files.file_001

import rego.v1

deny contains {"path": ["content"], "msg": "it holds what is forbidden"} if {
	contains(input.inputs.content, "forbidden")
}
"#;

/// A stack of one file with what its provider's environment says, on the real engine and a real provider.
struct Files {
    site: Site,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Files {
    /// With these words in the provider's environment: at a preview and an apply, and in a trial.
    fn with(applied: &str, tried: &str) -> Self {
        tools();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let provider = runtime.block_on(support::provider::file_provider());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("made.txt");
        let project = format!(
            "name: files\nruntime: yaml\ndescription: files\nresources:\n  seen:\n    type: local:index:Environment\n    properties:\n      variable: WORD\n  made:\n    type: local:index:File\n    properties:\n      path: {}\n      content: ${{seen.value}}\n",
            file.display()
        );
        let feature = "Feature: files\n  Scenario: one file\n    Given the stack is deployed\n    Then there is exactly 1 resource of type \"local:index:File\"\n";
        let stack = || {
            factory("files-demo", "stacks/files")
                .autonomy("balanced")
                .packages("{ local: { provider: plugin, version: 0.1.0, environment: [WORD] } }")
                .line("trial: { providers: real, environment: { WORD: TRIAL_WORD } }")
                .policies("policy-packs/files")
                .file(
                    "policy-packs/files/pack.yaml",
                    "name: files\nversion: 0.1.0\ndescription: files\n",
                )
                .file("policy-packs/files/file_001.rego", RULE)
                .file("stacks/files/Pulumi.yaml", &project)
                .file("holdouts/files-demo/files.feature", feature)
                .agent("printf '%s\\n' 'outputs:' '  word: ${seen.value}' >> Pulumi.yaml")
        };
        let first = stack().build();
        let arguments = ["tools", "add", "provider", "local@0.1.0", "--file"];
        let path = provider.to_str().unwrap();
        first
            .lightsout(&[&arguments[..], &[path]].concat())
            .expect(0);
        let lock = std::fs::read_to_string(first.top.join("tools.lock")).unwrap();
        let site = stack()
            .file("tools.lock", &lock)
            .build()
            .variable("WORD", applied)
            .variable("TRIAL_WORD", tried);
        Self {
            site,
            file,
            _folder: folder,
        }
    }

    /// A run up to the person, and that person's yes.
    fn approved(&self) -> Ran {
        let report = self.site.run().expect(0).json();
        assert_eq!(report["outcome"], "handed-over", "{report}");
        // What the trial answered is in the evidence, and a person is asked all the same.
        let answers = &report["holdout"]["report"]["trials"][0]["policies"]["answers"];
        assert_eq!(answers[0]["rule"], "FILE-001", "{report}");
        assert_eq!(answers[0]["answer"], "clean", "{report}");
        let needs = report["decision"]["needs"].to_string();
        assert!(needs.contains("undetermined"), "{needs}");
        let run = report["run"].as_str().unwrap();
        self.site
            .lightsout(&["--format", "json", "approve", run, "--by", "Ada"])
    }
}

#[test]
fn what_only_the_update_could_know_is_stopped_inside_it() {
    let files = Files::with("forbidden", "fine");
    let report = files.approved().expect(20).json();
    assert_eq!(report["outcome"], "apply-incomplete");
    let errors = report["receipt"]["errors"].to_string();
    assert!(errors.contains("FILE-001"), "{errors}");
    let denied = &report["receipt"]["policies"]["answers"][0];
    assert_eq!(denied["answer"], "denied", "{denied}");
    // The resource that the file is made of is there, the file is not.
    assert!(!files.file.exists());
    let types = files.site.resources();
    assert!(
        types
            .iter()
            .any(|it| it["type"] == "local:index:Environment")
    );
    assert!(!types.iter().any(|it| it["type"] == "local:index:File"));
    files.site.lightsout(&["verify"]).expect(0);
}

#[test]
fn what_turns_out_to_be_fine_is_applied() {
    let files = Files::with("harmless", "fine");
    let report = files.approved().expect(0).json();
    assert_eq!(report["outcome"], "applied");
    let policies = &report["receipt"]["policies"];
    assert_eq!(policies["answers"][0]["answer"], "clean", "{policies}");
    // The stack itself, its provider and its two resources.
    assert_eq!(policies["asked"], 4, "{policies}");
    assert_eq!(std::fs::read_to_string(&files.file).unwrap(), "harmless");
    files.site.lightsout(&["verify"]).expect(0);
}

#[test]
fn what_a_trial_shows_to_be_forbidden_is_refused_before_anybody_is_asked() {
    let files = Files::with("harmless", "forbidden");
    let report = files.site.run().expect(10).json();
    assert_eq!(report["outcome"], "refused");
    let reasons = report["decision"]["reasons"].to_string();
    assert!(reasons.contains("FILE-001"), "{reasons}");
    // The trial's provider is real: it was not asked to make the file either.
    assert!(!files.file.exists());
    assert!(files.site.resources().is_empty());
    files.site.lightsout(&["verify"]).expect(0);
}
