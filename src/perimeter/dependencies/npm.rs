//! npm: what its configuration names, and how it is run.
//!
//! Reachable are `registry` and every `@SCOPE:registry`. An address in the lock file leads nowhere else: a `resolved` host
//! counts only if the user configured it.
//!
//! LIMIT: a registry that redirects to another host needs that host in the user's `.npmrc`, under any scope. Client certificates
//! that `.npmrc` names as files are not given.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::settings::{Settings, ask, forwarded};
use super::stage::{self, Stage, inside};
use super::{Error, stage::variable};
use crate::perimeter::tools::UserTool;

/// Asks npm.
pub(super) async fn settings(
    tool: &UserTool,
    stage: &mut Stage,
    environment: &[(OsString, OsString)],
) -> Result<Settings, Error> {
    let text = ask(tool, &["config", "ls", "--json"], environment, stage.path()).await?;
    let config: Value = serde_json::from_str(&text).map_err(|cause| unreadable(&cause))?;
    let config = config
        .as_object()
        .ok_or_else(|| unreadable(&"it is not a table"))?;
    let mut settings = Settings::common(stage, environment)?;
    for (key, value) in config {
        if key == "registry" || key.ends_with(":registry") {
            let url = value.as_str().unwrap_or("");
            settings.registry(&format!("npm's `{key}`"), url)?;
        }
    }
    if let Some(path) = config.get("cafile").and_then(Value::as_str)
        && let Some(path) = stage.give_file(Path::new(path))?
    {
        settings.args.push(option("cafile", &path));
    }
    let mut names = BTreeSet::new();
    for file in ["userconfig", "globalconfig"] {
        let path = config.get(file).and_then(Value::as_str).map(PathBuf::from);
        let bytes = match path {
            Some(path) => stage::read(&path)?,
            None => None,
        }
        .unwrap_or(Vec::new());
        names.extend(variables(&String::from_utf8_lossy(&bytes)));
        settings.args.push(option(file, &stage.give(&bytes)?));
    }
    for name in names {
        if let Some(value) = variable(environment, &name) {
            settings.set(&name, value);
        }
    }
    for (name, value) in forwarded(environment) {
        let of_npm = name.to_str().and_then(|name| {
            let lower = name.to_ascii_lowercase().replace('-', "_");
            lower.strip_prefix("npm_config_").map(ToOwned::to_owned)
        });
        if of_npm.is_some_and(|key| !OURS.contains(&key.as_str())) {
            settings.env.push((name, value));
        }
    }
    settings
        .args
        .push(option("cache", &inside("home").join("npm")));
    Ok(settings)
}

/// The arguments of an installation.
pub(super) fn args(proxy: &str) -> Vec<OsString> {
    let args = [
        "ci",
        // Neither the program's nor any package's.
        "--ignore-scripts",
        "--no-bin-links",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
        "--noproxy=",
    ];
    let mut args = args.map(OsString::from).to_vec();
    args.push(option("proxy", Path::new(proxy)));
    args.push(option("https-proxy", Path::new(proxy)));
    args
}

/// The variables that an `.npmrc` names as `${NAME}`: tokens are commonly given so.
fn variables(text: &str) -> impl Iterator<Item = String> {
    let names = text.split("${").skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let name = name.strip_suffix('?').unwrap_or(name);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        name.bytes().all(plain).then(|| name.to_owned())
    });
    names.collect::<Vec<_>>().into_iter()
}

fn option(name: &str, value: &Path) -> OsString {
    let mut option = OsString::from(format!("--{name}="));
    option.push(value);
    option
}

fn unreadable(cause: &dyn std::fmt::Display) -> Error {
    Error::Configuration {
        program: "npm",
        problem: cause.to_string(),
    }
}

/// What we set, or what names places of the host.
const OURS: &[&str] = &[
    "userconfig",
    "globalconfig",
    "prefix",
    "cache",
    "cafile",
    "proxy",
    "https_proxy",
    "noproxy",
    "tmp",
    "ignore_scripts",
    "bin_links",
    "script_shell",
    "node_options",
];

#[cfg(test)]
#[test]
fn variables_of_an_npmrc_are_found() {
    let found: Vec<_> =
        variables("//x/:_authToken=${NPM_TOKEN}\na=${B?} c=${not plain} d=$E ${F").collect();
    assert_eq!(found, ["NPM_TOKEN", "B"]);
}
