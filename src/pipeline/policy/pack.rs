//! A policy pack on disk: found, read, compiled by OPA once, and checked before it may judge.
//!
//! A pack is one flat folder: `pack.yaml`, `*.rego` (a rule is a package that defines `deny` and carries METADATA),
//! `*_test.rego` and `examples/`. Its hash is over what decides: the manifest and the rules.
//!
//! INVARIANT: what was hashed is what is compiled. OPA is shown copies of the bytes that were read, never the folder.
//! INVARIANT: a pack that loads has a rule, each rule has an entrypoint in the module, and no builtin is missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use wasmtime::Module;

use super::batch::{self, Batch};
use super::bundle;
use super::compile::{self, Code, Compiled};
use super::error::Error;
use super::machine::{self, LoadError, Ticker};
use super::parameters::Settings;
use super::pulumi;
use super::report::PackRecord;
use super::rule::{Dialect, Rule, Severity};
use super::wasm::{Context, Instance};
use crate::bounded;
use crate::names::{PackageName, RuleId, Sha256};
use crate::perimeter::tools::Tool;

/// LIMIT: files in a pack's folder.
const FILES_MAX: usize = 500;
/// LIMIT: bytes of one file of a pack.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// LIMIT: bytes of all rules of a pack.
const PACK_BYTES_MAX: usize = 8 << 20;

/// What compiles packs, and where the result is kept.
#[derive(Debug, Clone)]
pub struct Compiler {
    /// OPA, as the lock names it.
    pub opa: Tool,
    /// The folder for compiled packs. It is made if it is missing; nobody but us and root may write it or replace it.
    pub cache: PathBuf,
}

/// A policy pack, ready to judge.
#[derive(Clone)]
pub struct Pack {
    pub(super) manifest: Manifest,
    pub(super) hash: Sha256,
    pub(super) rules: Vec<Rule>,
    pub(super) batches: Vec<Batch>,
    pub(super) module: Module,
    /// What the stack's configuration sets.
    pub(super) settings: Settings,
    wasm_hash: Sha256,
    code: Arc<Code>,
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pack")
            .field("name", &self.name())
            .field("hash", &self.hash)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// `pack.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) name: PackageName,
    pub(super) version: String,
    pub(super) description: String,
    /// Values for parameters that rules declare.
    #[serde(default)]
    pub(super) parameters: BTreeMap<RuleId, Map<String, Value>>,
    /// Whose conventions its rules follow; the manifest's own name says it.
    #[serde(skip)]
    pub(super) dialect: Dialect,
}

/// What a pack's folder holds, as far as it decides.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) folder: PathBuf,
    /// The Rego files without the tests, by name.
    pub(super) rego: BTreeMap<String, Vec<u8>>,
    manifest: (&'static str, Vec<u8>),
}

const MANIFEST: &str = "pack.yaml";

impl Pack {
    /// Loads a pack from its folder, compiling it if the cache does not hold it.
    ///
    /// # Errors
    /// The folder is not a pack, OPA refuses it, or its module cannot be run.
    pub async fn load(folder: &Path, compiler: &Compiler) -> Result<Self, Error> {
        let sources = Sources::read(folder)?;
        let manifest = sources.manifest()?;
        let hash = sources.hash();
        let name = manifest.name.to_string();
        let engine = machine::engine().map_err(|error| refused(&name, error))?;
        let compiled = compile::compiled(&sources, &manifest, &hash, &engine, compiler).await?;
        Self::from_compiled(manifest, hash, compiled, &engine)
    }

    /// A pack from its compiled parts. What the cache says of the rules and their machine code is taken on trust: nobody but us and
    /// root can write it.
    pub(super) fn from_compiled(
        manifest: Manifest,
        hash: Sha256,
        compiled: Compiled,
        engine: &wasmtime::Engine,
    ) -> Result<Self, Error> {
        let name = manifest.name.to_string();
        if compiled.rules.is_empty() {
            return Err(Error::NoRules { pack: name });
        }
        let module = machine::load(engine, compiled.code.machine())
            .map_err(|error| refused(&name, error))?;
        let ticker = Ticker::start(engine);
        // Which time it is does not matter here, only that a rule may ask for it.
        let context = Context {
            now_ns: Some(0),
            ..Context::default()
        };
        let instance = Instance::start(&module, context).map_err(|error| refused(&name, error))?;
        drop(ticker);
        let rules = compiled.rules.iter().map(|rule| &rule.entrypoint);
        let batches = compiled.batches.iter().map(|batch| &batch.entrypoint);
        for entrypoint in rules.chain(batches) {
            if instance.entrypoint(entrypoint).is_none() {
                let why = format!("it has no entrypoint `{entrypoint}`");
                return Err(Error::Module { pack: name, why });
            }
        }
        Ok(Self {
            manifest,
            hash,
            rules: compiled.rules,
            batches: compiled.batches,
            module,
            settings: Settings::default(),
            wasm_hash: compiled.wasm_hash,
            code: Arc::new(compiled.code),
        })
    }

