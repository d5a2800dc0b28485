//! From Rego to a checked module: OPA's own compiler, its own syntax tree, and a cache of both.
//!
//! INVARIANT: rules are compiled against the builtins that our host offers and no others, so what reaches outside does not
//! compile.
//! INVARIANT: machine code is only taken from a file in a folder of ours that nobody else can write, when it has the hash it
//! was written with. Anything else about a cache file means that it is written anew.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmtime::Engine;

use super::batch::{self, Batch};
use super::builtins;
use super::error::Error;
use super::machine;
use super::opa::Opa;
use super::pack::{Compiler, Manifest, Sources, refused};
use super::reads::{self, Pattern, SyntaxTree};
use super::rule::{Block, Declaration, Rule};
use crate::names::{RuleId, Sha256};

/// LIMIT: bytes of a compiled module; OPA's runtime is a few hundred KiB.
const WASM_BYTES_MAX: u64 = 32 << 20;
/// LIMIT: bytes of a cache file.
const CACHE_BYTES_MAX: u64 = 256 << 20;
/// The cache's own version: it changes when what is stored or how it is found out changes.
const CACHE_VERSION: &str = "lightsout policy cache 2";
/// The version of wasmtime that `Cargo.toml` pins. wasmtime checks its own version too.
const WASMTIME_VERSION: &str = "48.0.8";

/// A pack's rules with their module.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) rules: Vec<Rule>,
    pub(super) batches: Vec<Batch>,
    pub(super) wasm: Vec<u8>,
    pub(super) machine_code: Vec<u8>,
}

/// The compiled pack, from the cache or from OPA.
pub(super) async fn compiled(
    sources: &Sources,
    manifest: &Manifest,
    hash: &Sha256,
    engine: &Engine,
    compiler: &Compiler,
) -> Result<Compiled, Error> {
    prepare_cache(&compiler.cache)?;
    let key = Sha256::of(
        format!(
            "{CACHE_VERSION}\n{hash}\n{}\n{WASMTIME_VERSION}\n",
            compiler.opa.sha256()
        )
        .as_bytes(),
    );
    let file = compiler.cache.join(format!("{key}.pack"));
    if let Some(compiled) = read_cache(&file)? {
        return Ok(compiled);
    }
    let opa = Opa::new(compiler, manifest.name.as_str(), sources)?;
    let trees = syntax_trees(&opa, sources).await?;
    let rules = rules(&trees, manifest)?;
    let batches = batch::batches(&rules);
    let wasm = build(&opa, &rules, &batches).await?;
    let machine_code =
        machine::compile(engine, &wasm).map_err(|error| refused(manifest.name.as_str(), error))?;
    let compiled = Compiled {
        rules,
        batches,
        wasm,
        machine_code,
    };
    write_cache(&compiler.cache, &file, &compiled)?;
    Ok(compiled)
}

async fn syntax_trees(
    opa: &Opa<'_>,
    sources: &Sources,
) -> Result<Vec<(String, SyntaxTree)>, Error> {
    let mut trees = Vec::with_capacity(sources.rego.len());
    for name in sources.rego.keys() {
        let arguments = ["parse", "--format", "json", name];
        let tree = opa.json("parsing the rules", &arguments).await?;
        trees.push((name.clone(), SyntaxTree(tree)));
    }
    Ok(trees)
}

/// The rules of a pack, each file accounted for: it is a rule, or a rule can reach it.
fn rules(named: &[(String, SyntaxTree)], manifest: &Manifest) -> Result<Vec<Rule>, Error> {
    let pack = manifest.name.as_str();
    let trees: Vec<&SyntaxTree> = named.iter().map(|(_, tree)| tree).collect();
    let mut rules: Vec<Rule> = Vec::new();
    let mut used = BTreeSet::new();
    for (at, (file, _)) in named.iter().enumerate() {
        let reachable = reads::reachable(&trees, at);
        let reads = reads::reads(&trees, &reachable);
        let Some(rule) = rule(named, at, manifest, reads)? else {
            continue;
        };
        used.extend(reachable);
        let same = |other: &Rule| other.id == rule.id || other.entrypoint == rule.entrypoint;
        if rules.iter().any(same) {
            return Err(Error::DuplicateRule {
                rule: rule.id,
                at: format!("{pack}/{file}"),
            });
        }
        rules.push(rule);
    }
    if rules.is_empty() {
        return Err(Error::NoRules {
            pack: pack.to_owned(),
        });
    }
    let unused = named.iter().enumerate().find(|(at, _)| !used.contains(at));
    if let Some((_, (file, _))) = unused {
        let why = "it is no rule and no rule uses it: a rule defines `deny`".to_owned();
        return Err(complaint(manifest, file, why));
    }
    check_parameters(manifest, &rules).map_err(|id| {
        let why = format!("`parameters` names no rule `{id}`");
        complaint(manifest, "pack.yaml", why)
    })?;
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rules)
}

fn complaint(manifest: &Manifest, file: &str, why: String) -> Error {
    Error::Metadata {
        pack: manifest.name.to_string(),
        file: file.to_owned(),
        why,
    }
}

