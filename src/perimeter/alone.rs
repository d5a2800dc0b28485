//! Whether anybody but us and root can write a file or a folder, or replace anything on the way to it.
//!
//! LIMIT: whoever has our user id, or root, can.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Mode bits that let a group or everybody write. With an access list the group's bits are its mask, so they cover it.
const OTHERS_WRITE: u32 = 0o022;
/// In a folder with this bit, only an entry's owner can rename or remove it.
const STICKY: u32 = 0o1000;

/// A part of a path through which somebody else can get at what is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WayIn {
    /// The part, from the root on.
    pub(crate) part: PathBuf,
    /// Why, and what to do.
    pub(crate) why: &'static str,
}

/// The way in for others, nearest to the end of the path; none if it is ours alone.
///
/// A sticky folder on the way, such as `/tmp`, lets nobody replace what is ours in it, and so is no way in.
pub(crate) fn way_in(path: &Path) -> io::Result<Option<WayIn>> {
    let found = |part: &Path, why| {
        let part = part.to_owned();
        Ok(Some(WayIn { part, why }))
    };
    if !path.is_absolute() {
        return found(path, "its place depends on the folder that we are in");
    }
    for part in path.ancestors() {
        let meta = std::fs::symlink_metadata(part)?;
        if meta.is_symlink() {
            return found(part, "it is a link");
        }
        if !is_owned(&meta) {
            return found(part, "it belongs to another user");
        }
        let is_sticky = meta.is_dir() && meta.mode() & STICKY != 0 && part != path;
        if meta.mode() & OTHERS_WRITE != 0 && !is_sticky {
            let why = "others can write it; take that right away with `chmod go-w`";
            return found(part, why);
        }
    }
    Ok(None)
}

/// Whether an open file is a plain one that nobody but us and root can write.
pub(crate) fn is_ours(meta: &Metadata) -> bool {
    meta.is_file() && is_owned(meta) && meta.mode() & OTHERS_WRITE == 0
}

fn is_owned(meta: &Metadata) -> bool {
    let owner = meta.uid();
    owner == 0 || owner == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[track_caller]
    fn check(path: &Path, mode: u32, expect: Option<&Path>) {
        let folder = path.ancestors().nth(1).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
        let found = way_in(path).unwrap().map(|way| way.part);
        assert_eq!(found.as_deref(), expect, "{mode:o}");
    }

    #[test]
    fn a_folder_above_is_a_way_in_unless_it_is_sticky() {
        let top = tempfile::tempdir().unwrap();
        let top = std::fs::canonicalize(top.path()).unwrap();
        let path = top.join("folder");
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        check(&path, 0o755, None);
        check(&path, 0o777, Some(&top));
        check(&path, 0o775, Some(&top));
        check(&path, 0o1777, None);
        // At the end of the path others would add to it.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o1777)).unwrap();
        check(&path, 0o755, Some(&path));
    }

    #[test]
    fn a_link_and_a_relative_path_are_ways_in() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/", &link).unwrap();
        assert_eq!(way_in(&link).unwrap().unwrap().part, link);
        assert!(way_in(Path::new("src")).unwrap().is_some());
    }
}
