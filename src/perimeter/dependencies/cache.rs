//! Where installed packages lie: one folder for each set, locked while it is made, put in place at once.
//!
//! INVARIANT: nobody but us can write there, or it is not used.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::stage::{self, TREE};
use super::{Dependencies, Error, Kind, MANIFEST, Manifest, REACHED, failed, make};
use crate::names::Sha256;

/// The place of one set of packages.
#[derive(Debug)]
pub(super) struct Cache {
    root: PathBuf,
    key: Sha256,
}

impl Cache {
    pub(super) fn open(home: &Path, key: Sha256) -> Result<Self, Error> {
        let root = home.join("dependencies");
        make(&root)?;
        let meta =
            fs::symlink_metadata(&root).map_err(|source| failed("reading", &root, source))?;
        let ours = meta.uid() == rustix::process::geteuid().as_raw();
        if !meta.is_dir() || !ours || meta.mode() & 0o022 != 0 {
            return Err(Error::NotOurs { folder: root });
        }
        Ok(Self { root, key })
    }

    pub(super) fn place(&self) -> PathBuf {
        self.root.join(self.key.to_string())
    }

    pub(super) fn partial(&self) -> PathBuf {
        self.root.join(format!("{}.partial", self.key))
    }

    /// One installation of a set at a time; the lock goes with the descriptor.
    pub(super) async fn lock(&self) -> Result<fs::File, Error> {
        let path = self.root.join(format!("{}.lock", self.key));
        let locked = path.clone();
        let wait = move || {
            let file = fs::OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&locked)?;
            flock(&file, FlockOperation::LockExclusive)?;
            Ok(file)
        };
        let file = tokio::task::spawn_blocking(wait)
            .await
            .map_err(|cause| failed("locking", &path, std::io::Error::other(cause)))?;
        file.map_err(|source: std::io::Error| failed("locking", &path, source))
    }

    /// The packages, if they are there and unchanged. Changed ones are nothing: they are installed anew.
    pub(super) fn find(&self, kind: Kind) -> Result<Option<Dependencies>, Error> {
        let root = self.place();
        let path = root.join(MANIFEST);
        let json = match fs::File::open(&path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed("reading", &path, source)),
        };
        let manifest = match Manifest::from_reader(json)
            .and_then(|found| found.verify(&root.join(TREE)).map(|()| found))
        {
            Ok(manifest) => manifest,
            Err(cause) => {
                tracing::warn!(folder = %root.display(), %cause, "installed packages are not as they were; installing anew");
                return Ok(None);
            }
        };
        let reached = stage::read(&root.join(REACHED))?;
        let reached = match reached.map(|text| serde_json::from_slice(&text)) {
            Some(Ok(reached)) => reached,
            Some(Err(_)) | None => return Ok(None),
        };
        Ok(Some(Dependencies {
            root,
            kind,
            key: self.key,
            manifest,
            reached,
        }))
    }
}
