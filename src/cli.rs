//! The command line: clap types, nothing else.

mod agent;
mod format;
mod policy;
mod waive;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::names::{PackageName, RunId, StackName};

pub use agent::{Agent, Doctor};
pub use format::{Format, FormatArg};
pub use policy::{Build, Eval, Explain, List, New, Packs, Policy, PolicyCommand};
pub use waive::Waive;

/// Lets an agent change Pulumi infrastructure with nobody reading the diff.
///
/// A perimeter that the agent cannot cross, policies that it cannot edit and acceptance scenarios that it cannot see decide; only what was
/// decided can be applied. Every piece of evidence goes into a signed ledger.
#[derive(Debug, Parser)]
#[command(name = "lightsout", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The repository; the folder that holds lightsout.yaml.
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    pub repository: PathBuf,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = FormatArg::Human)]
    pub format: FormatArg,
    /// Take pulumi and opa from the search path; the ledger says so.
    #[arg(long, global = true)]
    pub system_tools: bool,
    /// Log to standard error, for developers; repeat for more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

const EXIT_CODES: &str = "Exit codes:
  0   decided and done: applied, nothing to change, or handed over as the level asks
  1   fault: no decision, nothing was applied
  2   usage or configuration
  10  refused by policy       11  refused by the holdouts
  12  refused by the gate     13  budget spent
  14  undetermined (of `policy eval`)
  20  apply began and did not finish: a person must look
  30  the ledger does not verify";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take a work order through all stages, once.
    Run(Run),
    /// Do what the event of this GitHub workflow asks for: an issue's label, a pull request, an approval.
    Work(Work),
    /// Say what the event of this GitHub workflow asks for, and write its work order; does nothing.
    Route(Route),
    /// List the stacks, for a workflow's matrix.
    Stacks(Stacks),
    /// Show the whole loop, offline, in a temporary folder.
    Demo(Demo),
    /// Approve a run that waits for a person, and apply it.
    Approve(Approve),
    /// Say that a person has looked at an apply that did not finish; until then nothing else is done to its stack.
    Acknowledge(Acknowledge),
    /// Stage: have the agent change the stack, or take a proposal; prints a proposal.
    Generate(Generate),
    /// Stage: preview a proposal; reads one, prints a preview.
    Preview(Stage),
    /// Stage: judge a preview by the policies. Its commands test, write, build, list and explain packs.
    Policy(Policy),
    /// Stage: judge a preview by the hidden scenarios, on trials.
    Holdout(Stage),
    /// Stage: decide; reads the last judge's report.
    Gate(Stage),
    /// Stage: apply what the gate cleared.
    Apply(Stage),
    /// Check the whole ledger: signatures, hashes, order, evidence.
    Verify(Verify),
    /// Look at agents: whether one works in the sandbox, what a toolchain's hash is.
    Agent {
        /// What to do.
        #[command(subcommand)]
        command: Agent,
    },
    /// External programs: install, verify, list, add.
    Tools {
        /// What to do with them.
        #[command(subcommand)]
        command: Tools,
    },
    /// Print the trust policies of a stack's AWS roles, and the least that each role needs.
    TrustPolicy(TrustPolicy),
    /// Print the JSON Schema of lightsout.yaml.
    Schema,
    /// Print the vocabulary of holdout steps.
    Vocabulary,
}

/// Options of a run.
#[derive(Debug, Args)]
pub struct Run {
    /// The stack, by its name in lightsout.yaml.
    #[arg(long)]
    pub stack: StackName,
    /// File with the work order's text.
    #[arg(long, value_name = "FILE")]
    pub spec: PathBuf,
    /// Judge this change (a folder like the stack's, a patch, or what `generate --out` has written) in place of the agent's.
    #[arg(long, value_name = "DIR|PATCH|JSON")]
    pub proposal: Option<PathBuf>,
}

/// Options of the first stage.
#[derive(Debug, Args)]
pub struct Generate {
    /// What a run takes.
    #[command(flatten)]
    pub run: Run,
    /// Also write the proposed folder to this file, for another job's `--proposal`.
    #[arg(long, value_name = "JSON")]
    pub out: Option<PathBuf>,
}

/// Options of work for an event.
#[derive(Debug, Args)]
pub struct Work {
    /// The change that another job's agent has made, or what a pull request makes of the stack's folder, in place of an agent's work here.
    #[arg(long, value_name = "DIR|PATCH|JSON")]
    pub proposal: Option<PathBuf>,
    /// Never start an agent: an issue without a proposal ends as a fault.
    #[arg(long)]
    pub no_agent: bool,
    /// This is the second try: what has moved once more is not tried again.
    #[arg(long)]
    pub last: bool,
    /// The account that the token writes as; its own comment is found again by it.
    #[arg(long, value_name = "LOGIN", default_value = "github-actions[bot]")]
    pub login: String,
}

