//! The engine's words for steps and differences. A word that is not here is an error.

use serde::{Deserialize, Serialize};

/// The kind of a step; Pulumi's own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// Nothing changes.
    Same,
    /// A new resource.
    Create,
    /// A change in place.
    Update,
    /// The resource goes away.
    Delete,
    /// The logical half of a replacement.
    Replace,
    /// The new resource of a replacement.
    CreateReplacement,
    /// The old resource of a replacement goes away.
    DeleteReplaced,
    /// An existing resource is read into the stack.
    Read,
    /// A read that replaces.
    ReadReplacement,
    /// The state is refreshed.
    Refresh,
    /// A read resource is dropped from the state.
    Discard,
    /// A read resource is dropped in a replacement.
    DiscardReplaced,
    /// A pending replacement is dropped from the state.
    RemovePendingReplace,
    /// An existing resource is adopted.
    Import,
    /// An existing resource is adopted in a replacement.
    ImportReplacement,
}

impl Op {
    /// The engine's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::CreateReplacement => "create-replacement",
            Self::DeleteReplaced => "delete-replaced",
            Self::Read => "read",
            Self::ReadReplacement => "read-replacement",
            Self::Refresh => "refresh",
            Self::Discard => "discard",
            Self::DiscardReplaced => "discard-replaced",
            Self::RemovePendingReplace => "remove-pending-replace",
            Self::Import => "import",
            Self::ImportReplacement => "import-replacement",
        }
    }

    /// Whether the step takes an existing resource away, alone or in a replacement.
    #[must_use]
    pub const fn destroys(self) -> bool {
        match self {
            Self::Delete | Self::Replace | Self::DeleteReplaced => true,
            Self::Same
            | Self::Create
            | Self::Update
            | Self::CreateReplacement
            | Self::Read
            | Self::ReadReplacement
            | Self::Refresh
            | Self::Discard
            | Self::DiscardReplaced
            | Self::RemovePendingReplace
            | Self::Import
            | Self::ImportReplacement => false,
        }
    }

    /// Whether a resource goes away by it.
    #[must_use]
    pub const fn takes_away(self) -> bool {
        match self {
            Self::Delete | Self::Replace | Self::CreateReplacement | Self::DeleteReplaced => true,
            Self::Same
            | Self::Create
            | Self::Update
            | Self::Read
            | Self::ReadReplacement
            | Self::Refresh
            | Self::Discard
            | Self::DiscardReplaced
            | Self::RemovePendingReplace
            | Self::Import
            | Self::ImportReplacement => false,
        }
    }

    /// Whether the step leaves the world as it is.
    #[must_use]
    pub const fn changes_nothing(self) -> bool {
        match self {
            Self::Same | Self::Read | Self::Refresh => true,
            Self::Create
            | Self::Update
            | Self::Delete
            | Self::Replace
            | Self::CreateReplacement
            | Self::DeleteReplaced
            | Self::ReadReplacement
            | Self::Discard
            | Self::DiscardReplaced
            | Self::RemovePendingReplace
            | Self::Import
            | Self::ImportReplacement => false,
        }
    }
}

/// How a property changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiffKind {
    /// Added.
    Add,
    /// Added, which replaces the resource.
    AddReplace,
    /// Removed.
    Delete,
    /// Removed, which replaces the resource.
    DeleteReplace,
    /// Changed.
    Update,
    /// Changed, which replaces the resource.
    UpdateReplace,
}

/// One property's change, as the engine reports it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PropertyDiff {
    /// How it changes.
    pub diff_kind: DiffKind,
    /// Whether the change is of an input.
    pub input_diff: bool,
}
