//! Ctrl-C: one flag that every stage watches.

use std::io::Write as _;

use tokio::sync::watch;

/// What the first signal is answered with.
const ONCE_MORE: &str =
    "interrupted: what was begun is brought to its end; once more ends it at once";
/// The exit code of a process that a signal ended, as shells count it.
const KILLED: i32 = 130;

/// Tells whether somebody wants the run to end. Clones watch the same flag.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

/// The side that raises the flag.
#[derive(Debug)]
pub struct Raise(watch::Sender<bool>);

impl Interrupt {
    /// A flag that is not raised.
    #[must_use]
    pub fn new() -> (Raise, Self) {
        let (sender, receiver) = watch::channel(false);
        (Raise(sender), Self(receiver))
    }

    /// Watches SIGINT and SIGTERM of this process.
    ///
    /// # Errors
    /// The signals cannot be watched.
    pub fn from_signals() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (raise, interrupt) = Self::new();
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut terminations = signal(SignalKind::terminate())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
            }
            raise.raise();
            // With standard error closed too, the next one still works.
            drop(writeln!(std::io::stderr(), "{ONCE_MORE}"));
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
            }
            // Every process that was started ends with this one. What an apply had begun is found by the next run.
            std::process::exit(KILLED);
        });
        Ok(interrupt)
    }

    /// Whether the flag is up.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the flag is up. Never, when nobody is left who could raise it.
    pub async fn raised(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Interrupt {
    /// Does the work, or drops it when the flag is raised first; nothing then.
    pub async fn before<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.raised() => None,
            done = work => Some(done),
        }
    }
}

impl Raise {
    /// Raises the flag.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_raised_flag_is_seen_by_every_watcher() {
        let (raise, interrupt) = Interrupt::new();
        let other = interrupt.clone();
        assert!(!other.is_raised());
        raise.raise();
        interrupt.raised().await;
        other.raised().await;
        assert_eq!(other.before(std::future::pending::<()>()).await, None);
    }
}
