//! Every place in a syntax tree where a root document is named, and what stands at it.

use serde_json::Value;

use super::Step;
use crate::pipeline::policy::tree::literal;

/// One place where a root document, or a name for a part of one, stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Mention {
    /// The way from the root as far as it is written there; what is no literal is [`Step::Any`].
    pub(in super::super) steps: Vec<Step>,
    /// The line, where the tree tells it.
    pub(in super::super) row: Option<u64>,
}

/// Collects every mention of a root document, however deep in the tree. OPA's own limit on nesting bounds the recursion.
pub(in super::super) fn mentions(tree: &Value, root: &str, found: &mut Vec<Mention>) {
    match tree {
        Value::Array(items) => items.iter().for_each(|item| mentions(item, root, found)),
        Value::Object(members) => {
            let row = tree.pointer("/location/row").and_then(Value::as_u64);
            match reference(tree) {
                Some((head, rest)) if is_var(head, root) => {
                    let steps = steps(rest);
                    found.push(Mention { steps, row });
                    rest.iter().for_each(|part| mentions(part, root, found));
                }
                Some(_) | None => {
                    if is_var(tree, root) {
                        let steps = Vec::new();
                        found.push(Mention { steps, row });
                    }
                    members
                        .values()
                        .for_each(|member| mentions(member, root, found));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The parts of a root document that `with` puts something else in the place of.
pub(in super::super) fn replaced(tree: &Value, root: &str, found: &mut Vec<Mention>) {
    match tree {
        Value::Array(items) => items.iter().for_each(|item| replaced(item, root, found)),
        Value::Object(members) => {
            let with = members.get("with").and_then(Value::as_array);
            for target in with
                .into_iter()
                .flatten()
                .filter_map(|with| with.get("target"))
            {
                mentions(target, root, found);
            }
            members
                .values()
                .for_each(|member| replaced(member, root, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A reference's head and the parts behind it.
pub(in super::super) fn reference(term: &Value) -> Option<(&Value, &[Value])> {
    let is_ref = term.get("type").and_then(Value::as_str) == Some("ref");
    let parts = term.get("value").filter(|_| is_ref)?.as_array()?;
    parts.split_first()
}

pub(in super::super) fn steps(parts: &[Value]) -> Vec<Step> {
    parts
        .iter()
        .map(|part| literal(part).map_or(Step::Any, Step::Key))
        .collect()
}

pub(in super::super) fn is_var(term: &Value, name: &str) -> bool {
    var(term) == Some(name)
}

/// The name of a term that is a variable.
pub(in super::super) fn var(term: &Value) -> Option<&str> {
    let is_var = term.get("type").and_then(Value::as_str) == Some("var");
    term.get("value").filter(|_| is_var)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_with_replaces_is_told_apart_from_what_is_read() {
        let input = |key: &str| {
            let parts = [
                json!({"type": "var", "value": "input"}),
                json!({"type": "string", "value": key}),
            ];
            json!({"type": "ref", "value": parts, "location": {"row": 7}})
        };
        let tree = json!([{"terms": input("read"), "with": [{"target": input("set"), "value": input("given")}]}]);
        let of = |found: Vec<Mention>| -> Vec<Vec<Step>> {
            assert!(found.iter().all(|mention| mention.row == Some(7)));
            found.into_iter().map(|mention| mention.steps).collect()
        };
        let key = |key: &str| vec![Step::Key(key.to_owned())];
        let mut found = Vec::new();
        replaced(&tree, "input", &mut found);
        assert_eq!(of(found), [key("set")]);
        let mut found = Vec::new();
        mentions(&tree, "input", &mut found);
        assert_eq!(of(found).len(), 3);
    }
}
