//! What a model may be asked: reserved before a request is sent, settled when its answer has ended.
//!
//! INVARIANT: nothing is sent for which there is no room. What an answer does not say counts as what was reserved for it; so does what it says
//! and cannot be true.
//! A reservation is an upper bound but for the tokens of what is sent, of which there are at most [`BYTES_PER_TOKEN`] bytes in each for any
//! text that an agent writes; a request that has more goes over the limit, and is the last.

mod exceeded;

use serde::{Deserialize, Serialize};

pub use exceeded::{Exceeded, Quantity, Scope, usd};

use crate::config::{ModelBudget, Price};

/// Bytes of a request that are reserved as one token. Text, code and JSON have three to four.
const BYTES_PER_TOKEN: u64 = 2;
/// A request with more bytes than this for each token that the answer counts was counted wrongly. Text has four, pictures have a thousand.
const BYTES_PER_TOKEN_MAX: u64 = 4096;
/// The largest figure: what canonical JSON keeps exactly. Whatever claims more has this.
const MOST: u64 = (1 << 53) - 1;
/// Limits where the configuration gives none.
const TOKENS_DEFAULT: u64 = 5_000_000;
const REQUESTS_DEFAULT: u64 = 500;
const BYTES_DEFAULT: u64 = 1_000_000_000;

/// Tokens of one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Sent, and not cached.
    pub input: u64,
    /// Sent, and read from a cache.
    pub cached_input: u64,
    /// Sent, and written to a cache.
    pub cache_write: u64,
    /// Received, thoughts too.
    pub output: u64,
}

impl Tokens {
    /// All of them.
    #[must_use]
    pub fn total(self) -> u64 {
        [self.cached_input, self.cache_write, self.output]
            .into_iter()
            .fold(self.input, sum)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input: sum(self.input, other.input),
            cached_input: sum(self.cached_input, other.cached_input),
            cache_write: sum(self.cache_write, other.cache_write),
            output: sum(self.output, other.output),
        }
    }

    fn sent(self) -> u64 {
        self.total().saturating_sub(self.output)
    }
}

fn sum(a: u64, b: u64) -> u64 {
    a.saturating_add(b).min(MOST)
}

/// What was used up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Requests.
    pub requests: u64,
    /// Tokens.
    pub tokens: u64,
    /// Billionths of a US dollar.
    pub nano_usd: u64,
    /// Bytes, both ways.
    pub bytes: u64,
}

impl Spent {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: sum(self.requests, other.requests),
            tokens: sum(self.tokens, other.tokens),
            nano_usd: sum(self.nano_usd, other.nano_usd),
            bytes: sum(self.bytes, other.bytes),
        }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(other.requests),
            tokens: self.tokens.saturating_sub(other.tokens),
            nano_usd: self.nano_usd.saturating_sub(other.nano_usd),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// Prices in billionths of a US dollar for one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    input: u64,
    cached_input: u64,
    cache_write: u64,
    output: u64,
}

impl Prices {
    /// Reads the configuration's; nothing when a price is not a number from 0 to a million dollars.
    #[must_use]
    pub fn new(price: &Price) -> Option<Self> {
        Some(Self {
            input: nano(price.input, 1e3)?,
            cached_input: nano(price.cached_input.unwrap_or(price.input), 1e3)?,
            cache_write: nano(price.cache_write.unwrap_or(2.0 * price.input), 1e3)?,
            output: nano(price.output, 1e3)?,
        })
    }

    const fn of(self, tokens: Tokens) -> u64 {
        tokens
            .input
            .saturating_mul(self.input)
            .saturating_add(tokens.cached_input.saturating_mul(self.cached_input))
            .saturating_add(tokens.cache_write.saturating_mul(self.cache_write))
            .saturating_add(tokens.output.saturating_mul(self.output))
    }

    /// What one token that is sent costs at most.
    fn most(self) -> u64 {
        self.input.max(self.cached_input).max(self.cache_write)
    }
}

/// Dollars as billionths, after a factor; rounded up. Nothing when it is no amount of money.
fn nano(usd: f64, factor: f64) -> Option<u64> {
    let value = (usd * factor).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    (value.is_finite() && (0.0..=1e15).contains(&value)).then_some(value as u64)
}

/// The most of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Requests.
    pub requests: u64,
    /// Tokens.
    pub tokens: u64,
    /// Billionths of a US dollar; without a price there is no such limit.
    pub nano_usd: Option<u64>,
    /// Bytes.
    pub bytes: u64,
}

impl Limits {
    /// Reads the configuration's; nothing when it names an amount of money that is none.
    #[must_use]
    pub fn new(budget: &ModelBudget) -> Option<Self> {
        Some(Self {
            requests: budget.requests.unwrap_or(REQUESTS_DEFAULT),
            tokens: budget.tokens.unwrap_or(TOKENS_DEFAULT),
            nano_usd: match budget.usd {
                Some(usd) => Some(nano(usd, 1e9)?),
                None => None,
            },
            bytes: budget.bytes.unwrap_or(BYTES_DEFAULT),
        })
    }
}

/// The account of one attempt.
#[derive(Debug)]
pub struct Account {
    attempt: Limits,
    run: Limits,
    /// What earlier attempts of the run have used up.
    before: Spent,
    spent: Spent,
    reserved: Spent,
    prices: Option<Prices>,
}

/// Room for one request.
#[derive(Debug, Clone, Copy)]
pub struct Reservation {
    room: Spent,
    tokens: Tokens,
    request_bytes: u64,
}

