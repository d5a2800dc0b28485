//! The report's part about the agent: how each attempt ended, what it used up, what it tried, and what it said, as quoted text.

use super::Report;
use super::human::{line, put};
use crate::perimeter::broker::budget::usd;
use crate::pipeline::generate::AgentReport;

/// LIMIT: lines of one kind; the rest is in the evidence.
const LINES_MAX: usize = 10;

impl Report {
    pub(super) fn human_agent(&self, text: &mut String) {
        for report in &self.agent {
            attempt(report, text);
        }
        if let Some(said) = &self.agent_said {
            line(text, "it said", "");
            for quoted in said.lines().take(LINES_MAX) {
                let quoted: String = quoted
                    .chars()
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                put(text, format_args!("             > {quoted}"));
            }
        }
    }
}

fn attempt(report: &AgentReport, text: &mut String) {
    let version = report.program.as_ref().map_or_else(String::new, |program| {
        let unknown = if report.is_seen {
            ""
        } else {
            " (its output was not seen before)"
        };
        format!(" {}{unknown}", program.version)
    });
    line(
        text,
        "agent",
        &format!(
            "attempt {}, {}{version}: {} after {}.{} s; {} checks",
            report.attempt,
            report.kind,
            report.outcome,
            report.took_ms / 1000,
            report.took_ms % 1000 / 100,
            report.checks
        ),
    );
    if let Some(model) = &report.model {
        line(
            text,
            "model",
            &format!(
                "{} at {}: {} requests, {} tokens, {}",
                model.model,
                model.host,
                model.spent.requests,
                model.spent.tokens,
                usd(model.spent.nano_usd)
            ),
        );
        for (what, times) in model.denied.iter().take(LINES_MAX) {
            put(
                text,
                format_args!("             refused: it {what}, {times} times"),
            );
        }
        if !model.removed.is_empty() {
            let removed = model.removed.join(", ");
            put(
                text,
                format_args!("             taken out of its requests: {removed}"),
            );
        }
    }
    for (what, times) in report.denials.iter().take(LINES_MAX) {
        put(
            text,
            format_args!("             refused by the sandbox: {what}, {times} times"),
        );
    }
}
