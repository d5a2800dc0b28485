//! Between the decision and its apply, nothing may move.

use std::path::Path;

use lightsout::perimeter::repository::Repository;

use crate::support::factory::{LONGER, Site, factory, tools};

/// A run that waits for an approval, and its id.
fn held() -> (Site, String) {
    tools();
    let site = factory("site-demo", "stacks/site")
        .autonomy("balanced")
        .agent(LONGER)
        .build();
    let report = site.run().expect(0).json();
    assert_eq!(report["outcome"], "handed-over");
    let run = report["run"].as_str().unwrap().to_owned();
    (site, run)
}

#[track_caller]
fn check_stale(site: &Site, run: &str, what: &str) {
    let approved = site
        .lightsout(&["--format", "json", "approve", run, "--by", "Ada"])
        .expect(12);
    assert!(approved.stdout.contains(what), "{}", approved.stdout);
    assert!(site.resources().is_empty(), "nothing may be applied");
    site.lightsout(&["verify"]).expect(0);
}

/// Commits the work tree's files as the new base, as a person would.
fn commit(site: &Site, path: &str, change: impl Fn(String) -> String) {
    use std::os::fd::AsFd as _;
    let file = site.top.join(path);
    let text = change(std::fs::read_to_string(&file).unwrap());
    std::fs::write(&file, text).unwrap();
    let limits = lightsout::perimeter::import::Limits {
        leave_out: [".git", ".lightsout", "state", "order.md", ".proposal"]
            .map(str::to_owned)
            .to_vec(),
        ..Default::default()
    };
    let folder = lightsout::perimeter::import::open_folder(&site.top).unwrap();
    let tree = lightsout::perimeter::import::import(folder.as_fd(), &limits).unwrap();
    let git = site.top.join(".git");
    let moved = site.top.join(".git-before");
    std::fs::rename(&git, &moved).unwrap();
    Repository::begin(&site.top, &tree, 1_700_000_001).unwrap();
    copy(&moved.join("objects"), &git.join("objects"));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if !target.exists() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_changed_state_makes_the_decision_stale() {
    let (site, run) = held();
    let file = site.top.join("state/.pulumi/stacks/site/site-demo.json");
    let state = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{state}\n")).unwrap();
    check_stale(&site, &run, "state has changed");
}

#[test]
fn a_changed_tree_makes_the_decision_stale() {
    let (site, run) = held();
    let file = site
        .top
        .join(".lightsout/runs")
        .join(&run)
        .join("tree/Pulumi.yaml");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("days: 180", "days: 1");
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    std::fs::set_permissions(&file, permissions).unwrap();
    std::fs::write(&file, text).unwrap();
    check_stale(&site, &run, "judged tree has changed");
}

#[test]
fn a_changed_plan_makes_the_decision_stale() {
    let (site, run) = held();
    let file = site
        .top
        .join(".lightsout/runs")
        .join(&run)
        .join("plan.json");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("create", "same");
    std::fs::write(&file, text).unwrap();
    check_stale(&site, &run, "plan has changed");
}

#[test]
fn a_changed_configuration_makes_the_decision_stale() {
    let (site, run) = held();
    commit(&site, "lightsout.yaml", |text| {
        text.replace("balanced", "auto")
    });
    check_stale(&site, &run, "configuration has changed");
}

#[test]
fn a_changed_policy_makes_the_decision_stale() {
    let (site, run) = held();
    commit(&site, "policy-packs/aws-baseline/aws_s3_001.rego", |text| {
        format!("{text}\n# looser\n")
    });
    check_stale(&site, &run, "policies of the base has changed");
}

#[test]
fn what_did_not_move_is_applied() {
    let (site, run) = held();
    site.lightsout(&["approve", &run, "--by", "Ada"]).expect(0);
    assert!(!site.resources().is_empty());
}

/// Kills a run as soon as the engine's update has begun.
fn killed_while_applying(site: &Site) -> String {
    let mut child = site
        .command(&["run", "--stack", "site-demo", "--spec", "order.md"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let runs = site.top.join(".lightsout/runs");
    let begun = || {
        let run = std::fs::read_dir(&runs)
            .map_or(None, Some)?
            .next()?
            .unwrap();
        let is_begun = run.path().join("apply/up.log").exists();
        is_begun.then(|| run.file_name().into_string().unwrap())
    };
    let run = loop {
        if let Some(run) = begun() {
            break run;
        }
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "it ended before it applied"
        );
        std::thread::yield_now();
    };
    child.kill().unwrap();
    child.wait().unwrap();
    run
}

#[test]
fn after_an_apply_that_did_not_finish_a_person_must_look() {
    tools();
    let site = factory("site-demo", "stacks/site").agent(LONGER).build();
    let run = killed_while_applying(&site);
    let verified = site.lightsout(&["verify"]).expect(0);
    assert!(verified.stdout.contains(&run), "{}", verified.stdout);
    // Neither a new run nor the old one goes on.
    let refused = site.run().expect(20);
    assert!(refused.stderr.contains(&run), "{}", refused.stderr);
    site.lightsout(&["approve", &run, "--by", "Ada"]).expect(20);
    site.lightsout(&["acknowledge", &run, "--by", "Ada", "--note", " "])
        .expect(2);
    site.run().expect(20);
    let note = "nothing was made; the state is begun anew";
    site.lightsout(&["acknowledge", &run, "--by", "Ada", "--note", note])
        .expect(0);
    site.lightsout(&["acknowledge", &run, "--by", "Ada", "--note", note])
        .expect(2);
    let locked = site.run().expect(1);
    assert!(locked.stderr.contains(".pulumi/locks"), "{}", locked.stderr);
    std::fs::remove_dir_all(site.top.join("state")).unwrap();
    site.run().expect(0);
    site.lightsout(&["verify"]).expect(0);
}

#[test]
fn another_checkout_of_the_same_state_waits_for_the_person_too() {
    tools();
    let state = tempfile::tempdir().unwrap();
    let url = format!("file://{}", state.path().display());
    let checkout = || {
        factory("site-demo", "stacks/site")
            .state(&url)
            .agent(LONGER)
            .build()
    };
    let (first, second) = (checkout(), checkout());
    let run = killed_while_applying(&first);
    let refused = second.run().expect(20);
    assert!(refused.stderr.contains(&run), "{}", refused.stderr);
    let note = ["--by", "Ada", "--note", "looked"];
    second
        .lightsout(&[&["acknowledge", &run], &note[..]].concat())
        .expect(2);
    first
        .lightsout(&[&["acknowledge", &run], &note[..]].concat())
        .expect(0);
    // What holds it now is only the engine's own lock.
    second.run().expect(1);
}

#[test]
fn an_approval_that_went_wrong_can_be_gone_on_with() {
    let (mut site, run) = held();
    let right = site.with_passphrase("not the right one");
    let failed = site.lightsout(&["approve", &run, "--by", "Ada"]).expect(1);
    assert!(failed.stderr.contains("passphrase"), "{}", failed.stderr);
    assert!(site.resources().is_empty());
    site.with_passphrase(&right);
    site.lightsout(&["approve", &run, "--by", "Ada"]).expect(0);
    assert!(!site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
}
