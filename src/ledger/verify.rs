//! What an auditor runs: everything that can be wrong with a ledger's folder, and where.
//!
//! INVARIANT: [`verify`] needs the folder and a key that was pinned elsewhere, nothing else; it writes nothing and holds no lock. Whatever
//! it cannot read or does not know is an [`Invalid`], never a pass.
//! It cannot see that the newest entries were cut off together with their checkpoint, or that the key's holder wrote two histories: a copy
//! of an earlier checkpoint, kept where the holder cannot write, shows both ([`Verified::extends`]).
//! What is not wrong but should be looked at is a [`Finding`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::ledger::canonical;
use crate::ledger::checkpoint;
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::flaw::{Finding, Flaw, Invalid, Place};
use crate::ledger::keys::VerifierKey;
use crate::ledger::protocol::Phase;
use crate::ledger::runs::Run;
use crate::ledger::statement::{self, Subject};
use crate::ledger::view::{View, object_path};
use crate::names::{RunId, Sha256};

/// LIMIT: findings of one verification about files that do not belong there; more are counted in the last.
const STRANGERS_MAX: usize = 100;

/// A ledger that verifies.
#[derive(Debug)]
pub struct Verified {
    view: View,
    findings: Vec<Finding>,
}

impl Verified {
    /// The ledger.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// What should be looked at.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether the ledger contains everything that a checkpoint kept elsewhere covers.
    ///
    /// # Errors
    /// That checkpoint is not of this ledger, or the ledger was cut short or rewritten since.
    pub fn extends(&self, kept: &[u8]) -> Result<(), Invalid> {
        let kept = checkpoint::open(kept, self.view.key())
            .map_err(|error| Place::Checkpoint.with(Flaw::Checkpoint(error)))?;
        match self.view.tree().root(kept.size) {
            Ok(root) if root == kept.root => Ok(()),
            Ok(_) | Err(_) => Err(Place::Entries.with(Flaw::Anchor { size: kept.size })),
        }
    }
}

/// Verifies a ledger against a pinned key.
///
/// # Errors
/// What is wrong, and where.
pub fn verify(folder: &Path, key: &VerifierKey) -> Result<Verified, Invalid> {
    let view = View::open(folder, key)?;
    for entry in view.runs().flat_map(Run::entries) {
        check_body(&view, entry)?;
        check_statement(&view, entry)?;
    }
    let mut findings: Vec<Finding> = view.runs().filter_map(unfinished).collect();
    if !view.tail().is_empty() {
        findings.push(Finding::Torn {
            bytes: view.tail().len() as u64,
        });
    }
    let rewinds = view.rewinds().iter();
    findings.extend(rewinds.map(|seq| Finding::ClockWentBack { seq: *seq }));
    let mut strangers = strangers(&view)?;
    if strangers.len() > STRANGERS_MAX {
        let count = strangers.len() - STRANGERS_MAX;
        strangers.truncate(STRANGERS_MAX);
        strangers.push(Finding::MoreFiles { count });
    }
    findings.append(&mut strangers);
    Ok(Verified { view, findings })
}

fn check_body(view: &View, entry: &Entry) -> Result<(), Invalid> {
    let body = view.body(entry)?;
    canonical::check(&body).map_err(|error| {
        Place::Object {
            seq: entry.seq,
            hash: entry.body,
        }
        .with(Flaw::Body(error))
    })
}

fn check_statement(view: &View, entry: &Entry) -> Result<(), Invalid> {
    let (Some(hash), Some(envelope)) = (entry.statement, view.statement(entry)?) else {
        return if entry.kind.must_be_stated() {
            Err(Place::Object {
                seq: entry.seq,
                hash: entry.body,
            }
            .with(Flaw::Unstated(entry.kind)))
        } else {
            Ok(())
        };
    };
    let place = Place::Object {
        seq: entry.seq,
        hash,
    };
    let stated = statement::open::<IgnoredAny>(&envelope, view.key())
        .map_err(|error| place.with(Flaw::Statement(error)))?;
    if stated.subject.first() == Some(&subject(&entry.run, entry.kind, entry.body)) {
        Ok(())
    } else {
        Err(place.with(Flaw::Subject))
    }
}

/// What a statement is about first: the evidence that it was recorded with.
pub(crate) fn subject(run: &RunId, kind: Kind, body: Sha256) -> Subject {
    Subject::new(format!("{run}/{kind}"), body)
}

fn unfinished(run: &Run) -> Option<Finding> {
    match run.phase() {
        Phase::Ended | Phase::Closed => None,
        Phase::Applying | Phase::ApplyingFaulted => Some(Finding::NoReceipt {
            run: run.id().clone(),
        }),
        phase @ (Phase::Opened
        | Phase::Ordered
        | Phase::Walled
        | Phase::Built
        | Phase::Proposed
        | Phase::Previewed
        | Phase::PolicyReported
        | Phase::Judged
        | Phase::Decided
        | Phase::Stopped
        | Phase::Answered
        | Phase::Cleared
        | Phase::Landed
        | Phase::HandedOver
        | Phase::Applied
        | Phase::Faulted) => Some(Finding::OpenRun {
            run: run.id().clone(),
            phase,
        }),
    }
}

/// Every file of the folder that no entry accounts for.
fn strangers(view: &View) -> Result<Vec<Finding>, Invalid> {
    let mut findings = Vec::new();
    for path in list(view.folder())? {
        match path.file_name().and_then(|name| name.to_str()) {
            Some(
                "entries" | "checkpoint" | "lock" | "objects" | "scratch-object"
                | "scratch-checkpoint",
            ) => {}
            Some(name) if name.starts_with("torn-") => findings.push(Finding::TornFile(path)),
            Some(_) | None => findings.push(Finding::Stranger(path)),
        }
    }
    let named: BTreeSet<PathBuf> = view
        .runs()
        .flat_map(Run::entries)
        .flat_map(|entry| [Some(entry.body), entry.statement])
        .flatten()
        .map(|hash| object_path(view.folder(), hash))
        .collect();
    let objects = view.folder().join("objects");
    if view.size() == 0 && !objects.is_dir() {
        return Ok(findings);
    }
    for shelf in list(&objects)? {
        if !shelf.is_dir() {
            findings.push(Finding::Stranger(shelf));
            continue;
        }
        let unnamed = list(&shelf)?
            .into_iter()
            .filter(|path| !named.contains(path));
        findings.extend(unnamed.map(Finding::Unreferenced));
    }
    Ok(findings)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Invalid> {
    let failed = |source| {
        Place::Folder.with(Flaw::List {
            path: folder.to_owned(),
            source,
        })
    };
    let mut paths = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|item| item.map(|item| item.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    Ok(paths)
}
