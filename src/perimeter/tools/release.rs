//! Vendors' files by URL: downloaded within limits, compared with the lock's hash, the one named member taken out.
//!
//! INVARIANT: what came is looked at only after its hash was compared; every hop of a redirect is `https`. A download that fails
//! is [`Failure::Unavailable`], another source may be tried; a hash that differs is not.

use std::fs::File;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sha2::Digest as _;
use tokio::sync::mpsc;

use super::lock::{is_allowed_url, is_loopback_url};
use super::progress::{Event, Progress};
use super::{Error, Machine};
use crate::names::Sha256;

/// LIMIT: bytes of a download; the largest provider is under half of it.
const DOWNLOAD_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// LIMIT: bytes of the program in an archive.
const MEMBER_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// LIMIT: bytes of an archive as it unpacks; ends a bomb.
const UNPACKED_BYTES_MAX: u64 = 6 * 1024 * 1024 * 1024;
/// LIMIT: files in an archive.
const MEMBERS_MAX: usize = 100_000;
/// LIMIT: hops; vendors use one or two.
const REDIRECTS_MAX: usize = 5;
/// Time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Time without a byte.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// Time for a whole download.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// Bytes read at once.
const CHUNK_BYTES: usize = 128 * 1024;
/// News that the caller has not taken yet; more makes the download wait.
const NEWS_MAX: usize = 16;

/// Why a source did not give a program.
#[derive(Debug)]
pub(super) enum Failure {
    /// In one line; another source may be tried.
    Unavailable(String),
    /// Nothing else may be tried.
    Hard(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Hard(error)
    }
}

/// A file that is to be downloaded.
#[derive(Debug, Clone)]
pub(super) struct Download {
    pub(super) tool: String,
    pub(super) url: String,
    /// `None` only where the hash is about to be recorded for the first time.
    pub(super) sha256: Option<Sha256>,
    pub(super) target: PathBuf,
    pub(super) bytes_max: u64,
}

impl Download {
    pub(super) fn new(tool: &str, url: &str, sha256: Option<Sha256>, target: PathBuf) -> Self {
        Self {
            tool: tool.to_owned(),
            url: url.to_owned(),
            sha256,
            target,
            bytes_max: DOWNLOAD_BYTES_MAX,
        }
    }

    /// Downloads it and gives its hash, which is the expected one.
    pub(super) async fn fetch(
        self,
        machine: &Machine,
        progress: Progress<'_>,
    ) -> Result<Sha256, Failure> {
        let (news, mut incoming) = mpsc::channel(NEWS_MAX);
        let proxy = machine.proxy.clone();
        let tool = self.tool.clone();
        // Dropping this future (Ctrl-C) ends the thread at its next chunk.
        let cancelled = Cancel(Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&cancelled.0);
        let work = tokio::task::spawn_blocking(move || {
            self.fetch_blocking(proxy.as_deref(), &flag, &news)
        });
        while let Some((bytes, total)) = incoming.recv().await {
            progress(&Event::Downloading {
                tool: &tool,
                bytes,
                total,
            });
        }
        work.await
            .map_err(|cause| Failure::Unavailable(format!("the download ended: {cause}")))?
    }

    fn fetch_blocking(
        &self,
        proxy: Option<&str>,
        cancelled: &AtomicBool,
        news: &mpsc::Sender<(u64, Option<u64>)>,
    ) -> Result<Sha256, Failure> {
        let response = open(&self.url, proxy)?;
        let total = response.headers().get("content-length").and_then(|value| {
            value
                .to_str()
                .map_or(None, |text| text.parse().map_or(None, Some))
        });
        if total.is_some_and(|total: u64| total > self.bytes_max) {
            return Err(self.too_large());
        }
        let io = |cause| Failure::Hard(Error::io("writing", &self.target, cause));
        let mut file = File::create_new(&self.target).map_err(io)?;
        let mut body = response.into_body().into_reader();
        let mut hasher = sha2::Sha256::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut bytes: u64 = 0;
        loop {
            // Nobody listening is no failure, the flag says whether to stop.
            if news.blocking_send((bytes, total)).is_err() || cancelled.load(Ordering::Relaxed) {
                return Err(Failure::Unavailable(
                    "the download was cancelled".to_owned(),
                ));
            }
            let count = body.read(&mut chunk).map_err(|cause| {
                Failure::Unavailable(format!("the download broke off: {cause}"))
            })?;
            let Some(part) = chunk.get(..count).filter(|part| !part.is_empty()) else {
                break;
            };
            bytes = bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            if bytes > self.bytes_max {
                return Err(self.too_large());
            }
            hasher.update(part);
            file.write_all(part).map_err(io)?;
        }
        if total.is_some_and(|total| total != bytes) {
            return Err(Failure::Unavailable(format!(
                "the download broke off after {bytes} bytes"
            )));
        }
        file.sync_all().map_err(io)?;
        self.compare(Sha256::from_bytes(hasher.finalize().into()))
    }

