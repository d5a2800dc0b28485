//! The signed head of the log: a C2SP tlog-checkpoint in a C2SP signed note.
//!
//! INVARIANT: [`open`] gives a checkpoint only if the pinned key signed exactly this text and its name is the checkpoint's origin.
//! It does not know whether it is the newest: a copy kept elsewhere does.

use signed_note::{Note, VerifierList};
use tlog_tiles::Checkpoint as Text;
use tlog_tiles::tlog::Hash;

use crate::ledger::keys::{Key, VerifierKey};

/// LIMIT: bytes of a checkpoint with the signatures of other people's witnesses.
pub const CHECKPOINT_BYTES_MAX: u64 = 64 * 1024;

/// What a checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Entries covered.
    pub size: u64,
    /// The Merkle root over them.
    pub root: [u8; 32],
}

/// A note that is not a checkpoint of this ledger.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a signed note, or not signed by the pinned key.
    #[error("it is not signed by the pinned key: {0}")]
    Signature(#[from] signed_note::NoteError),
    /// Signed, but not a checkpoint.
    #[error("the signed text is not a checkpoint")]
    Text,
    /// The checkpoint of another log.
    #[error("it is the checkpoint of `{found}`, not of `{pinned}`")]
    Origin {
        /// The origin it names.
        found: String,
        /// The name of the pinned key.
        pinned: String,
    },
}

/// Signs a checkpoint; the origin is the key's name.
///
/// # Errors
/// The key's name cannot be an origin.
pub fn sign(key: &Key, checkpoint: Checkpoint) -> Result<Vec<u8>, Error> {
    let text = Text::new(key.name(), checkpoint.size, Hash(checkpoint.root), "")
        .map_err(|_| Error::Text)?;
    let mut note = Note::new(&text.to_bytes(), &[])?;
    note.add_sigs(&[key])?;
    Ok(note.to_bytes())
}

/// Reads a checkpoint that the key signed.
///
/// # Errors
/// The note is malformed, not signed by this key, or of another log.
pub fn open(note: &[u8], pinned: &VerifierKey) -> Result<Checkpoint, Error> {
    let note = Note::from_bytes(note)?;
    // c2sp.org/signed-note: "Verifiers MUST ignore signatures from unknown keys", and reject a bad one from a known key.
    note.verify(&VerifierList::new(vec![Box::new(pinned.clone())]))?;
    let text = Text::from_bytes(note.text()).map_err(|_| Error::Text)?;
    if text.origin() != pinned.name() {
        return Err(Error::Origin {
            found: crate::names::excerpt(text.origin()),
            pinned: pinned.name().to_owned(),
        });
    }
    if !text.extension().is_empty() || text.to_bytes() != note.text() {
        return Err(Error::Text);
    }
    Ok(Checkpoint {
        size: text.size(),
        root: text.hash().0,
    })
}

#[cfg(test)]
mod tests;
