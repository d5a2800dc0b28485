//! What a CrossGuard pack says of itself: its policies, as rules of a report.
//!
//! INVARIANT: what cannot be a rule's name, a rule twice, and a pack without a rule that judges are errors.
//! INVARIANT: of two levels that a pack states for one policy, the one that refuses counts, unless the other is `disabled`.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Struct;
use prost_types::value::Kind;

use super::Error;
use crate::engine::wire::pulumirpc::{
    AnalyzerInfo, ConfigureAnalyzerRequest, EnforcementLevel, PolicyConfig, PolicyInfo,
    PolicySeverity, PolicyType,
};
use crate::names::{PackageName, RuleId};
use crate::pipeline::policy::{Level, RuleResult, Severity, plain};

/// LIMIT: policies of one pack.
const POLICIES_MAX: usize = 1000;
/// LIMIT: characters of a title.
const TITLE_CHARS_MAX: usize = 300;
/// LIMIT: characters of a version.
const VERSION_CHARS_MAX: usize = 64;
/// What configures every policy that is not named itself.
const ALL: &str = "all";

/// A pack as it describes itself.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) name: PackageName,
    pub(super) version: String,
    pub(super) rules: Vec<Rule>,
}

/// One policy.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: RuleId,
    title: String,
    severity: Severity,
    enforcement: EnforcementLevel,
    kind: PolicyType,
    properties: Struct,
}

impl Described {
    /// Reads what a pack says of itself.
    pub(super) fn read(info: AnalyzerInfo) -> Result<Self, Error> {
        let name = PackageName::new(info.name).map_err(Error::PackName)?;
        if info.policies.len() > POLICIES_MAX {
            return Err(Error::TooMany {
                pack: name,
                what: "policies",
                limit: POLICIES_MAX,
            });
        }
        let mut rules = Vec::new();
        let mut ids = BTreeSet::new();
        for policy in info.policies {
            let rule = Rule::read(&name, policy, &info.initial_config)?;
            if !ids.insert(rule.id.clone()) {
                return Err(Error::Twice {
                    pack: name,
                    rule: rule.id,
                });
            }
            rules.push(rule);
        }
        if !rules.iter().any(Rule::is_enabled) {
            return Err(Error::NoPolicies { pack: name });
        }
        Ok(Self {
            name,
            version: plain(&info.version, VERSION_CHARS_MAX),
            rules,
        })
    }

    /// What the pack is told of its policies: what it said itself, with the defaults of its schemas.
    pub(super) fn configuration(&self) -> ConfigureAnalyzerRequest {
        let one = |rule: &Rule| {
            let config = PolicyConfig {
                enforcement_level: rule.enforcement.into(),
                properties: Some(rule.properties.clone()),
            };
            (rule.id.to_string(), config)
        };
        ConfigureAnalyzerRequest {
            policy_config: self.rules.iter().map(one).collect(),
        }
    }

    /// Whether a policy would change resources.
    pub(super) fn remediates(&self) -> bool {
        self.rules.iter().any(Rule::remediates)
    }

    /// The place of a rule.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.id.as_str() == name)
    }
}

impl Rule {
    fn read(
        pack: &PackageName,
        policy: PolicyInfo,
        initial: &BTreeMap<String, PolicyConfig>,
    ) -> Result<Self, Error> {
        let wrong = |why: String| Error::Policy {
            pack: pack.clone(),
            why,
        };
        let (own, kind, severity) = (
            policy.enforcement_level(),
            policy.policy_type(),
            policy.severity(),
        );
        let id = RuleId::new(policy.name).map_err(|error| wrong(error.to_string()))?;
        let named = initial.get(id.as_str());
        let mut properties = Struct::default();
        let schema = policy.config_schema.unwrap_or_default();
        for (name, declared) in schema.properties.unwrap_or_default().fields {
            if let Some(Kind::StructValue(declared)) = declared.kind
                && let Some(default) = declared.fields.get("default")
            {
                properties.fields.insert(name, default.clone());
            }
        }
        let given = named.and_then(|config| config.properties.clone());
        properties.fields.extend(given.unwrap_or_default().fields);
        if let Some(name) = (schema.required.iter()).find(|it| !properties.fields.contains_key(*it))
        {
            return Err(wrong(format!(
                "policy `{id}` requires `{}`, and the pack's own configuration does not set it",
                crate::names::excerpt(name)
            )));
        }
        let enforcement = match named
            .or_else(|| initial.get(ALL))
            .map(PolicyConfig::enforcement_level)
        {
            // The protocol does not tell `advisory` from a level that is not set.
            None | Some(EnforcementLevel::Advisory) => own,
            Some(
                set @ (EnforcementLevel::Mandatory
                | EnforcementLevel::Remediate
                | EnforcementLevel::Disabled),
            ) => set,
        };
        let text = [&policy.display_name, &policy.description, &policy.message];
        let text = text.into_iter().find(|text| !text.trim().is_empty());
        let title = plain(
            text.map_or(id.as_str(), |text| text.trim()),
            TITLE_CHARS_MAX,
        );
        Ok(Self {
            title,
            severity: match severity {
                PolicySeverity::Low => Severity::Low,
                // It need not say; what refuses is the level alone.
                PolicySeverity::Unspecified | PolicySeverity::Medium => Severity::Medium,
                PolicySeverity::High => Severity::High,
                PolicySeverity::Critical => Severity::Critical,
            },
            id,
            enforcement,
            kind,
            properties,
        })
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enforcement != EnforcementLevel::Disabled
    }

    /// Whether it would change resources.
    pub(super) fn remediates(&self) -> bool {
        self.enforcement == EnforcementLevel::Remediate
    }

    /// Whether it looks at resources one by one, or may do so.
    pub(super) fn is_single(&self) -> bool {
        self.is_enabled() && self.kind != PolicyType::Stack
    }

    /// Whether it looks at the whole stack, or may do so.
    pub(super) fn is_whole(&self) -> bool {
        self.is_enabled() && self.kind != PolicyType::Resource
    }

    pub(super) const fn level(&self) -> Level {
        match self.enforcement {
            EnforcementLevel::Mandatory | EnforcementLevel::Remediate => Level::Mandatory,
            EnforcementLevel::Advisory | EnforcementLevel::Disabled => Level::Advisory,
        }
    }

    pub(super) const fn severity(&self) -> Severity {
        self.severity
    }

    /// Its result before anything was asked.
    pub(super) fn result(&self, pack: &PackageName) -> RuleResult {
        let title = if self.is_enabled() {
            self.title.clone()
        } else {
            format!("disabled by its pack: {}", self.title)
        };
        RuleResult {
            rule: self.id.clone(),
            pack: pack.to_string(),
            title,
            severity: self.severity,
            level: self.level(),
            evaluated: 0,
            findings: Vec::new(),
            undetermined: Vec::new(),
        }
    }
}
