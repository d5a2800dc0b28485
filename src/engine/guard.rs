//! A CrossGuard pack: Pulumi's own server of it, in a sandbox, asked by us in the engine's place.
//!
//! The pack is somebody's program. It runs as the stack's own does: its folder and its packages read-only, no network, no variable of ours.
//! It prints the port on which it serves Pulumi's analyzer protocol, and we dial that port inside.
//!
//! INVARIANT: an answer that does not come in time, or that is not of the protocol, is an [`Error`].
//! INVARIANT: the server ends with its value.
//!
//! What is asked, and what an answer means, is decided in `pipeline::crossguard`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tonic::transport::Channel;
use tonic::{Response, Status};

use super::program::{NODE_MODULES, PROGRAM_ROOT};
use super::wire::pulumirpc::analyzer_client::AnalyzerClient;
use super::wire::pulumirpc::{
    AnalyzeRequest, AnalyzeResponse, AnalyzeStackRequest, AnalyzerInfo,
    AnalyzerStackConfigureRequest, AnalyzerStackConfigureResponse, ConfigureAnalyzerRequest,
    RemediateResponse,
};
use super::wire::{ServeError, channel, limited};
use crate::names::StackName;
use crate::perimeter::sandbox::{
    self, Command, End, Identity, Limits, Mount, Running, Sandbox, Walls, Watch,
};

/// LIMIT: time until the server has said its port. Node reads a few thousand files first.
const PORT_DEADLINE: Duration = Duration::from_secs(30);
/// LIMIT: time of one answer. A policy looks at one resource, or at one stack.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
/// LIMIT: time of all answers of one pack, as for all Rego packs.
const TIME_MAX: Duration = Duration::from_secs(300);
/// Time that a server gets to end by itself after it gave no answer, so that its last words are known.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// LIMIT: bytes that the pack may print.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// LIMIT: processes and threads of the pack.
const PROCESSES_MAX: u64 = 256;
/// LIMIT: bytes of its `/tmp` and home folder, and of one file.
const SCRATCH_BYTES_MAX: u64 = 64 << 20;
/// LIMIT: characters of what the pack says in an error.
const SAID_CHARS_MAX: usize = 2000;

/// What a pack's server is started from.
#[derive(Debug)]
pub struct Setup<'a> {
    /// Node, inside.
    pub interpreter: PathBuf,
    /// The pack at [`PROGRAM_ROOT`], its packages at [`NODE_MODULES`], what Node needs.
    pub mounts: Vec<Mount>,
    /// Pulumi's name of the project that is judged.
    pub project: &'a str,
    /// The stack that is judged.
    pub stack: &'a StackName,
}

/// A pack's server that runs; dropping it ends it.
#[derive(Debug)]
pub struct Guard {
    client: AnalyzerClient<Channel>,
    running: Option<Running>,
    until: Instant,
    sandbox: Sandbox,
}

