//! Hidden scenarios: a set of them, its hash, and names that say nothing.
//!
//! INVARIANT: the text of a scenario leaves this module only into [`super::Details`]. `Debug`, `Serialize`, errors and ids hold
//! none of it. Ids are salted with the contents of the whole set, so that nobody can confirm a guessed name against an id
//! without the set itself.
//!
//! It judges nothing. Whether the files are those of the base commit is the caller's to know.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::feature;
use super::problem::{FILE_BYTES_MAX, FILES_MAX, Problem, SCENARIOS_MAX, ScenarioError};
use super::vocabulary::Step;
use crate::names::Sha256;

/// A scenario's name to the outside: 16 hexadecimal digits that say nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScenarioId([u8; 8]);

/// One hidden scenario. What it says is not shown by `Debug` and not serialised.
pub struct Scenario {
    id: ScenarioId,
    critical: bool,
    name: String,
    file: String,
    line: usize,
    steps: Vec<Line>,
}

/// A step with its text, for the operator.
pub(super) struct Line {
    pub(super) step: Step,
    pub(super) text: String,
    pub(super) line: usize,
}

/// A scenario before it has an id.
pub(super) struct Draft {
    pub(super) name: String,
    /// The row of an outline, from 0.
    pub(super) row: usize,
    pub(super) line: usize,
    pub(super) critical: bool,
    pub(super) steps: Vec<Line>,
}

/// One feature file, by its plain name.
#[derive(Clone)]
pub struct FeatureFile {
    /// `NAME.feature`, without a folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// All hidden scenarios of one stack.
pub struct ScenarioSet {
    hash: Sha256,
    scenarios: Vec<Scenario>,
}

/// A step that will fail its scenario because the vocabulary does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// The feature file.
    pub file: String,
    /// Its line.
    pub line: usize,
}

impl ScenarioSet {
    /// Reads the `*.feature` files of a folder.
    ///
    /// # Errors
    /// The folder holds something else, or a file is not as it must be.
    pub fn from_folder(folder: &Path) -> Result<Self, ScenarioError> {
        let at = |problem| ScenarioError::new(".", 0, problem);
        let io = |e: std::io::Error| at(Problem::Io(e.kind()));
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // A note to people, and marks that a wall is tested with.
            if name.starts_with('.') || name.strip_suffix(".md").is_some() {
                continue;
            }
            if files.len() >= FILES_MAX {
                return Err(at(Problem::TooManyFiles));
            }
            files.push(read(&entry, name)?);
        }
        Self::parse(files)
    }

    /// Reads feature files, in any order. No file is an empty set, which passes nothing.
    ///
    /// # Errors
    /// A file is not as it must be.
    pub fn parse(mut files: Vec<FeatureFile>) -> Result<Self, ScenarioError> {
        if files.len() > FILES_MAX {
            return Err(ScenarioError::new(".", 0, Problem::TooManyFiles));
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let mut listing = String::from("lightsout holdouts 1\n");
        let mut salt = b"lightsout scenario id 1\n".to_vec();
        let mut names = BTreeSet::new();
        let mut drafts = Vec::new();
        for file in &files {
            let at = |problem| ScenarioError::new(&file.name, 0, problem);
            if !is_feature_name(&file.name) {
                return Err(at(Problem::NotAFeatureFile));
            }
            if !names.insert(&file.name) {
                return Err(at(Problem::DuplicateFile));
            }
            if u64::try_from(file.bytes.len()).map_or(true, |len| len > FILE_BYTES_MAX) {
                return Err(at(Problem::TooLarge));
            }
            listing.extend([&file.name, " ", &Sha256::of(&file.bytes).to_string(), "\n"]);
            // Another function of the same bytes than the published hash, so that the hash does not reveal the salt.
            salt.extend(Sha256::of(&[b"salt\n", file.bytes.as_slice()].concat()).as_bytes());
            for draft in feature::drafts(&file.name, &file.bytes)? {
                drafts.push((file.name.as_str(), draft));
            }
            if drafts.len() > SCENARIOS_MAX {
                return Err(at(Problem::TooManyScenarios));
            }
        }
        let salt = Sha256::of(&salt);
        Ok(Self {
            hash: Sha256::of(listing.as_bytes()),
            scenarios: name_drafts(&salt, drafts)?,
        })
    }

    /// The hash of the names and contents of all files.
    #[must_use]
    pub const fn hash(&self) -> Sha256 {
        self.hash
    }

    /// The scenarios, by file and line.
    #[must_use]
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// Steps that will fail their scenarios, so that the operator learns it before the first run.
    pub fn not_understood(&self) -> impl Iterator<Item = NotUnderstood> {
        self.scenarios.iter().flat_map(|scenario| {
            scenario
                .steps
                .iter()
                .filter(|line| matches!(line.step, Step::NotUnderstood))
                .map(|line| NotUnderstood {
                    file: scenario.file.clone(),
                    line: line.line,
                })
        })
    }
}

