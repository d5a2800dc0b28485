//! Programs, changes and machines that do not behave: each is named, leaves no process, and nothing is applied.

#![expect(
    clippy::disallowed_methods,
    reason = "a test prepares a file system with the system's own tools"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::factory::{Factory, LONGER, Site, factory, tools};

/// A Python stack whose program begins with this.
fn python(body: &str) -> Factory {
    tools();
    let program = std::fs::read_to_string("stacks/table-python/__main__.py").unwrap();
    factory("table-demo", "stacks/table-python")
        .agent("cp /agent/new.py __main__.py")
        .file("agents/new.py", &format!("{body}\n{program}"))
}

/// The processes of this machine whose command line, or whose table of mounted folders, holds a text.
pub(crate) fn processes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        for file in ["cmdline", "mountinfo"] {
            // A process may end while it is looked at.
            let Ok(bytes) = std::fs::read(path.join(file)) else {
                continue;
            };
            if bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[track_caller]
pub(crate) fn nothing_happened(site: &Site) {
    // Every sandbox of a run shows a folder of its repository.
    let top = site.top.display().to_string();
    assert_eq!(processes(&top), Vec::<String>::new(), "left running");
    assert!(site.resources().is_empty(), "nothing may be applied");
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn a_program_that_never_ends_uses_up_the_budget() {
    let marker = "never-ending-8c1f";
    let body = format!(
        "import os, sys\nif not sys.argv[-1:] == ['{marker}']:\n    os.execv(sys.executable, [sys.executable, '-c', 'while True: pass', '{marker}'])"
    );
    let site = python(&body).minutes(1).build();
    let ran = site.run().expect(13);
    assert!(
        ran.stderr.contains("longer than its budget"),
        "{}",
        ran.stderr
    );
    assert_eq!(processes(marker), Vec::<String>::new());
    nothing_happened(&site);
}

#[test]
fn a_program_that_prints_without_end_is_stopped() {
    let site = python("while True: print('x' * 1_000_000)").build();
    let ran = site.run().expect(1);
    assert!(
        ran.stdout.contains("printed more than its limit"),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    nothing_happened(&site);
}

#[test]
fn a_program_that_forks_without_end_leaves_nothing_behind() {
    let marker = "fork-bomb-41d7";
    // Without the SDK's threads, which do not survive a fork; it ends while what it has started runs on.
    let bomb = format!(
        "\
import os, sys
while True:
    try:
        child = os.fork()
    except OSError:
        os._exit(9)
    if child == 0:
        os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', '{marker}'])
"
    );
    let body =
        format!("import os, sys\nos.execv(sys.executable, [sys.executable, '-c', {bomb:?}])");
    let site = python(&body).build();
    let ran = site.run().expect(1);
    assert!(
        ran.stdout.contains("exit code 9"),
        "{}\n{}",
        ran.json()["decision"],
        ran.stderr
    );
    assert_eq!(processes(marker), Vec::<String>::new());
    nothing_happened(&site);
}

#[test]
fn a_given_change_with_a_link_out_of_its_folder_is_refused() {
    tools();
    let site = factory("site-demo", "stacks/site").build();
    let proposal = site.proposal("Pulumi.yaml", str::to_owned);
    std::os::unix::fs::symlink("/etc/passwd", proposal.join("page.txt")).unwrap();
    let ran = site.judge(&proposal).expect(12);
    assert!(ran.stdout.contains("page.txt"), "{}", ran.stdout);
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

/// A file system of so many bytes is put in the place of our own folder, for this run and its verification only.
fn with_disk_of(site: &Site, size: &str) -> std::process::Output {
    let script = "mkdir -p .lightsout && mount -t tmpfs -o size=$1 none .lightsout && shift
        \"$0\" run --stack site-demo --spec order.md; code=$?
        rm -rf .lightsout/runs
        \"$0\" verify >&2 || exit 99
        exit $code";
    let binary = site.command(&["--version"]);
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command
        .args(["--mount", "sh", "-c", script])
        .arg(binary.get_program())
        .arg(size)
        .current_dir(&site.top)
        .env_clear();
    for (name, value) in binary.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.output().unwrap()
}

#[test]
fn a_full_disk_is_a_fault_and_the_ledger_still_verifies() {
    tools();
    for size in ["96k", "256k"] {
        let site = factory("site-demo", "stacks/site").agent(LONGER).build();
        let output = with_disk_of(&site, size);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{size}: {said}");
        assert!(said.contains("No space left on device"), "{size}: {said}");
        assert!(site.resources().is_empty(), "{size}");
    }
}

/// Starts a run and interrupts it as soon as it says that it is at this stage; its exit code.
fn interrupted_at(site: &Site, stage: &str) -> i32 {
    let mut child = site
        .command(&["run", "--stack", "site-demo", "--spec", "order.md"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    let reached = lines.any(|line| {
        said.push(line.unwrap());
        said.last().is_some_and(|line| line.trim() == stage)
    });
    assert!(reached, "it never came to `{stage}`: {said:#?}");
    if stage == "holdout" {
        // The search for what is left is one that finds.
        let top = site.top.display().to_string();
        while processes(&top).is_empty() {
            assert_eq!(child.try_wait().unwrap(), None);
        }
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    // What it still says must not block it.
    lines.for_each(drop);
    child.wait().unwrap().code().unwrap_or(-1)
}

#[test]
fn an_interruption_at_any_stage_applies_nothing_and_leaves_no_process() {
    tools();
    for stage in ["generate", "preview", "policy", "holdout", "apply"] {
        let site = factory("site-demo", "stacks/site").agent(LONGER).build();
        assert_eq!(interrupted_at(&site, stage), 1, "{stage}");
        nothing_happened(&site);
    }
}

/// A Node stack whose program keeps messages for as long as this expression says.
fn queue(seconds: &str) -> Site {
    tools();
    let program = std::fs::read_to_string("stacks/queue-node/index.js").unwrap();
    let program = program.replace("Seconds: 4 * 24 * 60 * 60", &format!("Seconds: {seconds}"));
    factory("queue-demo", "stacks/queue-node")
        .agent("cp /agent/new.js index.js")
        .file("agents/new.js", &program)
        .build()
}

/// The real thing has an address that no trial has, and a value that depends on it is unknown to every judge of the preview.
#[test]
fn a_program_that_behaves_in_its_trials_only_is_found_out() {
    let honest = queue("dead.arn.apply(() => 345600)");
    honest.run().expect(0);
    let resources = honest.resources();
    let dead = resources
        .iter()
        .find(|it| it["urn"].as_str().unwrap().ends_with("::dead"));
    let arn = dead.unwrap()["outputs"]["arn"].as_str().unwrap();
    let site = queue(&format!(
        "dead.arn.apply(arn => arn === '{arn}' ? 60 : 345600)"
    ));
    let ran = site.run().expect(20);
    assert_eq!(ran.json()["outcome"], "apply-incomplete");
    assert!(
        ran.stdout.contains("the result does not hold"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("345600 seconds"), "no scenario's text");
    // A person must look before anything else.
    site.run().expect(20);
    site.lightsout(&["verify"]).expect(0);
}
