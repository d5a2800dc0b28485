//! The packages of the lock that npm fetches.
//!
//! INVARIANT: a package is named by one exact version and the SHA-512 of its archive; every path is plain, and the program is
//! among the files. It does not fetch or unpack.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{MANIFEST, invalid, is_plain_path, is_version};
use crate::names::excerpt;
use crate::perimeter::tools::Error;

/// LIMIT: bytes of a package's name, npm's own.
const NAME_BYTES_MAX: usize = 214;
/// How an integrity begins.
const ALGORITHM: &str = "sha512-";

/// A package for one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::perimeter::tools) struct NpmPackage {
    pub(in crate::perimeter::tools) package: String,
    pub(in crate::perimeter::tools) version: String,
    pub(in crate::perimeter::tools) integrity: Integrity,
    /// The folder in the archive that is installed, without which its files are named.
    pub(in crate::perimeter::tools) folder: String,
    /// What of the folder is installed; absent: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::perimeter::tools) files: Option<Vec<String>>,
    pub(in crate::perimeter::tools) program: String,
}

/// The SHA-512 of an archive, written as npm writes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::perimeter::tools) struct Integrity([u8; 64]);

impl NpmPackage {
    /// What npm is asked for.
    pub(in crate::perimeter::tools) fn spec(&self) -> String {
        format!("{}@{}", self.package, self.version)
    }

    pub(super) fn check(&self, name: &str) -> Result<(), Error> {
        let bad = |problem: String| Err(invalid(format!("`{name}`: {problem}")));
        if !is_package_name(&self.package) {
            let package = excerpt(&self.package);
            return bad(format!("`{package}` is not the name of an npm package"));
        }
        if !is_exact_version(&self.version) {
            let version = excerpt(&self.version);
            return bad(format!("`{version}` is not one version such as 1.2.3"));
        }
        if !is_plain_path(&self.folder) {
            return bad("`folder` leaves its archive".to_owned());
        }
        let files = self.files.iter().flatten();
        for path in files.chain([&self.program]) {
            if !is_plain_path(path) || path == MANIFEST {
                let path = excerpt(path);
                return bad(format!("`{path}` is not a path below its folder"));
            }
        }
        let Some(files) = &self.files else {
            return Ok(());
        };
        let unique: std::collections::BTreeSet<_> = files.iter().collect();
        if unique.len() != files.len() {
            return bad("a path of `files` is named twice".to_owned());
        }
        if !unique.contains(&self.program) {
            return bad("`program` is not among `files`".to_owned());
        }
        Ok(())
    }
}

/// `name` or `@scope/name`: what npm could take for a URL, a path, a tag or an option is none.
fn is_package_name(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
    };
    let of_scope = |scoped: &str| {
        scoped
            .split_once('/')
            .is_some_and(|(scope, name)| is_part(scope) && is_part(name))
    };
    text.len() <= NAME_BYTES_MAX
        && text
            .strip_prefix('@')
            .map_or_else(|| is_part(text), of_scope)
}

/// Three numbers, and perhaps a suffix: `1` or `1.x` would be a range.
fn is_exact_version(text: &str) -> bool {
    let core = text.split('-').next().unwrap_or("");
    let mut numbers = 0;
    let are_numbers = core.split('.').all(|part| {
        numbers += 1;
        !part.is_empty() && part.chars().all(|c| c.is_ascii_digit())
    });
    is_version(text) && !text.contains('+') && are_numbers && numbers == 3
}

impl Integrity {
    pub(in crate::perimeter::tools) const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for Integrity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{ALGORITHM}{}", STANDARD.encode(self.0))
    }
}

impl std::fmt::Debug for Integrity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Integrity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Integrity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = text
            .strip_prefix(ALGORITHM)
            .and_then(|base64| STANDARD.decode(base64).map_or(None, Some))
            .and_then(|bytes| bytes.try_into().map_or(None, Some));
        bytes.map(Self).ok_or_else(|| {
            let text = excerpt(&text);
            serde::de::Error::custom(format!(
                "`{text}` is not an integrity: it must be `{ALGORITHM}` and the base64 of 64 bytes"
            ))
        })
    }
}
