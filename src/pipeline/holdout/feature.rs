//! One feature file: Gherkin text to the scenarios in it.
//!
//! INVARIANT: no line is lost. The parser takes text that it does not know for a description, so that a step with a misspelt
//! keyword would silently ask for nothing; here, such text is an error. An outline becomes one scenario for each row.
//!
//! It gives no meaning to a step; that is the vocabulary's.

use std::collections::{BTreeMap, BTreeSet};

use gherkin::{Background, Examples, Feature, GherkinEnv, StepType};

use super::problem::{Problem, SCENARIOS_MAX, ScenarioError};
use super::scenario::{Draft, Line};
use super::vocabulary;

/// Lines of a file; the parser's work grows with their square.
const LINES_MAX: usize = 5_000;

/// Steps of one scenario, the background's included.
const STEPS_MAX: usize = 100;

/// The one tag that means something.
const CRITICAL: &str = "critical";

/// What a line of steps begins with, whatever the parser took it for.
const STEP_STARTS: [&str; 9] = [
    "given", "when", "then", "and ", "but ", "*", "|", "\"\"\"", "```",
];

/// Reads the scenarios of one file.
pub(super) fn drafts(file: &str, bytes: &[u8]) -> Result<Vec<Draft>, ScenarioError> {
    let text = plain(file, bytes)?;
    let reader = Reader { file, text };
    let feature = Feature::parse(text, GherkinEnv::default())
        .map_err(|e| reader.error(line_of(&e), Problem::Syntax))?;
    reader.feature(&feature)
}

/// The bytes as text, if all of it can be seen.
fn plain<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, ScenarioError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| ScenarioError::new(file, 0, Problem::NotPlainText))?;
    for (at, line) in text.split('\n').enumerate() {
        let number = at.saturating_add(1);
        if number > LINES_MAX {
            return Err(ScenarioError::new(file, number, Problem::TooLarge));
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line
            .chars()
            .any(|c| c != '\t' && c.is_control() || c == '\u{feff}')
        {
            return Err(ScenarioError::new(file, number, Problem::NotPlainText));
        }
        let comment = line.trim_start().strip_prefix('#').map(str::trim_start);
        if comment.is_some_and(|c| c.starts_with("language")) {
            return Err(ScenarioError::new(file, number, Problem::Language));
        }
    }
    Ok(text)
}

/// Where the parser stopped: its error keeps the place to itself, but begins with it when printed.
fn line_of(error: &gherkin::ParseError) -> usize {
    let text = error.to_string();
    let line = text
        .strip_prefix("Error at ")
        .and_then(|t| t.split(':').next());
    line.map_or(0, |line| line.parse().unwrap_or(0))
}

struct Reader<'f> {
    file: &'f str,
    text: &'f str,
}

/// What a scenario inherits from what stands around it.
struct Around<'g> {
    critical: bool,
    backgrounds: Vec<&'g Background>,
}

