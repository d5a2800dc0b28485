//! Which labels of a tracker are work orders, and who may give them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::StackName;

/// One label.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The label that asks for work, such as `infra:fix`. It is taken off when the work begins.
    pub label: String,
    /// What somebody must be in the repository to ask for work by it, and to approve what comes of it: exactly one of these.
    pub allow: BTreeSet<Permission>,
    /// Accounts that are not people and may ask too, each with its number: names of Apps can be taken by others.
    #[serde(default)]
    pub bots: BTreeMap<String, u64>,
    /// The stacks that it may ask for; all when it names none. Of several, the label `stack:NAME` says which.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub stacks: Vec<StackName>,
}

/// What an account is in a repository.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// May manage issues.
    Triage,
    /// May push.
    Write,
    /// May manage the repository.
    Maintain,
    /// May do everything.
    Admin,
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        })
    }
}

impl Route {
    /// Whether it may ask for this stack.
    #[must_use]
    pub fn is_for(&self, stack: &StackName) -> bool {
        self.stacks.is_empty() || self.stacks.contains(stack)
    }

    /// The label for a phase of the work: `infra:running` beside `infra:fix`.
    #[must_use]
    pub fn phase_label(&self, phase: &str) -> String {
        let prefix = self.label.split_once(':').map_or("lightsout", |it| it.0);
        format!("{prefix}:{phase}")
    }
}

pub(super) fn check(route: &Route, stacks: &BTreeSet<StackName>) -> Result<(), String> {
    let label = &route.label;
    let is_label = !label.trim().is_empty() && label.chars().count() <= 50 && !label.contains(',');
    if !is_label {
        return Err(format!(
            "`label` must have 1 to 50 characters and no comma, not `{}`",
            crate::names::excerpt(label)
        ));
    }
    if label.starts_with("stack:") {
        return Err("a label that begins with `stack:` names a stack".to_owned());
    }
    if ["running", "review", "blocked", "done"]
        .iter()
        .any(|phase| route.phase_label(phase).eq_ignore_ascii_case(label))
    {
        return Err(format!("lightsout sets the label `{label}` itself"));
    }
    if route.allow.is_empty() && route.bots.is_empty() {
        return Err(format!("`allow` of the label `{label}` names nobody"));
    }
    match route.stacks.iter().find(|stack| !stacks.contains(*stack)) {
        Some(stack) => Err(format!(
            "the label `{label}` names no stack of this file: `{stack}`"
        )),
        None => Ok(()),
    }
}
