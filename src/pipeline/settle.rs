//! Applies that began and did not finish.
//!
//! INVARIANT: until a named person has looked at what such an apply left, nothing else is done to its stack.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::Job;
use crate::engine::automation::files;
use crate::fault::Fault;
use crate::ledger::{Actor, Evidence, Kind, Ledger, PersonName, Recorded, Run, View};
use crate::names::{RunId, Sha256, StackName};
use crate::perimeter::import::{Folder, Tree};
use crate::perimeter::repository::{Base, Repository};
use crate::pipeline::apply::{ApplyStarted, Landing, Receipt};
use crate::pipeline::order::Mandate;

/// LIMIT: bytes of what a person writes about what they found.
pub const NOTE_BYTES_MAX: usize = 4096;

/// A person's word that they have looked at the stack and at the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Hash of the evidence that the apply began.
    pub started: Sha256,
    /// Who looked.
    pub by: String,
    /// What they found and did.
    pub note: String,
}

impl Evidence for Acknowledgement {
    const KIND: Kind = Kind::Acknowledgement;
}

/// The run that last began to apply to this stack. An earlier one must have been settled before it could begin.
fn last_apply<'a>(view: &'a View, stack: &StackName) -> Result<Option<&'a Run>, Fault> {
    let began = |run: &Run| {
        let entries = run.entries().iter();
        let mut started = entries.filter(|entry| entry.kind == Kind::ApplyStarted);
        started.next_back().map(|entry| entry.seq)
    };
    let mut applies: Vec<(u64, &Run)> = view
        .runs()
        .filter_map(|run| Some((began(run)?, run)))
        .collect();
    applies.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
    for (_, run) in applies {
        let started: Option<Recorded<ApplyStarted>> = view.read(run.id())?;
        if started.is_some_and(|started| started.value().stack == *stack) {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

/// The run whose apply of this stack did not finish, and that nobody has looked at.
///
/// # Errors
/// The ledger cannot be read.
pub fn unsettled(view: &View, stack: &StackName) -> Result<Option<RunId>, Fault> {
    match last_apply(view, stack)? {
        Some(run) if !is_settled(view, run)? => Ok(Some(run.id().clone())),
        Some(_) | None => Ok(None),
    }
}

fn is_settled(view: &View, run: &Run) -> Result<bool, Fault> {
    if run.kinds().any(|kind| kind == Kind::Acknowledgement) {
        return Ok(true);
    }
    let receipt: Option<Recorded<Receipt>> = view.read(run.id())?;
    Ok(receipt.is_some_and(|receipt| receipt.value().is_complete))
}

/// Refuses to do anything to a stack whose last apply nobody has looked at, in this ledger or in another one of the same state.
///
/// # Errors
/// There is such an apply, or the ledger cannot be read.
pub fn check(view: &View, stack: &StackName, state: &Path) -> Result<(), Fault> {
    let run = match unsettled(view, stack)? {
        Some(run) => Some(run),
        None => Marker::of(state, stack).read()?,
    };
    match run {
        None => Ok(()),
        Some(run) => Err(Fault::Unsettled {
            run,
            stack: stack.clone(),
        }),
    }
}

/// Refuses a base that lacks what was last applied: a run from there would undo it, and nobody would be asked.
///
/// # Errors
/// It lacks it, or the repository cannot be read.
pub fn check_base(
    view: &View,
    repository: &Repository,
    base: &Base,
    job: &Job,
) -> Result<(), Fault> {
    let Some(run) = last_apply(view, &job.stack.name)? else {
        return Ok(());
    };
    let receipt: Option<Recorded<Receipt>> = view.read(run.id())?;
    let landing: Option<Recorded<Landing>> = view.read(run.id())?;
    // What a person has looked at instead, they have put right.
    let (Some(_), Some(landing)) = (receipt.filter(|it| it.value().is_complete), landing) else {
        return Ok(());
    };
    let folder = Folder::new(&job.stack.path).map_err(|error| Fault::Usage(error.to_string()))?;
    if repository.has_had(base, &folder, landing.value().folder)? {
        Ok(())
    } else {
        Err(Fault::Unmerged {
            stack: job.stack.name.clone(),
            branch: landing.value().branch.clone(),
        })
    }
}

/// Whether what the base holds was judged and has landed, and was then not applied: then it is a change, although the code is the same.
///
/// # Errors
/// The ledger or the repository cannot be read.
pub fn is_unapplied(
    view: &View,
    repository: &Repository,
    stack: &StackName,
    base: &Tree,
) -> Result<bool, Fault> {
    let folder = repository.folder_name(base)?;
    let applied = last_apply(view, stack)?.and_then(|run| run.entries().last());
    let since = applied.map_or(0, |entry| entry.seq);
    for run in view.runs() {
        let mandate: Option<Recorded<Mandate>> = view.read(run.id())?;
        let landing: Option<Recorded<Landing>> = view.read(run.id())?;
        let (Some(mandate), Some(landing)) = (mandate, landing) else {
            continue;
        };
        let it = landing.value();
        let is_offer = it
            .published
            .as_ref()
            .is_none_or(|at| at.branch == it.branch);
        let was_begun = run.kinds().any(|kind| kind == Kind::ApplyStarted);
        let is_later = landing.entry() > since;
        if mandate.value().stack == *stack
            && is_later
            && !is_offer
            && !was_begun
            && it.folder == folder
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A file beside the state that says which run is changing the stack: other checkouts have other ledgers.
#[derive(Debug)]
pub struct Marker(PathBuf);

impl Marker {
    /// The marker of a stack.
    #[must_use]
    pub fn of(state: &Path, stack: &StackName) -> Self {
        Self(state.join(format!(".lightsout-{stack}.applying")))
    }

    /// The run that is, or was, changing the stack.
    ///
    /// # Errors
    /// It cannot be read, or is not one of ours.
    pub fn read(&self) -> Result<Option<RunId>, Fault> {
        let text = files::read_if_there(&self.0, "apply marker", 100)
            .map_err(crate::engine::deployment::Error::from)?;
        let Some(text) = text else {
            return Ok(None);
        };
        let run = RunId::new(String::from_utf8_lossy(&text).trim())?;
        Ok(Some(run))
    }

    /// Says that this run is going to change the stack.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, run: &RunId) -> Result<(), Fault> {
        let folder = self.0.parent().unwrap_or(&self.0);
        let mut file = tempfile::NamedTempFile::new_in(folder)
            .map_err(Fault::file("marking the stack in", folder))?;
        writeln!(file, "{run}")
            .and_then(|()| file.as_file().sync_all())
            .map_err(Fault::file("marking the stack in", folder))?;
        file.persist(&self.0)
            .map_err(|error| Fault::file("marking the stack in", folder)(error.error))?;
        Ok(())
    }

    /// Takes the marker away.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self) -> Result<(), Fault> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Fault::file("removing", &self.0)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Records that a person has looked.
///
/// # Errors
/// There is nothing to look at, or the ledger cannot be written.
pub fn acknowledge(
    ledger: &mut Ledger,
    state: &Path,
    id: &RunId,
    by: PersonName,
    note: &str,
) -> Result<StackName, Fault> {
    if note.trim().is_empty() || note.len() > NOTE_BYTES_MAX {
        return Err(Fault::Usage(format!(
            "`--note` says what was found, in 1 to {NOTE_BYTES_MAX} bytes"
        )));
    }
    let nothing = || Fault::Usage(format!("run `{id}` left nothing to look at"));
    let started: Recorded<ApplyStarted> = ledger.read(id)?.ok_or_else(nothing)?;
    let stack = started.value().stack.clone();
    if unsettled(ledger.view(), &stack)?.as_ref() != Some(id) {
        return Err(nothing());
    }
    let acknowledgement = Acknowledgement {
        started: started.hash(),
        by: by.as_str().to_owned(),
        note: note.trim().to_owned(),
    };
    let actor = Actor::Person { name: by };
    drop(ledger.record(id, actor, acknowledgement, &[started.hash()])?);
    let marker = Marker::of(state, &stack);
    if marker.read()?.as_ref() == Some(id) {
        marker.remove()?;
    }
    Ok(stack)
}
