//! What Check does: judge the inputs by the table, fill in defaults and a name.
//!
//! As the vendor's bridged providers do, the names of properties that Check filled in stand in `__defaults`: that is how a later
//! Check tells a made name, which it keeps, from a given one.
//!
//! INVARIANT: a failure names the property and the rule, never the value.

use serde_json::Value;

use super::table::{Autoname, ResourceType, Table, Type};
use super::value::{self, ARCHIVE, ASSET, Properties, SECRET};
use crate::engine::wire::pulumirpc::CheckFailure;
use crate::engine::wire::value::UNKNOWN;
use crate::names::excerpt;

/// The property that lists what Check filled in.
pub(super) const DEFAULTS: &str = "__defaults";

/// At most this many failures are reported: no person reads more.
const FAILURES_MAX: usize = 50;

/// Judges `news` and completes them.
///
/// `proposal` makes a name where one is missing; it gives nothing where names must be given.
pub(super) fn check(
    table: &Table,
    resource: &ResourceType,
    name: &str,
    olds: &Properties,
    news: Properties,
    proposal: impl FnOnce(&Autoname) -> Option<String>,
) -> (Properties, Vec<CheckFailure>) {
    let mut judge = Judge::new(table, name);
    let mut inputs = Properties::new();
    for (key, given) in news {
        if key == DEFAULTS || given.is_null() {
            continue;
        }
        match resource.inputs.get(&key) {
            Some(property) => {
                let checked = judge.value(&key, &property.kind, given);
                inputs.insert(key, checked);
            }
            None => judge.fail(&key, "Invalid or unknown key."),
        }
    }
    let mut filled = fill_defaults(resource, &mut inputs);
    if let Some(autoname) = &resource.autoname
        && !inputs.contains_key(&autoname.property)
        && !inputs.contains_key(&format!("{}Prefix", autoname.property))
    {
        let name = kept_name(autoname, olds).or_else(|| proposal(autoname));
        if let Some(name) = name {
            inputs.insert(autoname.property.clone(), Value::String(name));
            filled.push(autoname.property.clone());
        }
    }
    for (key, property) in &resource.inputs {
        if property.required && !inputs.contains_key(key) {
            judge.missing(key, key);
        }
    }
    filled.sort();
    inputs.insert(DEFAULTS.to_owned(), Value::from(filled));
    (inputs, judge.failures)
}

/// Judges the provider's own configuration, which is passed on as it is.
pub(super) fn check_config(table: &Table, news: &Properties) -> Vec<CheckFailure> {
    let mut judge = Judge::new(table, "aws");
    for (key, given) in news {
        // The engine puts its own options beside the provider's.
        if matches!(key.as_str(), "version" | "pluginDownloadURL" | "__internal") || given.is_null()
        {
            continue;
        }
        match table.config.get(key) {
            Some(property) => {
                let given = match (&property.kind, given) {
                    // Objects in a provider's configuration arrive as JSON text; other text fails as the text that it is.
                    (Type::Object(_), Value::String(text)) => {
                        serde_json::from_str(text).unwrap_or_else(|_| given.clone())
                    }
                    (_, given) => given.clone(),
                };
                judge.value(key, &property.kind, given);
            }
            None => judge.fail(key, "Invalid or unknown key."),
        }
    }
    judge.failures
}

/// Whether Check filled this property in.
pub(super) fn was_filled(inputs: &Properties, property: &str) -> bool {
    inputs
        .get(DEFAULTS)
        .and_then(Value::as_array)
        .is_some_and(|filled| filled.iter().any(|name| name == property))
}

fn fill_defaults(resource: &ResourceType, inputs: &mut Properties) -> Vec<String> {
    let mut filled = Vec::new();
    for (key, property) in &resource.inputs {
        if let Some(default) = &property.default
            && !inputs.contains_key(key)
        {
            inputs.insert(key.clone(), default.clone());
            filled.push(key.clone());
        }
    }
    filled
}

fn kept_name(autoname: &Autoname, olds: &Properties) -> Option<String> {
    if !was_filled(olds, &autoname.property) {
        return None;
    }
    let old = olds.get(&autoname.property)?;
    value::unwrapped(old).0.as_str().map(str::to_owned)
}

struct Judge<'a> {
    table: &'a Table,
    name: &'a str,
    failures: Vec<CheckFailure>,
}

impl<'a> Judge<'a> {
    const fn new(table: &'a Table, name: &'a str) -> Self {
        Self {
            table,
            name,
            failures: Vec::new(),
        }
    }

    fn fail(&mut self, path: &str, problem: &str) {
        if self.failures.len() < FAILURES_MAX {
            let path = excerpt(path);
            let name = excerpt(self.name);
            self.failures.push(CheckFailure {
                reason: format!("{problem} Examine values at '{name}.{path}'."),
                property: path,
            });
        }
    }

