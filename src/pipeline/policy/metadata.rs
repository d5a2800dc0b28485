//! What a pack's rules say about themselves, for people: their METADATA, read from the comments, without OPA.
//!
//! It decides nothing: what a rule demands when it judges is what OPA read from the same comments when the pack was compiled. A pack's own
//! tests compare the two.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::Dir;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::example::{self, Example, Kind};
use super::rule::{Level, Scope, Severity, Unknown};
use crate::names::{PackageName, RuleId};

/// LIMIT: bytes of one file, and files of one pack.
const FILE_BYTES_MAX: u64 = 1 << 20;
const FILES_MAX: usize = 1000;
/// The manifest's name.
const MANIFEST: &str = "pack.yaml";

/// A pack as it is documented.
#[derive(Debug, Clone, Serialize)]
pub struct PackDoc {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Its rules, by id.
    pub rules: Vec<RuleDoc>,
}

/// A rule as it is documented.
#[derive(Debug, Clone, Serialize)]
pub struct RuleDoc {
    /// Its id.
    pub id: RuleId,
    /// The file that defines it.
    pub file: String,
    /// What it demands, in a few words.
    pub title: String,
    /// Why.
    pub description: String,
    /// How bad a finding is.
    pub severity: Severity,
    /// Whether a finding refuses.
    pub level: Level,
    /// `resource` or `stack`.
    pub scope: &'static str,
    /// The types of resources that it looks at; `*` for all.
    pub types: Vec<String>,
    /// The operations that it looks at; none for all that leave something there.
    pub ops: Vec<String>,
    /// What an unknown value means to it: `undetermined`, `deny` or `irrelevant`.
    pub unknown: &'static str,
    /// Its parameters.
    pub parameters: BTreeMap<String, ParameterDoc>,
    /// What to do about a finding.
    pub remediation: String,
    /// The controls that it is about, by the framework's name.
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// Where to read more.
    pub related: Vec<String>,
}

/// A parameter of a rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterDoc {
    /// `boolean`, `integer`, `string` or `strings`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its value where nobody sets one.
    pub default: Value,
}

/// Why a pack's documentation cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("reading policy pack `{}`: `{name}`{}: {why}", path.display(), line.map_or_else(String::new, |line| format!(", line {line}")))]
pub struct Error {
    path: PathBuf,
    name: String,
    /// Counted from 1.
    line: Option<usize>,
    why: String,
}

#[derive(Deserialize)]
struct Manifest {
    name: PackageName,
    version: String,
    description: String,
}

/// A METADATA block of a package.
#[derive(Deserialize)]
struct Block {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    related_resources: Vec<Related>,
    custom: Custom,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Related {
    Ref {
        #[serde(rename = "ref")]
        at: String,
    },
    Text(String),
}

#[derive(Deserialize)]
struct Custom {
    id: RuleId,
    severity: Severity,
    level: Level,
    scope: Scope,
    types: Types,
    #[serde(default)]
    ops: Vec<String>,
    unknown: Unknown,
    #[serde(default)]
    parameters: BTreeMap<String, ParameterDoc>,
    remediation: String,
    #[serde(default)]
    frameworks: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Types {
    One(String),
    Many(Vec<String>),
}

impl PackDoc {
    /// The documentation of the pack in a folder.
    ///
    /// # Errors
    /// A file cannot be read, or its METADATA is not as it should be.
    pub fn of_folder(folder: &Path) -> Result<Self, Error> {
        let fail = |name: &str, error: std::io::Error| Error {
            path: folder.to_owned(),
            name: name.to_owned(),
            line: None,
            why: error.to_string(),
        };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|error| fail(".", error))? {
            let entry = entry.map_err(|error| fail(".", error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !decides(&name) {
                continue;
            }
            let bytes = read_limited(&entry.path()).map_err(|error| fail(&name, error))?;
            files.insert(name.clone(), bytes);
            if files.len() > FILES_MAX {
                return Err(fail(&name, std::io::Error::other("one file too many")));
            }
        }
        Self::of_files(folder, &files)
    }

    /// Whether the pack in a folder documents its rules: one for Pulumi's own OPA runtime does not.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(MANIFEST).is_file()
    }

    /// The documentation of a pack of the binary.
    ///
    /// # Errors
    /// Its METADATA is not as it should be.
    pub fn of_dir(name: &str, dir: &Dir<'_>) -> Result<Self, Error> {
        let files = dir.files().filter_map(|file| {
            let name = file.path().file_name()?.to_str()?.to_owned();
            decides(&name).then(|| (name, file.contents().to_vec()))
        });
        Self::of_files(Path::new(name), &files.collect())
    }

