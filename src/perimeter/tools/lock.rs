//! `tools.lock`: which programs, which versions, from where.
//!
//! The lock of the tools themselves is compiled in; a repository may add providers, and nothing else, in a lock of its own.
//! INVARIANT: every name in a [`Lock`] is a plain file name, unique, and has at least one source; every URL is `https`, or
//! `http` to a loopback address; an agent, and nothing else, is an npm package. It does not download or install.

mod form;
mod npm;
mod platform;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::home::MANIFEST;
use super::{Error, Source};
use crate::names::{PackageName, Sha256, excerpt};

pub(crate) use form::is_loopback_url;
pub(super) use form::{is_allowed_url, is_plain_path, is_version};
pub(super) use npm::{Integrity, NpmPackage};
pub use platform::Platform;

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
    /// Not part of its hash: a name is in one section only.
    #[serde(skip)]
    pub(super) section: Section,
    /// The executable's file name.
    pub(super) name: String,
    pub(super) version: String,
    pub(super) sources: Vec<Way>,
}

/// Where in the lock an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// A program of ours: one file, installed by default.
    Tools,
    /// A provider plugin: one file.
    Providers,
    /// A coding agent: a folder of files, installed when it is asked for by name.
    Agents,
}

/// One way to get a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    Release(BTreeMap<Platform, Archive>),
    Go(GoModule),
    File(BTreeMap<Platform, Sha256>),
    Npm(BTreeMap<Platform, NpmPackage>),
}

impl Way {
    pub(super) const fn source(&self) -> Source {
        match self {
            Self::Release(_) => Source::Release,
            Self::Go(_) => Source::Go,
            Self::File(_) => Source::File,
            Self::Npm(_) => Source::Npm,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    tools: Vec<RawEntry>,
    #[serde(default)]
    providers: Vec<RawEntry>,
    #[serde(default)]
    agents: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    name: PackageName,
    version: String,
    sources: Vec<Way>,
}

impl Lock {
    /// The lock that comes with this binary: the engine, the YAML host, OPA, and the coding agents.
    ///
    /// # Errors
    /// It was built with a broken one.
    pub fn built_in() -> Result<Self, Error> {
        Self::ours(BUILT_IN)
    }

    /// Reads a lock that may name anything.
    pub(super) fn ours(text: &str) -> Result<Self, Error> {
        let document = parse(text)?;
        let mut lock = Self::empty();
        lock.extend(document.tools, Section::Tools)?;
        lock.extend(document.providers, Section::Providers)?;
        lock.extend(document.agents, Section::Agents)?;
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
        self.extend(repository(text)?, Section::Providers)?;
        Ok(self)
    }

    /// Every name in the lock, in its order. A provider's is `pulumi-resource-NAME`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// What is installed where no name is given: everything but the agents.
    pub fn default_names(&self) -> impl Iterator<Item = &str> {
        self.named(|section| section != Section::Agents)
    }

    /// The coding agents.
    pub fn agents(&self) -> impl Iterator<Item = &str> {
        self.named(|section| section == Section::Agents)
    }

    fn named(&self, wanted: impl Fn(Section) -> bool) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter(move |entry| wanted(entry.section))
            .map(|entry| entry.name.as_str())
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

    fn extend(&mut self, raw: Vec<RawEntry>, section: Section) -> Result<(), Error> {
        for raw in raw {
            let entry = Entry::checked(&raw.name, section, raw.version, raw.sources)?;
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
        Self::checked(name, Section::Providers, version.to_owned(), vec![way])
    }

    fn checked(
        name: &PackageName,
        section: Section,
        version: String,
        sources: Vec<Way>,
    ) -> Result<Self, Error> {
        let name = match section {
            Section::Providers => format!("{PROVIDER_PREFIX}{name}"),
            Section::Tools | Section::Agents => name.to_string(),
        };
        if !is_version(&version) {
            return Err(invalid(format!(
                "`{name}`: `{}` is not a version such as 1.2.3",
                excerpt(&version)
            )));
        }
        if sources.is_empty() {
            return Err(invalid(format!("`{name}` has no source")));
        }
        section.check(&name, &sources)?;
        for way in &sources {
            way.check(&name)?;
        }
        Ok(Self {
            section,
            name,
            version,
            sources,
        })
    }

    /// The path of its program in the folder that it is installed into.
    pub(super) fn program(&self, here: Platform) -> &str {
        let of_package = self.sources.iter().find_map(|way| match way {
            Way::Npm(platforms) => platforms.get(&here).map(|npm| npm.program.as_str()),
            Way::Release(_) | Way::Go(_) | Way::File(_) => None,
        });
        of_package.unwrap_or(&self.name)
    }

    /// The command that installs it.
    pub(super) fn install_command(&self) -> String {
        match self.section {
            Section::Tools | Section::Providers => "lightsout tools install".to_owned(),
            Section::Agents => format!("lightsout tools install {}", self.name),
        }
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

impl Section {
    /// Whether what stands in it may be called so and come from there.
    fn check(self, name: &str, sources: &[Way]) -> Result<(), Error> {
        let has = |wanted: Source| sources.iter().any(|way| way.source() == wanted);
        let problem = match self {
            Self::Tools if has(Source::Npm) => "only an agent has an `npm` source",
            Self::Providers if has(Source::Go) => "a provider has no `go` source",
            Self::Providers if has(Source::Npm) => "a provider has no `npm` source",
            Self::Agents if !matches!(sources, [Way::Npm(_)]) => {
                "an agent has one source, and that is `npm`"
            }
            Self::Agents if name.starts_with(PROVIDER_PREFIX) => {
                "an agent is not called like a provider"
            }
            Self::Tools | Self::Providers | Self::Agents => return Ok(()),
        };
        Err(invalid(format!("`{name}`: {problem}")))
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
            Self::Npm(platforms) => {
                for package in platforms.values() {
                    package.check(name)?;
                }
                some(name, platforms.is_empty())
            }
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
    if !document.tools.is_empty() || !document.agents.is_empty() {
        return Err(invalid(
            "a repository's lock may name `providers` only, not `tools` or `agents`".to_owned(),
        ));
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

#[cfg(test)]
mod tests;
