//! Networks in CIDR notation, read as Go's `net` reads them.
//!
//! LIMIT: a network is expanded only up to so many addresses, and so many pairs are compared.

mod merge;
mod network;

use std::collections::BTreeSet;

use super::{Builtin, Failure, Term, text, weight};
use network::{Network, address, written};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("net.cidr_contains_matches", contains_matches),
    ("net.cidr_expand", expand),
    ("net.cidr_is_valid", is_valid),
    ("net.cidr_merge", merge::merge),
];

/// LIMIT: addresses of an expanded network; as many as a `/16` has.
const ADDRESSES_MAX: u128 = 1 << 16;

/// LIMIT: networks and addresses that are compared with each other.
const PAIRS_MAX: usize = 100_000;

fn is_valid(arguments: &[Term]) -> Result<Term, Failure> {
    let network = arguments.first().and_then(Term::as_str);
    Ok(network.and_then(Network::parse).is_some().into())
}

fn expand(arguments: &[Term]) -> Result<Term, Failure> {
    let network = Network::parse(text(arguments, 0)?).ok_or(Failure::Undefined)?;
    let (first, last) = network.range();
    if last.saturating_sub(first) >= ADDRESSES_MAX {
        return Err(Failure::NotOffered(format!(
            "a network of more than {ADDRESSES_MAX} addresses is not expanded"
        )));
    }
    let addresses = (first..=last).map(|each| Term::from(written(each)));
    Ok(Term::Set(addresses.collect()))
}

/// The pairs of a network of the first collection and an address or network of the second that is in it.
fn contains_matches(arguments: &[Term]) -> Result<Term, Failure> {
    let (Some(networks), Some(others)) = (arguments.first(), arguments.get(1)) else {
        return Err(Failure::Undefined);
    };
    let networks = candidates(networks)?;
    let mut found = BTreeSet::new();
    // OPA looks at the second collection for each of the first: without one, nothing is wrong with it.
    if networks.is_empty() {
        return Ok(Term::Set(found));
    }
    let others = candidates(others)?;
    if networks.len().saturating_mul(others.len()) > PAIRS_MAX {
        return Err(Failure::NotOffered(format!(
            "more than {PAIRS_MAX} pairs of networks are not compared"
        )));
    }
    let weigh = |(_, index): &(_, Term)| weight::of(index);
    let weights: Vec<usize> = others.iter().map(weigh).collect();
    let mut result = 0;
    for (network, index) in &networks {
        let own = weight::of(index);
        for ((other, other_index), others) in others.iter().zip(&weights) {
            if contains(network, other)? {
                result = weight::add(result, own.saturating_add(*others))?;
                found.insert([index.clone(), other_index.clone()].into_iter().collect());
            }
        }
    }
    Ok(Term::Set(found))
}

/// The texts of a collection, each with what stands for it in a result: itself, its place or its key.
fn candidates(collection: &Term) -> Result<Vec<(&Term, Term)>, Failure> {
    let with = |item, index| candidate(item).map(|text| (text, index));
    match collection {
        Term::String(_) => Ok(vec![(collection, collection.clone())]),
        Term::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| with(item, at.into())).collect()
        }
        Term::Set(items) => items.iter().map(|item| with(item, item.clone())).collect(),
        Term::Object(members) => members
            .iter()
            .map(|(key, item)| with(item, key.clone()))
            .collect(),
        Term::Null | Term::Bool(_) | Term::Number(_) => Ok(Vec::new()),
    }
}

/// An item is a text, or an array that begins with one.
fn candidate(item: &Term) -> Result<&Term, Failure> {
    match item {
        Term::String(_) => Ok(item),
        Term::Array(items) => items.first().ok_or(Failure::Undefined),
        Term::Null | Term::Bool(_) | Term::Number(_) | Term::Object(_) | Term::Set(_) => {
            Err(Failure::Undefined)
        }
    }
}

fn contains(network: &Term, other: &Term) -> Result<bool, Failure> {
    let network = network.as_str().and_then(Network::parse);
    let (network, other) = (
        network.ok_or(Failure::Undefined)?,
        other.as_str().ok_or(Failure::Undefined)?,
    );
    if let Some(address) = address(other) {
        return Ok(network.contains(address));
    }
    let (first, last) = Network::parse(other).ok_or(Failure::Undefined)?.range();
    Ok(network.contains(first) && network.contains(last))
}

#[cfg(test)]
mod tests;
