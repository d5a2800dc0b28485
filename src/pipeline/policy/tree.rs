//! OPA's syntax tree of one file, as far as it is looked at.

use serde_json::Value;

/// One Rego file as `opa parse --format json` shows it.
#[derive(Debug)]
pub(super) struct SyntaxTree(pub(super) Value);

impl SyntaxTree {
    /// The package, without `data`; `None` when a part of it is not text.
    pub(super) fn package(&self) -> Option<Vec<String>> {
        let parts = self.0.pointer("/package/path")?.as_array()?;
        parts.iter().skip(1).map(literal).collect()
    }

    /// The METADATA block of the package.
    pub(super) fn package_metadata(&self) -> Option<&Value> {
        let blocks = self.0.get("annotations")?.as_array()?;
        blocks
            .iter()
            .find(|block| block.get("scope").and_then(Value::as_str) == Some("package"))
    }

    /// Whether the package has a rule of this name.
    pub(super) fn defines(&self, rule: &str) -> bool {
        let mut names = self.nodes().filter_map(rule_name);
        names.any(|name| name == rule)
    }

    /// The names of its rules, in their order.
    pub(super) fn rules(&self) -> Vec<String> {
        self.nodes().filter_map(rule_name).collect()
    }

    /// The METADATA block right above a rule of this name.
    pub(super) fn rule_metadata(&self, name: &str) -> Option<&Value> {
        let rules = self.0.get("rules")?.as_array()?;
        let blocks = self.0.get("annotations")?.as_array()?;
        rules
            .iter()
            .filter(|rule| rule_name(rule).as_deref() == Some(name))
            .find_map(|rule| {
                let at = row(rule)?;
                let block = blocks.iter().rev().find(|block| row(block) < Some(at))?;
                let is_between = |other: &&Value| row(other) > row(block) && row(other) < Some(at);
                let is_ours = block.get("scope").and_then(Value::as_str) == Some("rule");
                (is_ours && !rules.iter().any(|other| is_between(&other))).then_some(block)
            })
    }

    /// The file and the line where a rule of this name is first defined; the file alone where the tree does not say the line.
    pub(super) fn place(&self, file: &str, rule: &str) -> String {
        let mut named = self
            .nodes()
            .filter(|node| rule_name(node).as_deref() == Some(rule));
        match named.next().and_then(row) {
            Some(row) => format!("{file}:{row}"),
            None => file.to_owned(),
        }
    }

    /// The head of each rule, from its package on; a part is `None` when it is not text.
    pub(super) fn heads(&self) -> Vec<Vec<Option<String>>> {
        self.nodes().map(head).collect()
    }

    /// The nodes of its rules.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Value> {
        let rules = self.0.get("rules").and_then(Value::as_array);
        rules.into_iter().flatten()
    }

    pub(super) fn imports(&self) -> Option<&Value> {
        self.0.get("imports")
    }

    pub(super) fn code(&self) -> impl Iterator<Item = &Value> {
        ["imports", "rules"]
            .into_iter()
            .filter_map(|key| self.0.get(key))
    }
}

fn row(node: &Value) -> Option<u64> {
    node.pointer("/location/row").and_then(Value::as_u64)
}

/// A rule's head: its name, which the tree writes as a variable, and the parts behind it.
fn head(rule: &Value) -> Vec<Option<String>> {
    let parts = rule.pointer("/head/ref").and_then(Value::as_array);
    let behind = parts.into_iter().flatten().skip(1).map(literal);
    std::iter::once(rule_name(rule)).chain(behind).collect()
}

/// What a rule's head begins with.
pub(super) fn rule_name(rule: &Value) -> Option<String> {
    let first = rule.pointer("/head/ref/0/value").and_then(Value::as_str);
    let name = rule.pointer("/head/name").and_then(Value::as_str);
    first.or(name).map(str::to_owned)
}

/// The text of a term that is one.
pub(super) fn literal(term: &Value) -> Option<String> {
    (term.get("type")?.as_str()? == "string")
        .then(|| term.get("value")?.as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_found_where_it_is_first_defined() {
        let node = |name: &str, row: u64| json!({"head": {"name": name}, "location": {"row": row}});
        let tree = json!({"rules": [node("ok", 6), node("deny", 8), node("deny", 10)]});
        let place = |rule| SyntaxTree(tree.clone()).place("ours_tag_001.rego", rule);
        assert_eq!(place("deny"), "ours_tag_001.rego:8");
        assert_eq!(place("warn"), "ours_tag_001.rego");
    }
}
