//! A ledger that was read and whose signature, tree, lines and order were checked.
//!
//! INVARIANT: a [`View`] exists only of entries that the pinned key's checkpoint covers, in an order that the protocol allows. Bodies are
//! read when they are asked for, and then by their hash.
//! It writes nothing and needs no lock; a writer may go on meanwhile.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::ledger::checkpoint::{self, CHECKPOINT_BYTES_MAX, Checkpoint};
use crate::ledger::entry::{Entry, LINE_BYTES_MAX};
use crate::ledger::flaw::{Flaw, Invalid, Place};
use crate::ledger::keys::VerifierKey;
use crate::ledger::log::Tree;
use crate::ledger::protocol::State;
use crate::ledger::runs::{Run, Runs};
use crate::ledger::store::{self, Secrecy};
use crate::ledger::{Error, Evidence, OBJECT_BYTES_MAX, Recorded};
use crate::names::{RunId, Sha256};

/// LIMIT: bytes of all entries; some 300,000 of them, which are held in memory.
pub const ENTRIES_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// How often a reader starts again because a writer was faster.
const READS_MAX: usize = 100;

/// A ledger as it was read.
#[derive(Debug)]
pub struct View {
    folder: PathBuf,
    key: VerifierKey,
    runs: Runs,
    tree: Tree,
    last: Sha256,
    bytes: u64,
    tail: Vec<u8>,
    rewinds: Vec<u64>,
    time: Option<jiff::Timestamp>,
}

