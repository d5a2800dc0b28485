//! A stack's npm and pip packages, installed from lock files before anything of the agent runs.
//!
//! One folder for each set of lock files and tools, under `dependencies/` of the home folder: made aside, put in place at once,
//! read-only files, a [manifest](Manifest) of all of them beside it. Later runs take it as it is after a look at every file.
//!
//! INVARIANT: no script of a package runs, nothing is built; every package is named by a hash in a lock file; npm, pip and uv run
//! in a sandbox that shows them the lock files and the user's own npm and pip configuration, and leads to the registries that
//! this configuration names and nowhere else. Of the environment they see only what [`FORWARDED`] names, and what an `.npmrc`
//! refers to.
//!
//! It does not resolve versions and writes no lock file.

mod cache;
mod error;
mod installer;
mod lock;
mod manifest;
mod npm;
mod pip;
mod settings;
mod stage;
mod take;
mod uv;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use cache::Cache;
use installer::{Installer, Left};
use lock::{LockFile, Python};
use stage::{LOCKS, Stage, TREE};

pub use crate::perimeter::tools::{
    FORWARDED_TO_PACKAGES as FORWARDED, FORWARDED_TO_PACKAGES_PREFIXES as FORWARDED_PREFIXES,
};
pub use error::Error;
pub use lock::LockError;
pub use manifest::{Manifest, ManifestError};

use crate::names::Sha256;
use crate::perimeter::egress::Line;
use crate::perimeter::import::Tree;
pub use crate::perimeter::import::project::Runtime;
use crate::perimeter::import::project::runtime;
use crate::perimeter::tools::{Tools, UserProgram, UserTool};

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
    reached: Vec<Line>,
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

    /// What was reached and refused when they were installed, by whichever run did that.
    #[must_use]
    pub fn reached(&self) -> &[Line] {
        &self.reached
    }

    /// Looks at every file again: none may be added, gone or touched since it was hashed.
    ///
    /// # Errors
    /// The first file that differs.
    pub fn verify(&self) -> Result<(), Error> {
        Ok(self.manifest.verify(&self.folder())?)
    }
}

/// Whether lock files pin every package by a hash, as far as can be said without their tools.
///
/// # Errors
/// What is wrong with them.
pub fn check(tree: &Tree) -> Result<(), Error> {
    match runtime(tree)? {
        Runtime::Yaml => {}
        Runtime::Node => drop(lock::npm(tree)?),
        Runtime::Python => drop(lock::python(tree)?),
    }
    Ok(())
}

/// What is installed, and by which programs.
struct Plan {
    kind: Kind,
    /// The one that installs.
    tool: UserTool,
    /// Makes a list of requirements of the files first.
    uv: Option<UserTool>,
    files: Vec<LockFile>,
}

impl Plan {
    async fn read(tree: &Tree, runtime: Runtime, tools: &Tools) -> Result<Option<Self>, Error> {
        let (kind, program, uv, files) = match runtime {
            Runtime::Yaml => return Ok(None),
            Runtime::Node => match lock::npm(tree)? {
                None => return Ok(None),
                Some(files) => (Kind::Npm, UserProgram::Npm, None, files),
            },
            Runtime::Python => match lock::python(tree)? {
                None => return Ok(None),
                Some(Python::Pip(file)) => (Kind::Pip, UserProgram::Python, None, vec![file]),
                Some(Python::Uv(files)) => {
                    let uv = tools.user_tool(UserProgram::Uv).await?;
                    (Kind::Pip, UserProgram::Python, Some(uv), files)
                }
            },
        };
        let tool = tools.user_tool(program).await?;
        Ok(Some(Self {
            kind,
            tool,
            uv,
            files,
        }))
    }

    /// What an installation depends on. A file's hash covers its whole text, so nothing in it can stand for something else.
    fn key(&self) -> Sha256 {
        let mut text = format!("lightsout dependencies 2\n{:?}\n", self.kind);
        for tool in std::iter::once(&self.tool).chain(&self.uv) {
            text.push_str(&format!("{}\n{}\n", tool.version(), tool.sha256()));
            if let Some(script) = tool.script() {
                text.push_str(&format!("{}\n", script.sha256));
            }
        }
        for file in &self.files {
            text.push_str(&format!("{} {}\n", file.name, Sha256::of(&file.bytes)));
        }
        Sha256::of(text.as_bytes())
    }
}

/// Installs what a tree's lock files name, or finds it installed. Nothing: the program needs no packages.
///
/// `environment` is the user's; of it only what this module's head names reaches npm and pip.
///
/// # Errors
/// A lock file is missing or names a package without a hash, the tool is missing, or it failed.
pub async fn install(
    tree: &Tree,
    tools: &Tools,
    environment: &[(OsString, OsString)],
) -> Result<Option<Dependencies>, Error> {
    install_for(tree, runtime(tree)?, tools, environment).await
}

