//! What is out of scope, and why.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// `exclusions.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exclusions {
    /// Reason -> builtins that are not offered to policies.
    builtins: BTreeMap<String, BTreeSet<String>>,
    /// Reason -> notes of cases.
    cases: BTreeMap<String, BTreeSet<String>>,
}

impl Exclusions {
    pub(crate) fn read() -> Self {
        serde_saphyr::from_str(include_str!("exclusions.yaml")).expect("the exclusions are YAML")
    }

    /// Every name; whatever excludes something is taken out.
    pub(crate) fn unused(&self) -> BTreeSet<String> {
        let all = self.builtins.values().chain(self.cases.values());
        all.flatten().cloned().collect()
    }

    /// The reason why a module that calls these builtins is out of scope; all of them must be.
    pub(crate) fn builtins(
        &self,
        names: &[String],
        unused: &mut BTreeSet<String>,
    ) -> Option<String> {
        let reasons: Option<Vec<String>> = names
            .iter()
            .map(|name| {
                let reason = find(&self.builtins, name);
                if reason.is_some() {
                    unused.remove(name);
                }
                reason
            })
            .collect();
        reasons.and_then(|reasons| reasons.into_iter().next())
    }

    /// The reason why a case is out of scope.
    pub(crate) fn case(&self, note: &str, unused: &mut BTreeSet<String>) -> Option<String> {
        let reason = find(&self.cases, note)?;
        unused.remove(note);
        Some(reason)
    }
}

fn find(reasons: &BTreeMap<String, BTreeSet<String>>, name: &str) -> Option<String> {
    let mut reasons = reasons.iter();
    let found = reasons.find(|(_, names)| names.contains(name));
    found.map(|(reason, _)| reason.clone())
}
