//! GitHub's token endpoint and AWS's STS, as strict as the real ones where this project rests on them.
//!
//! Tokens are real JWTs, signed with a key of the double's own and checked by its STS: signature, issuer, audience, expiry, and the trust
//! policy's conditions on the job's claims. Sessions are checked when they are used. Both speak the real wire protocols.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _};
use serde_json::{Value, json};

/// The audience that the account's identity provider knows.
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";
/// What the roles trust.
pub(crate) const ENVIRONMENT: &str = "lightsout-prod";
pub(crate) const WORKFLOW: &str = "org/factory/.github/workflows/lightsout.yml@refs/tags/v1";
/// The runner's bearer token.
const BEARER: &str = "runner-bearer-canary-51f0";
const ISSUER: &str = "https://token.actions.githubusercontent.com";
/// LIMIT of STS: bytes of a session policy.
const POLICY_BYTES_MAX: usize = 2048;

/// A job as GitHub would describe it.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) environment: &'static str,
    pub(crate) workflow: &'static str,
    /// Seconds from now until its tokens end.
    pub(crate) seconds: i64,
}

impl Default for Job {
    fn default() -> Self {
        Self {
            environment: ENVIRONMENT,
            workflow: WORKFLOW,
            seconds: 300,
        }
    }
}

/// The double; it ends with the tests.
pub(crate) struct Aws {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    key: SigningKey,
    job: Job,
    /// How many more times STS answers that it is asked too often.
    busy: Mutex<u32>,
    /// Sessions by access key: the role session's ARN, and the policy that cuts it.
    sessions: Mutex<BTreeMap<String, (String, Option<Value>)>>,
}