impl Reader<'_> {
    fn error(&self, line: usize, problem: Problem) -> ScenarioError {
        ScenarioError::new(self.file, line, problem)
    }

    fn feature(&self, feature: &Feature) -> Result<Vec<Draft>, ScenarioError> {
        let prose = feature.description.as_deref().unwrap_or("");
        let is_step = |line: &str| {
            let line = line.trim_start().to_lowercase();
            STEP_STARTS.iter().any(|start| line.starts_with(start))
        };
        if prose.lines().any(is_step) {
            return Err(self.error(feature.position.line, Problem::StrayText));
        }
        let mut drafts = Vec::new();
        let around = Around {
            critical: self.critical(&feature.tags, feature.position.line)?,
            backgrounds: feature.background.iter().collect(),
        };
        self.scenarios(&feature.scenarios, &around, &mut drafts)?;
        for rule in &feature.rules {
            self.no_prose(rule.description.as_deref(), rule.position.line)?;
            if rule.scenarios.is_empty() {
                return Err(self.error(rule.position.line, Problem::NoScenario));
            }
            let around = Around {
                critical: around.critical | self.critical(&rule.tags, rule.position.line)?,
                backgrounds: around
                    .backgrounds
                    .iter()
                    .copied()
                    .chain(&rule.background)
                    .collect(),
            };
            self.scenarios(&rule.scenarios, &around, &mut drafts)?;
        }
        if drafts.is_empty() {
            return Err(self.error(feature.position.line, Problem::NoScenario));
        }
        Ok(drafts)
    }

    fn scenarios(
        &self,
        scenarios: &[gherkin::Scenario],
        around: &Around<'_>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), ScenarioError> {
        for background in &around.backgrounds {
            self.no_prose(background.description.as_deref(), background.position.line)?;
            if background.steps.is_empty() {
                return Err(self.error(background.position.line, Problem::EmptyScenario));
            }
        }
        for scenario in scenarios {
            let line = scenario.position.line;
            self.no_prose(scenario.description.as_deref(), line)?;
            if scenario.name.trim().is_empty() {
                return Err(self.error(line, Problem::Unnamed));
            }
            if scenario.steps.is_empty() {
                return Err(self.error(line, Problem::EmptyScenario));
            }
            if !scenario.steps.iter().any(|step| step.ty == StepType::Then) {
                return Err(self.error(line, Problem::NoThen));
            }
            let steps: Vec<&gherkin::Step> = around
                .backgrounds
                .iter()
                .flat_map(|background| &background.steps)
                .chain(&scenario.steps)
                .collect();
            if steps.len() > STEPS_MAX {
                return Err(self.error(line, Problem::TooManySteps));
            }
            let tables = scenario.examples.iter().filter_map(|e| e.table.as_ref());
            let tables = tables.chain(steps.iter().filter_map(|step| step.table.as_ref()));
            tables
                .into_iter()
                .try_for_each(|table| self.not_ragged(table))?;
            let critical = around.critical | self.critical(&scenario.tags, line)?;
            let outline = Outline {
                reader: self,
                scenario,
                steps,
                critical,
            };
            outline.expand(drafts)?;
        }
        Ok(())
    }

    /// Text where steps belong is a step that somebody misspelt, until it is made a comment.
    fn no_prose(&self, description: Option<&str>, line: usize) -> Result<(), ScenarioError> {
        match description {
            None => Ok(()),
            Some(_) => Err(self.error(line, Problem::StrayText)),
        }
    }

    /// The parser cuts a row to the length of its heading; here it is counted as it was written.
    fn not_ragged(&self, table: &gherkin::Table) -> Result<(), ScenarioError> {
        let written = self
            .text
            .get(table.span.start..table.span.end)
            .unwrap_or("");
        let cells = |row: &str| {
            let row = row.replace("\\\\", "").replace("\\|", "");
            row.matches('|').count().saturating_sub(1)
        };
        let is_row = |line: &&str| line.trim_start().starts_with('|');
        let rows: Vec<_> = written.lines().filter(is_row).map(cells).collect();
        if rows.len() == table.rows.len() && rows.iter().all(|cells| *cells == table.row_width()) {
            Ok(())
        } else {
            Err(self.error(table.position.line, Problem::RaggedTable))
        }
    }

    fn critical(&self, tags: &[String], line: usize) -> Result<bool, ScenarioError> {
        if tags.iter().any(|tag| tag != CRITICAL) {
            return Err(self.error(line, Problem::UnknownTag));
        }
        Ok(!tags.is_empty())
    }
}

struct Outline<'g> {
    reader: &'g Reader<'g>,
    scenario: &'g gherkin::Scenario,
    steps: Vec<&'g gherkin::Step>,
    critical: bool,
}

