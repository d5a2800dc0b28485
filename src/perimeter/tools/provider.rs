//! `tools add provider`: a provider plugin is downloaded or copied once, and its hash recorded in the repository's lock.
//!
//! INVARIANT: an entry is written only after its file was installed under that entry's own hash. The first download is trusted as
//! `https` is; from then on only those bytes run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::home::{Check, Content, read_limited, write_atomic};
use super::install::{blocking, take};
use super::lock::{
    Archive, Entry, FORMAT, LOCK_BYTES_MAX, Lock, PROVIDER_PREFIX, Platform, Way, invalid,
    is_allowed_url,
};
use super::progress::{Event, Progress};
use super::release::{Download, Failure};
use super::stamp::Hashes;
use super::{Error, Source, Tool, Tools};
use crate::names::{PackageName, excerpt};

/// Where the vendor keeps provider plugins.
const VENDOR: &str = "https://api.pulumi.com/releases/plugins";

/// The first line of a lock that did not exist.
const HEADER: &str = "# Providers of this repository: `lightsout tools add provider NAME@VERSION`.";

/// What is to be added.
#[derive(Debug, Clone)]
pub struct Addition {
    /// The package, such as `aws`.
    pub name: PackageName,
    /// Its version, without a leading `v`.
    pub version: String,
    /// Where it is.
    pub source: ProviderSource,
}

/// Where a provider is had from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderSource {
    /// The vendor's archive for this machine.
    Vendor,
    /// An archive elsewhere (`--url`).
    Url(String),
    /// An executable on this machine (`--file`).
    File(PathBuf),
}

impl Addition {
    /// Reads `NAME@VERSION`; a leading `v` of the version is dropped.
    ///
    /// # Errors
    /// The text is not of that form.
    pub fn parse(text: &str, source: ProviderSource) -> Result<Self, Error> {
        let invalid = |problem: String| Error::Lock { problem };
        let (name, version) = text
            .split_once('@')
            .ok_or_else(|| invalid(format!("`{}` is not NAME@VERSION", excerpt(text))))?;
        Ok(Self {
            name: PackageName::new(name).map_err(|cause| invalid(cause.to_string()))?,
            version: version.strip_prefix('v').unwrap_or(version).to_owned(),
            source,
        })
    }

    fn url(&self, here: Platform) -> Result<Option<String>, Error> {
        let url = match &self.source {
            ProviderSource::File(_) => return Ok(None),
            ProviderSource::Vendor => format!(
                "{VENDOR}/{PROVIDER_PREFIX}{}-v{}-{}.tar.gz",
                self.name,
                self.version,
                here.name()
            ),
            ProviderSource::Url(url) => url.clone(),
        };
        if !is_allowed_url(&url) {
            let problem = format!("`{}` is not an https URL", excerpt(&url));
            return Err(Error::Lock { problem });
        }
        Ok(Some(url))
    }
}

/// What was added.
#[derive(Debug)]
pub struct Added {
    /// The installed provider.
    pub tool: Tool,
    /// The repository's lock, as it now is.
    pub lock_text: String,
}

impl Tools {
    /// Installs a provider and records it in the repository's `tools.lock`, which is made if need be.
    ///
    /// This value's own lock does not change: open another one with the new text.
    ///
    /// # Errors
    /// It is in the lock already, cannot be had, or the lock cannot be written.
    pub async fn add_provider(
        &self,
        addition: &Addition,
        lock_file: &Path,
        progress: Progress<'_>,
    ) -> Result<Added, Error> {
        let here = Platform::here()?;
        let turn = self.home.lock(progress).await?;
        let scratch = self.home.scratch(&turn)?;
        let program = scratch.path().join("program");
        let (way, origin) = match (addition.url(here)?, &addition.source) {
            (Some(url), _) => {
                self.first_download(addition, url, here, scratch.path(), progress)
                    .await?
            }
            (None, ProviderSource::File(path)) => copy(path.clone(), program.clone(), here).await?,
            (None, ProviderSource::Vendor | ProviderSource::Url(_)) => {
                return Err(Error::Lock {
                    problem: "it has no URL".to_owned(),
                });
            }
        };
        let source = way.source();
        let entry = Entry::provider(&addition.name, &addition.version, way)?;
        let text = read_text(lock_file)?;
        let lock_text = match text.as_deref().map(|text| recorded(text, &entry)) {
            // The same bytes as recorded: another machine's turn to have them.
            Some(Ok(true)) => text.unwrap_or_else(String::new),
            Some(Err(error)) => return Err(error),
            Some(Ok(false)) | None => with_provider(text.as_deref(), &addition.name, &entry)?,
        };
        let tool = match self.installed(&entry, Check::Whole).await? {
            Some(tool) => tool,
            None => {
                let content = Content::Program(program);
                self.put(&turn, &entry, content, source, origin).await?
            }
        };
        write_atomic(lock_file, lock_text.as_bytes(), 0o644)?;
        progress(&Event::Installed {
            tool: &entry.name,
            version: &entry.version,
            source,
        });
        Ok(Added { tool, lock_text })
    }

