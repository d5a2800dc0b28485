//! The builder sandbox: a copy of the stack's folder, the agent, one socket of ours, and nothing else.
//!
//! INVARIANT: the sandbox holds the stack's folder of the base commit, its packages, the agent's own program and files, the toolchains of the
//! configuration and the system's. Holdouts, policies, keys, credentials and the ledger are not in it; its network is one socket of the broker's.
//! INVARIANT: the agent starts only after the wall's proof is in the ledger, and every process of it is dead before its tree is taken.

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use tokio::sync::mpsc;

use super::kind::{self, AgentProgram, Said};
use super::{Error, WORK_FOLDER, Wall, acp};
use crate::config::{Agent, AgentKind};
use crate::ledger::Recorded;
use crate::perimeter::broker::meter::Metered;
use crate::perimeter::broker::{Ask, Broker, ModelPlan, Plan};
use crate::perimeter::sandbox::{
    self, Command, End, Finished, Identity, Mount, Running, Sandbox, Walls, Watch,
};

const AGENT_FOLDER: &str = "/agent";
/// LIMIT: bytes of the work folder, of the home folder and of `/tmp` in the builder sandbox.
const WORK_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// LIMIT: bytes that the agent may print.
const OUTPUT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// LIMIT: processes and threads of the agent.
const PROCESSES_MAX: u64 = 512;
/// LIMIT: open files of one process; opencode watches many.
const OPEN_FILES_MAX: u64 = 16_384;
/// How long an agent has to end by itself once its model is asked nothing more.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What a builder sandbox shows.
#[derive(Debug, Default)]
pub struct Shown {
    /// The stack's folder of the base commit, on the host.
    pub folder: PathBuf,
    /// The agent's files of the base commit, on the host.
    pub files: Option<PathBuf>,
    /// The agent's program.
    pub program: Option<AgentProgram>,
    /// A private folder on the host for files of ours that the agent reads; readable by everybody.
    pub config: PathBuf,
    /// The executable that is the command `check`, on the host.
    pub check: PathBuf,
    /// Folders that are shown where they are: toolchains, interpreters.
    pub shows: Vec<PathBuf>,
    /// Folders that are shown elsewhere: packages.
    pub packages: Vec<(PathBuf, PathBuf)>,
    /// Folders inside that are searched for programs, before the system's.
    pub search: Vec<PathBuf>,
    /// Variables for the packages.
    pub variables: Vec<(OsString, OsString)>,
}

/// A builder sandbox that stands, with the proof of its walls.
#[derive(Debug)]
pub struct Builder {
    sandbox: Sandbox,
    listener: TcpListener,
    shown: Shown,
}

/// What an agent shall do.
#[derive(Debug)]
pub struct Work<'a> {
    /// Which agent.
    pub agent: &'a Agent,
    /// What it is told.
    pub prompt: &'a str,
    /// The model behind the broker.
    pub model: Option<ModelPlan>,
    /// Where calls of `check` go.
    pub tool: mpsc::Sender<Ask>,
}

/// What an agent left.
#[derive(Debug)]
pub struct Left {
    pub(super) finished: Finished,
    pub(super) said: Said,
    pub(super) metered: Option<Metered>,
    pub(super) folder: OwnedFd,
}

