//! Writes a judged proposal as a commit on a branch of its own.
//!
//! What is applied is never only in the state: the tree that was judged is in the repository, under the run's name, before
//! anything is applied. INVARIANT: the branch is created or is already this very commit; no ref is ever moved.

use std::collections::BTreeMap;
use std::fmt;

use gix::objs::tree::{Entry, EntryKind};
use gix::refs::transaction::{PreviousValue, RefEdit};
use gix::refs::{FullName, Target};

use super::{Base, CommitId, Error, Repository, TreeId, failed};
use crate::names::{RunId, Sha256, StackName};
use crate::perimeter::import::path::is_invisible;
use crate::perimeter::import::{File, Folder, Mode, Tree};

/// The branch of one run: `lightsout/<stack>/<run>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Branch(FullName);

impl Branch {
    /// Names the branch of a run. To be made early: a stack's name that git does not take is found here.
    ///
    /// # Errors
    /// Git does not take it.
    pub fn new(stack: &StackName, run: &RunId) -> Result<Self, Error> {
        let branch = format!("lightsout/{stack}/{run}");
        FullName::try_from(format!("refs/heads/{branch}"))
            .map(Self)
            .map_err(|cause| Error::BranchName {
                branch,
                cause: cause.to_string(),
            })
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.shorten())
    }
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Who a commit is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// For people.
    pub name: String,
    /// Where to ask.
    pub email: String,
    /// Seconds since 1970, from the perimeter's clock.
    pub seconds: i64,
}

/// A commit to be made.
#[derive(Debug)]
pub struct Landing<'a> {
    /// Its branch.
    pub branch: &'a Branch,
    /// What it holds, from [`Repository::write_tree`].
    pub tree: TreeId,
    /// The base commit that it was judged against.
    pub parent: CommitId,
    /// Author and committer.
    pub author: &'a Author,
    /// What changes, in one line; more is cut off.
    pub subject: &'a str,
    /// The run, for the trailer.
    pub run: &'a RunId,
    /// The clearance that allows it, for the trailer; none if a person is to look first.
    pub clearance: Option<Sha256>,
}

impl Repository {
    /// Writes the base commit's content with one folder replaced by a tree.
    ///
    /// # Errors
    /// The base commit cannot be read, or the disk is full.
    pub fn write_tree(&self, base: &Base, folder: &Folder, tree: &Tree) -> Result<TreeId, Error> {
        let repository = self.0.to_thread_local();
        let new = top(&repository, tree)?;
        let path: Vec<&str> = folder
            .path()
            .map_or_else(Vec::new, |path| path.components().collect());
        self.graft(&repository, Some(base.tree.0), &path, new)
            .map(TreeId)
    }

    /// The content of `old` with the folder at `path` replaced by `new`.
    fn graft(
        &self,
        repository: &gix::Repository,
        old: Option<gix::ObjectId>,
        path: &[&str],
        new: gix::ObjectId,
    ) -> Result<gix::ObjectId, Error> {
        let Some((name, rest)) = path.split_first() else {
            return Ok(new);
        };
        let mut entries = match old {
            None => Vec::new(),
            Some(old) => self.entries(repository, old)?,
        };
        let below = entries
            .iter()
            .find(|entry| entry.filename == *name && entry.mode.is_tree());
        let below = below.map(|entry| entry.oid);
        let replaced = self.graft(repository, below, rest, new)?;
        entries.retain(|entry| entry.filename != *name);
        // Git knows no empty folder.
        if replaced != gix::ObjectId::empty_tree(replaced.kind()) {
            entries.push(entry(name, EntryKind::Tree, replaced));
        }
        write_entries(repository, entries)
    }

    /// Commits a tree on the run's branch and waits until it is on the disk. Done twice with the same facts, it is the same
    /// commit.
    ///
    /// # Errors
    /// The branch exists and is another commit, or the disk is full.
    pub fn land(&self, landing: &Landing<'_>) -> Result<CommitId, Error> {
        let repository = self.0.to_thread_local();
        let branch = landing.branch;
        let signature = gix::actor::Signature {
            name: one_line(&landing.author.name, "lightsout").into(),
            email: one_line(&landing.author.email, "lightsout@localhost").into(),
            time: gix::date::Time::new(landing.author.seconds, 0),
        };
        let commit = gix::objs::Commit {
            tree: landing.tree.0,
            parents: [landing.parent.0].into_iter().collect(),
            author: signature.clone(),
            committer: signature.clone(),
            encoding: None,
            message: message(landing).into(),
            extra_headers: Vec::new(),
        };
        let id = repository
            .write_object(&commit)
            .map_err(|cause| failed("writing the commit", &cause))?
            .detach();
        let doing = format!("creating the branch `{branch}`");
        // Objects before the ref that needs them.
        self.sync(&doing)?;
        if let Some(found) = self.tip(&repository, branch)? {
            return taken(branch, id, found);
        }
        let edit = RefEdit::update(
            branch.0.clone(),
            Target::Object(id),
            PreviousValue::MustNotExist,
            "lightsout: landed",
        );
        let mut time = gix::date::parse::TimeBuf::default();
        let done = repository.edit_references_as(Some(edit), Some(signature.to_ref(&mut time)));
        if let Err(cause) = done {
            // Somebody else was first, perhaps with the same commit.
            return match self.tip(&repository, branch)? {
                Some(found) => taken(branch, id, found),
                None => Err(failed(&doing, &cause)),
            };
        }
        self.sync(&doing)?;
        Ok(CommitId(id))
    }

