//! What a policy may call: OPA's runtime imports and our builtins; and how values cross to it and back.
//!
//! INVARIANT: the memory is ours and limited; an address that the guest names is checked before it is read.

use std::collections::{BTreeMap, HashMap};

use wasmtime::{Caller, Linker, Memory, ResourceLimiter, Store, TypedFunc};

use super::builtins::{self, Failure, Offered};
use super::error::RuleFault;
use super::machine::{LoadError, Loaded};
use super::term::Term;

/// LIMIT: bytes of JSON that one evaluation may return: thousands of findings.
const RESULT_BYTES_MAX: usize = 4 << 20;
/// LIMIT: bytes of memory of one instance. OPA's values take about eight times their JSON.
pub(super) const MEMORY_BYTES_MAX: usize = 256 << 20;
/// LIMIT: elements of a table; OPA's modules have a few hundred.
const TABLE_ELEMENTS_MAX: usize = 100_000;
/// Characters of a foreign message that are repeated.
const MESSAGE_CHARS_MAX: usize = 300;
/// The WebAssembly page size.
const PAGE: usize = 64 << 10;

/// What an instance's imports can reach.
pub(super) struct Host {
    pub(super) memory: Option<Memory>,
    pub(super) builtins: Builtins,
    pub(super) exports: Option<Exports>,
    /// What stopped the evaluation, when it was us or OPA's runtime.
    pub(super) fault: Option<RuleFault>,
    pub(super) memory_refused: bool,
    /// What `time.now_ns` answers; it is not offered without.
    pub(super) now_ns: Option<i64>,
}

/// The builtins that a module calls, by the numbers that it gives them.
pub(super) type Builtins = HashMap<i32, Offered>;

/// `opa_eval`: reserved, entrypoint, data, input, its length, heap, format; the result's address.
type Eval = TypedFunc<(i32, i32, i32, i32, i32, i32, i32), i32>;

#[derive(Clone)]
pub(super) struct Exports {
    pub(super) eval: Eval,
    pub(super) malloc: TypedFunc<i32, i32>,
    pub(super) json_dump: TypedFunc<i32, i32>,
    pub(super) value_parse: TypedFunc<(i32, i32), i32>,
    pub(super) value_dump: TypedFunc<i32, i32>,
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

pub(super) fn resolve(table: &BTreeMap<String, i32>, has_clock: bool) -> Loaded<Builtins> {
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for (name, id) in table {
        match builtins::find(name) {
            Some(Offered::Now) if !has_clock => missing.push(name.clone()),
            Some(offered) => drop(found.insert(*id, offered)),
            None => missing.push(name.clone()),
        }
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(LoadError::MissingBuiltin(missing))
    }
}

pub(super) fn link_runtime(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
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

pub(super) fn link_builtins(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
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
    let Some(offered) = caller.data().builtins.get(&id).copied() else {
        return Err(wasmtime::Error::msg(format!("unknown builtin number {id}")));
    };
    let (name, function) = match offered {
        Offered::Function(name, function) => (name, function),
        Offered::Now => {
            let now = caller.data().now_ns;
            let now = now.ok_or_else(|| wasmtime::Error::msg("there is no clock"))?;
            return put(&mut caller, memory, &exports, &now.to_string());
        }
    };
    let mut terms = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let address = exports.value_dump.call(&mut caller, *argument)?;
        terms.push(Term::parse(text_at(memory.data(&caller), address)?)?);
    }
    match function(&terms) {
        Ok(term) => put(&mut caller, memory, &exports, &term.to_string()),
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

/// Copies a value's text into the guest and parses it there.
pub(super) fn put(
    mut store: impl wasmtime::AsContextMut<Data = Host>,
    memory: Memory,
    exports: &Exports,
    text: &str,
) -> wasmtime::Result<i32> {
    let length = i32::try_from(text.len())?;
    let address = exports.malloc.call(&mut store, length)?;
    memory.write(&mut store, usize::try_from(address)?, text.as_bytes())?;
    let value = exports.value_parse.call(&mut store, (address, length))?;
    if value == 0 {
        return Err(wasmtime::Error::msg(
            "the policy could not parse a value of ours",
        ));
    }
    Ok(value)
}

pub(super) fn grow(store: &mut Store<Host>, memory: Memory, bytes: usize) -> wasmtime::Result<()> {
    let missing = bytes.saturating_sub(memory.data_size(&mut *store));
    if missing > 0 {
        memory.grow(store, u64::try_from(missing.div_ceil(PAGE))?)?;
    }
    Ok(())
}

/// The text at an address of the guest, up to its zero byte.
pub(super) fn text_at(memory: &[u8], address: i32) -> wasmtime::Result<&[u8]> {
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

pub(super) fn bounded(message: &str) -> String {
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
