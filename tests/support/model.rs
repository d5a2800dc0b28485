//! A model's API that misbehaves as a test says, over real HTTP on this machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use lightsout::app::doctor::{Script, answer};
use lightsout::config::Api;

/// What one request gets.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// What the script says.
    Good,
    /// This status, with these more lines of a head.
    Status(u16, &'static str),
    /// The first event, and then a connection that is cut.
    Cut,
    /// The first event, and then nothing.
    Stall,
    /// An answer without end.
    Endless,
    /// A good answer, whose usage is this text in place of the number of tokens that were sent.
    Lie(&'static str),
    /// The head of the request, as an event.
    Echo,
}

/// What a request gets, by its number from 0.
pub(crate) type Plan = Arc<dyn Fn(u64) -> Reply + Send + Sync>;

/// The API; it serves until the test ends.
pub(crate) struct Model {
    port: u16,
    requests: Arc<AtomicU64>,
    heads: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Model {
    pub(crate) fn start(script: Script, plan: Plan) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let model = Self {
            port,
            requests: Arc::default(),
            heads: Arc::default(),
            bodies: Arc::default(),
        };
        let (requests, heads, bodies) = (
            Arc::clone(&model.requests),
            Arc::clone(&model.heads),
            Arc::clone(&model.bodies),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, plan) = (Arc::clone(&script), Arc::clone(&plan));
                let (requests, heads, bodies) = (
                    Arc::clone(&requests),
                    Arc::clone(&heads),
                    Arc::clone(&bodies),
                );
                std::thread::spawn(move || {
                    let stream = stream.unwrap();
                    // Whoever asked may hang up at any time.
                    drop(one(&stream, &script, &plan, &requests, &heads, &bodies));
                });
            }
        });
        model
    }

    /// One that always does as the script says.
    pub(crate) fn good(script: Script) -> Self {
        Self::start(script, Arc::new(|_| Reply::Good))
    }

    /// Its address as a configuration has it.
    pub(crate) fn url(&self, api: Api) -> String {
        let version = match api {
            Api::Responses | Api::Chat | Api::Messages => "v1",
            Api::Gemini => "v1beta",
        };
        format!("http://127.0.0.1:{}/{version}", self.port)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }
}

fn one(
    stream: &TcpStream,
    script: &Script,
    plan: &Plan,
    requests: &AtomicU64,
    heads: &Mutex<Vec<String>>,
    bodies: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8(body).unwrap();
        let number = requests.fetch_add(1, Ordering::SeqCst);
        heads.lock().unwrap().push(head.clone());
        bodies.lock().unwrap().push(body.clone());
        let path = head.split_whitespace().nth(1).unwrap();
        let api = match path.split('?').next().unwrap() {
            "/v1/responses" => Api::Responses,
            "/v1/chat/completions" => Api::Chat,
            "/v1/messages" => Api::Messages,
            _ => Api::Gemini,
        };
        let asked: serde_json::Value = serde_json::from_str(&body).unwrap();
        let is_stream =
            asked.get("stream").is_some_and(|it| it == true) || path.ends_with("alt=sse");
        let good = || answer(api, &asked, is_stream, script);
        match plan(number) {
            Reply::Good => whole(writer, is_stream, &good())?,
            Reply::Status(status, more) => {
                let text = format!(
                    "{{\"error\":{{\"message\":\"the model says {status}\",\"type\":\"x\",\"code\":\"y\"}},\"type\":\"error\"}}"
                );
                write!(
                    writer,
                    "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n{text}",
                    text.len()
                )?;
            }
            Reply::Cut => {
                chunk(writer, &first(&good()), true)?;
                return Ok(());
            }
            Reply::Stall => {
                chunk(writer, &first(&good()), true)?;
                // Until the other side hangs up.
                let mut rest = Vec::new();
                reader.read_to_end(&mut rest)?;
                return Ok(());
            }
            Reply::Endless => {
                chunk(writer, &first(&good()), true)?;
                let line = format!(": {}\n\n", "x".repeat(64 * 1024));
                loop {
                    chunk(writer, &line, false)?;
                }
            }
            Reply::Lie(number) => {
                let honest = body_tokens(&asked).to_string();
                whole(writer, is_stream, &good().replace(&honest, number))?;
            }
            Reply::Echo => {
                let text = format!("data: {}\n\n", serde_json::json!({"heard": head}));
                whole(writer, true, &text)?;
            }
        }
    }
}

fn body_tokens(asked: &serde_json::Value) -> usize {
    asked.to_string().len() / 4
}

fn first(stream: &str) -> String {
    stream
        .split_inclusive("\n\n")
        .next()
        .unwrap_or("")
        .to_owned()
}

fn whole(mut writer: &TcpStream, is_stream: bool, text: &str) -> std::io::Result<()> {
    let kind = if is_stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    write!(
        writer,
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
}

fn chunk(mut writer: &TcpStream, text: &str, with_head: bool) -> std::io::Result<()> {
    if with_head {
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
    }
    write!(writer, "{:x}\r\n{text}\r\n", text.len())?;
    writer.flush()
}
