//! The one socket that an agent's sandbox has: a model's API behind it, and a tool of ours beside it.
//!
//! The agent speaks to us over plain HTTP inside its own network namespace, with a key that is none. A request is judged, room is reserved in
//! the budgets, and it is sent to the one configured address over TLS with the real key; the answer passes as it comes, and is counted.
//!
//! INVARIANT: of the agent's request nothing reaches the API but a judged body, two headers of the Messages protocol and a closed set of paths.
//! INVARIANT: when the broker is closed (a budget, a refusal of the API's, failures in a row), nothing is sent any more, and every request gets
//! the one answer after which the known agents stop asking.
//! It does not know what the tool does, and records no text unless it is told to.

mod answer;
pub mod budget;
mod guard;
mod hosted;
pub mod key;
mod mcp;
pub mod meter;
mod refusal;
mod request;
mod serve;
mod strict;
mod upstream;
mod usage;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::config::Api;
use crate::config::secret::{Mask, Secret};
use crate::names::Sha256;
use budget::Account;
use key::Key;
use meter::{Closed, Metered};
use request::Terms;
use upstream::Upstream;

/// What a broker serves.
#[derive(Debug)]
pub struct Plan {
    /// The model, when the agent has one.
    pub model: Option<ModelPlan>,
    /// Where calls of the tool go.
    pub tool: mpsc::Sender<Ask>,
}

/// A model, and what it may be asked.
#[derive(Debug)]
pub struct ModelPlan {
    /// The protocol.
    pub api: Api,
    /// Its address, up to what the protocol adds.
    pub url: String,
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: Arc<Key>,
    /// The budgets.
    pub account: Account,
    /// The most tokens of one answer.
    pub output_tokens: u64,
    /// How long it may say nothing.
    pub silence: Duration,
    /// A new file for every request and answer.
    pub transcript: Option<PathBuf>,
}

/// A call of the tool.
#[derive(Debug)]
pub struct Ask {
    /// Where its answer goes.
    pub reply: oneshot::Sender<ToolAnswer>,
}

/// What the tool says.
#[derive(Debug, Clone)]
pub struct ToolAnswer {
    /// The text.
    pub text: String,
    /// Whether the tool could not do it.
    pub is_error: bool,
}

