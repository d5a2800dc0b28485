//! The compiled-in lock, installed for real and started.

use std::path::Path;
use std::time::Duration;

use lightsout::perimeter::tools::{
    Error, Invocation, Lock, Origin, Output, Reporter, Source, Tool, Tools, run,
};

use crate::support;
use crate::support::factory::factory;

async fn said(tool: &Tool, args: &[&str]) -> Output {
    run(Invocation {
        program: tool.into(),
        args: args.iter().map(Into::into).collect(),
        env: vec![
            ("HOME".into(), env!("CARGO_TARGET_TMPDIR").into()),
            ("PULUMI_SKIP_UPDATE_CHECK".into(), "true".into()),
        ],
        cwd: Path::new("/").to_path_buf(),
        stdin: vec![],
        deadline: Duration::from_secs(60),
        output_bytes_max: 100_000,
    })
    .await
    .expect("it starts")
}

#[tokio::test]
async fn the_tools_of_the_lock_are_what_they_say() {
    let tools = support::tools().await;
    let pulumi = tools.locate("pulumi").await.unwrap();
    let output = said(&pulumi, &["version"]).await.success().unwrap();
    let version = format!("v{}\n", pulumi.version());
    assert_eq!(String::from_utf8_lossy(&output.stdout), version);
    let opa = tools.locate("opa").await.unwrap();
    let output = said(&opa, &["version"]).await.success().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.starts_with(&format!("Version: {}\n", opa.version())),
        "{text}"
    );
    // It is here to compile policies.
    let folder = tempfile::tempdir().unwrap();
    let (policy, bundle) = (folder.path().join("p.rego"), folder.path().join("b.tar.gz"));
    std::fs::write(&policy, "package p\n\ndeny if input.x\n").unwrap();
    let args = ["build", "-t", "wasm", "-e", "p/deny", "-o"];
    let paths = [bundle.to_str().unwrap(), policy.to_str().unwrap()];
    said(&opa, &[&args[..], &paths[..]].concat())
        .await
        .success()
        .unwrap();
    assert!(std::fs::metadata(&bundle).unwrap().len() > 1000);
    for line in tools.verify().await.iter().filter(|line| !line.is_agent) {
        let tool = line.installed.as_ref().unwrap().as_ref();
        let tool = tool.expect("it is installed");
        assert_eq!((tool.name(), tool.version()), (&*line.name, &*line.version));
    }
}

#[tokio::test]
async fn an_agent_of_the_lock_is_what_it_says() {
    let lock = Lock::built_in().unwrap();
    let tools = Tools::open(&support::home(), lock, support::machine(), Origin::Home).unwrap();
    let reporter = Reporter::lines(Box::new(std::io::stderr()));
    let installed = tools
        .install(&["codex"], None, &|event| reporter.report(event))
        .await;
    let codex = match installed {
        Ok(mut installed) => installed.remove(0),
        // A machine whose npm reaches no registry has no agents; anything else that goes wrong is wrong.
        Err(Error::NoSource { reasons, .. }) if reasons.contains("see with `npm ping`") => {
            eprintln!("not tried: {reasons}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(codex.source(), Source::Npm);
    let output = said(&codex, &["--version"]).await.success().unwrap();
    let version = format!("codex-cli {}\n", codex.version());
    assert_eq!(String::from_utf8_lossy(&output.stdout), version);
    for beside in ["bin/codex-code-mode-host", "codex-path/rg"] {
        assert!(codex.folder().join(beside).is_file(), "{beside}");
    }
    let again = tools.locate("codex").await.unwrap();
    assert_eq!(again.sha256(), codex.sha256());
}

#[test]
fn an_agent_that_nobody_asked_for_is_neither_installed_nor_missed() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let site = factory("site-demo", "stacks/site")
        .build()
        .variable("LIGHTSOUT_HOME", home);
    for command in ["list", "verify"] {
        let listed = site.lightsout(&["tools", command, "--format", "json"]);
        let listed = listed.expect(0).json();
        let agents = listed.as_array().unwrap().iter();
        let agents: Vec<_> = agents.filter(|row| row["agent"] == true).collect();
        let names: Vec<_> = agents.iter().map(|row| row["name"].as_str()).collect();
        assert_eq!(names, [Some("codex"), Some("opencode"), Some("gemini")]);
        for row in agents {
            assert_eq!(row["installed"], false, "{row}");
            assert_eq!(row["problem"], serde_json::Value::Null, "{row}");
        }
    }
    // Of what is installed without a name nothing comes from npm.
    let ran = site.lightsout(&["tools", "install", "--source", "npm"]);
    let ran = ran.expect(1);
    assert!(
        ran.stderr.contains("installing `pulumi` 3"),
        "{}",
        ran.stderr
    );
}
