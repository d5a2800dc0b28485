//! `lightsout.yaml`: parsed with positions, checked once, resolved into a [`Job`].
//!
//! The text always comes from the base commit. Unknown keys, wrong types and values out of range are errors that name line and
//! column; nothing has a default that widens what a run may do.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::names::{Sha256, StackName};

pub mod agent;
mod check;
pub mod environment;
pub mod load;
pub mod policy;
pub mod route;
pub mod secret;
pub mod stack;

pub use agent::{Agent, AgentKind, Api, KeySource, Model, ModelBudget, Price, Record, Toolchain};
pub use policy::{Destructive, PackKind, Policy, Requirement, Waivers};
pub use route::{Permission, Route};
pub use stack::{
    Autonomy, Aws, Budget, Changes, CredentialSource, Credentials, Holdouts, Package, Provider,
    Role, Stack, State, Trial, TrialProviders,
};

/// LIMIT: bytes of `lightsout.yaml`.
pub const CONFIG_BYTES_MAX: u64 = 256 * 1024;
/// The file's name, at the top of the repository.
pub const CONFIG_FILE: &str = "lightsout.yaml";

/// The whole file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "lightsout.yaml")]
pub struct Config {
    /// Version of the format; 1.
    #[schemars(with = "u32", range(min = 1, max = 1))]
    version: Spanned<u32>,
    /// The stacks that lightsout may change.
    #[schemars(with = "Vec<Stack>")]
    stacks: Vec<Spanned<Stack>>,
    /// Where the ledger is kept and whose key signs it.
    #[serde(default)]
    ledger: Ledger,
    /// Which labels of GitHub's issues are work orders, and who may give them.
    #[serde(default)]
    #[schemars(with = "Vec<Route>")]
    routes: Vec<Spanned<Route>>,
}

/// The ledger.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Verifier key (`name+id+base64`) that every checkpoint must carry. Without it, the key of this machine.
    #[serde(default)]
    pub key: Option<String>,
}

/// What is wrong with the configuration, and where.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not the format.
    #[error("{file}:{line}:{column}: {message}{hint}", hint = Hint(.suggestion))]
    Text {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// Counted from 1.
        column: u64,
        /// What is wrong.
        message: String,
        /// The word that was probably meant.
        suggestion: Option<String>,
    },
    /// The stack is not in the file.
    #[error("stack `{asked}` is not in {CONFIG_FILE}{hint}; it names {known}", hint = Hint(.suggestion))]
    NoStack {
        /// What was asked for.
        asked: StackName,
        /// The nearest name.
        suggestion: Option<String>,
        /// All names.
        known: String,
    },
}

struct Hint<'a>(&'a Option<String>);

impl std::fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(word) => write!(f, "; did you mean `{word}`?"),
            None => Ok(()),
        }
    }
}

/// A stack's configuration with the hash of the file it was read from.
#[derive(Debug)]
pub struct Job {
    /// The stack.
    pub stack: Stack,
    /// The ledger.
    pub ledger: Ledger,
    /// Hash of the whole file at the base commit.
    pub hash: Sha256,
}

/// Parses and checks the file.
///
/// # Errors
/// The first thing that is wrong, with line and column.
pub fn parse(text: &str) -> Result<Config, Error> {
    let config: Config = serde_saphyr::from_str(text).map_err(|error| from_yaml(&error))?;
    if config.version.value != 1 {
        return Err(at(&config.version, "`version` must be 1".to_owned()));
    }
    if config.stacks.is_empty() {
        return Err(at(&config.version, "`stacks` names no stack".to_owned()));
    }
    let secret: Vec<&str> = config
        .stacks
        .iter()
        .flat_map(|stack| check::hidden(&stack.value))
        .collect();
    let mut seen = BTreeSet::new();
    for stack in &config.stacks {
        check::check_apart(&stack.value, &secret)
            .map_err(|message| at(stack, format!("stack `{}`: {message}", stack.value.name)))?;
        if !seen.insert(stack.value.name.clone()) {
            return Err(at(
                stack,
                format!("stack `{}` is there twice", stack.value.name),
            ));
        }
        check::check(&stack.value)
            .map_err(|message| at(stack, format!("stack `{}`: {message}", stack.value.name)))?;
    }
    let mut labels = BTreeSet::new();
    for route in &config.routes {
        route::check(&route.value, &seen).map_err(|message| at(route, message))?;
        if !labels.insert(route.value.label.to_lowercase()) {
            let label = &route.value.label;
            return Err(at(route, format!("the label `{label}` is there twice")));
        }
    }
    Ok(config)
}

impl Config {
    /// The key that must have signed the ledger, when the file names one.
    #[must_use]
    pub fn ledger_key(&self) -> Option<String> {
        self.ledger.key.clone()
    }

    /// The routes, in the file's order.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().map(|route| &route.value)
    }

    /// The stacks, in the file's order.
    pub fn stacks(&self) -> impl Iterator<Item = &Stack> {
        self.stacks.iter().map(|stack| &stack.value)
    }

    /// The names of all stacks.
    pub fn names(&self) -> impl Iterator<Item = &StackName> {
        self.stacks.iter().map(|stack| &stack.value.name)
    }

    /// Takes one stack's job out of the file.
    ///
    /// # Errors
    /// The file does not name it.
    pub fn job(self, name: &StackName, text: &str) -> Result<Job, Error> {
        let known: Vec<String> = self.names().map(ToString::to_string).collect();
        match self
            .stacks
            .into_iter()
            .find(|stack| &stack.value.name == name)
        {
            Some(stack) => Ok(Job {
                stack: stack.value,
                ledger: self.ledger,
                hash: Sha256::of(text.as_bytes()),
            }),
            None => Err(Error::NoStack {
                asked: name.clone(),
                suggestion: nearest(name.as_str(), known.iter().map(String::as_str)),
                known: known
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }
}

fn at<T>(value: &Spanned<T>, message: String) -> Error {
    Error::Text {
        file: CONFIG_FILE.to_owned(),
        line: value.referenced.line(),
        column: value.referenced.column(),
        message,
        suggestion: None,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's errors; each has a message"
)]
fn from_yaml(error: &serde_saphyr::Error) -> Error {
    let plain = error.without_snippet();
    let (line, column) = plain
        .location()
        .map_or((1, 1), |location| (location.line(), location.column()));
    let (message, suggestion) = match plain {
        serde_saphyr::Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown key `{}`", crate::names::excerpt(field)),
            nearest(field, expected.iter().copied()),
        ),
        // Whoever writes something else there may have written the key itself.
        serde_saphyr::Error::SerdeUnknownVariant { expected, .. }
            if expected.iter().eq(agent::KEY_SOURCES.iter()) =>
        {
            (
                format!(
                    "a model's `key` must say where it comes from: {}; the key itself must never be here",
                    expected.join(", ")
                ),
                None,
            )
        }
        serde_saphyr::Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!(
                "`{}` is none of {}",
                crate::names::excerpt(variant),
                expected.join(", ")
            ),
            nearest(variant, expected.iter().copied()),
        ),
        other => (other.to_string(), None),
    };
    Error::Text {
        file: CONFIG_FILE.to_owned(),
        line,
        column,
        message,
        suggestion,
    }
}

/// The word most like `word`, when one is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// The JSON Schema of the file.
#[must_use]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Config)
}

#[cfg(test)]
mod tests;
