//! The methods of the provider protocol, in the order in which the engine calls them.
//!
//! INVARIANT: a status or a failure names types, properties and resources, never a value.
//! What it does not do: components, methods, parameters and lists; each is refused by name.

use serde_json::Value;
use tonic::{Request, Response, Status};

use super::outputs::{Configured, Making};
use super::table::{Autoname, ResourceType};
use super::template::Draw;
use super::value::{self, Properties};
use super::{REGION, Twin, TwinResource, check, diff, invoke, schema};
use crate::engine::wire::pulumirpc as rpc;
use crate::engine::wire::pulumirpc::check_request::{AutonamingOptions, autonaming_options::Mode};
use crate::names::{Urn, excerpt};

/// Names and ids are drawn at most this often until one is free.
const DRAWS_MAX: u32 = 10_000;

#[tonic::async_trait]
impl rpc::resource_provider_server::ResourceProvider for Twin {
    type ListStream = tokio_stream::Empty<Result<rpc::ListResponse, Status>>;

    async fn handshake(
        &self,
        _: Request<rpc::ProviderHandshakeRequest>,
    ) -> Result<Response<rpc::ProviderHandshakeResponse>, Status> {
        self.count("Handshake");
        Ok(Response::new(rpc::ProviderHandshakeResponse {
            accept_secrets: true,
            supports_autonaming_configuration: true,
            ..Default::default()
        }))
    }

    async fn attach(&self, _: Request<rpc::PluginAttach>) -> Result<Response<()>, Status> {
        self.count("Attach");
        Ok(Response::new(()))
    }

    async fn get_plugin_info(&self, _: Request<()>) -> Result<Response<rpc::PluginInfo>, Status> {
        self.count("GetPluginInfo");
        Ok(Response::new(rpc::PluginInfo {
            version: self.0.table.version.clone(),
        }))
    }

    async fn get_schema(
        &self,
        request: Request<rpc::GetSchemaRequest>,
    ) -> Result<Response<rpc::GetSchemaResponse>, Status> {
        self.count("GetSchema");
        if !request.get_ref().subpackage_name.is_empty() {
            return Err(Status::unimplemented(
                "the twin has no parameterized packages",
            ));
        }
        Ok(Response::new(rpc::GetSchemaResponse {
            schema: schema::schema(&self.0.table),
        }))
    }

    async fn check_config(
        &self,
        request: Request<rpc::CheckRequest>,
    ) -> Result<Response<rpc::CheckResponse>, Status> {
        self.count("CheckConfig");
        let news = value::from_wire(request.into_inner().news)?;
        Ok(Response::new(rpc::CheckResponse {
            failures: check::check_config(&self.0.table, &news),
            inputs: Some(value::to_wire(&news)),
        }))
    }

    async fn diff_config(
        &self,
        _: Request<rpc::DiffRequest>,
    ) -> Result<Response<rpc::DiffResponse>, Status> {
        self.count("DiffConfig");
        // Another region does not replace the provider; it shows in the diff of each resource.
        Ok(Response::new(rpc::DiffResponse {
            changes: rpc::diff_response::DiffChanges::DiffNone.into(),
            ..Default::default()
        }))
    }

    async fn configure(
        &self,
        request: Request<rpc::ConfigureRequest>,
    ) -> Result<Response<rpc::ConfigureResponse>, Status> {
        self.count("Configure");
        let peer = request.remote_addr();
        let configured = configured(request.into_inner())?;
        self.account().configure(peer, configured)?;
        Ok(Response::new(rpc::ConfigureResponse {
            accept_secrets: true,
            supports_preview: true,
            supports_autonaming_configuration: true,
            ..Default::default()
        }))
    }

    async fn check(
        &self,
        request: Request<rpc::CheckRequest>,
    ) -> Result<Response<rpc::CheckResponse>, Status> {
        self.count("Check");
        self.check_resource(request.into_inner()).map(Response::new)
    }

    async fn diff(
        &self,
        request: Request<rpc::DiffRequest>,
    ) -> Result<Response<rpc::DiffResponse>, Status> {
        self.count("Diff");
        let configured = self.account().configured(request.remote_addr())?;
        self.diff_resource(request.into_inner(), &configured)
            .map(Response::new)
    }

