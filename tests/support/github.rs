//! GitHub without GitHub: `emulate` keeps the state, Prism holds each request against GitHub's own OpenAPI, and a proxy in front makes faults.
//!
//! The proxy answers as GitHub does where `emulate` does not; each such place is a line of [`Shared::refused`] or [`Shared::corrected`].
//! Prism sees requests only. `emulate`'s answers are not held against the contract: they miss required fields, which no test can help.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test starts npm and the doubles, outside any run; JSON of the wrong form fails it"
)]

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Error, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

/// The one repository; it is private and its default branch is `main`.
pub(crate) const REPOSITORY: &str = "octo-org/infra";
/// Who the job's token writes as, as on GitHub.
pub(crate) const BOT: &str = "github-actions[bot]";
/// The users with a role in the repository. `stranger` has none, `owner` owns the organisation.
pub(crate) const USERS: [(&str, &str); 3] = [
    ("maintainer", "maintain"),
    ("writer", "push"),
    ("reader", "pull"),
];

const OWNER: &str = "owner-token";
const PACKAGE: &str = include_str!("../fixtures/github/package.json");
const LOCK: &str = include_str!("../fixtures/github/package-lock.json");
/// Where the contract lies in its package.
const CONTRACT: &str = "node_modules/@octokit/openapi/generated/api.github.com.json";
/// What is kept of the contract, under the repository: all of it costs Prism ten seconds more. Another route is a violation.
const ROUTES: [&str; 17] = [
    "",
    "/actions/runs",
    "/branches",
    "/check-runs",
    "/code-scanning",
    "/collaborators",
    "/commits",
    "/compare",
    "/contents",
    "/deployments",
    "/dispatches",
    "/environments",
    "/git",
    "/issues",
    "/labels",
    "/pulls",
    "/rules",
];
/// LIMIT of GitHub: characters of a text.
const TEXT_MAX: usize = 65_536;
/// Git's tree of nothing.
const NOTHING: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
/// Two cores, both busy.
const DEADLINE: Duration = Duration::from_secs(120);
/// The key of the app and a token signed with it.
const SIGN: &str = "
const { generateKeyPairSync, sign } = require('node:crypto');
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const text = part({ alg: 'RS256', typ: 'JWT' }) + '.' + part({ iss: 15368 });
const token = text + '.' + sign('sha256', Buffer.from(text), privateKey).toString('base64url');
console.log(JSON.stringify({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }), token }));
";

/// What goes wrong with a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// GitHub does it, and a gateway answers this instead.
    LoseAnswer { status: u16 },
    /// GitHub does it, and the connection ends without an answer.
    Cut,
    /// GitHub does nothing and answers this.
    Answer {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: Value,
    },
    /// GitHub does it; half of the answer's body arrives, as if it were all.
    Truncate,
    /// GitHub does nothing, and the connection stays open.
    Hang,
    /// GitHub does it and says it differently.
    Edit(fn(&mut Value)),
}

/// A request that came, with faults or without.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    /// What was answered; nothing for [`Fault::Cut`] and [`Fault::Hang`].
    pub(crate) status: Option<u16>,
    /// Null where there was none.
    pub(crate) body: Value,
}

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_executable: bool,
}

impl From<&str> for Blob {
    fn from(text: &str) -> Self {
        Self {
            bytes: text.as_bytes().to_vec(),
            is_executable: false,
        }
    }
}

pub(crate) type Files = BTreeMap<String, Blob>;

/// A commit whose id is the one that git gives it. The message ends with a line feed, or gets one.
pub(crate) struct Commit<'a> {
    pub(crate) files: &'a Files,
    pub(crate) message: &'a str,
    /// Author and committer: name, address, and the time as ISO 8601.
    pub(crate) by: (&'a str, &'a str, &'a str),
    pub(crate) parents: &'a [&'a str],
}

/// The double; its processes end with it or with the tests.
pub(crate) struct GitHub {
    shared: Arc<Shared>,
    token: String,
    emulate: Double,
}

struct Shared {
    address: String,
    emulate: u16,
    prism: u16,
    jwt: String,
    is_closed: AtomicBool,
    /// Who may speak at all: `emulate` takes an unknown token for the owner's.
    tokens: Mutex<Vec<String>>,
    faults: Mutex<Vec<Planned>>,
    requests: Mutex<Vec<Request>>,
    violations: Mutex<Vec<String>>,
}

struct Planned {
    method: String,
    part: String,
    skip: usize,
    times: usize,
    fault: Fault,
}

/// A request on its way.
struct Ask {
    method: String,
    /// With the query.
    target: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    json: Value,
}

