//! Asking a program on the search path where it really is.
//!
//! What stands on a search path may be a shim (pyenv, asdf), a link or a wrapper, so the program itself is asked, with nothing
//! of the caller's environment and outside any folder of the caller's. The answers come from the user's own programs: they are
//! checked for form, not for malice.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::claude::find_claude;
use super::{Script, UserProgram, UserTool};
use crate::names::{Sha256, excerpt};
use crate::perimeter::tools::home::read_limited;
use crate::perimeter::tools::install::blocking;
use crate::perimeter::tools::lock::is_version;
use crate::perimeter::tools::process::{Invocation, Program, run};
use crate::perimeter::tools::stamp::Hashes;
use crate::perimeter::tools::{Error, Machine, Source, Tool};

/// How long a program may take to say where it is; a cold shim on a loaded runner takes seconds.
const PROBE_DEADLINE: Duration = Duration::from_secs(30);
/// LIMIT: bytes of such an answer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// LIMIT: bytes of npm's `package.json`.
const PACKAGE_BYTES_MAX: u64 = 1024 * 1024;

/// Node's answer: `report.excludeNetwork` keeps it from looking up the machine's addresses.
const NODE_PROBE: &str = "process.report.excludeNetwork = true; JSON.stringify({
  path: process.execPath, version: process.versions.node, folders: [],
  libraries: process.report.getReport().sharedObjects })";

/// Python's answer. The modules named have libraries of their own, which are in no other list than the process's maps.
const PYTHON_PROBE: &str = "
import importlib, json, os, platform, sys, sysconfig
for name in ('ssl', 'hashlib', 'zlib', 'ctypes', 'lzma', 'bz2', 'sqlite3'):
    try: importlib.import_module(name)
    except ImportError: pass
maps = [line.split(None, 5) for line in open('/proc/self/maps')]
print(json.dumps({
    'path': os.path.realpath(sys.executable), 'version': platform.python_version(),
    'folders': [sys.base_prefix, sys.base_exec_prefix, sysconfig.get_path('stdlib'), sysconfig.get_path('platstdlib')],
    'libraries': sorted({part[5].strip() for part in maps if len(part) == 6 and '.so' in part[5]}),
}))";

#[derive(Deserialize)]
struct Answer {
    path: PathBuf,
    version: String,
    folders: Vec<PathBuf>,
    libraries: Vec<PathBuf>,
}

/// Finds a program on the machine's search path and asks it where it really is.
pub(in crate::perimeter::tools) async fn find(
    program: UserProgram,
    machine: &Machine,
    hashes: &Hashes,
) -> Result<UserTool, Error> {
    match program {
        UserProgram::Node => {
            let answer = ask_json(program, machine, &["-p", NODE_PROBE]).await?;
            let mut folders = answer.folders;
            // A prefix of its own (`PREFIX/bin/node`) also holds npm and the headers.
            folders.extend(prefix(&answer.path).map(Path::to_path_buf));
            found(
                program,
                answer.path,
                answer.version,
                folders,
                &answer.libraries,
                machine,
                hashes,
            )
            .await
        }
        UserProgram::Python => {
            let answer = ask_json(program, machine, &["-I", "-c", PYTHON_PROBE]).await?;
            found(
                program,
                answer.path,
                answer.version,
                answer.folders,
                &answer.libraries,
                machine,
                hashes,
            )
            .await
        }
        UserProgram::Go => {
            let answer = ask(program, machine, &["env", "GOROOT", "GOVERSION"]).await?;
            let mut lines = answer.lines();
            let root = PathBuf::from(lines.next().unwrap_or(""));
            let version = lines
                .next()
                .unwrap_or("")
                .trim_start_matches("go")
                .to_owned();
            let path = root.join("bin/go");
            found(program, path, version, vec![root], &[], machine, hashes).await
        }
        UserProgram::Git => {
            let path = on_path(program.name(), machine).ok_or_else(|| absent(program))?;
            let version = ask(program, machine, &["--version"]).await?;
            let version = version.split_whitespace().nth(2).unwrap_or("").to_owned();
            let helpers = ask(program, machine, &["--exec-path"]).await?;
            found(
                program,
                path,
                version,
                vec![PathBuf::from(helpers)],
                &[],
                machine,
                hashes,
            )
            .await
        }
        UserProgram::Npm => find_npm(machine, hashes).await,
        UserProgram::Claude => find_claude(machine, hashes).await,
        // One file, which needs nothing but the system.
        UserProgram::Uv => {
            let path = on_path(program.name(), machine).ok_or_else(|| absent(program))?;
            let version = ask(program, machine, &["--version"]).await?;
            let version = version.split_whitespace().nth(1).unwrap_or("").to_owned();
            found(program, path, version, vec![], &[], machine, hashes).await
        }
    }
}

