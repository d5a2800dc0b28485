//! Generate: the agent changes a copy of the stack's folder in the builder sandbox; what it leaves is imported as hostile bytes.
//!
//! INVARIANT: the builder sandbox holds the stack's folder of the base commit, the agent's own files and the system's toolchain. Holdouts,
//! policies, keys, credentials and the ledger are not in it. The agent starts only after the wall's proof is in the ledger.
//! This module knows nothing of holdouts or credentials.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::config::Agent;
use crate::ledger::{Evidence, Kind, Recorded};
use crate::names::Sha256;
use crate::perimeter::dependencies;
use crate::perimeter::import::{self, Allowed, Change, Limits, PathRefusal, RelPath, Tree};
use crate::perimeter::sandbox::{
    self, Attempt, Command, End, Enforced, Identity, Mount, Sandbox, Walls,
};

/// Where the stack's folder lies in the builder sandbox.
const WORK_FOLDER: &str = "/work/program";
const AGENT_FOLDER: &str = "/agent";

/// LIMIT: bytes of the work folder, of the home folder and of `/tmp` in the builder sandbox.
const WORK_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// LIMIT: bytes that the agent may print.
const OUTPUT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// LIMIT: processes and threads of the agent.
const PROCESSES_MAX: u64 = 512;

/// The wall's proof of itself, made before the agent starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wall {
    /// What the kernel enforces, read back inside.
    pub enforced: Enforced,
    /// Attempts to read what must not be there, each with the kernel's answer.
    pub attempts: Vec<Attempt>,
}

/// What somebody wants to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Who made it.
    pub author: Author,
    /// The base commit.
    pub base: String,
    /// Hash of the base's folder.
    pub base_tree: Sha256,
    /// Hash of the proposed folder.
    pub tree: Sha256,
    /// What differs.
    pub changes: Vec<Change>,
    /// What differs and may not.
    pub refused: Vec<PathRefusal>,
    /// What differs and decides which packages the program gets: with any, a person is asked at every level.
    pub privileged: Vec<RelPath>,
}

/// Who made a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "author", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Author {
    /// The configured agent.
    Agent {
        /// Which attempt, from 1.
        attempt: u32,
        /// Hash of what it was told.
        prompt: Sha256,
        /// Milliseconds that it took.
        took_ms: u64,
        /// Hash of what it printed.
        output: Sha256,
    },
    /// Somebody else's change, given on the command line.
    Given {
        /// The folder's or patch's name.
        name: String,
    },
}

impl Evidence for Wall {
    const KIND: Kind = Kind::Wall;
}
impl Evidence for Proposal {
    const KIND: Kind = Kind::Proposal;
}

/// What came of asking the agent.
#[derive(Debug)]
pub enum Generated {
    /// It left a tree; that may be the base's own.
    Tree {
        /// The tree.
        tree: Tree,
        /// Who made it.
        author: Author,
        /// The end of what it printed, for the report.
        said: String,
    },
    /// It did not end well.
    Ended {
        /// How.
        end: End,
        /// The end of what it printed, for the report.
        said: String,
    },
    /// It left what cannot be imported.
    Unusable {
        /// What is wrong.
        error: import::ImportError,
    },
}

