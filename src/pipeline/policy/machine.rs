//! Machine code for policies: how wasmtime is configured, what may be loaded, and the clock that ends what does not end.
//!
//! It does not know what is inside a module.

use std::time::Duration;

use wasmtime::{Config, Engine, Module, OptLevel};

use super::builtins;
use super::guest::bounded;

/// How often the deadline is looked at.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Why a module cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It is not a policy of an ABI that we speak.
    #[error("loading a policy: {0}")]
    Module(String),
    /// It calls builtins that we have not.
    #[error("loading a policy: {}", .0.iter().map(missing).collect::<Vec<_>>().join("; "))]
    MissingBuiltin(Vec<String>),
}

fn missing(name: &String) -> String {
    let why = builtins::refusal(name).unwrap_or("it is no builtin of OPA that we know");
    format!("it calls `{name}`, which is not offered: {why}")
}

pub(super) type Loaded<T> = Result<T, LoadError>;

pub(super) fn module_error(error: &wasmtime::Error) -> LoadError {
    LoadError::Module(bounded(&format!("{error:#}")))
}

/// Engines are configured alike everywhere, or compiled code could not be cached.
pub(super) fn engine() -> Loaded<Engine> {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false);
    Engine::new(&config).map_err(|error| module_error(&error))
}

/// Compiles a module to machine code, in the form in which it can be cached.
pub(super) fn compile(engine: &Engine, wasm: &[u8]) -> Loaded<Vec<u8>> {
    let module = Module::from_binary(engine, wasm).map_err(|error| module_error(&error))?;
    module.serialize().map_err(|error| module_error(&error))
}

/// Takes machine code that [`compile`] made.
///
/// The caller vouches for the bytes: they are run without any further check.
#[expect(
    unsafe_code,
    reason = "wasmtime runs precompiled code without checking it; compiling takes a second"
)]
pub(super) fn load(engine: &Engine, machine_code: &[u8]) -> Loaded<Module> {
    // SAFETY: the only caller passes what `compile` returned, from memory or from a cache file whose hash it checked and
    // which nobody but this user can write. wasmtime itself refuses code of another version or configuration.
    unsafe { Module::deserialize(engine, machine_code) }.map_err(|error| module_error(&error))
}

/// Moves an engine's clock while it lives, so that deadlines pass.
#[derive(Debug)]
pub struct Ticker {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    /// Starts the clock of an engine.
    #[must_use]
    pub fn start(engine: &Engine) -> Self {
        let engine = engine.clone();
        let (stop, stopped) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(TICK) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic: it waits and increments.
            drop(thread.join());
        }
    }
}