/// npm is a script of Node's: the one beside it, or the one that the search path's `npm` is a link to.
async fn find_npm(machine: &Machine, hashes: &Hashes) -> Result<UserTool, Error> {
    let program = UserProgram::Npm;
    let mut node = Box::pin(find(UserProgram::Node, machine, hashes)).await?;
    let beside =
        prefix(&node.path).map(|prefix| prefix.join("lib/node_modules/npm/bin/npm-cli.js"));
    let linked = on_path(program.name(), machine);
    let script = beside
        .into_iter()
        .chain(linked)
        .filter_map(|path| std::fs::canonicalize(path).map_or(None, Some))
        .find(|path| path.ends_with("bin/npm-cli.js"))
        .ok_or_else(|| absent(program))?;
    let package = script.ancestors().nth(2).unwrap_or(&script).to_path_buf();
    let manifest = package.join("package.json");
    let text = read_limited(&manifest, PACKAGE_BYTES_MAX)?.ok_or_else(|| absent(program))?;
    let manifest: serde_json::Value = serde_json::from_slice(&text)
        .map_err(|cause| unusable(program, format!("has an unreadable package.json: {cause}")))?;
    let version = manifest
        .get("version")
        .and_then(serde_json::Value::as_str)
        .unwrap_or("");
    node.program = program;
    node.version = checked_version(program, version)?;
    node.shows.push(package);
    node.shows = shown(program, node.shows, machine)?;
    node.script = Some(Script {
        sha256: hash(hashes, &script).await?,
        path: script,
    });
    Ok(node)
}

/// A locked tool as the user's search path has it.
pub(in crate::perimeter::tools) async fn find_system(
    name: &str,
    machine: &Machine,
    hashes: &Hashes,
) -> Result<Tool, Error> {
    let path = on_path(name, machine)
        .and_then(|path| std::fs::canonicalize(path).map_or(None, Some))
        .ok_or_else(|| Error::NotOnPath {
            name: name.to_owned(),
        })?;
    let sha256 = hash(hashes, &path).await?;
    let mut tool = Tool {
        name: name.to_owned(),
        version: String::new(),
        depth: 1,
        path,
        sha256,
        source: Source::System,
    };
    // The YAML host cannot be asked: started in any way, it serves.
    if name == "pulumi-language-yaml" {
        tool.version = "unknown".to_owned();
        return Ok(tool);
    }
    // `pulumi version` says `v3.255.0`, the first line of `opa version` is `Version: 1.20.2`.
    let output = run(probe((&tool).into(), &["version"], machine))
        .await?
        .success()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let word = said
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().last());
    let version = word.unwrap_or("").trim_start_matches('v');
    if !is_version(version) {
        return Err(Error::NotOnPath {
            name: name.to_owned(),
        });
    }
    tool.version = version.to_owned();
    Ok(tool)
}

pub(super) async fn found(
    program: UserProgram,
    path: PathBuf,
    version: String,
    folders: Vec<PathBuf>,
    libraries: &[PathBuf],
    machine: &Machine,
    hashes: &Hashes,
) -> Result<UserTool, Error> {
    let path = absolute(program, path)?;
    let path =
        std::fs::canonicalize(&path).map_err(|cause| Error::io("resolving", &path, cause))?;
    let mut shows = folders;
    shows.push(path.clone());
    // The loader looks for a library by the name of a link to it, so its folder is what must be seen.
    let real = libraries.iter().filter(|library| library.is_absolute());
    shows.extend(real.filter_map(|library| library.parent().map(Path::to_path_buf)));
    Ok(UserTool {
        program,
        version: checked_version(program, &version)?,
        shows: shown(program, shows, machine)?,
        sha256: hash(hashes, &path).await?,
        script: None,
        path,
    })
}

