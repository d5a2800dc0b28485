//! A repository here and on GitHub, and somebody who asks for work there.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::factory::{Factory, LONGER, Ran, Site, factory, tools};
use crate::support::github::{Blob, Commit, Files, GitHub, REPOSITORY};

pub(crate) const LABEL: &str = "infra:fix";
pub(crate) const ROUTES: &str = "routes: [{ label: 'infra:fix', allow: [write, maintain, admin] }]";
const LABELLED: &str = include_str!("../../fixtures/github/events/issues.labeled.json");
const COMMENTED: &str = include_str!("../../fixtures/github/events/issue_comment.created.json");
const PROPOSED: &str = include_str!("../../fixtures/github/events/pull_request.opened.json");

pub(crate) struct World {
    pub(crate) github: GitHub,
    pub(crate) site: Site,
    pub(crate) number: u64,
}

/// What the workflow's step hears.
pub(crate) struct Heard {
    pub(crate) ran: Ran,
    outputs: String,
}

impl Heard {
    /// One output of the step.
    #[track_caller]
    pub(crate) fn output(&self, name: &str) -> &str {
        let start = format!("{name}<<");
        let mut lines = self.outputs.lines();
        lines
            .find(|line| line.starts_with(&start))
            .and_then(|_| lines.next())
            .unwrap_or_else(|| panic!("no output `{name}`: {}\n{}", self.outputs, self.ran.stderr))
    }
}

/// The demo's stack with an agent and a route.
pub(crate) fn stack() -> Factory {
    stack_by(LONGER)
}

/// The same, with this agent.
pub(crate) fn stack_by(agent: &str) -> Factory {
    factory("site-demo", "stacks/site").agent(agent).top(ROUTES)
}

impl World {
    /// An issue of `writer`, with the label.
    pub(crate) fn new(factory: Factory) -> Self {
        Self::asked(factory, "writer", "Keep the logs for half a year.")
    }

    pub(crate) fn asked(factory: Factory, author: &str, text: &str) -> Self {
        tools();
        let github = GitHub::start();
        let site = factory.build();
        let files: Files = site
            .files
            .iter()
            .map(|(path, bytes)| {
                let blob = Blob {
                    bytes: bytes.clone(),
                    is_executable: false,
                };
                (path.clone(), blob)
            })
            .collect();
        // The commit that the repository here begins with.
        let commit = github.commit(&Commit {
            files: &files,
            message: "the stack, its policies and its scenarios\n",
            by: ("lightsout", "lightsout@localhost", "2023-11-14T22:13:20Z"),
            parents: &[],
        });
        github.point("heads/main", &commit);
        let number = github.issue(author, "Logs are kept too short", text, &[LABEL]);
        let site = site
            .variable("GITHUB_ACTIONS", "true")
            .variable("GITHUB_API_URL", &github.url())
            .variable("GITHUB_TOKEN", github.token())
            .variable("GITHUB_REPOSITORY", REPOSITORY)
            .variable("GITHUB_SERVER_URL", "https://github.example")
            .variable("GITHUB_RUN_ID", "4711");
        let world = Self {
            github,
            site,
            number,
        };
        assert_eq!(world.here(), commit, "the two repositories begin alike");
        world
    }

    /// Checks out a commit that GitHub has: its objects come here, and the branch points to it.
    pub(crate) fn check_out(&self, commit: &str) {
        use lightsout::perimeter::import::{File, Folder, Mode, RelPath, Tree};
        use lightsout::perimeter::repository::Repository;
        let repository = Repository::open(&self.site.top).unwrap();
        let base = repository.base().unwrap();
        let mut tree = Tree::new();
        for (path, blob) in self.github.files(commit) {
            let file = File::new(Mode::Plain, blob.bytes);
            tree.add(RelPath::new(&path).unwrap(), file).unwrap();
        }
        repository.write_tree(&base, &Folder::TOP, &tree).unwrap();
        let there = self.github.get(&format!("./git/commits/{commit}"));
        let id = |value: &Value| value["sha"].as_str().unwrap().parse().unwrap();
        let by = |value: &Value| {
            let time: jiff::Timestamp = value["date"].as_str().unwrap().parse().unwrap();
            gix::actor::Signature {
                name: value["name"].as_str().unwrap().into(),
                email: value["email"].as_str().unwrap().into(),
                time: gix::date::Time::new(time.as_second(), 0),
            }
        };
        let object = gix::objs::Commit {
            tree: id(&there["tree"]),
            parents: there["parents"]
                .as_array()
                .unwrap()
                .iter()
                .map(id)
                .collect(),
            author: by(&there["author"]),
            committer: by(&there["committer"]),
            encoding: None,
            message: there["message"].as_str().unwrap().into(),
            extra_headers: Vec::new(),
        };
        let git = gix::open(&self.site.top).unwrap();
        let written = git.write_object(&object).unwrap();
        assert_eq!(written.to_string(), commit);
        std::fs::write(self.site.top.join(".git/refs/heads/main"), commit).unwrap();
    }

    /// Puts the label on the issue once more.
    pub(crate) fn label(&self) {
        let path = format!("./issues/{}/labels", self.number);
        let label = json!({ "labels": [LABEL] });
        assert_eq!(self.github.send("POST", &path, &label).0, 200);
    }

