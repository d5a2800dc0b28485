//! Property values: what Pulumi packs into `google.protobuf.Struct`, as a tree of our own.
//!
//! INVARIANT: an object that carries the signature key is understood wholly or refused; none passes as a plain map.
//! INVARIANT: `Debug` never shows what is inside a secret.
//!
//! It does not decide whether a value is allowed, and unknown values are never "harmless": a program can write one itself.

use std::collections::BTreeMap;
use std::fmt;

mod read;
mod write;

use super::marks::{ARCHIVE, ASSET, OUTPUT, RESOURCE, SECRET, UNKNOWNS};
pub use super::marks::{SIGNATURE, UNKNOWN};
pub use read::{properties, value};
pub use write::{to_struct, to_wire};

/// Deepest nesting of a value. LIMIT: protobuf's own limit of 100 message levels ends at about 33 nested objects.
pub const VALUE_DEPTH_MAX: usize = 64;
/// Values in one property bag. LIMIT: bounds the tree's memory, which is many times that of its encoding.
pub const VALUE_NODES_MAX: usize = 1_000_000;

/// A bag of properties.
pub type Properties = BTreeMap<String, Value>;

/// One property value.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text that is none of the marks for an unknown.
    String(String),
    /// A list.
    List(Vec<Self>),
    /// An object without a signature.
    Map(Properties),
    /// A secret; `Debug` hides it.
    Secret(Box<Self>),
    /// Not known before the update runs, or so it says.
    Unknown,
    /// A value with its dependencies.
    Output {
        /// The value; `None` when it is unknown.
        value: Option<Box<Self>>,
        /// Whether the value is secret.
        secret: bool,
        /// URNs of what it was computed from.
        dependencies: Vec<String>,
    },
    /// A reference to a resource.
    Resource {
        /// The resource's URN.
        urn: String,
        /// Its id: absent for components, a text or an unknown otherwise.
        id: Option<Box<Self>>,
        /// The version of the package that made it.
        package_version: String,
    },
    /// A file.
    Asset {
        /// Where the bytes are.
        source: Source,
        /// SHA-256 in hex, when the engine has computed it.
        hash: String,
    },
    /// Several files.
    Archive {
        /// Where they are.
        source: ArchiveSource,
        /// SHA-256 in hex, when the engine has computed it.
        hash: String,
    },
}

/// Where an asset's bytes are.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// In the message itself.
    Text(String),
    /// In a file that the engine opens.
    Path(String),
    /// At an address that the engine fetches.
    Uri(String),
    /// Nowhere any more: only the hash is left.
    HashOnly,
}

/// Where an archive's files are.
#[derive(Clone, PartialEq)]
pub enum ArchiveSource {
    /// Named assets and archives.
    Assets(Properties),
    /// A folder or an archive file that the engine opens.
    Path(String),
    /// At an address that the engine fetches.
    Uri(String),
    /// Nowhere any more: only the hash is left.
    HashOnly,
}

/// A property bag that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Too many levels.
    #[error("properties are nested deeper than {VALUE_DEPTH_MAX} levels")]
    TooDeep,
    /// Too many values.
    #[error("a property bag holds more than {VALUE_NODES_MAX} values")]
    TooMany,
    /// A value without a kind.
    #[error("a property has no value")]
    Empty,
    /// A signature that we do not know, or one that is not a plain text.
    #[error("an object has a signature that is not known")]
    UnknownSignature,
    /// A special object with a field that is missing, of another type, or not its own.
    #[error("{kind} has a wrong field `{field}`")]
    WrongField {
        /// Which special object.
        kind: &'static str,
        /// Which field, as excerpt.
        field: String,
    },
    /// An asset with no source, or with several.
    #[error("{kind} must have exactly one of its sources")]
    Sources {
        /// Asset or archive.
        kind: &'static str,
    },
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::String(text) => write!(f, "{text:?}"),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(fields) => f.debug_map().entries(fields).finish(),
            Self::Secret(_) | Self::Output { secret: true, .. } => f.write_str("[secret]"),
            Self::Unknown => f.write_str("[unknown]"),
            Self::Output { value, .. } => write!(f, "output({value:?})"),
            Self::Resource { urn, .. } => write!(f, "resource({urn:?})"),
            Self::Asset { source, .. } => write!(f, "asset({source:?})"),
            Self::Archive { source, .. } => write!(f, "archive({source:?})"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{} bytes of text", text.len()),
            Self::Path(path) => write!(f, "path {path:?}"),
            Self::Uri(uri) => write!(f, "uri {uri:?}"),
            Self::HashOnly => f.write_str("only a hash"),
        }
    }
}

impl fmt::Debug for ArchiveSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assets(assets) => f.debug_map().entries(assets).finish(),
            Self::Path(path) => write!(f, "path {path:?}"),
            Self::Uri(uri) => write!(f, "uri {uri:?}"),
            Self::HashOnly => f.write_str("only a hash"),
        }
    }
}

#[cfg(test)]
mod tests;
