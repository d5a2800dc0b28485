//! What waivers do to a report: they mark findings, and say of themselves when they do not help.
//!
//! INVARIANT: nothing is taken out of the report. A waived finding stays, with who answers for it and until when.
//! INVARIANT: a waiver marks nothing that is not in its time, that is for a critical rule without a second person, or that is for a
//! critical or high rule and for more than one type of resource.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lack, Signed, Waivers};
use crate::ledger::PersonName;
use crate::names::{NameError, RuleId, Sha256, Urn};
use crate::pipeline::policy::report::{Finding, PolicyReport, RuleResult};
use crate::pipeline::policy::rule::{Level, Severity};
use crate::pipeline::policy::subject::{PropertyPath, Stack};

/// What reports call the pack of the rules about waivers. No real pack can have the name: it holds a colon.
pub const PACK: &str = "lightsout:waivers";

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Why a finding does not refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waived {
    /// Hash of the waiver's signed text.
    pub waiver: Sha256,
    /// Who answers for it.
    pub owner: PersonName,
    /// Who else agreed.
    pub approved_by: Option<PersonName>,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
    /// Whole days until then, from when the report was made.
    pub days_left: i64,
}

/// What keeps a waiver from helping, worst first; each is a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    OutOfTime,
    Unapproved,
    TooWide,
    Unused,
}

impl Trouble {
    const ALL: [Self; 4] = [
        Self::OutOfTime,
        Self::Unapproved,
        Self::TooWide,
        Self::Unused,
    ];

    const fn id(self) -> &'static str {
        match self {
            Self::OutOfTime => "LIGHTSOUT-WAIVER-001",
            Self::Unapproved => "LIGHTSOUT-WAIVER-002",
            Self::Unused => "LIGHTSOUT-WAIVER-003",
            Self::TooWide => "LIGHTSOUT-WAIVER-004",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::OutOfTime => "A waiver is in its time",
            Self::Unapproved => "A second person has approved the waiver of a critical rule",
            Self::TooWide => "A waiver of a critical or high rule is for one type of resource",
            Self::Unused => "A waiver is needed",
        }
    }

    const fn severity(self) -> Severity {
        match self {
            Self::OutOfTime | Self::Unapproved | Self::TooWide => Severity::Medium,
            Self::Unused => Severity::Low,
        }
    }
}

impl Waivers {
    /// The waiver that keeps a finding from refusing at a time.
    #[must_use]
    pub fn covering(&self, finding: &Finding, stack: &Stack, at: Timestamp) -> Option<Waived> {
        let signed = self.list.iter().find(|signed| {
            is_about(signed, finding, stack)
                && signed.waiver.is_in_time(at)
                && signed.waiver.lacks(finding.severity).is_none()
        })?;
        let waiver = &signed.waiver;
        Some(Waived {
            waiver: signed.hash,
            owner: waiver.owner.clone(),
            approved_by: waiver.approved_by.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires,
            days_left: (waiver.expires.as_second() - at.as_second()) / SECONDS_OF_A_DAY,
        })
    }

    /// Marks what is waived.
    pub fn mark(&self, report: &mut PolicyReport, stack: &Stack, at: Timestamp) {
        for rule in &mut report.rules {
            for finding in &mut rule.findings {
                finding.waived = self.covering(finding, stack, at).map(Box::new);
            }
        }
    }

