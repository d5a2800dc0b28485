use std::net::{Ipv4Addr, TcpListener};

use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tonic::{Code, Status};

use super::*;
use crate::engine::wire::pulumirpc::engine_client::EngineClient;
use crate::engine::wire::pulumirpc::engine_server::{Engine, EngineServer};
use crate::engine::wire::pulumirpc::{
    GetRootResourceRequest, GetRootResourceResponse, LogRequest, RequirePulumiVersionRequest,
    RequirePulumiVersionResponse, SetRootResourceRequest, SetRootResourceResponse,
    StartDebuggingRequest,
};

/// Answers one call, waits for ever in another, panics in a third.
struct Peer {
    dropped: Arc<Mutex<Option<oneshot::Sender<()>>>>,
}

type Answer<T> = Result<tonic::Response<T>, Status>;

#[tonic::async_trait]
impl Engine for Peer {
    async fn log(&self, _: tonic::Request<LogRequest>) -> Answer<()> {
        // Held by the request: dropped when the request's task is.
        let _held = self.dropped.lock().unwrap().take();
        std::future::pending().await
    }

    async fn get_root_resource(
        &self,
        _: tonic::Request<GetRootResourceRequest>,
    ) -> Answer<GetRootResourceResponse> {
        Ok(tonic::Response::new(GetRootResourceResponse {
            urn: "urn".to_owned(),
        }))
    }

    async fn set_root_resource(
        &self,
        _: tonic::Request<SetRootResourceRequest>,
    ) -> Answer<SetRootResourceResponse> {
        panic!("a slip of ours")
    }

    async fn start_debugging(&self, _: tonic::Request<StartDebuggingRequest>) -> Answer<()> {
        Err(Status::unimplemented("no"))
    }

    async fn require_pulumi_version(
        &self,
        _: tonic::Request<RequirePulumiVersionRequest>,
    ) -> Answer<RequirePulumiVersionResponse> {
        Err(Status::unimplemented("no"))
    }
}

async fn start() -> (
    JoinSet<Result<(), ServeError>>,
    EngineClient<Channel>,
    oneshot::Receiver<()>,
) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, dropped) = oneshot::channel();
    let peer = Peer {
        dropped: Arc::new(Mutex::new(Some(sender))),
    };
    let routes = routes(limited!(EngineServer::new(peer)));
    let mut tasks = JoinSet::new();
    tasks.spawn(serve_each(
        "the engine",
        listener,
        move || routes.clone(),
        std::future::pending(),
    ));
    let channel = channel("the engine", TcpStream::connect(address).await.unwrap())
        .await
        .unwrap();
    (tasks, EngineClient::new(channel), dropped)
}

#[tokio::test]
async fn requests_are_answered() {
    let (_tasks, mut client, _) = start().await;
    let answer = client
        .get_root_resource(GetRootResourceRequest {})
        .await
        .unwrap();
    assert_eq!(answer.into_inner().urn, "urn");
}

#[tokio::test]
async fn dropping_the_server_ends_the_requests_that_wait_in_it() {
    let (tasks, mut client, dropped) = start().await;
    let mut caller = client.clone();
    let waiting = tokio::spawn(async move { caller.log(LogRequest::default()).await });
    // An answered call on the same connection: the waiting one was sent before it.
    client
        .get_root_resource(GetRootResourceRequest {})
        .await
        .unwrap();
    drop(tasks);
    dropped.await.unwrap_err();
    waiting.await.unwrap().unwrap_err();
    // The channel has one stream and never dials another.
    client
        .get_root_resource(GetRootResourceRequest {})
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_panic_in_a_handler_ends_the_server_with_an_error() {
    let (mut tasks, mut client, _) = start().await;
    let refused = client
        .set_root_resource(SetRootResourceRequest::default())
        .await
        .unwrap_err();
    assert_ne!(refused.code(), Code::Ok);
    let ended = tasks.join_next().await.unwrap().unwrap();
    assert!(
        matches!(ended, Err(ServeError::Panicked { .. })),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_peer_that_does_not_speak_the_protocol_is_an_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    drop(listener.accept().unwrap());
    let made = channel("nobody", stream).await;
    // The handshake may already fail, or the first call does; neither hangs and neither succeeds.
    if let Ok(channel) = made {
        EngineClient::new(channel)
            .get_root_resource(GetRootResourceRequest {})
            .await
            .unwrap_err();
    }
}
