//! GitHub's REST API: octocrab carries requests, what is asked, read and done again is decided here.
//!
//! Answers are read into structures of our own in which every field may be absent: what GitHub adds or leaves out must not turn a write that
//! happened into an error.
//! INVARIANT: nothing is created twice. A request that creates something is sent again only when GitHub said that it did not take it, or after
//! a look found that it is not there.
//! INVARIANT: the token goes to the one address that the process was given, and no redirection is followed.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

mod branch;
mod error;
pub mod land;

pub use error::Error;

use crate::config::environment::Environment;
use crate::perimeter::tools::is_loopback_url;

/// The token of the job, or of an App's installation.
pub const TOKEN_VARIABLE: &str = "GITHUB_TOKEN";
/// Where the API is when the runner does not say.
const DEFAULT_URL: &str = "https://api.github.com";
/// LIMIT: bytes of an answer.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// LIMIT: pages of a list, of [`PAGE`] each; GitHub has at most 2,500 comments on an issue and 3,000 files in a pull request.
const PAGES_MAX: u32 = 30;
/// Things on one page of a list; GitHub's most.
const PAGE: usize = 100;
/// One request, from its first byte to the answer's last.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two requests that write: GitHub asks for at least a second.
const WRITE_PAUSE: Duration = Duration::from_secs(1);
/// Before a request is sent again.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];
/// LIMIT: how long GitHub may have us wait before a request is sent again.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// One repository on GitHub, `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// Reads `owner/name`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_part = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.len() <= 100
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        let (owner, name) = text.split_once('/')?;
        (is_part(owner) && is_part(name)).then(|| Self(text.to_owned()))
    }

    /// `owner/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Who owns it.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.0.split('/').next().unwrap_or("")
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One repository of GitHub's, with the right to ask for it. Clones share the pace.
#[derive(Clone)]
pub struct GitHub {
    crab: Octocrab,
    slug: Slug,
    last_write: Arc<Mutex<Option<Instant>>>,
}

impl std::fmt::Debug for GitHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GitHub({})", self.slug)
    }
}

impl GitHub {
    /// The repository, by the runner's variables. To be called inside the asynchronous runtime.
    ///
    /// # Errors
    /// There is no token, or an address that is not one.
    pub fn of(environment: &Environment, slug: Slug) -> Result<Self, Error> {
        let token = environment.get(TOKEN_VARIABLE).ok_or(Error::NoToken)?;
        let url = environment
            .get("GITHUB_API_URL")
            .map_or(DEFAULT_URL, |url| url.reveal());
        if !url.starts_with("https://") && !is_loopback_url(url) {
            return Err(Error::Address(crate::names::excerpt(url)));
        }
        let address = |_| Error::Address(crate::names::excerpt(url));
        let crab = Octocrab::builder()
            .base_uri(url)
            .map_err(address)?
            .personal_token(token.reveal())
            .build()
            .map_err(address)?;
        Ok(Self {
            crab,
            slug,
            last_write: Arc::default(),
        })
    }

