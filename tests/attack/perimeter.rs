//! What a program can find where it runs, and what the engine is asked to open for it.

use crate::support::factory::{Site, factory, tools};

const CANARY: &str = "canary-7f3a9c51";

/// A Python stack whose program runs `body` before it declares its table.
fn python(body: &str) -> Site {
    tools();
    let program = std::fs::read_to_string("stacks/table-python/__main__.py").unwrap();
    let body: String = body.lines().map(|line| format!("{line}\n")).collect();
    let site = factory("table-demo", "stacks/table-python")
        .agent("cp /agent/new.py __main__.py")
        .file("agents/new.py", &format!("{body}\n{program}"))
        .build();
    site.variable("AWS_SECRET_ACCESS_KEY", CANARY)
        .variable("LIGHTSOUT_CANARY", CANARY)
}

#[test]
fn a_program_finds_no_credential_no_scenario_and_no_host() {
    let site = python(
        r#"
import os, socket, glob, sys
found = []
def look(text, where):
    if "canary-7f3a9c51" in text or "@critical" in text:
        found.append(where)
look(repr(dict(os.environ)), "environment")
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try:
        look(open(path, errors="replace").read(), path)
    except OSError:
        pass
for top, folders, files in os.walk("/"):
    if top.startswith(("/proc", "/usr", "/work/site", "/lib")):
        folders[:] = []
        continue
    for name in files:
        path = os.path.join(top, name)
        try:
            if os.path.isfile(path) and os.path.getsize(path) < 1_000_000 and not path.endswith("__main__.py"):
                look(open(path, errors="replace").read(), path)
        except OSError:
            pass
for address in [("169.254.169.254", 80), ("1.1.1.1", 443), ("127.0.0.1", 22), ("127.0.0.1", 80)]:
    s = socket.socket(); s.settimeout(0.5)
    try:
        s.connect(address); found.append(repr(address))
    except OSError:
        pass
if found:
    raise Exception("FOUND " + " ".join(found))
"#,
    );
    let ran = site.run();
    assert!(
        !ran.stdout.contains("FOUND") && !ran.stderr.contains("FOUND"),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    let ran = ran.expect(0);
    assert!(!ran.stdout.contains(CANARY) && !ran.stderr.contains(CANARY));
}

#[test]
fn a_program_that_raises_is_a_named_error_and_nothing_is_applied() {
    let site = python("raise Exception('no such luck')");
    let ran = site.run().expect(1);
    assert!(
        ran.stdout.contains("no such luck"),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}

/// A YAML stack with one more resource, whose source is the asset that is tried.
fn with_asset(asset: &str) -> Site {
    tools();
    let resource = format!(
        "resources:\\n  page:\\n    type: aws:s3:BucketObjectv2\\n    properties:\\n      bucket: ${{content.id}}\\n      key: page\\n      source:\\n        {asset}\\n"
    );
    let script = format!(
        "printf 'hello' > page.txt; mkdir -p pages; printf x > pages/a.txt; sed -i \"s|^resources:|{}|\" Pulumi.yaml",
        resource.replace('$', "\\$")
    );
    factory("site-demo", "stacks/site").agent(&script).build()
}

#[test]
fn an_asset_outside_the_tree_is_refused_before_the_engine_sees_it() {
    for asset in [
        "fn::fileAsset: /etc/passwd",
        "fn::fileAsset: ../../holdouts/site-demo/pages.feature",
        "fn::fileAsset: ./../program/../../../etc/hostname",
        "fn::remoteAsset: http://169.254.169.254/latest/meta-data",
        "fn::fileArchive: /usr/share",
        "fn::fileArchive: ..",
    ] {
        let site = with_asset(asset);
        let ran = site.run().expect(12);
        assert!(ran.stdout.contains("\"denied\""), "{asset}: {}", ran.stdout);
        assert!(site.resources().is_empty(), "{asset}");
    }
}

#[test]
fn an_asset_of_the_tree_is_accepted() {
    let site = with_asset("fn::fileAsset: ./page.txt");
    let ran = site.run();
    assert!(!ran.stdout.contains("\"denied\""), "{}", ran.stdout);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn a_symlink_in_what_the_agent_leaves_is_refused() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .agent("ln -s /etc/passwd page.txt")
        .build();
    let ran = site.run().expect(12);
    assert!(
        ran.stdout.contains("symlink") || ran.stdout.contains("symbolic link"),
        "{}",
        ran.stdout
    );
}

/// A lock file that pins nothing is refused; one that pins is a person's to judge, at `auto` too.
#[test]
fn a_changed_lock_file_is_held_for_a_person() {
    tools();
    let lock = |script: &str| {
        factory("queue-demo", "stacks/queue-node")
            .agent(script)
            .build()
    };
    let unpinned = lock("sed -i 's/\"integrity\"/\"unchecked\"/' package-lock.json");
    unpinned.run().expect(12);
    let added = lock(
        "sed -i 's/\"main\"/\"scripts\": { \"postinstall\": \"exit 1\" }, \"main\"/' package.json",
    );
    let report = added.run().expect(0).json();
    assert_eq!(report["outcome"], "handed-over", "{report}");
    assert_eq!(report["decision"]["needs"][0]["need"], "dependencies");
    assert_eq!(report["decision"]["needs"][0]["paths"][0], "package.json");
    assert!(added.resources().is_empty());
    let run = report["run"].as_str().unwrap();
    let approved = added.lightsout(&["--format", "json", "approve", run, "--by", "Ada"]);
    assert_eq!(approved.expect(0).json()["outcome"], "applied");
}

/// What cannot be installed is the proposal's fault, not a fault of the run.
#[test]
fn lock_files_that_disagree_are_refused() {
    tools();
    let site = factory("queue-demo", "stacks/queue-node")
        .agent("sed -i 's/\"dependencies\": {/\"dependencies\": { \"queue-not-locked\": \"1.0.0\",/' package.json")
        .build();
    let ran = site.run().expect(12);
    assert!(ran.stdout.contains("package.json"), "{}", ran.stdout);
}

#[test]
fn secrets_reach_neither_output_nor_ledger() {
    tools();
    let site = factory("site-demo", "stacks/site")
        .agent("sed -i 's/days: ${logRetentionDays}/days: 180/' Pulumi.yaml; env; cat /proc/self/environ")
        .build()
        .variable("AWS_SECRET_ACCESS_KEY", CANARY);
    let ran = site.run().expect(0);
    assert!(!ran.stdout.contains(CANARY) && !ran.stderr.contains(CANARY));
    for secret in [CANARY, crate::support::factory::PASSPHRASE] {
        site.holds_no(secret);
    }
}
