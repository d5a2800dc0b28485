//! `lightsout policy waive`: signs an exception from a rule, and puts it into the file of the stack that its resources are of.
//!
//! It writes into the work tree. A waiver counts from the base commit only: somebody must commit the file.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::policy::{Named, compiler, print, print_json};
use crate::app::{Outside, warn};
use crate::cli::{Format, Waive};
use crate::config::{self, CONFIG_FILE, Job, PackKind, load, nearest};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Key, VerifierKey};
use crate::names::StackName;
use crate::perimeter::repository::Base;
use crate::perimeter::{self, Perimeter};
use crate::pipeline::policy::waiver::{Lack, Signed, WAIVERS_BYTES_MAX, Waiver, Waivers};
use crate::pipeline::policy::{Pack, Severity, builtin};
use crate::pipeline::run::pack;

/// Signs a waiver and writes it.
///
/// # Errors
/// The stack takes no waivers or has no such rule, the key is not one of its keys, or a file cannot be used.
pub async fn run(outside: &Outside, arguments: &Waive) -> Result<Exit, Fault> {
    let perimeter = outside.perimeter()?;
    let base = perimeter.repository.base()?;
    let stack = StackName::new(arguments.urn.stack().unwrap_or(""))?;
    let job = load::job(&perimeter, &base, &stack)?;
    let waiver = waiver(arguments, perimeter::now())?;
    check_rule(outside, (&perimeter, &base), &job, &waiver).await?;
    let key = match Key::open(&arguments.key)? {
        Some(key) => key,
        None => Key::load_or_create(&arguments.key, &arguments.key_name)?,
    };
    let given = check_key(job.stack.waivers.as_ref(), &key, &stack)?;
    let path = perimeter.top.join(&given.file);
    let keys: Vec<VerifierKey> = given
        .keys
        .iter()
        .map(|key| key.parse())
        .collect::<Result<_, _>>()?;
    let before = existing(&path)?;
    let usage = |why: &dyn std::fmt::Display| Fault::Usage(why.to_string());
    let mut waivers = Waivers::read(&given.file, &before, &keys).map_err(|error| usage(&error))?;
    let signed = Signed::new(waiver, &key).map_err(|why| usage(&why))?;
    let (hash, expires) = (signed.hash, signed.waiver.expires);
    waivers.put(signed);
    // What is written must be what a run will read.
    let text = waivers.text();
    drop(Waivers::read(&given.file, text.as_bytes(), &keys).map_err(|error| usage(&error))?);
    write(&path, text.as_bytes())?;
    match outside.format {
        Format::Human => print(&format!(
            "{} is waived for `{}` until {expires}, by waiver {}; commit `{}`",
            arguments.rule,
            arguments.urn,
            hash.short(),
            given.file
        ))?,
        Format::Json => print_json(&serde_json::json!({
            "waiver": hash, "rule": arguments.rule, "urn": arguments.urn, "expires": expires, "file": given.file,
        }))?,
    }
    Ok(Exit::Done)
}

/// Refuses what would waive nothing: a rule that no pack of the stack has, or one that demands more of a waiver.
async fn check_rule(
    outside: &Outside,
    (perimeter, base): (&Perimeter, &Base),
    job: &Job,
    waiver: &Waiver,
) -> Result<(), Fault> {
    let compiler = compiler(outside).await?;
    let (of_crossguard, ours): (Vec<_>, Vec<_>) =
        (job.stack.policies.iter()).partition(|policy| policy.kind == PackKind::CrossGuard);
    let mut known = Vec::new();
    for policy in ours {
        let named = Named::written(&pack(perimeter, base, &policy.pack)?)?;
        let loaded = Pack::load(&named.folder, &compiler).await?;
        if let Some(severity) = loaded.severity(&waiver.rule) {
            return check_lack(waiver, severity);
        }
        known.extend(loaded.rules().map(ToString::to_string));
    }
    if of_crossguard.is_empty() {
        return Err(unheard_of(waiver, &job.stack.name, &known)?);
    }
    // Their packs say what they have when they run, and not before.
    warn(&format!(
        "no Rego pack of the stack has a rule `{}`; whether one of CrossGuard's has it was not looked at",
        waiver.rule
    ))
}

