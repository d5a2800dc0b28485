//! What protects a resource, and whether a step takes some of it away.
//!
//! INVARIANT: a value that is not known is taken for the worse: as full protection before, as none after.

use std::collections::BTreeMap;

use serde_json::Value;

use super::asks_not;
use crate::pipeline::preview::record::Step;
use crate::pipeline::preview::value::{Path, Properties, Segment};

/// LIMIT: properties that are named for one resource.
const LOST_MAX: usize = 20;

/// How a property protects.
#[derive(Debug, Clone, Copy)]
enum Guard {
    /// On is safe.
    Switch,
    /// On is dangerous; none at all is off.
    Danger,
    /// On is dangerous; providers do not agree on what none at all is.
    DangerUnsaid,
    /// More days are safer; none at all, or 0, are for ever.
    KeptForEver,
    /// More days are safer; none at all are 0.
    Kept,
}

/// Properties by which providers protect what they hold, wherever they stand in the inputs. Every switch that HYGIENE-STATE-003 knows is here.
const GUARDS: [(&str, Guard); 14] = [
    ("deletionProtection", Guard::Switch),
    ("deleteProtection", Guard::Switch),
    ("deletionProtectionEnabled", Guard::Switch),
    ("enableDeletionProtection", Guard::Switch),
    ("disableApiTermination", Guard::Switch),
    ("terminationProtection", Guard::Switch),
    ("purgeProtectionEnabled", Guard::Switch),
    ("preventDestroy", Guard::Switch),
    ("forceDestroy", Guard::Danger),
    ("forceDelete", Guard::Danger),
    ("skipFinalSnapshot", Guard::Danger),
    ("deleteAutomatedBackups", Guard::DangerUnsaid),
    ("retentionInDays", Guard::KeptForEver),
    ("backupRetentionPeriod", Guard::Kept),
];

/// The options and properties that protect before the step and protect less after it.
pub(super) fn lost(step: &Step) -> Vec<String> {
    let (Some(old), Some(new)) = (&step.old, &step.new) else {
        return Vec::new();
    };
    let asked = step.options.as_ref();
    let mut lost = Vec::new();
    let options = [
        (
            "protect",
            old.protect,
            new.protect && !asks_not(asked, |options| options.protect),
        ),
        (
            "retainOnDelete",
            old.retain_on_delete,
            new.retain_on_delete && !asks_not(asked, |options| options.retain_on_delete),
        ),
    ];
    for (name, before, after) in options {
        if before && !after {
            lost.push(name.to_owned());
        }
    }
    let (before, after) = (worths(&old.inputs), worths(&new.inputs));
    let paths: BTreeMap<&Path, Guard> = before
        .iter()
        .chain(&after)
        .map(|(path, (guard, _))| (path, *guard))
        .collect();
    for (path, guard) in paths {
        let worth = |side: &BTreeMap<Path, (Guard, Option<u64>)>, absent| match side.get(path) {
            Some((_, worth)) => *worth,
            None => Some(absent),
        };
        let (absent_before, absent_after) = guard.absent();
        let is_less = match (worth(&before, absent_before), worth(&after, absent_after)) {
            (Some(before), Some(after)) => after < before,
            (Some(before), None) => before > 0,
            (None, Some(after)) => !guard.is_full(after),
            // Nobody can see whether it is another value; the engine can.
            (None, None) => is_in_diff(step, path),
        };
        if is_less && lost.len() < LOST_MAX {
            lost.push(text(path));
        }
    }
    lost
}

impl Guard {
    /// What a resource without the property has: one that had none before, and one that has none after.
    const fn absent(self) -> (u64, u64) {
        match self {
            Self::Switch | Self::Kept => (0, 0),
            Self::Danger => (1, 1),
            Self::DangerUnsaid => (1, 0),
            Self::KeptForEver => (u64::MAX, u64::MAX),
        }
    }

    /// Whether there is no more than this.
    const fn is_full(self, worth: u64) -> bool {
        match self {
            Self::Switch | Self::Danger | Self::DangerUnsaid => worth > 0,
            Self::Kept | Self::KeptForEver => worth == u64::MAX,
        }
    }

    /// How much a value protects; nothing when that cannot be said.
    fn worth(self, value: &Value) -> Option<u64> {
        match self {
            Self::Switch => is_on(value).map(u64::from),
            Self::Danger | Self::DangerUnsaid => is_on(value).map(|on| u64::from(!on)),
            Self::Kept => days(value),
            Self::KeptForEver => days(value).map(|days| if days == 0 { u64::MAX } else { days }),
        }
    }
}

/// Providers write switches as booleans, as their text, or as words such as `ACTIVE`.
fn is_on(value: &Value) -> Option<bool> {
    const OFF: [&str; 7] = ["", "0", "false", "off", "none", "inactive", "disabled"];
    match value {
        Value::Null => Some(false),
        Value::Bool(on) => Some(*on),
        Value::String(word) => Some(!OFF.contains(&word.to_ascii_lowercase().as_str())),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn days(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(days) => Some(u64::try_from(days).unwrap_or(0)),
            None => number.as_u64(),
        },
        Value::String(text) => text.parse().map_or(None, Some),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Every property that protects, with how much it does.
fn worths(bag: &Properties) -> BTreeMap<Path, (Guard, Option<u64>)> {
    let mut found = BTreeMap::new();
    let mut path = Path::new();
    for (key, value) in &bag.values {
        walk(bag, key, value, &mut path, &mut found);
    }
    found
}

/// The depth is bounded by what read the properties.
fn walk(
    bag: &Properties,
    key: &str,
    value: &Value,
    path: &mut Path,
    found: &mut BTreeMap<Path, (Guard, Option<u64>)>,
) {
    path.push(Segment::Key(key.to_owned()));
    if let Some((_, guard)) = GUARDS.iter().find(|(name, _)| *name == key) {
        let is_unseen = bag.unknown.contains(path) || bag.secret.contains(path);
        // Null is as good as absent.
        if is_unseen || !value.is_null() {
            let worth = if is_unseen { None } else { guard.worth(value) };
            found.insert(path.clone(), (*guard, worth));
        }
    }
    inside(bag, value, path, found);
    path.pop();
}

fn inside(
    bag: &Properties,
    value: &Value,
    path: &mut Path,
    found: &mut BTreeMap<Path, (Guard, Option<u64>)>,
) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                walk(bag, key, member, path, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Segment::Index(index));
                inside(bag, item, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_in_diff(step: &Step, path: &Path) -> bool {
    let Some(Segment::Key(top)) = path.first() else {
        return true;
    };
    step.diff.iter().any(|change| {
        let first = change.path.split(['.', '[']).next();
        first == Some(top.as_str())
    })
}

fn text(path: &Path) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => crate::names::excerpt(key),
            Segment::Index(index) => index.to_string(),
        })
        .collect();
    parts.join(".")
}
