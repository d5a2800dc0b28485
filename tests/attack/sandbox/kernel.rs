//! What a payload may not ask the kernel for.

use lightsout::perimeter::sandbox::{End, Mount};

use super::support::*;

/// Compiles a C program outside and returns the folder that holds it.
pub(super) fn compiled(source: &str) -> Outside {
    let outside = Outside::new();
    let (code, program) = (
        outside.path().join("attack.c"),
        outside.path().join("attack"),
    );
    std::fs::write(&code, source).expect("written");
    let status = std::process::Command::new("/usr/bin/cc")
        .args(["-o".as_ref(), program.as_os_str(), code.as_os_str()])
        .status()
        .expect("a C compiler");
    assert!(status.success());
    outside
}

pub(super) const CALLS: &str = r#"
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#define TRY(name, call) do { errno = 0; long r = (long)(call); \
  printf("%s %s\n", name, r >= 0 ? "OK" : errno == EPERM ? "EPERM" : errno == ENOSYS ? "ENOSYS" : strerror(errno)); fflush(stdout); } while (0)
static long cloned(unsigned long flags) {
  long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  return pid;
}
int main(void) {
  char buffer[256] = {0};
  TRY("unshare", unshare(CLONE_NEWUSER));
  TRY("unshare-mount", unshare(CLONE_NEWNS));
  TRY("setns", setns(0, 0));
  TRY("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0));
  TRY("umount", syscall(SYS_umount2, "/work", 0));
  TRY("pivot_root", syscall(SYS_pivot_root, ".", "."));
  TRY("chroot", chroot("/tmp"));
  TRY("open_tree", syscall(428, -100, "/", 1));
  TRY("fsopen", syscall(430, "tmpfs", 0));
  TRY("mount_setattr", syscall(442, -100, "/", 0, buffer, 32));
  TRY("ptrace", syscall(SYS_ptrace, 0, 0, 0, 0));
  TRY("process_vm_readv", syscall(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0));
  TRY("keyctl", syscall(SYS_keyctl, 0, -3, 0, 0, 0));
  TRY("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
  TRY("io_uring_setup", syscall(425, 1, buffer));
  TRY("bpf", syscall(SYS_bpf, 0, buffer, 128));
  TRY("perf_event_open", syscall(SYS_perf_event_open, buffer, 0, -1, -1, 0));
  TRY("userfaultfd", syscall(SYS_userfaultfd, 1));
  TRY("name_to_handle_at", syscall(SYS_name_to_handle_at, -100, "/", buffer, buffer, 0));
  TRY("open_by_handle_at", syscall(SYS_open_by_handle_at, 0, buffer, 0));
  TRY("clone-newuser", cloned(CLONE_NEWUSER));
  TRY("clone-newnet", cloned(CLONE_NEWNET));
  TRY("clone3", syscall(435, buffer, 88));
  TRY("tiocsti", ioctl(0, 0x5412UL, "x"));
  TRY("tiocsti-high-bits", syscall(SYS_ioctl, 0, 0x100005412UL, "x"));
  TRY("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
  TRY("vsock", socket(40, SOCK_STREAM, 0));
  TRY("packet", socket(AF_PACKET, SOCK_RAW, 0));
  TRY("clone", cloned(0));
  TRY("unix", socket(AF_UNIX, SOCK_STREAM, 0));
  TRY("inet", socket(AF_INET, SOCK_STREAM, 0));
  TRY("inet6", socket(AF_INET6, SOCK_STREAM, 0));
  return 0;
}
"#;

/// Each call is refused by the filter, whose answer is EPERM even where the call's arguments are nonsense.
#[tokio::test]
async fn namespaces_mounts_tracing_and_keys_are_refused() {
    let program = compiled(CALLS);
    let sandbox = sandbox(vec![program.read_only("/work")]).await;
    let output = sh(&sandbox, "/work/attack").await;
    let (honest, attacks): (Vec<_>, Vec<_>) = output.lines().partition(|line| {
        let name = line.split(' ').next().expect("a name");
        ["clone", "unix", "inet", "inet6"].contains(&name)
    });
    assert_eq!(attacks.len(), 28);
    for line in attacks {
        let (name, answer) = line.split_once(' ').expect("two words");
        let expected = if name == "clone3" { "ENOSYS" } else { "EPERM" };
        assert_eq!(answer, expected, "{name}");
    }
    assert_eq!(honest, ["clone OK", "unix OK", "inet OK", "inet6 OK"]);
}

/// A call by a number of another architecture would be read by another table.
#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn foreign_system_call_numbers_kill() {
    let x32 = compiled(
        "#include <unistd.h>\n#include <sys/syscall.h>\nint main(void) { return syscall(0x40000000 + SYS_getpid) < 0; }",
    );
    let i386 = compiled(
        "int main(void) { int r; __asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(20)); return r < 0; }",
    );
    let native = compiled(
        "#include <unistd.h>\n#include <sys/syscall.h>\nint main(void) { return syscall(SYS_getpid) < 0; }",
    );
    const SIGSYS: i32 = 31;
    for (program, end) in [
        (x32, End::Signalled(SIGSYS)),
        (i386, End::Signalled(SIGSYS)),
        (native, End::Exited(0)),
    ] {
        let sandbox = sandbox(vec![program.read_only("/work")]).await;
        let finished = sandbox.run(command(["/work/attack"])).await.expect("runs");
        assert_eq!(finished.end, end);
    }
}

/// The bit has no meaning on any mount, and no program gains by it.
#[tokio::test]
async fn a_set_user_id_program_gives_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let outside = Outside::new();
    let program = outside.path().join("id");
    std::fs::copy("/usr/bin/id", &program).expect("copied");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o4755)).expect("set");
    let sandbox = sandbox(vec![outside.read_only("/work")]).await;
    let uid = sandbox.enforced().uid.to_string();
    assert_eq!(sh(&sandbox, "/work/id -u").await, uid);
}

/// Landlock stands behind the mounts: device nodes cannot be made even where writing is allowed.
#[tokio::test]
async fn devices_cannot_be_made_and_links_can() {
    let scratch = Mount::Scratch {
        target: "/work".into(),
        bytes_max: 1 << 20,
    };
    let sandbox = sandbox(vec![scratch]).await;
    let script = "mknod /work/null c 1 3 2>/dev/null && echo MADE; \
                  ln -s /etc/passwd /work/link && mkfifo /work/fifo && cat /work/link | wc -l";
    assert_eq!(sh(&sandbox, script).await, "1");
}
