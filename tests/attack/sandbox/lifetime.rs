//! The supervisor's death and the sandbox's end.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use lightsout::perimeter::sandbox::Error;

use super::support::*;

const LEAVE: &str =
    "setsid sleep 4242 & trap '' TERM INT HUP; echo up; while :; do sleep 4242; done";

#[tokio::test]
async fn the_end_leaves_nothing() {
    let sandbox = sandbox(vec![]).await;
    let inside = process_namespace(&sandbox).await;
    let mut running = sandbox.start(shell(LEAVE)).await.expect("starts");
    running.next_line().await.expect("it is up");
    assert!(processes_in(&inside) >= 2, "the test can fail");
    sandbox.end().await.expect("ended");
    assert_eq!(processes_in(&inside), 0);
    assert!(matches!(running.wait().await, Err(Error::Gone)));
}

#[tokio::test]
async fn dropping_leaves_nothing() {
    let sandbox = sandbox(vec![]).await;
    let inside = process_namespace(&sandbox).await;
    let mut running = sandbox.start(shell(LEAVE)).await.expect("starts");
    running.next_line().await.expect("it is up");
    drop(sandbox);
    assert_eq!(processes_in(&inside), 0);
}

/// Started by the next test as a process of its own, which then kills it.
#[tokio::test]
async fn supervisor() {
    if std::env::var_os("LIGHTSOUT_TEST_SUPERVISOR").is_none() {
        return;
    }
    let sandbox = sandbox(vec![]).await;
    let mut running = sandbox.start(shell(LEAVE)).await.expect("starts");
    running.next_line().await.expect("it is up");
    println!("\nup {}", process_namespace(&sandbox).await);
    running.next_line().await;
}

#[tokio::test]
async fn a_killed_supervisor_leaves_nothing() {
    let mut supervisor = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "sandbox::lifetime::supervisor", "--nocapture"])
        .env("LIGHTSOUT_TEST_SUPERVISOR", "yes")
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(supervisor.stdout.take().expect("piped")).lines();
    let inside: String = lines
        .map(|line| line.expect("a line"))
        .find_map(|line| line.strip_prefix("up ").map(str::to_owned))
        .expect("it is up");
    let below = descendants(supervisor.id());
    assert!(processes_in(&inside) >= 2, "the test can fail");
    assert!(
        below.len() >= 4,
        "outer, process 1, keeper, payload: {below:?}"
    );
    supervisor.kill().expect("killed");
    supervisor.wait().expect("gone");
    until(async || below.iter().all(|pid| !alive(*pid)) && processes_in(&inside) == 0).await;
}
