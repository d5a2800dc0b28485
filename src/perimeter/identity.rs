//! Who this job is, as GitHub vouches for it: tokens of the runner's OpenID Connect endpoint.
//!
//! INVARIANT: whoever has the endpoint's two variables can be this job anywhere that trusts it. They are taken out of the environment once,
//! no child process ever gets them, and a token is asked for one exchange and kept no longer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::config::environment::Environment;
use crate::config::secret::Secret;
use crate::perimeter::tools::is_loopback_url;

/// The runner's variable with the endpoint's address.
pub const URL_VARIABLE: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
/// The runner's variable with the endpoint's bearer token.
pub const TOKEN_VARIABLE: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

/// LIMIT: bytes of the endpoint's answer; a token has about two thousand.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Time for one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Times that are waited between tries: asking again changes nothing.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// The job's way to its own tokens.
#[derive(Clone)]
pub struct Identity {
    url: String,
    bearer: Secret,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The job may not have one.
    #[error(
        "asking GitHub who this job is: `{URL_VARIABLE}` is not set; the job needs `permissions: id-token: write`"
    )]
    Absent,
    /// The address is not one to send a bearer token to.
    #[error("asking GitHub who this job is: `{URL_VARIABLE}` is not an https address")]
    Address,
    /// Nobody answers.
    #[error("asking GitHub who this job is: the runner's endpoint does not answer: {0}")]
    Unreachable(String),
    /// It says no.
    #[error(
        "asking GitHub who this job is: the runner's endpoint answered {0}; the job's own token may have expired"
    )]
    Refused(u16),
    /// It says something else.
    #[error("asking GitHub who this job is: the answer is not a token: {0}")]
    Answer(&'static str),
}

#[derive(Deserialize)]
struct Answer {
    value: String,
}

impl Identity {
    /// The identity that the runner offers to this job.
    ///
    /// # Errors
    /// It offers none, or at an address that is not one.
    pub fn of(environment: &Environment) -> Result<Self, Error> {
        let url = environment.get(URL_VARIABLE).ok_or(Error::Absent)?;
        let bearer = environment.get(TOKEN_VARIABLE).ok_or(Error::Absent)?;
        let url = url.reveal().to_owned();
        if url.starts_with("https://") || is_loopback_url(&url) {
            Ok(Self {
                url,
                bearer: bearer.clone(),
            })
        } else {
            Err(Error::Address)
        }
    }

    /// A token for one audience.
    ///
    /// # Errors
    /// The endpoint does not give one.
    pub async fn token(&self, audience: &str) -> Result<Secret, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let this = self.clone();
            let audience = audience.to_owned();
            let asked = tokio::task::spawn_blocking(move || this.ask(&audience)).await;
            let asked = asked.unwrap_or_else(|_| Err(Error::Answer("the request was dropped")));
            match (asked, pauses.next()) {
                (Err(Error::Unreachable(_) | Error::Refused(429 | 500..)), Some(pause)) => {
                    tokio::time::sleep(pause).await;
                }
                (asked, _) => return asked,
            }
        }
    }

    fn ask(&self, audience: &str) -> Result<Secret, Error> {
        let unreachable = |error: ureq::Error| Error::Unreachable(error.to_string());
        let agent = ureq::Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("lightsout/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(REQUEST_TIMEOUT))
            .build()
            .new_agent();
        let mut response = agent
            .get(&self.url)
            .query("audience", audience)
            .header("authorization", format!("Bearer {}", self.bearer.reveal()))
            .header("accept", "application/json; api-version=2.0")
            .call()
            .map_err(unreachable)?;
        if !response.status().is_success() {
            return Err(Error::Refused(response.status().as_u16()));
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec()
            .map_err(unreachable)?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| Error::Answer("it is not JSON"))?;
        let token = Secret::new(answer.value);
        if is_jwt(token.reveal()) {
            Ok(token)
        } else {
            Err(Error::Answer("its value is not a signed token"))
        }
    }
}

/// Three parts of base64url, none of them empty.
fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && URL_SAFE_NO_PAD.decode(part).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_goes_to_https_or_to_this_machine() {
        let identity = |url: &str| {
            let pairs = [(URL_VARIABLE, url), (TOKEN_VARIABLE, "bearer-canary")];
            Identity::of(&Environment::from_pairs(pairs))
        };
        for url in [
            "https://runner.example/token?v=1",
            "http://127.0.0.1:4000/token",
        ] {
            assert!(!format!("{:?}", identity(url).unwrap()).contains("canary"));
        }
        for url in [
            "http://runner.example/token",
            "http://127.0.0.1.example:80/",
            "file:///etc/passwd",
            "http://127.0.0.1@runner.example/",
        ] {
            assert!(matches!(identity(url), Err(Error::Address)), "{url}");
        }
        let nothing = Identity::of(&Environment::from_pairs([(TOKEN_VARIABLE, "x")]));
        assert!(matches!(nothing, Err(Error::Absent)));
    }

    #[test]
    fn a_token_has_three_parts() {
        assert!(is_jwt("e30.e30.c2ln"));
        for text in ["", "e30.e30", "e30.e30.", "e30.e 0.c2ln", "a.b.c.d"] {
            assert!(!is_jwt(text), "{text}");
        }
    }
}