    async fn create(
        &self,
        request: Request<rpc::CreateRequest>,
    ) -> Result<Response<rpc::CreateResponse>, Status> {
        self.count("Create");
        let configured = self.account().configured(request.remote_addr())?;
        self.create_resource(request.into_inner(), &configured)
            .map(Response::new)
    }

    async fn read(
        &self,
        request: Request<rpc::ReadRequest>,
    ) -> Result<Response<rpc::ReadResponse>, Status> {
        self.count("Read");
        self.read_resource(request.into_inner()).map(Response::new)
    }

    async fn update(
        &self,
        request: Request<rpc::UpdateRequest>,
    ) -> Result<Response<rpc::UpdateResponse>, Status> {
        self.count("Update");
        let configured = self.account().configured(request.remote_addr())?;
        self.update_resource(request.into_inner(), &configured)
            .map(Response::new)
    }

    async fn delete(&self, request: Request<rpc::DeleteRequest>) -> Result<Response<()>, Status> {
        self.count("Delete");
        let request = request.into_inner();
        let (urn, token, _) = self.subject(&request.urn)?;
        if request.id.is_empty() {
            return Err(Status::invalid_argument(format!(
                "deleting `{}`: there is no id",
                excerpt(urn.name())
            )));
        }
        self.account().delete(&token, &request.id)?;
        Ok(Response::new(()))
    }

    async fn invoke(
        &self,
        request: Request<rpc::InvokeRequest>,
    ) -> Result<Response<rpc::InvokeResponse>, Status> {
        self.count("Invoke");
        let configured = self.account().configured(request.remote_addr())?;
        let request = request.into_inner();
        let args = value::from_wire(request.args)?;
        let answer = invoke::invoke(&request.tok, &args, &configured)?;
        Ok(Response::new(rpc::InvokeResponse {
            r#return: Some(value::to_wire(&answer)),
            failures: Vec::new(),
        }))
    }

    async fn cancel(&self, _: Request<()>) -> Result<Response<()>, Status> {
        self.count("Cancel");
        Ok(Response::new(()))
    }

    async fn parameterize(
        &self,
        _: Request<rpc::ParameterizeRequest>,
    ) -> Result<Response<rpc::ParameterizeResponse>, Status> {
        self.count("Parameterize");
        Err(Status::unimplemented(
            "the twin has no parameterized packages",
        ))
    }

    async fn construct(
        &self,
        _: Request<rpc::ConstructRequest>,
    ) -> Result<Response<rpc::ConstructResponse>, Status> {
        self.count("Construct");
        Err(Status::unimplemented("the twin has no components"))
    }

    async fn call(
        &self,
        _: Request<rpc::CallRequest>,
    ) -> Result<Response<rpc::CallResponse>, Status> {
        self.count("Call");
        Err(Status::unimplemented("the twin has no methods"))
    }

    async fn list(
        &self,
        _: Request<rpc::ListRequest>,
    ) -> Result<Response<Self::ListStream>, Status> {
        self.count("List");
        Err(Status::unimplemented("the twin lists nothing"))
    }

    async fn get_mapping(
        &self,
        _: Request<rpc::GetMappingRequest>,
    ) -> Result<Response<rpc::GetMappingResponse>, Status> {
        self.count("GetMapping");
        Err(Status::unimplemented("the twin has no mappings"))
    }

    async fn get_mappings(
        &self,
        _: Request<rpc::GetMappingsRequest>,
    ) -> Result<Response<rpc::GetMappingsResponse>, Status> {
        self.count("GetMappings");
        Err(Status::unimplemented("the twin has no mappings"))
    }
}

impl Twin {
    fn count(&self, method: &'static str) {
        self.account().count(method);
    }

