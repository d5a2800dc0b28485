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

/// What a requirements file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Requirements {
    /// The packages' names, as an index's pages are called.
    pub(super) packages: Vec<String>,
    /// The hashes that files may have, in hexadecimal.
    pub(super) hashes: Vec<String>,
    /// Indexes that it names.
    pub(super) indexes: Vec<String>,
}

/// Python's lock files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Python {
    /// `requirements.txt`.
    Pip(LockFile),
    /// `pyproject.toml` and `uv.lock`.
    Uv(Vec<LockFile>),
}

/// Python's lock files, if the program has packages.
pub(super) fn python(base: &Tree) -> Result<Option<Python>, LockError> {
    if let Some(file) = base.file(REQUIREMENTS) {
        let found = requirements(file.bytes())?;
        let any = !found.packages.is_empty();
        return Ok(any.then(|| Python::Pip(take(REQUIREMENTS, file))));
    }
    if let (Some(project), Some(lock)) = (base.file(PYPROJECT), base.file(UV_LOCK)) {
        return Ok(Some(Python::Uv(vec![
            take(PYPROJECT, project),
            take(UV_LOCK, lock),
        ])));
    }
    let other = OTHER_PYTHON.iter().find(|name| base.file(name).is_some());
    match other {
        Some(name) => Err(LockError::OtherPython { name }),
        None => Ok(None),
    }
}

/// Reads requirements, all of which must be pinned by hash.
pub(super) fn requirements(bytes: &[u8]) -> Result<Requirements, LockError> {
    let text = std::str::from_utf8(bytes).map_err(|_| LockError::Unreadable {
        name: REQUIREMENTS,
        cause: "it is not UTF-8".to_owned(),
    })?;
    let mut found = Requirements::default();
    for line in text.replace("\r\n", "\n").replace("\\\n", " ").lines() {
        // As pip does it: a comment begins a line or follows a space.
        let line = line.split(" #").next().unwrap_or("").trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        requirement(line, &mut found)?;
    }
    Ok(found)
}

/// Reads one line: a package, or one of the options that name no code.
fn requirement(line: &str, found: &mut Requirements) -> Result<(), LockError> {
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
            .map(|rest| rest.trim_start_matches([' ', '=']))
            .find(|rest| rest.starts_with("https://") && !rest.contains(char::is_whitespace));
        if let Some(index) = index {
            found.indexes.push(index.to_owned());
            return Ok(());
        }
        if line == "--require-hashes" || line.replace('=', " ") == "--only-binary :all:" {
            return Ok(());
        }
        return refuse("is an option that may bring in code without a hash");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name = line.split(|c| !plain(c)).next().unwrap_or("");
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return refuse("is not the name of a package");
    }
    let rest = line.strip_prefix(name).unwrap_or("").trim_start();
    let rest = match rest.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((_, rest))) => rest.trim_start(),
        Some(None) => return refuse("is not the name of a package"),
        None => rest,
    };
    // `NAME @ ADDRESS`, a path or an address: such files would come from where no registry is.
    if !rest.starts_with("==") || line.contains("://") {
        return refuse("is not pinned as `NAME==VERSION`");
    }
    let hashes = rest.split_whitespace().filter_map(|word| {
        let (kind, hash) = word.strip_prefix("--hash=")?.split_once(':')?;
        ["sha256", "sha384", "sha512"]
            .contains(&kind)
            .then(|| hash.to_ascii_lowercase())
    });
    let before = found.hashes.len();
    found.hashes.extend(hashes);
    if found.hashes.len() == before {
        return refuse("has no `--hash`");
    }
    found.packages.push(normal(name));
    Ok(())
}

/// A package's name as indexes write it: lower case, runs of `-`, `_` and `.` as one `-`.
fn normal(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let parts = lower.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

fn json(name: &'static str, file: &File) -> Result<Value, LockError> {
    serde_json::from_slice(file.bytes()).map_err(|cause| LockError::Unreadable {
        name,
        cause: cause.to_string(),
    })
}

/// What is wrong with lock files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// No lock file of npm.
    #[error(
        "`package.json` has dependencies but there is no `package-lock.json`: run `npm install --package-lock-only` and commit it"
    )]
    NoPackageLock,
    /// A format without hashes for everything.
    #[error(
        "`package-lock.json` is older than format 2: run `npm install --package-lock-only --lockfile-version=3` and commit it"
    )]
    OldPackageLock,
    /// A package that npm's lock does not pin.
    #[error(
        "`package-lock.json`: `{package}` {why}: only packages that the lock file pins by hash are installed"
    )]
    Package {
        /// Its path in the lock.
        package: String,
        /// What is missing.
        why: &'static str,
    },
    /// Another tool's project file.
    #[error(
        "there is `{name}` but neither `requirements.txt` nor `pyproject.toml` with `uv.lock`: write one with hashes (`uv export --format requirements-txt -o requirements.txt`, or `pip-compile --generate-hashes`) and commit it"
    )]
    OtherPython {
        /// The file that is there.
        name: &'static str,
    },
    /// A requirement that pip's file does not pin.
    #[error(
        "`requirements.txt`: `{line}` {why}: write it with `pip-compile --generate-hashes` or `uv pip compile --generate-hashes`, and commit it"
    )]
    Requirement {
        /// The line, escaped.
        line: String,
        /// What is missing.
        why: &'static str,
    },
    /// Not in its format.
    #[error("reading `{name}`: {cause}")]
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
const PYPROJECT: &str = "pyproject.toml";
const UV_LOCK: &str = "uv.lock";
const OTHER_PYTHON: &[&str] = &[
    "pyproject.toml",
    "Pipfile",
    "poetry.lock",
    "uv.lock",
    "setup.py",
];
