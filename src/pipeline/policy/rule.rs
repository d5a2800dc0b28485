//! A rule's METADATA: what the pack's author declares beside the Rego.
//!
//! INVARIANT: every key is known and every required key is there, or the pack does not load. A misspelt `level` must not
//! become the default one, so there is no default one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reads::{Document, Pattern};
use super::subject::{Outcome, outcome};
use crate::names::RuleId;

/// Why a declaration is refused.
pub(super) type Complaint = String;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth changing soon.
    Medium,
    /// A weakness that an attacker can use with effort.
    High,
    /// A weakness that is open as it stands, or data that is lost.
    Critical,
}

/// Whether a finding refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A finding is reported.
    Advisory,
    /// A finding refuses.
    Mandatory,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scope {
    /// One resource at a time.
    Resource,
    /// All resources together, once.
    Stack,
}

/// Whose conventions a pack follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Dialect {
    /// Ours: METADATA, findings with paths.
    #[default]
    Native,
    /// Those of Pulumi's OPA runtime.
    Pulumi,
}

/// What a value that is not known at preview means to a rule that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unknown {
    /// The rule cannot know.
    Undetermined,
    /// The rule demands a value that is known at preview.
    Deny,
    /// The rule reads nothing that can be unknown; loading checks it.
    Irrelevant,
}

/// One rule of a pack, as compiled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) id: RuleId,
    pub(super) title: String,
    /// Why it is demanded.
    pub(super) description: String,
    /// Where its demand is explained.
    pub(super) references: Vec<String>,
    /// The controls that it covers, by framework.
    pub(super) frameworks: BTreeMap<String, Vec<String>>,
    pub(super) severity: Severity,
    pub(super) level: Level,
    pub(super) scope: Scope,
    pub(super) dialect: Dialect,
    pub(super) types: Vec<String>,
    pub(super) ops: Option<Vec<String>>,
    pub(super) unknown: Unknown,
    /// The values under `input.params`.
    pub(super) parameters: Map<String, Value>,
    pub(super) remediation: String,
    pub(super) entrypoint: String,
    /// Every part of the input on which the decision can depend.
    pub(super) reads: Vec<Pattern>,
    /// The file and the line where it is first defined, for messages.
    pub(super) place: String,
    /// Values that an unknown one may turn out to be.
    pub(super) literals: Vec<Value>,
}

/// The `custom` part of a METADATA block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declaration {
    id: RuleId,
    severity: Severity,
    level: Level,
    scope: Scope,
    types: Vec<String>,
    ops: Option<Vec<String>>,
    unknown: Unknown,
    #[serde(default)]
    parameters: Map<String, Value>,
    remediation: String,
    #[serde(default)]
    frameworks: BTreeMap<String, Vec<String>>,
}

/// What stands in a METADATA block beside `custom`, in OPA's own words.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Block {
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    related_resources: Vec<Related>,
}

#[derive(Debug, Deserialize)]
struct Related {
    #[serde(rename = "ref")]
    reference: String,
}

/// One entry under `parameters`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    #[serde(rename = "type")]
    kind: ParameterType,
    default: Value,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ParameterType {
    Boolean,
    Integer,
    String,
    Strings,
}

impl ParameterType {
    fn admits(self, value: &Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::String => value.is_string(),
            Self::Strings => value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string)),
        }
    }
}

/// What may stand in braces in a remediation, besides the rule's parameters.
const PLACEHOLDERS: [&str; 6] = ["urn", "name", "type", "path", "actual", "expected"];

impl Declaration {
    pub(super) const fn id(&self) -> &RuleId {
        &self.id
    }

