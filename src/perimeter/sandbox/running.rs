//! A command while it runs behind the walls.

use super::{Error, Finished};

/// A command that runs; dropping it kills the command and all its children.
#[derive(Debug)]
pub struct Running {}

impl Running {
    /// The next line of standard output without its newline; nothing when the output has ended.
    pub async fn next_line(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// The sandbox ended under it.
    pub async fn wait(self) -> Result<Finished, Error> {
        Err(Error::Gone)
    }

    /// Asks it to stop: SIGINT now, SIGKILL for it and all its children after a grace. It then ends as [`super::End::Cancelled`].
    pub fn interrupt(&self) {}
}
