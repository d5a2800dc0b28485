//! One network, and the addresses in it.
//!
//! As in Go, an address has 128 bits, and one of IPv4 is the same as the one of IPv6 that it is mapped to.

use std::net::{IpAddr, Ipv6Addr};

/// Bits of an address.
const BITS: u32 = 128;

/// Bits before the 32 of an address of IPv4.
const MAPPED_BITS: u32 = 96;

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    /// Its address; not always its first.
    pub(super) address: u128,
    /// How many bits all of its addresses share.
    pub(super) prefix: u32,
    /// Whether it was written as a network of IPv6.
    pub(super) long: bool,
}

impl Network {
    /// Go's `net.ParseCIDR`: zeros in front of the length are fine.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, length) = text.split_once('/')?;
        if !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let length: u32 = length.parse().map_or(None, Some)?;
        let (number, before) = match number.parse::<IpAddr>() {
            Ok(IpAddr::V4(short)) => (mapped(short), MAPPED_BITS),
            Ok(IpAddr::V6(long)) => (long.to_bits(), 0),
            Err(_) => return None,
        };
        let prefix = length.checked_add(before).filter(|bits| *bits <= BITS)?;
        Some(Self {
            address: number & mask(prefix),
            prefix,
            long: before == 0,
        })
    }

    /// Its first address and its last.
    pub(super) fn range(self) -> (u128, u128) {
        let mask = mask(self.prefix);
        (self.address & mask, self.address | !mask)
    }

    /// Whether the address is in it. One of IPv4 is in no network that is larger than all of IPv4.
    pub(super) fn contains(self, address: u128) -> bool {
        let mask = mask(self.prefix);
        is_short(self.range().0) == is_short(address) && self.address & mask == address & mask
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = if is_short(self.address) {
            self.prefix.saturating_sub(MAPPED_BITS)
        } else {
            self.prefix
        };
        write!(f, "{}/{length}", written(self.address))
    }
}

/// Go's `net.ParseIP`.
pub(super) fn address(text: &str) -> Option<u128> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(short)) => Some(mapped(short)),
        Ok(IpAddr::V6(long)) => Some(long.to_bits()),
        Err(_) => None,
    }
}

/// An address as Go writes it: without a mark of the mapping.
pub(super) fn written(address: u128) -> String {
    let address = Ipv6Addr::from_bits(address);
    match address.to_ipv4_mapped() {
        Some(short) => short.to_string(),
        None => address.to_string(),
    }
}

/// Whether it is one of IPv4.
pub(super) fn is_short(address: u128) -> bool {
    Ipv6Addr::from_bits(address).to_ipv4_mapped().is_some()
}

/// The bits that addresses with this prefix share.
pub(super) fn mask(prefix: u32) -> u128 {
    u128::MAX
        .checked_shl(BITS.saturating_sub(prefix))
        .unwrap_or(0)
}

fn mapped(short: std::net::Ipv4Addr) -> u128 {
    short.to_ipv6_mapped().to_bits()
}
