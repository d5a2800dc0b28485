//! The packs that ship, as OPA sees them: rules and their METADATA from `opa inspect`, not from our own reader.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lightsout::perimeter::tools::{Invocation, Lock, Origin, Reporter, Tools, run};
use lightsout::pipeline::policy::{Compiler, Pack};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::support;

/// A rule of a pack.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) pack: String,
    pub(crate) title: String,
    /// `data.aws.s3_001`.
    pub(crate) package: String,
    pub(crate) is_about_stack: bool,
    pub(crate) types: BTreeSet<String>,
    /// None means every step that leaves something there.
    pub(crate) ops: Option<BTreeSet<String>>,
    pub(crate) params: Value,
}

/// Everything that ships.
#[derive(Debug)]
pub(crate) struct Shipped {
    pub(crate) packs: Vec<Pack>,
    pub(crate) rules: BTreeMap<String, Rule>,
    /// The packs' folders.
    pub(crate) folders: Vec<PathBuf>,
    /// The rules' files without their tests, by pack.
    texts: BTreeMap<String, Vec<String>>,
    /// Copies of them, a folder a pack.
    pub(crate) copies: tempfile::TempDir,
}

/// The custom part of a rule's METADATA, as far as it says which resources the rule is asked about.
#[derive(Deserialize)]
struct Custom {
    id: String,
    scope: String,
    types: Vec<String>,
    ops: Option<Vec<String>>,
    #[serde(default)]
    parameters: Map<String, Value>,
}

/// `pack.yaml`, as far as it sets parameters.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    parameters: BTreeMap<String, Map<String, Value>>,
}

/// OPA, as the lock pins it.
pub(crate) fn opa() -> Compiler {
    let lock = Lock::built_in().unwrap();
    let tools = Tools::open(&support::home(), lock, support::machine(), Origin::Home).unwrap();
    let reporter = Reporter::lines(Box::new(std::io::stderr()));
    let opa = wait(async {
        tools
            .install(&["opa"], None, &|event| reporter.report(event))
            .await
            .unwrap();
        tools.locate("opa").await.unwrap()
    });
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy-cache");
    Compiler { opa, cache }
}

/// Runs what is asynchronous.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// Runs OPA to its end: what it prints, or what it complains about.
pub(crate) fn ask_opa(
    compiler: &Compiler,
    folder: &Path,
    arguments: &[&str],
) -> Result<Vec<u8>, String> {
    let invocation = Invocation {
        program: (&compiler.opa).into(),
        args: arguments.iter().map(Into::into).collect(),
        env: vec![],
        cwd: folder.to_path_buf(),
        stdin: vec![],
        deadline: std::time::Duration::from_secs(300),
        output_bytes_max: 512 << 20,
    };
    let output = wait(run(invocation)).unwrap();
    match output.success() {
        Ok(output) => Ok(output.stdout),
        Err(error) => Err(error.to_string()),
    }
}

impl Shipped {
    pub(crate) fn read(opa: &Compiler) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy-packs");
        let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.retain(|folder| folder.join("pack.yaml").exists());
        folders.sort();
        let copies = tempfile::tempdir().unwrap();
        let mut rules = BTreeMap::new();
        let mut packs = Vec::new();
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for folder in &folders {
            let pack = wait(Pack::load(folder, opa)).unwrap();
            let copy = copies.path().join(pack.name());
            std::fs::create_dir(&copy).unwrap();
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                if name.ends_with(".rego") && !name.ends_with("_test.rego") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    std::fs::write(copy.join(name), &text).unwrap();
                    texts.entry(pack.name().to_owned()).or_default().push(text);
                }
            }
            let manifest = std::fs::read_to_string(folder.join("pack.yaml")).unwrap();
            let manifest: Manifest = serde_saphyr::from_str(&manifest).unwrap();
            let inspected = ask_opa(
                opa,
                copies.path(),
                &["inspect", "--annotations", "--format", "json", pack.name()],
            )
            .unwrap();
            for rule in inspected_rules(&inspected, &pack, &manifest) {
                rules.insert(rule.id.clone(), rule);
            }
            packs.push(pack);
        }
        let loaded: BTreeSet<String> = packs
            .iter()
            .flat_map(Pack::rules)
            .map(ToString::to_string)
            .collect();
        let inspected: BTreeSet<String> = rules.keys().cloned().collect();
        assert_eq!(loaded, inspected, "OPA sees the rules that we do");
        Self {
            packs,
            rules,
            folders,
            texts,
            copies,
        }
    }

    /// The text of a rule's file and of all that it imports.
    pub(crate) fn files_of(&self, rule: &Rule) -> Vec<&str> {
        let all = &self.texts[&rule.pack];
        let mut packages = vec![rule.package.clone()];
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(package) = packages.get(at).cloned() {
            at += 1;
            for text in all.iter().filter(|text| {
                named(text, "package ").any(|name| format!("data.{name}") == package)
            }) {
                found.push(text.as_str());
                for import in named(text, "import ") {
                    if !packages.iter().any(|known| known == import) {
                        packages.push(import.to_owned());
                    }
                }
            }
        }
        found
    }

    /// The rules of one pack.
    pub(crate) fn of<'a>(&'a self, pack: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.values().filter(move |rule| rule.pack == pack)
    }
}

/// What follows a word at the beginning of a line.
fn named<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = text.lines().filter_map(move |line| line.strip_prefix(word));
    lines.filter_map(|rest| rest.split_whitespace().next())
}

fn inspected_rules(inspected: &[u8], pack: &Pack, manifest: &Manifest) -> Vec<Rule> {
    let inspected: Value = serde_json::from_slice(inspected).unwrap();
    let blocks = inspected["annotations"].as_array().unwrap().iter();
    let rules = blocks.filter_map(|block| {
        let custom = block["annotations"].get("custom")?;
        let custom: Custom = serde_json::from_value(custom.clone()).unwrap();
        let path = block["path"].as_array().unwrap().iter();
        let path: Vec<&str> = path.map(|part| part["value"].as_str().unwrap()).collect();
        let mut params: Map<String, Value> = custom
            .parameters
            .iter()
            .map(|(name, declared)| (name.clone(), declared["default"].clone()))
            .collect();
        if let Some(set) = manifest.parameters.get(&custom.id) {
            params.extend(set.clone());
        }
        Some(Rule {
            id: custom.id,
            pack: pack.name().to_owned(),
            title: block["annotations"]["title"].as_str().unwrap().to_owned(),
            package: path.join("."),
            is_about_stack: custom.scope == "stack",
            types: custom.types.into_iter().collect(),
            ops: custom.ops.map(|ops| ops.into_iter().collect()),
            params: Value::Object(params),
        })
    });
    rules.collect()
}

/// Pulumi's operations after which the resource is there.
pub(crate) const LEAVING: [&str; 8] = [
    "same",
    "create",
    "update",
    "replace",
    "create-replacement",
    "refresh",
    "import",
    "import-replacement",
];

impl Rule {
    /// How a module names it.
    pub(crate) fn entrypoint(&self) -> String {
        let package = self.package.trim_start_matches("data.").replace('.', "/");
        format!("{package}/deny")
    }

    /// Whether the rule is asked about such a step.
    pub(crate) fn concerns(&self, subject: &Value) -> bool {
        let text = |member: &str| subject[member].as_str().unwrap();
        let op = match &self.ops {
            Some(ops) => ops.contains(text("op")),
            None => LEAVING.contains(&text("op")),
        };
        op && (self.types.contains("*") || self.types.contains(text("type")))
    }
}
