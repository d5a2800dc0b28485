//! Takes the job's identity out of this process's environment, where every process of the same user could read it in `/proc`.
//!
//! A variable that is removed stays in the memory that `/proc/PID/environ` shows. So the binary, before it does anything else, executes itself
//! again without the variables and passes them through a file in memory that nothing else has.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;

use rustix::fs::MemfdFlags;
use rustix::io::FdFlags;

use super::identity::{TOKEN_VARIABLE, URL_VARIABLE};

/// Names the open file in the second life of this process.
const FILE_VARIABLE: &str = "LIGHTSOUT_IDENTITY_FD";
/// The job's identity, and what it may do on GitHub.
const SECRETS: [&str; 3] = [URL_VARIABLE, TOKEN_VARIABLE, super::github::TOKEN_VARIABLE];
/// LIMIT: bytes of the values.
const BYTES_MAX: u64 = 64 * 1024;

/// What was taken out: names and values.
pub type Shed = Vec<(OsString, String)>;

/// In the first life, executes this binary again and does not return; in the second, or without an identity, gives what was taken out.
///
/// # Errors
/// It cannot be taken out; then nothing may be started.
#[expect(
    clippy::disallowed_methods,
    reason = "before the configuration reads the environment; executes this binary again, in the same process"
)]
pub fn shed() -> std::io::Result<Shed> {
    if let Some(number) = std::env::var_os(FILE_VARIABLE) {
        return take(&number);
    }
    let found: Vec<(&str, String)> = SECRETS
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).map_or(None, Some)?)))
        .collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut file = File::from(rustix::fs::memfd_create("identity", MemfdFlags::CLOEXEC)?);
    for (name, value) in &found {
        writeln!(file, "{name}={value}")?;
    }
    file.rewind()?;
    // From here to the execution, the file is inherited; nothing else is started in between.
    rustix::io::fcntl_setfd(&file, FdFlags::empty())?;
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| "lightsout".into());
    let mut again = std::process::Command::new("/proc/self/exe");
    again
        .arg0(name)
        .args(arguments)
        .env(FILE_VARIABLE, file.as_raw_fd().to_string());
    for name in SECRETS {
        again.env_remove(name);
    }
    Err(again.exec())
}

fn take(number: &std::ffi::OsStr) -> std::io::Result<Shed> {
    let wrong = || std::io::Error::other(format!("`{FILE_VARIABLE}` is lightsout's own"));
    let number = number
        .to_str()
        .and_then(|text| text.parse().map_or(None, Some));
    let number: i32 = number.filter(|number| *number > 2).ok_or_else(wrong)?;
    let name = std::fs::read_link(format!("/proc/self/fd/{number}"))?;
    if !name
        .as_os_str()
        .to_string_lossy()
        .starts_with("/memfd:identity")
    {
        return Err(wrong());
    }
    #[expect(
        unsafe_code,
        reason = "the file that the first life of this process left open; its name was looked at"
    )]
    // SAFETY: the descriptor is open, and nothing in this process has it yet: no thread runs and no file was opened.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    let mut text = String::new();
    File::from(file).take(BYTES_MAX).read_to_string(&mut text)?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Ok(pairs
        .map(|(name, value)| (name.into(), value.to_owned()))
        .collect())
}
