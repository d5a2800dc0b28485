//! Reads lock files far enough to know that they pin every package by a hash.

use serde_json::Value;

use crate::perimeter::import::path::shown;
use crate::perimeter::import::{File, Tree};

/// A file that is there when packages are installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LockFile {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
}

fn take(name: &'static str, file: &File) -> LockFile {
    LockFile {
        name,
        bytes: file.bytes().to_vec(),
    }
}

/// npm's two files, if the program has packages.
pub(super) fn npm(base: &Tree) -> Result<Option<Vec<LockFile>>, LockError> {
    let Some(package) = base.file(PACKAGE) else {
        return Ok(None);
    };
    let manifest: Value = json(PACKAGE, package)?;
    let has = |key: &&str| {
        manifest
            .get(key)
            .is_some_and(|list| list.as_object().is_none_or(|list| !list.is_empty()))
    };
    if !PACKAGE_LISTS.iter().any(has) {
        return Ok(None);
    }
    let lock = base.file(PACKAGE_LOCK).ok_or(LockError::NoPackageLock)?;
    check_npm(&json(PACKAGE_LOCK, lock)?)?;
    Ok(Some(vec![take(PACKAGE, package), take(PACKAGE_LOCK, lock)]))
}

fn check_npm(lock: &Value) -> Result<(), LockError> {
    let version = lock.get("lockfileVersion").and_then(Value::as_u64);
    let packages = match (version, lock.get("packages").and_then(Value::as_object)) {
        (Some(2 | 3), Some(packages)) => packages,
        (_, _) => return Err(LockError::OldPackageLock),
    };
    for (path, package) in packages {
        // The empty path is the program itself.
        if path.is_empty() {
            continue;
        }
        let refuse = |why| {
            Err(LockError::Package {
                package: shown(path.as_bytes()),
                why,
            })
        };
        if !path.starts_with("node_modules/")
            || path.split('/').any(|name| name == "..")
            || path.contains('\\')
        {
            return refuse("lies in the repository, outside `node_modules`");
        }
        if package
            .get("link")
            .is_some_and(|link| link != &Value::Bool(false))
        {
            return refuse("is a link to a folder");
        }
        // What a package brings along is part of what its own hash covers.
        if package.get("inBundle") == Some(&Value::Bool(true)) {
            continue;
        }
        let strong = |hash: &str| {
            ["sha256-", "sha384-", "sha512-"]
                .iter()
                .any(|kind| hash.starts_with(kind))
        };
        let integrity = package
            .get("integrity")
            .and_then(Value::as_str)
            .unwrap_or("");
        if integrity.is_empty() || !integrity.split_whitespace().all(strong) {
            return refuse("has no SHA-2 `integrity`");
        }
        let resolved = package
            .get("resolved")
            .map_or(Some("https://"), Value::as_str);
        if !resolved.is_some_and(|from| from.starts_with("https://")) {
            return refuse("does not come from an `https://` address");
        }
    }
    Ok(())
}

/// pip's file, if the program has packages.
pub(super) fn pip(base: &Tree) -> Result<Option<Vec<LockFile>>, LockError> {
    let Some(file) = base.file(REQUIREMENTS) else {
        let other = OTHER_PYTHON.iter().find(|name| base.file(name).is_some());
        return match other {
            Some(name) => Err(LockError::OtherPython { name }),
            None => Ok(None),
        };
    };
    let text = std::str::from_utf8(file.bytes()).map_err(|_| LockError::Unreadable {
        name: REQUIREMENTS,
        cause: "it is not UTF-8".to_owned(),
    })?;
    let mut packages = 0_usize;
    for line in text.replace("\r\n", "\n").replace("\\\n", " ").lines() {
        // As pip does it: a comment begins a line or follows a space.
        let line = line.split(" #").next().unwrap_or("").trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        packages += usize::from(requirement(line)?);
    }
    Ok((packages > 0).then(|| vec![take(REQUIREMENTS, file)]))
}

/// Is this line a package? It may also be one of the options that name no code.
fn requirement(line: &str) -> Result<bool, LockError> {
    let refuse = |why| {
        Err(LockError::Requirement {
            line: shown(line.as_bytes()),
            why,
        })
    };
    if line.starts_with('-') {
        let index = ["--index-url", "--extra-index-url", "-i"]
            .iter()
            .filter_map(|option| line.strip_prefix(option))
            .any(|rest| rest.trim_start_matches([' ', '=']).starts_with("https://"));
        if index || line == "--require-hashes" || line.replace('=', " ") == "--only-binary :all:" {
            return Ok(false);
        }
        return refuse("is an option that may bring in code without a hash");
    }
    if !line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return refuse("is not the name of a package");
    }
    let hashed = ["sha256", "sha384", "sha512"]
        .iter()
        .any(|kind| line.contains(&format!(" --hash={kind}:")));
    if hashed {
        Ok(true)
    } else {
        refuse("has no `--hash`")
    }
}

fn json(name: &'static str, file: &File) -> Result<Value, LockError> {
    serde_json::from_slice(file.bytes()).map_err(|cause| LockError::Unreadable {
        name,
        cause: cause.to_string(),
    })
}

/// What is wrong with the base commit's lock files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// No lock file of npm.
    #[error(
        "`package.json` of the base commit has dependencies but there is no `package-lock.json`: run `npm install --package-lock-only` and commit it"
    )]
    NoPackageLock,
    /// A format without hashes for everything.
    #[error(
        "`package-lock.json` of the base commit is older than format 2: run `npm install --package-lock-only --lockfile-version=3` and commit it"
    )]
    OldPackageLock,
    /// A package that npm's lock does not pin.
    #[error(
        "`package-lock.json` of the base commit: `{package}` {why}: only packages that the lock file pins by hash are installed"
    )]
    Package {
        /// Its path in the lock.
        package: String,
        /// What is missing.
        why: &'static str,
    },
    /// Another tool's project file.
    #[error(
        "the base commit has `{name}` but no `requirements.txt`: write one with hashes (`uv export --format requirements-txt -o requirements.txt`, or `pip-compile --generate-hashes`) and commit it"
    )]
    OtherPython {
        /// The file that is there.
        name: &'static str,
    },
    /// A requirement that pip's file does not pin.
    #[error(
        "`requirements.txt` of the base commit: `{line}` {why}: write it with `pip-compile --generate-hashes` or `uv pip compile --generate-hashes`, and commit it"
    )]
    Requirement {
        /// The line, escaped.
        line: String,
        /// What is missing.
        why: &'static str,
    },
    /// Not in its format.
    #[error("reading `{name}` of the base commit: {cause}")]
    Unreadable {
        /// Which file.
        name: &'static str,
        /// What was found.
        cause: String,
    },
}

const PACKAGE: &str = "package.json";
const PACKAGE_LOCK: &str = "package-lock.json";
const PACKAGE_LISTS: [&str; 6] = [
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "bundledDependencies",
    "workspaces",
];
const REQUIREMENTS: &str = "requirements.txt";
const OTHER_PYTHON: &[&str] = &[
    "pyproject.toml",
    "Pipfile",
    "poetry.lock",
    "uv.lock",
    "setup.py",
];
