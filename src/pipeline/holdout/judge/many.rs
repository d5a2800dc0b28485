//! What a step says of many resources at once: filters, exclusions, relations.
//!
//! INVARIANT: a filter never takes "could not be read" for "does not fit".

use std::collections::BTreeSet;

use super::super::state::Resource;
use super::super::value::{Found, Path, Value};
use super::super::vocabulary::{Kind, Quantity, Test};
use super::{Court, FailureKind, Miss, count, miss, property};

pub(super) fn count_where(
    court: &Court<'_>,
    quantity: Quantity,
    kind: &Kind,
    path: &Path,
    test: &Test,
) -> Result<(), Miss> {
    let mut found = 0;
    for resource in court.of_kind(kind)? {
        if fits(court, resource, path, test)? {
            found += 1;
        }
    }
    count(quantity, found)
}

pub(super) fn only_kinds(court: &Court<'_>, kinds: &[Kind]) -> Result<(), Miss> {
    match court
        .state
        .made()
        .find(|r| !kinds.iter().any(|kind| kind.is(r.kind())))
    {
        Some(other) => Err(miss(FailureKind::Unexpected, "not among the types").of(other)),
        None => Ok(()),
    }
}

pub(super) fn related(
    court: &Court<'_>,
    each: &Kind,
    by: &Kind,
    path: &Path,
    and: Option<&(Path, Test)>,
) -> Result<(), Miss> {
    // LIMIT: what is pointed to is gathered once, so that the work grows with the sum of both kinds and not with the product.
    let mut pointed = BTreeSet::new();
    for pointer in court.of_kind(by)? {
        if let Some((path, test)) = and
            && property(court, &pointer.outputs, path, test).is_err()
        {
            continue;
        }
        for found in path.resolve(&pointer.outputs) {
            match found {
                Found::Value(Value::Text(text)) => {
                    pointed.insert(text.as_str());
                }
                Found::Value(reference) => {
                    pointed.extend(reference.get("urn").and_then(Value::text));
                }
                Found::Absent | Found::Opaque(_) | Found::WrongShape => {}
            }
        }
    }
    let resources = court.of_kind(each)?;
    if resources.is_empty() {
        return Err(miss(
            FailureKind::ResourceMissing,
            "there is none of the kind",
        ));
    }
    match resources
        .into_iter()
        .find(|r| !r.identities().any(|identity| pointed.contains(identity)))
    {
        Some(alone) => Err(miss(FailureKind::Unrelated, "nothing refers to it").of(alone)),
        None => Ok(()),
    }
}

/// Whether a resource passes a filter; a value that cannot be read is neither.
pub(super) fn fits(
    court: &Court<'_>,
    resource: &Resource,
    path: &Path,
    test: &Test,
) -> Result<bool, Miss> {
    match property(court, &resource.outputs, path, test) {
        Ok(()) => Ok(true),
        Err(miss) if miss.decides_a_filter() => Ok(false),
        Err(miss) => Err(miss.of(resource)),
    }
}

impl Miss {
    /// The value was seen and is not the one, as against: it could not be seen, so that nobody knows.
    const fn decides_a_filter(&self) -> bool {
        match self.kind {
            FailureKind::Absent | FailureKind::Differs => true,
            FailureKind::NotUnderstood
            | FailureKind::NotDeployed
            | FailureKind::ResourceMissing
            | FailureKind::Ambiguous
            | FailureKind::WrongCount
            | FailureKind::Unexpected
            | FailureKind::Secret
            | FailureKind::Unreadable
            | FailureKind::WrongShape
            | FailureKind::Unrelated => false,
        }
    }
}
