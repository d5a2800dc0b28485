//! Packs written for Pulumi's own OPA runtime, run as they are: `PulumiPolicy.yaml`, one package, rules by their names.
//!
//! A rule is `deny…`, `violation…` (mandatory) or `warn…` (advisory) about one resource, and the same behind `stack_` about the
//! whole stack. It yields texts, or objects with `msg`. Its input is a resource's properties with a few names beside them.
//!
//! INVARIANT: what their runtime would show and a preview does not tell is refused when the pack is loaded: a rule that reads it
//! would never find anything.
//!
//! Source: Pulumi's guide "Write OPA policies" and the analyzer `pulumi-policy-opa`.

mod input;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::Error;
use super::pack::{Manifest, Pack};
use super::reads::{self, Pattern, Step, reach};
use super::rule::{Dialect, Level, Rule, Scope, Severity, Unknown};
use super::subject::OPS;
use super::tree::SyntaxTree;
use crate::names::{PackageName, RuleId};

pub(super) use input::{resource, stack};

/// The manifest of such a pack.
pub(super) const MANIFEST: &str = "PulumiPolicy.yaml";

/// Members of `options` that a preview tells.
const OPTIONS: [&str; 3] = ["protect", "ignoreChanges", "retainOnDelete"];
/// Members of `provider` that a preview tells.
const PROVIDER: [&str; 3] = ["type", "name", "urn"];

/// The document `data` of a pack: the values that a stack sets, where a rule of theirs looks for them, `data.config.<rule>.<key>`.
pub(super) fn data(pack: &Pack) -> Value {
    let mut config = Map::new();
    for rule in &pack.rules {
        let name = rule.entrypoint.rsplit('/').next().unwrap_or("");
        if rule.dialect == Dialect::Pulumi && !rule.parameters.is_empty() {
            config.insert(name.to_owned(), Value::Object(rule.parameters.clone()));
        }
    }
    match pack.manifest.dialect {
        Dialect::Native => Value::Object(Map::new()),
        Dialect::Pulumi => serde_json::json!({ "config": config }),
    }
}

/// What their manifest says, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Declared {
    runtime: Runtime,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, rename = "inputFormat")]
    input_format: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Runtime {
    Name(String),
    Object { name: String },
}

/// Reads their manifest. The pack's name is that of its package.
pub(super) fn manifest(text: &str, rego: &BTreeMap<String, Vec<u8>>) -> Result<Manifest, String> {
    let declared: Declared =
        serde_saphyr::from_str(text).map_err(|error| format!("cannot be read: {error}"))?;
    let (Runtime::Name(runtime) | Runtime::Object { name: runtime }) = &declared.runtime;
    if runtime != "opa" {
        return Err(format!(
            "has the runtime `{runtime}`; only `opa` is a pack of rules that can be compiled: name others as `crossguard`"
        ));
    }
    if let Some(format) = &declared.input_format {
        return Err(format!(
            "asks for the input format `{format}`, which is not offered"
        ));
    }
    let name = rego.values().find_map(|text| package(text));
    let name = name.ok_or("has no Rego file with a `package` beside it")?;
    Ok(Manifest {
        name: PackageName::new(name.as_str()).map_err(|error| error.to_string())?,
        version: declared.version.unwrap_or_else(|| "0".to_owned()),
        description: declared.description.unwrap_or_default(),
        parameters: BTreeMap::new(),
        dialect: Dialect::Pulumi,
    })
}

/// The package of a file, its parts joined by `-`. The syntax tree is compared with it later.
fn package(rego: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(rego).map_or(None, Some)?;
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("package "))?;
    let name = line.split(['#', ' ']).next().unwrap_or("");
    Some(name.trim().replace('.', "-"))
}

/// The rules of the pack.
pub(super) fn rules(
    named: &[(String, SyntaxTree)],
    manifest: &Manifest,
) -> Result<Vec<Rule>, Error> {
    let pack = manifest.name.as_str();
    let complain = |file: &str, why: String| Error::Metadata {
        pack: pack.to_owned(),
        file: file.to_owned(),
        why,
    };
    let trees: Vec<&SyntaxTree> = named.iter().map(|(_, tree)| tree).collect();
    let mut rules: Vec<Rule> = Vec::new();
    for (at, (file, tree)) in named.iter().enumerate() {
        let package = tree.package().unwrap_or_default();
        if package.join("-") != pack {
            let why = format!("its package is not `{pack}`: all files of a pack are one package");
            return Err(complain(file, why));
        }
        let reads = reads::reads(&trees, &reach::reachable(&trees, at));
        for name in tree.rules() {
            let Some((level, scope)) = kind(&name) else {
                continue;
            };
            let id = RuleId::new(format!("{pack}-{name}"))
                .map_err(|error| complain(file, error.to_string()))?;
            if rules.iter().any(|rule| rule.id == id) {
                continue;
            }
            let rule = rule(&name, id, level, scope, &package, tree, reads.clone());
            check_reads(&rule).map_err(|why| complain(file, format!("rule `{name}`: {why}")))?;
            rules.push(rule);
        }
    }
    if rules.is_empty() {
        return Err(Error::NoRules {
            pack: pack.to_owned(),
        });
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rules)
}

