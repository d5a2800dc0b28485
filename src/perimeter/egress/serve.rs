//! Serves connections: decide, dial, look at the first message, then carry bytes and count them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::address::{Destination, Host};
use super::head::{Refused, Request};
use super::record::{Line, Place, Record, Refusal, Verdict};
use super::{Rules, dial, head, hello};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    rules: Rules,
    listed: Mutex<Vec<Destination>>,
    record: Mutex<Record>,
    refused: Notify,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy)]
enum Way {
    Up,
    Down,
}

impl Shared {
    pub(super) fn new(mut rules: Rules) -> Self {
        Self {
            listed: Mutex::new(std::mem::take(&mut rules.destinations)),
            rules,
            record: Mutex::default(),
            refused: Notify::new(),
        }
    }

    pub(super) fn allow(&self, more: impl IntoIterator<Item = Destination>) {
        self.listed().extend(more);
    }

    fn listed(&self) -> MutexGuard<'_, Vec<Destination>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        self.record().lines().to_vec()
    }

    /// Waits for the first refusal that is about what was asked.
    pub(super) async fn refused(&self) -> Line {
        loop {
            let mut told = std::pin::pin!(self.refused.notified());
            told.as_mut().enable();
            let found = self
                .record()
                .lines()
                .iter()
                .find(|line| line.is_final())
                .cloned();
            match found {
                Some(line) => return line,
                None => told.await,
            }
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        // Counts only: whoever panicked left them usable.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, destination: &str, verdict: Verdict) -> Place {
        let place = self.record().add(destination, verdict);
        match verdict {
            Verdict::Allowed => {}
            Verdict::Refused(why) => {
                tracing::debug!(destination, %why, "a connection was refused");
                self.refused.notify_waiters();
            }
        }
        place
    }

    /// Counts bytes before they are passed on; they are not when that would be over the limit.
    fn charge(&self, place: Place, way: Way, count: usize) -> Result<(), Refusal> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let (up, down) = match way {
            Way::Up => (count, 0),
            Way::Down => (0, count),
        };
        let limits = &self.rules.limits;
        let mut record = self.record();
        if record.up.saturating_add(up) > limits.bytes_up
            || record.down.saturating_add(down) > limits.bytes_down
        {
            return Err(Refusal::Bytes);
        }
        record.bytes(place, up, down);
        Ok(())
    }
}

/// Accepts until the time is over; then every connection ends.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let limits = shared.rules.limits.clone();
    let serve = async {
        let mut connections = JoinSet::new();
        let mut count = 0_u64;
        loop {
            while connections.len() >= limits.at_once {
                drop(connections.join_next().await);
            }
            while connections.try_join_next().is_some() {}
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!(%error, "accepting a connection");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            count = count.saturating_add(1);
            if count > limits.connections {
                shared.add("(any)", Verdict::Refused(Refusal::Connections));
                return;
            }
            connections.spawn(connection(stream, Arc::clone(&shared)));
        }
    };
    if timeout(limits.time, serve).await.is_err() {
        tracing::debug!("the time of an egress proxy is over");
    }
}

