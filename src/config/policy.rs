//! What of a stack's configuration concerns its policies: packs with the stack's own settings, waivers, cooling periods.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::check::{check_folder, check_range};
use crate::ledger::VerifierKey;
use crate::names::RuleId;
use crate::pipeline::policy::{Level, builtin};

/// LIMIT: days for which a loss of protection can be remembered.
const COOLING_DAYS_MAX: u32 = 365;

/// One pack of a stack: a name, or a name with the stack's own settings.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(with = "Form")]
pub struct Policy {
    /// What kind of pack it is.
    pub kind: PackKind,
    /// A folder, or `lightsout:NAME`.
    pub pack: String,
    /// Values for parameters that its rules declare, by rule and name.
    pub parameters: BTreeMap<RuleId, Map<String, Value>>,
    /// Levels that replace the rules' own.
    pub levels: BTreeMap<RuleId, Level>,
}

/// What judges in a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackKind {
    /// Rego rules, which we compile and run ourselves.
    Rego,
    /// Programs for Pulumi's CrossGuard, which run in a sandbox and are asked.
    CrossGuard,
}

/// How it is written.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes the form")]
enum Form {
    /// Folder of a policy pack, or `lightsout:aws-baseline`, which comes with the binary.
    Name(String),
    /// A pack with the stack's own settings, or one of Pulumi's CrossGuard.
    Table(Table),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Folder of the pack, or `lightsout:NAME`. Either this or `crossguard`.
    #[serde(default)]
    pack: Option<String>,
    /// Folder of a pack of Pulumi's CrossGuard for Node, with its `package-lock.json`. It takes no settings of ours.
    #[serde(default)]
    crossguard: Option<String>,
    /// Values for parameters that its rules declare: rule, then name, then value.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Map<String, Value>>")]
    parameters: BTreeMap<RuleId, Map<String, Value>>,
    /// Levels in place of the rules' own: `advisory` or `mandatory`. Reports list what is lowered.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Word>")]
    levels: BTreeMap<RuleId, Level>,
}

impl Table {
    fn policy(self) -> Result<Policy, &'static str> {
        let Self {
            pack,
            crossguard,
            parameters,
            levels,
        } = self;
        let (kind, pack) = match (pack, crossguard) {
            (Some(pack), None) => (PackKind::Rego, pack),
            (None, Some(_)) if !parameters.is_empty() || !levels.is_empty() => {
                return Err(
                    "a `crossguard` pack takes neither `parameters` nor `levels`: it configures itself",
                );
            }
            (None, Some(folder)) => (PackKind::CrossGuard, folder),
            (Some(_), Some(_)) => return Err("it is either a `pack` or a `crossguard`, not both"),
            (None, None) => return Err("it names neither a `pack` nor a `crossguard`"),
        };
        Ok(Policy {
            kind,
            pack,
            parameters,
            levels,
        })
    }
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the form")]
enum Word {
    /// A finding is reported.
    Advisory,
    /// A finding refuses.
    Mandatory,
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = Policy;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "a pack's folder, `lightsout:NAME`, or an object with `pack` or `crossguard`",
                )
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Policy, E> {
                Ok(Policy {
                    kind: PackKind::Rego,
                    pack: text.to_owned(),
                    parameters: BTreeMap::new(),
                    levels: BTreeMap::new(),
                })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Policy, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                table.policy().map_err(serde::de::Error::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Signed exceptions from rules.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waivers {
    /// File of the repository that holds them; it is read from the base commit only.
    pub file: String,
    /// Verifier keys (`name+id+base64`) of those who may waive; one of them must have signed each.
    pub keys: Vec<String>,
}

/// Deletes and replaces of stateful resources.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Destructive {
    /// Who must agree.
    #[serde(default)]
    pub require: Requirement,
    /// Days, 0 to 365, for which a resource that lost its protection is not deleted or replaced without a person.
    #[serde(default = "cooling_days")]
    #[schemars(range(min = 0, max = 365))]
    pub cooling_days: u32,
}

const fn cooling_days() -> u32 {
    7
}

impl Default for Destructive {
    fn default() -> Self {
        Self {
            require: Requirement::default(),
            cooling_days: cooling_days(),
        }
    }
}

/// Who must agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// A person, at every level. There is no other choice.
    #[default]
    Human,
}

pub(super) fn check(policies: &[Policy]) -> Result<(), String> {
    for policy in policies {
        match (policy.kind, builtin::find(&policy.pack)) {
            (PackKind::Rego | PackKind::CrossGuard, Ok(None)) => {
                check_folder("policies", &policy.pack)?;
            }
            (PackKind::Rego, Ok(Some(_))) => {}
            (PackKind::CrossGuard, Ok(Some(_))) => {
                return Err(format!(
                    "`crossguard: {}` must be a folder: no CrossGuard pack comes with the binary",
                    policy.pack
                ));
            }
            (PackKind::Rego | PackKind::CrossGuard, Err(error)) => return Err(error.to_string()),
        }
    }
    if policies.is_empty() {
        return Err(
            "`policies` names no pack; without a policy nothing could be judged".to_owned(),
        );
    }
    Ok(())
}

pub(super) fn check_destructive(destructive: &Destructive) -> Result<(), String> {
    check_range(
        "destructive.cooling_days",
        destructive.cooling_days,
        0..=COOLING_DAYS_MAX,
    )
}

pub(super) fn check_waivers(waivers: &Waivers) -> Result<(), String> {
    check_folder("waivers.file", &waivers.file).map_err(|_| {
        format!(
            "`waivers.file` must be a file below the top of the repository, not `{}`",
            crate::names::excerpt(&waivers.file)
        )
    })?;
    if waivers.keys.is_empty() {
        return Err("`waivers.keys` is empty: nobody could have signed a waiver".to_owned());
    }
    let mut seen = BTreeSet::new();
    for key in &waivers.keys {
        let key: VerifierKey = key
            .parse()
            .map_err(|error| format!("`waivers.keys`: {error}"))?;
        if !seen.insert(key.key_name()) {
            return Err(format!(
                "`waivers.keys` names `{}` twice",
                crate::names::excerpt(&key.key_name())
            ));
        }
    }
    Ok(())
}
