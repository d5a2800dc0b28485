//! Paths inside a stack's folder, and the names that are never let in.
//!
//! INVARIANT: a [`RelPath`] has been checked. It is relative, has no `.` or `..`, no component that a git client, a terminal or
//! a reviewer reads as something else, and can be joined to a folder without leaving it.
//!
//! It does not say what a path may be used for; that is [`super::judge`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// LIMIT: bytes of one component, as on every file system that a repository is checked out to.
pub const NAME_BYTES_MAX: usize = 255;
/// LIMIT: bytes of a whole path; Windows and archive formats break long before Linux does.
pub const PATH_BYTES_MAX: usize = 1024;
/// LIMIT: folders in a path, so that recursion over a tree is bounded.
pub const PATH_DEPTH_MAX: usize = 32;
/// LIMIT: characters of a foreign path in a message.
const SHOWN_CHARS_MAX: usize = 200;

/// A checked path relative to a folder: `modules/network.yaml`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RelPath(String);

impl RelPath {
    /// Takes a path whose every component follows the rules.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let refuse = |rule| Err(PathError::new(text.as_bytes(), rule));
        if text.len() > PATH_BYTES_MAX {
            return refuse(PathRule::TooLong);
        }
        if text.starts_with('/') {
            return refuse(PathRule::Absolute);
        }
        if text.split('/').count() > PATH_DEPTH_MAX {
            return refuse(PathRule::TooDeep);
        }
        if let Some(rule) = text.split('/').find_map(broken_rule) {
            return refuse(rule);
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes the bytes of a path, which need not be text.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PathError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(text),
            Err(_) => Err(PathError::new(bytes, PathRule::NotUtf8)),
        }
    }

    /// The path as text, components separated by `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its components, outermost first.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Its last component.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }
}

// Ordered and compared as its text is, so that a map of paths can be asked by text.
impl std::borrow::Borrow<str> for RelPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::str::FromStr for RelPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A folder of the repository: a path, or `.` for its top.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Folder(Option<RelPath>);

impl Folder {
    /// The top of the repository.
    pub const TOP: Self = Self(None);

    /// Takes a path, or `.`; one trailing `/` and a leading `./` are dropped.
    ///
    /// # Errors
    /// The first rule that the path breaks.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let text = text.strip_prefix("./").unwrap_or(text);
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.is_empty() || text == "." {
            return Ok(Self::TOP);
        }
        RelPath::new(text).map(|path| Self(Some(path)))
    }

    /// The path below the top, if it is not the top itself.
    #[must_use]
    pub const fn path(&self) -> Option<&RelPath> {
        self.0.as_ref()
    }

    /// A path inside this folder, seen from the repository's top.
    ///
    /// # Errors
    /// The whole is too long or too deep.
    pub fn join(&self, path: &RelPath) -> Result<RelPath, PathError> {
        match &self.0 {
            None => Ok(path.clone()),
            Some(folder) => RelPath::new(&format!("{folder}/{path}")),
        }
    }

    /// What remains of a path of the repository below this folder; nothing if it lies elsewhere.
    #[must_use]
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        match &self.0 {
            None => Some(path),
            Some(folder) => path.strip_prefix(folder.as_str())?.strip_prefix('/'),
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or(".", RelPath::as_str))
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// A path that is not let in, and why. The path in it is escaped and shortened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path `{path}` is refused: {rule}")]
pub struct PathError {
    path: String,
    rule: PathRule,
}

impl PathError {
    pub(super) fn new(path: &[u8], rule: PathRule) -> Self {
        Self {
            path: shown(path),
            rule,
        }
    }

    /// The rule that it breaks.
    #[must_use]
    pub const fn rule(&self) -> PathRule {
        self.rule
    }
}

/// What a path must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathRule {
    /// A component is empty.
    #[error("a name is empty")]
    Empty,
    /// It begins at the root.
    #[error("it begins with `/`")]
    Absolute,
    /// `.` or `..`.
    #[error("`.` and `..` are not names")]
    Dots,
    /// Longer than the limits.
    #[error("it is longer than {PATH_BYTES_MAX} bytes, or a name in it than {NAME_BYTES_MAX}")]
    TooLong,
    /// Deeper than the limit.
    #[error("it is deeper than {PATH_DEPTH_MAX} folders")]
    TooDeep,
    /// Not text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Control characters: terminals and logs act on them.
    #[error("it holds a control character")]
    Control,
    /// Invisible, bidirectional, private or unassigned characters: people read another name than the machine.
    #[error("it holds an invisible, bidirectional or private character")]
    Invisible,
    /// A separator elsewhere.
    #[error("it holds a backslash")]
    Backslash,
    /// Dropped by some file systems, so that two names become one.
    #[error("a name ends with a space or a dot")]
    TrailingSpaceOrDot,
    /// A git folder, in any spelling that some file system takes for one.
    #[error("a name in it is read as `.git` on some file systems")]
    GitFolder,
}

/// Bytes of a foreign path for a message: escaped, at most 200 characters.
#[must_use]
pub fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path)
        .chars()
        .take(SHOWN_CHARS_MAX)
        .flat_map(char::escape_default)
        .collect()
}

