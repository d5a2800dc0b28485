//! The tests' own small language: a repository with one stack, and runs of the real binary in it.

#![expect(
    clippy::disallowed_methods,
    reason = "tests start the binary as a user does"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lightsout::perimeter::import::{File, Limits, Mode, RelPath, Tree, import, open_folder};
use lightsout::perimeter::repository::Repository;

/// The passphrase of the stacks' secrets.
pub(crate) const PASSPHRASE: &str = "correct-horse-battery-staple";

/// Installs the tools once, before the binary would.
pub(crate) fn tools() {
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(async { drop(super::tools().await) });
}

pub(crate) const LONGER: &str = "sed -i 's/days: ${logRetentionDays}/days: 180/' Pulumi.yaml";

/// A repository that is being put together.
pub(crate) struct Factory {
    stack: String,
    path: String,
    autonomy: String,
    packages: String,
    policies: String,
    holdouts: bool,
    state: String,
    minutes: u32,
    budget: Option<String>,
    extra: String,
    top: String,
    files: BTreeMap<String, Vec<u8>>,
}

/// A repository on the disk.
pub(crate) struct Site {
    _folder: tempfile::TempDir,
    pub(crate) top: PathBuf,
    pub(crate) stack: String,
    /// What its first commit holds.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    environment: Vec<(String, String)>,
}

/// What a run of the binary left.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// The same, where something else is still to be looked at.
    #[track_caller]
    pub(crate) fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }
}

/// A repository with a stack of this repository.
pub(crate) fn factory(stack: &str, path: &str) -> Factory {
    Factory {
        stack: stack.to_owned(),
        path: path.to_owned(),
        autonomy: "auto".to_owned(),
        packages: "{ aws: { provider: twin } }".to_owned(),
        policies: "policy-packs/aws-baseline".to_owned(),
        holdouts: true,
        state: "file://./state".to_owned(),
        minutes: 5,
        budget: None,
        extra: String::new(),
        top: String::new(),
        files: BTreeMap::new(),
    }
}

impl Factory {
    /// The agent: a shell script that edits the program.
    pub(crate) fn agent(self, script: &str) -> Self {
        let script = format!("#!/bin/sh\nset -e\nprompt=$(cat)\n{script}\n");
        let mut this = self.file("agents/agent.sh", &script);
        this.extra.push_str(
            "    agent: { command: [/bin/sh, /agent/agent.sh], files: agents, minutes: 1 }\n",
        );
        this
    }

    pub(crate) fn autonomy(mut self, level: &str) -> Self {
        self.autonomy = level.to_owned();
        self
    }

    pub(crate) fn packages(mut self, packages: &str) -> Self {
        self.packages = packages.to_owned();
        self
    }

    /// Where the state is kept.
    pub(crate) fn state(mut self, url: &str) -> Self {
        self.state = url.to_owned();
        self
    }

    /// The whole run's budget of time.
    pub(crate) fn minutes(mut self, minutes: u32) -> Self {
        self.minutes = minutes;
        self
    }

    /// The whole budget, in place of one attempt and its minutes.
    pub(crate) fn budget(mut self, budget: &str) -> Self {
        self.budget = Some(budget.to_owned());
        self
    }

    /// The folder of the one policy pack.
    pub(crate) fn policies(mut self, path: &str) -> Self {
        self.policies = path.to_owned();
        self
    }

    pub(crate) fn without_holdouts(mut self) -> Self {
        self.holdouts = false;
        self
    }

    /// One more line of the stack's configuration.
    pub(crate) fn line(mut self, line: &str) -> Self {
        self.extra.push_str(&format!("    {line}\n"));
        self
    }

    /// One more line at the top of the configuration.
    pub(crate) fn top(mut self, line: &str) -> Self {
        self.top.push_str(&format!("{line}\n"));
        self
    }

    /// A file of the repository; it replaces one of the stack's.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.as_bytes().to_vec());
        self
    }

    /// Writes and commits the repository.
    pub(crate) fn build(self) -> Site {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = BTreeMap::new();
        let holdouts = format!("holdouts/{}", self.stack);
        for folder in [
            self.path.as_str(),
            self.policies.as_str(),
            holdouts.as_str(),
        ] {
            if root.join(folder).is_dir() {
                use std::os::fd::AsFd as _;
                let limits = Limits {
                    leave_out: vec!["node_modules".to_owned()],
                    ..Limits::default()
                };
                let tree =
                    import(open_folder(&root.join(folder)).unwrap().as_fd(), &limits).unwrap();
                for (path, file) in tree.files() {
                    files.insert(format!("{folder}/{path}"), file.bytes().to_vec());
                }
            }
        }
        files.extend(self.files.clone());
        let mut config = format!(
            "version: 1\nstacks:\n  - name: {}\n    path: {}\n    autonomy: {}\n    policies: [{}]\n    state: {{ url: '{}' }}\n    packages: {}\n    budget: {}\n",
            self.stack,
            self.path,
            self.autonomy,
            self.policies,
            self.state,
            self.packages,
            self.budget
                .unwrap_or_else(|| { format!("{{ attempts: 1, minutes: {} }}", self.minutes) })
        );
        if self.holdouts {
            config.push_str(&format!("    holdouts: {{ source: {holdouts} }}\n"));
        }
        config.push_str(&self.extra);
        config.push_str(&self.top);
        // A test may bring its own.
        let name = "lightsout.yaml".to_owned();
        files.entry(name).or_insert_with(|| config.into_bytes());
        let mut tree = Tree::new();
        for (path, bytes) in &files {
            tree.add(
                RelPath::new(path).unwrap(),
                File::new(Mode::Plain, bytes.clone()),
            )
            .unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap().join("repository");
        std::fs::create_dir(&top).unwrap();
        Repository::begin(&top, &tree, 1_700_000_000).unwrap();
        for (path, bytes) in &files {
            let target = top.join(path);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::write(target, bytes).unwrap();
        }
        std::fs::write(top.join("order.md"), "Do what the tests ask for.\n").unwrap();
        Site {
            _folder: folder,
            top,
            stack: self.stack,
            files,
            environment: Vec::new(),
        }
    }
}

