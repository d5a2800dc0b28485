//! Files that a program names and the engine would open.
//!
//! The engine opens an asset's path itself, outside the program's sandbox. So each path is first opened here, by descriptor, on
//! our own copy of the imported tree.
//!
//! INVARIANT: a path that passes names a plain file beneath the tree, or a folder of nothing but plain files; no symbolic link is
//! followed on the way, and no address is ever fetched.
//!
//! It relies on the tree not changing any more, and on the engine seeing it at the same place as the program does.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, openat2, statat};

use super::record::{Refusal, Rule};
use crate::engine::wire::value::{ArchiveSource, Properties, Source, Value};
use crate::names::excerpt;

/// Entries of all folders in one archive. LIMIT: bounds the work that one message can cause.
const ENTRIES_MAX: usize = 50_000;
/// Levels of folders in one archive.
const DEPTH_MAX: usize = 64;

/// The imported tree, as we hold it, and where the program and the engine see it.
#[derive(Debug)]
pub struct Tree {
    root: OwnedFd,
    inside: PathBuf,
    program: PathBuf,
}

/// A tree that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// The folder cannot be opened.
    #[error("opening the imported tree: {0}")]
    Open(#[source] std::io::Error),
    /// A path that must be absolute, or one that must stay beneath the tree, is not.
    #[error("the path `{0}` of the imported tree is not of the form that is needed")]
    Path(String),
}

/// A file that an input names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Must be a plain file.
    File(String),
    /// A plain file or a folder.
    Archive(String),
}

impl Tree {
    /// Opens the tree at `root`, which the program sees at the absolute path `inside`; the program's own folder is `program`
    /// beneath it (empty for the tree itself).
    ///
    /// # Errors
    /// The folder cannot be opened, or a path is not of the form that is needed.
    pub fn open(
        root: &Path,
        inside: impl Into<PathBuf>,
        program: impl Into<PathBuf>,
    ) -> Result<Self, AssetError> {
        let (inside, program) = (inside.into(), program.into());
        if !inside.is_absolute() {
            return Err(AssetError::Path(inside.display().to_string()));
        }
        if !program
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(AssetError::Path(program.display().to_string()));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(root, flags, Mode::empty())
            .map_err(|error| AssetError::Open(error.into()))?;
        Ok(Self {
            root,
            inside,
            program,
        })
    }

    /// Checks one file that an input names.
    pub(super) fn check(&self, named: &Named) -> Result<(), Refusal> {
        let (path, may_be_folder) = match named {
            Named::File(path) => (path, false),
            Named::Archive(path) => (path, true),
        };
        let refuse = |why: &str| {
            Refusal::new(
                Rule::Asset,
                format!("the asset path `{}` {why}", excerpt(path)),
            )
        };
        let beneath = self.beneath(path).ok_or_else(|| {
            refuse("lies outside the program's own tree: use a file of the program")
        })?;
        let kind = self.kind(&beneath).map_err(|error| {
            refuse(&format!(
                "does not lead to a file of the program without a link ({}): use a plain file",
                io(error)
            ))
        })?;
        match kind {
            FileType::RegularFile => Ok(()),
            FileType::Directory if may_be_folder => {
                let mut left = ENTRIES_MAX;
                self.folder(&beneath, DEPTH_MAX, &mut left)
                    .map_err(|why| refuse(&why))
            }
            FileType::Directory
            | FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Err(refuse("is not a plain file: use a plain file")),
        }
    }

    /// The path relative to the tree; `None` when it is not meant to be in it.
    fn beneath(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        if path.as_os_str().is_empty() {
            return None;
        }
        let beneath = if path.is_absolute() {
            path.strip_prefix(&self.inside)
                .map_or(None, |p| Some(p.to_owned()))?
        } else {
            self.program.join(path)
        };
        // `..` stays in: the kernel resolves it, and refuses to leave the tree.
        Some(Path::new(".").join(beneath))
    }

    fn kind(&self, beneath: &Path) -> rustix::io::Result<FileType> {
        let found = self.open_beneath(beneath, OFlags::PATH | OFlags::NOFOLLOW)?;
        Ok(FileType::from_raw_mode(rustix::fs::fstat(&found)?.st_mode))
    }

    fn open_beneath(&self, beneath: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        openat2(
            self.root.as_fd(),
            beneath,
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::BENEATH
                | ResolveFlags::NO_SYMLINKS
                | ResolveFlags::NO_MAGICLINKS
                | ResolveFlags::NO_XDEV,
        )
    }

    /// Whether a folder holds nothing but plain files and such folders.
    fn folder(&self, beneath: &Path, depth: usize, left: &mut usize) -> Result<(), String> {
        let unreadable = |error| format!("cannot be read: {}", io(error));
        let below = depth
            .checked_sub(1)
            .ok_or_else(|| format!("holds more than {DEPTH_MAX} levels of folders"))?;
        let opened = self
            .open_beneath(beneath, OFlags::RDONLY | OFlags::DIRECTORY)
            .map_err(unreadable)?;
        for entry in rustix::fs::Dir::read_from(&opened).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            *left = left
                .checked_sub(1)
                .ok_or_else(|| format!("holds more than {ENTRIES_MAX} files"))?;
            let stat = statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW).map_err(unreadable)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => {}
                FileType::Directory => {
                    let bytes: &std::ffi::OsStr =
                        std::os::unix::ffi::OsStrExt::from_bytes(name.to_bytes());
                    self.folder(&beneath.join(bytes), below, left)?;
                }
                FileType::Symlink
                | FileType::Fifo
                | FileType::Socket
                | FileType::CharacterDevice
                | FileType::BlockDevice
                | FileType::Unknown => {
                    return Err(
                        "is a folder that holds something else than plain files: remove it from the folder"
                            .to_owned(),
                    );
                }
            }
        }
        Ok(())
    }
}

fn io(error: rustix::io::Errno) -> std::io::Error {
    error.into()
}

/// Every file that these properties name, at any depth; an address is refused.
pub(super) fn named(properties: &Properties) -> Result<Vec<Named>, Refusal> {
    let mut found = Vec::new();
    for value in properties.values() {
        collect(value, &mut found)?;
    }
    Ok(found)
}

/// As [`named`], for one value.
pub(super) fn collect(value: &Value, found: &mut Vec<Named>) -> Result<(), Refusal> {
    match value {
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Unknown
        | Value::Resource { .. }
        | Value::Output { value: None, .. } => {}
        Value::List(items) => items.iter().try_for_each(|item| collect(item, found))?,
        Value::Map(fields) => fields
            .values()
            .try_for_each(|field| collect(field, found))?,
        Value::Secret(inner)
        | Value::Output {
            value: Some(inner), ..
        } => collect(inner, found)?,
        Value::Asset { source, .. } => match source {
            Source::Text(_) | Source::HashOnly => {}
            Source::Path(path) => found.push(Named::File(path.clone())),
            Source::Uri(uri) => return Err(fetched(uri)),
        },
        Value::Archive { source, .. } => match source {
            ArchiveSource::HashOnly => {}
            ArchiveSource::Assets(assets) => {
                assets
                    .values()
                    .try_for_each(|asset| collect(asset, found))?;
            }
            ArchiveSource::Path(path) => found.push(Named::Archive(path.clone())),
            ArchiveSource::Uri(uri) => return Err(fetched(uri)),
        },
    }
    Ok(())
}

fn fetched(uri: &str) -> Refusal {
    Refusal::new(
        Rule::Asset,
        format!(
            "the asset address `{}` would be fetched by the engine: put the file into the program's tree",
            excerpt(uri)
        ),
    )
}
