//! What the engine logs of the policies that it was made to ask.

use serde::Deserialize;

/// An objection of a policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Violation {
    /// The resource.
    #[serde(default)]
    pub(super) resource_urn: Option<String>,
    message: String,
    #[serde(rename = "color")]
    _color: String,
    policy_name: String,
    policy_pack_name: String,
    #[serde(rename = "policyPackVersion")]
    _policy_pack_version: String,
    #[serde(rename = "policyPackVersionTag")]
    _policy_pack_version_tag: String,
    enforcement_level: Enforcement,
    #[serde(default, rename = "severity")]
    _severity: Option<String>,
}

/// Whether the engine goes on. A word that is not here is an error.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Enforcement {
    Advisory,
    Mandatory,
    Remediate,
    Disabled,
}

/// That a policy was asked; what it said is in events of its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Summary {
    #[serde(default, rename = "resourceUrn")]
    _resource_urn: Option<String>,
    #[serde(rename = "policyPackName")]
    _policy_pack_name: String,
    #[serde(rename = "policyPackVersion")]
    _policy_pack_version: String,
    #[serde(rename = "policyPackVersionTag")]
    _policy_pack_version_tag: String,
    #[serde(default, rename = "passed")]
    _passed: Vec<String>,
    #[serde(default, rename = "failed")]
    _failed: Vec<String>,
}

impl Violation {
    /// How bad it is, in the engine's words for what it says.
    pub(super) const fn severity(&self) -> &'static str {
        match self.enforcement_level {
            Enforcement::Mandatory | Enforcement::Remediate => "error",
            Enforcement::Advisory | Enforcement::Disabled => "warning",
        }
    }

    /// It in one line; the engine puts the policy's description and its message on lines of their own.
    pub(super) fn line(&self) -> String {
        let message: Vec<&str> = self.message.trim().lines().collect();
        format!(
            "policy `{}` of `{}`: {}",
            self.policy_name,
            self.policy_pack_name,
            message.join(": ")
        )
    }
}
