//! The twin through a real client of the protocol, over loopback.

use serde_json::{Value, json};
use tonic::transport::Channel;

use super::value::{self, Properties};
use super::*;
use crate::engine::wire::pulumirpc::resource_provider_client::ResourceProviderClient;
use crate::engine::wire::pulumirpc::{self as rpc, diff_response::DiffChanges};
use crate::engine::wire::value::UNKNOWN;

const BUCKET: &str = "urn:pulumi:dev::site::aws:s3/bucket:Bucket::content";
const ACCESS: &str =
    "urn:pulumi:dev::site::aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::access";
const QUEUE: &str = "urn:pulumi:dev::site::aws:sqs/queue:Queue::work";
const TABLE: &str = "urn:pulumi:dev::site::aws:dynamodb/table:Table::orders";
const DATABASE: &str = "urn:pulumi:dev::site::aws:rds/instance:Instance::main";
const VPC: &str = "urn:pulumi:dev::site::aws:ec2/vpc:Vpc::net";
const POLICY: &str = "urn:pulumi:dev::site::aws:iam/policy:Policy::read";
const KEY: &str = "urn:pulumi:dev::site::aws:kms/key:Key::key";

/// A client that speaks as the engine does.
struct Engine {
    client: ResourceProviderClient<Channel>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn bag(value: Value) -> Properties {
    value.as_object().expect("an object").clone()
}

fn wire(value: &Value) -> Option<prost_types::Struct> {
    Some(value::to_wire(&bag(value.clone())))
}

impl Engine {
    async fn unconfigured(twin: &Twin) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let twin = twin.clone();
        let served = async move { twin.serve(listener, std::future::pending()).await.unwrap() };
        let server = tokio::spawn(served);
        let client = ResourceProviderClient::connect(format!("http://{address}"))
            .await
            .unwrap();
        Self { client, server }
    }

    async fn new(twin: &Twin, config: Value) -> Self {
        let mut engine = Self::unconfigured(twin).await;
        let args = wire(&config);
        let request = rpc::ConfigureRequest {
            args,
            ..Default::default()
        };
        engine.client.configure(request).await.unwrap();
        engine
    }

    async fn checked(
        &mut self,
        urn: &str,
        olds: Value,
        news: Value,
    ) -> (Value, Vec<rpc::CheckFailure>) {
        let request = rpc::CheckRequest {
            urn: urn.to_owned(),
            olds: wire(&olds),
            news: wire(&news),
            ..Default::default()
        };
        let answer = self.client.check(request).await.unwrap().into_inner();
        (
            Value::Object(value::from_wire(answer.inputs).unwrap()),
            answer.failures,
        )
    }

    #[track_caller]
    fn passed((inputs, failures): (Value, Vec<rpc::CheckFailure>)) -> Value {
        assert!(failures.is_empty(), "{failures:?}");
        inputs
    }

    async fn check(&mut self, urn: &str, news: Value) -> Value {
        Self::passed(self.checked(urn, json!({}), news).await)
    }

    async fn try_create(
        &mut self,
        urn: &str,
        inputs: &Value,
        preview: bool,
    ) -> Result<(String, Value), tonic::Status> {
        let request = rpc::CreateRequest {
            urn: urn.to_owned(),
            properties: wire(inputs),
            preview,
            ..Default::default()
        };
        let answer = self.client.create(request).await?.into_inner();
        Ok((
            answer.id,
            Value::Object(value::from_wire(answer.properties).unwrap()),
        ))
    }

    /// Check and Create.
    async fn make(&mut self, urn: &str, news: Value) -> (String, Value, Value) {
        let inputs = self.check(urn, news).await;
        let (id, outputs) = self.try_create(urn, &inputs, false).await.unwrap();
        (id, inputs, outputs)
    }

    async fn diff(
        &mut self,
        urn: &str,
        made: &(String, Value, Value),
        news: &Value,
    ) -> rpc::DiffResponse {
        let request = rpc::DiffRequest {
            urn: urn.to_owned(),
            id: made.0.clone(),
            old_inputs: wire(&made.1),
            olds: wire(&made.2),
            news: wire(news),
            ..Default::default()
        };
        self.client.diff(request).await.unwrap().into_inner()
    }

    async fn read(&mut self, urn: &str, id: &str, state: Value) -> rpc::ReadResponse {
        let request = rpc::ReadRequest {
            urn: urn.to_owned(),
            id: id.to_owned(),
            properties: wire(&state),
            ..Default::default()
        };
        self.client.read(request).await.unwrap().into_inner()
    }

