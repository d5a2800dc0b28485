//! What a watched command tried: refused as for any other, and counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lightsout::perimeter::sandbox::{Command, End, Mount, Watch};

use super::kernel::compiled;
use super::support::*;

fn watched(mut command: Command) -> Command {
    command.watch = Watch::Denials;
    command
}

fn python(script: &str) -> Command {
    watched(command(["/usr/bin/python3", "-c", script]))
}

fn denials<const N: usize>(list: [(&str, u64); N]) -> BTreeMap<String, u64> {
    list.map(|(what, count)| (what.to_owned(), count)).into()
}

fn scratch() -> Mount {
    Mount::Scratch {
        target: "/work".into(),
        bytes_max: 1 << 20,
    }
}

/// Each prints the kernel's answer. 1: not permitted. 101: no route. 2: no such file.
const LEAVE: &str = "\
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    ctypes.set_errno(0)
    print(name, getattr(libc, name)(*arguments), ctypes.get_errno())
def connect(family, kind, address):
    try: socket.socket(family, kind).connect(address); print('REACHED')
    except OSError as e: print('connect', e.errno)
# Nothing is buffered, since a child will have a copy of it.
sys.stdout.reconfigure(line_buffering=True)
call('mount', b'none', b'/tmp', b'tmpfs', 0, None)
call('ptrace', 16, 1, None, None)
call('unshare', 0x10000000)
call('unshare', 0x00020000)
connect(socket.AF_INET, socket.SOCK_STREAM, ('203.0.113.7', 443))
connect(socket.AF_INET, socket.SOCK_DGRAM, ('203.0.113.7', 53))
connect(socket.AF_INET6, socket.SOCK_STREAM, ('2001:db8::1', 443))
connect(socket.AF_UNIX, socket.SOCK_STREAM, '/run/docker.sock')
connect(socket.AF_UNIX, socket.SOCK_STREAM, '/tmp/../run/docker.sock')
if os.fork() == 0:
    connect(socket.AF_INET, socket.SOCK_STREAM, ('203.0.113.7', 443))
    os._exit(0)
os.wait()
";

const LEFT: &str = "mount -1 1\nptrace -1 1\nunshare -1 1\nunshare -1 1\n\
    connect 101\nconnect 101\nconnect 101\nconnect 2\nconnect 2\nconnect 101";

#[tokio::test]
async fn what_tries_to_leave_is_refused_and_listed() {
    let sandbox = sandbox(vec![]).await;
    let finished = sandbox.run(python(LEAVE)).await;
    let finished = finished.expect("runs");
    assert_eq!(text(&finished), LEFT);
    let expected = denials([
        ("connect 203.0.113.7:443", 2),
        ("connect 203.0.113.7:53", 1),
        ("connect [2001:db8::1]:443", 1),
        ("connect unix:/run/docker.sock", 1),
        ("connect unix:/tmp/../run/docker.sock", 1),
        ("mount", 1),
        ("ptrace", 1),
        ("unshare", 2),
    ]);
    assert_eq!(finished.denials, expected);
    // Unwatched, it gets the same answers, and nobody counts.
    let mut unwatched = python(LEAVE);
    unwatched.watch = Watch::Unwatched;
    let finished = sandbox.run(unwatched).await.expect("runs");
    assert_eq!(text(&finished), LEFT);
    assert_eq!(finished.denials, BTreeMap::new());
}

const STAY: &str = "\
import os, socket, subprocess, threading
for family, host in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
    server = socket.create_server((host, 0), family=family)
    client = socket.create_connection((host, server.getsockname()[1]))
    server.accept()[0].sendall(b'served'); print(client.recv(6).decode())
for name in ('/tmp/own.sock', '/work/own.sock', '\\0own'):
    server = socket.socket(socket.AF_UNIX); server.bind(name); server.listen()
    client = socket.socket(socket.AF_UNIX); client.connect(name)
    server.accept()[0].sendall(b'served'); print(client.recv(6).decode())
open('/work/file', 'w').write('written'); print(open('/work/file').read())
print(subprocess.check_output(['/bin/sh', '-c', 'id -u >/dev/null; echo child'], text=True).strip())
thread = threading.Thread(target=lambda: print('thread')); thread.start(); thread.join()
";

#[tokio::test]
async fn what_stays_inside_is_not_listed() {
    let sandbox = sandbox(vec![scratch()]).await;
    let finished = sandbox.run(python(STAY)).await.expect("runs");
    let served = "served\n".repeat(5);
    assert_eq!(text(&finished), format!("{served}written\nchild\nthread"));
    assert_eq!(finished.denials, BTreeMap::new());
}

/// A listener of its own would let a payload answer its own questions: of two filters that ask, the newer one's listener does.
const LISTENER: &str = r#"
#include <stdio.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
static void install(unsigned long flags, struct sock_fprog *program) {
  errno = 0;
  long result = syscall(SYS_seccomp, 1, flags, program);
  printf("%ld %d\n", result, errno);
}
int main(void) {
  struct sock_filter ask[] = { {0x06, 0, 0, SECCOMP_RET_USER_NOTIF} }, allow[] = { {0x06, 0, 0, SECCOMP_RET_ALLOW} };
  struct sock_fprog asking = { 1, ask }, allowing = { 1, allow };
  install(8, &asking);
  install(8 | 32, &asking);
  install(0x100000008UL, &asking);
  install(0, &allowing);
  for (int fd = 3; fd < 1024; fd++) if (fcntl(fd, 1) >= 0) printf("descriptor %d\n", fd);
  return 0;
}
"#;

