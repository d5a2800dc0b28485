//! The one table of what a twin knows: resource types, their properties, and how outputs come about.
//!
//! INVARIANT: a loaded table is consistent: every type it names exists, every template reads properties that exist.
//! What it does not do: it holds no state and makes no value; see `outputs`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Error;
use super::template::Template;

const AWS: &str = include_str!("aws.json");

/// Everything that a twin knows of its package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// The version of the package from which the names were taken.
    pub(super) version: String,
    /// Configuration of the provider itself.
    pub(super) config: BTreeMap<String, Property>,
    /// Resource types by token.
    pub(super) resources: BTreeMap<String, ResourceType>,
    /// Object types by token, each a map from property to type.
    pub(super) types: BTreeMap<String, BTreeMap<String, Field>>,
}

/// A resource type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceType {
    /// What the vendor calls it in messages.
    pub(super) noun: String,
    /// Whether losing one loses data or addresses that nobody can make again.
    #[serde(default)]
    pub(super) stateful: bool,
    /// How a missing name is made.
    pub(super) autoname: Option<Autoname>,
    /// How an id is made.
    pub(super) id: Template,
    /// What a program may give.
    pub(super) inputs: BTreeMap<String, Property>,
    /// What only the provider gives.
    pub(super) outputs: BTreeMap<String, Property>,
}

/// How a missing name is made: `<resource name>-<7 hex digits>`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Autoname {
    /// The property that is the name.
    pub(super) property: String,
    /// The longest name, in characters.
    pub(super) max: usize,
    /// Whether names must be lower case.
    #[serde(default)]
    pub(super) lower: bool,
    /// The resource's name as it stands, without digits; one may overwrite another.
    #[serde(default)]
    pub(super) plain: bool,
    /// What every name begins with.
    #[serde(default)]
    pub(super) prefix: String,
    /// A flag among the inputs, and what names end with where it is set.
    pub(super) suffix: Option<(String, String)>,
}

/// A property of a resource.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Property {
    /// The type of its values.
    #[serde(rename = "type")]
    pub(super) kind: Type,
    /// Whether a program must give it.
    #[serde(default)]
    pub(super) required: bool,
    /// Whether another value needs another resource.
    #[serde(default)]
    pub(super) replaces: bool,
    /// What Check fills in.
    pub(super) default: Option<Value>,
    /// What Create fills in; unknown at preview.
    pub(super) computed: Option<Computed>,
    /// The input that must be given, and not be false, for `computed` to apply.
    pub(super) when: Option<String>,
    /// Whether it is known at preview although it is computed.
    #[serde(default)]
    pub(super) planned: bool,
    /// Whether it is always a secret.
    #[serde(default)]
    pub(super) secret: bool,
}

/// What an absent property becomes when the resource is made.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Computed {
    /// Text with placeholders.
    Text(Template),
    /// A fixed value.
    Value(Value),
}

/// A property of an object type.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Field {
    pub(super) kind: Type,
    pub(super) required: bool,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Type {
    String,
    Integer,
    Number,
    Boolean,
    /// Anything at all.
    Any,
    /// A JSON document: text, or an object that Check turns into text.
    Json,
    /// An asset or an archive.
    Asset,
    Archive,
    Array(Box<Self>),
    Map(Box<Self>),
    /// An object type, by its token.
    Object(String),
}

impl TryFrom<String> for Type {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let inner = |open: &str| text.strip_prefix(open).and_then(|t| t.strip_suffix('>'));
        if let Some(item) = inner("array<") {
            return Ok(Self::Array(Box::new(Self::try_from(item.to_owned())?)));
        }
        if let Some(item) = inner("map<") {
            return Ok(Self::Map(Box::new(Self::try_from(item.to_owned())?)));
        }
        Ok(match text.as_str() {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "any" => Self::Any,
            "json" => Self::Json,
            "asset" => Self::Asset,
            "archive" => Self::Archive,
            token if token.starts_with("aws:") => Self::Object(text),
            _ => return Err(format!("`{text}` is not a type")),
        })
    }
}

impl TryFrom<String> for Field {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (kind, required) = match text.strip_suffix('!') {
            Some(kind) => (kind.to_owned(), true),
            None => (text, false),
        };
        Ok(Self {
            kind: Type::try_from(kind)?,
            required,
        })
    }
}

impl Table {
    /// The built-in table for `aws`.
    pub(super) fn aws() -> Result<Self, Error> {
        let table: Self = serde_json::from_str(AWS).map_err(|e| Error::Table(e.to_string()))?;
        table.check().map_err(Error::Table)?;
        Ok(table)
    }

    fn check(&self) -> Result<(), String> {
        for (token, resource) in &self.resources {
            self.check_resource(resource)
                .map_err(|problem| format!("`{token}`: {problem}"))?;
        }
        for (token, fields) in &self.types {
            for field in fields.values() {
                self.check_type(&field.kind)
                    .map_err(|problem| format!("`{token}`: {problem}"))?;
            }
        }
        self.config
            .values()
            .try_for_each(|property| self.check_type(&property.kind))
    }

    fn check_resource(&self, resource: &ResourceType) -> Result<(), String> {
        let known = |name: &str| {
            if resource.property(name).is_some() {
                Ok(())
            } else {
                Err(format!("there is no property `{name}`"))
            }
        };
        if let Some(autoname) = &resource.autoname {
            known(&autoname.property)?;
            if let Some((flag, _)) = &autoname.suffix {
                known(flag)?;
            }
        }
        resource.id.properties().try_for_each(known)?;
        for property in resource.inputs.values().chain(resource.outputs.values()) {
            self.check_type(&property.kind)?;
            if let Some(Computed::Text(template)) = &property.computed {
                template.properties().try_for_each(known)?;
            }
            if let Some(when) = &property.when {
                known(when)?;
            }
        }
        match resource
            .inputs
            .keys()
            .find(|k| resource.outputs.contains_key(*k))
        {
            Some(twice) => Err(format!("`{twice}` is both an input and an output")),
            None => Ok(()),
        }
    }

    fn check_type(&self, kind: &Type) -> Result<(), String> {
        match kind {
            Type::Array(item) | Type::Map(item) => self.check_type(item),
            Type::Object(token) if !self.types.contains_key(token) => {
                Err(format!("there is no type `{token}`"))
            }
            Type::Object(_)
            | Type::String
            | Type::Integer
            | Type::Number
            | Type::Boolean
            | Type::Any
            | Type::Json
            | Type::Asset
            | Type::Archive => Ok(()),
        }
    }
}

impl ResourceType {
    /// An input or an output by its name.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        self.inputs.get(name).or_else(|| self.outputs.get(name))
    }
}