/// Why a broker cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model's address is none that a key may be sent to.
    #[error("`{0}` is not an https address for a model; http is for this machine only")]
    Address(String),
    /// The machine has no certificates.
    #[error("loading this machine's certificates")]
    Certificates(#[source] std::io::Error),
    /// The key cannot be had.
    #[error(transparent)]
    Key(#[from] key::KeyError),
    /// The socket cannot be served.
    #[error("serving the agent's socket")]
    Serve(#[source] std::io::Error),
    /// The transcript cannot be written.
    #[error("writing the transcript `{}`", .path.display())]
    Transcript {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A broker at work; dropping it ends every connection.
#[derive(Debug)]
pub struct Broker {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl Broker {
    /// Serves a listener.
    ///
    /// # Errors
    /// The model's address is none, or the listener cannot be used.
    pub fn start(listener: TcpListener, plan: Plan) -> Result<Self, Error> {
        listener.set_nonblocking(true).map_err(Error::Serve)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(Error::Serve)?;
        let shared = Arc::new(Shared::new(plan)?);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve::serve(listener, Arc::clone(&shared), stopped));
        Ok(Self {
            shared,
            task,
            stop: Some(stop),
        })
    }

    /// Becomes something when the model is asked nothing more.
    #[must_use]
    pub fn closed(&self) -> watch::Receiver<bool> {
        self.shared.closed.subscribe()
    }

    /// Ends it, and says what passed; nothing when there was no model.
    ///
    /// # Errors
    /// The transcript cannot be read back.
    pub async fn finish(mut self) -> Result<Option<Metered>, Error> {
        drop(self.stop.take());
        // Every connection has ended by then, and what was under way is settled.
        drop((&mut self.task).await);
        let Some(model) = &self.shared.model else {
            return Ok(None);
        };
        let mut state = self.shared.state();
        let mut metered = state.metered.clone();
        metered.spent = state.account.spent();
        if let Some((path, file)) = state.transcript.take() {
            drop(file);
            let failed = |source| Error::Transcript {
                path: path.clone(),
                source,
            };
            let mut file = std::fs::File::open(&path).map_err(failed)?;
            metered.transcript = Some(Sha256::of_reader(&mut file).map_err(failed)?);
        }
        drop(state);
        tracing::debug!(host = model.upstream.host(), "the broker has ended");
        Ok(Some(metered))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    model: Option<Served>,
    tool: mpsc::Sender<Ask>,
    state: Mutex<State>,
    closed: watch::Sender<bool>,
}

/// The model's side.
#[derive(Debug)]
struct Served {
    upstream: Upstream,
    terms: Terms,
    key: Arc<Key>,
    silence: Duration,
}

/// What changes.
#[derive(Debug)]
struct State {
    account: Account,
    metered: Metered,
    /// Failures of the API's in a row.
    failures: u32,
    closed: watch::Sender<bool>,
    transcript: Option<(PathBuf, std::fs::File)>,
}

/// LIMIT: failures in a row before the API counts as gone; agents ask again by themselves, some of them for minutes.
const FAILURES_MAX: u32 = 4;
/// LIMIT: requests in a row that the API does not understand. Claude Code asks six times, with fewer and fewer of its new features.
const REJECTIONS_MAX: u32 = 8;

impl State {
    fn close(&mut self, closed: Closed) {
        if self.metered.closed.is_none() {
            self.metered.closed = Some(closed);
            self.closed.send_replace(true);
        }
    }

    fn fail(&mut self, what: &str, most: u32) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= most {
            let (times, last) = (self.failures, crate::names::excerpt(what));
            self.close(Closed::Failing { times, last });
        }
    }
}

impl Shared {
    fn new(plan: Plan) -> Result<Self, Error> {
        let (closed, _) = watch::channel(false);
        let state = |account, metered, transcript| {
            Mutex::new(State {
                account,
                metered,
                failures: 0,
                closed: closed.clone(),
                transcript,
            })
        };
        let (model, state) = match plan.model {
            None => {
                let nothing = budget::Limits {
                    requests: 0,
                    tokens: 0,
                    nano_usd: None,
                    bytes: 0,
                };
                let account = Account::new(nothing, nothing, budget::Spent::default(), None);
                let metered = Metered::new(String::new(), Api::Responses, String::new());
                (None, state(account, metered, None))
            }
            Some(model) => {
                let upstream = Upstream::new(model.api, &model.url)?;
                let host = upstream.host().to_owned();
                let transcript = match model.transcript {
                    Some(path) => Some((path.clone(), create(path)?)),
                    None => None,
                };
                let metered = Metered::new(model.name.clone(), model.api, host);
                let served = Served {
                    upstream,
                    terms: Terms {
                        api: model.api,
                        model: model.name,
                        output_tokens: model.output_tokens,
                    },
                    key: model.key,
                    silence: model.silence,
                };
                (Some(served), state(model.account, metered, transcript))
            }
        };
        Ok(Self {
            model,
            tool: plan.tool,
            state,
            closed,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keeps_transcript(&self) -> bool {
        self.state().transcript.is_some()
    }

    /// Adds a line to the transcript. One that cannot be written is missing there, and its hash says what there is.
    fn transcribe(&self, what: &str, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let line = serde_json::json!({"at": crate::perimeter::now().to_string(), what: text});
        if let Some((path, file)) = &mut self.state().transcript
            && let Err(error) = writeln!(file, "{line}")
        {
            tracing::warn!(%error, path = %path.display(), "a line of the transcript is missing");
        }
    }
}

fn create(path: PathBuf) -> Result<std::fs::File, Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|source| Error::Transcript { path, source })
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Takes the key out of text of the API's before it goes further.
fn masked(key: &Secret, text: &str) -> String {
    Mask::new([key.clone()]).hide(text)
}
