//! A request between its reservation and its answer.
//!
//! INVARIANT: its reservation is settled or released exactly once, also when the agent hangs up.

use std::sync::Arc;

use tokio::time::Instant;

use crate::perimeter::broker::budget::{Reservation, Tokens};
use crate::perimeter::broker::meter::{Closed, RequestRecord};
use crate::perimeter::broker::upstream::Unsent;
use crate::perimeter::broker::{FAILURES_MAX, REJECTIONS_MAX, Shared};

/// A request that is under way. Dropped on its way (the agent hung up), it counts as what was reserved for it.
pub(super) struct Sending {
    pub(super) shared: Arc<Shared>,
    pub(super) reservation: Option<Reservation>,
    pub(super) sent_bytes: u64,
    pub(super) started: Instant,
    /// Whether nothing is generated for it.
    pub(super) is_help: bool,
}

impl Sending {
    /// The API gave no answer, or an error. Where something may have been generated all the same, what was reserved counts.
    pub(super) fn failed(&mut self, status: Option<u16>, received_bytes: u64, failure: &Unsent) {
        let Some(reservation) = self.reservation.take() else {
            return;
        };
        let mut state = self.shared.state();
        let (tokens, usage, nano_usd) = if failure.is_free || self.is_help {
            state.account.release(reservation, received_bytes);
            (Tokens::default(), None, 0)
        } else {
            let settled = state.account.settle(reservation, None, received_bytes);
            (settled.tokens, Some(settled.usage), settled.nano_usd)
        };
        let failure = failure.reason.as_str();
        state.metered.add(RequestRecord {
            status,
            tokens,
            usage,
            nano_usd,
            sent_bytes: self.sent_bytes,
            received_bytes,
            took_ms: crate::perimeter::broker::millis(self.started),
            is_whole: false,
        });
        match status {
            // Counting tokens is a help that not every API gives.
            Some(_) | None if self.is_help => {}
            // Asking again changes nothing.
            Some(status @ (401..=404)) => state.close(Closed::Refused { status }),
            Some(400..=499) if status != Some(408) && status != Some(429) => {
                state.fail(failure, REJECTIONS_MAX);
            }
            Some(_) | None => state.fail(failure, FAILURES_MAX),
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            let mut state = self.shared.state();
            if self.is_help {
                state.account.release(reservation, 0);
                return;
            }
            let settled = state.account.settle(reservation, None, 0);
            state.metered.add(RequestRecord {
                status: None,
                tokens: settled.tokens,
                usage: Some(settled.usage),
                nano_usd: settled.nano_usd,
                sent_bytes: self.sent_bytes,
                received_bytes: 0,
                took_ms: crate::perimeter::broker::millis(self.started),
                is_whole: false,
            });
        }
    }
}
