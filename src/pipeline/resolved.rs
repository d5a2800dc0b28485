//! The same rules once more, on values that are resolved: in every trial, and inside `up`.
//!
//! A preview does not know what providers will say, so a rule that reads it is undetermined there. The engine asks its analyzer about each
//! resource before it makes it, and then the values are known: [`Rules`] are the packs with the preview that was judged, and a [`Resolver`]
//! answers the engine in one update and keeps what it answered.
//!
//! What a rule sees is the judged step with the resolved inputs in place of the previewed ones: operation, old state and options are those
//! of the preview. Outputs are there only when all is made: then every rule is asked once more about everything.
//!
//! INVARIANT: which finding refuses, and where a rule could not know, is said by [`PolicyReport`] alone, as for a preview.
//! INVARIANT: at an apply, what is not known in resolved inputs refuses, and so do a fault of ours and a resource that was not previewed. Let
//! through is only what a person agreed to and no update can resolve: the old state.
//! INVARIANT: a trial's record has an answer for each rule and resource that the preview left open; "not answered" is one, and it is the answer of
//! whatever was not asked here, such as a CrossGuard pack's policy.

mod marked;
mod resolver;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use marked::Marked;
pub use resolver::{Resolver, Stops};

use crate::names::{RuleId, Urn};
use crate::pipeline::policy::waiver::Waivers;
use crate::pipeline::policy::{self, Finding, Pack, PolicyReport, Request};

/// What the rules said of resolved values in one update.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolved {
    /// How many resources the engine asked about before it made or changed them, or left them as they are.
    pub asked: u64,
    /// One for each rule and resource that was undetermined at the preview.
    pub answers: Vec<Answered>,
    /// The findings that refuse.
    pub denials: Vec<Finding>,
}

/// What became of one rule on one resource that was undetermined at the preview.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The rule.
    pub rule: RuleId,
    /// The resource.
    pub urn: Urn,
    /// What it said.
    pub answer: Answer,
}

/// What a rule said of known values; the worst is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was asked, knew, and found nothing that refuses.
    Clean,
    /// It was not asked, or still could not know.
    NotAnswered,
    /// It found something that refuses.
    Denied,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::NotAnswered => "not answered",
            Self::Denied => "denied",
        })
    }
}

/// For each rule and resource the worst of what several updates gave.
#[must_use]
pub fn worst<'a>(updates: impl IntoIterator<Item = &'a Resolved>) -> Vec<Answered> {
    let mut all: Vec<Answered> = updates
        .into_iter()
        .flat_map(|update| update.answers.iter().cloned())
        .collect();
    // By rule, resource and answer, the worst first.
    all.sort_by(|a, b| (&a.rule, &a.urn, b.answer).cmp(&(&b.rule, &b.urn, a.answer)));
    all.dedup_by(|later, first| (&later.rule, &later.urn) == (&first.rule, &first.urn));
    all
}

/// The packs, and the preview that they have judged.
#[derive(Debug)]
pub struct Rules {
    packs: Vec<Pack>,
    /// The same without rules about the whole stack, which say nothing of one resource.
    singles: Vec<Pack>,
    request: Request,
    open: BTreeSet<(RuleId, Urn)>,
    /// What is waived, and at which time that is asked.
    waived: (Waivers, Timestamp),
}

impl Rules {
    /// The rules, the preview as they saw it, and what they said.
    #[must_use]
    pub fn new(
        packs: Vec<Pack>,
        request: Request,
        report: &PolicyReport,
        waived: (Waivers, Timestamp),
    ) -> Self {
        let open = pairs(report);
        Self {
            singles: packs.iter().filter_map(Pack::of_resources).collect(),
            packs,
            request,
            open,
            waived,
        }
    }

    /// What the preview left open.
    #[must_use]
    pub const fn open(&self) -> &BTreeSet<(RuleId, Urn)> {
        &self.open
    }

    /// Resources that the judged preview makes or changes, and about which the engine has to ask.
    pub fn changed(&self) -> impl Iterator<Item = &Urn> {
        let changes = |op: &str| {
            [
                "create",
                "update",
                "create-replacement",
                "import",
                "import-replacement",
            ]
            .contains(&op)
        };
        let subjects = self.request.subjects.iter();
        let changed = subjects.filter(move |subject| changes(&subject.op));
        changed.map(|subject| &subject.urn)
    }

    /// Judges every rule on a whole stack.
    fn whole(&self, request: &Request) -> Result<PolicyReport, policy::Error> {
        if self.packs.is_empty() {
            // The preview was judged by CrossGuard packs alone, which are not asked here: what they left open stays open.
            return Ok(PolicyReport {
                packs: Vec::new(),
                rules: Vec::new(),
                subjects: 0,
                history: None,
            });
        }
        self.judge(request, &self.packs)
    }

    /// Judges the rules about one resource; nothing when there are none.
    fn single(&self, request: &Request) -> Result<Option<PolicyReport>, policy::Error> {
        if self.singles.is_empty() {
            return Ok(None);
        }
        self.judge(request, &self.singles).map(Some)
    }

    /// What is waived at the preview is waived here.
    fn judge(&self, request: &Request, packs: &[Pack]) -> Result<PolicyReport, policy::Error> {
        let mut report = policy::evaluate(request, packs)?;
        let (waivers, at) = &self.waived;
        waivers.mark(&mut report, &request.stack, *at);
        Ok(report)
    }
}

/// Where a report says that a rule could not know.
fn pairs(report: &PolicyReport) -> BTreeSet<(RuleId, Urn)> {
    let open = report.undetermined();
    open.map(|(rule, place)| (rule.clone(), place.urn.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
