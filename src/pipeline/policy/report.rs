//! What an evaluation found.
//!
//! INVARIANT: no field says that the preview passed. The verdict is computed from what was found each time it is asked for,
//! and a report without rules has none but [`Verdict::Hollow`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::parameters::Settings;
use super::rule::{Level, Severity};
use super::subject::PropertyPath;
use super::waiver::Waived;
use crate::names::{RuleId, Sha256, Urn};
use crate::pipeline::cooling::Cooling;

/// What all rules of all packs said about one preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyReport {
    /// The packs, in the order in which they were given.
    pub packs: Vec<PackRecord>,
    /// Every rule, also those that no resource of the preview concerns.
    pub rules: Vec<RuleResult>,
    /// How many steps of the preview were judged.
    pub subjects: u64,
    /// What the ledger and the waivers say beside the rules; nothing outside of a run, and no run is decided without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
}

/// What was known beside the preview when the report was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The time by which waivers and cooling periods were judged.
    pub at: Timestamp,
    /// Hash of the file of waivers, when the stack has one.
    pub waivers: Option<Sha256>,
    /// Resources that lost their protection lately.
    pub cooling: Vec<Cooling>,
}

/// Which pack judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackRecord {
    /// The pack's name.
    pub name: String,
    /// The pack's version.
    pub version: String,
    /// What the pack's rules and manifest hash to.
    pub hash: Sha256,
    /// What the compiled rules hash to; of a CrossGuard pack, its installed packages.
    pub wasm: Sha256,
    /// For a CrossGuard pack, the version of its SDK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossguard: Option<String>,
    /// What the stack's configuration sets in it.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
}

/// What one rule said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleResult {
    /// The rule.
    pub rule: RuleId,
    /// The name of its pack.
    pub pack: String,
    /// What it demands, in a few words.
    pub title: String,
    /// How bad a finding is.
    pub severity: Severity,
    /// Whether a finding refuses.
    pub level: Level,
    /// How many resources it judged; for a rule about the whole stack, 1.
    pub evaluated: u64,
    /// Where it found its demand not met.
    pub findings: Vec<Finding>,
    /// Where it could not know.
    pub undetermined: Vec<Undetermined>,
}

/// One place where a rule's demand is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it refuses.
    pub level: Level,
    /// The resource; none when the stack as a whole is meant.
    pub urn: Option<Urn>,
    /// The property; empty when the resource as a whole is meant.
    pub path: PropertyPath,
    /// What is there, unless it is secret, unknown or long.
    pub actual: Option<Value>,
    /// What should be there.
    pub expected: Option<Value>,
    /// What is wrong and what to do about it: bounded, no control characters.
    pub message: String,
    /// Why it does not refuse although its rule does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Box<Waived>>,
}

impl Finding {
    /// Whether it refuses. Nothing else in the crate decides that.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.level == Level::Mandatory && self.waived.is_none()
    }
}

/// A resource about which a rule could not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undetermined {
    /// The resource.
    pub urn: Urn,
    /// The properties that the rule reads and the preview does not know.
    pub paths: Vec<PropertyPath>,
}

/// What follows from a report, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing judged: no pack, or a pack without a rule. It is no verdict at all.
    Hollow,
    /// A mandatory rule found something.
    Denied,
    /// No mandatory rule found anything, and one of them could not know.
    Undetermined,
    /// Every mandatory rule knew, and found nothing.
    Clean,
}

/// Adds what the same rules said elsewhere.
pub(super) fn join(rules: &mut Vec<RuleResult>, more: Vec<RuleResult>) {
    if rules.is_empty() {
        *rules = more;
        return;
    }
    for (rule, more) in rules.iter_mut().zip(more) {
        rule.evaluated = rule.evaluated.saturating_add(more.evaluated);
        rule.findings.extend(more.findings);
        rule.undetermined.extend(more.undetermined);
    }
}

impl PolicyReport {
    /// What follows from the report.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.is_hollow() {
            Verdict::Hollow
        } else if self.denials().next().is_some() {
            Verdict::Denied
        } else if self.undetermined().next().is_some() {
            Verdict::Undetermined
        } else {
            Verdict::Clean
        }
    }

    /// Whether the report has no pack, or a pack without a rule.
    #[must_use]
    pub fn is_hollow(&self) -> bool {
        self.packs.is_empty()
            || self
                .packs
                .iter()
                .any(|pack| !self.rules.iter().any(|rule| rule.pack == pack.name))
    }

    /// The findings that refuse.
    pub fn denials(&self) -> impl Iterator<Item = &Finding> {
        self.findings().filter(|finding| finding.refuses())
    }

    /// The findings that do not refuse, because their rules only advise.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings()
            .filter(|finding| finding.level == Level::Advisory && finding.waived.is_none())
    }

    /// The findings that are waived.
    pub fn waived(&self) -> impl Iterator<Item = (&Finding, &Waived)> {
        self.findings()
            .filter_map(|finding| Some((finding, finding.waived.as_deref()?)))
    }

    /// Whether a waiver that the verdict rests on has ended since.
    #[must_use]
    pub fn rests_on_the_past(&self, now: Timestamp) -> bool {
        self.waived()
            .any(|(finding, waived)| finding.level == Level::Mandatory && waived.expires <= now)
    }

    /// Where mandatory rules could not know.
    pub fn undetermined(&self) -> impl Iterator<Item = (&RuleId, &Undetermined)> {
        self.at(Level::Mandatory)
            .flat_map(|rule| rule.undetermined.iter().map(|place| (&rule.rule, place)))
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.rules.iter().flat_map(|rule| &rule.findings)
    }

    fn at(&self, level: Level) -> impl Iterator<Item = &RuleResult> {
        self.rules.iter().filter(move |rule| rule.level == level)
    }
}