impl Outline<'_> {
    fn expand(&self, drafts: &mut Vec<Draft>) -> Result<(), ScenarioError> {
        let line = self.scenario.position.line;
        if self.scenario.examples.is_empty() {
            if self.scenario.keyword != "Scenario" && self.scenario.keyword != "Example" {
                return Err(self.reader.error(line, Problem::NoExamples));
            }
            drafts.push(self.draft(0, line, self.critical, None)?);
            return Ok(());
        }
        let mut row_number = 0;
        let mut seen = BTreeSet::new();
        for examples in &self.scenario.examples {
            let critical = self.critical
                | self
                    .reader
                    .critical(&examples.tags, examples.position.line)?;
            for cells in self.rows(examples)? {
                let at = examples.position.line;
                if !seen.insert(cells.clone()) {
                    return Err(self.reader.error(at, Problem::DuplicateRow));
                }
                drafts.push(self.draft(row_number, at, critical, Some(&cells))?);
                row_number += 1;
                if drafts.len() > SCENARIOS_MAX {
                    return Err(self.reader.error(at, Problem::TooManyScenarios));
                }
            }
        }
        Ok(())
    }

    /// The rows as heading to cell; at least one.
    fn rows(&self, examples: &Examples) -> Result<Vec<BTreeMap<String, String>>, ScenarioError> {
        let at = |problem| self.reader.error(examples.position.line, problem);
        self.reader
            .no_prose(examples.description.as_deref(), examples.position.line)?;
        let table = examples
            .table
            .as_ref()
            .ok_or_else(|| at(Problem::NoExamples))?;
        let (heading, rows) = table
            .rows
            .split_first()
            .filter(|(_, rows)| !rows.is_empty())
            .ok_or_else(|| at(Problem::NoExamples))?;
        let distinct: BTreeSet<_> = heading.iter().filter(|h| !h.is_empty()).collect();
        if distinct.len() != heading.len() {
            return Err(at(Problem::BadHeading));
        }
        let used = |name: &String| {
            let placeholder = format!("<{name}>");
            self.scenario.name.contains(&placeholder)
                || self.steps.iter().any(|step| {
                    let cells = step
                        .table
                        .iter()
                        .flat_map(|table| table.rows.iter().flatten());
                    cells
                        .chain(&step.docstring)
                        .chain([&step.value])
                        .any(|text| text.contains(&placeholder))
                })
        };
        if !heading.iter().all(used) {
            return Err(at(Problem::BadHeading));
        }
        Ok(rows
            .iter()
            .map(|row| heading.iter().cloned().zip(row.iter().cloned()).collect())
            .collect())
    }

    fn draft(
        &self,
        row: usize,
        line: usize,
        critical: bool,
        cells: Option<&BTreeMap<String, String>>,
    ) -> Result<Draft, ScenarioError> {
        let fill = |text: &str, line: usize| match cells {
            None => Ok(text.to_owned()),
            Some(cells) => fill(text, cells)
                .ok_or_else(|| self.reader.error(line, Problem::UnknownPlaceholder)),
        };
        let mut steps = Vec::new();
        for step in &self.steps {
            let at = step.position.line;
            let text = fill(&step.value, at)?;
            let block = step.docstring.as_ref().map(|b| fill(b, at)).transpose()?;
            let rows = step.table.as_ref().map(|table| {
                let filled = |row: &Vec<String>| row.iter().map(|cell| fill(cell, at)).collect();
                table
                    .rows
                    .iter()
                    .map(filled)
                    .collect::<Result<Vec<Vec<_>>, _>>()
            });
            let rows = rows.transpose()?;
            steps.push(Line {
                step: vocabulary::parse(&text, block.as_deref(), rows.as_deref()),
                text,
                line: at,
            });
        }
        Ok(Draft {
            name: fill(&self.scenario.name, line)?,
            row,
            line,
            critical,
            steps,
        })
    }
}

/// Puts cells in place of `<heading>`, once: a cell is not searched again. `None` for a placeholder without a heading.
fn fill(text: &str, cells: &BTreeMap<String, String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        filled.push_str(before);
        match after.split_once('>') {
            Some((name, after)) => {
                filled.push_str(cells.get(name)?);
                rest = after;
            }
            None => {
                filled.push('<');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    Some(filled)
}
