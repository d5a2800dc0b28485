//! Limits: time, output, processes, files.

use std::time::Duration;

use lightsout::perimeter::sandbox::{End, Sandbox};

use super::support::*;

#[tokio::test]
async fn sleeping_forever_ends_at_the_deadline() {
    let sandbox = sandbox(vec![]).await;
    let mut late = shell("echo before; sleep infinity");
    late.deadline = Duration::from_millis(300);
    let finished = sandbox.run(late).await.expect("runs");
    assert_eq!(finished.end, End::DeadlinePassed);
    assert_eq!(finished.stdout, b"before\n");
    assert!(finished.duration >= Duration::from_millis(300));
    assert!(finished.duration < Duration::from_secs(10));
    assert_eq!(sh(&sandbox, "echo after").await, "after");
}

/// A deadline that only the first process feels is none.
#[tokio::test]
async fn children_that_left_the_session_end_with_the_command() {
    let sandbox = sandbox(vec![]).await;
    let mut late = shell(
        "for i in 1 2 3; do setsid sh -c 'trap \"\" TERM INT HUP; while :; do sleep 1000; done' & done; sleep infinity",
    );
    late.deadline = Duration::from_millis(500);
    let finished = sandbox.run(late).await.expect("runs");
    assert_eq!(finished.end, End::DeadlinePassed);
    assert_eq!(sh(&sandbox, PROCESSES).await, "1");
    // And those of a command that ended by itself.
    sh(
        &sandbox,
        "setsid sleep 1000 >/dev/null 2>&1 & setsid sleep 1000 >/dev/null 2>&1 & true",
    )
    .await;
    assert_eq!(sh(&sandbox, PROCESSES).await, "1");
}

/// How many processes of the payload's user there are: the shell itself.
const PROCESSES: &str = "set -- /proc/[0-9]*; echo $#";

#[tokio::test]
async fn endless_output_is_cut() {
    let sandbox = sandbox(vec![]).await;
    for script in [
        "head -c 1000000000 /dev/zero",
        "head -c 1000000000 /dev/zero >&2",
    ] {
        let mut loud = shell(script);
        loud.output_bytes_max = 1000;
        let finished = sandbox.run(loud).await.expect("runs");
        assert_eq!(finished.end, End::TooMuchOutput);
        assert!(finished.stdout.len() + finished.stderr.len() == 1000);
    }
    let mut exact = shell("head -c 1000 /dev/zero");
    exact.output_bytes_max = 1000;
    let finished = sandbox.run(exact).await.expect("runs");
    assert_eq!(
        (finished.end, finished.stdout.len()),
        (End::Exited(0), 1000)
    );
}

#[tokio::test]
async fn a_fork_bomb_reaches_its_limit_and_goes() {
    let mut small = walls(vec![]);
    small.limits.processes = 24;
    let sandbox = Sandbox::prepare(small).await.expect("the walls stand");
    let inside = process_namespace(&sandbox).await;
    let mut bomb = shell("sh -c 'b() { b | b & }; b' 2>/dev/null & exec sleep infinity");
    bomb.deadline = Duration::from_secs(1);
    let finished = sandbox.run(bomb).await.expect("runs");
    assert_eq!(finished.end, End::DeadlinePassed);
    // Whether the keeper got it down or the whole sandbox had to go, nothing is left of it.
    sandbox.end().await.expect("ended");
    assert_eq!(processes_in(&inside), 0);
}

#[tokio::test]
async fn more_processes_than_the_limit_are_refused() {
    let mut small = walls(vec![]);
    small.limits.processes = 24;
    let sandbox = Sandbox::prepare(small).await.expect("the walls stand");
    let script = "import os\nmade = 0\ntry:\n  while made < 100:\n    if os.fork() == 0: os.pause() if hasattr(os, 'pause') else __import__('signal').pause()\n    made += 1\nexcept BlockingIOError: pass\nprint(made)";
    let made = text(
        &sandbox
            .run(command(["/usr/bin/python3", "-c", script]))
            .await
            .expect("runs"),
    );
    let made: u32 = made.parse().expect("a number");
    assert!((15..24).contains(&made), "{made}");
}

#[tokio::test]
async fn files_and_folders_in_memory_are_bounded() {
    let mut small = walls(vec![]);
    small.limits.file_bytes = 1 << 20;
    small.limits.scratch_bytes = 4 << 20;
    let sandbox = Sandbox::prepare(small).await.expect("the walls stand");
    let big = "head -c 3000000 /dev/zero >/tmp/big; echo $?; stat -c %s /tmp/big";
    assert_ne!(sh(&sandbox, big).await.lines().next(), Some("0"));
    let many = "for i in 1 2 3 4 5 6; do head -c 1000000 /dev/zero >/home/user/$i || break; done 2>/dev/null; du -s /home/user | cut -f1";
    let kib: u64 = sh(&sandbox, many).await.parse().expect("a number");
    assert!((3000..=4096).contains(&kib), "{kib}");
    let inodes = "i=0; while [ $i -lt 3000 ]; do touch /tmp/f$i || break; i=$((i+1)); done 2>/dev/null; ls /tmp | wc -l";
    let inodes: u64 = sh(&sandbox, inodes).await.parse().expect("a number");
    assert!((1000..2999).contains(&inodes), "{inodes}");
    let files = "ulimit -n; ulimit -c";
    assert_eq!(sh(&sandbox, files).await, "1024\n0");
}
