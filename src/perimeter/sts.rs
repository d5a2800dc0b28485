//! Short-lived AWS credentials: this job's identity, exchanged for a session of one role.
//!
//! INVARIANT: no other credential of this machine is looked for: no profile, no instance metadata, no variable.
//! INVARIANT: a session is at most [`SESSION_SECONDS`] long, and wiped from memory when it is dropped.
//! It does not decide which role may be assumed when.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError};
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use crate::config::secret::Secret;
use crate::config::stack::Role;
use crate::perimeter::identity::{self, Identity};

/// Length of a session, the shortest that STS gives. Longer stages ask again.
pub const SESSION_SECONDS: i32 = 900;
/// LIMIT of STS: characters of an inline session policy.
pub const SESSION_POLICY_CHARS_MAX: usize = 2048;

/// Who is asked, as whom.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The job's identity.
    pub identity: Identity,
    /// The region whose STS is asked.
    pub region: String,
    /// The audience that the tokens are for.
    pub audience: String,
    /// The role.
    pub role: Role,
    /// Names the session in the account's own logs.
    pub session: String,
    /// What the session may do at most, as a policy document.
    pub session_policy: Option<String>,
}

/// Credentials of one session.
#[derive(Debug, Clone)]
pub struct Session {
    /// The access key's id.
    pub access_key_id: Secret,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token.
    pub session_token: Secret,
    /// When it ends.
    pub expires: Timestamp,
    /// The role session, as AWS names it.
    pub arn: String,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This job has no token.
    #[error(transparent)]
    Identity(#[from] identity::Error),
    /// The token is not for this provider.
    #[error(
        "assuming `{role}`: AWS does not accept the token's audience `{audience}`: it must be a client id of the account's identity provider for GitHub"
    )]
    Audience {
        /// The role.
        role: String,
        /// The audience that was asked for.
        audience: String,
    },
    /// The token is too old.
    #[error(
        "assuming `{role}`: the job's token has expired before it was used; is this machine's clock right?"
    )]
    Expired {
        /// The role.
        role: String,
    },
    /// The token itself is not believed.
    #[error("assuming `{role}`: AWS does not believe the job's token: {message}")]
    Token {
        /// The role.
        role: String,
        /// What AWS said.
        message: String,
    },
    /// The job runs in another GitHub environment than the role trusts.
    #[error(
        "assuming `{role}`: the role trusts the GitHub environment `{expected}`, this job runs in {found}: set `environment: {expected}` for the job"
    )]
    Environment {
        /// The role.
        role: String,
        /// The environment of the configuration.
        expected: String,
        /// What the token says.
        found: String,
    },
    /// The job is defined by another workflow than the role trusts.
    #[error(
        "assuming `{role}`: the role trusts the workflow `{expected}`, this job is defined by {found}"
    )]
    Workflow {
        /// The role.
        role: String,
        /// The workflow of the configuration.
        expected: String,
        /// What the token says.
        found: String,
    },
    /// The role does not trust this job.
    #[error(
        "assuming `{role}`: the role does not trust this job, whose token says {claims}: compare with `lightsout trust-policy`"
    )]
    Denied {
        /// The role.
        role: String,
        /// What the token says of the job.
        claims: String,
    },
    /// The session policy is refused.
    #[error("assuming `{role}`: the session policy is refused: {message}")]
    Policy {
        /// The role.
        role: String,
        /// What AWS said.
        message: String,
    },
    /// Too many requests.
    #[error("assuming `{role}`: AWS is asked too often at this time; run it again later")]
    Throttled {
        /// The role.
        role: String,
    },
    /// Nobody answers.
    #[error("assuming `{role}`: STS does not answer: {message}")]
    Unreachable {
        /// The role.
        role: String,
        /// What was tried.
        message: String,
    },
    /// Something else.
    #[error("assuming `{role}`: STS answered `{code}`: {message}")]
    Other {
        /// The role.
        role: String,
        /// AWS's word for it.
        code: String,
        /// What AWS said.
        message: String,
    },
}