    /// The pack's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.manifest.name.as_str()
    }

    /// What the pack is for.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.manifest.description
    }

    /// What the pack's manifest and rules hash to.
    #[must_use]
    pub const fn hash(&self) -> Sha256 {
        self.hash
    }

    /// The compiled rules, for whoever wants to run them in another host.
    #[must_use]
    pub fn wasm(&self) -> &[u8] {
        self.code.wasm()
    }

    /// The file and the line where a rule is defined.
    pub(super) fn place(&self, rule: &RuleId) -> Option<&str> {
        let rule = self.rules.iter().find(|known| known.id == *rule)?;
        Some(&rule.place)
    }

    /// The ids of the rules.
    pub fn rules(&self) -> impl Iterator<Item = &RuleId> {
        self.rules.iter().map(|rule| &rule.id)
    }

    /// How bad findings of a rule are; nothing for a rule of another pack.
    #[must_use]
    pub fn severity(&self, rule: &RuleId) -> Option<Severity> {
        let rule = self.rules.iter().find(|known| known.id == *rule)?;
        Some(rule.severity)
    }

    /// How reports name the pack.
    #[must_use]
    pub fn record(&self) -> PackRecord {
        PackRecord {
            name: self.name().to_owned(),
            version: self.manifest.version.clone(),
            hash: self.hash,
            wasm: self.wasm_hash,
            crossguard: None,
            settings: self.settings.clone(),
        }
    }
}

/// The error for a module that cannot be used.
pub(super) fn refused(pack: &str, error: LoadError) -> Error {
    let pack = pack.to_owned();
    match error {
        LoadError::Module(why) => Error::Module { pack, why },
        LoadError::MissingBuiltin(names) => Error::MissingBuiltin { pack, names },
    }
}

impl Sources {
    /// Reads a pack's folder. What does not belong there is refused: a rule in a place where nobody looks is no rule.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let content = |name: &str, why: &str| Error::Content {
            path: folder.to_owned(),
            name: name.to_owned(),
            why: why.to_owned(),
        };
        let mut rego = BTreeMap::new();
        let mut manifest = None;
        let mut bytes = 0usize;
        for (at, entry) in list(folder)?.into_iter().enumerate() {
            if at == FILES_MAX {
                return Err(content(".", "holds too many files"));
            }
            let (name, kind) = entry;
            if kind.is_dir() && name == "examples" {
                continue;
            }
            if !kind.is_file() {
                return Err(content(
                    &name,
                    "is not a plain file; a pack is one flat folder besides `examples`",
                ));
            }
            if name.ends_with("_test.rego") || name == "README.md" {
                continue;
            }
            let is_rego = name.ends_with(".rego") && is_plain(&name) && name != batch::FILE;
            let which = [MANIFEST, pulumi::MANIFEST]
                .into_iter()
                .find(|known| *known == name);
            if !is_rego && which.is_none() {
                let why = bundle::part(&name).unwrap_or(
                    "is neither `pack.yaml`, `PulumiPolicy.yaml`, `README.md` nor `*.rego` with a plain name",
                );
                return Err(content(&name, why));
            }
            let text = read_limited(&folder.join(&name))?
                .ok_or_else(|| content(&name, "is larger than 1 MiB"))?;
            bytes = bytes.saturating_add(text.len());
            if bytes > PACK_BYTES_MAX {
                return Err(content(&name, "makes the pack larger than 8 MiB"));
            }
            match which {
                None => drop(rego.insert(name, text)),
                Some(_) if manifest.is_some() => {
                    return Err(content(&name, "is a second manifest: a pack has one"));
                }
                Some(which) => manifest = Some((which, text)),
            }
        }
        let manifest = manifest.ok_or_else(|| {
            content(
                MANIFEST,
                "is missing; it holds `name`, `version` and `description`",
            )
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            rego,
            manifest,
        })
    }

    fn manifest(&self) -> Result<Manifest, Error> {
        let (name, bytes) = &self.manifest;
        let refuse = |why: String| Error::Content {
            path: self.folder.clone(),
            name: (*name).to_owned(),
            why,
        };
        let text = std::str::from_utf8(bytes).map_err(|_| refuse("is not UTF-8".to_owned()))?;
        if *name == pulumi::MANIFEST {
            return pulumi::manifest(text, &self.rego).map_err(refuse);
        }
        serde_saphyr::from_str(text).map_err(|error| refuse(format!("cannot be read: {error}")))
    }

    /// The hash of a listing as `sha256sum` prints it, so that anybody can compute it again.
    pub(super) fn hash(&self) -> Sha256 {
        let (name, text) = &self.manifest;
        let manifest = std::iter::once((*name, text));
        let rego = self.rego.iter().map(|(name, text)| (name.as_str(), text));
        let mut lines: Vec<String> = rego
            .chain(manifest)
            .map(|(name, text)| format!("{}  {name}\n", Sha256::of(text)))
            .collect();
        lines.sort_by(|a, b| a.get(64..).cmp(&b.get(64..)));
        Sha256::of(lines.concat().as_bytes())
    }
}

/// Names that are safe as arguments and in OPA's messages.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn list(folder: &Path) -> Result<BTreeMap<String, std::fs::FileType>, Error> {
    let fail = |source| Error::Io {
        doing: "reading the policy pack",
        path: folder.to_owned(),
        source,
    };
    let mut entries = BTreeMap::new();
    // One more than is allowed shows that it is too many.
    for entry in std::fs::read_dir(folder)
        .map_err(fail)?
        .take(FILES_MAX.saturating_add(1))
    {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.insert(name, entry.file_type().map_err(fail)?);
    }
    Ok(entries)
}

/// A file's bytes, or nothing if there are too many.
fn read_limited(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let read = std::fs::File::open(path).and_then(|file| bounded::read(file, FILE_BYTES_MAX));
    read.map_err(|source| Error::Io {
        doing: "reading",
        path: path.to_owned(),
        source,
    })
}
