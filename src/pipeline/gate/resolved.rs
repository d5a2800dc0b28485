//! What the policies said of the values that the trials resolved.
//!
//! INVARIANT: what they deny there refuses at every level, also where the preview was clean: a program can tell a trial from a preview.
//! INVARIANT: a trial without an answer to what the preview left open is no trial of this preview, nor is one in which nobody was asked. "Not
//! answered" is an answer: it opens nothing, since what the preview left open needs a person whatever a trial says.

use std::collections::BTreeSet;

use super::{Case, Reason};
use crate::names::{RuleId, Urn};
use crate::pipeline::policy::Finding;

/// Adds the reasons against.
pub(super) fn judge(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    let holdout = &case.holdout.value().report;
    let mut denials: Vec<&Finding> = Vec::new();
    for finding in holdout.resolved().flat_map(|it| &it.denials) {
        if !denials.contains(&finding) {
            denials.push(finding);
        }
    }
    reasons.extend(denials.into_iter().cloned().map(Reason::Policy));
    let open = case.policy.value().report.undetermined();
    let open: BTreeSet<(&RuleId, &Urn)> = open.map(|(rule, at)| (rule, &at.urn)).collect();
    let is_asked = holdout.trials.iter().all(|trial| {
        trial.policies.as_ref().is_some_and(|said| {
            let answers = said.answers.iter();
            let answers: BTreeSet<_> = answers.map(|it| (&it.rule, &it.urn)).collect();
            open.is_subset(&answers)
        })
    });
    if !is_asked {
        reasons.push(Reason::Mismatch {
            what: "the trials were not asked what the policies could not know".to_owned(),
        });
    }
}