/// As a run does, which takes no notice of such a waiver.
fn check_lack(waiver: &Waiver, severity: Severity) -> Result<(), Fault> {
    let rule = &waiver.rule;
    Err(Fault::Usage(match waiver.lacks(severity) {
        None => return Ok(()),
        Some(Lack::SecondPerson) => format!(
            "rule `{rule}` is critical: a waiver of it counts only when somebody other than its owner agreed; name them with `--approved-by`"
        ),
        Some(Lack::OneType) => format!(
            "rule `{rule}` is critical or high: a waiver of it counts only for resources of one type; write project and type in `{}`",
            waiver.urn
        ),
    }))
}

fn unheard_of(waiver: &Waiver, stack: &StackName, known: &[String]) -> Result<Fault, Fault> {
    let rule = &waiver.rule;
    let mut others = Vec::new();
    for name in builtin::names() {
        let doc = super::policy::doc(&name)?;
        others.extend(doc.rules.into_iter().map(|rule| (rule.id, name.clone())));
    }
    let of_another = others.iter().find(|(id, _)| id == rule);
    let ids = known.iter().map(String::as_str);
    let hint = match (of_another, nearest(rule.as_str(), ids)) {
        (Some((_, pack)), _) => format!("it is one of `{pack}`, which the stack does not name"),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => "`lightsout policy list --pack DIR` lists those of a pack".to_owned(),
    };
    Ok(Fault::Usage(format!(
        "no policy pack of stack `{stack}` has a rule `{rule}`, so there is nothing to waive; {hint}"
    )))
}

/// The stack's settings for waivers, if the key is one of theirs.
fn check_key<'a>(
    given: Option<&'a config::Waivers>,
    key: &Key,
    stack: &StackName,
) -> Result<&'a config::Waivers, Fault> {
    let own = key.verifier().to_string();
    let Some(given) = given else {
        return Err(Fault::Usage(format!(
            "stack `{stack}` takes no waivers; add to it in {CONFIG_FILE} and commit: `waivers: {{ file: waivers.{stack}, keys: ['{own}'] }}`"
        )));
    };
    if given.keys.contains(&own) {
        Ok(given)
    } else {
        Err(Fault::Usage(format!(
            "the key is none of `waivers.keys` of stack `{stack}`; if it shall be one, add `{own}` in {CONFIG_FILE} and commit"
        )))
    }
}

fn waiver(arguments: &Waive, now: Timestamp) -> Result<Waiver, Fault> {
    let wrong = |error: jiff::Error| Fault::Usage(format!("`--days`: {error}"));
    // Whole seconds: people read it.
    let issued = Timestamp::from_second(now.as_second()).map_err(wrong)?;
    let span = SignedDuration::from_hours(i64::from(arguments.days).saturating_mul(24));
    Ok(Waiver {
        rule: arguments.rule.clone(),
        urn: arguments.urn.clone(),
        reason: arguments.reason.clone(),
        owner: arguments.owner.clone(),
        approved_by: arguments.approved_by.clone(),
        issued,
        expires: issued.checked_add(span).map_err(wrong)?,
    })
}

/// What the file holds now; nothing when it is not there yet.
fn existing(path: &Path) -> Result<Vec<u8>, Fault> {
    let wrong = |error| Fault::from(crate::engine::deployment::Error::from(error));
    let bytes = crate::engine::automation::files::read_if_there(path, "waivers", WAIVERS_BYTES_MAX)
        .map_err(wrong)?;
    Ok(bytes.unwrap_or_else(Vec::new))
}

/// Puts the whole file in its place in one step.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Fault::file("making", folder))?;
    let mut file =
        tempfile::NamedTempFile::new_in(folder).map_err(Fault::file("writing in", folder))?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .and_then(|()| {
            let readable = std::fs::Permissions::from_mode(0o644);
            file.as_file().set_permissions(readable)
        })
        .map_err(Fault::file("writing in", folder))?;
    file.persist(path)
        .map_err(|error| Fault::file("writing", path)(error.error))?;
    Ok(())
}
