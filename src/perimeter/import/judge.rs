//! Which paths a proposal may change at all: the stack's own globs, what no proposal changes, and what makes it privileged.
//!
//! The list here is of files that make another program run code, choose where code comes from, or steer a reviewer, a machine or
//! the next agent. They are executable configuration: they come from the base commit.
//!
//! INVARIANT: a refused path stays refused however it is spelt in upper and lower case, wherever in the folder it lies, and
//! whether it is added, changed, deleted or made executable. The lock files of the stack's own runtime, and only those, in their
//! one spelling at the top of the folder, may change: [`locks`] names them, and the gate then asks a person.

use std::fmt;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use super::project::{self, ProjectError, Runtime};
use super::{Change, RelPath, Tree, changes};

/// The globs of paths that a proposal may change, relative to the stack's folder. `*` stays inside a folder, `**` does not.
#[derive(Debug, Clone)]
pub struct Allowed(GlobSet);

impl Allowed {
    /// Takes globs. None of them: nothing may change.
    ///
    /// # Errors
    /// A glob that cannot be read.
    pub fn new<T: AsRef<str>>(globs: &[T]) -> Result<Self, GlobError> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let failed = |cause: &globset::Error| GlobError {
                glob: super::path::shown(glob.as_ref().as_bytes()),
                cause: cause.kind().to_string(),
            };
            let mut builder = GlobBuilder::new(glob.as_ref());
            let built = builder
                .literal_separator(true)
                .backslash_escape(false)
                .build();
            set.add(built.map_err(|cause| failed(&cause))?);
        }
        let set = set.build().map_err(|cause| GlobError {
            glob: String::new(),
            cause: cause.kind().to_string(),
        })?;
        Ok(Self(set))
    }

    /// Everything in the stack's folder, but for what no proposal changes.
    ///
    /// # Errors
    /// None in practice; the type is that of [`Allowed::new`].
    pub fn everything() -> Result<Self, GlobError> {
        Self::new(&["**"])
    }
}

/// A glob that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading the glob `{glob}`: {cause}")]
pub struct GlobError {
    glob: String,
    cause: String,
}

/// A path that the proposal must not change, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathRefusal {
    /// Where, relative to the stack's folder.
    pub path: RelPath,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for PathRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}; {}", self.path, self.reason, self.advice)
    }
}

/// Every path of the proposal that must not change, in order of the paths. None: all of them may.
///
/// # Errors
/// The base commit's folder is no Pulumi project that can be read.
pub fn judge(
    base: &Tree,
    proposed: &Tree,
    allowed: &Allowed,
) -> Result<Vec<PathRefusal>, ProjectError> {
    let runtime = project::runtime(base)?;
    let mut refusals = Vec::new();
    for change in changes(base, proposed) {
        if let Err(refusal) = one(base, proposed, allowed, runtime, &change) {
            refusals.push(refusal);
        }
    }
    Ok(refusals)
}

/// Changes to what decides the packages of the program, in order of the paths. With any of them the proposal is privileged.
///
/// They may change at all because nothing they name runs outside a sandbox: packages are installed by hash, scripts off, where only
/// the user's own registries are reached, and what else `package.json` holds is read there and by the program behind its own wall.
/// LIMIT: whether new packages are honest, and what a developer's `npm install` would run, only the person who is asked judges.
///
/// # Errors
/// The base commit's folder is no Pulumi project that can be read.
pub fn locks(base: &Tree, proposed: &Tree) -> Result<Vec<RelPath>, ProjectError> {
    let runtime = project::runtime(base)?;
    Ok(changes(base, proposed)
        .into_iter()
        .map(|change| change.path)
        .filter(|path| is_lock(runtime, path))
        .collect())
}

fn is_lock(runtime: Runtime, path: &RelPath) -> bool {
    let names: &[&str] = match runtime {
        Runtime::Yaml => &[],
        Runtime::Node => &["package.json", "package-lock.json"],
        Runtime::Python => &["requirements.txt", "pyproject.toml", "uv.lock"],
    };
    names.contains(&path.as_str())
}

