//! Reading the kernel's own mount table, to see what is mounted beneath a folder.

use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use super::error::{Failure, Step};

/// Every mount point of this process.
pub(super) fn points() -> Result<Vec<PathBuf>, Failure> {
    const TABLE: &str = "/proc/self/mountinfo";
    let table = std::fs::read(TABLE).map_err(Failure::at(Step::Propagation, TABLE))?;
    Ok(parse(&table))
}

fn parse(table: &[u8]) -> Vec<PathBuf> {
    table
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b' ').nth(4))
        .map(|field| PathBuf::from(std::ffi::OsString::from_vec(unescape(field))))
        .collect()
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'\\'
            && let [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] = rest
        {
            plain.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
            rest = tail;
        } else {
            plain.push(*first);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_the_fifth_field_unescaped() {
        let table = b"22 1 0:5 / /dev rw - devtmpfs d rw\n30 22 0:6 / /a\\040b\\134c rw shared:1 - tmpfs t rw\n";
        assert_eq!(
            parse(table),
            [PathBuf::from("/dev"), PathBuf::from("/a b\\c")]
        );
    }
}
