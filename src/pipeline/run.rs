//! One run: its identity, its rules, its place on the disk, its ledger.

mod basis;
mod kit;
mod stop;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use basis::{basis, pack, waivers};
pub use kit::{Host, Kit};
pub use stop::Stop;

use crate::config::{Job, secret::Secret};
use crate::engine::project::Project;
use crate::fault::Fault;
use crate::ledger::protocol::Phase;
use crate::ledger::{self, Actor, Evidence, Ledger, Recorded};
use crate::names::{RunId, Sha256};
use crate::perimeter::Perimeter;
use crate::perimeter::broker::key::Key;
use crate::perimeter::github::land::Remote;
use crate::perimeter::import::{Folder, Limits, Tree, materialise};
use crate::perimeter::repository::Base;
use crate::pipeline::order::{Mandate, Origin};
use crate::pipeline::settle;

/// LIMIT: folders of one name in a run; each stage of each attempt makes one.
const NUMBERED_MAX: u32 = 1000;

/// A run that is open in the ledger.
#[derive(Debug)]
pub struct Run<'a> {
    /// Its id.
    pub id: RunId,
    /// What the base's configuration says.
    pub job: &'a Job,
    /// What it may touch.
    pub perimeter: &'a Perimeter,
    /// What is remembered.
    pub ledger: &'a mut Ledger,
    /// The base commit.
    pub base: Base,
    /// The stack's folder of the base.
    pub base_tree: Tree,
    /// The programs it may start.
    pub kit: Kit,
    /// Its rules, recorded.
    pub mandate: Recorded<Mandate>,
    /// When its budget of time is spent.
    pub deadline: tokio::time::Instant,
    /// Where what is judged lands besides, when the run came from there.
    pub remote: Option<Remote>,
    /// The model's key, once it was needed: a descriptor can be read once.
    pub model_key: Option<Arc<Key>>,
}

/// How far a run shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// As far as it is let.
    Whole,
    /// To a proposal for another machine, which has the ledger and the state and checks them.
    Proposal,
}

impl<'a> Run<'a> {
    /// Opens a run: reads the base, finds the programs, records the mandate.
    ///
    /// # Errors
    /// The base cannot be read, a program is missing, or the ledger cannot be written.
    pub async fn open(
        id: RunId,
        job: &'a Job,
        perimeter: &'a Perimeter,
        ledger: &'a mut Ledger,
        base: Base,
        origin: &Origin,
        scope: Scope,
    ) -> Result<Run<'a>, Fault> {
        if scope == Scope::Whole {
            check(job, perimeter, ledger, &base)?;
        }
        let (base_tree, kit) = admit(job, perimeter, &base).await?;
        let mandate = Mandate {
            stack: job.stack.name.clone(),
            autonomy: job.stack.autonomy.min(origin.ceiling()),
            basis: basis(perimeter, &base, job)?,
            tools: kit.record(),
            lightsout: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let own = perimeter.own();
        let run_folder = perimeter.run_folder(&id);
        std::fs::create_dir_all(&run_folder)
            .map_err(Fault::file("making the run's folder", &run_folder))?;
        private(&own)?;
        let ignore = own.join(".gitignore");
        std::fs::write(&ignore, "*\n").map_err(Fault::file("writing", &ignore))?;
        let mandate = ledger.record(&id, Actor::Supervisor, mandate, &[])?;
        Ok(Run {
            id,
            job,
            perimeter,
            ledger,
            base,
            base_tree,
            kit,
            mandate,
            deadline: deadline(job),
            remote: None,
            model_key: None,
        })
    }

    /// Goes on with a run that is in the ledger.
    ///
    /// # Errors
    /// The run is not there, or its base is gone.
    pub async fn resume(
        id: RunId,
        job: &'a Job,
        perimeter: &'a Perimeter,
        ledger: &'a mut Ledger,
    ) -> Result<Run<'a>, Fault> {
        let mandate: Recorded<Mandate> = ledger
            .read(&id)?
            .ok_or_else(|| Fault::Usage(format!("the ledger has no run `{id}`")))?;
        let phase = ledger.view().run(&id).map(ledger::Run::phase);
        if matches!(phase, Some(Phase::Ended | Phase::Closed)) {
            return Err(Fault::Usage(format!("run `{id}` is over")));
        }
        let commit = mandate
            .value()
            .basis
            .commit
            .parse()
            .map_err(|_| Fault::Usage(format!("run `{id}` names no commit")))?;
        passphrase(perimeter, job)?;
        let base = perimeter.repository.base_at(commit)?;
        check(job, perimeter, ledger, &base)?;
        let (base_tree, kit) = admit(job, perimeter, &base).await?;
        Ok(Run {
            id,
            job,
            perimeter,
            ledger,
            base,
            base_tree,
            kit,
            mandate,
            deadline: deadline(job),
            remote: None,
            model_key: None,
        })
    }

    /// What ends a stage before its time.
    #[must_use]
    pub fn stop(&self) -> Stop {
        Stop {
            interrupt: self.perimeter.interrupt.clone(),
            deadline: self.deadline,
            minutes: self.job.stack.budget.minutes,
        }
    }

    /// Whether the base holds what has landed and was not applied.
    ///
    /// # Errors
    /// The ledger or the repository cannot be read.
    pub fn is_unapplied(&self) -> Result<bool, Fault> {
        let (view, repository) = (self.ledger.view(), &self.perimeter.repository);
        settle::is_unapplied(view, repository, &self.job.stack.name, &self.base_tree)
    }

    /// The run's private folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.perimeter.run_folder(&self.id)
    }

    /// A private folder of the run that is empty.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn fresh(&self, name: &str) -> Result<PathBuf, Fault> {
        let path = self.folder().join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(Fault::file("emptying", &path))?;
        }
        std::fs::create_dir_all(&path).map_err(Fault::file("making", &path))?;
        private(&path)?;
        Ok(path)
    }

    /// A new private folder of the run; one of an earlier attempt stays, because a trial's state may still be needed.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn numbered(&self, name: &str) -> Result<PathBuf, Fault> {
        for number in 1..=NUMBERED_MAX {
            let path = self.folder().join(format!("{name}-{number}"));
            match std::fs::create_dir(&path) {
                Ok(()) => {
                    private(&path)?;
                    return Ok(path);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Fault::file("making", &path)(error)),
            }
        }
        Err(Fault::Usage(format!(
            "run `{}` has more than {NUMBERED_MAX} folders `{name}`",
            self.id
        )))
    }

    /// Records evidence of this run.
    ///
    /// # Errors
    /// The ledger cannot be written, or the evidence may not come here.
    pub fn record<T: Evidence>(
        &mut self,
        actor: Actor,
        value: T,
        parents: &[Sha256],
    ) -> Result<Recorded<T>, Fault> {
        Ok(self.ledger.record(&self.id, actor, value, parents)?)
    }

    /// Writes a tree of the base or of a proposal fresh into the run's folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn materialise(&self, name: &str, tree: &Tree) -> Result<PathBuf, Fault> {
        let path = self.folder().join(name);
        if path.exists() {
            remove_tree(&path)?;
        }
        materialise(tree, &path)?;
        Ok(path)
    }

    /// The passphrase of the stack's secrets.
    ///
    /// # Errors
    /// The variable is not set.
    pub fn passphrase(&self) -> Result<Secret, Fault> {
        passphrase(self.perimeter, self.job)
    }

    /// The folder of the stack's state.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn state_folder(&self) -> Result<PathBuf, Fault> {
        state_folder(self.perimeter, self.job)
    }
}

