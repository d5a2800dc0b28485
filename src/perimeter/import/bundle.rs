//! A tree as one JSON file, for a job to hand to another: no archive format, whose readers do what an archive says.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{File, Mode, RelPath, Tree};

/// LIMIT: bytes of a bundle; a tree's own limits hold besides.
pub const BUNDLE_BYTES_MAX: u64 = 128 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    version: u32,
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
#[error("the bundle cannot be taken: {0}")]
pub struct BundleError(String);

/// Writes a tree.
///
/// # Errors
/// It cannot be written as JSON.
pub fn pack(tree: &Tree) -> Result<Vec<u8>, BundleError> {
    let entry = |file: &File| Entry {
        mode: file.mode(),
        base64: STANDARD.encode(file.bytes()),
    };
    let files = tree
        .files()
        .iter()
        .map(|(path, file)| (path.to_string(), entry(file)))
        .collect();
    serde_json::to_vec(&Bundle { version: 1, files })
        .map_err(|error| BundleError(error.to_string()))
}

/// Reads a tree: hostile bytes, whose paths and sizes are held to what any tree's are.
///
/// # Errors
/// It is not a bundle, or not a tree that can be taken in.
pub fn unpack(bytes: &[u8], limits: &super::Limits) -> Result<Tree, BundleError> {
    let wrong = |error: &dyn std::error::Error| BundleError(error.to_string());
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
    if bundle.version != 1 {
        return Err(BundleError("its version is not 1".to_owned()));
    }
    let mut tree = Tree::new();
    for (path, entry) in bundle.files {
        let path = RelPath::new(&path).map_err(|error| wrong(&error))?;
        let bytes = STANDARD
            .decode(entry.base64)
            .map_err(|_| BundleError(format!("`{path}` is not base64")))?;
        if bytes.len() as u64 > limits.file_bytes {
            return Err(BundleError(format!(
                "`{path}` is larger than {} bytes",
                limits.file_bytes
            )));
        }
        tree.add(path, File::new(entry.mode, bytes))
            .map_err(|error| wrong(&error))?;
        if tree.total_bytes() > limits.total_bytes {
            return Err(BundleError(format!(
                "it holds more than {} bytes",
                limits.total_bytes
            )));
        }
    }
    if tree.files().len() > limits.entries {
        return Err(BundleError(format!(
            "it holds more than {} files",
            limits.entries
        )));
    }
    Ok(tree)
}