impl Exchange {
    /// Asks for a session.
    ///
    /// # Errors
    /// See [`Error`]; each says what to change.
    pub async fn session(&self) -> Result<Session, Error> {
        let token = self.identity.token(&self.audience).await?;
        let base = aws_config::defaults(BehaviorVersion::latest())
            .no_credentials()
            .region(Region::new(self.region.clone()))
            .retry_config(RetryConfig::standard())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(10))
                    .operation_timeout(Duration::from_secs(30))
                    .build(),
            )
            .load()
            .await;
        let answer = aws_sdk_sts::Client::new(&base)
            .assume_role_with_web_identity()
            .role_arn(self.role.arn.as_str())
            .role_session_name(&self.session)
            .web_identity_token(token.reveal())
            .duration_seconds(SESSION_SECONDS)
            .set_policy(self.session_policy.clone())
            .send()
            .await
            .map_err(|error| self.refused(&error, &token))?;
        let missing = || Error::Other {
            role: self.role.arn.to_string(),
            code: "no credentials".to_owned(),
            message: "the answer lacks what it must hold".to_owned(),
        };
        let credentials = answer.credentials().ok_or_else(missing)?;
        let user = answer.assumed_role_user().ok_or_else(missing)?;
        let expires = Timestamp::from_second(credentials.expiration().secs());
        Ok(Session {
            access_key_id: Secret::new(credentials.access_key_id().to_owned()),
            secret_access_key: Secret::new(credentials.secret_access_key().to_owned()),
            session_token: Secret::new(credentials.session_token().to_owned()),
            expires: expires.map_err(|_| missing())?,
            arn: user.arn().to_owned(),
        })
    }

    fn refused(&self, error: &SdkError<AssumeRoleWithWebIdentityError>, token: &Secret) -> Error {
        let role = self.role.arn.to_string();
        let Some(said) = error.as_service_error() else {
            let message = DisplayErrorContext(error).to_string();
            return Error::Unreachable { role, message };
        };
        let message = said.message().unwrap_or("it gave no reason").to_owned();
        match said.code().unwrap_or("no code") {
            "ExpiredTokenException" | "ExpiredToken" => Error::Expired { role },
            "InvalidIdentityToken" if message.contains("audience") => Error::Audience {
                role,
                audience: self.audience.clone(),
            },
            "InvalidIdentityToken" | "IDPRejectedClaim" | "IDPCommunicationError" => {
                Error::Token { role, message }
            }
            "MalformedPolicyDocument" | "PackedPolicyTooLarge" => Error::Policy { role, message },
            "Throttling" | "ThrottlingException" | "RequestLimitExceeded" => {
                Error::Throttled { role }
            }
            "AccessDenied" | "AccessDeniedException" => self.denied(role, token),
            code => Error::Other {
                role,
                code: code.to_owned(),
                message,
            },
        }
    }

    /// AWS only says no. What the token itself says of the job tells why.
    fn denied(&self, role: String, token: &Secret) -> Error {
        let claims = Claims::of(token);
        let said = |claim: &Option<String>| {
            claim.as_ref().map_or_else(
                || "none".to_owned(),
                |claim| format!("`{}`", crate::names::excerpt(claim)),
            )
        };
        if let Some(expected) = &self.role.environment
            && claims.environment.as_ref() != Some(expected)
        {
            return Error::Environment {
                role,
                expected: expected.clone(),
                found: said(&claims.environment),
            };
        }
        if let Some(expected) = &self.role.workflow
            && claims.job_workflow_ref.as_ref() != Some(expected)
        {
            return Error::Workflow {
                role,
                expected: expected.clone(),
                found: said(&claims.job_workflow_ref),
            };
        }
        let claims = format!(
            "sub {}, repository_id {}, environment {}, job_workflow_ref {}",
            said(&claims.sub),
            said(&claims.repository_id),
            said(&claims.environment),
            said(&claims.job_workflow_ref)
        );
        Error::Denied { role, claims }
    }
}

/// What a token says of the job. Not verified here: it is only told to the user.
#[derive(Debug, Default, Deserialize)]
struct Claims {
    sub: Option<String>,
    repository_id: Option<String>,
    environment: Option<String>,
    job_workflow_ref: Option<String>,
}

impl Claims {
    fn of(token: &Secret) -> Self {
        let payload = token.reveal().split('.').nth(1);
        let bytes = payload.and_then(|part| URL_SAFE_NO_PAD.decode(part).map_or(None, Some));
        match bytes.map(|bytes| serde_json::from_slice(&bytes)) {
            Some(Ok(claims)) => claims,
            // A token that cannot be read says nothing.
            Some(Err(_)) | None => Self::default(),
        }
    }
}
