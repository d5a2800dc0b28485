//! npm: what its configuration names, and how it is run.
//!
//! Reachable are `registry` and every `@SCOPE:registry`. An address in the lock file leads nowhere else: a `resolved` host
//! counts only if the user configured it.
//!
//! LIMIT: a registry that redirects to another host needs that host in the user's `.npmrc`, under any scope. Client certificates
//! that `.npmrc` names as files are not given.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use serde_json::{Map, Value};

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
    let mut config = config(tool, forwarded(environment), stage.path()).await?;
    let mut settings = Settings::common(stage, environment)?;
    let mut named = Vec::new();
    for file in ["userconfig", "globalconfig"] {
        let bytes = match config.get(file).and_then(Value::as_str) {
            Some(path) => stage::read(Path::new(path))?,
            None => None,
        }
        .unwrap_or(Vec::new());
        let names = variables(&String::from_utf8_lossy(&bytes));
        named.extend(names.into_iter().filter_map(|name| {
            let value = variable(environment, &name)?.to_owned();
            Some((OsString::from(name), value))
        }));
        settings.args.push(option(file, &stage.give(&bytes)?));
    }
    if !named.is_empty() {
        // An address may be made of them too.
        let env = [forwarded(environment), named.clone()].concat();
        config = self::config(tool, env, stage.path()).await?;
        settings.env.append(&mut named);
    }
    for (key, value) in &config {
        if key == "registry" || key.ends_with(":registry") {
            let url = value.as_str().unwrap_or("");
            settings.registry(&format!("npm's `{key}`"), url)?;
        }
    }
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    if let Some(proxy) = text("https-proxy").or_else(|| text("proxy")) {
        let without = config.get("noproxy").and_then(Value::as_array);
        let without = without.into_iter().flatten().filter_map(Value::as_str);
        settings.go_through(proxy, &without.collect::<Vec<_>>().join(","))?;
    }
    if let Some(path) = config.get("cafile").and_then(Value::as_str)
        && let Some(path) = stage.give_file(Path::new(path))?
    {
        settings.args.push(option("cafile", &path));
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

/// npm's configuration, without what it keeps to itself.
async fn config(
    tool: &UserTool,
    env: Vec<(OsString, OsString)>,
    cwd: &Path,
) -> Result<Map<String, Value>, Error> {
    let text = ask(tool, &["config", "ls", "--json"], env, cwd).await?;
    serde_json::from_str(&text).map_err(|cause| Error::Configuration {
        program: "npm",
        problem: cause.to_string(),
    })
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
pub(super) fn variables(text: &str) -> BTreeSet<String> {
    let names = text.split("${").skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let name = name.strip_suffix('?').unwrap_or(name);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        name.bytes().all(plain).then(|| name.to_owned())
    });
    names.collect()
}

fn option(name: &str, value: &Path) -> OsString {
    let mut option = OsString::from(format!("--{name}="));
    option.push(value);
    option
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
