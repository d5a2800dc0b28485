//! The cache of compiled packs: one file each, named by what it was made of and for.
//!
//! INVARIANT: machine code is only taken from a file in a folder of ours that nobody else can write, when it has the hash it
//! was written with. Anything else about a cache file means that it is written anew.

use std::hash::{Hash as _, Hasher};
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wasmtime::Engine;

use super::Compiled;
use crate::names::Sha256;
use crate::pipeline::policy::batch::Batch;
use crate::pipeline::policy::error::Error;
use crate::pipeline::policy::pack::Compiler;
use crate::pipeline::policy::rule::Rule;

/// LIMIT: bytes of a cache file.
const BYTES_MAX: u64 = 256 << 20;
/// The cache's own version: it changes when what is stored or how it is found out changes.
const VERSION: &str = "lightsout policy cache 4";

/// The file for a pack of this hash, compiled by this OPA, for this engine on this processor.
pub(super) fn file(compiler: &Compiler, engine: &Engine, hash: &Sha256) -> PathBuf {
    let mut seen = Seen(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut seen);
    let engine = Sha256::of(&seen.0);
    let opa = compiler.opa.sha256();
    let key = Sha256::of(format!("{VERSION}\n{hash}\n{opa}\n{engine}\n").as_bytes());
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

/// Makes the cache folder, and refuses one that somebody else can write: its content is run as machine code.
pub(super) fn prepare(folder: &Path) -> Result<(), Error> {
    let fail = |source| Error::Io {
        doing: "making the cache of compiled policies",
        path: folder.to_owned(),
        source,
    };
    let refuse = |why: &str| Error::Cache {
        path: folder.to_owned(),
        why: why.to_owned(),
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(fail)?;
    let metadata = std::fs::symlink_metadata(folder).map_err(fail)?;
    if !metadata.is_dir() {
        return Err(refuse("it is not a folder"));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refuse(
            "it belongs to another user; remove it or give another folder",
        ));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(refuse(
            "others can write it; take that right away with `chmod go-w`",
        ));
    }
    Ok(())
}

/// A cache file: the hash of the rest in hex, a line break, then this as JSON with lengths, a line break, and the bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    rules: Vec<Rule>,
    batches: Vec<Batch>,
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
    let open = match std::fs::File::open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let mut bytes = Vec::new();
    open.take(BYTES_MAX).read_to_end(&mut bytes).map_err(fail)?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Option<Compiled> {
    let (hash, rest) = bytes.split_at_checked(64)?;
    if hash != Sha256::of(rest).to_string().as_bytes() {
        return None;
    }
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let (header, rest) = (rest.get(..end)?, rest.get(end.checked_add(1)?..)?);
    let Ok(header) = serde_json::from_slice::<Header>(header) else {
        return None;
    };
    let (wasm, machine_code) = rest.split_at_checked(header.wasm)?;
    (machine_code.len() == header.machine_code).then(|| Compiled {
        rules: header.rules,
        batches: header.batches,
        wasm: wasm.to_vec(),
        machine_code: machine_code.to_vec(),
    })
}

pub(super) fn write(folder: &Path, file: &PathBuf, compiled: &Compiled) -> Result<(), Error> {
    let fail = |source| Error::Io {
        doing: "writing the cache of compiled policies",
        path: file.clone(),
        source,
    };
    let header = Header {
        rules: compiled.rules.clone(),
        batches: compiled.batches.clone(),
        wasm: compiled.wasm.len(),
        machine_code: compiled.machine_code.len(),
    };
    let mut body = serde_json::to_vec(&header).map_err(|error| fail(error.into()))?;
    body.push(b'\n');
    body.extend_from_slice(&compiled.wasm);
    body.extend_from_slice(&compiled.machine_code);
    let mut bytes = Sha256::of(&body).to_string().into_bytes();
    bytes.append(&mut body);
    // Two runs may write the same entry: each renames a whole file into place.
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    std::io::Write::write_all(&mut temporary, &bytes).map_err(fail)?;
    temporary.persist(file).map_err(|error| fail(error.error))?;
    Ok(())
}
