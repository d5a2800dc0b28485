//! The gateway between a real gRPC client and a provider: one in this process, and real processes.

mod fake;
mod process;

use std::net::{Ipv4Addr, TcpListener};
use std::result::Result;

use prost::Message as _;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

use super::*;
use crate::engine::monitor::{Rule, Severity};
use crate::engine::wire::channel;
use crate::engine::wire::pulumirpc::engine_client::EngineClient;
use crate::engine::wire::pulumirpc::resource_provider_client::ResourceProviderClient;
use crate::engine::wire::pulumirpc::*;
use fake::Fake;

const URN: &str = "urn:pulumi:dev::site::local:index:File::x";

fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

async fn dial(address: SocketAddr) -> Channel {
    channel("a test", TcpStream::connect(address).await.unwrap())
        .await
        .unwrap()
}

/// A gateway before a provider in this process, and the engine's client of it.
async fn start() -> (
    Gateway,
    ResourceProviderClient<Channel>,
    Fake,
    JoinSet<Result<(), ServeError>>,
) {
    let fake = Fake::default();
    let provider = listener();
    let port = provider.local_addr().unwrap().port();
    let mut servers = JoinSet::new();
    servers.spawn(crate::engine::wire::serve(
        provider,
        fake.clone(),
        std::future::pending(),
    ));
    let gateway = Gateway::with_backend(listener(), "local".parse().unwrap(), |log| {
        proxy::Backend::Port { port, log }
    })
    .unwrap();
    gateway.permit(Permit::Everything);
    let client = ResourceProviderClient::new(dial(gateway.address()).await);
    (gateway, client, fake, servers)
}

#[tokio::test]
async fn a_check_passes_with_a_seed_that_follows_from_the_urn() {
    let (gateway, mut client, fake, _servers) = start().await;
    let check = |urn: &str, seed: u8| CheckRequest {
        urn: urn.to_owned(),
        random_seed: vec![seed; 32],
        ..CheckRequest::default()
    };
    for request in [
        check(URN, 1),
        check(URN, 2),
        check("urn:pulumi:dev::site::local:index:File::y", 1),
    ] {
        client.check(request).await.unwrap();
    }
    let seeds: Vec<Vec<u8>> = fake
        .checks()
        .into_iter()
        .map(|check| check.random_seed)
        .collect();
    assert_eq!(seeds[0], seeds[1]);
    assert_ne!(seeds[0], seeds[2]);
    insta::assert_snapshot!(hex::encode(&seeds[0]), @"891b540cbb9650b7192ddfa54a001c4e0fd4d0838a1f41efc5453f4913ecdb41");
    assert_eq!(gateway.observed().calls.get("provider/Check"), Some(&3));
    assert_eq!(
        gateway.attachment(),
        format!("local:{}", gateway.address().port())
    );
}

#[tokio::test]
async fn a_refusal_goes_on_with_its_code_text_and_details() {
    let (_gateway, mut client, _fake, _servers) = start().await;
    let status = client
        .create(CreateRequest {
            urn: "half-made".to_owned(),
            ..Default::default()
        })
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unknown, "resource init failed: half")
    );
    let details = ErrorResourceInitFailed::decode(status.details()).unwrap();
    assert_eq!(details.id, "half");
    client
        .create(CreateRequest {
            urn: URN.to_owned(),
            ..Default::default()
        })
        .await
        .unwrap();
}

fn create(urn: &str, preview: bool) -> CreateRequest {
    CreateRequest {
        urn: urn.to_owned(),
        preview,
        ..Default::default()
    }
}

