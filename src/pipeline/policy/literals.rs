//! The texts and numbers that stand in a rule: what an unknown value may have to be so that the rule finds nothing.
//!
//! An aid, not a proof. Without one the rule would deny what is not known to be wrong; none ever makes it pass.

use serde_json::{Map, Value};

use super::tree::SyntaxTree;

/// LIMIT: values of one rule; each costs a call where a rule that reads unknown values finds something.
const LITERALS_MAX: usize = 32;
/// LIMIT: bytes of a text; longer ones are messages.
const TEXT_BYTES_MAX: usize = 100;

/// What stands in the bodies of these files' rules, short ones first.
pub(super) fn literals(trees: &[&SyntaxTree], files: &[usize]) -> Vec<Value> {
    let mut found = Vec::new();
    for tree in files.iter().filter_map(|&file| trees.get(file)) {
        for rule in tree.nodes() {
            terms(rule, &mut found);
        }
    }
    limited(found)
}

/// What stands in the values of a rule's parameters.
pub(super) fn of_parameters(parameters: &Map<String, Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for value in parameters.values() {
        scalars(value, &mut found);
    }
    limited(found)
}

fn limited(mut found: Vec<Value>) -> Vec<Value> {
    let size = |value: &Value| value.to_string();
    found.retain(|value| size(value).len() <= TEXT_BYTES_MAX);
    found.sort_by_cached_key(|value| (size(value).len(), size(value)));
    found.dedup();
    found.truncate(LITERALS_MAX);
    found
}

/// OPA's own limit on nesting bounds the recursion.
fn terms(node: &Value, found: &mut Vec<Value>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| terms(item, found)),
        Value::Object(members) => {
            let value = members.get("value");
            match (members.get("type").and_then(Value::as_str), value) {
                (Some("string" | "number"), Some(value)) => found.push(value.clone()),
                // The names on the way to a value are none themselves.
                (Some("ref"), Some(Value::Array(parts))) => {
                    let is_name = |part: &&Value| {
                        let kind = part.get("type").and_then(Value::as_str);
                        matches!(kind, Some("string" | "var"))
                    };
                    let inside = parts.iter().filter(|part| !is_name(part));
                    inside.for_each(|part| terms(part, found));
                }
                _ => members
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "head" | "location"))
                    .for_each(|(_, member)| terms(member, found)),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn scalars(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| scalars(item, found)),
        Value::Object(members) => members.values().for_each(|member| scalars(member, found)),
        Value::Number(_) | Value::String(_) => found.push(value.clone()),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_body_compares_with_is_found_and_names_are_not() {
        let text = |text: &str| json!({"type": "string", "value": text});
        let var = json!({"type": "var", "value": "input"});
        let read = json!({"type": "ref", "value": [var, text("acl"), {"type": "call", "value": [text("inner")]}]});
        let tree = json!({"rules": [{
            "head": {"key": text("a message")},
            "body": [{"terms": [read, text("private"), {"type": "number", "value": 7}, {"type": "set", "value": [text("x")]}]}],
        }]});
        let tree = SyntaxTree(tree);
        let expect = [json!(7), json!("x"), json!("inner"), json!("private")];
        assert_eq!(literals(&[&tree], &[0]), expect);
        let parameters = json!({"allowed": ["b", {"most": 3}], "on": true});
        let found = of_parameters(parameters.as_object().unwrap());
        assert_eq!(found, [json!(3), json!("b")]);
    }

    #[test]
    fn there_is_a_limit() {
        let many = (0..100).map(|number| json!(number)).collect();
        assert_eq!(limited(many).len(), LITERALS_MAX);
        assert_eq!(
            limited(vec![json!("x".repeat(TEXT_BYTES_MAX))]),
            [Value::Null; 0]
        );
    }
}
