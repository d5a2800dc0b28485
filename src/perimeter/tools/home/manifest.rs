//! What a tool's folder holds: written when it is installed, compared whenever it is found.
//!
//! INVARIANT: every file of the folder is in the manifest with hash, size and mode; nothing else lies there, in no folder of it.
//! It does not hash what was installed again: `home` does.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{read_limited, sync_folder, tampered};
use crate::names::Sha256;
use crate::perimeter::tools::lock::{Entry, is_plain_path};
use crate::perimeter::tools::{Error, Source};

/// The manifest's file name.
pub(in crate::perimeter::tools) const MANIFEST: &str = "manifest.json";
/// The format of the manifest.
pub(super) const FORMAT: u32 = 1;
/// LIMIT: bytes of a manifest; as many files as an archive may have, with paths as long as they may be, fit.
const MANIFEST_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What was installed, from where, and what each file must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::perimeter::tools) struct Manifest {
    pub(in crate::perimeter::tools) format: u32,
    pub(in crate::perimeter::tools) name: String,
    pub(in crate::perimeter::tools) version: String,
    /// The hash of the lock's entry.
    pub(in crate::perimeter::tools) entry: Sha256,
    pub(in crate::perimeter::tools) source: Source,
    /// The URL, the Go package and toolchain, or the path it came from.
    pub(in crate::perimeter::tools) origin: String,
    pub(in crate::perimeter::tools) files: BTreeMap<String, Installed>,
}

/// One installed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::perimeter::tools) struct Installed {
    pub(in crate::perimeter::tools) sha256: Sha256,
    pub(in crate::perimeter::tools) bytes: u64,
    pub(in crate::perimeter::tools) mode: u32,
}

impl Manifest {
    /// Reads the manifest in a folder, which must be this entry's.
    pub(super) fn read(entry: &Entry, folder: &Path) -> Result<Self, Error> {
        let text = read_limited(&folder.join(MANIFEST), MANIFEST_BYTES_MAX)?
            .ok_or_else(|| tampered(folder, "its manifest is missing"))?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|cause| tampered(folder, &format!("its manifest cannot be read: {cause}")))?;
        let is_this = manifest.format == FORMAT
            && manifest.name == entry.name
            && manifest.version == entry.version
            && manifest.entry == entry.hash()?
            && entry
                .sources
                .iter()
                .any(|way| way.source() == manifest.source);
        if !is_this {
            return Err(tampered(folder, "its manifest is of another tool"));
        }
        if !manifest.files.keys().all(|name| is_plain_path(name)) {
            return Err(tampered(folder, "its manifest names a file elsewhere"));
        }
        Ok(manifest)
    }

    /// The hash of the only file, or of a list of all: a line for each, by path, with its hash, its mode and its path.
    pub(super) fn sha256(&self) -> Sha256 {
        let mut files = self.files.iter();
        if let (Some((_, only)), None) = (files.next(), files.next()) {
            return only.sha256;
        }
        let list: String = self
            .files
            .iter()
            .map(|(name, file)| format!("{} {:o} {name}\n", file.sha256, file.mode))
            .collect();
        Sha256::of(list.as_bytes())
    }

    /// Nothing lies beside what was installed: the engine would start it.
    pub(super) fn only_these(&self, folder: &Path) -> Result<(), Error> {
        self.only_these_below(folder, "")
    }

    fn only_these_below(&self, folder: &Path, prefix: &str) -> Result<(), Error> {
        let io = |cause| Error::io("listing", folder, cause);
        for item in std::fs::read_dir(folder).map_err(io)? {
            let item = item.map_err(io)?;
            let (name, path) = (item.file_name(), item.path());
            let foreign = || tampered(&path, "it was not installed by us");
            let name = format!("{prefix}{}", name.to_str().ok_or_else(foreign)?);
            if item.file_type().map_err(io)?.is_dir() {
                let inside = format!("{name}/");
                let first = self.files.range(inside.clone()..).next();
                // INVARIANT: only folders of the manifest's own files are entered, so the depth is theirs.
                if !first.is_some_and(|(file, _)| file.starts_with(&inside)) {
                    return Err(foreign());
                }
                self.only_these_below(&path, &inside)?;
            } else if name != MANIFEST && !self.files.contains_key(&name) {
                return Err(foreign());
            }
        }
        Ok(())
    }
}

/// What lies in a folder that was just made by us, written through to the disk.
pub(super) fn inventory(folder: &Path) -> Result<BTreeMap<String, Installed>, Error> {
    let mut files = BTreeMap::new();
    take_down(folder, "", &mut files)?;
    Ok(files)
}

fn take_down(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Installed>,
) -> Result<(), Error> {
    let io = |cause| Error::io("listing", folder, cause);
    for item in std::fs::read_dir(folder).map_err(io)? {
        let item = item.map_err(io)?;
        let path = item.path();
        let name = item
            .file_name()
            .to_str()
            .map(|name| format!("{prefix}{name}"));
        let name = name
            .filter(|name| is_plain_path(name) && name != MANIFEST)
            .ok_or_else(|| tampered(&path, "no file of a tool is called so"))?;
        let kind = item.file_type().map_err(io)?;
        if kind.is_dir() {
            take_down(&path, &format!("{name}/"), files)?;
        } else if kind.is_file() {
            files.insert(name, hashed(&path)?);
        } else {
            return Err(tampered(&path, "it is not a regular file"));
        }
    }
    sync_folder(folder)
}

fn hashed(path: &Path) -> Result<Installed, Error> {
    let mut file = File::open(path).map_err(|cause| Error::io("opening", path, cause))?;
    let sync = |cause| Error::io("writing", path, cause);
    file.sync_all().map_err(sync)?;
    let meta = file.metadata().map_err(sync)?;
    let sha256 = Sha256::of_reader(&mut file).map_err(|cause| Error::io("hashing", path, cause))?;
    Ok(Installed {
        sha256,
        bytes: meta.size(),
        mode: meta.mode() & 0o7777,
    })
}
