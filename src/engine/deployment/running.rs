//! Waiting for the engine, and what a program said when it failed.

use tokio::task::JoinSet;

use super::Error;
use crate::engine::automation;
use crate::engine::monitor::{self, Observed};
use crate::engine::wire::ServeError;
use crate::perimeter::sandbox::Finished;

/// Waits for the engine, and for a server of ours that ends: without it, the engine would wait for nobody.
pub(super) async fn watched(
    servers: &mut JoinSet<Result<(), ServeError>>,
    run: impl Future<Output = Result<Finished, automation::Error>>,
) -> Result<Finished, Error> {
    tokio::select! {
        finished = run => Ok(finished?),
        ended = servers.join_next() => match ended {
            Some(Ok(Err(error))) => Err(error.into()),
            Some(Ok(Ok(())) | Err(_)) | None => Err(Error::ServeEnded),
        },
    }
}

/// The error that a program reported before it ended.
pub(super) fn said(observed: &Observed) -> String {
    let error = observed
        .diagnostics
        .iter()
        .rev()
        .find(|said| said.severity == monitor::Severity::Error);
    error.map_or_else(
        || "it gave no reason".to_owned(),
        |said| said.text.trim().to_owned(),
    )
}
