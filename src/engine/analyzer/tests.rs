//! The engine's questions over a real connection.

use std::net::{Ipv4Addr, SocketAddr};

use super::*;
use crate::engine::wire::pulumirpc::analyzer_client::AnalyzerClient;
use crate::engine::wire::value::{Value, to_struct};

/// Objects to what is called `bad`, and to every stack; falls over on `panic`.
#[derive(Debug)]
struct Strict;

impl Judge for Strict {
    fn resource(&self, asked: &Asked) -> Vec<Objection> {
        assert_ne!(asked.urn, "panic");
        if asked.properties.is_err() {
            return vec![objection(&asked.urn, "unreadable")];
        }
        match asked.urn.as_str() {
            "bad" => vec![objection("bad", "it is bad")],
            _ => Vec::new(),
        }
    }

    fn stack(&self, asked: &[Asked]) -> Vec<Objection> {
        vec![objection("", &format!("{} resources", asked.len()))]
    }
}

async fn connected(
    bench: &Bench,
) -> (
    AnalyzerClient<tonic::transport::Channel>,
    tokio::task::JoinHandle<Result<(), ServeError>>,
) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let server = tokio::spawn(bench.clone().serve(listener));
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let channel = crate::engine::wire::channel("the policies", stream).await;
    (AnalyzerClient::new(channel.unwrap()), server)
}

fn about(urn: &str) -> AnalyzeRequest {
    AnalyzeRequest {
        urn: urn.to_owned(),
        r#type: "my:index:Thing".to_owned(),
        ..AnalyzeRequest::default()
    }
}

/// What stops the engine, as it reads it.
fn stops(answer: Response<AnalyzeResponse>) -> Vec<String> {
    let diagnostics = answer.into_inner().diagnostics.into_iter();
    let mandatory = |it: &AnalyzeDiagnostic| it.enforcement_level() == EnforcementLevel::Mandatory;
    diagnostics
        .inspect(|it| assert!(mandatory(it)))
        .map(|it| it.message)
        .collect()
}

#[tokio::test]
async fn the_seated_judge_answers_and_an_empty_seat_objects() {
    let bench = Bench::default();
    let (mut client, server) = connected(&bench).await;
    let alone = client.analyze(about("good")).await.unwrap();
    assert_eq!(stops(alone), ["nobody judges this update"]);
    bench.seat(Some(Arc::new(Strict)));
    assert!(stops(client.analyze(about("good")).await.unwrap()).is_empty());
    let bad = client.analyze(about("bad")).await.unwrap();
    assert_eq!(stops(bad), ["it is bad"]);
    let stack = AnalyzeStackRequest {
        resources: vec![crate::engine::wire::pulumirpc::AnalyzerResource::default()],
    };
    let stack = client.analyze_stack(stack).await.unwrap();
    assert_eq!(stops(stack), ["1 resources"]);
    bench.seat(None);
    assert_eq!(stops(client.analyze(about("good")).await.unwrap()).len(), 1);
    server.abort();
}

#[tokio::test]
async fn a_judge_that_falls_over_is_an_objection() {
    let bench = Bench::default();
    bench.seat(Some(Arc::new(Strict)));
    let (mut client, server) = connected(&bench).await;
    let answer = client.analyze(about("panic")).await.unwrap();
    assert_eq!(stops(answer), ["the policies ended without an answer"]);
    server.abort();
}

#[tokio::test]
async fn properties_that_are_not_understood_reach_the_judge_as_such() {
    let bench = Bench::default();
    bench.seat(Some(Arc::new(Strict)));
    let (mut client, server) = connected(&bench).await;
    let strange = Value::Map([(value::SIGNATURE.to_owned(), Value::String("?".to_owned()))].into());
    let mut request = about("good");
    request.properties = Some(to_struct(&[("a".to_owned(), strange)].into()));
    let answer = client.analyze(request).await.unwrap();
    assert_eq!(stops(answer), ["unreadable"]);
    server.abort();
}

#[tokio::test]
async fn nothing_is_remediated_and_nothing_configured() {
    let bench = Bench::default();
    bench.seat(Some(Arc::new(Strict)));
    let (mut client, server) = connected(&bench).await;
    let remediated = client.remediate(about("bad")).await.unwrap().into_inner();
    assert!(remediated.remediations.is_empty());
    let refused = client.configure(ConfigureAnalyzerRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::PermissionDenied);
    server.abort();
}
