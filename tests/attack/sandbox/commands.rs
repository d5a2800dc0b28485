//! Commands: streams, ends, errors.

use std::time::Duration;

use lightsout::perimeter::sandbox::{End, Error, Step};

use super::support::*;

#[tokio::test]
async fn streams_are_separate_and_input_ends() {
    let sandbox = sandbox(vec![]).await;
    let mut cat = shell("cat; echo error >&2; pwd; exit 3");
    cat.stdin = b"input\0\n".to_vec();
    cat.cwd = "/tmp".into();
    let finished = sandbox.run(cat).await.expect("runs");
    assert_eq!(finished.end, End::Exited(3));
    assert_eq!(finished.stdout, b"input\0\n/tmp\n");
    assert_eq!(finished.stderr, b"error\n");
    // Programs open their streams by name, too.
    let again = sh(
        &sandbox,
        "echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin",
    )
    .await;
    assert_eq!(again, "out");
}

#[tokio::test]
async fn arguments_are_bytes_and_may_be_many() {
    let sandbox = sandbox(vec![]).await;
    let strange = {
        use std::os::unix::ffi::OsStringExt as _;
        std::ffi::OsString::from_vec(vec![0xff, b' ', b'"'])
    };
    let mut printf = command(["/usr/bin/printf", "%s|%s|"]);
    printf.argv.extend([strange, "".into()]);
    printf.env.push(("BIG".into(), "x".repeat(100_000).into()));
    let finished = sandbox.run(printf).await.expect("runs");
    assert_eq!(finished.stdout, b"\xff \"||");
}

#[tokio::test]
async fn a_signal_is_an_end() {
    let sandbox = sandbox(vec![]).await;
    let finished = sandbox.run(shell("kill -TERM $$")).await.expect("runs");
    assert_eq!(finished.end, End::Signalled(15));
}

#[tokio::test]
async fn a_missing_program_or_folder_is_named() {
    let sandbox = sandbox(vec![]).await;
    match sandbox.run(command(["/usr/bin/no-such-program"])).await {
        Err(Error::Start {
            program,
            step,
            errno,
            ..
        }) => {
            assert_eq!(program, "/usr/bin/no-such-program");
            assert_eq!((step, errno), (Step::Exec, Some(2)));
        }
        other => panic!("{other:?}"),
    }
    let mut elsewhere = shell("true");
    elsewhere.cwd = "/nowhere".into();
    match sandbox.run(elsewhere).await {
        Err(Error::Start { step, errno, .. }) => {
            assert_eq!((step, errno), (Step::Directory, Some(2)))
        }
        other => panic!("{other:?}"),
    }
    for argv in [vec!["true"], vec![], vec!["/bin/true", "a\0b"]] {
        assert!(matches!(
            sandbox.run(command(argv)).await,
            Err(Error::Command)
        ));
    }
    assert_eq!(sh(&sandbox, "echo well").await, "well");
}

#[tokio::test]
async fn lines_come_while_it_runs() {
    let sandbox = sandbox(vec![]).await;
    // It waits for its own file, which nobody makes: the lines must come before the end.
    let mut running = sandbox
        .start(shell("echo one; printf 'two\\n\\nfour'; exec >&-; trap 'exit 7' INT; while :; do sleep 0.01; done"))
        .await
        .expect("starts");
    for expected in ["one", "two", "", "four"] {
        assert_eq!(
            running.next_line().await.as_deref(),
            Some(expected.as_bytes())
        );
    }
    assert_eq!(running.next_line().await, None);
    running.interrupt();
    let finished = running.wait().await.expect("ends");
    assert_eq!(finished.end, End::Cancelled);
    assert_eq!(finished.stdout, b"one\ntwo\n\nfour");
    assert!(
        finished.duration < Duration::from_secs(9),
        "it obeyed within the grace"
    );
}

#[tokio::test]
async fn dropping_a_command_kills_it() {
    let sandbox = sandbox(vec![]).await;
    let mut running = sandbox
        .start(shell("echo up; setsid sleep 1000 & sleep 1000"))
        .await
        .expect("starts");
    assert_eq!(running.next_line().await.as_deref(), Some(&b"up"[..]));
    drop(running);
    until(async || sh(&sandbox, "set -- /proc/[0-9]*; echo $#").await == "1").await;
}

#[tokio::test]
async fn commands_run_beside_each_other() {
    let sandbox = sandbox(vec![]).await;
    let first = sandbox.run(shell(
        "until test -e /tmp/second; do sleep 0.01; done; echo first",
    ));
    let second = sandbox.run(shell("echo >/tmp/second; echo second"));
    let (first, second) = tokio::join!(first, second);
    assert_eq!(text(&first.expect("runs")), "first");
    assert_eq!(text(&second.expect("runs")), "second");
}
