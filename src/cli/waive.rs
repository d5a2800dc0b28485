//! Arguments of `lightsout policy waive`.

use std::path::PathBuf;

use clap::Args;

use crate::ledger::PersonName;
use crate::names::RuleId;
use crate::pipeline::policy::waiver::{DAYS_MAX, UrnPattern};

/// Options of a waiver.
#[derive(Debug, Args)]
pub struct Waive {
    /// The rule that shall not refuse.
    #[arg(long)]
    pub rule: RuleId,
    /// The resource's URN; `*` in it stands for any text, but not for the stack.
    #[arg(long, value_name = "URN")]
    pub urn: UrnPattern,
    /// Why, in one line.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who answers for it.
    #[arg(long, value_name = "NAME", value_parser = person)]
    pub owner: PersonName,
    /// Who else agreed; for a critical rule it must be somebody other than the owner.
    #[arg(long, value_name = "NAME", value_parser = person)]
    pub approved_by: Option<PersonName>,
    /// For how many days from now.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    pub days: u32,
    /// File with the private key that signs it; made if it is missing.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The name of a key that is made.
    #[arg(long, value_name = "NAME", default_value = "waivers")]
    pub key_name: String,
}

fn person(text: &str) -> Result<PersonName, String> {
    PersonName::new(text).map_err(|error| error.to_string())
}
