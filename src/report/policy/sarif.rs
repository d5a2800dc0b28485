//! A policy report as SARIF 2.1.0, for code scanning and editors.
//!
//! Source: OASIS SARIF 2.1.0, and what GitHub's code scanning reads of it.

use serde_json::{Map, Value, json};

use super::{Told, word};
use crate::names::{Sha256, Urn};
use crate::pipeline::policy::metadata::RuleDoc;
use crate::pipeline::policy::{Finding, Level, RuleResult, Severity, Undetermined, Waived};
use crate::report::markdown::code;

/// LIMIT of GitHub's code scanning: results of one run.
const RESULTS_MAX: usize = 25_000;
/// LIMIT of GitHub's code scanning: tags of one rule.
const TAGS_MAX: usize = 20;

impl Told<'_> {
    /// The report. A resource has no line in a program: the place is the file that stands for it, and the resource is named beside it.
    #[must_use]
    pub fn sarif(&self) -> Value {
        let rules = &self.report.rules;
        let found = (0..).zip(rules).flat_map(|(at, rule)| {
            let findings = rule
                .findings
                .iter()
                .map(move |it| self.finding(at, rule, it));
            let unknown = rule
                .undetermined
                .iter()
                .map(move |it| self.undetermined(at, rule, it));
            findings.chain(unknown)
        });
        let all = rules
            .iter()
            .map(|rule| rule.findings.len() + rule.undetermined.len());
        let left_out = all.sum::<usize>().saturating_sub(RESULTS_MAX);
        json!({
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "lightsout",
                    "version": self.version,
                    "rules": rules.iter().map(|rule| self.rule(rule)).collect::<Vec<_>>(),
                } },
                "automationDetails": { "id": format!("lightsout/{}/", self.stack) },
                "results": found.take(RESULTS_MAX).collect::<Vec<_>>(),
                "properties": { "subjects": self.report.subjects, "packs": self.report.packs, "resultsLeftOut": left_out },
            }],
        })
    }

    fn rule(&self, rule: &RuleResult) -> Value {
        let doc = self.doc(rule.rule.as_str());
        let frameworks = doc
            .into_iter()
            .flat_map(|doc| doc.frameworks.keys().cloned());
        let tags = [rule.pack.clone(), "security".to_owned()]
            .into_iter()
            .chain(frameworks);
        let mut members = json!({
            "id": rule.rule,
            "name": rule.rule,
            "shortDescription": { "text": rule.title },
            "defaultConfiguration": { "level": level(rule.level) },
            "help": { "text": help(rule, doc), "markdown": help_markdown(rule, doc) },
            "properties": {
                "tags": tags.take(TAGS_MAX).collect::<Vec<_>>(),
                "security-severity": score(rule.severity),
                "problem.severity": level(rule.level),
                "precision": "very-high",
            },
        });
        if let (Some(doc), Some(members)) = (doc, members.as_object_mut()) {
            if !doc.description.is_empty() {
                let text = json!({ "text": doc.description });
                members.insert("fullDescription".to_owned(), text);
            }
            if let Some(first) = doc.related.first() {
                members.insert("helpUri".to_owned(), first.as_str().into());
            }
        }
        members
    }

    fn finding(&self, at: usize, rule: &RuleResult, finding: &Finding) -> Value {
        let path = finding.path.to_string();
        let told = json!([path, finding.actual, finding.message]);
        let mut result = self.result(at, rule, finding.urn.as_ref(), &told);
        result.insert("kind".to_owned(), "fail".into());
        result.insert("level".to_owned(), level(rule.level).into());
        result.insert("message".to_owned(), json!({ "text": finding.message }));
        let properties = json!({ "severity": word(rule.severity), "path": path, "actual": finding.actual, "expected": finding.expected });
        result.insert("properties".to_owned(), properties);
        // An empty list says that nothing suppresses it; without one, readers would have to guess.
        let suppressions: Vec<Value> = finding
            .waived
            .as_deref()
            .map(suppression)
            .into_iter()
            .collect();
        result.insert("suppressions".to_owned(), suppressions.into());
        Value::Object(result)
    }

    /// "If `kind` has any value other than "fail", […] `level` SHALL have the value "none"" (SARIF 2.1.0, 3.27.10).
    fn undetermined(&self, at: usize, rule: &RuleResult, place: &Undetermined) -> Value {
        let paths: Vec<String> = place.paths.iter().map(ToString::to_string).collect();
        let text = format!(
            "{}: not known at preview: {} of {}",
            rule.title,
            paths.join(", "),
            place.urn
        );
        let mut result = self.result(at, rule, Some(&place.urn), &json!(paths));
        result.insert("kind".to_owned(), "review".into());
        result.insert("level".to_owned(), "none".into());
        result.insert("message".to_owned(), json!({ "text": text }));
        let properties = json!({ "severity": word(rule.severity), "undetermined": paths });
        result.insert("properties".to_owned(), properties);
        Value::Object(result)
    }

    fn result(
        &self,
        at: usize,
        rule: &RuleResult,
        urn: Option<&Urn>,
        told: &Value,
    ) -> Map<String, Value> {
        let name = urn.map_or("", Urn::as_str);
        // Every place is line 1: without this, code scanning takes all findings of a rule for one. A rule may find several things at one path.
        let print = Sha256::of(json!([rule.rule, name, told]).to_string().as_bytes());
        let resources: Vec<Value> = urn
            .iter()
            .map(|urn| json!({ "fullyQualifiedName": urn, "kind": "resource" }))
            .collect();
        let location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": self.file },
                "region": { "startLine": 1 },
            },
            "logicalLocations": resources,
        });
        [
            ("ruleId", json!(rule.rule)),
            ("ruleIndex", json!(at)),
            ("locations", json!([location])),
            (
                "partialFingerprints",
                json!({ "lightsout/v2": print.to_string() }),
            ),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
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

const fn level(level: Level) -> &'static str {
    match level {
        Level::Mandatory => "error",
        Level::Advisory => "warning",
    }
}

/// GitHub's bands: low to 3.9, medium to 6.9, high to 8.9, critical above 9.0.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "3.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}

fn explain(rule: &RuleResult) -> String {
    format!("lightsout policy explain {}", rule.rule)
}

fn help(rule: &RuleResult, doc: Option<&RuleDoc>) -> String {
    match doc {
        Some(doc) => format!(
            "{}. {} To do: {}",
            rule.title, doc.description, doc.remediation
        ),
        None => format!("{}. `{}` says more.", rule.title, explain(rule)),
    }
}

fn help_markdown(rule: &RuleResult, doc: Option<&RuleDoc>) -> String {
    match doc {
        Some(doc) => crate::report::rules::rule(doc),
        None => format!("{}\n\n{}", code(&rule.title), code(&explain(rule))),
    }
}