    fn missing(&mut self, path: &str, key: &str) {
        let argument = snake_case(key);
        let problem = format!(
            "Missing required argument. The argument \"{argument}\" is required, but no definition was found.."
        );
        self.fail(path, &problem);
    }

    fn value(&mut self, path: &str, kind: &Type, given: Value) -> Value {
        if value::is_unknown(&given) {
            return given;
        }
        if value::signature(&given) == Some(SECRET) {
            let inner = value::unwrapped(&given).0.clone();
            return value::secret(self.value(path, kind, inner));
        }
        match (kind, given) {
            (Type::Array(item), Value::Array(items)) => Value::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(place, given)| self.value(&format!("{path}[{place}]"), item, given))
                    .collect(),
            ),
            (Type::Map(item), Value::Object(fields)) if !is_marked(&fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(key, given)| {
                        let given = self.value(&format!("{path}.{key}"), item, given);
                        (key, given)
                    })
                    .collect(),
            ),
            (Type::Object(token), Value::Object(fields)) if !is_marked(&fields) => {
                self.object(path, token, fields)
            }
            (Type::Json, given) => self.json(path, given),
            (kind, given) => {
                if !fits(kind, &given) {
                    let problem = format!(
                        "expected {} type, got {} type.",
                        type_word(kind),
                        value_word(&given)
                    );
                    self.fail(path, &problem);
                }
                given
            }
        }
    }

    fn object(&mut self, path: &str, token: &str, fields: Properties) -> Value {
        let Some(known) = self.table.types.get(token) else {
            // The table is consistent; a type that is not there is refused all the same.
            self.fail(
                path,
                "the type of this property is not in the twin's table.",
            );
            return Value::Object(fields);
        };
        let mut checked = Properties::new();
        for (key, given) in fields {
            if key == DEFAULTS || given.is_null() {
                continue;
            }
            let inner = format!("{path}.{key}");
            match known.get(&key) {
                Some(field) => {
                    let given = self.value(&inner, &field.kind, given);
                    checked.insert(key, given);
                }
                None => self.fail(&inner, "Invalid or unknown key."),
            }
        }
        for (key, field) in known {
            if field.required && !checked.contains_key(key) {
                self.missing(&format!("{path}.{key}"), key);
            }
        }
        Value::Object(checked)
    }

    /// A document is stored as text, whatever form it was given in.
    fn json(&mut self, path: &str, given: Value) -> Value {
        match given {
            Value::String(text) => {
                if serde_json::from_str::<Properties>(&text).is_err() {
                    let problem = format!(
                        "\"{}\" contains an invalid JSON policy: not a JSON object.",
                        snake_case(path)
                    );
                    self.fail(path, &problem);
                }
                Value::String(text)
            }
            Value::Object(fields) if !is_marked(&fields) => {
                let fields = Value::Object(fields);
                if value::has_unknown(&fields) {
                    return Value::from(UNKNOWN);
                }
                let (plain, was_secret) = value::revealed(&fields);
                let text = Value::String(plain.to_string());
                if was_secret {
                    value::secret(text)
                } else {
                    text
                }
            }
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_)) => {
                let problem = format!("expected string type, got {} type.", value_word(&other));
                self.fail(path, &problem);
                other
            }
        }
    }
}

fn is_marked(fields: &Properties) -> bool {
    fields.contains_key(value::SIGNATURE)
}

/// Whether a plain value is of a type, or can be turned into it as the bridged providers do with primitives.
fn fits(kind: &Type, given: &Value) -> bool {
    match kind {
        Type::Any => true,
        Type::String => given.is_string() || given.is_number() || given.is_boolean(),
        Type::Number => given.is_number() || parses::<f64>(given),
        Type::Integer => given.is_i64() || parses::<i64>(given),
        Type::Boolean => given.is_boolean() || parses::<bool>(given),
        Type::Asset => matches!(value::signature(given), Some(ASSET | ARCHIVE)),
        Type::Archive => value::signature(given) == Some(ARCHIVE),
        Type::Json | Type::Array(_) | Type::Map(_) | Type::Object(_) => false,
    }
}

fn parses<T: std::str::FromStr>(given: &Value) -> bool {
    given.as_str().is_some_and(|text| text.parse::<T>().is_ok())
}

const fn type_word(kind: &Type) -> &'static str {
    match kind {
        Type::String | Type::Json => "string",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
        Type::Any => "any",
        Type::Asset => "asset",
        Type::Archive => "archive",
        Type::Array(_) => "array",
        Type::Map(_) | Type::Object(_) => "object",
    }
}

fn value_word(given: &Value) -> &'static str {
    match given {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => match value::signature(given) {
            Some(ASSET) => "asset",
            Some(ARCHIVE) => "archive",
            Some(_) => "special",
            None => "object",
        },
    }
}

/// The vendor's messages use Terraform's spelling of names.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}
