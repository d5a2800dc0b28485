//! What can be wrong with the files of scenarios, and how much of them is read.
//!
//! INVARIANT: an error names a place and a rule; it never quotes a scenario.

/// Feature files of one stack.
pub(super) const FILES_MAX: usize = 200;

/// Bytes of one feature file: what a person writes by hand.
pub(super) const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Scenarios of one stack, rows of outlines counted: each costs a judgement in each trial.
pub(super) const SCENARIOS_MAX: usize = 1_000;

/// Why scenarios cannot be used. Shown to the operator; it names places, never text of a scenario.
#[derive(Debug, thiserror::Error)]
#[error("reading holdouts at `{file}` line {line}: {problem}")]
pub struct ScenarioError {
    file: String,
    line: usize,
    problem: Problem,
}

/// What is wrong with a feature file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The folder or the file cannot be read.
    #[error("it cannot be read: {0}")]
    Io(std::io::ErrorKind),
    /// Not a regular file, or not named `*.feature`.
    #[error(
        "only plain files named `*.feature` belong here, beside `*.md` and names that begin with a dot"
    )]
    NotAFeatureFile,
    /// More files than are read.
    #[error("there are more than {FILES_MAX} files")]
    TooManyFiles,
    /// Two files have one name.
    #[error("the file is given twice")]
    DuplicateFile,
    /// Larger than what is read.
    #[error("the file is larger than {FILE_BYTES_MAX} bytes or has more lines than are read")]
    TooLarge,
    /// Not UTF-8, or with control characters.
    #[error("the file must be UTF-8 without control characters and without a byte order mark")]
    NotPlainText,
    /// Another language than English.
    #[error("keywords are read in English only, remove the language line")]
    Language,
    /// The parser refused it.
    #[error("this is not Gherkin, compare the keyword and the colon with a scenario that works")]
    Syntax,
    /// Text that is no step, such as a misspelt keyword.
    #[error(
        "text that is not a step stands where steps belong, correct the keyword or make it a comment"
    )]
    StrayText,
    /// No scenario in a file.
    #[error("the file has no scenario")]
    NoScenario,
    /// More scenarios than are judged.
    #[error("there are more than {SCENARIOS_MAX} scenarios")]
    TooManyScenarios,
    /// A scenario without a name.
    #[error("the scenario has no name")]
    Unnamed,
    /// A scenario without steps.
    #[error("the scenario has no step")]
    EmptyScenario,
    /// A scenario that expects nothing.
    #[error("the scenario has no `Then`, so that it asks for nothing")]
    NoThen,
    /// More steps than are judged.
    #[error("the scenario has more steps than are judged")]
    TooManySteps,
    /// Two scenarios have one name.
    #[error("another scenario has the same name")]
    DuplicateScenario,
    /// A tag that means nothing here.
    #[error("the only tag is `@critical`, a misspelt one would lose its veto")]
    UnknownTag,
    /// A row of a table is longer than its heading.
    #[error("each row of a table must have as many cells as its heading")]
    RaggedTable,
    /// An outline without rows.
    #[error("the outline has no examples")]
    NoExamples,
    /// A heading that is empty or occurs twice, or that no step uses.
    #[error(
        "each heading of the examples must be used once in the heading and at least once in the outline"
    )]
    BadHeading,
    /// A placeholder without a heading.
    #[error("a placeholder is not a heading of the examples")]
    UnknownPlaceholder,
    /// Two rows are the same.
    #[error("a row of the examples occurs twice")]
    DuplicateRow,
}

impl ScenarioError {
    pub(super) fn new(file: &str, line: usize, problem: Problem) -> Self {
        Self {
            file: crate::names::excerpt(file),
            line,
            problem,
        }
    }

    /// What is wrong.
    #[must_use]
    pub const fn problem(&self) -> Problem {
        self.problem
    }

    /// The line, from 1; 0 where the whole file or folder is meant.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}
