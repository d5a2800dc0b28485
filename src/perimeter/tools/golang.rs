//! Programs built by the Go toolchain on this machine, from modules that a compiled-in `go.sum` pins.
//!
//! INVARIANT: `-mod=readonly` and no other toolchain than the one found: what is built is what `go.mod` and `go.sum` say, and a
//! sum that differs is final. LIMIT: sources that lie in the module cache already were compared when they were downloaded; who
//! can write that cache is the user.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::lock::{Entry, GoModule, Platform};
use super::process::{Invocation, run};
use super::progress::{Event, Progress};
use super::release::Failure;
use super::stamp::Hashes;
use super::user::{UserProgram, UserTool, find};
use super::{Error, Machine};
use crate::perimeter::sandbox::End;

/// LIMIT: the engine takes six minutes on two cores; a loaded runner several times that.
const BUILD_DEADLINE: Duration = Duration::from_secs(60 * 60);
/// LIMIT: bytes that a build may print; a cold one names some hundred modules.
const BUILD_OUTPUT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What the toolchain says when a module is not the one that the sums pin.
const SUM_DIFFERS: &[&str] = &["checksum mismatch", "SECURITY ERROR", "verifying module"];

/// Builds a program in `scratch`; gives its path and what it was built from.
pub(super) async fn build(
    entry: &Entry,
    module: &GoModule,
    machine: &Machine,
    hashes: &Hashes,
    scratch: &Path,
    progress: Progress<'_>,
) -> Result<(PathBuf, String), Failure> {
    let (go_mod, go_sum) = module.files()?;
    let go = match find(UserProgram::Go, machine, hashes).await {
        Ok(go) => go,
        Err(Error::UserTool { problem, .. }) => {
            let needed = go_directive(go_mod);
            return Err(Failure::Unavailable(format!(
                "`go` {problem}: install Go {needed} or newer"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let source = scratch.join("source");
    let write = |name: &str, text: &str| {
        let path = source.join(name);
        std::fs::write(&path, text).map_err(|cause| Error::io("writing", &path, cause))
    };
    std::fs::create_dir(&source).map_err(|cause| Error::io("making", &source, cause))?;
    write("go.mod", go_mod)?;
    write("go.sum", go_sum)?;
    let program = scratch.join(&entry.name);
    progress(&Event::Building {
        tool: &entry.name,
        version: &entry.version,
    });
    let invocation = Invocation {
        program: (&go).into(),
        args: vec![
            "build".into(),
            "-trimpath".into(),
            "-o".into(),
            program.clone().into(),
            format!("-ldflags={}", module.ldflags.join(" ")).into(),
            module.package.clone().into(),
        ],
        env: environment(machine, scratch)?,
        cwd: source,
        stdin: vec![],
        deadline: BUILD_DEADLINE,
        output_bytes_max: BUILD_OUTPUT_BYTES_MAX,
    };
    let output = run(invocation).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    if SUM_DIFFERS.iter().any(|sign| said.contains(sign)) && output.end != End::Exited(0) {
        return Err(Failure::Hard(Error::WrongSum {
            module: module.module.clone(),
            said: super::process::printable_tail(&output.stderr),
        }));
    }
    output
        .success()
        .map_err(|error| Failure::Unavailable(error.to_string()))?;
    Ok((program, described(module, &go)))
}

fn described(module: &GoModule, go: &UserTool) -> String {
    format!(
        "{} by go {} (sha256 {})",
        module.package,
        go.version(),
        go.sha256()
    )
}

/// Nothing of the user's but where modules come from and are kept.
fn environment(machine: &Machine, scratch: &Path) -> Result<Vec<(OsString, OsString)>, Error> {
    let mut env: Vec<(OsString, OsString)> = vec![
        ("PATH".into(), machine.path.clone()),
        ("HOME".into(), machine.home.clone().into()),
        ("GOTMPDIR".into(), scratch.into()),
    ];
    for (name, value) in [
        ("GOFLAGS", "-mod=readonly -buildvcs=false"),
        ("GOTOOLCHAIN", "local"),
        ("GOWORK", "off"),
        ("GO111MODULE", "on"),
        ("CGO_ENABLED", "0"),
        ("GOOS", "linux"),
        ("GOARCH", Platform::here()?.goarch()),
        ("LC_ALL", "C"),
    ] {
        env.push((name.into(), value.into()));
    }
    let forwarded = machine.forwarded.iter().filter(|(name, _)| {
        name.to_str()
            .is_some_and(|name| super::FORWARDED.contains(&name))
    });
    env.extend(forwarded.cloned());
    Ok(env)
}

/// The version that the module asks for.
fn go_directive(go_mod: &str) -> &str {
    go_mod
        .lines()
        .find_map(|line| line.strip_prefix("go "))
        .unwrap_or("1.26")
}
