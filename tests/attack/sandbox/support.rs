//! What every test of the sandbox needs: walls with ordinary limits, a shell behind them, files outside.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use lightsout::perimeter::sandbox::{
    Command, End, Finished, Identity, Limits, Mount, Sandbox, Walls, Watch, set_executable,
};

/// Limits under which every honest program here runs.
pub(crate) fn limits() -> Limits {
    Limits {
        processes: 256,
        open_files: 1024,
        file_bytes: 64 << 20,
        scratch_bytes: 64 << 20,
    }
}

/// The binary that these tests start; another copy of it where the build folder cannot be read.
pub(crate) fn executable() -> PathBuf {
    std::env::var_os("LIGHTSOUT_TEST_EXECUTABLE").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_lightsout")),
        PathBuf::from,
    )
}

/// Walls with these mounts.
pub(crate) fn walls(mounts: Vec<Mount>) -> Walls {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_executable(executable()).expect("named once"));
    Walls {
        mounts,
        identity: Identity::Dedicated,
        listeners: 0,
        limits: limits(),
    }
}

/// Walls with these mounts, standing.
pub(crate) async fn sandbox(mounts: Vec<Mount>) -> Sandbox {
    Sandbox::prepare(walls(mounts))
        .await
        .expect("the walls stand")
}

/// A command with a generous deadline.
pub(crate) fn command<S: Into<OsString>>(argv: impl IntoIterator<Item = S>) -> Command {
    Command {
        argv: argv.into_iter().map(Into::into).collect(),
        env: vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())],
        cwd: "/".into(),
        stdin: Vec::new(),
        deadline: Duration::from_secs(60),
        output_bytes_max: 1 << 20,
        watch: Watch::Unwatched,
    }
}

/// A shell script.
pub(crate) fn shell(script: &str) -> Command {
    command(["/bin/sh", "-c", script])
}

/// Standard output of a script that must succeed.
#[track_caller]
pub(crate) fn text(finished: &Finished) -> String {
    let out = String::from_utf8_lossy(&finished.stdout);
    let err = String::from_utf8_lossy(&finished.stderr);
    assert_eq!(finished.end, End::Exited(0), "stdout: {out}\nstderr: {err}");
    out.trim_end().to_owned()
}

/// Runs a script that must succeed.
pub(crate) async fn sh(sandbox: &Sandbox, script: &str) -> String {
    text(&sandbox.run(shell(script)).await.expect("the script runs"))
}

/// A folder outside, readable by everyone, with one file in it.
pub(crate) struct Outside(tempfile::TempDir);

impl Outside {
    pub(crate) fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))
            .expect("readable");
        std::fs::write(folder.path().join("file"), "content").expect("a file");
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn read_only(&self, target: &str) -> Mount {
        Mount::ReadOnly {
            source: self.path().to_owned(),
            target: target.into(),
        }
    }

    pub(crate) fn copy(&self, target: &str) -> Mount {
        Mount::Copy {
            source: self.path().to_owned(),
            target: target.into(),
            bytes_max: 16 << 20,
        }
    }
}

/// Every process on this host and its parent.
fn table() -> Vec<(u32, u32)> {
    std::fs::read_dir("/proc")
        .expect("listed")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let field = |name: &str| -> Option<u32> {
                let line = status.lines().find(|line| line.starts_with(name))?;
                line.split_whitespace().nth(1)?.parse().ok()
            };
            Some((pid, field("PPid:")?))
        })
        .collect()
}

/// The process namespace of a sandbox, by the kernel's name for it.
pub(crate) async fn process_namespace(sandbox: &Sandbox) -> String {
    sh(sandbox, "readlink /proc/self/ns/pid").await
}

/// How many of a sandbox's processes can be seen on the host. Without root its own first process and its keepers cannot.
pub(crate) fn processes_in(namespace: &str) -> usize {
    table()
        .iter()
        .filter(|(pid, _)| alive(*pid))
        .filter_map(|(pid, _)| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok())
        .filter(|link| link.as_os_str() == namespace)
        .count()
}

/// Every process below this one.
pub(crate) fn descendants(of: u32) -> Vec<u32> {
    let table = table();
    let mut family = vec![of];
    let mut seen = 0;
    while seen < family.len() {
        seen = family.len();
        for (pid, parent) in &table {
            if family.contains(parent) && !family.contains(pid) {
                family.push(*pid);
            }
        }
    }
    family.split_off(1)
}

/// Whether a process exists and is not merely waited for.
pub(crate) fn alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().expect("a state").starts_with(" Z"))
}

/// Asks again until it holds; fails after a while.
pub(crate) async fn until(holds: impl AsyncFn() -> bool) {
    let ask = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ask)
        .await
        .expect("it holds after a while");
}
