//! Names of hosts, and which addresses they may have.
//!
//! INVARIANT: a host is a plain lower-case DNS name, or a loopback address in the one spelling that is listed. Whatever some
//! resolver would take for an address (`127.1`, `0x7f000001`, `[::ffff:1.2.3.4]`) is neither.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A host, a port, and whether it is spoken to in clear.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) clear: bool,
}

/// A host by name or by loopback address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Host {
    /// A DNS name in lower case.
    Name(String),
    /// This machine.
    Loopback(IpAddr),
}

/// Which addresses a listed name may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Global ones.
    Global,
    /// Global ones and those of private networks; never this machine, its link, its cloud's metadata, or many at once.
    Private,
}

/// Not an address that can be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotADestination {
    /// Plain text over a network.
    #[error(
        "is not an `https://` address (`http://` is taken only with this machine's own, as in `http://127.0.0.1:PORT`)"
    )]
    Clear,
    /// No host, or none that can be checked.
    #[error("has no host that can be checked: give a DNS name, without `_` and not an IP address")]
    Host,
    /// Not a number.
    #[error("has no port that can be read")]
    Port,
}

impl Destination {
    /// What a URL's host and port are.
    ///
    /// # Errors
    /// It is not `https`, nor `http` to a loopback address; or the host is not one that can be checked.
    pub fn of_url(url: &str) -> Result<Self, NotADestination> {
        let (scheme, rest) = url.split_once("://").ok_or(NotADestination::Clear)?;
        let (clear, usual) = if scheme.eq_ignore_ascii_case("https") {
            (false, 443)
        } else if scheme.eq_ignore_ascii_case("http") {
            (true, 80)
        } else {
            return Err(NotADestination::Clear);
        };
        // Some readers of URLs take it for `/`.
        if rest.contains('\\') {
            return Err(NotADestination::Host);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let found = Self::of_authority(authority, Some(usual), clear)?;
        match (&found.host, clear) {
            (Host::Name(_), true) => Err(NotADestination::Clear),
            (Host::Name(_), false) | (Host::Loopback(_), _) => Ok(found),
        }
    }

    /// What `HOST:PORT` is.
    pub(super) fn of_authority(
        authority: &str,
        usual: Option<u16>,
        clear: bool,
    ) -> Result<Self, NotADestination> {
        let split = if authority.ends_with(']') {
            None
        } else {
            authority.rsplit_once(':')
        };
        let (host, port) = match (split, usual) {
            (Some((host, port)), _) => (host, number(port).ok_or(NotADestination::Port)?),
            (None, Some(usual)) => (authority, usual),
            (None, None) => return Err(NotADestination::Port),
        };
        let host = Host::read(host).ok_or(NotADestination::Host)?;
        Ok(Self { host, port, clear })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => write!(f, "{name}:{}", self.port),
            Host::Loopback(address) => SocketAddr::new(*address, self.port).fmt(f),
        }
    }
}

/// Only digits: `str::parse` takes a sign too.
fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().map_or(None, Some))
        .flatten()
        .filter(|port| *port != 0)
}

impl Host {
    fn read(text: &str) -> Option<Self> {
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse::<IpAddr>() {
            // Only the one spelling, and only this machine's own.
            let usual = match address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            };
            return (address.is_loopback() && usual == text).then_some(Self::Loopback(address));
        }
        name(text).map(Self::Name)
    }
}

/// A DNS name in lower case, without the dot at its end.
pub(super) fn name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name that ends in a number is an IPv4 address to some resolver.
    let last = name.rsplit('.').next().unwrap_or("");
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (name.len() <= 253 && !numeric && name.split('.').all(label)).then_some(name)
}

impl Reach {
    /// May a listed name have this address?
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => {
                !in_any_v4(address, NEVER_V4)
                    && (self == Self::Private || !in_any_v4(address, PRIVATE_V4))
            }
            IpAddr::V6(address) => {
                let global = in_v6(address, GLOBAL_V6) && !in_any_v6(address, SPECIAL_V6);
                let private = in_any_v6(address, PRIVATE_V6) && address != METADATA_V6;
                global || (self == Self::Private && private)
            }
        }
    }
}

type NetV4 = (Ipv4Addr, u32);
type NetV6 = (Ipv6Addr, u32);

fn in_any_v4(address: Ipv4Addr, nets: &[NetV4]) -> bool {
    nets.iter().any(|(net, bits)| {
        let mask = u32::MAX
            .checked_shl(32_u32.saturating_sub(*bits))
            .unwrap_or(0);
        address.to_bits() & mask == net.to_bits()
    })
}

fn in_v6(address: Ipv6Addr, (net, bits): NetV6) -> bool {
    let mask = u128::MAX
        .checked_shl(128_u32.saturating_sub(bits))
        .unwrap_or(0);
    address.to_bits() & mask == net.to_bits()
}

fn in_any_v6(address: Ipv6Addr, nets: &[NetV6]) -> bool {
    nets.iter().any(|net| in_v6(address, *net))
}

/// This machine, its link, clouds' metadata, protocol assignments, many at once, and what is reserved.
const NEVER_V4: &[NetV4] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(100, 100, 100, 200), 32),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];
/// Networks that only their owner reaches, and those that documentation and tests use.
const PRIVATE_V4: &[NetV4] = &[
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
];
/// Everything that is assigned globally.
const GLOBAL_V6: NetV6 = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// Of that: Teredo and other protocols, documentation, 6to4 (which holds an IPv4 address).
const SPECIAL_V6: &[NetV6] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
const PRIVATE_V6: &[NetV6] = &[(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7)];
/// A cloud's metadata service.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
