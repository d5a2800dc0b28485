//! A person's agreement, as data.

use serde::{Deserialize, Serialize};

use crate::ledger::{Evidence, Kind};
use crate::names::Sha256;

/// A person's agreement to one previewed change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Hash of the preview's evidence that the person saw.
    pub preview: Sha256,
    /// Who agreed.
    pub by: String,
    /// By which way.
    #[serde(default)]
    pub way: Way,
}

/// The way by which a person agreed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Way {
    /// A command on the machine that holds the ledger's key.
    #[default]
    Command,
    /// A comment on GitHub, by somebody whose permission was looked up.
    Comment {
        /// The comment's number.
        comment: u64,
        /// The account's number.
        account: u64,
        /// What the account was in the repository.
        role: String,
        /// When it was written, as GitHub says.
        at: String,
    },
}

impl Evidence for Approval {
    const KIND: Kind = Kind::Approval;
}
