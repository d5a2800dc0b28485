//! The folder that installed tools live in: one folder for each entry of the lock, a manifest in each.
//!
//! ```text
//! HOME/tools/NAME-VERSION-HASH/{NAME, manifest.json}   complete or absent: made aside and renamed
//! HOME/hashes/*.json                                   see `stamp`
//! HOME/tmp/                                            of the install that holds the lock, emptied by the next
//! HOME/install.lock                                    held while anything is installed
//! ```
//!
//! INVARIANT: a tool's folder holds its executable and its manifest and nothing else, because the engine starts plugins that it
//! finds beside itself. It does not know where programs come from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::lock::Entry;
use super::progress::{Event, Progress};
use super::stamp::Hashes;
use super::{Error, Source, Tool};
use crate::names::Sha256;

/// The manifest's file name.
const MANIFEST: &str = "manifest.json";
/// The format of the manifest.
const FORMAT: u32 = 1;
/// LIMIT: bytes of a manifest, which describes one file.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
/// How often a second process looks whether the first has finished installing.
const WAIT_PAUSE: Duration = Duration::from_millis(200);
/// An installed program: nobody writes it again, everybody (a sandbox's own user) may run it.
const PROGRAM_MODE: u32 = 0o555;

/// The home folder.
#[derive(Debug, Clone)]
pub(super) struct Home {
    root: PathBuf,
    hashes: Hashes,
}

/// What was installed, from where, and what each file must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) name: String,
    pub(super) version: String,
    /// The hash of the lock's entry.
    pub(super) entry: Sha256,
    pub(super) source: Source,
    /// The URL, the Go package and toolchain, or the path it came from.
    pub(super) origin: String,
    pub(super) files: BTreeMap<String, Installed>,
}

/// One installed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Installed {
    pub(super) sha256: Sha256,
    pub(super) bytes: u64,
    pub(super) mode: u32,
}

/// How thoroughly a file is compared with its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Its hash may come from a record.
    Start,
    /// All of it is read.
    Whole,
}

/// Held while something is installed; dropping it lets the next process in.
#[derive(Debug)]
pub(super) struct Installing {
    /// The lock is the open file's.
    _file: File,
}

impl Home {
    /// Opens a home folder, and makes it if need be.
    pub(super) fn open(root: &Path) -> Result<Self, Error> {
        make_folder(root)?;
        // The real path, so that no link on the way can be pointed elsewhere between the check and the start.
        let root =
            std::fs::canonicalize(root).map_err(|cause| Error::io("resolving", root, cause))?;
        let hashes = Hashes::new(root.join("hashes"));
        Ok(Self { root, hashes })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) const fn hashes(&self) -> &Hashes {
        &self.hashes
    }

    /// Where an entry of the lock is installed.
    pub(super) fn folder(&self, entry: &Entry) -> Result<PathBuf, Error> {
        let hash = entry.hash()?.short();
        let folder = format!("{}-{}-{hash}", entry.name, entry.version);
        Ok(self.root.join("tools").join(folder))
    }

    /// The tool of an entry, after its files were compared with its manifest; `None` if it is not installed.
    pub(super) fn find(&self, entry: &Entry, check: Check) -> Result<Option<Tool>, Error> {
        let folder = self.folder(entry)?;
        if !exists(&folder)? {
            return Ok(None);
        }
        let manifest = self.manifest(entry, &folder)?;
        only_these(&folder, &manifest)?;
        for (name, installed) in &manifest.files {
            self.compare(&folder.join(name), installed, check)?;
        }
        let path = folder.join(&entry.name);
        let installed = manifest
            .files
            .get(&entry.name)
            .ok_or_else(|| tampered(&folder, "its manifest does not name the program"))?;
        Ok(Some(Tool {
            name: entry.name.clone(),
            version: entry.version.clone(),
            sha256: installed.sha256,
            source: manifest.source,
            path,
        }))
    }

    fn manifest(&self, entry: &Entry, folder: &Path) -> Result<Manifest, Error> {
        let text = read_limited(&folder.join(MANIFEST), MANIFEST_BYTES_MAX)?
            .ok_or_else(|| tampered(folder, "its manifest is missing"))?;
        let manifest: Manifest = serde_json::from_slice(&text)
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
        Ok(manifest)
    }

    fn compare(&self, path: &Path, installed: &Installed, check: Check) -> Result<(), Error> {
        let meta = std::fs::symlink_metadata(path)
            .map_err(|cause| tampered(path, &format!("it cannot be looked at: {cause}")))?;
        if !meta.is_file() {
            return Err(tampered(path, "it is not a regular file"));
        }
        if meta.size() != installed.bytes || meta.mode() & 0o7777 != installed.mode {
            return Err(tampered(path, "its size or mode has changed"));
        }
        let sha256 = match check {
            Check::Start => self.hashes.hash(path)?,
            Check::Whole => self.hashes.hash_again(path)?,
        };
        if sha256 != installed.sha256 {
            let problem = format!("its hash is {sha256}, installed was {}", installed.sha256);
            return Err(tampered(path, &problem));
        }
        Ok(())
    }

