//! What an auditor runs: everything that can be wrong with a ledger's folder, and where.
//!
//! INVARIANT: [`verify`] needs the folder and a key that was pinned elsewhere, nothing else; it writes nothing and holds no lock. Whatever
//! it cannot read or does not know is an [`Invalid`], never a pass.
//! It cannot see that the newest entries were cut off together with their checkpoint, or that the key's holder wrote two histories: a copy
//! of an earlier checkpoint, kept where the holder cannot write, shows both ([`Verified::extends`]).
//! What is not wrong but should be looked at is a [`Finding`].

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::ledger::canonical;
use crate::ledger::checkpoint;
use crate::ledger::entry::{self, Actor, Entry, Kind};
use crate::ledger::keys::VerifierKey;
use crate::ledger::log::OutOfTree;
use crate::ledger::protocol::Phase;
use crate::ledger::statement::{self, Subject};
use crate::ledger::store;
use crate::ledger::view::{Run, View, object_path};
use crate::names::{RunId, Sha256};

/// LIMIT: findings of one verification about files that do not belong there; more are counted in the last.
const STRANGERS_MAX: usize = 100;

/// The folder is not a ledger that the pinned key signed.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {flaw}")]
pub struct Invalid {
    /// Where.
    pub place: Place,
    /// What.
    pub flaw: Box<Flaw>,
}

/// Where something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The folder itself.
    Folder,
    /// The signed head.
    Checkpoint,
    /// The file of entries as a whole.
    Entries,
    /// One entry.
    Entry {
        /// Its number, from 0; its line is one more.
        seq: u64,
        /// The byte of `entries` at which it begins.
        byte: u64,
    },
    /// An entry, or the hash of it that stands in the next.
    Between {
        /// The earlier entry's number.
        seq: u64,
    },
    /// The last entry, or more before it.
    Last {
        /// Its number.
        seq: u64,
    },
    /// A body or a statement.
    Object {
        /// The entry that names it.
        seq: u64,
        /// Its name.
        hash: Sha256,
    },
}

impl Place {
    pub(crate) fn with(self, flaw: Flaw) -> Invalid {
        Invalid {
            place: self,
            flaw: Box::new(flaw),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder => f.write_str("the ledger's folder"),
            Self::Checkpoint => f.write_str("`checkpoint`"),
            Self::Entries => f.write_str("`entries`"),
            Self::Entry { seq, byte } => {
                write!(
                    f,
                    "entry {seq} (line {} of `entries`, from byte {byte})",
                    seq + 1
                )
            }
            Self::Between { seq } => {
                let (line, next) = (seq + 1, seq + 2);
                write!(
                    f,
                    "entry {seq} (line {line} of `entries`) or its hash in line {next}"
                )
            }
            Self::Last { seq } => {
                write!(
                    f,
                    "entry {seq} (line {} of `entries`), and maybe some before it",
                    seq + 1
                )
            }
            Self::Object { seq, hash } => write!(f, "object `{hash}` of entry {seq}"),
        }
    }
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// A file is not there.
    #[error("it is missing")]
    Missing,
    /// A file cannot be read.
    #[error("it cannot be read: {0}")]
    File(store::Error),
    /// A folder cannot be listed.
    #[error("listing `{}`: {source}", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The head is not signed, or of another log.
    #[error("{0}")]
    Checkpoint(checkpoint::Error),
    /// A writer was faster than we, every time.
    #[error("it changed while it was read, again and again")]
    Busy,
    /// Fewer entries than signed.
    #[error("{size} entries were signed, and this one is missing or cut short")]
    Short {
        /// How many were signed.
        size: u64,
    },
    /// More than a crash can leave beyond the checkpoint.
    #[error(
        "{bytes} bytes follow that the checkpoint does not cover: an older checkpoint was put back, or entries were added without the key"
    )]
    CheckpointBehind {
        /// How many.
        bytes: usize,
    },
    /// A line is not an entry.
    #[error("{0}")]
    Line(entry::Error),
    /// An entry has another number than its place.
    #[error("it says it is entry {found}: an entry was removed, added or moved")]
    Seq {
        /// The number it has.
        found: u64,
    },
    /// Two neighbours do not fit.
    #[error("the two do not fit: it was changed or replaced after it was signed")]
    Chain,
    /// The first entry belongs to another ledger.
    #[error("it begins the ledger of another origin")]
    OtherLog,
    /// The tree has another root than was signed.
    #[error("the entries have another Merkle root than the signed one")]
    Root,
    /// The tree does not hold what was asked for.
    #[error("{0}")]
    Tree(OutOfTree),
    /// Evidence that may not come here.
    #[error("run `{run}`: `{kind}` may not follow here: the run {}", phase_text(*phase))]
    Order {
        /// The run.
        run: RunId,
        /// What came.
        kind: Kind,
        /// Where the run stood; nothing if it was not open.
        phase: Option<Phase>,
    },
    /// An approval by somebody without a name.
    #[error("an approval must be a person's, and this is by `{0}`")]
    Approver(Actor),
    /// A parent that is not earlier in the same run.
    #[error("its parent `{0}` is not earlier evidence of the same run")]
    Parent(Sha256),
    /// An object's bytes are not those of its name.
    #[error("its content was changed: its SHA-256 is `{found}`")]
    Hash {
        /// What it is.
        found: Sha256,
    },
    /// An object's size is not the one that was recorded.
    #[error("it has {found} bytes, and {recorded} were recorded")]
    Size {
        /// What it has.
        found: u64,
        /// What the entry says.
        recorded: u64,
    },
    /// A body is not canonical JSON.
    #[error("{0}")]
    Body(canonical::Error),
    /// A statement is not signed or not a statement.
    #[error("{0}")]
    Statement(statement::Error),
    /// A statement about something else.
    #[error("the statement is about something else than its entry")]
    Subject,
    /// A gate's result without a statement.
    #[error("a `{0}` must carry a signed statement")]
    Unstated(Kind),
    /// A checkpoint that was kept elsewhere does not fit.
    #[error(
        "a checkpoint of {size} entries was kept elsewhere that this ledger does not contain: it was cut short or rewritten"
    )]
    Anchor {
        /// Entries that the kept checkpoint covers.
        size: u64,
    },
}

