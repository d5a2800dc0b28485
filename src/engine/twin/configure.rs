//! How a provider is configured: its region and its tags.

use serde_json::Value;
use tonic::Status;

use super::REGION;
use super::outputs::Configured;
use super::value::{self, Properties};
use crate::engine::wire::pulumirpc as rpc;

/// Reads a configuration.
pub(super) fn configured(request: rpc::ConfigureRequest) -> Result<Configured, Status> {
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
