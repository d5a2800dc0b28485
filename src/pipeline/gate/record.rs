//! The gate's answer as data.

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::ledger::{Evidence, Kind};
use crate::names::{RuleId, Sha256, Urn};
use crate::perimeter::import::RelPath;
use crate::pipeline::cooling::Cooling;

/// What waits for a person, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Hash of the preview's evidence that must be agreed to.
    pub preview: Sha256,
    /// Why a person is needed; never empty.
    pub needs: Vec<Need>,
}

/// Why a person is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "need", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Need {
    /// The level is `review`: a person merges the branch.
    Review,
    /// The level is `balanced`.
    Approval,
    /// A stateful resource goes away.
    Destructive {
        /// Which.
        urns: Vec<Urn>,
    },
    /// A resource that lost its protection lately goes away.
    Cooling {
        /// Which, and until when.
        resources: Vec<Cooling>,
    },
    /// A rule touches a value that is unknown at preview.
    Undetermined {
        /// Which rules.
        rules: Vec<RuleId>,
    },
    /// The stack has no holdout scenarios.
    NoScenarios,
    /// The proposal changes which packages the program gets.
    Dependencies {
        /// The lock files that it changes.
        paths: Vec<RelPath>,
    },
}

/// The gate's answer as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DecisionRecord {
    /// It may be applied.
    Cleared {
        /// Hash of the preview's evidence.
        preview: Sha256,
    },
    /// A person must decide.
    Held(Hold),
    /// It must not be applied.
    Refused(Refusal),
}

impl Evidence for DecisionRecord {
    const KIND: Kind = Kind::Decision;
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Review => f.write_str("the level is review"),
            Self::Approval => f.write_str("the level is balanced"),
            Self::Destructive { urns } => {
                let names: Vec<String> = urns
                    .iter()
                    .map(|urn| crate::names::excerpt(urn.name()))
                    .collect();
                write!(f, "stateful resources go away: {}", names.join(", "))
            }
            Self::Cooling { resources } => {
                let names: Vec<String> = resources.iter().map(cooling).collect();
                write!(
                    f,
                    "resources go away that lost their protection lately: {}",
                    names.join(", ")
                )
            }
            Self::Undetermined { rules } => {
                let names: Vec<&str> = rules.iter().map(RuleId::as_str).collect();
                write!(
                    f,
                    "rules read values unknown at preview: {}",
                    names.join(", ")
                )
            }
            Self::NoScenarios => f.write_str("the stack has no holdout scenarios"),
            Self::Dependencies { paths } => {
                let names: Vec<&str> = paths.iter().map(RelPath::as_str).collect();
                write!(f, "the program's packages change: {}", names.join(", "))
            }
        }
    }
}

/// A resource by its last name, with what it lost.
fn cooling(resource: &Cooling) -> String {
    let name = resource.urns.last().map_or("", Urn::name);
    format!(
        "{} ({}, until {})",
        crate::names::excerpt(name),
        resource.lost.join(", "),
        resource.until.strftime("%Y-%m-%d")
    )
}
