//! `lightsout.yaml`: parsed with positions, checked once, resolved into a [`Job`].
//!
//! The text always comes from the base commit. Unknown keys, wrong types and values out of range are errors that name line and
//! column; nothing has a default that widens what a run may do.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::names::{Sha256, StackName};
use crate::perimeter::identity;

pub mod environment;
pub mod load;
pub mod secret;
pub mod stack;

pub use stack::{
    Agent, Autonomy, Aws, Budget, Changes, CredentialSource, Credentials, Destructive, Holdouts,
    Package, Provider, Requirement, Role, Stack, State, Trial, TrialProviders,
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
        .flat_map(|stack| hidden(&stack.value))
        .collect();
    let mut seen = BTreeSet::new();
    for stack in &config.stacks {
        check_apart(&stack.value, &secret)
            .map_err(|message| at(stack, format!("stack `{}`: {message}", stack.value.name)))?;
        if !seen.insert(stack.value.name.clone()) {
            return Err(at(
                stack,
                format!("stack `{}` is there twice", stack.value.name),
            ));
        }
        check(&stack.value)
            .map_err(|message| at(stack, format!("stack `{}`: {message}", stack.value.name)))?;
    }
    Ok(config)
}

impl Config {
    /// The key that must have signed the ledger, when the file names one.
    #[must_use]
    pub fn ledger_key(&self) -> Option<String> {
        self.ledger.key.clone()
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

/// The folders that no agent may see: the scenarios and the policies.
fn hidden(stack: &Stack) -> impl Iterator<Item = &str> {
    let holdouts = stack
        .holdouts
        .iter()
        .map(|holdouts| holdouts.source.as_str());
    holdouts.chain(stack.policies.iter().map(String::as_str))
}

/// What the sandboxes show must not contain, nor lie in, what is hidden from any agent, of this stack or of another.
fn check_apart(stack: &Stack, secret: &[&str]) -> Result<(), String> {
    let files = stack
        .agent
        .iter()
        .filter_map(|agent| agent.files.as_deref());
    for shown in files.chain([stack.path.as_str()]) {
        if let Some(folder) = secret.iter().find(|folder| overlaps(shown, folder)) {
            return Err(format!(
                "the agent is shown `{shown}`, which overlaps with `{folder}`, which must be hidden from it"
            ));
        }
    }
    Ok(())
}

/// Whether one folder is the other or lies in it; on some file systems, letters' case does not count.
fn overlaps(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    a == b || a.starts_with(&format!("{b}/")) || b.starts_with(&format!("{a}/"))
}

fn check(stack: &Stack) -> Result<(), String> {
    check_folder("path", &stack.path)?;
    for pack in &stack.policies {
        check_folder("policies", pack)?;
    }
    if stack.policies.is_empty() {
        return Err(
            "`policies` names no pack; without a policy nothing could be judged".to_owned(),
        );
    }
    if let Some(agent) = &stack.agent {
        match agent.command.first() {
            Some(first) if first.starts_with('/') => {}
            Some(first) => {
                return Err(format!(
                    "`agent.command` must begin with an absolute path inside the sandbox, not `{first}`"
                ));
            }
            None => return Err("`agent.command` is empty".to_owned()),
        }
        if let Some(files) = &agent.files {
            check_folder("agent.files", files)?;
        }
        check_range("agent.minutes", agent.minutes, 1..=120)?;
    }
    if let Some(holdouts) = &stack.holdouts {
        check_folder("holdouts.source", &holdouts.source)?;
        check_range("holdouts.runs", holdouts.runs, 1..=9)?;
        // One lucky run must not be enough.
        let most = holdouts.runs / 2 + 1;
        check_range("holdouts.quorum", holdouts.quorum, most..=holdouts.runs)?;
        if holdouts.basis_points().is_none() {
            return Err(
                "`holdouts.pass_rate` must be above 0 and at most 1, in steps of 0.0001".to_owned(),
            );
        }
    }
    check_range("budget.attempts", stack.budget.attempts, 1..=3)?;
    check_range("budget.minutes", stack.budget.minutes, 1..=360)?;
    match stack.state.url.strip_prefix("file://") {
        Some(path) if path.starts_with('/') || path.starts_with("./") => {}
        Some(_) | None => {
            return Err("`state.url` must be `file:///absolute/folder` or `file://./folder`; no other backend is supported".to_owned());
        }
    }
    check_state(stack)?;
    // A trial deploys what nobody has judged yet.
    let own = |name: &&String| {
        stack
            .packages
            .values()
            .any(|package| package.environment.contains(*name))
    };
    if let Some(shared) = stack.trial.environment.values().find(own) {
        return Err(format!(
            "`trial.environment` takes `{shared}`, which is the stack's own: give trials an account of their own, by variables such as `TRIAL_{shared}`"
        ));
    }
    if stack
        .packages
        .iter()
        .any(|(_, package)| package.provider == Provider::Plugin && package.version.is_none())
    {
        return Err("a package with `provider: plugin` needs a `version`".to_owned());
    }
    check_credentials(stack)
}

fn check_credentials(stack: &Stack) -> Result<(), String> {
    // With these, a provider could be the job, for every role that trusts it.
    let is_identity = |name: &&String| {
        [identity::URL_VARIABLE, identity::TOKEN_VARIABLE].contains(&name.as_str())
    };
    let given = stack.packages.values().flat_map(|it| &it.environment);
    if let Some(name) = given
        .chain(stack.trial.environment.values())
        .find(is_identity)
    {
        return Err(format!(
            "`{name}` is the job's identity, which no provider gets"
        ));
    }
    let uses = stack
        .packages
        .values()
        .any(|package| package.credentials == Some(CredentialSource::Aws));
    let Some(aws) = &stack.credentials.aws else {
        return if uses {
            Err("a package has `credentials: aws`, and there is no `credentials.aws`".to_owned())
        } else {
            Ok(())
        };
    };
    if uses && stack.trial.providers == TrialProviders::Real && aws.validate.is_none() {
        return Err(
            "trials on real providers need a role of their own: `credentials.aws.validate`"
                .to_owned(),
        );
    }
    let roles = [Some(&aws.preview), aws.validate.as_ref(), Some(&aws.apply)];
    for role in roles.into_iter().flatten() {
        if let Some(file) = &role.session_policy {
            check_folder("session_policy", file)?;
        }
    }
    // Whoever may preview must not be able to apply.
    if aws.preview.arn == aws.apply.arn
        || aws
            .validate
            .as_ref()
            .is_some_and(|role| role.arn == aws.apply.arn)
    {
        return Err("`credentials.aws.apply` must be a role of its own".to_owned());
    }
    Ok(())
}

/// The engine writes the state: it must lie in nothing that is read from a commit or shown to an agent.
fn check_state(stack: &Stack) -> Result<(), String> {
    let Some(path) = stack.state.url.strip_prefix("file://./") else {
        return Ok(());
    };
    let path = path.trim_end_matches('/');
    check_folder("state.url", path)?;
    let folders = hidden(stack)
        .chain([stack.path.as_str(), ".git"])
        .chain(stack.agent.iter().filter_map(|it| it.files.as_deref()));
    match folders.into_iter().find(|folder| overlaps(path, folder)) {
        Some(folder) => Err(format!("`state.url` overlaps with `{folder}`")),
        None => Ok(()),
    }
}

fn check_range(key: &str, value: u32, range: std::ops::RangeInclusive<u32>) -> Result<(), String> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(format!(
            "`{key}` must be {} to {}, not {value}",
            range.start(),
            range.end()
        ))
    }
}

fn check_folder(key: &str, path: &str) -> Result<(), String> {
    let fine = !path.is_empty()
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
        && !path.contains(['\\', '\0']);
    if fine {
        Ok(())
    } else {
        Err(format!(
            "`{key}` must be a folder below the top of the repository, not `{}`",
            crate::names::excerpt(path)
        ))
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