#[tokio::test]
async fn no_payload_answers_for_itself() {
    let program = compiled(LISTENER);
    let sandbox = sandbox(vec![program.read_only("/work")]).await;
    for watch in [Watch::Denials, Watch::Unwatched] {
        let mut attack = command(["/work/attack"]);
        attack.watch = watch;
        let finished = sandbox.run(attack).await.expect("runs");
        // Its own filters without a listener stay its right, and it has no descriptor of ours.
        assert_eq!(text(&finished), "-1 1\n-1 1\n-1 1\n0 0");
        let count = match watch {
            Watch::Denials => denials([("seccomp listener", 3)]),
            Watch::Unwatched => BTreeMap::new(),
        };
        assert_eq!(finished.denials, count);
    }
}

/// Every call of the list has the same answer, asked about or not, and each is listed.
#[tokio::test]
async fn the_whole_list_is_refused_and_listed() {
    let program = compiled(super::kernel::CALLS);
    let sandbox = sandbox(vec![program.read_only("/work")]).await;
    let plain = sandbox.run(command(["/work/attack"])).await.expect("runs");
    let asked = sandbox.run(watched(command(["/work/attack"]))).await;
    let asked = asked.expect("runs");
    assert_eq!(text(&asked), text(&plain));
    let refused = text(&plain)
        .lines()
        .filter(|line| line.ends_with("EPERM"))
        .count();
    let counted: u64 = asked.denials.values().sum();
    assert_eq!(usize::try_from(counted), Ok(refused));
    assert_eq!(asked.denials.get("clone into a namespace"), Some(&2));
    assert_eq!(asked.denials.get("ioctl on a terminal"), Some(&2));
    assert_eq!(asked.denials.get("socket of family 16"), Some(&1));
}

const FLOOD: &str = r#"
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
int main(int argc, char **argv) {
  for (int child = 0; child < 4; child++)
    if (fork() == 0) {
      for (long i = 0; argc > 1 || i < 25000; i++) if (syscall(SYS_chroot, "/") == 0) return 1;
      return 0;
    }
  int failed = 0, status;
  while (wait(&status) > 0) failed |= status;
  return failed != 0;
}
"#;

#[tokio::test]
async fn a_flood_is_counted_to_its_end_and_can_be_killed_before() {
    let program = compiled(FLOOD);
    let sandbox = sandbox(vec![program.read_only("/work")]).await;
    let finished = sandbox.run(watched(command(["/work/attack"]))).await;
    let finished = finished.expect("runs");
    assert_eq!(finished.end, End::Exited(0));
    assert_eq!(finished.denials, denials([("chroot", 100_000)]));
    // One without an end, with calls pending all the time, still ends at its deadline.
    let mut endless = watched(command(["/work/attack", "endless"]));
    endless.deadline = Duration::from_millis(300);
    let started = Instant::now();
    let finished = sandbox.run(endless).await.expect("runs");
    assert_eq!(finished.end, End::DeadlinePassed);
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(
        finished
            .denials
            .get("chroot")
            .is_some_and(|count| *count > 0)
    );
    assert_eq!(finished.denials.len(), 1);
    assert_eq!(sh(&sandbox, "echo well").await, "well");
    sandbox.end().await.expect("ended");
}

/// Paths and ports are the payload's words: few of them are kept, and none writes into a report.
#[tokio::test]
async fn the_list_is_bounded_and_printable() {
    let sandbox = sandbox(vec![]).await;
    let script = "\
import ctypes, socket
def connect(family, address):
    try: socket.socket(family).connect(address)
    except OSError: pass
connect(socket.AF_UNIX, '/run/\\x1b[2J\\n' + 'x' * 90)
libc = ctypes.CDLL(None)
for address, length in ((8, 16), (0, 128), (1 << 63, 0xffffffff)):
    libc.connect(socket.socket().fileno(), ctypes.c_void_p(address), ctypes.c_uint(length))
for port in range(1, 1001): connect(socket.AF_INET, ('203.0.113.7', port))
";
    let finished = sandbox.run(python(script)).await.expect("runs");
    text(&finished);
    assert_eq!(finished.denials.len(), 51);
    assert_eq!(finished.denials.values().sum::<u64>(), 1004);
    assert_eq!(finished.denials.get("other"), Some(&952));
    let path = format!("connect unix:/run/?[2J?{}", "x".repeat(90));
    assert_eq!(finished.denials.get(&path), Some(&1));
    let unreadable = finished.denials.get("connect to an unreadable address");
    assert_eq!(unreadable, Some(&3));
}

/// What is enforced is the same behind a watched command, and the walls do not ask.
#[tokio::test]
async fn a_watched_command_stands_under_as_many_filters() {
    let sandbox = sandbox(vec![]).await;
    let status = "grep -E '^(Seccomp|NoNewPrivs|Cap)' /proc/self/status";
    let plain = sh(&sandbox, status).await;
    let asked = sandbox.run(watched(shell(status))).await.expect("runs");
    assert_eq!(text(&asked), plain);
    let filters = sandbox.enforced().seccomp_filters;
    assert!(
        plain.contains(&format!("Seccomp_filters:\t{filters}")),
        "{plain}"
    );
    assert_eq!(asked.denials, BTreeMap::new());
}

#[tokio::test]
async fn a_watched_command_that_cannot_start_is_an_error() {
    let sandbox = sandbox(vec![]).await;
    let missing = watched(command(["/usr/bin/no-such-program"]));
    sandbox.run(missing).await.expect_err("it does not exist");
    assert_eq!(sh(&sandbox, "echo well").await, "well");
}
