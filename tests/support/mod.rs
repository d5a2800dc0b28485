//! What the test targets share: the machine, and one home folder with the real tools in it.

#![expect(
    clippy::disallowed_methods,
    reason = "tests stand where the configuration stands: they read the environment once, here"
)]

pub(crate) mod factory;
pub(crate) mod github;
pub(crate) mod model;
pub(crate) mod moto;
pub(crate) mod provider;

use std::path::{Path, PathBuf};

use lightsout::perimeter::tools::{Lock, Machine, Origin, Reporter, Tools, is_forwarded};

/// The engine, the YAML host, and OPA.
pub(crate) const TOOLS: [&str; 3] = ["pulumi", "pulumi-language-yaml", "opa"];

/// This machine, as the tests were started on it.
pub(crate) fn machine() -> Machine {
    Machine {
        path: std::env::var_os("PATH").expect("PATH is set"),
        home: std::env::var_os("HOME").expect("HOME is set").into(),
        forwarded: std::env::vars_os()
            .filter(|(name, _)| name.to_str().is_some_and(is_forwarded))
            .collect(),
        proxy: std::env::var("HTTPS_PROXY").map_or(None, Some),
    }
}

/// The cargo target folder.
pub(crate) fn target() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target.expect("it has a parent").to_path_buf()
}

/// The home folder of all tests: `LIGHTSOUT_HOME`, or one in the target folder.
pub(crate) fn home() -> PathBuf {
    std::env::var_os("LIGHTSOUT_HOME")
        .map_or_else(|| target().join("lightsout-home"), PathBuf::from)
}

/// The real tools, installed once: whoever comes first installs, the others wait. Nothing happens where they are.
pub(crate) async fn tools() -> Tools {
    let lock = Lock::built_in().expect("the compiled-in lock is one");
    let tools =
        Tools::open(&home(), lock, machine(), Origin::Home).expect("the home folder can be made");
    let reporter = Reporter::lines(Box::new(std::io::stderr()));
    tools
        .install(&TOOLS, None, &|event| reporter.report(event))
        .await
        .expect("the tools can be installed");
    tools
}