/// Why a pack cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its walls do not stand, or it cannot be reached behind them.
    #[error("the CrossGuard pack's sandbox: {0}")]
    Sandbox(#[from] sandbox::Error),
    /// It does not speak the protocol.
    #[error(transparent)]
    Wire(#[from] ServeError),
    /// It did not serve.
    #[error("starting the CrossGuard pack's server: {why}")]
    Start {
        /// What went wrong, and what it said.
        why: String,
    },
    /// It did not answer.
    #[error("asking the CrossGuard pack's server to {doing}: {why}")]
    Answer {
        /// What it was asked.
        doing: &'static str,
        /// What went wrong, and what it said.
        why: String,
    },
}

impl Guard {
    /// Starts the server behind walls, and waits until it serves.
    ///
    /// # Errors
    /// It cannot be started, ends, or does not say its port in time.
    pub async fn start(setup: Setup<'_>) -> Result<Self, Error> {
        let command = command(&setup);
        let walls = Walls {
            mounts: setup.mounts,
            identity: Identity::Dedicated,
            listeners: 0,
            limits: Limits {
                processes: PROCESSES_MAX,
                open_files: 1024,
                file_bytes: SCRATCH_BYTES_MAX,
                scratch_bytes: SCRATCH_BYTES_MAX,
            },
        };
        let sandbox = Sandbox::prepare(walls).await?;
        let until = Instant::now() + TIME_MAX;
        let mut running = sandbox.start(command).await?;
        let line = match timeout(PORT_DEADLINE, running.next_line()).await {
            Ok(Some(line)) => line,
            Ok(None) => {
                let why = "it ended before it printed its port; a pack makes one `PolicyPack`";
                return Err(Error::Start {
                    why: with_last_words(why, Some(running)).await,
                });
            }
            Err(_) => {
                let seconds = PORT_DEADLINE.as_secs();
                return Err(Error::Start {
                    why: format!("it did not print its port within {seconds} s"),
                });
            }
        };
        let port = std::str::from_utf8(&line).map_or(None, |text| Some(text.trim()));
        let Some(Ok(port)) = port.map(str::parse::<u16>) else {
            return Err(Error::Start {
                why: "its first line is not a port; a pack must not print before it serves"
                    .to_owned(),
            });
        };
        let stream = sandbox.dialer().dial(port).await?;
        let channel = channel("the CrossGuard pack's server", stream).await?;
        Ok(Self {
            client: limited!(AnalyzerClient::new(channel)),
            running: Some(running),
            until,
            sandbox,
        })
    }

    /// Which pack it is, and its policies.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn info(&mut self) -> Result<AnalyzerInfo, Error> {
        let mut client = self.client.clone();
        let call = async move { client.get_analyzer_info(()).await };
        self.ask("name its policies", call).await
    }

    /// The version of its SDK.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn version(&mut self) -> Result<String, Error> {
        let mut client = self.client.clone();
        let call = async move { client.get_plugin_info(()).await };
        Ok(self.ask("say its version", call).await?.version)
    }

    /// Tells it which stack it judges and how its policies are configured.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn configure(
        &mut self,
        stack: AnalyzerStackConfigureRequest,
        policies: ConfigureAnalyzerRequest,
    ) -> Result<(), Error> {
        let mut client = self.client.clone();
        let call = async move { client.configure_stack(stack).await };
        let AnalyzerStackConfigureResponse {} = self.ask("take the stack", call).await?;
        let mut client = self.client.clone();
        let call = async move { client.configure(policies).await };
        self.ask("take its configuration", call).await
    }

    /// What it says of one resource.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn analyze(&mut self, request: AnalyzeRequest) -> Result<AnalyzeResponse, Error> {
        let mut client = self.client.clone();
        let call = async move { client.analyze(request).await };
        self.ask("judge a resource", call).await
    }

    /// What it would make of one resource.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn remediate(&mut self, request: AnalyzeRequest) -> Result<RemediateResponse, Error> {
        let mut client = self.client.clone();
        let call = async move { client.remediate(request).await };
        self.ask("remediate a resource", call).await
    }

    /// What it says of the whole stack.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn analyze_stack(
        &mut self,
        request: AnalyzeStackRequest,
    ) -> Result<AnalyzeResponse, Error> {
        let mut client = self.client.clone();
        let call = async move { client.analyze_stack(request).await };
        self.ask("judge the stack", call).await
    }

    /// Ends it, and waits until nothing of it is left.
    ///
    /// # Errors
    /// Something was still there after a while.
    pub async fn end(self) -> Result<(), Error> {
        drop(self.running);
        Ok(self.sandbox.end().await?)
    }

    async fn ask<T>(
        &mut self,
        doing: &'static str,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Error> {
        let until = self.until.min(Instant::now() + ANSWER_DEADLINE);
        let why = match timeout_at(until, call).await {
            Ok(Ok(answer)) => return Ok(answer.into_inner()),
            Ok(Err(status)) => printable(status.message()),
            // It hangs: there are no last words to wait for.
            Err(_) => {
                let why = format!(
                    "it did not answer within {} s ({} s for all answers)",
                    ANSWER_DEADLINE.as_secs(),
                    TIME_MAX.as_secs()
                );
                return Err(Error::Answer { doing, why });
            }
        };
        let why = with_last_words(&why, self.running.take()).await;
        Err(Error::Answer { doing, why })
    }
}

/// How the server is started: as the engine's Node host starts it, but for the stack's configuration, which may hold secrets.
fn command(setup: &Setup<'_>) -> Command {
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    Command {
        argv: vec![
            setup.interpreter.clone().into_os_string(),
            format!("{NODE_MODULES}/@pulumi/pulumi/cmd/run-policy-pack").into(),
            // The engine's address, which the SDK of today throws away; nobody listens there.
            "127.0.0.1:1".into(),
            PROGRAM_ROOT.into(),
        ],
        env: vec![
            variable("PATH", "/usr/local/bin:/usr/bin:/bin"),
            variable("HOME", "/home/user"),
            variable("LANG", "C.UTF-8"),
            variable("PULUMI_NODEJS_PROJECT", setup.project),
            variable("PULUMI_NODEJS_STACK", setup.stack.as_str()),
            variable("PULUMI_NODEJS_DRY_RUN", "true"),
        ],
        cwd: PROGRAM_ROOT.into(),
        stdin: Vec::new(),
        deadline: TIME_MAX,
        output_bytes_max: OUTPUT_BYTES_MAX,
        watch: Watch::Unwatched,
    }
}

/// The reason, with how the server ended and the end of its standard error, when it has ended.
async fn with_last_words(why: &str, running: Option<Running>) -> String {
    let Some(running) = running else {
        return why.to_owned();
    };
    let Ok(Ok(finished)) = timeout(LAST_WORDS, running.wait()).await else {
        return why.to_owned();
    };
    let ended = match finished.end {
        End::Exited(code) => format!("exit code {code}"),
        End::Signalled(signal) => format!("killed by signal {signal}"),
        End::DeadlinePassed => format!("it ran for more than {} s", TIME_MAX.as_secs()),
        End::TooMuchOutput => format!("it printed more than {OUTPUT_BYTES_MAX} bytes"),
        End::Cancelled => "it was ended".to_owned(),
    };
    let said = printable(String::from_utf8_lossy(&finished.stderr).trim());
    format!("{why} ({ended}) {said}").trim_end().to_owned()
}

/// Text without control characters but newlines, bounded.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .take(SAID_CHARS_MAX)
        .collect()
}
