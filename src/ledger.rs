//! What is remembered: an append-only, signed log of evidence.
//!
//! A stage takes [`Recorded`] evidence and nothing else, so what is not in the ledger cannot be acted on. A ledger is a folder:
//!
//! ```text
//! entries            one line per entry: canonical JSON (RFC 8785); the leaves of a Merkle tree (RFC 6962)
//! checkpoint         the signed head of that tree: C2SP tlog-checkpoint in a C2SP signed note, Ed25519
//! objects/<aa>/<…>   bodies and statements, named by their SHA-256
//! lock               held by the one writer
//! scratch-*          files before they are put in their place
//! torn-<n>           an interrupted write, put aside
//! ```
//!
//! The last three say nothing about evidence, and nothing protects them.
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

use serde::Serialize;

use crate::names::{RunId, Sha256};

pub mod canonical;
pub mod checkpoint;
pub mod entry;
pub mod flaw;
pub mod keys;
pub mod log;
pub mod protocol;
pub mod runs;
pub mod statement;
pub mod store;
pub mod verify;
pub mod view;
pub mod writer;

pub use entry::{Actor, Entry, Kind, PersonName};
pub use flaw::{Finding, Flaw, Invalid, Place};
pub use keys::{Key, VerifierKey};
pub use runs::Run;
pub use verify::{Verified, verify};
pub use view::View;
pub use writer::{Ledger, Torn};

/// LIMIT: bytes of one body or statement.
pub const OBJECT_BYTES_MAX: u64 = canonical::BYTES_MAX as u64;

/// Something that a stage leaves and a later one may rest on.
pub trait Evidence: Serialize {
    /// What it is evidence of.
    const KIND: Kind;
}

/// Evidence that is in the ledger.
///
/// Only [`Ledger::record`] and the reading functions of a [`View`] make one. It is neither `Clone` nor `Deserialize`.
#[derive(Debug)]
pub struct Recorded<T> {
    value: T,
    hash: Sha256,
    entry: u64,
    run: RunId,
}

impl<T> Recorded<T> {
    /// The evidence.
    #[must_use]
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

#[cfg(test)]
mod tests;
