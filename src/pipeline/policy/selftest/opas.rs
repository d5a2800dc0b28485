//! OPA's own view of a pack: its tests, its strict checker, its formatter.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::super::error::Error as PolicyError;
use super::super::opa::Opa;
use super::super::pack::{Compiler, Pack, Sources};
use super::{Problem, TestReport};

const TEST: &str = "opa";
/// LIMIT: bytes of one file of tests, and files of tests.
const FILE_BYTES_MAX: u64 = 1 << 20;
const FILES_MAX: usize = 1000;

/// One test, as `opa test --format json` reports it.
#[derive(Deserialize)]
struct Ran {
    location: Location,
    name: String,
    #[serde(default)]
    fail: bool,
    #[serde(default)]
    skip: bool,
}

#[derive(Deserialize)]
struct Location {
    file: String,
}

/// Runs all three on copies.
pub(super) async fn check(
    folder: &Path,
    pack: &Pack,
    compiler: &Compiler,
    report: &mut TestReport,
) -> Result<(), PolicyError> {
    let sources = Sources::read(folder)?;
    let opa = Opa::new(compiler, pack.name(), &sources)?;
    let mut names: Vec<String> = sources.rego.keys().cloned().collect();
    for (name, text) in tests(folder)? {
        opa.write(&name, &text)?;
        names.push(name);
    }
    let files = || names.iter().map(String::as_str);
    let with = |first: &[&'static str]| first.iter().copied().chain(files()).collect::<Vec<_>>();
    for (doing, first) in [
        ("checking the rules strictly", &["check", "--strict"][..]),
        ("comparing with its format", &["fmt", "--fail", "--list"]),
    ] {
        if let Err(error) = opa.run(doing, &with(first)).await {
            let what = format!("{doing}: {}", message(error)?);
            report.problems.push(Problem::new(TEST, pack.name(), what));
        }
    }
    match opa
        .run("testing the rules", &with(&["test", "--format", "json"]))
        .await
    {
        Ok(output) => count(&output, &names, &opa, report)?,
        Err(_) => {
            // In words this time.
            let ran = opa
                .run("testing the rules", &with(&["test", "--verbose"]))
                .await;
            let what = match ran {
                Ok(_) => "its tests fail and pass by turns".to_owned(),
                Err(error) => failures(&message(error)?),
            };
            report.problems.push(Problem::new(TEST, pack.name(), what));
        }
    }
    Ok(())
}

/// The tests that passed, and the files that hold none.
fn count(
    output: &[u8],
    names: &[String],
    opa: &Opa<'_>,
    report: &mut TestReport,
) -> Result<(), PolicyError> {
    let ran: Vec<Ran> = serde_json::from_slice(output)
        .map_err(|error| opa.error("reading what its tests say", &error.to_string()))?;
    let mut in_file: BTreeMap<&str, usize> = BTreeMap::new();
    for each in &ran {
        if each.skip || each.fail {
            let what = "it is skipped: a test is run or is none";
            report.problems.push(Problem::new(TEST, &each.name, what));
            continue;
        }
        let count = in_file.entry(&each.location.file).or_default();
        *count = count.saturating_add(1);
    }
    for name in names.iter().filter(|name| name.ends_with("_test.rego")) {
        if !in_file.contains_key(name.as_str()) {
            let what = "it holds no test: a test's name begins with `test_`";
            report.problems.push(Problem::new(TEST, name, what));
        }
    }
    report.opa_tests = in_file.values().sum();
    Ok(())
}

/// The lines of OPA's words that are about what failed.
fn failures(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.contains(": PASS"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What OPA said; an OPA that could not be run is an error.
fn message(error: PolicyError) -> Result<String, PolicyError> {
    if let PolicyError::Opa { message, .. } = &error {
        return Ok(message.clone());
    }
    Err(error)
}

fn tests(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, PolicyError> {
    use std::io::Read as _;
    let fail = |source| PolicyError::Io {
        doing: "reading the tests in",
        path: folder.to_owned(),
        source,
    };
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with("_test.rego") || !entry.file_type().map_err(fail)?.is_file() {
            continue;
        }
        // It would be an option of OPA's.
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let why = format!("`{name}` does not begin with a letter or digit");
            return Err(fail(std::io::Error::other(why)));
        }
        let mut text = Vec::new();
        let file = std::fs::File::open(entry.path()).map_err(fail)?;
        let mut limited = file.take(FILE_BYTES_MAX.saturating_add(1));
        limited.read_to_end(&mut text).map_err(fail)?;
        if text.len() as u64 > FILE_BYTES_MAX || found.len() > FILES_MAX {
            let why = format!("`{name}` is larger than 1 MiB, or one test too many");
            return Err(fail(std::io::Error::other(why)));
        }
        found.insert(name, text);
    }
    Ok(found)
}
