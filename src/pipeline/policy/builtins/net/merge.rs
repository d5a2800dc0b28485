//! The fewest networks that hold the same addresses.
//!
//! LIMIT: what OPA makes of networks of IPv6 that lie within the mapped ones of IPv4, or of a range that goes on from the
//! last address of IPv4, is an accident of its own; that is not offered.

use std::collections::BTreeSet;

use super::super::{Failure, Term};
use super::network::{Network, address, is_short, mask};

/// Addresses without a gap, and the network they were given as, as long as they are those of one.
struct Range {
    first: u128,
    last: u128,
    network: Option<Network>,
}

pub(super) fn merge(arguments: &[Term]) -> Result<Term, Failure> {
    let networks: Vec<&Term> = match arguments.first() {
        Some(Term::Array(items)) => items.iter().collect(),
        Some(Term::Set(items)) => items.iter().collect(),
        Some(_) | None => return Err(Failure::Undefined),
    };
    let networks: Result<Vec<_>, Failure> = networks.into_iter().map(network).collect();
    let mut found = BTreeSet::new();
    for range in joined(networks?)? {
        match range.network {
            Some(network) => {
                found.insert(network.to_string().into());
            }
            None => split(range.first, range.last, &mut found),
        }
    }
    Ok(Term::Set(found))
}

/// A network, or an address of IPv4 with the length that its class had; that one keeps its address.
fn network(item: &Term) -> Result<Network, Failure> {
    let text = item.as_str().ok_or(Failure::Undefined)?;
    let Some(address) = address(text) else {
        let network = Network::parse(text).ok_or(Failure::Undefined)?;
        return if network.long && is_short(network.address) {
            Err(not_offered())
        } else {
            Ok(network)
        };
    };
    if !is_short(address) {
        return Err(Failure::Undefined);
    }
    let length = match address.to_be_bytes()[12] {
        ..0x80 => 8,
        0x80..0xc0 => 16,
        0xc0.. => 24,
    };
    Ok(Network {
        address,
        prefix: length + 96,
        long: false,
    })
}

/// Joins what overlaps or is side by side, from the end.
fn joined(networks: Vec<Network>) -> Result<Vec<Range>, Failure> {
    let mut ranges: Vec<Range> = networks
        .into_iter()
        .map(|network| {
            let (first, last) = network.range();
            Range {
                first,
                last,
                network: Some(network),
            }
        })
        .collect();
    ranges.sort_by_key(|range| (range.last, range.first));
    let mut found: Vec<Range> = Vec::with_capacity(ranges.len());
    for before in ranges.into_iter().rev() {
        match found.last_mut() {
            Some(range) if previous(range.first) <= before.last => {
                let first = range.first.min(before.first);
                if is_short(first) != is_short(range.last) && is_short(first) {
                    return Err(not_offered());
                }
                range.first = first;
                range.network = None;
            }
            Some(_) | None => found.push(before),
        }
    }
    Ok(found)
}

/// The address before; the first of IPv4 has none, as the first of IPv6.
fn previous(address: u128) -> u128 {
    if is_short(address) && !is_short(address.saturating_sub(1)) {
        address
    } else {
        address.saturating_sub(1)
    }
}

/// Adds the networks of a range: each the largest that begins where the one before ended.
fn split(mut first: u128, last: u128, found: &mut BTreeSet<Term>) {
    loop {
        let aligned = first.trailing_zeros();
        let mut host = aligned;
        while first | !mask(128_u32.saturating_sub(host)) > last {
            host = host.saturating_sub(1);
        }
        let prefix = 128_u32.saturating_sub(host);
        let end = first | !mask(prefix);
        let network = Network {
            address: first,
            prefix,
            long: true,
        };
        found.insert(network.to_string().into());
        match end.checked_add(1) {
            Some(next) if end < last => first = next,
            Some(_) | None => return,
        }
    }
}

fn not_offered() -> Failure {
    Failure::NotOffered(
        "networks of IPv6 that lie on those of IPv4 or continue them are not merged".to_owned(),
    )
}
