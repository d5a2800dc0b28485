//! How results are printed, and which commands print more than the two usual forms.

use clap::ValueEnum;

use super::{Command, Policy, PolicyCommand};

/// How results shall be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// For people.
    Human,
    /// One JSON document on standard output.
    Json,
    /// Of `stacks`: an array of matrices for GitHub's `strategy.matrix`.
    Matrix,
    /// Of `policy eval`: SARIF 2.1.0, for code scanning.
    Sarif,
    /// Of `policy eval`: JUnit's XML, for CI systems.
    Junit,
}

impl FormatArg {
    /// What it is for every command.
    #[must_use]
    pub const fn plain(self) -> Format {
        match self {
            Self::Human => Format::Human,
            Self::Json | Self::Matrix | Self::Sarif | Self::Junit => Format::Json,
        }
    }

    /// The one command that it is for, unless it is for all.
    #[must_use]
    pub const fn only(self) -> Option<&'static str> {
        match self {
            Self::Human | Self::Json => None,
            Self::Matrix => Some("stacks"),
            Self::Sarif | Self::Junit => Some("policy eval"),
        }
    }
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document on standard output.
    Json,
}

impl Command {
    /// Its name, as far as a format may be for it alone.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Stacks(_) => "stacks",
            Self::Policy(Policy {
                command: Some(PolicyCommand::Eval(_)),
                ..
            }) => "policy eval",
            Self::Policy(_)
            | Self::Run(_)
            | Self::Work(_)
            | Self::Route(_)
            | Self::Demo(_)
            | Self::Approve(_)
            | Self::Acknowledge(_)
            | Self::Generate(_)
            | Self::Preview(_)
            | Self::Holdout(_)
            | Self::Gate(_)
            | Self::Apply(_)
            | Self::Verify(_)
            | Self::Agent { .. }
            | Self::Tools { .. }
            | Self::TrustPolicy(_)
            | Self::Schema
            | Self::Vocabulary => "another",
        }
    }
}
