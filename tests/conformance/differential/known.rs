//! What is known to be different, from a file with reasons.

use regex::Regex;
use serde::Deserialize;

const FILE: &str = include_str!("known.yaml");

/// The list, with how often each entry was needed.
#[derive(Debug, Default)]
pub(crate) struct Known(Vec<(Entry, usize)>);

#[derive(Debug)]
struct Entry {
    listed: Listed,
    input: Option<Regex>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    engines: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
    says: Option<String>,
    input: Option<String>,
    reason: String,
}

impl Entry {
    fn is_about(&self, engine: &str, input: &str) -> bool {
        let engines = &self.listed.engines;
        engines.iter().any(|each| each == engine)
            && self
                .input
                .as_ref()
                .is_none_or(|expression| expression.is_match(input))
    }
}

impl Known {
    pub(crate) fn read() -> Self {
        let listed: Vec<Listed> = serde_saphyr::from_str(FILE).unwrap();
        let entries = listed.into_iter().map(|listed| {
            let input = listed
                .input
                .as_deref()
                .map(|text| Regex::new(text).unwrap());
            let is_narrow = input.is_some() || listed.says.is_some() || !listed.rules.is_empty();
            assert!(is_narrow, "it excuses everything: {listed:?}");
            // Ours is only excused where every host of the same module is.
            let is_ours = listed.engines.iter().any(|engine| engine == "lightsout");
            assert!(
                !is_ours
                    || (input.is_some()
                        && listed.engines.iter().any(|engine| engine == "opa-wasm")),
                "{listed:?}"
            );
            (Entry { listed, input }, 0)
        });
        Self(entries.collect())
    }

    /// Whether a difference is on the list.
    pub(crate) fn excuse(
        &mut self,
        engine: &str,
        rule: &str,
        error: Option<&String>,
        input: &str,
    ) -> bool {
        let found = self.0.iter_mut().find(|(entry, _)| {
            let rules = &entry.listed.rules;
            entry.is_about(engine, input)
                && (rules.is_empty() || rules.iter().any(|each| each == rule))
                && entry
                    .listed
                    .says
                    .as_ref()
                    .is_none_or(|says| error.is_some_and(|error| error.contains(says)))
        });
        found.map(|(_, count)| *count += 1).is_some()
    }

    /// Whether an input may be judged otherwise by an engine, for what stands in it.
    pub(crate) fn concerns_input(&self, engine: &str, input: &str) -> bool {
        self.0
            .iter()
            .any(|(entry, _)| entry.input.is_some() && entry.is_about(engine, input))
    }

    /// Prints what was excused; complains about what was not needed.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for (Entry { listed, .. }, count) in &self.0 {
            println!(
                "{}: {count} known differences: {}",
                listed.engines.join(", "),
                listed.reason
            );
            if *count == 0 {
                complaints.push(format!(
                    "nothing differs for this reason any more, take it off the list: {}",
                    listed.reason
                ));
            }
        }
        complaints
    }
}