    fn of_files(path: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<Self, Error> {
        let refuse = |name: &str, line, why: String| Error {
            path: path.to_owned(),
            name: name.to_owned(),
            line,
            why,
        };
        let manifest = files.get(MANIFEST).ok_or_else(|| {
            let why = "is missing: only such a pack documents its rules; others can be built and evaluated";
            refuse(MANIFEST, None, why.to_owned())
        })?;
        let manifest: Manifest = std::str::from_utf8(manifest)
            .map_err(|error| error.to_string())
            .and_then(|text| serde_saphyr::from_str(text).map_err(|error| error.to_string()))
            .map_err(|why| refuse(MANIFEST, None, why))?;
        let mut rules = Vec::new();
        for (name, bytes) in files.iter().filter(|(name, _)| *name != MANIFEST) {
            let text = std::str::from_utf8(bytes)
                .map_err(|error| refuse(name, None, error.to_string()))?;
            let rule = rule(name, text).map_err(|(line, why)| refuse(name, Some(line), why))?;
            rules.extend(rule);
        }
        rules.sort_by(|a: &RuleDoc, b| a.id.cmp(&b.id));
        Ok(Self {
            name: manifest.name,
            version: manifest.version,
            description: manifest.description,
            rules,
        })
    }

    /// The rule of this id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&RuleDoc> {
        self.rules.iter().find(|rule| rule.id.as_str() == id)
    }
}

/// The file that a rule of this id is in, without `.rego`.
#[must_use]
pub fn stem(rule: &RuleId) -> String {
    rule.as_str().to_ascii_lowercase().replace('-', "_")
}

fn decides(name: &str) -> bool {
    name == MANIFEST || (name.ends_with(".rego") && !name.ends_with("_test.rego"))
}

fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = crate::bounded::read(std::fs::File::open(path)?, FILE_BYTES_MAX)?;
    bytes.ok_or_else(|| std::io::Error::other("it is larger than 1 MiB"))
}

/// The rule that a file declares; none for a file of helpers.
fn rule(file: &str, text: &str) -> Result<Option<RuleDoc>, (usize, String)> {
    for (line, block) in blocks(text) {
        let wrong = |error: String| (line, format!("METADATA: {error}"));
        let loose: Map<String, Value> =
            serde_saphyr::from_str(&block).map_err(|error| wrong(error.to_string()))?;
        let is_package = loose.get("scope").and_then(Value::as_str) == Some("package");
        if !is_package || !loose.contains_key("custom") {
            continue;
        }
        let block: Block = serde_json::from_value(Value::Object(loose))
            .map_err(|error| wrong(error.to_string()))?;
        return Ok(Some(block.into_rule(file)));
    }
    Ok(None)
}

/// Every METADATA block as YAML, with the line that it begins on.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (at, line) in (1..).zip(text.lines()) {
        let Some(comment) = line.strip_prefix('#') else {
            inside = false;
            continue;
        };
        if comment.trim() == "METADATA" {
            inside = true;
            found.push((at, String::new()));
        } else if let (true, Some((_, block))) = (inside, found.last_mut()) {
            block.push_str(comment);
            block.push('\n');
        }
    }
    found
}

impl Block {
    fn into_rule(self, file: &str) -> RuleDoc {
        let related = self.related_resources.into_iter().map(|each| match each {
            Related::Ref { at } => at,
            Related::Text(text) => text,
        });
        let custom = self.custom;
        RuleDoc {
            id: custom.id,
            file: file.to_owned(),
            title: self.title,
            description: self.description,
            severity: custom.severity,
            level: custom.level,
            scope: match custom.scope {
                Scope::Resource => "resource",
                Scope::Stack => "stack",
            },
            types: match custom.types {
                Types::One(one) => vec![one],
                Types::Many(many) => many,
            },
            ops: custom.ops,
            unknown: match custom.unknown {
                Unknown::Undetermined => "undetermined",
                Unknown::Deny => "deny",
                Unknown::Irrelevant => "irrelevant",
            },
            parameters: custom.parameters,
            remediation: custom.remediation,
            frameworks: custom.frameworks,
            related: related.collect(),
        }
    }
}

/// The examples of one rule of a pack of the binary, as far as they are in it.
///
/// # Errors
/// One is none: the binary was built wrong.
pub fn examples_of_dir(dir: &Dir<'_>, rule: &RuleId) -> Result<Vec<Example>, example::Error> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let path = format!("{}/{rule}/{}", example::FOLDER, kind.file());
        let path = dir.path().join(path);
        if let Some(file) = dir.get_file(&path) {
            found.extend(example::parse(&path, file.contents(), rule, kind)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "# Helpers are above.\n# METADATA\n# title: T\n# scope: package\n# related_resources: [{ref: 'https://x.test'}]\n# custom:\n#   id: A-1\n#   severity: low\n#   level: advisory\n#   scope: stack\n#   types: ['*']\n#   unknown: deny\n#   frameworks: {cis-aws-3.0: ['2.1.4']}\n#   remediation: do\npackage a\n";

    #[test]
    fn metadata_is_read_from_the_comments() {
        let rule = rule("a_1.rego", RULE).unwrap().unwrap();
        assert_eq!((rule.scope, rule.unknown), ("stack", "deny"));
        assert_eq!(rule.related, ["https://x.test"]);
        assert_eq!(rule.frameworks["cis-aws-3.0"], ["2.1.4"]);
        assert_eq!(stem(&rule.id), "a_1");
    }

    #[test]
    fn a_helper_is_no_rule_and_a_broken_block_is_named_by_its_line() {
        assert!(
            rule("lib.rego", "# A helper.\npackage a.lib\n")
                .unwrap()
                .is_none()
        );
        let (line, why) = rule("a_1.rego", &RULE.replace("low", "lowish")).unwrap_err();
        assert_eq!(line, 2);
        assert!(why.contains("lowish"), "{why}");
    }
}
