//! Our host for policies that OPA compiled to WebAssembly (ABI 1.2 and newer, `opa_eval`).
//!
//! INVARIANT: an instance that failed is gone. [`Instance::evaluate`] takes it and returns it only with a result, so no state
//! that a trap left can reach the next resource.
//! INVARIANT: a policy sees its input and nothing else: no clock, no randomness, no network, no file.
//!
//! It does not compile Rego, and knows nothing of resources: bytes in, bytes out.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use wasmtime::{
    Caller, Config, Engine, Instance as WasmInstance, Linker, Memory, MemoryType, Module, OptLevel,
    ResourceLimiter, Store, Trap, TypedFunc,
};

use super::builtins::{self, Builtin, Failure};
use super::error::RuleFault;

/// LIMIT: bytes of JSON input for one evaluation. The index of a large stack is a few MiB.
const INPUT_BYTES_MAX: usize = 16 << 20;
/// LIMIT: bytes of JSON that one evaluation may return: thousands of findings.
const RESULT_BYTES_MAX: usize = 4 << 20;
/// LIMIT: bytes of memory of one instance. OPA's values take about eight times their JSON.
const MEMORY_BYTES_MAX: usize = 256 << 20;
/// LIMIT: elements of a table; OPA's modules have a few hundred.
const TABLE_ELEMENTS_MAX: usize = 100_000;
/// How often the deadline is looked at.
const TICK: Duration = Duration::from_millis(10);
/// LIMIT: ticks for one evaluation, which takes microseconds: two seconds are a loop, also on a loaded machine.
const TICKS_MAX: u64 = 200;
/// Characters of a foreign message that are repeated.
const MESSAGE_CHARS_MAX: usize = 300;
/// The WebAssembly page size.
const PAGE: usize = 64 << 10;

/// Why a module cannot be used.
#[derive(Debug)]
pub(super) enum LoadError {
    /// It is not a policy of an ABI that we speak.
    Module(String),
    /// It calls builtins that we have not.
    MissingBuiltin(Vec<String>),
}

type Loaded<T> = Result<T, LoadError>;