    fn compare(&self, actual: Sha256) -> Result<Sha256, Failure> {
        match self.sha256 {
            Some(expected) if expected != actual => Err(Failure::Hard(Error::WrongHash {
                what: self.url.clone(),
                expected,
                actual,
            })),
            Some(_) | None => Ok(actual),
        }
    }

    fn too_large(&self) -> Failure {
        Failure::Unavailable(format!(
            "the download is larger than {} bytes",
            self.bytes_max
        ))
    }
}

struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Response = ureq::http::Response<ureq::Body>;

/// Follows redirects by hand, so that each hop is looked at first.
fn open(url: &str, proxy: Option<&str>) -> Result<Response, Failure> {
    let unavailable =
        |cause: ureq::Error| Failure::Unavailable(format!("`{}`: {cause}", host(url)));
    let proxy = match proxy {
        Some(proxy) if !is_loopback_url(url) => Some(ureq::Proxy::new(proxy).map_err(unavailable)?),
        Some(_) | None => None,
    };
    let agent = ureq::Agent::config_builder()
        .proxy(proxy)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .https_only(!is_loopback_url(url))
        // The bytes that were hashed for the lock are the file's own, not those of an encoding.
        .accept_encoding("identity")
        .user_agent(concat!("lightsout/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_read(Some(SILENCE_TIMEOUT))
        .timeout_global(Some(DOWNLOAD_TIMEOUT))
        .build()
        .new_agent();
    let mut at = url.to_owned();
    for _ in 0..=REDIRECTS_MAX {
        let response = agent.get(&at).call().map_err(unavailable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if !status.is_redirection() {
            return Err(Failure::Unavailable(format!(
                "`{}` answered {status}",
                host(&at)
            )));
        }
        at = next_hop(&at, &response)?;
    }
    Err(Failure::Unavailable(format!(
        "`{}` redirects more than {REDIRECTS_MAX} times",
        host(url)
    )))
}

fn next_hop(from: &str, response: &Response) -> Result<String, Failure> {
    let refused =
        |problem: &str| Failure::Unavailable(format!("`{}` redirects {problem}", host(from)));
    let Some(Ok(location)) = response
        .headers()
        .get("location")
        .map(|value| value.to_str())
    else {
        return Err(refused("without saying where"));
    };
    let to = if location.starts_with('/') && !location.starts_with("//") {
        let (scheme, rest) = from.split_once("://").unwrap_or((from, ""));
        let authority = rest.split('/').next().unwrap_or("");
        format!("{scheme}://{authority}{location}")
    } else {
        location.to_owned()
    };
    // A server elsewhere may not send us to this machine's own ports.
    if !is_allowed_url(&to) || (is_loopback_url(&to) && !is_loopback_url(from)) {
        return Err(refused("to something that is not https"));
    }
    Ok(to)
}

/// What of a URL may stand in a message: vendors sign the rest.
fn host(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    crate::names::excerpt(rest.split(['/', '?']).next().unwrap_or(""))
}

/// Takes one regular file out of a `.tar.gz`; nothing else of the archive is written.
pub(super) fn unpack(archive: &Path, member: &str, target: &Path) -> Result<(), Error> {
    let bad = |problem: String| Error::Archive {
        path: archive.to_path_buf(),
        problem,
    };
    let file = File::open(archive).map_err(|cause| Error::io("opening", archive, cause))?;
    let unpacked = flate2::read::MultiGzDecoder::new(file).take(UNPACKED_BYTES_MAX);
    let mut tar = tar::Archive::new(unpacked);
    let unreadable = |cause: std::io::Error| bad(format!("it cannot be read: {cause}"));
    for (count, item) in tar.entries().map_err(unreadable)?.enumerate() {
        if count >= MEMBERS_MAX {
            return Err(bad(format!("it has more than {MEMBERS_MAX} members")));
        }
        let mut item = item.map_err(unreadable)?;
        let name = item.path_bytes();
        if name.strip_prefix(b"./").unwrap_or(&name) != member.as_bytes() {
            continue;
        }
        if item.header().entry_type() != tar::EntryType::Regular {
            return Err(bad(format!("its member `{member}` is not a regular file")));
        }
        let bytes = item.size();
        if bytes == 0 || bytes > MEMBER_BYTES_MAX {
            return Err(bad(format!("its member `{member}` has {bytes} bytes")));
        }
        let mut out =
            File::create_new(target).map_err(|cause| Error::io("making", target, cause))?;
        let copied = std::io::copy(&mut item, &mut out).map_err(unreadable)?;
        if copied != bytes {
            return Err(bad(format!("its member `{member}` ends early")));
        }
        return Ok(());
    }
    Err(bad(format!("it has no member `{member}`")))
}
