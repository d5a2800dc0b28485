//! Answers that we give in the API's place, each in the form that its clients show and after which they stop.

use http_body_util::Full;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::json;

use crate::config::Api;

/// The last word: Codex shows the text of a 400 and stops; the others stop at a 403 that says so.
pub(super) fn last(api: Api, message: &str) -> Response<Full<Bytes>> {
    let status = match api {
        Api::Responses => StatusCode::BAD_REQUEST,
        Api::Chat | Api::Messages | Api::Gemini => StatusCode::FORBIDDEN,
    };
    let mut response = error(api, status, message);
    let never = http::HeaderValue::from_static("false");
    response.headers_mut().insert("x-should-retry", never);
    response
}

/// An error of this protocol.
pub(super) fn error(api: Api, status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    let message = format!("lightsout: {message}");
    let body = match api {
        Api::Responses | Api::Chat => {
            json!({"error": {"message": message, "type": "invalid_request_error", "code": "lightsout"}})
        }
        Api::Messages => {
            json!({"type": "error", "error": {"type": "permission_error", "message": message}})
        }
        Api::Gemini => {
            json!({"error": {"code": status.as_u16(), "message": message, "status": "PERMISSION_DENIED"}})
        }
    };
    json_body(status, &body)
}

/// A JSON document.
pub(super) fn json_body(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = plain(status, &body.to_string());
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}

/// Text.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *response.status_mut() = status;
    let text = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert("content-type", text);
    response
}
