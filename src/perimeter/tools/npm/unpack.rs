//! Unpacking a package, part of it, into an empty folder.
//!
//! INVARIANT: an archive that has anything but regular files and folders with plain paths, or one path twice, is refused as a
//! whole, wherever in it that stands; every written file has one of two modes, none can be written. It does not compare hashes.

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::names::excerpt;
use crate::perimeter::tools::Error;
use crate::perimeter::tools::home::{FILE_MODE, MANIFEST, PROGRAM_MODE, make_folder};
use crate::perimeter::tools::lock::{NpmPackage, is_plain_path};

/// LIMIT: bytes of one file; the largest agent is under a third of it.
const MEMBER_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// LIMIT: bytes of an archive as it unpacks; ends a bomb.
const UNPACKED_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// LIMIT: files and folders in an archive; the agent with most of them has 450.
const MEMBERS_MAX: usize = 10_000;
/// Bits that let somebody run a file.
const EXECUTABLE: u32 = 0o111;

/// Writes what of an archive is to be installed. `path` is the archive's, for messages.
pub(super) fn unpack(
    archive: File,
    path: &Path,
    package: &NpmPackage,
    target: &Path,
) -> Result<(), Error> {
    let bad = |problem: String| Error::Archive {
        path: path.to_path_buf(),
        problem,
    };
    let unreadable = |cause: std::io::Error| bad(format!("it cannot be read: {cause}"));
    let unpacked = flate2::read::MultiGzDecoder::new(archive).take(UNPACKED_BYTES_MAX);
    let mut tar = tar::Archive::new(unpacked);
    let mut seen = BTreeSet::new();
    for (count, item) in tar.entries().map_err(unreadable)?.enumerate() {
        if count >= MEMBERS_MAX {
            return Err(bad(format!("it has more than {MEMBERS_MAX} members")));
        }
        let mut item = item.map_err(unreadable)?;
        let name = String::from_utf8_lossy(&item.path_bytes()).into_owned();
        let shown = excerpt(&name);
        let is_folder = item.header().entry_type() == tar::EntryType::Directory;
        let name = match name.strip_suffix('/') {
            Some(stripped) if is_folder => stripped.to_owned(),
            Some(_) | None => name,
        };
        if !is_plain_path(&name) {
            return Err(bad(format!("its member `{shown}` leaves it")));
        }
        if is_folder {
            continue;
        }
        if item.header().entry_type() != tar::EntryType::Regular {
            return Err(bad(format!("its member `{shown}` is not a regular file")));
        }
        let bytes = item.size();
        if bytes > MEMBER_BYTES_MAX {
            return Err(bad(format!("its member `{shown}` has {bytes} bytes")));
        }
        if !seen.insert(name.clone()) {
            return Err(bad(format!("it has its member `{shown}` twice")));
        }
        let Some(inside) = wanted(package, &name) else {
            continue;
        };
        if inside == MANIFEST {
            return Err(bad(format!("its member `{shown}` would be our manifest")));
        }
        let mode = item.header().mode().map_err(unreadable)?;
        let mode = if mode & EXECUTABLE != 0 || inside == package.program {
            PROGRAM_MODE
        } else {
            FILE_MODE
        };
        let copied = write(&mut item, &target.join(inside), mode)?;
        if copied != bytes {
            return Err(bad(format!("its member `{shown}` ends early")));
        }
    }
    let files = package.files.iter().flatten().chain([&package.program]);
    for file in files {
        if !seen.contains(&format!("{}/{file}", package.folder)) {
            return Err(bad(format!("it has no member `{}/{file}`", package.folder)));
        }
    }
    Ok(())
}

/// The path below the package's folder, if it is to be installed.
fn wanted<'a>(package: &NpmPackage, name: &'a str) -> Option<&'a str> {
    let inside = name
        .strip_prefix(&*package.folder)
        .and_then(|rest| rest.strip_prefix('/'))?;
    let is_named = |files: &Vec<String>| files.iter().any(|file| file == inside);
    package
        .files
        .as_ref()
        .is_none_or(is_named)
        .then_some(inside)
}

fn write(member: &mut impl std::io::Read, file: &Path, mode: u32) -> Result<u64, Error> {
    make_folder(file.parent().unwrap_or(file))?;
    let mut out = File::create_new(file).map_err(|cause| Error::io("making", file, cause))?;
    let copied =
        std::io::copy(member, &mut out).map_err(|cause| Error::io("unpacking", file, cause))?;
    out.set_permissions(Permissions::from_mode(mode))
        .map_err(|cause| Error::io("changing the mode of", file, cause))?;
    Ok(copied)
}

#[cfg(test)]
mod tests;
