//! What a watched command tried and may not: one thread that answers its filter's questions, and counts them.
//!
//! INVARIANT: a call of the deny list is refused, whatever the payload's memory holds; a `connect` is passed on, whatever it holds.
//! The network namespace and Landlock are the walls of a `connect`, the look at its address is for the record only: a payload
//! that changes the address while we look changes what is written here, and reaches nothing by it.
//! INVARIANT: while a process of the command lives, its listener is open. It would otherwise get ENOSYS, which is a denial too.
//!
//! LIMIT: `sendto` and `sendmsg` to an address are not seen, nor a name that was never resolved to one, since that needs no call.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::notify::{Answer, Call, Listener, Look};
use super::spawn::GONE_SECS_MAX;
use super::{Error, filter, policy};

/// LIMIT: different denials that are listed by name; the rest is counted together.
const DISTINCT_MAX: usize = 50;

/// What the rest is counted as.
const OTHER: &str = "other";

/// LIMIT: bytes of an address that are read: `sizeof(struct sockaddr_storage)`, more than which the kernel refuses.
const ADDRESS_BYTES_MAX: usize = 128;

/// Sockets that every libc looks for at its first look-up of a user or its first message to a log.
const HARMLESS: [&str; 3] = ["/var/run/nscd/socket", "/run/nscd/socket", "/dev/log"];

/// The thread of one command.
#[derive(Debug)]
pub(super) struct Denials(oneshot::Receiver<io::Result<BTreeMap<String, u64>>>);

impl Denials {
    /// Starts it. It ends with the last process under the filter.
    pub(super) fn watch(listener: OwnedFd, places: Places) -> io::Result<Self> {
        let (done, counted) = oneshot::channel();
        // A thread, since the calls of a command must not wait for a runtime that is busy, nor keep it busy.
        std::thread::Builder::new()
            .name("perimeter-watch".to_owned())
            .spawn(move || {
                let listener = Listener::new(listener);
                // Nobody asks when the command was dropped.
                drop(done.send(serve(&listener, &places)));
            })?;
        Ok(Self(counted))
    }
}

/// The counts, once every process of the command has ended; none of an unwatched one.
pub(super) async fn counted(denials: Option<Denials>) -> Result<BTreeMap<String, u64>, Error> {
    let Some(Denials(counted)) = denials else {
        return Ok(BTreeMap::new());
    };
    match timeout(Duration::from_secs(GONE_SECS_MAX), counted).await {
        Ok(Ok(counted)) => counted.map_err(Error::Control),
        Ok(Err(_)) => Err(Error::Gone),
        Err(_) => Err(Error::StillThere(GONE_SECS_MAX)),
    }
}

fn serve(listener: &Listener, places: &Places) -> io::Result<BTreeMap<String, u64>> {
    let mut tally = Tally::default();
    while let Some(call) = listener.next()? {
        let answer = if call.number == libc::SYS_connect {
            if let Some(what) = connect(listener, &call, places)? {
                tally.add(what);
            }
            Answer::LetPass
        } else {
            tally.add(filter::name(call.number, &call.arguments));
            Answer::Refuse
        };
        listener.answer(&call, answer)?;
    }
    Ok(tally.0)
}

/// Counts by name.
#[derive(Debug, Default)]
struct Tally(BTreeMap<String, u64>);

impl Tally {
    fn add(&mut self, what: String) {
        let is_listed = self.0.contains_key(&what) || self.0.len() < DISTINCT_MAX;
        let what = if is_listed { what } else { OTHER.to_owned() };
        let count = self.0.entry(what).or_insert(0);
        *count = count.saturating_add(1);
    }
}

/// What a `connect` is counted as, if it is.
fn connect(listener: &Listener, call: &Call, places: &Places) -> io::Result<Option<String>> {
    let [_, address, length, ..] = call.arguments;
    let length = usize::try_from(length).map_or(ADDRESS_BYTES_MAX, |it| it.min(ADDRESS_BYTES_MAX));
    Ok(match listener.look(call, address, length)? {
        Look::Bytes(bytes) => target(&bytes, places).map(|target| format!("connect {target}")),
        Look::BadAddress => Some("connect to an unreadable address".to_owned()),
        // Counted, since nobody can say that it stayed inside.
        Look::NotAllowed => Some("connect to an address that we may not read".to_owned()),
        Look::Gone => None,
    })
}

/// Which folders exist inside besides the base, and whether only a payload can have made a socket there.
#[derive(Debug, Clone)]
pub(super) struct Places(pub(super) Vec<(PathBuf, bool)>);

impl Places {
    /// Whether a socket of this name can only be a payload's own.
    fn is_own(&self, path: &Path) -> bool {
        if path.components().any(|part| part == Component::ParentDir) {
            return false;
        }
        // LIMIT: a relative path leads from a folder that is not looked at.
        path.is_relative()
            || self
                .0
                .iter()
                .filter(|(place, _)| path.starts_with(place))
                .max_by_key(|(place, _)| place.as_os_str().len())
                .is_some_and(|(_, own)| *own)
    }
}

/// The name of an address that is not inside, such as `203.0.113.7:443` and `unix:/run/docker.sock`.
fn target(address: &[u8], places: &Places) -> Option<String> {
    let (family, rest) = address.split_first_chunk::<2>()?;
    match i32::from(u16::from_ne_bytes(*family)) {
        libc::AF_INET => {
            let (port, rest) = rest.split_first_chunk::<2>()?;
            let (ip, _) = rest.split_first_chunk::<4>()?;
            let (ip, port) = (Ipv4Addr::from(*ip), u16::from_be_bytes(*port));
            host(SocketAddr::V4(SocketAddrV4::new(ip, port)))
        }
        libc::AF_INET6 => {
            let (port, rest) = rest.split_first_chunk::<2>()?;
            let (_flow, rest) = rest.split_first_chunk::<4>()?;
            let (ip, _) = rest.split_first_chunk::<16>()?;
            let (ip, port) = (Ipv6Addr::from(*ip), u16::from_be_bytes(*port));
            host(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, 0)))
        }
        libc::AF_UNIX => {
            let path = rest.split(|byte| *byte == 0).next()?;
            // No name, or an abstract one: those belong to the network namespace, in which nothing is the host's.
            if path.is_empty() {
                return None;
            }
            let place = policy::path(path);
            if places.is_own(place) || HARMLESS.iter().any(|known| place == Path::new(known)) {
                return None;
            }
            Some(format!("unix:{}", printable(path)))
        }
        // AF_UNSPEC undoes a `connect`; the filter lets nobody have a socket of another family.
        _ => None,
    }
}

/// The address, unless it is this namespace's own. The kernel takes the unspecified one for the loopback.
fn host(address: SocketAddr) -> Option<String> {
    let ip: IpAddr = address.ip().to_canonical();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| address.to_string())
}

/// Bytes of a path in a line of a report: what is not printable ASCII is a question mark.
fn printable(path: &[u8]) -> String {
    path.iter()
        .map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests;