    /// Downloads an archive whose hash nobody knows yet.
    async fn first_download(
        &self,
        addition: &Addition,
        url: String,
        here: Platform,
        scratch: &Path,
        progress: Progress<'_>,
    ) -> Result<(Way, String), Error> {
        let name = format!("{PROVIDER_PREFIX}{}", addition.name);
        let file = scratch.join("archive");
        let sha256 = Download::new(&name, &url, None, file.clone())
            .fetch(&self.machine, progress)
            .await
            .map_err(|failure| match failure {
                Failure::Hard(error) => error,
                Failure::Unavailable(reason) => Error::NoSource {
                    name: name.clone(),
                    version: addition.version.clone(),
                    reasons: format!("{}: {reason}", Source::Release),
                },
            })?;
        let archive = Archive {
            url: url.clone(),
            sha256,
            member: Some(name),
        };
        take(&archive, file, scratch.join("program")).await?;
        Ok((Way::Release(BTreeMap::from([(here, archive)])), url))
    }
}

/// Copies a provider of this machine and hashes the copy, not the original, which may change meanwhile.
async fn copy(path: PathBuf, program: PathBuf, here: Platform) -> Result<(Way, String), Error> {
    blocking(move || {
        let mut from =
            std::fs::File::open(&path).map_err(|cause| Error::io("opening", &path, cause))?;
        if !from.metadata().is_ok_and(|meta| meta.is_file()) {
            let cause = std::io::Error::other("it is not a regular file");
            return Err(Error::io("copying", &path, cause));
        }
        let mut to = std::fs::File::create_new(&program)
            .map_err(|cause| Error::io("making", &program, cause))?;
        std::io::copy(&mut from, &mut to).map_err(|cause| Error::io("copying", &path, cause))?;
        let sha256 = Hashes::uncached(&program)?;
        Ok((
            Way::File(BTreeMap::from([(here, sha256)])),
            path.display().to_string(),
        ))
    })
    .await?
}

/// Whether the lock has this very entry already.
fn recorded(text: &str, entry: &Entry) -> Result<bool, Error> {
    let lock = super::Lock::built_in()?.with_repository(text)?;
    Ok(lock.entries().contains(entry))
}

fn read_text(path: &Path) -> Result<Option<String>, Error> {
    let Some(bytes) = read_limited(path, LOCK_BYTES_MAX)? else {
        return Ok(None);
    };
    String::from_utf8(bytes).map(Some).map_err(|_| Error::Lock {
        problem: "it is not UTF-8".to_owned(),
    })
}

/// A repository's lock with one more provider, comments kept.
///
/// # Errors
/// There is one of that name already, or the file is written in a way that a line cannot be added to.
fn with_provider(text: Option<&str>, name: &PackageName, added: &Entry) -> Result<String, Error> {
    let mut lock = Lock::empty();
    if let Some(text) = text {
        lock = lock.with_repository(text)?;
    }
    if lock.names().any(|known| known == added.name) {
        return Err(invalid(format!(
            "`{}` is in it already: take it out first to change its version",
            added.name
        )));
    }
    let mut new = match text {
        Some(text) => text.trim_end().to_owned(),
        None => format!("{HEADER}\nversion: {FORMAT}"),
    };
    new.push('\n');
    if lock.entries().is_empty() {
        new.push_str("\nproviders:\n");
    }
    new.push_str(&written(name, added));
    // The lines were added blindly: what is read back decides.
    let again = Lock::empty()
        .with_repository(&new)
        .map_err(|_| by_hand(name))?;
    let same = again.entries().split_last();
    if same.is_none_or(|(last, rest)| last != added || rest != lock.entries()) {
        return Err(by_hand(name));
    }
    Ok(new)
}

fn by_hand(name: &PackageName) -> Error {
    invalid(format!(
        "`{name}` cannot be added to it: let `providers:` be its last key, one entry a block"
    ))
}

fn written(name: &PackageName, entry: &Entry) -> String {
    let mut text = format!(
        "  - name: {name}\n    version: {}\n    sources:\n",
        entry.version
    );
    for way in &entry.sources {
        match way {
            Way::Release(platforms) => {
                text.push_str("      - release:\n");
                for (platform, archive) in platforms {
                    text.push_str(&format!(
                        "          {}:\n            url: {}\n            sha256: {}\n",
                        platform.name(),
                        archive.url,
                        archive.sha256
                    ));
                    if let Some(member) = &archive.member {
                        text.push_str(&format!("            member: {member}\n"));
                    }
                }
            }
            Way::File(platforms) => {
                text.push_str("      - file:\n");
                for (platform, sha256) in platforms {
                    text.push_str(&format!("          {}: {sha256}\n", platform.name()));
                }
            }
            // No provider has it: reading the text back refuses the entry.
            Way::Go(_) | Way::Npm(_) => {}
        }
    }
    text
}