async fn connection(mut client: TcpStream, shared: Arc<Shared>) {
    let asked = match timeout(ASK, head::read(&mut client)).await {
        Ok(Ok((head, rest))) => head::parse(&head).map(|request| (request, rest)),
        Ok(Err(why)) => Err(Refused("(unreadable)".to_owned(), why)),
        Err(_) => Err(Refused("(unreadable)".to_owned(), Refusal::Slow)),
    };
    let done = match asked {
        Ok((Request::Connect(destination), rest)) => {
            tunnel(&mut client, &shared, &destination, rest).await
        }
        Ok((Request::Plain(destination, head), _)) => {
            plain(&mut client, &shared, &destination, &head).await
        }
        Err(refused) => Err(refused),
    };
    if let Err(Refused(destination, why)) = done {
        shared.add(&destination, Verdict::Refused(why));
        let body = format!("lightsout: `{destination}`: {why}\n");
        let answer = format!(
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        // Whoever has hung up, or is inside a tunnel, has no use for it.
        drop(client.write_all(answer.as_bytes()).await);
    }
}

async fn reach(shared: &Shared, destination: &Destination) -> Result<TcpStream, Refused> {
    let refuse = |why| Refused(destination.to_string(), why);
    if !shared.listed().contains(destination) {
        return Err(refuse(Refusal::NotListed));
    }
    dial::dial(
        destination,
        shared.rules.reach,
        shared.rules.upstream.as_ref(),
    )
    .await
    .map_err(refuse)
}

async fn tunnel(
    client: &mut TcpStream,
    shared: &Shared,
    destination: &Destination,
    rest: Vec<u8>,
) -> Result<(), Refused> {
    let mut server = reach(shared, destination).await?;
    let ended = |why| Refused(destination.to_string(), why);
    let ready = client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
    if ready.await.is_err() {
        return Ok(());
    }
    let result = match timeout(ASK, hello::read(client, rest)).await {
        Ok(hello) => hello,
        Err(_) => Err(Refusal::Slow),
    };
    let checked = result.and_then(|(bytes, name)| {
        let same = match (&destination.host, &name) {
            (Host::Name(host), Some(name)) => host == name,
            // An address has no name.
            (Host::Loopback(_), None) => true,
            (Host::Name(_), None) | (Host::Loopback(_), Some(_)) => false,
        };
        if same {
            Ok(bytes)
        } else {
            Err(Refusal::ServerName)
        }
    });
    let carried = match checked {
        Ok(bytes) => {
            let place = shared.add(&destination.to_string(), Verdict::Allowed);
            carry(client, &mut server, shared, place, &bytes).await
        }
        Err(why) => Err(why),
    };
    // In a tunnel nothing can be answered: it is cut.
    if let Err(why) = carried {
        let Refused(destination, why) = ended(why);
        shared.add(&destination, Verdict::Refused(why));
    }
    Ok(())
}

async fn carry(
    client: &mut TcpStream,
    server: &mut TcpStream,
    shared: &Shared,
    place: Place,
    first: &[u8],
) -> Result<(), Refusal> {
    shared.charge(place, Way::Up, first.len())?;
    if server.write_all(first).await.is_err() {
        return Ok(());
    }
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    // A limit that one way reaches ends both.
    let up = copy(from_client, to_server, shared, place, Way::Up);
    let down = copy(from_server, to_client, shared, place, Way::Down);
    futures_util::future::try_join(up, down)
        .await
        .map(|((), ())| ())
}

async fn plain(
    client: &mut TcpStream,
    shared: &Shared,
    destination: &Destination,
    head: &[u8],
) -> Result<(), Refused> {
    let mut server = reach(shared, destination).await?;
    let place = shared.add(&destination.to_string(), Verdict::Allowed);
    let carried = async {
        shared.charge(place, Way::Up, head.len())?;
        if server.write_all(head).await.is_err() {
            return Ok(());
        }
        // The answer alone: what the client sends from now on is nobody's.
        copy(&mut server, &mut *client, shared, place, Way::Down).await
    };
    if let Err(why) = carried.await {
        shared.add(&destination.to_string(), Verdict::Refused(why));
    }
    Ok(())
}

/// Carries bytes one way until their end. A side that hangs up is an end.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    shared: &Shared,
    place: Place,
    way: Way,
) -> Result<(), Refusal> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = match from.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        shared.charge(place, way, count)?;
        let bytes = chunk.get(..count).unwrap_or(&[]);
        if to.write_all(bytes).await.is_err() {
            break;
        }
    }
    // The other side may have gone first.
    drop(to.shutdown().await);
    Ok(())
}

/// Time for a request's head, and for the first message of TLS.
const ASK: Duration = Duration::from_secs(30);
/// After a failed `accept`, which is for want of descriptors.
const PAUSE: Duration = Duration::from_millis(50);
/// LIMIT: bytes of one read.
const CHUNK_BYTES: usize = 64 << 10;
