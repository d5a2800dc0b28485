//! A limit that was reached, as data and as a sentence.

use serde::{Deserialize, Serialize};

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One attempt's.
    Attempt,
    /// The whole run's.
    Run,
}

/// What there is no more room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Requests.
    Requests,
    /// Tokens.
    Tokens,
    /// Billionths of a US dollar.
    NanoUsd,
    /// Bytes.
    Bytes,
}

/// A limit that was reached, with its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceeded {
    /// Whose limit.
    pub scope: Scope,
    /// Of what.
    pub quantity: Quantity,
    /// The most.
    pub limit: u64,
    /// What was used up.
    pub spent: u64,
    /// What the next request could have needed.
    pub next: u64,
}

impl std::fmt::Display for Exceeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scope = match self.scope {
            Scope::Attempt => "the attempt's",
            Scope::Run => "the run's",
        };
        let amount = |value: u64| match self.quantity {
            Quantity::NanoUsd => usd(value),
            Quantity::Requests | Quantity::Tokens | Quantity::Bytes => value.to_string(),
        };
        let (unit, key) = match self.quantity {
            Quantity::Requests => (" requests", "requests"),
            Quantity::Tokens => (" tokens", "tokens"),
            Quantity::NanoUsd => ("", "usd"),
            Quantity::Bytes => (" bytes", "bytes"),
        };
        write!(
            f,
            "{scope} budget of {}{unit} for the model (`{key}`) has no room: {} are used up, the next request could need {}",
            amount(self.limit),
            amount(self.spent),
            amount(self.next)
        )
    }
}

/// An amount of money as people write it.
#[must_use]
pub fn usd(nano_usd: u64) -> String {
    let tenths = nano_usd.div_ceil(100_000);
    format!("${}.{:04}", tenths / 10_000, tenths % 10_000)
}
