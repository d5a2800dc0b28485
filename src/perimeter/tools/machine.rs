//! What of the user's machine the tools may use, and which of its variables.
//!
//! INVARIANT: a variable that is in no list here reaches neither Go nor npm nor pip. It does not read the environment.

use std::ffi::OsString;
use std::path::PathBuf;

/// What of the user's machine the tools may use. The caller's configuration fills it, once.
#[derive(Clone)]
pub struct Machine {
    /// The search path, as in `PATH`.
    pub path: OsString,
    /// The user's home folder.
    pub home: PathBuf,
    /// Variables that are set and that [`is_forwarded`] names. The Go toolchain gets those of [`FORWARDED`], npm those that
    /// [`for_packages`] leaves.
    pub forwarded: Vec<(OsString, OsString)>,
    /// The proxy for downloads, as in `HTTPS_PROXY`.
    pub proxy: Option<String>,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Proxies carry passwords.
        f.debug_struct("Machine")
            .field("path", &self.path)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// The variables that a Go build may see besides `PATH` and `HOME`: where modules come from and where they are kept.
pub const FORWARDED: &[&str] = &[
    "GOPROXY",
    "GOMODCACHE",
    "GOCACHE",
    "GOPATH",
    "GONOPROXY",
    "GOPRIVATE",
    "GONOSUMDB",
    "GOSUMDB",
    "GOAUTH",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "TMPDIR",
];

/// The variables that npm and pip may see: where packages come from, how they are reached, where they are cached.
pub const FORWARDED_TO_PACKAGES: &[&str] = &[
    "HOME",
    "TMPDIR",
    "LANG",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
];

/// And those that begin so.
pub const FORWARDED_TO_PACKAGES_PREFIXES: &[&str] = &["PIP_", "NPM_CONFIG_", "npm_config_"];

/// Whether [`Machine::forwarded`] takes a variable of that name.
#[must_use]
pub fn is_forwarded(name: &str) -> bool {
    FORWARDED.contains(&name) || is_for_packages(name)
}

fn is_for_packages(name: &str) -> bool {
    let begins = |prefix: &&str| name.starts_with(*prefix);
    FORWARDED_TO_PACKAGES.contains(&name) || FORWARDED_TO_PACKAGES_PREFIXES.iter().any(begins)
}

/// Those of some variables that npm and pip may see.
#[must_use]
pub fn for_packages(variables: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    variables
        .iter()
        .filter(|(name, _)| name.to_str().is_some_and(is_for_packages))
        .cloned()
        .collect()
}
