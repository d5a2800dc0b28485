//! The head of a request to the proxy: read to a limit, then taken apart strictly.
//!
//! INVARIANT: every byte is printable ASCII but for the line ends, which are CR LF; what is passed on is built anew from the parts.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::address::{Destination, Host};
use super::record::Refusal;
use crate::names::excerpt;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A tunnel.
    Connect(Destination),
    /// One answer of a registry of this machine: the head as it is passed on.
    Plain(Destination, Vec<u8>),
}

/// Why it is not one, and what it names as far as that can be said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) String, pub(super) Refusal);

/// Reads up to the empty line; returns the head without it and what came after it.
pub(super) async fn read(stream: &mut TcpStream) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let mut head = Vec::new();
    loop {
        if let Some(at) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = head.split_off(at).split_off(4);
            return Ok((head, rest));
        }
        if head.len() >= HEAD_BYTES_MAX {
            return Err(Refusal::HeadTooLong);
        }
        let room = u64::try_from(HEAD_BYTES_MAX - head.len()).unwrap_or(0);
        // A limit of its own for each read: what has no end in time is cut by the caller.
        match stream.take(room).read_buf(&mut head).await {
            Ok(0) | Err(_) => return Err(Refusal::Head),
            Ok(_) => {}
        }
    }
}

/// Takes a head apart.
pub(super) fn parse(head: &[u8]) -> Result<Request, Refused> {
    let unreadable = || Refused("(unreadable)".to_owned(), Refusal::Head);
    let text = std::str::from_utf8(head).map_err(|_| unreadable())?;
    let mut lines = text.split("\r\n");
    let printable = |line: &str| line.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    if !text.split("\r\n").all(printable) {
        return Err(unreadable());
    }
    let mut words = lines.next().unwrap_or("").split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(unreadable());
    };
    let refuse = |why| Refused(excerpt(target), why);
    match method {
        "CONNECT" => {
            let destination = Destination::of_authority(target, None, false)
                .map_err(|_| refuse(Refusal::Host))?;
            Ok(Request::Connect(destination))
        }
        "GET" | "HEAD" => plain(method, target, lines),
        _ => Err(refuse(Refusal::Method)),
    }
}

fn plain<'a>(
    method: &str,
    target: &str,
    lines: impl Iterator<Item = &'a str>,
) -> Result<Request, Refused> {
    let rest = target
        .strip_prefix("http://")
        .ok_or_else(|| Refused(excerpt(target), Refusal::Method))?;
    let (authority, path) = rest
        .find('/')
        .and_then(|at| rest.split_at_checked(at))
        .unwrap_or((rest, "/"));
    // Not the whole target: a path may hold a secret.
    let refuse = |why| Refused(excerpt(authority), why);
    let destination =
        Destination::of_authority(authority, Some(80), true).map_err(|_| refuse(Refusal::Host))?;
    match destination.host {
        Host::Name(_) => return Err(refuse(Refusal::NotListed)),
        Host::Loopback(_) => {}
    }
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n");
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| refuse(Refusal::Head))?;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(refuse(Refusal::Head));
        }
        let name = name.to_ascii_lowercase();
        let body = match name.as_str() {
            "content-length" => value.trim() != "0",
            "transfer-encoding" => true,
            _ => false,
        };
        if body {
            return Err(refuse(Refusal::Head));
        }
        if !OURS.contains(&name.as_str()) {
            head.push_str(&format!("{name}:{value}\r\n"));
        }
    }
    head.push_str("\r\n");
    Ok(Request::Plain(destination, head.into_bytes()))
}

/// Headers that are between a client and its proxy, or that are written anew.
const OURS: &[&str] = &[
    "host",
    "connection",
    "proxy-connection",
    "proxy-authorization",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "content-length",
];
/// LIMIT: bytes of a head; a registry's token may have some thousand.
pub(super) const HEAD_BYTES_MAX: usize = 16 << 10;
