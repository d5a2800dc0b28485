//! `tools.lock`: which programs, which versions, from where.
//!
//! The lock of the tools themselves is compiled in; a repository may add providers, and nothing else, in a lock of its own.
//! INVARIANT: every name in a [`Lock`] is a plain file name, unique, and has at least one source; every URL is `https`, or
//! `http` to a loopback address. It does not download or install.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::{Error, Source};
use crate::names::{PackageName, Sha256, excerpt};

/// The lock that comes with this binary.
const BUILT_IN: &str = include_str!("../../../tools.lock");
/// What a provider's executable is called: this and the package's name.
pub const PROVIDER_PREFIX: &str = "pulumi-resource-";
/// The format of the file.
pub(super) const FORMAT: u32 = 1;
/// LIMIT: bytes of a repository's lock; a few hundred providers fit.
pub(super) const LOCK_BYTES_MAX: u64 = 1024 * 1024;

/// The Go modules that are compiled in: name, `go.mod`, `go.sum`.
const MODULES: &[(&str, &str, &str)] = &[
    (
        "pulumi",
        include_str!("go/pulumi/go.mod"),
        include_str!("go/pulumi/go.sum"),
    ),
    (
        "opa",
        include_str!("go/opa/go.mod"),
        include_str!("go/opa/go.sum"),
    ),
];

/// Every program that may be installed and started.
#[derive(Debug, Clone)]
pub struct Lock {
    entries: Vec<Entry>,
}

/// One program of the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Entry {
    /// The executable's file name.
    pub(super) name: String,
    pub(super) version: String,
    pub(super) sources: Vec<Way>,
}

/// One way to get a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    Release(BTreeMap<Platform, Archive>),
    Go(GoModule),
    File(BTreeMap<Platform, Sha256>),
}

impl Way {
    pub(super) const fn source(&self) -> Source {
        match self {
            Self::Release(_) => Source::Release,
            Self::Go(_) => Source::Go,
            Self::File(_) => Source::File,
        }
    }
}

/// A file at a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Archive {
    pub(super) url: String,
    pub(super) sha256: Sha256,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<String>,
}

/// A package to build in one of the compiled-in modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GoModule {
    pub(super) module: String,
    pub(super) package: String,
    pub(super) ldflags: Vec<String>,
}

impl GoModule {
    /// Its `go.mod` and `go.sum`.
    pub(super) fn files(&self) -> Result<(&'static str, &'static str), Error> {
        MODULES
            .iter()
            .find(|(name, ..)| *name == self.module)
            .map(|(_, module, sums)| (*module, *sums))
            .ok_or_else(|| {
                invalid(format!(
                    "no Go module is called `{}`",
                    excerpt(&self.module)
                ))
            })
    }
}

/// A machine that programs are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Linux on `x86_64`.
    LinuxAmd64,
    /// Linux on 64-bit ARM.
    LinuxArm64,
}

impl Platform {
    /// The machine this runs on.
    ///
    /// # Errors
    /// It is none that programs are made for.
    pub fn here() -> Result<Self, Error> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Ok(Self::LinuxAmd64),
            ("linux", "aarch64") => Ok(Self::LinuxArm64),
            (os, arch) => Err(Error::Platform {
                name: format!("{os}-{arch}"),
            }),
        }
    }

    /// Its name in the lock and in vendors' file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "linux-amd64",
            Self::LinuxArm64 => "linux-arm64",
        }
    }

    /// Go's word for the processor.
    pub(super) const fn goarch(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "amd64",
            Self::LinuxArm64 => "arm64",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    tools: Vec<RawEntry>,
    #[serde(default)]
    providers: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    name: PackageName,
    version: String,
    sources: Vec<Way>,
}

impl Lock {
    /// The lock that comes with this binary: the engine, the YAML host, OPA.
    ///
    /// # Errors
    /// It was built with a broken one.
    pub fn built_in() -> Result<Self, Error> {
        let document = parse(BUILT_IN)?;
        let mut lock = Self::empty();
        lock.extend(document.tools, "")?;
        lock.extend(document.providers, PROVIDER_PREFIX)?;
        Ok(lock)
    }

    /// A lock that names nothing.
    pub(super) const fn empty() -> Self {
        Self { entries: vec![] }
    }

    /// Adds the providers of a repository's own `tools.lock`.
    ///
    /// # Errors
    /// The text is not a lock, names tools of ours, or names something twice.
    pub fn with_repository(mut self, text: &str) -> Result<Self, Error> {
        self.extend(repository(text)?, PROVIDER_PREFIX)?;
        Ok(self)
    }

