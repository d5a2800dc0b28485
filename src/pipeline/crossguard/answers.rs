//! What a CrossGuard pack's answers mean: findings, and places that stay open.

use std::collections::BTreeSet;

use super::Error;
use super::questions::Question;
use super::rules::{Described, Rule};
use crate::engine::wire::pulumirpc::{
    AnalyzeDiagnostic, AnalyzeResponse, EnforcementLevel, RemediateResponse,
};
use crate::engine::wire::value;
use crate::names::{Urn, excerpt};
use crate::pipeline::policy::{Finding, Level, PropertyPath, RuleResult, Undetermined, plain};

/// LIMIT: findings of one answer.
const FINDINGS_MAX: usize = 1000;
/// LIMIT: characters of a message.
const MESSAGE_CHARS_MAX: usize = 1000;
/// How the SDK begins to say that a policy has read what is not known.
const CANNOT_RUN: &str = "can't run policy ";
/// How the SDK begins to say that a policy has nothing that judges.
const NOT_IMPLEMENTED: &str = "Policy does not implement";

/// The results while they come.
pub(super) struct Answers<'a> {
    pack: &'a Described,
    /// One for each rule, in the rules' order.
    pub(super) results: Vec<RuleResult>,
}

impl<'a> Answers<'a> {
    pub(super) fn of(pack: &'a Described) -> Self {
        let results = pack.rules.iter().map(|rule| rule.result(&pack.name));
        Self {
            pack,
            results: results.collect(),
        }
    }

    fn wrong(&self, why: String) -> Error {
        Error::Answer {
            pack: self.pack.name.clone(),
            why,
        }
    }

    /// Takes the answer about one resource.
    pub(super) fn single(
        &mut self,
        question: &Question<'_>,
        answer: AnalyzeResponse,
    ) -> Result<(), Error> {
        self.check_count(answer.diagnostics.len())?;
        for said in &answer.not_applicable {
            let (_, rule) = self.rule(&said.policy_name)?;
            if said.reason.starts_with(NOT_IMPLEMENTED) && !rule.remediates() {
                return Err(self.wrong(format!(
                    "policy `{}` only remediates, and its level is not `remediate`: it would judge nothing",
                    rule.id
                )));
            }
        }
        for said in answer.diagnostics {
            let urn = question.urn();
            if !said.urn.is_empty() && said.urn != urn.as_str() {
                return Err(self.wrong(format!("asked about `{urn}`, it names another resource")));
            }
            match self.meaning(&said, Some(urn.clone()))? {
                (at, Some(finding)) => self.found(at, finding),
                (at, None) => self.open(at, urn, Vec::new()),
            }
        }
        Ok(())
    }

    /// Takes what the pack would change in one resource: each policy got what the one before it left.
    pub(super) fn remediated(
        &mut self,
        question: &Question<'_>,
        answer: RemediateResponse,
    ) -> Result<(), Error> {
        self.check_count(answer.remediations.len())?;
        let read = |bag: Option<&prost_types::Struct>| {
            let read = value::properties(bag);
            read.map_err(|error| self.wrong(format!("what it would remediate: {error}")))
        };
        let mut before = read(question.alone().properties.as_ref())?;
        let mut changes = Vec::new();
        for said in &answer.remediations {
            let (at, rule) = self.rule(&said.policy_name)?;
            if !said.diagnostic.is_empty() {
                changes.push((at, None));
                continue;
            }
            let after = read(said.properties.as_ref())?;
            if after != before {
                let text = format!("it would be remediated: {}", one_line(&said.description));
                changes.push((at, Some(finding(rule, Some(question.urn().clone()), &text))));
                before = after;
            }
        }
        for (at, found) in changes {
            match found {
                Some(finding) => self.found(at, finding),
                None => self.open(at, question.urn(), Vec::new()),
            }
        }
        Ok(())
    }

    /// Counts a resource, and leaves it open for every policy that found nothing there although something is not known.
    pub(super) fn leave_open(&mut self, question: &Question<'_>) {
        let unknown = question.unknown();
        for (at, rule) in self.pack.rules.iter().enumerate() {
            if !rule.is_single() {
                continue;
            }
            if let Some(result) = self.results.get_mut(at) {
                result.evaluated = result.evaluated.saturating_add(1);
            }
            if !unknown.is_empty() {
                self.open(at, question.urn(), unknown.clone());
            }
        }
    }

