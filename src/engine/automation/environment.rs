//! What the engine is given: its environment, and where its policy pack lies.
//!
//! INVARIANT: the environment is made from nothing.

use std::ffi::OsString;
use std::net::TcpListener;

use super::{BIN_FOLDER, Error, HOME_FOLDER, STATE_FOLDER};
use crate::config::secret::Secret;
use crate::engine::analyzer;

/// What the engine starts as its policy pack.
pub(super) fn policy_pack() -> String {
    format!("{BIN_FOLDER}/{}", analyzer::NAME)
}

/// The port that a listener has.
pub(super) fn port(listener: &TcpListener) -> Result<u16, Error> {
    let address = listener.local_addr();
    Ok(address
        .map_err(own("reading the address of", "a socket"))?
        .port())
}

/// What was done to something of ours, as an error.
pub(super) fn own(doing: &'static str, what: &'static str) -> impl Fn(std::io::Error) -> Error {
    move |cause| Error::File {
        doing,
        path: what.to_owned(),
        cause,
    }
}

/// The engine's whole environment.
pub(super) fn environment(passphrase: &Secret, providers: &str) -> Vec<(OsString, OsString)> {
    let state = format!("file://{STATE_FOLDER}");
    [
        ("HOME", HOME_FOLDER),
        ("PATH", &format!("{BIN_FOLDER}:/usr/bin:/bin")),
        ("PULUMI_HOME", HOME_FOLDER),
        ("PULUMI_BACKEND_URL", &state),
        ("PULUMI_CONFIG_PASSPHRASE", passphrase.reveal()),
        ("PULUMI_SKIP_UPDATE_CHECK", "true"),
        ("PULUMI_AUTOMATION_API", "true"),
        // The event log exists only with this.
        ("PULUMI_DEBUG_COMMANDS", "true"),
        // Nothing is downloaded, taken from the search path or asked of a registry.
        ("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true"),
        ("PULUMI_IGNORE_AMBIENT_PLUGINS", "true"),
        ("PULUMI_DISABLE_REGISTRY_RESOLVE", "true"),
        ("PULUMI_DEBUG_PROVIDERS", providers),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .to_vec()
}