impl View {
    /// Reads a ledger and checks signature, tree, every line, and every run's order. Bodies are checked by [`crate::ledger::verify()`].
    ///
    /// # Errors
    /// It is not the ledger that the key signed.
    pub fn open(folder: &Path, key: &VerifierKey) -> Result<Self, Invalid> {
        let (checkpoint, bytes) = read_both(folder, key)?;
        let mut view = Self {
            folder: folder.to_owned(),
            key: key.clone(),
            runs: Runs::default(),
            tree: Tree::default(),
            last: Sha256::of(key.name().as_bytes()),
            bytes: 0,
            tail: Vec::new(),
            rewinds: Vec::new(),
            time: None,
        };
        let mut rest = bytes.as_slice();
        while view.tree.size() < checkpoint.size {
            let place = view.end();
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                return Err(place.with(Flaw::Short {
                    size: checkpoint.size,
                }));
            };
            let (line, after) = rest.split_at(end);
            let entry = Entry::parse(line).map_err(|error| place.with(Flaw::Line(error)))?;
            view.check_next(&entry, place)?;
            let state = view
                .runs
                .admit(&entry.run, entry.kind, &entry.actor, &entry.parents)
                .map_err(|flaw| place.with(flaw))?;
            view.add(entry, line, state)
                .map_err(|error| place.with(Flaw::Tree(error)))?;
            rest = after.get(1..).unwrap_or(&[]);
        }
        view.check_root(&checkpoint)?;
        view.tail = rest.to_vec();
        view.check_tail()?;
        Ok(view)
    }

    fn check_next(&self, entry: &Entry, place: Place) -> Result<(), Invalid> {
        if entry.seq != self.tree.size() {
            return Err(place.with(Flaw::Seq { found: entry.seq }));
        }
        if entry.prev != self.last {
            // The line that was changed is the one before, whose hash is written here; or its hash was.
            return Err(match entry.seq.checked_sub(1) {
                Some(seq) => Place::Between { seq }.with(Flaw::Chain),
                None => place.with(Flaw::OtherLog),
            });
        }
        Ok(())
    }

    fn check_root(&self, checkpoint: &Checkpoint) -> Result<(), Invalid> {
        let root = self
            .tree
            .root(checkpoint.size)
            .map_err(|error| Place::Checkpoint.with(Flaw::Tree(error)))?;
        if root == checkpoint.root {
            return Ok(());
        }
        // Every line is chained to the next, so it is the last that was changed, or all from somewhere up to the last.
        Err(match checkpoint.size.checked_sub(1) {
            Some(seq) => Place::Last { seq }.with(Flaw::Root),
            None => Place::Checkpoint.with(Flaw::Root),
        })
    }

    /// A crash leaves one entry, or a part of one, that no checkpoint covers. More means that an older checkpoint was put back.
    fn check_tail(&self) -> Result<(), Invalid> {
        let body = self.tail.strip_suffix(b"\n").unwrap_or(&self.tail);
        if body.contains(&b'\n') || body.len() > LINE_BYTES_MAX {
            Err(self.end().with(Flaw::CheckpointBehind {
                bytes: self.tail.len(),
            }))
        } else {
            Ok(())
        }
    }

    fn end(&self) -> Place {
        Place::Entry {
            seq: self.tree.size(),
            byte: self.bytes,
        }
    }

    /// Takes over one more entry, which is on disk as this line.
    pub(crate) fn add(
        &mut self,
        entry: Entry,
        line: &[u8],
        state: State,
    ) -> Result<(), crate::ledger::log::OutOfTree> {
        self.tree.push(line)?;
        self.last = Sha256::of(line);
        self.bytes += line.len() as u64 + 1;
        if self.time.is_some_and(|time| entry.time < time) {
            self.rewinds.push(entry.seq);
        }
        self.time = Some(entry.time);
        self.runs.add(entry, state);
        Ok(())
    }

    pub(crate) const fn runs_table(&self) -> &Runs {
        &self.runs
    }

    pub(crate) const fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(crate) const fn last(&self) -> Sha256 {
        self.last
    }

    /// Bytes of `entries` that the checkpoint covers.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of `entries` beyond the checkpoint.
    pub(crate) fn tail(&self) -> &[u8] {
        &self.tail
    }

    pub(crate) fn rewinds(&self) -> &[u64] {
        &self.rewinds
    }

    /// The folder that was read.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key that signed.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// How many entries it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Every run, by id.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.all()
    }

    /// One run.
    #[must_use]
    pub fn run(&self, id: &RunId) -> Option<&Run> {
        self.runs.one(id)
    }

    /// An entry's body: canonical JSON whose hash and size are those of the entry.
    ///
    /// # Errors
    /// It is missing, or not the one that was recorded.
    pub fn body(&self, entry: &Entry) -> Result<Vec<u8>, Invalid> {
        let bytes = self.object(entry.seq, entry.body)?;
        if bytes.len() as u64 == entry.size {
            Ok(bytes)
        } else {
            Err(Place::Object {
                seq: entry.seq,
                hash: entry.body,
            }
            .with(Flaw::Size {
                found: bytes.len() as u64,
                recorded: entry.size,
            }))
        }
    }

    /// An entry's DSSE envelope, if it carries one.
    ///
    /// # Errors
    /// It is missing, or not the one that was recorded.
    pub fn statement(&self, entry: &Entry) -> Result<Option<Vec<u8>>, Invalid> {
        entry
            .statement
            .map(|hash| self.object(entry.seq, hash))
            .transpose()
    }

    fn object(&self, seq: u64, hash: Sha256) -> Result<Vec<u8>, Invalid> {
        let place = Place::Object { seq, hash };
        let path = object_path(&self.folder, hash);
        let bytes = store::read(&path, OBJECT_BYTES_MAX, Secrecy::Public)
            .map_err(|error| place.with(Flaw::File(error)))?
            .ok_or_else(|| place.with(Flaw::Missing))?;
        let found = Sha256::of(&bytes);
        if found == hash {
            Ok(bytes)
        } else {
            Err(place.with(Flaw::Hash { found }))
        }
    }

    /// Reads a run's latest evidence of this type back.
    ///
    /// # Errors
    /// Its body is missing, changed, or not of this type.
    pub fn read<T: Evidence + DeserializeOwned>(
        &self,
        run: &RunId,
    ) -> Result<Option<Recorded<T>>, Error> {
        let entries = self.run(run).map_or(&[][..], Run::entries);
        entries
            .iter()
            .rfind(|entry| entry.kind == T::KIND)
            .map(|entry| self.recorded(entry))
            .transpose()
    }

    /// Reads all of a run's evidence of this type back, in order.
    ///
    /// # Errors
    /// A body is missing, changed, or not of this type.
    pub fn read_all<T: Evidence + DeserializeOwned>(
        &self,
        run: &RunId,
    ) -> Result<Vec<Recorded<T>>, Error> {
        let entries = self.run(run).map_or(&[][..], Run::entries);
        entries
            .iter()
            .filter(|entry| entry.kind == T::KIND)
            .map(|entry| self.recorded(entry))
            .collect()
    }

    fn recorded<T: Evidence + DeserializeOwned>(
        &self,
        entry: &Entry,
    ) -> Result<Recorded<T>, Error> {
        let body = self.body(entry)?;
        let value = serde_json::from_slice(&body).map_err(|source| Error::Type {
            seq: entry.seq,
            kind: entry.kind,
            source,
        })?;
        Ok(Recorded {
            value,
            hash: entry.body,
            entry: entry.seq,
            run: entry.run.clone(),
        })
    }
}

/// Where an object lies.
pub(crate) fn object_path(folder: &Path, hash: Sha256) -> PathBuf {
    let name = hash.to_string();
    let shelf: String = name.chars().take(2).collect();
    folder.join("objects").join(shelf).join(name)
}

/// Reads checkpoint and entries as they were at one moment.
fn read_both(folder: &Path, key: &VerifierKey) -> Result<(Checkpoint, Vec<u8>), Invalid> {
    let note = || {
        store::read(
            &folder.join("checkpoint"),
            CHECKPOINT_BYTES_MAX,
            Secrecy::Public,
        )
        .map_err(|error| Place::Checkpoint.with(Flaw::File(error)))?
        .ok_or_else(|| Place::Checkpoint.with(Flaw::Missing))
    };
    let mut before = note()?;
    for _ in 0..READS_MAX {
        let entries = store::read(&folder.join("entries"), ENTRIES_BYTES_MAX, Secrecy::Public)
            .map_err(|error| Place::Entries.with(Flaw::File(error)))?
            .unwrap_or_else(Vec::new);
        let after = note()?;
        if before == after {
            let checkpoint = checkpoint::open(&before, key)
                .map_err(|error| Place::Checkpoint.with(Flaw::Checkpoint(error)))?;
            return Ok((checkpoint, entries));
        }
        before = after;
    }
    Err(Place::Checkpoint.with(Flaw::Busy))
}
