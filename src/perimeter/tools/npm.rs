//! Packages that the user's own npm fetches: registry, proxy, certificates and login are those of its configuration.
//!
//! INVARIANT: no script of a package runs; the archive's SHA-512 is the lock's before anything looks into it; npm works in an
//! empty folder, so no configuration of a project counts. It does not resolve dependencies: a package is used alone.

mod unpack;

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::Digest as _;

use super::home::make_folder;
use super::install::blocking;
use super::lock::{Integrity, NpmPackage};
use super::machine::for_packages;
use super::process::{Invocation, Output, describe, run};
use super::release::Failure;
use super::stamp::Hashes;
use super::user::{UserProgram, UserTool, find};
use super::{Error, Machine};
use crate::perimeter::sandbox::End;

/// LIMIT: time for one package; the largest has 170 MB, which a slow line takes minutes for.
const PACK_DEADLINE: Duration = Duration::from_secs(30 * 60);
/// LIMIT: bytes that npm may print; it lists every file of the package.
const PACK_OUTPUT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// LIMIT: bytes of an archive.
const ARCHIVE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// LIMIT: characters of npm's word for what went wrong.
const CODE_CHARS_MAX: usize = 60;
/// Bytes hashed at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// Fetches a package into `scratch`; gives the folder that holds what is to be installed, and where it came from.
pub(super) async fn fetch(
    package: &NpmPackage,
    machine: &Machine,
    hashes: &Hashes,
    scratch: &Path,
) -> Result<(PathBuf, String), Failure> {
    let npm = match find(UserProgram::Npm, machine, hashes).await {
        Ok(npm) => npm,
        Err(Error::UserTool { program, problem }) => {
            return Err(Failure::Unavailable(format!(
                "`{program}` {problem}: install Node.js with npm"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let [empty, packed, content] = ["empty", "packed", "content"].map(|name| scratch.join(name));
    for folder in [&empty, &packed, &content] {
        make_folder(folder)?;
    }
    let output = run(pack(&npm, package, machine, empty, &packed)).await?;
    if output.end != End::Exited(0) {
        return Err(refusal(package, &output));
    }
    let package = package.clone();
    let origin = format!("{} by npm {}", package.spec(), npm.version());
    let folder = content.clone();
    blocking(move || {
        let path = only_file(&packed, &package)?;
        let mut archive = checked(&path, &package)?;
        archive
            .seek(SeekFrom::Start(0))
            .map_err(|cause| Error::io("reading", &path, cause))?;
        unpack::unpack(archive, &path, &package, &content)?;
        Ok::<_, Failure>(())
    })
    .await??;
    Ok((folder, origin))
}

fn pack<'a>(
    npm: &'a UserTool,
    package: &NpmPackage,
    machine: &Machine,
    empty: PathBuf,
    packed: &Path,
) -> Invocation<'a> {
    let mut args: Vec<OsString> = [
        "pack",
        "--ignore-scripts",
        "--json",
        "--no-dry-run",
        // What npm has is what the lock's integrity says, or is not used: nobody needs to be asked whether it is still so.
        "--prefer-offline",
        "--no-update-notifier",
        "--loglevel=error",
    ]
    .map(OsString::from)
    .to_vec();
    // Where npm takes itself to be: it would look for a project in the folders above.
    args.extend(["--prefix".into(), empty.clone().into()]);
    args.extend(["--pack-destination".into(), packed.into()]);
    args.push(package.spec().into());
    let mut env = for_packages(&machine.forwarded);
    env.retain(|(name, _)| name != "HOME");
    env.push(("HOME".into(), machine.home.clone().into()));
    Invocation {
        program: npm.into(),
        args,
        env,
        cwd: empty,
        stdin: vec![],
        deadline: PACK_DEADLINE,
        output_bytes_max: PACK_OUTPUT_BYTES_MAX,
    }
}

/// Why npm gave nothing. Of what it says only its code is repeated: the rest may hold the address of a registry, with a password.
fn refusal(package: &NpmPackage, output: &Output) -> Failure {
    let said: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or(serde_json::Value::Null);
    let code = said
        .pointer("/error/code")
        .and_then(serde_json::Value::as_str)
        .filter(|code| {
            code.len() <= CODE_CHARS_MAX
                && code
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        });
    let advice = match code {
        // What came is not what the registry itself says it is.
        Some("EINTEGRITY") => {
            return Failure::Hard(Error::Archive {
                path: package.spec().into(),
                problem: "npm says that it is damaged: do not use it, and find out why".to_owned(),
            });
        }
        Some("E404" | "ETARGET" | "ENOVERSIONS") => {
            "the registry of your npm configuration does not have it"
        }
        Some("E401" | "E403" | "ENEEDAUTH") => "log in to the registry of your npm configuration",
        Some(_) | None => {
            "see with `npm ping` whether the registry of your npm configuration answers"
        }
    };
    Failure::Unavailable(format!(
        "npm did not fetch `{}` ({}): {advice}",
        package.spec(),
        code.map_or_else(|| describe(output.end), str::to_owned)
    ))
}

/// The one file that npm made: how it is called differs between versions of npm.
fn only_file(folder: &Path, package: &NpmPackage) -> Result<PathBuf, Failure> {
    let io = |cause| Error::io("listing", folder, cause);
    let mut items = std::fs::read_dir(folder).map_err(io)?;
    match (items.next(), items.next()) {
        (Some(only), None) => Ok(only.map_err(io)?.path()),
        (None | Some(_), _) => Err(Failure::Unavailable(format!(
            "npm did not leave one archive of `{}`",
            package.spec()
        ))),
    }
}

/// Opens an archive and compares its integrity.
fn checked(path: &Path, package: &NpmPackage) -> Result<File, Failure> {
    let io = |cause| Error::io("hashing", path, cause);
    let mut file = File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(io)?;
    let meta = file.metadata().map_err(io)?;
    if !meta.is_file() || meta.len() > ARCHIVE_BYTES_MAX {
        return Err(Failure::Unavailable(format!(
            "the archive of `{}` is larger than {ARCHIVE_BYTES_MAX} bytes",
            package.spec()
        )));
    }
    let mut hasher = sha2::Sha512::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = file.read(&mut chunk).map_err(io)?;
        let Some(part) = chunk.get(..count).filter(|part| !part.is_empty()) else {
            break;
        };
        hasher.update(part);
    }
    let actual = Integrity::from_bytes(hasher.finalize().into());
    if actual != package.integrity {
        return Err(Failure::Hard(Error::WrongIntegrity {
            what: package.spec(),
            expected: package.integrity.to_string(),
            actual: actual.to_string(),
        }));
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
