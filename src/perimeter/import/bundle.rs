//! A tree as one JSON file, for a job to hand to another: no archive format, whose readers do what an archive says.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{File, Mode, RelPath, Tree};
use crate::names::Sha256;

/// LIMIT: bytes of a bundle; a tree's own limits hold besides.
pub const BUNDLE_BYTES_MAX: u64 = 128 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    version: u32,
    /// Hash of the folder that it was made from.
    base: Sha256,
    files: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    mode: Mode,
    base64: String,
}

/// Why bytes are not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It was made from another folder than the base's.
    #[error("the proposal was made from what the stack's folder was before")]
    Base,
    /// It is nothing that can be taken.
    #[error("the proposal cannot be taken: {0}")]
    Wrong(String),
}

/// Writes a tree.
///
/// # Errors
/// It cannot be written as JSON.
pub fn pack(base: &Tree, tree: &Tree) -> Result<Vec<u8>, BundleError> {
    let entry = |file: &File| Entry {
        mode: file.mode(),
        base64: STANDARD.encode(file.bytes()),
    };
    let files = tree
        .files()
        .iter()
        .map(|(path, file)| (path.to_string(), entry(file)))
        .collect();
    let base = base.hash();
    serde_json::to_vec(&Bundle {
        version: 1,
        base,
        files,
    })
    .map_err(|error| BundleError::Wrong(error.to_string()))
}

/// Reads a tree: hostile bytes, whose paths and sizes are held to what any tree's are.
///
/// # Errors
/// It is not a bundle, or not a tree that can be taken in.
pub fn unpack(base: &Tree, bytes: &[u8], limits: &super::Limits) -> Result<Tree, BundleError> {
    let wrong = |error: &dyn std::error::Error| BundleError::Wrong(error.to_string());
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
    if bundle.version != 1 {
        return Err(BundleError::Wrong("its version is not 1".to_owned()));
    }
    // A whole folder on another base would undo what happened in between.
    if bundle.base != base.hash() {
        return Err(BundleError::Base);
    }
    let mut tree = Tree::new();
    for (path, entry) in bundle.files {
        let path = RelPath::new(&path).map_err(|error| wrong(&error))?;
        let bytes = STANDARD
            .decode(entry.base64)
            .map_err(|_| BundleError::Wrong(format!("`{path}` is not base64")))?;
        if bytes.len() as u64 > limits.file_bytes {
            return Err(BundleError::Wrong(format!(
                "`{path}` is larger than {} bytes",
                limits.file_bytes
            )));
        }
        tree.add(path, File::new(entry.mode, bytes))
            .map_err(|error| wrong(&error))?;
        if tree.total_bytes() > limits.total_bytes {
            return Err(BundleError::Wrong(format!(
                "it holds more than {} bytes",
                limits.total_bytes
            )));
        }
    }
    if tree.files().len() > limits.entries {
        return Err(BundleError::Wrong(format!(
            "it holds more than {} files",
            limits.entries
        )));
    }
    Ok(tree)
}
