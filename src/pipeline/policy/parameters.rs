//! A stack's own settings for a pack: values for what its rules declare as parameters, and other levels.
//!
//! INVARIANT: a setting that names nothing, or whose value has another type than the rule's own, is an error; it is never left out.
//! INVARIANT: what decided is in the evidence: [`PackRecord`](super::PackRecord) holds every setting, with the level that was replaced.
//! A stack can make a rule advisory, and its report says so each time. It cannot switch one off.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pack::Pack;
use super::rule::{Dialect, Level, Rule};
use crate::names::{RuleId, excerpt};

/// LIMIT: bytes of JSON of one parameter's value.
const VALUE_BYTES_MAX: usize = 16 << 10;

/// What a stack sets in a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Values of parameters, by rule and name.
    pub parameters: BTreeMap<RuleId, Map<String, Value>>,
    /// Levels that were replaced, by rule; those that stay what they were are not listed.
    pub levels: BTreeMap<RuleId, LevelChange>,
}

/// A level that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelChange {
    /// The rule's own.
    pub from: Level,
    /// The stack's.
    pub to: Level,
}

impl Settings {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.levels.is_empty()
    }

    /// The rules that refuse by themselves, and only advise for this stack.
    pub fn lowered(&self) -> impl Iterator<Item = &RuleId> {
        self.levels
            .iter()
            .filter(|(_, change)| change.to < change.from)
            .map(|(rule, _)| rule)
    }
}

/// A setting that does not fit its pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy pack `{pack}`, rule `{rule}`: {why}")]
pub struct SettingsError {
    /// The pack.
    pub pack: String,
    /// The rule, as it is written.
    pub rule: RuleId,
    /// What is wrong, and what to do.
    pub why: String,
}

impl Pack {
    /// The same pack with other values for parameters of its rules.
    ///
    /// # Errors
    /// A value is for nothing that the pack declares, or of another type.
    pub fn with_parameters(
        mut self,
        given: &BTreeMap<RuleId, Map<String, Value>>,
    ) -> Result<Self, SettingsError> {
        for (id, values) in given {
            self.set(id, |rule| set_values(rule, values))?;
            let known = self.settings.parameters.entry(id.clone()).or_default();
            known.extend(values.clone());
        }
        Ok(self)
    }

    /// The same pack with other levels for some of its rules.
    ///
    /// # Errors
    /// A level is for no rule of the pack.
    pub fn with_levels(mut self, given: &BTreeMap<RuleId, Level>) -> Result<Self, SettingsError> {
        for (id, &to) in given {
            let from = self.set(id, |rule| Ok(std::mem::replace(&mut rule.level, to)))?;
            if from != to {
                let change = LevelChange { from, to };
                self.settings.levels.insert(id.clone(), change);
            }
        }
        Ok(self)
    }

    fn set<T>(
        &mut self,
        id: &RuleId,
        change: impl FnOnce(&mut Rule) -> Result<T, String>,
    ) -> Result<T, SettingsError> {
        let pack = self.name().to_owned();
        let fail = |why| SettingsError {
            pack,
            rule: id.clone(),
            why,
        };
        let ids: Vec<String> = self.rules().map(ToString::to_string).collect();
        match self.rules.iter_mut().find(|rule| rule.id == *id) {
            Some(rule) => change(rule).map_err(fail),
            None => Err(fail(format!(
                "the pack has no such rule{}",
                suggestion(id.as_str(), ids.iter().map(String::as_str))
            ))),
        }
    }
}

fn set_values(rule: &mut Rule, values: &Map<String, Value>) -> Result<(), String> {
    for (name, value) in values {
        let shown = excerpt(name);
        // Their rules declare none: what a key means, the rule alone knows.
        if rule.dialect == Dialect::Pulumi {
            rule.parameters.insert(name.clone(), value.clone());
            continue;
        }
        let Some(now) = rule.parameters.get(name) else {
            let known = suggestion(name, rule.parameters.keys().map(String::as_str));
            return Err(format!("it declares no parameter `{shown}`{known}"));
        };
        let kind = Kind::of(now);
        if kind.is_none() || Kind::of(value) != kind {
            return Err(format!(
                "parameter `{shown}` must be {}, not `{}`",
                kind.map_or("left as it is", Kind::word),
                excerpt(&value.to_string())
            ));
        }
        if value.to_string().len() > VALUE_BYTES_MAX {
            return Err(format!(
                "parameter `{shown}` has more than {VALUE_BYTES_MAX} bytes"
            ));
        }
        rule.parameters.insert(name.clone(), value.clone());
    }
    Ok(())
}

/// A parameter's type. The types that can be declared have no value in common, so that the value a rule has tells its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Integer,
    String,
    Strings,
}

impl Kind {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(_) => Some(Self::Boolean),
            Value::Number(number) => (number.is_i64() || number.is_u64()).then_some(Self::Integer),
            Value::String(_) => Some(Self::String),
            Value::Array(items) => items.iter().all(Value::is_string).then_some(Self::Strings),
            Value::Null | Value::Object(_) => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::String => "a string",
            Self::Strings => "a list of strings",
        }
    }
}

fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    match crate::config::nearest(word, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}
