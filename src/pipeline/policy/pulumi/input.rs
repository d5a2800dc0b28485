//! The documents that rules of Pulumi's OPA runtime see, made of ours.
//!
//! A resource's properties stand at the top, and win over the plain names beside them; the names with two underscores cannot
//! collide. Ours beyond theirs: `__op`, `__old`, `__diff`, `__unknown_paths`, `__secret_paths`, `__stack`.

use serde_json::{Map, Value, json};

type Document = Map<String, Value>;

/// One resource.
pub(in super::super) fn resource(ours: &Document) -> Document {
    let get = |key: &str| ours.get(key).cloned().unwrap_or(Value::Null);
    let properties = match ours.get("inputs") {
        Some(Value::Object(properties)) => properties.clone(),
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        )
        | None => Map::new(),
    };
    let names = [
        ("type", get("type")),
        ("urn", get("urn")),
        ("name", get("name")),
        ("options", options(ours.get("options"))),
        ("provider", provider(ours.get("provider"))),
        ("properties", Value::Object(properties.clone())),
        ("props", Value::Object(properties.clone())),
    ];
    let extensions = [
        ("__op", get("op")),
        ("__old", get("old_inputs")),
        ("__diff", get("diff")),
        ("__unknown_paths", get("unknown_paths")),
        ("__secret_paths", get("secret_paths")),
        ("__stack", get("stack")),
    ];
    let mut document = Map::new();
    for (name, value) in &names {
        document.insert((*name).to_owned(), value.clone());
    }
    document.extend(properties);
    for (name, value) in names {
        document.insert(format!("__{name}"), value);
    }
    for (name, value) in extensions {
        document.insert(name.to_owned(), value);
    }
    document
}

/// The whole stack: every resource as [`resource`] shows it.
pub(in super::super) fn stack(ours: &Document) -> Document {
    let resources = ours.get("resources").and_then(Value::as_array);
    let resources: Vec<Value> = resources
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|each| Value::Object(resource(each)))
        .collect();
    Map::from_iter([("resources".to_owned(), Value::Array(resources))])
}

fn options(ours: Option<&Value>) -> Value {
    let get = |key: &str| ours.and_then(|options| options.get(key)).cloned();
    json!({
        "protect": get("protect"),
        "ignoreChanges": get("ignore_changes"),
        "retainOnDelete": get("retain_on_delete"),
    })
}

/// Their form of a provider reference, `URN::ID`.
fn provider(reference: Option<&Value>) -> Value {
    let reference = reference.and_then(Value::as_str);
    let Some((urn, _)) = reference.and_then(|reference| reference.rsplit_once("::")) else {
        return json!({});
    };
    let mut parts = urn.splitn(4, "::").skip(2);
    let kind = parts.next().and_then(|types| types.rsplit('$').next());
    json!({ "urn": urn, "type": kind, "name": parts.next() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_wins_over_a_plain_name() {
        let Value::Object(ours) = json!({
            "urn": "u", "type": "t", "name": "n", "op": "create", "inputs": {"type": "mine", "acl": "x"}, "old_inputs": null,
            "provider": "urn:pulumi:s::p::pulumi:providers:aws::main::id",
            "options": {"protect": true, "retain_on_delete": false, "ignore_changes": ["a"]},
        }) else {
            panic!()
        };
        let theirs = Value::Object(resource(&ours));
        assert_eq!(theirs["type"], "mine");
        assert_eq!(theirs["__type"], "t");
        assert_eq!(theirs["acl"], "x");
        assert_eq!(theirs["props"], json!({"type": "mine", "acl": "x"}));
        assert_eq!(theirs["options"]["ignoreChanges"], json!(["a"]));
        assert_eq!(
            theirs["__provider"],
            json!({"urn": "urn:pulumi:s::p::pulumi:providers:aws::main", "type": "pulumi:providers:aws", "name": "main"})
        );
        assert_eq!(theirs["__op"], "create");
    }
}
