//! Why packages could not be installed, and whose fault that is.

use std::path::PathBuf;

use super::{LockError, ManifestError, installer};
use crate::perimeter::egress::NotADestination;
use crate::perimeter::import::project::ProjectError;
use crate::perimeter::{sandbox, tools};

/// Why packages could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base commit holds no project that can be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A lock file is missing or does not pin.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// npm or pip is missing, or failed.
    #[error("installing the stack's packages: {0}")]
    Tool(#[from] tools::Error),
    /// What is installed cannot be read, or is not what it was.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The cache can be written by others.
    #[error(
        "`{folder}` can be written by others or belongs to somebody else: remove it, or point `LIGHTSOUT_HOME` to a folder of your own"
    )]
    NotOurs {
        /// Which folder.
        folder: PathBuf,
    },
    /// Gone as soon as it was there.
    #[error("`{folder}` is not what was just installed: something else writes there")]
    Vanished {
        /// Which folder.
        folder: PathBuf,
    },
    /// A registry that cannot be reached through the proxy.
    #[error("{key} {why}")]
    Registry {
        /// Where it is configured.
        key: String,
        /// What is wrong with it.
        why: NotADestination,
    },
    /// The user's proxy.
    #[error("the proxy that HTTPS_PROXY, npm or pip names is not an `http://` address")]
    Proxy,
    /// A tool's configuration cannot be read.
    #[error("reading the configuration of `{program}`: {problem}")]
    Configuration {
        /// The tool.
        program: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A package manager asked for what it may not reach.
    #[error(
        "`{program}` asked for {line}; packages come only from the registries of its own configuration: if this is one, name it there (`@any:registry=https://HOST/` in `.npmrc`, `extra-index-url` for pip)"
    )]
    Host {
        /// The tool.
        program: &'static str,
        /// What, and why not.
        line: String,
    },
    /// The sandbox failed.
    #[error("installing the stack's packages: {0}")]
    Sandbox(#[from] sandbox::Error),
    /// Our proxy cannot be served.
    #[error("serving the way to the registries: {0}")]
    Proxying(std::io::Error),
    /// The sandbox does not hand out what was installed.
    #[error("the sandbox did not hand out what was installed")]
    Lost,
    /// More bytes than the limit.
    #[error(
        "the installed packages are larger than {} bytes",
        installer::STAGE_BYTES_MAX
    )]
    TooLarge,
    /// The system said no.
    #[error("{doing} `{path}`: {source}")]
    Folder {
        /// What was being done.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether other lock files could mend it: somebody else's proposal of them is then to be refused. A network that is down
    /// looks the same from here; that proposal is refused too, not applied.
    #[must_use]
    pub const fn is_of_the_lock(&self) -> bool {
        match self {
            Self::Lock(_) | Self::Host { .. } | Self::TooLarge => true,
            Self::Tool(tools::Error::Failed { .. }) => true,
            Self::Manifest(ManifestError::Entry { .. } | ManifestError::TooMany { .. }) => true,
            Self::Tool(_)
            | Self::Manifest(_)
            | Self::Project(_)
            | Self::NotOurs { .. }
            | Self::Vanished { .. }
            | Self::Registry { .. }
            | Self::Proxy
            | Self::Configuration { .. }
            | Self::Sandbox(_)
            | Self::Proxying(_)
            | Self::Lost
            | Self::Folder { .. } => false,
        }
    }
}
