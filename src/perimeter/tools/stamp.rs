//! The hash of a file, computed once as long as nobody but us could have changed it.
//!
//! A record made when a file was hashed (size, times, inode) stands for the hash at the next start, but only where file,
//! record and every folder above them can be written by nobody but us and root. Elsewhere, and whenever anything about the
//! file differs, it is hashed again.
//!
//! LIMIT: whoever has our user id, or root, can forge all of it.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use super::home::{read_limited, write_atomic};
use crate::names::Sha256;
use crate::perimeter::alone;

/// LIMIT: bytes of one record.
const RECORD_BYTES_MAX: u64 = 64 * 1024;
/// A record made so soon after the file's last change may have been made before another one of the same clock tick.
const RACE_NANOS: i64 = 100_000_000;

/// The records, one file each.
#[derive(Debug, Clone)]
pub(super) struct Hashes {
    folder: PathBuf,
}

/// What is compared instead of the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    device: u64,
    inode: u64,
    bytes: u64,
    modified_nanos: i64,
    changed_nanos: i64,
    sha256: Sha256,
}

impl Record {
    fn of(meta: &Metadata, sha256: Sha256) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            bytes: meta.size(),
            modified_nanos: nanos(meta.mtime(), meta.mtime_nsec()),
            changed_nanos: nanos(meta.ctime(), meta.ctime_nsec()),
            sha256,
        }
    }
}

impl Hashes {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The hash of a file, whose path is absolute and without links, from its record or by reading it.
    pub(super) fn hash(&self, path: &Path) -> Result<Sha256, Error> {
        if let Some(sha256) = self.recorded(path)? {
            return Ok(sha256);
        }
        self.hash_again(path)
    }

    /// The hash of a file by reading all of it, recorded if that is worth something.
    pub(super) fn hash_again(&self, path: &Path) -> Result<Sha256, Error> {
        let record = hash_file(path)?;
        if is_ours_alone(path)? && self.folder.is_dir() {
            let text = serde_json::to_vec(&record)
                .map_err(|cause| Error::io("recording the hash of", path, cause.into()))?;
            write_atomic(&self.record_of(path), &text, 0o600)?;
        }
        Ok(record.sha256)
    }

    /// The hash of a file that is ours for a moment only.
    pub(super) fn uncached(path: &Path) -> Result<Sha256, Error> {
        hash_file(path).map(|record| record.sha256)
    }

    /// The recorded hash, if the record may be trusted and still describes the file. Anything else is no answer, and the file
    /// is read: a record can only ever save that.
    fn recorded(&self, path: &Path) -> Result<Option<Sha256>, Error> {
        let file = self.record_of(path);
        let Some(text) = read_limited(&file, RECORD_BYTES_MAX)? else {
            return Ok(None);
        };
        let Ok(record) = serde_json::from_slice::<Record>(&text) else {
            return Ok(None);
        };
        let meta = std::fs::symlink_metadata(path)
            .map_err(|cause| Error::io("looking at", path, cause))?;
        let recorded_at = std::fs::symlink_metadata(&file)
            .map_err(|cause| Error::io("looking at", &file, cause))?;
        let recorded_nanos = nanos(recorded_at.mtime(), recorded_at.mtime_nsec());
        let still = meta.is_file()
            && record == Record::of(&meta, record.sha256)
            && recorded_nanos >= record.changed_nanos.saturating_add(RACE_NANOS)
            && is_ours_alone(path)?
            && is_ours_alone(&file)?;
        Ok(still.then_some(record.sha256))
    }

    fn record_of(&self, path: &Path) -> PathBuf {
        use std::os::unix::ffi::OsStrExt as _;
        let name = Sha256::of(path.as_os_str().as_bytes());
        self.folder.join(format!("{name}.json"))
    }
}

