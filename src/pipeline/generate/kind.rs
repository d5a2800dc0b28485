//! How each kind of agent is started, what it must not do by itself, and how what it prints reads.
//!
//! Each starts in an empty home folder with the environment that stands here and nothing else. Its own sandbox, its plugins, its reports home and
//! its endless retries are off: the walls are ours, and there is no network.
//! INVARIANT: what an agent prints decides nothing. It says in the report what the agent says of itself; that something changed is seen in
//! the folder, what was used up in the broker.

mod claude;
mod codex;
mod gemini;
mod opencode;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::{Agent, AgentKind, Api, Model};

/// Where the agent's own program lies in its sandbox.
pub(super) const PROGRAM_FOLDER: &str = "/lightsout/agent";
/// Where files of ours for it lie.
pub(super) const CONFIG_FOLDER: &str = "/lightsout/config";
/// The folder of the command `check`.
pub(super) const CHECK_FOLDER: &str = "/lightsout/bin";
/// The name of the command.
pub const CHECK: &str = "check";
/// The variable that tells `check` where we listen.
pub const CHECK_VARIABLE: &str = "LIGHTSOUT_CHECK";
/// The key that an agent gets, since none of them starts without one. It opens nothing.
pub(super) const NO_KEY: &str = "not-a-key";
/// Our name as a model's provider and as a server of tools.
const NAME: &str = "lightsout";
/// LIMIT: characters of what an agent says of itself.
const SAID_CHARS_MAX: usize = 2000;

/// Versions whose output was seen, and reads as it stands here.
const SEEN: [(AgentKind, &str); 4] = [
    (AgentKind::Codex, "0.169.0"),
    (AgentKind::Claude, "2.1.330"),
    (AgentKind::Opencode, "1.18.33"),
    (AgentKind::Gemini, "0.61.0"),
];

/// Whether this version's output was seen.
#[must_use]
pub fn is_seen(kind: AgentKind, version: &str) -> bool {
    match kind {
        // What they print is not read.
        AgentKind::Command | AgentKind::Acp => true,
        AgentKind::Codex | AgentKind::Claude | AgentKind::Opencode | AgentKind::Gemini => {
            SEEN.contains(&(kind, version))
        }
    }
}

/// The program of an agent, and what the sandbox must show for it.
#[derive(Debug, Clone)]
pub struct AgentProgram {
    /// A folder or a file on the host, shown at `/lightsout/agent`.
    pub shown: PathBuf,
    /// The program's path below it; empty when it is the file itself.
    pub program: PathBuf,
    /// What runs it, when it is a script: a path that is the same inside.
    pub interpreter: Option<PathBuf>,
    /// What else must be shown, where it is.
    pub shows: Vec<PathBuf>,
}

impl AgentProgram {
    /// How it is started, inside.
    fn argv(&self) -> Vec<OsString> {
        let program = Path::new(PROGRAM_FOLDER);
        let program = if self.program.as_os_str().is_empty() {
            program.to_owned()
        } else {
            program.join(&self.program)
        };
        self.interpreter
            .iter()
            .cloned()
            .chain([program])
            .map(PathBuf::into_os_string)
            .collect()
    }
}

/// What is started in the sandbox.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Launch {
    pub(super) argv: Vec<OsString>,
    pub(super) env: Vec<(OsString, OsString)>,
}

/// What a launch is made of.
#[derive(Debug, Clone, Copy)]
struct Given<'a> {
    model: &'a Model,
    api: Api,
    broker: SocketAddr,
    folder: &'a str,
}

impl Given<'_> {
    fn base(&self) -> String {
        format!("http://{}", self.broker)
    }

    fn tools(&self) -> String {
        format!("http://{}/mcp", self.broker)
    }
}

/// Why an agent cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum KindError {
    /// The configuration was checked; somebody skipped that.
    #[error("the agent `{0}` needs a model")]
    NoModel(AgentKind),
    /// Its program was not found.
    #[error("the agent `{0}` has no program")]
    NoProgram(AgentKind),
}

