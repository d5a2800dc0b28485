//! The report as lines for a terminal.

use super::Report;
use crate::names::Urn;
use crate::pipeline::gate::DecisionRecord;
use crate::pipeline::policy::PolicyReport;

impl Report {
    /// The report for people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = String::new();
        line(
            &mut text,
            "run",
            &format!(
                "{} of stack {}, level {}",
                self.run, self.mandate.stack, self.mandate.autonomy
            ),
        );
        self.human_wall(&mut text);
        self.human_agent(&mut text);
        self.human_change(&mut text);
        self.human_judges(&mut text);
        self.human_end(&mut text);
        line(&mut text, "files", &self.folder.display().to_string());
        line(
            &mut text,
            "outcome",
            &format!("{} (exit {})", self.outcome, self.exit),
        );
        text
    }

    fn human_wall(&self, text: &mut String) {
        if let Some(wall) = &self.wall {
            let mut names: Vec<&str> = wall
                .attempts
                .iter()
                .map(|attempt| attempt.name.as_str())
                .collect();
            names.sort_unstable();
            names.dedup();
            line(
                text,
                "wall",
                &format!(
                    "{} attempts to read what is forbidden, all refused ({})",
                    wall.attempts.len(),
                    names.join(", ")
                ),
            );
        }
    }

    fn human_change(&self, text: &mut String) {
        if let Some(proposal) = &self.proposal {
            let files: Vec<String> = proposal
                .changes
                .iter()
                .map(|change| change.path.to_string())
                .collect();
            line(
                text,
                "proposal",
                &format!(
                    "tree {}, changes {}",
                    proposal.tree.short(),
                    files.join(", ")
                ),
            );
        }
        let Some(preview) = &self.preview else { return };
        let steps: Vec<_> = preview
            .record
            .steps
            .iter()
            .filter(|step| !step.op.changes_nothing())
            .collect();
        line(
            text,
            "preview",
            &format!(
                "{} of {} steps change something",
                steps.len(),
                preview.record.steps.len()
            ),
        );
        for step in steps.iter().take(40) {
            put(
                text,
                format_args!(
                    "             {:<8} {} {}",
                    step.op.as_str(),
                    step.resource_type,
                    crate::names::excerpt(step.urn.name())
                ),
            );
        }
        if steps.len() > 40 {
            put(
                text,
                format_args!("             … and {} more", steps.len() - 40),
            );
        }
    }

    fn human_judges(&self, text: &mut String) {
        if let Some(policy) = &self.policy {
            let report = &policy.report;
            let (denials, undetermined) = (report.denials().count(), report.undetermined().count());
            line(
                text,
                "policy",
                &format!(
                    "{} rules on {} steps: {denials} denials, {undetermined} undetermined",
                    report.rules.len(),
                    report.subjects
                ),
            );
            for (pack, sdk) in
                (report.packs.iter()).filter_map(|pack| Some((pack, pack.crossguard.as_deref()?)))
            {
                let (name, version) = (&pack.name, &pack.version);
                put(
                    text,
                    format_args!("             {name} {version}: CrossGuard, SDK {sdk}"),
                );
            }
            for finding in report.denials().chain(report.warnings()).take(20) {
                put(
                    text,
                    format_args!("             {} {}", finding.rule, finding.message),
                );
            }
            exceptions(text, report);
        }
        if let Some(holdout) = &self.holdout {
            let report = &holdout.report;
            let passed = report
                .scenarios
                .iter()
                .filter(|scenario| scenario.passed)
                .count();
            let scenarios = report.scenarios.len();
            line(
                text,
                "holdout",
                &format!(
                    "{passed} of {scenarios} scenarios pass, satisfaction {}",
                    report.satisfaction()
                ),
            );
            let mut answers = report.answers();
            // What is not clean first: no more than some are shown.
            answers.sort_by_key(|it| std::cmp::Reverse(it.answer));
            for it in answers.iter().take(20) {
                let name = crate::names::excerpt(it.urn.name());
                put(
                    text,
                    format_args!(
                        "             {} on {name}, with values of a trial: {}",
                        it.rule, it.answer
                    ),
                );
            }
        }
    }

    fn human_end(&self, text: &mut String) {
        match &self.decision {
            Some(DecisionRecord::Cleared { .. }) => line(text, "gate", "cleared"),
            Some(DecisionRecord::Held(hold)) => {
                let needs: Vec<String> = hold.needs.iter().map(ToString::to_string).collect();
                line(
                    text,
                    "gate",
                    &format!("a person must decide: {}", needs.join("; ")),
                );
                if self.landing.is_none() {
                    line(
                        text,
                        "next",
                        &format!("lightsout approve {} --by NAME", self.run),
                    );
                }
            }
            Some(DecisionRecord::Refused(refusal)) => {
                line(text, "gate", "refused");
                for reason in refusal.reasons.iter().take(20) {
                    let reason: String = reason
                        .to_string()
                        .chars()
                        .filter(|c| !c.is_control())
                        .collect();
                    put(text, format_args!("             {reason}"));
                }
            }
            None => {}
        }
        if let Some(landing) = &self.landing {
            line(
                text,
                "branch",
                &format!("{} at {}", landing.branch, landing.commit),
            );
        }
        if let Some(receipt) = &self.receipt {
            let done = receipt
                .done
                .iter()
                .filter(|step| !step.op.changes_nothing())
                .count();
            let word = if receipt.is_complete {
                "complete"
            } else {
                "NOT COMPLETE: a person must look"
            };
            line(
                text,
                "apply",
                &format!("{word}, {done} steps, {}", receipt.end),
            );
            for error in &receipt.errors {
                put(
                    text,
                    format_args!(
                        "             {}",
                        error.replace(|c: char| c.is_control(), " ")
                    ),
                );
            }
        }
    }
}

/// What does not refuse because somebody said so: waivers and lowered levels.
fn exceptions(text: &mut String, report: &PolicyReport) {
    for (finding, waived) in report.waived().take(20) {
        let on = finding.urn.as_ref().map_or("the stack", Urn::name);
        put(
            text,
            format_args!(
                "             waived: {} on {}, {} days left, by {}: {}",
                finding.rule,
                crate::names::excerpt(on),
                waived.days_left,
                waived.owner.as_str(),
                waived.reason
            ),
        );
    }
    for pack in &report.packs {
        for rule in pack.settings.lowered() {
            put(
                text,
                format_args!("             lowered to advisory by the stack: {rule}"),
            );
        }
    }
}

pub(super) fn line(text: &mut String, name: &str, value: &str) {
    put(text, format_args!("{name:>10}  {value}"));
}

pub(super) fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.push_str(&line.to_string());
    text.push('\n');
}
