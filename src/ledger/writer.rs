//! The one writer of a ledger.
//!
//! INVARIANT: an object, then the line that names it, then the checkpoint that covers the line: each is durable before the next is begun,
//! and the evidence is handed out after the last.
//! It does not decide what may be recorded: [`crate::ledger::runs`] does.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ledger::checkpoint::{self, Checkpoint};
use crate::ledger::entry::{self, Actor, Entry, Kind};
use crate::ledger::flaw::{Flaw, Place};
use crate::ledger::keys::Key;
use crate::ledger::log::Tree;
use crate::ledger::protocol::State;
use crate::ledger::runs::Run;
use crate::ledger::statement::{self, Claim, STATEMENT_TYPE, Statement};
use crate::ledger::store::{self, Appender, Lock, Secrecy};
use crate::ledger::view::{self, View};
use crate::ledger::{Error, Evidence, OBJECT_BYTES_MAX, Recorded, canonical, verify};
use crate::names::{RunId, Sha256};

/// LIMIT: interrupted writes that are put aside in one folder.
const TORN_MAX: u32 = 10_000;

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
    fn append(&mut self, entry: Entry, state: State) -> Result<(), Error> {
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
    write_checkpoint(folder, key, &Tree::default())
}

fn write_checkpoint(folder: &Path, key: &Key, tree: &Tree) -> Result<(), Error> {
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