    async fn delete(&mut self, urn: &str, id: &str) {
        let request = rpc::DeleteRequest {
            urn: urn.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        self.client.delete(request).await.unwrap();
    }
}

async fn engine() -> (Twin, Engine) {
    let twin = Twin::new([1; 32]).unwrap();
    let engine = Engine::new(&twin, json!({})).await;
    (twin, engine)
}

fn reasons(failures: &[rpc::CheckFailure]) -> Vec<&str> {
    failures.iter().map(|f| f.reason.as_str()).collect()
}

#[tokio::test]
async fn attaching_goes_as_the_engine_expects() {
    let (twin, mut engine) = engine().await;
    let handshake = rpc::ProviderHandshakeRequest::default();
    let answer = engine
        .client
        .handshake(handshake)
        .await
        .unwrap()
        .into_inner();
    assert!(answer.accept_secrets && !answer.accept_outputs && !answer.accept_resources);
    engine
        .client
        .attach(rpc::PluginAttach::default())
        .await
        .unwrap();
    let info = engine
        .client
        .get_plugin_info(())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(info.version, "7.18.0");
    assert_eq!(twin.calls()["Attach"], 1);
}

#[tokio::test]
async fn a_preview_leaves_out_what_only_the_cloud_knows() {
    let (twin, mut engine) = engine().await;
    let inputs = engine.check(BUCKET, json!({ "tags": { "a": "b" } })).await;
    let (id, planned) = engine.try_create(BUCKET, &inputs, true).await.unwrap();
    assert_eq!(id, "");
    assert!(planned.get("arn").is_none() && planned.get("id").is_none());
    assert_eq!(planned["bucket"], inputs["bucket"]);
    assert_eq!(planned["tagsAll"], json!({ "a": "b" }));
    assert_eq!(planned["region"], "us-east-1");
    assert!(twin.is_empty());

    let (id, made) = engine.try_create(BUCKET, &inputs, false).await.unwrap();
    assert_eq!(json!(id), inputs["bucket"]);
    assert_eq!(made["arn"], json!(format!("arn:aws:s3:::{id}")));
    assert!(made.get("__defaults").is_none());
    assert_eq!(twin.resources()[0].id, id);
}

#[tokio::test]
async fn names_and_ids_follow_from_the_seed() {
    let make = async |seed| {
        let twin = Twin::new([seed; 32]).unwrap();
        let mut engine = Engine::new(&twin, json!({})).await;
        (
            engine
                .make(VPC, json!({ "cidrBlock": "10.0.0.0/16" }))
                .await,
            engine.make(QUEUE, json!({ "fifoQueue": true })).await,
        )
    };
    assert_eq!(make(1).await, make(1).await);
    let (one, two) = (make(1).await, make(2).await);
    assert_ne!(one.0.0, two.0.0);
    assert_ne!(one.1.0, two.1.0);
    let name = one.1.1["name"].as_str().unwrap();
    assert!(
        name.starts_with("work-") && name.ends_with(".fifo"),
        "{name}"
    );
    assert_eq!(name.len(), "work-0123456.fifo".len());
}

#[tokio::test]
async fn a_made_name_stays_and_a_replacement_gets_another() {
    let (_, mut engine) = engine().await;
    let made = engine.make(TABLE, json!({ "hashKey": "id" })).await;
    let (again, _) = engine
        .checked(TABLE, made.1.clone(), json!({ "hashKey": "key" }))
        .await;
    assert_eq!(again["name"], made.1["name"]);
    let diff = engine.diff(TABLE, &made, &again).await;
    assert_eq!(diff.replaces, ["hashKey"]);
    assert!(!diff.delete_before_replace);
    let replacement = engine.check(TABLE, json!({ "hashKey": "key" })).await;
    assert_ne!(replacement["name"], made.1["name"]);
}

#[tokio::test]
async fn a_given_name_that_is_dropped_is_not_kept() {
    let (_, mut engine) = engine().await;
    let made = engine.make(QUEUE, json!({ "name": "jobs" })).await;
    let (again, _) = engine.checked(QUEUE, made.1.clone(), json!({})).await;
    assert_ne!(again["name"], "jobs");
    assert_eq!(engine.diff(QUEUE, &made, &again).await.replaces, ["name"]);
}

#[tokio::test]
async fn a_given_name_is_freed_before_its_replacement_takes_it() {
    let (_, mut engine) = engine().await;
    let made = engine.make(QUEUE, json!({ "name": "jobs" })).await;
    let news = engine
        .check(QUEUE, json!({ "name": "jobs", "fifoQueue": true }))
        .await;
    let diff = engine.diff(QUEUE, &made, &news).await;
    assert_eq!(diff.replaces, ["fifoQueue"]);
    assert!(diff.delete_before_replace);
}

#[tokio::test]
async fn a_diff_says_what_changed_and_what_replaces() {
    let (_, mut engine) = engine().await;
    let made = engine
        .make(
            TABLE,
            json!({
                "name": "orders", "hashKey": "id",
                "attributes": [{ "name": "id", "type": "S" }],
                "tags": { "owner": "a", "x.y": "1" },
            }),
        )
        .await;
    assert_eq!(
        engine.diff(TABLE, &made, &made.1).await.changes(),
        DiffChanges::DiffNone
    );

    let news = engine
        .check(
            TABLE,
            json!({
                "name": "orders", "hashKey": "id", "deletionProtectionEnabled": true,
                "attributes": [{ "name": "id", "type": "N" }, { "name": "at", "type": "S" }],
                "tags": { "owner": "b" },
            }),
        )
        .await;
    let diff = engine.diff(TABLE, &made, &news).await;
    assert_eq!(diff.changes(), DiffChanges::DiffSome);
    assert_eq!(
        diff.diffs,
        ["attributes", "deletionProtectionEnabled", "tags"]
    );
    assert_eq!(
        diff.detailed_diff.keys().collect::<Vec<_>>(),
        [
            "attributes[0].type",
            "attributes[1]",
            "deletionProtectionEnabled",
            "tags.owner",
            "tags[\"x.y\"]"
        ]
    );
    assert!(diff.replaces.is_empty() && diff.has_detailed_diff);

    let request = rpc::DiffRequest {
        urn: TABLE.to_owned(),
        id: made.0.clone(),
        old_inputs: wire(&made.1),
        olds: wire(&made.2),
        news: wire(&news),
        ignore_changes: vec!["attributes".to_owned(), "tags.owner".to_owned()],
        ..Default::default()
    };
    let diff = engine.client.diff(request).await.unwrap().into_inner();
    assert_eq!(diff.diffs, ["deletionProtectionEnabled", "tags"]);
}

#[tokio::test]
async fn an_unknown_new_value_of_a_key_that_replaces_replaces() {
    let (_, mut engine) = engine().await;
    let made = engine.make(ACCESS, json!({ "bucket": "pages" })).await;
    let news = engine.check(ACCESS, json!({ "bucket": UNKNOWN })).await;
    assert_eq!(engine.diff(ACCESS, &made, &news).await.replaces, ["bucket"]);
}

#[tokio::test]
async fn what_is_missing_unknown_or_of_another_type_fails_the_check() {
    let (_, mut engine) = engine().await;
    let (_, failures) = engine.checked(ACCESS, json!({}), json!({})).await;
    assert_eq!(
        reasons(&failures),
        [
            "Missing required argument. The argument \"bucket\" is required, but no definition was found.. Examine values at 'access.bucket'."
        ]
    );
    let (_, failures) = engine
        .checked(
            QUEUE,
            json!({}),
            json!({
                "visibilityTimeout": 3, "delaySeconds": "soon", "tags": ["a"], "policy": "not json",
            }),
        )
        .await;
    assert_eq!(
        reasons(&failures),
        [
            "expected integer type, got string type. Examine values at 'work.delaySeconds'.",
            "\"policy\" contains an invalid JSON policy: not a JSON object. Examine values at 'work.policy'.",
            "expected object type, got array type. Examine values at 'work.tags'.",
            "Invalid or unknown key. Examine values at 'work.visibilityTimeout'.",
        ]
    );
    let (_, failures) = engine
        .checked(
            TABLE,
            json!({}),
            json!({
                "attributes": [{ "name": "id", "kind": "S" }],
            }),
        )
        .await;
    assert_eq!(
        failures
            .iter()
            .map(|f| f.property.as_str())
            .collect::<Vec<_>>(),
        ["attributes[0].kind", "attributes[0].type"]
    );
    // The honest twin of each.
    engine.check(ACCESS, json!({ "bucket": "b" })).await;
    engine
        .check(
            QUEUE,
            json!({ "delaySeconds": "3", "tags": { "a": "b" }, "policy": "{}" }),
        )
        .await;
    engine
        .check(
            TABLE,
            json!({ "attributes": [{ "name": "id", "type": UNKNOWN }] }),
        )
        .await;
}

#[tokio::test]
async fn a_failure_does_not_repeat_the_value() {
    let (_, mut engine) = engine().await;
    let hidden = value::secret(json!(["hunter2"]));
    let (_, failures) = engine.checked(DATABASE, json!({}), json!({
        "instanceClass": "db.t4g.small", "password": hidden, "port": "hunter2", "domain": { "hunter2": 1 },
    })).await;
    assert_eq!(failures.len(), 3, "{failures:?}");
    assert!(!format!("{failures:?}").contains("hunter2"), "{failures:?}");
}

#[tokio::test]
async fn secrets_stay_wrapped_and_so_does_what_is_made_from_them() {
    let (twin, mut engine) = engine().await;
    let (_, inputs, outputs) = engine.make(DATABASE, json!({
        "instanceClass": "db.t4g.small", "engine": "postgres",
        "password": value::secret(json!("hunter2")), "identifier": value::secret(json!("vault")),
    })).await;
    for properties in [&inputs, &outputs] {
        assert_eq!(properties["password"], value::secret(json!("hunter2")));
        assert_eq!(properties["identifier"], value::secret(json!("vault")));
    }
    assert!(
        value::unwrapped(&outputs["arn"]).1,
        "the ARN holds the name"
    );
    assert!(!value::unwrapped(&outputs["status"]).1);
    assert!(!format!("{twin:?} {:?}", twin.resources()).contains("hunter2"));

    // A password is a secret even where the program did not say so.
    let plain =
        json!({ "instanceClass": "db.t4g.small", "engine": "postgres", "password": "hunter2" });
    let (_, _, outputs) = engine.make(DATABASE, plain).await;
    assert_eq!(outputs["password"], value::secret(json!("hunter2")));
}

#[tokio::test]
async fn a_document_given_as_an_object_becomes_text() {
    let (_, mut engine) = engine().await;
    let inputs = engine
        .check(
            POLICY,
            json!({ "policy": { "Version": "2012-10-17", "Statement": [] } }),
        )
        .await;
    assert_eq!(
        inputs["policy"],
        r#"{"Statement":[],"Version":"2012-10-17"}"#
    );
    let inputs = engine
        .check(
            POLICY,
            json!({ "policy": { "Statement": [{ "Resource": UNKNOWN }] } }),
        )
        .await;
    assert_eq!(inputs["policy"], UNKNOWN);
}

#[tokio::test]
async fn an_update_changes_what_was_asked_and_keeps_what_was_computed() {
    let (twin, mut engine) = engine().await;
    let made = engine.make(KEY, json!({ "tags": { "a": "1" } })).await;
    let news = engine.check(KEY, json!({ "tags": { "a": "2" } })).await;
    for preview in [true, false] {
        let request = rpc::UpdateRequest {
            urn: KEY.to_owned(),
            id: made.0.clone(),
            olds: wire(&made.2),
            news: wire(&news),
            preview,
            ..Default::default()
        };
        let answer = engine.client.update(request).await.unwrap().into_inner();
        let outputs = Value::Object(value::from_wire(answer.properties).unwrap());
        assert_eq!(outputs["arn"], made.2["arn"]);
        assert_eq!(outputs["policy"], made.2["policy"]);
        assert_eq!(outputs["tagsAll"], json!({ "a": "2" }));
        let kept = &twin.resources()[0].outputs["tags"]["a"];
        assert_eq!(kept, if preview { "1" } else { "2" });
    }
}

#[tokio::test]
async fn reading_finds_what_exists_here_or_in_the_state_and_nothing_else() {
    let (_, mut engine) = engine().await;
    let made = engine.make(QUEUE, json!({})).await;
    let found = engine.read(QUEUE, &made.0, json!({})).await;
    assert_eq!(found.id, made.0);
    assert_eq!(
        value::from_wire(found.properties).unwrap()["arn"],
        made.2["arn"]
    );
    assert_eq!(
        engine
            .read(QUEUE, "elsewhere", json!({ "name": "x" }))
            .await
            .id,
        "elsewhere"
    );
    assert_eq!(engine.read(QUEUE, "nowhere", json!({})).await.id, "");
    engine.delete(QUEUE, &made.0).await;
    assert_eq!(engine.read(QUEUE, &made.0, made.2).await.id, "");
}

#[tokio::test]
async fn what_an_earlier_process_made_can_be_changed_and_deleted() {
    let (_, mut earlier) = engine().await;
    let made = earlier
        .make(VPC, json!({ "cidrBlock": "10.0.0.0/16" }))
        .await;
    let (twin, mut engine) = engine().await;
    let mut news = made.1.clone();
    news["cidrBlock"] = json!("10.1.0.0/16");
    assert_eq!(engine.diff(VPC, &made, &news).await.replaces, ["cidrBlock"]);
    // The same seed draws the same first id; the replacement must not be what it replaces.
    let (id, _) = engine.try_create(VPC, &news, false).await.unwrap();
    assert_ne!(id, made.0);
    engine.delete(VPC, &made.0).await;
    assert_eq!(twin.resources().len(), 1);
    engine.delete(VPC, &id).await;
    assert!(twin.is_empty());
}

#[tokio::test]
async fn a_name_is_given_once() {
    let (twin, mut engine) = engine().await;
    let made = engine.make(BUCKET, json!({ "bucket": "pages" })).await;
    let other = "urn:pulumi:dev::site::aws:s3/bucket:Bucket::other";
    let status = engine.try_create(other, &made.1, false).await.unwrap_err();
    assert_eq!(
        status.message(),
        "creating S3 Bucket `other`: one of this name already exists"
    );
    engine.delete(BUCKET, &made.0).await;
    engine.try_create(other, &made.1, false).await.unwrap();
    assert_eq!(twin.resources().len(), 1);
}

#[tokio::test]
async fn names_from_a_prefix_are_drawn_when_the_resource_is_made() {
    let (_, mut engine) = engine().await;
    let inputs = engine
        .check(BUCKET, json!({ "bucketPrefix": "pages-" }))
        .await;
    assert!(inputs.get("bucket").is_none());
    let (one, _) = engine.try_create(BUCKET, &inputs, false).await.unwrap();
    let (two, _) = engine.try_create(BUCKET, &inputs, false).await.unwrap();
    assert!(one.starts_with("pages-") && two.starts_with("pages-"));
    assert_ne!(one, two);
}

#[tokio::test]
async fn an_unknown_value_cannot_be_made_real() {
    let (twin, mut engine) = engine().await;
    let inputs = engine
        .check(QUEUE, json!({ "tags": { "a": UNKNOWN } }))
        .await;
    let status = engine.try_create(QUEUE, &inputs, false).await.unwrap_err();
    assert_eq!(
        status.message(),
        "creating SQS Queue `work`: `tags` is not known"
    );
    assert!(twin.is_empty());
}

#[tokio::test]
async fn a_type_or_function_that_is_not_in_the_table_is_an_error() {
    let (_, mut engine) = engine().await;
    let request = rpc::CheckRequest {
        urn: "urn:pulumi:dev::site::aws:iam/user:User::root".to_owned(),
        ..Default::default()
    };
    let status = engine.client.check(request).await.unwrap_err();
    assert_eq!(
        status.message(),
        "making a resource: the twin does not know the type `aws:iam/user:User`"
    );
    let request = rpc::InvokeRequest {
        tok: "aws:secretsmanager/getSecretVersion:getSecretVersion".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        engine.client.invoke(request).await.unwrap_err().code(),
        tonic::Code::InvalidArgument
    );
    let request = rpc::InvokeRequest {
        tok: "aws:index/getCallerIdentity:getCallerIdentity".to_owned(),
        ..Default::default()
    };
    let answer = engine.client.invoke(request).await.unwrap().into_inner();
    assert_eq!(
        value::from_wire(answer.r#return).unwrap()["accountId"],
        ACCOUNT
    );
}

#[tokio::test]
async fn each_connection_has_its_own_configuration_on_one_account() {
    let twin = Twin::new([1; 32]).unwrap();
    let tags = json!({ "tags": { "owner": "all", "a": "provider" } }).to_string();
    let mut here = Engine::new(&twin, json!({})).await;
    let mut there = Engine::new(&twin, json!({ "region": "eu-west-1", "defaultTags": tags })).await;
    let at_home = here.make(QUEUE, json!({ "name": "jobs" })).await;
    let (_, _, abroad) = there
        .make(QUEUE, json!({ "name": "jobs", "tags": { "a": "own" } }))
        .await;
    assert_eq!(at_home.2["arn"], "arn:aws:sqs:us-east-1:123456789012:jobs");
    assert_eq!(abroad["arn"], "arn:aws:sqs:eu-west-1:123456789012:jobs");
    assert_eq!(abroad["tagsAll"], json!({ "owner": "all", "a": "own" }));
    assert_eq!(twin.resources().len(), 2);
    // The provider's region is part of where a resource is.
    assert_eq!(
        there.diff(QUEUE, &at_home, &at_home.1).await.replaces,
        ["region"]
    );
    assert!(
        here.diff(QUEUE, &at_home, &at_home.1)
            .await
            .replaces
            .is_empty()
    );

    let mut unconfigured = Engine::unconfigured(&twin).await;
    let status = unconfigured
        .try_create(QUEUE, &json!({}), true)
        .await
        .unwrap_err();
    assert_eq!(status.code(), tonic::Code::FailedPrecondition);
}

#[tokio::test]
async fn the_providers_own_configuration_is_judged() {
    let (_, mut engine) = engine().await;
    let mut check = async |news: Value| {
        let request = rpc::CheckRequest {
            news: wire(&news),
            ..Default::default()
        };
        let answer = engine.client.check_config(request).await.unwrap();
        answer.into_inner().failures
    };
    assert_eq!(
        check(json!({ "region": "eu-west-1", "defaultTags": "{\"tags\":{\"a\":\"b\"}}" })).await,
        []
    );
    assert_eq!(
        check(json!({ "regoin": "eu-west-1" })).await[0].property,
        "regoin"
    );
    assert_eq!(
        check(json!({ "defaultTags": "{\"tags\":1}" })).await.len(),
        1
    );
}

#[tokio::test]
async fn the_schema_holds_every_type_of_the_table() {
    let (twin, mut engine) = engine().await;
    let answer = engine
        .client
        .get_schema(rpc::GetSchemaRequest::default())
        .await
        .unwrap();
    let schema: Value = serde_json::from_str(&answer.into_inner().schema).unwrap();
    for token in twin.shared.table.resources.keys() {
        assert!(
            schema["resources"][token]["inputProperties"].is_object(),
            "{token}"
        );
    }
    assert_eq!(
        schema["resources"]["aws:s3/bucketPolicy:BucketPolicy"]["requiredInputs"],
        json!(["bucket", "policy"])
    );
    assert_eq!(twin.is_stateful("aws:s3/bucket:Bucket"), Some(true));
    assert_eq!(twin.is_stateful("aws:iam/user:User"), None);
}

/// Every type can be made from what it requires, and computes everything that its table promises.
#[tokio::test]
async fn every_type_of_the_table_can_be_made() {
    let (twin, mut engine) = engine().await;
    for (token, resource) in &twin.shared.table.resources {
        let urn = format!("urn:pulumi:dev::site::{token}::thing");
        let required: Properties = resource
            .inputs
            .iter()
            .filter(|(_, property)| property.required)
            .map(|(key, property)| (key.clone(), example(&twin.shared.table, &property.kind)))
            .collect();
        let (id, _, outputs) = engine.make(&urn, Value::Object(required)).await;
        assert!(!id.is_empty() && !id.contains(['{', '}']), "{token}: {id}");
        for (key, property) in &resource.outputs {
            let promised = property.computed.is_some() && property.when.is_none();
            assert!(
                !promised || outputs.get(key).is_some(),
                "{token}: {key} was not computed"
            );
        }
    }
    assert_eq!(twin.resources().len(), twin.shared.table.resources.len());
}

fn example(table: &Table, kind: &table::Type) -> Value {
    use table::Type;
    match kind {
        Type::String | Type::Any => json!("x"),
        Type::Integer | Type::Number => json!(1),
        Type::Boolean => json!(true),
        Type::Json => json!("{}"),
        Type::Asset | Type::Archive => json!({ (value::SIGNATURE): value::ARCHIVE, "path": "x" }),
        Type::Array(item) => json!([example(table, item)]),
        Type::Map(item) => json!({ "x": example(table, item) }),
        Type::Object(token) => table.types[token]
            .iter()
            .filter(|(_, field)| field.required)
            .map(|(key, field)| (key.clone(), example(table, &field.kind)))
            .collect::<Properties>()
            .into(),
    }
}
