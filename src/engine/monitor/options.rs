//! Resource options as a program asked for them: the engine's own records do not have them all.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::wire::pulumirpc::RegisterResourceRequest;
use crate::engine::wire::pulumirpc::alias::spec::Parent;
use crate::engine::wire::pulumirpc::{alias, register_resource_request::CustomTimeouts};

/// What one registration asked for, besides its inputs. Texts are the program's own: data, never paths or commands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceOptions {
    /// The type token.
    #[serde(rename = "type")]
    pub type_token: String,
    /// The name.
    pub name: String,
    /// The parent's URN, or nothing.
    pub parent: String,
    /// Whether a provider manages it; a component otherwise.
    pub custom: bool,
    /// Whether it must not be deleted; `None` means as its parent.
    pub protect: Option<bool>,
    /// Whether deleting it leaves the cloud object; `None` means as its parent.
    pub retain_on_delete: Option<bool>,
    /// The resource with which it is deleted.
    pub deleted_with: String,
    /// Resources with which it is replaced.
    pub replace_with: Vec<String>,
    /// Whether it has a trigger that replaces it when it changes.
    pub replacement_trigger: bool,
    /// Names it had before.
    pub aliases: Vec<Alias>,
    /// Inputs whose changes are ignored.
    pub ignore_changes: Vec<String>,
    /// Inputs whose changes are not shown.
    pub hide_diffs: Vec<String>,
    /// Inputs whose changes replace it.
    pub replace_on_changes: Vec<String>,
    /// Whether it is deleted before its replacement exists; `None` means as the provider says.
    pub delete_before_replace: Option<bool>,
    /// The id of the object to adopt.
    pub import_id: String,
    /// The provider's reference.
    pub provider: String,
    /// References of the providers for its children, by package.
    pub providers: BTreeMap<String, String>,
    /// The version of the package.
    pub version: String,
    /// Outputs that are secret.
    pub additional_secret_outputs: Vec<String>,
    /// URNs it depends on.
    pub dependencies: BTreeSet<String>,
    /// Its own time limits.
    pub timeouts: Option<Timeouts>,
}

/// A former name of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Alias {
    /// The whole URN.
    Urn(String),
    /// Only what differs from now.
    #[serde(rename_all = "camelCase")]
    Spec {
        /// Former name, or nothing.
        name: String,
        /// Former type, or nothing.
        #[serde(rename = "type")]
        type_token: String,
        /// Former stack, or nothing.
        stack: String,
        /// Former project, or nothing.
        project: String,
        /// Former parent's URN, or nothing.
        parent: String,
        /// Whether it had no parent.
        no_parent: bool,
    },
}

/// A resource's own time limits, in Go's notation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// For its creation.
    pub create: String,
    /// For an update.
    pub update: String,
    /// For its deletion.
    pub delete: String,
    /// For reading it.
    pub read: String,
}

impl ResourceOptions {
    pub(super) fn of(request: &RegisterResourceRequest) -> Self {
        let urns = request.alias_ur_ns.iter().cloned().map(Alias::Urn);
        let specs = request.aliases.iter().filter_map(alias);
        Self {
            type_token: request.r#type.clone(),
            name: request.name.clone(),
            parent: request.parent.clone(),
            custom: request.custom,
            protect: request.protect,
            retain_on_delete: request.retain_on_delete,
            deleted_with: request.deleted_with.clone(),
            replace_with: request.replace_with.clone(),
            replacement_trigger: request.replacement_trigger.is_some(),
            aliases: urns.chain(specs).collect(),
            ignore_changes: request.ignore_changes.clone(),
            hide_diffs: request.hide_diffs.clone(),
            replace_on_changes: request.replace_on_changes.clone(),
            delete_before_replace: (request.delete_before_replace_defined
                || request.delete_before_replace)
                .then_some(request.delete_before_replace),
            import_id: request.import_id.clone(),
            provider: request.provider.clone(),
            providers: request.providers.clone(),
            version: request.version.clone(),
            additional_secret_outputs: request.additional_secret_outputs.clone(),
            dependencies: request.dependencies.iter().cloned().collect(),
            timeouts: request.custom_timeouts.as_ref().map(timeouts),
        }
    }
}

fn timeouts(given: &CustomTimeouts) -> Timeouts {
    Timeouts {
        create: given.create.clone(),
        update: given.update.clone(),
        delete: given.delete.clone(),
        read: given.read.clone(),
    }
}

/// One alias; an empty one says nothing.
fn alias(given: &crate::engine::wire::pulumirpc::Alias) -> Option<Alias> {
    Some(match given.alias.as_ref()? {
        alias::Alias::Urn(urn) => Alias::Urn(urn.clone()),
        alias::Alias::Spec(spec) => Alias::Spec {
            name: spec.name.clone(),
            type_token: spec.r#type.clone(),
            stack: spec.stack.clone(),
            project: spec.project.clone(),
            parent: match &spec.parent {
                Some(Parent::ParentUrn(urn)) => urn.clone(),
                Some(Parent::NoParent(_)) | None => String::new(),
            },
            no_parent: matches!(spec.parent, Some(Parent::NoParent(true))),
        },
    })
}
