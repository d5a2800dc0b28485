//! One stack of the configuration, as it is written in the file.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agent::{Agent, ModelBudget};
use super::policy::{Destructive, Policy, Waivers};
use crate::names::{PackageName, RoleArn, StackName};

/// One stack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The stack's name, as Pulumi knows it.
    #[schemars(with = "String")]
    pub name: StackName,
    /// Folder of its Pulumi program, from the top of the repository.
    pub path: String,
    /// How far a run may go alone.
    pub autonomy: Autonomy,
    /// What changes the program.
    #[serde(default)]
    pub agent: Option<Agent>,
    /// The policy packs that judge it.
    pub policies: Vec<Policy>,
    /// Signed exceptions from rules.
    #[serde(default)]
    pub waivers: Option<Waivers>,
    /// The hidden acceptance scenarios.
    #[serde(default)]
    pub holdouts: Option<Holdouts>,
    /// What a trial is deployed on.
    #[serde(default)]
    pub trial: Trial,
    /// Where the stack's state is kept.
    pub state: State,
    /// The packages that the program may use, and what serves them.
    #[schemars(with = "BTreeMap<String, Package>")]
    pub packages: BTreeMap<PackageName, Package>,
    /// Short-lived credentials of the stack's providers.
    #[serde(default)]
    pub credentials: Credentials,
    /// What a proposal may touch.
    #[serde(default)]
    pub changes: Changes,
    /// Deletes and replaces of stateful resources.
    #[serde(default)]
    pub destructive: Destructive,
    /// Limits of one run.
    #[serde(default)]
    pub budget: Budget,
}

/// Autonomy level.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Autonomy {
    /// The proposal is written as a branch; a person merges it.
    Review,
    /// The run waits for `lightsout approve`.
    Balanced,
    /// What passes is applied.
    Auto,
}

impl std::fmt::Display for Autonomy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Review => "review",
            Self::Balanced => "balanced",
            Self::Auto => "auto",
        })
    }
}

/// Hidden acceptance scenarios.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holdouts {
    /// Folder of `*.feature` files.
    pub source: String,
    /// Trials, each judged by every scenario.
    #[serde(default = "holdout_runs")]
    pub runs: u32,
    /// Runs that must pass for a scenario to pass.
    #[serde(default = "holdout_quorum")]
    pub quorum: u32,
    /// Share of the scenarios that must pass, above 0 and at most 1, in steps of 0.0001.
    #[serde(default = "holdout_pass_rate")]
    pub pass_rate: f64,
}

const fn holdout_runs() -> u32 {
    3
}
const fn holdout_quorum() -> u32 {
    2
}
const fn holdout_pass_rate() -> f64 {
    0.9
}

impl Holdouts {
    /// The pass rate in basis points (1 to 10,000), or nothing when it is not one.
    #[must_use]
    pub fn basis_points(&self) -> Option<u32> {
        let scaled = self.pass_rate * 10_000.0;
        let whole = scaled.round();
        let is_exact = (scaled - whole).abs() < 1e-6;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range is checked"
        )]
        (is_exact && (1.0..=10_000.0).contains(&whole)).then_some(whole as u32)
    }
}

/// A trial deployment.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// What serves the packages during a trial.
    #[serde(default)]
    pub providers: TrialProviders,
    /// Environment variables that real providers get during a trial, in place of the packages' own, and the variables that their values
    /// come from: a trial creates real things, in an account of its own.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// What serves the packages during a trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrialProviders {
    /// In-process twins, for the packages that have one.
    #[default]
    Twin,
    /// The same as the stack's own.
    Real,
}

/// Where the state is kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// `file://` and a folder: absolute, or beginning with `./` from the top of the repository.
    pub url: String,
    /// Name of the environment variable that holds the passphrase of the stack's secrets.
    #[serde(default = "passphrase_variable")]
    pub passphrase: String,
}

fn passphrase_variable() -> String {
    "PULUMI_CONFIG_PASSPHRASE".to_owned()
}

/// One package of the allow-list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// What serves it.
    pub provider: Provider,
    /// The plugin's version; needed for `plugin`.
    #[serde(default)]
    pub version: Option<String>,
    /// Data sources that the program may call, by token.
    #[serde(default)]
    pub invokes: Vec<String>,
    /// Names of environment variables that this provider's process gets, and nothing else does.
    #[serde(default)]
    pub environment: BTreeSet<String>,
    /// Whose short-lived credentials this provider's process gets.
    #[serde(default)]
    pub credentials: Option<CredentialSource>,
}

/// Where a provider's credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CredentialSource {
    /// `credentials.aws`.
    Aws,
}

/// Short-lived credentials.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Roles of AWS, assumed with the job's own identity.
    #[serde(default)]
    pub aws: Option<Aws>,
}

/// Roles of AWS, one a stage.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// The region whose STS is asked, and in which providers work.
    pub region: String,
    /// The audience of the job's tokens: a client id of the account's identity provider for GitHub.
    #[serde(default = "sts_audience")]
    pub audience: String,
    /// For previews: reads.
    pub preview: Role,
    /// For trials on real providers; in an account of their own.
    #[serde(default)]
    pub validate: Option<Role>,
    /// For applies: writes.
    pub apply: Role,
}

fn sts_audience() -> String {
    "sts.amazonaws.com".to_owned()
}

/// One role, and what it trusts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its ARN.
    #[schemars(with = "String")]
    pub arn: RoleArn,
    /// The GitHub environment in which a job must run for the role to trust it.
    #[serde(default)]
    pub environment: Option<String>,
    /// The reusable workflow that must define the job: `OWNER/REPO/.github/workflows/FILE@REF`.
    #[serde(default)]
    pub workflow: Option<String>,
    /// File of the repository with a session policy, which cuts what the role may do.
    #[serde(default)]
    pub session_policy: Option<String>,
}

/// What serves a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// An in-process stand-in; nothing real is touched.
    Twin,
    /// The real plugin, by `tools.lock`.
    Plugin,
}

/// What a proposal may touch.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Globs, relative to the stack's folder.
    #[serde(default = "everything")]
    pub allow: Vec<String>,
}

fn everything() -> Vec<String> {
    vec!["**".to_owned()]
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            allow: everything(),
        }
    }
}

/// Limits of one run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Attempts of the agent, 1 to 3.
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// Minutes of the whole run.
    #[serde(default = "minutes")]
    pub minutes: u32,
    /// What the model may be asked in all attempts together.
    #[serde(default)]
    pub model: ModelBudget,
}

const fn attempts() -> u32 {
    3
}
const fn minutes() -> u32 {
    30
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            attempts: attempts(),
            minutes: minutes(),
            model: ModelBudget::default(),
        }
    }
}
