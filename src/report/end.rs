//! What a run's end means for whoever asked for it.

use super::Report;
use super::markdown::code;
use crate::exit::Exit;
use crate::perimeter::github::land::Published;
use crate::pipeline::gate::{DecisionRecord, Reason};

impl Report {
    /// The end in a tracker's word: `done`, `review` (a person decides), `blocked`, or `again` (what it was judged on has moved).
    #[must_use]
    pub fn phase(&self) -> &'static str {
        match self.outcome {
            _ if self.is_stale() => "again",
            "applied" | "nothing-to-change" => "done",
            "handed-over" => "review",
            _ => "blocked",
        }
    }

    /// Whether it was refused only because something moved after it was judged, and nothing has landed: judged again, it may pass.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let is_moved =
            |reason: &Reason| matches!(reason, Reason::Stale { .. } | Reason::Moved { .. });
        let reasons = self.reasons();
        !self.has_landed() && !reasons.is_empty() && reasons.iter().all(is_moved)
    }

    /// The commit on GitHub, unless its branch had moved and was left alone.
    #[must_use]
    pub fn published(&self) -> Option<&Published> {
        let was_left = |reason: &Reason| matches!(reason, Reason::Moved { .. });
        if self.reasons().iter().any(was_left) {
            return None;
        }
        self.landing.as_ref()?.published.as_ref()
    }

    /// Whether the change is on the branch that changes land on.
    fn has_landed(&self) -> bool {
        let own = self.landing.as_ref().map(|landing| &landing.branch);
        self.published().is_some_and(|it| Some(&it.branch) != own)
    }

    /// The reasons against, when it was refused.
    pub(super) fn reasons(&self) -> &[Reason] {
        match &self.decision {
            Some(DecisionRecord::Refused(refusal)) => &refusal.reasons,
            Some(DecisionRecord::Cleared { .. } | DecisionRecord::Held(_)) | None => &[],
        }
    }

    /// Whether the run waits for an approval.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.landing.is_none() && matches!(self.decision, Some(DecisionRecord::Held(_)))
    }

    /// What to do when the code or the world is not what was judged; nothing when both are.
    #[must_use]
    pub fn alarm(&self) -> Option<String> {
        let landing = self.landing.as_ref()?;
        let published = self.published();
        let has_landed = self.has_landed();
        let is_half_done = self.exit_code == Exit::ApplyIncomplete;
        if self.outcome == "applied" || !(has_landed || is_half_done) {
            return None;
        }
        let stack = code(self.mandate.stack.as_str());
        let code_text = match published.filter(|_| has_landed) {
            Some(it) => format!(
                "In the code: the change is commit {} of {}.",
                it.commit,
                code(&it.branch)
            ),
            None => format!(
                "In the code: the change is on {} only.",
                code(&landing.branch)
            ),
        };
        let state = match &self.receipt {
            Some(receipt) => {
                let done: Vec<String> = receipt
                    .done
                    .iter()
                    .filter(|step| !step.op.changes_nothing())
                    .map(|step| format!("- {} {}", step.op.as_str(), code(&step.urn)))
                    .collect();
                let failed: Vec<String> = receipt
                    .failed
                    .iter()
                    .map(|it| format!("- {}", code(it)))
                    .collect();
                format!(
                    "In the state: {} steps were done, {} failed.\n\n{}\n\nFailed:\n\n{}",
                    done.len(),
                    failed.len(),
                    done.join("\n"),
                    failed.join("\n")
                )
            }
            None => "In the state: nothing was changed by this run.".to_owned(),
        };
        let next = if is_half_done {
            format!(
                "To do: compare the stack's state with the world and repair what differs. Nothing else is done to stack {stack} until somebody says that they have looked: `lightsout acknowledge {} --by NAME --note TEXT`",
                self.run
            )
        } else {
            format!(
                "To do: ask for the change again, which judges and applies what has landed, or revert the commit. Until then, code and stack {stack} differ."
            )
        };
        Some(format!("{code_text}\n\n{state}\n\n{next}"))
    }

    /// The evidence as a table, for a pull request.
    #[must_use]
    pub fn table(&self) -> String {
        let mut rows = vec![
            ("run", code(self.run.as_str())),
            ("stack", code(self.mandate.stack.as_str())),
            ("level", self.mandate.autonomy.to_string()),
            ("base commit", code(&self.mandate.basis.commit)),
        ];
        if let Some(wall) = &self.wall {
            let attempts = wall.attempts.len();
            rows.push((
                "wall",
                format!("{attempts} attempts to read what is forbidden, all refused"),
            ));
        }
        if let Some(proposal) = &self.proposal {
            let tree = code(&proposal.tree.to_string());
            rows.push((
                "proposal",
                format!("tree {tree}, {} files", proposal.changes.len()),
            ));
        }
        if let Some(preview) = &self.preview {
            let steps = &preview.record.steps;
            let changes = steps
                .iter()
                .filter(|step| !step.op.changes_nothing())
                .count();
            rows.push((
                "preview",
                format!("{changes} of {} steps change something", steps.len()),
            ));
        }
        if let Some(policy) = &self.policy {
            let report = &policy.report;
            let (denials, open) = (report.denials().count(), report.undetermined().count());
            let rules = report.rules.len();
            rows.push((
                "policy",
                format!("{rules} rules, {denials} denials, {open} undetermined"),
            ));
        }
        if let Some(holdout) = &self.holdout {
            let scenarios = &holdout.report.scenarios;
            let passed = scenarios.iter().filter(|it| it.passed).count();
            rows.push((
                "holdout",
                format!("{passed} of {} scenarios pass", scenarios.len()),
            ));
        }
        if let Some(DecisionRecord::Held(hold)) = &self.decision {
            let needs: Vec<String> = hold.needs.iter().map(|it| code(&it.to_string())).collect();
            rows.push(("a person decides", needs.join(", ")));
        }
        let mut table = String::from("| evidence | |\n| --- | --- |\n");
        for (name, value) in rows {
            // In a table, a bar ends the cell even inside of code.
            table.push_str(&format!("| {name} | {} |\n", value.replace('|', "\\|")));
        }
        table
    }
}