impl Site {
    /// One more variable for the binary.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the binary another passphrase; the one before.
    pub(crate) fn with_passphrase(&mut self, passphrase: &str) -> String {
        let name = "PULUMI_CONFIG_PASSPHRASE".to_owned();
        let before = self.environment.iter().rfind(|(known, _)| *known == name);
        let before = before.map_or_else(|| PASSPHRASE.to_owned(), |(_, value)| value.clone());
        self.environment.push((name, passphrase.to_owned()));
        before
    }

    /// Runs the binary here, with nothing in its environment but what it needs.
    pub(crate) fn lightsout(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    /// The binary, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_lightsout").as_ref(), arguments)
    }

    /// A program that is started as the binary is.
    pub(crate) fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.top)
            .env_clear()
            .env("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE);
        for (name, value) in std::env::vars_os() {
            // What a user's machine needs to reach its registries.
            let known = [
                "PATH",
                "HOME",
                "NODE_EXTRA_CA_CERTS",
                "SSL_CERT_FILE",
                "SSL_CERT_DIR",
            ];
            let text = name.to_string_lossy();
            let keep = known.iter().any(|known| name == *known)
                || ["PIP_", "NPM_CONFIG_", "npm_config_"]
                    .iter()
                    .any(|prefix| text.starts_with(prefix));
            if keep {
                command.env(name, value);
            }
        }
        command.env("LIGHTSOUT_HOME", super::home());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A whole run of the stack, as JSON.
    pub(crate) fn run(&self) -> Ran {
        self.lightsout(&[
            "--format",
            "json",
            "run",
            "--stack",
            &self.stack,
            "--spec",
            "order.md",
        ])
    }

    /// A whole run on somebody else's change.
    pub(crate) fn judge(&self, proposal: &Path) -> Ran {
        let proposal = proposal.to_str().unwrap();
        self.lightsout(&[
            "--format",
            "json",
            "run",
            "--stack",
            &self.stack,
            "--spec",
            "order.md",
            "--proposal",
            proposal,
        ])
    }

    /// A copy of the stack's folder with one file changed.
    pub(crate) fn proposal(&self, path: &str, change: impl Fn(&str) -> String) -> PathBuf {
        let from = self.top.join("stacks").join(self.folder());
        let to = self.top.join(".proposal");
        if to.exists() {
            std::fs::remove_dir_all(&to).unwrap();
        }
        std::fs::create_dir(&to).unwrap();
        for entry in std::fs::read_dir(&from).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        let before = if to.join(path).exists() {
            std::fs::read_to_string(to.join(path)).unwrap()
        } else {
            String::new()
        };
        std::fs::write(to.join(path), change(&before)).unwrap();
        to
    }

    fn folder(&self) -> String {
        std::fs::read_dir(self.top.join("stacks"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .file_name()
            .into_string()
            .unwrap()
    }

    /// Merges the branch of a run's report, as a person does.
    pub(crate) fn merge(&self, report: &serde_json::Value) {
        let commit = report.pointer("/landing/commit").unwrap().as_str().unwrap();
        let head = std::fs::read_to_string(self.top.join(".git/HEAD")).unwrap();
        let branch = head.trim().strip_prefix("ref: ").unwrap();
        std::fs::write(self.top.join(".git").join(branch), format!("{commit}\n")).unwrap();
    }

    /// No file that a run has left holds this text.
    #[track_caller]
    pub(crate) fn holds_no(&self, secret: &str) {
        let mut folders = [".lightsout", "state"]
            .map(|name| self.top.join(name))
            .to_vec();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = std::fs::read(entry.path()).unwrap();
                let found = bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes());
                assert!(!found, "{} holds a secret", entry.path().display());
            }
        }
    }

    /// The state's resources, straight from the backend's file.
    pub(crate) fn resources(&self) -> Vec<serde_json::Value> {
        let stacks = self.top.join("state/.pulumi/stacks");
        let Ok(projects) = std::fs::read_dir(&stacks) else {
            return Vec::new();
        };
        let project = projects.map(|entry| entry.unwrap().path()).next().unwrap();
        let bytes = std::fs::read(project.join(format!("{}.json", self.stack))).unwrap();
        let state: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let deployment = state
            .pointer("/checkpoint/latest/resources")
            .and_then(|list| list.as_array().cloned());
        deployment.unwrap_or_default()
    }
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
