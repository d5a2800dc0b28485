//! What a stack's configuration must hold beyond its form. Each message says what to change.

use super::{CredentialSource, Provider, Stack, TrialProviders};
use crate::perimeter::identity;

/// What no agent may see: the scenarios, the policies and the waivers.
pub(super) fn hidden(stack: &Stack) -> impl Iterator<Item = &str> {
    let holdouts = stack
        .holdouts
        .iter()
        .map(|holdouts| holdouts.source.as_str());
    let waivers = stack.waivers.iter().map(|waivers| waivers.file.as_str());
    let policies = stack.policies.iter().map(|policy| policy.pack.as_str());
    holdouts.chain(waivers).chain(policies)
}

/// What the sandboxes show must not contain, nor lie in, what is hidden from any agent, of this stack or of another.
pub(super) fn check_apart(stack: &Stack, secret: &[&str]) -> Result<(), String> {
    let files = stack
        .agent
        .iter()
        .filter_map(|agent| agent.files.as_deref());
    for shown in files.chain([stack.path.as_str()]) {
        if let Some(folder) = secret.iter().find(|folder| overlaps(shown, folder)) {
            return Err(format!(
                "the agent is shown `{shown}`, which overlaps with `{folder}`, which must be hidden from it"
            ));
        }
    }
    Ok(())
}

/// Whether one folder is the other or lies in it; on some file systems, letters' case does not count.
fn overlaps(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    a == b || a.starts_with(&format!("{b}/")) || b.starts_with(&format!("{a}/"))
}

pub(super) fn check(stack: &Stack) -> Result<(), String> {
    check_folder("path", &stack.path)?;
    super::policy::check(&stack.policies)?;
    super::policy::check_destructive(&stack.destructive)?;
    if let Some(waivers) = &stack.waivers {
        super::policy::check_waivers(waivers)?;
    }
    super::agent::check::check(stack)?;
    if let Some(holdouts) = &stack.holdouts {
        check_folder("holdouts.source", &holdouts.source)?;
        check_range("holdouts.runs", holdouts.runs, 1..=9)?;
        // One lucky run must not be enough.
        let most = holdouts.runs / 2 + 1;
        check_range("holdouts.quorum", holdouts.quorum, most..=holdouts.runs)?;
        if holdouts.basis_points().is_none() {
            return Err(
                "`holdouts.pass_rate` must be above 0 and at most 1, in steps of 0.0001".to_owned(),
            );
        }
    }
    check_range("budget.attempts", stack.budget.attempts, 1..=3)?;
    check_range("budget.minutes", stack.budget.minutes, 1..=360)?;
    match stack.state.url.strip_prefix("file://") {
        Some(path) if path.starts_with('/') || path.starts_with("./") => {}
        Some(_) | None => {
            return Err("`state.url` must be `file:///absolute/folder` or `file://./folder`; no other backend is supported".to_owned());
        }
    }
    check_state(stack)?;
    // A trial deploys what nobody has judged yet.
    let own = |name: &&String| {
        stack
            .packages
            .values()
            .any(|package| package.environment.contains(*name))
    };
    if let Some(shared) = stack.trial.environment.values().find(own) {
        return Err(format!(
            "`trial.environment` takes `{shared}`, which is the stack's own: give trials an account of their own, by variables such as `TRIAL_{shared}`"
        ));
    }
    if stack
        .packages
        .iter()
        .any(|(_, package)| package.provider == Provider::Plugin && package.version.is_none())
    {
        return Err("a package with `provider: plugin` needs a `version`".to_owned());
    }
    check_credentials(stack)
}

fn check_credentials(stack: &Stack) -> Result<(), String> {
    // With these, a provider could be the job, for every role that trusts it.
    let is_identity = |name: &&String| {
        [identity::URL_VARIABLE, identity::TOKEN_VARIABLE].contains(&name.as_str())
    };
    let given = stack.packages.values().flat_map(|it| &it.environment);
    if let Some(name) = given
        .chain(stack.trial.environment.values())
        .find(is_identity)
    {
        return Err(format!(
            "`{name}` is the job's identity, which no provider gets"
        ));
    }
    let uses = stack
        .packages
        .values()
        .any(|package| package.credentials == Some(CredentialSource::Aws));
    let Some(aws) = &stack.credentials.aws else {
        return if uses {
            Err("a package has `credentials: aws`, and there is no `credentials.aws`".to_owned())
        } else {
            Ok(())
        };
    };
    if uses && stack.trial.providers == TrialProviders::Real && aws.validate.is_none() {
        return Err(
            "trials on real providers need a role of their own: `credentials.aws.validate`"
                .to_owned(),
        );
    }
    let roles = [Some(&aws.preview), aws.validate.as_ref(), Some(&aws.apply)];
    for role in roles.into_iter().flatten() {
        if let Some(file) = &role.session_policy {
            check_folder("session_policy", file)?;
        }
    }
    // Whoever may preview must not be able to apply.
    if aws.preview.arn == aws.apply.arn
        || aws
            .validate
            .as_ref()
            .is_some_and(|role| role.arn == aws.apply.arn)
    {
        return Err("`credentials.aws.apply` must be a role of its own".to_owned());
    }
    Ok(())
}

/// The engine writes the state: it must lie in nothing that is read from a commit or shown to an agent.
fn check_state(stack: &Stack) -> Result<(), String> {
    let Some(path) = stack.state.url.strip_prefix("file://./") else {
        return Ok(());
    };
    let path = path.trim_end_matches('/');
    check_folder("state.url", path)?;
    let folders = hidden(stack)
        .chain([stack.path.as_str(), ".git"])
        .chain(stack.agent.iter().filter_map(|it| it.files.as_deref()));
    match folders.into_iter().find(|folder| overlaps(path, folder)) {
        Some(folder) => Err(format!("`state.url` overlaps with `{folder}`")),
        None => Ok(()),
    }
}

pub(super) fn check_range(
    key: &str,
    value: u32,
    range: std::ops::RangeInclusive<u32>,
) -> Result<(), String> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(format!(
            "`{key}` must be {} to {}, not {value}",
            range.start(),
            range.end()
        ))
    }
}

pub(super) fn check_folder(key: &str, path: &str) -> Result<(), String> {
    let fine = !path.is_empty()
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
        && !path.contains(['\\', '\0']);
    if fine {
        Ok(())
    } else {
        Err(format!(
            "`{key}` must be a folder below the top of the repository, not `{}`",
            crate::names::excerpt(path)
        ))
    }
}
