//! How a command of the engine ended, and how that is said.

use crate::names::StackName;
use crate::perimeter::sandbox::{self, End};

/// Why the engine could not be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its sandbox failed.
    #[error("starting the engine's sandbox")]
    Sandbox(#[from] sandbox::Error),
    /// A file could not be handed to it or taken from it.
    #[error("{doing} `{path}`: {cause}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file's name.
        path: String,
        /// The cause.
        cause: std::io::Error,
    },
    /// A file of its is larger than it may be.
    #[error("the engine left a `{name}` of more than {limit} bytes")]
    TooLarge {
        /// The file.
        name: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The sandbox has fewer sockets than it was asked for.
    #[error("starting the engine's sandbox: it has too few sockets")]
    NoSocket,
    /// It failed where it must not.
    #[error("running `pulumi {command}` for stack `{stack}`: {end}{said}", said = Said(.stderr))]
    Failed {
        /// The subcommand.
        command: &'static str,
        /// The stack.
        stack: StackName,
        /// How it ended.
        end: Ending,
        /// The end of what it said.
        stderr: String,
    },
}

struct Said<'a>(&'a str);

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.0)
        }
    }
}

/// How a command ended, for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending(pub End);

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            End::Exited(code) => write!(f, "exit status {code}"),
            End::Signalled(signal) => write!(f, "killed by signal {signal}"),
            End::DeadlinePassed => f.write_str("it ran longer than its deadline"),
            End::TooMuchOutput => f.write_str("it printed more than its limit"),
            End::Cancelled => f.write_str("it was cancelled"),
        }
    }
}

/// The end of what a child said, for a message: at most 2,000 characters, control characters gone.
#[must_use]
pub fn tail(bytes: &[u8]) -> String {
    let text: Vec<char> = String::from_utf8_lossy(bytes)
        .trim()
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect();
    text.get(text.len().saturating_sub(2000)..)
        .unwrap_or(&[])
        .iter()
        .collect()
}
