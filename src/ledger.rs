//! What is remembered: an append-only, signed log of evidence.
//!
//! A stage takes [`Recorded`] evidence and nothing else, so what is not in the ledger cannot be acted on. A ledger is a folder:
//!
//! ```text
//! entries            one line per entry: canonical JSON (RFC 8785); the leaves of a Merkle tree (RFC 6962)
//! checkpoint         the signed head of that tree: C2SP tlog-checkpoint in a C2SP signed note, Ed25519
//! objects/<aa>/<…>   bodies and statements, named by their SHA-256
//! lock               held by the one writer
//! torn-<n>           an interrupted write, put aside
//! ```
//!
//! INVARIANT: [`Recorded`] is handed out only after a checkpoint that covers its entry is on the disk. What lies beyond the checkpoint
//! therefore had no effect, and is put aside when the ledger is opened again; a ledger with fewer entries than its checkpoint is invalid.
//! INVARIANT: an entry follows the [`protocol`]; its parents are earlier evidence of the same run.
//! It does not know what evidence says, and it does not keep the newest checkpoint safe from whoever may write the folder: keep copies.
//!
//! # What the types rule out
//!
//! Evidence that is not recorded does not fit where recorded evidence is asked for:
//!
//! ```
//! use lightsout::ledger::{Evidence, Kind, Recorded};
//! #[derive(serde::Serialize)]
//! struct Preview;
//! impl Evidence for Preview { const KIND: Kind = Kind::Preview; }
//! fn judge(_: &Recorded<Preview>) {}
//! fn run(preview: Recorded<Preview>) { judge(&preview); }
//! ```
//!
//! ```compile_fail
//! use lightsout::ledger::{Evidence, Kind, Recorded};
//! #[derive(serde::Serialize)]
//! struct Preview;
//! impl Evidence for Preview { const KIND: Kind = Kind::Preview; }
//! fn judge(_: &Recorded<Preview>) {}
//! fn run(preview: Preview) { judge(&preview); }
//! ```
//!
//! It cannot be copied, so what consumes it does so once:
//!
//! ```
//! use lightsout::ledger::{Evidence, Recorded};
//! fn spend<T: Evidence>(_: Recorded<T>) {}
//! fn once<T: Evidence>(clearance: Recorded<T>) { spend(clearance); }
//! ```
//!
//! ```compile_fail
//! use lightsout::ledger::{Evidence, Recorded};
//! fn spend<T: Evidence>(_: Recorded<T>) {}
//! fn twice<T: Evidence>(clearance: Recorded<T>) { spend(clearance); spend(clearance); }
//! ```
//!
//! ```compile_fail
//! use lightsout::ledger::{Evidence, Recorded};
//! fn spend<T: Evidence>(_: Recorded<T>) {}
//! fn once<T: Evidence>(clearance: &Recorded<T>) { spend(clearance.clone()); }
//! ```
//!
//! It cannot be made elsewhere, only read apart:
//!
//! ```
//! use lightsout::{ledger::Recorded, names::Sha256};
//! fn apart(evidence: &Recorded<u8>) -> (Sha256, u64) { (evidence.hash(), evidence.entry()) }
//! ```
//!
//! ```compile_fail
//! use lightsout::{ledger::Recorded, names::{RunId, Sha256}};
//! fn forge(run: RunId) -> Recorded<u8> { Recorded { value: 1, hash: Sha256::of(b"1"), entry: 0, run } }
//! ```
//!
//! What can only be made by one function and cannot be parsed cannot be read back either:
//!
//! ```
//! use lightsout::{ledger::{self, Evidence, Kind, View}, names::RunId};
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Clearance;
//! impl Evidence for Clearance { const KIND: Kind = Kind::Clearance; }
//! fn again(view: &View, run: &RunId) -> bool { view.read::<Clearance>(run).is_ok() }
//! ```
//!
//! ```compile_fail
//! use lightsout::{ledger::{self, Evidence, Kind, View}, names::RunId};
//! #[derive(serde::Serialize)]
//! struct Clearance;
//! impl Evidence for Clearance { const KIND: Kind = Kind::Clearance; }
//! fn again(view: &View, run: &RunId) -> bool { view.read::<Clearance>(run).is_ok() }
//! ```

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::statement::{Claim, STATEMENT_TYPE, Statement};
use crate::ledger::store::{Appender, Lock, Secrecy};
use crate::names::{RunId, Sha256};

