//! The model's key: read once from outside the repository, or minted from the job's identity; put into requests here and shown nowhere.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::config::KeySource;
use crate::config::environment::Environment;
use crate::config::secret::Secret;
use crate::perimeter::identity::{self, Identity};

/// LIMIT: bytes of a key.
const KEY_BYTES_MAX: u64 = 16 * 1024;
/// LIMIT: bytes of the shortest key. A shorter one is a mistake, and could not be kept out of an answer.
const KEY_BYTES_MIN: usize = 8;
/// A token of the job's identity lives for at least five minutes.
const MINTED_FOR: Duration = Duration::from_secs(120);

/// A model's key.
pub struct Key {
    source: Source,
    file: Option<PathBuf>,
}

enum Source {
    Fixed(Secret),
    Minted {
        identity: Identity,
        audience: String,
        last: Mutex<Option<(Secret, Instant)>>,
    },
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key([redacted])")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It lies where everybody who can read the code can read it.
    #[error(
        "the model's key `{0}` lies in the repository: keep it elsewhere, and change it at the vendor"
    )]
    InRepository(PathBuf),
    /// It cannot be read.
    #[error("reading the model's key from {from}: {cause}")]
    Read {
        /// A path or a descriptor.
        from: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is no key.
    #[error("the model's key from {0} is not one line of 8 to 16,384 printable characters")]
    Form(String),
    /// The job's identity gives none.
    #[error("minting the model's key: {0}")]
    Identity(#[from] identity::Error),
}

impl Key {
    /// Reads it. A descriptor can be read once in the life of a process.
    ///
    /// # Errors
    /// It cannot be had, or is none.
    pub fn read(
        source: &KeySource,
        environment: &Environment,
        repository: &Path,
    ) -> Result<Self, KeyError> {
        match source {
            KeySource::File(path) => {
                let from = format!("`{}`", path.display());
                let failed = |cause| KeyError::Read {
                    from: from.clone(),
                    cause,
                };
                let real = std::fs::canonicalize(path).map_err(failed)?;
                let top = std::fs::canonicalize(repository).map_err(failed)?;
                if real.starts_with(&top) {
                    return Err(KeyError::InRepository(path.clone()));
                }
                let file = std::fs::File::open(&real).map_err(failed)?;
                fixed(file, from, Some(real))
            }
            KeySource::Descriptor(number) => {
                let from = format!("descriptor {number}");
                // Opening it again works for files, pipes and what a shell makes of `<<<`.
                let file =
                    std::fs::File::open(format!("/proc/self/fd/{number}")).map_err(|cause| {
                        KeyError::Read {
                            from: from.clone(),
                            cause,
                        }
                    })?;
                let path = named(*number)?;
                let top = std::fs::canonicalize(repository).map_err(|cause| KeyError::Read {
                    from: from.clone(),
                    cause,
                })?;
                match path {
                    Some(path) if path.starts_with(&top) => Err(KeyError::InRepository(path)),
                    path => fixed(file, from, path),
                }
            }
            KeySource::Oidc { audience } => Ok(Self {
                source: Source::Minted {
                    identity: Identity::of(environment)?,
                    audience: audience.clone(),
                    last: Mutex::new(None),
                },
                file: None,
            }),
        }
    }

    /// The key as it is now.
    ///
    /// # Errors
    /// The job's identity gives none.
    pub(super) async fn now(&self) -> Result<Secret, KeyError> {
        match &self.source {
            Source::Fixed(secret) => Ok(secret.clone()),
            Source::Minted {
                identity,
                audience,
                last,
            } => {
                let mut last = last.lock().await;
                match &*last {
                    Some((secret, at)) if at.elapsed() < MINTED_FOR => Ok(secret.clone()),
                    Some(_) | None => {
                        let secret = identity.token(audience).await?;
                        *last = Some((secret.clone(), Instant::now()));
                        Ok(secret)
                    }
                }
            }
        }
    }

    /// The file that it was read from, without links: nothing that an agent is shown may hold it.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        self.file.clone()
    }

    /// Text without the key. A minted one was never where this text comes from.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        match &self.source {
            Source::Fixed(secret) => super::masked(secret, text),
            Source::Minted { .. } => text.to_owned(),
        }
    }

    /// Whether it is a token, which every gateway takes as a bearer.
    pub(super) const fn is_token(&self) -> bool {
        matches!(self.source, Source::Minted { .. })
    }
}

