//! The policies' findings as SARIF 2.1.0, for code scanning and editors.
//!
//! Source: OASIS SARIF 2.1.0, and what GitHub's code scanning reads of it.

use serde_json::{Value, json};

use super::Report;
use crate::pipeline::policy::{Finding, RuleResult, Waived};

/// LIMIT of GitHub's code scanning: results of one run.
const RESULTS_MAX: usize = 25_000;

impl Report {
    /// The findings. A resource has no line in a program: the place is the stack's project file, and the resource is named beside it.
    #[must_use]
    pub fn sarif(&self) -> Value {
        let rules: &[RuleResult] = match &self.policy {
            Some(judged) => &judged.report.rules,
            None => &[],
        };
        let results: Vec<Value> = rules
            .iter()
            .flat_map(|rule| rule.findings.iter().map(move |finding| (rule, finding)))
            .take(RESULTS_MAX)
            .map(|(rule, finding)| self.result(rule, finding))
            .collect();
        json!({
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "lightsout",
                    "version": self.mandate.lightsout,
                    "rules": rules.iter().map(|rule| json!({
                        "id": rule.rule,
                        "shortDescription": { "text": rule.title },
                        "properties": { "tags": [rule.pack] },
                    })).collect::<Vec<_>>(),
                } },
                "automationDetails": { "id": format!("lightsout/{}/", self.mandate.stack) },
                "results": results,
            }],
        })
    }

    fn result(&self, rule: &RuleResult, finding: &Finding) -> Value {
        let level = if rule.level == crate::pipeline::policy::Level::Mandatory {
            "error"
        } else {
            "warning"
        };
        let resources: Vec<Value> = finding
            .urn
            .iter()
            .map(|urn| json!({ "fullyQualifiedName": urn, "kind": "resource" }))
            .collect();
        let suppressions: Vec<Value> = finding.waived.iter().map(suppression).collect();
        json!({
            "ruleId": rule.rule,
            "level": level,
            "message": { "text": finding.message },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": format!("{}/Pulumi.yaml", self.path) },
                    "region": { "startLine": 1 },
                },
                "logicalLocations": resources,
            }],
            // An empty list says that nothing suppresses it; without one, readers would have to guess.
            "suppressions": suppressions,
        })
    }
}

/// A waiver, in SARIF's words.
fn suppression(waived: &Waived) -> Value {
    json!({
        "kind": "external",
        "status": "accepted",
        "justification": format!("{} ({}, until {})", waived.reason, waived.owner.as_str(), waived.expires),
        "properties": { "waiver": waived.waiver, "approvedBy": waived.approved_by, "daysLeft": waived.days_left },
    })
}
