//! `Pulumi.yaml`: which runtime a stack has, and which of its top-level keys a proposal may change.
//!
//! Two parsers must agree before a change passes: ours, and the engine's, which is another one. So the file is judged twice, by
//! value and by text: every top-level section but the program's own must be the base commit's, byte for byte, and the sections
//! that a reader of lines sees must be those that the parser sees.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{File, RelPath, Tree};

/// The project file.
pub(super) const PROJECT: &str = "Pulumi.yaml";
/// A YAML program beside its project file; the YAML host prefers it.
pub(super) const PROGRAM: &str = "Main.yaml";

/// The top-level keys that are the program.
const PROGRAM_KEYS: [&str; 3] = ["resources", "variables", "outputs"];

/// LIMIT: bytes of a project file; it is parsed.
const PROJECT_BYTES_MAX: usize = 1 << 20;

/// What a stack's program is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// Pulumi's YAML: the program is data.
    Yaml,
    /// JavaScript or TypeScript on Node.
    Node,
    /// Python.
    Python,
}

/// The base commit's folder is no project that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// There is none.
    #[error("the base commit has no `Pulumi.yaml` in the stack's folder: commit the project first")]
    Missing,
    /// It cannot be parsed.
    #[error("reading `Pulumi.yaml` of the base commit: {cause}")]
    Unreadable {
        /// What the parser said.
        cause: String,
    },
    /// It does not say.
    #[error("`Pulumi.yaml` of the base commit names no `runtime`")]
    NoRuntime,
    /// It names one that we cannot start.
    #[error(
        "`Pulumi.yaml` of the base commit names the runtime `{runtime}`: only `yaml`, `nodejs` and `python` can be run"
    )]
    UnknownRuntime {
        /// Its name, escaped.
        runtime: String,
    },
}

/// The runtime that the base commit's project names.
///
/// # Errors
/// There is no project that can be read, or none of a runtime that we know.
pub fn runtime(base: &Tree) -> Result<Runtime, ProjectError> {
    let file = base.file(PROJECT).ok_or(ProjectError::Missing)?;
    let keys = parse(file).map_err(|cause| ProjectError::Unreadable { cause })?;
    let runtime = keys.get("runtime").ok_or(ProjectError::NoRuntime)?;
    let name = runtime.as_str().or_else(|| runtime.get("name")?.as_str());
    match name {
        None => Err(ProjectError::NoRuntime),
        Some("yaml") => Ok(Runtime::Yaml),
        Some("nodejs") => Ok(Runtime::Node),
        Some("python") => Ok(Runtime::Python),
        Some(other) => Err(ProjectError::UnknownRuntime {
            runtime: super::path::shown(other.as_bytes()),
        }),
    }
}

/// May the program in this file change from one version to the other?
pub(super) fn judge(
    path: &RelPath,
    before: Option<&File>,
    after: Option<&File>,
) -> Result<(), String> {
    let Some(after) = after else {
        return Err("must not be deleted".to_owned());
    };
    if path.as_str() == PROJECT && before.is_none() {
        return Err("must not be added".to_owned());
    }
    if before.is_some_and(|before| before.mode() != after.mode())
        || after.mode() == super::Mode::Executable
    {
        return Err("must not change its mode".to_owned());
    }
    let old = match before {
        None => (BTreeMap::new(), Sections::new()),
        Some(before) => read(before).map_err(|cause| format!("of the base commit {cause}"))?,
    };
    let new = read(after)?;
    let keys: BTreeSet<&String> = old.0.keys().chain(new.0.keys()).collect();
    for key in keys {
        if PROGRAM_KEYS.contains(&key.as_str()) {
            continue;
        }
        let same_value = old.0.get(key) == new.0.get(key);
        let same_text = old.1.get(key) == new.1.get(key);
        if !same_value || !same_text {
            let key = super::path::shown(key.as_bytes());
            return Err(format!(
                "changes its top-level key `{key}`, which is configuration"
            ));
        }
    }
    Ok(())
}

type Values = BTreeMap<String, Value>;
type Sections = BTreeMap<String, String>;

/// The file by value and by text, both with the same top-level keys.
fn read(file: &File) -> Result<(Values, Sections), String> {
    let values = parse(file).map_err(|cause| format!("cannot be read: {cause}"))?;
    let sections = sections(file)?;
    if values.keys().ne(sections.keys()) {
        return Err("is written so that its top-level keys depend on the reader".to_owned());
    }
    Ok((values, sections))
}

fn parse(file: &File) -> Result<Values, String> {
    if file.bytes().len() > PROJECT_BYTES_MAX {
        return Err(format!("it is larger than {PROJECT_BYTES_MAX} bytes"));
    }
    let text = std::str::from_utf8(file.bytes()).map_err(|_| "it is not UTF-8".to_owned())?;
    serde_saphyr::from_str(text).map_err(|error| super::path::shown(error.to_string().as_bytes()))
}

/// Splits a file into its top-level sections: a key at the beginning of a line, and all lines until the next one. Only the
/// plainest form is read; whatever else stands at the beginning of a line is refused.
fn sections(file: &File) -> Result<Sections, String> {
    let text = std::str::from_utf8(file.bytes()).map_err(|_| "is not UTF-8".to_owned())?;
    // YAML 1.1, which the engine reads, breaks lines where YAML 1.2 does not.
    let breaks = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if text.replace("\r\n", "\n").contains(breaks) {
        return Err(
            "holds a character that only some readers take for the end of a line".to_owned(),
        );
    }
    let mut sections = Sections::new();
    let mut current: Option<(String, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_end();
        let continues = line.starts_with([' ', '\t']) || line.starts_with("- ") || line == "-";
        if line.is_empty() || line.starts_with('#') || (line == "---" && current.is_none()) {
            continue;
        }
        if continues {
            let Some((_, body)) = &mut current else {
                return Err(format!("has its line {} before any key", number + 1));
            };
            body.push_str(line);
            body.push('\n');
            continue;
        }
        let key = line.split(':').next().unwrap_or("");
        let rest = line.get(key.len()..).unwrap_or("");
        let plain = !key.is_empty()
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !plain || !(rest == ":" || rest.starts_with(": ")) {
            return Err(format!(
                "has a top-level line {} that is not a plain `key:`",
                number + 1
            ));
        }
        if let Some((key, body)) = current.take() {
            sections.insert(key, body);
        }
        if sections.contains_key(key) {
            return Err(format!("has the top-level key `{key}` twice"));
        }
        current = Some((key.to_owned(), format!("{line}\n")));
    }
    sections.extend(current);
    Ok(sections)
}