    fn tip(
        &self,
        repository: &gix::Repository,
        branch: &Branch,
    ) -> Result<Option<gix::ObjectId>, Error> {
        let doing = format!("reading the branch `{branch}`");
        let found = repository
            .try_find_reference(branch.0.as_ref())
            .map_err(|cause| failed(&doing, &cause))?;
        // A symbolic ref is somebody else's work: its null name matches no commit.
        Ok(found.map(|found| {
            found.target().try_id().map_or_else(
                || gix::ObjectId::null(gix::hash::Kind::Sha1),
                ToOwned::to_owned,
            )
        }))
    }

    fn sync(&self, doing: &str) -> Result<(), Error> {
        let folder = std::fs::File::open(
            self.0
                .refs
                .common_dir()
                .unwrap_or_else(|| self.0.refs.git_dir()),
        )
        .map_err(|cause| failed(doing, &cause))?;
        rustix::fs::syncfs(&folder).map_err(|cause| failed(doing, &cause))
    }
}

fn taken(branch: &Branch, wanted: gix::ObjectId, found: gix::ObjectId) -> Result<CommitId, Error> {
    if found == wanted {
        return Ok(CommitId(found));
    }
    Err(Error::BranchTaken {
        branch: branch.to_string(),
        found: found.to_string(),
    })
}

/// The commit's message.
///
/// INVARIANT: the trailers are the last paragraph and only ours, whatever the subject says.
#[must_use]
pub fn message(landing: &Landing<'_>) -> String {
    let subject = one_line(landing.subject, "Change the stack");
    let clearance = landing
        .clearance
        .map_or_else(String::new, |hash| format!("Lightsout-Clearance: {hash}\n"));
    format!("{subject}\n\nLightsout-Run: {}\n{clearance}", landing.run)
}

/// Foreign text as one line that git and terminals read as it is.
fn one_line(text: &str, otherwise: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let plain = |c: &char| !c.is_control() && !is_invisible(*c) && !matches!(c, '<' | '>');
    let line: String = line.chars().filter(plain).take(LINE_CHARS_MAX).collect();
    let line = line.trim();
    if line.is_empty() {
        otherwise.to_owned()
    } else {
        line.to_owned()
    }
}

/// LIMIT: characters of a subject or a name.
const LINE_CHARS_MAX: usize = 100;

/// Writes a whole tree.
pub(super) fn top(repository: &gix::Repository, tree: &Tree) -> Result<gix::ObjectId, Error> {
    let mut top = Node::default();
    for (path, file) in tree.files() {
        top.add(path.as_str(), file);
    }
    top.write(repository)
}

/// A folder that is being put together.
#[derive(Default)]
struct Node<'a> {
    files: BTreeMap<&'a str, &'a File>,
    folders: BTreeMap<&'a str, Self>,
}

impl<'a> Node<'a> {
    fn add(&mut self, path: &'a str, file: &'a File) {
        match path.split_once('/') {
            None => {
                self.files.insert(path, file);
            }
            Some((folder, rest)) => self.folders.entry(folder).or_default().add(rest, file),
        }
    }

    fn write(&self, repository: &gix::Repository) -> Result<gix::ObjectId, Error> {
        let mut entries = Vec::new();
        for (name, file) in &self.files {
            let kind = match file.mode() {
                Mode::Plain => EntryKind::Blob,
                Mode::Executable => EntryKind::BlobExecutable,
            };
            let blob = repository
                .write_blob(file.bytes())
                .map_err(|cause| failed("writing the proposal's files", &cause))?;
            entries.push(entry(name, kind, blob.detach()));
        }
        for (name, folder) in &self.folders {
            entries.push(entry(name, EntryKind::Tree, folder.write(repository)?));
        }
        write_entries(repository, entries)
    }
}

fn entry(name: &str, kind: EntryKind, oid: gix::ObjectId) -> Entry {
    Entry {
        mode: kind.into(),
        filename: name.into(),
        oid,
    }
}

fn write_entries(
    repository: &gix::Repository,
    mut entries: Vec<Entry>,
) -> Result<gix::ObjectId, Error> {
    // Git's order, in which a folder's name ends with `/`.
    entries.sort();
    let written = repository
        .write_object(&gix::objs::Tree { entries })
        .map_err(|cause| failed("writing the proposal's folders", &cause))?;
    Ok(written.detach())
}