/// Options of routing.
#[derive(Debug, Args)]
pub struct Route {
    /// Where to write the work order's text.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of listing stacks.
#[derive(Debug, Args)]
pub struct Stacks {
    /// Only stacks whose configuration, program, policies or scenarios differ from this commit's.
    #[arg(long, value_name = "COMMIT")]
    pub changed: Option<String>,
    /// With `--format matrix`: jobs of one matrix at most.
    #[arg(long, value_name = "JOBS", default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub chunk: u32,
    /// Only this part of all stacks: which, and of how many.
    #[arg(long, value_name = "PART/PARTS", value_parser = shard)]
    pub shard: Option<Shard>,
}

/// One part of several.
#[derive(Debug, Clone, Copy)]
pub struct Shard {
    /// Which, from 1.
    pub part: u32,
    /// Of how many.
    pub parts: u32,
}

fn shard(text: &str) -> Result<Shard, String> {
    let wrong = || "it must be PART/PARTS, such as `1/4`".to_owned();
    let (part, parts) = text.split_once('/').ok_or_else(wrong)?;
    let part: u32 = part.parse().map_err(|_| wrong())?;
    let parts: u32 = parts.parse().map_err(|_| wrong())?;
    if (1..=parts).contains(&part) && parts <= 10_000 {
        Ok(Shard { part, parts })
    } else {
        Err(wrong())
    }
}

/// Options of the demo.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to leave the repository and its reports; a new temporary folder without it.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Options of an approval.
#[derive(Debug, Args)]
pub struct Approve {
    /// The run.
    pub run: RunId,
    /// Who approves, as the ledger will say.
    #[arg(long, value_name = "NAME")]
    pub by: String,
}

/// Options of an acknowledgement.
#[derive(Debug, Args)]
pub struct Acknowledge {
    /// The run.
    pub run: RunId,
    /// Who looked, as the ledger will say.
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// What was found and done, as the ledger will say.
    #[arg(long, value_name = "TEXT")]
    pub note: String,
}

/// Options of a single stage.
#[derive(Debug, Args)]
pub struct Stage {
    /// The earlier stage's JSON; `-` is standard input.
    #[arg(long = "in", value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
}

/// Options of a verification.
#[derive(Debug, Args)]
pub struct Verify {
    /// The ledger's folder; by default the repository's.
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// The key that must have signed it (`name+id+base64`); by default lightsout.yaml's, else this machine's.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

/// Options of the trust policies.
#[derive(Debug, Args)]
pub struct TrustPolicy {
    /// The stack, by its name in lightsout.yaml.
    #[arg(long)]
    pub stack: StackName,
    /// The repository on GitHub whose jobs are trusted.
    #[arg(long, value_name = "OWNER/NAME")]
    pub github: Option<String>,
    /// Its number (`gh api repos/OWNER/NAME --jq .id`).
    #[arg(long, value_name = "NUMBER")]
    pub repository_id: Option<String>,
    /// Its owner's number (`gh api repos/OWNER/NAME --jq .owner.id`).
    #[arg(long, value_name = "NUMBER")]
    pub owner_id: Option<String>,
    /// Services of AWS that the stack uses, for the examples; repeat for more.
    #[arg(long = "service", value_name = "PREFIX", default_value = "s3")]
    pub services: Vec<String>,
}

/// What to do with the external programs.
#[derive(Debug, Subcommand)]
pub enum Tools {
    /// Install what tools.lock names and is missing.
    Install(Install),
    /// Hash every installed file again.
    Verify,
    /// List programs, versions, sources and whether they are installed.
    List,
    /// Add a provider plugin to the repository's tools.lock.
    Add {
        /// The kind of program.
        #[command(subcommand)]
        kind: Add,
    },
}

/// Options of an installation.
#[derive(Debug, Args)]
pub struct Install {
    /// Only these programs; an agent (codex, opencode, gemini) is installed only when it is named.
    pub names: Vec<String>,
    /// Only this kind of source.
    #[arg(long, value_enum)]
    pub source: Option<SourceKind>,
}

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceKind {
    /// The vendor's archive.
    Release,
    /// A build by the machine's Go toolchain.
    Go,
    /// A package fetched by the machine's npm (the agents).
    Npm,
}

/// What is added.
#[derive(Debug, Subcommand)]
pub enum Add {
    /// A provider plugin: `aws@7.18.0`.
    Provider {
        /// NAME@VERSION.
        #[arg(value_parser = provider)]
        provider: ProviderVersion,
        /// Take the archive from here instead of the vendor's address.
        #[arg(long, value_name = "URL", conflicts_with = "file")]
        url: Option<String>,
        /// Take a local executable.
        #[arg(long, value_name = "PATH")]
        file: Option<PathBuf>,
    },
}

/// A provider's name and version.
#[derive(Debug, Clone)]
pub struct ProviderVersion {
    /// The package.
    pub name: PackageName,
    /// Its version, without a leading `v`.
    pub version: String,
}

fn provider(text: &str) -> Result<ProviderVersion, String> {
    let (name, version) = text
        .split_once('@')
        .ok_or("it must be NAME@VERSION, such as `aws@7.18.0`")?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !is_version {
        return Err(format!("`{version}` is not a version such as `7.18.0`"));
    }
    let name = PackageName::new(name).map_err(|error| error.to_string())?;
    Ok(ProviderVersion {
        name,
        version: version.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
