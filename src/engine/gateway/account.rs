//! What may be changed through a gateway now, and what was.
//!
//! INVARIANT: a gateway begins with [`Permit::Nothing`]; a preview never changes anything, whatever the engine asks for.
//! INVARIANT: what was made counts as there until the provider has said that it is gone.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request that changes the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Write {
    /// A new object.
    Create,
    /// A change of an object.
    Update,
    /// The end of an object.
    Delete,
}

impl Write {
    /// The provider's method.
    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
        }
    }
}

/// Which requests that change the world go through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Permit {
    /// None: a preview.
    #[default]
    Nothing,
    /// All: a trial, whose things are its own.
    Everything,
    /// These, by resource: an apply.
    Cleared(BTreeSet<(Write, String)>),
}

/// One gateway's permit and what was made through it. Clones are the same account.
#[derive(Debug, Clone, Default)]
pub(super) struct Account(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    permit: Permit,
    /// URN and id of what was made and is not gone; no id where a creation failed and may have left something.
    live: BTreeSet<(String, String)>,
}

impl Account {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below is one replacement or insertion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, permit: Permit) {
        self.state().permit = permit;
    }

    pub(super) fn allows(&self, write: Write, urn: &str) -> bool {
        match &self.state().permit {
            Permit::Nothing => false,
            Permit::Everything => true,
            Permit::Cleared(writes) => writes.contains(&(write, urn.to_owned())),
        }
    }

    /// Before a creation is asked for: from here on something may be there.
    pub(super) fn creating(&self, urn: &str) {
        self.state().live.insert((urn.to_owned(), String::new()));
    }

    pub(super) fn created(&self, urn: &str, id: &str) {
        let mut state = self.state();
        state.live.remove(&(urn.to_owned(), String::new()));
        state.live.insert((urn.to_owned(), id.to_owned()));
    }

    /// What was half-made has no id here: the engine has it from the error, and deletes it by that.
    pub(super) fn deleted(&self, urn: &str, id: &str) {
        let mut state = self.state();
        if !state.live.remove(&(urn.to_owned(), id.to_owned())) {
            state.live.remove(&(urn.to_owned(), String::new()));
        }
    }

    pub(super) fn live(&self) -> Vec<String> {
        let state = self.state();
        state.live.iter().map(|(urn, _)| urn.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_account_allows_nothing() {
        let account = Account::default();
        for write in [Write::Create, Write::Update, Write::Delete] {
            assert!(!account.allows(write, "a"));
        }
        account.set(Permit::Cleared(BTreeSet::from([(
            Write::Update,
            "a".to_owned(),
        )])));
        assert!(account.allows(Write::Update, "a"));
        assert!(!account.allows(Write::Update, "b"));
        assert!(!account.allows(Write::Delete, "a"));
    }

    #[test]
    fn what_was_made_is_there_until_it_is_deleted_by_its_own_id() {
        let account = Account::default();
        account.creating("a");
        assert_eq!(account.live().len(), 1);
        account.created("a", "1");
        account.creating("a");
        account.created("a", "2");
        account.deleted("a", "1");
        account.deleted("a", "other");
        assert_eq!(account.live().len(), 1);
        account.deleted("a", "2");
        assert_eq!(account.live().len(), 0);
        // A creation that failed is not proof of absence; what it left is deleted by an id that only its error had.
        account.creating("b");
        assert_eq!(account.live().len(), 1);
        account.deleted("b", "half");
        assert_eq!(account.live().len(), 0);
    }
}
