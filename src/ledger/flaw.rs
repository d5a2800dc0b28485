//! What can be wrong with a ledger, and where: the words of the verifier.

use std::fmt;
use std::path::PathBuf;

use crate::ledger::canonical;
use crate::ledger::checkpoint;
use crate::ledger::entry::{self, Actor, Kind};
use crate::ledger::log::OutOfTree;
use crate::ledger::protocol::Phase;
use crate::ledger::statement;
use crate::ledger::store;
use crate::names::{RunId, Sha256};

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
    /// A person's evidence by somebody without a name.
    #[error("`{kind}` must be a person's, and this is by `{actor}`")]
    NotAPerson {
        /// The evidence.
        kind: Kind,
        /// Who recorded it.
        actor: Actor,
    },
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
