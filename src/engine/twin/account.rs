//! What exists in the imaginary account, and what was heard of it.
//!
//! INVARIANT: an id or a made name is never given twice, neither of what exists, nor of what existed, nor of what the engine told
//! of an earlier process: a replacement differs from what it replaces.
//! INVARIANT: every map has a limit.

use std::collections::{BTreeMap, BTreeSet};

use tonic::Status;

use super::TwinResource;

/// At most this many resources exist, ever existed or were heard of: far above any trial, and a bound on memory.
const RESOURCES_MAX: usize = 20_000;

/// A type and an id, or a type and a name.
type Key = (String, String);

/// What changes while a twin serves.
#[derive(Default)]
pub(super) struct Account {
    resources: BTreeMap<Key, TwinResource>,
    /// Ids that existed here and were deleted.
    gone: BTreeSet<Key>,
    /// Ids that the engine spoke of.
    heard_ids: BTreeSet<Key>,
    /// Names that the engine spoke of as existing.
    heard_names: BTreeSet<Key>,
    calls: BTreeMap<&'static str, u64>,
}

impl Account {
    pub(super) fn count(&mut self, method: &'static str) {
        let count = self.calls.entry(method).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls.clone()
    }

    pub(super) fn resources(&self) -> impl ExactSizeIterator<Item = &TwinResource> {
        self.resources.values()
    }

    /// Notes what the engine holds in its state.
    pub(super) fn hear(&mut self, token: &str, id: &str, name: Option<&str>) -> Result<(), Status> {
        self.room()?;
        if !id.is_empty() {
            self.heard_ids.insert((token.to_owned(), id.to_owned()));
        }
        if let Some(name) = name {
            self.heard_names.insert((token.to_owned(), name.to_owned()));
        }
        Ok(())
    }

    pub(super) fn is_name_used(&self, token: &str, name: &str) -> bool {
        self.heard_names
            .contains(&(token.to_owned(), name.to_owned()))
    }

    /// Whether an id exists here, existed here, or exists elsewhere.
    pub(super) fn is_id_used(&self, token: &str, id: &str) -> bool {
        let key = (token.to_owned(), id.to_owned());
        self.resources.contains_key(&key)
            || self.gone.contains(&key)
            || self.heard_ids.contains(&key)
    }

    pub(super) fn exists(&self, token: &str, id: &str) -> bool {
        self.resources
            .contains_key(&(token.to_owned(), id.to_owned()))
    }

    pub(super) fn is_gone(&self, token: &str, id: &str) -> bool {
        self.gone.contains(&(token.to_owned(), id.to_owned()))
    }

    pub(super) fn get(&self, token: &str, id: &str) -> Option<&TwinResource> {
        self.resources.get(&(token.to_owned(), id.to_owned()))
    }

    /// Makes a resource, or puts another state of it in place of the last.
    pub(super) fn put(&mut self, resource: TwinResource, name: Option<&str>) -> Result<(), Status> {
        self.hear(&resource.token, &resource.id, name)?;
        let key = (resource.token.clone(), resource.id.clone());
        self.gone.remove(&key);
        self.resources.insert(key, resource);
        Ok(())
    }

    /// Deletes a resource. One that was never here was made by an earlier process: it is then gone as well.
    pub(super) fn delete(&mut self, token: &str, id: &str) -> Result<(), Status> {
        self.room()?;
        let key = (token.to_owned(), id.to_owned());
        self.resources.remove(&key);
        self.gone.insert(key);
        Ok(())
    }

    fn room(&self) -> Result<(), Status> {
        let full = [
            self.heard_ids.len(),
            self.heard_names.len(),
            self.gone.len(),
        ]
        .into_iter()
        .any(|count| count >= RESOURCES_MAX);
        if full {
            return Err(Status::resource_exhausted(
                "making a resource: the twin has too many of them",
            ));
        }
        Ok(())
    }
}
