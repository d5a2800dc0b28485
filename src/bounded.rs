//! Reading no more than a limit.

use std::fs::File;
use std::io::{self, Read as _};

/// All of a file, or nothing if it has more bytes than the limit.
pub(crate) fn read(file: File, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    // A file that says its size is read in one piece; what it says is not believed beyond that.
    let expected = file.metadata()?.len().min(bytes_max);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).map_or(0, |size| size + 1));
    file.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|size| size <= bytes_max);
    Ok(is_whole.then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_limit_is_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"12345").unwrap();
        let read = |limit| read(File::open(file.path()).unwrap(), limit).unwrap();
        assert_eq!(read(5), Some(b"12345".to_vec()));
        assert_eq!(read(6), Some(b"12345".to_vec()));
        assert_eq!(read(4), None);
    }

    #[test]
    fn a_file_without_a_size_is_read_whole() {
        let bytes = read(File::open("/proc/self/status").unwrap(), 1 << 20).unwrap();
        assert!(bytes.is_some_and(|bytes| !bytes.is_empty()));
    }
}
