//! The first message of TLS: for which name it is.
//!
//! INVARIANT: one `server_name` extension with one name is a name; anything odd is a refusal, not an absence.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::address::name;
use super::record::Refusal;

/// Reads a whole `ClientHello`, beginning with what has been read already. Returns all bytes read, and the name.
pub(super) async fn read(
    stream: &mut TcpStream,
    mut bytes: Vec<u8>,
) -> Result<(Vec<u8>, Option<String>), Refusal> {
    loop {
        if let Some(hello) = message(&bytes)? {
            let name = server_name(&hello)?;
            return Ok((bytes, name));
        }
        if bytes.len() > HELLO_BYTES_MAX {
            return Err(Refusal::NotTls);
        }
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Err(Refusal::NotTls),
            Ok(_) => {}
        }
    }
}

/// The body of the `ClientHello` that these records hold, if it is whole.
pub(super) fn message(bytes: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let mut records = Cursor(bytes);
    let mut message = Vec::new();
    loop {
        if let Some((head, body)) = message.split_at_checked(4) {
            let mut head = Cursor(head);
            if head.number(1) != Some(CLIENT_HELLO) {
                return Err(Refusal::NotTls);
            }
            let length = head.number(3).unwrap_or(usize::MAX);
            if length > HELLO_BYTES_MAX {
                return Err(Refusal::NotTls);
            }
            if let Some(body) = body.get(..length) {
                return Ok(Some(body.to_vec()));
            }
        }
        // Refused by its first byte, without waiting for more.
        if records.0.first().is_some_and(|kind| *kind != HANDSHAKE) {
            return Err(Refusal::NotTls);
        }
        let (Some(_), Some(version), Some(length)) =
            (records.number(1), records.number(2), records.number(2))
        else {
            return Ok(None);
        };
        if version >> 8 != 3 || length == 0 || length > RECORD_BYTES_MAX {
            return Err(Refusal::NotTls);
        }
        match records.take(length) {
            Some(part) => message.extend_from_slice(part),
            None => return Ok(None),
        }
    }
}

/// The one name that a `ClientHello` asks for.
pub(super) fn server_name(hello: &[u8]) -> Result<Option<String>, Refusal> {
    extensions(hello)
        .ok_or(Refusal::NotTls)?
        .map_or(Ok(None), |list| {
            let mut found = None;
            let mut list = Cursor(list);
            while !list.0.is_empty() {
                let (Some(kind), Some(body)) = (list.number(2), list.vector(2)) else {
                    return Err(Refusal::NotTls);
                };
                if kind == ENCRYPTED_HELLO {
                    return Err(Refusal::HiddenName);
                }
                if kind == SERVER_NAME {
                    let name = one_name(body).ok_or(Refusal::ServerName)?;
                    if found.replace(name).is_some() {
                        return Err(Refusal::ServerName);
                    }
                }
            }
            Ok(found)
        })
}

/// The extensions' bytes. Outer nothing: not a `ClientHello`; inner nothing: it has none.
#[expect(clippy::option_option, reason = "two absences that differ")]
fn extensions(hello: &[u8]) -> Option<Option<&[u8]>> {
    let mut hello = Cursor(hello);
    // Version and random, session, ciphers, compression.
    hello.take(34)?;
    hello.vector(1)?;
    hello.vector(2)?;
    hello.vector(1)?;
    if hello.0.is_empty() {
        return Some(None);
    }
    let list = hello.vector(2)?;
    hello.0.is_empty().then_some(Some(list))
}

fn one_name(body: &[u8]) -> Option<String> {
    let mut body = Cursor(body);
    let mut list = Cursor(body.vector(2)?);
    let host = (list.number(1)? == HOST_NAME).then(|| list.vector(2))??;
    let rest = body.0.is_empty() && list.0.is_empty();
    let host = std::str::from_utf8(host).map_or(None, Some)?;
    rest.then(|| name(host)).flatten()
}

/// Bytes that are taken from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        let bytes = self.take(bytes)?;
        Some(
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    }

    /// A length of so many bytes, and what it is of.
    fn vector(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let length = self.number(bytes)?;
        self.take(length)
    }
}

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: usize = 1;
const SERVER_NAME: usize = 0;
const HOST_NAME: usize = 0;
const ENCRYPTED_HELLO: usize = 0xfe0d;
/// LIMIT: bytes of one record, by the protocol.
const RECORD_BYTES_MAX: usize = 16 << 10;
/// LIMIT: bytes of a `ClientHello`; those with keys against quantum computers have two thousand.
const HELLO_BYTES_MAX: usize = 32 << 10;
