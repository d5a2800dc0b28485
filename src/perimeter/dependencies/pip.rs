//! pip: what its configuration names, which hosts its indexes keep files on, and how it is run.
//!
//! Reachable are the configured indexes. Their pages name where the files are; before pip runs, with nothing but the indexes
//! reachable, a few lines of Python fetch the page of every locked package as pip would, and the hosts of files whose hash is
//! locked (or that have none there) are added. So no file host is known here by name, and none that the lock file names counts.
//!
//! LIMIT: a file host that an index names may have a private address, as the index itself may. `.netrc` and keyrings are not given: credentials stand in the index's address. An index or file that is redirected to
//! another host needs that host as an `extra-index-url` of the user's.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Error;
use super::lock::Requirements;
use super::settings::{Settings, ask, forwarded};
use super::stage::{LOCKS, Stage, TREE, inside};
use crate::perimeter::egress::Destination;
use crate::perimeter::sandbox::Mount;
use crate::perimeter::tools::UserTool;

/// What pip's configuration says.
#[derive(Debug)]
pub(super) struct Pip {
    pub(super) settings: Settings,
    /// What [`PAGES`] reads on standard input.
    pub(super) question: Vec<u8>,
}

/// Asks pip.
pub(super) async fn settings(
    tool: &UserTool,
    stage: &mut Stage,
    environment: &[(OsString, OsString)],
    requirements: &Requirements,
) -> Result<Pip, Error> {
    let list = ["-I", "-m", "pip", "config", "list"];
    let config = read(&ask(tool, &list, forwarded(environment), stage.path()).await?)?;
    let get = |key: &str| config.get(key).map_or("", String::as_str);
    let mut settings = Settings::common(stage, environment)?;
    let mut pages = Vec::new();
    if !TRUE.contains(&get("no-index").to_ascii_lowercase().as_str()) {
        let usual = if get("index-url").is_empty() {
            usual_index(tool, environment, stage.path()).await?
        } else {
            get("index-url").to_owned()
        };
        let more = get("extra-index-url").split_whitespace();
        for url in std::iter::once(usual.as_str()).chain(more) {
            settings.registry("pip's `index-url` or `extra-index-url`", url)?;
            pages.push(url.to_owned());
        }
    }
    // An index of the lock file's own is asked for its pages only where the user's configuration leads.
    let listed = |url: &&String| {
        Destination::of_url(url).is_ok_and(|at| settings.destinations.contains(&at))
    };
    pages.extend(requirements.indexes.iter().filter(listed).cloned());
    let mut pages: Vec<String> = pages
        .iter()
        .flat_map(|index| {
            let index = index.trim_end_matches('/');
            let page = move |package: &String| format!("{index}/{package}/");
            requirements.packages.iter().map(page)
        })
        .collect();
    let links = find_links(get("find-links"), &mut settings, &mut pages)?;
    for key in KEYS {
        if !get(key).is_empty() {
            settings.set(&variable(key), get(key));
        }
    }
    if !links.is_empty() {
        settings.set("PIP_FIND_LINKS", links.join(" "));
    }
    let mut files = BTreeMap::new();
    for key in ["cert", "client-cert"] {
        if !get(key).is_empty()
            && let Some(path) = stage.give_file(Path::new(get(key)))?
        {
            files.insert(key, path.display().to_string());
            settings.set(&variable(key), path);
        }
    }
    settings.go_through(get("proxy"), "")?;
    // All of it was just said.
    settings.set("PIP_CONFIG_FILE", "/dev/null");
    let hosts: Vec<&str> = get("trusted-host").split_whitespace().collect();
    let question = json!({
        "pages": pages, "hashes": requirements.hashes, "unverified": hosts, "files": files,
    });
    Ok(Pip {
        settings,
        question: question.to_string().into_bytes(),
    })
}

/// Folders are shown read-only; pages of links are listed.
fn find_links(
    value: &str,
    settings: &mut Settings,
    pages: &mut Vec<String>,
) -> Result<Vec<String>, Error> {
    let mut links = Vec::new();
    for link in value.split_whitespace() {
        if link.contains("://") && !link.starts_with("file://") {
            settings.registry("pip's `find-links`", link)?;
            pages.push(link.to_owned());
            links.push(link.to_owned());
            continue;
        }
        let folder = link.strip_prefix("file://").unwrap_or(link);
        // pip only warns, too.
        let Ok(source) = std::fs::canonicalize(folder) else {
            tracing::warn!(folder, "pip's `find-links` names what is not there");
            continue;
        };
        let target = PathBuf::from(format!("/find-links/{}", links.len()));
        links.push(target.display().to_string());
        settings.mounts.push(Mount::ReadOnly { source, target });
    }
    Ok(links)
}