fn broken_rule(name: &str) -> Option<PathRule> {
    if name.is_empty() {
        Some(PathRule::Empty)
    } else if name == "." || name == ".." {
        Some(PathRule::Dots)
    } else if name.len() > NAME_BYTES_MAX {
        Some(PathRule::TooLong)
    } else if is_git_folder(name) {
        Some(PathRule::GitFolder)
    } else if name.chars().any(char::is_control) {
        Some(PathRule::Control)
    } else if name.chars().any(is_invisible) {
        Some(PathRule::Invisible)
    } else if name.contains('\\') {
        Some(PathRule::Backslash)
    } else if name.ends_with([' ', '.']) {
        Some(PathRule::TrailingSpaceOrDot)
    } else {
        None
    }
}

/// Is this `.git` for a file system that folds case, ignores invisible characters (HFS+), drops trailing dots and spaces, has
/// streams behind a colon, or short names (NTFS)?
fn is_git_folder(name: &str) -> bool {
    let visible: String = name
        .chars()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let stem = visible.split(':').next().unwrap_or("");
    let stem = stem.trim_end_matches([' ', '.']);
    let short = stem
        .strip_prefix("git~")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    stem == ".git" || short
}

/// Characters that do not show, turn the direction of text, or mean nothing outside one font.
pub(crate) fn is_invisible(c: char) -> bool {
    (c.is_whitespace() && c != ' ')
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x061C | 0x06DD | 0x070F | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x2800 | 0x3164
            | 0xFEFF | 0xFFA0
            | 0x0600..=0x0605
            | 0x200B..=0x200F
            | 0x2028..=0x202E
            | 0x2060..=0x206F
            | 0xE000..=0xF8FF
            | 0xFDD0..=0xFDEF
            | 0xFE00..=0xFE0F
            | 0xFFF0..=0xFFFF
            | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A
            | 0xE0000..=0x0010_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(path: &str, rule: PathRule) {
        assert_eq!(
            RelPath::new(path).map_err(|e| e.rule()),
            Err(rule),
            "{path:?}"
        );
    }

    #[test]
    fn every_spelling_of_the_git_folder_is_refused() {
        for path in [
            ".git",
            ".GIT/config",
            "a/.Git",
            "git~1",
            "GIT~12/hooks",
            ".git.",
            ".git ",
            ".git . .",
            ".git::$INDEX_ALLOCATION",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".gi\u{202e}t",
        ] {
            refused(path, PathRule::GitFolder);
        }
    }

    #[test]
    fn names_that_lie_are_refused() {
        refused("", PathRule::Empty);
        refused("a//b", PathRule::Empty);
        refused("a/", PathRule::Empty);
        refused("/etc/passwd", PathRule::Absolute);
        refused("a/../../b", PathRule::Dots);
        refused("./a", PathRule::Dots);
        refused("a\nb", PathRule::Control);
        refused("a\u{1b}[31m", PathRule::Control);
        refused("a\u{85}", PathRule::Control);
        refused("main\u{202e}lmay.", PathRule::Invisible);
        refused("a\u{2066}b", PathRule::Invisible);
        refused("a\u{a0}b", PathRule::Invisible);
        refused("a\u{e0041}", PathRule::Invisible);
        refused("a\\b", PathRule::Backslash);
        refused("a./b", PathRule::TrailingSpaceOrDot);
        refused("a ", PathRule::TrailingSpaceOrDot);
        refused(&"x".repeat(256), PathRule::TooLong);
        refused(
            &vec!["abcdefghijklmnopqrstuvwxyz0123456789"; 30].join("/"),
            PathRule::TooLong,
        );
        refused(&["x"; 33].join("/"), PathRule::TooDeep);
        assert_eq!(
            RelPath::from_bytes(b"a\xff").map_err(|e| e.rule()),
            Err(PathRule::NotUtf8)
        );
    }

    #[test]
    fn honest_names_pass() {
        for path in [
            "Pulumi.yaml",
            "a/b/c.py",
            ".gitignore",
            ".github",
            "git",
            "git~",
            "digit~1",
            "größe.txt",
            "日本.md",
            "a b",
            "a:b",
            "...a",
            &["x"; 32].join("/"),
        ] {
            assert!(RelPath::new(path).is_ok(), "{path:?}");
        }
    }

    #[test]
    fn a_message_never_holds_the_raw_path() {
        let error = RelPath::new("a\u{1b}[2J\u{202e}").unwrap_err().to_string();
        assert!(!error.chars().any(|c| c.is_control() || is_invisible(c)));
    }

    #[test]
    fn a_folder_knows_what_is_its_own() {
        let site = Folder::new("./stacks/site/").unwrap();
        assert_eq!(site.strip("stacks/site/a/b"), Some("a/b"));
        assert_eq!(site.strip("stacks/site2/a"), None);
        assert_eq!(site.strip("stacks/site"), None);
        assert_eq!(Folder::new(".").unwrap(), Folder::TOP);
        assert!(Folder::new("../x").is_err());
    }
}
