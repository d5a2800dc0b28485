//! Real processes: a shell stands in for the tools.

use super::*;
use crate::names::Sha256;
use crate::perimeter::tools::{Source, Tool};

fn shell() -> Tool {
    Tool {
        name: "sh".to_owned(),
        version: "0".to_owned(),
        path: PathBuf::from("/bin/sh"),
        depth: 1,
        sha256: Sha256::of(b""),
        source: Source::System,
    }
}

fn script<'a>(tool: &'a Tool, script: &str) -> Invocation<'a> {
    Invocation {
        program: tool.into(),
        args: vec!["-c".into(), script.into()],
        env: vec![],
        cwd: PathBuf::from("/"),
        stdin: vec![],
        deadline: Duration::from_secs(60),
        output_bytes_max: 100_000,
    }
}

fn is_alive(pid: &[u8]) -> bool {
    let pid = String::from_utf8_lossy(pid).trim().to_owned();
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_else(|_| String::new());
    // A zombie that its new parent has not reaped yet is dead.
    !status.is_empty() && !status.contains(") Z ")
}

/// Waits for the kernel to finish a kill, without a fixed time.
async fn gone(pid: &[u8]) {
    let until = Instant::now() + Duration::from_secs(20);
    while is_alive(pid) {
        assert!(Instant::now() < until, "it is still there");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_inherited() {
    let tool = shell();
    let mut invocation = script(&tool, "/usr/bin/env; cat; pwd");
    invocation.env = vec![("ONLY".into(), "this".into())];
    invocation.stdin = b"given\n".to_vec();
    invocation.cwd = PathBuf::from("/usr");
    let output = run(invocation).await.unwrap().success().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| *line != "PWD=/usr").collect();
    assert_eq!(lines, ["ONLY=this", "given", "/usr"]);
}

#[tokio::test]
async fn an_exit_code_is_no_error_until_success_is_asked_for() {
    let tool = shell();
    let output = run(script(
        &tool,
        "echo why >&2; printf '\\033[31m' >&2; exit 3",
    ))
    .await
    .unwrap();
    assert_eq!(output.end, End::Exited(3));
    let error = output.success().unwrap_err().to_string();
    assert_eq!(error, "running `sh`: exit status 3: why\n\\u{1b}[31m");
    let output = run(script(&tool, "kill -9 $$")).await.unwrap();
    assert_eq!(output.end, End::Signalled(9));
}

#[tokio::test]
async fn the_deadline_ends_the_whole_group() {
    let tool = shell();
    let mut invocation = script(&tool, "sleep 1000 & echo $!; wait");
    invocation.deadline = Duration::from_millis(700);
    let output = run(invocation).await.unwrap();
    assert_eq!(output.end, End::DeadlinePassed);
    gone(&output.stdout).await;
}

#[tokio::test]
async fn what_a_process_leaves_behind_does_not_hold_us_up() {
    let tool = shell();
    let output = run(script(&tool, "sleep 1000 & echo $!")).await.unwrap();
    assert_eq!(output.end, End::Exited(0));
    assert!(output.duration < Duration::from_secs(30));
    gone(&output.stdout).await;
}

#[tokio::test]
async fn output_has_a_limit_that_may_be_reached_but_not_passed() {
    let tool = shell();
    let mut invocation = script(&tool, "printf 12345");
    invocation.output_bytes_max = 5;
    let output = run(invocation).await.unwrap();
    assert_eq!(
        (output.end, output.stdout.as_slice()),
        (End::Exited(0), b"12345".as_slice())
    );
    for endless in ["yes", "yes >&2"] {
        let mut invocation = script(&tool, endless);
        invocation.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
        invocation.output_bytes_max = 1_000;
        let output = run(invocation).await.unwrap();
        assert_eq!(output.end, End::TooMuchOutput);
        assert!(output.stdout.len() <= 1_000 && output.stderr.len() <= 1_000);
    }
}

#[tokio::test]
async fn input_that_nobody_reads_is_no_failure() {
    let tool = shell();
    let mut invocation = script(&tool, "exec 0<&-; exit 0");
    invocation.stdin = vec![b'x'; 4 * 1024 * 1024];
    assert_eq!(run(invocation).await.unwrap().end, End::Exited(0));
}

#[tokio::test]
async fn dropping_a_run_kills_it() {
    let tool = shell();
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let text = format!(
        "echo $$ > {0}.part; mv {0}.part {0}; sleep 1000",
        pid.display()
    );
    let mut invocation = script(&tool, &text);
    invocation.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
    let started = async {
        while !pid.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = run(invocation) => panic!("it ended"),
        () = started => {}
    }
    gone(&std::fs::read(&pid).unwrap()).await;
}

#[tokio::test]
async fn a_service_is_its_first_line_until_it_is_dropped() {
    let tool = shell();
    let service = spawn(script(
        &tool,
        "echo $$; echo more; echo said >&2; sleep 1000",
    ))
    .await
    .unwrap();
    let pid = service.first_line().to_owned();
    assert!(is_alive(pid.as_bytes()));
    while !(service.said().contains("more") && service.said().contains("said")) {
        tokio::task::yield_now().await;
    }
    drop(service);
    gone(pid.as_bytes()).await;

    let service = spawn(script(&tool, "sleep 1000 & echo $!; wait"))
        .await
        .unwrap();
    let child = service.first_line().to_owned();
    service.stop().await;
    gone(child.as_bytes()).await;

    let mut service = spawn(script(&tool, "echo up; exit 4")).await.unwrap();
    assert_eq!(service.ended().await.unwrap(), End::Exited(4));
}

#[tokio::test]
async fn a_service_without_a_first_line_is_an_error() {
    let tool = shell();
    let error = spawn(script(&tool, "echo broken >&2; printf half; exit 1"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("running `sh`: it ended"),
        "{error}"
    );
    let mut invocation = script(&tool, "sleep 1000");
    invocation.deadline = Duration::from_millis(300);
    let error = spawn(invocation).await.unwrap_err();
    assert!(error.to_string().contains("no first line"), "{error}");
    let mut invocation = script(&tool, "yes | tr -d '\\n'");
    invocation.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
    assert!(spawn(invocation).await.is_err());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    let mut tool = shell();
    tool.path = PathBuf::from("/nowhere/sh");
    let error = run(script(&tool, "")).await.unwrap_err().to_string();
    assert!(error.starts_with("starting `sh`: No such file"), "{error}");
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let tool = shell();
    let mut invocation = script(&tool, "cat; env");
    invocation.env = vec![("TOKEN".into(), "canary-env".into())];
    invocation.stdin = b"canary-in".to_vec();
    let shown = format!("{invocation:?}");
    assert!(
        shown.contains("TOKEN") && !shown.contains("canary"),
        "{shown}"
    );
    let output = run(invocation).await.unwrap();
    assert!(!format!("{output:?}").contains("canary"));
}