/// The same for a tree without a project file, of which the caller knows the runtime.
///
/// # Errors
/// As [`install`].
pub async fn install_for(
    tree: &Tree,
    runtime: Runtime,
    tools: &Tools,
    environment: &[(OsString, OsString)],
) -> Result<Option<Dependencies>, Error> {
    let Some(plan) = Plan::read(tree, runtime, tools).await? else {
        return Ok(None);
    };
    let cache = Cache::open(tools.home(), plan.key())?;
    let _lock = cache.lock().await?;
    if let Some(found) = cache.find(plan.kind)? {
        return Ok(Some(found));
    }
    fill(&cache, &plan, environment).await?;
    cache.find(plan.kind)?.map_or_else(
        || {
            Err(Error::Vanished {
                folder: cache.place(),
            })
        },
        |found| Ok(Some(found)),
    )
}

/// Installs into a folder aside and puts it in place when it is whole.
async fn fill(
    cache: &Cache,
    plan: &Plan,
    environment: &[(OsString, OsString)],
) -> Result<(), Error> {
    let partial = cache.partial();
    remove(&partial)?;
    remove(&cache.place())?;
    let tree = partial.join(TREE);
    for folder in [&partial, &tree] {
        make(folder)?;
    }
    let left = match plan.kind {
        Kind::Npm => npm(cache, plan, environment).await?,
        Kind::Pip => pip(cache, plan, environment).await?,
    };
    let target = tree.clone();
    let taken = tokio::task::spawn_blocking(move || {
        let from = take::open(&left.stage, TREE)?;
        take::copy(&from, &target, 0, &mut take::Room::default())?;
        Ok::<_, Error>((Manifest::make(&target)?, left.reached))
    });
    let (manifest, reached) = taken.await.map_err(|cause| {
        failed(
            "taking what is installed into",
            &tree,
            std::io::Error::other(cause),
        )
    })??;
    write(&partial.join(MANIFEST), manifest.to_json()?.as_bytes())?;
    let reached = serde_json::to_vec(&reached)
        .map_err(|cause| failed("writing", &partial, std::io::Error::other(cause)))?;
    write(&partial.join(REACHED), &reached)?;
    let place = cache.place();
    fs::rename(&partial, &place).map_err(|source| failed("putting in place", &place, source))
}

async fn npm(
    cache: &Cache,
    plan: &Plan,
    environment: &[(OsString, OsString)],
) -> Result<Left, Error> {
    let mut stage = Stage::new(&cache.partial())?;
    let settings = npm::settings(&plan.tool, &mut stage, environment).await?;
    // npm installs where its files are.
    for file in &plan.files {
        stage.put(TREE, file.name, &file.bytes)?;
    }
    let mut given = settings.args.clone();
    let installer = Installer::prepare(&plan.tool, &stage, Some(settings)).await?;
    let mut args = npm::args(installer.proxy());
    args.append(&mut given);
    installer
        .run(args, stage::inside(TREE), Vec::new(), DEADLINE)
        .await?;
    installer.end().await
}

async fn pip(
    cache: &Cache,
    plan: &Plan,
    environment: &[(OsString, OsString)],
) -> Result<Left, Error> {
    let mut text = Vec::new();
    match &plan.uv {
        Some(tool) => text = uv::export(tool, &Stage::new(&cache.partial())?, &plan.files).await?,
        None => plan
            .files
            .iter()
            .for_each(|file| text.clone_from(&file.bytes)),
    }
    let requirements = lock::requirements(&text)?;
    let mut stage = Stage::new(&cache.partial())?;
    stage.put(LOCKS, "requirements.txt", &text)?;
    let pip::Pip { settings, question } =
        pip::settings(&plan.tool, &mut stage, environment, &requirements).await?;
    let installer = Installer::prepare(&plan.tool, &stage, Some(settings)).await?;
    let cwd = stage::inside(LOCKS);
    let pages = installer.run(pip::page_args(), cwd.clone(), question, DEADLINE);
    installer.allow(pip::file_hosts(&pages.await?)?);
    installer
        .run(pip::args(installer.proxy()), cwd, Vec::new(), DEADLINE)
        .await?;
    installer.end().await
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

const REACHED: &str = "reached.json";
const MANIFEST: &str = "manifest.json";
/// LIMIT: time of one installation; a large provider's package takes minutes on a slow line.
const DEADLINE: Duration = Duration::from_secs(900);
/// How long a package manager may take to say what its configuration is.
const ASK_DEADLINE: Duration = Duration::from_secs(60);
/// LIMIT: bytes of what npm or pip says.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests;
