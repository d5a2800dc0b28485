//! What does not decode strictly does not pass: a peer that knows fields we do not.

use prost::Message as _;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::codegen::http::uri::PathAndQuery;

use super::fake::program;
use crate::engine::wire::channel;
use crate::engine::wire::pulumirpc::RegisterResourceResponse;

/// A registration as a newer SDK might send it.
#[derive(Clone, PartialEq, prost::Message)]
struct Newer {
    #[prost(string, tag = "1")]
    r#type: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "900")]
    escape: String,
}

async fn send(message: Newer) -> (Result<RegisterResourceResponse, tonic::Status>, Vec<String>) {
    let program = program().await;
    let channel = channel("a test", TcpStream::connect(program.address).await.unwrap())
        .await
        .unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/pulumirpc.ResourceMonitor/RegisterResource");
    let codec = tonic_prost::ProstCodec::<Newer, RegisterResourceResponse>::default();
    let answer = client
        .unary(tonic::Request::new(message), path, codec)
        .await;
    (answer.map(tonic::Response::into_inner), program.reached())
}

#[tokio::test]
async fn a_registration_with_an_unknown_field_is_refused_before_it_is_seen() {
    let honest = Newer {
        r#type: "site:Page".to_owned(),
        name: "page".to_owned(),
        escape: String::new(),
    };
    let (answer, reached) = send(honest.clone()).await;
    assert!(answer.unwrap().urn.ends_with("::page"));
    assert_eq!(reached, ["RegisterResource"]);
    let newer = Newer {
        escape: "x".to_owned(),
        ..honest
    };
    assert!(newer.encoded_len() > 0);
    let (answer, reached) = send(newer).await;
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(
        status
            .message()
            .contains("field 900 of `pulumirpc.RegisterResourceRequest`"),
        "{status}"
    );
    assert_eq!(reached, Vec::<String>::new());
}
