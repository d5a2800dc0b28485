//! Packs written for Pulumi's own OPA runtime, run as they are: `PulumiPolicy.yaml`, one package, rules by their names.
//!
//! A rule is `deny…`, `violation…` (mandatory) or `warn…` (advisory) about one resource, and the same behind `stack_` about the
//! whole stack. It yields texts, or objects with `msg`. Its input is a resource's properties with a few names beside them.
//!
//! What their runtime would show and a preview does not tell is refused when the pack is loaded, where a rule names it: it would
//! never find anything ([`told`] says what naming is).
//!
//! Source: Pulumi's guide "Write OPA policies" and the analyzer `pulumi-policy-opa`.

mod input;
mod told;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::Error;
use super::pack::{Manifest, Pack};
use super::rule::{Dialect, Level, Rule, Scope, Severity, Unknown};
use super::subject::OPS;
use super::tree::SyntaxTree;
use crate::names::{PackageName, RuleId};

pub(super) use input::{resource, stack};
use told::{Code, Package};

/// The manifest of such a pack.
pub(super) const MANIFEST: &str = "PulumiPolicy.yaml";

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
    let code = Package::new(&trees);
    let first = trees.first().and_then(|tree| tree.package());
    let mut rules: Vec<Rule> = Vec::new();
    for (file, tree) in named {
        let package = tree.package().unwrap_or_default();
        // Two packages may be written alike with `-`, as `a.b.c` and `a["b-c"]` are.
        if package.join("-") != pack || first.as_ref() != Some(&package) {
            let why = format!("its package is not `{pack}`: all files of a pack are one package");
            return Err(complain(file, why));
        }
        for name in tree.rules() {
            let Some((level, scope)) = kind(&name) else {
                continue;
            };
            let id = RuleId::new(format!("{pack}-{name}"))
                .map_err(|error| complain(file, error.to_string()))?;
            if rules.iter().any(|rule| rule.id == id) {
                continue;
            }
            let code = code.code_of(&name);
            code.check(scope)
                .map_err(|why| complain(file, format!("rule `{name}`: {why}")))?;
            let mut rule = rule(&name, id, level, scope, &package, tree, &code);
            rule.place = tree.place(file, &name);
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
    code: &Code<'_>,
) -> Rule {
    let said = tree.rule_metadata(name);
    let text = |key: &str| {
        let text = said
            .and_then(|block| block.pointer(key))
            .and_then(Value::as_str);
        text.map(str::to_owned)
    };
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
        ops: (code.is_about_deletes())
            .then(|| OPS.iter().map(|(op, _)| (*op).to_owned()).collect()),
        unknown: Unknown::Undetermined,
        parameters: Map::new(),
        entrypoint: format!("{}/{name}", package.join("/")),
        id,
        reads: code.reads(),
        place: String::new(),
        // Its findings name no place, so that none of them holds beside an unknown value.
        literals: Vec::new(),
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