/// Real paths, none inside another, none that every sandbox shows anyway.
pub(super) fn shown(
    program: UserProgram,
    paths: Vec<PathBuf>,
    machine: &Machine,
) -> Result<Vec<PathBuf>, Error> {
    let home = std::fs::canonicalize(&machine.home).unwrap_or_else(|_| machine.home.clone());
    let mut real = BTreeSet::new();
    for path in paths {
        let path = absolute(program, path)?;
        let path =
            std::fs::canonicalize(&path).map_err(|cause| Error::io("resolving", &path, cause))?;
        if path.starts_with("/usr") {
            continue;
        }
        // A prefix of `/` or of the home folder would show a sandbox everything of the user's.
        if home.starts_with(&path) {
            let problem = format!(
                "is installed into `{}` itself: install it into a folder of its own",
                path.display()
            );
            return Err(unusable(program, problem));
        }
        real.insert(path);
    }
    let inside = |path: &Path| {
        real.iter()
            .any(|other| other != path && path.starts_with(other))
    };
    Ok(real.iter().filter(|path| !inside(path)).cloned().collect())
}

/// A path of an answer; a relative one would be looked for wherever we happen to be.
fn absolute(program: UserProgram, path: PathBuf) -> Result<PathBuf, Error> {
    if path.is_absolute() {
        return Ok(path);
    }
    let said = excerpt(&path.to_string_lossy());
    Err(unusable(
        program,
        format!("does not say where it is, but `{said}`"),
    ))
}

/// The prefix of `PREFIX/bin/PROGRAM`.
fn prefix(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    folder.ends_with("bin").then(|| folder.parent()).flatten()
}

pub(super) async fn hash(hashes: &Hashes, path: &Path) -> Result<Sha256, Error> {
    let (hashes, path) = (hashes.clone(), path.to_path_buf());
    blocking(move || hashes.hash(&path)).await?
}

async fn ask_json(program: UserProgram, machine: &Machine, args: &[&str]) -> Result<Answer, Error> {
    let text = ask(program, machine, args).await?;
    serde_json::from_str(&text)
        .map_err(|cause| unusable(program, format!("does not say where it is: {cause}")))
}

/// Asks the program on the search path, which may be a shim, one question.
async fn ask(program: UserProgram, machine: &Machine, args: &[&str]) -> Result<String, Error> {
    let path = on_path(program.name(), machine).ok_or_else(|| absent(program))?;
    let candidate = UserTool {
        program,
        path,
        script: None,
        version: String::new(),
        // Never leaves this function: what is asked is not yet the program whose hash is wanted.
        sha256: Sha256::from_bytes([0; 32]),
        shows: vec![],
    };
    let output = run(probe((&candidate).into(), args, machine))
        .await?
        .success()?;
    let text = String::from_utf8(output.stdout)
        .map_err(|_| unusable(program, "does not answer in UTF-8".to_owned()))?;
    Ok(text.trim().to_owned())
}

pub(super) fn probe<'a>(program: Program<'a>, args: &[&str], machine: &Machine) -> Invocation<'a> {
    Invocation {
        program,
        args: args.iter().map(OsString::from).collect(),
        env: vec![
            ("PATH".into(), machine.path.clone()),
            ("HOME".into(), machine.home.clone().into()),
            ("GOTOOLCHAIN".into(), "local".into()),
            ("PULUMI_SKIP_UPDATE_CHECK".into(), "true".into()),
        ],
        // Version managers obey files of the working directory.
        cwd: PathBuf::from("/"),
        stdin: vec![],
        deadline: PROBE_DEADLINE,
        output_bytes_max: ANSWER_BYTES_MAX,
    }
}

/// The first executable of that name in an absolute folder of the search path.
pub(super) fn on_path(name: &str, machine: &Machine) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    std::env::split_paths(&machine.path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| {
            std::fs::metadata(path)
                .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        })
}

pub(super) fn checked_version(program: UserProgram, version: &str) -> Result<String, Error> {
    if is_version(version) {
        return Ok(version.to_owned());
    }
    Err(unusable(
        program,
        format!("says its version is `{}`", excerpt(version)),
    ))
}

pub(super) fn absent(program: UserProgram) -> Error {
    unusable(program, "is not on the search path".to_owned())
}

pub(super) const fn unusable(program: UserProgram, problem: String) -> Error {
    Error::UserTool {
        program: program.name(),
        problem,
    }
}