fn module_error(error: &wasmtime::Error) -> LoadError {
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
pub(super) struct Ticker {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    pub(super) fn start(engine: &Engine) -> Self {
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

/// What an instance's imports can reach.
struct Host {
    memory: Option<Memory>,
    builtins: HashMap<i32, (&'static str, Builtin)>,
    exports: Option<Exports>,
    /// What stopped the evaluation, when it was us or OPA's runtime.
    fault: Option<RuleFault>,
    memory_refused: bool,
}

#[derive(Clone)]
struct Exports {
    eval: TypedFunc<(i32, i32, i32, i32, i32, i32, i32), i32>,
    malloc: TypedFunc<i32, i32>,
    json_parse: TypedFunc<(i32, i32), i32>,
    json_dump: TypedFunc<i32, i32>,
}

impl ResourceLimiter for Host {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= MEMORY_BYTES_MAX;
        self.memory_refused |= !allowed;
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}

/// A policy, ready to judge.
pub(super) struct Instance {
    store: Store<Host>,
    memory: Memory,
    exports: Exports,
    entrypoints: BTreeMap<String, i32>,
    data: i32,
    /// Where the heap begins that each evaluation may overwrite.
    heap: i32,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("entrypoints", &self.entrypoints)
            .finish_non_exhaustive()
    }
}

impl Instance {
    /// Instantiates a policy and checks that we can run it. The engine's [`Ticker`] must be running.
    pub(super) fn start(module: &Module) -> Loaded<Self> {
        let host = Host {
            memory: None,
            builtins: HashMap::new(),
            exports: None,
            fault: None,
            memory_refused: false,
        };
        let mut store = Store::new(module.engine(), host);
        store.limiter(|host| host);
        store.set_epoch_deadline(TICKS_MAX);
        let fail = |error: wasmtime::Error| module_error(&error);
        let memory = Memory::new(&mut store, memory_type(module)?).map_err(fail)?;
        store.data_mut().memory = Some(memory);
        let mut linker = Linker::new(module.engine());
        linker
            .define(&mut store, "env", "memory", memory)
            .map_err(fail)?;
        link_runtime(&mut linker).map_err(fail)?;
        link_builtins(&mut linker).map_err(fail)?;
        let wasm = linker.instantiate(&mut store, module).map_err(fail)?;
        check_abi(&mut store, &wasm)?;
        let exports = Exports {
            eval: wasm.get_typed_func(&mut store, "opa_eval").map_err(fail)?,
            malloc: wasm
                .get_typed_func(&mut store, "opa_malloc")
                .map_err(fail)?,
            json_parse: wasm
                .get_typed_func(&mut store, "opa_json_parse")
                .map_err(fail)?,
            json_dump: wasm
                .get_typed_func(&mut store, "opa_json_dump")
                .map_err(fail)?,
        };
        let builtins = table(&mut store, &wasm, memory, &exports, "builtins")?;
        store.data_mut().builtins = resolve(&builtins)?;
        store.data_mut().exports = Some(exports.clone());
        let entrypoints = table(&mut store, &wasm, memory, &exports, "entrypoints")?;
        let data = put_json(&mut store, memory, &exports, b"{}").map_err(fail)?;
        let heap_get: TypedFunc<(), i32> = wasm
            .get_typed_func(&mut store, "opa_heap_ptr_get")
            .map_err(fail)?;
        let heap = heap_get.call(&mut store, ()).map_err(fail)?;
        Ok(Self {
            store,
            memory,
            exports,
            entrypoints,
            data,
            heap,
        })
    }

    /// The number of an entrypoint.
    pub(super) fn entrypoint(&self, name: &str) -> Option<i32> {
        self.entrypoints.get(name).copied()
    }

    /// Evaluates one entrypoint on one input; the result is OPA's JSON, `[{"result": …}]`.
    pub(super) fn evaluate(
        mut self,
        entrypoint: i32,
        input: &[u8],
    ) -> Result<(Self, Vec<u8>), RuleFault> {
        if input.len() > INPUT_BYTES_MAX {
            return Err(RuleFault::Input {
                bytes: input.len(),
                limit: INPUT_BYTES_MAX,
            });
        }
        match self.call(entrypoint, input) {
            Ok(result) => Ok((self, result)),
            Err(error) => Err(fault(self.store.data(), &error)),
        }
    }

    fn call(&mut self, entrypoint: i32, input: &[u8]) -> wasmtime::Result<Vec<u8>> {
        self.store.set_epoch_deadline(TICKS_MAX);
        let start = usize::try_from(self.heap)?;
        // The heap that OPA allocates from begins behind the input, at a multiple of eight.
        let end = start.saturating_add(input.len()).saturating_add(8) & !7;
        grow(&mut self.store, self.memory, end)?;
        self.memory.write(&mut self.store, start, input)?;
        let length = i32::try_from(input.len())?;
        let arguments = (
            0,
            entrypoint,
            self.data,
            self.heap,
            length,
            i32::try_from(end)?,
            0,
        );
        let result = self.exports.eval.call(&mut self.store, arguments)?;
        Ok(text_at(self.memory.data(&self.store), result)?.to_vec())
    }
}

fn fault(host: &Host, error: &wasmtime::Error) -> RuleFault {
    if let Some(fault) = &host.fault {
        if host.memory_refused && matches!(fault, RuleFault::Abort(_)) {
            return RuleFault::Memory {
                mebibytes: MEMORY_BYTES_MAX >> 20,
            };
        }
        return fault.clone();
    }
    if host.memory_refused {
        return RuleFault::Memory {
            mebibytes: MEMORY_BYTES_MAX >> 20,
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => RuleFault::Deadline {
            milliseconds: TICKS_MAX
                .saturating_mul(u64::try_from(TICK.as_millis()).unwrap_or(u64::MAX)),
        },
        Some(_) | None => RuleFault::Trap(bounded(&error.root_cause().to_string())),
    }
}

/// The memory that the module asks for; it is ours, so that our limit holds.
fn memory_type(module: &Module) -> Loaded<MemoryType> {
    let import = module
        .imports()
        .find(|import| import.module() == "env" && import.name() == "memory");
    match import.and_then(|import| import.ty().memory().cloned()) {
        Some(memory) => Ok(memory),
        None => Err(LoadError::Module(
            "it does not import `env.memory`, so OPA did not build it".to_owned(),
        )),
    }
}

fn check_abi(store: &mut Store<Host>, wasm: &WasmInstance) -> Loaded<()> {
    let mut version = |name: &str| {
        let global = wasm.get_global(&mut *store, name)?;
        global.get(&mut *store).i32()
    };
    match (
        version("opa_wasm_abi_version"),
        version("opa_wasm_abi_minor_version"),
    ) {
        (Some(1), Some(2..)) => Ok(()),
        (major, minor) => Err(LoadError::Module(format!(
            "its ABI is {major:?}.{minor:?}, and ours is 1.2 or newer: build it with the `opa` of tools.lock"
        ))),
    }
}

/// Reads one of the two tables of names that a policy exports.
fn table(
    store: &mut Store<Host>,
    wasm: &WasmInstance,
    memory: Memory,
    exports: &Exports,
    name: &str,
) -> Loaded<BTreeMap<String, i32>> {
    let read = |store: &mut Store<Host>| -> wasmtime::Result<Vec<u8>> {
        let function: TypedFunc<(), i32> = wasm.get_typed_func(&mut *store, name)?;
        let value = function.call(&mut *store, ())?;
        let address = exports.json_dump.call(&mut *store, value)?;
        Ok(text_at(memory.data(&*store), address)?.to_vec())
    };
    let json = read(store).map_err(|error| module_error(&error))?;
    serde_json::from_slice(&json)
        .map_err(|error| LoadError::Module(format!("its table of {name}: {error}")))
}

fn resolve(table: &BTreeMap<String, i32>) -> Loaded<HashMap<i32, (&'static str, Builtin)>> {
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for (name, id) in table {
        match builtins::find(name) {
            Some(builtin) => drop(found.insert(*id, builtin)),
            None => missing.push(name.clone()),
        }
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(LoadError::MissingBuiltin(missing))
    }
}

fn link_runtime(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        "opa_abort",
        |mut caller: Caller<'_, Host>, address: i32| -> wasmtime::Result<()> {
            let message = memory_of(&caller).and_then(|memory| {
                let text = text_at(memory.data(&caller), address)?;
                Ok(bounded(&String::from_utf8_lossy(text)))
            })?;
            caller.data_mut().fault = Some(RuleFault::Abort(message.clone()));
            Err(wasmtime::Error::msg(message))
        },
    )?;
    // What a policy prints is nobody's evidence, and may be a secret.
    linker.func_wrap("env", "opa_println", |_: i32| {})?;
    Ok(())
}

fn link_builtins(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, Host>;
    linker.func_wrap("env", "opa_builtin0", |c: C<'_>, id: i32, _: i32| {
        builtin(c, id, &[])
    })?;
    linker.func_wrap(
        "env",
        "opa_builtin1",
        |c: C<'_>, id: i32, _: i32, a: i32| builtin(c, id, &[a]),
    )?;
    linker.func_wrap(
        "env",
        "opa_builtin2",
        |c: C<'_>, id: i32, _: i32, a: i32, b: i32| builtin(c, id, &[a, b]),
    )?;
    linker.func_wrap(
        "env",
        "opa_builtin3",
        |c: C<'_>, id: i32, _: i32, a: i32, b: i32, d: i32| builtin(c, id, &[a, b, d]),
    )?;
    linker.func_wrap(
        "env",
        "opa_builtin4",
        |c: C<'_>, id: i32, _: i32, a: i32, b: i32, d: i32, e: i32| builtin(c, id, &[a, b, d, e]),
    )?;
    Ok(())
}

/// Runs one of our builtins. Zero is OPA's "undefined", what a builtin's error means in Rego.
fn builtin(mut caller: Caller<'_, Host>, id: i32, arguments: &[i32]) -> wasmtime::Result<i32> {
    let memory = memory_of(&caller)?;
    let exports = caller
        .data()
        .exports
        .clone()
        .ok_or_else(|| wasmtime::Error::msg("builtin called before the start"))?;
    let Some((name, function)) = caller.data().builtins.get(&id).copied() else {
        return Err(wasmtime::Error::msg(format!("unknown builtin number {id}")));
    };
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let address = exports.json_dump.call(&mut caller, *argument)?;
        values.push(serde_json::from_slice(text_at(
            memory.data(&caller),
            address,
        )?)?);
    }
    match function(&values) {
        Ok(value) => put_json(&mut caller, memory, &exports, &serde_json::to_vec(&value)?),
        Err(Failure::Undefined) => Ok(0),
        Err(Failure::NotOffered(why)) => {
            caller.data_mut().fault = Some(RuleFault::Builtin {
                name,
                why: why.clone(),
            });
            Err(wasmtime::Error::msg(why))
        }
    }
}