impl Aws {
    /// Serves on a loopback port.
    pub(crate) fn start(job: Job) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            key: SigningKey::from_bytes(&[7; 32]),
            job,
            busy: Mutex::new(0),
            sessions: Mutex::default(),
        });
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&served);
                std::thread::spawn(move || shared.serve(stream.unwrap()));
            }
        });
        Self { address, shared }
    }

    /// What the job's process finds in its environment.
    pub(crate) fn variables(&self) -> [(&'static str, String); 3] {
        let base = format!("http://{}", self.address);
        [
            (
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                format!("{base}/token?api-version=2.0"),
            ),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", BEARER.to_owned()),
            ("AWS_ENDPOINT_URL_STS", base),
        ]
    }

    /// STS is busy for so many requests.
    pub(crate) fn busy(&self, times: u32) {
        *self.shared.busy.lock().unwrap() = times;
    }

    /// The role sessions that were given, in no order.
    pub(crate) fn sessions(&self) -> Vec<String> {
        let sessions = self.shared.sessions.lock().unwrap();
        sessions.values().map(|(arn, _)| arn.clone()).collect()
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (known, value) = line.split_once(':')?;
                known
                    .eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        let length = header("content-length").map_or(0, |text| text.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let target = head.split(' ').nth(1).unwrap_or("/").to_owned();
        let (status, kind, text) = match target.split_once("/token?") {
            Some((_, query)) => self.token(query, header("authorization").as_deref()),
            None => self.sts(
                &form(std::str::from_utf8(&body).unwrap()),
                header("authorization"),
            ),
        };
        let answer = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
        // Who no longer listens does not matter.
        drop(stream.write_all(answer.as_bytes()));
    }

    fn token(&self, query: &str, bearer: Option<&str>) -> (u16, &'static str, String) {
        if bearer != Some(&format!("Bearer {BEARER}")) {
            return (401, "application/json", "{}".to_owned());
        }
        let audience = form(query).remove("audience").unwrap();
        let now = now();
        let claims = json!({
            "iss": ISSUER, "aud": audience, "nbf": now - 10, "iat": now, "exp": now + self.job.seconds,
            "sub": format!("repo:org/infra:environment:{}", self.job.environment),
            "repository": "org/infra", "repository_id": "123456789",
            "environment": self.job.environment, "job_workflow_ref": self.job.workflow,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!(
            "{}.{}",
            part(&json!({ "alg": "EdDSA", "typ": "JWT" })),
            part(&claims)
        );
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()).to_bytes());
        let token = json!({ "value": format!("{signed}.{signature}") });
        (200, "application/json", token.to_string())
    }

    fn sts(
        &self,
        form: &BTreeMap<String, String>,
        authorization: Option<String>,
    ) -> (u16, &'static str, String) {
        let answered = match form.get("Action").map(String::as_str) {
            Some("AssumeRoleWithWebIdentity") => self.assume(form),
            Some("GetCallerIdentity") => self.caller(authorization.as_deref()),
            Some("AssumeRole") => self.become_another(form, authorization.as_deref()),
            _ => Err((400, "InvalidAction", "no such action")),
        };
        match answered {
            Ok(text) => (200, "text/xml", text),
            Err((status, code, message)) => (
                status,
                "text/xml",
                format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                ),
            ),
        }
    }

    fn assume(&self, form: &BTreeMap<String, String>) -> Result<String, Refused> {
        {
            let mut busy = self.busy.lock().unwrap();
            if *busy > 0 {
                *busy -= 1;
                return Err((400, "Throttling", "Rate exceeded"));
            }
        }
        let claims = self.believed(&form["WebIdentityToken"])?;
        if claims["aud"] != AUDIENCE {
            return Err((400, "InvalidIdentityToken", "Incorrect token audience"));
        }
        if claims["exp"].as_i64() < Some(now()) {
            return Err((400, "ExpiredTokenException", "Token expired"));
        }
        let is_trusted = claims["environment"] == ENVIRONMENT
            && claims["job_workflow_ref"] == WORKFLOW
            && claims["repository_id"] == "123456789";
        if !is_trusted {
            let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
            return Err((403, "AccessDenied", message));
        }
        if !(900..=3600).contains(&form["DurationSeconds"].parse::<u32>().unwrap()) {
            return Err((400, "ValidationError", "DurationSeconds"));
        }
        let mut cut = None;
        if let Some(policy) = form.get("Policy") {
            if policy.len() > POLICY_BYTES_MAX {
                return Err((400, "PackedPolicyTooLarge", "too large"));
            }
            let policy: Value = serde_json::from_str(policy)
                .map_err(|_| (400, "MalformedPolicyDocument", "not JSON"))?;
            if policy["Version"] != "2012-10-17" || !policy["Statement"].is_array() {
                return Err((400, "MalformedPolicyDocument", "no Version or Statement"));
            }
            cut = Some(policy);
        }
        let (role, name) = (&form["RoleArn"], &form["RoleSessionName"]);
        let arn = role
            .replace(":iam:", ":sts:")
            .replace(":role/", ":assumed-role/");
        let arn = format!("{arn}/{name}");
        let mut sessions = self.sessions.lock().unwrap();
        let key = format!("ASIADOUBLE{:010}", sessions.len());
        let token = format!("session-canary-{key}");
        sessions.insert(key.clone(), (arn.clone(), cut));
        let expiration = jiff::Timestamp::from_second(now() + 900).unwrap();
        Ok(format!(
            "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult><Audience>{AUDIENCE}</Audience><AssumedRoleUser><AssumedRoleId>AROA:{name}</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret-canary-{key}</SecretAccessKey><SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"
        ))
    }

    /// The claims of a token that this issuer has signed.
    fn believed(&self, token: &str) -> Result<Value, Refused> {
        let wrong = (400, "InvalidIdentityToken", "The token is not valid");
        let (signed, signature) = token.rsplit_once('.').ok_or(wrong)?;
        let bytes = URL_SAFE_NO_PAD.decode(signature).map_err(|_| wrong)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| wrong)?;
        let key = self.key.verifying_key();
        key.verify(signed.as_bytes(), &signature)
            .map_err(|_| wrong)?;
        let payload = signed.split_once('.').ok_or(wrong)?.1;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| wrong)?;
        let claims: Value = serde_json::from_slice(&payload).map_err(|_| wrong)?;
        if claims["iss"] == ISSUER {
            Ok(claims)
        } else {
            Err(wrong)
        }
    }

    /// What a role of these sessions may do is everything, unless a session policy cuts it.
    fn become_another(
        &self,
        form: &BTreeMap<String, String>,
        authorization: Option<&str>,
    ) -> Result<String, Refused> {
        let (_, cut) = self.session(authorization)?;
        let allows = |policy: &Value| {
            let statements = policy["Statement"].as_array().unwrap();
            statements.iter().any(|it| {
                let actions = it["Action"].to_string();
                it["Effect"] == "Allow"
                    && (actions.contains("sts:AssumeRole") || actions.contains("\"*\""))
            })
        };
        if cut.as_ref().is_some_and(|policy| !allows(policy)) {
            let message = "User is not authorized to perform: sts:AssumeRole because no session policy allows the sts:AssumeRole action";
            return Err((403, "AccessDenied", message));
        }
        let arn = &form["RoleArn"];
        let expiration = jiff::Timestamp::from_second(now() + 900).unwrap();
        Ok(format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAOTHER</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>x</SessionToken><Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>"
        ))
    }

    fn caller(&self, authorization: Option<&str>) -> Result<String, Refused> {
        let (arn, _) = self.session(authorization)?;
        Ok(format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AROA</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        ))
    }

    /// The session that signed a request.
    fn session(&self, authorization: Option<&str>) -> Result<(String, Option<Value>), Refused> {
        let unsigned = (
            403,
            "MissingAuthenticationToken",
            "the request is not signed",
        );
        let key = authorization
            .and_then(|text| text.split_once("Credential="))
            .and_then(|(_, rest)| rest.split('/').next())
            .ok_or(unsigned)?;
        let sessions = self.sessions.lock().unwrap();
        let unknown = (403, "InvalidClientTokenId", "no such session");
        sessions.get(key).cloned().ok_or(unknown)
    }
}

type Refused = (u16, &'static str, &'static str);

fn now() -> i64 {
    lightsout::perimeter::now().as_second()
}

/// Decodes `a=b&c=d`.
fn form(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'+' => bytes.push(b' '),
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    let digits = std::str::from_utf8(&digits).unwrap();
                    bytes.push(u8::from_str_radix(digits, 16).unwrap());
                }
                byte => bytes.push(byte),
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
