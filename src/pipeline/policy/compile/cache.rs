//! The cache of compiled packs: one file each, named by what it was made of and for.
//!
//! INVARIANT: rules and machine code are only taken from a plain file of ours, in a folder that nobody but us and root can write or
//! replace, and only for what the file itself says it was made for. Anything else about a cache file means that it is written anew.
//!
//! What else a pack's rules are, beside its machine code, is believed as well: its hash in the file finds damage and nothing else.

mod binary;

use std::hash::{Hash as _, Hasher};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wasmtime::Engine;

use super::{Code, Compiled};
use crate::bounded;
use crate::names::Sha256;
use crate::perimeter::alone;
use crate::pipeline::policy::batch::Batch;
use crate::pipeline::policy::error::Error;
use crate::pipeline::policy::pack::Compiler;
use crate::pipeline::policy::rule::Rule;

/// LIMIT: bytes of a cache file.
const BYTES_MAX: u64 = 256 << 20;
/// What a cache file is. How its content is found out is the binary's matter, which is part of the name.
const VERSION: &str = "lightsout policy cache 4";

/// The file for a pack of this hash, compiled by this OPA and this binary of ours, for this engine on this processor.
pub(super) fn file(compiler: &Compiler, engine: &Engine, hash: &Sha256) -> PathBuf {
    let mut seen = Seen(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut seen);
    let engine = Sha256::of(&seen.0);
    let opa = compiler.opa.sha256();
    let binary = binary::known();
    let key = Sha256::of(format!("{VERSION}\n{hash}\n{opa}\n{engine}\n{binary}\n").as_bytes());
    compiler.cache.join(format!("{key}.pack"))
}

/// Everything that goes into a hash of the standard library, whose own result is short.
struct Seen(Vec<u8>);

impl Hasher for Seen {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// Makes the cache folder, and refuses one that somebody else can write or replace: its content is run as machine code.
pub(super) fn prepare(folder: &Path) -> Result<(), Error> {
    let fail = |source| Error::Io {
        doing: "making the cache of compiled policies",
        path: folder.to_owned(),
        source,
    };
    binary::identify().map_err(fail)?;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(fail)?;
    // A link on the way leads to the folder that is asked about, or to one where no file has this content.
    let real = std::fs::canonicalize(folder).map_err(fail)?;
    let Some(way) = alone::way_in(&real).map_err(fail)? else {
        return Ok(());
    };
    let why = if way.part == real {
        way.why.to_owned()
    } else {
        let part = way.part.display();
        format!("others could replace it through `{part}`: {}", way.why)
    };
    Err(Error::Cache {
        path: folder.to_owned(),
        why,
    })
}

/// A cache file: the hash of the rest in hex, a line break, then this as JSON with lengths, a line break, and the bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    /// The file's own name, so that a file under another name is none.
    name: String,
    rules: Vec<Rule>,
    batches: Vec<Batch>,
    wasm_hash: Sha256,
    wasm: usize,
    machine_code: usize,
}

/// What a cache file holds; nothing if it is missing or not exactly what was once written.
pub(super) fn read(file: &Path) -> Result<Option<Compiled>, Error> {
    let fail = |source| Error::Io {
        doing: "reading the cache of compiled policies",
        path: file.to_owned(),
        source,
    };
    let opened = std::fs::File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(file);
    let open = match opened {
        Ok(open) => open,
        Err(error) if is_no_file(&error) => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    if !alone::is_ours(&open.metadata().map_err(fail)?) {
        return Ok(None);
    }
    let bytes = bounded::read(open, BYTES_MAX).map_err(fail)?;
    Ok(bytes.and_then(|bytes| parse(bytes, &name(file))))
}

/// There is none, or a link.
fn is_no_file(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ELOOP)
}

fn name(file: &Path) -> String {
    // Every cache file has one: its path ends in its key.
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn parse(bytes: Vec<u8>, name: &str) -> Option<Compiled> {
    let (hash, rest) = bytes.split_at_checked(64)?;
    if hash != Sha256::of(rest).to_string().as_bytes() {
        return None;
    }
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let (header, rest) = (rest.get(..end)?, rest.get(end.checked_add(1)?..)?);
    let Ok(header) = serde_json::from_slice::<Header>(header) else {
        return None;
    };
    if header.name != name {
        return None;
    }
    let begin = bytes.len().checked_sub(rest.len())?;
    let middle = begin.checked_add(header.wasm)?;
    let is_whole = middle.checked_add(header.machine_code)? == bytes.len();
    is_whole.then(|| Compiled {
        rules: header.rules,
        batches: header.batches,
        wasm_hash: header.wasm_hash,
        code: Code {
            wasm: begin..middle,
            machine: middle..bytes.len(),
            bytes,
        },
    })
}

pub(super) fn write(folder: &Path, file: &PathBuf, compiled: &Compiled) -> Result<(), Error> {
    let fail = |source| Error::Io {
        doing: "writing the cache of compiled policies",
        path: file.clone(),
        source,
    };
    let header = Header {
        name: name(file),
        rules: compiled.rules.clone(),
        batches: compiled.batches.clone(),
        wasm_hash: compiled.wasm_hash,
        wasm: compiled.code.wasm().len(),
        machine_code: compiled.code.machine().len(),
    };
    let mut body = serde_json::to_vec(&header).map_err(|error| fail(error.into()))?;
    body.push(b'\n');
    body.extend_from_slice(compiled.code.wasm());
    body.extend_from_slice(compiled.code.machine());
    let mut bytes = Sha256::of(&body).to_string().into_bytes();
    bytes.append(&mut body);
    // Two runs may write the same entry: each renames a whole file into place.
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    std::io::Write::write_all(&mut temporary, &bytes).map_err(fail)?;
    temporary.persist(file).map_err(|error| fail(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests;