fn memory_of(caller: &Caller<'_, Host>) -> wasmtime::Result<Memory> {
    caller
        .data()
        .memory
        .ok_or_else(|| wasmtime::Error::msg("no memory"))
}

/// Copies JSON into the guest and parses it there.
fn put_json(
    mut store: impl wasmtime::AsContextMut<Data = Host>,
    memory: Memory,
    exports: &Exports,
    json: &[u8],
) -> wasmtime::Result<i32> {
    let length = i32::try_from(json.len())?;
    let address = exports.malloc.call(&mut store, length)?;
    memory.write(&mut store, usize::try_from(address)?, json)?;
    let value = exports.json_parse.call(&mut store, (address, length))?;
    if value == 0 {
        return Err(wasmtime::Error::msg(
            "the policy could not parse JSON of ours",
        ));
    }
    Ok(value)
}

fn grow(store: &mut Store<Host>, memory: Memory, bytes: usize) -> wasmtime::Result<()> {
    let missing = bytes.saturating_sub(memory.data_size(&mut *store));
    if missing > 0 {
        memory.grow(store, u64::try_from(missing.div_ceil(PAGE))?)?;
    }
    Ok(())
}

/// The text at an address of the guest, up to its zero byte.
fn text_at(memory: &[u8], address: i32) -> wasmtime::Result<&[u8]> {
    let start = usize::try_from(address)?;
    let rest = memory
        .get(start..)
        .ok_or_else(|| wasmtime::Error::msg("an address lies outside the memory"))?;
    let window = rest.get(..RESULT_BYTES_MAX).unwrap_or(rest);
    match window
        .iter()
        .position(|&byte| byte == 0)
        .and_then(|end| window.get(..end))
    {
        Some(text) => Ok(text),
        None => Err(wasmtime::Error::msg(format!(
            "a text is longer than {RESULT_BYTES_MAX} bytes"
        ))),
    }
}

fn bounded(message: &str) -> String {
    message
        .chars()
        .take(MESSAGE_CHARS_MAX)
        .flat_map(escape)
        .collect()
}

fn escape(c: char) -> impl Iterator<Item = char> {
    let escaped: Box<dyn Iterator<Item = char>> = if c.is_control() {
        Box::new(c.escape_default())
    } else {
        Box::new(std::iter::once(c))
    };
    escaped
}