fn one(
    base: &Tree,
    proposed: &Tree,
    allowed: &Allowed,
    runtime: Runtime,
    change: &Change,
) -> Result<(), PathRefusal> {
    let path = &change.path;
    let refuse = |reason: String, advice: &str| {
        Err(PathRefusal {
            path: path.clone(),
            reason,
            advice: advice.to_owned(),
        })
    };
    if !allowed.0.is_match(path.as_str()) {
        return refuse(
            "is outside what this stack's proposals may change".to_owned(),
            OUTSIDE,
        );
    }
    // The program of a YAML stack is its project file, or stands beside it.
    if runtime == Runtime::Yaml
        && (path.as_str() == project::PROJECT || path.as_str() == project::PROGRAM)
    {
        return match project::judge(path, base.files().get(path), proposed.files().get(path)) {
            Ok(()) => Ok(()),
            Err(reason) => refuse(reason, PROJECT_ADVICE),
        };
    }
    if is_lock(runtime, path) {
        return Ok(());
    }
    // Before the rule for YAML stacks: a person changes a stack's configuration, and another ending would not help.
    if let Some(reason) = privileged(path) {
        return refuse(reason.to_owned(), ADVICE);
    }
    // The YAML host takes every such file, however deep, for a declaration of a package and where to download it.
    if runtime == Runtime::Yaml && path.name().to_lowercase().ends_with(".yaml") {
        return refuse(CONFIG.to_owned(), PACKAGE_ADVICE);
    }
    Ok(())
}

/// Why no proposal changes this path.
fn privileged(path: &RelPath) -> Option<&'static str> {
    let mut folders: Vec<String> = path.components().map(str::to_lowercase).collect();
    let name = folders.pop().unwrap_or_default();
    let folder = folders.iter().find_map(|folder| {
        let known = FOLDERS
            .iter()
            .find(|(names, _)| names.contains(&folder.as_str()));
        known.map(|(_, reason)| *reason)
    });
    folder.or_else(|| privileged_name(&name))
}

fn privileged_name(name: &str) -> Option<&'static str> {
    // A folder's name is refused for a file too: it may become the folder's stand-in.
    let both = FOLDERS.iter().chain(FILES);
    if let Some((_, reason)) = both.into_iter().find(|(names, _)| names.contains(&name)) {
        return Some(*reason);
    }
    let fits = |prefix: &str, suffix: &str| {
        name.len() >= prefix.len() + suffix.len()
            && name.starts_with(prefix)
            && name.ends_with(suffix)
    };
    let pattern = PATTERNS
        .iter()
        .find(|(prefix, suffix, _)| fits(prefix, suffix));
    pattern.map(|(_, _, reason)| *reason)
}

const OUTSIDE: &str =
    "undo the change, or have somebody widen the stack's globs in `lightsout.yaml`";
const ADVICE: &str =
    "undo the change; a person makes it in a commit of its own, and the next run starts from there";
const PROJECT_ADVICE: &str = "change only `resources`, `variables` and `outputs`; a person changes the rest in a commit of its own";
const PACKAGE_ADVICE: &str = "in a YAML stack the engine reads every `.yaml` file for packages to load: write the program into `Pulumi.yaml` or `Main.yaml`, and data under another ending";

const CONFIG: &str = "is configuration that the engine executes";
const DEPENDENCIES: &str = "decides which foreign code is installed, or runs when it is";
const HOOK: &str = "is run by other programs without being called";
const REPOSITORY: &str = "steers git, the host of the repository or its reviews";
const AGENTS: &str = "steers agents";
const MACHINE: &str = "steers a build tool, an editor or a shell";
const COMPILED: &str = "is compiled code, which nobody can read";
const OURS: &str = "is configuration of the run itself";

