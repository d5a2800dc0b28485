//! Which binary is running: what it compiles a pack to depends on all of its code.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::OnceLock;

/// The running binary, whatever has been put in its place meanwhile.
const OWN: &str = "/proc/self/exe";
/// LIMIT: program headers of a binary, and bytes of its notes.
const HEADERS_MAX: u16 = 64;
const NOTES_BYTES_MAX: u64 = 4096;

static IDENTITY: OnceLock<String> = OnceLock::new();

/// What tells this binary from every other: the build id that the linker hashed from all of it, or else which file it is. Nothing
/// before it was looked for.
pub(super) fn known() -> &'static str {
    IDENTITY.get().map_or("", String::as_str)
}

/// Finds out which binary is running.
///
/// # Errors
/// We cannot look at ourselves.
pub(super) fn identify() -> std::io::Result<()> {
    if IDENTITY.get().is_none() {
        let own = File::open(OWN)?;
        let found = match build_id(&own) {
            Some(id) => id,
            None => place(&own)?,
        };
        IDENTITY.get_or_init(|| found);
    }
    Ok(())
}

fn place(own: &File) -> std::io::Result<String> {
    let meta = own.metadata()?;
    let changed = (meta.ctime(), meta.ctime_nsec());
    let modified = (meta.mtime(), meta.mtime_nsec());
    let (device, inode, bytes) = (meta.dev(), meta.ino(), meta.size());
    Ok(format!(
        "file {device} {inode} {bytes} {modified:?} {changed:?}"
    ))
}

/// The build id in the notes of an ELF file of 64 bits, whose byte order is ours.
fn build_id(own: &File) -> Option<String> {
    let head: [u8; 64] = bytes(own, 0)?;
    if !head.starts_with(b"\x7fELF\x02") {
        return None;
    }
    let start = u64::from_ne_bytes(part(&head, 32)?);
    let size = u16::from_ne_bytes(part(&head, 54)?);
    let count = u16::from_ne_bytes(part(&head, 56)?);
    (0..count.min(HEADERS_MAX)).find_map(|at| {
        let at = start.checked_add(u64::from(at).checked_mul(u64::from(size))?)?;
        let header: [u8; 56] = bytes(own, at)?;
        let is_notes = u32::from_ne_bytes(part(&header, 0)?) == libc::PT_NOTE;
        let length = u64::from_ne_bytes(part(&header, 32)?);
        if !is_notes || length > NOTES_BYTES_MAX {
            return None;
        }
        let mut notes = vec![0; usize::try_from(length).map_or(None, Some)?];
        let at = u64::from_ne_bytes(part(&header, 8)?);
        own.read_exact_at(&mut notes, at).map_or(None, Some)?;
        in_notes(&notes)
    })
}

fn in_notes(mut notes: &[u8]) -> Option<String> {
    loop {
        let size = |at| Some(u32::from_ne_bytes(part(notes, at)?));
        let (name, content, kind) = (size(0)?, size(4)?, size(8)?);
        let padded =
            |size: u32| usize::try_from(size.checked_next_multiple_of(4)?).map_or(None, Some);
        let (of, rest) = notes.get(12..)?.split_at_checked(padded(name)?)?;
        let own = rest.get(..usize::try_from(content).map_or(None, Some)?)?;
        if kind == NT_GNU_BUILD_ID && of == b"GNU\0" && !own.is_empty() {
            return Some(format!("build {}", hex::encode(own)));
        }
        notes = rest.get(padded(content)?..)?;
    }
}

/// What the kind of a note with the build id is called in `elf.h`.
const NT_GNU_BUILD_ID: u32 = 3;

fn bytes<const N: usize>(own: &File, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    own.read_exact_at(&mut bytes, at).map_or(None, Some)?;
    Some(bytes)
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    let part = bytes.get(at..at.checked_add(N)?)?;
    part.try_into().map_or(None, Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn the_identity_is_of_this_binary() {
        let own = File::open(OWN).unwrap();
        identify().unwrap();
        assert!(known().len() > 20, "{}", known());
        assert!(place(&own).unwrap().starts_with("file "));
        let mut copy = tempfile::tempfile().unwrap();
        copy.write_all(&std::fs::read(OWN).unwrap()).unwrap();
        assert_eq!(build_id(&copy), build_id(&own));
        assert_ne!(place(&copy).unwrap(), place(&own).unwrap());
    }

    #[test]
    fn a_build_id_is_found_among_other_notes() {
        let mut notes = Vec::new();
        for (name, kind, content) in [
            (&b"GNU\0"[..], 1_u32, &b"abi"[..]),
            (b"Go\0\0", 3, b"no"),
            (b"GNU\0", 3, b"\x01\xab"),
        ] {
            for number in [name.len(), content.len()] {
                notes.extend(u32::try_from(number).unwrap().to_ne_bytes());
            }
            notes.extend(kind.to_ne_bytes());
            notes.extend(name);
            notes.extend(content);
            notes.resize(notes.len().next_multiple_of(4), 0);
        }
        assert_eq!(in_notes(&notes).as_deref(), Some("build 01ab"));
        assert_eq!(in_notes(&notes[..notes.len() - 4]), None);
        assert_eq!(in_notes(&[]), None);
    }

    #[test]
    fn what_is_no_binary_has_no_build_id() {
        let mut file = tempfile::tempfile().unwrap();
        assert_eq!(build_id(&file), None);
        file.write_all(&[0xff; 4096]).unwrap();
        assert_eq!(build_id(&file), None);
        let mut elf = tempfile::tempfile().unwrap();
        elf.write_all(b"\x7fELF\x02").unwrap();
        elf.write_all(&[0xff; 200]).unwrap();
        assert_eq!(build_id(&elf), None);
    }
}