impl Account {
    /// A new one.
    #[must_use]
    pub const fn new(attempt: Limits, run: Limits, before: Spent, prices: Option<Prices>) -> Self {
        const NOTHING: Spent = Spent {
            requests: 0,
            tokens: 0,
            nano_usd: 0,
            bytes: 0,
        };
        Self {
            attempt,
            run,
            before,
            spent: NOTHING,
            reserved: NOTHING,
            prices,
        }
    }

    /// What this attempt has used up, and what is reserved for requests that nobody settled.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.spent.plus(self.reserved)
    }

    /// Room for a request of so many bytes whose answer has at most so many tokens.
    ///
    /// # Errors
    /// The limit that it does not fit into.
    pub fn reserve(&mut self, bytes: u64, output_tokens: u64) -> Result<Reservation, Exceeded> {
        let tokens = Tokens {
            input: bytes.div_ceil(BYTES_PER_TOKEN),
            output: output_tokens,
            ..Tokens::default()
        };
        let room = Spent {
            requests: 1,
            tokens: tokens.total(),
            nano_usd: self.prices.map_or(0, |prices| {
                prices
                    .most()
                    .saturating_mul(tokens.input)
                    .saturating_add(prices.output.saturating_mul(tokens.output))
            }),
            bytes,
        };
        let taken = self.spent.plus(self.reserved);
        fits(Scope::Attempt, &self.attempt, taken, room)?;
        fits(Scope::Run, &self.run, taken.plus(self.before), room)?;
        self.reserved = self.reserved.plus(room);
        Ok(Reservation {
            room,
            tokens,
            request_bytes: bytes,
        })
    }

    /// Room for more bytes of an answer.
    ///
    /// # Errors
    /// The limit that is reached, by all answers under way together.
    pub fn receive(&mut self, reservation: &mut Reservation, bytes: u64) -> Result<(), Exceeded> {
        let taken = self.spent.plus(self.reserved);
        let more = Spent {
            bytes,
            ..Spent::default()
        };
        fits(Scope::Attempt, &self.attempt, taken, more)?;
        fits(Scope::Run, &self.run, taken.plus(self.before), more)?;
        self.reserved = self.reserved.plus(more);
        reservation.room = reservation.room.plus(more);
        Ok(())
    }

    /// Puts what was really used up in place of the reservation. Gives back what counts: what was said, or what was reserved when that was
    /// nothing or cannot be true.
    pub fn settle(
        &mut self,
        reservation: Reservation,
        said: Option<Tokens>,
        answer_bytes: u64,
    ) -> Settled {
        self.reserved = self.reserved.minus(reservation.room);
        let (tokens, usage) = match said {
            None => (reservation.tokens, UsageSeen::Missing),
            Some(tokens) if is_implausible(tokens, &reservation) => {
                (reservation.tokens, UsageSeen::Implausible)
            }
            // Added to nothing, a figure is one that can be kept.
            Some(tokens) => (tokens.plus(Tokens::default()), UsageSeen::Reported),
        };
        let nano_usd = match usage {
            UsageSeen::Reported => self.prices.map_or(0, |prices| prices.of(tokens).min(MOST)),
            UsageSeen::Missing | UsageSeen::Implausible => reservation.room.nano_usd,
        };
        let spent = Spent {
            requests: 1,
            tokens: tokens.total(),
            nano_usd,
            bytes: reservation.request_bytes.saturating_add(answer_bytes),
        };
        self.spent = self.spent.plus(spent);
        Settled {
            tokens,
            usage,
            nano_usd,
        }
    }

    /// Takes back a reservation of a request that was never sent, or that the other side did not take.
    pub fn release(&mut self, reservation: Reservation, answer_bytes: u64) {
        self.reserved = self.reserved.minus(reservation.room);
        self.spent = self.spent.plus(Spent {
            requests: 1,
            bytes: reservation.request_bytes.saturating_add(answer_bytes),
            ..Spent::default()
        });
    }
}

/// Where the figures of an answer come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UsageSeen {
    /// The answer says so.
    Reported,
    /// It says nothing: what was reserved counts.
    Missing,
    /// It says what cannot be true: what was reserved counts.
    Implausible,
}

/// What a request came to.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// The tokens that count.
    pub tokens: Tokens,
    /// Who says so.
    pub usage: UsageSeen,
    /// The price.
    pub nano_usd: u64,
}

/// Less than any tokeniser makes of it. More than was reserved is not implausible: it ends the budget.
fn is_implausible(tokens: Tokens, reservation: &Reservation) -> bool {
    tokens.sent().saturating_mul(BYTES_PER_TOKEN_MAX) < reservation.request_bytes
}

fn fits(scope: Scope, limits: &Limits, taken: Spent, more: Spent) -> Result<(), Exceeded> {
    let lines = [
        (
            Quantity::Requests,
            Some(limits.requests),
            taken.requests,
            more.requests,
        ),
        (
            Quantity::Tokens,
            Some(limits.tokens),
            taken.tokens,
            more.tokens,
        ),
        (
            Quantity::NanoUsd,
            limits.nano_usd,
            taken.nano_usd,
            more.nano_usd,
        ),
        (Quantity::Bytes, Some(limits.bytes), taken.bytes, more.bytes),
    ];
    for (quantity, limit, spent, next) in lines {
        if let Some(limit) = limit
            && spent.saturating_add(next) > limit
        {
            return Err(Exceeded {
                scope,
                quantity,
                limit,
                spent,
                next,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
