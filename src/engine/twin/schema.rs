//! The package schema, which YAML programs are checked against, made from the same table.

use serde_json::{Map, Value, json};

use super::invoke;
use super::table::{Property, Table, Type};

/// The schema as JSON text.
pub(super) fn schema(table: &Table) -> String {
    let resources: Map<_, _> = table
        .resources
        .iter()
        .map(|(token, resource)| {
            let outputs = resource.outputs.iter().chain(&resource.inputs);
            let resource = json!({
                "properties": properties(outputs),
                "inputProperties": properties(&resource.inputs),
                "requiredInputs": required(resource.inputs.iter().map(|(k, p)| (k, p.required))),
            });
            (token.clone(), resource)
        })
        .collect();
    let types: Map<_, _> = table
        .types
        .iter()
        .map(|(token, fields)| {
            let properties: Map<_, _> = fields
                .iter()
                .map(|(key, field)| (key.clone(), spec(&field.kind)))
                .collect();
            let object = json!({
                "type": "object",
                "properties": properties,
                "required": required(fields.iter().map(|(k, f)| (k, f.required))),
            });
            (token.clone(), object)
        })
        .collect();
    json!({
        "name": super::PACKAGE,
        "version": table.version,
        "meta": { "moduleFormat": "(.*)(?:/[^/]*)" },
        "config": { "variables": properties(&table.config) },
        "provider": { "inputProperties": properties(&table.config) },
        "types": types,
        "resources": resources,
        "functions": invoke::schema(),
    })
    .to_string()
}

fn properties<'a>(properties: impl IntoIterator<Item = (&'a String, &'a Property)>) -> Value {
    let specs = properties.into_iter().map(|(key, property)| {
        let mut spec = spec(&property.kind);
        if property.secret
            && let Some(fields) = spec.as_object_mut()
        {
            fields.insert("secret".to_owned(), Value::Bool(true));
        }
        (key.clone(), spec)
    });
    Value::Object(specs.collect())
}

fn required<'a>(properties: impl Iterator<Item = (&'a String, bool)>) -> Vec<&'a String> {
    properties
        .filter_map(|(key, required)| required.then_some(key))
        .collect()
}

fn spec(kind: &Type) -> Value {
    match kind {
        Type::String => json!({ "type": "string" }),
        Type::Integer => json!({ "type": "integer" }),
        Type::Number => json!({ "type": "number" }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Any => json!({ "$ref": "pulumi.json#/Any" }),
        Type::Json => json!({ "oneOf": [{ "type": "string" }, { "$ref": "pulumi.json#/Any" }] }),
        Type::Asset => json!({ "$ref": "pulumi.json#/Asset" }),
        Type::Archive => json!({ "$ref": "pulumi.json#/Archive" }),
        Type::Array(item) => json!({ "type": "array", "items": spec(item) }),
        Type::Map(item) => json!({ "type": "object", "additionalProperties": spec(item) }),
        Type::Object(token) => json!({ "$ref": format!("#/types/{token}") }),
    }
}
