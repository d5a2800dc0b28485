//! What the operator did wrong is named, with the right exit code.

use crate::support::factory::{LONGER, factory, tools};

#[test]
fn a_broken_configuration_is_shown_with_line_column_and_the_likely_word() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .line("polices: []")
        .build();
    let ran = site.run().expect(2);
    assert!(
        ran.stderr.contains("lightsout.yaml:") && ran.stderr.contains("did you mean"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_unknown_stack_suggests_the_nearest() {
    tools();
    let site = factory("site-demo", "stacks/site").agent("true").build();
    let ran = site
        .lightsout(&["run", "--stack", "site-dmo", "--spec", "order.md"])
        .expect(2);
    assert!(
        ran.stderr.contains("did you mean `site-demo`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_not_committed_does_not_count_and_is_said() {
    tools();
    let site = factory("site-demo", "stacks/site").agent("true").build();
    assert!(!site.run().expect(0).stderr.contains("differs"));
    let file = site.top.join("lightsout.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("autonomy: auto", "autonomy: review")).unwrap();
    let ran = site.run().expect(0);
    assert!(
        ran.stderr.contains("`lightsout.yaml` differs"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_missing_is_the_users_to_mend() {
    tools();
    let site = factory("site-demo", "stacks/site").agent("true").build();
    let run = |arguments: &[&str]| {
        let first = ["run", "--stack", "site-demo"];
        site.lightsout(&[&first, arguments].concat()).expect(2)
    };
    let ran = run(&["--spec", "missing.md"]);
    assert!(ran.stderr.contains("missing.md"), "{}", ran.stderr);
    let ran = run(&["--spec", "order.md", "--proposal", "missing.patch"]);
    assert!(ran.stderr.contains("missing.patch"), "{}", ran.stderr);
    let site = factory("site-demo", "stacks/site").agent("true").build();
    let ran = site.lightsout(&["verify"]).expect(2);
    assert!(
        ran.stderr.contains("nothing has run here"),
        "{}",
        ran.stderr
    );
    site.lightsout(&["verify", "--ledger", "nowhere"]).expect(2);
    std::fs::create_dir_all(site.top.join(".lightsout/ledger")).unwrap();
    site.lightsout(&["verify"]).expect(30);
    let elsewhere = site.lightsout(&["--repository", "/", "run", "--stack", "s", "--spec", "x"]);
    elsewhere.expect(2);
}

#[test]
fn waiting_for_input_is_ended_by_an_interruption() {
    tools();
    let site = factory("site-demo", "stacks/site").agent("true").build();
    let mut child = site
        .command(&["preview"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    // Until the signal is watched for, it ends the process as it ends any.
    let status = loop {
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::yield_now();
    };
    assert!(!status.success());
}

#[test]
fn a_feature_that_does_not_parse_is_a_fault() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .agent("sed -i 's/days: ${logRetentionDays}/days: 180/' Pulumi.yaml")
        .file("holdouts/site-demo/pages.feature", "Feature\n  nonsense")
        .build();
    let ran = site.run().expect(1);
    assert!(ran.stderr.contains("pages.feature"), "{}", ran.stderr);
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn a_pack_that_does_not_compile_is_a_fault() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .agent("sed -i 's/days: ${logRetentionDays}/days: 180/' Pulumi.yaml")
        .file(
            "policy-packs/aws-baseline/aws_s3_001.rego",
            "package aws.s3_001\nnonsense {{{",
        )
        .build();
    let ran = site.run().expect(1);
    assert!(ran.stderr.contains("s3_001"), "{}", ran.stderr);
    assert!(site.resources().is_empty());
}

#[test]
fn an_agent_that_crashes_or_prints_without_end_is_named() {
    tools();
    let site = factory("site-demo", "stacks/site").agent("exit 3").build();
    assert!(site.run().expect(1).stderr.contains("exit status 3"));
    let site = factory("site-demo", "stacks/site").agent("yes").build();
    assert!(
        site.run()
            .expect(13)
            .stderr
            .contains("printed more than its limit")
    );
}

#[test]
fn one_changed_byte_of_the_ledger_is_found() {
    tools();
    let site = factory("site-demo", "stacks/site").agent("true").build();
    site.run().expect(0);
    site.lightsout(&["verify"]).expect(0);
    let entries = site.top.join(".lightsout/ledger/entries");
    let mut bytes = std::fs::read(&entries).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&entries, bytes).unwrap();
    let ran = site.lightsout(&["verify"]).expect(30);
    assert!(ran.stdout.contains("entry"), "{}", ran.stdout);
}

#[test]
fn an_interrupted_run_leaves_a_ledger_that_verifies_and_nothing_applied() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .agent("touch started; sleep 600")
        .build();
    let mut child = site
        .command(&["run", "--stack", "site-demo", "--spec", "order.md"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The first line of progress says that the run is in its first stage.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::INT,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

/// The runner's files and commands, as a step of a GitHub job has them.
#[test]
fn a_job_on_github_gets_outputs_a_summary_and_annotations_and_no_foreign_command() {
    tools();
    let command = "::set-output name=result::applied";
    let site = factory("site-demo", "stacks/site")
        .agent(&format!(
            "sed -i '0,/blockPublicPolicy: true/s//blockPublicPolicy: false/' Pulumi.yaml; echo '{command}'"
        ))
        .build();
    let (outputs, summary) = (site.top.join("outputs"), site.top.join("summary"));
    let site = site
        .variable("GITHUB_ACTIONS", "true")
        .variable("GITHUB_OUTPUT", outputs.to_str().unwrap())
        .variable("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    let ran = site
        .lightsout(&["run", "--stack", "site-demo", "--spec", "order.md"])
        .expect(10);
    let outputs = std::fs::read_to_string(outputs).unwrap();
    assert!(outputs.starts_with("result<<ghadelimiter_"), "{outputs}");
    assert!(
        outputs.contains("\nrefused\n") && outputs.contains("\n10\n"),
        "{outputs}"
    );
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(
        summary.starts_with("```text\n") && summary.contains("AWS-S3-"),
        "{summary}"
    );
    // Everything that quotes others stands between the two lines with the token.
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let token = lines
        .iter()
        .find_map(|line| line.strip_prefix("::stop-commands::"));
    let end = format!("::{}::", token.unwrap());
    let end = lines.iter().position(|line| *line == end).unwrap();
    assert!(
        lines[end + 1].starts_with("::error title=lightsout::"),
        "{lines:#?}"
    );
    assert!(lines[..end].iter().all(|line| !line.starts_with("::error")));
    let report = site.top.join(".lightsout/runs");
    assert!(report.exists());
}

/// Every other command is fenced too: a stage prints what an agent has said.
#[test]
fn a_stage_on_github_is_fenced() {
    tools();
    // The agent's machine can have neither the state nor the key.
    let built = factory("site-demo", "stacks/site")
        .agent(LONGER)
        .state("file:///proc/nothing/state")
        .top("ledger: { key: 'lightsout+00000000+AQ==' }")
        .build();
    let out = built.top.join("proposal.json");
    let out = out.to_str().unwrap();
    let arguments = ["generate", "--stack", "site-demo", "--spec", "order.md"];
    built
        .lightsout(&[&arguments[..], &["--out", out]].concat())
        .expect(0);
    built.lightsout(&arguments).expect(2);
    let site = factory("site-demo", "stacks/site")
        .agent(LONGER)
        .build()
        .variable("GITHUB_ACTIONS", "true");
    let out = site.top.join("proposal.json");
    let arguments = [
        "generate",
        "--stack",
        "site-demo",
        "--spec",
        "order.md",
        "--out",
    ];
    let ran = site
        .lightsout(&[&arguments[..], &[out.to_str().unwrap()]].concat())
        .expect(0);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let token = lines.first().unwrap().strip_prefix("::stop-commands::");
    let end = format!("::{}::", token.unwrap());
    assert_eq!(lines.last(), Some(&end.as_str()));
    // What one job has made, another judges; on another base it is stale.
    let judged = site.judge(&out).expect(0).json();
    assert_eq!(judged["outcome"], "applied");
    let other = factory("site-demo", "stacks/site")
        .agent(LONGER)
        .file("stacks/site/README.md", "something else\n")
        .build();
    let refused = other.judge(&out).expect(12);
    assert!(
        refused
            .stdout
            .contains("what the stack's folder was before"),
        "{}",
        refused.stdout
    );
    assert!(other.resources().is_empty());
}

#[test]
fn the_stacks_are_listed_for_a_matrix() {
    let site = factory("site-demo", "stacks/site").build();
    let human = site.lightsout(&["stacks"]).expect(0);
    assert_eq!(human.stdout, "site-demo  stacks/site  auto\n");
    let matrix = site
        .lightsout(&["stacks", "--format", "matrix"])
        .expect(0)
        .json();
    let only =
        serde_json::json!([{ "include": [{ "stack": "site-demo", "path": "stacks/site" }] }]);
    assert_eq!(matrix, only);
    let head = std::fs::read_to_string(site.top.join(".git/refs/heads/main")).unwrap();
    let unchanged = ["stacks", "--format", "matrix", "--changed", head.trim()];
    assert_eq!(
        site.lightsout(&unchanged).expect(0).json(),
        serde_json::json!([])
    );
    let parts: usize = (1..=3)
        .map(|part| {
            let shard = format!("{part}/3");
            let listed = site.lightsout(&["--format", "json", "stacks", "--shard", &shard]);
            listed.expect(0).json().as_array().unwrap().len()
        })
        .sum();
    assert_eq!(parts, 1);
    for wrong in ["4/3", "0/3", "x", "1/0"] {
        site.lightsout(&["stacks", "--shard", wrong]).expect(2);
    }
    site.lightsout(&["stacks", "--changed", "main"]).expect(2);
    site.lightsout(&["verify", "--format", "matrix"]).expect(2);
    let absent = site
        .lightsout(&["stacks", "--changed", &"0".repeat(40)])
        .expect(2);
    assert!(
        absent.stderr.contains("fetch-depth: 0"),
        "{}",
        absent.stderr
    );
}

/// What a workflow lacks is said, with what to do.
#[test]
fn work_outside_of_a_workflow_says_what_is_missing() {
    let site = factory("site-demo", "stacks/site").build();
    let ran = site.lightsout(&["work"]).expect(2);
    assert!(ran.stderr.contains("lightsout run"), "{}", ran.stderr);
    let event = site.top.join("event.json");
    let payload = serde_json::json!({
        "action": "labeled", "repository": { "full_name": "o/r", "default_branch": "main" },
        "label": { "name": "x" }, "issue": { "number": 1 }
    });
    std::fs::write(&event, payload.to_string()).unwrap();
    let site = site
        .variable("GITHUB_EVENT_NAME", "issues")
        .variable("GITHUB_EVENT_PATH", event.to_str().unwrap());
    let ran = site.lightsout(&["work"]).expect(2);
    assert!(ran.stderr.contains("GITHUB_TOKEN"), "{}", ran.stderr);
    let site = site.variable("GITHUB_REPOSITORY", "o/other");
    let ran = site.lightsout(&["work"]).expect(2);
    assert!(ran.stderr.contains("`o/other`"), "{}", ran.stderr);
}