pub mod canonical;
pub mod checkpoint;
pub mod entry;
pub mod keys;
pub mod log;
pub mod protocol;
pub mod statement;
pub mod store;
pub mod verify;
pub mod view;

pub use entry::{Actor, Entry, Kind, PersonName};
pub use keys::{Key, VerifierKey};
pub use verify::{Finding, Flaw, Invalid, Place, Verified, verify};
pub use view::{Run, View};

/// LIMIT: bytes of one body or statement.
pub const OBJECT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// LIMIT: interrupted writes that are put aside in one folder.
const TORN_MAX: u32 = 10_000;

/// Something that a stage leaves and a later one may rest on.
pub trait Evidence: Serialize {
    /// What it is evidence of.
    const KIND: Kind;
}

/// Evidence that is in the ledger.
///
/// Only [`Ledger::record`] and the reading functions of a [`View`] make one. It is neither `Clone` nor `Deserialize`.
#[derive(Debug)]
#[must_use]
pub struct Recorded<T> {
    value: T,
    hash: Sha256,
    entry: u64,
    run: RunId,
}

impl<T> Recorded<T> {
    /// The evidence.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// SHA-256 of its canonical body: what later evidence names as its parent.
    #[must_use]
    pub const fn hash(&self) -> Sha256 {
        self.hash
    }

    /// The number of its entry.
    #[must_use]
    pub const fn entry(&self) -> u64 {
        self.entry
    }

    /// The run that it belongs to.
    #[must_use]
    pub const fn run(&self) -> &RunId {
        &self.run
    }
}

