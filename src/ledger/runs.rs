//! The runs of a ledger, and the rules for one more entry.
//!
//! INVARIANT: recording and verifying ask the same function, [`Runs::admit`].

use std::collections::BTreeMap;

use crate::ledger::entry::{Actor, Entry, Kind};
use crate::ledger::flaw::Flaw;
use crate::ledger::protocol::{Phase, State};
use crate::names::{RunId, Sha256};

/// One run's entries.
#[derive(Debug, Clone)]
pub struct Run {
    id: RunId,
    state: State,
    entries: Vec<Entry>,
}

impl Run {
    /// The run's id.
    #[must_use]
    pub const fn id(&self) -> &RunId {
        &self.id
    }

    /// Where it stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// Attempts begun.
    #[must_use]
    pub const fn attempts(&self) -> u8 {
        self.state.attempts()
    }

    /// Its entries, in order; never empty.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The kinds of its entries, in order.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.entries.iter().map(|entry| entry.kind)
    }
}

/// All runs, and the rules for one more entry.
#[derive(Debug, Default)]
pub(crate) struct Runs(BTreeMap<RunId, Run>);

impl Runs {
    /// What the run would become with this entry.
    pub(crate) fn admit(
        &self,
        run: &RunId,
        kind: Kind,
        actor: &Actor,
        parents: &[Sha256],
    ) -> Result<State, Flaw> {
        let found = self.0.get(run);
        let out_of_order = || Flaw::Order {
            run: run.clone(),
            kind,
            phase: found.map(Run::phase),
        };
        let state = match found {
            Some(run) => run.state.next(kind),
            None => State::first(kind),
        }
        .ok_or_else(out_of_order)?;
        let is_personal = matches!(kind, Kind::Approval | Kind::Acknowledgement);
        if is_personal && !matches!(actor, Actor::Person { .. }) {
            return Err(Flaw::NotAPerson {
                kind,
                actor: actor.clone(),
            });
        }
        let earlier = |parent: &Sha256| {
            found.is_some_and(|run| run.entries.iter().any(|entry| entry.body == *parent))
        };
        match parents.iter().find(|parent| !earlier(parent)) {
            Some(orphan) => Err(Flaw::Parent(*orphan)),
            None => Ok(state),
        }
    }

    /// Takes over an entry that was admitted.
    pub(crate) fn add(&mut self, entry: Entry, state: State) {
        let run = self.0.entry(entry.run.clone()).or_insert_with(|| Run {
            id: entry.run.clone(),
            state,
            entries: Vec::new(),
        });
        run.state = state;
        run.entries.push(entry);
    }

    /// Every run, by id.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Run> {
        self.0.values()
    }

    /// One run.
    pub(crate) fn one(&self, id: &RunId) -> Option<&Run> {
        self.0.get(id)
    }
}
