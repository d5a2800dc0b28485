//! OPA's bundle of a loaded pack, for whoever wants to run its rules elsewhere.

use std::io::Read as _;
use std::path::Path;

use super::compile;
use super::error::Error;
use super::opa::Opa;
use super::pack::{Compiler, Pack, Sources};

/// LIMIT: bytes of a bundle.
const BYTES_MAX: u64 = 64 << 20;

/// The bundle as OPA writes it, with the module that judges here and an entrypoint for each rule.
///
/// # Errors
/// The folder has changed, or OPA fails.
pub async fn bundle(folder: &Path, pack: &Pack, compiler: &Compiler) -> Result<Vec<u8>, Error> {
    let sources = Sources::read(folder)?;
    let opa = Opa::new(compiler, pack.name(), &sources)?;
    let doing = "writing the bundle";
    let wasm = compile::build(&opa, pack.manifest.dialect, &pack.rules, &pack.batches).await?;
    if wasm != pack.wasm() {
        return Err(opa.error(doing, "its files have changed meanwhile"));
    }
    let mut bytes = Vec::new();
    opa.open("bundle.tar.gz")?
        .take(BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| opa.error(doing, &error.to_string()))?;
    Ok(bytes)
}

/// Why a file does not belong into a pack's folder, when OPA's bundles are made of such files.
pub(super) fn part(name: &str) -> Option<&'static str> {
    match name {
        ".manifest" | ".signatures.json" | "data.json" | "policy.wasm" | "plan.json" => {
            Some("is of a compiled bundle; give the folder with its sources")
        }
        archive if archive.ends_with(".tar.gz") || archive.ends_with(".tgz") => {
            Some("is an archive; keep bundles outside of the pack's folder")
        }
        _ => None,
    }
}
