//! Installing the tools of the lock, source by source.
//!
//! INVARIANT: the next source is tried only when one could not be had; what was had and is wrong ends the installation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::home::{Check, Content, Installing};
use super::lock::{Archive, Entry, Platform, Section, Way};
use super::progress::{Event, Progress};
use super::release::{Download, Failure, unpack};
use super::{Error, Source, Tool, Tools, golang, npm};
use crate::names::Sha256;

/// Archives of this installation by URL: two tools may come out of one, and a server that did not answer is not asked twice.
type Archives = BTreeMap<(String, Sha256), Result<PathBuf, String>>;

/// One line of `tools list`.
#[derive(Debug)]
pub struct Listed {
    /// The name in the lock.
    pub name: String,
    /// The version that the lock asks for.
    pub version: String,
    /// Whether it is a coding agent, which is installed only when it is asked for by name.
    pub is_agent: bool,
    /// The sources of the lock, in order.
    pub sources: Vec<Source>,
    /// The installed tool, if there is one.
    pub installed: Result<Option<Tool>, Error>,
}

impl Tools {
    /// Installs what is missing of the named tools; one that is there is checked and left alone.
    ///
    /// `only` leaves out every other source. A second process waits for the first, and says so through `progress`.
    ///
    /// # Errors
    /// No source worked, a hash differs, or a tool that is there is not what was installed.
    pub async fn install(
        &self,
        names: &[&str],
        only: Option<Source>,
        progress: Progress<'_>,
    ) -> Result<Vec<Tool>, Error> {
        let mut tools = self.present(names).await?;
        if tools.len() == names.len() {
            return Ok(tools);
        }
        let turn = self.home.lock(progress).await?;
        let downloads = self.home.scratch(&turn)?;
        let mut archives = Archives::new();
        tools.clear();
        for name in names {
            let entry = self.lock.entry(name)?;
            // Looked at again: the process that had the lock before may have installed it.
            let tool = match self.installed(entry, Check::Start).await? {
                Some(tool) => tool,
                None => {
                    let place = Place {
                        turn: &turn,
                        downloads: downloads.path(),
                        progress,
                    };
                    self.try_sources(entry, only, &place, &mut archives).await?
                }
            };
            tools.push(tool);
        }
        Ok(tools)
    }

    /// Checks every tool of the lock by reading all of it; what is wrong with a tool is in its own line.
    pub async fn verify(&self) -> Vec<Listed> {
        self.listed(Check::Whole).await
    }

    /// Every tool of the lock and whether it is installed, checked as at a start.
    pub async fn list(&self) -> Vec<Listed> {
        self.listed(Check::Start).await
    }

    async fn listed(&self, check: Check) -> Vec<Listed> {
        let mut lines = vec![];
        for entry in self.lock.entries() {
            lines.push(Listed {
                name: entry.name.clone(),
                version: entry.version.clone(),
                is_agent: entry.section == Section::Agents,
                sources: entry.sources.iter().map(Way::source).collect(),
                installed: self.installed(entry, check).await,
            });
        }
        lines
    }

    /// Those of the named tools that are there.
    async fn present(&self, names: &[&str]) -> Result<Vec<Tool>, Error> {
        let mut tools = Vec::with_capacity(names.len());
        for name in names {
            tools.extend(self.installed(self.lock.entry(name)?, Check::Start).await?);
        }
        Ok(tools)
    }

    /// The installed tool of an entry; hashing does not hold up other tasks.
    pub(super) async fn installed(
        &self,
        entry: &Entry,
        check: Check,
    ) -> Result<Option<Tool>, Error> {
        let (home, entry) = (self.home.clone(), entry.clone());
        blocking(move || home.find(&entry, check)).await?
    }

    async fn try_sources(
        &self,
        entry: &Entry,
        only: Option<Source>,
        place: &Place<'_>,
        archives: &mut Archives,
    ) -> Result<Tool, Error> {
        let mut reasons = vec![];
        for way in &entry.sources {
            let source = way.source();
            if only.is_some_and(|only| only != source) {
                continue;
            }
            let scratch = self.home.scratch(place.turn)?;
            match self
                .fetch(entry, way, scratch.path(), place, archives)
                .await
            {
                Ok((content, origin)) => {
                    let tool = self.put(place.turn, entry, content, source, origin).await?;
                    (place.progress)(&Event::Installed {
                        tool: &entry.name,
                        version: &entry.version,
                        source,
                    });
                    return Ok(tool);
                }
                Err(Failure::Unavailable(reason)) => {
                    let line = reason.lines().next().unwrap_or("");
                    (place.progress)(&Event::SourceFailed {
                        tool: &entry.name,
                        source,
                        reason: line,
                    });
                    reasons.push(format!("{source}: {reason}"));
                }
                Err(Failure::Hard(error)) => return Err(error),
            }
        }
        if reasons.is_empty() {
            reasons.push("the lock has no such source for it".to_owned());
        }
        Err(Error::NoSource {
            name: entry.name.clone(),
            version: entry.version.clone(),
            reasons: reasons.join("; "),
        })
    }

