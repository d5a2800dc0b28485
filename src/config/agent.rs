//! The agent of a stack: which program it is, which model it may ask, and how much of it.

pub(super) mod check;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The agent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Which program it is.
    #[serde(default)]
    pub kind: AgentKind,
    /// For the kinds `command` and `acp`: absolute path inside the sandbox (`/usr/…`, or `/agent/…` for a file of `files`), then arguments. A
    /// `command` gets the prompt on standard input.
    #[serde(default)]
    pub command: Vec<String>,
    /// For the kinds `command` and `acp`: its environment besides `PATH`, `HOME`, `TMPDIR`, `LANG`. In a value, `{model}` is the address of the
    /// broker, without a path.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Folder of the repository that the sandbox shows read-only at `/agent`.
    #[serde(default)]
    pub files: Option<String>,
    /// Folders of this machine that the sandbox shows read-only where they are, each with the hash of all of its files. Their `bin` is on the
    /// agent's search path.
    #[serde(default)]
    pub toolchains: Vec<Toolchain>,
    /// The model that it asks, through the broker. Every kind but `command` and `acp` needs one.
    #[serde(default)]
    pub model: Option<Model>,
    /// Limits of one attempt, within those of the run.
    #[serde(default)]
    pub budget: ModelBudget,
    /// How often an attempt may ask `check` for a preview of its work.
    #[serde(default = "checks")]
    pub checks: u32,
    /// File of the repository with the prompt's template in place of the built-in one.
    #[serde(default)]
    pub prompt: Option<String>,
    /// What is kept of the conversation with the model.
    #[serde(default)]
    pub record: Record,
    /// Minutes of one attempt.
    #[serde(default = "minutes")]
    pub minutes: u32,
}

const fn minutes() -> u32 {
    10
}
const fn checks() -> u32 {
    20
}

/// Which program an agent is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum AgentKind {
    /// Any program: the prompt on standard input, the change in the folder, exit status 0.
    #[default]
    Command,
    /// OpenAI's Codex, of `tools.lock`.
    Codex,
    /// Anthropic's Claude Code, as the user has installed it.
    Claude,
    /// opencode, of `tools.lock`.
    Opencode,
    /// Google's Gemini CLI, of `tools.lock`.
    Gemini,
    /// Any program that speaks the Agent Client Protocol on its standard streams.
    Acp,
}

impl AgentKind {
    /// Its word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Codex => "codex",
            Self::Claude => "claude",
            Self::Opencode => "opencode",
            Self::Gemini => "gemini",
            Self::Acp => "acp",
        }
    }

    /// The protocol that it speaks with a model when the configuration does not say.
    #[must_use]
    pub const fn api(self) -> Option<Api> {
        match self {
            Self::Codex => Some(Api::Responses),
            Self::Claude => Some(Api::Messages),
            Self::Opencode => Some(Api::Chat),
            Self::Gemini => Some(Api::Gemini),
            Self::Command | Self::Acp => None,
        }
    }

    /// Whether it can be made to speak this protocol.
    #[must_use]
    pub const fn speaks(self, api: Api) -> bool {
        match self {
            Self::Codex => matches!(api, Api::Responses),
            Self::Claude => matches!(api, Api::Messages),
            Self::Gemini => matches!(api, Api::Gemini),
            Self::Opencode => matches!(api, Api::Chat | Api::Responses | Api::Messages),
            Self::Command | Self::Acp => true,
        }
    }
}

impl std::fmt::Display for AgentKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A folder of this machine that the agent may read and run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// Where it is: absolute, outside `/usr`, which is always there.
    #[schemars(with = "String")]
    pub path: PathBuf,
    /// The hash over all of its files, as `lightsout agent hash DIR` prints it.
    #[schemars(with = "String")]
    pub sha256: crate::names::Sha256,
}

/// The model that an agent asks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name; a request for another one is refused.
    pub name: String,
    /// The protocol. Without it, the one that the kind of agent speaks.
    #[serde(default)]
    pub api: Option<Api>,
    /// Where it is asked, up to what the protocol adds. Without it, the vendor's own address.
    #[serde(default)]
    pub url: Option<String>,
    /// Where its key comes from. It is never in the repository.
    pub key: KeySource,
    /// What it costs. Without it, `usd` of a budget cannot be kept and is refused.
    #[serde(default)]
    pub price: Option<Price>,
    /// Tokens that one answer may have at most.
    #[serde(default = "output_tokens")]
    pub output_tokens: u32,
    /// Seconds that it may be silent before a request counts as failed.
    #[serde(default = "silence_seconds")]
    pub silence_seconds: u32,
}

const fn output_tokens() -> u32 {
    32_000
}
const fn silence_seconds() -> u32 {
    120
}

/// The protocol of a model.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// OpenAI's Responses.
    Responses,
    /// OpenAI's Chat Completions.
    Chat,
    /// Anthropic's Messages.
    Messages,
    /// Google's Gemini.
    Gemini,
}

impl Api {
    /// Its word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Responses => "responses",
            Self::Chat => "chat",
            Self::Messages => "messages",
            Self::Gemini => "gemini",
        }
    }

    /// The vendor's own address.
    #[must_use]
    pub const fn vendor(self) -> &'static str {
        match self {
            Self::Responses | Self::Chat => "https://api.openai.com/v1",
            Self::Messages => "https://api.anthropic.com/v1",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        }
    }
}

impl std::fmt::Display for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The words of [`KeySource`].
pub(super) const KEY_SOURCES: [&str; 3] = ["file", "descriptor", "oidc"];

/// Where a model's key comes from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum KeySource {
    /// A file: absolute, outside the repository.
    File(#[schemars(with = "String")] PathBuf),
    /// An open file descriptor of the process, 3 or higher; read once.
    Descriptor(u32),
    /// A token of the job's own identity, for a gateway that trusts it; minted again before it ends.
    Oidc {
        /// For whom.
        audience: String,
    },
}

/// Prices in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// What is sent.
    pub input: f64,
    /// What is sent and was cached; without it, as `input`.
    #[serde(default)]
    pub cached_input: Option<f64>,
    /// What is sent and then cached; without it, twice `input`.
    #[serde(default)]
    pub cache_write: Option<f64>,
    /// What comes back.
    pub output: f64,
}

/// Limits of what a model may be asked.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelBudget {
    /// US dollars.
    #[serde(default)]
    pub usd: Option<f64>,
    /// Tokens, sent and received, cached ones too.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// Requests.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Bytes, sent and received.
    #[serde(default)]
    pub bytes: Option<u64>,
}

/// What is kept of the conversation with the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// Hashes and figures.
    #[default]
    Figures,
    /// Every request and answer too, without secrets, as a file in the run's folder; its hash is in the ledger.
    Transcripts,
}
