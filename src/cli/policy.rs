//! `lightsout policy`: the stage, and the commands of whoever writes packs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Stage, Waive};

/// The stage, or one of the commands.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Policy {
    /// What to do with packs; without it, the stage.
    #[command(subcommand)]
    pub command: Option<PolicyCommand>,
    /// What the stage takes.
    #[command(flatten)]
    pub stage: Stage,
}

/// What to do with packs.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Test packs: layout, OPA's tests, checker and formatter, and every example before two hosts.
    Test(Packs),
    /// Write a new pack with one rule, its test and its examples.
    New(New),
    /// Compile and check a pack; print its hash, its rules and the builtins that they call.
    Build(Build),
    /// Judge a preview: the output of `pulumi preview --json`, or a request as policies take it.
    #[command(after_help = EVAL_EXIT_CODES)]
    Eval(Eval),
    /// List rules.
    List(List),
    /// Say everything about one rule.
    Explain(Explain),
    /// Sign an exception from a rule, and put it into the stack's file of waivers.
    Waive(Waive),
    /// Print the JSON Schema of what rules see.
    Schema,
}

const EVAL_EXIT_CODES: &str = "Exit codes:
  0   clean: no mandatory rule finds anything, and each could know
  10  denied: a mandatory rule finds something
  14  undetermined: nothing is denied, and a mandatory rule reads what is not known at preview
  1   no verdict: a pack cannot be used, or a rule failed
  2   the preview is none, or the command line is wrong
Who closes standard output before everything is printed changes none of them.";

/// Which packs.
#[derive(Debug, Args)]
pub struct Packs {
    /// Packs: folders, or built-in ones.
    #[arg(value_name = "DIR|lightsout:NAME", default_value = ".")]
    pub packs: Vec<String>,
}

/// Options of a new pack.
#[derive(Debug, Args)]
pub struct New {
    /// Its folder; the last part is the pack's name.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Options of building.
#[derive(Debug, Args)]
pub struct Build {
    /// The pack: a folder, or a built-in one.
    #[arg(value_name = "DIR|lightsout:NAME")]
    pub pack: String,
    /// Also write OPA's bundle.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of judging a preview.
#[derive(Debug, Args)]
pub struct Eval {
    /// A pack: a folder, or a built-in one such as `lightsout:aws-baseline`; repeat for more.
    #[arg(long = "pack", value_name = "DIR|lightsout:NAME", required = true)]
    pub packs: Vec<String>,
    /// The preview; `-` is standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub preview: PathBuf,
    /// The stack that it is of, where the preview does not say.
    #[arg(long, value_name = "PROJECT/NAME")]
    pub stack: Option<String>,
}

/// Options of listing.
#[derive(Debug, Args)]
pub struct List {
    /// A pack: a folder, or a built-in one; all built-in ones without this option.
    #[arg(long = "pack", value_name = "DIR|lightsout:NAME")]
    pub packs: Vec<String>,
    /// As Markdown, with an anchor for each rule, as a pack's README.md has it.
    #[arg(long)]
    pub markdown: bool,
}

/// Options of explaining.
#[derive(Debug, Args)]
pub struct Explain {
    /// The rule's id.
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// A pack besides the built-in ones; repeat for more.
    #[arg(long = "pack", value_name = "DIR")]
    pub packs: Vec<String>,
}
