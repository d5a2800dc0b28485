//! A second host for the same modules: the crate `opa-wasm`, written by others. What it answers, ours must answer.
//!
//! It is for tests of packs only; nothing that decides asks it.
//! LIMIT: it lacks builtins that ours has, and fails where one is called. Who uses it must know which rules those are: [`lacks`].

use std::time::Duration;

use opa_wasm::{DefaultContext, Policy, Runtime};
use serde_json::Value;
use wasmtime::{Config, Engine, Module, Store};

use super::machine::{TICK, Ticker};

/// Time for one answer; they take microseconds.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Builtins that the crate has: some more it has by name only. Its clock is the machine's, where
/// ours stands still, and its YAML is of another version than OPA's, so they are not among them.
const HAS: [&str; 26] = [
    "base64url.encode_no_pad",
    "crypto.hmac.md5",
    "crypto.hmac.sha1",
    "crypto.hmac.sha256",
    "crypto.hmac.sha512",
    "crypto.md5",
    "crypto.sha1",
    "crypto.sha256",
    "hex.decode",
    "hex.encode",
    "json.patch",
    "semver.compare",
    "semver.is_valid",
    "sprintf",
    "time.add_date",
    "time.clock",
    "time.date",
    "time.parse_duration_ns",
    "time.parse_rfc3339_ns",
    "time.weekday",
    "units.parse",
    "units.parse_bytes",
    "urlquery.decode",
    "urlquery.decode_object",
    "urlquery.encode",
    "urlquery.encode_object",
];

/// Whether the crate lacks a builtin that OPA leaves to the host. With one of them a module does not even load, or fails when it is called.
pub(super) fn lacks(builtin: &str) -> bool {
    !HAS.contains(&builtin)
}

/// The other host with one module.
pub(super) struct Second {
    module: Module,
    policy: Option<(Store<()>, Policy<DefaultContext>)>,
    /// Deadlines pass while it lives.
    _ticker: Ticker,
}

impl std::fmt::Debug for Second {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Second").finish_non_exhaustive()
    }
}

impl Second {
    /// Loads a module.
    pub(super) fn load(wasm: &[u8]) -> Result<Self, String> {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).map_err(|error| format!("{error:#}"))?;
        let module = Module::from_binary(&engine, wasm).map_err(|error| format!("{error:#}"))?;
        Ok(Self {
            _ticker: Ticker::start(&engine),
            module,
            policy: None,
        })
    }

    /// Evaluates one entrypoint on one input, as the host that it is, with a new instance after a failure.
    pub(super) async fn ask(&mut self, entrypoint: &str, input: &Value) -> Result<Value, String> {
        let (mut store, policy) = match self.policy.take() {
            Some(policy) => policy,
            None => self.start().await?,
        };
        store.set_epoch_deadline(ticks());
        let answer: Value = policy
            .evaluate(&mut store, entrypoint, input)
            .await
            .map_err(|error| format!("{error:#}"))?;
        self.policy = Some((store, policy));
        Ok(answer)
    }

    async fn start(&self) -> Result<(Store<()>, Policy<DefaultContext>), String> {
        let mut store = Store::new(self.module.engine(), ());
        store.set_epoch_deadline(ticks());
        let runtime = Runtime::new(&mut store, &self.module)
            .await
            .map_err(|error| format!("{error:#}"))?;
        let policy = runtime
            .without_data(&mut store)
            .await
            .map_err(|error| format!("{error:#}"))?;
        Ok((store, policy))
    }
}

fn ticks() -> u64 {
    u64::try_from(TIME_MAX.as_millis() / TICK.as_millis().max(1)).unwrap_or(u64::MAX)
}