    /// The repository.
    #[must_use]
    pub const fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Reads. `path` begins below the repository's own.
    ///
    /// # Errors
    /// It is not there, or GitHub does not answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.again(Method::GET, path, None::<&()>).await
    }

    /// Reads what may not be there.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Error> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a whole list; `path` may have a query. More pages than the limit are an error, not a shorter list.
    ///
    /// # Errors
    /// It cannot be read, or is too long.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let sign = if path.contains('?') { '&' } else { '?' };
        for page in 1..=PAGES_MAX {
            let path = format!("{path}{sign}per_page={PAGE}&page={page}");
            let mut part: Vec<T> = self.get(&path).await?;
            let is_last = part.len() < PAGE;
            all.append(&mut part);
            if is_last {
                return Ok(all);
            }
        }
        Err(Error::TooLong {
            path: path.to_owned(),
        })
    }

    /// Changes to a given state, so that doing it twice is doing it once: PATCH, PUT, DELETE, and a POST of labels.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer.
    pub async fn set<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        self.again(method, path, Some(body)).await
    }

    /// Removes; what is not there is removed.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer.
    pub async fn remove(&self, path: &str) -> Result<(), Error> {
        match self
            .again::<serde::de::IgnoredAny>(Method::DELETE, path, None::<&()>)
            .await
        {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Creates once. When it is not known whether GitHub did it, `find` looks before it is asked for again.
    ///
    /// # Errors
    /// GitHub refuses, or it cannot be found out whether it is there.
    pub async fn create<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        find: impl AsyncFn() -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.once(Method::POST, path, Some(body)).await {
                Ok(made) => return Ok(made),
                Err(error) => error,
            };
            let Some(pause) = pauses.next() else {
                return Err(error);
            };
            let Some(wait) = wait(&error, pause) else {
                return Err(error);
            };
            tokio::time::sleep(wait).await;
            if error.may_have_happened()
                && let Some(found) = find().await?
            {
                return Ok(found);
            }
        }
    }

    /// Sends what may be sent more than once.
    async fn again<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.once(method.clone(), path, body).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match pauses.next().and_then(|pause| wait(&error, pause)) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }

    async fn once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Error> {
        if method != Method::GET {
            self.pace().await;
        }
        let doing = format!("{method} {}", path.split('?').next().unwrap_or(path));
        let url = format!("/repos/{}{path}", self.slug);
        let exchange = self.exchange(method, &url, body, &doing);
        let (status, wait, bytes) = match tokio::time::timeout(REQUEST_TIMEOUT, exchange).await {
            Ok(answer) => answer?,
            Err(_) => return Err(Error::Silent { doing }),
        };
        tracing::debug!(%doing, status, "asked GitHub");
        if !(200..300).contains(&status) {
            return Err(error::of(doing, status, wait, &bytes));
        }
        let bytes = if bytes.is_empty() { b"null" } else { &*bytes };
        serde_json::from_slice(bytes).map_err(|_| Error::Unreadable { doing })
    }

    async fn exchange(
        &self,
        method: Method,
        url: &str,
        body: Option<&(impl Serialize + Sync)>,
        doing: &str,
    ) -> Result<(u16, Option<Duration>, Vec<u8>), Error> {
        let builder = http::request::Builder::new().method(method).uri(url);
        // Neither may hold the request: its headers have the token.
        let unsent = |_| Error::Unsent {
            doing: doing.to_owned(),
        };
        let request = self.crab.build_request(builder, body).map_err(unsent)?;
        let broken = || Error::Broken {
            doing: doing.to_owned(),
        };
        let response = self.crab.execute(request).await.map_err(|_| broken())?;
        let status = response.status().as_u16();
        let wait = error::wait(response.headers());
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|_| broken())?;
        Ok((status, wait, body.to_bytes().to_vec()))
    }

    /// Waits until the next write may be sent.
    async fn pace(&self) {
        let mut last = self.last_write.lock().await;
        if let Some(last) = *last {
            tokio::time::sleep_until(last + WRITE_PAUSE).await;
        }
        *last = Some(Instant::now());
    }
}

/// How long to wait before an attempt that ended so is made again; nothing when it would end so again.
fn wait(error: &Error, pause: Duration) -> Option<Duration> {
    if let Error::Busy { wait, .. } = error {
        return bearable(*wait, pause);
    }
    error.may_have_happened().then_some(pause)
}

/// How long to wait: what GitHub asks for, unless that is too long; without it, ours.
fn bearable(asked: Option<Duration>, pause: Duration) -> Option<Duration> {
    match asked {
        Some(asked) if asked > WAIT_MAX => None,
        Some(asked) => Some(asked.max(pause)),
        None => Some(pause),
    }
}

/// Text as one segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_two_plain_names() {
        for good in ["octo-org/infra", "a/b.c_d"] {
            assert_eq!(Slug::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a", "a/", "/b", "a/b/c", "a/..", "a b/c", "a/b?x"] {
            assert_eq!(Slug::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_segment_is_one_whatever_is_in_it() {
        assert_eq!(segment("infra:fix/../x y"), "infra%3Afix%2F..%2Fx%20y");
    }

    #[test]
    fn nobody_waits_for_an_hour() {
        let second = Duration::from_secs(1);
        assert_eq!(bearable(None, second), Some(second));
        assert_eq!(bearable(Some(3 * second), second), Some(3 * second));
        assert_eq!(bearable(Some(3600 * second), second), None);
    }

    #[tokio::test]
    async fn a_token_goes_to_https_or_to_this_machine_and_is_in_no_text() {
        let github = |url: &str| {
            let pairs = [(TOKEN_VARIABLE, "token-canary"), ("GITHUB_API_URL", url)];
            GitHub::of(&Environment::from_pairs(pairs), Slug::new("a/b").unwrap())
        };
        for url in ["https://api.example", "http://127.0.0.1:4000"] {
            assert!(!format!("{:?}", github(url).unwrap()).contains("canary"));
        }
        for url in ["http://api.example", "ftp://127.0.0.1", "x"] {
            assert!(matches!(github(url), Err(Error::Address(_))), "{url}");
        }
        let nothing = GitHub::of(&Environment::from_pairs([]), Slug::new("a/b").unwrap());
        assert!(matches!(nothing, Err(Error::NoToken)));
    }
}