/// The status and the body.
type Refusal = (u16, Value);

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl GitHub {
    /// Starts it, with one commit on `main`; Prism is started once for all tests of a process.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let app = app();
        let seed = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(seed.path(), seed_of(&app).to_string()).unwrap();
        let emulate = Double::start(
            "emulate/dist/index.js",
            &[
                "start",
                "--service",
                "github",
                "--port",
                "4000",
                "--seed",
                seed.path().to_str().unwrap(),
                "--base-url",
                &format!("http://{address}"),
            ],
        );
        let mut tokens = vec![OWNER.to_owned()];
        tokens.extend(USERS.map(|(user, _)| token_of(user)));
        let shared = Arc::new(Shared {
            address,
            emulate: emulate.port,
            prism: prism(),
            jwt: app["token"].as_str().unwrap().to_owned(),
            is_closed: AtomicBool::new(false),
            tokens: Mutex::new(tokens),
            faults: Mutex::default(),
            requests: Mutex::default(),
            violations: Mutex::default(),
        });
        let token = shared.mint(&json!({}));
        for (user, role) in USERS {
            let path = format!("/repos/{REPOSITORY}/collaborators/{user}");
            shared.must("PUT", &path, &json!({ "permission": role }));
        }
        let served = Arc::clone(&shared);
        std::thread::spawn(move || served.accept(&listener));
        Self {
            shared,
            token,
            emulate,
        }
    }

    /// For `GITHUB_API_URL`. What the answers link to is under it too.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// For `GITHUB_TOKEN`: contents, issues, pull requests and checks may be written, actions may be read.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A token of the same app with fewer permissions, as `{"contents": "read"}`.
    pub(crate) fn token_for(&self, permissions: &Value) -> String {
        self.shared.mint(&json!({ "permissions": permissions }))
    }

    /// The next such request fails like this. An empty method or part of a path matches every one.
    pub(crate) fn fault(&self, method: &str, part: &str, fault: Fault) {
        self.faults(method, part, 0, 1, fault);
    }

    /// After `skip` such requests, `times` fail like this.
    pub(crate) fn faults(&self, method: &str, part: &str, skip: usize, times: usize, fault: Fault) {
        self.shared.faults.lock().unwrap().push(Planned {
            method: method.to_owned(),
            part: part.to_owned(),
            skip,
            times,
            fault,
        });
    }

    /// What came through [`GitHub::url`], in the order of the answers.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Where requests broke GitHub's contract: an unknown route, field or value, a missing field.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.shared.violations.lock().unwrap().clone()
    }

    /// Reads as the owner, past the proxy. The path is the API's, or starts behind the repository with `./`.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        self.shared.must("GET", &full(path), &Value::Null)
    }

    /// Asks as the owner, past the proxy.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.send_as(OWNER, method, path, body)
    }

    /// Asks as somebody else, past the proxy: `token_of` a user, or [`GitHub::token`].
    pub(crate) fn send_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        self.shared.direct(token, method, &full(path), body)
    }

    /// Opens an issue as one of [`USERS`]; its number.
    pub(crate) fn issue(&self, user: &str, title: &str, body: &str, labels: &[&str]) -> u64 {
        let issue = json!({ "title": title, "body": body, "labels": labels });
        let (status, answer) = self.send_as(&token_of(user), "POST", "./issues", &issue);
        assert_eq!(status, 201, "{answer}");
        answer["number"].as_u64().unwrap()
    }

    /// The labels of an issue or a pull request.
    pub(crate) fn labels(&self, number: u64) -> Vec<String> {
        texts(&self.get(&format!("./issues/{number}/labels")), "name")
    }

    /// The comments of an issue or a pull request.
    pub(crate) fn comments(&self, number: u64) -> Vec<Value> {
        list(self.get(&format!("./issues/{number}/comments?per_page=100")))
    }

    /// The check runs of a commit, all of them.
    pub(crate) fn check_runs(&self, commit: &str) -> Vec<Value> {
        let mut answer = self.get(&format!("./commits/{commit}/check-runs?filter=all"));
        list(answer["check_runs"].take())
    }

    /// All pull requests, open or not.
    pub(crate) fn pulls(&self) -> Vec<Value> {
        list(self.get("./pulls?state=all&per_page=100"))
    }

    /// The refs below a prefix, as `heads/` or `lightsout/`, and what they point to.
    pub(crate) fn refs(&self, prefix: &str) -> BTreeMap<String, String> {
        list(self.get(&format!("./git/matching-refs/{prefix}")))
            .into_iter()
            .map(|each| (text(&each["ref"]), text(&each["object"]["sha"])))
            .collect()
    }

    /// The commit on the default branch.
    pub(crate) fn head(&self) -> String {
        text(&self.get("./git/ref/heads/main")["object"]["sha"])
    }

    /// The files of a commit.
    pub(crate) fn files(&self, commit: &str) -> Files {
        let tree = self.get(&format!("./git/trees/{commit}?recursive=1"));
        let blobs = list(tree["tree"].clone());
        let blobs = blobs.iter().filter(|entry| entry["type"] == "blob");
        blobs
            .map(|entry| {
                let blob = self.get(&format!("./git/blobs/{}", text(&entry["sha"])));
                let blob = Blob {
                    bytes: decoded(&text(&blob["content"])),
                    is_executable: entry["mode"] == "100755",
                };
                (text(&entry["path"]), blob)
            })
            .collect()
    }

    /// Somebody else's push: a commit with just these files on `main`; its id.
    pub(crate) fn push(&self, files: &Files, message: &str) -> String {
        let commit = self.commit(&Commit {
            files,
            message,
            by: ("Writer", "writer@example.com", "2026-01-02T03:04:05Z"),
            parents: &[&self.head()],
        });
        self.point("heads/main", &commit);
        commit
    }

    /// Writes a commit that no ref points to yet; its id.
    pub(crate) fn commit(&self, commit: &Commit<'_>) -> String {
        let entries: Vec<Value> = commit
            .files
            .iter()
            .map(|(path, blob)| {
                let content = json!({ "content": encoded(&blob.bytes), "encoding": "base64" });
                let blob_id = self.shared.must("POST", &full("./git/blobs"), &content);
                let mode = if blob.is_executable {
                    "100755"
                } else {
                    "100644"
                };
                json!({ "path": path, "mode": mode, "type": "blob", "sha": blob_id["sha"] })
            })
            .collect();
        let tree = json!({ "tree": entries });
        let tree = self.shared.must("POST", &full("./git/trees"), &tree);
        let (name, email, date) = commit.by;
        let by = json!({ "name": name, "email": email, "date": date });
        let commit = json!({
            "message": commit.message,
            "tree": tree["sha"],
            "parents": commit.parents,
            "author": by,
            "committer": by,
        });
        text(&self.shared.must("POST", &full("./git/commits"), &commit)["sha"])
    }

    /// Points a ref, as `heads/main`, to a commit, wherever it pointed.
    pub(crate) fn point(&self, name: &str, commit: &str) {
        let moved = json!({ "sha": commit, "force": true });
        let (status, _) = self.send("PATCH", &format!("./git/refs/{name}"), &moved);
        if status != 200 {
            let made = json!({ "ref": format!("refs/{name}"), "sha": commit });
            self.shared.must("POST", &full("./git/refs"), &made);
        }
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(&self.shared.address));
        drop(self.emulate.child.kill());
        drop(self.emulate.child.wait());
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_closed.load(Ordering::SeqCst) {
                return;
            }
            let shared = Arc::clone(self);
            std::thread::spawn(move || drop(stream.and_then(|stream| shared.serve(stream))));
        }
    }

    fn serve(&self, mut stream: TcpStream) -> Result<(), Error> {
        let Some(ask) = Ask::read(&stream)? else {
            return Ok(());
        };
        self.check(&ask);
        let fault = self.next_fault(&ask);
        let answer = match &fault {
            Some(Fault::Hang) => None,
            Some(Fault::Answer {
                status,
                headers,
                body,
            }) => {
                let mut answer = Answer::new(*status, body);
                let headers = headers.iter().map(|(k, v)| (k.to_string(), v.to_string()));
                answer.headers.extend(headers);
                Some(answer)
            }
            Some(Fault::LoseAnswer { .. } | Fault::Cut | Fault::Truncate | Fault::Edit(_))
            | None => damaged(self.answer(&ask), fault.as_ref()),
        };
        self.requests.lock().unwrap().push(Request {
            method: ask.method,
            path: ask.target,
            status: answer.as_ref().map(|answer| answer.status),
            body: ask.json,
        });
        match answer {
            Some(answer) => answer.write(&mut stream),
            None if matches!(fault, Some(Fault::Hang)) => {
                stream.read_to_end(&mut Vec::new()).map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// The fault of this request; the first planned one that matches.
    fn next_fault(&self, ask: &Ask) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let planned = faults.iter_mut().find(|planned| {
            planned.times > 0
                && (planned.method.is_empty() || planned.method == ask.method)
                && ask.target.contains(&planned.part)
        })?;
        if planned.skip > 0 {
            planned.skip -= 1;
            return None;
        }
        planned.times -= 1;
        Some(planned.fault.clone())
    }

    /// Holds the request against the contract.
    fn check(&self, ask: &Ask) {
        let answer = exchange(
            self.prism,
            &ask.method,
            &of_contract(&ask.target),
            &ask.headers,
            &ask.body,
        )
        .expect("Prism answers");
        let mut found = issue_violations(ask);
        if let Some(violations) = answer.header("sl-violations") {
            match serde_json::from_str::<Vec<Value>>(violations) {
                Ok(violations) => found.extend(violations.iter().map(|each| {
                    let place: Vec<String> =
                        list(each["location"].clone()).iter().map(text).collect();
                    format!("{}: {}", place.join("."), text(&each["message"]))
                })),
                Err(_) => found.push(violations.to_owned()),
            }
        }
        let found = found
            .iter()
            .map(|what| format!("{} {}: {what}", ask.method, ask.target));
        self.violations.lock().unwrap().extend(found);
    }

    /// GitHub's answer.
    fn answer(&self, ask: &Ask) -> Answer {
        if let Some((status, body)) = self.refused(ask) {
            return Answer::new(status, &body);
        }
        let mut answer = exchange(
            self.emulate,
            &ask.method,
            &ask.target,
            &ask.headers,
            &ask.body,
        )
        .expect("emulate answers");
        if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
            self.corrected(ask, &mut answer.status, &mut body);
            answer.body = body.to_string().into_bytes();
        }
        answer
    }

    /// What GitHub refuses and `emulate` does not.
    fn refused(&self, ask: &Ask) -> Option<Refusal> {
        let said = |status, message: &str| Some((status, error(status, message)));
        let token = ask.token();
        if token.is_some_and(|token| !self.tokens.lock().unwrap().iter().any(|one| one == token)) {
            return said(401, "Bad credentials");
        }
        if ask.path == "/user" && ask.is_app() {
            return said(403, "Resource not accessible by integration");
        }
        let length = ask.json["body"]
            .as_str()
            .map_or(0, |body| body.chars().count());
        if length > TEXT_MAX {
            let message = "Body is too long (maximum is 65536 characters)";
            return invalid(
                &json!({ "code": "unprocessable", "field": "data", "message": message }),
            );
        }
        match (ask.method.as_str(), ask.below()?) {
            ("POST", "/check-runs") if !ask.is_app() => {
                said(403, "You must authenticate via a GitHub App.")
            }
            ("POST", "/check-runs") => {
                let commit = ask.json["head_sha"].as_str()?;
                match self
                    .owner("GET", &full(&format!("./git/commits/{commit}")))
                    .0
                {
                    200 => None,
                    _ => said(422, &format!("No commit found for SHA: {commit}")),
                }
            }
            ("POST", "/pulls") => self.pull_refused(ask),
            _ => None,
        }
    }

    fn pull_refused(&self, ask: &Ask) -> Option<Refusal> {
        let (head, base) = (ask.json["head"].as_str()?, ask.json["base"].as_str()?);
        let head = head.strip_prefix("octo-org:").unwrap_or(head);
        let of = |name: &str| self.owner("GET", &full(&format!("./git/ref/heads/{name}")));
        let (from, onto) = (of(head), of(base));
        for (field, known) in [("head", from.0), ("base", onto.0)] {
            if known != 200 {
                let pull = json!({ "resource": "PullRequest", "field": field, "code": "invalid" });
                return invalid(&pull);
            }
        }
        let query = format!("./pulls?state=open&head=octo-org:{head}&base={base}");
        let message = if from.1["object"]["sha"] == onto.1["object"]["sha"] {
            format!("No commits between {base} and {head}")
        } else if list(self.owner("GET", &full(&query)).1).is_empty() {
            return None;
        } else {
            format!("A pull request already exists for octo-org:{head}.")
        };
        invalid(&json!({ "resource": "PullRequest", "code": "custom", "message": message }))
    }

    /// What GitHub says otherwise than `emulate`.
    fn corrected(&self, ask: &Ask, status: &mut u16, body: &mut Value) {
        let below = ask.below().unwrap_or("");
        let is_ref = below.starts_with("/git/refs/");
        if let Some(user) = below
            .strip_prefix("/collaborators/")
            .and_then(|rest| rest.strip_suffix("/permission"))
        {
            self.correct_permission(user, status, body);
        }
        if *status >= 400 {
            let said = text(&body["message"]);
            let (is, message) = match said.as_str() {
                "Update is not a fast-forward" => (422, "Update is not a fast forward"),
                "Not Found" if is_ref => (422, "Reference does not exist"),
                "Invalid sha" => (422, "Object does not exist"),
                "Forbidden" if ask.is_app() => (403, "Resource not accessible by integration"),
                other => (*status, other),
            };
            *status = is;
            *body = error(is, message);
        }
        if ask.method == "POST" && below == "/git/trees" {
            self.prune(body);
        }
        if let Some(number) = below
            .strip_prefix("/pulls/")
            .and_then(|rest| rest.strip_suffix("/files"))
        {
            *body = self.changed_files(number);
        }
        correct_app(body);
    }

    /// Roles have GitHub's names, and who has no role is told so.
    fn correct_permission(&self, user: &str, status: &mut u16, body: &mut Value) {
        if *status == 404 {
            let (known, user) = self.owner("GET", &format!("/users/{user}"));
            if known == 200 && user["type"] == "User" {
                *status = 200;
                *body = json!({ "permission": "none", "role_name": "none", "user": user });
            }
        }
        let permission = match body["role_name"].as_str() {
            Some("maintain") => "write",
            Some("triage") => "read",
            Some(other) => other,
            None => return,
        };
        body["permission"] = permission.into();
    }

    /// The files that a pull request changes; `emulate` lists none.
    fn changed_files(&self, number: &str) -> Value {
        let pull = self.owner("GET", &full(&format!("./pulls/{number}"))).1;
        let [before, after] = ["base", "head"].map(|side| {
            let tree = format!("./git/trees/{}?recursive=1", text(&pull[side]["sha"]));
            let entries = list(self.owner("GET", &full(&tree)).1["tree"].clone());
            let blobs = entries.into_iter().filter(|entry| entry["type"] == "blob");
            blobs
                .map(|entry| (text(&entry["path"]), text(&entry["sha"])))
                .collect::<BTreeMap<_, _>>()
        });
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let differs = |name: &&&String| before.get(**name) != after.get(**name);
        let file = |name: &&String| json!({ "filename": name, "status": "modified", "sha": after.get(*name) });
        names.iter().filter(differs).map(file).collect()
    }

    /// A tree has no empty folder.
    fn prune(&self, tree: &mut Value) {
        while tree["sha"].as_str().is_some_and(|sha| sha != NOTHING) {
            let whole = format!("./git/trees/{}?recursive=1", text(&tree["sha"]));
            let whole = self.owner("GET", &full(&whole)).1;
            let empty: Vec<Value> = list(whole["tree"].clone())
                .iter()
                .filter(|entry| entry["sha"] == NOTHING)
                .map(|entry| json!({ "path": entry["path"], "mode": "040000", "type": "tree", "sha": null }))
                .collect();
            if empty.is_empty() {
                return;
            }
            let pruned = json!({ "base_tree": tree["sha"], "tree": empty });
            *tree = self.must("POST", &full("./git/trees"), &pruned);
        }
    }

    /// A token of the app's installation.
    fn mint(&self, asked: &Value) -> String {
        let path = "/app/installations/100/access_tokens";
        let (status, answer) = self.direct(&self.jwt, "POST", path, asked);
        assert_eq!(status, 201, "{answer}");
        let token = text(&answer["token"]);
        self.tokens.lock().unwrap().push(token.clone());
        token
    }

    fn owner(&self, method: &str, path: &str) -> (u16, Value) {
        self.direct(OWNER, method, path, &Value::Null)
    }

    #[track_caller]
    fn must(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.direct(OWNER, method, path, body);
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {answer}"
        );
        answer
    }

    /// Asks `emulate` itself.
    fn direct(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [
            ("authorization".to_owned(), format!("Bearer {token}")),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = exchange(self.emulate, method, path, &headers, body.as_bytes())
            .expect("emulate answers");
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        (answer.status, body)
    }
}

