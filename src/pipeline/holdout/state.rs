//! The state of a trial stack, as `pulumi stack export` prints it.
//!
//! INVARIANT: only resources that a provider manages for this stack can be selected. Components are claims of the program, and
//! resources that are only read belong to somebody else: neither may stand in for a resource that was asked for. A state with
//! anything half done, or that contradicts itself, is never judged as if it were whole.
//!
//! It runs nothing and reads no file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::value::{Opaque, Value};
use crate::names::Urn;

/// Bytes of an export: a thousand times a demo stack's, a tenth of the memory of a small runner once parsed.
const STATE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Resources of a stack; the largest known stacks have a few thousand.
const RESOURCES_MAX: usize = 10_000;

const STACK_TYPE: &str = "pulumi:pulumi:Stack";

const PROVIDER_TYPES: &str = "pulumi:providers:";

/// The versions of the export's envelope that are understood.
const VERSIONS: [u64; 2] = [3, 4];

/// The deployed state of one trial.
pub struct State {
    pub(super) stack: Option<BTreeMap<String, Value>>,
    pub(super) resources: Vec<Resource>,
    pub(super) unfinished: bool,
    entries: usize,
}

/// A resource that a provider manages for the stack.
pub(super) struct Resource {
    pub(super) urn: Urn,
    pub(super) id: String,
    pub(super) outputs: Value,
    pub(super) protect: bool,
}

/// Why an export cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// More bytes than are read.
    #[error("reading the trial's state: more than {STATE_BYTES_MAX} bytes")]
    TooLarge,
    /// More resources than are judged.
    #[error("reading the trial's state: more than {RESOURCES_MAX} resources")]
    TooMany,
    /// Not JSON, too deep, too many values, or a key that occurs twice.
    #[error(
        "reading the trial's state: not a document that can be trusted at line {line}, column {column}"
    )]
    Json {
        /// Line in the export.
        line: usize,
        /// Column in the export.
        column: usize,
    },
    /// Not the shape of an export.
    #[error("reading the trial's state: `{0}` is missing or not what an export holds there")]
    Shape(&'static str),
    /// Two live resources have the same URN.
    #[error("reading the trial's state: resource {0} has the URN of another one")]
    DuplicateUrn(usize),
    /// A resource is of another type, or of another package's provider, than its URN says.
    #[error("reading the trial's state: resource {0} contradicts its URN")]
    Contradiction(usize),
}

impl State {
    /// Reads what `pulumi stack export` printed.
    ///
    /// # Errors
    /// The bytes are not an export that can be judged.
    pub fn parse(bytes: &[u8]) -> Result<Self, StateError> {
        if bytes.len() > STATE_BYTES_MAX {
            return Err(StateError::TooLarge);
        }
        let document = Value::parse(bytes).map_err(|e| StateError::Json {
            line: e.line(),
            column: e.column(),
        })?;
        match document.get("version") {
            Some(Value::Number(version))
                if VERSIONS.iter().any(|v| version.as_u64() == Some(*v)) => {}
            Some(_) | None => return Err(StateError::Shape("version")),
        }
        let deployment = document
            .get("deployment")
            .filter(|d| matches!(d, Value::Map(_)))
            .ok_or(StateError::Shape("deployment"))?;
        let entries = list(deployment, "resources")?;
        if entries.len() > RESOURCES_MAX {
            return Err(StateError::TooMany);
        }
        let mut state = Self {
            stack: None,
            resources: Vec::new(),
            unfinished: !list(deployment, "pending_operations")?.is_empty(),
            entries: entries.len(),
        };
        let mut urns = BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            state.add(index, entry, &mut urns)?;
        }
        Ok(state)
    }

    /// Everything that the state still lists, the stack's own entry, providers and pending deletions included.
    ///
    /// After a destroy this is what was left behind.
    #[must_use]
    pub const fn entries(&self) -> usize {
        self.entries
    }

    /// Managed resources, without providers: what the stack is made of.
    pub(super) fn made(&self) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(|r| !r.kind().starts_with(PROVIDER_TYPES))
    }

    fn add(
        &mut self,
        index: usize,
        entry: &Value,
        urns: &mut BTreeSet<Urn>,
    ) -> Result<(), StateError> {
        let urn = entry
            .get("urn")
            .and_then(Value::text)
            .ok_or(StateError::Shape("urn"))?;
        let Ok(urn) = Urn::new(urn) else {
            return Err(StateError::Shape("urn"));
        };
        let kind = entry.get("type").and_then(Value::text);
        if kind != Some(urn.resource_type()) {
            return Err(StateError::Contradiction(index));
        }
        if flag(entry, "delete")? {
            // The old half of a replacement: it is not part of the result, and that it is still here means that the
            // deployment did not end.
            self.unfinished = true;
            return Ok(());
        }
        if !urns.insert(urn.clone()) {
            return Err(StateError::DuplicateUrn(index));
        }
        self.unfinished |=
            flag(entry, "pendingReplacement")? || !list(entry, "initErrors")?.is_empty();
        let outputs = match entry.get("outputs") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Map(outputs)) => outputs.clone(),
            Some(_) => return Err(StateError::Shape("outputs")),
        };
        if urn.resource_type() == STACK_TYPE {
            if self.stack.replace(outputs).is_some() {
                return Err(StateError::Contradiction(index));
            }
            return Ok(());
        }
        if !flag(entry, "custom")? || flag(entry, "external")? {
            return Ok(());
        }
        check_provider(index, entry, &urn)?;
        self.resources.push(Resource {
            id: entry
                .get("id")
                .and_then(Value::text)
                .unwrap_or("")
                .to_owned(),
            outputs: Value::Map(outputs),
            protect: flag(entry, "protect")?,
            urn,
        });
        Ok(())
    }
}