    /// Every name in the lock, in its order. A provider's is `pulumi-resource-NAME`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn entry(&self, name: &str) -> Result<&Entry, Error> {
        self.entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| Error::Unknown {
                name: excerpt(name),
            })
    }

    fn extend(&mut self, raw: Vec<RawEntry>, prefix: &str) -> Result<(), Error> {
        for raw in raw {
            let entry = Entry::checked(&raw.name, prefix, raw.version, raw.sources)?;
            if self.names().any(|name| name == entry.name) {
                return Err(invalid(format!("`{}` is named twice", entry.name)));
            }
            self.entries.push(entry);
        }
        Ok(())
    }
}

impl Entry {
    pub(super) fn provider(name: &PackageName, version: &str, way: Way) -> Result<Self, Error> {
        Self::checked(name, PROVIDER_PREFIX, version.to_owned(), vec![way])
    }

    fn checked(
        name: &PackageName,
        prefix: &str,
        version: String,
        sources: Vec<Way>,
    ) -> Result<Self, Error> {
        let name = format!("{prefix}{name}");
        if !is_version(&version) {
            return Err(invalid(format!(
                "`{name}`: `{}` is not a version such as 1.2.3",
                excerpt(&version)
            )));
        }
        if sources.is_empty() {
            return Err(invalid(format!("`{name}` has no source")));
        }
        for way in &sources {
            way.check(&name)?;
        }
        Ok(Self {
            name,
            version,
            sources,
        })
    }

    /// Changes with anything that may change the program: version, sources, hashes, the modules' sums.
    pub(super) fn hash(&self) -> Result<Sha256, Error> {
        let mut bytes = serde_json::to_vec(self)
            .map_err(|cause| invalid(format!("writing `{}`: {cause}", self.name)))?;
        for way in &self.sources {
            if let Way::Go(module) = way {
                let (module, sums) = module.files()?;
                bytes.extend_from_slice(Sha256::of(module.as_bytes()).as_bytes());
                bytes.extend_from_slice(Sha256::of(sums.as_bytes()).as_bytes());
            }
        }
        Ok(Sha256::of(&bytes))
    }
}

impl Way {
    fn check(&self, name: &str) -> Result<(), Error> {
        match self {
            Self::Release(platforms) => {
                for archive in platforms.values() {
                    if !is_allowed_url(&archive.url) {
                        let url = excerpt(&archive.url);
                        return Err(invalid(format!("`{name}`: `{url}` is not an https URL")));
                    }
                    if archive.member.as_deref().is_some_and(|m| !is_plain_path(m)) {
                        return Err(invalid(format!("`{name}`: `member` leaves its archive")));
                    }
                }
                some(name, platforms.is_empty())
            }
            Self::Go(module) => module.files().map(|_| ()),
            Self::File(platforms) => some(name, platforms.is_empty()),
        }
    }
}

fn some(name: &str, is_empty: bool) -> Result<(), Error> {
    if is_empty {
        return Err(invalid(format!("`{name}` has a source without a platform")));
    }
    Ok(())
}

/// The providers of a repository's lock.
fn repository(text: &str) -> Result<Vec<RawEntry>, Error> {
    let document = parse(text)?;
    if !document.tools.is_empty() {
        return Err(invalid(
            "a repository's lock may name `providers` only, not `tools`".to_owned(),
        ));
    }
    let is_go = |entry: &RawEntry| entry.sources.iter().any(|way| matches!(way, Way::Go(_)));
    if document.providers.iter().any(is_go) {
        return Err(invalid("a provider has no `go` source".to_owned()));
    }
    Ok(document.providers)
}

fn parse(text: &str) -> Result<Document, Error> {
    if u64::try_from(text.len()).map_or(true, |bytes| bytes > LOCK_BYTES_MAX) {
        return Err(invalid(format!("it is larger than {LOCK_BYTES_MAX} bytes")));
    }
    let document: Document = serde_saphyr::from_str(text)
        .map_err(|cause| invalid(cause.without_snippet().to_string().replace('\n', " ")))?;
    if document.version != FORMAT {
        return Err(invalid(format!(
            "its `version` is {}, this program reads {FORMAT}",
            document.version
        )));
    }
    Ok(document)
}

pub(super) fn invalid(problem: String) -> Error {
    Error::Lock { problem }
}

pub(super) fn is_version(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !text.contains("..")
}

fn is_plain_path(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_graphic())
        && Path::new(text)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// `https`, or `http` to a loopback address: nobody between us and the server may change what comes.
pub(super) fn is_allowed_url(url: &str) -> bool {
    if url.len() > 2048
        || !url.chars().all(|c| c.is_ascii_graphic())
        || url.contains(['#', '"', '\'', '@'])
    {
        return false;
    }
    url.starts_with("https://") || is_loopback_url(url)
}

/// Whether an address is this machine's own.
pub(crate) fn is_loopback_url(url: &str) -> bool {
    let authority = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split(['/', '?']).next());
    authority.is_some_and(|authority| {
        authority
            .parse::<std::net::SocketAddr>()
            .is_ok_and(|address| address.ip().is_loopback())
    })
}

#[cfg(test)]
mod tests;
