//! The folder that a package manager gets a copy of: lock files, configuration, certificates, and room of its own.
//!
//! INVARIANT: nothing else of the user's is in it. It holds credentials, so nobody but us can open it, and it goes with its value.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Error, failed, make, write};

/// The folder while it is filled.
#[derive(Debug)]
pub(super) struct Stage {
    folder: tempfile::TempDir,
    files: usize,
}

impl Stage {
    pub(super) fn new(beside: &Path) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix(".stage-")
            .tempdir_in(beside)
            .map_err(|source| failed("making a folder in", beside, source))?;
        for name in [TREE, LOCKS, GIVEN, "home", "tmp"] {
            make(&folder.path().join(name))?;
        }
        Ok(Self { folder, files: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file into one of its folders.
    pub(super) fn put(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), Error> {
        write(&self.folder.path().join(folder).join(name), bytes)
    }

    /// Gives bytes; returns their path inside.
    pub(super) fn give(&mut self, bytes: &[u8]) -> Result<PathBuf, Error> {
        self.files += 1;
        let name = format!("{}", self.files);
        self.put(GIVEN, &name, bytes)?;
        Ok(inside(GIVEN).join(name))
    }

    /// Gives a copy of a file of the host's. Nothing: there is none, which its variable may well name.
    pub(super) fn give_file(&mut self, path: &Path) -> Result<Option<PathBuf>, Error> {
        match read(path)? {
            Some(bytes) => self.give(&bytes).map(Some),
            None => {
                tracing::warn!(path = %path.display(), "named for package managers, but not there");
                Ok(None)
            }
        }
    }
}

/// A file of the user's configuration, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed("reading", path, source)),
    };
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    let count = read.map_err(|source| failed("reading", path, source))?;
    if u64::try_from(count).is_ok_and(|count| count <= FILE_BYTES_MAX) {
        return Ok(Some(bytes));
    }
    let large = std::io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes"));
    Err(failed("reading", path, large))
}

/// One of its folders, or the folder for all of them, as seen inside.
pub(super) fn inside(name: &str) -> PathBuf {
    Path::new(INSIDE).join(name)
}

/// A variable of the user's that is not empty.
pub(super) fn variable<'a>(
    environment: &'a [(OsString, OsString)],
    name: &str,
) -> Option<&'a OsStr> {
    environment
        .iter()
        .find(|(known, value)| known == name && !value.is_empty())
        .map(|(_, value)| value.as_os_str())
}

/// Where it lies in the sandbox.
pub(super) const INSIDE: &str = "/install";
/// What is installed is left here.
pub(super) const TREE: &str = "tree";
/// Lock files that do not lie where packages go.
pub(super) const LOCKS: &str = "locks";
const GIVEN: &str = "given";
/// LIMIT: bytes of a file of the user's configuration; a bundle of certificates has a few hundred thousand.
const FILE_BYTES_MAX: u64 = 8 << 20;