/// Shows counts only: a state may hold what must not be logged.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("entries", &self.entries)
            .field("unfinished", &self.unfinished)
            .finish_non_exhaustive()
    }
}

impl Resource {
    pub(super) fn kind(&self) -> &str {
        self.urn.resource_type()
    }

    pub(super) fn name(&self) -> &str {
        self.urn.name()
    }

    /// A tag's value: as set on the resource, else as the provider merged it in.
    pub(super) fn tag(&self, name: &str) -> Result<Option<&Value>, Opaque> {
        for tags in ["tags", "tagsAll"] {
            match self.outputs.get(tags) {
                Some(Value::Opaque(why)) => return Err(*why),
                Some(tags) => match tags.get(name) {
                    Some(Value::Null) | None => {}
                    Some(value) => return Ok(Some(value)),
                },
                None => {}
            }
        }
        Ok(None)
    }

    /// A property of another resource refers to this one if it holds one of these: URN, id, ARN, cloud name.
    pub(super) fn is_referred_to_by(&self, value: &Value) -> bool {
        let text = match value {
            Value::Text(text) => text.as_str(),
            // A resource reference carries the URN of what it points to.
            Value::Map(_) => {
                return value.get("urn").and_then(Value::text) == Some(self.urn.as_str());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Opaque(_) => {
                return false;
            }
        };
        !text.is_empty() && self.identities().any(|identity| identity == text)
    }

    /// What other resources may call this one.
    pub(super) fn identities(&self) -> impl Iterator<Item = &str> {
        let named = ["id", "arn", "name"]
            .into_iter()
            .filter_map(|key| self.outputs.get(key).and_then(Value::text));
        [self.urn.as_str(), self.id.as_str()]
            .into_iter()
            .chain(named)
            .filter(|identity| !identity.is_empty())
    }
}

fn list<'v>(value: &'v Value, key: &'static str) -> Result<&'v [Value], StateError> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::List(items)) => Ok(items),
        Some(_) => Err(StateError::Shape(key)),
    }
}

fn flag(value: &Value, key: &'static str) -> Result<bool, StateError> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(StateError::Shape(key)),
    }
}

/// INVARIANT: a resource of package `p` is one that `p`'s provider answered for; any other provider could claim anything.
fn check_provider(index: usize, entry: &Value, urn: &Urn) -> Result<(), StateError> {
    let package = urn.resource_type().split(':').next().unwrap_or("");
    // Providers and the engine's own types have no provider above them.
    if package == "pulumi" {
        return Ok(());
    }
    // `<URN of the provider>::<its id>`
    let provider = entry
        .get("provider")
        .and_then(Value::text)
        .and_then(|reference| reference.rsplit_once("::"))
        .ok_or(StateError::Shape("provider"))?
        .0;
    let provider = Urn::new(provider).map_err(|_| StateError::Shape("provider"))?;
    if provider.resource_type().strip_prefix(PROVIDER_TYPES) == Some(package) {
        Ok(())
    } else {
        Err(StateError::Contradiction(index))
    }
}
