//! Our host for policies that OPA compiled to WebAssembly (ABI 1.2 and newer, `opa_eval`).
//!
//! INVARIANT: an instance that failed is gone. [`Instance::evaluate`] takes it and returns it only with a result, so no state
//! that a trap left can reach the next resource.
//! INVARIANT: a policy sees its input and nothing else: no clock, no randomness, no network, no file.
//!
//! It does not compile Rego, and knows nothing of resources: bytes in, bytes out.

use std::collections::{BTreeMap, HashMap};

use wasmtime::{
    Instance as WasmInstance, Linker, Memory, MemoryType, Module, Store, Trap, TypedFunc,
};

use super::error::RuleFault;
use super::guest::{self, Exports, Host, MEMORY_BYTES_MAX, bounded, grow, put, text_at};
use super::machine::{Loaded, TICK, module_error};

pub use super::machine::{LoadError, Ticker};

/// LIMIT: bytes of JSON input for one evaluation. The index of a large stack is a few MiB.
const INPUT_BYTES_MAX: usize = 16 << 20;
/// LIMIT: ticks for one evaluation, which takes microseconds: two seconds are a loop, also on a loaded machine.
const TICKS_MAX: u64 = 200;

/// What all evaluations of an instance see besides their input.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The document `data`, as JSON; without it `data` is undefined.
    pub data: Option<&'a str>,
    /// What `time.now_ns` answers, all the time; without it the builtin is not offered.
    pub now_ns: Option<i64>,
}

impl Default for Context<'_> {
    /// Nothing in `data`, and no clock.
    fn default() -> Self {
        Self {
            data: Some("{}"),
            now_ns: None,
        }
    }
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON: sets become arrays.
    Json,
    /// Rego's own text form: sets stay sets, as `{1,2}` or `set()`.
    Rego,
}

/// A policy, ready to judge.
///
/// ```no_run
/// use lightsout::pipeline::policy::wasm::{Context, Format, Instance, Ticker};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = wasmtime::Engine::new(wasmtime::Config::new().epoch_interruption(true))?;
/// let _clock = Ticker::start(&engine);
/// let module = wasmtime::Module::from_file(&engine, "policy.wasm")?;
/// let instance = Instance::start(&module, Context::default())?;
/// let (instance, result) = instance.evaluate_as(0, Some(br#"{"user":"ann"}"#), Format::Json)?;
/// # Ok(()) }
/// ```
pub struct Instance {
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
    /// Instantiates a policy and checks that we can run it.
    ///
    /// The module's engine must have epoch interruption, and its [`Ticker`] must be running.
    ///
    /// # Errors
    /// It is not a policy of an ABI that we speak, or it calls a builtin that is not offered.
    pub fn start(module: &Module, context: Context<'_>) -> Loaded<Self> {
        let host = Host {
            memory: None,
            builtins: HashMap::new(),
            exports: None,
            fault: None,
            memory_refused: false,
            now_ns: context.now_ns,
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
        guest::link_runtime(&mut linker).map_err(fail)?;
        guest::link_builtins(&mut linker).map_err(fail)?;
        let wasm = linker.instantiate(&mut store, module).map_err(fail)?;
        check_abi(&mut store, &wasm)?;
        let exports = Exports {
            eval: wasm.get_typed_func(&mut store, "opa_eval").map_err(fail)?,
            malloc: wasm
                .get_typed_func(&mut store, "opa_malloc")
                .map_err(fail)?,
            value_parse: wasm
                .get_typed_func(&mut store, "opa_value_parse")
                .map_err(fail)?,
            value_dump: wasm
                .get_typed_func(&mut store, "opa_value_dump")
                .map_err(fail)?,
            json_dump: wasm
                .get_typed_func(&mut store, "opa_json_dump")
                .map_err(fail)?,
        };
        let builtins = table(&mut store, &wasm, memory, &exports, "builtins")?;
        store.data_mut().builtins = guest::resolve(&builtins, context.now_ns.is_some())?;
        store.data_mut().exports = Some(exports.clone());
        let entrypoints = table(&mut store, &wasm, memory, &exports, "entrypoints")?;
        let data = match context.data {
            Some(json) => put(&mut store, memory, &exports, json).map_err(fail)?,
            None => 0,
        };
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
    #[must_use]
    pub fn entrypoint(&self, name: &str) -> Option<i32> {
        self.entrypoints.get(name).copied()
    }

    /// Evaluates one entrypoint on one input; the result is OPA's JSON, `[{"result": …}]`.
    pub(super) fn evaluate(
        self,
        entrypoint: i32,
        input: &[u8],
    ) -> Result<(Self, Vec<u8>), RuleFault> {
        self.evaluate_as(entrypoint, Some(input), Format::Json)
    }

    /// Evaluates one entrypoint on one input, which is JSON or Rego's text form; without it `input` is undefined.
    ///
    /// # Errors
    /// The input is too large, or the policy failed; the instance is gone.
    pub fn evaluate_as(
        mut self,
        entrypoint: i32,
        input: Option<&[u8]>,
        format: Format,
    ) -> Result<(Self, Vec<u8>), RuleFault> {
        let bytes = input.map_or(0, <[u8]>::len);
        if bytes > INPUT_BYTES_MAX {
            return Err(RuleFault::Input {
                bytes,
                limit: INPUT_BYTES_MAX,
            });
        }
        match self.call(entrypoint, input, format) {
            Ok(result) => Ok((self, result)),
            Err(error) => Err(fault(self.store.data(), &error)),
        }
    }

    fn call(
        &mut self,
        entrypoint: i32,
        input: Option<&[u8]>,
        format: Format,
    ) -> wasmtime::Result<Vec<u8>> {
        self.store.set_epoch_deadline(TICKS_MAX);
        let (mut address, mut heap) = (0, self.heap);
        let input = input.unwrap_or(&[]);
        if !input.is_empty() {
            // The heap that OPA allocates from begins behind the input, at a multiple of eight.
            let start = usize::try_from(self.heap)?;
            let end = start.saturating_add(input.len()).saturating_add(8) & !7;
            grow(&mut self.store, self.memory, end)?;
            self.memory.write(&mut self.store, start, input)?;
            (address, heap) = (self.heap, i32::try_from(end)?);
        }
        let length = i32::try_from(input.len())?;
        let format = match format {
            Format::Json => 0,
            Format::Rego => 1,
        };
        let arguments = (0, entrypoint, self.data, address, length, heap, format);
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