impl Scenario {
    /// The name to the outside.
    #[must_use]
    pub const fn id(&self) -> ScenarioId {
        self.id
    }

    /// Whether its failure alone refuses.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        self.critical
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().map(|line| &line.step)
    }

    pub(super) fn line_of(&self, step: usize) -> Option<&Line> {
        self.steps.get(step)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("id", &self.id)
            .field("critical", &self.critical)
            .finish_non_exhaustive()
    }
}

impl Serialize for Scenario {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut map = serializer.serialize_struct("Scenario", 2)?;
        map.serialize_field("id", &self.id)?;
        map.serialize_field("critical", &self.critical)?;
        map.end()
    }
}

impl fmt::Debug for ScenarioSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScenarioSet")
            .field("hash", &self.hash)
            .field("scenarios", &self.scenarios.len())
            .finish()
    }
}

impl fmt::Debug for FeatureFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeatureFile").finish_non_exhaustive()
    }
}

impl fmt::Display for ScenarioId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ScenarioId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ScenarioId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScenarioId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 8];
        if text.bytes().any(|b| b.is_ascii_uppercase())
            || hex::decode_to_slice(&text, &mut bytes).is_err()
        {
            return Err(serde::de::Error::custom(
                "a scenario id is 16 lowercase hexadecimal digits",
            ));
        }
        Ok(Self(bytes))
    }
}

fn name_drafts(salt: &Sha256, drafts: Vec<(&str, Draft)>) -> Result<Vec<Scenario>, ScenarioError> {
    let mut names = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut scenarios = Vec::new();
    for (file, draft) in drafts {
        let duplicate = || ScenarioError::new(file, draft.line, Problem::DuplicateScenario);
        if !names.insert((draft.name.clone(), draft.row)) {
            return Err(duplicate());
        }
        let hash = Sha256::of(format!("{salt}\n{file}\n{}\n{}", draft.row, draft.name).as_bytes());
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        let id = ScenarioId([a, b, c, d, e, f, g, h]);
        if !ids.insert(id) {
            return Err(duplicate());
        }
        scenarios.push(Scenario {
            id,
            critical: draft.critical,
            name: draft.name,
            file: file.to_owned(),
            line: draft.line,
            steps: draft.steps,
        });
    }
    Ok(scenarios)
}

fn is_feature_name(name: &str) -> bool {
    name.strip_suffix(".feature").is_some_and(|stem| {
        !stem.is_empty()
            && name.len() <= 100
            && stem
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    })
}

fn read(entry: &std::fs::DirEntry, name: String) -> Result<FeatureFile, ScenarioError> {
    let at = |problem| ScenarioError::new(&name, 0, problem);
    let io = |e: std::io::Error| at(Problem::Io(e.kind()));
    if !is_feature_name(&name) || !entry.file_type().map_err(io)?.is_file() {
        return Err(at(Problem::NotAFeatureFile));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(entry.path())
        .map_err(io)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    Ok(FeatureFile { name, bytes })
}
