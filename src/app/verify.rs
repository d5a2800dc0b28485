//! `lightsout verify`: the whole ledger, without trusting whoever wrote it.

use std::path::{Path, PathBuf};

use crate::app::{KEY_NAME, Outside, print, print_json};
use crate::cli::{self, Format};
use crate::config::load;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Key, Verified, VerifierKey, verify};
use crate::perimeter::key_path;

/// Verifies and says what it found.
///
/// # Errors
/// There is no ledger, or no key to verify against.
pub fn run(outside: &Outside, arguments: &cli::Verify) -> Result<Exit, Fault> {
    if let Some(folder) = &arguments.ledger
        && is_missing(folder)
    {
        return Err(Fault::Usage(format!(
            "`--ledger`: there is no folder `{}`",
            folder.display()
        )));
    }
    let (folder, key) = match (&arguments.ledger, &arguments.key) {
        // A ledger and a key from elsewhere need no repository.
        (Some(folder), Some(key)) => (folder.clone(), parse(key)?),
        (ledger, key) => {
            let perimeter = outside.perimeter()?;
            let folder = match ledger {
                Some(folder) => folder.clone(),
                None => begun(perimeter.ledger())?,
            };
            let configured = match perimeter.repository.base() {
                Ok(base) => crate::config::parse(&load::text(&perimeter, &base)?)?.ledger_key(),
                Err(error) => return Err(error.into()),
            };
            let key = match key.clone().or(configured) {
                Some(key) => parse(&key)?,
                None => own_key(outside)?,
            };
            (folder, key)
        }
    };
    match verify(&folder, &key) {
        Ok(verified) => {
            match outside.format {
                Format::Json => print_json(&serde_json::json!({
                    "valid": true, "key": key.to_string(), "entries": verified.view().size(), "root": hex::encode(root(&verified)?),
                    "findings": verified.findings().iter().map(ToString::to_string).collect::<Vec<_>>(),
                }))?,
                Format::Human => {
                    print(&format!(
                        "the ledger verifies: {} entries, root {}, signed by {key}",
                        verified.view().size(),
                        hex::encode(root(&verified)?)
                    ))?;
                    for finding in verified.findings() {
                        print(&format!("finding: {finding}"))?;
                    }
                }
            }
            Ok(Exit::Done)
        }
        Err(invalid) => {
            match outside.format {
                Format::Json => print_json(
                    &serde_json::json!({ "valid": false, "key": key.to_string(), "problem": invalid.to_string() }),
                )?,
                Format::Human => print(&format!("the ledger does NOT verify: {invalid}"))?,
            }
            Ok(Exit::LedgerInvalid)
        }
    }
}

/// The repository's own ledger, which its first run makes.
fn begun(folder: PathBuf) -> Result<PathBuf, Fault> {
    if is_missing(&folder) {
        return Err(Fault::Usage(format!(
            "there is no ledger in `{}` yet: nothing has run here",
            folder.display()
        )));
    }
    Ok(folder)
}

/// Is there nothing at all of this name? Of anything else, also of what cannot be looked at, the verification says what is wrong.
fn is_missing(folder: &Path) -> bool {
    matches!(std::fs::symlink_metadata(folder), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

fn root(verified: &Verified) -> Result<[u8; 32], Fault> {
    let view = verified.view();
    Ok(view
        .tree()
        .root(view.size())
        .map_err(crate::ledger::Error::from)?)
}

/// The verifier's half of this machine's own key.
///
/// # Errors
/// There is none.
pub fn own_key(outside: &Outside) -> Result<VerifierKey, Fault> {
    let path = key_path(&outside.home);
    let missing = || {
        Fault::Usage(format!(
            "there is no key to verify against: give --key, or `ledger: {{ key: … }}` in lightsout.yaml; {} does not exist",
            path.display()
        ))
    };
    Ok(Key::load(&path, KEY_NAME)?.ok_or_else(missing)?.verifier())
}

fn parse(key: &str) -> Result<VerifierKey, Fault> {
    key.parse()
        .map_err(|error: crate::ledger::keys::Error| Fault::Usage(format!("`--key`: {error}")))
}
