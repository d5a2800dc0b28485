//! What a rule of theirs names, compared with what a preview tells.
//!
//! INVARIANT: a member of a resource's document that their runtime shows and a preview does not tell is refused where the rule
//! names it: in a mention of `input`, and, where the rule binds a whole resource to a variable, behind any variable, with
//! `object.get`, or as a text of that name. Which variable holds the resource is not followed, so a property of such a name is
//! taken for the member unless `props` or `properties` stands before it.
//!
//! A rule that goes through all members of a resource without naming one finds fewer here than there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::pipeline::policy::reads::mention::{is_var, reference, steps, var};
use crate::pipeline::policy::reads::{self, Pattern, Step};
use crate::pipeline::policy::rule::Scope;
use crate::pipeline::policy::tree::{SyntaxTree, literal, rule_name};

/// Members of `options` that a preview tells.
const OPTIONS: [&str; 3] = ["protect", "ignoreChanges", "retainOnDelete"];
/// Members of `provider` that a preview tells.
const PROVIDER: [&str; 3] = ["type", "name", "urn"];
/// Members of a resource in their stack document.
const DEPENDENCIES: [&str; 2] = ["dependencies", "propertyDependencies"];
/// Members of their `options` that a preview does not tell, by the names that hardly mean anything else.
const HIDDEN: [&str; 4] = [
    "additionalSecretOutputs",
    "aliasURNs",
    "customTimeouts",
    "deleteBeforeReplace",
];
/// What lies below these is a resource's own.
const PROPERTIES: [&str; 7] = [
    "properties",
    "props",
    "__properties",
    "__props",
    "__old",
    "__diff",
    "__stack",
];
/// What only a rule that knows of deletes names.
const OF_DELETES: [&str; 2] = ["__op", "__old"];

/// The rules of a package, by their names.
#[derive(Debug)]
pub(super) struct Package<'t> {
    rules: BTreeMap<String, Vec<&'t Value>>,
    imports: Vec<&'t Value>,
}

impl<'t> Package<'t> {
    pub(super) fn new(trees: &[&'t SyntaxTree]) -> Self {
        let mut rules: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for node in trees.iter().flat_map(|tree| tree.nodes()) {
            let name = rule_name(node).unwrap_or_default();
            rules.entry(name).or_default().push(node);
        }
        Self {
            rules,
            imports: trees.iter().filter_map(|tree| tree.imports()).collect(),
        }
    }

    /// What a rule can reach: each rule with a name that it mentions, and so on, with all imports.
    pub(super) fn code_of(&self, rule: &str) -> Code<'t> {
        let mut names = vec![rule.to_owned()];
        // Whatever leads into `data` other than to the configuration may lead to any rule of the package.
        let mut is_all = self.imports.iter().any(|import| leads_to_rules(import));
        let mut next = 0;
        while let Some(name) = names.get(next).cloned() {
            next += 1;
            for node in self.rules.get(&name).into_iter().flatten() {
                is_all |= leads_to_rules(node);
                self.mentioned(node, &mut names);
            }
        }
        let rules = self.rules.iter();
        let reached = rules.filter(|(name, _)| is_all || names.contains(name));
        let nodes = reached.flat_map(|(_, nodes)| nodes);
        Code(nodes.chain(&self.imports).copied().collect())
    }