    /// Takes the answer about the whole stack.
    pub(super) fn whole(
        &mut self,
        questions: &[Question<'_>],
        changed: &BTreeSet<&Urn>,
        answer: AnalyzeResponse,
    ) -> Result<(), Error> {
        self.check_count(answer.diagnostics.len())?;
        let asked: BTreeSet<&Urn> = questions.iter().map(Question::urn).collect();
        for said in answer.diagnostics {
            let urn = if said.urn.is_empty() {
                None
            } else {
                let named = asked.iter().find(|urn| urn.as_str() == said.urn);
                let named = named.ok_or_else(|| {
                    let name = excerpt(&said.urn);
                    self.wrong(format!("it names `{name}`, which it was not shown"))
                })?;
                Some((*named).clone())
            };
            match self.meaning(&said, urn)? {
                (at, Some(finding)) => self.found(at, finding),
                (at, None) => {
                    for urn in &asked {
                        self.open(at, urn, Vec::new());
                    }
                }
            }
        }
        for (at, rule) in self.pack.rules.iter().enumerate() {
            if !rule.is_whole() {
                continue;
            }
            if let Some(result) = self.results.get_mut(at) {
                result.evaluated = result.evaluated.saturating_add(1);
            }
            for urn in changed {
                self.open(at, urn, Vec::new());
            }
            for question in questions {
                let mut unknown = question.unknown();
                unknown.extend(question.unknown_outputs());
                if !unknown.is_empty() {
                    self.open(at, question.urn(), unknown);
                }
            }
        }
        Ok(())
    }

    fn check_count(&self, count: usize) -> Result<(), Error> {
        if count > FINDINGS_MAX {
            return Err(Error::TooMany {
                pack: self.pack.name.clone(),
                what: "findings in one answer",
                limit: FINDINGS_MAX,
            });
        }
        Ok(())
    }

    fn rule(&self, name: &str) -> Result<(usize, &'a Rule), Error> {
        let at = self.pack.find(name);
        let found = at.and_then(|at| Some((at, self.pack.rules.get(at)?)));
        match found {
            Some((at, rule)) if rule.is_enabled() => Ok((at, rule)),
            Some(_) | None => Err(self.wrong(format!(
                "it speaks of `{}`, which is no policy of it that is enabled",
                excerpt(name)
            ))),
        }
    }

    /// A finding; or nothing, when it is what the SDK says instead, below the policy's level: that the policy could not know.
    fn meaning(
        &self,
        said: &AnalyzeDiagnostic,
        urn: Option<Urn>,
    ) -> Result<(usize, Option<Finding>), Error> {
        let (at, rule) = self.rule(&said.policy_name)?;
        let mut finding = finding(rule, urn, &one_line(&said.message));
        let is_open = match (rule.level(), said.enforcement_level()) {
            (_, EnforcementLevel::Disabled) => {
                return Err(self.wrong(format!("policy `{}` is disabled in it", rule.id)));
            }
            (Level::Mandatory, EnforcementLevel::Advisory) => true,
            (Level::Mandatory, EnforcementLevel::Mandatory | EnforcementLevel::Remediate) => false,
            (Level::Advisory, EnforcementLevel::Advisory) => said.message.starts_with(CANNOT_RUN),
            (Level::Advisory, EnforcementLevel::Mandatory | EnforcementLevel::Remediate) => {
                finding.level = Level::Mandatory;
                false
            }
        };
        Ok((at, (!is_open).then_some(finding)))
    }

    fn found(&mut self, at: usize, finding: Finding) {
        if let Some(result) = self.results.get_mut(at)
            && !result.findings.contains(&finding)
        {
            result.findings.push(finding);
        }
    }

    /// Leaves a place open, once, unless a finding has made it moot.
    fn open(&mut self, at: usize, urn: &Urn, paths: Vec<PropertyPath>) {
        let Some(result) = self.results.get_mut(at) else {
            return;
        };
        let mut findings = result.findings.iter();
        if findings.any(|finding| finding.urn.as_ref() == Some(urn)) {
            return;
        }
        match (result.undetermined.iter_mut()).find(|place| place.urn == *urn) {
            Some(place) if place.paths.is_empty() => place.paths = paths,
            Some(_) => {}
            None => result.undetermined.push(Undetermined {
                urn: urn.clone(),
                paths,
            }),
        }
    }
}

fn finding(rule: &Rule, urn: Option<Urn>, message: &str) -> Finding {
    Finding {
        rule: rule.id.clone(),
        severity: rule.severity(),
        level: rule.level(),
        urn,
        path: PropertyPath::default(),
        actual: None,
        expected: None,
        message: plain(message, MESSAGE_CHARS_MAX),
        waived: None,
    }
}

/// The SDK puts a policy's description and what it says into lines.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(": ")
}
