//! Runs of the engine's command line, as the Automation API drives it, in a sandbox of its own.
//!
//! The engine is our own pinned binary, but it opens whatever path an asset names and keeps every secret of the stack. So it sees the
//! imported tree, its state folder and one output folder, and nothing else of the machine; it has no cloud credential, and no network but the
//! sockets that we made inside its namespace: the language runtime, one for each provider, and one for the policies.
//!
//! INVARIANT: its environment is built here from nothing. A variable that is not written here does not exist for it.

pub mod ending;
mod environment;
pub mod files;

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use ending::{Ending, Error, tail};
use environment::{environment, own, policy_pack, port};

use crate::config::secret::Secret;
use crate::engine::analyzer;
use crate::names::{PackageName, StackName};
use crate::perimeter::interrupt::Interrupt;
use crate::perimeter::sandbox::{
    Command, Dialer, End, Enforced, Finished, Identity, Limits, Mount, Sandbox, Walls, Watch,
    executable,
};
use crate::perimeter::tools::Tool;

/// Where the stack's program lies in every sandbox.
pub const PROGRAM_FOLDER: &str = "/work/program";
const STATE_FOLDER: &str = "/work/state";
const OUT_FOLDER: &str = "/work/out";
const HOME_FOLDER: &str = "/work/home";
const PULUMI: &str = "/work/bin/pulumi";
const BIN_FOLDER: &str = "/work/bin";

/// Runs of the program that one engine can serve: a preview, an update, and a destroy.
const RUNS_MAX: usize = 3;
/// LIMIT: bytes of the engine's copy of the program's folder, and of its home folder.
const COPY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// LIMIT: bytes that one run of the command line may print.
const OUTPUT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// LIMIT: bytes of one file that the engine writes: state, plan, event log.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Time for a command that only touches the state.
const SHORT: Duration = Duration::from_secs(60);

/// What the engine needs to start.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The command line tool.
    pub pulumi: &'a Tool,
    /// The imported tree of the stack's folder, on the host.
    pub tree: &'a Path,
    /// The folder of the file backend, on the host.
    pub state: &'a Path,
    /// A private folder on the host for the plan and the event logs.
    pub out: &'a Path,
    /// The stack.
    pub stack: &'a StackName,
    /// The passphrase of its secrets.
    pub passphrase: &'a Secret,
    /// The packages that it may use; each gets a socket.
    pub packages: Vec<PackageName>,
    /// Time for a preview, an update or a destroy.
    pub deadline: Duration,
}

/// An engine whose sandbox stands. Its sockets wait to be served.
#[derive(Debug)]
pub struct Engine {
    sandbox: Sandbox,
    out: PathBuf,
    stack: StackName,
    environment: Vec<(OsString, OsString)>,
    /// The port of the policies.
    policies: u16,
    deadline: Duration,
}

/// The sockets inside the engine's namespace, to be served from outside.
#[derive(Debug)]
pub struct Sockets {
    /// For the language runtime; one for each run of the program.
    pub clients: Vec<TcpListener>,
    /// For the policies.
    pub policies: TcpListener,
    /// For each package.
    pub packages: Vec<(PackageName, TcpListener)>,
}

impl Engine {
    /// Builds the engine's sandbox.
    ///
    /// # Errors
    /// The sandbox cannot be built.
    pub async fn prepare(setup: Setup<'_>) -> Result<(Self, Sockets), Error> {
        let mount = |source: &Path, target: &str| Mount::ReadWrite {
            source: source.to_owned(),
            target: target.into(),
        };
        let walls = Walls {
            mounts: vec![
                Mount::ReadOnly {
                    source: setup.pulumi.path().to_owned(),
                    target: PULUMI.into(),
                },
                Mount::ReadOnly {
                    source: executable().map_err(own("finding", "this program"))?,
                    target: policy_pack().into(),
                },
                // The engine writes the stack's settings file beside the program when there is none; the imported tree must not change.
                Mount::Copy {
                    source: setup.tree.to_owned(),
                    target: PROGRAM_FOLDER.into(),
                    bytes_max: COPY_BYTES_MAX,
                },
                mount(setup.state, STATE_FOLDER),
                mount(setup.out, OUT_FOLDER),
                Mount::Scratch {
                    target: HOME_FOLDER.into(),
                    bytes_max: COPY_BYTES_MAX,
                },
            ],
            identity: Identity::Caller,
            listeners: RUNS_MAX + 1 + setup.packages.len(),
            limits: Limits {
                processes: 512,
                open_files: 4096,
                file_bytes: FILE_BYTES_MAX,
                scratch_bytes: COPY_BYTES_MAX,
            },
        };
        let mut sandbox = Sandbox::prepare(walls).await?;
        let mut listeners = sandbox.take_listeners().into_iter();
        let clients: Vec<TcpListener> = listeners.by_ref().take(RUNS_MAX).collect();
        let policies = listeners.next().ok_or(Error::NoSocket)?;
        let packages: Vec<(PackageName, TcpListener)> =
            setup.packages.into_iter().zip(listeners).collect();
        let mut providers = Vec::with_capacity(packages.len());
        for (name, listener) in &packages {
            providers.push(format!("{name}:{}", port(listener)?));
        }
        let engine = Self {
            sandbox,
            out: setup.out.to_owned(),
            stack: setup.stack.clone(),
            environment: environment(setup.passphrase, &providers.join(",")),
            policies: port(&policies)?,
            deadline: setup.deadline,
        };
        let sockets = Sockets {
            clients,
            policies,
            packages,
        };
        Ok((engine, sockets))
    }

    /// Reaches the engine's own ports.
    #[must_use]
    pub fn dialer(&self) -> Dialer {
        self.sandbox.dialer()
    }

