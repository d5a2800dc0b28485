//! What a payload sees, and what it cannot.

use std::path::PathBuf;

use lightsout::perimeter::sandbox::{Identity, Sandbox};

use super::support::*;

/// The way to the canary is cut at every level, not only at the obvious path.
#[tokio::test]
async fn a_file_beside_the_mount_does_not_exist() {
    let (shown, beside) = (Outside::new(), Outside::new());
    let canary = beside.path().join("file");
    let mut sandbox = sandbox(vec![shown.read_only("/work")]).await;
    let attempts = sandbox
        .probe(std::slice::from_ref(&canary))
        .await
        .expect("probed");
    assert!(attempts.len() > 20);
    for attempt in &attempts {
        assert_eq!(attempt.name, "ENOENT", "{}", attempt.path.display());
        assert_eq!(attempt.errno, Some(2));
    }
    let found = sh(
        &sandbox,
        "grep -rs content / --include=file | grep -v ^/usr || true",
    )
    .await;
    assert_eq!(found, "/work/file:content");
}

/// The honest twin: the probe does see what is there.
#[tokio::test]
async fn a_success_of_the_probe_is_visible() {
    let shown = Outside::new();
    let mut sandbox = sandbox(vec![shown.read_only("/work")]).await;
    let attempts = sandbox
        .probe(&[PathBuf::from("/work/file")])
        .await
        .expect("probed");
    let direct = attempts.first().expect("the given path comes first");
    assert_eq!((direct.errno, direct.name.as_str()), (None, "OPENED"));
    let opened = attempts.iter().filter(|attempt| attempt.errno.is_none());
    // Directly, through its own root, through its working directory, and twice over `..`; never through process 1.
    assert_eq!(opened.count(), 5);
}

#[tokio::test]
async fn the_environment_is_what_was_given_and_nothing_else() {
    let sandbox = sandbox(vec![]).await;
    let mut command = command(["/usr/bin/env"]);
    command.env = vec![("ONLY".into(), "this".into())];
    let finished = sandbox.run(command).await.expect("runs");
    assert_eq!(text(&finished), "ONLY=this");
}

#[tokio::test]
async fn process_one_shows_nothing() {
    let mut walls = walls(vec![]);
    for identity in [Identity::Dedicated, Identity::Caller] {
        walls.identity = identity;
        let sandbox = Sandbox::prepare(walls).await.expect("the walls stand");
        let script = "for f in environ cmdline maps mem status fd/3 root exe; do \
                      cat /proc/1/$f 2>/dev/null && echo READ $f; done; ls /proc | grep -x 1; true";
        assert_eq!(sh(&sandbox, script).await, "");
        let own = sh(
            &sandbox,
            "cat /proc/self/environ | tr '\\0' '\\n' | grep -c PATH",
        )
        .await;
        assert_eq!(own, "1", "its own is there: the test can fail");
        walls = super::support::walls(vec![]);
    }
}

#[tokio::test]
async fn an_inherited_descriptor_is_closed() {
    use std::os::fd::{AsRawFd as _, OwnedFd};
    let beside = Outside::new();
    let folder = std::fs::File::open(beside.path()).expect("a folder");
    // Without CLOEXEC, as a careless caller would hold it.
    let leaked: OwnedFd = rustix::io::dup(&folder).expect("duplicated");
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).expect("inheritable");
    let sandbox = sandbox(vec![]).await;
    let open = sh(&sandbox, "ls /proc/self/fd").await;
    assert_eq!(open, "0\n1\n2\n3", "3 is ls's own");
    let through = format!(
        "cat /proc/self/fd/{}/file || echo closed",
        leaked.as_raw_fd()
    );
    assert_eq!(sh(&sandbox, &through).await, "closed");
}

#[tokio::test]
async fn what_is_enforced_is_read_back() {
    let shown = Outside::new();
    let sandbox = sandbox(vec![shown.read_only("/work/program")]).await;
    let enforced = sandbox.enforced();
    assert!(enforced.uid_outside > 0);
    assert!(
        enforced
            .capabilities
            .values()
            .all(|set| set == "0000000000000000")
    );
    assert_eq!(enforced.capabilities.len(), 5);
    assert!(enforced.no_new_privs);
    assert_eq!(enforced.seccomp_mode, 2);
    assert!(enforced.seccomp_filters >= 2);
    assert!(enforced.landlock_abi >= 2);
    assert!(enforced.root.contains(&"work".to_owned()));
    assert!(!enforced.root.contains(&"root".to_owned()));
    for name in ["cgroup", "ipc", "mnt", "net", "pid", "uts"] {
        assert!(enforced.namespaces.contains(&name.to_owned()), "{name}");
    }
    assert_eq!(enforced.rlimits["RLIMIT_NPROC"], 256);
    assert!(!enforced.rlimits.contains_key("RLIMIT_AS"));
    assert!(
        enforced
            .not_enforced
            .iter()
            .any(|limit| limit.starts_with("memory"))
    );
    serde_json::to_string(enforced).expect("it goes into the record");
}

/// What the record says is what a payload itself reads.
#[tokio::test]
async fn a_payload_has_no_capability_and_a_filter() {
    let mut dedicated = walls(vec![]);
    dedicated.identity = Identity::Dedicated;
    let mut caller = walls(vec![]);
    caller.identity = Identity::Caller;
    for (walls, own) in [(dedicated, false), (caller, true)] {
        let sandbox = Sandbox::prepare(walls).await.expect("the walls stand");
        let script = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\\t'";
        assert_eq!(
            sh(&sandbox, script).await,
            "CapInh:0000000000000000\nCapPrm:0000000000000000\nCapEff:0000000000000000\n\
             CapBnd:0000000000000000\nCapAmb:0000000000000000\nNoNewPrivs:1\nSeccomp:2"
        );
        let uid = sh(&sandbox, "id -u").await;
        let ours = rustix::process::geteuid().as_raw().to_string();
        assert_eq!(uid == ours, own);
        assert_eq!(uid, sandbox.enforced().uid.to_string());
    }
}

/// User 0 without capabilities may still write the kernel's settings, where they are mounted.
#[tokio::test]
async fn the_callers_id_cannot_write_the_kernels_settings() {
    let mut walls = walls(vec![]);
    walls.identity = Identity::Caller;
    let sandbox = Sandbox::prepare(walls).await.expect("the walls stand");
    let script = "ls -d /proc/sys /proc/sysrq-trigger /sys 2>/dev/null; \
                  echo 1 2>/dev/null >/proc/self/oom_score_adj && echo WRITTEN; \
                  touch /new /usr/new /etc/new 2>/dev/null && echo WRITTEN; true";
    assert_eq!(sh(&sandbox, script).await, "");
    assert_eq!(
        sh(&sandbox, "touch /tmp/new && echo written").await,
        "written"
    );
}