/// Reads all of a regular file, and refuses one that changed meanwhile.
fn hash_file(path: &Path) -> Result<Record, Error> {
    let io = |cause| Error::io("hashing", path, cause);
    let mut file = File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(io)?;
    let before = file.metadata().map_err(io)?;
    if !before.is_file() {
        return Err(io(std::io::Error::other("it is not a regular file")));
    }
    // LIMIT: a file that grows while it is read ends where it was; the second look below refuses it.
    let sha256 = Sha256::of_reader(&mut (&mut file).take(before.size())).map_err(io)?;
    let record = Record::of(&before, sha256);
    if record != Record::of(&file.metadata().map_err(io)?, sha256) {
        return Err(io(std::io::Error::other("it changed while it was read")));
    }
    Ok(record)
}

/// Whether nobody but us and root can write the file or replace anything on the way to it.
pub(super) fn is_ours_alone(path: &Path) -> Result<bool, Error> {
    let way = alone::way_in(path).map_err(|cause| Error::io("looking at", path, cause))?;
    Ok(way.is_none())
}

/// Since 1970; enough for two centuries more.
const fn nanos(seconds: i64, nanos: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A folder beside this test's own executable.
    fn folder() -> tempfile::TempDir {
        let own = std::fs::canonicalize(std::env::current_exe().unwrap()).unwrap();
        tempfile::tempdir_in(own.parent().unwrap()).unwrap()
    }

    /// A record that says another hash, old enough to be believed.
    fn forge(hashes: &Hashes, path: &Path) -> Sha256 {
        let forged = Sha256::of(b"forged");
        let meta = std::fs::symlink_metadata(path).unwrap();
        let record = serde_json::to_vec(&Record::of(&meta, forged)).unwrap();
        let file = hashes.record_of(path);
        std::fs::write(&file, record).unwrap();
        let later = std::time::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
        File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(later)
            .unwrap();
        forged
    }

    #[test]
    fn a_record_stands_for_the_hash_only_where_we_alone_can_write() {
        let folder = folder();
        let hashes = Hashes::new(folder.path().join("hashes"));
        std::fs::create_dir(folder.path().join("hashes")).unwrap();
        std::fs::set_permissions(&hashes.folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let file = folder.path().join("program");
        std::fs::write(&file, "true").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o555)).unwrap();
        let forged = forge(&hashes, &file);
        assert!(
            is_ours_alone(&file).unwrap(),
            "the checkout can be written by others"
        );
        assert_eq!(
            hashes.hash(&file).unwrap(),
            forged,
            "the record is what is asked"
        );
        for shared in [folder.path(), hashes.folder.as_path()] {
            let before = std::fs::metadata(shared).unwrap().permissions();
            std::fs::set_permissions(shared, std::fs::Permissions::from_mode(0o775)).unwrap();
            assert_eq!(
                hashes.hash(&file).unwrap(),
                Sha256::of(b"true"),
                "{}",
                shared.display()
            );
            std::fs::set_permissions(shared, before).unwrap();
            forge(&hashes, &file);
        }
        assert_eq!(hashes.hash(&file).unwrap(), forged);
    }

    #[test]
    fn a_record_ends_with_any_change_of_the_file() {
        let folder = folder();
        let hashes = Hashes::new(folder.path().to_path_buf());
        let file = folder.path().join("program");
        std::fs::write(&file, "true").unwrap();
        let modified = std::fs::metadata(&file).unwrap().modified().unwrap();
        forge(&hashes, &file);
        // Same size, same times, same inode: the time of the change itself cannot be set.
        std::fs::write(&file, "evil").unwrap();
        File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(modified)
            .unwrap();
        assert_eq!(hashes.hash(&file).unwrap(), Sha256::of(b"evil"));
        // A record as young as the change may be from before it.
        let forged = Record::of(&std::fs::metadata(&file).unwrap(), Sha256::of(b"forged"));
        std::fs::write(
            hashes.record_of(&file),
            serde_json::to_vec(&forged).unwrap(),
        )
        .unwrap();
        assert_eq!(hashes.hash(&file).unwrap(), Sha256::of(b"evil"));
    }

    #[test]
    fn a_link_is_not_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
        assert!(Hashes::uncached(&link).is_err());
    }
}