/// The token of one of [`USERS`].
pub(crate) fn token_of(user: &str) -> String {
    format!("{user}-token")
}

/// A path of the API: `./` stands for the repository.
fn full(path: &str) -> String {
    path.strip_prefix("./").map_or_else(
        || path.to_owned(),
        |rest| format!("/repos/{REPOSITORY}/{rest}"),
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn texts(values: &Value, name: &str) -> Vec<String> {
    list(values.clone())
        .iter()
        .map(|each| text(&each[name]))
        .collect()
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Vec::new()
        }
    }
}

/// An error as GitHub writes it.
fn error(status: u16, message: &str) -> Value {
    json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.to_string(),
    })
}

/// What makes a request invalid, as GitHub writes it.
fn invalid(what: &Value) -> Option<Refusal> {
    let mut body = error(422, "Validation Failed");
    body["errors"] = json!([what]);
    Some((422, body))
}

/// What of an answer arrives.
fn damaged(mut answer: Answer, fault: Option<&Fault>) -> Option<Answer> {
    match fault {
        Some(Fault::LoseAnswer { status }) => {
            Some(Answer::new(*status, &error(*status, "Server Error")))
        }
        Some(Fault::Truncate) => {
            answer.body.truncate(answer.body.len() / 2);
            Some(answer)
        }
        Some(Fault::Edit(edit)) => {
            let mut body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
            edit(&mut body);
            answer.body = body.to_string().into_bytes();
            Some(answer)
        }
        Some(Fault::Cut) => None,
        Some(Fault::Answer { .. } | Fault::Hang) | None => Some(answer),
    }
}

