//! The examples of a pack: for each rule, what it allows, what it denies, and what it cannot decide.
//!
//! `examples/RULE/{allow,deny,unknown}.json` are objects: the name of an example, and one subject or an array of them. A subject leaves out
//! what does not matter there; this module fills it in.
//!
//! INVARIANT: nothing in the folder is passed over. What is no example is an error that names the file and the place in it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::subject::{Outcome, Request, Stack, Subject, outcome};
use crate::bounded;
use crate::names::{NameError, RuleId, StackName};

/// What `time.now_ns` answers in examples: the beginning of the year 2026.
const NOW_NS: i64 = 1_767_225_600_000_000_000;
/// The folder of a pack's examples.
pub const FOLDER: &str = "examples";
/// LIMIT: bytes of one file of examples.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// LIMIT: folders of examples in a pack, and files in one of them.
const ENTRIES_MAX: usize = 1000;

/// What a rule says of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing, and it knows.
    Allow,
    /// At least one finding.
    Deny,
    /// Something in it is not known at preview.
    Unknown,
}

impl Kind {
    /// All of them: a rule has a file for each.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Deny, Self::Unknown];

    /// The file of a rule's examples of this kind.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Allow => "allow.json",
            Self::Deny => "deny.json",
            Self::Unknown => "unknown.json",
        }
    }

    fn of_file(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.file() == name)
    }
}

/// One example.
#[derive(Debug, Clone)]
pub struct Example {
    /// The rule that it is an example for.
    pub rule: RuleId,
    /// What that rule says of it.
    pub kind: Kind,
    /// Its name in the file.
    pub name: String,
    /// What is judged.
    pub subjects: Vec<Subject>,
}

impl Example {
    /// Whether it has something unknown that does not matter to the rule: the rule says nothing and knows.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.kind == Kind::Unknown && self.name.starts_with("decided")
    }

    /// Whether anything in it is not known, by its own word.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        self.subjects.iter().any(|subject| {
            let lists = [
                &subject.unknown_paths,
                &subject.unknown_output_paths,
                &subject.unknown_old_paths,
            ];
            lists.into_iter().any(|paths| !paths.is_empty())
        })
    }

    /// What is evaluated: the subjects in the stack `dev` of the project `site`.
    ///
    /// # Errors
    /// Never: the stack's name is one.
    pub fn request(&self) -> Result<Request, NameError> {
        let stack = Stack {
            project: "site".to_owned(),
            name: StackName::new("dev")?,
        };
        Ok(Request {
            now_ns: Some(NOW_NS),
            stack,
            subjects: self.subjects.clone(),
        })
    }
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: {}", self.rule, self.kind.file(), self.name)
    }
}

/// Why the examples of a pack cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("reading examples: `{}`{}: {why}", path.display(), place(*.at))]
pub struct Error {
    path: PathBuf,
    /// Line and column, counted from 1.
    at: Option<(usize, usize)>,
    why: String,
}

fn place(at: Option<(usize, usize)>) -> String {
    at.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"))
}

impl Error {
    fn new(path: &Path, why: impl fmt::Display) -> Self {
        Self {
            path: path.to_owned(),
            at: None,
            why: why.to_string(),
        }
    }
}

/// Reads the examples of the pack in a folder.
///
/// # Errors
/// The folder cannot be read, or holds anything but examples.
pub fn read(pack: &Path) -> Result<Vec<Example>, Error> {
    let folder = pack.join(FOLDER);
    let mut examples = Vec::new();
    for (name, kind) in list(&folder)? {
        let path = folder.join(&name);
        if !kind.is_dir() {
            let why = "is not a folder; examples are in `examples/RULE/{allow,deny,unknown}.json`";
            return Err(Error::new(&path, why));
        }
        let rule = RuleId::new(name).map_err(|error| Error::new(&path, error))?;
        for (name, kind) in list(&path)? {
            let file = path.join(&name);
            match Kind::of_file(&name) {
                Some(kind_of_example) if kind.is_file() => {
                    let text = read_limited(&file)?;
                    examples.extend(parse(&file, &text, &rule, kind_of_example)?);
                }
                Some(_) | None => {
                    let why =
                        "is not one of the files `allow.json`, `deny.json` and `unknown.json`";
                    return Err(Error::new(&file, why));
                }
            }
        }
    }
    Ok(examples)
}

