//! Applies that began and did not finish.
//!
//! INVARIANT: until a named person has looked at what such an apply left, nothing else is done to its stack.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::ledger::{Actor, Evidence, Kind, Ledger, PersonName, Recorded, Run, View};
use crate::names::{RunId, Sha256, StackName};
use crate::pipeline::apply::{ApplyStarted, Receipt};

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

/// The run whose apply of this stack did not finish, and that nobody has looked at.
///
/// Only the stack's latest apply is asked: an earlier one must have been settled before it could begin.
///
/// # Errors
/// The ledger cannot be read.
pub fn unsettled(view: &View, stack: &StackName) -> Result<Option<RunId>, Fault> {
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
            return Ok((!is_settled(view, run)?).then(|| run.id().clone()));
        }
    }
    Ok(None)
}

fn is_settled(view: &View, run: &Run) -> Result<bool, Fault> {
    if run.kinds().any(|kind| kind == Kind::Acknowledgement) {
        return Ok(true);
    }
    let receipt: Option<Recorded<Receipt>> = view.read(run.id())?;
    Ok(receipt.is_some_and(|receipt| receipt.value().is_complete))
}

/// Refuses to do anything to a stack whose last apply nobody has looked at.
///
/// # Errors
/// There is such an apply, or the ledger cannot be read.
pub fn check(view: &View, stack: &StackName) -> Result<(), Fault> {
    match unsettled(view, stack)? {
        None => Ok(()),
        Some(run) => Err(Fault::Unsettled {
            run,
            stack: stack.clone(),
        }),
    }
}

/// Records that a person has looked.
///
/// # Errors
/// There is nothing to look at, or the ledger cannot be written.
pub fn acknowledge(
    ledger: &mut Ledger,
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
    Ok(stack)
}