/// What the app's token wrote is the app's.
fn correct_app(body: &mut Value) {
    let app = || json!({ "id": 15368, "slug": "github-actions", "name": "GitHub Actions" });
    if let Some(each) = body.as_array_mut() {
        each.iter_mut().for_each(correct_app);
        return;
    }
    if let Some(runs) = body.get_mut("check_runs") {
        correct_app(runs);
    }
    if body["user"]["login"] == BOT && body.get("performed_via_github_app").is_some() {
        body["performed_via_github_app"] = app();
    }
    if body.get("head_sha").is_some() && body.get("check_suite").is_some() {
        body["app"] = app();
    }
}

/// Prism knows no parameter of several segments.
fn of_contract(target: &str) -> String {
    for marker in [
        "/git/ref/",
        "/git/refs/",
        "/git/matching-refs/",
        "/contents/",
        "/branches/",
    ] {
        if let Some((before, after)) = target.split_once(marker) {
            let (name, query) = after.split_once('?').unwrap_or((after, ""));
            let mark = if query.is_empty() { "" } else { "?" };
            return format!("{before}{marker}{}{mark}{query}", name.replace('/', "%2F"));
        }
    }
    target.to_owned()
}

/// Prism does not look into the bodies of these two requests.
fn issue_violations(ask: &Ask) -> Vec<String> {
    let below = ask.below().unwrap_or("");
    let number = below.strip_prefix("/issues/").unwrap_or("");
    let is_new = ask.method == "POST" && below == "/issues";
    let is_change = ask.method == "PATCH" && number.parse::<u64>().is_ok();
    if !is_new && !is_change {
        return Vec::new();
    }
    let Some(fields) = ask.json.as_object() else {
        return vec!["request.body: Request body must be object".to_owned()];
    };
    let one_of =
        |value: &Value, known: &[&str]| value.as_str().is_some_and(|it| known.contains(&it));
    let mut found: Vec<String> = fields
        .iter()
        .filter(|(name, value)| match name.as_str() {
            "title" => !value.is_string(),
            "body" | "type" => !value.is_string() && !value.is_null(),
            "labels" | "assignees" => !value
                .as_array()
                .is_some_and(|all| all.iter().all(Value::is_string)),
            "milestone" => !value.is_u64() && !value.is_null(),
            "state" => is_new || !one_of(value, &["open", "closed"]),
            "state_reason" => {
                is_new
                    || !one_of(
                        value,
                        &["completed", "not_planned", "duplicate", "reopened"],
                    )
            }
            _ => true,
        })
        .map(|(name, _)| format!("request.body.{name}: unknown, or not of its type"))
        .collect();
    if is_new && !fields.contains_key("title") {
        found.push("request.body: Request body must have required property 'title'".to_owned());
    }
    found
}