fn list(folder: &Path) -> Result<Vec<(String, std::fs::FileType)>, Error> {
    let fail = |error: std::io::Error| Error::new(folder, error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push((name, entry.file_type().map_err(fail)?));
        if found.len() > ENTRIES_MAX {
            return Err(Error::new(folder, "holds too many files"));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn read_limited(path: &Path) -> Result<Vec<u8>, Error> {
    let read = std::fs::File::open(path).and_then(|file| bounded::read(file, FILE_BYTES_MAX));
    let bytes = read.map_err(|error| Error::new(path, error))?;
    bytes.ok_or_else(|| Error::new(path, "is larger than 4 MiB"))
}

/// The examples in the text of one file.
///
/// # Errors
/// It is not one, or holds none.
pub fn parse(path: &Path, text: &[u8], rule: &RuleId, kind: Kind) -> Result<Vec<Example>, Error> {
    let at = |at: (usize, usize), why: String| Error {
        path: path.to_owned(),
        at: Some(at),
        why,
    };
    let text = std::str::from_utf8(text).map_err(|error| Error::new(path, error))?;
    let entries: Entries<'_> = serde_json::from_str(text)
        .map_err(|error| at((error.line(), error.column()), error.to_string()))?;
    if entries.0.is_empty() {
        return Err(Error::new(path, "holds no example"));
    }
    let mut examples: Vec<Example> = Vec::with_capacity(entries.0.len());
    for (name, raw) in entries.0 {
        let start = position(text, raw.get());
        let wrong = |why: String| at(start, format!("example `{name}`: {why}"));
        if examples.iter().any(|known| known.name == name) {
            return Err(wrong("its name is used twice".to_owned()));
        }
        let sketches: Vec<Map<String, Value>> = if raw.get().starts_with('[') {
            serde_json::from_str(raw.get())
        } else {
            serde_json::from_str(raw.get()).map(|sketch| vec![sketch])
        }
        .map_err(|error| wrong(error.to_string()))?;
        let subjects = sketches.into_iter().map(complete);
        let subjects = subjects.collect::<Result<_, _>>().map_err(wrong)?;
        examples.push(Example {
            rule: rule.clone(),
            kind,
            name,
            subjects,
        });
    }
    Ok(examples)
}

/// Line and column of a part of a text.
fn position(text: &str, part: &str) -> (usize, usize) {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// Names and what they stand for, in the file's order, a name used twice among them.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an object: the name of an example, and one subject or an array of them",
                )
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Each).map(Self)
    }
}

/// The subject of which only what matters was written.
fn complete(mut sketch: Map<String, Value>) -> Result<Subject, String> {
    let Some(kind) = sketch.get("type").and_then(Value::as_str) else {
        return Err("it has no `type`".to_owned());
    };
    let kind = kind.to_owned();
    let op = text(&mut sketch, "op", "create")?;
    let name = text(&mut sketch, "name", "it")?;
    text(
        &mut sketch,
        "urn",
        &format!("urn:pulumi:dev::site::{kind}::{name}"),
    )?;
    let inputs = if outcome(&op) == Some(Outcome::Absent) {
        Value::Null
    } else {
        json!({})
    };
    let nothing = || Value::Array(Vec::new());
    for (key, value) in [
        ("inputs", inputs),
        ("provider", Value::Null),
        ("old_inputs", Value::Null),
        ("outputs", Value::Null),
        ("old_options", Value::Null),
        ("options", json!({})),
        ("diff", nothing()),
        ("unknown_paths", nothing()),
        ("unknown_output_paths", nothing()),
        ("unknown_old_paths", nothing()),
        ("secret_paths", nothing()),
    ] {
        sketch.entry(key).or_insert(value);
    }
    for of in ["options", "old_options"] {
        if let Some(options) = sketch.get_mut(of).and_then(Value::as_object_mut) {
            for key in ["protect", "retain_on_delete"] {
                options.entry(key).or_insert(json!(false));
            }
            // A run does not know what the state ignores.
            if of == "options" {
                options.entry("ignore_changes").or_insert_with(nothing);
            }
        }
    }
    serde_json::from_value(Value::Object(sketch)).map_err(|error| error.to_string())
}

/// A text of the sketch, which gets this one if it has none.
fn text(sketch: &mut Map<String, Value>, key: &str, otherwise: &str) -> Result<String, String> {
    let value = sketch.entry(key).or_insert_with(|| otherwise.into());
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| format!("`{key}` is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Example>, Error> {
        let rule = RuleId::new("AWS-S3-001").unwrap();
        parse(
            Path::new("unknown.json"),
            text.as_bytes(),
            &rule,
            Kind::Unknown,
        )
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        let text = r#"{"one": {"type": "a:b:C"}, "decided two": [{"type": "a:b:C", "op": "delete", "name": "x",
            "options": {"protect": true}, "unknown_paths": [["a", 0]]}]}"#;
        let examples = read(text).unwrap();
        let [one, two] = examples.as_slice() else {
            panic!("two examples");
        };
        let subject = &one.subjects[0];
        assert_eq!(subject.urn.as_str(), "urn:pulumi:dev::site::a:b:C::it");
        assert_eq!(
            (subject.op.as_str(), &subject.inputs),
            ("create", &json!({}))
        );
        assert!(!one.is_decided() && !one.has_unknown());
        let subject = &two.subjects[0];
        assert_eq!((subject.urn.name(), &subject.inputs), ("x", &Value::Null));
        assert!(subject.options.protect && !subject.options.retain_on_delete);
        assert!(two.is_decided() && two.has_unknown());
    }

    #[test]
    fn what_is_no_example_is_named_with_its_place() {
        for (text, expect) in [
            ("{", "unknown.json`:1:1: EOF"),
            ("[]", "invalid type"),
            ("{}", "holds no example"),
            ("{\n \"x\": {}}", ":2:7: example `x`: it has no `type`"),
            (
                r#"{"x": {"type": "a:b:C", "inptus": 1}}"#,
                "unknown field `inptus`",
            ),
            (
                r#"{"x": {"type": "a:b:C"}, "x": {"type": "a:b:C"}}"#,
                "used twice",
            ),
            (r#"{"x": {"type": "a:b:C", "op": 3}}"#, "`op` is not text"),
            (r#"{"x": [1]}"#, "invalid type"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expect), "{text}: {error}");
        }
    }
}
