//! The folder that installed tools live in: one folder for each entry of the lock, a manifest in each.
//!
//! ```text
//! HOME/tools/NAME-VERSION-HASH/{NAME, manifest.json}   complete or absent: made aside and renamed
//!                                                      (an agent: {its files below their folders, manifest.json})
//! HOME/hashes/*.json                                   see `stamp`
//! HOME/tmp/                                            of the install that holds the lock, emptied by the next
//! HOME/install.lock                                    held while anything is installed
//! ```
//!
//! INVARIANT: a tool's folder holds its executable and its manifest and nothing else, because the engine starts plugins that it
//! finds beside itself; an agent's holds what its manifest lists and nothing else. It does not know where programs come from.

mod manifest;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::lock::{Entry, Platform, Section};
use super::progress::{Event, Progress};
use super::stamp::Hashes;
use super::{Error, Source, Tool};

use manifest::{FORMAT, Installed, Manifest, inventory};

pub(super) use manifest::MANIFEST;

/// How often a second process looks whether the first has finished installing.
const WAIT_PAUSE: Duration = Duration::from_millis(200);
/// An installed program: nobody writes it again, everybody (a sandbox's own user) may run it.
pub(super) const PROGRAM_MODE: u32 = 0o555;
/// An installed file that is no program.
pub(super) const FILE_MODE: u32 = 0o444;

/// The home folder.
#[derive(Debug, Clone)]
pub(super) struct Home {
    root: PathBuf,
    hashes: Hashes,
}

/// How thoroughly a file is compared with its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Its hash may come from a record.
    Start,
    /// All of it is read.
    Whole,
}

/// What is to be installed.
#[derive(Debug)]
pub(super) enum Content {
    /// The program alone, which gets the tool's name.
    Program(PathBuf),
    /// A folder of files that have their modes.
    Folder(PathBuf),
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
        let manifest = Manifest::read(entry, &folder)?;
        manifest.only_these(&folder)?;
        for (name, installed) in &manifest.files {
            self.compare(&folder.join(name), installed, check)?;
        }
        if entry.section != Section::Agents && manifest.files.len() != 1 {
            return Err(tampered(&folder, "its manifest names more than a program"));
        }
        let program = entry.program(Platform::here()?);
        if !manifest.files.contains_key(program) {
            return Err(tampered(&folder, "its manifest does not name the program"));
        }
        Ok(Some(Tool {
            name: entry.name.clone(),
            version: entry.version.clone(),
            sha256: manifest.sha256(),
            source: manifest.source,
            depth: program.split('/').count(),
            path: folder.join(program),
        }))
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

    /// Installs what was fetched: moved into `scratch` with its manifest, then renamed into place, all or nothing.
    pub(super) fn put(
        &self,
        scratch: tempfile::TempDir,
        entry: &Entry,
        content: &Content,
        source: Source,
        origin: String,
    ) -> Result<Tool, Error> {
        let folder = self.folder(entry)?;
        let staged = scratch.path().join("entry");
        match content {
            Content::Program(program) => {
                make_folder(&staged)?;
                let file = staged.join(&entry.name);
                rename(program, &file)?;
                let permissions = std::fs::Permissions::from_mode(PROGRAM_MODE);
                std::fs::set_permissions(&file, permissions)
                    .map_err(|cause| Error::io("changing the mode of", &file, cause))?;
            }
            Content::Folder(content) => rename(content, &staged)?,
        }
        let manifest = Manifest {
            format: FORMAT,
            name: entry.name.clone(),
            version: entry.version.clone(),
            entry: entry.hash()?,
            source,
            origin,
            files: inventory(&staged)?,
        };
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|cause| Error::io("writing the manifest of", &folder, cause.into()))?;
        write_atomic(&staged.join(MANIFEST), &text, FILE_MODE)?;
        rename(&staged, &folder)?;
        sync_folder(&self.root.join("tools"))?;
        self.find(entry, Check::Whole)?
            .ok_or_else(|| tampered(&folder, "it disappeared while it was installed"))
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).map_err(|cause| Error::io("moving into place", to, cause))
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

pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
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
    let bytes = crate::bounded::read(file, bytes_max).map_err(io)?;
    let too_large = || std::io::Error::other(format!("it is larger than {bytes_max} bytes"));
    bytes.ok_or_else(too_large).map(Some).map_err(io)
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
