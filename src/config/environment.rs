//! The process environment, read once at the start and nowhere else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::secret::Secret;
use crate::perimeter::shed::Shed;

/// What the process was started with.
///
/// The values are secrets until a caller asks for one by name.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<OsString, Secret>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} variables)", self.variables.len())
    }
}

impl Environment {
    /// Reads all variables whose values are text, and adds what was taken out of them.
    #[must_use]
    pub fn read(shed: Shed) -> Self {
        let mut variables: BTreeMap<OsString, Secret> = std::env::vars_os()
            .filter_map(|(name, value)| {
                value
                    .into_string()
                    .map_or(None, |value| Some((name, Secret::new(value))))
            })
            .collect();
        variables.extend(
            shed.into_iter()
                .map(|(name, value)| (name, Secret::new(value))),
        );
        Self { variables }
    }

    /// Variables given by a test.
    #[must_use]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            variables: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), Secret::new(value.to_owned())))
                .collect(),
        }
    }

    /// The same variables with one set.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut variables = self.variables.clone();
        variables.insert(name.into(), Secret::new(value.to_owned()));
        Self { variables }
    }

    /// One variable that is not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.variables
            .get(std::ffi::OsStr::new(name))
            .filter(|value| !value.reveal().is_empty())
    }

    /// One variable as a path.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(|value| PathBuf::from(value.reveal()))
    }

    /// Those of the variables whose name `keep` accepts, for a child that may have them.
    pub fn select(&self, keep: impl Fn(&str) -> bool) -> BTreeMap<OsString, OsString> {
        self.variables
            .iter()
            .filter(|(name, _)| name.to_str().is_some_and(&keep))
            .map(|(name, value)| (name.clone(), value.reveal().into()))
            .collect()
    }

    /// The folder where tools and caches live: `$LIGHTSOUT_HOME`, or `lightsout` in the user's cache folder.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.path("LIGHTSOUT_HOME")
            .or_else(|| {
                self.path("XDG_CACHE_HOME")
                    .map(|cache| cache.join("lightsout"))
            })
            .or_else(|| self.path("HOME").map(|home| home.join(".cache/lightsout")))
    }
}
