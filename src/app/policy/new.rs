//! `lightsout policy new`: a pack in which everything is in its place, for its writer to change.

use std::path::{Path, PathBuf};

use super::{plain, print, print_json};
use crate::app::Outside;
use crate::cli::{Format, New};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::names::{PackageName, RuleId};
use crate::pipeline::policy::metadata::{PackDoc, stem};
use crate::report::rules::markdown;

/// The templates: name of the file, and its text. `{rule}` is the rule's id, `{stem}` its file's name, `{pack}` the pack's.
const TEMPLATES: [(&str, &str); 7] = [
    ("pack.yaml", include_str!("new/pack.yaml")),
    ("{stem}.rego", include_str!("new/rule.rego")),
    ("{stem}_test.rego", include_str!("new/rule_test.rego")),
    ("README.md", include_str!("new/README.md")),
    ("examples/{rule}/allow.json", include_str!("new/allow.json")),
    ("examples/{rule}/deny.json", include_str!("new/deny.json")),
    (
        "examples/{rule}/unknown.json",
        include_str!("new/unknown.json"),
    ),
];

/// Writes a pack.
///
/// # Errors
/// There is something already, or the folder's name is none for a pack.
pub(super) fn run(outside: &Outside, arguments: &New) -> Result<Exit, Fault> {
    let folder = plain(&arguments.folder);
    let wrong = |why: &str| Fault::Usage(format!("a pack in `{}`: {why}", folder.display()));
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    let name = PackageName::new(name).map_err(|error| wrong(&error.to_string()))?;
    if std::fs::symlink_metadata(&folder).is_ok() {
        return Err(wrong("it is there already; give the name of a new folder"));
    }
    let rule = format!(
        "{}-TAG-001",
        name.as_str().to_ascii_uppercase().replace('_', "-")
    );
    let rule = RuleId::new(rule).map_err(|error| wrong(&error.to_string()))?;
    let fill = |text: &str| {
        text.replace("{rule}", rule.as_str())
            .replace("{stem}", &stem(&rule))
            .replace("{pack}", name.as_str())
    };
    let mut files = Vec::new();
    for (path, text) in TEMPLATES {
        files.push(write(&folder, &fill(path), &fill(text))?);
    }
    document(&folder)?;
    match outside.format {
        Format::Json => {
            print_json(&serde_json::json!({ "pack": name, "rule": rule, "files": files }))
        }
        Format::Human => print(&format!(
            "{name} has one rule, {rule}; `lightsout policy test {}` tests it",
            folder.display()
        )),
    }?;
    Ok(Exit::Done)
}

fn write(folder: &Path, path: &str, text: &str) -> Result<PathBuf, Fault> {
    let target = folder.join(path);
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent).map_err(Fault::file("making", parent))?;
    }
    std::fs::write(&target, text).map_err(Fault::file("writing", &target))?;
    Ok(target)
}

/// The generated part of README.md follows its introduction.
fn document(folder: &Path) -> Result<(), Fault> {
    let doc = PackDoc::of_folder(folder).map_err(|error| Fault::Usage(error.to_string()))?;
    let path = folder.join("README.md");
    let text = std::fs::read_to_string(&path).map_err(Fault::file("reading", &path))?;
    let text = format!("{text}\n{}", markdown(&doc));
    std::fs::write(&path, text).map_err(Fault::file("writing", &path))
}
