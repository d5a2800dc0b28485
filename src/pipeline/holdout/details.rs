//! What the scenarios say and what was found: for the operator's private folder.
//!
//! INVARIANT: it is neither `Serialize` nor printable by `Debug`, so that it cannot become evidence, a log line or a prompt by
//! accident; the one way out is [`Details::private_text`].

use std::fmt;

use super::judge::RunOutcome;
use super::scenario::Scenario;
use crate::names::Sha256;

/// The runs of all scenarios in words.
pub struct Details {
    text: String,
}

impl Details {
    pub(super) fn new(set: Sha256) -> Self {
        Self {
            text: format!(
                "# Hidden scenarios {set}\n\nFor the operator only: an agent that reads this has seen the tests.\n"
            ),
        }
    }

    pub(super) fn add(&mut self, scenario: &Scenario, outcomes: &[Option<RunOutcome>]) {
        let critical = if scenario.is_critical() {
            ", critical"
        } else {
            ""
        };
        self.line(&format!(
            "\n## {}{critical}: {}",
            scenario.id(),
            scenario.name()
        ));
        self.line(&format!("\n{}\n", scenario.place()));
        for (run, outcome) in outcomes.iter().enumerate() {
            let run = run.saturating_add(1);
            match outcome {
                Some(RunOutcome::Passed) => self.line(&format!("- run {run}: passed")),
                None => self.line(&format!(
                    "- run {run}: not run, there was no state to judge"
                )),
                Some(RunOutcome::Failed {
                    step,
                    kind: _,
                    detail,
                }) => {
                    let step = scenario.line_of(*step).map_or_else(String::new, |l| {
                        format!(" at line {} (`{}`)", l.line, l.text)
                    });
                    self.line(&format!(
                        "- run {run}: failed{step}: {}",
                        detail.for_operator()
                    ));
                }
            }
        }
    }

    /// All of it as Markdown. It holds the text of the scenarios: write it only where neither an agent nor a ledger reads.
    #[must_use]
    pub fn private_text(&self) -> &str {
        &self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[withheld]")
    }
}
