//! The command `check`, as the agent starts it in its sandbox: this very binary under another name, which asks the broker and prints the answer.
//!
//! It runs among the agent's processes and holds nothing.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::exit::Exit;
use crate::pipeline::generate::kind::{CHECK, CHECK_VARIABLE};

/// LIMIT: bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Time for an answer: a preview may take minutes.
const PATIENCE: Duration = Duration::from_secs(900);

/// Whether the program was started under the command's name.
#[must_use]
pub fn is_asked(name: &OsStr) -> bool {
    Path::new(name).file_name() == Some(OsStr::new(CHECK))
}

/// Asks, and prints the answer.
#[expect(
    clippy::disallowed_methods,
    reason = "inside the agent's sandbox, where the broker's address is in the environment"
)]
pub fn main() -> Exit {
    let asked = std::env::var(CHECK_VARIABLE)
        .map_err(|_| format!("`{CHECK_VARIABLE}` is not set: check works in an agent's sandbox"))
        .and_then(|url| ask(&url));
    let (text, exit) = match asked {
        Ok((text, true)) => (text, Exit::Done),
        Ok((text, false)) => (text, Exit::Fault),
        Err(error) => (format!("error: asking for a check: {error}\n"), Exit::Fault),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => exit,
        Err(_) => Exit::Fault,
    }
}

fn ask(url: &str) -> Result<(String, bool), String> {
    let agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .proxy(None)
        .build()
        .new_agent();
    let mut response = agent
        .post(url)
        .send_empty()
        .map_err(|error| error.to_string())?;
    let mut text = String::new();
    response
        .body_mut()
        .as_reader()
        .take(ANSWER_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    Ok((text, response.status().is_success()))
}