    /// The rule that is declared, with the pack's own values for its parameters.
    pub(super) fn into_rule(
        self,
        block: Block,
        entrypoint: String,
        reads: Vec<Pattern>,
        values: Option<&Map<String, Value>>,
    ) -> Result<Rule, Complaint> {
        if block.title.trim().is_empty() {
            return Err("it has no `title`".to_owned());
        }
        if self.types.is_empty() {
            return Err("`types` is empty: list type tokens, or `\"*\"` for all".to_owned());
        }
        for op in self.ops.iter().flatten() {
            if outcome(op).is_none() {
                return Err(format!("`{op}` in `ops` is not an operation of Pulumi's"));
            }
        }
        if self.ops.as_ref().is_some_and(Vec::is_empty) {
            return Err("`ops` is empty: leave it out, or name operations".to_owned());
        }
        let parameters = parameters(self.parameters, values)?;
        check_template(&self.remediation, &parameters)?;
        let may_be_unknown = match self.scope {
            Scope::Resource => reads.iter().any(Pattern::may_be_unknown),
            Scope::Stack => reads.iter().any(Pattern::may_be_unknown_in_index),
        };
        if self.unknown == Unknown::Irrelevant && may_be_unknown {
            return Err(
                "it declares `unknown: irrelevant` and reads values that can be unknown: say `undetermined` or `deny`"
                    .to_owned(),
            );
        }
        Ok(Rule {
            id: self.id,
            title: block.title,
            description: block.description,
            references: (block.related_resources.into_iter())
                .map(|related| related.reference)
                .collect(),
            frameworks: self.frameworks,
            severity: self.severity,
            level: self.level,
            scope: self.scope,
            dialect: Dialect::Native,
            types: self.types,
            ops: self.ops,
            unknown: self.unknown,
            parameters,
            remediation: self.remediation,
            entrypoint,
            reads,
            place: String::new(),
            literals: Vec::new(),
        })
    }
}

fn parameters(
    declared: Map<String, Value>,
    values: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Complaint> {
    let mut effective = Map::new();
    for (name, declaration) in declared {
        let parameter: Parameter = serde_json::from_value(declaration)
            .map_err(|error| format!("parameter `{name}`: {error}"))?;
        let given = values.and_then(|values| values.get(&name));
        for value in std::iter::once(&parameter.default).chain(given) {
            if !parameter.kind.admits(value) {
                return Err(format!("parameter `{name}`: `{value}` is not of its type"));
            }
        }
        let value = given.cloned().unwrap_or(parameter.default);
        effective.insert(name, value);
    }
    for name in values.into_iter().flat_map(Map::keys) {
        if !effective.contains_key(name) {
            return Err(format!(
                "the manifest sets `{name}`, which it does not declare"
            ));
        }
    }
    Ok(effective)
}

fn check_template(template: &str, parameters: &Map<String, Value>) -> Result<(), Complaint> {
    if template.trim().is_empty() {
        return Err("`remediation` is empty: say what to do, as an instruction".to_owned());
    }
    for (_, placeholder) in pieces(template) {
        let Some(name) = placeholder else { continue };
        if !PLACEHOLDERS.contains(&name) && !parameters.contains_key(name) {
            return Err(format!(
                "`{{{name}}}` in `remediation` is neither a parameter nor one of {}",
                PLACEHOLDERS.join(", ")
            ));
        }
    }
    Ok(())
}

/// A template in pieces: literal text, and the placeholder that follows it.
fn pieces(template: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    template.split_inclusive('}').map(|piece| {
        match piece
            .rsplit_once('{')
            .map(|(text, rest)| (text, rest.strip_suffix('}')))
        {
            Some((text, Some(name))) => (text, Some(name)),
            Some((_, None)) | None => (piece, None),
        }
    })
}

/// Fills a template; `value` knows what each placeholder stands for.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    pieces(template)
        .map(|(text, placeholder)| format!("{text}{}", placeholder.map_or(String::new(), &value)))
        .collect()
}

impl Rule {
    /// Which document it reads.
    pub(super) const fn document(&self) -> Document {
        match (self.dialect, self.scope) {
            (Dialect::Native, Scope::Resource) => Document::Resource,
            (Dialect::Native, Scope::Stack) => Document::Index,
            (Dialect::Pulumi, Scope::Resource) => Document::PulumiResource,
            (Dialect::Pulumi, Scope::Stack) => Document::PulumiStack,
        }
    }

    /// Whether the rule judges steps of this type and operation.
    ///
    /// Without `ops` a rule judges what would be there afterwards: what is removed cannot be badly configured, and what
    /// was only read is not ours.
    pub(super) fn concerns(&self, resource_type: &str, op: &str) -> bool {
        let is_op = match &self.ops {
            Some(ops) => ops.iter().any(|known| known == op),
            None => outcome(op) == Some(Outcome::Present),
        };
        is_op
            && self
                .types
                .iter()
                .any(|known| known == "*" || known == resource_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled() {
        let filled = fill("Set `a: {expected}` on {urn}; {", |name| {
            name.to_uppercase()
        });
        assert_eq!(filled, "Set `a: EXPECTED` on URN; {");
    }

    #[test]
    fn a_template_with_an_unknown_placeholder_is_refused() {
        assert!(check_template("set {nothing}", &Map::new()).is_err());
        assert!(check_template("set {path}", &Map::new()).is_ok());
    }
}
