//! Functions (data sources) that a twin answers.
//!
//! What it does not do: it reads no secret stores and no other account; a function that is not here is an error.

use serde_json::{Value, json};
use tonic::Status;

use super::outputs::Configured;
use super::value::{self, Properties};
use super::{ACCOUNT, PARTITION};
use crate::names::excerpt;

const CALLER_IDENTITY: &str = "aws:index/getCallerIdentity:getCallerIdentity";
const REGION: &str = "aws:index/getRegion:getRegion";
const PARTITION_NAME: &str = "aws:index/getPartition:getPartition";

/// Answers one call.
pub(super) fn invoke(
    token: &str,
    args: &Properties,
    configured: &Configured,
) -> Result<Properties, Status> {
    let region = args
        .get("region")
        .map(|region| value::unwrapped(region).0)
        .and_then(Value::as_str)
        .unwrap_or(&configured.region);
    let answer = match token {
        CALLER_IDENTITY => json!({
            "accountId": ACCOUNT,
            "arn": format!("arn:{PARTITION}:iam::{ACCOUNT}:user/twin"),
            "id": ACCOUNT,
            "userId": "AIDATWINTWINTWINTWIN2",
        }),
        REGION => json!({
            "description": "a region of the twin",
            "endpoint": format!("ec2.{region}.amazonaws.com"),
            "id": region,
            "name": region,
            "region": region,
        }),
        PARTITION_NAME => json!({
            "dnsSuffix": "amazonaws.com",
            "id": PARTITION,
            "partition": PARTITION,
            "reverseDnsPrefix": "com.amazonaws",
        }),
        _ => {
            return Err(Status::invalid_argument(format!(
                "calling a function: the twin does not know `{}`",
                excerpt(token)
            )));
        }
    };
    answer
        .as_object()
        .cloned()
        .ok_or_else(|| Status::internal("calling a function: the answer is not an object"))
}

/// The functions, as the package schema describes them.
pub(super) fn schema() -> Value {
    let function = |inputs: &[&str], outputs: &[&str]| {
        let strings = |names: &[&str]| -> Value {
            let specs = names
                .iter()
                .map(|name| ((*name).to_owned(), json!({ "type": "string" })));
            Value::Object(specs.collect())
        };
        json!({
            "inputs": { "type": "object", "properties": strings(inputs) },
            "outputs": { "type": "object", "properties": strings(outputs), "required": outputs },
        })
    };
    json!({
        CALLER_IDENTITY: function(&[], &["accountId", "arn", "id", "userId"]),
        REGION: function(&["id", "region"], &["description", "endpoint", "id", "name", "region"]),
        PARTITION_NAME: function(&["id"], &["dnsSuffix", "id", "partition", "reverseDnsPrefix"]),
    })
}
