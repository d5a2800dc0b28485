//! What the user's configuration says about where packages come from, in terms of the sandbox.
//!
//! The tools are asked, so that mirrors, private registries and credentials work as they do in the user's own shell. No host
//! is known here by name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::stage::{Stage, inside, variable};
use super::{Error, FORWARDED, FORWARDED_PREFIXES};
use crate::perimeter::egress::{Destination, Upstream};
use crate::perimeter::sandbox::Mount;
use crate::perimeter::tools::{self, Invocation, Program, UserTool};

/// What a package manager is given besides its files and arguments.
#[derive(Debug)]
pub(super) struct Settings {
    /// What it may reach.
    pub(super) destinations: Vec<Destination>,
    /// Through what.
    pub(super) upstream: Option<Upstream>,
    /// Its environment.
    pub(super) env: Vec<(OsString, OsString)>,
    /// Further folders that it sees.
    pub(super) mounts: Vec<Mount>,
    /// Further arguments.
    pub(super) args: Vec<OsString>,
}

impl Settings {
    /// What every one of them gets: a home of its own, the host's certificates, and the user's proxy to go through.
    pub(super) fn common(
        stage: &mut Stage,
        environment: &[(OsString, OsString)],
    ) -> Result<Self, Error> {
        let mut settings = Self {
            destinations: Vec::new(),
            upstream: upstream(environment)?,
            env: Vec::new(),
            mounts: Vec::new(),
            args: Vec::new(),
        };
        settings.set("HOME", inside("home"));
        settings.set("TMPDIR", inside("tmp"));
        settings.set("PATH", "/usr/local/bin:/usr/bin:/bin");
        settings.set(
            "LANG",
            variable(environment, "LANG").unwrap_or("C.UTF-8".as_ref()),
        );
        settings.certificates(stage, environment)?;
        Ok(settings)
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.env.push((name.into(), value.into()));
    }

    fn certificates(
        &mut self,
        stage: &mut Stage,
        environment: &[(OsString, OsString)],
    ) -> Result<(), Error> {
        for name in ["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
            if let Some(path) = variable(environment, name)
                && let Some(path) = stage.give_file(Path::new(path))?
            {
                self.set(name, path);
            }
        }
        let named = self.env.iter().any(|(name, _)| name == "SSL_CERT_FILE");
        let bundle = BUNDLES.iter().map(Path::new).find(|path| path.is_file());
        if let Some(bundle) = bundle.filter(|_| !named)
            && let Some(path) = stage.give_file(bundle)?
        {
            self.set("SSL_CERT_FILE", path);
        }
        let folder = variable(environment, "SSL_CERT_DIR").unwrap_or(CERTIFICATES.as_ref());
        // Several folders are possible; the first is the one that machines have.
        let folder = std::env::split_paths(folder).next();
        if let Some(folder) = folder
            && let Ok(source) = std::fs::canonicalize(folder)
            && source.is_dir()
        {
            self.mounts.push(Mount::ReadOnly {
                source,
                target: PathBuf::from("/certs"),
            });
            self.set("SSL_CERT_DIR", "/certs");
        }
        Ok(())
    }

    /// Takes the proxy that a tool's own configuration names, if the environment names none.
    pub(super) fn go_through(&mut self, url: &str, no_proxy: &str) -> Result<(), Error> {
        if self.upstream.is_none() && !url.is_empty() {
            self.upstream = Some(Upstream::of_url(url, no_proxy).ok_or(Error::Proxy)?);
        }
        Ok(())
    }

    /// Lists a registry that the user named.
    pub(super) fn registry(&mut self, key: &str, url: &str) -> Result<(), Error> {
        // The address may hold a password: only where it is written is said.
        let destination = Destination::of_url(url).map_err(|why| Error::Registry {
            key: key.to_owned(),
            why,
        })?;
        self.destinations.push(destination);
        Ok(())
    }
}

/// The user's proxy for connections to the outside.
fn upstream(environment: &[(OsString, OsString)]) -> Result<Option<Upstream>, Error> {
    let text = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| variable(environment, name))
            .and_then(std::ffi::OsStr::to_str)
    };
    let proxy = text(["https_proxy", "HTTPS_PROXY"]).or_else(|| text(["all_proxy", "ALL_PROXY"]));
    let no_proxy = text(["no_proxy", "NO_PROXY"]).unwrap_or("");
    proxy
        .map(|url| Upstream::of_url(url, no_proxy).ok_or(Error::Proxy))
        .transpose()
}

/// The variables of the user's that npm and pip may see.
pub(super) fn forwarded(environment: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let named = |name: &OsString| {
        name.to_str().is_some_and(|name| {
            FORWARDED.contains(&name)
                || FORWARDED_PREFIXES
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
        })
    };
    environment
        .iter()
        .filter(|(name, _)| named(name))
        .cloned()
        .collect()
}

/// Asks one of the user's own tools about its configuration, outside the sandbox and away from any project.
pub(super) async fn ask(
    tool: &UserTool,
    args: &[&str],
    env: Vec<(OsString, OsString)>,
    cwd: &Path,
) -> Result<String, Error> {
    let output = tools::run(Invocation {
        program: Program::User(tool),
        args: args.iter().map(OsString::from).collect(),
        env,
        cwd: cwd.to_owned(),
        stdin: Vec::new(),
        deadline: super::ASK_DEADLINE,
        output_bytes_max: super::OUTPUT_BYTES_MAX,
    })
    .await?
    .success()?;
    String::from_utf8(output.stdout).map_err(|_| Error::Configuration {
        program: tool.program().name(),
        problem: "it is not UTF-8".to_owned(),
    })
}

/// Where systems keep their certificates.
const CERTIFICATES: &str = "/etc/ssl/certs";
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];
