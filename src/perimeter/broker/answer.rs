//! An answer on its way to the agent: passed on as it comes, looked at for the key and for its usage, cut when it is too much or too slow.
//!
//! INVARIANT: whatever becomes of the answer (its end, a cut, an agent that hangs up), its reservation is settled exactly once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::Shared;
use super::budget::Reservation;
use super::guard::{Guard, Leak};
use super::meter::{Closed, RequestRecord};
use super::usage::Reader;

/// The answer ended before its end; the agent's connection is cut too.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut")]
pub(super) struct Cut;

/// What is to be settled when an answer has ended.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) shared: Arc<Shared>,
    pub(super) reservation: Reservation,
    pub(super) reader: Reader,
    pub(super) status: u16,
    pub(super) sent_bytes: u64,
    pub(super) received_bytes: u64,
    pub(super) started: Instant,
    /// Whether nothing is generated for it.
    pub(super) is_help: bool,
    /// What is kept for the transcript.
    pub(super) copy: Option<Vec<u8>>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy)]
enum Ended<'a> {
    /// At its end.
    Whole,
    /// Before, by its sender or by us.
    Cut(&'a str),
    /// The agent hung up. That is no failure of the API's, but nobody has seen the end.
    Unheard,
}

impl Open {
    fn settle(mut self, ended: Ended<'_>) {
        let is_whole = match ended {
            Ended::Whole => true,
            Ended::Unheard => self.reader.is_final(),
            Ended::Cut(_) => false,
        };
        let said = if is_whole { self.reader.finish() } else { None };
        let mut state = self.shared.state();
        if self.is_help {
            // Nothing is generated for it, whatever became of the answer.
            state.account.release(self.reservation, self.received_bytes);
            return;
        }
        let settled = state
            .account
            .settle(self.reservation, said, self.received_bytes);
        state.metered.add(RequestRecord {
            status: Some(self.status),
            tokens: settled.tokens,
            usage: Some(settled.usage),
            nano_usd: settled.nano_usd,
            sent_bytes: self.sent_bytes,
            received_bytes: self.received_bytes,
            took_ms: super::millis(self.started),
            is_whole,
        });
        match ended {
            Ended::Whole => state.failures = 0,
            Ended::Unheard if is_whole => state.failures = 0,
            Ended::Unheard => {}
            Ended::Cut(failure) => state.fail(failure, super::FAILURES_MAX),
        }
        drop(state);
        if let Some(copy) = self.copy.take() {
            self.shared.transcribe("answer", &copy);
        }
    }
}

/// LIMIT: bytes of one answer that are kept for the transcript.
const COPY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The answer's body.
pub(super) struct Answer {
    inner: Incoming,
    guard: Guard,
    open: Option<Open>,
    silence: Duration,
    patience: Pin<Box<Sleep>>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

impl Answer {
    pub(super) fn new(inner: Incoming, guard: Guard, open: Open, silence: Duration) -> Self {
        Self {
            inner,
            guard,
            open: Some(open),
            silence,
            patience: Box::pin(tokio::time::sleep(silence)),
        }
    }

    fn cut(&mut self, failure: &str) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(open) = self.open.take() {
            open.settle(Ended::Cut(failure));
        }
        Poll::Ready(Some(Err(Cut)))
    }

    /// What came, looked at.
    fn piece(&mut self, bytes: Bytes) -> Result<Bytes, String> {
        let Some(open) = &mut self.open else {
            return Err("it goes on after its end".to_owned());
        };
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        open.received_bytes = open.received_bytes.saturating_add(length);
        let mut state = open.shared.state();
        if let Err(exceeded) = state.account.receive(&mut open.reservation, length) {
            state.close(Closed::Budget { exceeded });
            return Err("it was larger than the budget".to_owned());
        }
        drop(state);
        let passed = self.guard.pass(bytes).map_err(|Leak| {
            let what = "an answer of the model's API holds its own key".to_owned();
            open.shared
                .state()
                .close(Closed::Key { what: what.clone() });
            what
        })?;
        open.reader.feed(&passed);
        if let Some(copy) = &mut open.copy
            && copy.len() + passed.len() <= COPY_BYTES_MAX
        {
            copy.extend_from_slice(&passed);
        }
        Ok(passed)
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            if self.open.is_none() {
                return Poll::Ready(None);
            }
            match Pin::new(&mut self.inner).poll_frame(context) {
                Poll::Pending => {
                    return match self.patience.as_mut().poll(context) {
                        Poll::Pending => Poll::Pending,
                        Poll::Ready(()) => self.cut("its answer stood still"),
                    };
                }
                Poll::Ready(None) => {
                    let rest = self.guard.rest();
                    if let Some(mut open) = self.open.take() {
                        open.reader.feed(&rest);
                        open.settle(Ended::Whole);
                    }
                    if rest.is_empty() {
                        return Poll::Ready(None);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(rest))));
                }
                Poll::Ready(Some(Err(_))) => return self.cut("its answer was cut"),
                Poll::Ready(Some(Ok(frame))) => {
                    let next = Instant::now() + self.silence;
                    self.patience.as_mut().reset(next);
                    let Ok(bytes) = frame.into_data() else {
                        // Trailers mean nothing here.
                        continue;
                    };
                    match self.piece(bytes) {
                        Ok(passed) if passed.is_empty() => {}
                        Ok(passed) => return Poll::Ready(Some(Ok(Frame::data(passed)))),
                        Err(failure) => return self.cut(&failure),
                    }
                }
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::new()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            open.settle(Ended::Unheard);
        }
    }
}