    /// The names of rules that are variables in a rule, each once.
    fn mentioned(&self, tree: &Value, names: &mut Vec<String>) {
        match tree {
            Value::Array(items) => items.iter().for_each(|item| self.mentioned(item, names)),
            Value::Object(members) => {
                if let Some(name) = var(tree)
                    && self.rules.contains_key(name)
                    && !names.iter().any(|known| known == name)
                {
                    names.push(name.to_owned());
                }
                members
                    .values()
                    .for_each(|member| self.mentioned(member, names));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// The code that one rule can reach in its package.
#[derive(Debug)]
pub(super) struct Code<'t>(Vec<&'t Value>);

impl Code<'_> {
    /// What it mentions of `input`.
    pub(super) fn reads(&self) -> Vec<Pattern> {
        reads::of(self.0.iter().copied())
    }

    /// Whether it names what only a rule about deletes asks for.
    pub(super) fn is_about_deletes(&self) -> bool {
        let named = self.named();
        let of_deletes = |key: &String| OF_DELETES.contains(&key.as_str());
        named.texts.iter().any(of_deletes)
            || (named.paths.iter().flatten())
                .any(|step| matches!(step, Step::Key(key) if of_deletes(key)))
    }

    /// Refuses to read what a preview does not tell.
    pub(super) fn check(&self, scope: Scope) -> Result<(), String> {
        let reads = self.reads();
        for pattern in &reads {
            let steps = of_a_resource(scope, pattern.steps());
            untold(scope, steps).map_or(Ok(()), |what| Err(format!("it reads {what}")))?;
        }
        let is_whole = |pattern: &Pattern| {
            let steps = pattern.steps();
            let is_elsewhere = scope == Scope::Stack
                && matches!(steps.first(), Some(Step::Key(key)) if key != "resources");
            let first = of_a_resource(scope, steps).first();
            !is_elsewhere && matches!(first, None | Some(Step::Any))
        };
        if !reads.iter().any(is_whole) {
            return Ok(());
        }
        let named = self.named();
        let behind = named
            .paths
            .iter()
            .find_map(|path| untold_behind(scope, path));
        let text = || {
            let text = named.texts.iter().find(|text| is_hidden(scope, text))?;
            Some(format!("`{text}`, which a preview does not tell"))
        };
        behind.or_else(text).map_or(Ok(()), |what| {
            Err(format!(
                "it binds a whole resource to a variable and reads {what}; where a property is meant, write `props` before it"
            ))
        })
    }

    fn named(&self) -> Named {
        let mut named = Named::default();
        self.0.iter().for_each(|node| named.collect(node));
        named
    }
}

fn leads_to_rules(code: &Value) -> bool {
    let mut found = Vec::new();
    reads::mention::mentions(code, "data", &mut found);
    let is_config = |step: Option<&Step>| matches!(step, Some(Step::Key(key)) if key == "config");
    found
        .iter()
        .any(|mention| !is_config(mention.steps.first()))
}

/// What code names behind variables, and which texts stand elsewhere in it.
#[derive(Debug, Default)]
struct Named {
    paths: Vec<Vec<Step>>,
    texts: Vec<String>,
}

impl Named {
    fn collect(&mut self, tree: &Value) {
        match tree {
            Value::Array(items) => {
                self.gotten(items);
                items.iter().for_each(|item| self.collect(item));
            }
            Value::Object(members) => {
                if let Some((head, rest)) = reference(tree) {
                    self.paths.extend(path(tree));
                    let is_text = |part: &&Value| literal(part).is_some();
                    let inner = std::iter::once(head).chain(rest);
                    inner
                        .filter(|part| !is_text(part))
                        .for_each(|part| self.collect(part));
                } else {
                    self.texts.extend(literal(tree));
                    members.values().for_each(|member| self.collect(member));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// `object.get(value, key, default)` and `object.get(value, [key, …], default)`, as a path.
    fn gotten(&mut self, call: &[Value]) {
        let [function, value, key, ..] = call else {
            return;
        };
        let is_get = reference(function).is_some_and(|(head, rest)| {
            let is_get = |part: &[Value]| steps(part) == [Step::Key("get".to_owned())];
            is_var(head, "object") && is_get(rest)
        });
        if !is_get {
            return;
        }
        let is_array = key.get("type").and_then(Value::as_str) == Some("array");
        let keys = key.get("value").and_then(Value::as_array);
        let keys = match keys.filter(|_| is_array) {
            Some(keys) => steps(keys),
            None => steps(std::slice::from_ref(key)),
        };
        let mut path = path(value).unwrap_or_default();
        path.extend(keys);
        self.paths.push(path);
    }
}

/// What a term names behind a variable; nothing for the configuration, which is no resource.
fn path(term: &Value) -> Option<Vec<Step>> {
    let (head, rest) = match reference(term) {
        Some(parts) => parts,
        None => (term, &[][..]),
    };
    let steps = steps(rest);
    let is_config = is_var(head, "data") && steps.first() == Some(&Step::Key("config".to_owned()));
    (var(head).is_some() && !is_config).then_some(steps)
}

/// A mention of `input` from the resource on.
fn of_a_resource(scope: Scope, steps: &[Step]) -> &[Step] {
    match scope {
        Scope::Resource => steps,
        Scope::Stack => steps.get(2..).unwrap_or(&[]),
    }
}

/// What of a resource is named at the begin of a path and not told.
fn untold(scope: Scope, steps: &[Step]) -> Option<String> {
    let [Step::Key(first), rest @ ..] = steps else {
        return None;
    };
    let known: &[&str] = match first.as_str() {
        "options" | "__options" => &OPTIONS,
        "provider" | "__provider" => &PROVIDER,
        name if scope == Scope::Stack && DEPENDENCIES.contains(&name) => &[],
        _ => return None,
    };
    match rest.first() {
        Some(Step::Key(key)) if known.contains(&key.as_str()) => None,
        Some(Step::Key(key)) if !known.is_empty() => {
            Some(format!("`{first}.{key}`, which a preview does not tell"))
        }
        // A part of it that is not there would be undefined, and the rule silent.
        Some(_) | None if known.is_empty() => {
            Some(format!("`{first}`, which a preview does not tell"))
        }
        Some(_) | None => Some(format!(
            "`{first}` as a whole, of which a preview tells only `{}`: name what it needs",
            known.join("`, `")
        )),
    }
}

/// The same anywhere behind a variable, above the properties.
fn untold_behind(scope: Scope, path: &[Step]) -> Option<String> {
    let is_property =
        |step: &Step| matches!(step, Step::Key(key) if PROPERTIES.contains(&key.as_str()));
    let end = path.iter().position(is_property).unwrap_or(path.len());
    let above = path.get(..end).unwrap_or(path);
    (0..above.len()).find_map(|at| {
        let steps = above.get(at..).unwrap_or(&[]);
        untold(scope, steps).or_else(|| match steps.first() {
            Some(Step::Key(key)) if is_hidden(scope, key) => {
                Some(format!("`{key}`, which a preview does not tell"))
            }
            Some(Step::Key(_) | Step::Any) | None => None,
        })
    })
}

fn is_hidden(scope: Scope, name: &str) -> bool {
    HIDDEN.contains(&name) || (scope == Scope::Stack && DEPENDENCIES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &[&str], expect: Option<&str>) {
        let step = |part: &&str| match *part {
            "_" => Step::Any,
            key => Step::Key(key.to_owned()),
        };
        let path: Vec<Step> = path.iter().map(step).collect();
        let found = untold_behind(Scope::Stack, &path);
        match expect {
            None => assert_eq!(found, None),
            Some(words) => assert!(
                found.as_ref().is_some_and(|what| what.contains(words)),
                "{found:?}"
            ),
        }
    }

    #[test]
    fn what_is_not_told_is_found_behind_a_variable_but_not_below_the_properties() {
        check(&["dependencies"], Some("`dependencies`"));
        check(&["_", "r", "dependencies", "_"], Some("`dependencies`"));
        check(&["options", "protect"], None);
        check(&["options", "parent"], Some("`options.parent`"));
        check(&["__options"], Some("as a whole"));
        check(&["deleteBeforeReplace"], Some("`deleteBeforeReplace`"));
        check(&["provider", "name"], None);
        check(&["provider", "properties"], Some("`provider`"));
        check(&["props", "options", "dependencies"], None);
        check(&["__type"], None);
        check(&["resources", "_", "acl"], None);
    }
}
