//! The one way out of a sandbox without a network: a proxy on a listener that was made inside, which leads to listed hosts only.
//!
//! It serves `CONNECT HOST:PORT` and then demands a TLS `ClientHello` for that very host; and, for listed registries of this machine
//! alone, `GET` and `HEAD` of a plain `http://` address. Everything else is refused, and every decision is kept as a [`Line`].
//!
//! INVARIANT: an empty list leads nowhere. A name is resolved once and what was checked is what is dialled. An address that
//! is not global is dialled only by [`Reach::Private`], and this machine's own only when it is listed as a literal: a registry
//! on a company's private network is common, and its name comes from the user's own configuration.
//!
//! LIMIT: it does not look into TLS. A front that serves other names under the listed one's certificate, or a second `ClientHello`
//! that a server asked for, is not seen. With an [`Upstream`] proxy of the user's, names are resolved by that one.

mod address;
mod dial;
mod head;
mod hello;
mod record;
mod serve;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

pub use address::{Destination, NotADestination, Reach};
pub use dial::Upstream;
pub use record::{Line, Refusal, Verdict};

/// What may be reached, and how much of it.
#[derive(Debug)]
pub struct Rules {
    /// Exactly these. None: nothing.
    pub destinations: Vec<Destination>,
    /// Which addresses their names may have.
    pub reach: Reach,
    /// The user's own proxy, if connections must go through it.
    pub upstream: Option<Upstream>,
    /// How much.
    pub limits: Limits,
}

/// Limits of one proxy; when one is reached, what is under way ends.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections from its start to its end.
    pub connections: u64,
    /// Connections at once; further ones wait.
    pub at_once: usize,
    /// Bytes to the outside, all connections together.
    pub bytes_up: u64,
    /// Bytes to the inside, all connections together.
    pub bytes_down: u64,
    /// Time from its start.
    pub time: Duration,
}

/// A proxy that serves; dropping it ends every connection.
#[derive(Debug)]
pub struct Egress {
    shared: Arc<serve::Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Egress {
    /// Serves a listener, such as one of [`super::sandbox::Sandbox::take_listeners`].
    ///
    /// # Errors
    /// The listener cannot be used.
    pub fn serve(listener: TcpListener, rules: Rules) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let shared = Arc::new(serve::Shared::new(rules));
        let task = tokio::spawn(serve::accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, task })
    }

    /// Adds to what may be reached.
    pub fn allow(&self, more: impl IntoIterator<Item = Destination>) {
        self.shared.allow(more);
    }

    /// Returns when the first request was refused because of what it asked for; what made it will not succeed.
    pub async fn refused(&self) -> Line {
        self.shared.refused().await
    }

    /// What was decided so far: one line for each destination and verdict.
    #[must_use]
    pub fn record(&self) -> Vec<Line> {
        self.shared.lines()
    }
}

impl Drop for Egress {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;
