//! Finding Claude Code: the vendor's native binary, or the script that npm installs.
//!
//! INVARIANT: what is found is an ELF executable, or a script whose interpreter is the user's own Node. The small text that npm
//! puts in place of the binary where its install script did not run is named as such. It does not install anything.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::probe::{absent, checked_version, find, found, hash, on_path, probe, shown, unusable};
use super::{Script, UserProgram, UserTool};
use crate::names::excerpt;
use crate::perimeter::tools::home::exists;
use crate::perimeter::tools::process::run;
use crate::perimeter::tools::stamp::Hashes;
use crate::perimeter::tools::{Error, Machine};

/// LIMIT: bytes that are read of a program to see what it is; the kernel reads half as many of a first line.
const HEAD_BYTES: u64 = 512;
/// How a native executable begins.
const ELF: &[u8] = b"\x7fELF";

/// What a file is to the kernel.
enum Form {
    Native,
    /// With the words of its first line.
    Script(Vec<String>),
    Text,
}

pub(super) async fn find_claude(machine: &Machine, hashes: &Hashes) -> Result<UserTool, Error> {
    let program = UserProgram::Claude;
    let on_path = on_path(program.name(), machine).ok_or_else(|| absent(program))?;
    let path =
        std::fs::canonicalize(&on_path).map_err(|cause| Error::io("resolving", &on_path, cause))?;
    let mut tool = match form(&path)? {
        // Its version is not known yet.
        Form::Native => found(program, path, "0".to_owned(), vec![], &[], machine, hashes).await?,
        Form::Script(words) if is_node(&words) => of_node(path, machine, hashes).await?,
        Form::Script(words) => {
            let problem = format!(
                "is a script for `{}`, which does not say what it starts: put the program itself on the search path",
                excerpt(&words.join(" "))
            );
            return Err(unusable(program, problem));
        }
        Form::Text => {
            let problem = "is not the program but the text that npm puts in its place: run the install script of its package, or install it as its vendor says";
            return Err(unusable(program, problem.to_owned()));
        }
    };
    let output = run(probe((&tool).into(), &["--version"], machine))
        .await?
        .success()?;
    // `2.1.330 (Claude Code)`
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = said.split_whitespace().next().unwrap_or("");
    let version = version.trim_start_matches('v');
    tool.version = checked_version(program, version)?;
    Ok(tool)
}

/// A script of Node's, with the package that it lies in.
async fn of_node(path: PathBuf, machine: &Machine, hashes: &Hashes) -> Result<UserTool, Error> {
    let mut tool = Box::pin(find(UserProgram::Node, machine, hashes)).await?;
    let mut package = path.parent().unwrap_or(&path);
    for folder in path.ancestors().skip(1) {
        if exists(&folder.join("package.json"))? {
            package = folder;
            break;
        }
    }
    tool.program = UserProgram::Claude;
    tool.shows.push(package.to_path_buf());
    tool.shows = shown(tool.program, tool.shows, machine)?;
    tool.script = Some(Script {
        sha256: hash(hashes, &path).await?,
        path,
    });
    Ok(tool)
}

fn form(path: &Path) -> Result<Form, Error> {
    let io = |cause| Error::io("reading", path, cause);
    let mut head = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(io)?;
    if head.starts_with(ELF) {
        return Ok(Form::Native);
    }
    let Some(line) = head.strip_prefix(b"#!") else {
        return Ok(Form::Text);
    };
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    let line = String::from_utf8_lossy(line);
    Ok(Form::Script(
        line.split_whitespace().map(str::to_owned).collect(),
    ))
}

/// `/usr/bin/env node`, `/usr/bin/env -S node --option`, or the path of a `node`.
fn is_node(words: &[String]) -> bool {
    let is = |word: &String, name: &str| Path::new(word).file_name().is_some_and(|n| n == name);
    let mut words = words.iter().filter(|word| *word != "-S");
    match (words.next(), words.next()) {
        (Some(env), Some(program)) if is(env, "env") => is(program, "node"),
        (Some(program), _) => is(program, "node"),
        (None, _) => false,
    }
}
