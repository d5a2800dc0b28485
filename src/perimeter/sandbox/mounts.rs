//! The mount table: trees are grabbed as descriptors while the host is still visible, then put into an empty root.
//!
//! INVARIANT: after [`grab`] no path of the host is resolved again.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::mount::{OpenTreeFlags, open_tree};

use super::error::{Failure, Step};
use super::policy::{HOME, Kind, Line, Policy, path};
use super::root::Root;

/// System folders that are shown as the host has them: a link is made again, a folder is bound.
const SYSTEM: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Files and folders of `/etc` without which programs do not start or do not find certificates. They may be links; the host's
/// administrator owns them.
const ETC: [&str; 3] = ["etc/ssl/certs", "etc/alternatives", "etc/ld.so.cache"];

/// Devices that hold nothing.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

/// What Landlock grants on a visible tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reading and executing.
    Read,
    /// Everything but making device nodes.
    Write,
    /// Reading and writing devices.
    Device,
    /// Listing folders.
    List,
}

/// What was grabbed.
#[derive(Debug)]
pub(super) struct Sources {
    trees: Vec<(PathBuf, OwnedFd, Access)>,
    links: Vec<(String, PathBuf)>,
    lines: Vec<(Line, Option<OwnedFd>)>,
}

/// What is visible, for Landlock and for the record.
#[derive(Debug)]
pub(super) struct View {
    pub(super) visible: Vec<(PathBuf, Access)>,
    pub(super) root: Vec<String>,
    pub(super) trees: Vec<OwnedFd>,
}

/// Cuts this mount namespace off from the host's and grabs every tree.
pub(super) fn grab(policy: &Policy) -> Result<Sources, Failure> {
    use rustix::mount::{MountPropagationFlags, mount_change};
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
    .map_err(Failure::at(Step::Propagation, "/"))?;
    let mounted = super::mountinfo::points()?;
    let mut sources = Sources {
        trees: Vec::new(),
        links: Vec::new(),
        lines: Vec::new(),
    };
    sources.base()?;
    for line in &policy.mounts {
        let fd = match line.kind {
            Kind::Scratch => None,
            Kind::ReadOnly | Kind::ReadWrite | Kind::Copy => {
                let source = path(&line.source);
                let fd = open(source, ResolveFlags::NO_SYMLINKS)?;
                if let Some(other) = mounted
                    .iter()
                    .find(|other| *other != source && other.starts_with(source))
                {
                    return Err(Failure::refused(
                        Step::SourceMounts,
                        other.to_string_lossy(),
                    ));
                }
                match line.kind {
                    Kind::Copy => Some(fd),
                    Kind::ReadOnly | Kind::ReadWrite | Kind::Scratch => Some(detach(&fd, source)?),
                }
            }
        };
        sources.lines.push((line.clone(), fd));
    }
    Ok(sources)
}

impl Sources {
    fn base(&mut self) -> Result<(), Failure> {
        let mut tree = |name: &str, resolve, access| -> Result<(), Failure> {
            let source = Path::new("/").join(name);
            let fd = open(&source, resolve)?;
            self.trees
                .push((PathBuf::from(name), detach(&fd, &source)?, access));
            Ok(())
        };
        tree("usr", ResolveFlags::NO_SYMLINKS, Access::Read)?;
        for name in DEVICES {
            tree(
                &format!("dev/{name}"),
                ResolveFlags::NO_SYMLINKS,
                Access::Device,
            )?;
        }
        for name in ETC {
            match tree(name, ResolveFlags::NO_MAGICLINKS, Access::Read) {
                Err(failure) if failure.errno == Some(libc::ENOENT) => {}
                other => other?,
            }
        }
        for name in SYSTEM {
            let source = Path::new("/").join(name);
            match std::fs::read_link(&source) {
                Ok(target) => self.links.push((name.to_owned(), target)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                    let fd = open(&source, ResolveFlags::NO_SYMLINKS)?;
                    self.trees
                        .push((PathBuf::from(name), detach(&fd, &source)?, Access::Read));
                }
                Err(error) => return Err(Failure::at(Step::Source, name)(error)),
            }
        }
        Ok(())
    }
}

fn open(source: &Path, resolve: ResolveFlags) -> Result<OwnedFd, Failure> {
    openat2(
        CWD,
        source,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        resolve | ResolveFlags::NO_MAGICLINKS,
    )
    .map_err(Failure::at(Step::Source, &source.to_string_lossy()))
}

/// A mount of its own that shows this tree and is in no table yet.
fn detach(fd: &OwnedFd, source: &Path) -> Result<OwnedFd, Failure> {
    open_tree(
        fd,
        "",
        OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_EMPTY_PATH
            | OpenTreeFlags::AT_RECURSIVE,
    )
    .map_err(Failure::at(Step::Source, &source.to_string_lossy()))
}

/// Builds the new root, enters it and leaves the old one. `ids` are the payload's.
pub(super) fn build(policy: &Policy, sources: Sources, ids: (u32, u32)) -> Result<View, Failure> {
    let root = Root::new()?;
    let mut view = View {
        visible: vec![(PathBuf::from("/"), Access::List)],
        root: Vec::new(),
        trees: Vec::new(),
    };
    for (name, target) in &sources.links {
        root.link(name, target)?;
    }
    for (target, tree, access) in &sources.trees {
        root.bind(target, tree, *access)?;
        view.visible.push((Path::new("/").join(target), *access));
    }
    root.etc(ids, &mut view)?;
    root.dev(&mut view)?;
    for (target, mode) in [("/tmp", "1777"), (HOME, "0700")] {
        let target = Path::new(target);
        root.memory(target, policy.scratch_bytes, mode, ids)?;
        view.visible.push((target.to_owned(), Access::Write));
    }
    for (line, source) in sources.lines {
        root.line(&line, source, ids, &mut view)?;
    }
    root.proc(policy.mode, &mut view)?;
    root.enter()?;
    view.root = super::probe::names_in_root().map_err(Failure::at(Step::Root, "/"))?;
    Ok(view)
}