/// The ledger could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not verify.
    #[error("the ledger does not verify: {0}")]
    Invalid(#[from] Invalid),
    /// A file could not be written, or somebody else writes.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// The evidence may not be recorded here.
    #[error("the evidence is not recorded: {0}")]
    Refused(Flaw),
    /// The evidence has no canonical form.
    #[error("the evidence `{kind}` is not recorded: {source}")]
    Body {
        /// What was to be recorded.
        kind: Kind,
        /// Why not.
        source: canonical::Error,
    },
    /// The evidence is too large.
    #[error(
        "the evidence `{kind}` is not recorded: {bytes} bytes are over the limit of {OBJECT_BYTES_MAX}"
    )]
    TooLarge {
        /// What was to be recorded.
        kind: Kind,
        /// Its size.
        bytes: u64,
    },
    /// The entry is over a limit.
    #[error("the evidence is not recorded: {0}")]
    Entry(#[from] entry::Error),
    /// The statement could not be made.
    #[error("the evidence is not recorded: {0}")]
    Statement(#[from] statement::Error),
    /// The checkpoint could not be signed.
    #[error("signing the ledger's checkpoint: {0}")]
    Checkpoint(#[from] checkpoint::Error),
    /// The tree lost a hash.
    #[error("signing the ledger's checkpoint: {0}")]
    Tree(#[from] log::OutOfTree),
    /// The ledger has no room left.
    #[error("the ledger is full: begin a new one in another folder")]
    Full,
    /// A write failed half-way.
    #[error("an earlier write to the ledger failed half-way: open it again")]
    Broken,
    /// Evidence that is read as something else than it is.
    #[error("reading entry {seq} back as `{kind}`: {source}")]
    Type {
        /// The entry's number.
        seq: u64,
        /// What it was read as.
        kind: Kind,
        /// What did not fit.
        source: serde_json::Error,
    },
}

/// An interrupted write that was found and put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Where it is now.
    pub file: PathBuf,
    /// How many bytes it has.
    pub bytes: u64,
}

/// The one writer of a ledger.
pub struct Ledger {
    view: View,
    key: Key,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    entries: Appender,
    torn: Option<Torn>,
    is_broken: bool,
    _lock: Lock,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("folder", &self.view.folder())
            .field("size", &self.view.size())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens a ledger for writing, or begins one in a folder that holds none. Its origin is the key's name.
    ///
    /// An interrupted write is put aside; [`Ledger::torn`] says so.
    ///
    /// # Errors
    /// Somebody else writes it, it does not verify, or the disk says no.
    pub fn open(
        folder: &Path,
        key: Key,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(store::doing("making", folder))?;
        let lock = Lock::take(folder)?;
        begin(folder, &key)?;
        let view = View::open(folder, &key.verifier())?;
        let torn = put_aside(&view)?;
        let entries = Appender::open(&folder.join("entries"), view.bytes())?;
        store::create_folder(&folder.join("objects"))?;
        Ok(Self {
            view,
            key,
            clock: Box::new(clock),
            entries,
            torn,
            is_broken: false,
            _lock: lock,
        })
    }

    /// The interrupted write that was found when the ledger was opened.
    #[must_use]
    pub const fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// What is in the ledger.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Every run, by id.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.view.runs()
    }

    /// Reads a run's latest evidence of this type back.
    ///
    /// # Errors
    /// Its body is missing, changed, or not of this type.
    pub fn read<T: Evidence + DeserializeOwned>(
        &self,
        run: &RunId,
    ) -> Result<Option<Recorded<T>>, Error> {
        self.view.read(run)
    }

    /// Records evidence: when this returns, it is on the disk and signed.
    ///
    /// # Errors
    /// It may not come here, is over a limit, or cannot be written. A gate's decision must come with a claim ([`Ledger::record_stated`]).
    pub fn record<T: Evidence>(
        &mut self,
        run: &RunId,
        actor: Actor,
        value: T,
        parents: &[Sha256],
    ) -> Result<Recorded<T>, Error> {
        if T::KIND.must_be_stated() {
            return Err(Error::Refused(Flaw::Unstated(T::KIND)));
        }
        self.write(run, actor, value, parents, None::<&Claim<()>>)
    }

    /// Records evidence together with a signed in-toto statement about it, for verifiers that are not ours.
    ///
    /// The statement's first subject is the evidence itself, the claim's subjects follow.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn record_stated<T: Evidence, P: Serialize>(
        &mut self,
        run: &RunId,
        actor: Actor,
        value: T,
        parents: &[Sha256],
        claim: &Claim<P>,
    ) -> Result<Recorded<T>, Error> {
        self.write(run, actor, value, parents, Some(claim))
    }

    fn write<T: Evidence, P: Serialize>(
        &mut self,
        run: &RunId,
        actor: Actor,
        value: T,
        parents: &[Sha256],
        claim: Option<&Claim<P>>,
    ) -> Result<Recorded<T>, Error> {
        if self.is_broken {
            return Err(Error::Broken);
        }
        let state = self
            .view
            .runs_table()
            .admit(run, T::KIND, &actor, parents)
            .map_err(Error::Refused)?;
        let body = canonical::to_bytes(&value).map_err(|source| Error::Body {
            kind: T::KIND,
            source,
        })?;
        let hash = self.put(T::KIND, &body)?;
        let statement = match claim {
            Some(claim) => Some(self.state(run, T::KIND, hash, claim)?),
            None => None,
        };
        let entry = Entry {
            v: entry::VERSION,
            seq: self.view.size(),
            time: (self.clock)(),
            run: run.clone(),
            kind: T::KIND,
            actor,
            body: hash,
            size: body.len() as u64,
            parents: parents.to_vec(),
            prev: self.view.last(),
            statement,
        };
        let seq = entry.seq;
        self.append(entry, state)?;
        Ok(Recorded {
            value,
            hash,
            entry: seq,
            run: run.clone(),
        })
    }

    fn state<P: Serialize>(
        &self,
        run: &RunId,
        kind: Kind,
        hash: Sha256,
        claim: &Claim<P>,
    ) -> Result<Sha256, Error> {
        let mut subject = vec![verify::subject(run, kind, hash)];
        subject.extend(claim.subjects.iter().cloned());
        let statement = Statement {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: claim.predicate_type.to_owned(),
            predicate: &claim.predicate,
        };
        let envelope = statement::sign(&self.key, &statement)?;
        self.put(kind, &envelope)
    }

    /// Puts an object on its shelf; the same bytes have the same place.
    fn put(&self, kind: Kind, bytes: &[u8]) -> Result<Sha256, Error> {
        if bytes.len() as u64 > OBJECT_BYTES_MAX {
            return Err(Error::TooLarge {
                kind,
                bytes: bytes.len() as u64,
            });
        }
        let hash = Sha256::of(bytes);
        let path = view::object_path(self.view.folder(), hash);
        if let Some(shelf) = path.parent() {
            store::create_folder(shelf)?;
        }
        match store::read(&path, OBJECT_BYTES_MAX, Secrecy::Public)? {
            Some(found) if found != bytes => {
                let seq = self.view.size();
                let found = Sha256::of(&found);
                Err(Place::Object { seq, hash }
                    .with(Flaw::Hash { found })
                    .into())
            }
            // Written again even if it is there: what an interrupted write left may not be durable.
            Some(_) | None => {
                let scratch = self.view.folder().join("scratch-object");
                store::replace(&scratch, &path, bytes)?;
                Ok(hash)
            }
        }
    }

    /// The line, then the checkpoint that covers it. If either fails, what is on the disk is not known, and nothing more is written.
    fn append(&mut self, entry: Entry, state: protocol::State) -> Result<(), Error> {
        let mut line = entry.to_line()?;
        if self.view.bytes() + line.len() as u64 >= view::ENTRIES_BYTES_MAX {
            return Err(Error::Full);
        }
        self.is_broken = true;
        line.push(b'\n');
        self.entries.append(&line)?;
        line.pop();
        self.view.add(entry, &line, state)?;
        write_checkpoint(self.view.folder(), &self.key, self.view.tree())?;
        self.is_broken = false;
        Ok(())
    }
}