fn phase_text(phase: Option<Phase>) -> String {
    match phase {
        Some(phase) => format!("is {phase}"),
        None => "was never opened".to_owned(),
    }
}

/// What is not wrong but should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A run has no end: it goes on, waits for an approval, or crashed.
    OpenRun {
        /// The run.
        run: RunId,
        /// Where it stands.
        phase: Phase,
    },
    /// A run began to change the world and says nothing of how that ended.
    NoReceipt {
        /// The run.
        run: RunId,
    },
    /// Bytes beyond the checkpoint: a write that was interrupted, or is going on.
    Torn {
        /// How many.
        bytes: u64,
    },
    /// A file that holds an interrupted write, put aside when the ledger was opened again.
    TornFile(PathBuf),
    /// An object that no entry names: an interrupted write.
    Unreferenced(PathBuf),
    /// A file that is not the ledger's.
    Stranger(PathBuf),
    /// More such files than are listed.
    MoreFiles {
        /// How many more.
        count: usize,
    },
    /// An entry is older than the one before it.
    ClockWentBack {
        /// Its number.
        seq: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenRun { run, phase } => write!(f, "run `{run}` has no end: it is {phase}"),
            Self::NoReceipt { run } => write!(
                f,
                "run `{run}` began to apply and has no receipt: the world may have changed, a person must look"
            ),
            Self::Torn { bytes } => write!(
                f,
                "{bytes} bytes follow the last signed entry: a write was interrupted or is going on"
            ),
            Self::TornFile(path) => write!(f, "`{}` holds an interrupted write", path.display()),
            Self::Unreferenced(path) => write!(f, "`{}` is named by no entry", path.display()),
            Self::Stranger(path) => write!(f, "`{}` is not a file of the ledger", path.display()),
            Self::MoreFiles { count } => write!(f, "{count} more files are not the ledger's"),
            Self::ClockWentBack { seq } => write!(f, "entry {seq} is older than the one before it"),
        }
    }
}

/// A ledger that verifies.
#[derive(Debug)]
pub struct Verified {
    view: View,
    findings: Vec<Finding>,
}

impl Verified {
    /// The ledger.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// What should be looked at.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether the ledger contains everything that a checkpoint kept elsewhere covers.
    ///
    /// # Errors
    /// That checkpoint is not of this ledger, or the ledger was cut short or rewritten since.
    pub fn extends(&self, kept: &[u8]) -> Result<(), Invalid> {
        let kept = checkpoint::open(kept, self.view.key())
            .map_err(|error| Place::Checkpoint.with(Flaw::Checkpoint(error)))?;
        match self.view.tree().root(kept.size) {
            Ok(root) if root == kept.root => Ok(()),
            Ok(_) | Err(_) => Err(Place::Entries.with(Flaw::Anchor { size: kept.size })),
        }
    }
}

