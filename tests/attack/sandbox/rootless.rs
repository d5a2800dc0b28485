//! Without root; runs the other tests again as an ordinary user.

use std::os::unix::process::CommandExt as _;

use super::support::*;

/// Any user that is not root will do; this one owns nothing.
const USER: u32 = 54_321;

/// The same tests, each against a sandbox with one user namespace.
#[tokio::test]
async fn every_other_test_holds_without_root() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    // The programs must be readable for the user, whatever the build folder's rights are.
    let folder = Outside::new();
    let tests = folder.path().join("tests");
    std::fs::copy(std::env::current_exe().expect("this test"), &tests).expect("copied");
    std::fs::copy(executable(), folder.path().join("lightsout")).expect("copied");
    let pulumi = folder.path().join("pulumi");
    std::fs::copy(super::programs::pulumi().await, &pulumi).expect("copied");
    let scratch = folder.path().join("tmp");
    std::fs::create_dir(&scratch).expect("made");
    std::os::unix::fs::chown(&scratch, Some(USER), Some(USER)).expect("owned");
    let output = std::process::Command::new(&tests)
        .arg("sandbox::")
        .env("TMPDIR", &scratch)
        .env("LIGHTSOUT_TEST_PULUMI", pulumi)
        .env("LIGHTSOUT_TEST_EXECUTABLE", folder.path().join("lightsout"))
        .uid(USER)
        .gid(USER)
        .current_dir("/")
        .output()
        .expect("starts");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{out}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(out.contains("test result: ok"), "{out}");
}

#[tokio::test]
async fn the_mode_is_the_callers() {
    let sandbox = sandbox(vec![]).await;
    let enforced = sandbox.enforced();
    if rustix::process::geteuid().is_root() {
        assert_eq!(enforced.mode, "root");
        assert!(enforced.uid_outside > 1_000_000);
        assert!(!enforced.namespaces.contains(&"user".to_owned()));
    } else {
        assert_eq!(enforced.mode, "rootless");
        assert_eq!(enforced.uid, 1000);
        assert!(enforced.namespaces.contains(&"user".to_owned()));
        assert_eq!(
            sh(
                &sandbox,
                "cat /proc/self/uid_map /proc/self/setgroups | tr -s ' '"
            )
            .await,
            format!(" 1000 {} 1\ndeny", enforced.uid_outside)
        );
    }
}