/// The index that pip uses when nobody names one: its help says so.
async fn usual_index(
    tool: &UserTool,
    environment: &[(OsString, OsString)],
    cwd: &Path,
) -> Result<String, Error> {
    let help = ask(
        tool,
        &["-I", "-m", "pip", "install", "--help"],
        forwarded(environment),
        cwd,
    )
    .await?;
    let words: Vec<&str> = help.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "--index-url");
    let url = words
        .iter()
        .skip(at.unwrap_or(words.len()))
        .skip_while(|word| **word != "(default")
        .nth(1)
        .and_then(|word| word.trim_end_matches('.').strip_suffix(')'));
    url.map(ToOwned::to_owned)
        .ok_or_else(|| unreadable("its help names no index: set PIP_INDEX_URL"))
}

/// What `pip config list` prints: one `SECTION.KEY='VALUE'` a line. Its own order of precedence is kept.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut config = BTreeMap::new();
    for wanted in ["global", "install", ":env:"] {
        for line in text.lines() {
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            let Some((section, key)) = name.rsplit_once('.') else {
                continue;
            };
            if section == wanted {
                let value = unquoted(value).ok_or_else(|| unreadable("a value is not quoted"))?;
                config.insert(key.to_owned(), value);
            }
        }
    }
    Ok(config)
}

/// Python's `repr` of a text.
fn unquoted(value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                c @ ('\\' | '\'' | '"') => c,
                _ => return None,
            },
            c => c,
        });
    }
    Some(text)
}

fn variable(key: &str) -> String {
    format!("PIP_{}", key.to_ascii_uppercase().replace('-', "_"))
}

fn unreadable(problem: &str) -> Error {
    Error::Configuration {
        program: "pip",
        problem: problem.to_owned(),
    }
}

/// The arguments of Python for the indexes' pages.
pub(super) fn page_args() -> Vec<OsString> {
    ["-I", "-c", PAGES].map(OsString::from).to_vec()
}

/// The hosts that [`PAGES`] prints. What is not one is left out: pip is then refused by name.
pub(super) fn file_hosts(printed: &[u8]) -> Result<Vec<Destination>, Error> {
    let list: Value =
        serde_json::from_slice(printed).map_err(|cause| unreadable(&cause.to_string()))?;
    let list = list
        .as_array()
        .ok_or_else(|| unreadable("no list of hosts"))?;
    let hosts = list.iter().filter_map(Value::as_str).take(HOSTS_MAX);
    Ok(hosts
        .filter_map(|url| Destination::of_url(url).map_or(None, Some))
        .collect())
}

/// The arguments of an installation.
pub(super) fn args(proxy: &str) -> Vec<OsString> {
    let args = [
        // Isolated: neither the working directory nor `PYTHON*` adds code to pip itself.
        "-I",
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--only-binary=:all:",
        // What is locked is all; what a package's metadata asks for, an address of its own among it, is not followed.
        "--no-deps",
        "--no-cache-dir",
        "--no-input",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--progress-bar=off",
        "--quiet",
    ];
    let mut args = args.map(OsString::from).to_vec();
    for (option, value) in [
        ("--proxy", proxy.into()),
        ("-r", inside(LOCKS).join("requirements.txt")),
        ("--target", inside(TREE)),
    ] {
        args.extend([option.into(), OsString::from(value)]);
    }
    args
}

/// What of pip's configuration is handed on as it is.
const KEYS: &[&str] = &[
    "index-url",
    "extra-index-url",
    "no-index",
    "trusted-host",
    "timeout",
    "default-timeout",
    "retries",
    "prefer-binary",
];
const TRUE: &[&str] = &["1", "true", "yes", "on"];
/// LIMIT: hosts of files; an index has one or two.
const HOSTS_MAX: usize = 16;

/// Fetches pages of indexes and prints the hosts of the files that are locked. A page that is not there is another index's.
const PAGES: &str = include_str!("pages.py");
