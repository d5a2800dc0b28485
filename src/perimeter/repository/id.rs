//! Names of git objects, one type for each kind, so that a tree is not taken for a commit.
//!
//! They name content by git's own SHA-1; what decides in the ledger is the SHA-256 of [`Tree`](crate::perimeter::import::Tree).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::perimeter::import::path::shown;

/// The name of a commit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommitId(pub(super) gix::ObjectId);

/// The name of a folder's content.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeId(pub(super) gix::ObjectId);

/// The name of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlobId(pub(super) gix::ObjectId);

macro_rules! object_name {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($what, ":{}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                let plain = text
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                match gix::ObjectId::from_hex(text.as_bytes()) {
                    Ok(id) if plain => Ok(Self(id)),
                    Ok(_) | Err(_) => Err(Error::Name {
                        what: $what,
                        text: shown(text.as_bytes()),
                    }),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

object_name!(CommitId, "commit");
object_name!(TreeId, "tree");
object_name!(BlobId, "blob");