/// Folders that no proposal touches, in lower case.
const FOLDERS: &[(&[&str], &str)] = &[
    (
        &[
            "node_modules",
            ".venv",
            "venv",
            "site-packages",
            ".yarn",
            ".pnpm-store",
        ],
        DEPENDENCIES,
    ),
    (&["__pycache__"], COMPILED),
    (&[".pulumi"], CONFIG),
    (
        &[".github", ".gitlab", ".husky", ".githooks", ".circleci"],
        REPOSITORY,
    ),
    (
        &[
            ".claude",
            ".codex",
            ".agents",
            ".cursor",
            ".gemini",
            ".windsurf",
            ".aider",
            ".opencode",
            ".kiro",
            ".roo",
        ],
        AGENTS,
    ),
    (
        &[
            ".vscode",
            ".idea",
            ".devcontainer",
            ".aws",
            ".cargo",
            ".config",
        ],
        MACHINE,
    ),
];

/// Files that no proposal touches, in lower case; but see [`locks`].
const FILES: &[(&[&str], &str)] = &[
    (&["lightsout.yaml", "lightsout.yml", "lightsout.lock"], OURS),
    (&["main.json", "main.yml", "pulumi", "esc.yaml"], CONFIG),
    (
        &[
            "package.json",
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "pnpm-workspace.yaml",
            ".pnpmfile.cjs",
            ".pnpmfile.mjs",
            "pnpmfile.js",
            ".npmrc",
            "bun.lock",
            "bun.lockb",
            "bunfig.toml",
            "deno.json",
            "deno.jsonc",
            "deno.lock",
            "lerna.json",
            "pyproject.toml",
            "poetry.lock",
            "poetry.toml",
            "uv.lock",
            "uv.toml",
            "pdm.lock",
            "pipfile",
            "pipfile.lock",
            "pip.conf",
            "pip.ini",
            "setup.py",
            "setup.cfg",
            "pyvenv.cfg",
            "environment.yml",
            "go.mod",
            "go.sum",
            "go.work",
            "go.work.sum",
        ],
        DEPENDENCIES,
    ),
    (
        &[
            "conftest.py",
            "sitecustomize.py",
            "usercustomize.py",
            "pytest.ini",
            "tox.ini",
            "noxfile.py",
        ],
        HOOK,
    ),
    (
        &[
            ".gitattributes",
            ".gitmodules",
            ".gitconfig",
            "codeowners",
            ".pre-commit-config.yaml",
            ".gitlab-ci.yml",
        ],
        REPOSITORY,
    ),
    (
        &[
            "agents.md",
            "agents.override.md",
            "claude.md",
            "claude.local.md",
            "gemini.md",
            ".mcp.json",
            "mcp.json",
            ".cursorrules",
            ".windsurfrules",
        ],
        AGENTS,
    ),
    (
        &[
            "makefile",
            "gnumakefile",
            "justfile",
            ".justfile",
            "taskfile.yml",
            "taskfile.yaml",
            "mise.toml",
            ".mise.toml",
            ".tool-versions",
            ".node-version",
            ".nvmrc",
            ".python-version",
            "jsconfig.json",
            ".swcrc",
            ".babelrc",
            ".editorconfig",
            ".env",
            ".envrc",
        ],
        MACHINE,
    ),
];

/// Beginnings and ends of file names that no proposal touches, in lower case.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("pulumi.", "", CONFIG),
    ("pulumiplugin.", "", CONFIG),
    ("pulumipolicy.", "", CONFIG),
    ("requirements", ".txt", DEPENDENCIES),
    ("requirements", ".in", DEPENDENCIES),
    ("constraints", ".txt", DEPENDENCIES),
    (".yarnrc", "", DEPENDENCIES),
    ("", ".pth", HOOK),
    ("tsconfig", ".json", MACHINE),
    ("babel.config.", "", MACHINE),
    (".env.", "", MACHINE),
    ("", ".pyc", COMPILED),
    ("", ".pyo", COMPILED),
    ("", ".pyd", COMPILED),
    ("", ".so", COMPILED),
    ("", ".node", COMPILED),
    ("", ".dll", COMPILED),
    ("", ".dylib", COMPILED),
    ("", ".wasm", COMPILED),
    ("", ".whl", COMPILED),
    ("", ".egg", COMPILED),
];

#[cfg(test)]
mod tests;
