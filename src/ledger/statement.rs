//! What the gate says, for verifiers that are not ours: an in-toto Statement v1 in a DSSE envelope.
//!
//! INVARIANT: an envelope is canonical JSON with exactly one signature, by the ledger's key, over DSSE's pre-authentication encoding of the
//! payload's type and bytes; [`open`] accepts nothing else.
//! What a predicate means is its caller's business; [`Vsa`] is the one that gate results use.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ledger::canonical;
use crate::ledger::keys::{Key, VerifierKey};
use crate::names::Sha256;

/// The payload type of in-toto statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The type of the statement itself.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The predicate type of a gate's result: SLSA's verification summary.
pub const VSA_TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// What somebody wants stated about subjects.
#[derive(Debug, Clone)]
pub struct Claim<P> {
    /// What it is about, besides the evidence itself.
    pub subjects: Vec<Subject>,
    /// A URI that names the predicate's meaning, such as [`VSA_TYPE`].
    pub predicate_type: &'static str,
    /// What is said.
    pub predicate: P,
}

/// An in-toto statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement<P> {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// What it is about; the first is the evidence that it was recorded with.
    pub subject: Vec<Subject>,
    /// A URI that names the predicate's meaning.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is said.
    pub predicate: P,
}

/// A thing named by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What it is, for people.
    pub name: String,
    /// Its hash.
    pub digest: Digest,
}

impl Subject {
    /// A subject with its hash.
    #[must_use]
    pub fn new(name: impl Into<String>, hash: Sha256) -> Self {
        Self {
            name: name.into(),
            digest: Digest { sha256: hash },
        }
    }
}

/// in-toto's set of digests, of which we use one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// SHA-256 in lowercase hexadecimal digits.
    pub sha256: Sha256,
}

/// SLSA's verification summary: who verified what, against which policy, on which evidence, and the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vsa {
    /// Who verified.
    pub verifier: Verifier,
    /// When.
    pub time_verified: jiff::Timestamp,
    /// What was to be changed.
    pub resource_uri: String,
    /// Against what it was judged.
    pub policy: Resource,
    /// The evidence that was judged.
    pub input_attestations: Vec<Resource>,
    /// The result.
    pub verification_result: VsaResult,
    /// Which named levels were reached.
    pub verified_levels: Vec<String>,
}

/// Who verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    /// A URI.
    pub id: String,
}

/// A named thing with its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// A URI.
    pub uri: String,
    /// Its hash.
    pub digest: Digest,
}

/// A verification's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VsaResult {
    /// It passed.
    Passed,
    /// It did not.
    Failed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// An envelope could not be made, or is not what it says.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The statement or the envelope is not canonical JSON.
    #[error("the statement is not canonical JSON: {0}")]
    Canonical(#[from] canonical::Error),
    /// Not an envelope, or not a statement.
    #[error("it is not a DSSE envelope with an in-toto statement: {0}")]
    Json(#[from] serde_json::Error),
    /// The payload is not base64.
    #[error("it holds broken base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Another payload type or statement type.
    #[error("its type is `{0}`, not an in-toto statement")]
    Type(String),
    /// Not exactly one signature by the pinned key.
    #[error("it is not signed by the ledger's key alone")]
    Signature,
}

/// Puts a statement into a signed envelope.
///
/// # Errors
/// The predicate has no canonical form.
pub fn sign<P: Serialize>(key: &Key, statement: &Statement<P>) -> Result<Vec<u8>, Error> {
    let payload = canonical::to_bytes(statement)?;
    let signature = key.signature(&encoding(PAYLOAD_TYPE, &payload));
    let envelope = Envelope {
        payload: BASE64_STANDARD.encode(&payload),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: vec![Signature {
            keyid: key.verifier().key_name(),
            sig: BASE64_STANDARD.encode(signature),
        }],
    };
    Ok(canonical::to_bytes(&envelope)?)
}

/// Opens an envelope that the key signed.
///
/// # Errors
/// It is malformed, of another type, or not signed by exactly this key.
pub fn open<P: DeserializeOwned>(
    envelope: &[u8],
    pinned: &VerifierKey,
) -> Result<Statement<P>, Error> {
    canonical::check(envelope)?;
    let envelope: Envelope = serde_json::from_slice(envelope)?;
    let payload = BASE64_STANDARD.decode(&envelope.payload)?;
    let [signature] = envelope.signatures.as_slice() else {
        return Err(Error::Signature);
    };
    let raw = BASE64_STANDARD.decode(&signature.sig)?;
    // DSSE: the signature covers the type too, and is checked before the payload is parsed.
    if signature.keyid != pinned.key_name()
        || !pinned.accepts(&encoding(&envelope.payload_type, &payload), &raw)
    {
        return Err(Error::Signature);
    }
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(Error::Type(crate::names::excerpt(&envelope.payload_type)));
    }
    canonical::check(&payload)?;
    let statement: Statement<P> = serde_json::from_slice(&payload)?;
    if statement.statement_type != STATEMENT_TYPE {
        return Err(Error::Type(crate::names::excerpt(
            &statement.statement_type,
        )));
    }
    Ok(statement)
}

/// DSSE's PAE: `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`.
fn encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests;
