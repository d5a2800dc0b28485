//! Runs of the `opa` executable on one pack, in a temporary folder that holds copies of the pack's files.
//!
//! LIMIT: each run has a deadline; what it prints is bounded.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::error::Error;
use super::pack::{Compiler, Sources};

/// How long one run may take; compiling hundreds of rules takes seconds.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a run is looked at.
const POLL: Duration = Duration::from_millis(2);
/// LIMIT: bytes of output; a syntax tree is about fifty times its source.
const OUTPUT_BYTES_MAX: u64 = 128 << 20;
/// Characters of OPA's messages that are repeated.
const MESSAGE_CHARS_MAX: usize = 4000;

/// OPA at work on one pack.
#[derive(Debug)]
pub(super) struct Opa<'a> {
    compiler: &'a Compiler,
    pack: &'a str,
    sources: &'a Sources,
    folder: tempfile::TempDir,
}

impl<'a> Opa<'a> {
    pub(super) fn new(
        compiler: &'a Compiler,
        pack: &'a str,
        sources: &'a Sources,
    ) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("opa-")
            .tempdir_in(&compiler.cache);
        let folder = folder.map_err(|source| Error::Io {
            doing: "making a folder in",
            path: compiler.cache.clone(),
            source,
        })?;
        let opa = Self {
            compiler,
            pack,
            sources,
            folder,
        };
        for (name, text) in &sources.rego {
            opa.write(name, text)?;
        }
        Ok(opa)
    }

    /// The Rego files, as arguments.
    pub(super) fn rego(&self) -> impl Iterator<Item = &str> {
        self.sources.rego.keys().map(String::as_str)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|source| Error::Io {
            doing: "writing",
            path,
            source,
        })
    }

    pub(super) fn open(&self, name: &str) -> Result<File, Error> {
        let path = self.folder.path().join(name);
        File::open(&path).map_err(|source| Error::Io {
            doing: "reading",
            path,
            source,
        })
    }

    pub(super) fn error(&self, doing: &'static str, message: &str) -> Error {
        let plain = |c: char| {
            if c == '\n' || !c.is_control() {
                c
            } else {
                '\u{fffd}'
            }
        };
        Error::Opa {
            doing,
            pack: self.pack.to_owned(),
            message: message
                .trim()
                .chars()
                .take(MESSAGE_CHARS_MAX)
                .map(plain)
                .collect(),
        }
    }

    /// Runs OPA and takes what it prints as JSON.
    pub(super) fn json(&self, doing: &'static str, arguments: &[&str]) -> Result<Value, Error> {
        let output = self.run(doing, arguments)?;
        serde_json::from_slice(&output).map_err(|error| self.error(doing, &error.to_string()))
    }

    /// Runs OPA; what it prints is the answer.
    pub(super) fn run(&self, doing: &'static str, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let (success, stdout, stderr) =
            run(self.compiler.opa.as_os_str(), arguments, self.folder.path()).map_err(
                |source| Error::Io {
                    doing: "running",
                    path: self.compiler.opa.clone(),
                    source,
                },
            )?;
        if success {
            return Ok(stdout);
        }
        let mut message = String::from_utf8_lossy(&stderr).into_owned();
        message.push_str(&String::from_utf8_lossy(&stdout));
        Err(self.error(doing, &message))
    }
}

/// Starts a process and waits: whether it succeeded, and what it printed.
#[expect(
    clippy::disallowed_methods,
    reason = "the one start of a process here; it has no environment and a deadline"
)]
fn run(
    program: &OsStr,
    arguments: &[&str],
    folder: &std::path::Path,
) -> std::io::Result<(bool, Vec<u8>, Vec<u8>)> {
    // Files instead of pipes: a process that prints much cannot block on us.
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = std::process::Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > DEADLINE {
            child.kill()?;
            child.wait()?;
            return Err(std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                "not done after 60 s",
            ));
        }
        std::thread::sleep(POLL);
    };
    Ok((status.success(), text(&mut stdout)?, text(&mut stderr)?))
}

fn text(file: &mut File) -> std::io::Result<Vec<u8>> {
    file.rewind()?;
    let mut text = Vec::new();
    file.take(OUTPUT_BYTES_MAX).read_to_end(&mut text)?;
    Ok(text)
}
