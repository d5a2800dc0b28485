//! Starts the real command line on a copy of a stack.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lightsout::engine::twin::{PACKAGE, Twin};
use lightsout::perimeter::sandbox::End;
use lightsout::perimeter::tools::{self, Invocation, Tool};
use serde_json::Value;

use crate::support;

const PASSPHRASE: &str = "correct-horse-battery-staple";

/// Time for one command: many times what it takes.
const DEADLINE: Duration = Duration::from_secs(120);

/// Bytes of one command's output: many times what it prints.
const OUTPUT_BYTES_MAX: usize = 16 << 20;

/// A copy of a stack with a backend of its own and a twin.
pub(crate) struct Project {
    pulumi: Tool,
    yaml: Tool,
    folder: tempfile::TempDir,
    stack: &'static str,
    port: u16,
    server: tokio::task::JoinHandle<()>,
    /// The account that everything is made in.
    pub(crate) twin: Twin,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) end: End,
}

impl Ended {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.end, End::Exited(0), "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.ok()).expect("JSON on stdout")
    }
}

impl Project {
    /// A stack of `stacks/`, with an empty state.
    pub(crate) async fn new(source: &str, stack: &'static str) -> Self {
        let tools = support::tools().await;
        let pulumi = tools.locate("pulumi").await.unwrap();
        let yaml = tools.locate("pulumi-language-yaml").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["backend", "home", "program"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(root.join("stacks").join(source)).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(
                entry.path(),
                folder.path().join("program").join(entry.file_name()),
            )
            .unwrap();
        }
        let twin = Twin::new([7; 32]).unwrap();
        let (port, server) = serve(&twin);
        let project = Self {
            pulumi,
            yaml,
            folder,
            stack,
            port,
            server,
            twin,
        };
        // The stack's own file holds the salt already; `init` must not write another one.
        project.run(&["stack", "init", "--stack", stack]).await.ok();
        project
    }

    /// A path in the program's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("program").join(name)
    }

    /// Replaces text that must be there in the program.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file(file)).unwrap();
        assert!(text.contains(from), "`{from}` is not in {file}");
        std::fs::write(self.file(file), text.replace(from, to)).unwrap();
    }

    /// Another process, hence another, empty twin, on the same state.
    pub(crate) async fn with_another_twin(mut self) -> Self {
        self.twin = Twin::new([8; 32]).unwrap();
        self.server.abort();
        (self.port, self.server) = serve(&self.twin);
        self
    }

    /// What the engine would do, by its count of operations.
    pub(crate) async fn preview(&self) -> Value {
        self.run(&[
            "preview",
            "--json",
            "--show-sames",
            "--show-replacement-steps",
            "--stack",
            self.stack,
        ])
        .await
        .json()
    }

    /// Updates the stack; its summary of operations.
    pub(crate) async fn up(&self) -> Value {
        self.run(&["up", "--yes", "--skip-preview", "--stack", self.stack])
            .await
            .ok();
        self.export().await
    }

    pub(crate) async fn destroy(&self) {
        self.run(&["destroy", "--yes", "--skip-preview", "--stack", self.stack])
            .await
            .ok();
    }

    /// The state, secrets as ciphertext.
    pub(crate) async fn export(&self) -> Value {
        self.run(&["stack", "export", "--stack", self.stack])
            .await
            .json()
    }

    pub(crate) async fn outputs(&self) -> Value {
        self.run(&["stack", "output", "--json", "--stack", self.stack])
            .await
            .json()
    }

    /// Runs the command line and waits.
    pub(crate) async fn run(&self, args: &[&str]) -> Ended {
        let at = |name: &str| self.folder.path().join(name).into_os_string();
        let backend = format!("file://{}", self.folder.path().join("backend").display());
        let attached = format!("{PACKAGE}:{}", self.port);
        let env: [(&str, OsString); 10] = [
            ("PATH", self.yaml.path().parent().unwrap().into()),
            ("HOME", at("home")),
            ("PULUMI_HOME", at("home")),
            ("PULUMI_BACKEND_URL", backend.into()),
            ("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE.into()),
            ("PULUMI_SKIP_UPDATE_CHECK", "true".into()),
            ("PULUMI_AUTOMATION_API", "true".into()),
            ("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true".into()),
            ("PULUMI_DISABLE_REGISTRY_RESOLVE", "true".into()),
            ("PULUMI_DEBUG_PROVIDERS", attached.into()),
        ];
        let fixed = ["--non-interactive", "--color", "never"];
        let invocation = Invocation {
            program: (&self.pulumi).into(),
            args: fixed.iter().chain(args).map(OsString::from).collect(),
            env: env.map(|(name, value)| (name.into(), value)).into(),
            cwd: self.folder.path().join("program"),
            stdin: Vec::new(),
            deadline: DEADLINE,
            output_bytes_max: OUTPUT_BYTES_MAX,
        };
        let output = tools::run(invocation).await.unwrap();
        Ended {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            end: output.end,
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn serve(twin: &Twin) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let twin = twin.clone();
    let served = async move { twin.serve(listener, std::future::pending()).await.unwrap() };
    (port, tokio::spawn(served))
}
