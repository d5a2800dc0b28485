//! The ledger's Ed25519 key, in the C2SP signed-note formats that other people's tools read.
//!
//! INVARIANT: the private half is in memory only inside [`Key`], which is wiped when dropped and prints as `[redacted]`; its file belongs to
//! us, is a regular file, and nobody else may read it.
//! The public half, a [`VerifierKey`], belongs into the auditor's hands: a ledger proves nothing to whom takes the key from beside it.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use signed_note::{Signer, StandardVerifier, Verifier};
use zeroize::Zeroizing;

use crate::ledger::store::{self, Secrecy};

/// The algorithm byte of Ed25519 in signed notes.
const ALGORITHM_ED25519: u8 = 1;

/// LIMIT: bytes of a key file: a name of 200, and 80 of key.
const KEY_BYTES_MAX: u64 = 1024;

/// LIMIT: bytes of a key's name, which is the ledger's origin.
const NAME_BYTES_MAX: usize = 200;

/// A key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read or written.
    #[error("opening the ledger's key: {0}")]
    File(#[from] store::Error),
    /// The name cannot stand in a signed note.
    #[error(
        "`{0}` cannot name a ledger: use 1 to 200 printable ASCII characters without `+` and spaces, such as `example.com/ledger`"
    )]
    Name(String),
    /// The file holds something else.
    #[error("`{}` holds no signed-note key of ours (`PRIVATE+KEY+name+id+data`)", .0.display())]
    Format(PathBuf),
    /// The file holds the key of another ledger.
    #[error("`{}` holds the key of `{found}`, not of `{asked}`", path.display())]
    OtherName {
        /// The key file.
        path: PathBuf,
        /// Whose key it holds.
        found: String,
        /// Whose key was asked for.
        asked: String,
    },
    /// The text is not a verifier key.
    #[error("`{0}` is not a verifier key (`name+id+data`)")]
    Verifier(String),
}

/// A private signing key and its name, which is the origin of the ledger it signs.
pub struct Key {
    name: String,
    signing: SigningKey,
    id: u32,
}