    /// Which resource a request is about.
    fn subject(&self, urn: &str) -> Result<(Urn, String, &ResourceType), Status> {
        let urn = Urn::new(urn).map_err(|error| Status::invalid_argument(error.to_string()))?;
        let token = urn.resource_type().to_owned();
        let resource = self.0.table.resources.get(&token).ok_or_else(|| {
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
            draw: Draw::new(&self.0.seed, "resource", urn.as_str(), ordinal),
        }
    }

    fn check_resource(&self, request: rpc::CheckRequest) -> Result<rpc::CheckResponse, Status> {
        let (urn, token, resource) = self.subject(&request.urn)?;
        let olds = value::from_wire(request.olds)?;
        let news = value::from_wire(request.news)?;
        self.account().hear(&token, "", name_of(resource, &olds))?;
        let given = news.clone();
        let (inputs, failures) = check::check(
            &self.0.table,
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

    /// A name for a resource that was given none.
    ///
    /// It follows from the twin's seed, not from the request's: the engine draws that anew in every run, and two previews of one
    /// program would differ.
    fn proposal(
        &self,
        token: &str,
        urn: &Urn,
        autoname: &Autoname,
        inputs: &Properties,
        options: Option<&AutonamingOptions>,
    ) -> Option<String> {
        if let Some(options) = options {
            match options.mode() {
                Mode::Disable => return None,
                Mode::Propose | Mode::Enforce if !options.proposed_name.is_empty() => {
                    return Some(options.proposed_name.clone());
                }
                Mode::Propose | Mode::Enforce => {}
            }
        }
        if autoname.plain {
            return Some(urn.name().to_owned());
        }
        let account = self.account();
        (0..DRAWS_MAX)
            .map(|ordinal| {
                let digits = Draw::new(&self.0.seed, "name", urn.as_str(), ordinal).hex(7);
                autoname.name(urn.name(), &digits, inputs)
            })
            .find(|name| !account.is_name_used(token, name))
    }

    fn diff_resource(
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

    fn create_resource(
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
            let inputs = making.named(&given);
            let id = making.id(&inputs).ok_or_else(|| {
                failed(
                    "creating",
                    resource,
                    &urn,
                    "its id cannot be made from its inputs",
                )
            })?;
            if !resource.id.is_drawn() || !account.is_id_used(&token, &id) {
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

    fn read_resource(&self, request: rpc::ReadRequest) -> Result<rpc::ReadResponse, Status> {
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

    fn update_resource(
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

impl Autoname {
    fn name(&self, resource: &str, digits: &str, inputs: &Properties) -> String {
        let flagged = |flag: &str| {
            inputs
                .get(flag)
                .is_some_and(|set| value::unwrapped(set).0 == &Value::Bool(true))
        };
        let end = match &self.suffix {
            Some((flag, suffix)) if flagged(flag) => format!("-{digits}{suffix}"),
            Some(_) | None => format!("-{digits}"),
        };
        let room = self
            .max
            .saturating_sub(end.chars().count())
            .saturating_sub(self.prefix.chars().count());
        let stem: String = resource.chars().take(room).collect();
        let name = format!("{}{stem}{end}", self.prefix);
        if self.lower {
            name.to_lowercase()
        } else {
            name
        }
    }
}

fn configured(request: rpc::ConfigureRequest) -> Result<Configured, Status> {
    let args = value::from_wire(request.args)?;
    let text = |key: &str| match args.get(key).map(value::unwrapped) {
        Some((value, _)) if value::is_unknown(value) => Err(Status::invalid_argument(format!(
            "configuring the provider: `{key}` is not known yet"
        ))),
        Some((Value::String(text), _)) => Ok(Some(text.clone())),
        Some((other, _)) => Ok(Some(other.to_string())),
        None => Ok(request.variables.get(&format!("aws:config:{key}")).cloned()),
    };
    let default_tags = match text("defaultTags")? {
        Some(json) => default_tags(&json)?,
        None => Properties::new(),
    };
    Ok(Configured {
        region: text("region")?.unwrap_or_else(|| REGION.to_owned()),
        default_tags,
    })
}

fn default_tags(json: &str) -> Result<Properties, Status> {
    let unreadable = || {
        Status::invalid_argument(
            "configuring the provider: `defaultTags` is not an object with `tags`",
        )
    };
    let tags: Properties = serde_json::from_str(json).map_err(|_| unreadable())?;
    let (tags, _) = value::revealed(&Value::Object(tags));
    match tags.get("tags") {
        None => Ok(Properties::new()),
        Some(Value::Object(tags)) if !value::has_unknown(&Value::Object(tags.clone())) => {
            Ok(tags.clone())
        }
        Some(_) => Err(unreadable()),
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