    /// Makes the folders and waits for its turn; what an interrupted install left is removed.
    pub(super) async fn lock(&self, progress: Progress<'_>) -> Result<Installing, Error> {
        for folder in ["tools", "hashes"] {
            make_folder(&self.root.join(folder))?;
        }
        let path = self.root.join("install.lock");
        let io = |cause| Error::io("locking", &path, cause);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&path)
            .map_err(io)?;
        let mut told = false;
        while let Err(errno) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if errno != rustix::io::Errno::WOULDBLOCK {
                return Err(io(errno.into()));
            }
            if !told {
                progress(&Event::Waiting { path: &path });
                told = true;
            }
            tokio::time::sleep(WAIT_PAUSE).await;
        }
        let tmp = self.root.join("tmp");
        if exists(&tmp)? {
            remove_tree(&tmp)?;
        }
        make_folder(&tmp)?;
        Ok(Installing { _file: file })
    }

    /// An empty folder that disappears again.
    pub(super) fn scratch(&self, _turn: &Installing) -> Result<tempfile::TempDir, Error> {
        let tmp = self.root.join("tmp");
        tempfile::TempDir::new_in(&tmp)
            .map_err(|cause| Error::io("making a folder in", &tmp, cause))
    }

    /// Installs a program file: moved into `scratch` with its manifest, then renamed into place, all or nothing.
    pub(super) fn put(
        &self,
        scratch: tempfile::TempDir,
        entry: &Entry,
        program: &Path,
        source: Source,
        origin: String,
    ) -> Result<Tool, Error> {
        let folder = self.folder(entry)?;
        let staged = scratch.path().join("entry");
        make_folder(&staged)?;
        let file = staged.join(&entry.name);
        std::fs::rename(program, &file).map_err(|cause| Error::io("moving", program, cause))?;
        let permissions = std::fs::Permissions::from_mode(PROGRAM_MODE);
        std::fs::set_permissions(&file, permissions)
            .map_err(|cause| Error::io("changing the mode of", &file, cause))?;
        let mut opened = File::open(&file).map_err(|cause| Error::io("opening", &file, cause))?;
        let sync = |cause| Error::io("writing", &file, cause);
        opened.sync_all().map_err(sync)?;
        let bytes = opened.metadata().map_err(sync)?.size();
        let sha256 =
            Sha256::of_reader(&mut opened).map_err(|cause| Error::io("hashing", &file, cause))?;
        let installed = Installed {
            sha256,
            bytes,
            mode: PROGRAM_MODE,
        };
        let manifest = Manifest {
            format: FORMAT,
            name: entry.name.clone(),
            version: entry.version.clone(),
            entry: entry.hash()?,
            source,
            origin,
            files: BTreeMap::from([(entry.name.clone(), installed)]),
        };
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|cause| Error::io("writing the manifest of", &folder, cause.into()))?;
        write_atomic(&staged.join(MANIFEST), &text, 0o444)?;
        std::fs::rename(&staged, &folder)
            .map_err(|cause| Error::io("moving into place", &folder, cause))?;
        sync_folder(&self.root.join("tools"))?;
        self.find(entry, Check::Whole)?
            .ok_or_else(|| tampered(&folder, "it disappeared while it was installed"))
    }
}

/// Nothing lies beside the program: the engine would start it.
fn only_these(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let io = |cause| Error::io("listing", folder, cause);
    for item in std::fs::read_dir(folder).map_err(io)? {
        let name = item.map_err(io)?.file_name();
        let known = name
            .to_str()
            .is_some_and(|name| name == MANIFEST || manifest.files.contains_key(name));
        if !known {
            return Err(tampered(&folder.join(name), "it was not installed by us"));
        }
    }
    Ok(())
}

fn tampered(path: &Path, problem: &str) -> Error {
    Error::Tampered {
        path: path.to_path_buf(),
        problem: problem.to_owned(),
    }
}

pub(super) fn exists(path: &Path) -> Result<bool, Error> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(Error::io("looking at", path, cause)),
    }
}

fn make_folder(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
        .map_err(|cause| Error::io("making", path, cause))
}

fn remove_tree(path: &Path) -> Result<(), Error> {
    std::fs::remove_dir_all(path).map_err(|cause| Error::io("removing", path, cause))
}

fn sync_folder(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|cause| Error::io("writing", path, cause))
}

/// A whole file, or `None` if there is none; more than the limit is an error.
pub(super) fn read_limited(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
    let io = |cause| Error::io("reading", path, cause);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(io(cause)),
    };
    let mut bytes = Vec::new();
    let count = file
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if u64::try_from(count).map_or(true, |count| count > bytes_max) {
        let cause = std::io::Error::other(format!("it is larger than {bytes_max} bytes"));
        return Err(io(cause));
    }
    Ok(Some(bytes))
}

/// Writes a file aside and renames it into place.
pub(super) fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let io = |cause| Error::io("writing", path, cause);
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.as_file()
        .set_permissions(std::fs::Permissions::from_mode(mode))
        .map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|failed| io(failed.error))?;
    Ok(())
}