/// The file behind a descriptor, when it is one that still has a name.
fn named(number: u32) -> Result<Option<PathBuf>, KeyError> {
    let link = std::fs::read_link(format!("/proc/self/fd/{number}"));
    let link = link.map_err(|cause| KeyError::Read {
        from: format!("descriptor {number}"),
        cause,
    })?;
    Ok(link.is_file().then_some(link))
}

fn fixed(file: std::fs::File, from: String, path: Option<PathBuf>) -> Result<Key, KeyError> {
    let mut text = zeroize::Zeroizing::new(String::new());
    match file.take(KEY_BYTES_MAX + 1).read_to_string(&mut text) {
        Ok(_) => {}
        Err(cause) => return Err(KeyError::Read { from, cause }),
    }
    let key = text.trim();
    let is_key = (KEY_BYTES_MIN..=16 * 1024).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    if is_key {
        Ok(Key {
            source: Source::Fixed(Secret::new(key.to_owned())),
            file: path,
        })
    } else {
        Err(KeyError::Form(from))
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;

    use super::*;

    fn read(source: &KeySource, top: &Path) -> Result<Key, KeyError> {
        Key::read(source, &Environment::from_pairs([]), top)
    }

    #[tokio::test]
    async fn a_file_outside_the_repository_and_not_one_inside() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("repository");
        std::fs::create_dir(&top).unwrap();
        let (outside, inside) = (folder.path().join("key"), top.join("key"));
        for path in [&outside, &inside] {
            std::fs::write(path, "sk-canary-1\n").unwrap();
        }
        let key = read(&KeySource::File(outside.clone()), &top).unwrap();
        assert_eq!(key.now().await.unwrap().reveal(), "sk-canary-1");
        assert!(!format!("{key:?}").contains("canary"));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&inside, &link).unwrap();
        for path in [inside, link] {
            let refused = read(&KeySource::File(path), &top).unwrap_err();
            assert!(matches!(refused, KeyError::InRepository(_)), "{refused}");
        }
        for text in ["", "short", "two words", "a\nsecond-line"] {
            std::fs::write(&outside, text).unwrap();
            let refused = read(&KeySource::File(outside.clone()), &top).unwrap_err();
            assert!(matches!(refused, KeyError::Form(_)), "{text}: {refused}");
        }
    }

    #[tokio::test]
    async fn a_descriptor() {
        use std::io::Write as _;
        let top = tempfile::tempdir().unwrap();
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"sk-canary-2").unwrap();
        drop(writer);
        let number = u32::try_from(reader.as_raw_fd()).unwrap();
        let key = read(&KeySource::Descriptor(number), top.path()).unwrap();
        assert_eq!(key.now().await.unwrap().reveal(), "sk-canary-2");
        let inside = top.path().join("key");
        std::fs::write(&inside, "sk-canary-3").unwrap();
        let file = std::fs::File::open(inside.canonicalize().unwrap()).unwrap();
        let number = u32::try_from(file.as_raw_fd()).unwrap();
        let refused = read(&KeySource::Descriptor(number), top.path()).unwrap_err();
        assert!(matches!(refused, KeyError::InRepository(_)), "{refused}");
        let absent = read(&KeySource::Descriptor(999_999), top.path()).unwrap_err();
        assert!(matches!(absent, KeyError::Read { .. }), "{absent}");
    }
}
