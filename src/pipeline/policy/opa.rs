//! Runs of the `opa` executable on one pack, in a temporary folder that holds copies of the pack's files.
//!
//! LIMIT: each run has a deadline; what it prints is bounded.

use std::fs::File;
use std::time::Duration;

use serde::Deserialize;
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
/// LIMIT: complaints of a list that are repeated; most follow from the first.
const COMPLAINTS_MAX: usize = 10;

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
            // OPA says what is wrong with the rules on standard error, or in JSON on either.
            End::Exited(_) => {
                let said = [&output.stderr, &output.stdout];
                let listed = said.iter().find_map(|text| complaints(text));
                let message = listed
                    .unwrap_or_else(|| said.map(|text| String::from_utf8_lossy(text)).concat());
                Err(self.error(doing, &message))
            }
            End::Signalled(_) | End::DeadlinePassed | End::TooMuchOutput | End::Cancelled => {
                Err(self.error(doing, "it was stopped: too slow, too talkative or killed"))
            }
        }
    }
}

/// What `--format json` prints when something is wrong with the rules.
#[derive(Deserialize)]
struct Listed {
    errors: Vec<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    message: String,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    file: String,
    row: u64,
    col: u64,
}

/// A list of complaints as lines, `FILE:ROW:COLUMN: MESSAGE`; none when it is no such list.
fn complaints(output: &[u8]) -> Option<String> {
    let Ok(listed) = serde_json::from_slice::<Listed>(output) else {
        return None;
    };
    let mut lines: Vec<String> = listed.errors.iter().map(Complaint::line).collect();
    lines.dedup();
    let more = lines.len().saturating_sub(COMPLAINTS_MAX);
    lines.truncate(COMPLAINTS_MAX);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    // Where lines are joined to one, they still end.
    (!lines.is_empty()).then(|| lines.join(";\n"))
}

impl Complaint {
    fn line(&self) -> String {
        let message = self.message.replace(|c: char| c.is_control(), " ");
        // Only METADATA is YAML; the line is counted from where it begins, the row of the location from the file's first.
        let message = match message.strip_prefix("yaml: ") {
            None => message,
            Some(rest) => {
                let counted = rest.strip_prefix("line ");
                let told = counted.and_then(|rest| rest.split_once(": "));
                format!("METADATA: {}", told.map_or(rest, |(_, what)| what))
            }
        };
        match &self.location {
            None => message,
            Some(Location { file, row, col }) => format!("{file}:{row}:{col}: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::complaints;

    fn at(row: usize, message: &str) -> serde_json::Value {
        json!({ "message": message, "code": "rego_parse_error", "location": { "file": "a.rego", "row": row, "col": 1 } })
    }

    #[test]
    fn complaints_are_lines() {
        let listed = json!({ "errors": [at(21, "unexpected } token"), at(21, "unexpected } token"), at(7, "yaml: line 5: did not find ']'")] });
        assert_eq!(
            complaints(listed.to_string().as_bytes()).unwrap(),
            "a.rego:21:1: unexpected } token;\na.rego:7:1: METADATA: did not find ']'"
        );
        let many: Vec<_> = (0..30).map(|row| at(row, "bad")).collect();
        let many = complaints(json!({ "errors": many }).to_string().as_bytes()).unwrap();
        assert_eq!(many.lines().count(), 11);
        assert!(many.ends_with("and 20 more"), "{many}");
        for other in ["[]", "{}", r#"{"errors": []}"#, "error: 1 error occurred"] {
            assert_eq!(complaints(other.as_bytes()), None, "{other}");
        }
    }
}