    /// What holds the engine.
    #[must_use]
    pub fn enforced(&self) -> &Enforced {
        self.sandbox.enforced()
    }

    /// Makes the stack in the backend unless it is there.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn select_or_create(&self) -> Result<(), Error> {
        let found = self
            .run(&["stack", "select", "--stack", self.stack.as_str()], SHORT)
            .await?;
        if found.end == End::Exited(0) {
            return Ok(());
        }
        let made = self
            .run(
                &[
                    "stack",
                    "init",
                    "--secrets-provider",
                    "passphrase",
                    "--stack",
                    self.stack.as_str(),
                ],
                SHORT,
            )
            .await?;
        self.expect_success("stack init", &made)
    }

    /// Runs a preview that writes the event log and the plan.
    ///
    /// # Errors
    /// The engine could not be started or was killed; a preview that fails is [`Finished`] with its exit status.
    pub async fn preview(&self, client: SocketAddr) -> Result<Finished, Error> {
        let client = format!("--client={client}");
        let (log, plan) = (
            format!("{OUT_FOLDER}/preview.log"),
            format!("{OUT_FOLDER}/plan.json"),
        );
        let arguments = [
            "preview",
            &client,
            "--exec-kind=auto.inline",
            "--event-log",
            &log,
            "--save-plan",
            &plan,
            "--json",
            "--show-sames",
            "--show-replacement-steps",
            "--suppress-permalink",
            "--stack",
            self.stack.as_str(),
        ];
        self.run(&arguments, self.deadline).await
    }

    /// Runs an update; bound to the plan of the last preview when `is_planned`. The policies are asked about every resource.
    ///
    /// # Errors
    /// As for a preview.
    pub async fn up(
        &self,
        client: SocketAddr,
        is_planned: bool,
        interrupt: &Interrupt,
    ) -> Result<Finished, Error> {
        let client = format!("--client={client}");
        let (log, plan, policies) = (
            format!("{OUT_FOLDER}/up.log"),
            format!("{OUT_FOLDER}/plan.json"),
            policy_pack(),
        );
        let mut arguments = vec![
            "up",
            "--policy-pack",
            &policies,
            "--yes",
            "--skip-preview",
            &client,
            "--exec-kind=auto.inline",
            "--event-log",
            &log,
            "--suppress-permalink",
        ];
        if is_planned {
            arguments.extend(["--plan", &plan]);
        }
        arguments.extend(["--stack", self.stack.as_str()]);
        let mut command = self.command(&arguments, self.deadline);
        let port = self.policies.to_string().into();
        command.env.push((analyzer::PORT_VARIABLE.into(), port));
        let mut running = self.sandbox.start(command).await?;
        loop {
            tokio::select! {
                line = running.next_line() => if line.is_none() { break },
                () = interrupt.raised() => {
                    // The engine finishes the steps that it has begun and writes them into the state; only what takes too long is killed.
                    running.interrupt();
                    break;
                }
            }
        }
        Ok(running.wait().await?)
    }

    /// Destroys everything in the stack.
    ///
    /// # Errors
    /// As for a preview.
    pub async fn destroy(&self, client: SocketAddr) -> Result<Finished, Error> {
        let client = format!("--client={client}");
        let log = format!("{OUT_FOLDER}/destroy.log");
        let arguments = [
            "destroy",
            "--yes",
            "--skip-preview",
            &client,
            "--exec-kind=auto.inline",
            "--event-log",
            &log,
            "--suppress-permalink",
            "--stack",
            self.stack.as_str(),
        ];
        self.run(&arguments, self.deadline).await
    }

    /// The stack's state, its secrets encrypted.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn export(&self) -> Result<Vec<u8>, Error> {
        let exported = self
            .run(&["stack", "export", "--stack", self.stack.as_str()], SHORT)
            .await?;
        self.expect_success("stack export", &exported)?;
        Ok(exported.stdout)
    }

    /// Ends the engine and everything beside it.
    ///
    /// # Errors
    /// Something could not be killed.
    pub async fn end(self) -> Result<(), Error> {
        Ok(self.sandbox.end().await?)
    }

    /// A file that the last command wrote, read under a limit.
    ///
    /// # Errors
    /// It is not there, or too large.
    pub fn take_file(&self, name: &'static str, limit: u64) -> Result<Vec<u8>, Error> {
        files::read(&self.out.join(name), name, limit)
    }

    /// An error that says how a command of the engine failed.
    #[must_use]
    pub fn failed(&self, command: &'static str, finished: &Finished) -> Error {
        Error::Failed {
            command,
            stack: self.stack.clone(),
            end: Ending(finished.end),
            stderr: tail(&finished.stderr),
        }
    }

    fn expect_success(&self, command: &'static str, finished: &Finished) -> Result<(), Error> {
        if finished.end == End::Exited(0) {
            Ok(())
        } else {
            Err(self.failed(command, finished))
        }
    }

    async fn run(&self, arguments: &[&str], deadline: Duration) -> Result<Finished, Error> {
        Ok(self.sandbox.run(self.command(arguments, deadline)).await?)
    }

    fn command(&self, arguments: &[&str], deadline: Duration) -> Command {
        let mut argv: Vec<OsString> = [PULUMI, "--non-interactive", "--color", "never"]
            .map(OsString::from)
            .to_vec();
        argv.extend(arguments.iter().map(OsString::from));
        Command {
            argv,
            env: self.environment.clone(),
            cwd: PROGRAM_FOLDER.into(),
            stdin: Vec::new(),
            deadline,
            output_bytes_max: OUTPUT_BYTES_MAX,
            watch: Watch::Unwatched,
        }
    }
}