impl Ask {
    fn read(stream: &TcpStream) -> Result<Option<Self>, Error> {
        let mut reader = BufReader::new(stream);
        let (first, headers) = head(&mut reader)?;
        let mut words = first.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Ok(None);
        };
        let body = body_of(&mut reader, &headers, false)?;
        Ok(Some(Self {
            method: method.to_owned(),
            target: target.to_owned(),
            path: target.split('?').next().unwrap_or(target).to_owned(),
            json: serde_json::from_slice(&body).unwrap_or(Value::Null),
            headers,
            body,
        }))
    }

    /// The path behind the repository's.
    fn below(&self) -> Option<&str> {
        self.path.strip_prefix("/repos/")?.strip_prefix(REPOSITORY)
    }

    /// An installation's token is one of these.
    fn is_app(&self) -> bool {
        self.token().is_some_and(|token| token.starts_with("ghs_"))
    }

    fn token(&self) -> Option<&str> {
        let given = find(&self.headers, "authorization")?;
        given.split_once(' ').map(|(_, token)| token)
    }
}

impl Answer {
    fn new(status: u16, body: &Value) -> Self {
        let kind = "application/json; charset=utf-8";
        Self {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    fn write(&self, stream: &mut TcpStream) -> Result<(), Error> {
        let mut head = format!("HTTP/1.1 {} -\r\n", self.status);
        for (name, value) in of_content(&self.headers) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("connection: close\r\n\r\n");
        stream.write_all(&[head.as_bytes(), &self.body].concat())
    }
}

/// One request on a connection of its own.
fn exchange(
    port: u16,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Answer, Error> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let mut head_text = format!("{method} {target} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n");
    for (name, value) in of_content(headers) {
        head_text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head_text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head_text.push_str("connection: close\r\n\r\n");
    stream.write_all(&[head_text.as_bytes(), body].concat())?;
    let mut reader = BufReader::new(&stream);
    let (first, headers) = head(&mut reader)?;
    let status = first
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().map_or(None, Some));
    let status = status.ok_or_else(|| Error::other(first))?;
    let is_empty = status == 204 || status == 304;
    let body = if is_empty {
        Vec::new()
    } else {
        body_of(&mut reader, &headers, true)?
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// The headers that are not of a connection.
fn of_content(headers: &[(String, String)]) -> impl Iterator<Item = &(String, String)> {
    let of_connection = [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "transfer-encoding",
    ];
    headers
        .iter()
        .filter(move |(name, _)| !of_connection.contains(&name.as_str()))
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|(one, _)| one == name);
    header.map(|(_, value)| value.as_str())
}

/// The first line, and the headers with small names.
fn head(reader: &mut BufReader<&TcpStream>) -> Result<(String, Vec<(String, String)>), Error> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Ok((first.trim_end().to_owned(), headers));
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// The body, by its length, by its chunks, or to the connection's end.
fn body_of(
    reader: &mut BufReader<&TcpStream>,
    headers: &[(String, String)],
    to_end: bool,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    if find(headers, "transfer-encoding").is_some() {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let length = u64::from_str_radix(line.trim(), 16).map_err(Error::other)?;
            reader.by_ref().take(length).read_to_end(&mut bytes)?;
            reader.read_line(&mut line)?;
            if length == 0 {
                return Ok(bytes);
            }
        }
    }
    match find(headers, "content-length") {
        Some(length) => {
            let length: u64 = length.parse().map_err(Error::other)?;
            reader.take(length).read_to_end(&mut bytes)?;
        }
        None if to_end => drop(reader.read_to_end(&mut bytes)?),
        None => {}
    }
    Ok(bytes)
}

/// A process of Node that listens.
struct Double {
    /// It ends when its standard input does.
    child: Child,
    port: u16,
}

impl Double {
    fn start(program: &str, args: &[&str]) -> Self {
        let folder = installed();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new("node")
            .arg("--require")
            .arg(root.join("tests/fixtures/github/loopback.cjs"))
            .arg(folder.join("node_modules").join(program))
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node is installed");
        let stdout = child.stdout.take().unwrap();
        let (said, port) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(port) = line.strip_prefix("loopback ") {
                    drop(said.send(port.parse::<u16>()));
                }
            }
        });
        let port = port.recv_timeout(DEADLINE);
        let port = port.unwrap_or_else(|_| panic!("{program} does not listen"));
        Self {
            child,
            port: port.unwrap(),
        }
    }
}

