//! A stack's npm and pip packages, installed from the base commit's lock files before anything of the agent runs.
//!
//! One folder for each set of lock files and tool, under `dependencies/` of the home folder: made aside, put in place at once,
//! read-only files, a [manifest](Manifest) of all of them beside it. Later runs take it as it is after a look at every file.
//!
//! INVARIANT: no script of a package runs, nothing is built; every package is named by a hash in a lock file of the base commit;
//! of the stack only those lock files are there when it happens, and of the environment only what [`FORWARDED`] names.
//!
//! The network is reached here, so this does not happen in the sandbox. It does not resolve versions and writes no lock file.

mod cache;
mod lock;
mod manifest;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use cache::Cache;

pub use crate::perimeter::tools::{
    FORWARDED_TO_PACKAGES as FORWARDED, FORWARDED_TO_PACKAGES_PREFIXES as FORWARDED_PREFIXES,
};
pub use lock::LockError;
pub use manifest::{Manifest, ManifestError};

use crate::names::Sha256;
use crate::perimeter::import::Tree;
use crate::perimeter::import::project::{ProjectError, Runtime, runtime};
use crate::perimeter::tools::{self, Invocation, Program, Tools, UserProgram, UserTool};

/// Who installed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `node_modules` in the folder.
    Npm,
    /// The folder is for `PYTHONPATH`.
    Pip,
}

/// Packages that are installed and unchanged.
#[derive(Debug, Clone)]
pub struct Dependencies {
    root: PathBuf,
    kind: Kind,
    key: Sha256,
    manifest: Manifest,
}

impl Dependencies {
    /// The folder to show read-only: it holds `node_modules`, or is itself the one for `PYTHONPATH`.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root.join(TREE)
    }

    /// Who installed them.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The hash of lock files and tool.
    #[must_use]
    pub const fn hash(&self) -> Sha256 {
        self.key
    }

    /// The hash over every installed file.
    #[must_use]
    pub const fn manifest_hash(&self) -> Sha256 {
        self.manifest.hash()
    }

    /// Looks at every file again: none may be added, gone or touched since it was hashed.
    ///
    /// # Errors
    /// The first file that differs.
    pub fn verify(&self) -> Result<(), Error> {
        Ok(self.manifest.verify(&self.folder())?)
    }
}

/// Installs what the base commit's lock files name, or finds it installed. Nothing: the program needs no packages.
///
/// `environment` is the user's; of it only the variables of [`FORWARDED`] reach npm and pip.
///
/// # Errors
/// A lock file is missing or names a package without a hash, the tool is missing, or it failed.
pub async fn install(
    base: &Tree,
    tools: &Tools,
    environment: &[(OsString, OsString)],
) -> Result<Option<Dependencies>, Error> {
    let (kind, program, files) = match runtime(base)? {
        Runtime::Yaml => return Ok(None),
        Runtime::Node => match lock::npm(base)? {
            None => return Ok(None),
            Some(files) => (Kind::Npm, UserProgram::Npm, files),
        },
        Runtime::Python => match lock::pip(base)? {
            None => return Ok(None),
            Some(files) => (Kind::Pip, UserProgram::Python, files),
        },
    };
    let tool = tools.user_tool(program).await?;
    let key = key(kind, &tool, &files);
    let cache = Cache::open(tools.home(), key)?;
    let _lock = cache.lock().await?;
    if let Some(found) = cache.find(kind)? {
        return Ok(Some(found));
    }
    fill(
        &cache,
        kind,
        &tool,
        &files,
        tools::for_packages(environment),
    )
    .await?;
    cache.find(kind)?.map_or_else(
        || {
            Err(Error::Vanished {
                folder: cache.place(),
            })
        },
        |found| Ok(Some(found)),
    )
}

/// What an installation depends on. A file's hash covers its whole text, so nothing in it can stand for something else.
fn key(kind: Kind, tool: &UserTool, files: &[lock::LockFile]) -> Sha256 {
    let mut text = format!(
        "lightsout dependencies 1\n{kind:?}\n{}\n{}\n",
        tool.version(),
        tool.sha256()
    );
    if let Some(script) = tool.script() {
        text.push_str(&format!("{}\n", script.sha256));
    }
    for file in files {
        text.push_str(&format!("{} {}\n", file.name, Sha256::of(&file.bytes)));
    }
    Sha256::of(text.as_bytes())
}

/// Installs into a folder aside and puts it in place when it is whole.
async fn fill(
    cache: &Cache,
    kind: Kind,
    tool: &UserTool,
    files: &[lock::LockFile],
    env: Vec<(OsString, OsString)>,
) -> Result<(), Error> {
    let partial = cache.partial();
    remove(&partial)?;
    remove(&cache.place())?;
    let tree = partial.join(TREE);
    // npm installs where its files are; pip gets a folder to install into.
    let (cwd, args) = match kind {
        Kind::Npm => (tree.clone(), npm_args()),
        Kind::Pip => (partial.join("locks"), pip_args(&tree)),
    };
    for folder in [&partial, &tree, &cwd] {
        make(folder)?;
    }
    for file in files {
        write(&cwd.join(file.name), &file.bytes)?;
    }
    let output = tools::run(Invocation {
        program: Program::User(tool),
        args,
        env,
        cwd,
        stdin: Vec::new(),
        deadline: DEADLINE,
        output_bytes_max: OUTPUT_BYTES_MAX,
    })
    .await?;
    output.success()?;
    let manifest = Manifest::make(&tree)?;
    write(&partial.join(MANIFEST), manifest.to_json()?.as_bytes())?;
    let place = cache.place();
    fs::rename(&partial, &place).map_err(|source| failed("putting in place", &place, source))
}

fn npm_args() -> Vec<OsString> {
    let args = [
        "ci",
        "--ignore-scripts",
        "--no-bin-links",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
    ];
    args.map(OsString::from).to_vec()
}

fn pip_args(target: &Path) -> Vec<OsString> {
    // Isolated: neither the working directory nor `PYTHON*` adds code to pip itself.
    let args = [
        "-I",
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--progress-bar=off",
        "--quiet",
        "-r",
        "requirements.txt",
        "--target",
    ];
    let mut args = args.map(OsString::from).to_vec();
    args.push(target.into());
    args
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(folder)
        .map_err(|source| failed("making", folder, source))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| failed("writing", path, source))
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(failed("removing", folder, source)),
    }
}

fn failed(doing: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Folder {
        doing,
        path: path.to_owned(),
        source,
    }
}

/// Why packages could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base commit holds no project that can be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A lock file is missing or does not pin.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// npm or pip is missing, or failed.
    #[error("installing the stack's packages: {0}")]
    Tool(#[from] tools::Error),
    /// What is installed cannot be read, or is not what it was.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The cache can be written by others.
    #[error(
        "`{folder}` can be written by others or belongs to somebody else: remove it, or point `LIGHTSOUT_HOME` to a folder of your own"
    )]
    NotOurs {
        /// Which folder.
        folder: PathBuf,
    },
    /// Gone as soon as it was there.
    #[error("`{folder}` is not what was just installed: something else writes there")]
    Vanished {
        /// Which folder.
        folder: PathBuf,
    },
    /// The system said no.
    #[error("{doing} `{path}`: {source}")]
    Folder {
        /// What was being done.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

const TREE: &str = "tree";
const MANIFEST: &str = "manifest.json";
/// LIMIT: time of one installation; a large provider's package takes minutes on a slow line.
const DEADLINE: Duration = Duration::from_secs(900);
/// LIMIT: bytes of what npm or pip says.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests;
