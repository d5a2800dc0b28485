//! What passed the broker, in figures: the evidence of one attempt's conversation with its model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budget::{Exceeded, Spent, Tokens, UsageSeen};
use crate::config::Api;
use crate::names::Sha256;

/// LIMIT: requests that are listed one by one; the rest is in the sums.
const LISTED_MAX: usize = 1000;
/// LIMIT: different denials that are listed; the rest is counted together.
const DENIALS_MAX: usize = 50;

/// The conversation of one attempt with its model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metered {
    /// The model.
    pub model: String,
    /// The protocol.
    pub api: Api,
    /// Where it was asked: host and port.
    pub host: String,
    /// What counts against the budgets.
    pub spent: Spent,
    /// Tokens by kind.
    pub tokens: Tokens,
    /// Answers whose usage was missing or cannot be true, so that what was reserved counts.
    pub estimated: u64,
    /// The first thousand requests.
    pub requests: Vec<RequestRecord>,
    /// Requests that were not sent, and why, each with its number.
    pub denied: BTreeMap<String, u64>,
    /// Tools and keys that were taken out of requests, because the vendor would have run them.
    pub removed: Vec<String>,
    /// Why nothing more was sent.
    pub closed: Option<Closed>,
    /// Hash of the transcript's file, when one is kept.
    pub transcript: Option<Sha256>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRecord {
    /// The answer's status; nothing when there was no answer.
    pub status: Option<u16>,
    /// Tokens that count.
    pub tokens: Tokens,
    /// Who says so; nothing when the answer was an error.
    pub usage: Option<UsageSeen>,
    /// Price in billionths of a US dollar.
    pub nano_usd: u64,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Bytes that came.
    pub received_bytes: u64,
    /// Milliseconds to the end of the answer.
    pub took_ms: u64,
    /// Whether the answer came to its end.
    pub is_whole: bool,
}

/// Why the broker asks the model nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Closed {
    /// A budget has no room.
    Budget {
        /// Which, with its figures.
        exceeded: Exceeded,
    },
    /// The model's API refuses us.
    Refused {
        /// Its status.
        status: u16,
    },
    /// The model's API fails again and again.
    Failing {
        /// Failures in a row.
        times: u32,
        /// The last one.
        last: String,
    },
    /// The key was in an answer, or there is none.
    Key {
        /// What happened.
        what: String,
    },
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Budget { exceeded } => exceeded.fmt(f),
            Self::Refused { status } => {
                let why = match status {
                    401 => ": the key is wrong or expired",
                    402 => ": the account must be paid",
                    403 => ": the key may not use this model",
                    404 => ": the model or the address is wrong",
                    _ => "",
                };
                write!(f, "the model's API refuses with status {status}{why}")
            }
            Self::Failing { times, last } => {
                write!(f, "the model's API failed {times} times in a row: {last}")
            }
            Self::Key { what } => f.write_str(what),
        }
    }
}

impl Metered {
    pub(super) const fn new(model: String, api: Api, host: String) -> Self {
        Self {
            model,
            api,
            host,
            spent: Spent {
                requests: 0,
                tokens: 0,
                nano_usd: 0,
                bytes: 0,
            },
            tokens: Tokens {
                input: 0,
                cached_input: 0,
                cache_write: 0,
                output: 0,
            },
            estimated: 0,
            requests: Vec::new(),
            denied: BTreeMap::new(),
            removed: Vec::new(),
            closed: None,
            transcript: None,
        }
    }

    pub(super) fn add(&mut self, record: RequestRecord) {
        self.tokens = self.tokens.plus(record.tokens);
        if matches!(
            record.usage,
            Some(UsageSeen::Missing | UsageSeen::Implausible)
        ) {
            self.estimated += 1;
        }
        if self.requests.len() < LISTED_MAX {
            self.requests.push(record);
        }
    }

    pub(super) fn deny(&mut self, what: String) {
        let what = if self.denied.len() < DENIALS_MAX || self.denied.contains_key(&what) {
            what
        } else {
            "asked for something else".to_owned()
        };
        let count = self.denied.entry(what).or_insert(0);
        *count = count.saturating_add(1);
    }

    pub(super) fn remove(&mut self, names: Vec<String>) {
        for name in names {
            if self.removed.len() < DENIALS_MAX && !self.removed.contains(&name) {
                self.removed.push(name);
            }
        }
    }
}