/// The app of GitHub's own runner: its key, and a token with which it asks for tokens.
fn app() -> Value {
    static APP: OnceLock<Value> = OnceLock::new();
    let made = APP.get_or_init(|| {
        let output = Command::new("node").args(["-e", SIGN]).output();
        let output = output.expect("Node is installed");
        serde_json::from_slice(&output.stdout).expect("it says a key and a token")
    });
    made.clone()
}

fn seed_of(app: &Value) -> Value {
    let users = USERS.map(|(user, _)| user);
    let users = users.into_iter().chain(["owner", "stranger"]);
    let tokens: BTreeMap<String, Value> = users
        .clone()
        .map(|user| (token_of(user), json!({ "login": user, "scopes": ["repo"] })))
        .collect();
    let users: Vec<Value> = users.map(|user| json!({ "login": user })).collect();
    let (owner, name) = REPOSITORY.split_once('/').unwrap();
    json!({
        "tokens": tokens,
        "github": {
            "users": users,
            "orgs": [{ "login": owner, "members": [{ "login": "owner", "role": "admin" }] }],
            "repos": [{ "owner": owner, "name": name, "default_branch": "main", "private": true }],
            "apps": [{
                "app_id": 15368,
                "slug": "github-actions",
                "name": "GitHub Actions",
                "private_key": app["key"],
                "permissions": {
                    "actions": "read",
                    "checks": "write",
                    "contents": "write",
                    "issues": "write",
                    "metadata": "read",
                    "pull_requests": "write",
                },
                "installations": [{
                    "installation_id": 100,
                    "account": owner,
                    "repository_selection": "all",
                }],
            }],
        },
    })
}

