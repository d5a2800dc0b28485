//! What GitHub's refusals and silences mean.

use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;

/// What a workflow must give.
const PERMISSIONS: &str = "the job's `permissions` must have `contents: write`, `issues: write`, `pull-requests: write` and `checks: write`";

/// Why GitHub did not do what it was asked for. None of them holds a header.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its own sentence")]
pub enum Error {
    #[error("the variable `GITHUB_TOKEN` is not set")]
    NoToken,
    #[error("`GITHUB_API_URL` must be https, not `{0}`")]
    Address(String),
    #[error("GitHub does not accept the token ({doing})")]
    Unauthorized { doing: String },
    #[error("the token may not do this ({doing}): {message}; {PERMISSIONS}")]
    Forbidden { doing: String, message: String },
    #[error("GitHub was asked too often ({doing})")]
    Busy {
        doing: String,
        wait: Option<Duration>,
    },
    #[error("GitHub has no such thing, or the token may not see it ({doing}); {PERMISSIONS}")]
    NotFound { doing: String },
    #[error("GitHub refuses it as it is now ({doing}): {message}")]
    Conflict { doing: String, message: String },
    #[error("GitHub refuses the request ({doing}): {message}")]
    Invalid {
        doing: String,
        status: u16,
        message: String,
    },
    #[error("GitHub failed with {status} ({doing})")]
    Failed { doing: String, status: u16 },
    #[error("GitHub did not answer in time ({doing})")]
    Silent { doing: String },
    #[error("GitHub could not be reached, or the connection broke ({doing})")]
    Broken { doing: String },
    #[error("the request could not be made ({doing})")]
    Unsent { doing: String },
    #[error("GitHub's answer cannot be read ({doing})")]
    Unreadable { doing: String },
    #[error("the list has more pages than are read ({path})")]
    TooLong { path: String },
}

impl Error {
    /// Whether the process was started without what it needs.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoToken | Self::Address(_))
    }

    /// Whether a write may have happened although this was the answer.
    #[must_use]
    pub const fn may_have_happened(&self) -> bool {
        match self {
            Self::Failed { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::Unreadable { .. } => true,
            Self::NoToken
            | Self::Address(_)
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Busy { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Invalid { .. }
            | Self::Unsent { .. }
            | Self::TooLong { .. } => false,
        }
    }
}

/// GitHub's form of an error.
#[derive(Default, Deserialize)]
struct Message {
    #[serde(default)]
    message: String,
}

/// An answer that is not a success.
pub(super) fn of(doing: String, status: u16, wait: Option<Duration>, body: &[u8]) -> Error {
    // An answer without a message is an error all the same.
    let message = serde_json::from_slice::<Message>(body).map_or_else(
        |_| String::new(),
        |body| crate::names::excerpt(&body.message),
    );
    let is_limit = wait.is_some() || message.to_lowercase().contains("rate limit");
    match status {
        401 => Error::Unauthorized { doing },
        429 => Error::Busy { doing, wait },
        403 if is_limit => Error::Busy { doing, wait },
        403 => Error::Forbidden { doing, message },
        404 | 410 => Error::NotFound { doing },
        409 | 422 => Error::Conflict { doing, message },
        500.. => Error::Failed { doing, status },
        _ => Error::Invalid {
            doing,
            status,
            message,
        },
    }
}

/// How long GitHub asks to wait, by the headers of its limits.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| -> Option<i64> {
        let text = headers.get(name)?.to_str().map_or(None, Some)?;
        text.parse().map_or(None, Some)
    };
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds.max(0).unsigned_abs()));
    }
    if number("x-ratelimit-remaining") != Some(0) {
        return None;
    }
    let reset = number("x-ratelimit-reset")?;
    let left = reset - crate::perimeter::now().as_second();
    Some(Duration::from_secs(left.max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_known_may_have_happened() {
        let of = |status, wait, body: &str| of("x".to_owned(), status, wait, body.as_bytes());
        for status in [500, 502, 504] {
            assert!(of(status, None, "<html>").may_have_happened());
        }
        for status in [301, 400, 401, 403, 404, 409, 422, 429] {
            assert!(!of(status, None, "").may_have_happened(), "{status}");
        }
        let limit = r#"{"message":"You have exceeded a secondary rate limit"}"#;
        assert!(matches!(of(403, None, limit), Error::Busy { .. }));
        let soon = Some(Duration::from_secs(1));
        assert!(matches!(of(403, soon, "{}"), Error::Busy { .. }));
        assert!(matches!(of(403, None, "{}"), Error::Forbidden { .. }));
    }

    #[test]
    fn the_headers_say_how_long_to_wait() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| {
                    let name = http::HeaderName::from_static(name);
                    (name, http::HeaderValue::from_str(value).unwrap())
                })
                .collect::<HeaderMap>()
        };
        let after = wait(&headers(&[("retry-after", "7")]));
        assert_eq!(after, Some(Duration::from_secs(7)));
        assert_eq!(wait(&headers(&[("x-ratelimit-remaining", "4")])), None);
        let past = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")];
        assert_eq!(wait(&headers(&past)), Some(Duration::ZERO));
        assert_eq!(wait(&headers(&[("retry-after", "soon")])), None);
    }
}
