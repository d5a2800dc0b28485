//! What differs between the base commit's folder and a proposal: for the record, for the judges, and as text for people.
//!
//! A rename is a deletion and an addition: nothing is guessed.

use std::collections::BTreeSet;

use diffy::DiffOptions;
use serde::{Deserialize, Serialize};

use super::{File, Mode, RelPath, Tree};
use crate::names::Sha256;

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Where, relative to the stack's folder.
    pub path: RelPath,
    /// How.
    pub kind: Kind,
    /// What the base commit has there.
    pub before: Option<Version>,
    /// What the proposal has there.
    pub after: Option<Version>,
}

/// How a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Only the proposal has it.
    Added,
    /// Other bytes, whatever the modes.
    Modified,
    /// Only the base has it.
    Deleted,
    /// The same bytes, but it may, or may no longer, be started.
    ModeChanged,
}

/// One version of a file, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Whether it may be started.
    pub mode: Mode,
    /// Its hash.
    pub hash: Sha256,
    /// Its length.
    pub bytes: u64,
}

impl Version {
    fn of(file: &File) -> Self {
        Self {
            mode: file.mode(),
            hash: file.hash(),
            bytes: file.bytes().len() as u64,
        }
    }
}

/// All files that differ, by path.
#[must_use]
pub fn changes(base: &Tree, proposed: &Tree) -> Vec<Change> {
    let paths: BTreeSet<_> = base.files().keys().chain(proposed.files().keys()).collect();
    let changed = |path: &RelPath| {
        let before = base.files().get(path).map(Version::of);
        let after = proposed.files().get(path).map(Version::of);
        let kind = match (before, after) {
            (None, None) => return None,
            (None, Some(_)) => Kind::Added,
            (Some(_), None) => Kind::Deleted,
            (Some(before), Some(after)) if before == after => return None,
            (Some(before), Some(after)) if before.hash == after.hash => Kind::ModeChanged,
            (Some(_), Some(_)) => Kind::Modified,
        };
        Some(Change {
            path: path.clone(),
            kind,
            before,
            after,
        })
    };
    paths.into_iter().filter_map(changed).collect()
}

/// A unified diff of the changes for people, at most `bytes_max` long. What is too large or not text is only named. Characters
/// that a terminal acts on or that do not show are escaped, so it is not for a patch program.
#[must_use]
pub fn diff(base: &Tree, proposed: &Tree, bytes_max: usize) -> String {
    let mut out = String::new();
    // LIMIT: the time of a diff grows with the product of the lines.
    let mut lines_left = DIFF_LINES_MAX;
    for change in changes(base, proposed) {
        let before = base.files().get(&change.path);
        let after = proposed.files().get(&change.path);
        let part = one(&change, before, after, &mut lines_left);
        if out.len() + part.len() > bytes_max {
            let rest = format!("… the rest is not shown: a diff ends at {bytes_max} bytes\n");
            let room = bytes_max.saturating_sub(out.len() + rest.len());
            let end = part.floor_char_boundary(room);
            out.push_str(part.get(..end).unwrap_or(""));
            out.push('\n');
            out.push_str(&rest);
            break;
        }
        out.push_str(&part);
    }
    out
}

fn one(
    change: &Change,
    before: Option<&File>,
    after: Option<&File>,
    lines_left: &mut usize,
) -> String {
    let path = &change.path;
    let mode = |file: Option<&File>| match file.map(File::mode) {
        None => "nothing",
        Some(Mode::Plain) => "plain",
        Some(Mode::Executable) => "executable",
    };
    let mut head = format!(
        "--- {path} ({})\n+++ {path} ({})\n",
        mode(before),
        mode(after)
    );
    let text =
        |file: Option<&File>| std::str::from_utf8(file.map_or(&[], File::bytes)).map(str::to_owned);
    let (Ok(old), Ok(new)) = (text(before), text(after)) else {
        head.push_str("  not text\n");
        return head;
    };
    let lines = old.lines().count() + new.lines().count();
    let Some(left) = lines_left.checked_sub(lines) else {
        head.push_str("  too many lines to show\n");
        return head;
    };
    *lines_left = left;
    let patch = DiffOptions::new().create_patch(&old, &new).to_string();
    // The first two lines name `original` and `modified`; ours name the file.
    for line in patch.lines().skip(2) {
        head.extend(line.chars().flat_map(visible));
        head.push('\n');
    }
    head
}

fn visible(c: char) -> Box<dyn Iterator<Item = char>> {
    if (c.is_control() && c != '\t') || super::path::is_invisible(c) {
        Box::new(c.escape_unicode())
    } else {
        Box::new(std::iter::once(c))
    }
}

/// LIMIT: lines of both sides that one diff compares; Myers' algorithm takes their product in the worst case.
const DIFF_LINES_MAX: usize = 20_000;
