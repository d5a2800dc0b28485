//! From Rego to a checked module: OPA's own compiler, its own syntax tree, and a cache of both.
//!
//! INVARIANT: rules are compiled against the builtins that our host offers and no others, so what reaches outside does not
//! compile.

mod absent;
mod cache;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::ops::Range;

use serde_json::Value;
use wasmtime::Engine;

use super::batch::{self, Batch};
use super::builtins;
use super::error::Error;
use super::literals;
use super::machine;
use super::opa::Opa;
use super::pack::{Compiler, Manifest, Sources, refused};
use super::pulumi;
use super::reads::{self, Pattern, reach};
use super::rule::{Block, Declaration, Dialect, Rule};
use super::tree::SyntaxTree;
use crate::names::{RuleId, Sha256};

/// LIMIT: bytes of a compiled module; OPA's runtime is a few hundred KiB.
const WASM_BYTES_MAX: u64 = 32 << 20;

/// A pack's rules with their module.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) rules: Vec<Rule>,
    pub(super) batches: Vec<Batch>,
    pub(super) wasm_hash: Sha256,
    pub(super) code: Code,
}

/// A module as OPA compiled it, and the machine code that was made of it: parts of the same bytes, which are not copied.
#[derive(Debug, Clone)]
pub(super) struct Code {
    bytes: Vec<u8>,
    wasm: Range<usize>,
    machine: Range<usize>,
}

impl Code {
    pub(super) fn new(wasm: Vec<u8>, machine: &[u8]) -> Self {
        let (middle, mut bytes) = (wasm.len(), wasm);
        bytes.extend_from_slice(machine);
        Self {
            wasm: 0..middle,
            machine: middle..bytes.len(),
            bytes,
        }
    }

    pub(super) fn wasm(&self) -> &[u8] {
        self.bytes.get(self.wasm.clone()).unwrap_or(&[])
    }

    pub(super) fn machine(&self) -> &[u8] {
        self.bytes.get(self.machine.clone()).unwrap_or(&[])
    }
}

/// The compiled pack, from the cache or from OPA.
pub(super) async fn compiled(
    sources: &Sources,
    manifest: &Manifest,
    hash: &Sha256,
    engine: &Engine,
    compiler: &Compiler,
) -> Result<Compiled, Error> {
    cache::prepare(&compiler.cache)?;
    let file = cache::file(compiler, engine, hash);
    if let Some(compiled) = cache::read(&file)? {
        return Ok(compiled);
    }
    let opa = Opa::new(compiler, manifest.name.as_str(), sources)?;
    let trees = syntax_trees(&opa, sources, manifest.dialect).await?;
    let (rules, batches) = match manifest.dialect {
        Dialect::Native => {
            let rules = rules(&trees, manifest)?;
            let batches = batch::batches(&rules);
            (rules, batches)
        }
        Dialect::Pulumi => (pulumi::rules(&trees, manifest)?, Vec::new()),
    };
    let wasm = build(&opa, manifest.dialect, &rules, &batches).await?;
    let machine_code =
        machine::compile(engine, &wasm).map_err(|error| refused(manifest.name.as_str(), error))?;
    let compiled = Compiled {
        rules,
        batches,
        wasm_hash: Sha256::of(&wasm),
        code: Code::new(wasm, &machine_code),
    };
    cache::write(&compiler.cache, &file, &compiled)?;
    Ok(compiled)
}

/// Which Rego a pack is written in: Pulumi's runtime parses the one before OPA 1.0, where `import rego.v1` is the newer one.
fn language(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Native => None,
        Dialect::Pulumi => Some("--v0-compatible"),
    }
}

async fn syntax_trees(
    opa: &Opa<'_>,
    sources: &Sources,
    dialect: Dialect,
) -> Result<Vec<(String, SyntaxTree)>, Error> {
    let mut trees = Vec::with_capacity(sources.rego.len());
    for name in sources.rego.keys() {
        let mut arguments = vec!["parse", "--format", "json", "--json-include", "locations"];
        arguments.extend(language(dialect));
        arguments.push(name);
        let tree = opa.json("parsing the rules", &arguments).await?;
        trees.push((name.clone(), SyntaxTree(tree)));
    }
    Ok(trees)
}

/// The rules of a pack, each file accounted for: it is a rule, or a rule can reach it.
fn rules(named: &[(String, SyntaxTree)], manifest: &Manifest) -> Result<Vec<Rule>, Error> {
    let pack = manifest.name.as_str();
    for (file, tree) in named {
        check_package(tree).map_err(|why| complaint(manifest, file, why))?;
    }
    let trees: Vec<&SyntaxTree> = named.iter().map(|(_, tree)| tree).collect();
    let mut rules: Vec<Rule> = Vec::new();
    let mut used = BTreeSet::new();
    let mut users = Vec::new();
    for (at, (file, tree)) in named.iter().enumerate() {
        let reachable = reach::reachable(&trees, at);
        let reads = reads::reads(&trees, &reachable);
        let Some(mut rule) = rule(named, at, manifest, reads)? else {
            continue;
        };
        rule.literals = literals::literals(&trees, &reachable);
        rule.place = tree.place(file, "deny");
        used.extend(reachable.iter().copied());
        users.push(absent::User::new(&rule, at, reachable, &trees));
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
    absent::check(named, &users, manifest.name.as_str())?;
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
    let entrypoint = format!("{}/deny", package.join("/"));
    let values = manifest.parameters.get(declaration.id());
    declaration
        .into_rule(block, entrypoint, reads, values)
        .map(Some)
        .map_err(complain)
}

/// Our batches are a package of ours: no file of a pack, rule or helper, may add to it. And what a file adds to is only known where
/// its package is.
fn check_package(tree: &SyntaxTree) -> Result<(), String> {
    let package = tree.package().ok_or("its package name is not plain")?;
    match package.first() {
        Some(first) if first == batch::PACKAGE => {
            let package = batch::PACKAGE;
            Err(format!("a package of a pack cannot begin with `{package}`"))
        }
        Some(_) | None => Ok(()),
    }
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

/// Adds why a builtin that a rule calls is not offered; OPA only says, with file and line, that it knows none of this name.
fn with_reasons(error: Error) -> Error {
    let Error::Opa {
        doing,
        pack,
        mut message,
    } = error
    else {
        return error;
    };
    let named: BTreeSet<&str> = message
        .split("undefined function ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    let reasons: Vec<String> = named
        .into_iter()
        .filter_map(|name| {
            let why = builtins::refusal(name)?;
            Some(format!("\n`{name}` is not offered to policies: {why}"))
        })
        .collect();
    message.extend(reasons);
    Error::Opa {
        doing,
        pack,
        message,
    }
}

/// Compiles all rules into one module with one entrypoint each.
pub(super) async fn build(
    opa: &Opa<'_>,
    dialect: Dialect,
    rules: &[Rule],
    batches: &[Batch],
) -> Result<Vec<u8>, Error> {
    let doing = "restricting the builtins";
    let mut arguments = vec!["capabilities", "--current"];
    arguments.extend(language(dialect));
    let mut capabilities: Value = opa.json(doing, &arguments).await?;
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
    arguments.extend(language(dialect));
    if !batches.is_empty() {
        opa.write(batch::FILE, batch::rego(rules, batches).as_bytes())?;
        arguments.push(batch::FILE);
    }
    opa.run("compiling the rules", &arguments)
        .await
        .map_err(with_reasons)?;
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