    /// Adds what is wrong with the waivers themselves, as findings that do not refuse.
    ///
    /// # Errors
    /// Never: the names of the rules are ours.
    pub fn audit(
        &self,
        report: &mut PolicyReport,
        stack: &Stack,
        at: Timestamp,
    ) -> Result<(), NameError> {
        if self.hash.is_none() {
            return Ok(());
        }
        let troubles: Vec<Option<(Trouble, String)>> = self
            .list
            .iter()
            .map(|signed| trouble(signed, report, stack, at))
            .collect();
        for kind in Trouble::ALL {
            let rule = RuleId::new(kind.id())?;
            let finding = |(signed, found): (&Signed, &Option<(Trouble, String)>)| {
                let (trouble, message) = found.as_ref()?;
                (*trouble == kind).then(|| Finding {
                    rule: rule.clone(),
                    severity: kind.severity(),
                    level: Level::Advisory,
                    // A pattern is no resource.
                    urn: Urn::new(signed.waiver.urn.as_str())
                        .map_or(None, Some)
                        .filter(|urn| !urn.as_str().contains('*')),
                    path: PropertyPath::default(),
                    actual: None,
                    expected: None,
                    message: message.clone(),
                    waived: None,
                })
            };
            report.rules.push(RuleResult {
                pack: PACK.to_owned(),
                title: kind.title().to_owned(),
                severity: kind.severity(),
                level: Level::Advisory,
                evaluated: self.list.len() as u64,
                findings: self
                    .list
                    .iter()
                    .zip(&troubles)
                    .filter_map(finding)
                    .collect(),
                undetermined: Vec::new(),
                rule,
            });
        }
        Ok(())
    }
}

/// Whether a waiver is about a finding, whatever the time. What is found about the stack as a whole is waived by the stack's own URN, written out.
fn is_about(signed: &Signed, finding: &Finding, stack: &Stack) -> bool {
    let waiver = &signed.waiver;
    waiver.rule == finding.rule
        && match &finding.urn {
            Some(urn) => waiver.urn.matches(urn),
            None => waiver.urn.as_str() == root(stack),
        }
}

/// The URN of the stack itself.
fn root(stack: &Stack) -> String {
    let Stack { project, name } = stack;
    format!("urn:pulumi:{name}::{project}::pulumi:pulumi:Stack::{project}-{name}")
}

/// Why a waiver does not help in this report.
fn trouble(
    signed: &Signed,
    report: &PolicyReport,
    stack: &Stack,
    at: Timestamp,
) -> Option<(Trouble, String)> {
    let waiver = &signed.waiver;
    let what = format!("the waiver of {} for `{}`", waiver.rule, waiver.urn);
    if at >= waiver.expires {
        let text = format!(
            "{what}, owned by {}, ended on {}: remove it, or sign a new one with `lightsout policy waive`",
            waiver.owner.as_str(),
            waiver.expires
        );
        return Some((Trouble::OutOfTime, text));
    }
    if at < waiver.issued {
        let text = format!(
            "{what}, owned by {}, does not begin before {}",
            waiver.owner.as_str(),
            waiver.issued
        );
        return Some((Trouble::OutOfTime, text));
    }
    if waiver.urn.stack() != Some(stack.name.as_str()) {
        let text = format!("{what} is for another stack: it belongs into that stack's file");
        return Some((Trouble::Unused, text));
    }
    let Some(rule) = report.rules.iter().find(|rule| rule.rule == waiver.rule) else {
        let text = format!("{what} names a rule that no pack of the stack has: remove it");
        return Some((Trouble::Unused, text));
    };
    if waiver.lacks(rule.severity) == Some(Lack::SecondPerson) {
        let text = format!(
            "{what} does not help: the rule is critical, and nobody but its owner {} has approved it",
            waiver.owner.as_str()
        );
        return Some((Trouble::Unapproved, text));
    }
    if waiver.lacks(rule.severity) == Some(Lack::OneType) {
        let text = format!(
            "{what} does not help: the rule is critical or high, and its pattern must name project and type without `*`: `urn:pulumi:STACK::PROJECT::TYPE::*`"
        );
        return Some((Trouble::TooWide, text));
    }
    // Where a rule could not know, it may yet be needed.
    let is_used = rule
        .findings
        .iter()
        .any(|finding| is_about(signed, finding, stack))
        || rule
            .undetermined
            .iter()
            .any(|place| waiver.urn.matches(&place.urn));
    (!is_used).then(|| {
        let text = format!("{what} is not needed: the rule finds nothing there; remove it");
        (Trouble::Unused, text)
    })
}