#[tokio::test]
async fn only_what_was_cleared_changes_the_world() {
    let (gateway, mut client, fake, _servers) = start().await;
    gateway.permit(Permit::Nothing);
    client.create(create(URN, true)).await.unwrap();
    let update = |preview| UpdateRequest {
        urn: URN.to_owned(),
        preview,
        ..Default::default()
    };
    client.update(update(true)).await.unwrap();
    let delete = || DeleteRequest {
        urn: URN.to_owned(),
        ..Default::default()
    };
    // A preview that asks for the real thing does not get it.
    for answer in [
        client.create(create(URN, false)).await.map(drop),
        client.update(update(false)).await.map(drop),
        client.delete(delete()).await.map(drop),
    ] {
        assert_eq!(answer.unwrap_err().code(), Code::PermissionDenied);
    }
    assert_eq!(fake.creates().len(), 1, "only the previewed one arrived");
    assert_eq!(gateway.observed().denials.len(), 3);
    assert_eq!(gateway.observed().denials[0].rule, Rule::Uncleared);
    gateway.permit(Permit::Cleared(
        [(Write::Update, URN.to_owned())].into_iter().collect(),
    ));
    client.update(update(false)).await.unwrap();
    assert!(client.create(create(URN, false)).await.is_err());
    assert!(client.delete(delete()).await.is_err());
}

#[tokio::test]
async fn what_was_made_is_counted_until_it_is_gone() {
    let (gateway, mut client, _fake, _servers) = start().await;
    client.create(create(URN, true)).await.unwrap();
    assert_eq!(gateway.live().len(), 0, "a preview makes nothing");
    let id = client
        .create(create(URN, false))
        .await
        .unwrap()
        .into_inner()
        .id;
    assert!(client.create(create("half-made", false)).await.is_err());
    assert_eq!(gateway.live().len(), 2);
    for (urn, id) in [(URN, id.as_str()), ("half-made", "half")] {
        let request = DeleteRequest {
            urn: urn.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        client.delete(request).await.unwrap();
    }
    assert_eq!(gateway.live().len(), 0);
}

#[tokio::test]
async fn the_plugin_is_told_of_no_address_but_our_log() {
    let (gateway, mut client, fake, _servers) = start().await;
    let target = Some("127.0.0.1:1".to_owned());
    let request = ProviderHandshakeRequest {
        engine_address: "127.0.0.1:1".to_owned(),
        root_directory: target.clone(),
        mapper_target: target.clone(),
        loader_target: target.clone(),
        resolver_target: target,
        invoke_with_preview: true,
        ..ProviderHandshakeRequest::default()
    };
    assert!(
        client
            .handshake(request)
            .await
            .unwrap()
            .into_inner()
            .accept_secrets
    );
    let seen = fake.handshakes().remove(0);
    assert_eq!(
        (
            seen.root_directory,
            seen.mapper_target,
            seen.loader_target,
            seen.resolver_target
        ),
        (None, None, None, None)
    );
    assert!(seen.invoke_with_preview);
    client
        .attach(PluginAttach {
            address: "127.0.0.1:1".to_owned(),
        })
        .await
        .unwrap();

    let mut log = EngineClient::new(dial(seen.engine_address.parse().unwrap()).await);
    log.log(LogRequest {
        severity: 2,
        message: "slow".to_owned(),
        ..LogRequest::default()
    })
    .await
    .unwrap();
    let heard = gateway.observed().diagnostics;
    assert_eq!(
        (heard[0].severity, heard[0].text.as_str()),
        (Severity::Warning, "slow")
    );
    assert_eq!(
        log.set_root_resource(SetRootResourceRequest::default())
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );

    let status = |address: &str| CreateRequest {
        resource_status_address: address.to_owned(),
        resource_status_token: "t".to_owned(),
        ..Default::default()
    };
    client.create(status("127.0.0.1:1")).await.unwrap();
    assert_eq!(fake.creates().remove(0), CreateRequest::default());
}

#[tokio::test]
async fn whatever_runs_more_than_resources_in_a_provider_is_denied() {
    let (gateway, mut client, _fake, _servers) = start().await;
    let denied = |code: Code, rule: Rule| {
        assert_eq!(code, Code::PermissionDenied);
        assert_eq!(gateway.observed().denials.last().unwrap().rule, rule);
    };
    denied(
        client
            .construct(ConstructRequest::default())
            .await
            .unwrap_err()
            .code(),
        Rule::Remote,
    );
    denied(
        client
            .call(CallRequest::default())
            .await
            .unwrap_err()
            .code(),
        Rule::Remote,
    );
    denied(
        client
            .parameterize(ParameterizeRequest::default())
            .await
            .unwrap_err()
            .code(),
        Rule::Parameterized,
    );
    denied(
        client
            .list(ListRequest::default())
            .await
            .unwrap_err()
            .code(),
        Rule::Read,
    );
    let part = GetSchemaRequest {
        subpackage_name: "x".to_owned(),
        ..GetSchemaRequest::default()
    };
    denied(
        client.get_schema(part).await.unwrap_err().code(),
        Rule::Parameterized,
    );
    client
        .get_schema(GetSchemaRequest::default())
        .await
        .unwrap();
}

/// A check as a newer engine might send it.
#[derive(Clone, PartialEq, prost::Message)]
struct Newer {
    #[prost(string, tag = "1")]
    urn: String,
    #[prost(string, tag = "900")]
    more: String,
}

#[tokio::test]
async fn a_request_with_an_unknown_field_is_refused_before_the_plugin_sees_it() {
    let (gateway, _, fake, _servers) = start().await;
    for (more, passes) in [("", true), ("x", false)] {
        let mut client = tonic::client::Grpc::new(dial(gateway.address()).await);
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/pulumirpc.ResourceProvider/Check");
        let codec = tonic_prost::ProstCodec::<Newer, CheckResponse>::default();
        let newer = Newer {
            urn: URN.to_owned(),
            more: more.to_owned(),
        };
        let answer = client.unary(tonic::Request::new(newer), path, codec).await;
        assert_eq!(
            answer.map_or_else(|status| status.code() != Code::InvalidArgument, |_| true),
            passes
        );
    }
    assert_eq!(fake.checks().len(), 1);
}

/// A provider that answers every call with a field that nobody declared.
#[derive(Clone)]
struct NewerProvider;

impl tonic::server::NamedService for NewerProvider {
    const NAME: &'static str = "pulumirpc.ResourceProvider";
}

impl tonic::server::UnaryService<CheckRequest> for NewerProvider {
    type Response = Newer;
    type Future = std::future::Ready<std::result::Result<tonic::Response<Newer>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<CheckRequest>) -> Self::Future {
        let more = request.into_inner().name;
        std::future::ready(Ok(tonic::Response::new(Newer {
            urn: String::new(),
            more,
        })))
    }
}

