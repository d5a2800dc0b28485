//! Files in folders that the engine writes: read and written without following what it may have put there.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::Error;

/// Reads a whole regular file of at most `limit` bytes.
///
/// # Errors
/// It is not there, is not a regular file, or is too large.
pub fn read(path: &Path, name: &'static str, limit: u64) -> Result<Vec<u8>, Error> {
    // Neither through a link nor into a pipe that never ends.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(failed("reading the engine's", name))?;
    let metadata = file
        .metadata()
        .map_err(failed("reading the engine's", name))?;
    if !metadata.is_file() {
        let cause = std::io::Error::other("it is not a regular file");
        return Err(failed("reading the engine's", name)(cause));
    }
    read_all(file, name, limit)
}

/// As [`read`]; nothing when there is no such file.
///
/// # Errors
/// As for [`read`].
pub fn read_if_there(
    path: &Path,
    name: &'static str,
    limit: u64,
) -> Result<Option<Vec<u8>>, Error> {
    match read(path, name, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Error::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads at most `limit` bytes to the end of an open file.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn read_all(file: File, name: &'static str, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed("reading", name))?;
    if bytes.len() as u64 > limit {
        Err(Error::TooLarge { name, limit })
    } else {
        Ok(bytes)
    }
}

/// Puts a new file in the place of whatever has this name.
///
/// # Errors
/// It cannot be written.
pub fn write_new(folder: &Path, name: &'static str, bytes: &[u8]) -> Result<(), Error> {
    let path = folder.join(name);
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed("replacing the engine's", name)(error)),
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(failed("writing the engine's", name))
}

fn failed(doing: &'static str, name: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |cause| Error::File {
        doing,
        path: name.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_file_under_the_limit_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        assert_eq!(read_if_there(&path, "plan", 4).unwrap(), None);
        write_new(folder.path(), "plan.json", b"1234").unwrap();
        assert_eq!(read(&path, "plan", 4).unwrap(), b"1234");
        let too_large = read(&path, "plan", 3).unwrap_err();
        assert!(matches!(too_large, Error::TooLarge { limit: 3, .. }));
    }

    #[test]
    fn nothing_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        std::fs::write(&target, b"secret").unwrap();
        let path = folder.path().join("plan.json");
        std::os::unix::fs::symlink(&target, &path).unwrap();
        read(&path, "plan", 100).unwrap_err();
        write_new(folder.path(), "plan.json", b"plan").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"secret");
        assert_eq!(read(&path, "plan", 100).unwrap(), b"plan");
        // A folder is not a file either, and a pipe is not waited for.
        read(folder.path(), "plan", 100).unwrap_err();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        read(&pipe, "plan", 100).unwrap_err();
    }
}
