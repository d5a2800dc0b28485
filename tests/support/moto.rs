//! AWS's STS, IAM and S3 as somebody else wrote them down: moto, installed once at pinned hashes.
//!
//! With `Moto::with_auth`, a request's signature is computed again, and the policies of the caller's role allow or deny it. Tokens,
//! trust policies and session policies are never looked at: for these there is our own strict double.

#![expect(
    clippy::disallowed_methods,
    reason = "a test starts the user's own Python, outside any run"
)]

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

/// The account of every key that moto has not made itself.
pub(crate) const ACCOUNT: &str = "123456789012";
/// Every package, none left to be resolved; for CPython 3.10 to 3.14 on Linux.
const REQUIREMENTS: &str = include_str!("../fixtures/moto/requirements.txt");
const ISSUER: &str = "token.actions.githubusercontent.com";
/// What each role may do in S3.
const ROLES: [(&str, &[&str]); 3] = [
    ("preview", &["s3:Get*", "s3:List*"]),
    ("validate", &["s3:*"]),
    ("apply", &["s3:*"]),
];
/// Calls of the set-up: the identity provider; each role, and its policy.
pub(crate) const SETUP_CALLS: usize = 1 + 2 * ROLES.len();
/// The key of the set-up; moto does not know it.
const SETUP_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// Serves on a free port, says which, and ends with its standard input: when the test drops it, or has died itself.
///
/// moto routes the exchange of a token as the unsigned call that it is, but its check of signatures then misses the header.
const LAUNCHER: &str = "\
import os, sys, threading
sys.path.insert(0, sys.argv[1])
from werkzeug.serving import make_server
from moto.moto_server.werkzeug_app import UNSIGNED_ACTIONS, DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sts.responses import TokenResponse
signed = TokenResponse._authenticate_and_authorize_normal_action
def check(self, resource='*'):
    if self._get_action() not in UNSIGNED_ACTIONS:
        signed(self, resource)
TokenResponse._authenticate_and_authorize_normal_action = check
app = DomainDispatcherApplication(create_backend_app)
server = make_server('127.0.0.1', 0, app, threaded=True, request_handler=MotoRequestHandler)
os.environ['MOTO_PORT'] = str(server.server_port)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
os._exit(0)
";

/// A running moto, with an identity provider and the roles of the three stages; it ends when it is dropped.
pub(crate) struct Moto {
    child: Child,
    address: String,
}

impl Moto {
    /// Answers whoever asks.
    pub(crate) fn start() -> Self {
        let this = Self::launch();
        this.set_up();
        this
    }

    /// Checks signatures and role policies, but for the first calls after the set-up.
    pub(crate) fn with_auth(unchecked: usize) -> Self {
        let this = Self::start();
        // The count starts again: calls before do not matter.
        let (status, answer) = this.http(
            "POST /moto-api/reset-auth",
            "text/plain",
            "",
            &unchecked.to_string(),
        );
        assert_eq!(status, 200, "{answer}");
        this
    }

    /// The endpoint of every service, for `AWS_ENDPOINT_URL` and its like.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The ARN of a stage's role.
    pub(crate) fn role(stage: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/lightsout-{stage}")
    }

    /// The role sessions that were given, oldest first: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub(crate) fn sessions(&self) -> Vec<String> {
        let (status, answer) = self.http("GET /moto-api/data.json", "text/plain", "", "");
        assert_eq!(status, 200, "{answer}");
        let data: Value = serde_json::from_str(&answer).unwrap();
        let given = data.pointer("/sts/AssumedRole");
        let given = given.and_then(Value::as_array).into_iter().flatten();
        given
            .map(|session| session["arn"].as_str().unwrap().to_owned())
            .collect()
    }

    fn launch() -> Self {
        let mut log = tempfile::tempfile().unwrap();
        let mut child = Command::new("python3")
            .args(["-I", "-c", LAUNCHER])
            .arg(installed())
            .env_remove("MOTO_ACCOUNT_ID")
            .env_remove("INITIAL_NO_AUTH_ACTION_COUNT")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().unwrap())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut port).unwrap();
        if port.is_empty() {
            let mut said = String::new();
            log.rewind().unwrap();
            log.read_to_string(&mut said).unwrap();
            panic!("moto has not started: {} {said}", child.wait().unwrap());
        }
        let address = format!("127.0.0.1:{}", port.trim());
        Self { child, address }
    }

    fn set_up(&self) {
        let provider = format!("https://{ISSUER}");
        let mut calls = vec![vec![
            ("Action", "CreateOpenIDConnectProvider".to_owned()),
            ("Url", provider),
            ("ClientIDList.member.1", "sts.amazonaws.com".to_owned()),
            ("ThumbprintList.member.1", "0".repeat(40)),
        ]];
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": { format!("{ISSUER}:aud"): "sts.amazonaws.com" } },
        }] });
        for (stage, actions) in ROLES {
            let name = ("RoleName", format!("lightsout-{stage}"));
            calls.push(vec![
                ("Action", "CreateRole".to_owned()),
                name.clone(),
                ("AssumeRolePolicyDocument", trust.to_string()),
            ]);
            let allowed = json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": actions, "Resource": "*",
            }] });
            calls.push(vec![
                ("Action", "PutRolePolicy".to_owned()),
                name,
                ("PolicyName", stage.to_owned()),
                ("PolicyDocument", allowed.to_string()),
            ]);
        }
        assert_eq!(calls.len(), SETUP_CALLS);
        // moto finds the service in the key's scope.
        let signed = format!(
            "authorization: AWS4-HMAC-SHA256 Credential={SETUP_KEY}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none\r\n"
        );
        for call in calls {
            let mut body = "Version=2010-05-08".to_owned();
            for (name, value) in &call {
                body.push_str(&format!("&{name}={}", encoded(value)));
            }
            let kind = "application/x-www-form-urlencoded";
            let (status, answer) = self.http("POST /", kind, &signed, &body);
            assert_eq!(status, 200, "{call:?}: {answer}");
        }
    }

    /// Status and body of the answer to a request with these further headers.
    fn http(&self, target: &str, kind: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself, and a panic here would hide the test's own.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The folder of the packages, for these pins and this Python: whoever comes first installs, the others wait.
fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let python = Command::new("python3").arg("-VV").output().unwrap();
        let mut hasher = DefaultHasher::new();
        (REQUIREMENTS, said(&python)).hash(&mut hasher);
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let installed = parent.join(format!("moto-{:016x}", hasher.finish()));
        let turn = std::fs::File::create(parent.join("moto.lock")).unwrap();
        turn.lock().unwrap();
        if !installed.exists() {
            install(parent, &installed);
        }
        installed
    })
}

fn install(parent: &Path, installed: &Path) {
    let partial = tempfile::tempdir_in(parent).unwrap();
    let requirements = partial.path().join("requirements.txt");
    std::fs::write(&requirements, REQUIREMENTS).unwrap();
    // Nothing of a package runs here; only what is imported is ever compiled.
    let flags = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        "--require-hashes",
    ];
    let output = Command::new("python3")
        .args(flags)
        .arg("--target")
        .arg(partial.path())
        .arg("-r")
        .arg(&requirements)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    // Complete or absent, also when a run ends in the midst of this.
    std::fs::rename(partial.keep(), installed).unwrap();
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// A value in a form.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
