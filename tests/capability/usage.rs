//! What the operator did wrong is named, with the right exit code.

use crate::support::factory::{factory, tools};

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
            "policy-packs/aws-baseline/s3_001.rego",
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