impl Key {
    /// Reads the key file, or makes the key and the file (mode 0600) if there is none.
    ///
    /// # Errors
    /// The file is not ours, others may read it, it holds the key of another name, or cannot be written.
    pub fn load_or_create(path: &Path, name: &str) -> Result<Self, Error> {
        check_name(name)?;
        if let Some(key) = Self::load(path, name)? {
            return Ok(key);
        }
        let key = Self::generate(name)?;
        // Somebody else may have made the file meanwhile: then theirs is the key.
        match store::create_secret(path, key.encode().as_bytes()) {
            Ok(()) => Ok(key),
            Err(error) if error.is_exists() => match Self::load(path, name)? {
                Some(key) => Ok(key),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a key that is in no file.
    ///
    /// # Errors
    /// The name cannot stand in a signed note.
    pub fn generate(name: &str) -> Result<Self, Error> {
        check_name(name)?;
        Ok(Self::new(name, SigningKey::generate(&mut rand_core::OsRng)))
    }

    /// Reads the key file; nothing if there is none.
    ///
    /// # Errors
    /// As [`Key::load_or_create`].
    pub fn load(path: &Path, name: &str) -> Result<Option<Self>, Error> {
        let Some(key) = Self::open(path)? else {
            return Ok(None);
        };
        if key.name == name {
            Ok(Some(key))
        } else {
            Err(Error::OtherName {
                path: path.to_owned(),
                found: key.name.clone(),
                asked: name.to_owned(),
            })
        }
    }

    /// Reads a key file, whatever its key is named; nothing if there is none.
    ///
    /// # Errors
    /// The file is not ours, others may read it, or it holds no key.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        let Some(bytes) = store::read(path, KEY_BYTES_MAX, Secrecy::OwnerOnly)? else {
            return Ok(None);
        };
        let bytes = Zeroizing::new(bytes);
        match Self::decode(&bytes) {
            Some(key) => Ok(Some(key)),
            None => Err(Error::Format(path.to_owned())),
        }
    }

    fn new(name: &str, signing: SigningKey) -> Self {
        let public = public_bytes(&signing.verifying_key());
        Self {
            name: name.to_owned(),
            id: signed_note::key_id(name, &public),
            signing,
        }
    }

    /// `PRIVATE+KEY+<name>+<id>+<base64 of algorithm and seed>`, one line.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let Ok(text) = str::from_utf8(bytes) else {
            return None;
        };
        let mut parts = text
            .strip_suffix('\n')
            .unwrap_or(text)
            .strip_prefix("PRIVATE+KEY+")?
            .splitn(3, '+');
        let (name, id, data) = (parts.next()?, parts.next()?, parts.next()?);
        let mut raw = Zeroizing::new([0_u8; 40]);
        let Ok(length) = BASE64_STANDARD.decode_slice(data, raw.as_mut_slice()) else {
            return None;
        };
        let (algorithm, seed) = raw.get(..length)?.split_first()?;
        let Ok(seed) = <&[u8; 32]>::try_from(seed) else {
            return None;
        };
        let key = Self::new(name, SigningKey::from_bytes(seed));
        (*algorithm == ALGORITHM_ED25519 && format!("{:08x}", key.id) == id).then_some(key)
    }

    fn encode(&self) -> Zeroizing<String> {
        let mut raw = Zeroizing::new([0_u8; 33]);
        let (algorithm, seed) = raw.split_at_mut(1);
        algorithm.fill(ALGORITHM_ED25519);
        seed.copy_from_slice(self.signing.as_bytes());
        let data = Zeroizing::new(BASE64_STANDARD.encode(raw.as_slice()));
        Zeroizing::new(format!(
            "PRIVATE+KEY+{}+{:08x}+{}\n",
            self.name,
            self.id,
            data.as_str()
        ))
    }

    /// The key's name: the origin of the ledger that it signs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half, for auditors to pin.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey {
            name: self.name.clone(),
            id: self.id,
            key: self.signing.verifying_key(),
        }
    }

    /// Signs bytes.
    #[must_use]
    pub fn signature(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}+{:08x}+[redacted])", self.name, self.id)
    }
}

impl Signer for Key {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        Ok(self.signature(message).to_vec())
    }
}

/// A public key with its name: `name+id+data`, as other people's note verifiers take it.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The key's name: the origin of the ledger that it signs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name and id, `name+id`: what a signature says it was made with.
    #[must_use]
    pub fn key_name(&self) -> String {
        format!("{}+{:08x}", self.name, self.id)
    }

    /// The raw 32 bytes of the Ed25519 key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether these bytes were signed by the private half.
    #[must_use]
    pub fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else {
            return false;
        };
        self.key.verify_strict(message, &signature).is_ok()
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::Verifier(crate::names::excerpt(text));
        // The library checks the form, the id and the algorithm; we keep the key itself.
        let standard = StandardVerifier::new(text).map_err(|_| bad())?;
        let data = text.splitn(3, '+').nth(2).ok_or_else(bad)?;
        let raw = BASE64_STANDARD.decode(data).map_err(|_| bad())?;
        let public: &[u8; 32] = raw
            .get(1..)
            .ok_or_else(bad)?
            .try_into()
            .map_err(|_| bad())?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| bad())?;
        let found = Self {
            name: standard.name().to_owned(),
            id: standard.key_id(),
            key,
        };
        check_name(&found.name)?;
        // One spelling only: what is pinned can be compared as text.
        if found.to_string() == text {
            Ok(found)
        } else {
            Err(bad())
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&signed_note::new_ed25519_verifier_key(
            &self.name, &self.key,
        ))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl Verifier for VerifierKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.accepts(message, signature)
    }
}

fn public_bytes(key: &VerifyingKey) -> Vec<u8> {
    [&[ALGORITHM_ED25519], key.as_bytes().as_slice()].concat()
}

fn check_name(name: &str) -> Result<(), Error> {
    let good = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
    if good {
        Ok(())
    } else {
        Err(Error::Name(crate::names::excerpt(name)))
    }
}

#[cfg(test)]
mod tests;