/// Verifies a ledger against a pinned key.
///
/// # Errors
/// What is wrong, and where.
pub fn verify(folder: &Path, key: &VerifierKey) -> Result<Verified, Invalid> {
    let view = View::open(folder, key)?;
    for entry in view.runs().flat_map(Run::entries) {
        check_body(&view, entry)?;
        check_statement(&view, entry)?;
    }
    let mut findings: Vec<Finding> = view.runs().filter_map(unfinished).collect();
    if !view.tail().is_empty() {
        findings.push(Finding::Torn {
            bytes: view.tail().len() as u64,
        });
    }
    let rewinds = view.rewinds().iter();
    findings.extend(rewinds.map(|seq| Finding::ClockWentBack { seq: *seq }));
    let mut strangers = strangers(&view)?;
    if strangers.len() > STRANGERS_MAX {
        let count = strangers.len() - STRANGERS_MAX;
        strangers.truncate(STRANGERS_MAX);
        strangers.push(Finding::MoreFiles { count });
    }
    findings.append(&mut strangers);
    Ok(Verified { view, findings })
}

fn check_body(view: &View, entry: &Entry) -> Result<(), Invalid> {
    let body = view.body(entry)?;
    canonical::check(&body).map_err(|error| {
        Place::Object {
            seq: entry.seq,
            hash: entry.body,
        }
        .with(Flaw::Body(error))
    })
}

fn check_statement(view: &View, entry: &Entry) -> Result<(), Invalid> {
    let (Some(hash), Some(envelope)) = (entry.statement, view.statement(entry)?) else {
        return if entry.kind.must_be_stated() {
            Err(Place::Object {
                seq: entry.seq,
                hash: entry.body,
            }
            .with(Flaw::Unstated(entry.kind)))
        } else {
            Ok(())
        };
    };
    let place = Place::Object {
        seq: entry.seq,
        hash,
    };
    let stated = statement::open::<IgnoredAny>(&envelope, view.key())
        .map_err(|error| place.with(Flaw::Statement(error)))?;
    if stated.subject.first() == Some(&subject(&entry.run, entry.kind, entry.body)) {
        Ok(())
    } else {
        Err(place.with(Flaw::Subject))
    }
}

/// What a statement is about first: the evidence that it was recorded with.
pub(crate) fn subject(run: &RunId, kind: Kind, body: Sha256) -> Subject {
    Subject::new(format!("{run}/{kind}"), body)
}

fn unfinished(run: &Run) -> Option<Finding> {
    match run.phase() {
        Phase::Closed => None,
        Phase::Applying | Phase::ApplyingFaulted => Some(Finding::NoReceipt {
            run: run.id().clone(),
        }),
        phase @ (Phase::Opened
        | Phase::Ordered
        | Phase::Walled
        | Phase::Proposed
        | Phase::Previewed
        | Phase::PolicyReported
        | Phase::Judged
        | Phase::Decided
        | Phase::Stopped
        | Phase::Answered
        | Phase::Cleared
        | Phase::Landed
        | Phase::HandedOver
        | Phase::Applied
        | Phase::Faulted) => Some(Finding::OpenRun {
            run: run.id().clone(),
            phase,
        }),
    }
}

/// Every file of the folder that no entry accounts for.
fn strangers(view: &View) -> Result<Vec<Finding>, Invalid> {
    let mut findings = Vec::new();
    for path in list(view.folder())? {
        match path.file_name().and_then(|name| name.to_str()) {
            Some(
                "entries" | "checkpoint" | "lock" | "objects" | "scratch-object"
                | "scratch-checkpoint",
            ) => {}
            Some(name) if name.starts_with("torn-") => findings.push(Finding::TornFile(path)),
            Some(_) | None => findings.push(Finding::Stranger(path)),
        }
    }
    let named: BTreeSet<PathBuf> = view
        .runs()
        .flat_map(Run::entries)
        .flat_map(|entry| [Some(entry.body), entry.statement])
        .flatten()
        .map(|hash| object_path(view.folder(), hash))
        .collect();
    let objects = view.folder().join("objects");
    if view.size() == 0 && !objects.is_dir() {
        return Ok(findings);
    }
    for shelf in list(&objects)? {
        if !shelf.is_dir() {
            findings.push(Finding::Stranger(shelf));
            continue;
        }
        let unnamed = list(&shelf)?
            .into_iter()
            .filter(|path| !named.contains(path));
        findings.extend(unnamed.map(Finding::Unreferenced));
    }
    Ok(findings)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Invalid> {
    let failed = |source| {
        Place::Folder.with(Flaw::List {
            path: folder.to_owned(),
            source,
        })
    };
    let mut paths = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|item| item.map(|item| item.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    Ok(paths)
}