/// The rule that a file declares; none for a file of helpers.
fn rule(
    named: &[(String, SyntaxTree)],
    at: usize,
    manifest: &Manifest,
    reads: Vec<Pattern>,
) -> Result<Option<Rule>, Error> {
    let Some((file, tree)) = named.get(at) else {
        return Ok(None);
    };
    let complain = |why: String| complaint(manifest, file, why);
    let block = tree.package_metadata();
    let custom = block.and_then(|block| Some((block, block.get("custom")?)));
    let (block, custom) = match (tree.defines("deny"), custom) {
        (true, Some(both)) => both,
        (true, None) => {
            return Err(Error::NoMetadata {
                pack: manifest.name.to_string(),
                file: file.clone(),
            });
        }
        (false, Some(_)) => {
            let why = "it declares a rule, but its package defines no `deny`";
            return Err(complain(why.to_owned()));
        }
        (false, None) => return Ok(None),
    };
    let declaration: Declaration = serde_json::from_value(custom.clone())
        .map_err(|error| complain(format!("`custom`: {error}")))?;
    let block: Block = serde_json::from_value(block.clone())
        .map_err(|error| complain(format!("it cannot be read: {error}")))?;
    let package = tree
        .package()
        .ok_or_else(|| complain("its package name is not plain".to_owned()))?;
    if package.first().is_some_and(|first| first == batch::PACKAGE) {
        let why = format!("a package of a pack cannot begin with `{}`", batch::PACKAGE);
        return Err(complain(why));
    }
    let entrypoint = format!("{}/deny", package.join("/"));
    let values = manifest.parameters.get(declaration.id());
    declaration
        .into_rule(block, entrypoint, reads, values)
        .map(Some)
        .map_err(complain)
}

fn check_parameters(manifest: &Manifest, rules: &[Rule]) -> Result<(), RuleId> {
    match manifest
        .parameters
        .keys()
        .find(|id| !rules.iter().any(|rule| rule.id == **id))
    {
        Some(id) => Err(id.clone()),
        None => Ok(()),
    }
}

/// Compiles all rules into one module with one entrypoint each.
pub(super) async fn build(
    opa: &Opa<'_>,
    rules: &[Rule],
    batches: &[Batch],
) -> Result<Vec<u8>, Error> {
    let doing = "restricting the builtins";
    let mut capabilities: Value = opa.json(doing, &["capabilities", "--current"]).await?;
    let Some(builtins) = capabilities
        .get_mut("builtins")
        .and_then(Value::as_array_mut)
    else {
        return Err(opa.error(doing, "its list of capabilities has no builtins"));
    };
    builtins.retain(|builtin| {
        builtin
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(builtins::is_offered)
    });
    // No policy may ask for a host of the network; an empty list means none.
    if let Some(members) = capabilities.as_object_mut() {
        members.insert("allow_net".to_owned(), Value::Array(Vec::new()));
    }
    opa.write("capabilities.json", capabilities.to_string().as_bytes())?;
    let mut arguments = vec![
        "build",
        "--target",
        "wasm",
        "--capabilities",
        "capabilities.json",
        "--output",
        "bundle.tar.gz",
    ];
    let entrypoints = rules.iter().map(|rule| rule.entrypoint.as_str());
    for entrypoint in entrypoints.chain(batches.iter().map(|batch| batch.entrypoint.as_str())) {
        arguments.extend(["--entrypoint", entrypoint]);
    }
    arguments.extend(opa.rego());
    opa.write(batch::FILE, batch::rego(rules, batches).as_bytes())?;
    arguments.push(batch::FILE);
    opa.run("compiling the rules", &arguments).await?;
    let bundle = opa.open("bundle.tar.gz")?;
    let wasm = policy_wasm(bundle)
        .map_err(|error| opa.error("reading the compiled rules", &error.to_string()))?;
    wasm.ok_or_else(|| {
        opa.error(
            "reading the compiled rules",
            "there is no `policy.wasm` of a usable size in its bundle",
        )
    })
}

fn policy_wasm(bundle: std::fs::File) -> std::io::Result<Option<Vec<u8>>> {
    let limited = flate2::read::GzDecoder::new(bundle).take(WASM_BYTES_MAX.saturating_mul(2));
    for entry in tar::Archive::new(limited).entries()? {
        let mut entry = entry?;
        if entry.path_bytes().as_ref() == b"/policy.wasm" && entry.size() <= WASM_BYTES_MAX {
            let mut wasm = Vec::new();
            entry.read_to_end(&mut wasm)?;
            return Ok(Some(wasm));
        }
    }
    Ok(None)
}

/// Makes the cache folder, and refuses one that somebody else can write: its content is run as machine code.
fn prepare_cache(folder: &Path) -> Result<(), Error> {
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
fn read_cache(file: &Path) -> Result<Option<Compiled>, Error> {
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
    open.take(CACHE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    Ok(parse_cache(&bytes))
}

fn parse_cache(bytes: &[u8]) -> Option<Compiled> {
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

fn write_cache(folder: &Path, file: &PathBuf, compiled: &Compiled) -> Result<(), Error> {
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