    /// The commit that is checked out.
    pub(crate) fn here(&self) -> String {
        let git = self.site.top.join(".git");
        let head = std::fs::read_to_string(git.join("HEAD")).unwrap();
        let name = head.trim().strip_prefix("ref: ").unwrap();
        let id = std::fs::read_to_string(git.join(name)).unwrap();
        id.trim().to_owned()
    }

    fn account(&self, login: &str) -> Value {
        self.github.get(&format!("/users/{login}"))
    }

    fn repository(&self, payload: &mut Value) {
        payload["repository"]["full_name"] = json!(REPOSITORY);
        payload["repository"]["default_branch"] = json!("main");
    }

    /// GitHub's payload of a label that `maintainer` has put on the issue.
    pub(crate) fn labelled(&self) -> Value {
        let mut payload: Value = serde_json::from_str(LABELLED).unwrap();
        self.repository(&mut payload);
        payload["sender"] = self.account("maintainer");
        payload["label"]["name"] = json!(LABEL);
        payload["issue"] = self.github.get(&format!("./issues/{}", self.number));
        payload
    }

    /// GitHub's payload of a comment.
    pub(crate) fn commented(&self, login: &str, text: &str) -> Value {
        let mut payload: Value = serde_json::from_str(COMMENTED).unwrap();
        self.repository(&mut payload);
        payload["sender"] = self.account(login);
        payload["comment"]["body"] = json!(text);
        payload["issue"] = self.github.get(&format!("./issues/{}", self.number));
        payload
    }

    /// GitHub's payload of a pull request.
    pub(crate) fn proposed(&self, number: u64) -> Value {
        let mut payload: Value = serde_json::from_str(PROPOSED).unwrap();
        self.repository(&mut payload);
        let pull = self.github.get(&format!("./pulls/{number}"));
        payload["sender"] = pull["user"].clone();
        payload["pull_request"] = pull;
        payload
    }

    fn start(
        &self,
        command: &str,
        event: &str,
        payload: &Value,
        more: &[&str],
    ) -> (std::process::Command, PathBuf) {
        let folder = tempfile::tempdir_in(&self.site.top).unwrap().keep();
        let (path, outputs) = (folder.join("event.json"), folder.join("outputs"));
        std::fs::write(&path, payload.to_string()).unwrap();
        let mut child = self
            .site
            .command(&[&["--format", "json", command], more].concat());
        child
            .env("GITHUB_EVENT_NAME", event)
            .env("GITHUB_EVENT_PATH", &path)
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_STEP_SUMMARY", folder.join("summary"));
        (child, outputs)
    }

    /// Runs a command for an event.
    pub(crate) fn hear(&self, command: &str, event: &str, payload: &Value, more: &[&str]) -> Heard {
        let (mut child, outputs) = self.start(command, event, payload, more);
        let ran = crate::support::factory::ran(child.output().unwrap());
        Heard {
            outputs: std::fs::read_to_string(outputs).unwrap(),
            ran,
        }
    }

    /// Does the work for the label, with something going on meanwhile.
    pub(crate) fn work_while(&self, meanwhile: impl FnOnce(&Self)) -> Heard {
        use std::process::Stdio;
        let (mut child, outputs) = self.start("work", "issues", &self.labelled(), &[]);
        let child = child
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        meanwhile(self);
        let ran = crate::support::factory::ran(child.wait_with_output().unwrap());
        Heard {
            outputs: std::fs::read_to_string(outputs).unwrap(),
            ran,
        }
    }

    /// Does the work for the label.
    pub(crate) fn work(&self) -> Heard {
        self.work_while(|_| ())
    }

    /// The one comment on the issue.
    #[track_caller]
    pub(crate) fn comment(&self) -> String {
        let comments = self.github.comments(self.number);
        assert_eq!(comments.len(), 1, "{comments:?}");
        comments[0]["body"].as_str().unwrap().to_owned()
    }

    /// No request broke GitHub's contract, and no claim is left.
    #[track_caller]
    pub(crate) fn is_clean(&self) {
        assert_eq!(self.github.violations(), Vec::<String>::new());
        let refs = self.github.refs("heads/");
        let left = refs.keys().any(|name| name.contains("lightsout-claim"));
        assert!(!left, "{refs:?}");
    }

    /// Waits until GitHub was asked for something.
    #[track_caller]
    pub(crate) fn wait_for(&self, method: &str, part: &str, times: usize) {
        let is_this = |method: &str, part: &str| {
            let requests = self.github.requests();
            let these = requests
                .iter()
                .filter(|it| it.method == method && it.path.contains(part));
            these.count() >= times
        };
        let began = std::time::Instant::now();
        while !is_this(method, part) {
            assert!(
                began.elapsed().as_secs() < 300,
                "nobody asked {method} {part}"
            );
            // It waits for a request, not for a time: this only keeps a core free meanwhile.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// One file of a commit on GitHub.
    pub(crate) fn file(&self, commit: &str, path: &str) -> String {
        String::from_utf8(self.github.files(commit)[path].bytes.clone()).unwrap()
    }
}
