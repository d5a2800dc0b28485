//! How a program's end counts, and what the engine is told of it.
//!
//! INVARIANT: no exit code outweighs a denial.

use super::{ProgramEnd, ProgramError};
use crate::engine::monitor::Observed;
use crate::engine::wire::pulumirpc::RunResponse;
use crate::perimeter::sandbox::{End, Finished};

/// The exit code of a program that failed and has said why.
const EXIT_BAILED: i32 = 32;
/// Bytes of standard error in the reason of a failure.
const TAIL_BYTES_MAX: usize = 2_000;

/// The end, as it counts: one denial outweighs any exit code.
pub(super) fn judged(
    observed: &Observed,
    said_by_host: Option<RunResponse>,
    finished: &Finished,
) -> ProgramEnd {
    if !observed.denials.is_empty() {
        return ProgramEnd::Denied;
    }
    if let Some(answer) = said_by_host {
        return match (answer.error.is_empty(), answer.bail) {
            (true, false) => ProgramEnd::Finished,
            (_, true) => ProgramEnd::Bailed,
            (false, false) => ProgramEnd::Failed(printable(&answer.error)),
        };
    }
    match finished.end {
        End::Exited(0) => ProgramEnd::Finished,
        End::Exited(EXIT_BAILED) => ProgramEnd::Bailed,
        End::Exited(code) => ProgramEnd::Failed(with_tail(&format!("exit code {code}"), finished)),
        End::Signalled(signal) => {
            ProgramEnd::Failed(with_tail(&format!("killed by signal {signal}"), finished))
        }
        End::DeadlinePassed => ProgramEnd::DeadlinePassed,
        End::TooMuchOutput => ProgramEnd::TooMuchOutput,
        End::Cancelled => ProgramEnd::Failed("it was ended".to_owned()),
    }
}

/// The answer to the engine.
pub(super) fn answer(observed: &Observed, ended: &Result<ProgramEnd, ProgramError>) -> RunResponse {
    let error = match ended {
        Ok(ProgramEnd::Finished) => return RunResponse::default(),
        Ok(ProgramEnd::Bailed) => {
            return RunResponse {
                error: String::new(),
                bail: true,
            };
        }
        Ok(ProgramEnd::Denied) => {
            let first = observed
                .denials
                .first()
                .map_or("", |denial| denial.message.as_str());
            format!("the program asked for something that is denied: {first}")
        }
        Ok(ProgramEnd::Failed(reason)) => format!("the program failed: {reason}"),
        Ok(ProgramEnd::DeadlinePassed) => "the program ran longer than its deadline".to_owned(),
        Ok(ProgramEnd::TooMuchOutput) => "the program printed more than its limit".to_owned(),
        Ok(ProgramEnd::Abandoned) => "the engine did not wait for the program".to_owned(),
        Err(error) => error.to_string(),
    };
    RunResponse { error, bail: false }
}

fn with_tail(reason: &str, finished: &Finished) -> String {
    let start = finished.stderr.len().saturating_sub(TAIL_BYTES_MAX);
    let tail = finished.stderr.get(start..).unwrap_or(&[]);
    let tail = printable(String::from_utf8_lossy(tail).trim());
    if tail.is_empty() {
        reason.to_owned()
    } else {
        format!("{reason}: {tail}")
    }
}

/// Text without control characters but newlines, at most [`TAIL_BYTES_MAX`] characters.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .take(TAIL_BYTES_MAX)
        .collect()
}