/// Begins a ledger where there is none. A folder that has entries or objects but no checkpoint is left as it is, and does not verify.
fn begin(folder: &Path, key: &Key) -> Result<(), Error> {
    let is_there = |name: &str| {
        let path = folder.join(name);
        path.try_exists()
            .map_err(store::doing("looking for", &path))
    };
    if is_there("checkpoint")? || is_there("entries")? || is_there("objects")? {
        return Ok(());
    }
    write_checkpoint(folder, key, &log::Tree::default())
}

fn write_checkpoint(folder: &Path, key: &Key, tree: &log::Tree) -> Result<(), Error> {
    let size = tree.size();
    let root = tree.root(size)?;
    let note = checkpoint::sign(key, Checkpoint { size, root })?;
    let scratch = folder.join("scratch-checkpoint");
    store::replace(&scratch, &folder.join("checkpoint"), &note)?;
    Ok(())
}

/// Copies what lies beyond the checkpoint to a file of its own, before it is cut off.
fn put_aside(view: &View) -> Result<Option<Torn>, Error> {
    let tail = view.tail();
    if tail.is_empty() {
        return Ok(None);
    }
    for n in 0..TORN_MAX {
        let file = view.folder().join(format!("torn-{n}"));
        match store::create(&file, tail) {
            Ok(()) => {
                return Ok(Some(Torn {
                    file,
                    bytes: tail.len() as u64,
                }));
            }
            Err(error) if error.is_exists() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Full)
}

#[cfg(test)]
mod tests;