/// Why there is no proposal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The builder sandbox failed.
    #[error("running the agent's sandbox")]
    Sandbox(#[from] sandbox::Error),
    /// The wall has a hole.
    #[error("the builder sandbox can open `{0}`: the wall does not hold, nothing was started")]
    Breached(PathBuf),
    /// The work folder cannot be opened.
    #[error("opening what the agent left")]
    Open(#[source] std::io::Error),
    /// The sandbox lost the work folder.
    #[error("the builder sandbox did not hand out its work folder")]
    NoTree,
    /// The globs of `changes.allow` cannot be read.
    #[error("reading `changes.allow`")]
    Glob(#[from] import::judge::GlobError),
    /// The base's folder is not a Pulumi project.
    #[error("reading the stack's project")]
    Project(#[from] import::project::ProjectError),
}

/// A builder sandbox that stands, with the proof of its walls.
#[derive(Debug)]
pub struct Builder {
    sandbox: Sandbox,
}

impl Builder {
    /// Builds the walls around a copy of the base's folder and proves them.
    ///
    /// `forbidden` are paths of this machine that must not be readable inside: the scenarios' folder among others.
    ///
    /// # Errors
    /// The walls cannot be built, or do not hold.
    pub async fn prepare(
        folder: &Path,
        files: Option<&Path>,
        forbidden: &[PathBuf],
    ) -> Result<(Self, Wall), Error> {
        let mut mounts = vec![Mount::Copy {
            source: folder.to_owned(),
            target: WORK_FOLDER.into(),
            bytes_max: WORK_BYTES_MAX,
        }];
        if let Some(files) = files {
            mounts.push(Mount::ReadOnly {
                source: files.to_owned(),
                target: AGENT_FOLDER.into(),
            });
        }
        let mut sandbox = Sandbox::prepare(Walls {
            mounts,
            identity: Identity::Dedicated,
            listeners: 0,
            limits: sandbox::Limits {
                processes: PROCESSES_MAX,
                open_files: 4096,
                file_bytes: WORK_BYTES_MAX,
                scratch_bytes: WORK_BYTES_MAX,
            },
        })
        .await?;
        let attempts = sandbox.probe(forbidden).await?;
        if let Some(open) = attempts.iter().find(|attempt| attempt.errno.is_none()) {
            return Err(Error::Breached(open.path.clone()));
        }
        let wall = Wall {
            enforced: sandbox.enforced().clone(),
            attempts,
        };
        Ok((Self { sandbox }, wall))
    }

    /// Runs the agent behind the proven walls and imports what it leaves.
    ///
    /// # Errors
    /// The sandbox failed; what the agent did wrong is a [`Generated`].
    pub async fn run(
        self,
        _wall: &Recorded<Wall>,
        agent: &Agent,
        prompt: &str,
        attempt: u32,
    ) -> Result<Generated, Error> {
        let command = Command {
            argv: agent.command.iter().map(Into::into).collect(),
            env: [
                ("HOME", "/home/user"),
                ("PATH", "/usr/local/bin:/usr/bin:/bin"),
                ("LANG", "C.UTF-8"),
                ("TMPDIR", "/tmp"),
                ("PYTHONDONTWRITEBYTECODE", "1"),
            ]
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec(),
            cwd: WORK_FOLDER.into(),
            stdin: prompt.as_bytes().to_vec(),
            deadline: Duration::from_secs(u64::from(agent.minutes) * 60),
            output_bytes_max: OUTPUT_BYTES_MAX,
        };
        let finished = self.sandbox.run(command).await?;
        let folder = self
            .sandbox
            .tree(Path::new(WORK_FOLDER))
            .ok_or(Error::NoTree)?;
        // The handed-out descriptor only names the folder; reading it needs one that is opened.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(&folder, ".", flags, rustix::fs::Mode::empty())
            .map_err(|errno| Error::Open(errno.into()))?;
        // Only when nothing is left running can nothing change the tree while it is read.
        self.sandbox.end().await?;
        let said = crate::engine::automation::tail(
            &[
                finished.stdout.as_slice(),
                b"\n",
                finished.stderr.as_slice(),
            ]
            .concat(),
        );
        if finished.end != End::Exited(0) {
            return Ok(Generated::Ended {
                end: finished.end,
                said,
            });
        }
        use std::os::fd::AsFd as _;
        let limits = Limits {
            leave_out: vec![".git".to_owned()],
            ..Limits::default()
        };
        let tree = match import::import(folder.as_fd(), &limits) {
            Ok(tree) => tree,
            Err(error) => return Ok(Generated::Unusable { error }),
        };
        let author = Author::Agent {
            attempt,
            prompt: Sha256::of(prompt.as_bytes()),
            took_ms: u64::try_from(finished.duration.as_millis()).unwrap_or(u64::MAX),
            output: Sha256::of(&[finished.stdout, finished.stderr].concat()),
        };
        Ok(Generated::Tree { tree, author, said })
    }
}

/// Makes the proposal: what differs, and what of it may not.
///
/// # Errors
/// The allowed globs or the base's project cannot be read.
pub fn propose(
    base_commit: &str,
    base: &Tree,
    tree: &Tree,
    author: Author,
    allow: &[String],
) -> Result<Proposal, Error> {
    let allowed = Allowed::new(allow)?;
    let mut refused = import::judge(base, tree, &allowed)?;
    let privileged = import::locks(base, tree)?;
    if let Some(path) = privileged.first()
        && let Err(error) = dependencies::check(tree)
    {
        refused.push(uninstallable(path, &error));
    }
    Ok(Proposal {
        author,
        base: base_commit.to_owned(),
        base_tree: base.hash(),
        tree: tree.hash(),
        changes: import::changes(base, tree),
        refused,
        privileged,
    })
}

/// The refusal of lock files that nothing can be installed from.
#[must_use]
pub fn uninstallable(path: &RelPath, error: &dependencies::Error) -> PathRefusal {
    PathRefusal {
        path: path.clone(),
        reason: format!("changes what is installed, and that cannot be: {error}"),
        advice: "undo the change, or pin every package by hash".to_owned(),
    }
}

/// What the agent is told.
///
/// The work order's text is data: it is fenced, and the rules stand after it.
#[must_use]
pub fn prompt(order: &str, notes: Option<&str>, feedback: Option<&str>) -> String {
    let mut prompt = String::from(
        "You change one Pulumi stack. Its program is the current folder; change files there and nowhere else, then exit with status 0.\n\
         You have no network and no credentials. Your change is previewed, judged and deployed by others.\n\n",
    );
    prompt.push_str(&fenced("WORK ORDER", order));
    if let Some(notes) = notes {
        prompt.push_str(&fenced("AGENTS.md", notes));
    }
    if let Some(feedback) = feedback {
        prompt.push_str(&fenced("YOUR LAST CHANGE WAS REFUSED", feedback));
    }
    prompt
}

/// Fences text with a mark that it cannot hold, since the mark is its hash.
fn fenced(title: &str, text: &str) -> String {
    let mark = Sha256::of(text.as_bytes()).short();
    format!(
        "--- {title} {mark}\n{}\n--- end {mark}\n\n",
        text.trim_end()
    )
}
