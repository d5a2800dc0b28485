//! What ends a stage before its time.

use crate::fault::Fault;
use crate::perimeter::interrupt::Interrupt;

/// What ends a stage before its time: somebody's Ctrl-C, or the run's budget.
#[derive(Debug, Clone)]
pub struct Stop {
    pub(super) interrupt: Interrupt,
    pub(super) deadline: tokio::time::Instant,
    pub(super) minutes: u32,
}

impl Stop {
    /// Does the work, or drops it, which ends every process that it has started.
    ///
    /// # Errors
    /// The work's own, or that it was stopped.
    pub async fn before_end_of<T>(
        &self,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        tokio::select! {
            biased;
            fault = self.raised() => Err(fault),
            done = work => done,
        }
    }
}

impl Stop {
    /// Why it is to end, once it is.
    pub async fn raised(&self) -> Fault {
        tokio::select! {
            biased;
            () = self.interrupt.raised() => Fault::Interrupted,
            () = tokio::time::sleep_until(self.deadline) => Fault::OutOfTime { minutes: self.minutes },
        }
    }
}
