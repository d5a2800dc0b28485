//! The life of one resource: checked, compared, made, read, changed.
//!
//! INVARIANT: a preview changes nothing in the account.
//! INVARIANT: an error names the type and the resource, never a value.

use serde_json::Value;
use tonic::Status;

use super::outputs::{Configured, Making};
use super::table::ResourceType;
use super::template::Draw;
use super::value::{self, Properties};
use super::{DRAWS_MAX, Twin, TwinResource, check, diff};
use crate::engine::wire::pulumirpc as rpc;
use crate::names::{Urn, excerpt};

impl Twin {
    /// Which resource a request is about.
    pub(super) fn subject(&self, urn: &str) -> Result<(Urn, String, &ResourceType), Status> {
        let urn = Urn::new(urn).map_err(|error| Status::invalid_argument(error.to_string()))?;
        let token = urn.resource_type().to_owned();
        let resource = self.shared.table.resources.get(&token).ok_or_else(|| {
            Status::invalid_argument(format!(
                "making a resource: the twin does not know the type `{}`",
                excerpt(&token)
            ))
        })?;
        Ok((urn, token, resource))
    }

    fn making<'a>(
        &self,
        resource: &'a ResourceType,
        configured: &'a Configured,
        urn: &Urn,
        ordinal: u32,
    ) -> Making<'a> {
        Making {
            resource,
            configured,
            draw: Draw::new(&self.shared.seed, "resource", urn.as_str(), ordinal),
        }
    }

    pub(super) fn check_resource(
        &self,
        request: rpc::CheckRequest,
    ) -> Result<rpc::CheckResponse, Status> {
        let (urn, token, resource) = self.subject(&request.urn)?;
        let olds = value::from_wire(request.olds)?;
        let news = value::from_wire(request.news)?;
        self.account().hear(&token, "", name_of(resource, &olds))?;
        let given = news.clone();
        let (inputs, failures) = check::check(
            &self.shared.table,
            resource,
            urn.name(),
            &olds,
            news,
            |autoname| self.proposal(&token, &urn, autoname, &given, request.autonaming.as_ref()),
        );
        Ok(rpc::CheckResponse {
            inputs: Some(value::to_wire(&inputs)),
            failures,
        })
    }

    pub(super) fn diff_resource(
        &self,
        request: rpc::DiffRequest,
        configured: &Configured,
    ) -> Result<rpc::DiffResponse, Status> {
        let (_, token, resource) = self.subject(&request.urn)?;
        let olds = value::from_wire(request.olds)?;
        let mut old_inputs = value::from_wire(request.old_inputs)?;
        let mut news = value::from_wire(request.news)?;
        self.account()
            .hear(&token, &request.id, name_of(resource, &olds))?;
        if resource.inputs.contains_key("region") {
            if let Some(region) = olds.get("region") {
                old_inputs.insert("region".to_owned(), region.clone());
            }
            news.entry("region")
                .or_insert_with(|| Value::from(configured.region.as_str()));
        }
        Ok(diff::diff(
            resource,
            &old_inputs,
            &news,
            &request.ignore_changes,
        ))
    }

    pub(super) fn create_resource(
        &self,
        request: rpc::CreateRequest,
        configured: &Configured,
    ) -> Result<rpc::CreateResponse, Status> {
        let (urn, token, resource) = self.subject(&request.urn)?;
        let given = value::from_wire(request.properties)?;
        if request.preview {
            let making = self.making(resource, configured, &urn, 0);
            return Ok(rpc::CreateResponse {
                properties: Some(value::to_wire(&making.planned(&given))),
                ..Default::default()
            });
        }
        refuse_unknown("creating", resource, &urn, &given)?;
        let mut account = self.account();
        let mut found = None;
        for ordinal in 0..DRAWS_MAX {
            let making = self.making(resource, configured, &urn, ordinal);
            let (inputs, is_name_drawn) = making.named(&given);
            let id = making.id(&inputs).ok_or_else(|| {
                failed(
                    "creating",
                    resource,
                    &urn,
                    "its id cannot be made from its inputs",
                )
            })?;
            let is_drawn = is_name_drawn || resource.id.is_drawn();
            if !is_drawn || !account.is_id_used(&token, &id) {
                found = Some((making, inputs, id));
                break;
            }
        }
        let (making, inputs, id) =
            found.ok_or_else(|| failed("creating", resource, &urn, "no id is free"))?;
        let is_exclusive = resource
            .autoname
            .as_ref()
            .is_some_and(|autoname| !autoname.plain);
        if is_exclusive && account.exists(&token, &id) {
            return Err(Status::already_exists(failure(
                "creating",
                resource,
                &urn,
                "one of this name already exists",
            )));
        }
        let outputs = making.created(&inputs, &id);
        let name = name_of(resource, &outputs).map(str::to_owned);
        let made = TwinResource {
            urn,
            token,
            id: id.clone(),
            inputs: given,
            outputs: outputs.clone(),
        };
        account.put(made, name.as_deref())?;
        Ok(rpc::CreateResponse {
            id,
            properties: Some(value::to_wire(&outputs)),
            ..Default::default()
        })
    }

    pub(super) fn read_resource(
        &self,
        request: rpc::ReadRequest,
    ) -> Result<rpc::ReadResponse, Status> {
        let (_, token, _) = self.subject(&request.urn)?;
        let account = self.account();
        if let Some(resource) = account.get(&token, &request.id) {
            return Ok(rpc::ReadResponse {
                id: request.id,
                properties: Some(value::to_wire(&resource.outputs)),
                inputs: Some(value::to_wire(&resource.inputs)),
                ..Default::default()
            });
        }
        let known_elsewhere = request
            .properties
            .as_ref()
            .is_some_and(|p| !p.fields.is_empty());
        if account.is_gone(&token, &request.id) || !known_elsewhere {
            // No id: there is no such resource.
            return Ok(rpc::ReadResponse::default());
        }
        Ok(rpc::ReadResponse {
            id: request.id,
            properties: request.properties,
            inputs: request.inputs,
            ..Default::default()
        })
    }

    pub(super) fn update_resource(
        &self,
        request: rpc::UpdateRequest,
        configured: &Configured,
    ) -> Result<rpc::UpdateResponse, Status> {
        let (urn, token, resource) = self.subject(&request.urn)?;
        let given = value::from_wire(request.news)?;
        let olds = value::from_wire(request.olds)?;
        let making = self.making(resource, configured, &urn, 0);
        let mut account = self.account();
        if account.is_gone(&token, &request.id) {
            return Err(Status::not_found(failure(
                "updating",
                resource,
                &urn,
                "it was deleted",
            )));
        }
        if !request.preview {
            refuse_unknown("updating", resource, &urn, &given)?;
        }
        let outputs = making.updated(&given, &olds, &request.id);
        if !request.preview {
            let name = name_of(resource, &outputs).map(str::to_owned);
            let changed = TwinResource {
                urn,
                token,
                id: request.id,
                inputs: given,
                outputs: outputs.clone(),
            };
            account.put(changed, name.as_deref())?;
        }
        Ok(rpc::UpdateResponse {
            properties: Some(value::to_wire(&outputs)),
            ..Default::default()
        })
    }
}

/// The name of a resource, as far as it has one that must differ from others.
fn name_of<'a>(resource: &ResourceType, properties: &'a Properties) -> Option<&'a str> {
    let autoname = resource.autoname.as_ref()?;
    value::unwrapped(properties.get(&autoname.property)?)
        .0
        .as_str()
}

/// In a real run everything is known; a program that writes the mark of an unknown itself is refused.
fn refuse_unknown(
    doing: &str,
    resource: &ResourceType,
    urn: &Urn,
    inputs: &Properties,
) -> Result<(), Status> {
    match inputs.iter().find(|(_, value)| value::has_unknown(value)) {
        Some((key, _)) => Err(failed(
            doing,
            resource,
            urn,
            &format!("`{}` is not known", excerpt(key)),
        )),
        None => Ok(()),
    }
}

fn failed(doing: &str, resource: &ResourceType, urn: &Urn, problem: &str) -> Status {
    Status::invalid_argument(failure(doing, resource, urn, problem))
}

fn failure(doing: &str, resource: &ResourceType, urn: &Urn, problem: &str) -> String {
    format!(
        "{doing} {} `{}`: {problem}",
        resource.noun,
        excerpt(urn.name())
    )
}