/// The port of Prism, which is one for all tests: it only judges, and what it passes on goes nowhere.
fn prism() -> u16 {
    static PRISM: OnceLock<Double> = OnceLock::new();
    let prism = PRISM.get_or_init(|| {
        let nowhere = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", nowhere.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in nowhere.incoming() {
                std::thread::spawn(move || {
                    let mut stream = stream?;
                    Ask::read(&stream)?;
                    Answer::new(200, &json!({})).write(&mut stream)
                });
            }
        });
        let cli = "@stoplight/prism-cli/dist/index.js";
        Double::start(
            cli,
            &["proxy", "contract.json", &url, "--verboseLevel", "fatal"],
        )
    });
    prism.port
}

/// The folder of the packages and the contract.
/// Where the packages are.
pub(crate) fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        (LOCK, ROUTES).hash(&mut hasher);
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let installed = parent.join(format!("github-{:016x}", hasher.finish()));
        if !installed.exists() {
            let partial = tempfile::tempdir_in(parent).unwrap();
            install(partial.path());
            // Complete or absent, also when two runs install at once.
            if std::fs::rename(partial.path(), &installed).is_ok() {
                drop(partial.keep());
            }
        }
        installed
    })
}

fn install(folder: &Path) {
    std::fs::write(folder.join("package.json"), PACKAGE).unwrap();
    std::fs::write(folder.join("package-lock.json"), LOCK).unwrap();
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output()
        .expect("npm is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let contract = std::fs::read(folder.join(CONTRACT)).unwrap();
    let contract = cut(serde_json::from_slice(&contract).unwrap());
    std::fs::write(folder.join("contract.json"), contract.to_string()).unwrap();
    // 370 MB of other contracts.
    std::fs::remove_dir_all(folder.join("node_modules/@octokit")).unwrap();
}

/// The contract of the requests that are kept, with no field that it does not name.
fn cut(mut contract: Value) -> Value {
    let mut paths = contract["paths"].take();
    let kept = paths.as_object_mut().expect("it has paths");
    kept.retain(|path, _| {
        let below = path.strip_prefix("/repos/{owner}/{repo}");
        path == "/user"
            || below.is_some_and(|below| {
                ROUTES.iter().any(|route| {
                    let rest = below.strip_prefix(route);
                    rest.is_some_and(|rest| {
                        rest.is_empty() || (!route.is_empty() && rest.starts_with('/'))
                    })
                })
            })
    });
    let operations = kept.values_mut().filter_map(Value::as_object_mut);
    for operation in operations.flat_map(serde_json::Map::values_mut) {
        if operation.get("responses").is_some() {
            operation["responses"] = json!({ "default": { "description": "any" } });
        }
        let schema = "/requestBody/content/application~1json/schema";
        if let Some(schema) = operation.pointer_mut(schema) {
            close(schema);
        }
    }
    let mut components = json!({});
    let mut wanted = references(&paths);
    while let Some(name) = wanted.pop() {
        let pointer = name.trim_start_matches('#');
        let mut words = pointer.split('/').skip(2);
        if let (Some(kind), Some(name)) = (words.next(), words.next()) {
            let found = contract
                .pointer(pointer)
                .expect("a reference leads somewhere");
            if components[kind].get(name).is_none() {
                wanted.extend(references(found));
                components[kind][name] = found.clone();
            }
        }
    }
    json!({
        "openapi": contract["openapi"],
        "info": contract["info"],
        "servers": contract["servers"],
        "paths": paths,
        "components": components,
    })
}

/// Refuses fields without a name in the schema.
fn close(schema: &mut Value) {
    if let Some(items) = schema.get_mut("items") {
        close(items);
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(close);
        if schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = false.into();
        }
    }
}

/// All references in a part of the contract.
fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Array(parts) => parts.iter().flat_map(references).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(reference) if name == "$ref" => vec![reference.to_owned()],
                Some(_) | None => references(value),
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut bits = [0; 4];
        for (to, from) in bits.iter_mut().skip(1).zip(chunk) {
            *to = *from;
        }
        let bits = u32::from_be_bytes(bits);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            let letter = LETTERS.get(index as usize).unwrap();
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(*letter)
            });
        }
    }
    text
}

fn decoded(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text.bytes() {
        if let Some(value) = LETTERS.iter().position(|letter| *letter == byte) {
            bits = (bits << 6) | u32::try_from(value).unwrap();
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from((bits >> count) & 255).unwrap());
            }
        }
    }
    bytes
}
