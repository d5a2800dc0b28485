//! What the broker adds: time to the first byte and time of a stream, beside the same requests without it, in one run.
//!
//! `cargo bench --bench broker`. The model is a server on this machine that answers at once, or as fast as a model speaks.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark prints, and ends where it cannot go on"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lightsout::config::environment::Environment;
use lightsout::config::{Api, KeySource, ModelBudget};
use lightsout::perimeter::broker::budget::{Account, Limits, Spent};
use lightsout::perimeter::broker::key::Key;
use lightsout::perimeter::broker::{Broker, ModelPlan, Plan};

/// Requests whose first byte is waited for, each way.
const ROUNDS: usize = 500;
/// Streams, each way and pace.
const STREAMS: usize = 20;
/// Bytes of a stream, in events of this size.
const STREAM_BYTES: usize = 1 << 20;
const EVENT_BYTES: usize = 4096;
/// A pause between events: a stream of about a third of a second.
const PACE: Duration = Duration::from_micros(1200);

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let upstream = serve();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let through = listener.local_addr().unwrap();
    let (_broker, _questions) = runtime.block_on(async { broker(listener, upstream) });
    println!(
        "{:<34} {:>12} {:>12} {:>10}",
        "", "direct", "broker", "more"
    );
    // In turn, so that what the machine does meanwhile hits both.
    let mut first = [Vec::new(), Vec::new()];
    let (mut direct, mut brokered) = (connect(upstream), connect(through));
    for _ in 0..ROUNDS {
        first[0].push(ask(&mut direct, "short").0);
        first[1].push(ask(&mut brokered, "short").0);
    }
    row("first byte, median", &mut first);
    for (name, pace) in [
        ("1 MB at once, median", "fast"),
        ("1 MB at a model's pace, median", "paced"),
    ] {
        let mut whole = [Vec::new(), Vec::new()];
        for _ in 0..STREAMS {
            whole[0].push(ask(&mut direct, pace).1);
            whole[1].push(ask(&mut brokered, pace).1);
        }
        row(name, &mut whole);
    }
}

fn row(name: &str, times: &mut [Vec<Duration>; 2]) {
    for list in times.iter_mut() {
        list.sort_unstable();
    }
    let median = |list: &Vec<Duration>| list[list.len() / 2].as_secs_f64() * 1000.0;
    let (direct, broker) = (median(&times[0]), median(&times[1]));
    let share = (broker / direct - 1.0) * 100.0;
    println!(
        "{name:<34} {direct:>9.3} ms {broker:>9.3} ms {:>7.3} ms ({share:.1} %)",
        broker - direct
    );
}

fn broker(
    listener: TcpListener,
    upstream: SocketAddr,
) -> (
    Broker,
    tokio::sync::mpsc::Receiver<lightsout::perimeter::broker::Ask>,
) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "sk-benchmark").unwrap();
    let repository = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([]);
    let key = Key::read(&KeySource::File(file), &environment, repository.path()).unwrap();
    let limits = Limits::new(&ModelBudget {
        usd: None,
        tokens: Some(1 << 50),
        requests: Some(1 << 30),
        bytes: Some(1 << 50),
    })
    .unwrap();
    let (tool, questions) = tokio::sync::mpsc::channel(1);
    let model = ModelPlan {
        api: Api::Responses,
        url: format!("http://{upstream}/v1"),
        name: "m".to_owned(),
        key: Arc::new(key),
        account: Account::new(limits, limits, Spent::default(), None),
        output_tokens: 1000,
        silence: Duration::from_secs(10),
        transcript: None,
    };
    let plan = Plan {
        model: Some(model),
        tool,
    };
    (Broker::start(listener, plan).unwrap(), questions)
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}

/// Asks; the time to the first byte of the answer, and to its last.
fn ask(connection: &mut BufReader<TcpStream>, pace: &str) -> (Duration, Duration) {
    // As large as an agent's first request.
    let body = serde_json::json!({"model": "m", "stream": true, "max_output_tokens": 1000, "input": "x".repeat(38_000), "user": pace}).to_string();
    let started = Instant::now();
    write!(
        connection.get_mut(),
        "POST /v1/responses HTTP/1.1\r\nhost: model\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut line = String::new();
    connection.read_line(&mut line).unwrap();
    let first = started.elapsed();
    assert!(line.contains(" 200 "), "{line}");
    while line != "\r\n" {
        line.clear();
        connection.read_line(&mut line).unwrap();
    }
    loop {
        line.clear();
        connection.read_line(&mut line).unwrap();
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; length + 2];
        connection.read_exact(&mut chunk).unwrap();
        if length == 0 {
            return (first, started.elapsed());
        }
    }
}

/// A model's API that answers without thinking.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut reader = BufReader::new(stream);
                while answer(&mut reader).is_some() {}
            });
        }
    });
    address
}

fn answer(connection: &mut BufReader<TcpStream>) -> Option<()> {
    let (mut length, mut line) = (0, String::new());
    while line != "\r\n" {
        line.clear();
        if connection.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let (events, pace) = if body.contains("\"short\"") {
        (1, None)
    } else if body.contains("\"fast\"") {
        (STREAM_BYTES / EVENT_BYTES, None)
    } else {
        (STREAM_BYTES / EVENT_BYTES, Some(PACE))
    };
    let out = connection.get_mut();
    out.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )
    .unwrap();
    let event = format!("data: {}\n\n", "x".repeat(EVENT_BYTES - 8));
    for _ in 0..events {
        write!(out, "{:x}\r\n{event}\r\n", event.len()).unwrap();
        if let Some(pace) = pace {
            std::thread::sleep(pace);
        }
    }
    let last = "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":9000,\"output_tokens\":10}}}\n\n";
    write!(out, "{:x}\r\n{last}\r\n0\r\n\r\n", last.len()).unwrap();
    Some(())
}