/// The protocol that an agent shall speak.
#[must_use]
pub fn api(agent: &Agent, model: &Model) -> Option<Api> {
    model.api.or_else(|| agent.kind.api())
}

/// Files that must lie in [`CONFIG_FOLDER`], by name.
pub(super) fn files(agent: &Agent, broker: SocketAddr) -> Vec<(&'static str, String)> {
    match agent.kind {
        AgentKind::Gemini => vec![(gemini::SETTINGS, gemini::settings(broker))],
        AgentKind::Command
        | AgentKind::Codex
        | AgentKind::Claude
        | AgentKind::Opencode
        | AgentKind::Acp => Vec::new(),
    }
}

/// How an agent is started.
pub(super) fn launch(
    agent: &Agent,
    program: Option<&AgentProgram>,
    broker: SocketAddr,
    folder: &str,
) -> Result<Launch, KindError> {
    let kind = agent.kind;
    let mut launch = match kind {
        AgentKind::Command | AgentKind::Acp => Launch {
            argv: agent.command.iter().map(Into::into).collect(),
            env: agent
                .environment
                .iter()
                .map(|(name, value)| {
                    let value = value.replace("{model}", &format!("http://{broker}"));
                    (name.into(), value.into())
                })
                .collect(),
        },
        AgentKind::Codex | AgentKind::Claude | AgentKind::Opencode | AgentKind::Gemini => {
            let model = agent.model.as_ref().ok_or(KindError::NoModel(kind))?;
            let program = program.ok_or(KindError::NoProgram(kind))?;
            let given = Given {
                model,
                api: api(agent, model).ok_or(KindError::NoModel(kind))?,
                broker,
                folder,
            };
            let mut argv = program.argv();
            let (arguments, env) = match kind {
                AgentKind::Codex => codex::launch(given),
                AgentKind::Claude => claude::launch(given),
                AgentKind::Opencode => opencode::launch(given),
                AgentKind::Gemini => gemini::launch(given),
                AgentKind::Command | AgentKind::Acp => return Err(KindError::NoProgram(kind)),
            };
            argv.extend(arguments.into_iter().map(OsString::from));
            let env = env
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            Launch { argv, env }
        }
    };
    let broker = format!("http://{broker}/check");
    launch.env.push((CHECK_VARIABLE.into(), broker.into()));
    Ok(launch)
}

/// What an agent says of itself when it has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The last thing it said, for the report.
    pub(super) text: String,
    /// Whether it says that it failed.
    pub(super) failed: bool,
    /// Lines that are none of the events that were seen.
    pub(super) unknown: u64,
}

/// Reads what an agent printed. Lines that are not known are counted and skipped.
pub(super) fn said(kind: AgentKind, stdout: &[u8], stderr: &[u8]) -> Said {
    let read: fn(&serde_json::Value, &mut Said) -> bool = match kind {
        AgentKind::Command | AgentKind::Acp => {
            let both = [stdout, b"\n", stderr].concat();
            return Said {
                text: tail(&String::from_utf8_lossy(&both)),
                ..Said::default()
            };
        }
        AgentKind::Codex => codex::read,
        AgentKind::Claude => claude::read,
        AgentKind::Opencode => opencode::read,
        AgentKind::Gemini => gemini::read,
    };
    let mut said = Said::default();
    for line in stdout.split(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let is_known = serde_json::from_slice(line).is_ok_and(|event| read(&event, &mut said));
        if !is_known {
            said.unknown += 1;
        }
    }
    if said.text.is_empty() {
        said.text = String::from_utf8_lossy(stderr).into_owned();
    }
    said.text = tail(&said.text);
    said
}

/// The end of a text.
fn tail(text: &str) -> String {
    let text = text.trim();
    let skipped = text.chars().count().saturating_sub(SAID_CHARS_MAX);
    text.chars().skip(skipped).collect()
}

/// Text at a place of an event.
fn text<'e>(event: &'e serde_json::Value, pointer: &str) -> Option<&'e str> {
    event.pointer(pointer).and_then(serde_json::Value::as_str)
}

#[cfg(test)]
mod tests;