    /// What is to be installed and where it came from.
    async fn fetch(
        &self,
        entry: &Entry,
        way: &Way,
        scratch: &Path,
        place: &Place<'_>,
        archives: &mut Archives,
    ) -> Result<(Content, String), Failure> {
        let here = Platform::here()?;
        match way {
            Way::Release(platforms) => {
                let archive = platforms.get(&here).ok_or_else(|| nothing_for(here))?;
                let file = self.download(entry, archive, place, archives).await?;
                let program = scratch.join("program");
                take(archive, file, program.clone()).await?;
                Ok((Content::Program(program), archive.url.clone()))
            }
            Way::Go(module) => {
                let (machine, hashes) = (&self.machine, self.home.hashes());
                let built =
                    golang::build(entry, module, machine, hashes, scratch, place.progress).await;
                built.map(|(program, origin)| (Content::Program(program), origin))
            }
            Way::Npm(platforms) => {
                let package = platforms.get(&here).ok_or_else(|| nothing_for(here))?;
                let (machine, hashes) = (&self.machine, self.home.hashes());
                (place.progress)(&Event::Packing {
                    tool: &entry.name,
                    version: &entry.version,
                });
                let (folder, origin) = npm::fetch(package, machine, hashes, scratch).await?;
                Ok((Content::Folder(folder), origin))
            }
            Way::File(_) => Err(Failure::Unavailable(format!(
                "it is a local file: run `lightsout tools add provider {}@{} --file PATH`",
                entry
                    .name
                    .strip_prefix(super::lock::PROVIDER_PREFIX)
                    .unwrap_or(&entry.name),
                entry.version
            ))),
        }
    }

    async fn download(
        &self,
        entry: &Entry,
        archive: &Archive,
        place: &Place<'_>,
        archives: &mut Archives,
    ) -> Result<PathBuf, Failure> {
        let key = (archive.url.clone(), archive.sha256);
        if let Some(known) = archives.get(&key) {
            return known.clone().map_err(Failure::Unavailable);
        }
        let file = place.downloads.join(archives.len().to_string());
        let download = Download::new(
            &entry.name,
            &archive.url,
            Some(archive.sha256),
            file.clone(),
        );
        let fetched = match download.fetch(&self.machine, place.progress).await {
            Ok(_) => Ok(file),
            Err(Failure::Unavailable(reason)) => Err(reason),
            Err(Failure::Hard(error)) => return Err(Failure::Hard(error)),
        };
        archives.insert(key, fetched.clone());
        fetched.map_err(Failure::Unavailable)
    }

    pub(super) async fn put(
        &self,
        turn: &Installing,
        entry: &Entry,
        content: Content,
        source: Source,
        origin: String,
    ) -> Result<Tool, Error> {
        let (home, entry) = (self.home.clone(), entry.clone());
        let staged = self.home.scratch(turn)?;
        blocking(move || home.put(staged, &entry, &content, source, origin)).await?
    }
}

/// Where an installation works.
struct Place<'a> {
    turn: &'a Installing,
    downloads: &'a Path,
    progress: Progress<'a>,
}

/// Takes the program out of what was downloaded.
pub(super) async fn take(archive: &Archive, file: PathBuf, program: PathBuf) -> Result<(), Error> {
    let member = archive.member.clone();
    blocking(move || match member {
        Some(member) => unpack(&file, &member, &program),
        None => std::fs::copy(&file, &program)
            .map(|_| ())
            .map_err(|cause| Error::io("copying", &file, cause)),
    })
    .await?
}

fn nothing_for(here: Platform) -> Failure {
    Failure::Unavailable(format!("the lock has nothing for {}", here.name()))
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::Io {
            doing: "waiting for a thread of",
            path: PathBuf::from("lightsout"),
            cause: cause.into(),
        })
}
