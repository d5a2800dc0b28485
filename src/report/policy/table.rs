//! A policy report for people.

use super::{Told, word};
use crate::pipeline::policy::{Finding, Verdict, Waived};

/// LIMIT: findings and places of each kind that are shown.
const SHOWN_MAX: usize = 100;

impl Told<'_> {
    /// The report as lines: what refuses first, the sum last.
    #[must_use]
    pub fn table(&self) -> String {
        let report = self.report;
        let mut lines = Vec::new();
        let denials: Vec<String> = report.denials().map(finding).collect();
        let warnings: Vec<String> = report.warnings().map(finding).collect();
        let undetermined = report.rules.iter().flat_map(|rule| {
            rule.undetermined.iter().map(move |place| {
                let paths: Vec<String> =
                    place.paths.iter().map(|path| format!("`{path}`")).collect();
                let paths = paths.join(", ");
                format!(
                    "{} ({}) cannot know: {paths} of {}",
                    rule.rule,
                    word(rule.severity),
                    place.urn
                )
            })
        });
        let undetermined: Vec<String> = undetermined.collect();
        let waived: Vec<String> = report.waived().map(|it| waived(it.0, it.1)).collect();
        for (mark, texts) in [
            ("DENIED", &denials),
            ("warning", &warnings),
            ("unknown", &undetermined),
            ("waived", &waived),
        ] {
            let shown = texts.iter().take(SHOWN_MAX);
            lines.extend(shown.map(|text| format!("{mark:>10}  {text}")));
            if let Some(more) = texts.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
                lines.push(format!("{mark:>10}  … and {more} more"));
            }
        }
        for pack in &report.packs {
            let hash = pack.hash.short();
            lines.push(format!(
                "{:>10}  {} {}, hash {hash}",
                "pack", pack.name, pack.version
            ));
        }
        lines.push(format!(
            "{:>10}  {} rules on {} steps: {} denials, {} warnings, {} undetermined",
            "policy",
            report.rules.len(),
            report.subjects,
            denials.len(),
            warnings.len(),
            undetermined.len()
        ));
        lines.push(format!("{:>10}  {}", "verdict", verdict(report.verdict())));
        lines.join("\n")
    }
}

/// A verdict in one word.
#[must_use]
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Hollow => "hollow",
        Verdict::Denied => "denied",
        Verdict::Undetermined => "undetermined",
        Verdict::Clean => "clean",
    }
}

fn waived(finding: &Finding, waived: &Waived) -> String {
    let at = finding.urn.as_ref().map_or("the stack", |urn| urn.as_str());
    format!(
        "{} ({}) of {at}, {} days left, by {}: {}",
        finding.rule,
        word(finding.severity),
        waived.days_left,
        waived.owner.as_str(),
        waived.reason
    )
}

fn finding(finding: &Finding) -> String {
    format!(
        "{} ({}) {}",
        finding.rule,
        word(finding.severity),
        finding.message
    )
}
