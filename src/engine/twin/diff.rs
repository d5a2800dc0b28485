//! What Diff does: compare old inputs with new ones, and say what an update can do and what only a replacement can.
//!
//! LIMIT: lists are compared in order; the vendor's provider ignores the order of those that AWS treats as sets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::check::{DEFAULTS, was_filled};
use super::table::ResourceType;
use super::value::{self, ARCHIVE, ASSET, Properties};
use crate::engine::wire::pulumirpc::property_diff::Kind;
use crate::engine::wire::pulumirpc::{DiffResponse, PropertyDiff, diff_response::DiffChanges};

/// At most this many paths are listed; `changes` and `replaces` are complete all the same.
const PATHS_MAX: usize = 1_000;

/// Compares the inputs of a resource. `ignored` are property paths whose changes do not count.
pub(super) fn diff(
    resource: &ResourceType,
    old: &Properties,
    new: &Properties,
    ignored: &[String],
) -> DiffResponse {
    let mut paths = Paths {
        ignored,
        found: BTreeMap::new(),
    };
    let mut diffs = Vec::new();
    let mut replaces = Vec::new();
    for (key, property) in &resource.inputs {
        // What the provider chose once stays when the program no longer asks for anything.
        if property.computed.is_some() && !new.contains_key(key) {
            continue;
        }
        let (before, after) = (plain(old.get(key)), plain(new.get(key)));
        if paths.compare(key, before.as_ref(), after.as_ref(), property.replaces) {
            diffs.push(key.clone());
            if property.replaces {
                replaces.push(key.clone());
            }
        }
    }
    let changes = if diffs.is_empty() {
        DiffChanges::DiffNone
    } else {
        DiffChanges::DiffSome
    };
    DiffResponse {
        delete_before_replace: !replaces.is_empty() && name_would_clash(resource, old, new),
        stables: stables(resource, &replaces),
        replaces,
        changes: changes.into(),
        diffs,
        detailed_diff: paths.found,
        has_detailed_diff: true,
    }
}

/// What does not change, whatever this update does.
fn stables(resource: &ResourceType, replaces: &[String]) -> Vec<String> {
    if !replaces.is_empty() {
        return Vec::new();
    }
    let fixed = resource.inputs.iter().filter(|(_, p)| p.replaces);
    fixed.map(|(key, _)| key.clone()).collect()
}

/// Two resources cannot have one given name at the same time; a made name differs each time.
fn name_would_clash(resource: &ResourceType, old: &Properties, new: &Properties) -> bool {
    resource.autoname.as_ref().is_some_and(|autoname| {
        let name = new.get(&autoname.property);
        !was_filled(new, &autoname.property)
            && name.is_some()
            && plain(name) == plain(old.get(&autoname.property))
    })
}

/// A value as it is compared: whether it is a secret does not matter, nor where an asset's content lies.
fn plain(value: Option<&Value>) -> Option<Value> {
    let (revealed, _) = value::revealed(value?);
    if revealed.is_null() {
        return None;
    }
    if matches!(value::signature(&revealed), Some(ASSET | ARCHIVE))
        && let Some(hash) = revealed
            .get("hash")
            .filter(|h| h.as_str().is_some_and(|h| !h.is_empty()))
    {
        return Some(hash.clone());
    }
    Some(revealed)
}

struct Paths<'a> {
    ignored: &'a [String],
    found: BTreeMap<String, PropertyDiff>,
}

impl Paths<'_> {
    /// Records every path at which two values differ; whether there is one.
    fn compare(
        &mut self,
        path: &str,
        old: Option<&Value>,
        new: Option<&Value>,
        replace: bool,
    ) -> bool {
        if old == new || self.ignored.iter().any(|ignored| covers(ignored, path)) {
            return false;
        }
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
                keys.sort();
                keys.dedup();
                let mut differs = false;
                for key in keys.into_iter().filter(|key| *key != DEFAULTS) {
                    let inner = format!("{path}{}", step(key));
                    differs |= self.compare(&inner, old.get(key), new.get(key), replace);
                }
                differs
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => {
                let mut differs = false;
                for place in 0..old.len().max(new.len()) {
                    let inner = format!("{path}[{place}]");
                    differs |= self.compare(&inner, old.get(place), new.get(place), replace);
                }
                differs
            }
            (old, new) => {
                let kind = match (old.is_some(), new.is_some(), replace) {
                    (false, _, false) => Kind::Add,
                    (false, _, true) => Kind::AddReplace,
                    (true, false, false) => Kind::Delete,
                    (true, false, true) => Kind::DeleteReplace,
                    (true, true, false) => Kind::Update,
                    (true, true, true) => Kind::UpdateReplace,
                };
                if self.found.len() < PATHS_MAX {
                    let found = PropertyDiff {
                        kind: kind.into(),
                        input_diff: true,
                    };
                    self.found.insert(path.to_owned(), found);
                }
                true
            }
        }
    }
}

/// A key as a step of a property path.
fn step(key: &str) -> String {
    let simple = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && !key.is_empty();
    if simple {
        format!(".{key}")
    } else {
        format!("[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Whether an ignored path is this path or holds it.
fn covers(ignored: &str, path: &str) -> bool {
    ignored == "*"
        || path
            .strip_prefix(ignored)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