impl Builder {
    /// Builds the walls around a copy of the base's folder and proves them.
    ///
    /// `forbidden` are paths of this machine that must not be readable inside: the scenarios' folder among others.
    ///
    /// # Errors
    /// The walls cannot be built, or do not hold.
    pub async fn prepare(shown: Shown, forbidden: &[PathBuf]) -> Result<(Self, Wall), Error> {
        let read_only = |source: &Path, target: &Path| Mount::ReadOnly {
            source: source.to_owned(),
            target: target.to_owned(),
        };
        let mut mounts = vec![
            Mount::Copy {
                source: shown.folder.clone(),
                target: WORK_FOLDER.into(),
                bytes_max: WORK_BYTES_MAX,
            },
            read_only(&shown.config, Path::new(kind::CONFIG_FOLDER)),
            read_only(
                &shown.check,
                &Path::new(kind::CHECK_FOLDER).join(kind::CHECK),
            ),
        ];
        if let Some(files) = &shown.files {
            mounts.push(read_only(files, Path::new(AGENT_FOLDER)));
        }
        if let Some(program) = &shown.program {
            mounts.push(read_only(&program.shown, Path::new(kind::PROGRAM_FOLDER)));
        }
        let program = shown.program.iter().flat_map(|program| &program.shows);
        let mut where_it_is: Vec<&PathBuf> = shown.shows.iter().chain(program).collect();
        where_it_is.sort();
        where_it_is.dedup();
        mounts.extend(where_it_is.into_iter().map(|path| read_only(path, path)));
        mounts.extend(
            shown
                .packages
                .iter()
                .map(|(source, target)| read_only(source, target)),
        );
        let mut sandbox = Sandbox::prepare(Walls {
            mounts,
            identity: Identity::Dedicated,
            listeners: 1,
            limits: sandbox::Limits {
                processes: PROCESSES_MAX,
                open_files: OPEN_FILES_MAX,
                file_bytes: WORK_BYTES_MAX,
                scratch_bytes: WORK_BYTES_MAX,
            },
        })
        .await?;
        let listener = sandbox.take_listeners().pop().ok_or(Error::NoSocket)?;
        let attempts = sandbox.probe(forbidden).await?;
        if let Some(open) = attempts.iter().find(|attempt| attempt.errno.is_none()) {
            return Err(Error::Breached(open.path.clone()));
        }
        let wall = Wall {
            enforced: sandbox.enforced().clone(),
            attempts,
        };
        let builder = Self {
            sandbox,
            listener,
            shown,
        };
        Ok((builder, wall))
    }

    /// The work folder, opened: it can be read while the agent works in it, and after.
    ///
    /// # Errors
    /// The sandbox did not hand it out.
    pub fn folder(&self) -> Result<OwnedFd, Error> {
        let folder = self
            .sandbox
            .tree(Path::new(WORK_FOLDER))
            .ok_or(Error::NoTree)?;
        // The handed-out descriptor only names the folder; reading it needs one that is opened.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(&folder, ".", flags, rustix::fs::Mode::empty())
            .map_err(|errno| Error::Open(errno.into()))
    }

    /// Runs the agent behind the proven walls, to its end or ours.
    ///
    /// # Errors
    /// The sandbox or the broker failed; what the agent did wrong is in what it left.
    /// `stop` ends it before its time: the agent is killed, and what it has used up is known all the same.
    pub async fn run(
        self,
        _wall: &Recorded<Wall>,
        mut work: Work<'_>,
        stop: impl Future<Output = ()>,
    ) -> Result<Left, Error> {
        let address = self.listener.local_addr().map_err(Error::Open)?;
        for (name, text) in kind::files(work.agent, address) {
            write(&self.shown.config.join(name), &text)?;
        }
        let command = self.command(&work, address)?;
        let folder = self.folder()?;
        let plan = Plan {
            model: work.model.take(),
            tool: work.tool.clone(),
        };
        let broker = Broker::start(self.listener.try_clone().map_err(Error::Open)?, plan)?;
        let mut closed = broker.closed();
        let started = tokio::time::Instant::now();
        let worked = {
            let working = self.work(&work, command, address, &mut closed);
            tokio::select! {
                biased;
                worked = working => Some(worked?),
                () = stop => None,
            }
        };
        // Only when nothing is left running can nothing change the tree while it is read.
        self.sandbox.end().await?;
        let metered = broker.finish().await?;
        let (finished, said) = worked.unwrap_or_else(|| {
            let finished = Finished {
                end: End::Cancelled,
                stdout: Vec::new(),
                stderr: Vec::new(),
                duration: started.elapsed(),
                denials: std::collections::BTreeMap::new(),
            };
            (finished, Said::default())
        });
        Ok(Left {
            finished,
            said,
            metered,
            folder,
        })
    }

