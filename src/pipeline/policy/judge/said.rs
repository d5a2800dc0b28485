//! What a rule said so far.

use crate::pipeline::policy::pack::Pack;
use crate::pipeline::policy::report::RuleResult;
use crate::pipeline::policy::rule::Rule;

/// What a rule said, and about which step it said each finding.
pub(super) struct Said {
    pub(super) result: RuleResult,
    steps: Vec<usize>,
}

impl Said {
    pub(super) fn nothing(pack: &Pack, rule: &Rule) -> Self {
        Self {
            result: result(pack, rule),
            steps: Vec::new(),
        }
    }

    /// What was added since is about this step.
    pub(super) fn mark(&mut self, nth: usize) {
        self.steps.resize(self.result.findings.len(), nth);
    }

    /// Steps that waited were judged later than those that did not.
    pub(super) fn in_order(self) -> RuleResult {
        let mut result = self.result;
        let mut found: Vec<_> = self.steps.into_iter().zip(result.findings).collect();
        found.sort_by_key(|(step, _)| *step);
        result.findings = found.into_iter().map(|(_, finding)| finding).collect();
        result
    }
}

fn result(pack: &Pack, rule: &Rule) -> RuleResult {
    RuleResult {
        rule: rule.id.clone(),
        pack: pack.name().to_owned(),
        title: rule.title.clone(),
        severity: rule.severity,
        level: rule.level,
        evaluated: 0,
        findings: Vec::new(),
        undetermined: Vec::new(),
    }
}
