//! The way to the model's API: one address, TLS by the machine's own certificates, no redirect followed, nothing of the agent's headers.

use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::request::Judged;
use super::{Error, hosted};
use crate::config::Api;
use crate::config::secret::Secret;
use crate::perimeter::tools::is_loopback_url;

/// Time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// What of a client's headers the Messages protocol needs.
const PASSED: [&str; 2] = ["anthropic-version", "anthropic-beta"];
/// LIMIT: bytes of a header that is passed on.
const HEADER_BYTES_MAX: usize = 4096;

/// A model's API.
pub(super) struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    api: Api,
    url: String,
    host: String,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upstream({})", self.host)
    }
}

impl Upstream {
    pub(super) fn new(api: Api, url: &str) -> Result<Self, Error> {
        let address = || Error::Address(crate::names::excerpt(url));
        if !url.starts_with("https://") && !is_loopback_url(url) {
            return Err(address());
        }
        let parsed: hyper::Uri = url.parse().map_err(|_| address())?;
        let authority = parsed.authority().ok_or_else(address)?;
        if authority.as_str().contains('@') || parsed.query().is_some() {
            return Err(address());
        }
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        http.set_nodelay(true);
        http.enforce_http(false);
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(Error::Certificates)?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(https),
            api,
            url: url.trim_end_matches('/').to_owned(),
            host: authority.to_string(),
        })
    }

    /// Host and port.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Sends a request with the real key.
    pub(super) async fn send(
        &self,
        judged: &Judged,
        from: &HeaderMap,
        key: &Secret,
        is_token: bool,
    ) -> Result<Response<Incoming>, Unsent> {
        let mut request = Request::post(format!("{}/{}", self.url, judged.path))
            .body(Full::new(judged.body.clone()))
            .map_err(|error| Unsent::never(&error))?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accept = HeaderValue::from_static("text/event-stream, application/json");
        headers.insert(ACCEPT, accept);
        // What is compressed could not be counted.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let agent = concat!("lightsout/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        if self.api == Api::Messages {
            for name in PASSED {
                if let Some(Ok(value)) = from.get(name).map(HeaderValue::to_str)
                    && value.len() <= HEADER_BYTES_MAX
                    && let Ok(value) = HeaderValue::try_from(hosted::betas(value))
                    && !value.is_empty()
                {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        let (name, value) = credential(self.api, key, is_token).map_err(|reason| Unsent {
            reason: reason.to_owned(),
            is_free: true,
        })?;
        headers.insert(name, value);
        self.client.request(request).await.map_err(|error| Unsent {
            is_free: error.is_connect(),
            reason: reason(&error),
        })
    }
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) reason: String,
    /// Whether it never left this machine, so that nothing can have come of it.
    pub(super) is_free: bool,
}

impl Unsent {
    fn never(error: &dyn std::error::Error) -> Self {
        Self {
            reason: reason(error),
            is_free: true,
        }
    }
}

/// The header that carries the key.
fn credential(
    api: Api,
    key: &Secret,
    is_token: bool,
) -> Result<(HeaderName, HeaderValue), &'static str> {
    let bearer = || (AUTHORIZATION, format!("Bearer {}", key.reveal()));
    let plain = |name: &'static str| (HeaderName::from_static(name), key.reveal().to_owned());
    let (name, value) = match api {
        _ if is_token => bearer(),
        Api::Responses | Api::Chat => bearer(),
        Api::Messages => plain("x-api-key"),
        Api::Gemini => plain("x-goog-api-key"),
    };
    let mut value = HeaderValue::try_from(value).map_err(|_| "the key is not a header's value")?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// An error and its causes in one line.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    crate::names::excerpt(&text)
}
