//! `lightsout agent`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::config::AgentKind;

/// What to do about agents.
#[derive(Debug, Subcommand)]
pub enum Agent {
    /// Start one in the sandbox before a scripted model: whether it can edit a file, sees AGENTS.md, can check its work, finds no key and keeps
    /// to its budget. Needs no repository, no account and no key.
    Doctor(Doctor),
    /// Print the hash of a folder, for `agent.toolchains`.
    Hash {
        /// The folder.
        folder: PathBuf,
    },
}

/// Arguments of `agent doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Which kind of agent.
    #[arg(long, value_enum)]
    pub kind: KindArg,
}

/// A kind of agent whose command line is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// OpenAI's Codex; installed from tools.lock when it is missing.
    Codex,
    /// Anthropic's Claude Code, as you have installed it.
    Claude,
    /// opencode; installed from tools.lock when it is missing.
    Opencode,
    /// Google's Gemini CLI; installed from tools.lock when it is missing.
    Gemini,
}

impl KindArg {
    /// The configuration's word for it.
    #[must_use]
    pub const fn kind(self) -> AgentKind {
        match self {
            Self::Codex => AgentKind::Codex,
            Self::Claude => AgentKind::Claude,
            Self::Opencode => AgentKind::Opencode,
            Self::Gemini => AgentKind::Gemini,
        }
    }
}