fn rule(
    name: &str,
    id: RuleId,
    level: Level,
    scope: Scope,
    package: &[String],
    tree: &SyntaxTree,
    reads: Vec<Pattern>,
) -> Rule {
    let said = tree.rule_metadata(name);
    let text = |key: &str| {
        let text = said
            .and_then(|block| block.pointer(key))
            .and_then(Value::as_str);
        text.map(str::to_owned)
    };
    let reads_op = reads.iter().any(|pattern| {
        let first = match scope {
            Scope::Resource => pattern.steps().first(),
            Scope::Stack => pattern.steps().get(2),
        };
        matches!(first, Some(Step::Key(key)) if key == "__op" || key == "__old")
    });
    Rule {
        title: text("/title").unwrap_or_else(|| name.replace('_', " ")),
        description: text("/description").unwrap_or_default(),
        remediation: text("/custom/message")
            .unwrap_or_else(|| format!("Change {{urn}} so that the rule `{name}` is met.")),
        references: Vec::new(),
        frameworks: BTreeMap::new(),
        severity: match level {
            Level::Mandatory => Severity::High,
            Level::Advisory => Severity::Low,
        },
        level,
        scope,
        dialect: Dialect::Pulumi,
        types: vec!["*".to_owned()],
        // Their runtime never sees a delete: only a rule that knows our names for it is shown one.
        ops: reads_op.then(|| OPS.iter().map(|(op, _)| (*op).to_owned()).collect()),
        unknown: Unknown::Undetermined,
        parameters: Map::new(),
        entrypoint: format!("{}/{name}", package.join("/")),
        id,
        reads,
    }
}

/// What a rule's name says: how strict it is, and what it is about.
fn kind(name: &str) -> Option<(Level, Scope)> {
    let (scope, rest) = match name.strip_prefix("stack_") {
        Some(rest) => (Scope::Stack, rest),
        None => (Scope::Resource, name),
    };
    let words = [
        ("deny", Level::Mandatory),
        ("violation", Level::Mandatory),
        ("warn", Level::Advisory),
    ];
    words.into_iter().find_map(|(word, level)| {
        let rest = rest.strip_prefix(word)?;
        let is_named = rest.strip_prefix('_').is_some_and(|rest| {
            let plain = |part: &str| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            };
            rest.split('_').all(plain)
        });
        (rest.is_empty() || is_named).then_some((level, scope))
    })
}

/// Refuses to read what a preview does not tell.
fn check_reads(rule: &Rule) -> Result<(), String> {
    for pattern in &rule.reads {
        let steps = match (rule.scope, pattern.steps()) {
            (Scope::Resource, steps) => steps,
            (Scope::Stack, steps) => steps.get(2..).unwrap_or(&[]),
        };
        let [Step::Key(first), rest @ ..] = steps else {
            continue;
        };
        let second = rest.first().and_then(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Any => None,
        });
        let known: &[&str] = match first.as_str() {
            "options" | "__options" => &OPTIONS,
            "provider" | "__provider" => &PROVIDER,
            "dependencies" | "propertyDependencies" if rule.scope == Scope::Stack => &[],
            _ => continue,
        };
        match second {
            Some(key) if known.contains(&key) => {}
            Some(key) => {
                return Err(format!(
                    "it reads `{first}.{key}`, which a preview does not tell"
                ));
            }
            // A part of it that is not there would be undefined, and the rule silent.
            None if known.is_empty() => {
                return Err(format!("it reads `{first}`, which a preview does not tell"));
            }
            None => {
                return Err(format!(
                    "it reads `{first}` as a whole, of which a preview tells only `{}`: name what it needs",
                    known.join("`, `")
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_rule_is() {
        let mandatory = |scope| Some((Level::Mandatory, scope));
        assert_eq!(kind("deny"), mandatory(Scope::Resource));
        assert_eq!(kind("violation_no_public"), mandatory(Scope::Resource));
        assert_eq!(kind("stack_deny_a1"), mandatory(Scope::Stack));
        assert_eq!(kind("warn_x"), Some((Level::Advisory, Scope::Resource)));
        for helper in [
            "denyx", "deny_", "deny__a", "is_deny", "stack_", "warning", "deny_é",
        ] {
            assert_eq!(kind(helper), None, "{helper}");
        }
    }
}
