//! Which role a deployment's providers get.
//!
//! INVARIANT: the role for applies is assumed only for a [`Purpose::Apply`], and that holds a recorded clearance.
//!
//! A deployment that changes the stack cannot be described without the clearance for it:
//!
//! ```
//! # use lightsout::{ledger::Recorded, pipeline::{credentials::Purpose, gate::Clearance}};
//! fn purpose<'a>(clearance: &'a Recorded<Clearance>) -> Purpose<'a> {
//!     Purpose::Apply(clearance)
//! }
//! ```
//! ```compile_fail
//! # use lightsout::{ledger::Recorded, pipeline::{credentials::Purpose, gate::Clearance}};
//! fn purpose<'a>(unrecorded: &'a Clearance) -> Purpose<'a> {
//!     Purpose::Apply(unrecorded)
//! }
//! ```

use crate::config::CredentialSource;
use crate::fault::Fault;
use crate::ledger::Recorded;
use crate::names::{Sha256, StackName};
use crate::perimeter::credentials::CredentialServer;
use crate::perimeter::identity::Identity;
use crate::perimeter::import::RelPath;
use crate::perimeter::sts::{Exchange, SESSION_POLICY_CHARS_MAX};
use crate::pipeline::gate::Clearance;
use crate::pipeline::run::Run;

/// LIMIT of IAM: characters of a role session's name.
const SESSION_NAME_CHARS_MAX: usize = 64;

/// What a deployment is for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// To see what would change.
    Preview,
    /// To be judged, and taken down.
    Trial {
        /// What its twins' ids are made of.
        seed: u64,
    },
    /// To change the stack.
    Apply(&'a Recorded<Clearance>),
}

impl Purpose<'_> {
    const fn word(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Trial { .. } => "validate",
            Self::Apply(_) => "apply",
        }
    }
}

/// A server of the credentials for this purpose; nothing when no provider of the stack asks for any.
///
/// # Errors
/// The role does not trust this job, or nobody answers.
pub async fn serve(run: &Run<'_>, purpose: Purpose<'_>) -> Result<Option<CredentialServer>, Fault> {
    let stack = &run.job.stack;
    let is_asked = stack
        .packages
        .values()
        .any(|package| package.credentials == Some(CredentialSource::Aws));
    let Some(aws) = stack.credentials.aws.as_ref().filter(|_| is_asked) else {
        return Ok(None);
    };
    let role = match purpose {
        Purpose::Preview => &aws.preview,
        Purpose::Trial { .. } => aws.validate.as_ref().ok_or_else(|| {
            Fault::Usage("`credentials.aws.validate` names no role for trials".to_owned())
        })?,
        Purpose::Apply(_) => &aws.apply,
    };
    let exchange = Exchange {
        identity: Identity::of(&run.perimeter.environment)
            .map_err(|error| Fault::Credentials(error.into()))?,
        region: aws.region.clone(),
        audience: aws.audience.clone(),
        role: role.clone(),
        session: session_name(&stack.name, run.id.as_str(), purpose),
        session_policy: match &role.session_policy {
            Some(file) => Some(session_policy(run, file)?),
            None => None,
        },
    };
    let server = CredentialServer::start(exchange, crate::perimeter::now).await;
    Ok(Some(server.map_err(Fault::CredentialServer)?))
}

/// The run in the account's own logs: stack, run, stage.
fn session_name(stack: &StackName, run: &str, purpose: Purpose<'_>) -> String {
    let hash = Sha256::of(stack.as_str().as_bytes()).to_string();
    let hash: String = hash.chars().take(8).collect();
    let name = format!("lo.{hash}.{run}.{}", purpose.word());
    name.chars().take(SESSION_NAME_CHARS_MAX).collect()
}

/// A session policy of the base commit.
fn session_policy(run: &Run<'_>, file: &str) -> Result<String, Fault> {
    let wrong = |what: &str| Fault::Usage(format!("the session policy `{file}` {what}"));
    let path = RelPath::new(file).map_err(|error| Fault::Usage(error.to_string()))?;
    let bytes_max = SESSION_POLICY_CHARS_MAX as u64;
    let bytes = run
        .perimeter
        .repository
        .read_file(&run.base, &path, bytes_max)?
        .ok_or_else(|| wrong("is not in the base commit"))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8 text"))?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Object(_)) => Ok(text),
        Ok(_) | Err(_) => Err(wrong("is not a JSON object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_stack_run_and_stage() {
        let stack = StackName::new("prod").unwrap();
        let name = session_name(&stack, "20260102-030405-0a0b0c0d", Purpose::Preview);
        assert_eq!(name, "lo.6754af96.20260102-030405-0a0b0c0d.preview");
        let long = session_name(&stack, &"a".repeat(64), Purpose::Trial { seed: 1 });
        assert_eq!(long.len(), SESSION_NAME_CHARS_MAX);
    }
}
