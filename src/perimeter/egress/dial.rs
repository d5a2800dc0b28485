//! Connecting to what was allowed: directly, to an address that was checked, or through the user's own proxy.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::address::{Destination, Host, Reach};
use super::record::Refusal;

/// The user's own proxy, as in `HTTPS_PROXY` and `NO_PROXY`.
#[derive(Clone, PartialEq, Eq)]
pub struct Upstream {
    host: String,
    port: u16,
    authorization: Option<String>,
    bypass: Vec<String>,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without what it is told to let us in.
        f.debug_struct("Upstream")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("bypass", &self.bypass)
            .finish_non_exhaustive()
    }
}

impl Upstream {
    /// The proxy of a URL `http://[USER:PASSWORD@]HOST[:PORT]`, and the hosts that are reached without it, by `NO_PROXY`'s rules:
    /// names and their subdomains, separated by commas, or `*`. Nothing: it is not such a URL.
    #[must_use]
    pub fn of_url(url: &str, no_proxy: &str) -> Option<Self> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) => scheme.eq_ignore_ascii_case("http").then_some(rest)?,
            None => url,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = match host.rsplit_once(':').filter(|_| !host.ends_with(']')) {
            Some((host, port)) => (host, port.parse().map_or(None, Some)?),
            None => (host, 80),
        };
        let authorization = match user {
            Some(user) => Some(format!(
                "Basic {}",
                base64::engine::general_purpose::STANDARD.encode(decoded(user)?)
            )),
            None => None,
        };
        let bypass = no_proxy.split(',').map(|name| {
            let name = name.trim().trim_start_matches("*.").trim_start_matches('.');
            name.to_ascii_lowercase()
        });
        (!host.is_empty()).then(|| Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            authorization,
            bypass: bypass.filter(|name| !name.is_empty()).collect(),
        })
    }

    fn leads_to(&self, host: &str) -> bool {
        !self.bypass.iter().any(|name| {
            name == "*"
                || host
                    .strip_suffix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    async fn connect(&self, destination: &Destination) -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let authorization = self
            .authorization
            .as_ref()
            .map_or_else(String::new, |value| {
                format!("Proxy-Authorization: {value}\r\n")
            });
        let head =
            format!("CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\n{authorization}\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        // Byte by byte: what follows the head is the tunnel's.
        while !answer.ends_with(b"\r\n\r\n") && answer.len() < ANSWER_BYTES_MAX {
            answer.push(stream.read_u8().await?);
        }
        let ok = [&b"HTTP/1.1 200"[..], b"HTTP/1.0 200"]
            .iter()
            .any(|ok| answer.starts_with(ok));
        if ok && answer.ends_with(b"\r\n\r\n") {
            Ok(stream)
        } else {
            Err(std::io::Error::other("the proxy refused"))
        }
    }
}

/// `%41` is `A`.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.extend(hex::decode(code).map_or(None, Some)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Some(bytes)
}

/// Connects to a listed destination.
pub(super) async fn dial(
    destination: &Destination,
    reach: Reach,
    upstream: Option<&Upstream>,
) -> Result<TcpStream, Refusal> {
    let name = match &destination.host {
        Host::Loopback(address) => {
            return first(
                vec![SocketAddr::new(*address, destination.port)],
                destination,
            )
            .await;
        }
        Host::Name(name) => name,
    };
    if let Some(upstream) = upstream.filter(|upstream| upstream.leads_to(name)) {
        let connected = timeout(DIAL, upstream.connect(destination)).await;
        return match connected {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(_)) | Err(_) => Err(Refusal::Unreachable),
        };
    }
    let found = timeout(DIAL, lookup_host((name.as_str(), destination.port))).await;
    let Ok(Ok(found)) = found else {
        return Err(Refusal::Unreachable);
    };
    let found: Vec<SocketAddr> = found
        .filter(|address| reach.allows(address.ip()))
        .take(ADDRESSES_MAX)
        .collect();
    if found.is_empty() {
        return Err(Refusal::Address);
    }
    first(found, destination).await
}

/// The first of these addresses that answers.
async fn first(
    addresses: Vec<SocketAddr>,
    destination: &Destination,
) -> Result<TcpStream, Refusal> {
    for address in addresses {
        match timeout(DIAL, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(cause)) => tracing::debug!(%destination, %address, %cause, "cannot connect"),
            Err(_) => tracing::debug!(%destination, %address, "does not answer"),
        }
    }
    Err(Refusal::Unreachable)
}

/// Time for a name to be resolved, and for one address to answer.
const DIAL: Duration = Duration::from_secs(15);
/// LIMIT: addresses of a name that are tried.
const ADDRESSES_MAX: usize = 4;
/// LIMIT: bytes of a proxy's answer.
const ANSWER_BYTES_MAX: usize = 8 << 10;