/// The passphrase of a stack's secrets.
///
/// # Errors
/// The variable is not set.
pub fn passphrase(perimeter: &Perimeter, job: &Job) -> Result<Secret, Fault> {
    let name = &job.stack.state.passphrase;
    perimeter.environment.get(name).cloned().ok_or_else(|| {
        Fault::Usage(format!("the environment variable `{name}`, which holds the passphrase of the stack's secrets, is not set"))
    })
}

/// Where a stack's state is, on the machine that has it.
#[must_use]
pub fn state_path(perimeter: &Perimeter, job: &Job) -> PathBuf {
    let url = &job.stack.state.url;
    let path = url.strip_prefix("file://").unwrap_or(url);
    match path.strip_prefix("./") {
        Some(relative) => perimeter.top.join(relative),
        None => PathBuf::from(path),
    }
}

/// The folder of a stack's state.
///
/// # Errors
/// It cannot be made.
pub fn state_folder(perimeter: &Perimeter, job: &Job) -> Result<PathBuf, Fault> {
    let path = state_path(perimeter, job);
    std::fs::create_dir_all(&path).map_err(|error| {
        Fault::Usage(format!(
            "making the state's folder `{}`: {error}",
            path.display()
        ))
    })?;
    Ok(path)
}

/// Checks that the stack may be worked on.
fn check(job: &Job, perimeter: &Perimeter, ledger: &Ledger, base: &Base) -> Result<(), Fault> {
    check_key(job, ledger)?;
    let view = ledger.view();
    settle::check(view, &job.stack.name, &state_folder(perimeter, job)?)?;
    settle::check_base(view, &perimeter.repository, base, job)
}

/// Finds what a run needs: the stack's folder of the base, and the programs.
async fn admit(job: &Job, perimeter: &Perimeter, base: &Base) -> Result<(Tree, Kit), Fault> {
    let base_tree = folder(perimeter, base, &job.stack.path)?;
    let project = Project::read(&base_tree).map_err(crate::engine::deployment::Error::from)?;
    let kit = Kit::find(perimeter, &project, job).await?;
    Ok((base_tree, kit))
}

/// A ledger that another key signs than the configuration pins would verify for nobody.
fn check_key(job: &Job, ledger: &Ledger) -> Result<(), Fault> {
    let own = ledger.view().key().to_string();
    match &job.ledger.key {
        Some(pinned) if *pinned != own => Err(Fault::Usage(format!(
            "lightsout.yaml pins the ledger's key `{pinned}`, this machine's key is `{own}`"
        ))),
        Some(_) | None => Ok(()),
    }
}

/// The end of a run that begins now.
fn deadline(job: &Job) -> tokio::time::Instant {
    tokio::time::Instant::now()
        + std::time::Duration::from_secs(u64::from(job.stack.budget.minutes) * 60)
}

/// Removes a materialised tree, whose folders are read-only.
///
/// # Errors
/// It cannot be removed.
pub fn remove_tree(path: &Path) -> Result<(), Fault> {
    fn open_up(path: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open_up(&entry.path())?;
            }
        }
        Ok(())
    }
    open_up(path)
        .and_then(|()| std::fs::remove_dir_all(path))
        .map_err(Fault::file("removing", path))
}

fn private(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
        .map_err(Fault::file("protecting", path))
}

/// A folder of a commit.
///
/// # Errors
/// It is not there, or holds what is neither a file nor a folder.
pub fn folder(perimeter: &Perimeter, base: &Base, path: &str) -> Result<Tree, Fault> {
    let folder = Folder::new(path).map_err(|error| Fault::Usage(error.to_string()))?;
    Ok(perimeter
        .repository
        .folder(base, &folder, &Limits::default())?)
}
