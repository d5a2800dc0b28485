//! Runs of the `opa` executable on one pack, in a temporary folder that holds copies of the pack's files.
//!
//! LIMIT: each run has a deadline; what it prints is bounded.

use std::fs::File;
use std::time::Duration;

use serde_json::Value;

use super::error::Error;
use super::pack::{Compiler, Sources};
use crate::perimeter::sandbox::End;
use crate::perimeter::tools::{self, Invocation};

/// How long one run may take; compiling hundreds of rules takes seconds.
const DEADLINE: Duration = Duration::from_secs(60);
/// LIMIT: bytes of output; a syntax tree is about fifty times its source.
const OUTPUT_BYTES_MAX: usize = 128 << 20;
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
            .tempdir_in(&compiler.cache)
            .map_err(|source| Error::Io {
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
            if matches!(c, '\n' | '\t') || !c.is_control() {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        };
        let bounded = message.trim().chars().take(MESSAGE_CHARS_MAX);
        Error::Opa {
            doing,
            pack: self.pack.to_owned(),
            message: bounded.map(plain).collect(),
        }
    }

    /// Runs OPA and takes what it prints as JSON.
    pub(super) async fn json(
        &self,
        doing: &'static str,
        arguments: &[&str],
    ) -> Result<Value, Error> {
        let output = self.run(doing, arguments).await?;
        serde_json::from_slice(&output).map_err(|error| self.error(doing, &error.to_string()))
    }

    /// Runs OPA; what it prints is the answer.
    pub(super) async fn run(
        &self,
        doing: &'static str,
        arguments: &[&str],
    ) -> Result<Vec<u8>, Error> {
        let output = tools::run(Invocation {
            program: (&self.compiler.opa).into(),
            args: arguments.iter().map(Into::into).collect(),
            env: Vec::new(),
            cwd: self.folder.path().to_owned(),
            stdin: Vec::new(),
            deadline: DEADLINE,
            output_bytes_max: OUTPUT_BYTES_MAX,
        })
        .await
        .map_err(|source| Error::Tool {
            doing,
            pack: self.pack.to_owned(),
            source: Box::new(source),
        })?;
        match output.end {
            End::Exited(0) => Ok(output.stdout),
            // OPA says what is wrong with the rules on standard error, and in JSON on standard output.
            End::Exited(_) => {
                let mut message = String::from_utf8_lossy(&output.stderr).into_owned();
                message.push_str(&String::from_utf8_lossy(&output.stdout));
                Err(self.error(doing, &message))
            }
            End::Signalled(_) | End::DeadlinePassed | End::TooMuchOutput | End::Cancelled => {
                Err(self.error(doing, "it was stopped: too slow, too talkative or killed"))
            }
        }
    }
}