type HttpRequest = tonic::codegen::http::Request<tonic::body::Body>;
type HttpResponse = tonic::codegen::http::Response<tonic::body::Body>;

impl tonic::codegen::Service<HttpRequest> for NewerProvider {
    type Response = HttpResponse;
    type Error = std::convert::Infallible;
    type Future = tonic::codegen::BoxFuture<HttpResponse, std::convert::Infallible>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::result::Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let codec = tonic_prost::ProstCodec::<Newer, CheckRequest>::default();
            Ok(tonic::server::Grpc::new(codec).unary(Self, request).await)
        })
    }
}

#[tokio::test]
async fn an_answer_with_an_unknown_field_is_refused_before_the_engine_sees_it() {
    let provider = listener();
    let port = provider.local_addr().unwrap().port();
    let newer = routes(NewerProvider);
    let mut servers = JoinSet::new();
    servers.spawn(serve_each(
        "a test",
        provider,
        move || newer.clone(),
        std::future::pending(),
    ));
    let gateway = Gateway::with_backend(listener(), "local".parse().unwrap(), |log| {
        proxy::Backend::Port { port, log }
    })
    .unwrap();
    let mut client = ResourceProviderClient::new(dial(gateway.address()).await);
    client.check(CheckRequest::default()).await.unwrap();
    let status = client
        .check(CheckRequest {
            name: "more".to_owned(),
            ..Default::default()
        })
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(
        status
            .message()
            .contains("field 900 of `pulumirpc.CheckResponse`"),
        "{status}"
    );
}
