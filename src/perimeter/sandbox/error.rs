//! What can fail when walls are built, and what to do about it.
//!
//! Every error names the step; the kernel's errno is kept, because the same step fails for different reasons on different hosts.

use std::fmt;

/// One step of building the walls or of going behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Step {
    /// Starting our own first process.
    Spawn,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spawn => "starting the sandbox's first process",
        })
    }
}

/// Why there is no sandbox, or no longer one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sandbox has ended.
    #[error("the sandbox has ended")]
    Gone,
}
