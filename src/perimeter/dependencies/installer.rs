//! Runs a package manager in a sandbox whose only way out leads to the configured registries.
//!
//! INVARIANT: inside are the system, the tool, a copy of the stage and what the settings show; one listener, the proxy's.
//! What it left is taken when nothing inside runs any more.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::settings::Settings;
use super::stage::{INSIDE, Stage};
use super::{DEADLINE, Error, OUTPUT_BYTES_MAX};
use crate::perimeter::egress::{self, Egress, Line, Reach, Rules};
use crate::perimeter::sandbox::{
    Command, End, Finished, Identity, Limits, Mount, Sandbox, Walls, Watch,
};
use crate::perimeter::tools::{self, UserTool};

/// A sandbox with its proxy.
#[derive(Debug)]
pub(super) struct Installer<'a> {
    tool: &'a UserTool,
    sandbox: Sandbox,
    egress: Option<Egress>,
    env: Vec<(OsString, OsString)>,
    proxy: String,
}

/// What a package manager left.
#[derive(Debug)]
pub(super) struct Left {
    /// The stage's copy, as it is now.
    pub(super) stage: OwnedFd,
    /// What it reached.
    pub(super) reached: Vec<Line>,
}

impl<'a> Installer<'a> {
    /// Builds the walls. Without settings there is no way out.
    pub(super) async fn prepare(
        tool: &'a UserTool,
        stage: &Stage,
        settings: Option<Settings>,
    ) -> Result<Self, Error> {
        let mut mounts: Vec<Mount> = tool.shows().iter().map(|path| shown(path)).collect();
        mounts.push(Mount::Copy {
            source: stage.path().to_owned(),
            target: INSIDE.into(),
            bytes_max: STAGE_BYTES_MAX,
        });
        if let Some(settings) = &settings {
            mounts.extend(settings.mounts.iter().cloned());
        }
        let sandbox = Sandbox::prepare(Walls {
            mounts,
            identity: Identity::Dedicated,
            listeners: usize::from(settings.is_some()),
            limits: Limits {
                processes: 512,
                open_files: 8192,
                file_bytes: FILE_BYTES_MAX,
                scratch_bytes: SCRATCH_BYTES_MAX,
            },
        })
        .await?;
        let mut installer = Self {
            tool,
            egress: None,
            env: Vec::new(),
            proxy: String::new(),
            sandbox,
        };
        let listener = installer.sandbox.take_listeners().pop();
        if let (Some(settings), Some(listener)) = (settings, listener) {
            installer.serve(settings, listener)?;
        }
        Ok(installer)
    }

    fn serve(&mut self, settings: Settings, listener: std::net::TcpListener) -> Result<(), Error> {
        let address = listener.local_addr().map_err(Error::Proxying)?;
        self.proxy = format!("http://{address}");
        let rules = Rules {
            destinations: settings.destinations,
            // Their names are the user's own configuration's: a company's registry is on its private network.
            reach: Reach::Private,
            upstream: settings.upstream,
            limits: egress::Limits {
                connections: 20_000,
                at_once: 128,
                bytes_up: UP_BYTES_MAX,
                bytes_down: STAGE_BYTES_MAX,
                time: DEADLINE,
            },
        };
        self.egress = Some(Egress::serve(listener, rules).map_err(Error::Proxying)?);
        self.env = settings.env;
        for name in ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"] {
            self.env.push((name.into(), self.proxy.clone().into()));
        }
        Ok(())
    }

    /// The proxy's address inside.
    pub(super) fn proxy(&self) -> &str {
        &self.proxy
    }

    /// Its environment, where there are no settings.
    pub(super) fn set_env(&mut self, env: Vec<(OsString, OsString)>) {
        self.env = env;
    }

    /// Lets it reach more.
    pub(super) fn allow(&self, more: Vec<egress::Destination>) {
        if let Some(egress) = &self.egress {
            egress.allow(more);
        }
    }

    /// Runs the tool once. A request that was refused ends it: it would only be asked again.
    pub(super) async fn run(
        &self,
        args: Vec<OsString>,
        cwd: PathBuf,
        stdin: Vec<u8>,
        deadline: Duration,
    ) -> Result<Vec<u8>, Error> {
        let program = self.tool.program().name();
        let script = self.tool.script().map(|script| script.path.clone().into());
        let argv = std::iter::once(self.tool.path().into())
            .chain(script)
            .chain(args);
        let command = Command {
            argv: argv.collect(),
            env: self.env.clone(),
            cwd,
            stdin,
            deadline,
            output_bytes_max: OUTPUT_BYTES_MAX,
            watch: Watch::Unwatched,
        };
        let refused = async {
            match &self.egress {
                Some(egress) => egress.refused().await,
                None => std::future::pending().await,
            }
        };
        let Finished {
            end,
            stdout,
            stderr,
            ..
        } = tokio::select! {
            biased;
            finished = self.sandbox.run(command) => finished?,
            line = refused => return Err(Error::Host { program, line: line.to_string() }),
        };
        if end == End::Exited(0) {
            return Ok(stdout);
        }
        // It may have ended on being refused before that was seen here.
        let line = self
            .egress
            .iter()
            .flat_map(Egress::record)
            .find(Line::is_final);
        Err(match line {
            Some(line) => Error::Host {
                program,
                line: line.to_string(),
            },
            None => Error::Tool(tools::Error::ended(program, end, &stderr)),
        })
    }

    /// Ends everything inside and hands out what was left.
    pub(super) async fn end(self) -> Result<Left, Error> {
        let stage = self.sandbox.tree(Path::new(INSIDE)).ok_or(Error::Lost)?;
        self.sandbox.end().await?;
        let reached = self.egress.map_or(Vec::new(), |egress| egress.record());
        Ok(Left { stage, reached })
    }
}

fn shown(path: &Path) -> Mount {
    Mount::ReadOnly {
        source: path.to_owned(),
        target: path.to_owned(),
    }
}

/// LIMIT: bytes of everything that a package manager writes, its caches and temporary files too; also of what it downloads.
pub(super) const STAGE_BYTES_MAX: u64 = 6 << 30;
/// LIMIT: bytes of one file.
const FILE_BYTES_MAX: u64 = 2 << 30;
/// LIMIT: bytes of `/tmp` and of the base's home folder, which the settings point away from.
const SCRATCH_BYTES_MAX: u64 = 64 << 20;
/// LIMIT: bytes of requests; an installation has some hundred kilobytes.
const UP_BYTES_MAX: u64 = 64 << 20;
