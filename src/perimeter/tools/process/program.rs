//! What may be started outside the sandbox: a checked tool of ours or a program of the user's own.

use std::path::Path;

use crate::perimeter::tools::{Tool, UserTool};

/// What is started: a checked tool of ours or one of the user's own.
#[derive(Debug, Clone, Copy)]
pub enum Program<'a> {
    /// A tool of the lock.
    Tool(&'a Tool),
    /// The user's own.
    User(&'a UserTool),
}

impl<'a> From<&'a Tool> for Program<'a> {
    fn from(tool: &'a Tool) -> Self {
        Self::Tool(tool)
    }
}

impl<'a> From<&'a UserTool> for Program<'a> {
    fn from(tool: &'a UserTool) -> Self {
        Self::User(tool)
    }
}

impl Program<'_> {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Tool(tool) => tool.path(),
            Self::User(tool) => tool.path(),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Tool(tool) => tool.name().to_owned(),
            Self::User(tool) => tool.program().name().to_owned(),
        }
    }

    pub(super) fn script(&self) -> Option<&Path> {
        match self {
            Self::Tool(_) => None,
            Self::User(tool) => tool.script().map(|script| script.path.as_path()),
        }
    }
}