    /// The agent's work, to its end.
    async fn work(
        &self,
        work: &Work<'_>,
        command: Command,
        broker: SocketAddr,
        closed: &mut tokio::sync::watch::Receiver<bool>,
    ) -> Result<(Finished, Said), Error> {
        match work.agent.kind {
            AgentKind::Acp => self.converse(command, work.prompt, broker, closed).await,
            AgentKind::Command
            | AgentKind::Codex
            | AgentKind::Claude
            | AgentKind::Opencode
            | AgentKind::Gemini => {
                let running = self.sandbox.start(command).await?;
                let finished = ended(running, closed).await?;
                let said = kind::said(work.agent.kind, &finished.stdout, &finished.stderr);
                Ok((finished, said))
            }
        }
    }

    /// Speaks with an agent; when it has said its last word it is given a while, and then ended.
    async fn converse(
        &self,
        command: Command,
        prompt: &str,
        broker: SocketAddr,
        closed: &mut tokio::sync::watch::Receiver<bool>,
    ) -> Result<(Finished, Said), Error> {
        let (mut running, input) = self.sandbox.converse(command).await?;
        let lines = running.take_lines();
        let stopper = running.stopper();
        let tools = format!("http://{broker}/mcp");
        let speaking = async {
            let conversed = acp::converse(input, lines, prompt, WORK_FOLDER, tools).await;
            // Its input has ended with the conversation.
            tokio::time::sleep(LAST_WORDS).await;
            stopper.stop();
            conversed
        };
        let mut speaking = std::pin::pin!(speaking);
        let mut ending = std::pin::pin!(ended(running, closed));
        let (mut finished, conversed) = tokio::select! {
            finished = &mut ending => {
                let finished = finished?;
                // What it said last is on its way; nothing more comes.
                let rest = tokio::time::timeout(2 * LAST_WORDS, speaking).await;
                let silent = |_| acp::Conversed {
                    text: String::new(),
                    is_done: false,
                };
                (finished, rest.unwrap_or_else(silent))
            }
            conversed = &mut speaking => (ending.await?, conversed),
        };
        if finished.end == End::Cancelled {
            // We ended it, when it had nothing more to say.
            finished.end = End::Exited(i32::from(!conversed.is_done));
        }
        let mut said = kind::said(AgentKind::Acp, conversed.text.as_bytes(), b"");
        said.failed = !conversed.is_done;
        Ok((finished, said))
    }

    fn command(&self, work: &Work<'_>, broker: SocketAddr) -> Result<Command, Error> {
        let launch = kind::launch(work.agent, self.shown.program.as_ref(), broker, WORK_FOLDER)?;
        let mut search: Vec<OsString> = vec![kind::CHECK_FOLDER.into()];
        search.extend(self.shown.search.iter().map(OsString::from));
        search.push("/usr/local/bin:/usr/bin:/bin".into());
        let mut env: Vec<(OsString, OsString)> = [
            ("HOME", "/home/user"),
            ("LANG", "C.UTF-8"),
            ("TERM", "dumb"),
            ("TMPDIR", "/tmp"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .to_vec();
        env.push(("PATH".into(), search.join(&OsString::from(":"))));
        env.extend(self.shown.variables.iter().cloned());
        env.extend(launch.env);
        Ok(Command {
            argv: launch.argv,
            env,
            cwd: WORK_FOLDER.into(),
            stdin: work.prompt.as_bytes().to_vec(),
            deadline: Duration::from_secs(u64::from(work.agent.minutes) * 60),
            output_bytes_max: OUTPUT_BYTES_MAX,
            watch: Watch::Denials,
        })
    }
}

/// The end of a command: its own, or ours when the broker has been closed for a while.
async fn ended(
    running: Running,
    closed: &mut tokio::sync::watch::Receiver<bool>,
) -> Result<Finished, Error> {
    let stopper = running.stopper();
    let mut ended = std::pin::pin!(running.wait());
    tokio::select! {
        finished = &mut ended => Ok(finished?),
        () = stopped(closed) => {
            stopper.stop();
            Ok(ended.await?)
        }
    }
}

/// Until the broker has been closed for a while.
async fn stopped(closed: &mut tokio::sync::watch::Receiver<bool>) {
    match closed.wait_for(|closed| *closed).await {
        Ok(_) => {}
        // The broker lives longer than this; without it nothing is ever closed.
        Err(_) => std::future::pending().await,
    }
    tokio::time::sleep(LAST_WORDS).await;
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text)
        .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)))
        .map_err(Error::Open)
}
