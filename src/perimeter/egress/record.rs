//! What was decided: one line for each destination and verdict, with counts, so that its size does not depend on the client.

use serde::{Deserialize, Serialize};

/// What was decided about a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// `HOST:PORT`; for a request that names none, what it is instead.
    pub destination: String,
    /// What was decided.
    pub verdict: Verdict,
    /// How often.
    pub connections: u64,
    /// Bytes to the outside.
    pub bytes_up: u64,
    /// Bytes to the inside.
    pub bytes_down: u64,
}

/// Whether a connection was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was.
    Allowed,
    /// It was not, or ended early.
    Refused(Refusal),
}

/// Why a connection was not let through, or ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Neither `CONNECT` nor `GET` and `HEAD` of an absolute address.
    #[error("only CONNECT is served, and GET of listed registries of this machine")]
    Method,
    /// The head is not one: control characters, lines, version, or a body where none may be.
    #[error("the request's head cannot be read")]
    Head,
    /// The head is longer than its limit.
    #[error("the request's head is too long")]
    HeadTooLong,
    /// The host is not a plain name, or the port is none.
    #[error("the host is not a plain name with a port")]
    Host,
    /// Not on the list.
    #[error("the host and port are not on the list")]
    NotListed,
    /// The name has no address that may be reached.
    #[error("the name has no address that may be reached")]
    Address,
    /// Nobody answered there, or the user's proxy refused.
    #[error("it could not be reached")]
    Unreachable,
    /// What came after `CONNECT` is not TLS.
    #[error("what was sent is not TLS")]
    NotTls,
    /// TLS for another name.
    #[error("the TLS server name is not the host that was asked for")]
    ServerName,
    /// TLS for a name that nobody can see.
    #[error("the TLS server name is encrypted")]
    HiddenName,
    /// A limit on bytes was reached.
    #[error("the limit on bytes is reached")]
    Bytes,
    /// The limit on connections was reached.
    #[error("the limit on connections is reached")]
    Connections,
    /// It took too long to ask.
    #[error("the request did not come in time")]
    Slow,
}

impl Refusal {
    /// Whether asking again can only end the same way: it is about what was asked, not about the network or the load.
    pub(super) const fn is_final(self) -> bool {
        match self {
            Self::Method
            | Self::Head
            | Self::HeadTooLong
            | Self::Host
            | Self::NotListed
            | Self::Address
            | Self::NotTls
            | Self::ServerName
            | Self::HiddenName
            | Self::Bytes
            | Self::Connections => true,
            Self::Unreachable | Self::Slow => false,
        }
    }
}

impl Line {
    /// Whether it is of requests that can never succeed: refused for what they asked for.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self.verdict, Verdict::Refused(why) if why.is_final())
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.verdict {
            Verdict::Allowed => write!(f, "`{}`: allowed", self.destination),
            Verdict::Refused(why) => write!(f, "`{}`: {why}", self.destination),
        }
    }
}

/// All lines, and the sums that limits are about.
#[derive(Debug, Default)]
pub(super) struct Record {
    lines: Vec<Line>,
    pub(super) up: u64,
    pub(super) down: u64,
}

/// Which line a connection is counted in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(usize);

impl Record {
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Counts a connection.
    pub(super) fn add(&mut self, destination: &str, verdict: Verdict) -> Place {
        let known = |destination: &str, lines: &[Line]| {
            lines
                .iter()
                .position(|line| line.destination == destination && line.verdict == verdict)
        };
        let destination = if self.lines.len() < LINES_MAX {
            destination
        } else {
            OTHERS
        };
        let index = known(destination, &self.lines).unwrap_or_else(|| {
            self.lines.push(Line {
                destination: destination.to_owned(),
                verdict,
                connections: 0,
                bytes_up: 0,
                bytes_down: 0,
            });
            self.lines.len().saturating_sub(1)
        });
        if let Some(line) = self.lines.get_mut(index) {
            line.connections += 1;
        }
        Place(index)
    }

    /// Counts bytes.
    pub(super) fn bytes(&mut self, place: Place, up: u64, down: u64) {
        self.up = self.up.saturating_add(up);
        self.down = self.down.saturating_add(down);
        if let Some(line) = self.lines.get_mut(place.0) {
            line.bytes_up = line.bytes_up.saturating_add(up);
            line.bytes_down = line.bytes_down.saturating_add(down);
        }
    }
}

/// LIMIT: destinations and verdicts that have a line of their own; every further one shares a line with others of its verdict.
const LINES_MAX: usize = 256;
const OTHERS: &str = "(others)";
