//! GitHub's runner: outputs, step summary, annotations, and what keeps printed text from being a command to it.
//!
//! The runner reads commands from everything that a step prints, and the report quotes what an agent, a program and an engine said.
//! INVARIANT: text that is not ours is printed only between `::stop-commands::` and a token that nobody else knows, or escaped as the runner
//! asks for.
//! Sources: the runner's `ActionCommand` and file commands, and `@actions/core`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::config::environment::Environment;
use crate::fault::Fault;
use crate::names::Sha256;
use crate::report::Report;
use crate::report::markdown::block;

/// LIMIT of the runner: bytes of one step's summary.
const SUMMARY_BYTES_MAX: usize = 1024 * 1024;
/// LIMIT of the runner: annotations of one kind in a step.
const ANNOTATIONS_MAX: usize = 10;
/// LIMIT of the runner: characters of an annotation's message.
const MESSAGE_CHARS_MAX: usize = 4096;

/// The runner that started this process.
#[derive(Debug)]
pub struct Runner {
    outputs: Option<PathBuf>,
    summary: Option<PathBuf>,
    /// Ends what the runner was told not to look at.
    token: String,
}

impl Runner {
    /// The runner, when there is one. From here on it takes nothing that is printed for a command.
    ///
    /// # Errors
    /// Standard error is closed, or there is no randomness.
    pub fn begin(environment: &Environment) -> Result<Option<Self>, Fault> {
        let is_there = environment
            .get("GITHUB_ACTIONS")
            .is_some_and(|value| value.reveal() == "true");
        if !is_there {
            return Ok(None);
        }
        let token = super::random()?;
        super::warn(&format!("::stop-commands::{token}"))?;
        Ok(Some(Self {
            outputs: environment.path("GITHUB_OUTPUT"),
            summary: environment.path("GITHUB_STEP_SUMMARY"),
            token,
        }))
    }

    /// Says how a run ended, and whether to run again when something has moved.
    ///
    /// # Errors
    /// A file of the runner cannot be written.
    pub fn report(self, report: &Report, repeats: bool) -> Result<(), Fault> {
        let again = repeats && report.is_stale();
        let path = report.folder().join("report.json");
        let bytes = std::fs::read(&path).map_err(Fault::file("reading", &path))?;
        self.outputs(&[
            ("result", report.outcome()),
            ("code", &report.exit().code().to_string()),
            ("message", &report.line()),
            ("again", if again { "true" } else { "false" }),
            ("run-id", report.run().as_str()),
            (
                "branch",
                report.landing().map_or("", |landing| &landing.branch),
            ),
            (
                "sarif-path",
                &report.folder().join("report.sarif").display().to_string(),
            ),
            ("report-path", &path.display().to_string()),
            ("report-sha256", &Sha256::of(&bytes).to_string()),
        ])?;
        self.summary(&report.human())?;
        super::warn(&format!("::{}::", self.token))?;
        annotate(&report.refusals())
    }

    /// From here on the runner takes commands again.
    ///
    /// # Errors
    /// Standard error is closed.
    pub fn end(self) -> Result<(), Fault> {
        super::warn(&format!("::{}::", self.token))
    }

    /// Says what else is to be known.
    ///
    /// # Errors
    /// A file of the runner cannot be written.
    pub fn facts(self, facts: &[(&str, &str)]) -> Result<(), Fault> {
        self.outputs(facts)?;
        let lines: Vec<String> = facts
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        self.summary(&lines.join("\n"))?;
        self.end()
    }

    /// Says that there is no decision.
    ///
    /// # Errors
    /// A file of the runner cannot be written.
    pub fn fault(self, fault: &Fault) -> Result<(), Fault> {
        let code = fault.exit().code().to_string();
        self.outputs(&[
            ("result", "error"),
            ("code", &code),
            ("message", &fault.line()),
        ])?;
        self.summary(&fault.line())?;
        super::warn(&format!("::{}::", self.token))?;
        annotate(&[fault.line()])
    }

    fn outputs(&self, pairs: &[(&str, &str)]) -> Result<(), Fault> {
        let Some(path) = &self.outputs else {
            return Ok(());
        };
        let mut text = String::new();
        for (name, value) in pairs {
            text.push_str(&output(name, value, &super::random()?)?);
        }
        append(path, text.as_bytes())
    }

    /// Adds text to the step's summary, as a block in which nothing is markup, cut at the runner's limit.
    fn summary(&self, text: &str) -> Result<(), Fault> {
        let Some(path) = &self.summary else {
            return Ok(());
        };
        let written = match std::fs::metadata(path) {
            Ok(metadata) => usize::try_from(metadata.len()).unwrap_or(usize::MAX),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(Fault::file("reading", path)(error)),
        };
        let room = SUMMARY_BYTES_MAX.saturating_sub(written);
        append(path, block(text, room).as_bytes())
    }
}

/// Says to the runner, when there is one, that there is no decision; hands the fault on.
#[must_use]
pub fn tell(runner: Option<Runner>, fault: Fault) -> Fault {
    if let Some(Err(error)) = runner.map(|runner| runner.fault(&fault)) {
        // The fault says more than this, and its exit code must not be lost.
        tracing::warn!(error = %error.line(), "the runner was not told");
    }
    fault
}

/// On standard error, which the runner reads too: standard output may be JSON for somebody else.
fn annotate(messages: &[String]) -> Result<(), Fault> {
    for message in messages.iter().take(ANNOTATIONS_MAX) {
        let message: String = message.chars().take(MESSAGE_CHARS_MAX).collect();
        super::warn(&format!("::error title=lightsout::{}", data(&message)))?;
    }
    Ok(())
}

/// One output in the runner's heredoc form.
fn output(name: &str, value: &str, random: &str) -> Result<String, Fault> {
    let delimiter = format!("ghadelimiter_{random}");
    // A value that knew the delimiter could write outputs of its own.
    if value.contains(&delimiter) {
        return Err(Fault::Usage(format!(
            "the output `{name}` holds its own delimiter"
        )));
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

/// Escapes a command's data.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn append(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(Fault::file("writing for the runner", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_cannot_end_itself() {
        let text = output("message", "line\nghadelimiter_00\nresult=applied", "11").unwrap();
        assert_eq!(
            text,
            "message<<ghadelimiter_11\nline\nghadelimiter_00\nresult=applied\nghadelimiter_11\n"
        );
        output("message", "x\nghadelimiter_11\ny", "11").unwrap_err();
    }

    #[test]
    fn a_message_cannot_be_a_second_command() {
        assert_eq!(data("50%\r\n::error::x"), "50%25%0D%0A::error::x");
    }
}
